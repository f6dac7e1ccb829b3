/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CACHE_H
#define SMESTATD_CACHE_H
/*
 * Replies that were made, by a key that says all they depend on, and by other spellings of the same. Bounded in bytes. One
 * thread's: there is no lock.
 *
 * Who stays is decided by S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction",
 * SOSP 2023): a new reply enters a small queue, and the main one only if it is asked for again, also if that is soon after it
 * went. So a flood of replies that nobody asks for twice passes through a corner of the room, and being found costs no
 * more than raising a counter. Unlike theirs, the small queue has the latest few dozen at most, even where there is room:
 * then a flood is written, over and over, to memory that is in the processor's cache. Many more keys than replies are
 * remembered, so who comes back later than that is made a second time and then stays.
 */
#include "reply.h"

struct cache;

/* For metrics. */
struct cache_counts {
    size_t bytes, replies;
    unsigned long long evictions;
};

/* NULL: no memory. */
struct cache *cache_new(size_t bytes_max);
void cache_free(struct cache *cache);
/* Referenced for the caller; NULL: not there. */
struct reply *cache_get(struct cache *cache, const char *key, size_t length);
/* Keeps a reference. Does nothing where memory or room is short: a reply not kept is only made again. The key must not be
 * there yet. */
void cache_put(struct cache *cache, const char *key, size_t length, struct reply *reply);
/* Finds the reply that is kept under the key by this spelling, too; of many spellings the latest few. Where memory is short
 * or the key is not there, nothing changes. The spelling must not be there yet. */
void cache_add_spelling(struct cache *cache, const char *key, size_t length, const char *spelling,
                        size_t spelling_length);
/* Whether a reply of its size would be kept. */
bool cache_has_room(const struct cache *cache, const struct reply *reply);
struct cache_counts cache_count(const struct cache *cache);

#endif
