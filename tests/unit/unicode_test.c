/* SPDX-License-Identifier: MIT */
/* What is UTF-8, where text may be cut, and what a search takes for the same. */
#include "support.h"

#include "unicode.h"

static void test_character(void **state)
{
    static const struct {
        const char *bytes;
        size_t size; /* of the first character; 0: there is none */
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\x01", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"企业", 3},
        {"", 0},
        /* alone where one must not be */
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc2", 0},
        {"\xe0\xa0", 0},
        {"\xf0\x90\x80", 0},
        {"\xc2"
         "a",
         0},
        {"\xe0\xa0"
         "a",
         0},
        {"\xc2\xc2", 0},
        {"\xe4\xbc\xc1", 0},
        /* longer than it need be */
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x80\x80", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xf0\x80\x80\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        /* halves of pairs, and what lies beyond */
        {"\xed\xa0\x80", 0},
        {"\xed\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xf8\x88\x80\x80\x80", 0},
        {"\xfe", 0},
        {"\xff", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].bytes), size = utf8_character(cases[i].bytes, length);

        if (size != cases[i].size)
            fail_msg("row %zu gives %zu bytes, not %zu", i, size, cases[i].size);
        assert_int_equal(utf8_valid(cases[i].bytes, length), size == length || strcmp(cases[i].bytes, "企业") == 0);
        /* never more than there is */
        for (size_t less = 0; less < size; less++)
            assert_int_equal(utf8_character(cases[i].bytes, less), 0);
    }
    assert_int_equal(utf8_character("\0", 1), 1);
}

/* Every code point, written by the rules, is taken, but for the surrogates. */
static void test_every_point(void **state)
{
    (void)state;
    for (uint32_t p = 1; p <= 0x110000; p++) {
        char bytes[4];
        size_t size = p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
        static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

        for (size_t i = size; i-- > 0;)
            bytes[i] = (char)((i ? 0x80 : first[size]) |
                              (p >> 6 * (size - 1 - i) & (i || size == 1 ? (size == 1 ? 0x7f : 0x3f) : 0x1f)));
        bool wanted = p < 0x110000 && (p < 0xd800 || p > 0xdfff);
        if ((utf8_character(bytes, size) == size) != wanted)
            fail_msg("U+%04X", p);
    }
}

static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t max, cut;
    } cases[] = {
        {"abc", 0, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"abc", 9, 3},
        {"企业", 0, 0},
        {"企业", 2, 0},
        {"企业", 3, 3},
        {"企业", 5, 3},
        {"企业", 6, 6},
        {"a企", 3, 1},
        {"a\xff"
         "b",
         9, 1},
        {"a\xe4\xbc", 9, 1},
        {"", 5, 0},
        {"\xf0\x9f\x98\x80", 3, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (utf8_cut(cases[i].text, strlen(cases[i].text), cases[i].max) != cases[i].cut)
            fail_msg("row %zu", i);
}

static void test_fold(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"", ""},
        {"SME", "sme"},
        {"Straße", "strasse"},
        {"STRASSE", "strasse"},
        {"Café", "cafe"},
        {"Cafe\xcc\x81", "cafe"}, /* a letter and its accent apart */
        {"ÀÉÎÕÜ", "aeiou"},
        {"Ａｂｃ１２３", "abc123"}, /* full-width */
        {"ﾃｽﾄ", "テスト"},          /* half-width */
        {"ﬁnance", "finance"},
        {"Ⅳ", "iv"},
        {"²", "2"},
        {"İstanbul", "istanbul"},
        {"ΣΊΣΥΦΟΣ", "σισυφοσ"},
        {"企业", "企业"},
        {"“小巨人”", "“小巨人”"},
        {"a\xc2\xad"
         "b",
         "ab"}, /* a soft hyphen */
        {"a\xe2\x80\x8b"
         "b",
         "ab"},
        {"a\xe3\x80\x80"
         "b",
         "a b"}, /* an ideographic space */
        {"a\xc2\xa0"
         "b",
         "a b"},
        {"70,000", "70,000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *folded = unicode_fold(cases[i].text, strlen(cases[i].text));

        assert_non_null(folded);
        if (strcmp(folded, cases[i].folded) != 0)
            fail_msg("%s folds to %s, not %s", cases[i].text, folded, cases[i].folded);
        /* once folded, folding changes nothing */
        char *again = unicode_fold(folded, strlen(folded));
        assert_string_equal(again, folded);
        free(again);
        free(folded);
    }
}

static size_t encode(uint32_t point, char *out)
{
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(first[size] | point);
    return size;
}

/* A text that has an accent is folded by tables as a whole; what stands beside it must fold as it does alone. */
static void test_fold_plain(void **state)
{
    static const char accent[] = "\xc3\xa9 ";

    (void)state;
    for (uint32_t point = 1; point < 0x30000; point++) {
        char text[16];
        size_t before = strlen(accent), length = before;

        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        memcpy(text, accent, before);
        length += encode(point, text + length);
        text[length++] = 'Z';
        char *by_tables = unicode_fold(text, length), *alone = unicode_fold(text + before, length - before);
        assert_non_null(by_tables);
        assert_non_null(alone);
        if (strncmp(by_tables, "e ", 2) != 0 || strcmp(by_tables + 2, alone) != 0)
            fail_msg("U+%04X folds to %s alone and to %s beside an accent", point, alone, by_tables + 2);
        free(by_tables);
        free(alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_character),
        cmocka_unit_test(test_every_point),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_plain),
    };
    return cmocka_run_group_tests_name("unicode", tests, NULL, NULL);
}
