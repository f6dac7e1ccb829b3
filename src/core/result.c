/* SPDX-License-Identifier: MIT */
/* Running a query: rows selected, put in order, cut to a page, and what to say when some were left away. */
#include "result.h"

#include <stdlib.h>
#include <string.h>

void sme_result_free(struct sme_result *result)
{
    if (!result)
        return;
    bitmap_finish(&result->observations);
    buf_finish(&result->view.scratch);
    buf_finish(&result->cell);
    arena_finish(&result->arena);
    free(result);
}

static const char *keep_link(struct sme_result *result, struct link_change change)
{
    struct buf link = BUF_INIT(1 << 20);
    const char *kept = NULL;

    query_print_link(result->query, change, &link);
    if (link.status == SME_OK)
        kept = arena_copy(&result->arena, buf_string(&link), link.length);
    buf_finish(&link);
    return kept;
}

/* Sorting: the keys of every row are read once, then compared. */

struct sort_value {
    enum sme_type type;
    bool boolean;
    struct decimal number;
    const char *text;
};

struct sort_row {
    uint32_t row;
    const struct sort_value *values;
    const char *id;
};

struct sort_order {
    const struct sme_query *query;
};

static int compare_values(const struct sort_value *a, const struct sort_value *b)
{
    if (a->type == SME_NUMBER && b->type == SME_NUMBER)
        return decimal_compare(a->number, b->number);
    if (a->type == SME_BOOLEAN && b->type == SME_BOOLEAN)
        return a->boolean - b->boolean;
    return strcmp(a->text, b->text);
}

/* Nulls last in both directions; ties by id, so that pages never overlap. */
static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_row *x = a, *y = b;
    const struct sme_query *query = context;

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
    return strcmp(x->id, y->id);
}

static bool read_sort_row(struct sme_result *result, struct arena *arena, uint32_t row, struct sort_row *ret_row)
{
    const struct sme_query *query = result->query;
    struct sort_value *values = arena_alloc(arena, SORT_KEYS_MAX * sizeof *values);
    struct buf id = BUF_INIT(4096);

    for (uint32_t k = 0; values && k < query->sort_count; k++) {
        struct value value = column_value(&result->view, query->collection, query->sort[k].column, row);

        values[k] = (struct sort_value){value.type, value.boolean, value.number, NULL};
        if (value.text && !(values[k].text = arena_copy(arena, value.text, value.length)))
            values = NULL;
    }
    row_print_id(query->dataset, query->collection, row, &id);
    *ret_row = (struct sort_row){row, values, arena_copy(arena, buf_string(&id), id.length)};
    buf_finish(&id);
    return values && ret_row->id && result->view.scratch.status == SME_OK;
}

/* Puts the rows in the order asked for. False: no memory. */
static bool sort_rows(struct sme_result *result, uint32_t *rows, uint32_t count)
{
    struct arena arena = {0};
    struct sort_row *keyed = arena_alloc(&arena, (count ? count : 1) * sizeof *keyed);
    bool made = keyed != NULL;

    for (uint32_t i = 0; i < count && made; i++)
        made = read_sort_row(result, &arena, rows[i], &keyed[i]);
    if (made)
        qsort_r(keyed, count, sizeof *keyed, compare_rows, (void *)(uintptr_t)result->query);
    for (uint32_t i = 0; i < count && made; i++)
        rows[i] = keyed[i].row;
    arena_finish(&arena);
    return made;
}

/* Pages. */

static bool take_page(struct sme_result *result, const struct bitmap *selected)
{
    const struct sme_query *query = result->query;
    uint32_t *rows = arena_alloc(&result->arena, ((size_t)result->total + 1) * sizeof *rows), at = 0;

    if (!rows)
        return false;
    for (uint32_t row = bitmap_next(selected, 0); row != NONE; row = bitmap_next(selected, row + 1))
        rows[at++] = row;
    if (query->sort_count && !sort_rows(result, rows, at))
        return false;
    uint32_t from = query->offset < at ? query->offset : at, limit = query_limit(query);
    result->rows = rows + from;
    result->count = limit < at - from ? limit : at - from;
    if (from + result->count < at && limit > 0) {
        result->next = keep_link(result, (struct link_change){.without = -1, .moves = true, .offset = from + limit});
        if (!result->next)
            return false;
    }
    if (query->offset > 0 && limit > 0) {
        uint32_t last = query->offset < at ? query->offset : at; /* from beyond the end, back to the last rows */
        uint32_t back = last > limit ? last - limit : 0;

        result->prev = keep_link(result, (struct link_change){.without = -1, .moves = true, .offset = back});
        if (!result->prev)
            return false;
    }
    return true;
}

static bool add_hint(struct sme_result *result, int filter, bool undated, uint32_t rows)
{
    struct link_change change = {.without = undated ? -1 : filter, .undated = undated, .moves = true};
    const char *link = keep_link(result, change);

    result->hints[result->hint_count++] = (struct hint){filter, undated, rows, link};
    return link != NULL;
}

/* How many rows a selection has; of a single indicator, how many observations. */
static bool count_rows(const struct sme_query *query, struct selection selection, uint32_t *ret_rows)
{
    bool item = query->collection == INDICATORS && query->item != NONE;
    struct bitmap rows, own;

    if (!query_select(query, item || query->collection == FACETS ? OBSERVATIONS : query->collection, selection, &rows))
        return false;
    bool made = !item || bitmap_make(&own, rows.rows, false);
    if (made && item) {
        bitmap_add_code(&own, &query->dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR], query->item);
        bitmap_and(&rows, &own);
        bitmap_finish(&own);
    }
    *ret_rows = bitmap_count(&rows);
    bitmap_finish(&rows);
    return made;
}

/* Says which rows were left out for want of a year and, where no row is left, which filter to relax. */
static bool find_hints(struct sme_result *result)
{
    const struct sme_query *query = result->query;
    uint32_t rows;

    if (query_excludes_undated(query)) {
        if (!count_rows(query, (struct selection){.without = -1, .undated_only = true}, &result->undated_excluded))
            return false;
        if (result->undated_excluded && !add_hint(result, FILTER_YEAR, true, result->undated_excluded))
            return false;
    }
    for (int filter = 0; filter < NARROWERS && result->total == 0; filter++) {
        if (!query_has(query, filter))
            continue;
        if (!count_rows(query, (struct selection){.without = filter}, &rows))
            return false;
        if (filter == FILTER_YEAR && rows == result->undated_excluded)
            continue; /* the same rows again */
        if (rows && !add_hint(result, filter, false, rows))
            return false;
    }
    return true;
}

static bool run_collection(struct sme_result *result)
{
    const struct sme_query *query = result->query;
    struct bitmap selected;

    if (!query_select(query, query->collection, (struct selection){.without = -1}, &selected))
        return false;
    result->total = bitmap_count(&selected);
    bool made = take_page(result, &selected) && find_hints(result);
    bitmap_finish(&selected);
    return made;
}

static bool run_item(struct sme_result *result)
{
    result->rows = arena_alloc(&result->arena, sizeof *result->rows);
    if (!result->rows)
        return false;
    result->rows[0] = result->query->item;
    if ((result->query->collection == INDICATORS || result->query->collection == FACETS) &&
        (!count_rows(result->query, (struct selection){.without = -1}, &result->total) || !find_hints(result)))
        return false;
    result->count = result->total = 1;
    return true;
}

enum sme_status sme_query_run(struct sme_query *query, struct sme_result **ret_result)
{
    struct sme_result *result = calloc(1, sizeof *result);

    if (!result)
        return SME_NO_MEMORY;
    result->query = query;
    result->cell = BUF_INIT(SME_ANSWER_BYTES_MAX);
    result->view = (struct view){
        .dataset = query->dataset,
        .language = query->language,
        .all_languages = query->all_languages,
        .base = "",
        .query = query,
        .scratch = BUF_INIT(SME_ANSWER_BYTES_MAX),
    };
    result->self = keep_link(result, (struct link_change){.without = -1});
    bool made = result->self && (query->item != NONE ? run_item(result) : run_collection(result));
    if (made && query->collection == INDICATORS) {
        made = query_select(query, OBSERVATIONS, (struct selection){.without = -1}, &result->observations);
        result->view.observations = &result->observations;
    }
    if (!made) {
        sme_result_free(result);
        return SME_NO_MEMORY;
    }
    *ret_result = result;
    return SME_OK;
}

size_t sme_result_count(const struct sme_result *result)
{
    return result->count;
}

size_t sme_result_total(const struct sme_result *result)
{
    return result->total;
}

size_t sme_result_undated_excluded(const struct sme_result *result)
{
    return result->undated_excluded;
}

const char *sme_result_next(const struct sme_result *result)
{
    return result->next;
}

const char *sme_result_prev(const struct sme_result *result)
{
    return result->prev;
}

enum sme_status sme_result_cell(struct sme_result *result, size_t row, const char *column, struct sme_cell *ret_cell)
{
    enum collection collection = result->query->collection;
    const struct column *found = dataset_column(result->query->dataset, collection, column, strlen(column));
    struct value value = {.type = SME_JSON};

    if (!found || row >= result->count)
        return SME_NOT_FOUND;
    buf_clear(&result->cell);
    buf_clear(&result->view.scratch);
    if (column_is_scalar(found) && !result->view.all_languages) {
        value = column_value(&result->view, collection, found, result->rows[row]);
        if (value.type == SME_BOOLEAN)
            put_boolean(&result->cell, value.boolean);
        else if (value.text)
            buf_add(&result->cell, value.text, value.length);
    } else {
        column_print(&result->view, collection, found, result->rows[row], &result->cell);
    }
    if (result->cell.status != SME_OK || result->view.scratch.status != SME_OK)
        return SME_NO_MEMORY;
    *ret_cell = (struct sme_cell){value.type, buf_string(&result->cell), result->cell.length};
    return SME_OK;
}
