/* SPDX-License-Identifier: MIT */
/* Queries: the one spelling of many, every way to be wrong, and that a refused parameter leaves no trace. */
#include "support.h"

#include "query.h"

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

/* "observations?category=cultivation" or "indicators/sme-count?kind=actual": a query, with every fault told. */
static struct sme_query *ask(const char *text, struct sme_faults *faults, enum sme_status *ret_status)
{
    char path[256];
    size_t length = strcspn(text, "?");

    assert_true(length < sizeof path);
    memcpy(path, text, length);
    path[length] = '\0';
    char *id = strchr(path, '/');
    if (id)
        *id++ = '\0';
    struct sme_query *query = new_query(builtin, path);
    *ret_status = id ? sme_query_set_id(query, id, faults) : SME_OK;
    if (*ret_status == SME_OK && text[length])
        *ret_status = set_all(query, text + length + 1, faults);
    return query;
}

static void test_links(void **state)
{
    static const struct {
        const char *asked, *link;
    } cases[] = {
        /* paths */
        {"observations", "/v1/observations"},
        {"dataset", "/v1"},
        {"dataset?lang=zh&pretty=true", "/v1?lang=zh&pretty=true"},
        {"dataset?fields=id,version", "/v1?fields=id,version"},
        {"indicators/sme-count", "/v1/indicators/sme-count"},
        {"indicators/sme-count?kind=actual&year=2022", "/v1/indicators/sme-count?year=2022&kind=actual"},
        {"observations/sme-gdp-share.undated.actual", "/v1/observations/sme-gdp-share.undated.actual"},
        {"targets/specialized-sme-count.2023.target", "/v1/targets/specialized-sme-count.2023.target"},
        {"focus-areas/cultivation", "/v1/focus-areas/cultivation"},
        {"focus-areas/2", "/v1/focus-areas/cultivation"},
        {"measures/2.4", "/v1/measures/2.4"},
        {"years/2022", "/v1/years/2022"},
        {"years/undated", "/v1/years/undated"},
        {"units/percent", "/v1/units/percent"},
        {"sources/scio-2023-03-01", "/v1/sources/scio-2023-03-01"},
        /* order of parameters, order and repetition of codes */
        {"observations?year=2022&category=cultivation", "/v1/observations?category=cultivation&year=2022"},
        {"observations?category=cultivation,contribution", "/v1/observations?category=contribution,cultivation"},
        {"observations?category=cultivation,contribution,cultivation",
         "/v1/observations?category=contribution,cultivation"},
        {"observations?kind.not=target&kind=actual", "/v1/observations?kind=actual&kind.not=target"},
        {"observations?source=scio-2023-03-01&qualifier=exact&unit=percent&focus_area=cultivation&indicator=sme-count",
         "/v1/"
         "observations?indicator=sme-count&focus_area=cultivation&unit=percent&qualifier=exact&source=scio-2023-03-01"},
        {"observations?focus_area=2", "/v1/observations?focus_area=cultivation"},
        {"measures?kind=fund,law", "/v1/measures?kind=law,fund"},
        /* years */
        {"observations?year=2022,2021", "/v1/observations?year=2021..2022"},
        {"observations?year=2021,2023", "/v1/observations?year=2021,2023"},
        {"observations?year=2022..2022", "/v1/observations?year=2022"},
        {"observations?year=2020..2022,2021..2023", "/v1/observations?year=2020..2023"},
        {"observations?year=2020..2023,2021", "/v1/observations?year=2020..2023"},
        {"observations?year=2020..,..2021", "/v1/observations?year=0001.."},
        {"observations?year=2020..", "/v1/observations?year=2020.."},
        {"observations?year=2020..9999", "/v1/observations?year=2020.."},
        {"observations?year=..2022", "/v1/observations?year=..2022"},
        {"observations?year=0001..2022", "/v1/observations?year=..2022"},
        {"observations?year=0001..9999", "/v1/observations?year=0001.."},
        {"observations?year=..9999", "/v1/observations?year=0001.."},
        {"observations?year=9999", "/v1/observations?year=9999"},
        {"observations?year=0001", "/v1/observations?year=0001"},
        {"observations?year=undated,2022", "/v1/observations?year=2022,undated"},
        {"observations?year=undated,undated", "/v1/observations?year=undated"},
        {"observations?year=1850", "/v1/observations?year=1850"},
        {"observations?year.not=2022", "/v1/observations?year.not=2022"},
        /* numbers and age */
        {"observations?value=60", "/v1/observations?value=60"},
        {"observations?value=60..60", "/v1/observations?value=60"},
        {"observations?value=60..", "/v1/observations?value=60.."},
        {"observations?value=..60", "/v1/observations?value=..60"},
        {"observations?value=6e1..1E+2", "/v1/observations?value=60..100"},
        {"observations?match=certain&value=60", "/v1/observations?value=60&match=certain"},
        {"observations?match=stated&value=60", "/v1/observations?value=60"},
        {"observations?latest=true&match=possible&value=60&q=x",
         "/v1/observations?q=x&value=60&match=possible&latest=true"},
        {"indicators/sme-count?latest=true&value=..-1", "/v1/indicators/sme-count?value=..-1&latest=true"},
        {"targets?latest=true", "/v1/targets?latest=true"},
        {"observations?match=certain", "/v1/observations"}, /* alone it means nothing */
        /* what is not a filter */
        {"observations?q=special", "/v1/observations?q=special"},
        {"observations?q=a b&c", "/v1/observations?q=a%20b"},
        {"observations?q=企业", "/v1/observations?q=%E4%BC%81%E4%B8%9A"},
        {"observations?q=a+b/c?\"'#%", "/v1/observations?q=a%2Bb%2Fc%3F%22%27%23%25"},
        {"observations?fields=value,id", "/v1/observations?fields=value,id"},
        {"observations?sort=-value,id", "/v1/observations?sort=-value,id"},
        {"observations?limit=10", "/v1/observations?limit=10"},
        {"observations?limit=0", "/v1/observations?limit=0"},
        {"observations?offset=0", "/v1/observations"},
        {"observations?offset=7&limit=3", "/v1/observations?limit=3&offset=7"},
        {"observations?lang=zh", "/v1/observations?lang=zh"},
        {"observations?lang=all", "/v1/observations?lang=all"},
        {"observations?format=json", "/v1/observations?format=json"},
        {"observations?pretty=true", "/v1/observations?pretty=true"},
        {"observations?pretty=true&format=json&lang=en&offset=1&limit=2&sort=id&fields=id&q=x&source=scio-2023-03-01",
         "/v1/"
         "observations?source=scio-2023-03-01&q=x&fields=id&sort=id&limit=2&offset=1&lang=en&format=json&pretty=true"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        enum sme_status status;
        struct sme_query *query = ask(cases[i].asked, faults, &status);
        const char *link = sme_query_link(query);

        if (status != SME_OK) {
            print_faults(faults);
            fail_msg("%s is refused", cases[i].asked);
        }
        if (strcmp(link, cases[i].link) != 0)
            fail_msg("%s is spelt %s, not %s", cases[i].asked, link, cases[i].link);
        assert_string_equal(sme_query_link(query), cases[i].link); /* and again */
        sme_query_free(query);
        sme_faults_free(faults);
    }
}

/* Saying what holds anyway changes neither the answer nor the spelling. */
static void test_equal_queries(void **state)
{
    static const char *const cases[] = {"observations?offset=0", "observations?pretty=false", "observations?limit=1000",
                                        "observations?latest=false"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        enum sme_status status;
        struct sme_query *query = ask(cases[i], faults, &status);

        assert_int_equal(status, SME_OK);
        if (strcmp(sme_query_link(query), "/v1/observations") != 0)
            fail_msg("%s is spelt %s", cases[i], sme_query_link(query));
        sme_query_free(query);
        sme_faults_free(faults);
    }
}

/* One expected fault. */
struct wanted {
    const char *kind, *path, *value, *suggestion, *repaired, *resource;
};

static bool alike(const char *got, const char *wanted)
{
    return got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
}

static void test_faults(void **state)
{
    static const struct {
        const char *asked;
        struct wanted faults[4];
    } cases[] = {
        /* names */
        {"observations?color=red", {{"unknown-parameter", "color", "color", NULL, NULL, "/openapi.json"}}},
        {"observations?catgory=x", {{"unknown-parameter", "catgory", "catgory", "category", NULL, "/openapi.json"}}},
        {"observations?Year=2022", {{"unknown-parameter", "Year", "Year", "year", NULL, "/openapi.json"}}},
        {"observations?focus-area=x",
         {{"unknown-parameter", "focus-area", "focus-area", "focus_area", NULL, "/openapi.json"}}},
        {"observations?yearr.not=1",
         {{"unknown-parameter", "yearr.not", "yearr.not", "year.not", NULL, "/openapi.json"}}},
        {"observations?q.not=x", {{"unknown-parameter", "q.not", "q.not", NULL, NULL, "/openapi.json"}}},
        {"observations?category.nota=x",
         {{"unknown-parameter", "category.nota", "category.nota", "category.not", NULL, "/openapi.json"}}},
        {"observations?=x", {{"unknown-parameter", "", "", NULL, NULL, "/openapi.json"}}},
        {"years?q=x", {{"unknown-parameter", "q", "q", NULL, NULL, "/openapi.json"}}},
        {"targets?kind=target", {{"unknown-parameter", "kind", "kind", NULL, NULL, "/openapi.json"}}},
        {"dataset?limit=1", {{"unknown-parameter", "limit", "limit", NULL, NULL, "/openapi.json"}}},
        {"indicators/sme-count?category=x",
         {{"unknown-parameter", "category", "category", NULL, NULL, "/openapi.json"}}},
        {"observations/sme-count.2022.actual?latest=true",
         {{"unknown-parameter", "latest", "latest", NULL, NULL, "/openapi.json"}}},
        {"measures?value=1", {{"unknown-parameter", "value", "value", NULL, NULL, "/openapi.json"}}},
        {"observations?value.not=1", {{"unknown-parameter", "value.not", "value.not", NULL, NULL, "/openapi.json"}}},
        {"observations?valu=1", {{"unknown-parameter", "valu", "valu", "value", NULL, "/openapi.json"}}},
        {"observations?lastest=true", {{"unknown-parameter", "lastest", "lastest", "latest", NULL, "/openapi.json"}}},
        {"observations/sme-count.2022.actual?year=2022",
         {{"unknown-parameter", "year", "year", NULL, NULL, "/openapi.json"}}},
        /* repetition */
        {"observations?year=2022&year=2023", {{"repeated-parameter", "year", "2023"}}},
        {"observations?limit=1&limit=1", {{"repeated-parameter", "limit", "1"}}},
        {"observations?value=1&value=1", {{"repeated-parameter", "value", "1"}}},
        {"observations?latest=true&latest=false", {{"repeated-parameter", "latest", "false"}}},
        {"observations?kind.not=actual&kind.not=target", {{"repeated-parameter", "kind.not", "target"}}},
        /* codes */
        {"observations?category=cultivaton",
         {{"unknown-code", "category", "cultivaton", "cultivation", "cultivation", "/v1/categories"}}},
        {"observations?category=", {{"unknown-code", "category", "", NULL, NULL, "/v1/categories"}}},
        {"observations?category=cultivation,", {{"unknown-code", "category", "", NULL, NULL, "/v1/categories"}}},
        {"observations?category=Cultivation",
         {{"unknown-code", "category", "Cultivation", "cultivation", "cultivation", "/v1/categories"}}},
        {"observations?category=cultivation,fiscal-suport,contributin",
         {{"unknown-code", "category", "fiscal-suport", "fiscal-support", "cultivation,fiscal-support,contribution",
           "/v1/categories"},
          {"unknown-code", "category", "contributin", "contribution", "cultivation,fiscal-support,contribution",
           "/v1/categories"}}},
        {"observations?category=cultivaton,zzzzzzzzzz",
         {{"unknown-code", "category", "cultivaton", "cultivation", NULL, "/v1/categories"},
          {"unknown-code", "category", "zzzzzzzzzz", NULL, NULL, "/v1/categories"}}},
        {"observations?category.not=cultivaton",
         {{"unknown-code", "category.not", "cultivaton", "cultivation", "cultivation", "/v1/categories"}}},
        {"observations?kind=actuals", {{"unknown-code", "kind", "actuals", "actual", "actual", NULL}}},
        {"measures?kind=laws", {{"unknown-code", "kind", "laws", "law", "law", NULL}}},
        {"observations?kind=law", {{"unknown-code", "kind", "law", NULL, NULL, NULL}}},
        {"observations?qualifier=morethan",
         {{"unknown-code", "qualifier", "morethan", "more_than", "more_than", NULL}}},
        {"observations?unit=per", {{"unknown-code", "unit", "per", "percent", "percent", "/v1/units"}}},
        {"observations?unit= percent", {{"unknown-code", "unit", " percent", "percent", "percent", "/v1/units"}}},
        {"observations?lang=de", {{"unknown-code", "lang", "de", NULL, NULL, "/v1"}}},
        {"observations?lang=zh-CN", {{"unknown-code", "lang", "zh-CN", NULL, NULL, "/v1"}}},
        {"observations?lang=en,zh", {{"unknown-code", "lang", "en,zh", NULL, NULL, "/v1"}}},
        {"observations?value=60&match=certan", {{"unknown-code", "match", "certan", "certain", "certain", NULL}}},
        {"observations?value=60&match=", {{"unknown-code", "match", "", NULL, NULL, NULL}}},
        {"observations?value=60&match=Stated", {{"unknown-code", "match", "Stated", "stated", "stated", NULL}}},
        {"observations?latest=1", {{"invalid-value", "latest", "1"}}},
        {"observations?format=jsn", {{"unknown-code", "format", "jsn", "json", "json", NULL}}},
        {"observations?format=JSON", {{"unknown-code", "format", "JSON", "json", "json", NULL}}},
        /* years */
        {"observations?year=", {{"invalid-value", "year", ""}}},
        {"observations?year=22", {{"invalid-value", "year", "22"}}},
        {"observations?year=02022", {{"invalid-value", "year", "02022"}}},
        {"observations?year=0000", {{"invalid-value", "year", "0000"}}},
        {"observations?year=2022-01-01", {{"invalid-value", "year", "2022-01-01"}}},
        {"observations?year=2023..2022", {{"invalid-value", "year", "2023..2022"}}},
        {"observations?year=..", {{"invalid-value", "year", ".."}}},
        {"observations?year=2022.", {{"invalid-value", "year", "2022."}}},
        {"observations?year=2022...2023", {{"invalid-value", "year", "2022...2023"}}},
        {"observations?year=2022..undated", {{"invalid-value", "year", "2022..undated"}}},
        {"observations?year=.", {{"invalid-value", "year", "."}}},
        {"observations?year=2022,,2023,x", {{"invalid-value", "year", ""}, {"invalid-value", "year", "x"}}},
        {"observations?year= 2022", {{"invalid-value", "year", " 2022"}}},
        /* searches */
        {"observations?q=", {{"invalid-value", "q", ""}}},
        {"observations?q=   ", {{"invalid-value", "q", "   "}}},
        {"observations?q=\xc2\xad", {{"invalid-value", "q", "\xc2\xad"}}}, /* a soft hyphen folds to nothing */
        {"observations?q=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
         {{"invalid-value", "q", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"}}},
        /* fields and sorting */
        {"observations?fields=", {{"unknown-code", "fields", "", NULL, NULL, NULL}}},
        {"observations?fields=id,valu", {{"unknown-code", "fields", "valu", "value", "id,value", NULL}}},
        {"observations?fields=id,value,id", {{"invalid-value", "fields", "id"}}},
        {"observations?fields=-id", {{"unknown-code", "fields", "-id", "id", "id", NULL}}},
        {"observations?sort=", {{"unknown-code", "sort", "", NULL, NULL, NULL}}},
        {"observations?sort=-", {{"unknown-code", "sort", "-", NULL, NULL, NULL}}},
        {"observations?sort=--id", {{"unknown-code", "sort", "--id", "id", "-id", NULL}}},
        {"observations?sort=-valeu", {{"unknown-code", "sort", "-valeu", "value", "-value", NULL}}},
        {"observations?sort=links", {{"unknown-code", "sort", "links", NULL, NULL, NULL}}},
        {"observations?sort=id,id,id,id,id,id,id,id,id", {{"invalid-value", "sort", "id,id,id,id,id,id,id,id,id"}}},
        /* numbers and truth */
        {"observations?limit=", {{"invalid-value", "limit", ""}}},
        {"observations?limit=10001", {{"invalid-value", "limit", "10001"}}},
        {"observations?limit=-1", {{"invalid-value", "limit", "-1"}}},
        {"observations?limit=+1", {{"invalid-value", "limit", "+1"}}},
        {"observations?limit=01", {{"invalid-value", "limit", "01"}}},
        {"observations?limit=1e1", {{"invalid-value", "limit", "1e1"}}},
        {"observations?limit=18446744073709551617", {{"invalid-value", "limit", "18446744073709551617"}}},
        {"observations?offset=1000000001", {{"invalid-value", "offset", "1000000001"}}},
        {"observations?pretty=yes", {{"invalid-value", "pretty", "yes"}}},
        {"observations?pretty=", {{"invalid-value", "pretty", ""}}},
        {"observations?pretty=TRUE", {{"invalid-value", "pretty", "TRUE"}}},
        /* bytes */
        {"observations?category=\xff", {{"invalid-value", "category", "�"}}},
        {"observations?q=\xed\xa0\x80", {{"invalid-value", "q", "���"}}},
        /* all faults of all parameters, in order */
        {"observations?limit=x&catgory=y&year=z&kind=actual",
         {{"invalid-value", "limit", "x"},
          {"unknown-parameter", "catgory", "catgory", "category", NULL, "/openapi.json"},
          {"invalid-value", "year", "z"}}},
        /* rows */
        {"indicators/sme-cuont", {{"not-found", "indicators", "sme-cuont", "sme-count", NULL, NULL}}},
        {"observations/sme-count.2021.actual",
         {{"not-found", "observations", "sme-count.2021.actual", "sme-count.2022.actual", NULL, NULL}}},
        {"observations/sme-count.2022.aktual",
         {{"not-found", "observations", "sme-count.2022.aktual", "sme-count.2022.actual", NULL, NULL}}},
        {"observations/sme-count", {{"not-found", "observations", "sme-count", "sme-count.2022.actual", NULL, NULL}}},
        {"observations/sme-count.2022",
         {{"not-found", "observations", "sme-count.2022", "sme-count.2022.actual", NULL, NULL}}},
        {"targets/sme-count.2022.actual", {{"not-found", "targets", "sme-count.2022.actual", NULL, NULL, NULL}}},
        {"focus-areas/6", {{"not-found", "focus-areas", "6", NULL, NULL, NULL}}},
        {"focus-areas/02", {{"not-found", "focus-areas", "02", NULL, NULL, NULL}}},
        {"focus-areas/4294967298", {{"not-found", "focus-areas", "4294967298", NULL, NULL, NULL}}},
        {"years/1850", {{"not-found", "years", "1850", NULL, NULL, NULL}}},
        {"years/22", {{"not-found", "years", "22", NULL, NULL, NULL}}},
        {"units/", {{"not-found", "units", "", NULL, NULL, NULL}}},
        {"measures/9.9", {{"not-found", "measures", "9.9", NULL, NULL, NULL}}},
        {"dataset/x", {{"not-found", "dataset", "x", NULL, NULL, NULL}}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        enum sme_status status;
        struct sme_query *query = ask(cases[i].asked, faults, &status);
        size_t count = 0;

        while (count < COUNT(cases[i].faults) && cases[i].faults[count].kind)
            count++;
        if (status != (strcmp(cases[i].faults[0].kind, "not-found") == 0 ? SME_NOT_FOUND : SME_BAD_INPUT))
            fail_msg("%s gives status %d", cases[i].asked, (int)status);
        if (sme_faults_count(faults) != count) {
            print_faults(faults);
            fail_msg("%s has %zu faults, not %zu", cases[i].asked, sme_faults_count(faults), count);
        }
        for (size_t f = 0; f < count; f++) {
            const struct sme_fault *fault = sme_faults_at(faults, f);
            const struct wanted *wanted = &cases[i].faults[f];
            bool near =
                alike(fault->suggestions[0], wanted->suggestion) ||
                (!wanted->suggestion && fault->suggestions[0] && strcmp(wanted->kind, "unknown-parameter") == 0) ||
                (!wanted->suggestion && strcmp(wanted->kind, "not-found") == 0);

            if (!alike(fault->kind, wanted->kind) || !alike(fault->path, wanted->path) ||
                !alike(fault->value, wanted->value) || !near || !alike(fault->repaired, wanted->repaired) ||
                !alike(fault->resource, wanted->resource))
                fail_msg("%s: fault %zu is %s, %s, '%s', near %s, repaired %s, listed at %s", cases[i].asked, f,
                         fault->kind, fault->path, fault->value, fault->suggestions[0], fault->repaired,
                         fault->resource);
            /* People are told what is right: a grammar, a list, a place, or a suggestion. */
            assert_true(strcmp(fault->kind, "not-found") == 0 || strcmp(fault->kind, "repeated-parameter") == 0 ||
                        fault->accepted || fault->resource);
        }
        /* A repaired value is right. */
        for (size_t f = 0; f < count; f++) {
            const struct sme_fault *fault = sme_faults_at(faults, f);

            if (fault->repaired) {
                enum sme_status again;
                char text[512];

                (void)snprintf(text, sizeof text, "%.*s?%s=%s", (int)strcspn(cases[i].asked, "?"), cases[i].asked,
                               fault->path, fault->repaired);
                struct sme_query *repaired = ask(text, faults, &again);
                if (again != SME_OK)
                    fail_msg("%s is offered for %s, and wrong", text, cases[i].asked);
                sme_query_free(repaired);
            }
        }
        sme_query_free(query);
        sme_faults_free(faults);
    }
}

/* The grammar of `value`: what is read, and in which one spelling. NULL: it is refused. */
static void test_values(void **state)
{
    static const struct {
        const char *value, *spelling;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.0", "0"},
        {"-0e5", "0"},
        {"1.50", "1.5"},
        {"150e-2", "1.5"},
        {"1e3", "1000"},
        {"1E3", "1000"},
        {"1e+3", "1000"},
        {"1e03", "1000"},
        {"-1e-3", "-0.001"},
        {"0.1e1", "1"},
        {"1..2", "1..2"},
        {"1.5..2.5", "1.5..2.5"},
        {"-2..-1", "-2..-1"},
        {"-1..1", "-1..1"},
        {"-1..", "-1.."},
        {"..-1", "..-1"},
        {"1e1..1e2", "10..100"},
        {"0..0", "0"},
        {"-0..0", "0"},
        {"1.0..1", "1"},
        {"1..1e0", "1"},
        {"999999999999999999", "999999999999999999"},
        {"-999999999999999999..", "-999999999999999999.."},
        {"9007199254740992..9007199254740993", "9007199254740992..9007199254740993"},
        {"9007199254740993..9007199254740992", NULL},
        {"0.000000000000000001", "0.000000000000000001"},
        {"1e18", "1000000000000000000"},
        {"1e19", NULL},
        {"1e-19", NULL},
        {"1e999999999999", NULL},
        {"0e999999999999", "0"},
        {"1234567890123456789", NULL},
        {"1234567890123456789..", NULL},
        {"..1234567890123456789", NULL},
        {"1000000000000000000", "1000000000000000000"},
        /* no number, or no range */
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {"...", NULL},
        {"....", NULL},
        {"1.", NULL},
        {".1", NULL},
        {"1...", NULL},
        {"...1", NULL},
        {"1...5", NULL},
        {"1....5", NULL},
        {"1...", NULL},
        {"1..2..", NULL},
        {"..1..", NULL},
        {"1..2..3", NULL},
        {"1.2.3", NULL},
        {"1. .2", NULL},
        {"2..1", NULL},
        {"-1..-2", NULL},
        {"0.1..0.09", NULL},
        {"+1", NULL},
        {"--1", NULL},
        {"-", NULL},
        {"-..", NULL},
        {"1..-", NULL},
        {"01", NULL},
        {"00..1", NULL},
        {"1e", NULL},
        {"1e..2", NULL},
        {"1e1.5", NULL},
        {"e1", NULL},
        {"1,000", NULL},
        {"1,2", NULL},
        {"1 ", NULL},
        {" 1", NULL},
        {"1 ..2", NULL},
        {"1-2", NULL},
        {"1:2", NULL},
        {"1..x", NULL},
        {"0x10", NULL},
        {"1_000", NULL},
        {"NaN", NULL},
        {"Infinity", NULL},
        {"-Infinity..", NULL},
        {"null", NULL},
        {"60%", NULL},
        {">60", NULL},
        {"١", NULL},
        {"１", NULL},
        {"1…2", NULL},
        {"1\n", NULL},
        {"undated", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        struct sme_query *query = new_query(builtin, "observations");
        const char *value = cases[i].value;
        enum sme_status status = sme_query_set(query, "value", value, strlen(value), faults);
        char link[128];

        (void)snprintf(link, sizeof link, "/v1/observations%s%s", cases[i].spelling ? "?value=" : "",
                       cases[i].spelling ? cases[i].spelling : "");
        if (status != (cases[i].spelling ? SME_OK : SME_BAD_INPUT) || strcmp(sme_query_link(query), link) != 0)
            fail_msg("value=%s gives status %d and %s", value, (int)status, sme_query_link(query));
        assert_int_equal(sme_faults_count(faults), cases[i].spelling ? 0 : 1);
        /* what it is spelt as, it is read as */
        if (cases[i].spelling) {
            struct sme_query *again = new_query(builtin, "observations");

            assert_int_equal(sme_query_set(again, "value", cases[i].spelling, strlen(cases[i].spelling), faults),
                             SME_OK);
            assert_string_equal(sme_query_link(again), link);
            sme_query_free(again);
        }
        sme_query_free(query);
        sme_faults_free(faults);
    }
}

/*
 * Every text of a few characters of which numbers and ranges are made: one is read exactly where it splits at its first
 * two dots into what decimal_parse takes, in order, and never is any other accepted.
 */
static void test_short_values(void **state)
{
    static const char alphabet[] = "05.-e";
    size_t accepted = 0;

    (void)state;
    for (size_t length = 0; length <= 6; length++) {
        size_t texts = 1;

        for (size_t i = 0; i < length; i++)
            texts *= sizeof alphabet - 1;
        for (size_t number = 0; number < texts; number++) {
            char text[8] = "";
            size_t rest = number;
            struct decimal low, high;
            struct interval range;

            for (size_t i = 0; i < length; i++, rest /= sizeof alphabet - 1)
                text[i] = alphabet[rest % (sizeof alphabet - 1)];
            const char *dots = strstr(text, ".."), *after = dots ? dots + 2 : "";
            size_t before = dots ? (size_t)(dots - text) : length;
            bool has_low = decimal_parse(text, before, &low) == DECIMAL_OK;
            bool has_high = decimal_parse(after, strlen(after), &high) == DECIMAL_OK;
            bool right = dots ? (has_low || before == 0) && (has_high || !*after) && (has_low || has_high) &&
                                    !(has_low && has_high && decimal_compare(low, high) > 0)
                              : has_low;
            if (range_parse(text, length, &range) != right)
                fail_msg("'%s' is %s", text, right ? "refused" : "accepted");
            accepted += right;
        }
    }
    assert_in_range(accepted, 500, 10000);
}

static void test_check(void **state)
{
    static const struct {
        const char *parameters;
        bool right;
    } cases[] = {
        {"", true},
        {"value=60", true},
        {"value=60&match=certain", true},
        {"match=certain&value=60", true},
        {"match=certain", false},
        {"match=stated", false},
        {"match=certain&latest=true&year=2022", false},
        {"match=certain&value=x", true}, /* told of already */
        {"match=x", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        struct sme_query *query = new_query(builtin, "observations");

        (void)set_all(query, cases[i].parameters, faults);
        size_t told = sme_faults_count(faults);
        if (sme_query_check(query, faults) != (cases[i].right ? SME_OK : SME_BAD_INPUT) ||
            sme_faults_count(faults) != told + !cases[i].right)
            fail_msg("'%s' is checked wrongly", cases[i].parameters);
        if (!cases[i].right) {
            const struct sme_fault *fault = sme_faults_at(faults, told);
            char sentence[256];

            assert_string_equal(fault->kind, "missing-parameter");
            assert_string_equal(fault->path, "match");
            assert_string_equal(fault->accepted, "value");
            sme_fault_sentence(fault, "en", sentence, sizeof sentence);
            assert_string_equal(sentence, "'match' needs 'value' beside it.");
        }
        sme_query_free(query);
        sme_faults_free(faults);
    }
}

/* A refused parameter leaves the query as it was, and may be set rightly afterwards. */
static void test_untouched(void **state)
{
    static const struct {
        const char *name, *bad, *good;
    } cases[] = {
        {"category", "cultivation,nonsense", "cultivation"},
        {"category.not", "cultivation,nonsense", "cultivation"},
        {"year", "2022,x", "2022"},
        {"year.not", "2022,x", "2022"},
        {"indicator", "sme-count,x", "sme-count"},
        {"focus_area", "cultivation,x", "cultivation"},
        {"kind", "actual,x", "actual"},
        {"unit", "percent,x", "percent"},
        {"qualifier", "exact,x", "exact"},
        {"source", "scio-2023-03-01,x", "scio-2023-03-01"},
        {"q", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "a b"},
        {"value", "60...", "60.."},
        {"match", "x", "certain"},
        {"latest", "1", "true"},
        {"fields", "id,value,id", "id,value"},
        {"fields", "id,x", "id,value"},
        {"sort", "id,x", "-id,value"},
        {"sort", "id,id,id,id,id,id,id,id,id", "-id"},
        {"limit", "1x", "5"},
        {"offset", "1x", "5"},
        {"lang", "xx", "zh"},
        {"format", "xml", "json"},
        {"pretty", "x", "true"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        struct sme_query *clean = new_query(builtin, "observations"), *touched = new_query(builtin, "observations");
        struct sme_query *set = new_query(builtin, "observations");

        assert_int_equal(sme_query_set(touched, cases[i].name, cases[i].bad, strlen(cases[i].bad), faults),
                         SME_BAD_INPUT);
        char *before = written(clean), *after = written(touched);
        assert_string_equal(before, after);
        assert_string_equal(sme_query_link(touched), sme_query_link(clean));
        free(before);
        free(after);
        assert_int_equal(sme_query_set(touched, cases[i].name, cases[i].good, strlen(cases[i].good), faults), SME_OK);
        assert_int_equal(sme_query_set(set, cases[i].name, cases[i].good, strlen(cases[i].good), faults), SME_OK);
        before = written(set);
        after = written(touched);
        assert_string_equal(before, after);
        free(before);
        free(after);
        /* and once set, a second value changes nothing either */
        assert_int_equal(sme_query_set(touched, cases[i].name, cases[i].bad, strlen(cases[i].bad), faults),
                         SME_BAD_INPUT);
        assert_string_equal(sme_query_link(touched), sme_query_link(set));
        sme_query_free(clean);
        sme_query_free(touched);
        sme_query_free(set);
        sme_faults_free(faults);
    }
}

/* A list that is full says nothing about the next call. */
static void test_full_list(void **state)
{
    struct sme_faults *faults = new_faults();
    struct sme_query *query = new_query(builtin, "observations");
    char commas[1500];

    (void)state;
    memset(commas, ',', sizeof commas);
    assert_int_equal(sme_query_set(query, "category", commas, sizeof commas, faults), SME_BAD_INPUT);
    assert_int_equal(sme_faults_count(faults), SME_FAULTS_MAX);
    assert_int_equal(sme_faults_dropped(faults), sizeof commas + 1 - SME_FAULTS_MAX);
    assert_null(sme_faults_at(faults, SME_FAULTS_MAX));
    assert_int_equal(sme_query_set(query, "lang", "xx", 2, faults), SME_BAD_INPUT);
    assert_int_equal(sme_query_set(query, "category", "cultivation", 11, faults), SME_OK);
    assert_string_equal(sme_query_link(query), "/v1/observations?category=cultivation");
    sme_query_free(query);
    sme_faults_free(faults);
}

static void test_ceilings(void **state)
{
    struct sme_faults *faults = new_faults();
    struct sme_query *query = new_query(builtin, "observations");
    char value[SME_QUERY_VALUE_BYTES_MAX + 2], *at = value;

    (void)state;
    memset(value, 'x', sizeof value);
    assert_int_equal(sme_query_set(query, "category", value, SME_QUERY_VALUE_BYTES_MAX + 1, faults), SME_BAD_INPUT);
    assert_string_equal(sme_faults_at(faults, 0)->kind, "invalid-value");
    assert_int_equal(sme_query_set(query, "category", value, SME_QUERY_VALUE_BYTES_MAX, faults), SME_BAD_INPUT);
    assert_string_equal(sme_faults_at(faults, 1)->kind, "unknown-code");
    assert_int_equal(sme_query_set(query, "q", value, SEARCH_BYTES_MAX + 1, faults), SME_BAD_INPUT);
    assert_int_equal(sme_query_set(query, "q", value, SEARCH_BYTES_MAX, faults), SME_OK);
    assert_int_equal(sme_query_set(query, "kind", "actual\0", 7, faults), SME_BAD_INPUT);
    assert_int_equal(sme_query_set(query, "kind", "actual", 6, faults), SME_OK);
    /* one range more than is kept */
    for (int i = 0; i <= YEAR_RANGES_MAX; i++)
        at += sprintf(at, "%s%d", i ? "," : "", 1000 + 2 * i);
    assert_int_equal(sme_query_set(query, "year", value, (size_t)(at - value), faults), SME_BAD_INPUT);
    assert_int_equal(sme_query_set(query, "year", value, (size_t)(at - value) - 5, faults), SME_OK);
    sme_query_free(query);
    sme_faults_free(faults);
}

static void test_languages(void **state)
{
    struct sme_query *query = new_query(builtin, "observations");
    struct sme_faults *faults = new_faults();

    (void)state;
    assert_string_equal(sme_query_language(query), "en");
    sme_query_prefer_language(query, "fr");
    assert_string_equal(sme_query_language(query), "en");
    sme_query_prefer_language(query, "zh");
    assert_string_equal(sme_query_language(query), "zh");
    assert_string_equal(sme_query_link(query), "/v1/observations");
    assert_int_equal(sme_query_set(query, "lang", "en", 2, faults), SME_OK);
    sme_query_prefer_language(query, "zh");
    assert_string_equal(sme_query_language(query), "en");
    sme_query_free(query);
    query = asked(builtin, "observations", "lang=all");
    sme_query_prefer_language(query, "zh");
    assert_string_equal(sme_query_language(query), "all");
    sme_query_free(query);
    sme_faults_free(faults);
}

/* What the library says of itself: every name works, and there is none past the last one. */
static void test_tables(void **state)
{
    struct sme_query *query = NULL;
    const char *collection;
    size_t collections = 0;

    (void)state;
    for (; (collection = sme_collection_name(collections)) != NULL; collections++) {
        size_t columns = 0, parameters = 0;
        struct sme_faults *faults = new_faults();
        const char *name;

        for (; (name = sme_column_name(collection, columns)) != NULL; columns++) {
            query = new_query(builtin, collection);
            assert_int_equal(sme_query_set(query, "fields", name, strlen(name), faults), SME_OK);
            sme_query_free(query);
        }
        assert_in_range(columns, 1, COLUMNS_MAX);
        for (; (name = sme_parameter_name(collection, parameters)) != NULL; parameters++) {
            query = new_query(builtin, collection);
            (void)sme_query_set(query, name, "\xff", 1, faults);
            assert_string_equal(sme_faults_at(faults, sme_faults_count(faults) - 1)->kind, "invalid-value");
            sme_query_free(query);
            for (size_t other = 0; other < parameters; other++)
                assert_string_not_equal(sme_parameter_name(collection, other), name);
        }
        assert_in_range(parameters, 4, 64);
        assert_null(sme_column_name(collection, columns + 1));
        assert_null(sme_parameter_name(collection, parameters + 1));
        sme_faults_free(faults);
    }
    assert_string_equal(sme_collection_name(collections - 1), "dataset");
    assert_null(sme_collection_name(collections + 1));
    assert_null(sme_column_name("nonsense", 0));
    assert_null(sme_parameter_name("nonsense", 0));
    query = NULL;
    assert_int_equal(sme_query_new(builtin, "nonsense", &query), SME_NOT_FOUND);
    assert_null(query);
    sme_query_free(NULL);
    sme_result_free(NULL);
    sme_faults_free(NULL);
    sme_dataset_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),     cmocka_unit_test(test_equal_queries), cmocka_unit_test(test_faults),
        cmocka_unit_test(test_values),    cmocka_unit_test(test_short_values),  cmocka_unit_test(test_check),
        cmocka_unit_test(test_untouched), cmocka_unit_test(test_full_list),     cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_languages), cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests_name("query", tests, load, unload);
}
