/* SPDX-License-Identifier: MIT */
/* Content negotiation and preconditions: a header field's value and what it comes to. */
#include "support.h"

#include "negotiate.h"

static void test_type(void **state)
{
    static const char *const types[] = {"application/json", "text/html", NULL};
    static const struct {
        const char *accept;
        int chosen;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"  \t", 0},
        {"*/*", 0},
        {"application/json", 0},
        {"text/html", 1},
        {"TEXT/HTML", 1},
        {"text/*", 1},
        {"application/*", 0},
        {"text/html, application/json", 0}, /* equally liked: ours first */
        {"text/html;q=0.9, application/json;q=0.8", 1},
        {"text/html;q=0.8, application/json;q=0.9", 0},
        {"text/html; q=0.8 ,application/json ;q=0.9", 0},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 1}, /* a browser */
        {"*/*;q=0.1, text/html", 1},
        {"*/*, application/json;q=0", 1},
        {"*/*, application/json;q=0.000", 1},
        {"application/*;q=0, */*", 1},
        {"application/*;q=0, application/json", 0}, /* the more precise range decides */
        {"application/json, application/*;q=0", 0},
        {"application/json;q=0", -1},
        {"*/*;q=0", -1},
        {"image/png", -1},
        {"image/*, audio/*;q=0.2", -1},
        {"application", -1},
        {"application/jso", -1},
        {"application/jsonx", -1},
        {"application/json5", -1},
        {"*", -1},
        {"*/json", -1},
        {",,,text/html", 1},
        {"text/html,,", 1},
        {",", -1},
        {";q=1", -1},
        {"text/html;level=1;q=0.5, application/json;q=0.4", 1},
        {"text/html;Q=0.5, application/json;q=0.4", 1},
        {"text/html;q=1.0, application/json;q=1.000", 0},
        /* weights that cannot be read are no wish */
        {"text/html;q=", -1},
        {"text/html;q=x", -1},
        {"text/html;q=2", -1},
        {"text/html;q=1.001", -1},
        {"text/html;q=0.1234", -1},
        {"text/html;q=-1", -1},
        {"text/html;q=.5", -1},
        {"text/html;q=0.5x", -1},
        {"text/html;q=1.", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int chosen = negotiate_type(cases[i].accept, types, 2);

        if (chosen != cases[i].chosen)
            fail_msg("Accept: %s chooses %d, not %d", cases[i].accept, chosen, cases[i].chosen);
    }
}

static void test_language(void **state)
{
    static const char *const languages[] = {"en", "zh", "zh-Hant", NULL};
    static const struct {
        const char *accept;
        size_t chosen;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"en", 0},
        {"zh", 1},
        {"ZH", 1},
        {"zh-CN", 1},
        {"zh-Hans-CN", 1},
        {"zh-hant", 2},
        {"zh-Hant-TW", 2},
        {"zh-Hanta", 1},
        {"zhx", 0},
        {"z", 0},
        {"fr", 0},
        {"*", 0},
        {"fr, zh;q=0.1", 1},
        {"zh;q=0.5, en;q=0.6", 0},
        {"en;q=0.5, zh;q=0.6", 1},
        {"zh, en", 1},
        {"en, zh", 0},
        {"zh-CN,zh;q=0.9,en;q=0.8", 1},
        {"en-US,en;q=0.9,zh;q=0.8", 0},
        {"zh;q=0, fr", 0},
        {"zh;q=0", 0},
        {"*;q=0.5, zh;q=0.4", 0},
        {"*;q=0.5, zh", 1},
        {",zh,", 1},
        {"zh ; q=1", 1},
        {"zh;q=abc", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t chosen = negotiate_language(cases[i].accept, languages);

        if (chosen != cases[i].chosen)
            fail_msg("Accept-Language: %s chooses %zu, not %zu", cases[i].accept, chosen, cases[i].chosen);
    }
}

static void test_coding(void **state)
{
    static const struct {
        const char *accept;
        bool gzip;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"gzip, deflate, br", true},
        {"deflate, br;q=1.0, gzip;q=0.5", true},
        {"gzip;q=0", false},
        {"gzip;q=0.000", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"*;q=0, gzip", true},
        {"gzip;q=0, *", false},
        {"identity", false},
        {"identity, *;q=0.5", false},
        {"identity;q=0.5, gzip;q=0.4", false},
        {"identity;q=0.5, gzip;q=0.5", true},
        {"identity;q=0, gzip;q=0.1", true},
        {"gzip;q=0.5, identity", false},
        {"deflate", false},
        {"gzipx", false},
        {"xgzip", false},
        {"gzi", false},
        {"gzip;q=2", false},
        {"br,,gzip", true},
    };

    static const char *const names[] = {"gzip", NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((negotiate_coding(cases[i].accept, names) == 0) != cases[i].gzip)
            fail_msg("Accept-Encoding: %s should %sgive gzip", cases[i].accept, cases[i].gzip ? "" : "not ");
}

/* Of several codings the one with the most weight; of equal ones the first of ours. */
static void test_codings(void **state)
{
    static const char *const names[] = {"br", "zstd", "gzip", NULL};
    static const struct {
        const char *accept;
        int best;
    } cases[] = {
        {"gzip, deflate, br, zstd", 0},
        {"gzip, deflate", 2},
        {"gzip, zstd", 1},
        {"gzip;q=1.0, br;q=0.9", 2},
        {"zstd;q=0.5, gzip;q=0.4, br;q=0.4", 1},
        {"*", 0},
        {"*, br;q=0", 1},
        {"br;q=0.2, *;q=0.3", 1},
        {"br;q=0, zstd;q=0, gzip;q=0", -1},
        {"identity, br;q=0.9, gzip;q=0.8", -1},
        {"identity;q=0.85, br;q=0.9, gzip;q=0.8", 0},
        {"compress", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (negotiate_coding(cases[i].accept, names) != cases[i].best)
            fail_msg("Accept-Encoding: %s", cases[i].accept);
}

static void test_etag(void **state)
{
    static const struct {
        const char *if_none_match;
        bool matches;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"\"abc\"", true},
        {"  \"abc\"  ", true},
        {"W/\"abc\"", true}, /* weak comparison */
        {"w/\"abc\"", false},
        {"*", true},
        {" * ", true},
        {"*, \"x\"", false},
        {"\"x\", *", false},
        {"\"x\", \"abc\"", true},
        {"\"x\",\"y\" , W/\"abc\",\"z\"", true},
        {",, \"abc\"", true},
        {"\"x\",, \"abc\"", true},
        {"\"abc", false},
        {"abc", false},
        {"\"ABC\"", false},
        {"\"ab\"", false},
        {"\"abcd\"", false},
        {"\"\"", false},
        {"\"a,b\", \"abc\"", true},
        {"\"x\" abc", false},
        {"W/", false},
        {"\"x\", W/\"y\"", false},
        {"\"abc-gzip\"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (etag_matches(cases[i].if_none_match, "\"abc\"") != cases[i].matches)
            fail_msg("If-None-Match: %s should %smatch", cases[i].if_none_match, cases[i].matches ? "" : "not ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type),    cmocka_unit_test(test_language), cmocka_unit_test(test_coding),
        cmocka_unit_test(test_codings), cmocka_unit_test(test_etag),
    };
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
