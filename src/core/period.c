/* SPDX-License-Identifier: MIT */
#include "period.h"

static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool period_parse(const char *text, size_t length, struct period *ret_period)
{
    if (length != 4 && length != 10)
        return false;
    int century = two_digits(text), rest = two_digits(text + 2);
    if (century < 0 || rest < 0 || century + rest == 0)
        return false;
    int year = century * 100 + rest, month = 0, day = 0;
    if (length == 10) {
        month = two_digits(text + 5);
        day = two_digits(text + 8);
        if (text[4] != '-' || text[7] != '-' || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
            return false;
    }
    *ret_period = (struct period){(uint16_t)year, (uint8_t)month, (uint8_t)day};
    return true;
}

/* Two digits, with what stands before them unless that is NUL. */
static char *put_two(char *at, char before, unsigned value)
{
    if (before)
        *at++ = before;
    *at++ = (char)('0' + value / 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

void period_print(struct buf *out, struct period period)
{
    UNCLEARED char text[sizeof "9999-12-31"];
    char *at = text;

    if (period.year == 0) {
        buf_text(out, "undated");
        return;
    }
    at = put_two(put_two(at, '\0', period.year / 100u), '\0', period.year % 100u);
    if (period.month != 0)
        at = put_two(put_two(at, '-', period.month), '-', period.day);
    buf_add(out, text, (size_t)(at - text));
}

struct period period_last_day(struct period period)
{
    return period.month || !period.year ? period : (struct period){period.year, 12, 31};
}

int period_compare(struct period a, struct period b)
{
    a = period_last_day(a);
    b = period_last_day(b);
    unsigned day_a = a.year ? a.year * 10000u + a.month * 100u + a.day : UINT32_MAX;
    unsigned day_b = b.year ? b.year * 10000u + b.month * 100u + b.day : UINT32_MAX;
    return (day_a > day_b) - (day_a < day_b);
}

bool period_contains(struct period outer, struct period inner)
{
    if (!outer.year || outer.year != inner.year)
        return false;
    return outer.month == 0 || (outer.month == inner.month && outer.day == inner.day);
}
