/* SPDX-License-Identifier: MIT */
/* The growing buffer, and JSON's punctuation. */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

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

static bool make_room(struct buf *buf, size_t length)
{
    if (buf->status != SME_OK)
        return false;
    if (length >= buf->max || buf->length > buf->max - length - 1) {
        buf->status = SME_TOO_LARGE;
        return false;
    }
    size_t need = buf->length + length + 1;
    if (need <= buf->capacity)
        return true;
    size_t capacity = buf->capacity ? buf->capacity : 128;
    while (capacity < need)
        capacity *= 2;
    char *bytes = realloc(buf->bytes, capacity);
    if (!bytes) {
        buf->status = SME_NO_MEMORY;
        return false;
    }
    buf->bytes = bytes;
    buf->capacity = capacity;
    return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (!make_room(buf, length))
        return;
    if (length)
        memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_integer(struct buf *buf, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof digits - at);
}

const char *buf_string(const struct buf *buf)
{
    return buf->length ? buf->bytes : "";
}

void put_item(struct buf *buf)
{
    char last = buf->length ? buf->bytes[buf->length - 1] : '[';

    if (last != '[' && last != '{' && last != ':' && last != ',' && last != '\n')
        buf_char(buf, ',');
}

void put_open(struct buf *buf, char bracket)
{
    put_item(buf);
    buf_char(buf, bracket);
}

void put_close(struct buf *buf, char bracket)
{
    buf_char(buf, bracket);
}

void put_key(struct buf *buf, const char *key)
{
    put_item(buf);
    put_string(buf, key, strlen(key));
    buf_char(buf, ':');
}

void put_null(struct buf *buf)
{
    buf_text(buf, "null");
}

void put_boolean(struct buf *buf, bool value)
{
    buf_text(buf, value ? "true" : "false");
}

void put_string(struct buf *buf, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    size_t start = 0;

    buf_char(buf, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_add(buf, text + start, i - start);
        start = i + 1;
        if (c == '"' || c == '\\')
            buf_add(buf, (char[]){'\\', (char)c}, 2);
        else if (c == '\n')
            buf_add(buf, "\\n", 2);
        else if (c == '\t')
            buf_add(buf, "\\t", 2);
        else
            buf_add(buf, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
    buf_add(buf, text + start, length - start);
    buf_char(buf, '"');
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
