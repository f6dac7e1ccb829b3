/* SPDX-License-Identifier: MIT */
/* The postings of a dataset against its records, and look-ups. */
#include "support.h"

#include "dataset.h"

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

/* More than there are in one block of a bitmap. */
enum { OBSERVATIONS_MANY = 4200, YEARS_MANY = OBSERVATIONS_MANY / 2, CATEGORIES_MANY = 3 };

/* As many observations, five of an indicator, one after another, whose category the next one has not, and two of each year,
 * far from each other. */
static struct sme_dataset *load_many(void)
{
    char *json = malloc(OBSERVATIONS_MANY * 400 + 2000), *at = json;

    at += sprintf(
        at, "{\"format\": \"smestat-dataset-1\", \"id\": \"many\", \"title\": \"Many\", \"languages\": [\"en\"], "
            "\"as_of\": \"2024-01-31\", \"units\": [{\"code\": \"u\", \"name\": \"u\"}], "
            "\"sources\": [{\"code\": \"s\", \"title\": \"S\", \"date\": \"2024-01-31\", \"date_basis\": \"stated\"}], "
            "\"categories\": [{\"code\": \"c0\", \"name\": \"C\"}, {\"code\": \"c1\", \"name\": \"C\"}, "
            "{\"code\": \"c2\", \"name\": \"C\"}], \"indicators\": [");
    for (int i = 0; i < OBSERVATIONS_MANY; i++)
        at += sprintf(
            at, "%s{\"code\": \"i%d\", \"name\": \"I\", \"category\": \"c%d\", \"unit\": \"u\", \"measure\": \"flow\"}",
            i ? "," : "", i, i % CATEGORIES_MANY);
    at += sprintf(at, "], \"observations\": [");
    for (int i = 0; i < OBSERVATIONS_MANY; i++)
        at += sprintf(
            at,
            "%s{\"indicator\": \"i%d\", \"kind\": \"actual\", \"period\": \"%d\", \"period_basis\": \"stated\", "
            "\"value\": %d, \"qualifier\": \"exact\", \"source\": \"s\"}",
            i ? "," : "", i / 5, 1000 + i % YEARS_MANY, i);
    (void)sprintf(at, "]}");
    struct sme_dataset *d = load_text(json);
    free(json);
    return d;
}

/* Every posting of an axis: its rows, in order, counted, added, and counted among others. */
static void check_axis(const struct sme_dataset *d, enum collection collection, enum filter f)
{
    const struct axis *axis = &d->index.axes[collection][f];
    uint32_t total = d->index.row_counts[collection];
    bool wanted[FILTERS] = {false};
    struct code_counts counts;
    struct bitmap some[2]; /* every third row, and one in a thousand */

    wanted[f] = true;
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(bitmap_make(&some[i], total));
        for (uint32_t row = 0; row < total; row += i ? 1000 : 3)
            bitmap_add(&some[i], row);
    }
    for (uint32_t code = 0; code < axis->codes; code++) {
        const struct posting *posting = &axis->postings[code];
        uint32_t count = 0, among[2] = {0, 0}, at = 0, next = posting_next(posting, &at);
        struct bitmap rows;

        assert_true(bitmap_make(&rows, total));
        posting_add_to(posting, &rows);
        for (uint32_t row = 0; row < total; row++) {
            bool has = has_code(d, collection == TARGETS ? d->targets[row] : row, f, code);

            if (bitmap_has(&rows, row) != has || (next == row) != has ||
                (axis->code_of && (axis->code_of[row] == code) != has))
                fail_msg("filter %d, code %u, row %u", (int)f, (unsigned)code, (unsigned)row);
            if (has)
                next = posting_next(posting, &at);
            count += has;
            for (uint32_t i = 0; i < 2; i++)
                among[i] += has && bitmap_has(&some[i], row);
        }
        assert_int_equal(next, NONE);
        assert_int_equal(posting->count, count);
        assert_int_equal(posting_count_common(posting, posting), count);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(posting_count_in(posting, &some[i]), among[i]);
            assert_true(index_count_codes(d, collection, &some[i], bitmap_count(&some[i]), wanted, &counts));
            assert_int_equal(counts.of[f][code], among[i]);
            code_counts_finish(&counts);
        }
        assert_true(index_count_codes(d, collection, &rows, count, wanted, &counts));
        assert_int_equal(counts.of[f][code], count);
        code_counts_finish(&counts);
        bitmap_finish(&rows);
    }
    bitmap_finish(&some[0]);
    bitmap_finish(&some[1]);
}

static void test_axes(void **state)
{
    struct sme_dataset *d = load_builtin(), *many = load_many();

    (void)state;
    for (enum filter f = 0; f < FILTER_DIMENSION; f++) {
        assert_true(index_has_axis(d, OBSERVATIONS, f));
        check_axis(d, OBSERVATIONS, f);
        if (index_has_axis(d, TARGETS, f))
            check_axis(d, TARGETS, f);
    }
    /* of many rows, with codes of all and codes of one */
    check_axis(many, OBSERVATIONS, FILTER_CATEGORY);
    check_axis(many, OBSERVATIONS, FILTER_KIND);
    check_axis(many, OBSERVATIONS, FILTER_INDICATOR);
    check_axis(many, OBSERVATIONS, FILTER_YEAR);
    assert_non_null(many->index.axes[OBSERVATIONS][FILTER_KIND].postings[KIND_ACTUAL].bitmap);
    /* whose codes are kept: several, as long as a row has no more than one and there is a bitmap that is not of all rows */
    assert_non_null(many->index.axes[OBSERVATIONS][FILTER_CATEGORY].code_of);
    assert_non_null(d->index.axes[OBSERVATIONS][FILTER_QUALIFIER].code_of);
    assert_null(many->index.axes[OBSERVATIONS][FILTER_KIND].code_of);
    assert_null(many->index.axes[OBSERVATIONS][FILTER_YEAR].code_of);
    assert_null(d->index.axes[OBSERVATIONS][FILTER_FOCUS_AREA].code_of);
    assert_null(d->index.axes[TARGETS][FILTER_YEAR].code_of);
    assert_non_null(many->index.axes[OBSERVATIONS][FILTER_YEAR].postings[2].rows);
    assert_int_equal(posting_count_common(&many->index.axes[OBSERVATIONS][FILTER_YEAR].postings[2],
                                          &many->index.axes[OBSERVATIONS][FILTER_KIND].postings[KIND_ACTUAL]),
                     2);
    assert_int_equal(posting_count_common(&many->index.axes[OBSERVATIONS][FILTER_YEAR].postings[2],
                                          &many->index.axes[OBSERVATIONS][FILTER_YEAR].postings[3]),
                     0);
    /* where a filter makes no sense there is no axis */
    assert_false(index_has_axis(d, TARGETS, FILTER_KIND));
    assert_false(index_has_axis(d, YEARS, FILTER_YEAR));
    assert_false(index_has_axis(d, DATASET, FILTER_CATEGORY));
    for (enum filter f = 0; f < FILTERS; f++)
        for (enum collection c = 0; c < COLLECTIONS; c++)
            assert_int_equal(index_has_axis(d, c, f), d->index.axes[c][f].postings != NULL);
    sme_dataset_unref(d);
    sme_dataset_unref(many);
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
    struct sme_dataset *d = load_many();

    (void)state;
    for (uint32_t i = 0; i < OBSERVATIONS_MANY; i++) {
        char code[16];

        assert_int_equal(find_code(d, LIST_INDICATORS, code, (size_t)sprintf(code, "i%u", (unsigned)i)), i);
        struct period year = {(uint16_t)(1000 + i % YEARS_MANY), 0, 0};
        assert_int_equal(find_observation(d, i / 5, year, KIND_ACTUAL, NULL), i);
        assert_int_equal(year_code(d, year.year), i % YEARS_MANY + 1);
    }
    assert_int_equal(year_code(d, 1000 + YEARS_MANY), NONE);
    assert_int_equal(year_code(d, 999), NONE);
    /* a category has rows in each word, so whole blocks meet */
    static const struct {
        const char *asks, *total;
    } meetings[] = {
        {"category=c0,c2&fields=value", "\"total\":2800,"},
        {"category=c0,c1,c2&fields=value", "\"total\":4200,"},
        {"category.not=c1&fields=value", "\"total\":2800,"},
        {"category=c0,c1&category.not=c1&fields=value", "\"total\":1400,"},
        {"category=c0,c1&year=1000..1014&fields=value", "\"total\":20,"},
    };
    for (size_t i = 0; i < sizeof meetings / sizeof meetings[0]; i++) {
        struct sme_query *meeting = asked(d, "observations", meetings[i].asks);
        char *total = written(meeting);

        assert_non_null(strstr(total, meetings[i].total));
        free(total);
        sme_query_free(meeting);
    }
    struct sme_query *query = asked(d, "observations", "year=1500..1509,undated&sort=-value&fields=value");
    sme_dataset_unref(d); /* the query keeps it */
    char *answer = written(query);
    assert_non_null(strstr(answer, "[{\"value\":2609},{\"value\":2608},"));
    assert_non_null(strstr(answer, "\"total\":20,"));
    free(answer);
    sme_query_free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
