/* SPDX-License-Identifier: MIT */
/*
 * A verdict follows from intervals and days alone, or it is `indeterminate`. Whether a target is due is judged by the day
 * the dataset speaks of, never by a clock: the same file always gives the same answer.
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

/* The number that the target names, or the two. */
static struct interval named_by(const struct observation *target)
{
    struct interval named = interval_point(&target->value), end = interval_point(&target->details->upper);

    if (target->qualifier == QUALIFIER_BETWEEN)
        named.upper = end.upper;
    return named;
}

static bool more_is_better(const struct sme_dataset *dataset, const struct observation *target)
{
    return dataset->indicators[target->indicator].direction == DIRECTION_UP;
}

/* A floor that was reached is met. A ceiling, a mark or a corridor must be kept until the period ends. */
static bool is_floor(const struct sme_dataset *dataset, const struct observation *target)
{
    switch ((enum qualifier)target->qualifier) {
    case QUALIFIER_MORE_THAN:
    case QUALIFIER_AT_LEAST:
        return true;
    case QUALIFIER_EXACT:
    case QUALIFIER_NEARLY:
        return more_is_better(dataset, target);
    case QUALIFIER_LESS_THAN:
    case QUALIFIER_AT_MOST:
    case QUALIFIER_ABOUT:
    case QUALIFIER_BETWEEN:
        break;
    }
    return false;
}

/* What the bounds say, whatever the day. */
static enum verdict compare(const struct sme_dataset *dataset, const struct observation *target,
                            const struct observation *actual)
{
    struct interval goal = goal_of(dataset, target);
    struct interval is = interval_of(actual, &dataset->units[dataset->indicators[actual->indicator].unit]);
    enum verdict verdict = interval_within(&is, &goal);

    if (target->qualifier == QUALIFIER_ABOUT || !target->value.known || !actual->value.known)
        return VERDICT_INDETERMINATE;
    if (target->qualifier != QUALIFIER_NEARLY)
        return verdict;
    /* How near is not said, so nobody knows of a smaller value. A larger one is no miss if more is better. */
    if (verdict != VERDICT_NOT_MET)
        return VERDICT_INDETERMINATE;
    return more_is_better(dataset, target) ? VERDICT_MET : VERDICT_NOT_MET;
}

static void judge(const struct sme_dataset *dataset, const struct observation *target, struct assessment *a)
{
    const struct observation *actual = a->actual == NONE ? NULL : &dataset->observations[a->actual];
    struct period end = period_last_day(target->period);

    a->verdict = actual ? compare(dataset, target, actual) : VERDICT_INDETERMINATE;
    if (!target->period.year || (a->verdict == VERDICT_MET && is_floor(dataset, target)))
        return;
    if (period_compare(dataset->as_of, end) < 0) {
        a->verdict = VERDICT_NOT_DUE;
    } else if (actual && a->verdict != VERDICT_INDETERMINATE && period_compare(observation_day(actual), end) < 0) {
        a->verdict = VERDICT_INDETERMINATE;
        a->outdated = true;
    }
}

static bool same_members(const struct sme_dataset *dataset, uint32_t a, uint32_t b)
{
    return dataset->dimension_count == 0 || memcmp(members_of(dataset, a), members_of(dataset, b),
                                                   dataset->dimension_count * sizeof *dataset->members) == 0;
}

struct assessment target_assess(const struct sme_dataset *dataset, uint32_t target)
{
    const struct observation *t = &dataset->observations[target];
    const struct posting *posting = &dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR].postings[t->indicator];
    struct assessment a = {.baseline = NONE, .actual = NONE, .latest = NONE};

    for (uint32_t at = 0, row; (row = posting_next(posting, &at)) != NONE;) {
        const struct observation *o = &dataset->observations[row];
        uint32_t *place = period_contains(t->period, o->period)      ? &a.actual
                          : period_compare(o->period, t->period) < 0 ? &a.baseline
                                                                     : NULL;

        if (o->kind != KIND_ACTUAL || !o->period.year || !same_members(dataset, row, target))
            continue;
        if (a.latest == NONE || !observation_is_newer(&dataset->observations[a.latest], o))
            a.latest = row;
        if (place && (*place == NONE || !observation_is_newer(&dataset->observations[*place], o)))
            *place = row;
    }
    if (a.latest != NONE && t->qualifier != QUALIFIER_ABOUT) {
        const struct unit *unit = &dataset->units[dataset->indicators[t->indicator].unit];
        struct interval named = named_by(t), latest = interval_of(&dataset->observations[a.latest], unit);

        a.distance = interval_subtract(&named, &latest);
        a.has_distance = a.distance.lower.known || a.distance.upper.known;
    }
    judge(dataset, t, &a);
    return a;
}

/* True when the bounds would decide if it were known whether the ends in doubt, of the one or of the other, belong. */
static bool turns_on_ends(struct interval is, struct interval goal, bool of_actual)
{
    struct bound *ends[] = {of_actual ? &is.lower : &goal.lower, of_actual ? &is.upper : &goal.upper};

    for (size_t i = 0; i < 2; i++) {
        enum closed doubt = ends[i]->closed;

        for (enum closed closed = CLOSED_NO; ends[i]->known && doubt == CLOSED_UNKNOWN && closed <= CLOSED_YES;
             closed++) {
            ends[i]->closed = closed;
            if (interval_within(&is, &goal) != VERDICT_INDETERMINATE)
                return true;
        }
        ends[i]->closed = doubt;
    }
    return false;
}

/* Why the bounds do not decide. {0} is the target, {1} the actual value, {2} the period. */
static const struct phrase *doubt(const struct sme_dataset *dataset, const struct observation *target,
                                  const struct observation *actual)
{
    static const struct phrase target_suppressed = {"The target's number is suppressed.", "目标值已隐去。"};
    static const struct phrase target_missing = {"The target's number is not available.", "目标值暂缺。"};
    static const struct phrase actual_suppressed = {"The actual value for {2} is suppressed.", "{2}的实际值已隐去。"};
    static const struct phrase actual_missing = {"The actual value for {2} is not available.", "{2}的实际值暂缺。"};
    static const struct phrase about_target = {"\"{0}\" gives no limits to compare with.",
                                               "“{0}”没有明确界限，无法比较。"};
    static const struct phrase about_actual = {"\"{1}\" gives no limits to compare with.",
                                               "“{1}”没有明确界限，无法比较。"};
    static const struct phrase nearly = {
        "\"{0}\" does not say how near, so it is not known whether {1} is near enough.",
        "“{0}”没有说明接近到什么程度，无法判断{1}是否足够接近。",
    };
    static const struct phrase end_of_target = {
        "It is not known whether \"{0}\" includes the number itself, and the verdict depends on that.",
        "“{0}”是否包含该数本身并不明确，而结论取决于此。",
    };
    static const struct phrase end_of_actual = {
        "It is not known whether \"{1}\" includes the number itself, and the verdict depends on that.",
        "“{1}”是否包含该数本身并不明确，而结论取决于此。",
    };
    static const struct phrase both_sides = {
        "The actual value is only known as \"{1}\", which allows values that meet the target, {0}, and values that do "
        "not.",
        "实际值只知道是“{1}”，其中既有符合目标（{0}）的数值，也有不符合的数值。",
    };

    if (!target->value.known)
        return target->status == STATUS_SUPPRESSED ? &target_suppressed : &target_missing;
    if (!actual->value.known)
        return actual->status == STATUS_SUPPRESSED ? &actual_suppressed : &actual_missing;
    if (target->qualifier == QUALIFIER_ABOUT)
        return &about_target;
    if (actual->qualifier == QUALIFIER_ABOUT)
        return &about_actual;
    if (target->qualifier == QUALIFIER_NEARLY)
        return &nearly;
    struct interval goal = goal_of(dataset, target);
    struct interval is = interval_of(actual, &dataset->units[dataset->indicators[actual->indicator].unit]);
    if (turns_on_ends(is, goal, true))
        return &end_of_actual;
    return turns_on_ends(is, goal, false) ? &end_of_target : &both_sides;
}

void target_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target, const struct assessment *a,
                   uint32_t language)
{
    static const struct phrase met = {"The actual value, {1}, meets the target, {0}.",
                                      "实际值（{1}）符合目标（{0}）。"};
    static const struct phrase not_met = {"The actual value, {1}, does not meet the target, {0}.",
                                          "实际值（{1}）不符合目标（{0}）。"};
    static const struct phrase no_actual = {"The dataset has no actual value for {2}.", "数据集中没有{2}的实际值。"};
    static const struct phrase undated = {"The target has no period.", "该目标没有期限。"};
    static const struct phrase not_due = {
        "The dataset speaks as of {3}, and the period {2} ends on {4}.",
        "数据集截至{3}，而目标期（{2}）到{4}才结束。",
    };
    static const struct phrase outdated = {
        "The newest actual value for {2}, {1}, speaks of {5}; what became of it until the period's end on {4} is not "
        "known.",
        "{2}期间最新的实际值（{1}）截至{5}，此后到期末（{4}）的情况不明。",
    };
    const struct observation *t = &dataset->observations[target];
    const struct observation *actual = a->actual == NONE ? NULL : &dataset->observations[a->actual];
    enum { TEXTS = 6 };
    struct buf texts[TEXTS];
    const char *said[TEXTS];
    const struct phrase *phrase = a->verdict == VERDICT_MET       ? &met
                                  : a->verdict == VERDICT_NOT_MET ? &not_met
                                  : a->verdict == VERDICT_NOT_DUE ? &not_due
                                  : !t->period.year               ? &undated
                                  : !actual                       ? &no_actual
                                  : a->outdated                   ? &outdated
                                                                  : doubt(dataset, t, actual);

    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = BUF_INIT(out->max);
    display_observation(&texts[0], dataset, t, language);
    if (actual)
        display_observation(&texts[1], dataset, actual, language);
    period_print(&texts[2], t->period);
    period_print(&texts[3], dataset->as_of);
    period_print(&texts[4], period_last_day(t->period));
    if (actual)
        period_print(&texts[5], observation_day(actual));
    for (size_t i = 0; i < TEXTS; i++)
        said[i] = buf_string(&texts[i]);
    display_phrase(out, phrase, dataset->languages[language].text, said);
    for (size_t i = 0; i < TEXTS; i++) {
        out->status = texts[i].status != SME_OK ? texts[i].status : out->status;
        buf_finish(&texts[i]);
    }
}

void target_distance_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target,
                            const struct assessment *a, uint32_t language)
{
    static const struct phrase no_value = {"There is no dated actual value to measure from.",
                                           "没有注明期限的实际值可供比较。"};
    static const struct phrase about = {"The target or the actual value is only approximate.",
                                        "目标或实际值仅为约数。"};
    static const struct phrase too_long = {"The distance has more digits than are kept exactly.",
                                           "差距的位数超出了可精确保存的范围。"};
    static const struct phrase one_sided = {
        "The actual value is known on one side only, and so is the distance.",
        "实际值只有一侧界限，差距也只有一侧界限。",
    };
    static const struct phrase suppressed = {"The newest actual value is suppressed.", "最新的实际值已隐去。"};
    static const struct phrase missing = {"The newest actual value is not available.", "最新的实际值暂缺。"};
    static const struct phrase target_unknown = {"The target has no number.", "目标没有数值。"};
    const struct observation *newest = a->latest == NONE ? NULL : &dataset->observations[a->latest];
    bool vague = dataset->observations[target].qualifier == QUALIFIER_ABOUT ||
                 (a->latest != NONE && dataset->observations[a->latest].qualifier == QUALIFIER_ABOUT);
    struct interval latest = {0};

    if (a->latest != NONE)
        latest = interval_of(&dataset->observations[a->latest],
                             &dataset->units[dataset->indicators[dataset->observations[a->latest].indicator].unit]);
    /* Ends of the value that are known, and are not known of the distance, were too long. */
    bool lost = (latest.lower.known && !a->distance.upper.known) || (latest.upper.known && !a->distance.lower.known);
    const struct phrase *phrase = a->latest == NONE                                             ? &no_value
                                  : !newest->value.known && newest->status == STATUS_SUPPRESSED ? &suppressed
                                  : !newest->value.known                                        ? &missing
                                  : !dataset->observations[target].value.known                  ? &target_unknown
                                  : vague                                                       ? &about
                                  : lost                                                        ? &too_long
                                  : latest.lower.known != latest.upper.known                    ? &one_sided
                                                                                                : NULL;

    if (phrase)
        display_phrase(out, phrase, dataset->languages[language].text, (const char *const[]){""});
}
