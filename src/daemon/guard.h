/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_GUARD_H
#define SMESTATD_GUARD_H
/*
 * The guard: what a request head must look like before anyone believes it. The HTTP library passes on much that another
 * server in the same chain would read differently; a request on whose end two servers disagree carries a second, hidden
 * one. So what is not plainly right is refused and the connection ended.
 *
 * Pure functions over values, one pass over the fields, no memory taken. What happens to the bytes before the library
 * hands them over (NUL, folded lines, a line that begins with a colon) cannot be seen from here, but at the gate.
 */
#include <stdbool.h>
#include <stddef.h>

/* Why a request is refused: the problem's slug and an English sentence, both literal. */
struct guard_refusal {
    const char *slug;
    const char *detail;
};

/* Read its fields after guard_end; nobody but the functions below writes them. */
struct guard {
    bool takes_no_content; /* GET, HEAD, OPTIONS */
    bool content;          /* the request announces content */
    size_t path;           /* where in the target the path begins; its length: there is no path, "/" is meant */
    bool path_empty;       /* the path is empty: a "/" is to be put at `path` */
    bool version_1_0;
    unsigned hosts, content_lengths, transfer_encodings;
    const struct guard_refusal *refusal;
};

/* Starts with the request line. `version` is terminated, such as "HTTP/1.1". */
void guard_begin(struct guard *guard, const char *method, const char *version, const char *target,
                 size_t target_length);
/* Then each header field, in any order. */
void guard_field(struct guard *guard, const char *name, size_t name_length, const char *value, size_t value_length);
/* Then judges the whole. @return NULL if the request may be believed, else the first reason found. */
const struct guard_refusal *guard_end(struct guard *guard);

#endif
