/* SPDX-License-Identifier: MIT */
/*
 * The rows that a query's filters leave. Each filter is an operand: the rows of some codes, or all but those. Operands are
 * intersected word by word, and a word is looked at only where every operand has rows. Then comes what looks at each row.
 */
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

static bool asks_for(const struct sme_query *query, int filter, struct selection selection)
{
    return filter != selection.without &&
           (query_has(query, filter) || (filter == FILTER_YEAR && selection.undated_only));
}

/* The rows of some layers together, or all others. Bitmaps of the index are layers as they are. */
struct operand {
    const struct bitmap **layers;
    uint32_t count;
    bool negated;
    uint64_t rows;     /* at most, in its layers; 0: none */
    struct bitmap own; /* a layer of what is not ready, or one too many */
};

/* Operands are filled one after another, so each one's layers lie together. */
enum { OPERANDS_MAX = 2 * FILTERS + 1, READY_LAYERS_MAX = 64 };
struct operands {
    uint32_t rows, count, layer_count;
    bool no_memory;
    const struct bitmap *layers[READY_LAYERS_MAX + OPERANDS_MAX];
    struct operand items[OPERANDS_MAX];
    const struct operand *order[OPERANDS_MAX]; /* what leaves the fewest rows first */
};

static struct operand *add_operand(struct operands *operands, bool negated)
{
    struct operand *operand = &operands->items[operands->count++];

    *operand = (struct operand){.layers = operands->layers + operands->layer_count, .negated = negated};
    return operand;
}

static void add_layer(struct operands *operands, struct operand *operand, const struct bitmap *layer)
{
    operand->count++;
    operands->layers[operands->layer_count++] = layer;
}

/* The operand's own layer, with nothing in it. False: no memory. */
static bool make_own(struct operands *operands, struct operand *operand)
{
    if (bitmap_make(&operand->own, operands->rows))
        add_layer(operands, operand, &operand->own);
    else
        operands->no_memory = true;
    return !operands->no_memory;
}

static void add_posting(struct operands *operands, struct operand *operand, const struct posting *posting)
{
    if (posting->count == 0 || operands->no_memory)
        return;
    operand->rows += posting->count;
    if (posting->bitmap && operands->layer_count < READY_LAYERS_MAX)
        add_layer(operands, operand, posting->bitmap);
    else if (operand->own.words || make_own(operands, operand))
        posting_add_to(posting, &operand->own);
}

static void operands_finish(struct operands *operands)
{
    for (uint32_t i = 0; i < operands->count; i++)
        bitmap_finish(&operands->items[i].own);
}

/* Adds a layer's rows in a block's words. In a file that is in another order hardly a word of a year is empty. */
static void add_full_block(const struct bitmap *layer, size_t block, uint64_t words[64])
{
    const uint64_t *from = layer->words + block * 64;

    for (size_t word = 0; word < 64; word++)
        words[word] |= from[word];
}

/* The rows of an operand's layers in a block's words, those that `filled` names. */
static ALWAYS_INLINE void find_in_block(const struct operand *operand, size_t block, uint64_t filled,
                                        uint64_t words[64])
{
    uint64_t found = 0;

    for (uint32_t i = 0; i < operand->count; i++) {
        const struct bitmap *layer = operand->layers[i];

        if (!~(layer->filled[block] & found)) {
            add_full_block(layer, block, words);
            continue;
        }
        for (uint64_t rest = layer->filled[block] & filled; rest; rest &= rest - 1) {
            size_t word = (size_t)__builtin_ctzll(rest);
            words[word] = (found >> word & 1 ? words[word] : 0) | layer->words[block * 64 + word];
        }
        found |= layer->filled[block] & filled;
    }
    for (uint64_t rest = filled & ~found; rest; rest &= rest - 1)
        words[__builtin_ctzll(rest)] = 0;
}

/* Keeps of a block's words, those that `filled` names, what an operand has. @return those with rows left. Each word lies
 * elsewhere in memory, so none waits for another one's. */
static uint64_t keep_in_block(const struct operand *operand, size_t block, uint64_t filled, uint64_t words[64])
{
    UNCLEARED uint64_t found[64];
    uint64_t left = 0, inverted = operand->negated ? ~UINT64_C(0) : 0;

    find_in_block(operand, block, filled, found);
    for (uint64_t rest = filled; rest; rest &= rest - 1) {
        size_t word = (size_t)__builtin_ctzll(rest);
        words[word] &= found[word] ^ inverted;
        left |= (uint64_t)(words[word] != 0) << word;
    }
    return left;
}

/* All rows in a block's words. */
static void fill_block(uint32_t rows, size_t block, uint64_t words[64])
{
    for (uint64_t rest = bitmap_full_block(rows, block); rest; rest &= rest - 1) {
        size_t word = (size_t)__builtin_ctzll(rest);
        words[word] = bitmap_full_word(rows, block * 64 + word);
    }
}

/* Leaves of some blocks' words, up to 64 blocks, those that an operand has. */
static void keep_filled(const struct operand *operand, size_t block, size_t count, uint64_t *filled)
{
    uint64_t found[64] = {0};

    if (operand->negated)
        return;
    for (uint32_t i = 0; i < operand->count; i++)
        for (size_t b = 0; b < count; b++)
            found[b] |= operand->layers[i]->filled[block + b];
    for (size_t b = 0; b < count; b++)
        filled[b] &= found[b];
}

/* The words that all operands have. */
static void find_filled(const struct operands *operands, struct bitmap *rows)
{
    size_t blocks = bitmap_blocks(rows->rows);

    for (size_t block = 0; block < blocks; block++)
        rows->filled[block] = bitmap_full_block(rows->rows, block);
    for (size_t block = 0; block < blocks; block += 64)
        for (uint32_t i = 0; i < operands->count; i++)
            keep_filled(operands->order[i], block, blocks - block < 64 ? blocks - block : 64, rows->filled + block);
}

/* Asks for a block's words, those of all layers, and those that are to be written. */
static ALWAYS_INLINE void fetch_block(const struct operands *operands, size_t block, const struct bitmap *rows)
{
    uint64_t filled = rows->filled[block];

    for (uint64_t rest = filled; rest; rest &= rest - 1)
        __builtin_prefetch(&rows->words[block * 64 + (size_t)__builtin_ctzll(rest)], 1);
    for (uint32_t i = 0; i < operands->layer_count && filled; i++)
        bitmap_fetch(operands->layers[i], block, filled);
}

/* The rows in all operands, of which there is at least one. */
static void intersect(struct operands *operands, struct bitmap *rows)
{
    enum { AHEAD = 16 };
    size_t blocks = bitmap_blocks(rows->rows);

    find_filled(operands, rows);
    for (size_t block = 0; block < AHEAD && block < blocks; block++)
        fetch_block(operands, block, rows);
    for (size_t block = 0; block < blocks; block++) {
        uint64_t filled = rows->filled[block], *words = rows->words + block * 64;

        if (block + AHEAD < blocks)
            fetch_block(operands, block + AHEAD, rows);
        if (operands->order[0]->negated)
            fill_block(rows->rows, block, words);
        else
            find_in_block(operands->order[0], block, filled, words);
        for (uint32_t i = !operands->order[0]->negated; i < operands->count && filled; i++)
            filled = keep_in_block(operands->order[i], block, filled, words);
        rows->filled[block] = filled;
    }
}

static int by_rows(const void *a, const void *b)
{
    const struct operand *x = *(const struct operand *const *)a, *y = *(const struct operand *const *)b;

    if (x->negated != y->negated)
        return x->negated ? 1 : -1;
    return (x->rows > y->rows) - (x->rows < y->rows);
}

static void put_in_order(struct operands *operands)
{
    for (uint32_t i = 0; i < operands->count; i++)
        operands->order[i] = &operands->items[i];
    qsort(operands->order, operands->count, sizeof(struct operand *), by_rows);
}

static void add_choice(struct operands *operands, const struct sme_dataset *dataset, const struct axis *axis,
                       const struct choice *choice, bool negated)
{
    struct operand *operand = add_operand(operands, negated);

    for (uint32_t i = 0; i < choice->count; i++)
        add_posting(operands, operand, &axis->postings[choice->codes[i]]);
    for (uint32_t i = 0; i < choice->range_count; i++)
        for (uint32_t y = 0; y < dataset->year_count; y++)
            if (dataset->years[y] >= choice->ranges[i].from && dataset->years[y] <= choice->ranges[i].to)
                add_posting(operands, operand, &axis->postings[y + 1]);
    /* An unknown year may be one of those not wanted. */
    if (choice->undated || (negated && choice->range_count > 0))
        add_posting(operands, operand, &axis->postings[0]);
}

/* What one filter asks for. */
static void add_filter(struct operands *operands, const struct sme_query *query, enum collection collection,
                       enum filter filter, struct selection selection)
{
    const struct axis *axis = &query->dataset->index.axes[collection][filter];

    if (filter == FILTER_YEAR && selection.undated_only) {
        add_posting(operands, add_operand(operands, false), &axis->postings[0]);
        return;
    }
    for (int negated = 0; negated < 2; negated++)
        if (query->choices[filter][negated].given)
            add_choice(operands, query->dataset, axis, &query->choices[filter][negated], negated);
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
    struct bitmap_walk walk = {0};

    for (uint32_t row; (row = bitmap_walk(rows, &walk)) != NONE;) {
        const struct observation *o = &dataset->observations[observation_of(dataset, collection, row)];
        const struct unit *unit = &dataset->units[dataset->indicators[o->indicator].unit];

        if (!range_has(&query->range, query->match, o, unit))
            bitmap_drop(rows, row);
    }
}

bool query_keep_latest(const struct sme_query *query, enum collection collection, struct bitmap *rows)
{
    const struct sme_dataset *dataset = query->dataset;
    uint32_t *newest = calloc((size_t)dataset->series_count + 1, sizeof *newest); /* row + 1; 0: none yet */
    struct bitmap_walk walk = {0};

    if (!newest)
        return false;
    for (uint32_t row; (row = bitmap_walk(rows, &walk)) != NONE;) {
        uint32_t observation = observation_of(dataset, collection, row);
        const struct observation *o = &dataset->observations[observation];
        uint32_t *place = &newest[dataset->series[observation]], rival = *place - 1;

        if (*place && observation_is_newer(&dataset->observations[observation_of(dataset, collection, rival)], o)) {
            bitmap_drop(rows, row);
            continue;
        }
        if (*place)
            bitmap_drop(rows, rival);
        *place = row + 1;
    }
    free(newest);
    return true;
}

/* The words found in some texts, as bits. */
static uint32_t words_in(const struct sme_query *query, struct found_by by)
{
    uint32_t found = 0;

    for (const struct hay *hay = by.hays; hay < by.end; hay++)
        for (uint32_t w = 0; w < query->word_count; w++)
            if (!(found >> w & 1) && strstr(hay->folded, query->words[w]))
                found |= UINT32_C(1) << w;
    return found;
}

/* Keeps the rows in which every word is found. */
static void keep_search(const struct sme_query *query, enum collection collection, struct bitmap *rows)
{
    struct bitmap_walk walk = {0};

    for (uint32_t row; (row = bitmap_walk(rows, &walk)) != NONE;) {
        struct found_by by[2];

        index_found_by(query->dataset, collection, row, by);
        if ((words_in(query, by[0]) | words_in(query, by[1])) + 1 != UINT32_C(1) << query->word_count)
            bitmap_drop(rows, row);
    }
}

/*
 * Observations in which every word is found: those whose indicator has them all, and of the few with texts of their own
 * those that have the rest. Where that is most of them, the operand is all but the others.
 */
static void add_search(struct operands *operands, const struct sme_query *query)
{
    const struct sme_dataset *dataset = query->dataset;
    const struct posting *postings = dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR].postings;
    const struct haystack *own = &dataset->index.haystacks[SUBJECT_OBSERVATIONS];
    uint32_t all = (UINT32_C(1) << query->word_count) - 1, count = 0;
    uint32_t *found = calloc((size_t)dataset->indicator_count + 1, sizeof *found);

    for (uint32_t i = 0; found && i < dataset->indicator_count; i++) {
        struct found_by by[2];

        index_found_by(dataset, INDICATORS, i, by);
        found[i] = words_in(query, by[0]);
        count += found[i] == all ? postings[i].count : 0;
    }
    struct operand *operand = add_operand(operands, count > operands->rows / 2);
    bool made = found && make_own(operands, operand);
    operand->rows = count + own->count;
    for (uint32_t i = 0; made && i < dataset->indicator_count; i++)
        if ((found[i] == all) != operand->negated)
            posting_add_to(&postings[i], &operand->own);
    for (uint32_t i = 0; made && i < own->count; i++) {
        uint32_t row = own->records[i], before = found[dataset->observations[row].indicator];
        struct found_by by = {&own->hays[own->starts[i]], &own->hays[own->starts[i + 1]]};

        if (before == all || (before | words_in(query, by)) != all)
            continue;
        if (operand->negated)
            bitmap_drop(&operand->own, row);
        else
            bitmap_add(&operand->own, row);
    }
    operands->no_memory = operands->no_memory || !made;
    free(found);
}

/* Keeps the indicators that have an observation left. */
static bool keep_observed(const struct sme_query *query, struct selection selection, struct bitmap *rows)
{
    struct bitmap observations, observed;
    struct selection inner = selection;

    inner.without = selection.without == SEARCH ? -1 : selection.without;
    if (!query_select(query, OBSERVATIONS, inner, &observations))
        return false;
    bool made = bitmap_make(&observed, rows->rows);
    for (uint32_t o = bitmap_next(&observations, 0); made && o != NONE; o = bitmap_next(&observations, o + 1))
        bitmap_add(&observed, query->dataset->observations[o].indicator);
    if (made)
        bitmap_and(rows, &observed);
    if (made)
        bitmap_finish(&observed);
    bitmap_finish(&observations);
    return made;
}

/* Whether a selection asks for what a collection has no filter for: indicators by what is inside them. */
static bool asks_inside(const struct sme_query *query, enum collection collection, struct selection selection)
{
    bool asks = query_has(query, VALUE) && selection.without != VALUE;

    for (int filter = 0; filter < FILTERS && !asks; filter++)
        asks = asks_for(query, filter, selection) && !query->dataset->index.axes[collection][filter].postings;
    return asks && collection == INDICATORS;
}

/* A search on indicators is about them, not about the observations inside. */
static bool asks_words(const struct sme_query *query, enum collection collection, struct selection selection)
{
    return query->word_count > 0 && selection.without != SEARCH &&
           collection == (query->collection == FACETS ? OBSERVATIONS : query->collection);
}

/* The rows that codes and words leave. */
static bool select_indexed(const struct sme_query *query, enum collection collection, struct selection selection,
                           struct bitmap *rows)
{
    const struct axis *axes = query->dataset->index.axes[collection];
    struct operands operands = {.rows = rows->rows};

    for (int filter = 0; filter < FILTERS; filter++)
        if (asks_for(query, filter, selection) && axes[filter].postings)
            add_filter(&operands, query, collection, (enum filter)filter, selection);
    if (collection == OBSERVATIONS && asks_words(query, collection, selection))
        add_search(&operands, query);
    if (operands.count == 0) {
        bitmap_add_all(rows);
    } else if (!operands.no_memory) {
        put_in_order(&operands);
        if (operands.order[0]->negated || operands.order[0]->rows > 0) /* or none is left, as in the beginning */
            intersect(&operands, rows);
    }
    operands_finish(&operands);
    return !operands.no_memory;
}

bool query_select(const struct sme_query *query, enum collection collection, struct selection selection,
                  struct bitmap *ret_rows)
{
    bool has_numbers = collection == OBSERVATIONS || collection == TARGETS;

    if (!bitmap_make(ret_rows, query->dataset->index.row_counts[collection]))
        return false;
    bool made = select_indexed(query, collection, selection, ret_rows);
    if (made && has_numbers && query_has(query, VALUE) && selection.without != VALUE)
        keep_value(query, collection, ret_rows);
    if (made && asks_inside(query, collection, selection))
        made = keep_observed(query, selection, ret_rows);
    if (made && collection != OBSERVATIONS && asks_words(query, collection, selection))
        keep_search(query, collection, ret_rows);
    /* Last of all: the newest of those that everything else leaves. */
    if (made && query->latest && has_numbers && !selection.of_any_age)
        made = query_keep_latest(query, collection, ret_rows);
    if (!made)
        bitmap_finish(ret_rows);
    return made;
}
