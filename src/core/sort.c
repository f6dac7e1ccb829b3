/* SPDX-License-Identifier: MIT */
/*
 * The rows that come first. Of all rows only those are kept that can still come onto the page: a heap with the last of them
 * on top (Williams 1964), so that the first hundred of a million take the memory of a hundred. Of most rows one part of a
 * word is read, which is larger than that of the row on top.
 */
#include "order.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

struct sort_row {
    uint32_t row, known; /* words that were asked for */
    uint64_t words[];
};

struct sorting {
    struct order order;
    char *room; /* for `capacity` rows, and the next */
    struct sort_row **heap;
    uint32_t count, capacity;
    bool no_memory;
};

static uint64_t word_of(struct sorting *sorting, struct sort_row *row, uint32_t word)
{
    for (; row->known <= word; row->known++) {
        row->words[row->known] = order_word(&sorting->order, row->row, row->known);
        sorting->no_memory = sorting->no_memory || sorting->order.view->scratch.status != SME_OK;
    }
    return row->words[word];
}

static int compare_rows(struct sorting *sorting, struct sort_row *x, struct sort_row *y)
{
    for (uint32_t word = 0; word < sorting->order.word_count; word++) {
        uint64_t a = word_of(sorting, x, word), b = word_of(sorting, y, word);

        if (a != b)
            return a < b ? -1 : 1;
        int order = order_has_rest(&sorting->order, word, a)
                        ? order_compare_rest(&sorting->order, word, x->row, y->row, &sorting->no_memory)
                        : 0;
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_order(const void *a, const void *b, void *context)
{
    return compare_rows(context, *(struct sort_row *const *)a, *(struct sort_row *const *)b);
}

/* Moves a row up from the end of the heap, to below one that comes later. */
static void sift_up(struct sorting *sorting, uint32_t at)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        struct sort_row *row = sorting->heap[at];

        if (compare_rows(sorting, row, sorting->heap[parent]) <= 0)
            return;
        sorting->heap[at] = sorting->heap[parent];
        sorting->heap[parent] = row;
        at = parent;
    }
}

/* Moves the row on top down, to above those that come earlier. */
static void sift_down(struct sorting *sorting)
{
    for (uint32_t at = 0, child; (child = 2 * at + 1) < sorting->count; at = child) {
        struct sort_row *row = sorting->heap[at];

        if (child + 1 < sorting->count && compare_rows(sorting, sorting->heap[child + 1], sorting->heap[child]) > 0)
            child++;
        if (compare_rows(sorting, row, sorting->heap[child]) >= 0)
            return;
        sorting->heap[at] = sorting->heap[child];
        sorting->heap[child] = row;
    }
}

/* Keeps the rows that come first, as many as the heap has room for. */
static void keep_first(struct sorting *sorting, const struct bitmap *selected)
{
    struct sort_row *next = sorting->heap[0];
    struct bitmap_walk walk = {0};
    uint64_t last_places[PARTS_MAX]; /* of the last one kept, once all room is taken */

    while (!sorting->no_memory) {
        bool full = sorting->count == sorting->capacity;
        uint32_t row = full ? order_next(&sorting->order, selected, &walk, last_places) : bitmap_walk(selected, &walk);

        if (row == NONE)
            break;
        sorting->no_memory = sorting->order.view->scratch.status != SME_OK;
        next->row = row;
        next->known = 0;
        if (!full) {
            next = sorting->heap[++sorting->count];
            sift_up(sorting, sorting->count - 1);
        } else if (compare_rows(sorting, next, sorting->heap[0]) < 0) {
            struct sort_row *last = sorting->heap[0];

            sorting->heap[0] = next;
            next = last;
            sift_down(sorting);
        } else {
            continue;
        }
        if (sorting->count == sorting->capacity)
            order_places(&sorting->order, sorting->heap[0]->row, last_places);
    }
}

bool sort_rows(struct sme_result *result, const struct bitmap *selected, uint32_t from, uint32_t count,
               uint32_t *ret_rows)
{
    struct sorting sorting = {.capacity = from + count};

    if (count == 0)
        return true;
    order_make(&sorting.order, result->query, &result->view);
    size_t size = sizeof(struct sort_row) + sorting.order.word_count * sizeof(uint64_t);
    sorting.heap = calloc((size_t)sorting.capacity + 1, sizeof *sorting.heap);
    sorting.room = calloc((size_t)sorting.capacity + 1, size);
    sorting.no_memory = !sorting.heap || !sorting.room;
    for (uint32_t i = 0; i <= sorting.capacity && !sorting.no_memory; i++)
        sorting.heap[i] = (struct sort_row *)(void *)(sorting.room + i * size);
    if (!sorting.no_memory)
        keep_first(&sorting, selected);
    if (!sorting.no_memory)
        qsort_r(sorting.heap, sorting.count, sizeof(struct sort_row *), by_order, &sorting);
    for (uint32_t i = 0; i < count && !sorting.no_memory; i++)
        ret_rows[i] = sorting.heap[from + i]->row;
    free(sorting.room);
    free(sorting.heap);
    return !sorting.no_memory;
}
