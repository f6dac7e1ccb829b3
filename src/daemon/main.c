/* SPDX-License-Identifier: MIT */
/*
 * smestatd: options, log, dataset, service, transport, socket, signals, in this order, and back. Or, where that was
 * asked for, something else with the same beginning: a check, a first document, files, a question about health.
 */
#include "acceptor.h"
#include "config.h"
#include "export.h"
#include "health.h"
#include "http.h"
#include "listener.h"
#include "loader.h"
#include "log.h"
#include "reload.h"
#include "service.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <smestat.h>

enum { EXIT_USAGE = 2 };

/* A descriptor below 3 that is closed would become a client's connection, to which messages would then be written. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return true;
}

/* ---- Sentences ------------------------------------------------------------------------------------------------- */

static void say_to_log(void *log, const char *sentence)
{
    log_write(log, LEVEL_ERROR, "%s", sentence);
}

static void warn_to_log(void *log, const char *sentence)
{
    log_write(log, LEVEL_WARNING, "%s", sentence);
}

static void say_to_file(void *file, const char *sentence)
{
    char text[2 * LOADER_SENTENCE_BYTES];
    (void)log_escape(sentence, strlen(sentence), text, sizeof text);
    (void)fprintf(file, "%s\n", text);
}

/* Whether all that was printed got there. */
static int printed(FILE *file, int exit_status)
{
    if (fflush(file) == 0 && ferror(file) == 0)
        return exit_status;
    (void)fprintf(stderr, "smestatd: standard output: %s\n", strerror(errno));
    return EXIT_FAILURE;
}

/* --check: what is wrong is the output, and belongs on standard output. */
static int check(const char *path)
{
    struct loading loading = loader_load(path, say_to_file, stdout);
    char text[LOADER_SENTENCE_BYTES];

    if (loading.dataset != NULL) {
        (void)snprintf(text, sizeof text, "%s: ok", path);
        say_to_file(stdout, text);
    }
    sme_dataset_unref(loading.dataset);
    return printed(stdout, loading.dataset != NULL ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --init: the document is the output; what was guessed, and what is wrong with it, is for the person who reads it. */
static int init(const char *path)
{
    struct sme_faults *faults = NULL;
    struct sme_draft *draft = NULL;
    const char *sentence;
    enum sme_status status = sme_faults_new(&faults);
    int exit_status = EXIT_FAILURE;

    if (status == SME_OK)
        status = sme_draft_new(path, faults, &draft);
    if (status != SME_OK)
        (void)loader_say_faults(faults, path, status, say_to_file, stderr);
    if (draft != NULL) {
        size_t length;
        const char *document = sme_draft_document(draft, &length);

        (void)fwrite(document, 1, length, stdout);
        for (size_t i = 0; (sentence = sme_draft_remark(draft, i)) != NULL; i++)
            say_to_file(stderr, sentence);
        if (sme_faults_count(sme_draft_faults(draft)) > 0)
            (void)loader_say_faults(sme_draft_faults(draft), path, SME_BAD_INPUT, say_to_file, stderr);
        exit_status = printed(stdout, sme_draft_is_ready(draft) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    sme_draft_free(draft);
    sme_faults_free(faults);
    return exit_status;
}

/* The dataset to serve or to write; NULL after saying why not. */
static struct sme_dataset *load(const struct config *config, struct log *log)
{
    return loader_load(config->dataset, say_to_log, log).dataset;
}

/* ---- Signals and stopping -------------------------------------------------------------------------------------- */

static const int stop_signals[] = {SIGTERM, SIGINT};

/* Blocked before any thread starts, so that all of them leave the signals to main. A pipe without a reader and a file
 * over its limit are errors of write. */
static void block_signals(sigset_t *ret_stop)
{
    (void)sigemptyset(ret_stop);
    for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++)
        (void)sigaddset(ret_stop, stop_signals[i]);
    (void)sigprocmask(SIG_BLOCK, ret_stop, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

/* One that came before there is anything to reload waits until there is. nohup would have it thrown away. */
static void block_reload_signal(void)
{
    sigset_t reload;

    (void)sigemptyset(&reload);
    (void)sigaddset(&reload, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &reload, NULL);
    (void)signal(SIGHUP, SIG_DFL);
}

/* Reloads when it is asked to, until it is asked to stop. */
static void wait_for_signals(const sigset_t *stop, struct reloader *reloader, struct log *log)
{
    sigset_t waited = *stop;
    int number;

    (void)sigaddset(&waited, SIGHUP);
    for (;;) {
        if (sigwait(&waited, &number) != 0)
            continue;
        if (number != SIGHUP)
            return;
        if (reloader != NULL)
            reloader_ask(reloader);
        else
            log_write(log, LEVEL_INFO, "there is nothing to reload: %s", loader_name(NULL));
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits until then for a signal to stop. @return whether one came. */
static bool wait_for_stop(const sigset_t *stop, uint64_t until_ms)
{
    for (uint64_t now; (now = now_ms()) < until_ms;) {
        struct timespec left = {
            .tv_sec = (time_t)((until_ms - now) / 1000),
            .tv_nsec = (long)((until_ms - now) % 1000 * 1000000),
        };
        if (sigtimedwait(stop, NULL, &left) > 0)
            return true;
    }
    return false;
}

/* Ends in steps, so that nobody loses an answer: tell load balancers, accept no more, let answers end. A second signal
 * skips the waiting, but not what is on its way to a client. */
static void drain(const struct config *config, const sigset_t *stop, struct service *service, struct acceptor *acceptor,
                  const struct http *http, struct log *log)
{
    /* A request that is on its way in is not yet counted: so long it must have been quiet. */
    enum { TICK_MS = 10, QUIET_MS = 50, HURRY_MS = 500 };

    log_write(log, LEVEL_INFO, "stopping: accepting connections for %ju more seconds",
              (uintmax_t)config->drain_grace_s);
    service_drain(service);
    bool hurry = wait_for_stop(stop, now_ms() + config->drain_grace_s * 1000);
    acceptor_stop(acceptor);

    uint64_t now = now_ms(), end = now + (hurry ? HURRY_MS : config->drain_timeout_s * 1000), busy_at = now;
    while (now < end && now - busy_at < QUIET_MS) {
        if (wait_for_stop(stop, now + TICK_MS) && !hurry) {
            hurry = true;
            end = now + HURRY_MS < end ? now + HURRY_MS : end;
        }
        now = now_ms();
        if (http_busy(http) > 0)
            busy_at = now;
    }
    unsigned left = http_busy(http);
    if (left > 0)
        log_write(log, LEVEL_WARNING, "stopping: %u answers were not finished", left);
}

/* ---- Serving --------------------------------------------------------------------------------------------------- */

/* Each connection is a descriptor; many systems start programs with a limit of 1024 that they may raise themselves. */
static void raise_descriptor_limit(const struct config *config, struct log *log)
{
    enum { OTHERS = 64 }; /* what else is open: logs, epoll and event descriptors of the threads */
    struct rlimit limit;
    rlim_t wanted = (rlim_t)config->max_connections + OTHERS + 2 * (rlim_t)config->threads;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_write(log, LEVEL_WARNING,
                  "the limit on open files is %ju, too low for --max-connections %ju; raise the one or lower the other",
                  (uintmax_t)limit.rlim_cur, (uintmax_t)config->max_connections);
}

static int serve(const struct config *config, const sigset_t *stop, struct log *log)
{
    struct sme_dataset *dataset = NULL;
    struct service *service = NULL;
    struct http *http = NULL;
    struct acceptor *acceptor = NULL;
    struct watch *watch = NULL;
    struct reloader *reloader = NULL;
    struct listener listener;
    char fault[256];
    int error, exit_status = EXIT_FAILURE;

    if (config->access_log != NULL && (error = log_open_access(log, config->access_log)) != 0) {
        log_write(log, LEVEL_ERROR, "access log %s: %s", config->access_log, strerror(error));
        goto out;
    }
    raise_descriptor_limit(config, log);
    /* Before it is read, so that no change is missed. */
    if (config->watch && (watch = watch_new(config->dataset)) == NULL) {
        log_write(log, LEVEL_ERROR, "there is not enough memory to watch");
        goto out;
    }
    if ((dataset = load(config, log)) == NULL)
        goto out;
    log_write(log, LEVEL_INFO, "%s: dataset %s, version %s", loader_name(config->dataset), sme_dataset_id(dataset),
              sme_dataset_version(dataset));
    bool more = reload_watch_files(watch, dataset);
    service = service_new(config, dataset);
    sme_dataset_unref(dataset); /* only the service's from here on, or it would outlive a reload */
    if (service == NULL) {
        log_write(log, LEVEL_ERROR, "there is not enough memory to serve");
        goto out;
    }
    if (loader_reads_file(config->dataset)) {
        error = reloader_start(config, service, watch, log, &reloader);
        watch = NULL; /* the reloader's */
        if (error != 0) {
            log_write(log, LEVEL_ERROR, "cannot start to wait for reloads: %s", strerror(error));
            goto out;
        }
        /* Files that only the document names were not watched while they were read: they are looked at again. */
        if (more)
            reloader_ask(reloader);
    }
    if ((error = http_start(config, config_threads(config, ""), service, log, &http)) != 0) {
        log_write(log, LEVEL_ERROR, "cannot start serving: %s", strerror(error));
        goto out;
    }
    if (!listener_open(config->address, (uint16_t)config->port, &listener, fault, sizeof fault)) {
        log_write(log, LEVEL_ERROR, "%s", fault);
        goto out;
    }
    if ((error = acceptor_start(listener.fd, http, log, &acceptor)) != 0) {
        log_write(log, LEVEL_ERROR, "cannot start accepting: %s", strerror(error));
        goto out;
    }
    /* For programs that started this one and wait for it: the same words under every option. */
    (void)fprintf(stderr, "listening on %s\n", listener.url);

    wait_for_signals(stop, reloader, log);
    reloader_stop(reloader);
    reloader = NULL;
    drain(config, stop, service, acceptor, http, log);
    exit_status = EXIT_SUCCESS;

out:
    reloader_stop(reloader);
    http_stop(http);
    service_free(service);
    watch_free(watch);
    return exit_status;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* --export: what was written is the output; what went wrong is the log's. */
static int export_files(const struct config *config, struct log *log)
{
    struct sme_dataset *dataset = load(config, log);
    struct service *service = dataset != NULL ? service_new(config, dataset) : NULL;
    struct export_outcome outcome;
    char text[LOADER_SENTENCE_BYTES];
    bool written = false;

    if (dataset != NULL && service == NULL)
        log_write(log, LEVEL_ERROR, "there is not enough memory to write files");
    if (service != NULL) {
        written = export_write(config, service, dataset, warn_to_log, log, &outcome);
        if (!written)
            log_write(log, LEVEL_ERROR, "%s", outcome.fault);
    }
    service_free(service);
    sme_dataset_unref(dataset);
    if (!written)
        return EXIT_FAILURE;
    (void)snprintf(text, sizeof text, "%s: %zu files, %ju bytes", config->export_to, outcome.files,
                   (uintmax_t)outcome.bytes);
    say_to_file(stdout, text);
    return printed(stdout, EXIT_SUCCESS);
}

int main(int argc, char *argv[])
{
    struct config config;
    sigset_t stop;

    if (!fill_standard_descriptors())
        return EXIT_FAILURE;
    switch (config_read(argc, argv, environ, stdout, stderr, &config)) {
    case CONFIG_BAD:
        return EXIT_USAGE;
    case CONFIG_SHOWN:
        return printed(stdout, EXIT_SUCCESS);
    case CONFIG_HEALTH:
        return health_ask(&config) ? EXIT_SUCCESS : EXIT_FAILURE;
    case CONFIG_RUN:
        break;
    }
    if (config.check != NULL)
        return check(config.check);
    if (config.init != NULL)
        return init(config.init);

    struct log *log = log_new(config.log_level, config.log_format);
    if (log == NULL) {
        (void)fputs("smestatd: there is not enough memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    block_signals(&stop);
    if (config.export_to == NULL)
        block_reload_signal();
    config_unknown_variables(environ, warn_to_log, log);
    int exit_status = config.export_to != NULL ? export_files(&config, log) : serve(&config, &stop, log);
    log_free(log);
    return exit_status;
}
