/* SPDX-License-Identifier: MIT */
#ifndef SME_INTERVAL_H
#define SME_INTERVAL_H
/* What a qualified number says about the true one: an interval, no narrower than the words allow. */
#include "dataset.h"

enum closed { CLOSED_NO, CLOSED_YES, CLOSED_UNKNOWN };

/* One end. Not known: nothing is said on this side, and `closed` is CLOSED_UNKNOWN. */
struct bound {
    bool known;
    enum closed closed;
    struct number number; /* a computed one has no decimals of its own */
};

struct interval {
    struct bound lower, upper;
};

/* The interval of an observation's value, bounded further by its unit's domain. `about` implies none. */
struct interval interval_of(const struct observation *observation, const struct unit *unit);

/* One end of it: its number, or NULL where nothing is said; and whether it is closed. */
enum side { LOWER, UPPER, SIDES };
const struct number *interval_end(const struct observation *observation, const struct unit *unit, enum side side);
enum closed interval_closed(const struct observation *observation, const struct unit *unit, enum side side);

/* The one number, nothing around it. */
struct interval interval_point(const struct number *number);

/* Whether all, none or some of the interval lies in another. */
enum verdict { VERDICT_MET, VERDICT_NOT_MET, VERDICT_INDETERMINATE, VERDICT_NOT_DUE };
enum verdict interval_within(const struct interval *inner, const struct interval *outer);

/* minuend - subtrahend, where ends are known; an end that cannot be kept exactly is not known. */
struct interval interval_subtract(const struct interval *minuend, const struct interval *subtrahend);

#endif
