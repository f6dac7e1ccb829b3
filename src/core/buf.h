/* SPDX-License-Identifier: MIT */
#ifndef SME_BUF_H
#define SME_BUF_H
/*
 * A growing buffer with a ceiling given at birth. Its failure sticks: once an append fails, all later ones do nothing and
 * `status` keeps the first cause, so a printer checks once, at its end. Also the few rules of printing JSON.
 */
#include <smestat.h>
#include <string.h>

struct buf {
    char *bytes; /* terminated whenever length > 0 */
    size_t length, capacity, max;
    enum sme_status status;
};

/* For room that is written before it is read: the build clears all others first. */
#if defined __has_attribute
#if __has_attribute(uninitialized)
#define UNCLEARED __attribute__((uninitialized))
#endif
#endif
#ifndef UNCLEARED
#define UNCLEARED
#endif

/* For what only has memory fetched ahead, since a call without any other effect would be left out; and for loops that mostly
 * end after a step or two. */
#define ALWAYS_INLINE __attribute__((always_inline)) inline

#define BUF_INIT(ceiling) ((struct buf){.max = (ceiling)})

void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory, forgets the failure */
/* Makes room for so many bytes more and a terminator. False: no memory, or beyond the ceiling. */
bool buf_grow(struct buf *buf, size_t length);
void buf_integer(struct buf *buf, int64_t value);

/* Answers are made of many short pieces, so appending one is here, where compilers see it. */
static inline void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (length >= buf->capacity - buf->length && !buf_grow(buf, length))
        return;
    if (length > 0)
        memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

enum { BUF_STEP = 16 };

/* The same for what is mostly short, in steps that need no call: there are BUF_STEP bytes more behind it, of anything. What
 * it adds is not terminated. */
static inline void buf_add_steps(struct buf *buf, const char *bytes, size_t length)
{
    enum { SHORT = 8 * BUF_STEP };

    if (length > SHORT || buf->capacity - buf->length < length + BUF_STEP) {
        buf_add(buf, bytes, length);
        return;
    }
    char *to = buf->bytes + buf->length, step[BUF_STEP];
    for (size_t i = 0; i < length; i += BUF_STEP) {
        memcpy(step, bytes + i, BUF_STEP);
        memcpy(to + i, step, BUF_STEP);
    }
    buf->length += length;
}

/* Adds what the buffer has already, somewhere before. */
static inline void buf_repeat(struct buf *buf, size_t at, size_t length)
{
    if (length < buf->capacity - buf->length || buf_grow(buf, length))
        buf_add(buf, buf->bytes + at, length);
}

static inline void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

static inline void buf_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

/* The terminated content, "" if there is none. */
static inline const char *buf_string(const struct buf *buf)
{
    return buf->length ? buf->bytes : "";
}

/* JSON: the commas are written where they are due. A value follows each key; items of arrays call put_item first. */
static inline void put_item(struct buf *buf)
{
    char last = buf->length ? buf->bytes[buf->length - 1] : '[';

    if (last != '[' && last != '{' && last != ':' && last != ',' && last != '\n')
        buf_char(buf, ',');
}

static inline void put_open(struct buf *buf, char bracket)
{
    put_item(buf);
    buf_char(buf, bracket);
}

static inline void put_close(struct buf *buf, char bracket)
{
    buf_char(buf, bracket);
}

static inline void put_null(struct buf *buf)
{
    buf_add(buf, "null", 4);
}

static inline void put_boolean(struct buf *buf, bool value)
{
    buf_add(buf, value ? "true" : "false", value ? 4 : 5);
}

void put_string(struct buf *buf, const char *text, size_t length);
/* Ends a string whose quote and text were added already, the text from `at` on and not yet escaped. */
void put_string_end(struct buf *buf, size_t at);
/* The same for what needs no escaping: words of ours, codes. */
static inline void put_word(struct buf *buf, const char *text, size_t length)
{
    buf_char(buf, '"');
    buf_add(buf, text, length);
    buf_char(buf, '"');
}

/* A key that needs no escaping. */
static inline void put_name(struct buf *buf, const char *name)
{
    put_item(buf);
    put_word(buf, name, strlen(name));
    buf_char(buf, ':');
}

static inline void put_key(struct buf *buf, const char *key)
{
    put_item(buf);
    put_string(buf, key, strlen(key));
    buf_char(buf, ':');
}

/* Indents valid, compact JSON by two spaces a level. */
void put_pretty(struct buf *out, const char *json, size_t length);

#endif
