/* SPDX-License-Identifier: MIT */
#include "reload.h"

#include "loader.h"
#include "memory.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    QUIET_MS = 100,       /* a file has been left alone for so long before it is read … */
    PATIENCE_ROUNDS = 20, /* … unless it never is, for so many times as long */
    RENEWAL_SENTENCE_BYTES = 512, /* a file's name and what is wrong with it */
    LOOK_MS = 1000,       /* how often to look at the file where the system does not tell */
};

struct reloader {
    const struct config *config;
    struct service *service;
    struct tls *tls; /* NULL: there is none */
    struct watch *watch;
    struct log *log;
    const struct notifier *notifier;
    int wake_fd; /* readable once it was asked for something */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, and of everything else when it is to stop */
    bool stopping;
    bool reading; /* under the lock only */
};

static void free_reloader(struct reloader *reloader)
{
    watch_free(reloader->watch);
    if (reloader->wake_fd >= 0)
        (void)close(reloader->wake_fd);
    (void)pthread_mutex_destroy(&reloader->lock);
    free(reloader);
}

/* ---- One reload ------------------------------------------------------------------------------------------------ */

/* What is wrong with a file, until it is known whether anybody still wants to hear it. */
struct sentences {
    char *bytes; /* each with its NUL */
    size_t length;
    bool failed;
};

static void keep_sentence(void *context, const char *sentence)
{
    struct sentences *sentences = context;
    size_t size = strlen(sentence) + 1;
    char *grown = sentences->failed ? NULL : realloc(sentences->bytes, sentences->length + size);

    sentences->failed = grown == NULL;
    if (grown == NULL)
        return;
    memcpy(grown + sentences->length, sentence, size);
    sentences->bytes = grown;
    sentences->length += size;
}

static void log_sentences(struct reloader *reloader, const struct sentences *sentences)
{
    for (size_t at = 0; at < sentences->length; at += strlen(sentences->bytes + at) + 1)
        log_write(reloader->log, LEVEL_ERROR, "%s", sentences->bytes + at);
    if (sentences->failed)
        log_write(reloader->log, LEVEL_ERROR, "there is not enough memory to say all that is wrong");
}

static void say_watch_fault(struct reloader *reloader)
{
    int fault = reloader->watch != NULL ? watch_fault(reloader->watch) : 0;

    if (fault != 0)
        log_write(reloader->log, LEVEL_WARNING, "--watch: inotify: %s; looking at the file every second",
                  strerror(fault));
}

bool reload_watch_files(struct watch *watch, const struct sme_dataset *dataset)
{
    const char *path;
    bool some = false;

    for (size_t i = 0; watch != NULL && (path = sme_dataset_file(dataset, i)) != NULL; i++)
        some = watch_add(watch, path) || some;
    return some;
}

/* Puts what was read in its place, or says why not. */
static void conclude(struct reloader *reloader, struct loading *loading)
{
    const char *name = loader_name(reloader->config->dataset);
    struct sme_dataset *dataset = loading->dataset;
    struct reload_report report = {.outcome = RELOAD_FAILED, .at = time(NULL), .faults = loading->faults};

    if (dataset != NULL && service_serves(reloader->service, dataset)) {
        report.outcome = RELOAD_UNCHANGED;
        log_write(reloader->log, LEVEL_INFO, "%s: unchanged, version %s", name, sme_dataset_version(dataset));
    } else if (dataset != NULL && service_replace(reloader->service, dataset)) {
        report.outcome = RELOAD_OK;
        log_write(reloader->log, LEVEL_INFO, "%s: reloaded: dataset %s, version %s", name, sme_dataset_id(dataset),
                  sme_dataset_version(dataset));
    } else if (dataset != NULL) {
        report.faults = 1;
        (void)snprintf(report.first, sizeof report.first, "there is not enough memory for it");
        log_write(reloader->log, LEVEL_ERROR, "%s: there is not enough memory for it", name);
    } else {
        memcpy(report.first, loading->first, sizeof report.first);
    }
    if (report.outcome == RELOAD_FAILED)
        log_write(reloader->log, LEVEL_ERROR, "%s: not reloaded; what was served before is served on", name);
    service_report_reload(reloader->service, &report);
}

void reload_say_certificate(struct tls *tls, const struct config *config, struct log *log)
{
    char until[32];
    struct tm parts;
    time_t expires = tls_expires(tls);

    (void)strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&expires, &parts));
    if (expires < time(NULL))
        log_write(log, LEVEL_WARNING, "%s: a certificate that was valid until %s", config->tls_certificate, until);
    else
        log_write(log, LEVEL_INFO, "%s: a certificate that is valid until %s", config->tls_certificate, until);
}

/* Puts the certificate that was read in its place, or says why not. */
static void conclude_renewal(struct reloader *reloader, struct credentials *credentials, const char *fault)
{
    const char *name = reloader->config->tls_certificate;
    enum renewal outcome = tls_renew(reloader->tls, credentials);

    if (outcome == RENEWAL_OK)
        reload_say_certificate(reloader->tls, reloader->config, reloader->log);
    else if (outcome == RENEWAL_UNCHANGED)
        log_write(reloader->log, LEVEL_INFO, "%s: the same certificate", name);
    else
        log_write(reloader->log, LEVEL_ERROR, "%s; the old certificate stays in use", fault);
}

/* ---- The thread ------------------------------------------------------------------------------------------------ */

/* Waits so long, or for ever (-1), for one of the two. */
static void wait_for(struct reloader *reloader, int milliseconds, bool *ret_asked, bool *ret_stirred)
{
    struct pollfd watched[] = {
        {.fd = reloader->wake_fd, .events = POLLIN},
        {.fd = reloader->watch != NULL ? watch_fd(reloader->watch) : -1, .events = POLLIN},
    };
    eventfd_t ignored;
    bool some = poll(watched, 2, milliseconds) > 0;

    *ret_asked = some && watched[0].revents != 0;
    if (*ret_asked)
        (void)eventfd_read(reloader->wake_fd, &ignored);
    *ret_stirred = some && watched[1].revents != 0 && watch_stirred(reloader->watch);
}

/* What touches files may never come back; reloader_stop knows of it by this. @return false: it is to stop. */
static bool begin_reading(struct reloader *reloader)
{
    (void)pthread_mutex_lock(&reloader->lock);
    reloader->reading = !reloader->stopping;
    bool go_on = reloader->reading;
    (void)pthread_mutex_unlock(&reloader->lock);
    return go_on;
}

/* @return false: nobody waits any more, nothing but the reloader itself is there, and that is the thread's to end. */
static bool end_reading(struct reloader *reloader)
{
    (void)pthread_mutex_lock(&reloader->lock);
    reloader->reading = false;
    bool go_on = !reloader->stopping;
    (void)pthread_mutex_unlock(&reloader->lock);
    return go_on;
}

/* Looks whether the file has changed, and reads it if so or if that was asked for. @return as end_reading. */
static bool look(struct reloader *reloader, bool asked, bool stirred)
{
    struct sentences sentences = {.bytes = NULL};
    struct loading loading = {.dataset = NULL};
    bool has_file = loader_reads_file(reloader->config->dataset);
    struct credentials *credentials = NULL;
    char fault[RENEWAL_SENTENCE_BYTES];

    /* Before the file is read: a change from here on asks for the next reload. */
    bool changed = reloader->watch != NULL && (asked || stirred) && watch_changed(reloader->watch);
    bool reads = asked || changed;
    if (reads && has_file)
        loading = loader_load(reloader->config->dataset, keep_sentence, &sentences);
    if (reads && reloader->tls != NULL)
        credentials = credentials_read(reloader->config->tls_certificate, reloader->config->tls_key, fault, sizeof fault);
    bool go_on = end_reading(reloader);
    if (go_on)
        say_watch_fault(reloader);
    if (go_on && reads && reloader->tls != NULL)
        conclude_renewal(reloader, credentials, fault);
    else
        credentials_unref(credentials);
    if (go_on && reads && has_file) {
        log_sentences(reloader, &sentences);
        conclude(reloader, &loading);
        /* What changed while nobody watched is seen at the next look, which is now. */
        if (loading.dataset != NULL && reload_watch_files(reloader->watch, loading.dataset))
            (void)eventfd_write(reloader->wake_fd, 1);
    }
    if (go_on && asked)
        notify_ready(reloader->notifier);
    free(sentences.bytes);
    sme_dataset_unref(loading.dataset);
    if (reads)
        memory_give_back();
    return go_on;
}

static void *run(void *context)
{
    struct reloader *reloader = context;
    bool asked, stirred;

    say_watch_fault(reloader);
    for (;;) {
        bool looks = reloader->watch != NULL && watch_fd(reloader->watch) < 0;

        wait_for(reloader, looks ? LOOK_MS : -1, &asked, &stirred);
        bool moving = stirred;
        for (unsigned round = 0; moving && !asked && round < PATIENCE_ROUNDS; round++)
            wait_for(reloader, QUIET_MS, &asked, &moving);
        if (!begin_reading(reloader))
            return NULL;
        if (!look(reloader, asked, stirred || looks)) {
            free_reloader(reloader);
            return NULL;
        }
    }
}

int reloader_start(const struct config *config, struct service *service, struct tls *tls, struct watch *watch,
                   struct log *log, const struct notifier *notifier, struct reloader **ret_reloader)
{
    struct reloader *reloader = malloc(sizeof *reloader);

    if (reloader == NULL) {
        watch_free(watch);
        return ENOMEM;
    }
    *reloader = (struct reloader){
        .config = config,
        .service = service,
        .tls = tls,
        .watch = watch,
        .log = log,
        .notifier = notifier,
        .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    int fault = reloader->wake_fd < 0 ? errno : pthread_create(&reloader->thread, NULL, run, reloader);
    if (fault != 0) {
        free_reloader(reloader);
        return fault;
    }
    *ret_reloader = reloader;
    return 0;
}

void reloader_ask(struct reloader *reloader)
{
    (void)eventfd_write(reloader->wake_fd, 1);
}

void reloader_stop(struct reloader *reloader)
{
    if (reloader == NULL)
        return;
    pthread_t thread = reloader->thread;
    (void)pthread_mutex_lock(&reloader->lock);
    bool reading = reloader->reading;
    reloader->stopping = true;
    if (!reading)
        (void)eventfd_write(reloader->wake_fd, 1);
    (void)pthread_mutex_unlock(&reloader->lock);
    if (reading) {
        (void)pthread_detach(thread);
        return;
    }
    (void)pthread_join(thread, NULL);
    free_reloader(reloader);
}
