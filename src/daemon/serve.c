/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include "acceptor.h"
#include "http.h"
#include "listener.h"
#include "loader.h"
#include "memory.h"
#include "metrics.h"
#include "notify.h"
#include "reload.h"
#include "sandbox.h"
#include "service.h"
#include "successor.h"
#include "watch.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <smestat.h>

/* What runs. Each role of listeners that there is has a transport and an acceptor; those that run first count while the
 * others start, when somebody asks for the metrics. */
struct server {
    const struct config *config;
    struct log *log;
    struct notifier notifier;
    struct service *service;
    struct watch *watch;       /* until it is the reloader's */
    bool unwatched;            /* files that only the dataset names were read before they were watched */
    struct reloader *reloader; /* NULL: there is nothing to reload */
    struct tls *tls; /* NULL: there is none */
    struct listeners listeners;
    struct successor successor;
    bool succeeded; /* another process has the listeners, and takes new clients */
    struct proxies proxies;
    struct crowd *crowd;
    struct refusal refusal;
    struct http *_Atomic http[LISTENER_ROLES];
    struct acceptor *_Atomic acceptor[LISTENER_ROLES];
};

/* ---- Signals --------------------------------------------------------------------------------------------------- */

/* Those that end the daemon, and also those that it is told by. */
static sigset_t signals(bool all)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (all) {
        (void)sigaddset(&set, SIGHUP);
        (void)sigaddset(&set, SIGUSR2);
    }
    return set;
}

void serve_prepare(bool reloads)
{
    /* Blocked before any thread starts, so that all of them leave the signals to main. One that came before there is
     * anything to reload waits until there is; nohup would have it thrown away. */
    sigset_t blocked = signals(reloads);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (reloads)
        (void)signal(SIGHUP, SIG_DFL);
    /* A pipe without a reader and a file over its limit are errors of write. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    memory_prepare();
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits until then for one of these signals. @return it, or 0. */
static int wait_for(const sigset_t *set, uint64_t until_ms)
{
    int number;

    for (uint64_t now; (now = now_ms()) < until_ms;) {
        struct timespec left = {
            .tv_sec = (time_t)((until_ms - now) / 1000),
            .tv_nsec = (long)((until_ms - now) % 1000 * 1000000),
        };
        if ((number = sigtimedwait(set, NULL, &left)) > 0)
            return number;
    }
    return 0;
}

/* ---- Running --------------------------------------------------------------------------------------------------- */

/* Asks a serving thread as a client would, over a connection that nobody else can fill. */
static bool answers(struct http *http, int patience_ms)
{
    static const char question[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200 ";
    const struct sockaddr local = {.sa_family = AF_UNIX};
    char answer[sizeof good - 1];
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return errno == EMFILE || errno == ENFILE; /* a crowd is no reason to be restarted */
    http_add(http, ends[1], &local, sizeof local.sa_family, NULL);
    struct pollfd watched = {.fd = ends[0], .events = POLLIN};
    bool good_one = send(ends[0], question, sizeof question - 1, MSG_NOSIGNAL) == (ssize_t)sizeof question - 1 &&
                    poll(&watched, 1, patience_ms) == 1 && recv(ends[0], answer, sizeof answer, 0) == sizeof answer &&
                    memcmp(answer, good, sizeof answer) == 0;
    (void)close(ends[0]);
    return good_one;
}

/* The manager wants to hear something twice in each interval, and hears it while answers are made. */
static void feed_watchdog(const struct server *server)
{
    if (answers(server->http[LISTENER_PUBLIC], (int)(server->notifier.watchdog_ms / 4)))
        notify_watchdog(&server->notifier);
    else
        log_write(server->log, LEVEL_ERROR, "the serving threads do not answer");
}

static void reload(struct server *server)
{
    notify_reloading(&server->notifier);
    if (server->reloader != NULL) {
        reloader_ask(server->reloader);
        return;
    }
    log_write(server->log, LEVEL_INFO, "there is nothing to reload: %s", loader_name(NULL));
    notify_ready(&server->notifier);
}

/* Starts the program anew, or hears that this failed. */
static void upgrade(struct server *server)
{
    pid_t pid;

    if (successor_outcome(&server->successor, &pid) == SUCCESSION_FAILED)
        log_write(server->log, LEVEL_ERROR, "upgrade: the program that was started ended before it was ready");
    else if (server->successor.channel < 0)
        log_write(server->log, LEVEL_WARNING, "upgrade: SIGUSR2 does nothing without --upgrade");
    else if (successor_start(&server->successor, &server->listeners))
        log_write(server->log, LEVEL_INFO, "upgrade: the program is started anew");
    else
        log_write(server->log, LEVEL_ERROR, "upgrade: the process beside this one is gone");
}

/* Whether it is a successor that ends this process; then it has the clients that are still to come. */
static void look_for_successor(struct server *server)
{
    pid_t pid;

    if (successor_outcome(&server->successor, &pid) != SUCCESSION_DONE)
        return;
    server->succeeded = true;
    log_write(server->log, LEVEL_INFO, "upgrade: process %jd has taken over", (intmax_t)pid);
    notify_successor(&server->notifier, (long)pid);
}

/* Does what signals ask for, until one asks to stop. */
static void run(struct server *server)
{
    const sigset_t all = signals(true);
    uint64_t interval_ms = server->notifier.watchdog_ms / 2;

    for (;;) {
        int number = wait_for(&all, interval_ms > 0 ? now_ms() + interval_ms : UINT64_MAX);
        if (number == SIGHUP)
            reload(server);
        else if (number == SIGUSR2)
            upgrade(server);
        else if (number > 0)
            return;
        else
            feed_watchdog(server);
    }
}

/* ---- Stopping -------------------------------------------------------------------------------------------------- */

static void measure_traffic(const void *transport, struct traffic *ret_traffic)
{
    const struct server *server = transport;
    struct traffic traffic = {.connections = 0};
    unsigned long long turned_away[TURNED_REASONS] = {0};
    struct wire_counts counts;

    for (size_t i = 0; i < LISTENER_ROLES; i++) {
        traffic.connections += server->http[i] != NULL ? http_connections(server->http[i]) : 0;
        if (server->acceptor[i] != NULL)
            acceptor_count(server->acceptor[i], &traffic.accepted, turned_away);
    }
    wire_count(&counts);
    traffic.full = turned_away[TURNED_BY_LIMIT];
    traffic.crowded = turned_away[TURNED_BY_ADDRESS];
    traffic.short_of_descriptors = turned_away[TURNED_BY_DESCRIPTORS];
    traffic.late_handshakes = counts.late_handshakes;
    traffic.late_heads = counts.late_heads;
    traffic.late_answers = counts.late_answers;
    traffic.has_tls = server->tls != NULL;
    if (traffic.has_tls)
        tls_count(server->tls, &traffic.tls);
    *ret_traffic = traffic;
}

static bool has_clients(const struct server *server)
{
    bool some = false;
    for (size_t i = 0; i < LISTENER_ROLES; i++)
        some = some || (server->http[i] != NULL && http_has_clients(server->http[i]));
    return some;
}

/* Ends in steps, so that nobody loses an answer: tell load balancers, accept no more, let answers end. A second signal
 * is taken at its word. */
static void drain(struct server *server)
{
    /* A client that has a connection may be about to use it: it is ended by the answer, or after so long without one. */
    enum { TICK_MS = 10, QUIET_MS = 500, SUCCEEDED_QUIET_MS = 3000 };
    const sigset_t stop = signals(false);

    /* Nobody waits for the end of a daemon that another follows. */
    uint64_t quiet_ms = server->succeeded ? SUCCEEDED_QUIET_MS : QUIET_MS;
    uint64_t grace_s = server->succeeded ? 0 : server->config->drain_grace_s;

    log_write(server->log, LEVEL_INFO, "stopping: accepting connections for %ju more seconds", (uintmax_t)grace_s);
    service_drain(server->service);
    if (!server->succeeded)
        notify_stopping(&server->notifier);
    bool hurry = wait_for(&stop, now_ms() + grace_s * 1000) > 0;
    for (size_t i = 0; i < LISTENER_ROLES; i++)
        acceptor_stop(server->acceptor[i], !server->succeeded);
    listeners_close(&server->listeners);

    uint64_t now = now_ms(), end = now + server->config->drain_timeout_s * 1000, busy_at = now;
    while (!hurry && now < end && now - busy_at < quiet_ms && has_clients(server)) {
        hurry = wait_for(&stop, now + TICK_MS) > 0;
        now = now_ms();
        if (service_busy(server->service) > 0)
            busy_at = now;
    }
    unsigned left = service_busy(server->service);
    if (left > 0)
        log_write(server->log, LEVEL_WARNING, "stopping: %u answers were not finished", left);
}

/* ---- Starting -------------------------------------------------------------------------------------------------- */

enum { ADMIN_CONNECTIONS = 64 }; /* probes come one at a time; more are people who look around */

/* Each connection is a descriptor; many systems start programs with a limit of 1024 that they may raise themselves. */
static void raise_descriptor_limit(const struct config *config, struct log *log)
{
    enum { OTHERS = 64 }; /* what else is open: logs, epoll and event descriptors of the threads */
    struct rlimit limit;
    rlim_t wanted = (rlim_t)config->max_connections + OTHERS + 2 * (rlim_t)config->threads +
                    (config->admin_port != NULL ? (rlim_t)ADMIN_CONNECTIONS : 0);

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_write(log, LEVEL_WARNING,
                  "the limit on open files is %ju, too low for --max-connections %ju; raise the one or lower the other",
                  (uintmax_t)limit.rlim_cur, (uintmax_t)config->max_connections);
}

static void say_to_log(void *log, const char *sentence)
{
    log_write(log, LEVEL_ERROR, "%s", sentence);
}

/* Gives up what serving does not take: all files but those of the dataset and the certificate, and Unix sockets of its own
 * to remove. */
static bool close_files(const struct server *server, const struct sme_dataset *dataset)
{
    enum { FILES_MAX = 128 }; /* more than a dataset is read from */
    const char *read[FILES_MAX + 3] = {NULL}, *removed[LISTENERS_MAX + 1] = {NULL}, *file;
    size_t readable = 0, removable = 0;

    if (loader_reads_file(server->config->dataset)) {
        read[readable++] = server->config->dataset;
        for (size_t i = 0; readable < FILES_MAX && (file = sme_dataset_file(dataset, i)) != NULL; i++)
            read[readable++] = file;
    }
    if (server->tls != NULL) {
        read[readable++] = server->config->tls_certificate;
        read[readable++] = server->config->tls_key;
    }
    for (size_t i = 0; i < server->listeners.count; i++)
        if (*server->listeners.list[i].path != '\0')
            removed[removable++] = server->listeners.list[i].path;
    metrics_open();
    return sandbox_close_files(server->config->sandbox, &(struct sandbox_files){read, removed}, server->log);
}

/* Watches what was named by options, if that was asked for. */
static bool start_watch(struct server *server)
{
    const struct config *config = server->config;
    bool has_file = loader_reads_file(config->dataset), good = true;

    if (!config->watch)
        return true;
    server->watch = watch_new(has_file ? config->dataset : config->tls_certificate);
    if (server->watch != NULL && config->tls_certificate != NULL)
        good = (!has_file || watch_add(server->watch, config->tls_certificate)) &&
               (strcmp(config->tls_certificate, config->tls_key) == 0 || watch_add(server->watch, config->tls_key));
    if (server->watch == NULL || !good)
        log_write(server->log, LEVEL_ERROR, "there is not enough memory to watch");
    return server->watch != NULL && good;
}

static bool start_tls(struct server *server)
{
    const struct config *config = server->config;
    char fault[512];

    struct credentials *credentials = credentials_read(config->tls_certificate, config->tls_key, fault, sizeof fault);

    if (credentials == NULL) {
        log_write(server->log, LEVEL_ERROR, "%s", fault);
        return false;
    }
    if ((server->tls = tls_new(credentials)) == NULL) {
        log_write(server->log, LEVEL_ERROR, "there is not enough memory for TLS");
        return false;
    }
    reload_say_certificate(server->tls, config, server->log);
    return true;
}

/* All that takes rights, and is done before there is a second thread: reads the dataset, opens sockets. Then gives the
 * rights up. */
static bool prepare(struct server *server)
{
    const struct config *config = server->config;
    struct log *log = server->log;
    char fault[256];
    bool good = false;

    /* Before it is read, so that no change is missed. */
    if (!start_watch(server))
        return false;
    if (config->tls_certificate != NULL && !start_tls(server))
        return false;
    struct sme_dataset *dataset = loader_load(config->dataset, say_to_log, log).dataset;
    if (dataset == NULL)
        return false;
    log_write(log, LEVEL_INFO, "%s: dataset %s, version %s", loader_name(config->dataset), sme_dataset_id(dataset),
              sme_dataset_version(dataset));
    server->unwatched = reload_watch_files(server->watch, dataset);
    server->service = service_new(config, dataset);
    if (server->service == NULL)
        log_write(log, LEVEL_ERROR, "there is not enough memory to serve");
    else if (!listeners_open(config, &server->listeners, fault, sizeof fault))
        log_write(log, LEVEL_ERROR, "%s", fault);
    else
        good = close_files(server, dataset);
    sme_dataset_unref(dataset); /* only the service's from here on, or it would outlive a reload */
    memory_give_back();
    return good;
}

/* Starts to wait for changes of the dataset and the certificate, if there are such that may change. */
static bool start_reloader(struct server *server)
{
    int error;

    if (!loader_reads_file(server->config->dataset) && server->tls == NULL)
        return true;
    error = reloader_start(server->config, server->service, server->tls, server->watch, server->log, &server->notifier,
                           &server->reloader);
    server->watch = NULL; /* the reloader's */
    if (error != 0) {
        log_write(server->log, LEVEL_ERROR, "cannot start to wait for reloads: %s", strerror(error));
        return false;
    }
    /* Files that only the document names were not watched while they were read: they are looked at again. */
    if (server->unwatched)
        reloader_ask(server->reloader);
    return true;
}

/* Starts the threads of one role, if it has a socket. */
static bool start_role(struct server *server, enum listener_role role, const struct http_limits *limits)
{
    struct http *http;
    struct acceptor *acceptor;
    bool wanted = false;
    int error;

    for (size_t i = 0; i < server->listeners.count; i++)
        wanted = wanted || server->listeners.list[i].role == role;
    if (!wanted)
        return true;
    if ((error = http_start(server->config, limits, server->service, server->log, &http)) != 0) {
        log_write(server->log, LEVEL_ERROR, "cannot start serving: %s", strerror(error));
        return false;
    }
    server->http[role] = http;
    const struct acceptor_means means = {
        .listeners = &server->listeners,
        .role = role,
        .http = http,
        .tls = server->tls,
        .crowd = limits->crowd,
        .refusal = &server->refusal,
        .log = server->log,
        .answer_timeout_ms = (unsigned)server->config->answer_timeout_s * 1000,
    };
    if ((error = acceptor_start(&means, &acceptor)) != 0) {
        log_write(server->log, LEVEL_ERROR, "cannot start accepting: %s", strerror(error));
        return false;
    }
    server->acceptor[role] = acceptor;
    return true;
}

/* Then, when all of them run, gives up the system calls that they don't make. */
static bool start_threads(struct server *server)
{
    struct http_limits limits = {
        .threads = config_threads(server->config, ""),
        .connections = (unsigned)server->config->max_connections,
        .proxies = &server->proxies,
    };
    const struct http_limits admin_limits = {
        .threads = 1, .connections = ADMIN_CONNECTIONS, .proxies = &server->proxies};
    int error = log_start_access(server->log);

    if (error != 0) {
        log_write(server->log, LEVEL_ERROR, "access log %s: %s", server->config->access_log, strerror(error));
        return false;
    }
    if ((error = wire_start(server->config)) != 0) {
        log_write(server->log, LEVEL_ERROR, "cannot start to keep time: %s", strerror(error));
        return false;
    }
    if (!refusal_make(server->config, &server->refusal) ||
        (server->crowd = crowd_new((unsigned)server->config->max_connections_per_address, &server->proxies)) == NULL) {
        log_write(server->log, LEVEL_ERROR, "there is not enough memory to listen");
        return false;
    }
    limits.crowd = server->crowd;
    service_watch_traffic(server->service, measure_traffic, server);
    return start_reloader(server) && start_role(server, LISTENER_ADMIN, &admin_limits) &&
           start_role(server, LISTENER_PUBLIC, &limits) && sandbox_close_calls(server->config->sandbox, server->log);
}

/* For programs that started this one and wait for it: the same words under every option. */
static void announce(const struct listeners *listeners, enum listener_role role, const char *words)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->list[i].role == role)
            (void)fprintf(stderr, "%s %s\n", words, listeners->list[i].url);
}

int serve(const struct config *config, char *const argv[], struct log *log)
{
    struct server server = {.config = config, .log = log, .notifier.fd = -1, .successor.channel = -1};
    int error, exit_status = EXIT_FAILURE;

    if (config->access_log != NULL && (error = log_open_access(log, config->access_log, config->access_format)) != 0) {
        log_write(log, LEVEL_ERROR, "access log %s: %s", config->access_log, strerror(error));
        return exit_status;
    }
    if (config->upgrade && (error = successor_prepare(argv, &server.successor)) != 0) {
        log_write(log, LEVEL_ERROR, "--upgrade: %s", strerror(error));
        return exit_status;
    }
    (void)proxies_read(config->trusted_proxies, &server.proxies); /* the option was checked */
    notifier_open(&server.notifier);
    raise_descriptor_limit(config, log);
    if (prepare(&server) && start_threads(&server)) {
        announce(&server.listeners, LISTENER_ADMIN, "admin listening on");
        announce(&server.listeners, LISTENER_PUBLIC, "listening on");
        notify_ready(&server.notifier);
        successor_ready();
        run(&server);
        look_for_successor(&server);
        reloader_stop(server.reloader);
        server.reloader = NULL;
        drain(&server);
        exit_status = EXIT_SUCCESS;
    }

    reloader_stop(server.reloader);
    for (size_t i = 0; i < LISTENER_ROLES; i++) {
        acceptor_stop(server.acceptor[i], false);
        http_stop(server.http[i]);
    }
    /* Only now: until here one may be asked for what the others count. */
    for (size_t i = 0; i < LISTENER_ROLES; i++) {
        acceptor_free(server.acceptor[i]);
        http_free(server.http[i]);
    }
    wire_stop();
    crowd_free(server.crowd);
    refusal_finish(&server.refusal);
    listeners_close(&server.listeners);
    service_free(server.service);
    tls_free(server.tls);
    watch_free(server.watch);
    notifier_close(&server.notifier);
    successor_finish(&server.successor);
    return exit_status;
}
