/* SPDX-License-Identifier: MIT */
/* From a request to an answer: each thread finds its worker, the exchange is routed, and preconditions are judged. */
#include "contract.h"
#include "exchange.h"
#include "negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

struct service {
    const struct config *config;
    struct sme_dataset *dataset;
    struct body *contract; /* made once: it is large */
    atomic_bool draining;
    struct reply *starved; /* for want of memory: made beforehand, and always with the connection's end */
    tss_t own_worker;
    bool has_key;
    mtx_t lock; /* of the list of workers: taken once in a thread's life */
    struct worker *workers;
};

static struct worker *worker_of(struct service *service)
{
    struct worker *worker = tss_get(service->own_worker);

    if (worker)
        return worker;
    if (!(worker = calloc(1, sizeof *worker)))
        return NULL;
    worker->service = service;
    worker->cache = cache_new((size_t)service->config->reply_cache_bytes / config_threads(service->config, ""));
    if (!worker->cache || tss_set(service->own_worker, worker) != thrd_success) {
        cache_free(worker->cache);
        free(worker);
        return NULL;
    }
    (void)mtx_lock(&service->lock);
    worker->next = service->workers;
    service->workers = worker;
    (void)mtx_unlock(&service->lock);
    return worker;
}

/* Languages of our own sentences. */
static const char *const speeches[] = {"en", "zh", NULL};

/* An exchange before its target is known to be good. */
static struct exchange begin(struct service *service, const struct request *request)
{
    return (struct exchange){
        .config = service->config,
        .dataset = service->dataset,
        .contract = service->contract,
        .request = request,
        .speech = speeches[negotiate_language(request->accept_language, speeches)],
        .draining = atomic_load_explicit(&service->draining, memory_order_relaxed),
    };
}

/* A parameter lang that asks for a language of ours wins over the header, in problems too. */
static void choose_speech(struct exchange *x)
{
    for (size_t i = 0; i < x->uri.pair_count; i++)
        for (size_t s = 0; speeches[s] && strcmp(x->uri.pairs[i].name, "lang") == 0; s++)
            if (strcmp(x->uri.pairs[i].value, speeches[s]) == 0)
                x->speech = speeches[s];
}

static void conclude(struct service *service, struct exchange *x, struct answer *ret_answer)
{
    struct reply *reply = x->reply;

    *ret_answer = (struct answer){.reply = reply, .close = x->draining};
    if (!reply) {
        ret_answer->reply = reply_ref(service->starved);
        ret_answer->close = true;
    }
    ret_answer->status = ret_answer->reply->status;
    if (reply && reply->status == 200 && reply->etag && x->request->method != METHOD_OPTIONS &&
        etag_matches(x->request->if_none_match, reply->etag))
        ret_answer->status = 304;
}

void service_answer(struct service *service, const struct request *request, struct answer *ret_answer)
{
    struct exchange x = begin(service, request);

    x.worker = worker_of(service);
    if (x.worker) {
        enum uri_fault fault = uri_parse(request->target, request->target_length, &x.uri);

        choose_speech(&x);
        if (fault == URI_BAD_ESCAPE || fault == URI_BAD_TEXT)
            respond_problem(&x, "bad-encoding", NULL, NULL);
        else if (fault == URI_TOO_MANY)
            respond_problem(&x, "too-many-parameters", NULL, NULL);
        else if (fault == URI_GOOD)
            route(&x);
    }
    conclude(service, &x, ret_answer);
    uri_finish(&x.uri);
}

void service_refuse(struct service *service, const struct request *request, const char *slug, const char *detail,
                    struct answer *ret_answer)
{
    struct exchange x = begin(service, request);

    /* The reason is a developer's matter and English; where Chinese is asked for, the problem's own words are. */
    respond_problem(&x, slug, strcmp(x.speech, "en") == 0 ? detail : NULL, NULL);
    conclude(service, &x, ret_answer);
    ret_answer->close = true;
}

void service_drain(struct service *service)
{
    atomic_store_explicit(&service->draining, true, memory_order_relaxed);
}

/* The answer that needs no memory. */
static struct reply *make_starved(struct service *service)
{
    static const struct request nothing = {.target = "", .method_name = "GET"};
    struct exchange x = begin(service, &nothing);

    respond_problem(&x, "out-of-memory", NULL, NULL);
    if (x.reply && !reply_add(x.reply, "Retry-After", "1")) {
        reply_unref(x.reply);
        x.reply = NULL;
    }
    return x.reply;
}

struct service *service_new(const struct config *config, struct sme_dataset *dataset)
{
    struct service *service = calloc(1, sizeof *service);

    if (!service)
        return NULL;
    service->config = config;
    service->dataset = sme_dataset_ref(dataset);
    service->contract = contract_new(dataset);
    service->starved = make_starved(service);
    (void)mtx_init(&service->lock, mtx_plain);
    service->has_key = tss_create(&service->own_worker, NULL) == thrd_success;
    if (!service->contract || !service->starved || !service->has_key) {
        service_free(service);
        return NULL;
    }
    return service;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    while (service->workers) {
        struct worker *next = service->workers->next;

        cache_free(service->workers->cache);
        free(service->workers);
        service->workers = next;
    }
    if (service->has_key)
        tss_delete(service->own_worker);
    mtx_destroy(&service->lock);
    reply_unref(service->starved);
    body_unref(service->contract);
    sme_dataset_unref(service->dataset);
    free(service);
}
