/* SPDX-License-Identifier: MIT */
/* The rows that a query's filters leave: bitmaps of posting lists, intersected. */
#include "query.h"

#include <string.h>

bool query_has(const struct sme_query *query, int filter)
{
    return filter == FILTERS ? query->word_count > 0
                             : query->choices[filter][0].given || query->choices[filter][1].given;
}

bool query_excludes_undated(const struct sme_query *query)
{
    const struct choice *years = query->choices[FILTER_YEAR];

    return (years[0].given && !years[0].undated) || years[1].given;
}

static void add_choice(struct bitmap *rows, const struct sme_dataset *dataset, const struct axis *axis,
                       const struct choice *choice)
{
    for (uint32_t i = 0; i < choice->count; i++)
        bitmap_add_code(rows, axis, choice->codes[i]);
    for (uint32_t i = 0; i < choice->range_count; i++)
        for (uint32_t y = 0; y < dataset->year_count; y++)
            if (dataset->years[y] >= choice->ranges[i].from && dataset->years[y] <= choice->ranges[i].to)
                bitmap_add_code(rows, axis, y + 1);
    if (choice->undated)
        bitmap_add_code(rows, axis, 0);
}

/* Keeps the rows that one filter leaves. */
static bool keep_filter(const struct sme_query *query, enum collection collection, enum filter filter,
                        struct selection selection, struct bitmap *rows)
{
    const struct axis *axis = &query->dataset->index.axes[collection][filter];
    struct choice undated = {.given = true, .undated = true};
    bool only_undated = filter == FILTER_YEAR && selection.undated_only;

    for (int negated = 0; negated < 2; negated++) {
        const struct choice *choice = only_undated && !negated ? &undated : &query->choices[filter][negated];
        struct bitmap chosen;

        if (!choice->given || (only_undated && negated))
            continue;
        if (!bitmap_make(&chosen, rows->rows, false))
            return false;
        add_choice(&chosen, query->dataset, axis, choice);
        if (negated && filter == FILTER_YEAR)
            bitmap_add_code(&chosen, axis, 0); /* an unknown year may be one of those not wanted */
        if (negated)
            bitmap_invert(&chosen);
        bitmap_and(rows, &chosen);
        bitmap_finish(&chosen);
    }
    return true;
}

static bool found_in(const struct sme_dataset *dataset, struct found_by by, const char *word)
{
    if (by.subject == SUBJECTS)
        return false;
    const struct haystack *stack = &dataset->index.haystacks[by.subject];
    for (uint32_t h = stack->starts[by.record]; h < stack->starts[by.record + 1]; h++)
        if (strstr(stack->hays[h].folded, word))
            return true;
    return false;
}

/* Keeps the rows in which every word is found. */
static void keep_search(const struct sme_query *query, enum collection collection, struct bitmap *rows)
{
    for (uint32_t row = bitmap_next(rows, 0); row != NONE; row = bitmap_next(rows, row + 1)) {
        struct found_by by[2];
        bool all = true;

        index_found_by(query->dataset, collection, row, by);
        for (uint32_t w = 0; w < query->word_count && all; w++)
            all = found_in(query->dataset, by[0], query->words[w]) || found_in(query->dataset, by[1], query->words[w]);
        if (!all)
            rows->words[row / 64] &= ~(UINT64_C(1) << row % 64);
    }
}

/* Keeps the indicators that have an observation left. */
static bool keep_observed(const struct sme_query *query, struct selection selection, struct bitmap *rows)
{
    struct bitmap observations, observed;
    struct selection inner = selection;

    inner.without = selection.without == FILTERS ? -1 : selection.without;
    if (!query_select(query, OBSERVATIONS, inner, &observations))
        return false;
    bool made = bitmap_make(&observed, rows->rows, false);
    for (uint32_t o = bitmap_next(&observations, 0); made && o != NONE; o = bitmap_next(&observations, o + 1))
        bitmap_add(&observed, query->dataset->observations[o].indicator);
    if (made)
        bitmap_and(rows, &observed);
    if (made)
        bitmap_finish(&observed);
    bitmap_finish(&observations);
    return made;
}

bool query_select(const struct sme_query *query, enum collection collection, struct selection selection,
                  struct bitmap *ret_rows)
{
    const struct sme_dataset *dataset = query->dataset;
    bool observed = false, made;

    if (!bitmap_make(ret_rows, dataset->index.row_counts[collection], true))
        return false;
    made = true;
    for (int filter = 0; filter < FILTERS && made; filter++) {
        bool asked = query_has(query, filter) || (filter == FILTER_YEAR && selection.undated_only);

        if (filter == selection.without || !asked)
            continue;
        if (dataset->index.axes[collection][filter].starts)
            made = keep_filter(query, collection, (enum filter)filter, selection, ret_rows);
        else
            observed = observed || collection == INDICATORS;
    }
    if (made && observed)
        made = keep_observed(query, selection, ret_rows);
    /* A search on indicators is about them, not about the observations inside. */
    if (made && selection.without != FILTERS && query->word_count && collection == query->collection)
        keep_search(query, collection, ret_rows);
    if (!made)
        bitmap_finish(ret_rows);
    return made;
}
