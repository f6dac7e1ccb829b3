/* SPDX-License-Identifier: MIT */
/* Decimals: what is read, what is refused, order, differences, and how numbers look to programs and to people. */
#include "support.h"

#include "decimal.h"

static struct decimal parse(const char *text)
{
    struct decimal decimal = {-1, -1};

    if (decimal_parse(text, strlen(text), &decimal) != DECIMAL_OK)
        fail_msg("'%s' should be a number", text);
    return decimal;
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        enum decimal_error error;
        int64_t coefficient;
        int exponent;
    } cases[] = {
        {"0", DECIMAL_OK, 0, 0},
        {"-0", DECIMAL_OK, 0, 0},
        {"0.0", DECIMAL_OK, 0, 0},
        {"0e9", DECIMAL_OK, 0, 0},
        {"0e99999999999999999999", DECIMAL_OK, 0, 0},
        {"1", DECIMAL_OK, 1, 0},
        {"-1", DECIMAL_OK, -1, 0},
        {"10", DECIMAL_OK, 1, 1},
        {"1.0", DECIMAL_OK, 1, 0},
        {"1.50", DECIMAL_OK, 15, -1},
        {"-0.05", DECIMAL_OK, -5, -2},
        {"0.1", DECIMAL_OK, 1, -1},
        {"100.001", DECIMAL_OK, 100001, -3},
        {"1e3", DECIMAL_OK, 1, 3},
        {"1E+3", DECIMAL_OK, 1, 3},
        {"1e-3", DECIMAL_OK, 1, -3},
        {"1e03", DECIMAL_OK, 1, 3},
        {"12.50e1", DECIMAL_OK, 125, 0},
        {"70000", DECIMAL_OK, 7, 4},
        {"1700000000000", DECIMAL_OK, 17, 11},
        {"80000000000000", DECIMAL_OK, 8, 13},
        {"9007199254740993", DECIMAL_OK, 9007199254740993, 0},
        {"999999999999999999", DECIMAL_OK, 999999999999999999, 0},
        {"-999999999999999999", DECIMAL_OK, -999999999999999999, 0},
        {"0.999999999999999999", DECIMAL_OK, 999999999999999999, -18},
        {"1000000000000000000", DECIMAL_OK, 1, 18},
        {"1e18", DECIMAL_OK, 1, 18},
        {"1e-18", DECIMAL_OK, 1, -18},
        {"999999999999999999e18", DECIMAL_OK, 999999999999999999, 18},
        /* too long or too far */
        {"1000000000000000001", DECIMAL_TOO_LONG, 0, 0},
        {"9999999999999999999", DECIMAL_TOO_LONG, 0, 0},
        {"0.9999999999999999999", DECIMAL_TOO_LONG, 0, 0},
        {"1e19", DECIMAL_TOO_LONG, 0, 0},
        {"1e-19", DECIMAL_TOO_LONG, 0, 0},
        {"10e18", DECIMAL_TOO_LONG, 0, 0},
        {"1e999999999999999999999999", DECIMAL_TOO_LONG, 0, 0},
        {"1e-999999999999999999999999", DECIMAL_TOO_LONG, 0, 0},
        {"0.00000000000000000001", DECIMAL_TOO_LONG, 0, 0},
        /* not numbers of JSON */
        {"", DECIMAL_SYNTAX, 0, 0},
        {"-", DECIMAL_SYNTAX, 0, 0},
        {"+1", DECIMAL_SYNTAX, 0, 0},
        {"01", DECIMAL_SYNTAX, 0, 0},
        {"-01", DECIMAL_SYNTAX, 0, 0},
        {"00", DECIMAL_SYNTAX, 0, 0},
        {".5", DECIMAL_SYNTAX, 0, 0},
        {"5.", DECIMAL_SYNTAX, 0, 0},
        {"1.e3", DECIMAL_SYNTAX, 0, 0},
        {"1e", DECIMAL_SYNTAX, 0, 0},
        {"1e+", DECIMAL_SYNTAX, 0, 0},
        {"1 ", DECIMAL_SYNTAX, 0, 0},
        {" 1", DECIMAL_SYNTAX, 0, 0},
        {"1,000", DECIMAL_SYNTAX, 0, 0},
        {"0x10", DECIMAL_SYNTAX, 0, 0},
        {"NaN", DECIMAL_SYNTAX, 0, 0},
        {"Infinity", DECIMAL_SYNTAX, 0, 0},
        {"1.2.3", DECIMAL_SYNTAX, 0, 0},
        {"--1", DECIMAL_SYNTAX, 0, 0},
        {"99999999999999999999x", DECIMAL_SYNTAX, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal decimal = {-7, -7};
        enum decimal_error error = decimal_parse(cases[i].text, strlen(cases[i].text), &decimal);

        if (error != cases[i].error)
            fail_msg("'%s' gives error %d instead of %d", cases[i].text, error, cases[i].error);
        if (error == DECIMAL_OK &&
            (decimal.coefficient != cases[i].coefficient || decimal.exponent != cases[i].exponent))
            fail_msg("'%s' gives %lld e %d", cases[i].text, (long long)decimal.coefficient, decimal.exponent);
        if (error != DECIMAL_OK && (decimal.coefficient != -7 || decimal.exponent != -7))
            fail_msg("'%s' is refused, but something was written", cases[i].text);
    }
}

/* Only as many bytes as it was told are read. */
static void test_parse_length(void **state)
{
    struct decimal decimal;

    (void)state;
    assert_int_equal(decimal_parse("1234", 2, &decimal), DECIMAL_OK);
    assert_int_equal(decimal.coefficient, 12);
    assert_int_equal(decimal_parse("1e5", 2, &decimal), DECIMAL_SYNTAX);
    assert_int_equal(decimal_parse("1.5", 2, &decimal), DECIMAL_SYNTAX);
    assert_int_equal(decimal_parse("-5", 1, &decimal), DECIMAL_SYNTAX);
    assert_int_equal(decimal_parse("5", 0, &decimal), DECIMAL_SYNTAX);
}

/* A hundred thousand digits end in time, and zeros in front of the point are not counted as digits. */
static void test_parse_long(void **state)
{
    enum { LENGTH = 100000 };
    char *text = malloc(LENGTH + 1);
    struct decimal decimal;

    (void)state;
    assert_non_null(text);
    memset(text, '9', LENGTH);
    assert_int_equal(decimal_parse(text, LENGTH, &decimal), DECIMAL_TOO_LONG);
    memset(text, '0', LENGTH);
    text[1] = '.';
    assert_int_equal(decimal_parse(text, LENGTH, &decimal), DECIMAL_OK);
    assert_int_equal(decimal.coefficient, 0);
    text[LENGTH - 1] = '1';
    assert_int_equal(decimal_parse(text, LENGTH, &decimal), DECIMAL_TOO_LONG);
    free(text);
}

static void test_compare(void **state)
{
    /* ascending; equal numbers stand in one row */
    static const char *const order[][3] = {
        {"-999999999999999999e18"},
        {"-1e18"},
        {"-80000000000000"},
        {"-10", "-1e1", "-10.00"},
        {"-2"},
        {"-1.5"},
        {"-1"},
        {"-1e-18"},
        {"0", "-0", "0.000"},
        {"1e-18"},
        {"0.05"},
        {"0.1", "1e-1", "0.10"},
        {"0.11"},
        {"1", "1.0", "10e-1"},
        {"1.5"},
        {"2"},
        {"9"},
        {"10", "1e1"},
        {"11"},
        {"8997"},
        {"23800"},
        {"9007199254740992"},
        {"9007199254740993"},
        {"9007199254740994"},
        {"999999999999999999"},
        {"1000000000000000000", "1e18"},
        {"999999999999999999e18"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t j = 0; j < COUNT(order); j++)
            for (size_t k = 0; k < 3 && order[i][k]; k++)
                for (size_t l = 0; l < 3 && order[j][l]; l++) {
                    int wanted = (i > j) - (i < j), got = decimal_compare(parse(order[i][k]), parse(order[j][l]));

                    if (got != wanted)
                        fail_msg("%s and %s compare as %d", order[i][k], order[j][l], got);
                }
    /* Nines are below the power of ten that is a digit longer, and above the one that is not. */
    for (int length = 1; length <= DECIMAL_DIGITS; length++) {
        char nines[DECIMAL_DIGITS + 1] = "", next[8], same[8];

        memset(nines, '9', (size_t)length);
        (void)snprintf(next, sizeof next, "1e%d", length);
        (void)snprintf(same, sizeof same, "1e%d", length - 1);
        assert_int_equal(decimal_compare(parse(nines), parse(next)), -1);
        assert_int_equal(decimal_compare(parse(nines), parse(same)), 1);
    }
}

static void test_subtract(void **state)
{
    static const struct {
        const char *a, *b, *difference; /* NULL: it cannot be kept */
    } cases[] = {
        {"80000", "70000", "10000"},
        {"70000", "80000", "-10000"},
        {"0", "0", "0"},
        {"1", "1", "0"},
        {"0", "5", "-5"},
        {"5", "0", "5"},
        {"0", "-5", "5"},
        {"0", "1e18", "-1000000000000000000"},
        {"0.3", "0.1", "0.2"},
        {"1e18", "0", "1000000000000000000"},
        {"1", "0.000000000000000001", "0.999999999999999999"},
        {"9007199254740993", "9007199254740992", "1"},
        {"-3", "-4.5", "1.5"},
        {"999999999999999999", "-999999999999999999", NULL},
        {"999999999999999999", "999999999999999998", "1"},
        {"1e18", "1", "999999999999999999"},
        {"1e18", "0.1", NULL},
        {"1e18", "1e-18", NULL},
        {"1e-18", "1e18", NULL},
        {"500000000000000000", "-499999999999999999", "999999999999999999"},
        {"500000000000000001", "-499999999999999999", "1000000000000000000"},
        {"500000000000000001", "-500000000000000000", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal difference = {-7, -7};
        struct buf out = BUF_INIT(100);
        bool kept = decimal_subtract(parse(cases[i].a), parse(cases[i].b), &difference);

        if (kept != (cases[i].difference != NULL))
            fail_msg("%s - %s is %s", cases[i].a, cases[i].b, kept ? "kept" : "not kept");
        if (kept) {
            decimal_print(&out, difference);
            if (strcmp(buf_string(&out), cases[i].difference) != 0)
                fail_msg("%s - %s gives %s", cases[i].a, cases[i].b, buf_string(&out));
        } else {
            assert_int_equal(difference.coefficient, -7);
        }
        buf_finish(&out);
    }
}

static void test_negate(void **state)
{
    (void)state;
    assert_int_equal(decimal_compare(decimal_negate(parse("12.5")), parse("-12.5")), 0);
    assert_int_equal(decimal_compare(decimal_negate(parse("-12.5")), parse("12.5")), 0);
    assert_int_equal(decimal_compare(decimal_negate(parse("0")), parse("0")), 0);
}

static void test_print(void **state)
{
    static const struct {
        const char *text, *plain, *en, *zh;
    } cases[] = {
        {"0", "0", "0", "0"},
        {"-0", "0", "0", "0"},
        {"1", "1", "1", "1"},
        {"-12", "-12", "−12", "-12"},
        {"0.5", "0.5", "0.5", "0.5"},
        {"-0.05", "-0.05", "−0.05", "-0.05"},
        {"0.000001", "0.000001", "0.000001", "0.000001"},
        {"59", "59", "59", "59"},
        {"100", "100", "100", "100"},
        {"274", "274", "274", "274"},
        {"999", "999", "999", "999"},
        {"1000", "1000", "1,000", "1000"},
        {"1300", "1300", "1,300", "1300"},
        {"8997", "8997", "8,997", "8997"},
        {"9999.5", "9999.5", "9,999.5", "9999.5"},
        {"10000", "10000", "10,000", "1万"},
        {"23800", "23800", "23,800", "2.38万"},
        {"70000", "70000", "70,000", "7万"},
        {"80000", "80000", "80,000", "8万"},
        {"12345", "12345", "12,345", "1.2345万"},
        {"12345.6", "12345.6", "12,345.6", "12345.6"},
        {"100001", "100001", "100,001", "10.0001万"},
        {"-70000", "-70000", "−70,000", "-7万"},
        {"999999", "999999", "999,999", "99.9999万"},
        {"1000000", "1000000", "1 million", "100万"},
        {"1234000", "1234000", "1.234 million", "123.4万"},
        {"1234500", "1234500", "1,234,500", "123.45万"},
        {"52000000", "52000000", "52 million", "5200万"},
        {"99999999", "99999999", "99,999,999", "9999.9999万"},
        {"100000000", "100000000", "100 million", "1亿"},
        {"120000000", "120000000", "120 million", "1.2亿"},
        {"1000000000", "1000000000", "1 billion", "10亿"},
        {"1234000000", "1234000000", "1.234 billion", "12.34亿"},
        {"1234567890", "1234567890", "1,234,567,890", "1234567890"},
        {"999000000000", "999000000000", "999 billion", "9990亿"},
        {"1700000000000", "1700000000000", "1.7 trillion", "1.7万亿"},
        {"80000000000000", "80000000000000", "80 trillion", "80万亿"},
        {"-1700000000000", "-1700000000000", "−1.7 trillion", "-1.7万亿"},
        {"1e15", "1000000000000000", "1,000 trillion", "1000万亿"},
        {"9007199254740993", "9007199254740993", "9,007,199,254,740,993", "9007199254740993"},
        {"-9007199254740993", "-9007199254740993", "−9,007,199,254,740,993", "-9007199254740993"},
        {"999999999999999999", "999999999999999999", "999,999,999,999,999,999", "999999999999999999"},
        {"1e18", "1000000000000000000", "1,000,000 trillion", "1000000万亿"},
        {"1e-18", "0.000000000000000001", "0.000000000000000001", "0.000000000000000001"},
        {"1234567.89", "1234567.89", "1,234,567.89", "1234567.89"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const wanted[] = {cases[i].plain, cases[i].en, cases[i].zh, cases[i].zh, cases[i].en};
        static const char *const languages[] = {NULL, "en", "zh", "zh-Hant", "de"};

        for (size_t l = 0; l < COUNT(wanted); l++) {
            struct buf out = BUF_INIT(100);

            if (languages[l])
                decimal_print_for_people(&out, parse(cases[i].text), is_chinese(languages[l]), true);
            else
                decimal_print(&out, parse(cases[i].text));
            if (strcmp(buf_string(&out), wanted[l]) != 0)
                fail_msg("%s is '%s' in %s, not '%s'", cases[i].text, buf_string(&out),
                         languages[l] ? languages[l] : "digits", wanted[l]);
            buf_finish(&out);
        }
    }
}

/* What is printed in digits is read again as the same number. */
static void test_round_trip(void **state)
{
    uint64_t random = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        struct decimal decimal = {(int64_t)(random % 999999999999999999u) * (random & 1u << 20 ? -1 : 1), 0}, again;
        struct buf out = BUF_INIT(100);

        decimal.exponent = (int)(random >> 40 & 31) - 15;
        decimal_print(&out, decimal);
        assert_int_equal(decimal_parse(buf_string(&out), out.length, &again), DECIMAL_OK);
        assert_int_equal(decimal_compare(decimal, again), 0);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),   cmocka_unit_test(test_parse_length), cmocka_unit_test(test_parse_long),
        cmocka_unit_test(test_compare), cmocka_unit_test(test_subtract),     cmocka_unit_test(test_negate),
        cmocka_unit_test(test_print),   cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
