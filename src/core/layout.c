/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    ROWS_MAX = 1000,        /* of a collection whose whole rows are printed ahead: about a megabyte for each language */
    INDICATORS_MAX = 20000, /* whose parts of rows are: up to ten megabytes for each language */
    BYTES_MAX = 1 << 26,    /* where texts are long */
};

/* Cells, or parts of them, side by side that depend on the same. */
struct run {
    uint32_t first, count; /* of the layout's cells */
    enum depends depends;
    uint32_t piece; /* which one of a record's pieces is this run printed ahead; NONE: it is not */
    uint32_t sayer; /* which one of those that may repeat; NONE: it does not */
};

struct layouts {
    _Atomic(struct layout *) made[COLLECTIONS][SME_LANGUAGES_MAX + 1]; /* the last one has all languages */
};

struct layout {
    enum collection collection;
    char *base;
    struct column cells[CELLS_MAX];
    struct run runs[CELLS_MAX];
    uint32_t cell_count, run_count;
    uint32_t sayers;
    uint32_t pieces;  /* of each record, which lie side by side */
    uint32_t *starts; /* of all pieces, record by record, in the bytes, and their end */
    struct buf bytes;
};

/* ---- Making ---------------------------------------------------------------------------------------------------- */

static void layout_free(struct layout *layout)
{
    if (!layout)
        return;
    free(layout->starts);
    buf_finish(&layout->bytes);
    free(layout->base);
    free(layout);
}

/* Facets and the dataset are about a query or the process; indicators hold the observations that a query chose. */
static bool may_be_kept(enum collection collection)
{
    return collection != INDICATORS && collection != FACETS && collection != DATASET;
}

/* Prints the cells of a run; the first one of a row has a brace before it. */
static void print_run(const struct layout *layout, const struct run *run, struct view *view, uint32_t row,
                      struct buf *out)
{
    uint32_t own = layout->collection == TARGETS ? view->dataset->targets[row] : row;

    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct column *cell = &layout->cells[i];

        if (i == 0 || !cell->print || (cell->localized && view->all_languages)) {
            cell_print(view, layout->collection, cell, row, i == 0, out);
            continue;
        }
        buf_add_steps(out, cell->key, cell->key_length); /* the short way */
        cell->print(view, own, out);
        if (view->scratch.status != SME_OK)
            out->status = view->scratch.status;
    }
}

static void add_cell(struct layout *layout, const struct column *column)
{
    assert(layout->cell_count < CELLS_MAX);
    layout->cells[layout->cell_count++] = *column;
}

/* The first part of a cell has the key. */
static void add_parts(struct layout *layout, const struct column *column)
{
    for (const struct column *part = column->parts; part->print; part++) {
        struct column cell = *part;

        if (part == column->parts) {
            cell.key = column->key;
            cell.key_length = column->key_length;
        }
        add_cell(layout, &cell);
    }
}

static void find_cells(struct layout *layout, const struct sme_dataset *dataset)
{
    for (const struct column *column = dataset->columns[layout->collection]; column->name; column++)
        if (column->parts)
            add_parts(layout, column);
        else if (!column->searched)
            add_cell(layout, column);
}

/* In few rows, all cells are one run. */
static void find_runs(struct layout *layout, bool few)
{
    for (uint32_t i = 0; i < layout->cell_count; i++) {
        enum depends depends = few ? ON_ROW : layout->cells[i].depends;
        struct run *last = layout->run_count ? &layout->runs[layout->run_count - 1] : NULL;

        if (last && last->depends == depends) {
            last->count++;
            continue;
        }
        bool ahead = few || depends == ON_INDICATOR || depends == ON_PLAIN, repeats = !ahead && depends != ON_ROW;
        layout->runs[layout->run_count++] = (struct run){
            .first = i,
            .count = 1,
            .depends = depends,
            .piece = ahead ? layout->pieces++ : NONE,
            .sayer = repeats ? layout->sayers++ : NONE,
        };
        assert(layout->sayers <= SAYERS_MAX);
    }
}

static const struct observation *observation_at(const struct layout *layout, const struct sme_dataset *dataset,
                                                uint32_t row)
{
    return &dataset->observations[layout->collection == TARGETS ? dataset->targets[row] : row];
}

/* A row of the indicator that shows what all of them have in these columns; NONE: there is none. */
static uint32_t example_of(const struct layout *layout, const struct sme_dataset *dataset, enum depends depends,
                           uint32_t indicator)
{
    const struct posting *posting = &dataset->index.axes[layout->collection][FILTER_INDICATOR].postings[indicator];

    for (uint32_t at = 0, row; (row = posting_next(posting, &at)) != NONE;)
        if (depends == ON_INDICATOR || observation_at(layout, dataset, row)->details == &no_details)
            return row;
    return NONE;
}

/* Prints runs ahead for every record that their cells may depend on. False: no memory. */
static bool print_ahead(struct layout *layout, struct view *view, uint32_t records)
{
    uint32_t *start = layout->starts = malloc(((size_t)records * layout->pieces + 1) * sizeof *start);

    if (!start)
        return false;
    for (uint32_t record = 0; record < records; record++)
        for (const struct run *run = layout->runs; run < layout->runs + layout->run_count; run++) {
            if (run->piece == NONE)
                continue;
            uint32_t row = run->depends == ON_ROW ? record : example_of(layout, view->dataset, run->depends, record);

            *start++ = (uint32_t)layout->bytes.length;
            if (row != NONE)
                print_run(layout, run, view, row, &layout->bytes);
        }
    *start = (uint32_t)layout->bytes.length;
    return buf_grow(&layout->bytes, BUF_STEP);
}

static struct layout *layout_new(struct view *view, enum collection collection)
{
    const struct sme_dataset *dataset = view->dataset;
    struct layout *layout = calloc(1, sizeof *layout);
    uint32_t rows = dataset->index.row_counts[collection];

    if (!layout)
        return NULL;
    layout->collection = collection;
    layout->bytes = BUF_INIT(BYTES_MAX);
    layout->base = strdup(view->base);
    find_cells(layout, dataset);
    find_runs(layout, rows <= ROWS_MAX);
    if (!layout->base || !print_ahead(layout, view, rows <= ROWS_MAX ? rows : dataset->indicator_count)) {
        layout_free(layout);
        return NULL;
    }
    return layout;
}

/* ---- From outside ---------------------------------------------------------------------------------------------- */

/* Many threads may find that there is none, and make one each; the first one stays. */
const struct layout *layout_of(struct view *view, enum collection collection)
{
    const struct sme_dataset *dataset = view->dataset;
    uint32_t rows = dataset->index.row_counts[collection];
    bool observations = collection == OBSERVATIONS || collection == TARGETS;

    if (!may_be_kept(collection) || (rows > ROWS_MAX && (!observations || dataset->indicator_count > INDICATORS_MAX)))
        return NULL;
    uint32_t variant = view->all_languages ? dataset->language_count : view->language;
    _Atomic(struct layout *) *place = &dataset->layouts->made[collection][variant];
    struct layout *layout = atomic_load_explicit(place, memory_order_acquire);
    if (!layout) {
        struct layout *none = NULL;

        layout = layout_new(view, collection);
        if (layout && !atomic_compare_exchange_strong(place, &none, layout)) {
            layout_free(layout);
            layout = none;
        }
    }
    return layout && strcmp(layout->base, view->base) == 0 ? layout : NULL;
}

size_t layout_row_bytes(const struct layout *layout, const struct sme_dataset *dataset)
{
    enum { USUALLY = 640 }; /* of an observation */
    uint32_t rows = dataset->index.row_counts[layout->collection];

    return rows > 0 && rows <= ROWS_MAX ? layout->bytes.length / rows + 1 : USUALLY;
}

/* What is read first of a row, then what that points at, then what is copied. */
static ALWAYS_INLINE void fetch_observation(const struct sme_dataset *dataset, uint32_t row)
{
    __builtin_prefetch(&dataset->observations[row]);
    __builtin_prefetch(members_of(dataset, row));
}

static ALWAYS_INLINE void fetch_starts(const struct layout *layout, const struct sme_dataset *dataset, uint32_t row)
{
    uint32_t indicator = dataset->observations[row].indicator;

    __builtin_prefetch(&layout->starts[indicator * layout->pieces]);
    __builtin_prefetch(&dataset->indicators[indicator].unit);
}

static ALWAYS_INLINE void fetch_pieces(const struct layout *layout, const struct sme_dataset *dataset, uint32_t row)
{
    enum { LINE = 64 };
    const uint32_t *starts = layout->starts + dataset->observations[row].indicator * layout->pieces;

    for (uint32_t at = starts[0]; at < starts[layout->pieces]; at += LINE)
        __builtin_prefetch(layout->bytes.bytes + at);
}

void layout_fetch(const struct layout *layout, const struct view *view, const uint32_t *rows, uint32_t count,
                  uint32_t i)
{
    enum { FIRST = 9, SECOND = 6, THIRD = 3 }; /* rows ahead; main memory takes less than one */
    const struct sme_dataset *dataset = view->dataset;

    if (layout->collection != OBSERVATIONS || dataset->index.row_counts[OBSERVATIONS] <= ROWS_MAX)
        return;
    for (uint32_t k = i > 0 ? i + FIRST : 0; k <= i + FIRST && k < count; k++)
        fetch_observation(dataset, rows[k]);
    for (uint32_t k = i > 0 ? i + SECOND : 0; k <= i + SECOND && k < count; k++)
        fetch_starts(layout, dataset, rows[k]);
    for (uint32_t k = i > 0 ? i + THIRD : 0; k <= i + THIRD && k < count; k++)
        fetch_pieces(layout, dataset, rows[k]);
}

/* All that the cells depend on of runs that rows of different indicators may have in common. */
static void find_what(const struct observation *o, uint64_t ret_what[DEPENDS])
{
    ret_what[ON_DATING] = (uint64_t)o->kind << 40 | (uint64_t)o->period_basis << 32 | (uint64_t)o->period.year << 16 |
                          (uint64_t)o->period.month << 8 | o->period.day;
    ret_what[ON_QUALITY] = (uint64_t)o->qualifier << 8 | o->status;
    ret_what[ON_SOURCE] = o->source;
}

/* Prints a run, or copies what a row before said, if that was the same. */
static void say(const struct layout *layout, const struct run *run, struct view *view, uint32_t row, uint64_t what,
                struct said *said, struct buf *out)
{
    struct saying *last = &said->runs[run->sayer][(what ^ what >> 16) % SAID]; /* years are the bits above */
    size_t at = out->length;

    if (last->length > 0 && last->what == what) {
        if (out->capacity - at > last->length + BUF_STEP || buf_grow(out, last->length + BUF_STEP))
            buf_add_steps(out, out->bytes + last->at, last->length);
        return;
    }
    print_run(layout, run, view, row, out);
    *last = (struct saying){what, at, out->length - at};
}

void layout_print(const struct layout *layout, struct view *view, uint32_t row, struct said *said, struct buf *out)
{
    static const struct observation none; /* runs of other collections depend on nothing but the row */
    bool observations = layout->collection == OBSERVATIONS || layout->collection == TARGETS;
    const struct observation *o = observations ? observation_at(layout, view->dataset, row) : &none;
    uint32_t record = layout->runs[0].depends == ON_ROW ? row : o->indicator;
    const uint32_t *starts = layout->starts + (size_t)record * layout->pieces;
    uint64_t what[DEPENDS] = {0};

    find_what(o, what);
    for (uint32_t r = 0; r < layout->run_count; r++) {
        const struct run *run = &layout->runs[r];

        if (run->piece != NONE && (run->depends != ON_PLAIN || o->details == &no_details))
            buf_add_steps(out, layout->bytes.bytes + starts[run->piece], starts[run->piece + 1] - starts[run->piece]);
        else if (run->sayer == NONE)
            print_run(layout, run, view, row, out);
        else
            say(layout, run, view, row, what[run->depends], said, out);
    }
    put_close(out, '}');
}

void layouts_free(struct sme_dataset *dataset)
{
    for (enum collection c = 0; dataset->layouts && c < COLLECTIONS; c++)
        for (uint32_t l = 0; l <= SME_LANGUAGES_MAX; l++)
            layout_free(atomic_load(&dataset->layouts->made[c][l]));
    free(dataset->layouts);
}

bool layouts_make(struct sme_dataset *dataset)
{
    dataset->layouts = calloc(1, sizeof *dataset->layouts);
    return dataset->layouts != NULL;
}
