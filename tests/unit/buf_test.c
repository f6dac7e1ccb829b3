/* SPDX-License-Identifier: MIT */
/* The buffer's ceiling and its sticky failure, and how JSON is written. */
#include "support.h"

#include "arena.h"
#include "buf.h"
#include "settle.h"

static void test_ceiling(void **state)
{
    struct buf buf = BUF_INIT(10);

    (void)state;
    assert_string_equal(buf_string(&buf), "");
    buf_text(&buf, "12345");
    buf_text(&buf, "6789"); /* with its terminator it fills the ten */
    assert_int_equal(buf.status, SME_OK);
    assert_string_equal(buf_string(&buf), "123456789");
    buf_text(&buf, "");
    assert_int_equal(buf.status, SME_OK);
    buf_char(&buf, 'x');
    assert_int_equal(buf.status, SME_TOO_LARGE);
    assert_string_equal(buf_string(&buf), "123456789");
    buf_clear(&buf);
    assert_int_equal(buf.status, SME_OK);
    assert_string_equal(buf_string(&buf), "");
    buf_text(&buf, "1234567890");
    assert_int_equal(buf.status, SME_TOO_LARGE);
    buf_text(&buf, "1"); /* it would have room, but what came before is missing */
    assert_int_equal(buf.length, 0);
    buf_finish(&buf);
    assert_int_equal(buf.max, 10);
    buf_text(&buf, "again");
    assert_string_equal(buf_string(&buf), "again");
    buf_finish(&buf);
    struct buf none = BUF_INIT(0);
    buf_text(&none, "");
    assert_int_equal(none.status, SME_TOO_LARGE);
    buf_finish(&none);
    struct buf wide = BUF_INIT(100);
    volatile size_t endless = SIZE_MAX; /* which the compiler would refuse */
    buf_add(&wide, "x", endless);
    assert_int_equal(wide.status, SME_TOO_LARGE);
    buf_finish(&wide);
}

static void test_growth(void **state)
{
    struct buf buf = BUF_INIT(1 << 20);

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    assert_int_equal(buf.bytes[100000], '\0');
    buf_finish(&buf);
}

static void test_integer(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-7, "-7"},
                 {10, "10"},
                 {9007199254740993, "9007199254740993"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf buf = BUF_INIT(100);

        buf_integer(&buf, cases[i].value);
        assert_string_equal(buf_string(&buf), cases[i].text);
        buf_finish(&buf);
    }
}

static void test_string(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *json;
    } cases[] = {
        {"", 0, "\"\""},
        {"abc", 3, "\"abc\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"a\nb\tc", 5, "\"a\\nb\\tc\""},
        {"\r\b\f", 3, "\"\\u000d\\u0008\\u000c\""},
        {"\0", 1, "\"\\u0000\""},
        {"\x1f\x7f", 2, "\"\\u001f\\u007f\""},
        {"/<>&'", 5, "\"/<>&'\""},
        {"企业", 6, "\"企业\""},
        {"\"", 1, "\"\\\"\""},
        {"\\", 1, "\"\\\\\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf buf = BUF_INIT(100);

        put_string(&buf, cases[i].text, cases[i].length);
        if (strcmp(buf_string(&buf), cases[i].json) != 0)
            fail_msg("row %zu: %s, not %s", i, buf_string(&buf), cases[i].json);
        /* the same, escaped where it stands, behind something else */
        buf_clear(&buf);
        buf_add(&buf, "[\"", 2);
        buf_add(&buf, cases[i].text, cases[i].length);
        put_string_end(&buf, 2);
        if (strcmp(buf_string(&buf) + 1, cases[i].json) != 0)
            fail_msg("row %zu in place: %s, not %s", i, buf_string(&buf), cases[i].json);
        buf_finish(&buf);
    }
}

/* Twice as much, again and again: the text moves while it grows. */
static void test_repeat(void **state)
{
    struct buf buf = BUF_INIT(1000);

    (void)state;
    buf_text(&buf, "ab");
    for (size_t length = 2; length < 512; length *= 2) {
        buf_repeat(&buf, 0, length);
        assert_int_equal(buf.length, 2 * length);
    }
    buf_repeat(&buf, 511, 1);
    for (size_t i = 0; i < 513; i++)
        assert_int_equal(buf.bytes[i], i < 512 ? "ab"[i % 2] : 'b');
    buf_repeat(&buf, 0, 512);
    assert_int_equal(buf.status, SME_TOO_LARGE);
    assert_int_equal(buf.length, 513);
    buf_finish(&buf);
}

static void test_structure(void **state)
{
    struct buf buf = BUF_INIT(1000);

    (void)state;
    put_open(&buf, '{');
    put_key(&buf, "a");
    put_null(&buf);
    put_key(&buf, "b");
    put_open(&buf, '[');
    put_item(&buf);
    put_boolean(&buf, true);
    put_item(&buf);
    put_boolean(&buf, false);
    put_open(&buf, '[');
    put_close(&buf, ']');
    put_open(&buf, '{');
    put_close(&buf, '}');
    put_close(&buf, ']');
    put_key(&buf, "c\"");
    put_string(&buf, "[", 1);
    put_key(&buf, "d");
    put_open(&buf, '[');
    put_item(&buf);
    put_string(&buf, "x:", 2);
    put_item(&buf);
    buf_integer(&buf, 1);
    put_close(&buf, ']');
    put_close(&buf, '}');
    assert_string_equal(buf_string(&buf), "{\"a\":null,\"b\":[true,false,[],{}],\"c\\\"\":\"[\",\"d\":[\"x:\",1]}");
    buf_finish(&buf);
}

static void test_pretty(void **state)
{
    static const struct {
        const char *json, *pretty;
    } cases[] = {
        {"1", "1"},
        {"\"a\"", "\"a\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1,2]", "[\n  1,\n  2\n]"},
        {"{\"a\":1,\"b\":[]}", "{\n  \"a\": 1,\n  \"b\": []\n}"},
        {"[[],{},[[]]]", "[\n  [],\n  {},\n  [\n    []\n  ]\n]"},
        {"{\"a,:{}[]\\\"\":\"\\\\,:{}[]\\\"\"}", "{\n  \"a,:{}[]\\\"\": \"\\\\,:{}[]\\\"\"\n}"},
        {"{\"a\":{\"b\":-1.5e3}}", "{\n  \"a\": {\n    \"b\": -1.5e3\n  }\n}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf buf = BUF_INIT(1000);

        put_pretty(&buf, cases[i].json, strlen(cases[i].json));
        if (strcmp(buf_string(&buf), cases[i].pretty) != 0)
            fail_msg("%s becomes %s", cases[i].json, buf_string(&buf));
        buf_finish(&buf);
    }
}

static void test_arena(void **state)
{
    struct arena arena = {0};
    char *blocks[2000];

    (void)state;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        size_t size = i * 37 % 5000;

        blocks[i] = arena_alloc(&arena, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % sizeof(max_align_t) % 16, 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        for (size_t k = 0; k < i * 37 % 5000; k++)
            assert_int_equal((unsigned char)blocks[i][k], i & 0xff);
    char *large = arena_alloc(&arena, 1 << 20);
    memset(large, 1, 1 << 20);
    assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    arena_finish(&arena);
    arena_finish(&arena);
    assert_non_null(arena_alloc(&arena, 1)); /* and once more */
    arena_finish(&arena);
}

/* A byte of the piece `i`, which tells it from those beside it. */
static unsigned char mark(size_t i, size_t k)
{
    return (unsigned char)(i * 31 + k * 7 + 1);
}

/* Small and large pieces, over several wide blocks, the last one hardly begun: zeroed, and the same after it has settled. */
static void test_wide_arena(void **state)
{
    static const size_t sizes[] = {10, 3 << 20, 1 << 20, 17000, 9 << 20, 100, 5 << 20, 4 << 20, 20000, 1};
    struct arena arena = {.wide = true};
    unsigned char *pieces[COUNT(sizes)];

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t wrong = 0;

        pieces[i] = arena_alloc(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        for (size_t k = 0; k < sizes[i]; k++) {
            wrong += pieces[i][k] != 0;
            pieces[i][k] = mark(i, k);
        }
        assert_int_equal(wrong, 0);
    }
    arena_settle(&arena);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t wrong = 0;

        for (size_t k = 0; k < sizes[i]; k++)
            wrong += pieces[i][k] != mark(i, k);
        assert_int_equal(wrong, 0);
    }
    arena_finish(&arena);
    arena_settle(&arena); /* nothing there */
    settle(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceiling), cmocka_unit_test(test_growth), cmocka_unit_test(test_integer),
        cmocka_unit_test(test_string),  cmocka_unit_test(test_repeat), cmocka_unit_test(test_structure),
        cmocka_unit_test(test_pretty),  cmocka_unit_test(test_arena),  cmocka_unit_test(test_wide_arena),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
