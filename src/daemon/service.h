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

#include <smestat.h>

struct service;

/* An answer to one request. `status` is the reply's, or 304 for the same header fields without the body. */
struct answer {
    struct reply *reply; /* referenced for the caller, who gives it back with reply_unref */
    int status;
    bool close; /* the connection must end after this answer */
};

/* Takes a reference to the dataset. The config must outlive the service. NULL: no memory. */
struct service *service_new(const struct config *config, struct sme_dataset *dataset);
/* No thread may be asking any more. */
void service_free(struct service *service);

/* Always gives an answer: when memory is short, one made beforehand. */
void service_answer(struct service *service, const struct request *request, struct answer *ret_answer);
/* The answer to a request that must not be believed: a problem document by its slug ("malformed-request", …) with a
 * sentence of detail (English, literal), and the connection's end. */
void service_refuse(struct service *service, const struct request *request, const char *slug, const char *detail,
                    struct answer *ret_answer);

/* From now on /readyz says 503 and every answer ends its connection. Callable at any time from any thread. */
void service_drain(struct service *service);

#endif
