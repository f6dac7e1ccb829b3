/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdlib.h>
#include <string.h>

void text_add(struct text *text, const void *bytes, size_t length)
{
    if (!text->failed && length > text->capacity - text->length) {
        size_t capacity = text->capacity ? text->capacity : 1024;

        while (capacity - text->length < length)
            capacity *= 2;
        char *grown = realloc(text->bytes, capacity);
        text->failed = !grown;
        text->bytes = grown ? grown : text->bytes;
        text->capacity = grown ? capacity : text->capacity;
    }
    if (text->failed || length == 0)
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_put(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_put_html(struct text *text, const char *string)
{
    for (; *string; string++) {
        switch (*string) {
        case '&':
            text_put(text, "&amp;");
            break;
        case '<':
            text_put(text, "&lt;");
            break;
        case '>':
            text_put(text, "&gt;");
            break;
        case '"':
            text_put(text, "&quot;");
            break;
        default:
            text_add(text, string, 1);
        }
    }
}

void text_finish(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}
