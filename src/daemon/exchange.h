/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_EXCHANGE_H
#define SMESTATD_EXCHANGE_H
/*
 * One request on its way to its answer, and the only ways to answer it. Handlers are plain functions on an exchange.
 */
#include "cache.h"
#include "coding.h"
#include "problem.h"
#include "service.h"
#include "snapshot.h"
#include "tally.h"
#include "uri.h"

#include <jansson.h>

struct text;

/* A key, or all of a request that an answer may depend on. What does not fit is not kept, and no client needs it. */
enum { SPELLING_BYTES = 16 * 1024 };
struct spelling {
    size_t length; /* 0: it does not fit */
    char bytes[SPELLING_BYTES];
};

/* What one thread has for itself. The counters are written by it alone, and read by whoever measures. */
struct worker {
    struct service *service;
    struct snapshot_reader reader;
    struct cache *cache;                   /* of the snapshot that the request is in; NULL: no memory for one */
    struct worker *next;                   /* of the service's list, for its end */
    struct spelling asked;                 /* the request as it came */
    struct spelling canonical;             /* … and the key that all its spellings share */
    atomic_ullong hits, misses, evictions; /* of the caches that this thread had */
    atomic_size_t kept_bytes, kept_replies;
    struct tally tally;
    char apart[64]; /* so that no other thread writes to the same line of the processor's cache */
};

struct route;

/* What a browser may do with an answer. */
enum policy {
    POLICY_NONE,     /* it is no page */
    POLICY_PLAIN,    /* text and links */
    POLICY_SCRIPTED, /* our own script runs, and asks us only */
};

struct exchange {
    const struct config *config;
    struct snapshot *snapshot;
    struct sme_dataset *dataset; /* the snapshot's */
    struct worker *worker;
    const struct request *request;
    struct uri uri;
    const struct route *route;     /* the row that answers; NULL before there is one */
    const char *collection, *item; /* from the path, NULL where it has none */
    const char *extension_format;  /* named by the end of the path, which has been taken off, or NULL */
    const char *speech;            /* the language of our own sentences: "en" or "zh" */
    bool draining;
    struct reply *reply; /* the outcome; NULL: there was no memory for one */
};

/* How a reply is dressed. Text members may be NULL. */
struct dress {
    const char *type;
    const char *language;
    const char *vary; /* beside Accept-Encoding and Origin, which are added where they apply */
    const char *link, *location, *allow;
    const char *disposition; /* what to do with it, and its name as a file */
    bool no_store;           /* the answer is true only now */
    bool fixed;              /* in every coding the same */
    bool immutable;          /* to be kept for ever: other bytes would have another address */
    enum policy policy;
};

/* Makes the reply; takes the body over, which may be NULL. A 200 gets an ETag. */
void respond(struct exchange *exchange, int status, struct body *body, const struct dress *dress);
/* A JSON document; takes the value over. NULL value: no memory. */
void respond_json(struct exchange *exchange, int status, json_t *value, const struct dress *dress);
/* Adds a JSON value to a text, which keeps a failure to grow. False: no memory. */
bool put_json(struct text *text, const json_t *value, size_t flags);
/* 204 to OPTIONS. */
void respond_options(struct exchange *exchange);
/* 308 to a relative link. */
void respond_redirect(struct exchange *exchange, const char *link);

/* A problem document. `detail` NULL: the problem's own words. `errors` (taken over) may be NULL. */
void respond_problem(struct exchange *exchange, const char *slug, const char *detail, json_t *errors);
/* The same for what a query found wrong, all of it. */
void respond_faults(struct exchange *exchange, const struct sme_faults *faults);
/* The same for the parameters of a document; `link` is the request as it was probably meant. */
void respond_parameter_faults(struct exchange *exchange, const struct sme_fault *faults, size_t count,
                              const char *link);
/* Every parameter of the request is unknown: the resource takes none. */
void respond_unknown_parameters(struct exchange *exchange);
/* 406: nothing that Accept names can be given, but these types. */
void respond_not_acceptable(struct exchange *exchange, const char *const *types, size_t count);
/* Bytes from a client as they may be echoed: printable ASCII, cut to `max`. */
json_t *printable(const char *text, size_t length, size_t max);
/* 404 for a row, with the nearest ones. */
void respond_row_not_found(struct exchange *exchange, const struct sme_fault *fault);
/* 404 for an address, with near ones (up to `count`, or to a NULL). `detail` NULL: the problem's own words.
 * `value` is taken over. */
void respond_near(struct exchange *exchange, const char *detail, json_t *value, const char *allowed,
                  const char *const *near, size_t count);

/* The value of Access-Control-Allow-Origin for this request, or NULL. */
const char *allowed_origin(const struct exchange *exchange);
/* The reply in a coding, or the same one where that would not be shorter; referenced. NULL: no memory. */
struct reply *reply_encode(struct reply *reply, enum coding coding);

/* kept.c: answers that this thread made before. Whether they are kept for this spelling of the request: if so, that is the
 * reply. */
bool answer_known(struct worker *worker, const struct config *config, const struct request *request,
                  struct reply **ret_reply);
/*
 * Answers with what is kept under the link, the language and all else that the reply depends on; or with what `print` makes
 * of it, which is kept. `variant` tells apart what a link alone does not.
 */
void answer_kept(struct exchange *exchange, const char *link, const char *language, const char *variant,
                 void (*print)(struct exchange *exchange, void *context), void *context);

/* router.c: finds the route and runs it. */
void route(struct exchange *exchange);

#endif
