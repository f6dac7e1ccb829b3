/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CACHE_H
#define SMESTATD_CACHE_H
/*
 * Replies that were made, by a key that says all they depend on. Bounded in bytes; the least recently used go first. One
 * thread's: there is no lock.
 */
#include "reply.h"

struct cache;

/* NULL: no memory. */
struct cache *cache_new(size_t bytes_max);
void cache_free(struct cache *cache);
/* Referenced for the caller; NULL: not there. */
struct reply *cache_get(struct cache *cache, const char *key);
/* Keeps a reference. Does nothing where memory or room is short: a reply not kept is only made again. */
void cache_put(struct cache *cache, const char *key, struct reply *reply);

#endif
