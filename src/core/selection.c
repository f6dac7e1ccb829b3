/* SPDX-License-Identifier: MIT */
/* The rows that a query's filters leave: bitmaps of posting lists, intersected; then what looks at each row. */
#include "query.h"

#include <stdlib.h>
#include <string.h>

bool query_has(const struct sme_query *query, int filter)
{
    if (filter == SEARCH)
        return query->word_count > 0;
    if (filter == VALUE)
        return query->range_given;
    return query->choices[filter][0].given || query->choices[filter][1].given;
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

static void drop(struct bitmap *rows, uint32_t row)
{
    rows->words[row / 64] &= ~(UINT64_C(1) << row % 64);
}

/* The observation that is a row of observations or targets. */
static uint32_t observation_of(const struct sme_dataset *dataset, enum collection collection, uint32_t row)
{
    return collection == TARGETS ? dataset->targets[row] : row;
}

/* Keeps the rows whose number is in the range. */
static void keep_value(const struct sme_query *query, enum collection collection, struct bitmap *rows)
{
    const struct sme_dataset *dataset = query->dataset;

    for (uint32_t row = bitmap_next(rows, 0); row != NONE; row = bitmap_next(rows, row + 1)) {
        const struct observation *o = &dataset->observations[observation_of(dataset, collection, row)];
        const struct unit *unit = &dataset->units[dataset->indicators[o->indicator].unit];

        if (!range_has(&query->range, query->match, o, unit))
            drop(rows, row);
    }
}

bool query_keep_latest(const struct sme_query *query, enum collection collection, struct bitmap *rows)
{
    const struct sme_dataset *dataset = query->dataset;
    uint32_t *newest = calloc((size_t)dataset->series_count + 1, sizeof *newest); /* row + 1; 0: none yet */

    if (!newest)
        return false;
    for (uint32_t row = bitmap_next(rows, 0); row != NONE; row = bitmap_next(rows, row + 1)) {
        uint32_t observation = observation_of(dataset, collection, row);
        const struct observation *o = &dataset->observations[observation];
        uint32_t *place = &newest[dataset->series[observation]], rival = *place - 1;

        if (*place && observation_is_newer(&dataset->observations[observation_of(dataset, collection, rival)], o)) {
            drop(rows, row);
            continue;
        }
        if (*place)
            drop(rows, rival);
        *place = row + 1;
    }
    free(newest);
    return true;
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
            drop(rows, row);
    }
}

/* Keeps the indicators that have an observation left. */
static bool keep_observed(const struct sme_query *query, struct selection selection, struct bitmap *rows)
{
    struct bitmap observations, observed;
    struct selection inner = selection;

    inner.without = selection.without == SEARCH ? -1 : selection.without;
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
    bool asks_value = query_has(query, VALUE) && selection.without != VALUE, observed = false, made;
    bool has_numbers = collection == OBSERVATIONS || collection == TARGETS;

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
    if (made && asks_value && has_numbers)
        keep_value(query, collection, ret_rows);
    else if (asks_value)
        observed = observed || collection == INDICATORS;
    if (made && observed)
        made = keep_observed(query, selection, ret_rows);
    /* A search on indicators is about them, not about the observations inside. */
    bool searched = query->collection == FACETS ? collection == OBSERVATIONS : collection == query->collection;
    if (made && selection.without != SEARCH && query->word_count && searched)
        keep_search(query, collection, ret_rows);
    /* Last of all: the newest of those that everything else leaves. */
    if (made && query->latest && has_numbers && !selection.of_any_age)
        made = query_keep_latest(query, collection, ret_rows);
    if (!made)
        bitmap_finish(ret_rows);
    return made;
}
