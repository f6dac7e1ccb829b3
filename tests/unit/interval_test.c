/* SPDX-License-Identifier: MIT */
/*
 * Intervals. They are written as text: "[60,100]" is closed, "(" and ")" are open, "{60,100}" has ends of which it is not
 * known whether they belong, and "?" is an end that is not known.
 */
#include "support.h"

#include "interval.h"

static struct number number(const char *text, size_t length)
{
    struct number number;
    bool plain;

    if (number_parse(text, length, &number, &plain) != DECIMAL_OK)
        fail_msg("'%.*s' should be a number", (int)length, text);
    return number;
}

static struct number optional(const char *text)
{
    return text ? number(text, strlen(text)) : (struct number){0};
}

static enum closed closed_of(char bracket)
{
    return strchr("[]", bracket) ? CLOSED_YES : strchr("()", bracket) ? CLOSED_NO : CLOSED_UNKNOWN;
}

static struct interval read_interval(const char *text)
{
    struct interval interval = {.lower = {.closed = CLOSED_UNKNOWN}, .upper = {.closed = CLOSED_UNKNOWN}};
    const char *comma = strchr(text, ','), *end = text + strlen(text) - 1;

    if (text[1] != '?')
        interval.lower = (struct bound){true, closed_of(*text), number(text + 1, (size_t)(comma - text - 1))};
    if (comma[1] != '?')
        interval.upper = (struct bound){true, closed_of(*end), number(comma + 1, (size_t)(end - comma - 1))};
    return interval;
}

static void print_interval(struct buf *out, const struct interval *interval)
{
    static const char opening[] = {[CLOSED_NO] = '(', [CLOSED_YES] = '[', [CLOSED_UNKNOWN] = '{'};
    static const char closing[] = {[CLOSED_NO] = ')', [CLOSED_YES] = ']', [CLOSED_UNKNOWN] = '}'};

    buf_char(out, opening[interval->lower.closed]);
    if (interval->lower.known)
        decimal_print(out, interval->lower.number.value);
    else
        buf_char(out, '?');
    buf_char(out, ',');
    if (interval->upper.known)
        decimal_print(out, interval->upper.number.value);
    else
        buf_char(out, '?');
    buf_char(out, closing[interval->upper.closed]);
}

static void expect(const struct interval *interval, const char *wanted, const char *about)
{
    struct buf out = BUF_INIT(200);

    print_interval(&out, interval);
    if (strcmp(buf_string(&out), wanted) != 0)
        fail_msg("%s gives %s, not %s", about, buf_string(&out), wanted);
    buf_finish(&out);
}

static void test_qualifiers(void **state)
{
    static const struct {
        enum qualifier qualifier;
        const char *value, *upper, *min, *max, *interval;
    } cases[] = {
        {QUALIFIER_EXACT, "60", NULL, NULL, NULL, "[60,60]"},
        {QUALIFIER_EXACT, "60", NULL, "0", "100", "[60,60]"},
        {QUALIFIER_MORE_THAN, "60", NULL, NULL, NULL, "{60,?}"},
        {QUALIFIER_MORE_THAN, "60", NULL, "0", NULL, "{60,?}"},
        {QUALIFIER_MORE_THAN, "60", NULL, "0", "100", "{60,100]"},
        {QUALIFIER_AT_LEAST, "60", NULL, NULL, NULL, "[60,?}"},
        {QUALIFIER_AT_LEAST, "60", NULL, "0", "100", "[60,100]"},
        {QUALIFIER_LESS_THAN, "60", NULL, NULL, NULL, "{?,60}"},
        {QUALIFIER_LESS_THAN, "60", NULL, "0", "100", "[0,60}"},
        {QUALIFIER_AT_MOST, "60", NULL, NULL, NULL, "{?,60]"},
        {QUALIFIER_AT_MOST, "60", NULL, NULL, "100", "{?,60]"},
        {QUALIFIER_AT_MOST, "60", NULL, "0", "100", "[0,60]"},
        {QUALIFIER_NEARLY, "60", NULL, NULL, NULL, "{?,60)"},
        {QUALIFIER_NEARLY, "60", NULL, "0", "100", "[0,60)"},
        {QUALIFIER_ABOUT, "60", NULL, NULL, NULL, "{?,?}"},
        {QUALIFIER_ABOUT, "60", NULL, "0", "100", "{?,?}"},
        {QUALIFIER_BETWEEN, "60", "70", NULL, NULL, "[60,70]"},
        {QUALIFIER_BETWEEN, "60", "70", "0", "100", "[60,70]"},
        {QUALIFIER_MORE_THAN, "0", NULL, "0", NULL, "{0,?}"},
        {QUALIFIER_MORE_THAN, NULL, NULL, "0", "100", "{?,?}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct unit unit = {.min = optional(cases[i].min), .max = optional(cases[i].max)};
        struct details details = {.upper = optional(cases[i].upper)};
        struct observation observation = {
            .qualifier = (uint8_t)cases[i].qualifier,
            .value = optional(cases[i].value),
            .details = &details,
        };
        struct interval interval = interval_of(&observation, &unit);
        char about[32];

        (void)snprintf(about, sizeof about, "row %zu", i);
        expect(&interval, cases[i].interval, about);
    }
}

static void test_within(void **state)
{
    enum { YES = VERDICT_MET, NO = VERDICT_NOT_MET, MAYBE = VERDICT_INDETERMINATE };
    static const struct {
        const char *inner, *outer;
        int verdict;
    } cases[] = {
        /* a number against a bound */
        {"[5,5]", "[5,?}", YES},
        {"[5,5]", "(5,?}", NO},
        {"[5,5]", "{5,?}", MAYBE}, /* whether "more than 5" takes 5 in is not known */
        {"[6,6]", "{5,?}", YES},
        {"[4,4]", "[5,?}", NO},
        {"[5,5]", "{?,5]", YES},
        {"[5,5]", "{?,5)", NO},
        {"[5,5]", "{?,5}", MAYBE},
        {"[4,4]", "{?,5}", YES},
        {"[6,6]", "{?,5]", NO},
        {"[5,5]", "[5,5]", YES},
        {"[4,4]", "[5,5]", NO},
        {"[6,6]", "[5,5]", NO},
        {"[5,5]", "[4,6]", YES},
        {"[5,5]", "{?,?}", YES},
        /* half lines against half lines */
        {"[5,?}", "[5,?}", YES},
        {"(5,?}", "[5,?}", YES},
        {"{5,?}", "[5,?}", YES},
        {"[5,?}", "(5,?}", MAYBE},
        {"(5,?}", "(5,?}", YES},
        {"{5,?}", "(5,?}", MAYBE},
        {"{5,?}", "{5,?}", MAYBE},
        {"(5,?}", "{5,?}", YES},
        {"[6,?}", "{5,?}", YES},
        {"{4,?}", "[5,?}", MAYBE},
        {"{4,?}", "{?,5]", MAYBE},
        {"{5,?}", "{?,5]", MAYBE},
        {"(5,?}", "{?,5]", NO},
        {"[5,?}", "{?,5)", NO},
        {"{6,?}", "{?,5]", NO},
        {"{6,?}", "[5,7]", MAYBE},
        {"{?,4]", "[5,?}", NO},
        {"{?,5)", "[5,?}", NO},
        {"{?,5}", "[5,?}", MAYBE},
        {"{?,5]", "[5,?}", MAYBE},
        {"{?,5]", "(5,?}", NO},
        {"{?,5)", "{5,?}", NO},
        {"{?,6]", "[5,?}", MAYBE},
        {"{?,4}", "{?,5]", YES},
        {"{?,5}", "{?,5]", YES},
        {"{?,5}", "{?,5)", MAYBE},
        {"{?,5)", "{?,5)", YES},
        {"{?,6}", "{?,5)", MAYBE},
        /* segments */
        {"[4,6]", "[4,6]", YES},
        {"(4,6)", "[4,6]", YES},
        {"[4,6]", "(4,6)", MAYBE},
        {"[4,6]", "[5,7]", MAYBE},
        {"[5,6]", "[4,7]", YES},
        {"[3,8]", "[4,7]", MAYBE},
        {"[1,2]", "[4,7]", NO},
        {"[8,9]", "[4,7]", NO},
        {"[1,4)", "[4,7]", NO},
        {"(7,9]", "[4,7]", NO},
        {"[1,4]", "[4,7]", MAYBE},
        {"[1,4]", "(4,7]", NO},
        {"[7,9]", "[4,7)", NO},
        {"[7,9]", "[4,7}", MAYBE},
        /* nothing known */
        {"{?,?}", "[5,?}", MAYBE},
        {"{?,?}", "[5,5]", MAYBE},
        {"{?,?}", "{?,?}", YES},
        /* more than 53 bits */
        {"[9007199254740993,9007199254740993]", "[9007199254740994,?}", NO},
        {"[9007199254740993,9007199254740993]", "{9007199254740992,?}", YES},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct interval inner = read_interval(cases[i].inner), outer = read_interval(cases[i].outer);
        int verdict = (int)interval_within(&inner, &outer);

        if (verdict != cases[i].verdict)
            fail_msg("%s in %s gives %d, not %d", cases[i].inner, cases[i].outer, verdict, cases[i].verdict);
    }
}

/*
 * The same by counting: whatever true value an inner interval allows, a verdict of met means that it is inside the outer one
 * under every reading of it, not met that it is outside under every reading. Halves stand for the numbers between.
 */
static bool admits(const struct interval *interval, int halves, bool generous)
{
    struct decimal value = {halves * 5, -1};

    for (; value.coefficient && value.coefficient % 10 == 0; value.exponent++)
        value.coefficient /= 10;
    value.exponent = value.coefficient ? value.exponent : 0;
    const struct bound *lower = &interval->lower, *upper = &interval->upper;
    int low = lower->known ? decimal_compare(value, lower->number.value) : 1;
    int high = upper->known ? decimal_compare(value, upper->number.value) : -1;
    bool low_end = lower->closed == CLOSED_YES || (generous && lower->closed == CLOSED_UNKNOWN);
    bool high_end = upper->closed == CLOSED_YES || (generous && upper->closed == CLOSED_UNKNOWN);

    return (low > 0 || (low == 0 && low_end)) && (high < 0 || (high == 0 && high_end));
}

static void test_within_is_sound(void **state)
{
    static const char *const ends[] = {"?", "2", "3", "4"};
    static const char opening[] = "[({", closing[] = "])}";
    static char texts[4 * 3 * 4 * 3][16];
    size_t count = 0;

    (void)state;
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < 4; b++)
            for (size_t c = 0; c < 3; c++)
                for (size_t d = 0; d < 3; d++) {
                    /* unknown ends have unknown brackets; empty intervals say nothing */
                    if ((a == 0 && c != 2) || (b == 0 && d != 2) || (a > b && b > 0) || (a == b && a > 0 && (c || d)))
                        continue;
                    (void)snprintf(texts[count++], sizeof texts[0], "%c%s,%s%c", opening[c], ends[a], ends[b],
                                   closing[d]);
                }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            struct interval inner = read_interval(texts[i]), outer = read_interval(texts[j]);
            enum verdict verdict = interval_within(&inner, &outer);

            for (int halves = 0; halves <= 14; halves++) {
                if (!admits(&inner, halves, true))
                    continue;
                if (verdict == VERDICT_MET && !admits(&outer, halves, false))
                    fail_msg("%s in %s is met, but %d halves is not", texts[i], texts[j], halves);
                if (verdict == VERDICT_NOT_MET && admits(&inner, halves, false) && admits(&outer, halves, false))
                    fail_msg("%s in %s is not met, but %d halves is", texts[i], texts[j], halves);
            }
        }
}

static void test_subtract(void **state)
{
    static const struct {
        const char *minuend, *subtrahend, *difference;
    } cases[] = {
        {"[80000,90000]", "[70000,75000]", "[5000,20000]"},
        {"[80000,90000]", "{70000,?}", "{?,20000}"},
        {"(80000,90000}", "[70000,75000]", "(5000,20000}"},
        {"{80000,90000)", "{70000,75000}", "{5000,20000)"},
        {"{80000,?}", "[70000,75000)", "(5000,?}"},
        {"{?,?}", "[70000,75000]", "{?,?}"},
        {"80000", "{70000,?}", "{?,10000}"},
        {"80000", "[70000,?}", "{?,10000]"},
        {"80000", "(70000,?}", "{?,10000)"},
        {"80000", "[70000,70000]", "[10000,10000]"},
        {"80000", "{?,70000]", "[10000,?}"},
        {"80000", "[90000,90000]", "[-10000,-10000]"},
        {"100", "{60,100]", "[0,40}"},
        {"100", "{?,?}", "{?,?}"},
        {"999999999999999999", "[-999999999999999999,0]", "[999999999999999999,?}"},
        {"0.3", "[0.1,0.2]", "[0.1,0.2]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct number point = optional(strchr(cases[i].minuend, ',') ? NULL : cases[i].minuend);
        struct interval minuend = point.known ? interval_point(&point) : read_interval(cases[i].minuend);
        struct interval subtrahend = read_interval(cases[i].subtrahend);
        struct interval difference = interval_subtract(&minuend, &subtrahend);
        char about[128];

        (void)snprintf(about, sizeof about, "%s - %s", cases[i].minuend, cases[i].subtrahend);
        expect(&difference, cases[i].difference, about);
        assert_int_equal(difference.lower.number.decimals, 0);
        assert_int_equal(difference.upper.number.decimals, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qualifiers),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_within_is_sound),
        cmocka_unit_test(test_subtract),
    };
    return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
