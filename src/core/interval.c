/* SPDX-License-Identifier: MIT */
#include "interval.h"

static struct bound bound_at(const struct number *number, enum closed closed)
{
    return (struct bound){.known = number->known, .closed = number->known ? closed : CLOSED_UNKNOWN, .number = *number};
}

struct interval interval_point(const struct number *number)
{
    return (struct interval){bound_at(number, CLOSED_YES), bound_at(number, CLOSED_YES)};
}

struct interval interval_of(const struct observation *o, const struct unit *unit)
{
    const struct bound nothing = {.closed = CLOSED_UNKNOWN};
    struct interval domain = {bound_at(&unit->min, CLOSED_YES), bound_at(&unit->max, CLOSED_YES)};

    if (!o->value.known)
        return (struct interval){nothing, nothing};
    /* "Over" may be a translation of words that include the number, so the end of more_than and less_than is not known to
     * be open. "Nearly" says that the number was not reached. */
    switch ((enum qualifier)o->qualifier) {
    case QUALIFIER_EXACT:
        return interval_point(&o->value);
    case QUALIFIER_MORE_THAN:
        return (struct interval){bound_at(&o->value, CLOSED_UNKNOWN), domain.upper};
    case QUALIFIER_AT_LEAST:
        return (struct interval){bound_at(&o->value, CLOSED_YES), domain.upper};
    case QUALIFIER_LESS_THAN:
        return (struct interval){domain.lower, bound_at(&o->value, CLOSED_UNKNOWN)};
    case QUALIFIER_AT_MOST:
        return (struct interval){domain.lower, bound_at(&o->value, CLOSED_YES)};
    case QUALIFIER_NEARLY:
        return (struct interval){domain.lower, bound_at(&o->value, CLOSED_NO)};
    case QUALIFIER_BETWEEN:
        return (struct interval){bound_at(&o->value, CLOSED_YES), bound_at(&o->details->upper, CLOSED_YES)};
    case QUALIFIER_ABOUT:
        break;
    }
    return (struct interval){nothing, nothing};
}

/* How an inner end lies to the outer end of the same side: inside for sure, outside for sure, or undecided. `side` is 1 for
 * lower ends, where inside is larger, and -1 for upper ends. */
static enum verdict end_within(const struct bound *inner, const struct bound *outer, int side)
{
    if (!outer->known)
        return VERDICT_MET;
    if (!inner->known)
        return VERDICT_INDETERMINATE;
    int order = side * decimal_compare(inner->number.value, outer->number.value);
    if (order != 0)
        return order > 0 ? VERDICT_MET : VERDICT_INDETERMINATE;
    if (outer->closed == CLOSED_YES || inner->closed == CLOSED_NO)
        return VERDICT_MET;
    return VERDICT_INDETERMINATE;
}

/* True when `inner` lies wholly beyond the outer end: its far end does not reach it. */
static bool wholly_beyond(const struct bound *far_end, const struct bound *outer, int side)
{
    if (!outer->known || !far_end->known)
        return false;
    int order = side * decimal_compare(far_end->number.value, outer->number.value);
    return order < 0 || (order == 0 && (far_end->closed == CLOSED_NO || outer->closed == CLOSED_NO));
}

enum verdict interval_within(const struct interval *inner, const struct interval *outer)
{
    if (wholly_beyond(&inner->upper, &outer->lower, 1) || wholly_beyond(&inner->lower, &outer->upper, -1))
        return VERDICT_NOT_MET;
    if (end_within(&inner->lower, &outer->lower, 1) == VERDICT_MET &&
        end_within(&inner->upper, &outer->upper, -1) == VERDICT_MET)
        return VERDICT_MET;
    return VERDICT_INDETERMINATE;
}

/* Both must belong for their difference to belong; one that does not is enough for it not to. */
static enum closed closed_by(enum closed a, enum closed b)
{
    if (a == CLOSED_NO || b == CLOSED_NO)
        return CLOSED_NO;
    return a == CLOSED_YES && b == CLOSED_YES ? CLOSED_YES : CLOSED_UNKNOWN;
}

static struct bound subtract_end(const struct bound *minuend, const struct bound *subtrahend)
{
    struct bound result = {.closed = CLOSED_UNKNOWN};

    if (!minuend->known || !subtrahend->known ||
        !decimal_subtract(minuend->number.value, subtrahend->number.value, &result.number.value))
        return result;
    result.known = result.number.known = true;
    result.closed = closed_by(minuend->closed, subtrahend->closed);
    return result;
}

struct interval interval_subtract(const struct interval *minuend, const struct interval *subtrahend)
{
    return (struct interval){subtract_end(&minuend->lower, &subtrahend->upper),
                             subtract_end(&minuend->upper, &subtrahend->lower)};
}
