/* SPDX-License-Identifier: MIT */
/* The growing buffer, and JSON's punctuation. */
#include "buf.h"

#include <stdlib.h>

void buf_finish(struct buf *buf)
{
    free(buf->bytes);
    *buf = BUF_INIT(buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->status = SME_OK;
    if (buf->bytes)
        buf->bytes[0] = '\0';
}

/* Leaves no room, so that whatever is added next comes here again. */
static bool fail(struct buf *buf, enum sme_status status)
{
    if (buf->status == SME_OK)
        buf->status = status;
    buf->capacity = buf->length;
    return false;
}

bool buf_grow(struct buf *buf, size_t length)
{
    if (buf->status != SME_OK)
        return fail(buf, buf->status);
    if (length >= buf->max || buf->length > buf->max - length - 1)
        return fail(buf, SME_TOO_LARGE);
    size_t need = buf->length + length + 1, capacity = buf->capacity ? 2 * buf->capacity : 128;
    if (capacity < need)
        capacity = need;
    if (capacity > buf->max) /* so that within its capacity no buffer is above its ceiling */
        capacity = buf->max;
    char *bytes = realloc(buf->bytes, capacity);
    if (!bytes)
        return fail(buf, SME_NO_MEMORY);
    buf->bytes = bytes;
    buf->capacity = capacity;
    return true;
}

void buf_integer(struct buf *buf, int64_t value)
{
    UNCLEARED char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof digits - at);
}

/* Whether one of eight bytes is a control character, a quote, a backslash or DEL, which JSON does not take as they are. */
static bool has_odd(const char *text)
{
    const uint64_t each = UINT64_MAX / 0xff, tops = each * 0x80;
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    uint64_t quote = bytes ^ each * '"', backslash = bytes ^ each * '\\', deleted = bytes ^ each * 0x7f;
    return ((((bytes - each * 0x20) & ~bytes) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash) |
             ((deleted - each) & ~deleted)) &
            tops) != 0;
}

/* How many bytes from the start JSON takes as they are. */
static size_t plain(const char *text, size_t length)
{
    enum { STEP = sizeof(uint64_t) };
    size_t i = 0;

    while (length - i >= STEP && !has_odd(text + i))
        i += STEP;
    if (length - i < STEP && length >= STEP && !has_odd(text + length - STEP))
        return length;
    while (i < length && (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' && text[i] != 0x7f)
        i++;
    return i;
}

static void put_escaped(struct buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";

    if (c == '"' || c == '\\')
        buf_add(buf, (char[]){'\\', (char)c}, 2);
    else if (c == '\n')
        buf_add(buf, "\\n", 2);
    else if (c == '\t')
        buf_add(buf, "\\t", 2);
    else
        buf_add(buf, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

void put_string(struct buf *buf, const char *text, size_t length)
{
    buf_char(buf, '"');
    for (size_t i = 0; i < length; i++) {
        size_t run = plain(text + i, length - i);

        buf_add(buf, text + i, run);
        i += run;
        if (i < length)
            put_escaped(buf, (unsigned char)text[i]);
    }
    buf_char(buf, '"');
}

void put_string_end(struct buf *buf, size_t at)
{
    size_t length = buf->length - at;

    if (buf->status != SME_OK)
        return;
    if (plain(buf->bytes + at, length) == length) {
        buf_char(buf, '"');
        return;
    }
    char *text = malloc(length);
    if (text) {
        memcpy(text, buf->bytes + at, length);
        buf->length = at - 1;
        put_string(buf, text, length);
    } else {
        (void)fail(buf, SME_NO_MEMORY);
    }
    free(text);
}

static void new_line(struct buf *out, unsigned depth)
{
    buf_char(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        buf_add(out, "  ", 2);
}

void put_pretty(struct buf *out, const char *json, size_t length)
{
    unsigned depth = 0;

    for (size_t i = 0; i < length; i++) {
        char c = json[i];

        if (c == '"') {
            size_t start = i++;

            while (json[i] != '"')
                i += json[i] == '\\' ? 2 : 1;
            buf_add(out, json + start, i - start + 1);
        } else if (c == '{' || c == '[') {
            buf_char(out, c);
            if (json[i + 1] == '}' || json[i + 1] == ']')
                buf_char(out, json[++i]);
            else
                new_line(out, ++depth);
        } else if (c == '}' || c == ']') {
            new_line(out, --depth);
            buf_char(out, c);
        } else if (c == ',') {
            buf_char(out, c);
            new_line(out, depth);
        } else if (c == ':') {
            buf_add(out, ": ", 2);
        } else {
            buf_char(out, c);
        }
    }
}
