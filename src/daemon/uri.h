/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_URI_H
#define SMESTATD_URI_H
/* A request's target, taken apart: path segments and query pairs, percent-decoded once, checked to be UTF-8. */
#include <stdbool.h>
#include <stddef.h>

enum {
    URI_SEGMENTS_MAX = 8, /* our deepest path has three */
    URI_PAIRS_MAX = 64,   /* every parameter of the richest collection, twice */
};

struct uri_pair {
    const char *name, *value; /* terminated, hold no NUL */
    size_t value_length;
};

struct uri {
    char *memory;
    bool plain; /* ASCII without escapes */
    const char *segments[URI_SEGMENTS_MAX];
    size_t segment_count;
    bool trailing_slash;   /* after at least one segment */
    const char *raw_query; /* behind the question mark, as it came; NULL: there is none */
    struct uri_pair pairs[URI_PAIRS_MAX];
    size_t pair_count;
};

enum uri_fault {
    URI_GOOD,
    URI_BAD_ESCAPE, /* % without two hexadecimal digits after it */
    URI_BAD_TEXT,   /* not UTF-8, or a NUL */
    URI_TOO_MANY,   /* segments or pairs */
    URI_NO_MEMORY,
};

/* The target must outlive the uri. */
enum uri_fault uri_parse(const char *target, size_t length, struct uri *ret_uri);
void uri_finish(struct uri *uri);

#endif
