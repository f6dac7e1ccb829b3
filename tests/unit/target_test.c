/* SPDX-License-Identifier: MIT */
/*
 * What became of targets. Each row is a small dataset in shorthand, and what a person says of it. An observation is
 * written "qualifier value period" or "between value upper period", with "@day" for its as_of; several with semicolons.
 */
#include "support.h"

#include "target.h"

static void add_observation(char *out, size_t size, const char *kind, const char *shorthand)
{
    char words[5][32] = {""};
    int count = sscanf(shorthand, "%31s %31s %31s %31s %31s", words[0], words[1], words[2], words[3], words[4]);
    bool between = strcmp(words[0], "between") == 0;
    int at = between ? 3 : 2;
    bool undated = strcmp(words[at], "undated") == 0;
    char upper[64] = "", as_of[64] = "", period[64];
    size_t length = strlen(out);

    assert_true(count > at);
    if (between)
        (void)snprintf(upper, sizeof upper, "\"upper\": %s,", words[2]);
    if (count > at + 1)
        (void)snprintf(as_of, sizeof as_of, "\"as_of\": \"%s\",", words[at + 1] + 1);
    (void)snprintf(period, sizeof period, undated ? "null" : "\"%s\"", words[at]);
    (void)snprintf(out + length, size - length,
                   "%s{\"indicator\": \"i\", \"kind\": \"%s\", \"period\": %s, \"period_basis\": \"%s\", "
                   "\"value\": %s, %s %s \"qualifier\": \"%s\", \"source\": \"s\"}",
                   length && out[length - 1] == '}' ? "," : "", kind, period, undated ? "none" : "stated", words[1],
                   upper, as_of, words[0]);
}

static struct sme_dataset *make(const char *direction, const char *min, const char *max, const char *as_of,
                                const char *target, const char *actuals)
{
    char json[8192], observations[4096] = "", copy[1024], *rest = copy, *one, limits[128] = "", toward[64] = "";

    add_observation(observations, sizeof observations, "target", target);
    (void)snprintf(copy, sizeof copy, "%s", actuals);
    while ((one = strsep(&rest, ";")) != NULL)
        if (*one)
            add_observation(observations, sizeof observations, "actual", one);
    if (direction)
        (void)snprintf(toward, sizeof toward, ", \"direction\": \"%s\"", direction);
    if (min)
        (void)snprintf(limits, sizeof limits, ", \"min\": %s", min);
    if (max)
        (void)snprintf(limits + strlen(limits), sizeof limits - strlen(limits), ", \"max\": %s", max);
    (void)snprintf(
        json, sizeof json,
        "{\"format\": \"smestat-dataset-1\", \"id\": \"t\", \"title\": \"T\", \"languages\": [\"en\", \"zh\"], "
        "\"as_of\": \"%s\","
        "\"units\": [{\"code\": \"u\", \"name\": {\"en\": \"things\", \"zh\": \"个\"}%s}],"
        "\"sources\": [{\"code\": \"s\", \"title\": \"S\", \"date\": \"2023-03-01\", \"date_basis\": \"stated\"}],"
        "\"categories\": [{\"code\": \"c\", \"name\": \"C\"}],"
        "\"indicators\": [{\"code\": \"i\", \"name\": \"I\", \"category\": \"c\", \"unit\": \"u\", "
        "\"measure\": \"stock\"%s}],"
        "\"observations\": [%s]}",
        as_of, limits, toward, observations);
    return load_text(json);
}

enum { MET = VERDICT_MET, NOT_MET = VERDICT_NOT_MET, UNDECIDED = VERDICT_INDETERMINATE, NOT_DUE = VERDICT_NOT_DUE };

static const struct {
    const char *target, *actuals;
    int verdict;
    const char *baseline, *actual, *latest; /* periods; NULL: none */
    const char *distance;                   /* in English; NULL: none */
    const char *reason;                     /* how the English reason begins */
    const char *direction, *min, *max;
    const char *as_of; /* NULL: 2024-01-31, when everything of 2023 is due */
} cases[] = {
    /* the built-in question: more than 80,000 in 2023, more than 70,000 in 2022 */
    {"more_than 80000 2023", "more_than 70000 2022", NOT_DUE, "2022", NULL, "2022", "at most 10,000 things",
     "The dataset speaks", .as_of = "2023-03-01"},
    {"more_than 80000 2023", "more_than 70000 2022", UNDECIDED, "2022", NULL, "2022", "at most 10,000 things",
     "The dataset has no actual"},
    /* a floor */
    {"at_least 100 2023", "exact 100 2023", MET, NULL, "2023", "2023", "0 things",
     "The actual value, 100 things, meets"},
    {"at_least 100 2023", "exact 99 2023", NOT_MET, NULL, "2023", "2023", "1 things",
     "The actual value, 99 things, does not meet"},
    {"at_least 100 2023", "exact 120 2023", MET, NULL, "2023", "2023", "−20 things", "The actual"},
    {"at_least 100 2023", "more_than 100 2023", MET, NULL, "2023", "2023", "at most 0 things", "The actual"},
    {"at_least 100 2023", "more_than 99 2023", UNDECIDED, NULL, "2023", "2023", "at most 1 things",
     "The actual value is"},
    {"at_least 100 2023", "less_than 100 2023", UNDECIDED, NULL, "2023", "2023", "at least 0 things",
     "It is not known"},
    {"at_least 100 2023", "nearly 100 2023", NOT_MET, NULL, "2023", "2023", "more than 0 things", "The actual"},
    {"at_least 100 2023", "at_most 99 2023", NOT_MET, NULL, "2023", "2023", "at least 1 things", "The actual"},
    {"at_least 100 2023", "about 120 2023", UNDECIDED, NULL, "2023", "2023", NULL, "\"about 120 things\" gives"},
    {"at_least 100 2023", "between 90 110 2023", UNDECIDED, NULL, "2023", "2023", "between −10 and 10 things",
     "The actual value is"},
    {"at_least 100 2023", "between 100 110 2023", MET, NULL, "2023", "2023", "between −10 and 0 things", "The actual"},
    /* "more than" may be a translation of words that take the number in */
    {"more_than 100 2023", "exact 100 2023", UNDECIDED, NULL, "2023", "2023", "0 things", "It is not known"},
    {"more_than 100 2023", "exact 101 2023", MET, NULL, "2023", "2023", "−1 things", "The actual"},
    {"more_than 100 2023", "exact 99 2023", NOT_MET, NULL, "2023", "2023", "1 things", "The actual"},
    {"more_than 100 2023", "more_than 100 2023", UNDECIDED, NULL, "2023", "2023", "at most 0 things",
     "It is not known"},
    {"more_than 100 2023", "more_than 101 2023", MET, NULL, "2023", "2023", "at most −1 things", "The actual"},
    /* a ceiling */
    {"at_most 100 2023", "exact 100 2023", MET, NULL, "2023", "2023", "0 things", "The actual"},
    {"at_most 100 2023", "exact 101 2023", NOT_MET, NULL, "2023", "2023", "−1 things", "The actual"},
    {"at_most 100 2023", "less_than 100 2023", MET, NULL, "2023", "2023", "at least 0 things", "The actual"},
    {"at_most 100 2023", "more_than 100 2023", UNDECIDED, NULL, "2023", "2023", "at most 0 things", "It is not known"},
    {"less_than 100 2023", "nearly 100 2023", MET, NULL, "2023", "2023", "more than 0 things", "The actual"},
    {"less_than 100 2023", "exact 100 2023", UNDECIDED, NULL, "2023", "2023", "0 things", "It is not known"},
    {"nearly 100 2023", "exact 100 2023", NOT_MET, NULL, "2023", "2023", "0 things", "The actual"},
    /* how near is "nearly", nobody says; beyond it, the direction decides */
    {"nearly 100 2023", "exact 1 2023", UNDECIDED, NULL, "2023", "2023", "99 things",
     "\"nearly 100 things\" does not say how near"},
    {"nearly 100 2023", "exact 100 2023", MET, NULL, "2023", "2023", "0 things", "The actual", .direction = "up"},
    {"nearly 100 2023", "exact 100 2023", NOT_MET, NULL, "2023", "2023", "0 things", "The actual", .direction = "down"},
    /* a corridor */
    {"between 90 110 2023", "exact 100 2023", MET, NULL, "2023", "2023", "between −10 and 10 things", "The actual"},
    {"between 90 110 2023", "exact 111 2023", NOT_MET, NULL, "2023", "2023", "between −21 and −1 things", "The actual"},
    {"between 90 110 2023", "more_than 100 2023", UNDECIDED, NULL, "2023", "2023", "at most 10 things",
     "The actual value is"},
    /* an exact target is a mark: the indicator says from which side */
    {"exact 100 2023", "exact 100 2023", MET, NULL, "2023", "2023", "0 things", "The actual"},
    {"exact 100 2023", "exact 120 2023", NOT_MET, NULL, "2023", "2023", "−20 things", "The actual"},
    {"exact 100 2023", "exact 120 2023", MET, NULL, "2023", "2023", "−20 things", "The actual", .direction = "up"},
    {"exact 100 2023", "exact 80 2023", NOT_MET, NULL, "2023", "2023", "20 things", "The actual", .direction = "up"},
    {"exact 100 2023", "exact 120 2023", NOT_MET, NULL, "2023", "2023", "−20 things", "The actual",
     .direction = "down"},
    {"exact 100 2023", "exact 80 2023", MET, NULL, "2023", "2023", "20 things", "The actual", .direction = "down"},
    {"exact 100 2023", "more_than 100 2023", MET, NULL, "2023", "2023", "at most 0 things", "The actual",
     .direction = "up"},
    {"exact 100 2023", "more_than 100 2023", UNDECIDED, NULL, "2023", "2023", "at most 0 things", "It is not known"},
    /* direction changes nothing for the others */
    {"at_least 100 2023", "exact 80 2023", NOT_MET, NULL, "2023", "2023", "20 things", "The actual",
     .direction = "down"},
    /* about gives no limits */
    {"about 100 2023", "exact 100 2023", UNDECIDED, NULL, "2023", "2023", NULL, "\"about 100 things\" gives no limits"},
    {"about 100 2023", "exact 1 2022", UNDECIDED, "2022", NULL, "2022", NULL, "The dataset has no actual"},
    {"about 100 2023", "", NOT_DUE, NULL, NULL, NULL, NULL, "The dataset speaks", .as_of = "2023-03-01"},
    /* nothing actual, or nothing dated */
    {"at_least 100 2023", "", UNDECIDED, NULL, NULL, NULL, NULL, "The dataset has no actual"},
    {"at_least 100 2023", "exact 120 undated", UNDECIDED, NULL, NULL, NULL, NULL, "The dataset has no actual"},
    {"at_least 100 undated", "exact 120 2023", UNDECIDED, "2023", NULL, "2023", "−20 things",
     "The target has no period"},
    {"at_least 100 undated", "exact 120 undated", UNDECIDED, NULL, NULL, NULL, NULL, "The target has no period"},
    /* when it is due */
    {"at_least 100 2023", "exact 50 2023", NOT_DUE, NULL, "2023", "2023", "50 things", "The dataset speaks",
     .as_of = "2023-12-30"},
    {"at_least 100 2023", "exact 50 2023", NOT_MET, NULL, "2023", "2023", "50 things", "The actual",
     .as_of = "2023-12-31"},
    {"at_least 100 2023", "exact 120 2023", MET, NULL, "2023", "2023", "−20 things", "The actual",
     .as_of = "2023-06-30"},
    {"at_least 100 2023-06-30", "exact 50 2022", NOT_DUE, "2022", NULL, "2022", "50 things", "The dataset speaks",
     .as_of = "2023-06-29"},
    {"at_least 100 2023-06-30", "exact 50 2023-06-30", NOT_MET, NULL, "2023-06-30", "2023-06-30", "50 things",
     "The actual", .as_of = "2023-06-30"},
    /* which values count */
    {"at_least 100 2023", "exact 10 2021;exact 30 2022;exact 20 2020", UNDECIDED, "2022", NULL, "2022", "70 things",
     "The dataset has no actual"},
    {"at_least 100 2023", "exact 120 2023;exact 10 2022;exact 50 2024", MET, "2022", "2023", "2024", "50 things",
     "The actual"},
    {"at_least 100 2023", "exact 10 2023-03-31;exact 120 2023-09-30", MET, NULL, "2023-09-30", "2023-09-30",
     "−20 things", "The actual"},
    {"at_least 100 2023", "exact 120 2023-09-30;exact 10 2023-03-31", MET, NULL, "2023-09-30", "2023-09-30",
     "−20 things", "The actual"},
    {"at_least 100 2023-06-30", "exact 120 2023", UNDECIDED, NULL, NULL, "2023", "−20 things",
     "The dataset has no actual"},
    {"at_least 100 2023-06-30", "exact 120 2023-01-31", UNDECIDED, "2023-01-31", NULL, "2023-01-31", "−20 things",
     "The dataset has no actual"},
    {"at_least 100 2023", "exact 120 2025", UNDECIDED, NULL, NULL, "2025", "−20 things", "The dataset has no actual"},
    /* a value from before the end of the period decides only that a floor was reached */
    {"at_least 100 2023", "exact 90 2023-06-30", UNDECIDED, NULL, "2023-06-30", "2023-06-30", "10 things",
     "The newest actual value for 2023, 90 things, speaks of 2023-06-30"},
    {"at_most 100 2023", "exact 90 2023-06-30", UNDECIDED, NULL, "2023-06-30", "2023-06-30", "10 things",
     "The newest actual value"},
    {"at_most 100 2023", "exact 90 2023", NOT_DUE, NULL, "2023", "2023", "10 things", "The dataset speaks",
     .as_of = "2023-06-30"},
    /* a value that speaks of a day before its year's end is older than one that speaks of a later day */
    {"at_least 100 2023", "exact 10 2023 @2023-03-01;exact 120 2023-09-30", MET, NULL, "2023-09-30", "2023-09-30",
     "−20 things", "The actual"},
    /* a day outside the period says nothing of its age */
    {"at_least 100 2023", "exact 120 2023 @2021-03-01;exact 10 2022", MET, "2022", "2023", "2023", "−20 things",
     "The actual"},
    /* the unit's domain helps to decide */
    {"at_most 100 2023", "more_than 60 2023", MET, NULL, "2023", "2023", "between 0 and 40 things", "The actual",
     .min = "0", .max = "100"},
    {"at_least 0 2023", "less_than 60 2023", MET, NULL, "2023", "2023", "between −60 and 0 things", "The actual",
     .min = "0", .max = "100"},
    /* a distance that cannot be kept exactly is not told */
    {"at_least 0.1 2023", "exact 999999999999999999 2023", MET, NULL, "2023", "2023", NULL, "The actual"},
    /* as long as a double is not enough */
    {"at_least 9007199254740993 2023", "exact 9007199254740992 2023", NOT_MET, NULL, "2023", "2023", "1 things",
     "The actual"},
};

static void expect_period(const struct sme_dataset *dataset, uint32_t row, const char *wanted, size_t i,
                          const char *what)
{
    struct buf out = BUF_INIT(100);

    if (row != NONE)
        period_print(&out, dataset->observations[row].period);
    if (row == NONE ? wanted != NULL : !wanted || strcmp(buf_string(&out), wanted) != 0)
        fail_msg("row %zu (%s; %s): %s is %s, not %s", i, cases[i].target, cases[i].actuals, what,
                 row == NONE ? "missing" : buf_string(&out), wanted);
    buf_finish(&out);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_dataset *dataset =
            make(cases[i].direction, cases[i].min, cases[i].max, cases[i].as_of ? cases[i].as_of : "2024-01-31",
                 cases[i].target, cases[i].actuals);
        uint32_t target = dataset->targets[0];
        struct assessment a = target_assess(dataset, target);
        struct buf text = BUF_INIT(10000);

        if ((int)a.verdict != cases[i].verdict)
            fail_msg("row %zu (%s; %s) is %s", i, cases[i].target, cases[i].actuals, verdict_words.names[a.verdict]);
        expect_period(dataset, a.baseline, cases[i].baseline, i, "baseline");
        expect_period(dataset, a.actual, cases[i].actual, i, "actual");
        expect_period(dataset, a.latest, cases[i].latest, i, "latest");
        if (a.has_distance)
            display_interval(&text, dataset, &a.distance, &dataset->units[0], 0);
        if (a.has_distance != (cases[i].distance != NULL) ||
            (a.has_distance && strcmp(buf_string(&text), cases[i].distance) != 0))
            fail_msg("row %zu (%s; %s): the distance is %s", i, cases[i].target, cases[i].actuals,
                     a.has_distance ? buf_string(&text) : "missing");
        buf_clear(&text);
        target_reason(&text, dataset, target, &a, 0);
        if (strncmp(buf_string(&text), cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("row %zu (%s; %s): %s", i, cases[i].target, cases[i].actuals, buf_string(&text));
        /* in Chinese, too, and a missing or one-sided distance is explained */
        buf_clear(&text);
        target_reason(&text, dataset, target, &a, 1);
        assert_non_null(strstr(buf_string(&text), "。"));
        for (uint32_t language = 0; language < 2; language++) {
            buf_clear(&text);
            target_distance_reason(&text, dataset, target, &a, language);
            if ((text.length > 0) != (!a.has_distance || a.distance.lower.known != a.distance.upper.known))
                fail_msg("row %zu: '%s' said of the distance", i, buf_string(&text));
        }
        assert_int_equal(text.status, SME_OK);
        buf_finish(&text);
        sme_dataset_unref(dataset);
    }
}

/* The distance of a row that is not kept exactly is not called approximate: that would be untrue. */
static void test_distance_reason(void **state)
{
    struct sme_dataset *dataset =
        make(NULL, NULL, NULL, "2024-01-31", "at_least 0.1 2023", "exact 999999999999999999 2023");
    struct assessment a = target_assess(dataset, dataset->targets[0]);
    struct buf text = BUF_INIT(1000);

    (void)state;
    target_distance_reason(&text, dataset, dataset->targets[0], &a, 0);
    assert_null(strstr(buf_string(&text), "approximate"));
    buf_finish(&text);
    sme_dataset_unref(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_distance_reason),
    };
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
