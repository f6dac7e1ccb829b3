/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PLACE_H
#define SMESTATD_PLACE_H
/*
 * A place to listen at, as people write it: "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "unix:/run/smestatd.sock";
 * "tls:" before an address has TLS spoken there.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

struct place {
    char address[64]; /* numeric or "localhost"; empty: the place is a path */
    uint16_t port;
    bool tls;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

/* Whether this is an address that can be listened on: numeric, or "localhost". No name is ever looked up. */
bool place_is_address(const char *text);
/* Whether this is a port in digits. */
bool place_is_port(const char *text);
/* Reads one place from a list with commas and moves `at` behind it and its comma. False: it is none. */
bool place_read(const char **at, struct place *ret_place);
/* Whether this is a list of at least one and at most PLACES_MAX places. */
bool place_is_list(const char *text);

enum { PLACES_MAX = 16 };

#endif
