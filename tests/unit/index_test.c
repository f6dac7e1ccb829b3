/* SPDX-License-Identifier: MIT */
/* Bitmaps against plain arrays, and the built-in dataset's posting lists against its records. */
#include "support.h"

#include "dataset.h"

static void test_bitmap(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 1000};

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        uint32_t rows = sizes[s], count = 0;
        struct bitmap a, b, full;
        bool wanted[1001] = {false};

        assert_true(bitmap_make(&a, rows, false));
        assert_true(bitmap_make(&b, rows, false));
        assert_true(bitmap_make(&full, rows, true));
        assert_int_equal(bitmap_count(&a), 0);
        assert_int_equal(bitmap_count(&full), rows);
        assert_int_equal(bitmap_next(&a, 0), NONE);
        for (uint32_t row = 0; row < rows; row++) {
            if (row % 3 == 0)
                bitmap_add(&a, row);
            if (row % 2 == 0)
                bitmap_add(&b, row);
            wanted[row] = row % 6 == 0;
            count += wanted[row];
        }
        bitmap_and(&a, &b);
        assert_int_equal(bitmap_count(&a), count);
        uint32_t at = bitmap_next(&a, 0);
        for (uint32_t row = 0; row < rows; row++) {
            assert_int_equal(bitmap_has(&a, row), wanted[row]);
            if (wanted[row]) {
                assert_int_equal(at, row);
                at = bitmap_next(&a, row + 1);
            }
        }
        assert_int_equal(at, NONE);
        bitmap_invert(&a);
        assert_int_equal(bitmap_count(&a), rows - count);
        bitmap_and(&a, &full);
        assert_int_equal(bitmap_count(&a), rows - count);
        assert_int_equal(bitmap_next(&full, rows), NONE);
        bitmap_finish(&a);
        bitmap_finish(&b);
        bitmap_finish(&full);
        bitmap_finish(&full);
    }
}

/* Whether a row of observations or targets has a code, looked up the slow way. */
static bool has_code(const struct sme_dataset *d, uint32_t row, enum filter filter, uint32_t code)
{
    const struct observation *o = &d->observations[row];
    const struct indicator *i = &d->indicators[o->indicator];

    switch (filter) {
    case FILTER_CATEGORY:
        return i->category == code;
    case FILTER_YEAR:
        return code == 0 ? o->period.year == 0 : o->period.year == d->years[code - 1];
    case FILTER_INDICATOR:
        return o->indicator == code;
    case FILTER_FOCUS_AREA:
        for (uint32_t l = 0; l < d->areas[code].link_count; l++)
            if (link_covers(&d->areas[code].links[l], o->indicator, o->kind))
                return true;
        return false;
    case FILTER_KIND:
        return o->kind == code;
    case FILTER_UNIT:
        return i->unit == code;
    case FILTER_QUALIFIER:
        return o->qualifier == code;
    case FILTER_SOURCE:
        return o->source == code;
    case FILTER_DIMENSION:
    case FILTERS:
        break;
    }
    return false;
}

static void test_axes(void **state)
{
    struct sme_dataset *d = load_builtin();

    (void)state;
    for (enum filter f = 0; f < FILTER_DIMENSION; f++) {
        const struct axis *axis = &d->index.axes[OBSERVATIONS][f];

        assert_true(index_has_axis(d, OBSERVATIONS, f));
        for (uint32_t code = 0; code < axis->codes; code++) {
            struct bitmap rows;

            assert_true(bitmap_make(&rows, d->observation_count, false));
            bitmap_add_code(&rows, axis, code);
            for (uint32_t row = 0; row < d->observation_count; row++)
                if (bitmap_has(&rows, row) != has_code(d, row, f, code))
                    fail_msg("filter %d, code %u, row %u", (int)f, (unsigned)code, (unsigned)row);
            for (uint32_t i = axis->starts[code] + 1; i < axis->starts[code + 1]; i++)
                assert_true(axis->rows[i - 1] < axis->rows[i]);
            bitmap_finish(&rows);
            if (!index_has_axis(d, TARGETS, f))
                continue;
            assert_true(bitmap_make(&rows, d->target_count, false));
            bitmap_add_code(&rows, &d->index.axes[TARGETS][f], code);
            for (uint32_t row = 0; row < d->target_count; row++)
                assert_int_equal(bitmap_has(&rows, row), has_code(d, d->targets[row], f, code));
            bitmap_finish(&rows);
        }
    }
    /* where a filter makes no sense there is no axis */
    assert_false(index_has_axis(d, TARGETS, FILTER_KIND));
    assert_false(index_has_axis(d, YEARS, FILTER_YEAR));
    assert_false(index_has_axis(d, DATASET, FILTER_CATEGORY));
    for (enum filter f = 0; f < FILTERS; f++)
        for (enum collection c = 0; c < COLLECTIONS; c++)
            assert_int_equal(index_has_axis(d, c, f), d->index.axes[c][f].starts != NULL);
    sme_dataset_unref(d);
}

static void test_lookups(void **state)
{
    struct sme_dataset *d = load_builtin();

    (void)state;
    for (enum list list = 0; list < LISTS; list++) {
        for (uint32_t row = 0; row < d->codes[list].count; row++) {
            const struct str *code = &d->codes[list].records[row]->code;

            assert_int_equal(find_code(d, list, code->text, code->length), row);
            assert_int_equal(find_code(d, list, code->text, code->length - 1), NONE);
        }
        assert_int_equal(find_code(d, list, "", 0), NONE);
    }
    assert_int_equal(year_code(d, 0), 0);
    for (uint32_t y = 0; y < d->year_count; y++)
        assert_int_equal(year_code(d, d->years[y]), y + 1);
    assert_int_equal(year_code(d, 1), NONE);
    assert_int_equal(year_code(d, 9999), NONE);
    for (uint32_t row = 0; row < d->observation_count; row++) {
        const struct observation *o = &d->observations[row];

        assert_int_equal(find_observation(d, o->indicator, o->period, o->kind, NULL), row);
        assert_int_equal(find_observation(d, o->indicator, (struct period){1850, 1, 1}, o->kind, NULL), NONE);
    }
    /* what the facts say */
    assert_int_equal(d->indicator_count, 16);
    assert_int_equal(d->observation_count, 17);
    assert_int_equal(d->target_count, 2);
    assert_int_equal(d->area_count, 5);
    assert_int_equal(d->measure_count, 24);
    assert_int_equal(d->category_count, 7);
    sme_dataset_unref(d);
}

/* More codes than a small table holds: all are found. A dataset is shared, and ends with its last reference. */
static void test_many(void **state)
{
    enum { INDICATORS_MANY = 3000 };
    char *json = malloc(INDICATORS_MANY * 400 + 2000), *at = json;

    (void)state;
    at += sprintf(
        at, "{\"format\": \"smestat-dataset-1\", \"id\": \"many\", \"title\": \"Many\", \"languages\": [\"en\"], "
            "\"as_of\": \"2024-01-31\", \"units\": [{\"code\": \"u\", \"name\": \"u\"}], "
            "\"sources\": [{\"code\": \"s\", \"title\": \"S\", \"date\": \"2024-01-31\", \"date_basis\": \"stated\"}], "
            "\"categories\": [{\"code\": \"c\", \"name\": \"C\"}], \"indicators\": [");
    for (int i = 0; i < INDICATORS_MANY; i++)
        at += sprintf(
            at, "%s{\"code\": \"i%d\", \"name\": \"I\", \"category\": \"c\", \"unit\": \"u\", \"measure\": \"flow\"}",
            i ? "," : "", i);
    at += sprintf(at, "], \"observations\": [");
    for (int i = 0; i < INDICATORS_MANY; i++)
        at += sprintf(
            at,
            "%s{\"indicator\": \"i%d\", \"kind\": \"actual\", \"period\": \"%d\", \"period_basis\": \"stated\", "
            "\"value\": %d, \"qualifier\": \"exact\", \"source\": \"s\"}",
            i ? "," : "", i, 1000 + i, i);
    (void)sprintf(at, "]}");
    struct sme_dataset *d = load_text(json);
    free(json);
    for (uint32_t i = 0; i < INDICATORS_MANY; i++) {
        char code[16];

        assert_int_equal(find_code(d, LIST_INDICATORS, code, (size_t)sprintf(code, "i%u", (unsigned)i)), i);
        assert_int_equal(find_observation(d, i, (struct period){(uint16_t)(1000 + i), 0, 0}, KIND_ACTUAL, NULL), i);
        assert_int_equal(year_code(d, 1000 + i), i + 1);
    }
    struct sme_query *query = asked(d, "observations", "year=1500..1509,undated&sort=-value&fields=value");
    sme_dataset_unref(d); /* the query keeps it */
    char *answer = written(query);
    assert_non_null(strstr(answer, "[{\"value\":509},{\"value\":508},"));
    assert_non_null(strstr(answer, "\"total\":10,"));
    free(answer);
    sme_query_free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitmap),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
