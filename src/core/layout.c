/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    ROWS_MAX = 1000,        /* of a collection whose whole rows are printed ahead: about a megabyte for each language */
    INDICATORS_MAX = 20000, /* whose parts of rows are: up to ten megabytes for each language */
    BYTES_MAX = 1 << 26,    /* where texts are long */
};

/* Columns side by side whose cells depend on the same. */
struct run {
    const struct column *first;
    uint32_t count;
    enum depends depends;
    uint32_t *starts; /* of a record's bytes in the layout's; NULL: nothing is printed ahead */
};

struct layouts {
    _Atomic(struct layout *) made[COLLECTIONS][SME_LANGUAGES_MAX + 1]; /* the last one has all languages */
};

struct layout {
    enum collection collection;
    char *base;
    struct run runs[COLUMNS_MAX];
    uint32_t run_count;
    struct buf bytes;
};

/* ---- Making ---------------------------------------------------------------------------------------------------- */

static void layout_free(struct layout *layout)
{
    if (!layout)
        return;
    for (uint32_t i = 0; i < layout->run_count; i++)
        free(layout->runs[i].starts);
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
    for (uint32_t i = 0; i < run->count; i++) {
        const struct column *column = &run->first[i];
        if (!column->searched)
            cell_print(view, layout->collection, column, row, i == 0 && run == layout->runs, out);
    }
}

/* In few rows, all columns are one run. */
static void find_runs(struct layout *layout, const struct sme_dataset *dataset, bool few)
{
    for (const struct column *column = dataset->columns[layout->collection]; column->name; column++) {
        struct run *last = layout->run_count ? &layout->runs[layout->run_count - 1] : NULL;

        if (last && (few || last->depends == column->depends))
            last->count++;
        else
            layout->runs[layout->run_count++] =
                (struct run){.first = column, .count = 1, .depends = few ? ON_ROW : column->depends};
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

/* Prints a run ahead for every record that its cells may depend on. False: no memory. */
static bool print_ahead(struct layout *layout, struct run *run, struct view *view)
{
    const struct sme_dataset *dataset = view->dataset;
    bool whole = run->depends == ON_ROW;
    uint32_t records = whole ? dataset->index.row_counts[layout->collection] : dataset->indicator_count;

    run->starts = malloc(((size_t)records + 1) * sizeof *run->starts);
    if (!run->starts)
        return false;
    for (uint32_t r = 0; r < records; r++) {
        uint32_t row = whole ? r : example_of(layout, dataset, run->depends, r);

        run->starts[r] = (uint32_t)layout->bytes.length;
        if (row != NONE)
            print_run(layout, run, view, row, &layout->bytes);
    }
    run->starts[records] = (uint32_t)layout->bytes.length;
    return layout->bytes.status == SME_OK;
}

static struct layout *layout_new(struct view *view, enum collection collection)
{
    const struct sme_dataset *dataset = view->dataset;
    struct layout *layout = calloc(1, sizeof *layout);
    bool few = dataset->index.row_counts[collection] <= ROWS_MAX;

    if (!layout)
        return NULL;
    layout->collection = collection;
    layout->bytes = BUF_INIT(BYTES_MAX);
    layout->base = strdup(view->base);
    find_runs(layout, dataset, few);
    bool made = layout->base != NULL;
    for (uint32_t i = 0; i < layout->run_count && made; i++)
        if (few || layout->runs[i].depends == ON_INDICATOR || layout->runs[i].depends == ON_PLAIN)
            made = print_ahead(layout, &layout->runs[i], view);
    if (!made) {
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

void layout_fetch(const struct layout *layout, const struct view *view, const uint32_t *rows, uint32_t count,
                  uint32_t i)
{
    enum { FAR = 12, NEAR = 6 }; /* a row takes a quarter of a microsecond, and main memory half of that */
    const struct sme_dataset *dataset = view->dataset;

    if (layout->collection != OBSERVATIONS || dataset->index.row_counts[OBSERVATIONS] <= ROWS_MAX)
        return;
    if (i + FAR < count) {
        __builtin_prefetch(&dataset->observations[rows[i + FAR]]);
        __builtin_prefetch(members_of(dataset, rows[i + FAR]));
    }
    if (i + NEAR < count) {
        uint32_t indicator = dataset->observations[rows[i + NEAR]].indicator;

        __builtin_prefetch(&dataset->indicators[indicator].code);
        __builtin_prefetch(dataset->indicators[indicator].code.text);
        for (uint32_t r = 0; r < layout->run_count; r++)
            if (layout->runs[r].starts)
                __builtin_prefetch(layout->bytes.bytes + layout->runs[r].starts[indicator]);
    }
}

/* All that the cells of such a run depend on. */
static uint64_t what_it_says(enum depends depends, const struct observation *o)
{
    switch (depends) {
    case ON_DATING:
        return (uint64_t)o->kind << 40 | (uint64_t)o->period_basis << 32 | (uint64_t)o->period.year << 16 |
               (uint64_t)o->period.month << 8 | o->period.day;
    case ON_QUALITY:
        return (uint64_t)o->qualifier << 8 | o->status;
    case ON_SOURCE:
        return o->source;
    case ON_ROW:
    case ON_INDICATOR:
    case ON_PLAIN:
        break;
    }
    return 0;
}

/* Prints a run, or copies what the row before said, if that was the same. */
static void say(const struct layout *layout, uint32_t r, struct view *view, uint32_t row, const struct observation *o,
                struct said *said, struct buf *out)
{
    uint64_t what = what_it_says(layout->runs[r].depends, o);
    size_t length = said->length[r], at = said->at[r];

    said->at[r] = out->length;
    if (length > 0 && said->what[r] == what) {
        buf_repeat(out, at, length);
        return;
    }
    print_run(layout, &layout->runs[r], view, row, out);
    said->what[r] = what;
    said->length[r] = out->length - said->at[r];
}

void layout_print(const struct layout *layout, struct view *view, uint32_t row, struct said *said, struct buf *out)
{
    static const struct observation none; /* runs of other collections depend on nothing but the row */
    bool observations = layout->collection == OBSERVATIONS || layout->collection == TARGETS;
    const struct observation *o = observations ? observation_at(layout, view->dataset, row) : &none;

    for (uint32_t r = 0; r < layout->run_count; r++) {
        const struct run *run = &layout->runs[r];
        uint32_t record = run->depends == ON_ROW ? row : o->indicator;

        if (run->starts && (run->depends != ON_PLAIN || o->details == &no_details))
            buf_add(out, layout->bytes.bytes + run->starts[record], run->starts[record + 1] - run->starts[record]);
        else if (run->depends == ON_ROW || run->depends == ON_PLAIN)
            print_run(layout, run, view, row, out);
        else
            say(layout, r, view, row, o, said, out);
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
