/* SPDX-License-Identifier: MIT */
/* From a request to an answer: each thread finds its worker, the exchange is routed, and preconditions are judged. */
#include "exchange.h"
#include "negotiate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

struct service {
    const struct config *config;
    struct snapshots snapshots;
    atomic_bool draining;
    struct reply *starved; /* for want of memory: made beforehand, and always with the connection's end */
    size_t cache_bytes;    /* of each thread */
    struct hold *large;
    atomic_ullong refused;
    tss_t own_worker;
    bool has_key;
    pthread_mutex_t lock; /* of what follows; a request takes it once in a thread's life */
    struct worker *workers;
    unsigned long long reloads[RELOADS];
    struct reload_report last_reload;
    time_t started_at, loaded_at;
    void (*measure_traffic)(const void *transport, struct traffic *ret_traffic);
    const void *transport;
};

static struct worker *worker_of(struct service *service)
{
    struct worker *worker = tss_get(service->own_worker);

    if (worker)
        return worker;
    if (!(worker = calloc(1, sizeof *worker)))
        return NULL;
    worker->service = service;
    if (tss_set(service->own_worker, worker) != thrd_success) {
        free(worker);
        return NULL;
    }
    snapshots_add(&service->snapshots, &worker->reader);
    (void)pthread_mutex_lock(&service->lock);
    worker->next = service->workers;
    service->workers = worker;
    (void)pthread_mutex_unlock(&service->lock);
    return worker;
}

/* Languages of our own sentences. */
static const char *const speeches[] = {"en", "zh", NULL};

/* An exchange before its target is known to be good. */
static struct exchange begin(struct service *service, const struct request *request)
{
    return (struct exchange){
        .config = service->config,
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

/* A problem that is over soon. NULL: no memory. */
static struct reply *try_again(struct service *service, const struct request *request, const char *slug)
{
    struct exchange x = begin(service, request);

    respond_problem(&x, slug, NULL, NULL);
    if (x.reply && !reply_add(x.reply, "Retry-After", "1")) {
        reply_unref(x.reply);
        x.reply = NULL;
    }
    return x.reply;
}

/* Whether it is written as a day: such texts have the order of their days. */
static bool is_day(const char *text)
{
    return strlen(text) == strlen("YYYY-MM-DD") && strspn(text, "0123456789-") == strlen(text) && text[4] == '-' &&
           text[7] == '-';
}

/* Smestat-As-Of names a day that this dataset has not reached, or none. NULL: no memory. */
static struct reply *refuse_as_of(struct service *service, const struct request *request)
{
    if (is_day(request->as_of))
        return try_again(service, request, "older-dataset");
    struct exchange x = begin(service, request);
    respond_problem(&x, "invalid-value",
                    strcmp(x.speech, "en") == 0 ? "Smestat-As-Of is a day, such as 2023-03-01." : NULL, NULL);
    return x.reply;
}

/* Takes the reply over. NULL: there was no memory for one. */
static void conclude(struct service *service, const struct request *request, bool draining, struct reply *reply,
                     struct answer *ret_answer)
{
    *ret_answer = (struct answer){.reply = reply, .close = draining};
    if (!reply) {
        ret_answer->reply = reply_ref(service->starved);
        ret_answer->close = true;
    }
    ret_answer->status = ret_answer->reply->status;
    if (request->if_none_match && reply && reply->etag && request->method != METHOD_OPTIONS &&
        etag_matches(request->if_none_match, reply->etag))
        ret_answer->status = 304;
}

/* What nobody asked this thread before, or nobody may be given again. NULL: no memory. Not inlined, because an exchange is
 * large and would be cleared for known answers, too. */
__attribute__((noinline)) static struct reply *answer_new(struct service *service, struct worker *worker,
                                                          struct snapshot *snapshot, const struct request *request)
{
    struct exchange x = begin(service, request);

    x.worker = worker;
    x.snapshot = snapshot;
    x.dataset = snapshot->dataset;
    enum uri_fault fault = uri_parse(request->target, request->target_length, &x.uri);
    choose_speech(&x);
    if (fault == URI_BAD_ESCAPE || fault == URI_BAD_TEXT)
        respond_problem(&x, "bad-encoding", NULL, NULL);
    else if (fault == URI_TOO_MANY)
        respond_problem(&x, "too-many-parameters", NULL, NULL);
    else if (fault == URI_GOOD)
        route(&x);
    uri_finish(&x.uri);
    return x.reply;
}

/* What is kept has its own ceiling; so has the description of the interface, which is one. */
static struct hold *make_hold(const struct config *config)
{
    enum { DESCRIPTION_BYTES = 1 << 20 };
    size_t always = (size_t)config->reply_cache_bytes + DESCRIPTION_BYTES;

    return hold_new(always + (size_t)config->large_answer_bytes, always);
}

/* An answer to HEAD and a 304 count, too: the library has their body until a client that does not read took their head. */
static void refuse_beyond_hold(struct service *service, const struct request *request, struct answer *answer)
{
    struct reply *reply = answer->reply;

    if (!reply->body || body_hold(reply->body, service->large))
        return;
    (void)atomic_fetch_add_explicit(&service->refused, 1, memory_order_relaxed);
    conclude(service, request, answer->close, try_again(service, request, "too-many-large-answers"), answer);
    answer->no_room = true;
    reply_unref(reply);
}

void service_answer(struct service *service, const struct request *request, struct answer *ret_answer)
{
    bool draining = atomic_load_explicit(&service->draining, memory_order_relaxed);
    struct worker *worker = worker_of(service);
    struct reply *reply = NULL;

    if (worker) {
        /* From here to leaving it the request has this dataset and no other. */
        struct snapshot *snapshot = snapshot_enter(&service->snapshots, &worker->reader);

        worker->cache = snapshot_cache(snapshot, &worker->reader, service->cache_bytes);
        if (request->as_of && (!is_day(request->as_of) || strcmp(request->as_of, snapshot->as_of) > 0))
            reply = refuse_as_of(service, request);
        else if (worker->cache && !answer_known(worker, service->config, request, &reply))
            reply = answer_new(service, worker, snapshot, request);
        snapshot_leave(&worker->reader);
    }
    conclude(service, request, draining, reply, ret_answer);
    refuse_beyond_hold(service, request, ret_answer);
}

void service_refuse(struct service *service, const struct request *request, const char *slug, const char *detail,
                    struct answer *ret_answer)
{
    struct exchange x = begin(service, request);

    /* The reason is a developer's matter and English; where Chinese is asked for, the problem's own words are. */
    respond_problem(&x, slug, strcmp(x.speech, "en") == 0 ? detail : NULL, NULL);
    conclude(service, request, true, x.reply, ret_answer);
}

void service_drain(struct service *service)
{
    atomic_store_explicit(&service->draining, true, memory_order_relaxed);
}

/* The answer that needs no memory. */
static struct reply *make_starved(struct service *service)
{
    static const struct request nothing = {.target = "", .method_name = "GET"};

    return try_again(service, &nothing, "out-of-memory");
}

struct service *service_new(const struct config *config, struct sme_dataset *dataset)
{
    struct service *service = calloc(1, sizeof *service);

    if (!service)
        return NULL;
    service->config = config;
    service->cache_bytes = (size_t)config->reply_cache_bytes / config_threads(config, "");
    service->started_at = time(NULL);
    service->starved = make_starved(service);
    service->large = make_hold(config);
    (void)pthread_mutex_init(&service->lock, NULL);
    service->has_key = tss_create(&service->own_worker, NULL) == thrd_success;
    if (!service->starved || !service->large || !service->has_key || !service_replace(service, dataset)) {
        service_free(service);
        return NULL;
    }
    return service;
}

bool service_replace(struct service *service, struct sme_dataset *dataset)
{
    struct snapshot *snapshot = snapshot_new(dataset);

    if (!snapshot)
        return false;
    snapshots_replace(&service->snapshots, snapshot);
    (void)pthread_mutex_lock(&service->lock);
    service->loaded_at = time(NULL);
    (void)pthread_mutex_unlock(&service->lock);
    return true;
}

bool service_serves(struct service *service, const struct sme_dataset *dataset)
{
    const struct sme_dataset *now = atomic_load(&service->snapshots.current)->dataset;

    return strcmp(sme_dataset_id(now), sme_dataset_id(dataset)) == 0 &&
           strcmp(sme_dataset_version(now), sme_dataset_version(dataset)) == 0;
}

void service_report_reload(struct service *service, const struct reload_report *report)
{
    (void)pthread_mutex_lock(&service->lock);
    service->reloads[report->outcome]++;
    service->last_reload = *report;
    (void)pthread_mutex_unlock(&service->lock);
}

void service_watch_traffic(struct service *service, void (*measure)(const void *transport, struct traffic *ret_traffic),
                           const void *transport)
{
    service->measure_traffic = measure;
    service->transport = transport;
}

void service_count(struct service *service, const struct request *request, const struct answer *answer,
                   uint64_t body_bytes, uint64_t duration_ns)
{
    struct worker *worker = worker_of(service);

    if (!worker)
        return;
    tally_answer(&worker->tally, answer->reply->route, request->method, answer->status, body_bytes);
    tally_duration(&worker->tally, duration_ns);
}

bool service_begin(struct service *service)
{
    struct worker *worker = worker_of(service);

    if (worker)
        tally_add(&worker->tally.begun, 1);
    return worker != NULL;
}

void service_end(struct service *service)
{
    struct worker *worker = worker_of(service);

    if (worker)
        tally_add(&worker->tally.ended, 1);
}

static unsigned long long number_in(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

unsigned service_busy(struct service *service)
{
    long long busy = 0;

    (void)pthread_mutex_lock(&service->lock);
    for (const struct worker *worker = service->workers; worker; worker = worker->next)
        busy += (long long)(number_in(&worker->tally.begun) - number_in(&worker->tally.ended));
    (void)pthread_mutex_unlock(&service->lock);
    return busy > 0 ? (unsigned)busy : 0; /* one may have begun and ended between the two readings */
}

static void add_counters(struct measures *measures, const struct worker *worker)
{
    measures->hits += number_in(&worker->hits);
    measures->misses += number_in(&worker->misses);
    measures->evictions += number_in(&worker->evictions);
    measures->kept_bytes += atomic_load_explicit(&worker->kept_bytes, memory_order_relaxed);
    measures->kept_replies += atomic_load_explicit(&worker->kept_replies, memory_order_relaxed);
    measures->body_bytes += number_in(&worker->tally.body_bytes);
    measures->duration_ns += number_in(&worker->tally.duration_ns);
    for (size_t i = 0; i < TALLY_STEPS; i++)
        measures->durations[i] += number_in(&worker->tally.durations[i]);
}

void service_measure(struct service *service, struct measures *ret_measures)
{
    struct measures measures = {
        .started_at = service->started_at,
        .large_bytes = atomic_load_explicit(&service->large->bytes, memory_order_relaxed),
        .refused_answers = number_in(&service->refused),
    };

    (void)pthread_mutex_lock(&service->lock);
    for (const struct worker *worker = service->workers; worker; worker = worker->next)
        add_counters(&measures, worker);
    memcpy(measures.reloads, service->reloads, sizeof measures.reloads);
    measures.last = service->last_reload;
    measures.loaded_at = service->loaded_at;
    (void)pthread_mutex_unlock(&service->lock);
    measures.has_traffic = service->measure_traffic != NULL;
    if (measures.has_traffic)
        service->measure_traffic(service->transport, &measures.traffic);
    *ret_measures = measures;
}

unsigned long long service_answers(struct service *service, unsigned route, enum method method, size_t status)
{
    unsigned long long sum = 0;

    (void)pthread_mutex_lock(&service->lock);
    for (const struct worker *worker = service->workers; worker; worker = worker->next)
        sum += number_in(&worker->tally.answers[route][method][status]);
    (void)pthread_mutex_unlock(&service->lock);
    return sum;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    snapshots_finish(&service->snapshots);
    while (service->workers) {
        struct worker *next = service->workers->next;

        free(service->workers);
        service->workers = next;
    }
    if (service->has_key)
        tss_delete(service->own_worker);
    (void)pthread_mutex_destroy(&service->lock);
    reply_unref(service->starved);
    hold_unref(service->large);
    free(service);
}
