/* SPDX-License-Identifier: MIT */
/* The columns of facets: for each filter, how many observations each of its codes would leave under the other filters. */
#include "cell.h"
#include "labels.h"
#include "query.h"

#include <stdlib.h>
#include <string.h>

static struct value facet_parameter(struct view *view, uint32_t row)
{
    const char *name = filter_name(view->dataset, (int)row);

    return text_value(SME_CODE, name, strlen(name));
}

static struct value facet_name(struct view *view, uint32_t row)
{
    buf_clear(&view->scratch);
    print_filter_label(&view->scratch, view->dataset, (enum filter)row, view->language);
    return scratch_value(view, SME_TEXT);
}

/* The observations that all filters but one leave, or all filters (`without` -1); and how many of them have each code of
 * the filters for which these are the others. */
struct others {
    bool known;
    int without;
    uint32_t count;
    struct bitmap rows;
    struct code_counts counts;
};

/* Most filters are not used, and to all of these the others are the same. Those of the used filter asked for last are kept,
 * too. Which are the newest depends on the code, so with latest= there are others of any age. */
struct facets {
    struct others unused[2], used[2];
};

static void others_finish(struct others *others)
{
    bitmap_finish(&others->rows);
    code_counts_finish(&others->counts);
    *others = (struct others){0};
}

void facets_free(struct facets *facets)
{
    for (int age = 0; facets && age < 2; age++) {
        others_finish(&facets->unused[age]);
        others_finish(&facets->used[age]);
    }
    free(facets);
}

/* NULL: no memory. */
static struct others *others_than(struct view *view, uint32_t filter, bool of_any_age)
{
    struct selection selection = {.without = query_has(view->query, (int)filter) ? (int)filter : -1,
                                  .of_any_age = of_any_age};

    if (!view->facets && !(view->facets = calloc(1, sizeof *view->facets)))
        return NULL;
    struct others *others = selection.without < 0 ? &view->facets->unused[of_any_age] : &view->facets->used[of_any_age];
    if (others->known && others->without == selection.without)
        return others;
    others_finish(others);
    others->without = selection.without;
    others->known = query_select(view->query, OBSERVATIONS, selection, &others->rows);
    others->count = others->known ? bitmap_count(&others->rows) : 0;
    return others->known ? others : NULL;
}

/* Whether these are the others of a facet that is to be shown. */
static bool are_others_of(const struct others *others, const struct sme_query *query, uint32_t facet)
{
    bool is_shown = query->item == NONE || query->item == facet;

    return is_shown && others->without == (query_has(query, (int)facet) ? (int)facet : -1);
}

/* Counts for all facets that these are the others of, because much of it is done once for all. False: no memory. */
static bool count_others(const struct view *view, struct others *others)
{
    bool wanted[FILTERS] = {false};

    for (uint32_t f = 0; f < view->dataset->index.row_counts[FACETS]; f++)
        wanted[f] = are_others_of(others, view->query, f);
    return index_count_codes(view->dataset, OBSERVATIONS, &others->rows, others->count, wanted, &others->counts);
}

static struct value facet_observations(struct view *view, uint32_t row)
{
    const struct others *others = others_than(view, row, false);

    if (!others) {
        view->scratch.status = SME_NO_MEMORY;
        return no_value();
    }
    return integer_value(view, others->count);
}

/* How many of these observations are the newest with the code. False: no memory. */
static bool count_latest(const struct view *view, const struct axis *axis, uint32_t code, const struct bitmap *rows,
                         uint32_t *ret_count)
{
    struct bitmap posted;

    if (!bitmap_make(&posted, rows->rows))
        return false;
    posting_add_to(&axis->postings[code], &posted);
    bitmap_and(&posted, rows);
    bool made = query_keep_latest(view->query, OBSERVATIONS, &posted);
    *ret_count = bitmap_count(&posted);
    bitmap_finish(&posted);
    return made;
}

/* What the code and the label of a facet's value are printed with. */
struct coded_value {
    const struct sme_dataset *dataset;
    enum filter filter;
    uint32_t code;
};

static void say_label(void *context, uint32_t language, struct buf *out)
{
    const struct coded_value *value = context;

    print_code_label(out, value->dataset, value->filter, value->code, language);
}

static void print_code(const struct coded_value *value, struct buf *out)
{
    if (value->filter == FILTER_YEAR)
        row_print_id(value->dataset, YEARS, value->code, out);
    else
        buf_text(out, vocabulary_name(value->dataset, OBSERVATIONS, value->filter, value->code));
}

/* What stands behind the count of a facet's value. If the filter has no code yet, it is the same for all, but for the code
 * in each link: then these are places in the first one, in what was printed. `end` 0: there is none, or none like it. */
enum { LINKS = 2 };
struct ending {
    size_t at, code_at[LINKS], code_end[LINKS], end;
};

/* The link with the code put in, or taken out. */
static void print_link(struct view *view, const struct coded_value *value, bool elsewhere, size_t *ret_code_end,
                       struct buf *out)
{
    struct link_change change = {.without = -1,
                                 .moves = true,
                                 .toggles = true,
                                 .filter = (int)value->filter,
                                 .code = value->code,
                                 .code_end = ret_code_end,
                                 .elsewhere = elsewhere};

    put_name(out, elsewhere ? "observations" : "toggle");
    buf_char(out, '"');
    buf_text(out, view->base);
    query_print_link(view->query, change, out);
    buf_char(out, '"');
}

/* The code was printed in the row before: so many bytes from `code_at` on. */
static void print_ending(struct view *view, const struct coded_value *value, size_t code_at, size_t code_length,
                         struct ending *first, struct buf *out)
{
    struct ending this = {.at = out->length};

    if (first->end > 0) {
        size_t at = first->at;

        for (int i = 0; i < LINKS; at = first->code_end[i++]) {
            buf_repeat(out, at, first->code_at[i] - at);
            buf_repeat(out, code_at, code_length);
        }
        buf_repeat(out, at, first->end - at);
        return;
    }
    put_name(out, "selected");
    put_boolean(out, query_chooses(view->query, (int)value->filter, false, value->code));
    put_name(out, "excluded");
    put_boolean(out, query_chooses(view->query, (int)value->filter, true, value->code));
    put_name(out, "links");
    put_open(out, '{');
    for (int i = 0; i < LINKS; i++) {
        print_link(view, value, i > 0, &this.code_end[i], out);
        this.code_at[i] = this.code_end[i] - code_length;
    }
    put_close(out, '}');
    put_close(out, '}');
    this.end = out->length;
    if (!query_has(view->query, (int)value->filter))
        *first = this;
}

static void print_facet_value(struct view *view, const struct coded_value *value, uint32_t count, struct ending *first,
                              struct buf *out)
{
    put_open(out, '{');
    put_name(out, "code");
    buf_char(out, '"');
    size_t code_at = out->length;
    print_code(value, out);
    size_t code_length = out->length - code_at;
    buf_char(out, '"');
    put_name(out, "name");
    print_localized(view, out, say_label, (void *)(uintptr_t)value);
    put_name(out, "observations");
    buf_integer(out, count);
    print_ending(view, value, code_at, code_length, first, out);
}

/* How many observations each code of a facet would leave. NULL: no memory. */
static const uint32_t *count_values(struct view *view, uint32_t row)
{
    const struct axis *axis = &view->dataset->index.axes[OBSERVATIONS][row];
    struct others *others = others_than(view, row, view->query->latest);
    bool made = others && (others->counts.all || count_others(view, others));
    uint32_t *counts = made ? others->counts.of[row] : NULL;

    for (uint32_t code = 0; view->query->latest && code < axis->codes && made; code++)
        made = counts[code] == 0 || count_latest(view, axis, code, &others->rows, &counts[code]);
    return made ? counts : NULL;
}

static void print_facet_values(struct view *view, uint32_t row, struct buf *out)
{
    uint32_t codes = view->dataset->index.axes[OBSERVATIONS][row].codes;
    const uint32_t *counts = count_values(view, row);
    struct coded_value value = {view->dataset, (enum filter)row, 0};
    struct ending first = {.end = 0};

    if (!counts)
        out->status = SME_NO_MEMORY;
    put_open(out, '[');
    for (; value.code < codes && out->status == SME_OK; value.code++)
        print_facet_value(view, &value, counts[value.code], &first, out);
    put_close(out, ']');
}

/* Where the codes are listed with all that is known of them; words of a fixed list are only here. */
static void print_facet_links(struct view *view, uint32_t row, struct buf *out)
{
    link_open(view, out, FACETS, row);
    print_codes_link(view, "codes", (enum filter)row, out);
    put_close(out, '}');
}

const struct column facet_columns[] = {
    {"parameter", COLUMN_COMPUTED, .compute = facet_parameter},
    {"name", COLUMN_COMPUTED, .compute = facet_name, .localized = true},
    {"observations", COLUMN_COMPUTED, .compute = facet_observations},
    {"values", COLUMN_PRINTED, .print = print_facet_values},
    {"links", COLUMN_PRINTED, .print = print_facet_links},
    {0},
};
