/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CROWD_H
#define SMESTATD_CROWD_H
/*
 * How many connections an address has. Nothing is kept of an address but counters that it shares with others by chance:
 * of two it has the lesser counts, so that a stranger's crowd is taken for its own once in thousands of millions of pairs.
 * The memory is fixed, no lock is taken, and nobody can choose addresses that meet, since the hash is seeded anew.
 */
#include "proxies.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct crowd;

/* `limit` 0: none. Proxies that are trusted are not counted: behind them are many. They must outlive it. NULL: no memory. */
struct crowd *crowd_new(unsigned limit, const struct proxies *proxies);
void crowd_free(struct crowd *crowd);

/* Which counters an address has. IPv6 addresses count by their first 64 bits, which is what one household has; local
 * sockets have none. */
uint64_t crowd_place(const struct crowd *crowd, const struct sockaddr *address);
/* Counts one more connection, unless that would be too many. Any thread, like the next. */
bool crowd_enter(struct crowd *crowd, uint64_t place);
void crowd_leave(struct crowd *crowd, uint64_t place);

#endif
