/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_SERVICE_H
#define SMESTATD_SERVICE_H
/*
 * The service: from a request to an answer, without a socket in sight. Any number of threads may ask at once; each has a
 * worker of its own (kept replies, buffers), so they share nothing that is written.
 */
#include "config.h"
#include "reply.h"
#include "request.h"
#include "tally.h"
#include "tls.h"

#include <smestat.h>
#include <time.h>

struct service;

/* An answer to one request. `status` is the reply's, or 304 for the same header fields without the body. */
struct answer {
    struct reply *reply; /* referenced for the caller, who gives it back with reply_unref */
    int status;
    bool close;   /* the connection must end after this answer */
    bool no_room; /* refused, because large answers take all that they may */
};

/* Takes a reference to the dataset. The config must outlive the service. NULL: no memory. */
struct service *service_new(const struct config *config, struct sme_dataset *dataset);
/* From the next request on, answers from this dataset, to which it takes a reference; a request has one or the other
 * from its beginning to its end. Returns when the old one is no longer used. By one thread at a time. False: no memory,
 * and nothing has changed. */
bool service_replace(struct service *service, struct sme_dataset *dataset);
/* Whether the dataset that is served has the same id and the same bytes. For the thread that replaces. */
bool service_serves(struct service *service, const struct sme_dataset *dataset);
/* No thread may be asking any more. */
void service_free(struct service *service);

/* Always gives an answer: when memory is short, one made beforehand. */
void service_answer(struct service *service, const struct request *request, struct answer *ret_answer);
/* The answer to a request that must not be believed: a problem document by its slug ("malformed-request", …) with a
 * sentence of detail (English, literal), and the connection's end. */
void service_refuse(struct service *service, const struct request *request, const char *slug, const char *detail,
                    struct answer *ret_answer);

/* Attempts to replace the dataset. */
enum reload { RELOAD_OK, RELOAD_UNCHANGED, RELOAD_FAILED, RELOADS };

struct reload_report {
    enum reload outcome;
    time_t at;
    size_t faults;   /* of a failure */
    char first[512]; /* the first of them, valid UTF-8 */
};

/* Has /readyz and /metrics tell of it. Any thread. */
void service_report_reload(struct service *service, const struct reload_report *report);

/* What the transport can count. */
struct traffic {
    unsigned connections; /* open now */
    unsigned long long accepted;
    unsigned long long full, crowded, short_of_descriptors; /* turned away, and why */
    unsigned long long late_handshakes, late_heads, late_answers; /* cut off, and why */
    bool has_tls;
    struct tls_counts tls;
};

/* What can be counted. */
struct measures {
    time_t started_at;
    unsigned long long hits, misses, evictions; /* of kept answers */
    size_t kept_bytes, kept_replies;
    size_t large_bytes;                 /* of large answers that are kept, or that clients have not taken */
    unsigned long long refused_answers; /* for want of room for them */
    unsigned long long durations[TALLY_STEPS], duration_ns, body_bytes;
    time_t loaded_at; /* when the dataset that is served took its place */
    unsigned long long reloads[RELOADS];
    struct reload_report last; /* as long as any of `reloads` is not 0 */
    bool has_traffic;
    struct traffic traffic;
};

void service_measure(struct service *service, struct measures *ret_measures);
/* How many answers were given, by the number of the route, the method, and the place of the status in a tally. */
unsigned long long service_answers(struct service *service, unsigned route, enum method method, size_t status);
/* Counts an answer that is on its way to its client, the bytes of its body that are, and how long it took to make. By the
 * thread that got it. */
void service_count(struct service *service, const struct request *request, const struct answer *answer,
                   uint64_t body_bytes, uint64_t duration_ns);
/* Counts a request that begins, and one that ends, each by the thread that is at it. False: no memory to count, and nothing
 * to end. */
bool service_begin(struct service *service);
void service_end(struct service *service);
/* How many have begun and not ended. */
unsigned service_busy(struct service *service);
/* Lets the transport say what it counted. Before the first request. */
void service_watch_traffic(struct service *service, void (*measure)(const void *transport, struct traffic *ret_traffic),
                           const void *transport);

/* From now on /readyz says 503 and every answer ends its connection. Callable at any time from any thread. */
void service_drain(struct service *service);

#endif
