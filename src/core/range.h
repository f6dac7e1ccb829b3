/* SPDX-License-Identifier: MIT */
#ifndef SME_RANGE_H
#define SME_RANGE_H
/* A range of numbers that a query asks for, and whether a qualified number lies in it. */
#include "interval.h"

/* Whether the stated number, all of its interval, or any of it must lie in the range. */
enum match { MATCH_STATED, MATCH_CERTAIN, MATCH_POSSIBLE };

/* In the order of enum match. */
extern const struct words match_words;

/*
 * Reads "60", "60..", "..100" or "10..20", in the grammar of JSON numbers; both ends belong to the range. False: it is
 * none of these, or its first number is larger than its second. The numbers have no decimals of their own.
 */
bool range_parse(const char *text, size_t length, struct interval *ret_range);
/* The one spelling of a range. */
void range_print(struct buf *out, const struct interval *range);
/* The stated number of `between` is the smaller one. Never both in and out: what is certain is also possible. */
bool range_has(const struct interval *range, enum match match, const struct observation *observation,
               const struct unit *unit);

#endif
