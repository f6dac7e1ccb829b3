/* SPDX-License-Identifier: MIT */
/* Rows put together from what was printed ahead are the same, byte for byte, as rows printed member by member. */
#include "support.h"

#include "buf.h"

enum { YEARS_MADE = 101, REGIONS_MADE = 4, INDICATORS_MADE = 3 }; /* more rows than are printed ahead as a whole */

static const char *const endings[] = {
    "\"value\": 12, \"qualifier\": \"exact\"}",
    "\"value\": -0.50, \"qualifier\": \"more_than\", \"wording\": {\"en\": \"over \\\"it\\\"\", \"fr\": \"plus\"}}",
    "\"value\": null, \"status\": \"suppressed\"}",
    "\"value\": 1e3, \"qualifier\": \"between\", \"upper\": 2000, \"notes\": [\"One\", {\"en\": \"Two\", \"fr\": "
    "\"Deux\"}]}",
    "\"value\": 1234567.25, \"qualifier\": \"about\"}",
    "\"value\": 7, \"qualifier\": \"at_most\", \"population\": \"all of them\"}",
    "\"value\": 7, \"qualifier\": \"exact\"}",
};

static struct sme_dataset *make(void)
{
    struct buf text = BUF_INIT(1 << 22);
    char row[512];
    unsigned number = 0;

    buf_text(
        &text,
        "{\"format\": \"smestat-dataset-1\", \"id\": \"d\", \"title\": \"T\", \"languages\": [\"en\", \"fr\"], "
        "\"as_of\": \"2024-01-01\", \"units\": [{\"code\": \"u\", \"name\": {\"en\": \"units\", \"fr\": "
        "\"unit\\u00e9s\"}, \"min\": -100}], \"sources\": [{\"code\": \"s\", \"title\": \"S\", \"date\": "
        "\"2024-01-01\", \"date_basis\": \"stated\"}, {\"code\": \"z\", \"title\": \"Z\", \"date\": \"2024-01-01\", "
        "\"date_basis\": \"stated\"}], \"categories\": [{\"code\": \"c\", \"name\": \"C\"}], \"dimensions\": "
        "[{\"code\": \"region\", \"name\": \"Region\", \"values\": [{\"code\": \"r0\", \"name\": \"0\"}, {\"code\": "
        "\"r1\", \"name\": \"1\"}, {\"code\": \"r2\", \"name\": \"2\"}, {\"code\": \"r3\", \"name\": \"3\"}]}], "
        "\"indicators\": [{\"code\": \"i0\", \"name\": {\"en\": \"Zero\", \"fr\": \"Z\\u00e9ro\"}, \"category\": "
        "\"c\", \"unit\": \"u\", \"measure\": \"stock\", \"population\": \"people\", \"notes\": [\"All\"]}, "
        "{\"code\": \"i1\", \"name\": \"One\", \"category\": \"c\", \"unit\": \"u\", \"measure\": \"flow\"}, "
        "{\"code\": \"i2\", \"name\": \"Two\", \"category\": \"c\", \"unit\": \"u\", \"measure\": \"flow\"}, "
        "{\"code\": \"none\", \"name\": \"None\", \"category\": \"c\", \"unit\": \"u\", \"measure\": \"flow\"}], "
        "\"observations\": [");
    for (int year = 0; year < YEARS_MADE; year++)
        for (int region = 0; region < REGIONS_MADE; region++)
            for (int indicator = 0; indicator < INDICATORS_MADE; indicator++, number++) {
                char period[32] = "\"period\": null, ";

                if (year > 0)
                    (void)snprintf(period, sizeof period,
                                   number % 5 == 4 ? "\"period\": \"%d-02-03\", " : "\"period\": \"%d\", ",
                                   1900 + year);
                (void)snprintf(row, sizeof row,
                               "%s{\"indicator\": \"i%d\", \"dimensions\": {\"region\": \"r%d\"}, %s\"period_basis\": "
                               "\"%s\", \"kind\": \"%s\", \"source\": \"%s\", %s",
                               number ? ", " : "", indicator, region, period,
                               year == 0    ? "none"
                               : number % 3 ? "stated"
                                            : "inferred",
                               year > 0 && number % 11 == 0 ? "target" : "actual", number % 7 < 4 ? "s" : "z",
                               /* i2 has details everywhere, so there is no example of what they all say */
                               endings[indicator == 2 ? (number % 2 ? 1 : 3) : number % COUNT(endings)]);
                buf_text(&text, row);
            }
    buf_text(&text, "]}");
    assert_int_equal(text.status, SME_OK);
    struct sme_dataset *dataset = load_text(text.bytes);
    buf_finish(&text);
    return dataset;
}

/* Asking for every field by name prints member by member. */
static char *all_fields(const struct sme_dataset *dataset, const char *collection)
{
    struct buf fields = BUF_INIT(4096);
    const char *name, *dimension;

    buf_text(&fields, "fields=");
    for (size_t i = 0; (name = sme_column_name(collection, i)) != NULL; i++) {
        if (strcmp(name, "matched") == 0)
            continue;
        buf_text(&fields, i ? "," : "");
        buf_text(&fields, name);
        bool behind = strcmp(name, "category") == 0 &&
                      (strcmp(collection, "observations") == 0 || strcmp(collection, "targets") == 0);
        for (size_t d = 0; behind && (dimension = sme_dataset_dimension(dataset, d)) != NULL; d++) {
            buf_text(&fields, ",");
            buf_text(&fields, dimension);
        }
    }
    return fields.bytes;
}

/* The data alone: links and the like say what was asked for. */
static char *data_of(struct sme_dataset *dataset, const char *collection, const char *parameters, const char *base)
{
    struct sme_query *query = asked(dataset, collection, parameters);
    struct sme_result *result = NULL;
    char *text;
    size_t length;

    assert_int_equal(sme_query_run(query, &result), SME_OK);
    if (sme_result_print(result, base, &text, &length) != SME_OK)
        fail_msg("%s?%s", collection, parameters);
    char *meta = strstr(text, ",\"meta\":");
    if (meta)
        *meta = '\0';
    sme_result_free(result);
    sme_query_free(query);
    return text;
}

static void check(struct sme_dataset *dataset, const char *base)
{
    static const char *const collections[] = {"indicators", "observations", "targets", "focus-areas",
                                              "measures",   "categories",   "years",   "units",
                                              "sources",    "dimensions",   "facets"};
    static const char *const shapes[] = {"limit=10000&shape=rows", "limit=10000&shape=keyed",
                                         "limit=10000&format=ndjson", "limit=7&offset=3"};
    static const char *const languages[] = {"en", "fr", "zh", "all"};
    char parameters[4096];

    for (size_t c = 0; c < COUNT(collections); c++) {
        char *fields = all_fields(dataset, collections[c]);

        for (size_t s = 0; s < COUNT(shapes); s++)
            for (size_t l = 0; l < COUNT(languages); l++) {
                bool other = l > 0 && l < 3 && strcmp(languages[l], sme_dataset_language(dataset, 1)) != 0;

                if (other || (strstr(shapes[s], "ndjson") && !sme_format_at(collections[c], 2)))
                    continue;
                (void)snprintf(parameters, sizeof parameters, "%s&lang=%s", shapes[s], languages[l]);
                char *whole = data_of(dataset, collections[c], parameters, base);
                char *again = data_of(dataset, collections[c], parameters, base);
                (void)snprintf(parameters, sizeof parameters, "%s&lang=%s&%s", shapes[s], languages[l], fields);
                char *pieces = data_of(dataset, collections[c], parameters, base);
                if (strcmp(collections[c], "facets") == 0) /* its links repeat the fields */
                    assert_string_equal(whole, again);
                else if (strcmp(whole, pieces) != 0 || strcmp(whole, again) != 0)
                    fail_msg("%s, %s, %s:\n%.2000s\n%.2000s", collections[c], shapes[s], languages[l], whole, pieces);
                free(whole);
                free(again);
                free(pieces);
            }
        free(fields);
    }
}

static void test_few_rows(void **state)
{
    struct sme_dataset *dataset = load_builtin();

    (void)state;
    check(dataset, "");
    check(dataset, "https://another.example"); /* what was printed ahead has other links */
    sme_dataset_unref(dataset);
}

static void test_many_rows(void **state)
{
    struct sme_dataset *dataset = make();

    (void)state;
    check(dataset, "https://a.example/b");
    check(dataset, "");
    sme_dataset_unref(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_few_rows), cmocka_unit_test(test_many_rows)};
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
