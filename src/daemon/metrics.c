/* SPDX-License-Identifier: MIT */
/*
 * A metric is a row of the table below; a function prints its samples. Names follow Prometheus' conventions: base
 * units, _total for what only grows, _info for what is in the labels. One that cannot be known here has no sample.
 */
#include "metrics.h"

#include "routes.h"
#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct scrape {
    const struct exchange *exchange;
    struct measures measures;
    struct text out;
};

struct metric {
    const char *name, *type, *help;
    void (*print)(struct scrape *scrape, const struct metric *metric);
};

/* ---- Samples --------------------------------------------------------------------------------------------------- */

/* name{label="value"} */
static void put_label(struct scrape *scrape, char before, const char *label, const char *value)
{
    text_add(&scrape->out, &before, 1);
    text_put(&scrape->out, label);
    text_put(&scrape->out, "=\"");
    for (const char *at = value; *at; at++) {
        if (*at == '\n') {
            text_put(&scrape->out, "\\n");
            continue;
        }
        if (*at == '"' || *at == '\\')
            text_put(&scrape->out, "\\");
        text_add(&scrape->out, at, 1);
    }
    text_put(&scrape->out, "\"");
}

static void put_number(struct scrape *scrape, unsigned long long number)
{
    char digits[32];

    (void)snprintf(digits, sizeof digits, " %llu\n", number);
    text_put(&scrape->out, digits);
}

/* A sample with one label, or with none where that is NULL. */
static void put_sample(struct scrape *scrape, const struct metric *metric, const char *label, const char *value,
                       unsigned long long number)
{
    text_put(&scrape->out, metric->name);
    if (label) {
        put_label(scrape, '{', label, value);
        text_put(&scrape->out, "}");
    }
    put_number(scrape, number);
}

/* ---- The program and the dataset ------------------------------------------------------------------------------- */

static void print_build(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, "version", sme_version(), 1);
}

static void print_dataset(struct scrape *scrape, const struct metric *metric)
{
    text_put(&scrape->out, metric->name);
    put_label(scrape, '{', "id", sme_dataset_id(scrape->exchange->dataset));
    put_label(scrape, ',', "version", sme_dataset_version(scrape->exchange->dataset));
    text_put(&scrape->out, "}");
    put_number(scrape, 1);
}

/* The dataset itself is one row, and facets are counts about the others. */
static void print_rows(struct scrape *scrape, const struct metric *metric)
{
    const char *name;

    for (size_t i = 0; i < SNAPSHOT_COLLECTIONS_MAX && (name = sme_collection_name(i)) != NULL; i++)
        if (strcmp(name, "dataset") != 0 && strcmp(name, "facets") != 0)
            put_sample(scrape, metric, "collection", name, scrape->exchange->snapshot->rows[i]);
}

/* ---- Reloads --------------------------------------------------------------------------------------------------- */

static void print_reloads(struct scrape *scrape, const struct metric *metric)
{
    static const char *const outcomes[RELOADS] = {
        [RELOAD_OK] = "ok", [RELOAD_UNCHANGED] = "unchanged", [RELOAD_FAILED] = "failed"};

    for (size_t i = 0; i < RELOADS; i++)
        put_sample(scrape, metric, "outcome", outcomes[i], scrape->measures.reloads[i]);
}

static bool was_reloaded(const struct scrape *scrape)
{
    return scrape->measures.last.at != 0;
}

static void print_loaded(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, (unsigned long long)scrape->measures.loaded_at);
}

static void print_last_success(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, !was_reloaded(scrape) || scrape->measures.last.outcome != RELOAD_FAILED);
}

static void print_last_time(struct scrape *scrape, const struct metric *metric)
{
    time_t at = was_reloaded(scrape) ? scrape->measures.last.at : scrape->measures.started_at;

    put_sample(scrape, metric, NULL, NULL, (unsigned long long)at);
}

/* ---- Requests -------------------------------------------------------------------------------------------------- */

/* Only what was asked for: of all routes, methods and statuses that would be thousands. */
static void print_requests(struct scrape *scrape, const struct metric *metric)
{
    static const char *const methods[METHODS] = {"GET", "HEAD", "OPTIONS", "other"};
    struct service *service = scrape->exchange->worker->service;
    char route[ROUTE_LABEL_BYTES] = "none", status[16];

    for (unsigned number = 0; number < TALLY_ROUTES && (number == 0 || route_label(number, route)); number++)
        for (enum method method = 0; method < METHODS; method++)
            for (size_t place = 0; place < TALLY_STATUSES; place++) {
                unsigned long long count = service_answers(service, number, method, place);

                if (count == 0)
                    continue;
                (void)snprintf(status, sizeof status, "%d", tally_status(place));
                text_put(&scrape->out, metric->name);
                put_label(scrape, '{', "route", route);
                put_label(scrape, ',', "method", methods[method]);
                put_label(scrape, ',', "status", tally_status(place) != 0 ? status : "other");
                text_put(&scrape->out, "}");
                put_number(scrape, count);
            }
}

/* Nanoseconds as seconds. */
static void put_seconds(struct scrape *scrape, unsigned long long ns)
{
    char digits[48];

    (void)snprintf(digits, sizeof digits, " %llu.%09llu\n", ns / 1000000000, ns % 1000000000);
    text_put(&scrape->out, digits);
}

static void print_durations(struct scrape *scrape, const struct metric *metric)
{
    unsigned long long count = 0;

    for (size_t step = 0; step < TALLY_STEPS; step++) {
        count += scrape->measures.durations[step];
        text_put(&scrape->out, metric->name);
        text_put(&scrape->out, "_bucket");
        put_label(scrape, '{', "le", tally_step(step));
        text_put(&scrape->out, "}");
        put_number(scrape, count);
    }
    text_put(&scrape->out, metric->name);
    text_put(&scrape->out, "_sum");
    put_seconds(scrape, scrape->measures.duration_ns);
    text_put(&scrape->out, metric->name);
    text_put(&scrape->out, "_count");
    put_number(scrape, count);
}

static void print_body_bytes(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.body_bytes);
}

static void print_hits(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.hits);
}

static void print_misses(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.misses);
}

static void print_evictions(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.evictions);
}

static void print_kept_bytes(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.kept_bytes);
}

static void print_large_bytes(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.large_bytes);
}

static void print_refused_answers(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.refused_answers);
}

static void print_kept_replies(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, scrape->measures.kept_replies);
}

static void print_connections(struct scrape *scrape, const struct metric *metric)
{
    if (scrape->measures.has_traffic)
        put_sample(scrape, metric, NULL, NULL, scrape->measures.traffic.connections);
}

static void print_accepted(struct scrape *scrape, const struct metric *metric)
{
    if (scrape->measures.has_traffic)
        put_sample(scrape, metric, NULL, NULL, scrape->measures.traffic.accepted);
}

static void print_turned_away(struct scrape *scrape, const struct metric *metric)
{
    if (!scrape->measures.has_traffic)
        return;
    put_sample(scrape, metric, "reason", "max_connections", scrape->measures.traffic.full);
    put_sample(scrape, metric, "reason", "max_connections_per_address", scrape->measures.traffic.crowded);
    put_sample(scrape, metric, "reason", "descriptors", scrape->measures.traffic.short_of_descriptors);
}

static void print_cut(struct scrape *scrape, const struct metric *metric)
{
    if (!scrape->measures.has_traffic)
        return;
    put_sample(scrape, metric, "reason", "handshake_timeout", scrape->measures.traffic.late_handshakes);
    put_sample(scrape, metric, "reason", "head_timeout", scrape->measures.traffic.late_heads);
    put_sample(scrape, metric, "reason", "answer_timeout", scrape->measures.traffic.late_answers);
}

/* ---- TLS -------------------------------------------------------------------------------------------------------- */

static void print_handshakes(struct scrape *scrape, const struct metric *metric)
{
    static const char *const outcomes[HANDSHAKES] = {
        [HANDSHAKE_FULL] = "full", [HANDSHAKE_RESUMED] = "resumed", [HANDSHAKE_FAILED] = "failed"};

    for (size_t i = 0; i < HANDSHAKES; i++)
        put_sample(scrape, metric, "outcome", outcomes[i], scrape->measures.traffic.tls.handshakes[i]);
}

static void print_renewals(struct scrape *scrape, const struct metric *metric)
{
    static const char *const outcomes[RENEWALS] = {
        [RENEWAL_OK] = "ok", [RENEWAL_UNCHANGED] = "unchanged", [RENEWAL_FAILED] = "failed"};

    for (size_t i = 0; i < RENEWALS; i++)
        put_sample(scrape, metric, "outcome", outcomes[i], scrape->measures.traffic.tls.renewals[i]);
}

static void print_expiry(struct scrape *scrape, const struct metric *metric)
{
    if (scrape->measures.traffic.has_tls)
        put_sample(scrape, metric, NULL, NULL, (unsigned long long)scrape->measures.traffic.tls.expires);
}

/* ---- The process ----------------------------------------------------------------------------------------------- */

/* In none of this is memory taken: when it is short, that is what these numbers should show. The files are the process's
 * own, so they stay open as long as it lives, and are the same for every service in it. */
static struct {
    int memory, descriptors;
    unsigned long long descriptors_max; /* 0: not known */
    pthread_mutex_t lock;               /* of the place in the list of descriptors */
} process = {-1, -1, 0, PTHREAD_MUTEX_INITIALIZER};

void metrics_open(void)
{
    struct rlimit limit;

    if (process.memory >= 0 || process.descriptors >= 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        process.descriptors_max = limit.rlim_cur;
    process.memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    process.descriptors = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* One of the first numbers of the file, all and resident memory, in bytes. */
static void print_pages(struct scrape *scrape, const struct metric *metric, size_t which)
{
    char text[128];
    unsigned long long pages[2];
    ssize_t length = pread(process.memory, text, sizeof text - 1, 0);

    if (length <= 0)
        return;
    text[length] = '\0';
    if (sscanf(text, "%llu %llu", &pages[0], &pages[1]) == 2)
        put_sample(scrape, metric, NULL, NULL, pages[which] * (unsigned long long)sysconf(_SC_PAGESIZE));
}

static void print_memory(struct scrape *scrape, const struct metric *metric)
{
    print_pages(scrape, metric, 1);
}

static void print_virtual_memory(struct scrape *scrape, const struct metric *metric)
{
    print_pages(scrape, metric, 0);
}

static void print_cpu(struct scrape *scrape, const struct metric *metric)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return;
    text_put(&scrape->out, metric->name);
    put_seconds(scrape, (unsigned long long)used.tv_sec * 1000000000 + (unsigned long long)used.tv_nsec);
}

static void print_descriptors_max(struct scrape *scrape, const struct metric *metric)
{
    if (process.descriptors_max > 0)
        put_sample(scrape, metric, NULL, NULL, process.descriptors_max);
}

static void print_descriptors(struct scrape *scrape, const struct metric *metric)
{
    _Alignas(struct dirent64) char entries[4096];
    unsigned long long count = 0;
    ssize_t length = -1;

    (void)pthread_mutex_lock(&process.lock);
    if (lseek(process.descriptors, 0, SEEK_SET) == 0)
        while ((length = getdents64(process.descriptors, entries, sizeof entries)) > 0)
            for (const char *at = entries; at < entries + length;) {
                const struct dirent64 *entry = (const struct dirent64 *)(const void *)at;

                count += entry->d_name[0] != '.';
                at += entry->d_reclen;
            }
    (void)pthread_mutex_unlock(&process.lock);
    if (length == 0)
        put_sample(scrape, metric, NULL, NULL, count);
}

static void print_start(struct scrape *scrape, const struct metric *metric)
{
    put_sample(scrape, metric, NULL, NULL, (unsigned long long)scrape->measures.started_at);
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static const struct metric metrics[] = {
    {"smestatd_build_info", "gauge", "The program, by its version.", print_build},
    {"smestatd_dataset_info", "gauge", "The dataset that is served, by its id and version.", print_dataset},
    {"smestatd_dataset_rows", "gauge", "Rows of the dataset that is served.", print_rows},
    {"smestatd_dataset_loaded_timestamp_seconds", "gauge", "When the dataset that is served took its place.",
     print_loaded},
    {"smestatd_reloads_total", "counter", "Attempts to reload the dataset.", print_reloads},
    {"smestatd_last_reload_success", "gauge", "Whether the last reload, or the start, found a good dataset.",
     print_last_success},
    {"smestatd_last_reload_timestamp_seconds", "gauge", "When the last reload, or the start, was.", print_last_time},
    {"smestatd_requests_total", "counter", "Requests answered, by route, method and status.", print_requests},
    {"smestatd_request_duration_seconds", "histogram", "From a request's head being there to its answer being ready.",
     print_durations},
    {"smestatd_response_body_bytes_total", "counter", "Bytes of answers without their heads.", print_body_bytes},
    {"smestatd_reply_cache_hits_total", "counter", "Answers that were kept ready.", print_hits},
    {"smestatd_reply_cache_misses_total", "counter", "Answers that could have been kept but had to be made.",
     print_misses},
    {"smestatd_reply_cache_evictions_total", "counter", "Kept answers that made room for others.", print_evictions},
    {"smestatd_reply_cache_bytes", "gauge", "What the kept answers take.", print_kept_bytes},
    {"smestatd_reply_cache_replies", "gauge", "How many answers are kept.", print_kept_replies},
    {"smestatd_large_answer_bytes", "gauge", "What large answers take that are kept or not yet taken by their clients.",
     print_large_bytes},
    {"smestatd_large_answers_refused_total", "counter", "Large answers for which there was no room.",
     print_refused_answers},
    {"smestatd_connections", "gauge", "Connections that are open.", print_connections},
    {"smestatd_connections_accepted_total", "counter", "Connections that were taken.", print_accepted},
    {"smestatd_connections_refused_total", "counter", "Connections that were turned away, by the limit reached.",
     print_turned_away},
    {"smestatd_connections_cut_total", "counter", "Connections that were ended, by the deadline missed.", print_cut},
    {"smestatd_tls_handshakes_total", "counter", "TLS handshakes, by how they ended.", print_handshakes},
    {"smestatd_tls_certificate_reloads_total", "counter", "Attempts to read the certificate again.", print_renewals},
    {"smestatd_tls_certificate_expiry_timestamp_seconds", "gauge", "Until when the certificate is valid.", print_expiry},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", print_memory},
    {"process_virtual_memory_bytes", "gauge", "Virtual memory.", print_virtual_memory},
    {"process_cpu_seconds_total", "counter", "Time of processors used.", print_cpu},
    {"process_open_fds", "gauge", "Open file descriptors.", print_descriptors},
    {"process_max_fds", "gauge", "As many file descriptors may be open.", print_descriptors_max},
    {"process_start_time_seconds", "gauge", "When the process began to serve.", print_start},
};

struct body *metrics_print(const struct exchange *x)
{
    struct scrape scrape = {.exchange = x};
    struct body *body = NULL;

    service_measure(x->worker->service, &scrape.measures);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const struct metric *metric = &metrics[i];

        text_put(&scrape.out, "# HELP ");
        text_put(&scrape.out, metric->name);
        text_put(&scrape.out, " ");
        text_put(&scrape.out, metric->help);
        text_put(&scrape.out, "\n# TYPE ");
        text_put(&scrape.out, metric->name);
        text_put(&scrape.out, " ");
        text_put(&scrape.out, metric->type);
        text_put(&scrape.out, "\n");
        metric->print(&scrape, metric);
    }
    if (!scrape.out.failed)
        body = body_new(scrape.out.bytes, scrape.out.length);
    text_finish(&scrape.out);
    return body;
}
