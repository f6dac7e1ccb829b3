/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PROXIES_H
#define SMESTATD_PROXIES_H
/*
 * Proxies that are believed when they say for whom they ask, in Forwarded (RFC 7239) or X-Forwarded-For. What anybody else
 * says there is ignored: it may be invented.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* An address as 16 bytes, IPv4 mapped, and how many of its bits count. */
struct network {
    struct in6_addr address;
    unsigned bits;
};

enum { PROXIES_MAX = 32 };

struct proxies {
    struct network networks[PROXIES_MAX];
    size_t count;
    bool local; /* whoever comes by a Unix socket */
};

/* Reads a list such as "10.0.0.0/8,::1,unix"; NULL is an empty one. False: it is none. */
bool proxies_read(const char *list, struct proxies *ret_proxies);
bool proxies_is_list(const char *list);

bool proxies_trust(const struct proxies *proxies, const struct sockaddr *address);
/* For whom a proxy that is trusted asks: the last address that it, or a trusted one before it, did not have itself.
 * Either field may be NULL. A proxy that writes one of them may let the other pass as a client wrote it, so where both are
 * there they must agree. False: they name none. */
bool proxies_client(const struct proxies *proxies, const char *forwarded, const char *x_forwarded_for,
                    char out[static INET6_ADDRSTRLEN]);

#endif
