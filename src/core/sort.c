/* SPDX-License-Identifier: MIT */
/*
 * Order. Of all rows only those are kept that can still come onto the page: a heap with the last of them on top (Williams
 * 1964), so that the first hundred of a million take the memory of a hundred. A row's keys are read once; its id, which
 * breaks ties, only when there is one.
 */
#include "result.h"

#include <stdlib.h>
#include <string.h>

struct sort_value {
    enum sme_type type;
    bool boolean;
    struct decimal number;
    const char *text; /* the dataset's, or at an offset in the row's `texts` until all are read */
};

struct sort_row {
    uint32_t row;
    struct buf texts;           /* of keys that are made for the row */
    struct buf id;              /* empty until it is asked for */
    struct sort_value values[]; /* as many as the query has keys: a page far behind keeps all rows before it */
};

struct sorting {
    struct sme_result *result;
    struct sort_row **heap;
    uint32_t count, capacity;
    bool no_memory;
};

static int compare_values(const struct sort_value *a, const struct sort_value *b)
{
    if (a->type == SME_NUMBER && b->type == SME_NUMBER)
        return decimal_compare(a->number, b->number);
    if (a->type == SME_BOOLEAN && b->type == SME_BOOLEAN)
        return a->boolean - b->boolean;
    return strcmp(a->text, b->text);
}

static const char *id_of(struct sorting *sorting, struct sort_row *row)
{
    const struct sme_query *query = sorting->result->query;

    if (row->id.length == 0)
        row_print_id(query->dataset, query->collection, row->row, &row->id);
    sorting->no_memory = sorting->no_memory || row->id.status != SME_OK;
    return buf_string(&row->id);
}

/* Nulls last in both directions; ties by id, so that pages never overlap. */
static int compare_rows(struct sorting *sorting, struct sort_row *x, struct sort_row *y)
{
    const struct sme_query *query = sorting->result->query;

    for (uint32_t k = 0; k < query->sort_count; k++) {
        const struct sort_value *v = &x->values[k], *w = &y->values[k];

        if (v->type == SME_NULL || w->type == SME_NULL) {
            if (v->type != w->type)
                return v->type == SME_NULL ? 1 : -1;
            continue;
        }
        int order = compare_values(v, w);
        if (order != 0)
            return query->sort[k].descending ? -order : order;
    }
    return strcmp(id_of(sorting, x), id_of(sorting, y));
}

static int by_order(const void *a, const void *b, void *context)
{
    return compare_rows(context, *(struct sort_row *const *)a, *(struct sort_row *const *)b);
}

/* Reads a row's keys into a place that held another one's. */
static void read_row(struct sorting *sorting, uint32_t row, struct sort_row *into)
{
    const struct sme_query *query = sorting->result->query;
    struct view *view = &sorting->result->view;
    size_t offsets[SORT_KEYS_MAX];

    into->row = row;
    buf_clear(&into->texts);
    buf_clear(&into->id);
    for (uint32_t k = 0; k < query->sort_count; k++) {
        struct value value = column_value(view, query->collection, query->sort[k].column, row);
        bool made = value.text && !value.json; /* in the view's scratch, which the next key takes */

        into->values[k] = (struct sort_value){value.type, value.boolean, value.number, made ? NULL : value.text};
        offsets[k] = into->texts.length;
        if (made) {
            buf_add(&into->texts, value.text, value.length);
            buf_char(&into->texts, '\0');
        }
    }
    for (uint32_t k = 0; k < query->sort_count; k++)
        if (!into->values[k].text && into->values[k].type != SME_NULL && into->values[k].type != SME_BOOLEAN)
            into->values[k].text = buf_string(&into->texts) + offsets[k];
    sorting->no_memory = sorting->no_memory || into->texts.status != SME_OK || view->scratch.status != SME_OK;
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

static struct sort_row *row_new(uint32_t keys)
{
    struct sort_row *row = calloc(1, sizeof *row + keys * sizeof row->values[0]);

    if (row) {
        row->texts = BUF_INIT(SME_ANSWER_BYTES_MAX);
        row->id = BUF_INIT(4096);
    }
    return row;
}

static void row_free(struct sort_row *row)
{
    if (!row)
        return;
    buf_finish(&row->texts);
    buf_finish(&row->id);
    free(row);
}

/* Keeps the rows that come first, as many as the heap has room for. */
static void keep_first(struct sorting *sorting, const struct bitmap *selected)
{
    struct sort_row *next = NULL;

    for (uint32_t row = bitmap_next(selected, 0); row != NONE && !sorting->no_memory;
         row = bitmap_next(selected, row + 1)) {
        if (!next && !(next = row_new(sorting->result->query->sort_count))) {
            sorting->no_memory = true;
            break;
        }
        read_row(sorting, row, next);
        if (sorting->no_memory)
            break;
        if (sorting->count < sorting->capacity) {
            sorting->heap[sorting->count++] = next;
            next = NULL;
            sift_up(sorting, sorting->count - 1);
        } else if (compare_rows(sorting, next, sorting->heap[0]) < 0) {
            struct sort_row *last = sorting->heap[0];

            sorting->heap[0] = next;
            next = last;
            sift_down(sorting);
        }
    }
    row_free(next);
}

bool sort_rows(struct sme_result *result, const struct bitmap *selected, uint32_t from, uint32_t count,
               uint32_t *ret_rows)
{
    struct sorting sorting = {.result = result, .capacity = from + count};

    if (count == 0)
        return true;
    sorting.heap = calloc(sorting.capacity, sizeof *sorting.heap);
    if (!sorting.heap)
        return false;
    keep_first(&sorting, selected);
    if (!sorting.no_memory)
        qsort_r(sorting.heap, sorting.count, sizeof(struct sort_row *), by_order, &sorting);
    for (uint32_t i = 0; i < count && !sorting.no_memory; i++)
        ret_rows[i] = sorting.heap[from + i]->row;
    for (uint32_t i = 0; i < sorting.count; i++)
        row_free(sorting.heap[i]);
    free(sorting.heap);
    return !sorting.no_memory;
}
