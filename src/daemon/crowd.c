/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ROWS = 2, ROW_BITS = 16, ROW = 1 << ROW_BITS };

struct crowd {
    unsigned limit;
    const struct proxies *proxies;
    uint64_t seed;
    atomic_uint counts[ROWS][ROW];
};

/* Stands for those that are not counted. No hash is 0: that bit is always set. */
static const uint64_t nowhere = 0, somewhere = UINT64_C(1) << 63;

struct crowd *crowd_new(unsigned limit, const struct proxies *proxies)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);

    if (crowd == NULL)
        return NULL;
    crowd->limit = limit;
    crowd->proxies = proxies;
    if (getrandom(&crowd->seed, sizeof crowd->seed, GRND_NONBLOCK) < 0)
        crowd->seed = (uintptr_t)crowd; /* early at boot; the address is random, too */
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    free(crowd);
}

uint64_t crowd_place(const struct crowd *crowd, const struct sockaddr *address)
{
    enum { NETWORK_BYTES = 8 };
    const void *bytes;
    size_t length;

    if (crowd->limit == 0 || proxies_trust(crowd->proxies, address))
        return nowhere;
    if (address->sa_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        length = sizeof(struct in_addr);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(v6);
        bytes = mapped ? &v6->s6_addr[12] : &v6->s6_addr[0];
        length = mapped ? sizeof(struct in_addr) : NETWORK_BYTES;
    } else {
        return nowhere;
    }
    return XXH3_64bits_withSeed(bytes, length, crowd->seed) | somewhere;
}

static atomic_uint *count_of(struct crowd *crowd, uint64_t place, size_t row)
{
    return &crowd->counts[row][(place >> (row * ROW_BITS)) & (ROW - 1)];
}

void crowd_leave(struct crowd *crowd, uint64_t place)
{
    for (size_t row = 0; place != nowhere && row < ROWS; row++)
        (void)atomic_fetch_sub_explicit(count_of(crowd, place, row), 1, memory_order_relaxed);
}

bool crowd_enter(struct crowd *crowd, uint64_t place)
{
    bool room = place == nowhere;

    /* It has at most as many as the least of its counters says. */
    for (size_t row = 0; place != nowhere && row < ROWS; row++)
        if (atomic_fetch_add_explicit(count_of(crowd, place, row), 1, memory_order_relaxed) < crowd->limit)
            room = true;
    if (!room)
        crowd_leave(crowd, place);
    return room;
}
