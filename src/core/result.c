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
    facets_free(result->view.facets);
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

/* Pages. */

/* The rows of the page, in the order of the dataset. */
static void list_rows(const struct bitmap *selected, uint32_t from, uint32_t count, uint32_t *ret_rows)
{
    uint32_t row = count > 0 ? bitmap_nth(selected, from) : NONE;

    for (uint32_t i = 0; i < count; i++, row = bitmap_next(selected, row + 1))
        ret_rows[i] = row;
}

static bool take_page(struct sme_result *result, const struct bitmap *selected)
{
    const struct sme_query *query = result->query;
    uint32_t at = result->total, limit = query_limit(query), from = query->offset < at ? query->offset : at;

    result->count = limit < at - from ? limit : at - from;
    result->rows = arena_alloc(&result->arena, ((size_t)result->count + 1) * sizeof *result->rows);
    if (!result->rows)
        return false;
    if (query->sort_count == 0)
        list_rows(selected, from, result->count, result->rows);
    else if (!sort_rows(result, selected, from, result->count, result->rows))
        return false;
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
    struct bitmap rows;

    if (!query_select(query, item || query->collection == FACETS ? OBSERVATIONS : query->collection, selection, &rows))
        return false;
    *ret_rows =
        item
            ? posting_count_in(&query->dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR].postings[query->item], &rows)
            : bitmap_count(&rows);
    bitmap_finish(&rows);
    return true;
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
    if (query->link.length > 0 && query->link.status == SME_OK) /* it was asked for before, and nothing was set since */
        result->self = arena_copy(&result->arena, query->link.bytes, query->link.length);
    else
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
