/* SPDX-License-Identifier: MIT */
#include "health.h"

#include "place.h"
#include "tls.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Where to ask: where probes are expected, or at the first place there is. */
static struct place place_of(const struct config *config)
{
    struct place place = {.address = ""};
    const char *at = config->listen;
    bool has_admin = config->admin_port != NULL;

    if (!has_admin && at != NULL && place_read(&at, &place))
        return place;
    (void)snprintf(place.address, sizeof place.address, "%s", has_admin ? config->admin_address : config->address);
    place.tls = !has_admin && config->tls_certificate != NULL;
    place.port = (uint16_t)(has_admin ? strtoul(config->admin_port, NULL, 10) : config->port);
    return place;
}

static int connect_to_address(int family, const struct sockaddr *address, socklen_t length)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
         setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 || connect(fd, address, length) != 0)) {
        int error = errno;

        (void)close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}

static int connect_to(const struct place *place)
{
    const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct addrinfo *found;
    char port[8];

    if (*place->address == '\0') {
        memcpy(local.sun_path, place->path, sizeof local.sun_path);
        return connect_to_address(AF_UNIX, (const struct sockaddr *)&local, sizeof local);
    }
    (void)snprintf(port, sizeof port, "%u", (unsigned)place->port);
    if (getaddrinfo(reachable(place->address), port, &wanted, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = connect_to_address(found->ai_family, found->ai_addr, found->ai_addrlen);
    int error = errno;
    freeaddrinfo(found);
    errno = error;
    return fd;
}

/* @return how many bytes of the answer came; -1 with errno: none. */
static ssize_t ask(int fd, const char *question, char *answer, size_t answer_size)
{
    size_t length = 0;
    ssize_t got = send(fd, question, strlen(question), MSG_NOSIGNAL);

    while (got > 0 && length < answer_size && (got = recv(fd, answer + length, answer_size - length, 0)) > 0)
        length += (size_t)got;
    return got < 0 ? -1 : (ssize_t)length;
}

bool health_ask(const struct config *config)
{
    static const char question[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200 ";
    char answer[sizeof good] = "";
    ssize_t got = -1;

    const struct place place = place_of(config);
    int fd = connect_to(&place);
    if (fd >= 0 && place.tls) /* whose certificate it is does not matter: it is this host that answers */
        got = tls_ask(fd, question, sizeof question - 1, answer, sizeof good - 1);
    else if (fd >= 0)
        got = ask(fd, question, answer, sizeof good - 1);
    bool healthy = got > 0 && strcmp(answer, good) == 0;
    const char *reason = got >= 0 ? "the answer was not 200" : fd >= 0 && place.tls ? "no TLS" : strerror(errno);
    if (!healthy && *place.address == '\0')
        (void)fprintf(stderr, "smestatd: not healthy at %s: %s\n", place.path, reason);
    else if (!healthy)
        (void)fprintf(stderr, "smestatd: not healthy at %s port %u: %s\n", place.address, (unsigned)place.port, reason);
    if (fd >= 0)
        (void)close(fd);
    return healthy;
}
