/* SPDX-License-Identifier: MIT */
/* Periods: what is a date, and how they are ordered and contained. */
#include "support.h"

#include "period.h"

static struct period period(const char *text)
{
    struct period period = {0};

    if (strcmp(text, "undated") != 0 && !period_parse(text, strlen(text), &period))
        fail_msg("'%s' should be a period", text);
    return period;
}

static void test_parse(void **state)
{
    static const char *const good[] = {"2022",       "0001",       "9999",       "2022-01-01", "2022-12-31",
                                       "2024-02-29", "2000-02-29", "0004-02-29", "2022-04-30", "0001-01-01"};
    static const char *const bad[] = {
        "",           "0000",       "0000-01-01", "202",        "20222",      "-2022",      "2022-",
        "2022-1-1",   "2022-13-01", "2022-00-01", "2022-01-00", "2022-01-32", "2023-02-29", "1900-02-29",
        "2100-02-29", "2022-04-31", "2022/01/01", "20220101",   "2022-01",    "2022-01-1a", "2O22",
        " 2022",      "2022 ",      "+222",       "2022-06-31", "2022-09-31", "2022-11-31", "2022-01-01T",
        "undated",    "2022_01_01", "202a-01-01", "2022-x1-01"};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct buf out = BUF_INIT(100);

        period_print(&out, period(good[i]));
        assert_string_equal(buf_string(&out), good[i]);
        buf_finish(&out);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct period untouched = {7, 7, 7};

        if (period_parse(bad[i], strlen(bad[i]), &untouched))
            fail_msg("'%s' should be refused", bad[i]);
        assert_int_equal(untouched.year, 7);
    }
}

static void test_print_undated(void **state)
{
    struct buf out = BUF_INIT(100);

    (void)state;
    period_print(&out, (struct period){0});
    assert_string_equal(buf_string(&out), "undated");
    buf_finish(&out);
}

static void test_compare(void **state)
{
    /* by last day, undated last; equal ones in one row */
    static const char *const order[][2] = {
        {"0001-01-01"}, {"0001", "0001-12-31"}, {"2022-06-30"}, {"2022", "2022-12-31"},
        {"2023-01-01"}, {"2023-03-01"},         {"2023"},       {"9999"},
        {"undated"}};

    (void)state;
    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t j = 0; j < COUNT(order); j++)
            for (size_t k = 0; k < 2 && order[i][k]; k++)
                for (size_t l = 0; l < 2 && order[j][l]; l++)
                    if (period_compare(period(order[i][k]), period(order[j][l])) != (i > j) - (i < j))
                        fail_msg("%s and %s are in the wrong order", order[i][k], order[j][l]);
}

static void test_contains(void **state)
{
    static const struct {
        const char *outer, *inner;
        bool contains;
    } cases[] = {
        {"2022", "2022", true},        {"2022", "2022-06-30", true},        {"2022-06-30", "2022", false},
        {"2022", "2023", false},       {"2022-06-30", "2022-06-30", true},  {"2022-06-30", "2022-06-29", false},
        {"2022", "undated", false},    {"undated", "2022", false},          {"undated", "undated", false},
        {"2022", "2023-01-01", false}, {"2022-06-30", "2022-07-30", false}, {"2022-06-30", "2021-06-30", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (period_contains(period(cases[i].outer), period(cases[i].inner)) != cases[i].contains)
            fail_msg("%s and %s", cases[i].outer, cases[i].inner);
}

static void test_last_day(void **state)
{
    (void)state;
    assert_int_equal(period_last_day(period("2022")).month, 12);
    assert_int_equal(period_last_day(period("2022")).day, 31);
    assert_int_equal(period_last_day(period("2022-02-03")).day, 3);
    assert_int_equal(period_last_day(period("undated")).year, 0);
    assert_int_equal(period_last_day(period("undated")).month, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_print_undated), cmocka_unit_test(test_compare),
        cmocka_unit_test(test_contains), cmocka_unit_test(test_last_day),
    };
    return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}
