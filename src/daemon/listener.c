/* SPDX-License-Identifier: MIT */
/*
 * The listening socket. Only numeric addresses and "localhost" are taken, so that starting never waits for a name server
 * and never listens on more than one asked for.
 */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What to do about it, by errno; 0 ends the list and stands for every other one. */
static const struct {
    int fault;
    const char *advice;
} advices[] = {
    {EADDRINUSE, "end the other program or choose another --port (0 lets the system choose)"},
    {EACCES, "ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher --port"},
    {EPERM, "this system's rules forbid it; choose another --port or --address"},
    {EADDRNOTAVAIL, "no interface has this address; choose another --address, such as 127.0.0.1 or ::"},
    {EAFNOSUPPORT, "this kind of address is turned off here; choose another --address, such as 127.0.0.1"},
    {EMFILE, "raise the limit on open files"},
    {0, "choose another --address or --port"},
};

static const char *advice(int fault)
{
    size_t i = 0;
    while (advices[i].fault != 0 && advices[i].fault != fault)
        i++;
    return advices[i].advice;
}

static bool set_options(int fd, int family)
{
    const int yes = 1, no = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        return false;
    /* "::" means every address, IPv4 too, whatever the system's default is. */
    return family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0;
}

/* The URL of the address that was really bound, with the port the system chose. */
static bool describe(int fd, char *url, size_t size)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&bound, &length) != 0 ||
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    int written = snprintf(url, size, bound.ss_family == AF_INET6 ? "http://[%s]:%s" : "http://%s:%s", host, port);
    return written > 0 && (size_t)written < size;
}

bool listener_open(const char *address, uint16_t port, struct listener *ret_listener, char *fault, size_t fault_size)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    struct listener listener = {.fd = -1};
    char service[sizeof "65535"];
    bool done = false;

    /* Not by asking the resolver: a machine whose hosts file lacks the name, or gives it ::1 first, is no rarity. */
    const char *numeric = strcmp(address, "localhost") == 0 ? "127.0.0.1" : address;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    int status = getaddrinfo(numeric, service, &hints, &found);
    if (status != 0) {
        (void)snprintf(fault, fault_size, "'%s' cannot be listened on: %s; give a numeric --address or localhost",
                       address, status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
        goto out;
    }

    listener.fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener.fd < 0 || !set_options(listener.fd, found->ai_family) ||
        bind(listener.fd, found->ai_addr, found->ai_addrlen) != 0 || listen(listener.fd, SOMAXCONN) != 0 ||
        !describe(listener.fd, listener.url, sizeof listener.url)) {
        int cause = errno;
        (void)snprintf(fault, fault_size, "cannot listen on %s port %u: %s; %s", address, (unsigned)port,
                       strerror(cause), advice(cause));
        goto out;
    }
    *ret_listener = listener;
    done = true;

out:
    if (!done && listener.fd >= 0)
        (void)close(listener.fd);
    if (found != NULL)
        freeaddrinfo(found);
    return done;
}
