/* SPDX-License-Identifier: MIT */
#ifndef SME_PERIOD_H
#define SME_PERIOD_H
/* A period: a year, a day, or undated. */
#include "buf.h"

/* Year 0: undated. Month 0: the whole year. */
struct period {
    uint16_t year;
    uint8_t month, day;
};

/* "2022" or "2024-06-30", a day of the Gregorian calendar from 0001-01-01 to 9999-12-31. */
bool period_parse(const char *text, size_t length, struct period *ret_period);
/* The same, and "undated". */
void period_print(struct buf *out, struct period period);
/* By last day; undated after everything. */
int period_compare(struct period a, struct period b);
struct period period_last_day(struct period period);
/* True when a whole year holds the day or is the same year. */
bool period_contains(struct period outer, struct period inner);

#endif
