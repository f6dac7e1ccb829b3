/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    BUCKETS = 1024,       /* a power of two; entries of 16 MiB of answers of some kB each */
    ENTRY_SHARE = 8,      /* no entry may take more than this part of the whole */
    HEADERS_BYTES = 2048, /* what a reply's header fields and the transport's copy weigh, roughly */
};

struct entry {
    struct entry *next;          /* of the bucket */
    struct entry *newer, *older; /* by last use */
    struct reply *reply;
    size_t bytes;
    uint64_t hash;
    char key[];
};

struct cache {
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    size_t bytes, bytes_max;
};

struct cache *cache_new(size_t bytes_max)
{
    struct cache *cache = calloc(1, sizeof *cache);

    if (cache)
        cache->bytes_max = bytes_max;
    return cache;
}

static void unlink_use(struct cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct cache *cache, struct entry *entry)
{
    struct entry **at = &cache->buckets[entry->hash % BUCKETS];

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    unlink_use(cache, entry);
    cache->bytes -= entry->bytes;
    reply_unref(entry->reply);
    free(entry);
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    while (cache->oldest)
        drop(cache, cache->oldest);
    free(cache);
}

struct reply *cache_get(struct cache *cache, const char *key)
{
    uint64_t hash = XXH3_64bits(key, strlen(key));

    for (struct entry *entry = cache->buckets[hash % BUCKETS]; entry; entry = entry->next) {
        if (entry->hash != hash || strcmp(entry->key, key) != 0)
            continue;
        unlink_use(cache, entry);
        link_newest(cache, entry);
        return reply_ref(entry->reply);
    }
    return NULL;
}

void cache_put(struct cache *cache, const char *key, struct reply *reply)
{
    size_t length = strlen(key);
    size_t bytes = sizeof(struct entry) + length + HEADERS_BYTES + (reply->body ? reply->body->length : 0);

    if (bytes > cache->bytes_max / ENTRY_SHARE)
        return;
    while (cache->oldest && cache->bytes + bytes > cache->bytes_max)
        drop(cache, cache->oldest);
    struct entry *entry = malloc(sizeof *entry + length + 1);
    if (!entry)
        return;
    *entry = (struct entry){.reply = reply_ref(reply), .bytes = bytes, .hash = XXH3_64bits(key, length)};
    memcpy(entry->key, key, length + 1);
    entry->next = cache->buckets[entry->hash % BUCKETS];
    cache->buckets[entry->hash % BUCKETS] = entry;
    link_newest(cache, entry);
    cache->bytes += bytes;
}
