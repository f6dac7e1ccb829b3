/* SPDX-License-Identifier: MIT */
/*
 * What comes over a socket, through the HTTP library: any bytes, sent at once or in two parts, the first of which is as
 * long as the first byte says. What comes back are answers of ours, whole, one behind the other, each with its length;
 * then the connection ends. Nothing is the library's own, and no request that was refused is followed by another answer.
 */
#include "fuzz.h"

#include "config.h"
#include "http.h"
#include "proxies.h"
#include "wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20 }; /* longer than any answer takes; what asks for none is given up */

static struct config config;
static struct http *http;

static void start(void)
{
    static char program[] = "smestatd";
    char *arguments[] = {program, NULL}, *environment[] = {NULL};
    struct sme_dataset *dataset;
    struct sme_faults *faults;

    MUST(config_read(1, arguments, environment, stdout, stderr, &config) == CONFIG_RUN);
    MUST(sme_faults_new(&faults) == SME_OK && sme_dataset_load_builtin(faults, &dataset) == SME_OK);
    struct service *service = service_new(&config, dataset);
    struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);
    static const struct proxies nobody;
    const struct http_limits limits = {.threads = 1, .connections = 64, .proxies = &nobody};
    MUST(service && log && wire_start(&config) == 0 && http_start(&config, &limits, service, log, &http) == 0);
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
}

/* All that comes until the other side ends. False: it doesn't, because it waits for more of a request. */
static bool receive(int fd, char **ret_bytes, size_t *ret_length)
{
    size_t length = 0, capacity = 1 << 16;
    char *bytes = malloc(capacity);
    bool ended = false;

    while (!ended) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, PATIENCE_MS) == 0)
            break;
        ssize_t got = read(fd, bytes + length, capacity - length); /* recv is the daemon's own */
        ended = got <= 0;
        if (ended)
            break;
        length += (size_t)got;
        if (length == capacity)
            MUST((bytes = realloc(bytes, capacity *= 2)) != NULL);
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return ended;
}

static const char *find(const char *from, const char *end, const char *what)
{
    return memmem(from, (size_t)(end - from), what, strlen(what));
}

/* One answer: @return where it ends. The requests are not known, so the body may be missing, as for HEAD. */
static const char *check_answer(const char *at, const char *end, bool *ret_closes)
{
    const char *behind = find(at, end, "\r\n\r\n");

    MUST(behind && strncmp(at, "HTTP/1.", 7) == 0);
    behind += 4;
    const char *length = find(at, behind, "\r\nContent-Length: ");
    MUST(find(at, behind, "\r\nServer: smestatd\r\n"));
    MUST(!find(at, behind, "text/html") || find(at, behind, "\r\nContent-Security-Policy: "));
    *ret_closes = find(at, behind, "\r\nConnection: close\r\n") != NULL;
    size_t size = length && strncmp(at + 9, "304", 3) != 0 ? strtoul(length + 18, NULL, 10) : 0;
    if (behind == end || strncmp(behind, "HTTP/1.", 7) == 0)
        return behind;
    MUST(size <= (size_t)(end - behind));
    return behind + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    int pair[2];
    char *answers;
    size_t received;
    bool closed = false;

    if (!http)
        start();
    if (length == 0)
        return 0;
    const char *request = (const char *)bytes + 1;
    size_t size = length - 1, first = bytes[0] < size ? bytes[0] : size;

    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    while (!http_has_room(http))
        (void)poll(NULL, 0, 1);
    const struct sockaddr address = {.sa_family = AF_UNIX};
    http_add(http, pair[0], &address, sizeof address, NULL);
    (void)send(pair[1], request, first, MSG_NOSIGNAL);
    (void)send(pair[1], request + first, size - first, MSG_NOSIGNAL);
    (void)send(pair[1], "\r\n\r\n", 4, MSG_NOSIGNAL); /* most heads that are cut end here */
    (void)shutdown(pair[1], SHUT_WR);
    bool ended = receive(pair[1], &answers, &received);
    (void)close(pair[1]);
    for (const char *at = answers, *end = answers + received; ended && at < end;) {
        MUST(!closed);
        at = check_answer(at, end, &closed);
    }
    free(answers);
    return 0;
}
