/* SPDX-License-Identifier: MIT */
/* What is built in: the names, the datasets behind them, and what is said of other names. */
#include "support.h"

static const struct {
    const char *name, *id;
    size_t observations, targets;
} builtins[] = {
    {"sme", "miit-sme-2023", 17, 2},
    {"sme-series", "miit-sme-series", 41, 9},
};

static struct sme_dataset *load_named(const char *name)
{
    struct sme_faults *faults = new_faults();
    struct sme_dataset *dataset = NULL;

    assert_int_equal(sme_dataset_load_named(name, faults, &dataset), SME_OK);
    assert_int_equal(sme_faults_count(faults), 0);
    sme_faults_free(faults);
    return dataset;
}

static size_t count(struct sme_dataset *dataset, const char *collection)
{
    struct sme_query *query = new_query(dataset, collection);
    struct sme_result *result = NULL;

    assert_int_equal(sme_query_run(query, &result), SME_OK);
    size_t total = sme_result_total(result);
    sme_result_free(result);
    sme_query_free(query);
    return total;
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(builtins); i++)
        assert_string_equal(sme_builtin_name(i), builtins[i].name);
    assert_null(sme_builtin_name(COUNT(builtins)));
    assert_null(sme_builtin_name(SIZE_MAX));
}

static void test_datasets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(builtins); i++) {
        struct sme_dataset *dataset = load_named(builtins[i].name);

        assert_string_equal(sme_dataset_id(dataset), builtins[i].id);
        assert_int_equal(count(dataset, "observations"), builtins[i].observations);
        assert_int_equal(count(dataset, "targets"), builtins[i].targets);
        sme_dataset_unref(dataset);
    }
}

static void test_the_first(void **state)
{
    struct sme_dataset *first = load_builtin(), *named = load_named(sme_builtin_name(0));

    (void)state;
    assert_string_equal(sme_dataset_version(first), sme_dataset_version(named));
    sme_dataset_unref(first);
    sme_dataset_unref(named);
}

static void test_other_names(void **state)
{
    static const struct {
        const char *name, *nearest, *sentence;
    } cases[] = {
        {"sme-seris", "sme-series", "'sme-seris' is not a built-in dataset"},
        {"SME", "sme", "'SME' is not a built-in dataset"},
        {"sme-", "sme", "'sme-' is not a built-in dataset"},
        {"builtin:sme", NULL, "'builtin:sme' is not a built-in dataset"},
        {"bakeries", NULL, "'bakeries' is not a built-in dataset"},
        {"", NULL, "'' is not a built-in dataset"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        struct sme_dataset *dataset = NULL;
        char text[128];

        assert_int_equal(sme_dataset_load_named(cases[i].name, faults, &dataset), SME_NOT_FOUND);
        assert_null(dataset);
        assert_int_equal(sme_faults_count(faults), 1);
        const struct sme_fault *fault = sme_faults_at(faults, 0);
        assert_string_equal(fault->kind, "unknown-builtin");
        assert_string_equal(fault->accepted, "sme, sme-series");
        if (cases[i].nearest)
            assert_string_equal(fault->suggestions[0], cases[i].nearest);
        else
            assert_null(fault->suggestions[0]);
        sme_fault_sentence(fault, "en", text, sizeof text);
        assert_string_equal(text, cases[i].sentence);
        sme_faults_free(faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_datasets),
        cmocka_unit_test(test_the_first),
        cmocka_unit_test(test_other_names),
    };
    return cmocka_run_group_tests_name("builtin", tests, NULL, NULL);
}
