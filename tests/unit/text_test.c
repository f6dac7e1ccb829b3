/* SPDX-License-Identifier: MIT */
/* The daemon's growing text, and what HTML must not take for markup. */
#include "support.h"

#include "text.h"

static void test_html(void **state)
{
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"", ""},
        {"plain 企业", "plain 企业"},
        {"<script>alert(\"1\" & '2')</script>", "&lt;script&gt;alert(&quot;1&quot; &amp; '2')&lt;/script&gt;"},
        {"&amp;", "&amp;amp;"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text text = {0};

        text_put(&text, "[");
        text_put_html(&text, cases[i].text);
        text_put(&text, "]");
        assert_false(text.failed);
        assert_int_equal(text.length, strlen(cases[i].html) + 2);
        assert_memory_equal(text.bytes + 1, cases[i].html, text.length - 2);
        text_finish(&text);
    }
}

static void test_growth(void **state)
{
    struct text text = {0};

    (void)state;
    text_finish(&text);
    for (int i = 0; i < 100000; i++) {
        char c = (char)('a' + i % 26);

        text_add(&text, &c, 1);
    }
    assert_int_equal(text.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(text.bytes[i], 'a' + i % 26);
    text_add(&text, "", 0);
    assert_int_equal(text.length, 100000);
    text_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
