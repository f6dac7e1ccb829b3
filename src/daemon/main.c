/* SPDX-License-Identifier: MIT */
/*
 * smestatd: options, log, dataset, service, transport, socket, signals, in this order, and back. Or, where that was
 * asked for, something else with the same beginning: a check, files, a question about health.
 */
#include "acceptor.h"
#include "config.h"
#include "export.h"
#include "health.h"
#include "http.h"
#include "listener.h"
#include "log.h"
#include "service.h"

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

/* ---- Dataset --------------------------------------------------------------------------------------------------- */

enum { FAULT_BYTES_MAX = 1024 };

/* "file:line:column: path: sentence; accepted is …; the nearest is …". In a document the place shows what is meant. */
static void describe_fault(const struct sme_fault *fault, char *out, size_t size)
{
    char sentence[FAULT_BYTES_MAX / 2], place[32] = "";

    sme_fault_sentence(fault, "en", sentence, sizeof sentence);
    if (fault->line > 0)
        (void)snprintf(place, sizeof place, "%u:%u:", fault->line, fault->column);
    size_t end = strlen(sentence);
    if (fault->accepted != NULL && end > 0 && sentence[end - 1] == '.')
        sentence[end - 1] = '\0';
    const char *near = fault->line == 0 ? fault->suggestions[0] : NULL;
    (void)snprintf(out, size, "%s%s%s%s%s%s%s%s%s%s%s", fault->file != NULL ? fault->file : "",
                   fault->file != NULL ? ":" : "", place, fault->file != NULL || place[0] != '\0' ? " " : "",
                   fault->path != NULL ? fault->path : "", fault->path != NULL ? ": " : "", sentence,
                   fault->accepted != NULL ? "; accepted is " : "", fault->accepted != NULL ? fault->accepted : "",
                   near != NULL ? "; the nearest is " : "", near != NULL ? near : "");
}

static const char *describe_status(enum sme_status status)
{
    switch (status) {
    case SME_OK:
        return "ok";
    case SME_NO_MEMORY:
        return "there is not enough memory for it";
    case SME_BAD_INPUT:
        return "it is not a good dataset document";
    case SME_NOT_FOUND:
        return "it is not there";
    case SME_TOO_LARGE:
        return "it is too large";
    case SME_IO:
        return "it cannot be read";
    }
    return "it cannot be loaded";
}

/* Says all that is wrong, one sentence a call. */
static void each_fault(const struct sme_faults *faults, const char *name, enum sme_status status,
                       void (*say)(void *context, const char *sentence), void *context)
{
    char text[FAULT_BYTES_MAX];

    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        describe_fault(sme_faults_at(faults, i), text, sizeof text);
        say(context, text);
    }
    if (sme_faults_dropped(faults) > 0)
        (void)snprintf(text, sizeof text, "%s: and %zu more", name, sme_faults_dropped(faults));
    else if (sme_faults_count(faults) == 0)
        (void)snprintf(text, sizeof text, "%s: %s", name, describe_status(status));
    else
        return;
    say(context, text);
}

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
    char text[2 * FAULT_BYTES_MAX];
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

static void print_ok(const char *path)
{
    char text[FAULT_BYTES_MAX];
    (void)snprintf(text, sizeof text, "%s: ok", path);
    say_to_file(stdout, text);
}

/* A file, or behind this word the name of a dataset that is part of the program. "./builtin:x" is a file. */
static enum sme_status load_from(const char *place, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    static const char builtin[] = "builtin:";

    if (strncmp(place, builtin, sizeof builtin - 1) == 0)
        return sme_dataset_load_named(place + sizeof builtin - 1, faults, ret_dataset);
    return sme_dataset_load_file(place, faults, ret_dataset);
}

/* --check: what is wrong is the output, and belongs on standard output. */
static int check(const char *path)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;
    enum sme_status status = sme_faults_new(&faults);

    if (status == SME_OK)
        status = load_from(path, faults, &dataset);
    if (faults == NULL)
        (void)fprintf(stderr, "smestatd: %s: %s\n", path, describe_status(status));
    else if (status != SME_OK)
        each_fault(faults, path, status, say_to_file, stdout);
    else
        print_ok(path);
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return printed(stdout, status == SME_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

static const char *dataset_name(const struct config *config)
{
    return config->dataset != NULL ? config->dataset : "built-in dataset";
}

/* The dataset to serve or to write; NULL after saying why not. */
static struct sme_dataset *load(const struct config *config, struct log *log)
{
    const char *name = dataset_name(config);
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;
    enum sme_status status = sme_faults_new(&faults);

    if (status == SME_OK)
        status = config->dataset != NULL ? load_from(config->dataset, faults, &dataset)
                                         : sme_dataset_load_builtin(faults, &dataset);
    if (faults == NULL)
        log_write(log, LEVEL_ERROR, "%s: %s", name, describe_status(status));
    else if (status != SME_OK)
        each_fault(faults, name, status, say_to_log, log);
    sme_faults_free(faults);
    return dataset;
}

/* ---- Signals and stopping -------------------------------------------------------------------------------------- */

/* SIGHUP keeps its meaning, the end, as long as there is nothing to reload. */
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
    struct listener listener;
    char fault[256];
    int error, signal_number, exit_status = EXIT_FAILURE;

    if (config->access_log != NULL && (error = log_open_access(log, config->access_log)) != 0) {
        log_write(log, LEVEL_ERROR, "access log %s: %s", config->access_log, strerror(error));
        goto out;
    }
    raise_descriptor_limit(config, log);
    if ((dataset = load(config, log)) == NULL)
        goto out;
    log_write(log, LEVEL_INFO, "%s: dataset %s, version %s", dataset_name(config), sme_dataset_id(dataset),
              sme_dataset_version(dataset));
    if ((service = service_new(config, dataset)) == NULL) {
        log_write(log, LEVEL_ERROR, "there is not enough memory to serve");
        goto out;
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

    while (sigwait(stop, &signal_number) != 0) {
    }
    drain(config, stop, service, acceptor, http, log);
    exit_status = EXIT_SUCCESS;

out:
    http_stop(http);
    service_free(service);
    sme_dataset_unref(dataset);
    return exit_status;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* --export: what was written is the output; what went wrong is the log's. */
static int export_files(const struct config *config, struct log *log)
{
    struct sme_dataset *dataset = load(config, log);
    struct service *service = dataset != NULL ? service_new(config, dataset) : NULL;
    struct export_outcome outcome;
    char text[FAULT_BYTES_MAX];
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

    struct log *log = log_new(config.log_level, config.log_format);
    if (log == NULL) {
        (void)fputs("smestatd: there is not enough memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    block_signals(&stop);
    config_unknown_variables(environ, warn_to_log, log);
    int exit_status = config.export_to != NULL ? export_files(&config, log) : serve(&config, &stop, log);
    log_free(log);
    return exit_status;
}
