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

/* Where an end is: nowhere, at the value, at the second value, or at the end of the unit's domain. */
enum stand { NOWHERE, AT_VALUE, AT_SECOND, AT_DOMAIN };

/* "Over" may be a translation of words that include the number, so the end of more_than and less_than is not known to be
 * open. "Nearly" says that the number was not reached. */
static const struct {
    enum stand stand;
    enum closed closed;
} ends[][SIDES] = {
    [QUALIFIER_EXACT] = {{AT_VALUE, CLOSED_YES}, {AT_VALUE, CLOSED_YES}},
    [QUALIFIER_MORE_THAN] = {{AT_VALUE, CLOSED_UNKNOWN}, {AT_DOMAIN, CLOSED_YES}},
    [QUALIFIER_AT_LEAST] = {{AT_VALUE, CLOSED_YES}, {AT_DOMAIN, CLOSED_YES}},
    [QUALIFIER_LESS_THAN] = {{AT_DOMAIN, CLOSED_YES}, {AT_VALUE, CLOSED_UNKNOWN}},
    [QUALIFIER_AT_MOST] = {{AT_DOMAIN, CLOSED_YES}, {AT_VALUE, CLOSED_YES}},
    [QUALIFIER_NEARLY] = {{AT_DOMAIN, CLOSED_YES}, {AT_VALUE, CLOSED_NO}},
    [QUALIFIER_ABOUT] = {{NOWHERE, CLOSED_UNKNOWN}, {NOWHERE, CLOSED_UNKNOWN}},
    [QUALIFIER_BETWEEN] = {{AT_VALUE, CLOSED_YES}, {AT_SECOND, CLOSED_YES}},
};

const struct number *interval_end(const struct observation *o, const struct unit *unit, enum side side)
{
    enum stand stand = o->value.known ? ends[o->qualifier][side].stand : NOWHERE;
    const struct number *domain = side == LOWER ? &unit->min : &unit->max;
    const struct number *number = stand == AT_VALUE    ? &o->value
                                  : stand == AT_SECOND ? &o->details->upper
                                  : stand == AT_DOMAIN ? domain
                                                       : NULL;

    return number && number->known ? number : NULL;
}

enum closed interval_closed(const struct observation *o, const struct unit *unit, enum side side)
{
    return interval_end(o, unit, side) ? ends[o->qualifier][side].closed : CLOSED_UNKNOWN;
}

static struct bound bound_of(const struct observation *o, const struct unit *unit, enum side side)
{
    const struct number *number = interval_end(o, unit, side);
    const struct number nothing = {0};

    return (struct bound){number != NULL, interval_closed(o, unit, side), number ? *number : nothing};
}

struct interval interval_of(const struct observation *o, const struct unit *unit)
{
    return (struct interval){bound_of(o, unit, LOWER), bound_of(o, unit, UPPER)};
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
