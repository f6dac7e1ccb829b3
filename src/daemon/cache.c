/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    BUCKET_BYTES = 2048,   /* so much of the room has a bucket of its own: answers are rarely smaller … */
    BUCKETS_MAX = 1 << 20, /* … up to so many, a power of two */
    ENTRY_SHARE = 8,       /* no entry may take more than this part of the whole */
    SMALL_SHARE = 4,       /* nor may the queue of those that were asked for once */
    SMALL_MAX = 64,        /* … and it has the latest so many: their memory is in the processor's cache */
    HEADERS_BYTES = 2048,  /* what a reply's header fields and the transport's copy weigh, roughly */
    SPELLINGS_MAX = 4,     /* of one reply, beside its key */
    ASKED_MAX = 3,         /* how often a reply is passed over before it goes */
    GHOSTS = 3,            /* of a bucket: keys of replies that went without being asked for again */
};

struct entry;
struct queue;

/* A key, or a spelling. */
struct name {
    struct name *next;  /* of the bucket */
    struct name *other; /* of the same entry: the key last, before it the spellings, latest first */
    struct entry *entry;
    uint64_t hash;
    size_t length;
    char bytes[];
};

/* Its key stands behind it, in the same memory. */
struct entry {
    struct entry *newer; /* in its queue */
    struct queue *queue;
    struct name *names;
    struct reply *reply;
    size_t bytes;
    unsigned asked, spellings;
};

struct queue {
    struct entry *oldest, *newest;
    size_t bytes, count;
};

struct bucket {
    struct name *names;
    uint64_t ghosts[GHOSTS]; /* hashes, latest first */
};

struct cache {
    struct bucket *buckets;
    size_t mask;
    struct queue small, main;
    size_t bytes_max, replies;
    unsigned long long evictions;
};

struct cache *cache_new(size_t bytes_max)
{
    struct cache *cache = calloc(1, sizeof *cache);
    size_t buckets = 16;

    while (buckets < bytes_max / BUCKET_BYTES && buckets < BUCKETS_MAX)
        buckets *= 2;
    if (cache)
        cache->buckets = calloc(buckets, sizeof *cache->buckets);
    if (!cache || !cache->buckets) {
        free(cache);
        return NULL;
    }
    cache->mask = buckets - 1;
    cache->bytes_max = bytes_max;
    return cache;
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

static struct bucket *bucket_of(const struct cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & cache->mask];
}

static struct name *find(const struct cache *cache, const char *bytes, size_t length)
{
    uint64_t hash = XXH3_64bits(bytes, length);

    for (struct name *name = bucket_of(cache, hash)->names; name; name = name->next)
        if (name->hash == hash && name->length == length && memcmp(name->bytes, bytes, length) == 0)
            return name;
    return NULL;
}

static size_t weight_of(size_t name_length)
{
    return sizeof(struct name) + name_length;
}

/* Gives the entry another name, before those it has, in memory of that weight. */
static void add_name(struct cache *cache, struct entry *entry, struct name *name, const char *bytes, size_t length)
{
    *name = (struct name){.entry = entry, .hash = XXH3_64bits(bytes, length), .length = length, .other = entry->names};
    memcpy(name->bytes, bytes, length);
    struct bucket *bucket = bucket_of(cache, name->hash);
    name->next = bucket->names;
    bucket->names = name;
    entry->names = name;
}

static void remove_name(struct cache *cache, struct name *name)
{
    struct name **at = &bucket_of(cache, name->hash)->names;

    while (*at != name)
        at = &(*at)->next;
    *at = name->next;
}

/* ---- Queues ---------------------------------------------------------------------------------------------------- */

static void enqueue(struct queue *queue, struct entry *entry)
{
    entry->newer = NULL;
    entry->queue = queue;
    *(queue->newest ? &queue->newest->newer : &queue->oldest) = entry;
    queue->newest = entry;
    queue->bytes += entry->bytes;
    queue->count++;
}

static struct entry *dequeue(struct queue *queue)
{
    struct entry *entry = queue->oldest;

    assert(entry);
    queue->oldest = entry->newer;
    if (!queue->oldest)
        queue->newest = NULL;
    queue->bytes -= entry->bytes;
    queue->count--;
    return entry;
}

static void entry_free(struct cache *cache, struct entry *entry)
{
    for (struct name *name = entry->names, *other; name; name = other) {
        other = name->other;
        remove_name(cache, name);
        if (other)
            free(name); /* the last is the key */
    }
    reply_unref(entry->reply);
    free(entry);
    cache->replies--;
}

static void remember(struct cache *cache, uint64_t hash)
{
    uint64_t *ghosts = bucket_of(cache, hash)->ghosts;

    memmove(ghosts + 1, ghosts, (GHOSTS - 1) * sizeof *ghosts);
    ghosts[0] = hash;
}

static bool is_remembered(const struct cache *cache, uint64_t hash)
{
    const uint64_t *ghosts = bucket_of(cache, hash)->ghosts;
    bool found = false;

    for (size_t i = 0; i < GHOSTS; i++)
        found = found || ghosts[i] == hash;
    return found;
}

static uint64_t key_hash(const struct entry *entry)
{
    const struct name *name = entry->names;

    while (name->other)
        name = name->other;
    return name->hash;
}

/* Takes the next one out of a queue: on into the main queue if it was asked for, or away. */
static void evict(struct cache *cache, bool small)
{
    struct entry *entry = dequeue(small ? &cache->small : &cache->main);

    if (entry->asked > 0) {
        entry->asked = small ? 0 : entry->asked - 1;
        enqueue(&cache->main, entry);
        return;
    }
    if (small)
        remember(cache, key_hash(entry));
    entry_free(cache, entry);
    cache->evictions++;
}

static void make_room(struct cache *cache, size_t bytes)
{
    while (cache->small.oldest && cache->small.bytes + bytes > cache->bytes_max / SMALL_SHARE)
        evict(cache, true);
    while (cache->small.bytes + cache->main.bytes + bytes > cache->bytes_max)
        evict(cache, !cache->main.oldest);
}

/* ---- From outside ---------------------------------------------------------------------------------------------- */

struct reply *cache_get(struct cache *cache, const char *key, size_t length)
{
    struct name *name = find(cache, key, length);

    if (!name)
        return NULL;
    name->entry->asked += name->entry->asked < ASKED_MAX;
    return reply_ref(name->entry->reply);
}

static size_t reply_bytes(const struct reply *reply)
{
    return sizeof(struct entry) + HEADERS_BYTES + (reply->body ? reply->body->length : 0);
}

bool cache_has_room(const struct cache *cache, const struct reply *reply)
{
    return reply_bytes(reply) <= cache->bytes_max / ENTRY_SHARE;
}

void cache_put(struct cache *cache, const char *key, size_t length, struct reply *reply)
{
    size_t weight = weight_of(length), bytes = reply_bytes(reply) + weight;
    struct entry *entry;

    if (!cache_has_room(cache, reply) || bytes > cache->bytes_max || !(entry = malloc(sizeof *entry + weight)))
        return;
    *entry = (struct entry){.reply = reply_ref(reply), .bytes = bytes};
    add_name(cache, entry, (struct name *)(entry + 1), key, length);
    make_room(cache, bytes);
    enqueue(is_remembered(cache, entry->names->hash) ? &cache->main : &cache->small, entry);
    cache->replies++;
    if (cache->small.count > SMALL_MAX)
        evict(cache, true);
}

/* The spelling before the key, which is the oldest. */
static void drop_oldest_spelling(struct cache *cache, struct entry *entry)
{
    struct name **at = &entry->names;

    while ((*at)->other->other)
        at = &(*at)->other;
    struct name *oldest = *at;
    *at = oldest->other;
    entry->bytes -= weight_of(oldest->length);
    entry->queue->bytes -= weight_of(oldest->length);
    entry->spellings--;
    remove_name(cache, oldest);
    free(oldest);
}

void cache_add_spelling(struct cache *cache, const char *key, size_t length, const char *spelling,
                        size_t spelling_length)
{
    size_t bytes = weight_of(spelling_length);

    if (bytes > cache->bytes_max / ENTRY_SHARE)
        return;
    make_room(cache, bytes); /* … for which the reply itself may have to go */
    struct name *name = find(cache, key, length), *other = name ? malloc(bytes) : NULL;
    if (!other)
        return;
    add_name(cache, name->entry, other, spelling, spelling_length);
    name->entry->bytes += bytes;
    name->entry->queue->bytes += bytes;
    if (++name->entry->spellings > SPELLINGS_MAX)
        drop_oldest_spelling(cache, name->entry);
}

struct cache_counts cache_count(const struct cache *cache)
{
    return (struct cache_counts){cache->small.bytes + cache->main.bytes, cache->replies, cache->evictions};
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    while (cache->small.oldest)
        entry_free(cache, dequeue(&cache->small));
    while (cache->main.oldest)
        entry_free(cache, dequeue(&cache->main));
    free(cache->buckets);
    free(cache);
}
