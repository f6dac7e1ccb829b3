/* SPDX-License-Identifier: MIT */
/*
 * A verdict follows from intervals alone, or it is `indeterminate`. Whether a target is due is judged by the day the dataset
 * speaks of, never by a clock: the same file always gives the same answer.
 */
#include "target.h"

#include <string.h>

const struct words verdict_words = {(const char *const[]){"met", "not_met", "indeterminate", "not_due", NULL},
                                    "met, not_met, indeterminate, not_due"};

/* The values that would meet the target. An exact one is a mark to reach; from which side, the indicator must say. */
static struct interval goal_of(const struct sme_dataset *dataset, const struct observation *target)
{
    const struct indicator *indicator = &dataset->indicators[target->indicator];
    const struct bound nothing = {.closed = CLOSED_UNKNOWN};
    struct interval goal = interval_of(target, &dataset->units[indicator->unit]);

    if (target->qualifier == QUALIFIER_EXACT && indicator->direction == DIRECTION_UP)
        goal.upper = nothing;
    if (target->qualifier == QUALIFIER_EXACT && indicator->direction == DIRECTION_DOWN)
        goal.lower = nothing;
    return goal;
}

struct assessment target_assess(const struct sme_dataset *dataset, uint32_t target)
{
    const struct observation *t = &dataset->observations[target];
    const struct axis *axis = &dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR];
    struct assessment a = {.baseline = NONE, .actual = NONE, .latest = NONE, .verdict = VERDICT_INDETERMINATE};

    for (uint32_t i = axis->starts[t->indicator]; i < axis->starts[t->indicator + 1]; i++) {
        uint32_t row = axis->rows[i];
        const struct observation *o = &dataset->observations[row];
        uint32_t *place = period_contains(t->period, o->period)      ? &a.actual
                          : period_compare(o->period, t->period) < 0 ? &a.baseline
                                                                     : NULL;

        if (o->kind != KIND_ACTUAL || !o->period.year)
            continue;
        if (a.latest == NONE || !observation_is_newer(&dataset->observations[a.latest], o))
            a.latest = row;
        if (place && (*place == NONE || !observation_is_newer(&dataset->observations[*place], o)))
            *place = row;
    }
    const struct unit *unit = &dataset->units[dataset->indicators[t->indicator].unit];
    if (a.latest != NONE && t->qualifier != QUALIFIER_ABOUT) {
        struct interval latest = interval_of(&dataset->observations[a.latest], unit);

        a.distance = interval_subtract(&t->value, &latest);
        a.has_distance = a.distance.lower.known || a.distance.upper.known;
    }
    bool due = t->period.year && period_compare(dataset->as_of, period_last_day(t->period)) >= 0;
    if (a.actual != NONE && t->qualifier != QUALIFIER_ABOUT) {
        struct interval actual = interval_of(&dataset->observations[a.actual], unit), goal = goal_of(dataset, t);

        a.verdict = interval_within(&actual, &goal);
    }
    /* What is not met yet may still be; what is met early is met, but may be lost again: the day it is due decides. */
    if (!due && t->period.year && a.verdict != VERDICT_MET)
        a.verdict = VERDICT_NOT_DUE;
    return a;
}

void target_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target, const struct assessment *a,
                   uint32_t language)
{
    static const struct phrase met = {"The actual value, {1}, lies within the target, {0}.",
                                      "实际值（{1}）达到目标（{0}）。"};
    static const struct phrase not_met = {"The actual value, {1}, lies outside the target, {0}.",
                                          "实际值（{1}）未达到目标（{0}）。"};
    static const struct phrase about = {"\"{0}\" gives no limits to compare with.", "“{0}”没有明确界限，无法比较。"};
    static const struct phrase undecided = {
        "The limits of the actual value, {1}, and of the target, {0}, do not decide.",
        "实际值（{1}）与目标（{0}）的界限不足以判断。",
    };
    static const struct phrase no_actual = {"The dataset has no actual value for {2}.", "数据集中没有{2}的实际值。"};
    static const struct phrase undated = {"The target has no period.", "该目标没有期限。"};
    static const struct phrase not_due = {
        "The dataset speaks as of {3}, and the period {2} ends on {4}.",
        "数据集截至{3}，而目标期（{2}）到{4}才结束。",
    };
    const struct observation *t = &dataset->observations[target];
    struct buf texts[5] = {BUF_INIT(out->max), BUF_INIT(out->max), BUF_INIT(out->max), BUF_INIT(out->max),
                           BUF_INIT(out->max)};
    const struct phrase *phrase = a->verdict == VERDICT_MET         ? &met
                                  : a->verdict == VERDICT_NOT_MET   ? &not_met
                                  : a->verdict == VERDICT_NOT_DUE   ? &not_due
                                  : !t->period.year                 ? &undated
                                  : a->actual == NONE               ? &no_actual
                                  : t->qualifier == QUALIFIER_ABOUT ? &about
                                                                    : &undecided;

    display_observation(&texts[0], dataset, t, language);
    if (a->actual != NONE)
        display_observation(&texts[1], dataset, &dataset->observations[a->actual], language);
    period_print(&texts[2], t->period);
    period_print(&texts[3], dataset->as_of);
    period_print(&texts[4], period_last_day(t->period));
    display_phrase(out, phrase, dataset->languages[language].text,
                   (const char *const[]){buf_string(&texts[0]), buf_string(&texts[1]), buf_string(&texts[2]),
                                         buf_string(&texts[3]), buf_string(&texts[4])});
    for (size_t i = 0; i < 5; i++) {
        out->status = texts[i].status != SME_OK ? texts[i].status : out->status;
        buf_finish(&texts[i]);
    }
}

void target_distance_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target,
                            const struct assessment *a, uint32_t language)
{
    static const struct phrase no_value = {"There is no actual value to measure from.", "没有可供比较的实际值。"};
    static const struct phrase about = {"The target or the actual value is only approximate.",
                                        "目标或实际值仅为约数。"};
    static const struct phrase too_long = {"The distance has more digits than are kept exactly.",
                                           "差距的位数超出了可精确保存的范围。"};
    static const struct phrase one_sided = {
        "The actual value is known on one side only, and so is the distance.",
        "实际值只有一侧界限，差距也只有一侧界限。",
    };
    bool vague = dataset->observations[target].qualifier == QUALIFIER_ABOUT ||
                 (a->latest != NONE && dataset->observations[a->latest].qualifier == QUALIFIER_ABOUT);
    const struct phrase *phrase = a->latest == NONE                                    ? &no_value
                                  : vague                                              ? &about
                                  : !a->has_distance                                   ? &too_long
                                  : a->distance.lower.known != a->distance.upper.known ? &one_sided
                                                                                       : NULL;

    if (phrase)
        display_phrase(out, phrase, dataset->languages[language].text, (const char *const[]){""});
}
