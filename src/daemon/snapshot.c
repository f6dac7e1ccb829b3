/* SPDX-License-Identifier: MIT */
/*
 * Hazard pointers in their plainest form. A reader announces the snapshot it is about to use and then looks again: if
 * it is still the current one, whoever replaces it afterwards will see the announcement. Both sides write first and
 * read second, in one order that all threads agree on (sequential consistency), so at least one of them sees the
 * other.
 */
#include "snapshot.h"

#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct shelf {
    struct shelf *next;
    struct cache *cache;
};

static bool count_rows(struct snapshot *snapshot)
{
    const char *name;

    for (size_t i = 0; i < SNAPSHOT_COLLECTIONS_MAX && (name = sme_collection_name(i)) != NULL; i++) {
        struct sme_query *query = NULL;
        struct sme_result *result = NULL;
        bool run = sme_query_new(snapshot->dataset, name, &query) == SME_OK && sme_query_run(query, &result) == SME_OK;

        snapshot->rows[i] = run ? sme_result_total(result) : 0;
        sme_result_free(result);
        sme_query_free(query);
        if (!run)
            return false;
    }
    return true;
}

static bool read_as_of(struct snapshot *snapshot)
{
    struct sme_query *query = NULL;
    struct sme_result *result = NULL;
    struct sme_cell cell;
    bool read = sme_query_new(snapshot->dataset, "dataset", &query) == SME_OK &&
                sme_query_run(query, &result) == SME_OK && sme_result_cell(result, 0, "as_of", &cell) == SME_OK;

    if (read)
        (void)snprintf(snapshot->as_of, sizeof snapshot->as_of, "%s", cell.text);
    sme_result_free(result);
    sme_query_free(query);
    return read;
}

struct snapshot *snapshot_new(struct sme_dataset *dataset)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);

    if (!snapshot)
        return NULL;
    snapshot->dataset = sme_dataset_ref(dataset);
    if (!count_rows(snapshot) || !read_as_of(snapshot)) {
        snapshot_free(snapshot);
        return NULL;
    }
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (struct shelf *shelf = atomic_load(&snapshot->shelves), *next; shelf; shelf = next) {
        next = shelf->next;
        cache_free(shelf->cache);
        free(shelf);
    }
    body_unref(atomic_load(&snapshot->contract));
    sme_dataset_unref(snapshot->dataset);
    free(snapshot);
}

void snapshots_add(struct snapshots *snapshots, struct snapshot_reader *reader)
{
    reader->next = atomic_load(&snapshots->readers);
    while (!atomic_compare_exchange_weak(&snapshots->readers, &reader->next, reader)) {
    }
}

struct snapshot *snapshot_enter(struct snapshots *snapshots, struct snapshot_reader *reader)
{
    struct snapshot *seen = atomic_load(&snapshots->current), *now;

    for (;; seen = now) {
        atomic_store(&reader->in, seen);
        if ((now = atomic_load(&snapshots->current)) == seen)
            return seen;
    }
}

void snapshot_leave(struct snapshot_reader *reader)
{
    atomic_store_explicit(&reader->in, NULL, memory_order_release);
}

struct cache *snapshot_cache(struct snapshot *snapshot, struct snapshot_reader *reader, size_t bytes_max)
{
    if (reader->cache_number == snapshot->number)
        return reader->cache;

    struct shelf *shelf = malloc(sizeof *shelf);
    struct cache *cache = shelf ? cache_new(bytes_max) : NULL;
    if (!cache) {
        free(shelf);
        return NULL;
    }
    shelf->cache = cache;
    shelf->next = atomic_load(&snapshot->shelves);
    while (!atomic_compare_exchange_weak(&snapshot->shelves, &shelf->next, shelf)) {
    }
    reader->cache = cache;
    reader->cache_number = snapshot->number;
    return cache;
}

struct body *snapshot_contract(struct snapshot *snapshot)
{
    struct body *contract = atomic_load(&snapshot->contract), *made;

    if (!contract && (made = contract_new(snapshot->dataset)) != NULL) {
        if (atomic_compare_exchange_strong(&snapshot->contract, &contract, made))
            contract = made;
        else
            body_unref(made); /* another thread was asked, too, and was first */
    }
    return contract ? body_ref(contract) : NULL;
}

static bool is_in_use(struct snapshots *snapshots, const struct snapshot *snapshot)
{
    for (struct snapshot_reader *reader = atomic_load(&snapshots->readers); reader; reader = reader->next)
        if (atomic_load(&reader->in) == snapshot)
            return true;
    return false;
}

void snapshots_replace(struct snapshots *snapshots, struct snapshot *next)
{
    static const struct timespec a_while = {.tv_nsec = 500000};
    struct snapshot *old = atomic_load(&snapshots->current);

    next->number = old ? old->number + 1 : 1;
    (void)atomic_exchange(&snapshots->current, next);
    /* A reader that is added from here on cannot see the old one. */
    while (old && is_in_use(snapshots, old))
        (void)nanosleep(&a_while, NULL);
    snapshot_free(old);
}

void snapshots_finish(struct snapshots *snapshots)
{
    snapshot_free(atomic_exchange(&snapshots->current, NULL));
}
