/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_REPLY_H
#define SMESTATD_REPLY_H
/*
 * A reply: status, header fields and bytes, fixed once made, counted, shared by any number of requests. Bytes are either
 * literal (they live as long as the program) or owned by a counted body; there is no third way.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What large bodies take together. They live until their clients have taken them, so there is a ceiling. A body that
 * alone is beyond it has room while no more than `always` is taken. Counted, because bodies may outlive who limits them.
 */
struct hold {
    atomic_uint refs;
    atomic_size_t bytes;
    size_t max, always;
};

/* NULL: no memory. */
struct hold *hold_new(size_t max, size_t always);
void hold_unref(struct hold *hold);

/* The bytes of a reply, counted apart from it, because a send may outlive the reply. */
struct body {
    atomic_uint refs;
    size_t length;
    const char *bytes; /* behind this struct, taken, or literal */
    char *taken;       /* to be freed; NULL: nothing */
    _Atomic(struct hold *) hold;
};

/* Copies the bytes, takes over what malloc gave (also on failure), or borrows literal ones. NULL: no memory. */
struct body *body_new(const void *bytes, size_t length);
struct body *body_take(char *bytes, size_t length);
struct body *body_new_literal(const void *bytes, size_t length);
struct body *body_ref(struct body *body);
void body_unref(struct body *body);
/* Has a large body that has bytes of its own count in the hold, once. False: it has no room. */
enum { BODY_LARGE = 64 * 1024 };
bool body_hold(struct body *body, struct hold *hold);

struct reply_header {
    const char *name; /* literal */
    const char *value;
};

enum {
    REPLY_HEADERS_MAX = 16, /* more than any reply of ours has; reply_add asserts it */
    REPLY_ROOM = 512        /* for their values, which rarely need more */
};

/* What is looked at when a reply goes stands together, because it went out of the processor's cache long before. */
struct reply {
    atomic_uint refs;
    int status;
    struct body *body;
    /* What the transport made of this reply, kept with it so that it is made once. */
    void *transport;
    void (*transport_free)(void *transport);
    size_t header_count, more_count, room_used;
    bool compressible; /* clients may get it in other codings */
    bool asked_again;  /* found among the kept ones */
    unsigned route;    /* for metrics: the number of the route that gave it, see route_number */
    const char *etag;  /* borrowed from the headers, quotes included; NULL: none, and it is not to be kept */
    struct reply_header headers[REPLY_HEADERS_MAX]; /* from here on written before it is read */
    char *more[REPLY_HEADERS_MAX];                  /* values that found no room */
    char room[REPLY_ROOM];
};

/* Takes the body over, also on failure. NULL body: no content. NULL: no memory. */
struct reply *reply_new(int status, struct body *body);
struct reply *reply_ref(struct reply *reply);
void reply_unref(struct reply *reply);

/* The same reply with another body, which it takes over, also on failure; without the ETag, which tells of the old one.
 * NULL: no memory. */
struct reply *reply_with_body(const struct reply *reply, struct body *body);
/* Adds a header field; the value is copied. An empty value adds none. False: no memory. */
bool reply_add(struct reply *reply, const char *name, const char *value);
/* Adds a strong ETag made of the body's bytes, so that same bytes always carry the same one. */
bool reply_add_etag(struct reply *reply);
/* The value of a field, or NULL. */
const char *reply_header(const struct reply *reply, const char *name);

#endif
