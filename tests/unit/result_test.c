/* SPDX-License-Identifier: MIT */
/* Answers: pages that never overlap, order, cells of every type, hints, and that what is written is what cells say. */
#include "support.h"

#include <jansson.h>

static struct sme_dataset *builtin;

static int load(void **state)
{
    (void)state;
    builtin = load_builtin();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    sme_dataset_unref(builtin);
    return 0;
}

static json_t *answer(const char *collection, const char *parameters)
{
    struct sme_query *query = asked(builtin, collection, parameters);
    char *text = written(query);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (!json)
        fail_msg("%s?%s: %s in %s", collection, parameters, error.text, text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
    sme_query_free(query);
    return json;
}

static json_t *member(json_t *json, const char *object, const char *name)
{
    return json_object_get(json_object_get(json, object), name);
}

static long number(json_t *json, const char *object, const char *name)
{
    assert_true(json_is_integer(member(json, object, name)));
    return (long)json_integer_value(member(json, object, name));
}

/* How many rows a query has, and how many of them were left out for want of a year. */
static void test_counts(void **state)
{
    static const struct {
        const char *collection, *parameters;
        long total, undated;
    } cases[] = {
        {"indicators", "", 16, 0},
        {"observations", "", 17, 0},
        {"targets", "", 2, 0},
        {"focus-areas", "", 5, 0},
        {"measures", "", 24, 0},
        {"categories", "", 7, 0},
        {"years", "", 3, 0},
        {"units", "", 6, 0},
        {"sources", "", 1, 0},
        {"observations", "kind=actual", 15, 0},
        {"observations", "kind.not=actual", 2, 0},
        {"observations", "kind=actual,target", 17, 0},
        {"observations", "kind=actual&kind.not=actual", 0, 0},
        {"observations", "year=2022", 10, 5},
        {"observations", "year=2023", 2, 5},
        {"observations", "year=2022,2023", 12, 5},
        {"observations", "year=2020..", 12, 5},
        {"observations", "year=..2022", 10, 5},
        {"observations", "year=1999", 0, 5},
        {"observations", "year=undated", 5, 0},
        {"observations", "year=2022,undated", 15, 0},
        {"observations", "year.not=2022", 2, 5}, /* an unknown year may be 2022 */
        {"observations", "year.not=undated", 12, 5},
        {"observations", "year=2023&kind=actual", 0, 5},
        {"observations", "category=contribution", 5, 0},
        {"observations", "category=contribution&year=2022", 0, 5},
        {"observations", "category=cultivation", 4, 0},
        {"observations", "category=cultivation&year=2022", 2, 0},
        {"observations", "category=cultivation,contribution&kind=target", 2, 0},
        {"observations", "category.not=cultivation", 13, 0},
        {"observations", "category.not=cultivation,contribution", 8, 0},
        {"observations", "indicator=specialized-sme-count", 2, 0},
        {"observations", "unit=percent", 7, 0},
        {"observations", "qualifier=exact", 6, 0},
        {"observations", "qualifier=about", 1, 0},
        {"observations", "qualifier=nearly", 0, 0},
        {"observations", "focus_area=international-cooperation", 0, 0},
        {"targets", "focus_area=cultivation", 2, 0},
        {"targets", "year=2022", 0, 0},
        {"indicators", "year=2023", 2, 5},
        {"indicators", "kind=target", 2, 0},
        {"indicators", "category=cultivation", 3, 0},
        {"indicators", "qualifier=exact&year=2022", 5, 1},
        {"measures", "kind=target", 2, 0},
        {"measures", "focus_area=cultivation", 6, 0},
        {"measures", "focus_area=1,3", 11, 0},
        {"focus-areas", "category=cultivation", 1, 0},
        {"focus-areas", "year=2023", 5, 0},
        {"focus-areas", "year=2022", 0, 0},
        {"categories", "category=cultivation,contribution", 2, 0},
        {"units", "unit.not=percent", 5, 0},
        {"observations", "q=specialized", 6, 0},
        {"observations", "q=SPECIALIZED sme", 6, 0},
        {"observations", "q=zzzzz", 0, 0},
        {"indicators", "q=zzzzz&category=cultivation", 0, 0},
        {"measures", "q=民间", 1, 0},
        {"measures", "q=服务", 6, 0},
        {"observations", "unit=percent&value=65..", 3, 0},
        {"observations", "unit=percent&value=65..&match=certain", 3, 0},
        {"observations", "unit=percent&value=65..&match=possible", 4, 0},
        {"observations", "unit=percent&value=95..", 0, 0},
        {"observations", "unit=percent&value=95..&match=certain", 0, 0},
        {"observations", "unit=percent&value=95..&match=possible", 4, 0},
        {"observations", "latest=true", 17, 0},
        {"observations", "latest=true&year=2022", 10, 5},
        {"indicators", "value=1e12..", 2, 0},
        {"indicators", "value=1e12..&latest=true&kind=target", 0, 0},
        {"targets", "value=100&match=certain", 0, 0}, /* about 100 */
        {"targets", "value=100&match=possible", 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_query *query = asked(builtin, cases[i].collection, cases[i].parameters);
        struct sme_result *result = NULL;
        json_t *json = answer(cases[i].collection, cases[i].parameters);

        assert_int_equal(sme_query_run(query, &result), SME_OK);
        if ((long)sme_result_total(result) != cases[i].total ||
            (long)sme_result_undated_excluded(result) != cases[i].undated)
            fail_msg("%s?%s has %zu rows and leaves out %zu", cases[i].collection, cases[i].parameters,
                     sme_result_total(result), sme_result_undated_excluded(result));
        assert_int_equal(number(json, "meta", "total"), cases[i].total);
        assert_int_equal(number(json, "meta", "count"), cases[i].total);
        assert_int_equal(number(json, "meta", "undated_excluded"), cases[i].undated);
        assert_int_equal(json_array_size(json_object_get(json, "data")), cases[i].total);
        /* an empty answer says how not to be empty, if a filter is to blame alone */
        if (cases[i].undated)
            assert_true(json_array_size(member(json, "meta", "hints")) > 0);
        json_decref(json);
        sme_result_free(result);
        sme_query_free(query);
    }
}

/* Each hint's link gives as many rows as it says. */
static void test_hints(void **state)
{
    static const char *const cases[] = {"value=1..2&match=certain&latest=true",     "value=1..2&year=2022",
                                        "year=1999&category=cultivation",           "year=2023&kind=actual",
                                        "category=contribution&year=2022",          "q=zzz&category=cultivation",
                                        "kind=target&qualifier=exact&unit=percent", "year=2022"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *json = answer("observations", cases[i]), *hint;
        size_t index;

        assert_true(json_array_size(member(json, "meta", "hints")) > 0);
        json_array_foreach(member(json, "meta", "hints"), index, hint)
        {
            const char *link = json_string_value(json_object_get(hint, "try")), *query = strchr(link, '?');
            json_t *there;

            assert_memory_equal(link, "/v1/observations", 16);
            there = answer("observations", query ? query + 1 : "");
            if (number(there, "meta", "total") != (long)json_integer_value(json_object_get(hint, "rows")))
                fail_msg("%s promises other than it gives", link);
            assert_non_null(strstr(json_string_value(json_object_get(hint, "text")),
                                   json_integer_value(json_object_get(hint, "rows")) == 1 ? "ne" : ""));
            json_decref(there);
        }
        json_decref(json);
    }
}

/* Following `next` from the first page gives every row once, in the order of the whole, and `prev` leads back. */
static void test_pages(void **state)
{
    static const char *const orders[] = {"", "sort=-value", "sort=kind", "sort=lower_closed,-name", "sort=-id"};

    (void)state;
    for (size_t o = 0; o < COUNT(orders); o++)
        for (int limit = 1; limit <= 18; limit += limit < 5 ? 1 : 12) {
            char parameters[256];
            json_t *whole = answer("observations", orders[o]);
            size_t at = 0, pages = 0;

            (void)snprintf(parameters, sizeof parameters, "%s%slimit=%d", orders[o], *orders[o] ? "&" : "", limit);
            while (true) {
                json_t *page = answer("observations", parameters), *row;
                size_t index;

                assert_true(pages++ < 20);
                json_array_foreach(json_object_get(page, "data"), index, row)
                    assert_true(json_equal(row, json_array_get(json_object_get(whole, "data"), at++)));
                assert_int_equal(json_is_null(member(page, "links", "prev")), pages == 1);
                json_t *next = member(page, "links", "next");
                if (json_is_string(next))
                    (void)snprintf(parameters, sizeof parameters, "%s", strchr(json_string_value(next), '?') + 1);
                bool last = !json_is_string(next);
                json_decref(page);
                if (last)
                    break;
            }
            assert_int_equal(at, 17);
            json_decref(whole);
        }
}

static void test_page_links(void **state)
{
    static const struct {
        const char *parameters, *next, *prev;
        long count;
    } cases[] = {
        {"limit=5", "/v1/observations?limit=5&offset=5", NULL, 5},
        {"limit=5&offset=5", "/v1/observations?limit=5&offset=10", "/v1/observations?limit=5", 5},
        {"limit=5&offset=3", "/v1/observations?limit=5&offset=8", "/v1/observations?limit=5", 5},
        {"limit=5&offset=12", NULL, "/v1/observations?limit=5&offset=7", 5},
        {"limit=5&offset=15", NULL, "/v1/observations?limit=5&offset=10", 2},
        {"limit=5&offset=17", NULL, "/v1/observations?limit=5&offset=12", 0},
        {"limit=5&offset=1000000000", NULL, "/v1/observations?limit=5&offset=12", 0},
        {"limit=17", NULL, NULL, 17},
        {"limit=0", NULL, NULL, 0},
        {"limit=0&offset=5", NULL, NULL, 0},
        {"offset=3", NULL, "/v1/observations", 14},
        {"limit=10000", NULL, NULL, 17},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_query *query = asked(builtin, "observations", cases[i].parameters);
        struct sme_result *result = NULL;

        assert_int_equal(sme_query_run(query, &result), SME_OK);
        const char *next = sme_result_next(result), *prev = sme_result_prev(result);
        if (!next != !cases[i].next || (next && strcmp(next, cases[i].next) != 0))
            fail_msg("%s: next is %s", cases[i].parameters, next);
        if (!prev != !cases[i].prev || (prev && strcmp(prev, cases[i].prev) != 0))
            fail_msg("%s: prev is %s", cases[i].parameters, prev);
        assert_int_equal(sme_result_count(result), cases[i].count);
        assert_int_equal(sme_result_total(result), 17);
        sme_result_free(result);
        sme_query_free(query);
    }
}

/* The ids of rows in an order: nulls last in both directions, numbers as numbers, ties by id. */
static void test_sort(void **state)
{
    static const struct {
        const char *collection, *parameters, *column, *values;
    } cases[] = {
        {"observations", "sort=value", "value",
         "27 50 59 60 70 80 90 100 274 1300 8997 23800 70000 80000 52000000 1700000000000 80000000000000"},
        {"observations", "sort=-value&limit=4", "value", "80000000000000 1700000000000 52000000 80000"},
        {"observations", "sort=year,value&category=contribution,cultivation", "value",
         "8997 70000 100 80000 50 60 70 80 90"},
        {"observations", "sort=-year,value&category=contribution,cultivation", "value",
         "100 80000 8997 70000 50 60 70 80 90"},
        {"observations", "sort=lower_closed,value&unit=percent", "value", "27 50 59 60 70 80 90"},
        {"observations", "sort=-kind,value&category=cultivation", "value", "100 80000 8997 70000"},
        {"observations", "sort=kind&category=cultivation", "id",
         "little-giant-count.2022.actual specialized-sme-count.2022.actual sme-characteristic-clusters-new.2023.target "
         "specialized-sme-count.2023.target"},
        {"observations", "sort=-kind&category=cultivation", "id",
         "sme-characteristic-clusters-new.2023.target specialized-sme-count.2023.target little-giant-count.2022.actual "
         "specialized-sme-count.2022.actual"},
        {"focus-areas", "sort=-order", "order", "5 4 3 2 1"},
        {"measures", "sort=-id&focus_area=5", "id", "5.4 5.3 5.2 5.1"},
        {"years", "sort=-year", "code", "2023 2022 undated"},
        {"categories", "sort=-code&limit=2", "code", "public-service industrial-operation"},
        {"targets", "sort=value", "value", "100 80000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_query *query = asked(builtin, cases[i].collection, cases[i].parameters);
        struct sme_result *result = NULL;
        char values[2048] = "";

        assert_int_equal(sme_query_run(query, &result), SME_OK);
        for (size_t row = 0; row < sme_result_count(result); row++) {
            struct sme_cell cell;

            assert_int_equal(sme_result_cell(result, row, cases[i].column, &cell), SME_OK);
            (void)snprintf(values + strlen(values), sizeof values - strlen(values), "%s%s", row ? " " : "", cell.text);
        }
        if (strcmp(values, cases[i].values) != 0)
            fail_msg("%s?%s: %s", cases[i].collection, cases[i].parameters, values);
        sme_result_free(result);
        sme_query_free(query);
    }
}

static void test_cells(void **state)
{
    static const struct {
        const char *collection, *id, *parameters, *column;
        enum sme_type type;
        const char *text;
    } cases[] = {
        {"observations", "sme-gdp-share.undated.actual", "", "id", SME_CODE, "sme-gdp-share.undated.actual"},
        {"observations", "sme-gdp-share.undated.actual", "", "year", SME_NULL, ""},
        {"observations", "sme-gdp-share.undated.actual", "", "period", SME_CODE, "undated"},
        {"observations", "sme-gdp-share.undated.actual", "", "period_basis", SME_CODE, "none"},
        {"observations", "sme-gdp-share.undated.actual", "", "value", SME_NUMBER, "60"},
        {"observations", "sme-gdp-share.undated.actual", "", "qualifier", SME_CODE, "more_than"},
        {"observations", "sme-gdp-share.undated.actual", "", "lower", SME_NUMBER, "60"},
        {"observations", "sme-gdp-share.undated.actual", "", "lower_closed", SME_NULL, ""},
        {"observations", "sme-gdp-share.undated.actual", "", "upper", SME_NUMBER, "100"},
        {"observations", "sme-gdp-share.undated.actual", "", "upper_closed", SME_BOOLEAN, "true"},
        {"observations", "sme-gdp-share.undated.actual", "", "display", SME_TEXT, "more than 60%"},
        {"observations", "sme-gdp-share.undated.actual", "lang=zh", "display", SME_TEXT, "超过60%"},
        {"observations", "sme-gdp-share.undated.actual", "lang=all", "display", SME_JSON,
         "{\"en\":\"more than 60%\",\"zh\":\"超过60%\"}"},
        {"observations", "sme-gdp-share.undated.actual", "lang=all", "value", SME_JSON, "60"},
        {"observations", "sme-gdp-share.undated.actual", "", "as_of", SME_NULL, ""},
        {"observations", "little-giant-count.2022.actual", "", "as_of", SME_CODE, "2023-03-01"},
        {"observations", "little-giant-count.2022.actual", "", "year", SME_NUMBER, "2022"},
        {"observations", "little-giant-count.2022.actual", "", "wording", SME_NULL, ""},
        {"observations", "little-giant-count.2022.actual", "", "display", SME_TEXT, "8,997 enterprises"},
        {"observations", "little-giant-count.2022.actual", "lang=zh", "display", SME_TEXT, "8997家"},
        {"observations", "small-micro-tax-fee-support-new.2022.actual", "", "value", SME_NUMBER, "1700000000000"},
        {"observations", "small-micro-tax-fee-support-new.2022.actual", "", "display", SME_TEXT,
         "more than 1.7 trillion yuan"},
        {"observations", "small-micro-tax-fee-support-new.2022.actual", "lang=zh", "display", SME_TEXT,
         "超过1.7万亿元"},
        {"observations", "small-micro-tax-fee-support-new.2022.actual", "", "upper", SME_NULL, ""},
        {"observations", "new-enterprises-per-day.2022.actual", "", "display", SME_TEXT, "23,800 enterprises per day"},
        {"observations", "new-enterprises-per-day.2022.actual", "lang=zh", "display", SME_TEXT, "每天2.38万户"},
        {"observations", "sme-characteristic-clusters-new.2023.target", "", "lower", SME_NULL, ""},
        {"observations", "sme-characteristic-clusters-new.2023.target", "lang=zh", "display", SME_TEXT, "约100个"},
        {"targets", "specialized-sme-count.2023.target", "", "verdict", SME_CODE, "not_due"},
        {"focus-areas", "cultivation", "", "order", SME_NUMBER, "2"},
        {"focus-areas", "cultivation", "", "categories", SME_JSON, "[\"cultivation\"]"},
        {"units", "yuan", "", "min", SME_NULL, ""},
        {"units", "percent", "", "max", SME_NUMBER, "100"},
        {"years", "undated", "", "year", SME_NULL, ""},
        {"sources", "scio-2023-03-01", "", "date", SME_CODE, "2023-03-01"},
        {"indicators", "little-giant-count", "", "part_of", SME_CODE, "specialized-sme-count"},
        {"indicators", "sme-count", "", "part_of", SME_NULL, ""},
        {"dataset", NULL, "", "id", SME_CODE, "miit-sme-2023"},
        {"dataset", NULL, "", "languages", SME_JSON, "[\"en\",\"zh\"]"},
        {"dataset", NULL, "", "as_of", SME_CODE, "2023-03-01"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_query *query = new_query(builtin, cases[i].collection);
        struct sme_faults *faults = new_faults();
        struct sme_result *result = NULL;
        struct sme_cell cell = {SME_NULL, NULL, 0};

        if (cases[i].id)
            assert_int_equal(sme_query_set_id(query, cases[i].id, faults), SME_OK);
        assert_int_equal(set_all(query, cases[i].parameters, faults), SME_OK);
        assert_int_equal(sme_query_run(query, &result), SME_OK);
        assert_int_equal(sme_result_count(result), 1);
        assert_int_equal(sme_result_cell(result, 0, cases[i].column, &cell), SME_OK);
        if (cell.type != cases[i].type || strcmp(cell.text, cases[i].text) != 0)
            fail_msg("%s of %s?%s is '%s' of type %d", cases[i].column, cases[i].id, cases[i].parameters, cell.text,
                     (int)cell.type);
        assert_int_equal(cell.length, strlen(cell.text));
        assert_int_equal(sme_result_cell(result, 1, cases[i].column, &cell), SME_NOT_FOUND);
        assert_int_equal(sme_result_cell(result, 0, "nonsense", &cell), SME_NOT_FOUND);
        assert_int_equal(sme_result_cell(result, 0, "", &cell), SME_NOT_FOUND);
        assert_string_equal(cell.text, cases[i].text);
        sme_result_free(result);
        sme_faults_free(faults);
        sme_query_free(query);
    }
}

/* Every cell of every row of every collection says what the written answer says. */
static void test_cells_and_answers(void **state)
{
    static const char *const parameters[] = {"", "lang=zh", "lang=all"};
    const char *collection, *column;

    (void)state;
    for (size_t c = 0; (collection = sme_collection_name(c)) != NULL; c++)
        for (size_t p = 0; p < COUNT(parameters); p++) {
            struct sme_query *query = asked(builtin, collection, parameters[p]);
            struct sme_result *result = NULL;
            json_t *json = answer(collection, parameters[p]), *data = json_object_get(json, "data");

            assert_int_equal(sme_query_run(query, &result), SME_OK);
            for (size_t row = 0; row < sme_result_count(result); row++)
                for (size_t i = 0; (column = sme_column_name(collection, i)) != NULL; i++) {
                    json_t *wanted = json_object_get(json_is_array(data) ? json_array_get(data, row) : data, column),
                           *got = NULL;
                    struct sme_cell cell;

                    assert_int_equal(sme_result_cell(result, row, column, &cell), SME_OK);
                    if (strcmp(column, "matched") == 0) {
                        assert_null(wanted);
                        assert_string_equal(cell.text, "[]");
                        continue;
                    }
                    assert_non_null(wanted);
                    if (cell.type == SME_TEXT || cell.type == SME_CODE)
                        got = json_string(cell.text);
                    else if (cell.type == SME_NULL)
                        got = json_null();
                    else
                        got = json_loads(cell.text, JSON_DECODE_ANY, NULL);
                    if (!got || !json_equal(got, wanted))
                        fail_msg("%s, row %zu, %s?%s: '%s'", column, row, collection, parameters[p], cell.text);
                    json_decref(got);
                }
            json_decref(json);
            sme_result_free(result);
            sme_query_free(query);
        }
}

/* `fields` gives these members in this order; indenting changes nothing else; a base stands before every link. */
static void test_shape(void **state)
{
    struct sme_query *query = asked(builtin, "observations", "fields=value,id&limit=1&sort=value");
    char *text = written(query);

    (void)state;
    assert_memory_equal(
        text, "{\"data\":[{\"value\":27,\"id\":\"specialized-sme-a-share-share.2022.actual\"}],\"meta\":{",
        strlen("{\"data\":[{\"value\":27,\"id\":\"specialized-sme-a-share-share.2022.actual\"}],\"meta\":{"));
    free(text);
    sme_query_free(query);
    for (size_t c = 0; sme_collection_name(c); c++) {
        struct sme_query *plain_query = asked(builtin, sme_collection_name(c), "lang=all");
        struct sme_query *pretty_query = asked(builtin, sme_collection_name(c), "lang=all&pretty=true");
        struct sme_result *result = NULL;
        struct output based = {0};
        char *plain = written(plain_query), *pretty = written(pretty_query);
        json_t *a = json_loads(plain, 0, NULL), *b = json_loads(pretty, 0, NULL);

        assert_true(json_equal(json_object_get(a, "data"), json_object_get(b, "data")));
        assert_true(strstr(pretty, "\n  \"data\": ") != NULL && strchr(plain, '\n') == plain + strlen(plain) - 1);
        assert_int_equal(sme_query_run(plain_query, &result), SME_OK);
        assert_int_equal(sme_result_write(result, "https://b.example/x", append, &based), SME_OK);
        assert_null(strstr(based.bytes, "\"/v1"));
        size_t links = 0, based_links = 0;
        for (const char *at = plain; (at = strstr(at, "\"/v1")) != NULL; at++)
            links++;
        for (const char *at = based.bytes; (at = strstr(at, "\"https://b.example/x/v1")) != NULL; at++)
            based_links++;
        assert_true(links >= 2);
        assert_int_equal(links, based_links);
        free(based.bytes);
        sme_result_free(result);
        json_decref(a);
        json_decref(b);
        free(plain);
        free(pretty);
        sme_query_free(plain_query);
        sme_query_free(pretty_query);
    }
}

/* A search says where it found its words, each place once. */
static void test_matched(void **state)
{
    static const char *const words[] = {"2022", "sme", "企业", "5", "the", "cafe", "m", "9"};
    static const char *const collections[] = {"observations", "indicators", "targets", "focus-areas",
                                              "measures",     "categories", "units",   "sources"};

    (void)state;
    for (size_t w = 0; w < COUNT(words); w++)
        for (size_t c = 0; c < COUNT(collections); c++) {
            char parameters[64];
            size_t index;
            json_t *json, *row;

            (void)snprintf(parameters, sizeof parameters, "q=%s", words[w]);
            json = answer(collections[c], parameters);
            json_array_foreach(json_object_get(json, "data"), index, row)
            {
                json_t *matched = json_object_get(row, "matched");

                assert_true(json_array_size(matched) > 0);
                for (size_t i = 0; i < json_array_size(matched); i++) {
                    const char *where = json_string_value(json_array_get(matched, i));
                    const char *dot = strrchr(where, '.');

                    assert_true(dot && (strcmp(dot, ".en") == 0 || strcmp(dot, ".zh") == 0));
                    for (size_t k = 0; k < i; k++)
                        if (strcmp(where, json_string_value(json_array_get(matched, k))) == 0)
                            fail_msg("%s?%s: %s is there twice", collections[c], parameters, where);
                }
            }
            json_decref(json);
        }
}

static bool refuse(void *context, const void *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    ++*(int *)context;
    return false;
}

static void test_refused_write(void **state)
{
    struct sme_query *query = asked(builtin, "observations", "");
    struct sme_result *result = NULL;
    int calls = 0;

    (void)state;
    assert_int_equal(sme_query_run(query, &result), SME_OK);
    assert_int_equal(sme_result_write(result, "", refuse, &calls), SME_IO);
    assert_int_equal(calls, 1);
    struct output text = {0};
    assert_int_equal(sme_result_write(result, "", append, &text), SME_OK);
    free(text.bytes);
    sme_result_free(result);
    sme_query_free(query);
}

/* A dataset with next to nothing in it answers everything, too. */
static void test_bare(void **state)
{
    struct sme_dataset *dataset = load_text(
        "{\"format\": \"smestat-dataset-1\", \"id\": \"bare\", \"title\": \"Bare\", \"languages\": [\"zh-Hant\"], "
        "\"as_of\": \"2024-01-31\","
        "\"units\": [{\"code\": \"u\", \"name\": \"u\"}],"
        "\"sources\": [{\"code\": \"s\", \"title\": \"S\", \"date\": \"2024-01-31\", \"date_basis\": \"stated\"}],"
        "\"categories\": [{\"code\": \"c\", \"name\": \"C\"}],"
        "\"indicators\": [{\"code\": \"i\", \"name\": \"I\", \"category\": \"c\", \"unit\": \"u\", \"measure\": "
        "\"flow\"}],"
        "\"observations\": []}");

    (void)state;
    assert_string_equal(sme_dataset_id(dataset), "bare");
    assert_string_equal(sme_dataset_language(dataset, 0), "zh-Hant");
    assert_null(sme_dataset_language(dataset, 1));
    for (size_t c = 0; sme_collection_name(c); c++) {
        struct sme_query *query = asked(dataset, sme_collection_name(c), "lang=all");
        char *text = written(query);
        json_t *json = json_loads(text, 0, NULL);

        assert_non_null(json);
        json_decref(json);
        free(text);
        sme_query_free(query);
    }
    struct sme_query *query = asked(dataset, "observations", "year=2022&q=x&sort=-value");
    char *text = written(query);
    assert_non_null(strstr(text, "{\"data\":[],\"meta\":{\"total\":0,"));
    free(text);
    sme_query_free(query);
    sme_dataset_unref(dataset);
}

static void test_schema(void **state)
{
    size_t length = 0;
    const char *schema = sme_dataset_schema(&length);

    (void)state;
    assert_int_equal(strlen(schema), length);
    assert_ptr_equal(sme_dataset_schema(NULL), schema);
    json_t *json = json_loadb(schema, length, 0, NULL);
    assert_non_null(json_object_get(json, "$schema"));
    json_decref(json);
    assert_string_equal(sme_version(), SMESTAT_VERSION);
    assert_int_equal(strlen(sme_dataset_version(builtin)), 32);
    assert_int_equal(strspn(sme_dataset_version(builtin), "0123456789abcdef"), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_page_links),
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_cells_and_answers),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_matched),
        cmocka_unit_test(test_refused_write),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_schema),
    };
    return cmocka_run_group_tests_name("result", tests, load, unload);
}
