/* SPDX-License-Identifier: MIT */
/* Targets taken apart: segments, pairs, and what is refused. */
#include "support.h"

#include "uri.h"

/* What was parsed as one text: segments with a slash before each, a slash at the end if there was one, then pairs. */
static void flatten(const struct uri *uri, char *out, size_t size)
{
    size_t length = 0;

    *out = '\0';
    for (size_t i = 0; i < uri->segment_count; i++)
        length += (size_t)snprintf(out + length, size - length, "<%s>", uri->segments[i]);
    if (uri->trailing_slash)
        length += (size_t)snprintf(out + length, size - length, "/");
    for (size_t i = 0; i < uri->pair_count; i++) {
        assert_int_equal(strlen(uri->pairs[i].value), uri->pairs[i].value_length);
        length += (size_t)snprintf(out + length, size - length, " %s=%s", uri->pairs[i].name, uri->pairs[i].value);
    }
}

static void test_parse(void **state)
{
    static const struct {
        const char *target;
        enum uri_fault fault;
        const char *flat;
    } cases[] = {
        {"/", URI_GOOD, ""},
        {"", URI_GOOD, ""},
        {"/v1", URI_GOOD, "<v1>"},
        {"/v1/", URI_GOOD, "<v1>/"},
        {"/v1/observations", URI_GOOD, "<v1><observations>"},
        {"/v1//observations", URI_GOOD, "<v1><><observations>"},
        {"//", URI_GOOD, "<>/"},
        {"/v1?a=b", URI_GOOD, "<v1> a=b"},
        {"/?a=b", URI_GOOD, " a=b"},
        {"?a=b", URI_GOOD, " a=b"},
        {"/v1/?a=b", URI_GOOD, "<v1>/ a=b"},
        {"/v1?", URI_GOOD, "<v1>"},
        {"/v1?&&a=b&", URI_GOOD, "<v1> a=b"},
        {"/v1?a", URI_GOOD, "<v1> a="},
        {"/v1?a=", URI_GOOD, "<v1> a="},
        {"/v1?=b", URI_GOOD, "<v1> =b"},
        {"/v1?a=b=c", URI_GOOD, "<v1> a=b=c"},
        {"/v1?a=b?c/d", URI_GOOD, "<v1> a=b?c/d"},
        {"/v1?a=1&a=2", URI_GOOD, "<v1> a=1 a=2"},
        {"/v1?a=b+c", URI_GOOD, "<v1> a=b c"},
        {"/a+b", URI_GOOD, "<a+b>"},
        {"/a%20b?c%3Dd=%26%2B%25", URI_GOOD, "<a b> c=d=&+%"},
        {"/a%2Fb", URI_GOOD, "<a/b>"}, /* an encoded slash parts nothing */
        {"/a%2fb", URI_GOOD, "<a/b>"},
        {"/%3Fa", URI_GOOD, "<?a>"},
        {"/%E4%BC%81", URI_GOOD, "<企>"},
        {"/v1?q=%e4%bc%81%F0%9F%98%80", URI_GOOD, "<v1> q=企😀"},
        {"/%2541", URI_GOOD, "<%41>"}, /* decoded once */
        {"/abcdefghi%20jklmnopqr?stuvwxyz=0123456789+%E4%BC%81", URI_GOOD,
         "<abcdefghi jklmnopqr> stuvwxyz=0123456789 企"},
        {"/..", URI_GOOD, "<..>"},
        {"/%0a%0d", URI_GOOD, "<\n\r>"},
        {"*", URI_GOOD, "<*>"},
        /* escapes */
        {"/%", URI_BAD_ESCAPE, NULL},
        {"/%4", URI_BAD_ESCAPE, NULL},
        {"/%g1", URI_BAD_ESCAPE, NULL},
        {"/%1g", URI_BAD_ESCAPE, NULL},
        {"/%%41", URI_BAD_ESCAPE, NULL},
        {"/% 1", URI_BAD_ESCAPE, NULL},
        {"/v1?a=%", URI_BAD_ESCAPE, NULL},
        {"/v1?%zz=1", URI_BAD_ESCAPE, NULL},
        {"/v1?a=1%2&b=1", URI_BAD_ESCAPE, NULL}, /* not across the ampersand */
        {"/a%2/b", URI_BAD_ESCAPE, NULL},
        {"/%u4e00", URI_BAD_ESCAPE, NULL},
        /* text */
        {"/%00", URI_BAD_TEXT, NULL},
        {"/v1?a=%00", URI_BAD_TEXT, NULL},
        {"/v1?%00=a", URI_BAD_TEXT, NULL},
        {"/%ff", URI_BAD_TEXT, NULL},
        {"/%c0%80", URI_BAD_TEXT, NULL},
        {"/%c0%af", URI_BAD_TEXT, NULL},
        {"/%ed%a0%80", URI_BAD_TEXT, NULL},
        {"/%f4%90%80%80", URI_BAD_TEXT, NULL},
        {"/%e4%bc", URI_BAD_TEXT, NULL},
        {"/%e4/%bc%81", URI_BAD_TEXT, NULL}, /* not across the slash */
        {"/v1?q=%e4%bc", URI_BAD_TEXT, NULL},
        {"/\xff", URI_BAD_TEXT, NULL},
        {"/abcdefgh\xff", URI_BAD_TEXT, NULL},
        {"/abcdefghijklmno%ff", URI_BAD_TEXT, NULL},
        {"/abcdefgh%e4%bc", URI_BAD_TEXT, NULL},
        /* numbers */
        {"/1/2/3/4/5/6/7/8", URI_GOOD, "<1><2><3><4><5><6><7><8>"},
        {"/1/2/3/4/5/6/7/8/", URI_GOOD, "<1><2><3><4><5><6><7><8>/"},
        {"/1/2/3/4/5/6/7/8/9", URI_TOO_MANY, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct uri uri;
        char flat[512];
        enum uri_fault fault = uri_parse(cases[i].target, strlen(cases[i].target), &uri);
        const char *mark = strchr(cases[i].target, '?');

        flatten(&uri, flat, sizeof flat);
        if (fault != cases[i].fault)
            fail_msg("%s gives fault %d, not %d", cases[i].target, (int)fault, (int)cases[i].fault);
        if (cases[i].flat && strcmp(flat, cases[i].flat) != 0)
            fail_msg("%s is %s, not %s", cases[i].target, flat, cases[i].flat);
        assert_ptr_equal(uri.raw_query, mark ? mark + 1 : NULL);
        uri_finish(&uri);
        assert_null(uri.memory);
    }
}

static void test_pairs(void **state)
{
    char target[512] = "/v1?";
    struct uri uri;

    (void)state;
    for (int i = 0; i < URI_PAIRS_MAX; i++)
        strcat(target, "a=1&");
    assert_int_equal(uri_parse(target, strlen(target), &uri), URI_GOOD);
    assert_int_equal(uri.pair_count, URI_PAIRS_MAX);
    uri_finish(&uri);
    strcat(target, "a=1");
    assert_int_equal(uri_parse(target, strlen(target), &uri), URI_TOO_MANY);
    uri_finish(&uri);
}

/* Only as many bytes as it was told are read, and a NUL among them is text that is not right or ends nothing. */
static void test_length(void **state)
{
    struct uri uri;

    (void)state;
    assert_int_equal(uri_parse("/v1?a=b", 3, &uri), URI_GOOD);
    assert_int_equal(uri.segment_count, 1);
    assert_string_equal(uri.segments[0], "v1");
    assert_null(uri.raw_query);
    uri_finish(&uri);
    assert_int_equal(uri_parse("/%41", 2, &uri), URI_BAD_ESCAPE);
    uri_finish(&uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
