/* SPDX-License-Identifier: MIT */
/* Places of numbers against their comparison. What rows are ordered by is held against their cells in tests/http. */
#include "support.h"

#include "order.h"

static void test_numbers(void **state)
{
    static const char *const spelt[] = {"-999999999999999999e18",
                                        "-1e18",
                                        "-100000000000000001",
                                        "-100000000000000000",
                                        "-99999999999999999",
                                        "-12",
                                        "-1.000000000000001",
                                        "-1",
                                        "-0.1",
                                        "-1e-18",
                                        "0",
                                        "1e-18",
                                        "0.999999999999999999",
                                        "0.1",
                                        "9e-18",
                                        "1",
                                        "1.5",
                                        "9",
                                        "10",
                                        "99",
                                        "123456789012345678",
                                        "123456789012345679",
                                        "123456789012345670",
                                        "1234567890123456780",
                                        "999999999999999999",
                                        "1e18",
                                        "999999999999999999e18",
                                        "999999999999999998e18"};
    struct decimal numbers[COUNT(spelt)];

    (void)state;
    for (size_t i = 0; i < COUNT(spelt); i++)
        assert_int_equal(decimal_parse(spelt[i], strlen(spelt[i]), &numbers[i]), DECIMAL_OK);
    for (size_t i = 0; i < COUNT(spelt); i++)
        for (size_t j = 0; j < COUNT(spelt); j++) {
            uint64_t a = decimal_place(numbers[i]), b = decimal_place(numbers[j]);
            uint64_t last_a = decimal_last_place(numbers[i]), last_b = decimal_last_place(numbers[j]);
            int places = a != b ? (a > b) - (a < b) : (last_a > last_b) - (last_a < last_b);

            if (places != decimal_compare(numbers[i], numbers[j]))
                fail_msg("%s and %s", spelt[i], spelt[j]);
            assert_true(last_a < 10 && a < UINT64_C(9720000000000000001));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers)};

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
