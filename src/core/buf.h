/* SPDX-License-Identifier: MIT */
#ifndef SME_BUF_H
#define SME_BUF_H
/*
 * A growing buffer with a ceiling given at birth. Its failure sticks: once an append fails, all later ones do nothing and
 * `status` keeps the first cause, so a printer checks once, at its end. Also the few rules of printing JSON.
 */
#include <smestat.h>

struct buf {
    char *bytes; /* terminated whenever length > 0 */
    size_t length, capacity, max;
    enum sme_status status;
};

#define BUF_INIT(ceiling) ((struct buf){.max = (ceiling)})

void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory, forgets the failure */
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_integer(struct buf *buf, int64_t value);
/* The terminated content, "" if there is none. */
const char *buf_string(const struct buf *buf);

/* JSON: the commas are written where they are due. A value follows each key; items of arrays call put_item first. */
void put_open(struct buf *buf, char bracket);
void put_close(struct buf *buf, char bracket);
void put_item(struct buf *buf);
void put_key(struct buf *buf, const char *key);
void put_string(struct buf *buf, const char *text, size_t length);
void put_null(struct buf *buf);
void put_boolean(struct buf *buf, bool value);
/* Indents valid, compact JSON by two spaces a level. */
void put_pretty(struct buf *out, const char *json, size_t length);

#endif
