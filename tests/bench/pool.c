/* SPDX-License-Identifier: MIT */
/*
 * A load of keep-alive requests from one thread, and what it costs the server: `pool [OPTION=NUMBER…] FILE`. FILE holds one
 * request a line: method, target and header fields, with tabs between; they are sent in turn, one at a time on each
 * connection, to 127.0.0.1. Prints one line of JSON. Bounded by `count`; ends by itself.
 *
 *   port=8080 connections=32 count=20000 pid=0 idle=0 silent=0 awake=0
 *
 * `pid` is the server's: its processor time is read from its own clock before and after (and that of its children's, as far
 * as they are named by `pid2`, `pid3`). `idle` connections are opened first, ask once, and stay; `silent` ones never ask. Two
 * seconds later the load begins. How much memory the first process has in the end, while all of them are there, is printed as
 * `resident_kib`.
 *
 * With `awake` the load never sleeps, for which it takes a processor of its own. To wake a sleeper is work of the server's, the
 * more often the later its answers come, and no client on another machine asks it of any server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 16 * 1024, PIDS = 8 };

struct request {
    char *bytes;
    size_t length;
    bool head;
};

struct connection {
    int fd;
    const struct request *request;
    uint64_t sent_at;
    size_t head_length; /* of the answer, so far */
    size_t rest;        /* of its body; meaningful when `in_body` */
    bool in_body;
    char head[HEAD_MAX];
};

static struct {
    long port, connections, count, idle, silent, awake, pids[PIDS];
} options = {.port = 8080, .connections = 32, .count = 20000};

static struct request *requests;
static size_t request_count;
static unsigned long long statuses[600], body_bytes;
static uint64_t *latencies;
static long sent, answered;

static void die(const char *what)
{
    fprintf(stderr, "pool: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(clockid_t clock)
{
    struct timespec at;

    if (clock_gettime(clock, &at) != 0)
        return 0;
    return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

/* Nanoseconds of processor time that the named processes have used. */
static uint64_t server_time(void)
{
    uint64_t sum = 0;
    clockid_t clock;

    for (size_t i = 0; i < PIDS && options.pids[i]; i++)
        if (clock_getcpuclockid((pid_t)options.pids[i], &clock) == 0)
            sum += now(clock);
    return sum;
}

/* Kibibytes of memory that the first named process has now; 0: not known. */
static long resident(void)
{
    char path[64], line[256];
    long kib = 0;

    snprintf(path, sizeof path, "/proc/%ld/status", options.pids[0]);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = atol(line + 6);
    fclose(file);
    return kib;
}

static void read_requests(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (!file)
        die(path);
    while ((length = getline(&line, &size, file)) > 0) {
        char *bytes = NULL, *rest = line, *field;
        size_t written = 0;
        FILE *out = open_memstream(&bytes, &written);

        line[strcspn(line, "\n")] = '\0';
        requests = realloc(requests, (request_count + 1) * sizeof *requests);
        if (!out || !requests)
            die("memory");
        char *method = strsep(&rest, "\t"), *target = strsep(&rest, "\t");
        if (!target)
            continue;
        fprintf(out, "%s %s HTTP/1.1\r\nHost: localhost:%ld\r\n", method, target, options.port);
        while ((field = strsep(&rest, "\t")) != NULL)
            fprintf(out, "%s\r\n", field);
        fputs("\r\n", out);
        fclose(out);
        requests[request_count++] = (struct request){bytes, written, strcmp(method, "HEAD") == 0};
    }
    free(line);
    fclose(file);
    if (!request_count) {
        errno = 0;
        die("no request");
    }
}

static int open_connection(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_next(struct connection *c)
{
    c->request = &requests[(size_t)sent++ % request_count];
    c->head_length = 0;
    c->in_body = false;
    c->sent_at = now(CLOCK_MONOTONIC);
    if (send(c->fd, c->request->bytes, c->request->length, MSG_NOSIGNAL) != (ssize_t)c->request->length)
        die("send");
}

/* Reads status and length from a whole head. */
static void read_head(struct connection *c, size_t length)
{
    int status = atoi(c->head + 9);

    c->rest = 0;
    c->in_body = true;
    if (status < 100 || status > 599)
        die("status");
    statuses[status]++;
    c->head[length - 1] = '\0';
    const char *field = strcasestr(c->head, "\ncontent-length:");
    if (field && !c->request->head && status != 304 && status != 204)
        c->rest = strtoul(field + 16, NULL, 10);
    body_bytes += c->rest;
}

/* True when the answer is complete. */
static bool take(struct connection *c)
{
    static char body[1 << 20];

    if (c->in_body) {
        ssize_t got = recv(c->fd, body, c->rest < sizeof body ? c->rest : sizeof body, 0);

        if (got <= 0)
            die("closed in a body");
        c->rest -= (size_t)got;
        return c->rest == 0;
    }
    ssize_t got = recv(c->fd, c->head + c->head_length, HEAD_MAX - c->head_length, 0);
    if (got <= 0)
        die("closed");
    c->head_length += (size_t)got;
    char *end = memmem(c->head, c->head_length, "\r\n\r\n", 4);
    if (!end)
        return false;
    size_t head = (size_t)(end + 4 - c->head), behind = c->head_length - head;
    read_head(c, head);
    if (behind > c->rest)
        die("more than was announced");
    c->rest -= behind;
    return c->rest == 0;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void parse_option(const char *text)
{
    static const struct {
        const char *name;
        long *value;
    } names[] = {
        {"port=", &options.port},    {"connections=", &options.connections},
        {"count=", &options.count},  {"idle=", &options.idle},
        {"awake=", &options.awake},  {"silent=", &options.silent},
        {"pid=", &options.pids[0]},  {"pid2=", &options.pids[1]},
        {"pid3=", &options.pids[2]}, {"pid4=", &options.pids[3]},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0) {
            *names[i].value = atol(text + strlen(names[i].name));
            return;
        }
    errno = EINVAL;
    die(text);
}

/* At least one event. */
static int await(int epoll, struct epoll_event *events, int most)
{
    const int patience_ms = 10000;
    uint64_t since = now(CLOCK_MONOTONIC);
    int count;

    do
        count = epoll_wait(epoll, events, most, options.awake ? 0 : patience_ms);
    while (count == 0 && options.awake && now(CLOCK_MONOTONIC) - since < (uint64_t)patience_ms * 1000000);
    if (count <= 0)
        die("no answer for ten seconds");
    return count;
}

int main(int argc, char **argv)
{
    struct rlimit files;

    if (argc < 2)
        return 2;
    for (int i = 1; i + 1 < argc; i++)
        parse_option(argv[i]);
    read_requests(argv[argc - 1]);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    if (options.connections > options.count)
        options.connections = options.count;
    struct connection *connections = calloc((size_t)options.connections + 1, sizeof *connections);
    latencies = calloc((size_t)options.count, sizeof *latencies);
    if (!connections || !latencies)
        die("memory");

    for (long i = 0; i < options.idle; i++) {
        struct connection *one = &connections[options.connections];

        one->fd = open_connection();
        send_next(one);
        while (!take(one))
            ;
    }
    for (long i = 0; i < options.silent; i++)
        (void)open_connection();
    if (options.idle + options.silent > 0)
        (void)sleep(2);
    sent = 0;
    memset(statuses, 0, sizeof statuses);
    body_bytes = 0;

    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (long i = 0; i < options.connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};

        connections[i].fd = open_connection();
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event) != 0)
            die("epoll_ctl");
    }
    uint64_t cpu = server_time(), began = now(CLOCK_MONOTONIC);
    for (long i = 0; i < options.connections; i++)
        send_next(&connections[i]);
    while (answered < options.count) {
        struct epoll_event events[64];
        int count = await(epoll, events, 64);

        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;

            if (!take(c))
                continue;
            latencies[answered++] = now(CLOCK_MONOTONIC) - c->sent_at;
            if (sent < options.count)
                send_next(c);
        }
    }
    uint64_t ended = now(CLOCK_MONOTONIC), used = server_time() - cpu;
    qsort(latencies, (size_t)options.count, sizeof *latencies, by_size);
    printf("{\"requests\":%ld,\"seconds\":%.6f,\"cpu_ns\":%.1f,\"body_bytes\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,"
           "\"resident_kib\":%ld,\"statuses\":{",
           answered, (double)(ended - began) / 1e9, (double)used / (double)answered,
           (double)body_bytes / (double)answered, (double)latencies[answered / 2] / 1e3,
           (double)latencies[answered * 99 / 100] / 1e3, resident());
    const char *comma = "";
    for (int i = 0; i < 600; i++)
        if (statuses[i]) {
            printf("%s\"%d\":%llu", comma, i, statuses[i]);
            comma = ",";
        }
    puts("}}");
    return 0;
}
