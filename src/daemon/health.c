/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_S = 3 }; /* less than container engines wait for a check */

/* Where a daemon that listens on this address can be reached from the same host. */
static const char *reachable(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0     ? "127.0.0.1"
           : strcmp(address, "::") == 0        ? "::1"
           : strcmp(address, "localhost") == 0 ? "127.0.0.1"
                                               : address;
}

static int connect_to(const struct config *config)
{
    const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    const struct timeval wait = {.tv_sec = WAIT_S};
    struct addrinfo *found;
    char port[8];

    (void)snprintf(port, sizeof port, "%u", (unsigned)config->port);
    if (getaddrinfo(reachable(config->address), port, &wanted, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
                    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
                    connect(fd, found->ai_addr, found->ai_addrlen) != 0)) {
        int error = errno;

        (void)close(fd);
        errno = error;
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

bool health_ask(const struct config *config)
{
    static const char question[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200 ";
    char answer[sizeof good] = "";
    size_t length = 0;
    ssize_t got = 1;

    int fd = connect_to(config);
    bool asked = fd >= 0 && send(fd, question, sizeof question - 1, MSG_NOSIGNAL) == (ssize_t)sizeof question - 1;
    while (asked && length < sizeof good - 1 && (got = recv(fd, answer + length, sizeof good - 1 - length, 0)) > 0)
        length += (size_t)got;
    bool healthy = asked && strcmp(answer, good) == 0;
    if (!healthy)
        (void)fprintf(stderr, "smestatd: not healthy at %s port %u: %s\n", config->address, (unsigned)config->port,
                      !asked || got < 0 ? strerror(errno) : "the answer was not 200");
    if (fd >= 0)
        (void)close(fd);
    return healthy;
}
