/* SPDX-License-Identifier: MIT */
#include "range.h"

#include <string.h>

const struct words match_words = {(const char *const[]){"stated", "certain", "possible", NULL},
                                  "stated, certain, possible"};

static bool read_end(const char *text, size_t length, struct bound *ret_end)
{
    struct bound end = {.known = true, .closed = CLOSED_YES, .number.known = true};

    if (decimal_parse(text, length, &end.number.value) != DECIMAL_OK)
        return false;
    *ret_end = end;
    return true;
}

bool range_parse(const char *text, size_t length, struct interval *ret_range)
{
    const struct bound open = {.closed = CLOSED_UNKNOWN};
    const char *dots = length >= 2 ? memmem(text, length, "..", 2) : NULL;
    struct interval range = {open, open};

    if (!dots) {
        if (!read_end(text, length, &range.lower))
            return false;
        range.upper = range.lower;
        *ret_range = range;
        return true;
    }
    /* The first two dots separate. A number neither begins nor ends with one, so a third dot makes it no range. */
    size_t before = (size_t)(dots - text), after = length - before - 2;
    if ((before == 0 && after == 0) || (before > 0 && !read_end(text, before, &range.lower)) ||
        (after > 0 && !read_end(dots + 2, after, &range.upper)))
        return false;
    if (before > 0 && after > 0 && decimal_compare(range.lower.number.value, range.upper.number.value) > 0)
        return false;
    *ret_range = range;
    return true;
}

void range_print(struct buf *out, const struct interval *range)
{
    const struct bound *lower = &range->lower, *upper = &range->upper;

    if (lower->known)
        decimal_print(out, lower->number.value);
    if (lower->known && upper->known && decimal_compare(lower->number.value, upper->number.value) == 0)
        return;
    buf_text(out, "..");
    if (upper->known)
        decimal_print(out, upper->number.value);
}

static bool has_number(const struct interval *range, struct decimal number)
{
    const struct bound *lower = &range->lower, *upper = &range->upper;

    return (!lower->known || decimal_compare(number, lower->number.value) >= 0) &&
           (!upper->known || decimal_compare(number, upper->number.value) <= 0);
}

bool range_has(const struct interval *range, enum match match, const struct observation *o, const struct unit *unit)
{
    /* A suppressed number is one, and may be any. Of a missing one nobody knows whether there is any. */
    if (!o->value.known)
        return match == MATCH_POSSIBLE && o->status == STATUS_SUPPRESSED;
    if (match == MATCH_STATED)
        return has_number(range, o->value.value);
    struct interval said = interval_of(o, unit);
    enum verdict verdict = interval_within(&said, range);

    return match == MATCH_POSSIBLE ? verdict != VERDICT_NOT_MET : verdict == VERDICT_MET;
}
