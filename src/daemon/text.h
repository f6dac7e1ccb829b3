/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_TEXT_H
#define SMESTATD_TEXT_H
/*
 * A text that grows. A failure sticks and is asked for once, at the end; the C library's memory streams and jansson's own
 * printing to a string lose pieces, or more, when memory is short.
 */
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

void text_add(struct text *text, const void *bytes, size_t length);
void text_put(struct text *text, const char *string);
/* The same with what has a meaning in HTML escaped. */
void text_put_html(struct text *text, const char *string);
void text_finish(struct text *text);

#endif
