/* SPDX-License-Identifier: MIT */
/* UTF-8, and folding by utf8proc. */
#include "unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

size_t utf8_character(const char *bytes, size_t length)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t size;
    uint32_t smallest, point;

    if (length == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] >= 0xc2 && b[0] < 0xe0)
        size = 2, smallest = 0x80, point = b[0] & 0x1f;
    else if (b[0] >= 0xe0 && b[0] < 0xf0)
        size = 3, smallest = 0x800, point = b[0] & 0x0f;
    else if (b[0] >= 0xf0 && b[0] < 0xf5)
        size = 4, smallest = 0x10000, point = b[0] & 0x07;
    else
        return 0;
    if (size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (b[i] & 0x3f);
    }
    return point >= smallest && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? size : 0;
}

/* How many bytes from the start are ASCII, in steps of eight. */
static size_t plain_start(const char *bytes, size_t length)
{
    uint64_t step;
    size_t at = 0;

    for (; length - at >= sizeof step; at += sizeof step) {
        memcpy(&step, bytes + at, sizeof step);
        if (step & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

bool utf8_valid(const char *bytes, size_t length)
{
    size_t plain = plain_start(bytes, length), rest = length - plain;

    return utf8_cut(bytes + plain, rest, rest) == rest;
}

size_t utf8_cut(const char *bytes, size_t length, size_t max)
{
    size_t at = 0, size;

    while (at < length && (size = utf8_character(bytes + at, length - at)) != 0 && at + size <= max)
        at += size;
    return at;
}

static char lower(uint32_t ascii)
{
    return (char)(ascii >= 'A' && ascii <= 'Z' ? ascii + ('a' - 'A') : ascii);
}

/* Folds what is in no need of tables, as nearly all of a dataset is: ASCII and its wide forms, and quotes and the ideographs
 * of the first block, which fold to themselves and stand apart from what is around them. NULL: there is something else. */
static char *fold_plain(const char *text, size_t length, char *ret_folded)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    char *to = ret_folded;

    while (at < end) {
        if (*at < 0x80) {
            *to++ = lower(*at++);
            continue;
        }
        if (utf8_character((const char *)at, (size_t)(end - at)) != 3)
            return NULL;
        uint32_t point = (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
        bool quotes = point >= 0x2018 && point <= 0x201d, ideograph = point >= 0x4e00 && point <= 0x9fff;
        if (quotes || ideograph) {
            memcpy(to, at, 3);
            to += 3;
        } else if (point >= 0xff01 && point <= 0xff5e) {
            *to++ = lower(point - 0xff01 + '!');
        } else {
            return NULL;
        }
        at += 3;
    }
    *to = '\0';
    return ret_folded;
}

char *unicode_fold(const char *text, size_t length)
{
    utf8proc_uint8_t *folded = NULL;
    char *plain = malloc(length + 1);

    if (!plain || fold_plain(text, length, plain))
        return plain;
    free(plain);
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &folded,
                                         UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
                                             UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    return size < 0 ? NULL : (char *)folded;
}
