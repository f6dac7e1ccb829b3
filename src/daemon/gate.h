/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_GATE_H
#define SMESTATD_GATE_H
/*
 * The gate: looks at the bytes of a connection before libmicrohttpd 0.9 does. Left alone that library can be led to see
 * a second request where others see none: a header line that begins with a colon ends its header section, a folded line
 * is glued to a field's name, NUL cuts a value short. And what it refuses itself it refuses in HTML, partly twice.
 *
 * So the bytes go through a state machine as the client sends them. As long as they are what RFC 9112 has a request head
 * consist of, they pass unchanged, as many at a time as they came. At the first that is not, the gate ends the head in
 * its place, with bytes that make it a plain one, keeps everything after it away, and remembers why and in which head:
 * the library then asks for an answer in the usual way, and that is the refusal, once, as a problem document. What the
 * gate lets through is still the guard's to judge: it passes on names, values, hosts and percent signs unread.
 *
 * Three things it hides, by changing one byte: Cookie and Expect get names that nobody knows, since the library would
 * take cookies apart, and ask for content with 100; and a question mark in a target becomes GATE_QUESTION_MARK until
 * the target is copied, since the library would make a record of each parameter in memory that a client could fill.
 *
 * Pure: no memory taken, no system called. For libmicrohttpd 1.0 and later, whose parser was written anew, it is left out.
 */
#include "guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How large a head may be. */
struct gate_limits {
    unsigned head_bytes;
    unsigned fields;
};

enum { GATE_QUESTION_MARK = '\x1a' };

/* Of one connection; all zero but the limits at its beginning. Read `refusal`, `refused_head` and `heads`; nobody but the
 * functions below writes any. */
struct gate {
    const struct gate_limits *limits;
    const struct guard_refusal *refusal; /* NULL: none so far; after one there are no more heads */
    unsigned refused_head;               /* the number of the head that is refused; the first is 1 */
    unsigned heads;                      /* how many were ended, that one included */
    unsigned length;                     /* of the head that is being read, so far; 0: none has begun */
    unsigned fields;
    const char *ending; /* what is still to be put in place of the rest */
    uint8_t state;
    uint8_t known;    /* which field the line is, of those that matter here */
    uint8_t position; /* in the version; in a field's name */
    uint8_t digits;   /* of a Content-Length */
    bool content;     /* the head announces content */
    char name[18];    /* a field's name as far as it came, in lower case; longer ones are none that matter */
};

/* Passes `length` bytes that were received at the front of a buffer of `size`. @return how many the library may see:
 * changed and ended where need be. 0: none of them. */
size_t gate_pass(struct gate *gate, char *bytes, size_t length, size_t size);
/* The client sends no more, or is given no more time. @return how many bytes the library shall see instead; 0: the end. */
size_t gate_end(struct gate *gate, bool late, char *bytes, size_t size);
/* Whether there is something to be seen without receiving: gate_pass with a length of 0 gives it. */
static inline bool gate_has_ending(const struct gate *gate)
{
    return gate->ending != NULL;
}
/* Whether a head, or an empty line before it, has begun and not ended. */
bool gate_is_within_head(const struct gate *gate);

/* Whether the rest of what the client sends is kept away: after a refusal, and where it is content. */
bool gate_is_shut(const struct gate *gate);

/* Why the library's head of this number is refused; NULL: the guard may go on. A head that the gate has not seen is
 * refused, too: somebody else's reading of the bytes is not ours. */
const struct guard_refusal *gate_refusal(const struct gate *gate, unsigned head);

#endif
