/* SPDX-License-Identifier: MIT */
/* Reading CSV: fields and their places, what is refused, and that neither depends on how the bytes arrive. */
#include "support.h"

#include "buf.h"
#include "csv_reader.h"

/* A stream that gives so many bytes at a time, and may fail at its end. */
struct stream {
    const char *bytes;
    size_t length, at, step;
    bool fails;
};

static long give(void *context, char *into, size_t room)
{
    struct stream *s = context;
    size_t left = s->length - s->at, count = left < s->step ? left : s->step;

    if (left == 0 && s->fails)
        return -1;
    count = count < room ? count : room;
    memcpy(into, s->bytes + s->at, count);
    s->at += count;
    return (long)count;
}

/* All that is read, in words: "1:1 a|1:3 b/" for a row, "2:1 !reason" for what is wrong. */
static void read_all(struct stream stream, struct buf *out)
{
    struct csv_reader reader;
    struct csv_field field;
    enum csv_event event;
    char place[32];

    buf_clear(out);
    assert_true(csv_reader_init(&reader, give, &stream));
    while ((event = csv_reader_next(&reader, &field)) == CSV_FIELD) {
        (void)snprintf(place, sizeof place, "%u:%u ", field.line, field.column);
        buf_text(out, place);
        buf_add(out, field.text, field.length);
        buf_char(out, field.last ? '/' : '|');
    }
    if (event == CSV_WRONG) {
        (void)snprintf(place, sizeof place, "%u:%u !", reader.line, reader.column);
        buf_text(out, place);
        buf_text(out, reader.wrong);
        assert_non_null(reader.accepted);
        assert_int_equal(csv_reader_next(&reader, &field), CSV_WRONG);
    }
    if (event == CSV_UNREADABLE)
        buf_text(out, "unreadable");
    csv_reader_finish(&reader);
    assert_int_equal(out->status, SME_OK);
}

/* Whole, and in pieces of every small size. */
static const char *read_text(const char *text, size_t length, struct buf *out)
{
    struct buf pieces = BUF_INIT(1 << 22);

    read_all((struct stream){text, length, .step = SIZE_MAX}, out);
    for (size_t step = 1; step < 6; step++) {
        read_all((struct stream){text, length, .step = step}, &pieces);
        assert_string_equal(buf_string(&pieces), buf_string(out));
    }
    buf_finish(&pieces);
    return buf_string(out);
}

static void test_fields(void **state)
{
    static const struct {
        const char *text, *read;
    } cases[] = {
        {"", ""},
        {"a", "1:1 a/"},
        {"a\n", "1:1 a/"},
        {"a,b\nc,d\n", "1:1 a|1:3 b/2:1 c|2:3 d/"},
        {"a,b\r\nc,d\r\n", "1:1 a|1:3 b/2:1 c|2:3 d/"},
        {"a,b\r\nc,d", "1:1 a|1:3 b/2:1 c|2:3 d/"},
        {",\n,", "1:1 |1:2 /2:1 |2:2 /"},
        {"\n\na\n", "1:1 /2:1 /3:1 a/"},
        {" a , b ", "1:1  a |1:5  b /"},
        {"\xef\xbb\xbfyear,b\n", "1:1 year|1:6 b/"},
        {"\xef\xbb\xbf\"a,b\",c", "1:1 a,b|1:7 c/"},
        {"\xef\xbb\xbf", ""},
        {"\xef\xbb", "1:1 \xef\xbb/"},
        {"a\n\xef\xbb\xbf"
         "b",
         "1:1 a/2:1 \xef\xbb\xbf"
         "b/"},
        {"\"a\"", "1:1 a/"},
        {"\"\"", "1:1 /"},
        {"\"\",\"\"\n", "1:1 |1:4 /"},
        {"\"\"\"\"", "1:1 \"/"},
        {"\"a\"\"b\",c", "1:1 a\"b|1:8 c/"},
        {"\"\"\"\"\"\"\n", "1:1 \"\"/"},
        {"\"a,b\",c\r\n", "1:1 a,b|1:7 c/"},
        {"\"a\nb\",c\nd,e", "1:1 a\nb|2:4 c/3:1 d|3:3 e/"},
        {"\"a\r\nb\"\r\nc", "1:1 a\r\nb/3:1 c/"},
        {"\"a\rb\"", "1:1 a\rb/"},
        {"中文,b\n\"数,据\",c", "1:1 中文|1:4 b/2:1 数,据|2:7 c/"},
        {"\xf0\x9f\x98\x80,\xff,b", "1:1 \xf0\x9f\x98\x80|1:3 \xff|1:5 b/"},
        {"a,b\nc", "1:1 a|1:3 b/2:1 c/"},
        /* refused */
        {"a\"b", "1:2 !a quote inside a field that does not begin with one"},
        {"a,b\nc,d\"\n", "1:1 a|1:3 b/2:1 c|2:4 !a quote inside a field that does not begin with one"},
        {" \"a\"", "1:2 !a quote inside a field that does not begin with one"},
        {"\"a\"b", "1:4 !text behind the closing quote"},
        {"\"a\" ,b", "1:4 !text behind the closing quote"},
        {"\"a\nb\"c", "2:3 !text behind the closing quote"},
        {"a,\"b", "1:1 a|1:3 !the quote is not closed"},
        {"\"", "1:1 !the quote is not closed"},
        {"a\n\"b\"\"\n", "1:1 a/2:1 !the quote is not closed"},
        {"a\rb", "1:2 !a carriage return without a line feed"},
        {"a\r", "1:2 !a carriage return without a line feed"},
        {"\"a\"\r", "1:4 !a carriage return without a line feed"},
        {"a\r\r\n", "1:2 !a carriage return without a line feed"},
    };
    struct buf read = BUF_INIT(1 << 22);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(read_text(cases[i].text, strlen(cases[i].text), &read), cases[i].read) != 0)
            fail_msg("case %zu: '%s' should be '%s'", i, buf_string(&read), cases[i].read);
    assert_string_equal(read_text("a,\0", 3, &read), "1:1 a|1:3 !a NUL byte");
    assert_string_equal(read_text("a\0b", 3, &read), "1:2 !a NUL byte");
    assert_string_equal(read_text("\"a\0b\"", 5, &read), "1:3 !a NUL byte");
    buf_finish(&read);
}

/* A field of so many characters that stand there with so many others around. */
static void expect_long(size_t length, char c, bool quoted, const char *wrong)
{
    struct buf text = BUF_INIT(1 << 22), read = BUF_INIT(1 << 22), expected = BUF_INIT(1 << 22);

    buf_text(&text, quoted ? "x,\"" : "x,");
    buf_text(&expected, "1:1 x|1:3 ");
    for (size_t i = 0; i < length; i++) {
        buf_char(&text, c);
        if (c == '"')
            buf_char(&text, c);
        buf_char(&expected, c);
    }
    buf_text(&text, quoted ? "\"\ny\n" : "\ny\n");
    buf_text(&expected, "/2:1 y/");
    for (size_t step = 1000; step < 400000; step *= 7) {
        read_all((struct stream){text.bytes, text.length, .step = step}, &read);
        if (strcmp(buf_string(&read), wrong ? wrong : buf_string(&expected)) != 0)
            fail_msg("%zu times '%c', %zu bytes at a time: ends in '%s'", length, c, step,
                     buf_string(&read) + (read.length > 40 ? read.length - 40 : 0));
    }
    buf_finish(&text);
    buf_finish(&read);
    buf_finish(&expected);
}

static void test_long_fields(void **state)
{
    static const char wrong[] = "1:1 x|1:3 !a longer field";

    (void)state;
    expect_long(CSV_FIELD_BYTES_MAX, 'a', false, NULL);
    expect_long(CSV_FIELD_BYTES_MAX, 'a', true, NULL);
    expect_long(CSV_FIELD_BYTES_MAX, '"', true, NULL);
    expect_long(CSV_FIELD_BYTES_MAX + 1, 'a', false, wrong);
    expect_long(CSV_FIELD_BYTES_MAX + 1, 'a', true, wrong);
    expect_long(CSV_FIELD_BYTES_MAX + 1, '"', true, wrong);
    expect_long(1000000, 'a', false, wrong);
    expect_long(1000000, 'a', true, wrong);
}

static void test_unreadable(void **state)
{
    static const char *const texts[] = {"", "a,b", "a,", "\"a", "\"a\"", "a\r", "\"a\"\r", "a\nb\n"};
    struct buf read = BUF_INIT(1 << 22);

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t step = 1; step < 5; step++) {
            read_all((struct stream){texts[i], strlen(texts[i]), .step = step, .fails = true}, &read);
            if (!strstr(buf_string(&read), "unreadable"))
                fail_msg("'%s' ends with '%s'", texts[i], buf_string(&read));
        }
    buf_finish(&read);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13; /* Marsaglia 2003 */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Tables of random fields, written with and without quotes, come back as they were. */
static void test_random_tables(void **state)
{
    static const char *const pieces[] = {"a", ",", "\"", "\n", "\r\n", "中", " ", "1.5", "\xff", "\r"};
    struct buf text = BUF_INIT(1 << 22), field = BUF_INIT(1 << 22);
    uint64_t seed = 20230301;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char *fields[40];
        size_t columns = 1 + next_random(&seed) % 5, rows = 1 + next_random(&seed) % 8, count = rows * columns;
        bool crlf = next_random(&seed) % 2, last_newline = next_random(&seed) % 2;

        buf_clear(&text);
        for (size_t i = 0; i < count; i++) {
            buf_clear(&field);
            for (size_t n = next_random(&seed) % 4; n > 0; n--)
                buf_text(&field, pieces[next_random(&seed) % COUNT(pieces)]);
            fields[i] = strdup(buf_string(&field));
            bool quoted = strpbrk(fields[i], ",\"\r\n") || next_random(&seed) % 3 == 0 || (columns == 1 && !*fields[i]);
            buf_text(&text, quoted ? "\"" : "");
            for (const char *c = fields[i]; *c; c++) {
                buf_char(&text, *c);
                if (*c == '"')
                    buf_char(&text, *c);
            }
            buf_text(&text, quoted ? "\"" : "");
            buf_text(&text, (i + 1) % columns ? "," : i + 1 == count && !last_newline ? "" : crlf ? "\r\n" : "\n");
        }
        struct stream stream = {buf_string(&text), text.length, .step = 1 + next_random(&seed) % 9};
        struct csv_reader reader;
        struct csv_field read;
        assert_true(csv_reader_init(&reader, give, &stream));
        for (size_t i = 0; i < count; i++) {
            if (csv_reader_next(&reader, &read) != CSV_FIELD || read.length != strlen(fields[i]) ||
                memcmp(read.text, fields[i], read.length) != 0 || read.last != ((i + 1) % columns == 0))
                fail_msg("round %d, field %zu of: %s", round, i, buf_string(&text));
            free(fields[i]);
        }
        assert_int_equal(csv_reader_next(&reader, &read), CSV_END);
        csv_reader_finish(&reader);
    }
    buf_finish(&text);
    buf_finish(&field);
}

/* Any bytes end, in the same way however they arrive. */
static void test_random_bytes(void **state)
{
    static const char alphabet[] = "\"\"\"\",,,\n\n\r\raab \0\xe4\xb8\xad\xff";
    struct buf whole = BUF_INIT(1 << 22), pieces = BUF_INIT(1 << 22);
    uint64_t seed = 8997;
    char bytes[64];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t length = next_random(&seed) % sizeof bytes;

        for (size_t i = 0; i < length; i++)
            bytes[i] = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
        read_all((struct stream){bytes, length, .step = SIZE_MAX}, &whole);
        read_all((struct stream){bytes, length, .step = 1 + next_random(&seed) % 5}, &pieces);
        assert_string_equal(buf_string(&pieces), buf_string(&whole));
    }
    buf_finish(&pieces);
    buf_finish(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_long_fields),  cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_random_tables), cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
