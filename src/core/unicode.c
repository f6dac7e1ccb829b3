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

bool utf8_valid(const char *bytes, size_t length)
{
    return utf8_cut(bytes, length, length) == length;
}

size_t utf8_cut(const char *bytes, size_t length, size_t max)
{
    size_t at = 0, size;

    while (at < length && (size = utf8_character(bytes + at, length - at)) != 0 && at + size <= max)
        at += size;
    return at;
}

char *unicode_fold(const char *text, size_t length)
{
    utf8proc_uint8_t *folded = NULL;

    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &folded,
                                         UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
                                             UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    return size < 0 ? NULL : (char *)folded;
}
