/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_SNAPSHOT_H
#define SMESTATD_SNAPSHOT_H
/*
 * A dataset with everything that is made of it, and how one takes another's place while requests are answered.
 *
 * A thread that answers enters the current snapshot at a request's beginning and leaves it at the end. For that it
 * writes which one it is in where only it writes, so no thread waits for another. The one thread that replaces a
 * snapshot waits until nobody is in the old one and then frees it with all that was kept. So a thread that gets no
 * more requests keeps nothing alive; and answers that are still being sent own their bytes.
 */
#include "cache.h"

#include <smestat.h>
#include <stdint.h>

/* Its kept answers are each one thread's; see snapshot_cache. */
struct shelf;

enum { SNAPSHOT_COLLECTIONS_MAX = 16 };

struct snapshot {
    uint64_t number; /* from 1; never the same again */
    struct sme_dataset *dataset;
    char as_of[sizeof "YYYY-MM-DD"];       /* the day that the dataset speaks of */
    size_t rows[SNAPSHOT_COLLECTIONS_MAX]; /* of each collection, as the library counts them */
    _Atomic(struct shelf *) shelves;
    _Atomic(struct body *) contract; /* NULL until somebody asks */
};

/* One thread's part; all of it but `in` is touched by that thread only. Zero at first, then added once. */
struct snapshot_reader {
    _Atomic(struct snapshot *) in; /* NULL: in none */
    struct cache *cache;           /* in the snapshot of this number, for the thread */
    uint64_t cache_number;
    struct snapshot_reader *next;
};

struct snapshots {
    _Atomic(struct snapshot *) current;
    _Atomic(struct snapshot_reader *) readers;
};

/* Takes a reference to the dataset. NULL: no memory. */
struct snapshot *snapshot_new(struct sme_dataset *dataset);
/* Nobody may be in it any more. */
void snapshot_free(struct snapshot *snapshot);

/* Before the reader's first request. It must live as long as the snapshots. */
void snapshots_add(struct snapshots *snapshots, struct snapshot_reader *reader);
/* The current snapshot, which stays until the reader leaves. */
struct snapshot *snapshot_enter(struct snapshots *snapshots, struct snapshot_reader *reader);
void snapshot_leave(struct snapshot_reader *reader);
/* The reader's own cache of answers in the snapshot that it is in. NULL: no memory. */
struct cache *snapshot_cache(struct snapshot *snapshot, struct snapshot_reader *reader, size_t bytes_max);

/* The description of the interface, with the dataset's codes. All who ask share it, since it is large. NULL: no memory. */
struct body *snapshot_contract(struct snapshot *snapshot);

/* Puts the next one in the current one's place and takes it over. Returns when the old one is freed, which takes as
 * long as the longest request that is in it. By one thread at a time. */
void snapshots_replace(struct snapshots *snapshots, struct snapshot *next);
/* Frees the current one, and with it all. Nobody may be in it any more. */
void snapshots_finish(struct snapshots *snapshots);

#endif
