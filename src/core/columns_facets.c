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

/* The observations that the other filters leave. Which of them are the newest depends on the code. Most filters are not
 * used, and to all of these the others are the same. NULL: no memory. */
static const struct others *others_than(struct view *view, uint32_t filter, bool of_any_age)
{
    struct selection selection = {.without = query_has(view->query, (int)filter) ? (int)filter : -1,
                                  .of_any_age = of_any_age};
    struct others *others = &view->others[selection.without >= 0];

    if (others->known && others->without == selection.without && others->of_any_age == of_any_age)
        return others;
    bitmap_finish(&others->rows);
    *others = (struct others){.of_any_age = of_any_age, .without = selection.without};
    others->known = query_select(view->query, OBSERVATIONS, selection, &others->rows);
    others->count = others->known ? bitmap_count(&others->rows) : 0;
    return others->known ? others : NULL;
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

static void print_toggle(struct view *view, const char *key, struct link_change change, struct buf *out)
{
    put_key(out, key);
    buf_char(out, '"');
    buf_text(out, view->base);
    query_print_link(view->query, change, out);
    buf_char(out, '"');
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
    buf_char(out, '"');
    if (value->filter == FILTER_YEAR)
        row_print_id(value->dataset, YEARS, value->code, out);
    else
        buf_text(out, vocabulary_name(value->dataset, OBSERVATIONS, value->filter, value->code));
    buf_char(out, '"');
}

static void print_facet_value(struct view *view, struct coded_value value, uint32_t count, struct buf *out)
{
    struct link_change toggle = {
        .without = -1, .moves = true, .toggles = true, .filter = (int)value.filter, .code = value.code};
    struct link_change observations = toggle;

    observations.elsewhere = true;
    put_item(out);
    put_open(out, '{');
    put_key(out, "code");
    print_code(&value, out);
    put_key(out, "name");
    print_localized(view, out, say_label, &value);
    put_key(out, "observations");
    buf_integer(out, count);
    put_key(out, "selected");
    put_boolean(out, query_chooses(view->query, (int)value.filter, false, value.code));
    put_key(out, "excluded");
    put_boolean(out, query_chooses(view->query, (int)value.filter, true, value.code));
    put_key(out, "links");
    put_open(out, '{');
    print_toggle(view, "toggle", toggle, out);
    print_toggle(view, "observations", observations, out);
    put_close(out, '}');
    put_close(out, '}');
}

/* How many observations each code of a facet would leave. False: no memory. */
static bool count_values(struct view *view, uint32_t row, uint32_t *ret_counts)
{
    const struct axis *axis = &view->dataset->index.axes[OBSERVATIONS][row];
    const struct others *others = others_than(view, row, view->query->latest);
    bool made = others != NULL;

    if (made)
        index_count_codes(view->dataset, OBSERVATIONS, (enum filter)row, &others->rows, others->count, ret_counts);
    for (uint32_t code = 0; view->query->latest && code < axis->codes && made; code++)
        made = ret_counts[code] == 0 || count_latest(view, axis, code, &others->rows, &ret_counts[code]);
    return made;
}

static void print_facet_values(struct view *view, uint32_t row, struct buf *out)
{
    uint32_t codes = view->dataset->index.axes[OBSERVATIONS][row].codes;
    uint32_t *counts = calloc((size_t)codes + 1, sizeof *counts);

    if (!counts || !count_values(view, row, counts))
        out->status = SME_NO_MEMORY;
    put_open(out, '[');
    for (uint32_t code = 0; code < codes && out->status == SME_OK; code++)
        print_facet_value(view, (struct coded_value){view->dataset, (enum filter)row, code}, counts[code], out);
    put_close(out, ']');
    free(counts);
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
