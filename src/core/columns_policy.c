/* SPDX-License-Identifier: MIT */
/* The columns of focus areas and measures. */
#include "cell.h"

#include <string.h>

/* Focus areas and measures. */

static void print_codes(struct buf *out, const struct code_table *table, const struct rows *rows)
{
    put_open(out, '[');
    for (uint32_t i = 0; i < rows->count; i++) {
        put_item(out);
        print_str(out, &table->records[rows->items[i]]->code);
    }
    put_close(out, ']');
}

static void print_area_categories(struct view *view, uint32_t row, struct buf *out)
{
    print_codes(out, &view->dataset->codes[LIST_CATEGORIES], &view->dataset->areas[row].categories);
}

static void print_area_indicators(struct view *view, uint32_t row, struct buf *out)
{
    const struct focus_area *area = &view->dataset->areas[row];

    put_open(out, '[');
    for (uint32_t l = 0; l < area->link_count; l++) {
        put_open(out, '{');
        put_name(out, "indicator");
        print_str(out, &view->dataset->indicators[area->links[l].indicator].code);
        print_word(out, "kind", &kind_words, area->links[l].kind);
        print_word(out, "basis", &link_basis_words, area->links[l].basis);
        put_close(out, '}');
    }
    put_close(out, ']');
}

void print_instrument(struct view *view, uint32_t row, struct buf *out)
{
    const struct instrument *instrument = &view->dataset->instruments[row];

    put_open(out, '{');
    put_name(out, "code");
    print_str(out, &instrument->code);
    print_word(out, "kind", &instrument_kind_words, instrument->kind);
    put_name(out, "name");
    print_text(view, instrument->name, out);
    put_name(out, "name_basis");
    print_bases(view, instrument->name_basis, out);
    put_name(out, "description");
    print_text(view, instrument->description, out);
    put_name(out, "notes");
    put_open(out, '[');
    print_text_items(view, &instrument->notes, out);
    put_close(out, ']');
    put_close(out, '}');
}

static void print_instruments(struct view *view, const struct rows *instruments, struct buf *out)
{
    for (uint32_t i = 0; i < instruments->count; i++)
        print_instrument(view, instruments->items[i], out);
}

static void print_area_instruments(struct view *view, uint32_t row, struct buf *out)
{
    const struct focus_area *area = &view->dataset->areas[row];

    put_open(out, '[');
    for (uint32_t m = 0; m < area->measure_count; m++)
        print_instruments(view, &area->measures[m].instruments, out);
    put_close(out, ']');
}

static void print_area_targets(struct view *view, uint32_t row, struct buf *out)
{
    const struct focus_area *area = &view->dataset->areas[row];

    put_open(out, '[');
    for (uint32_t m = 0; m < area->measure_count; m++)
        if (area->measures[m].target != NONE) {
            put_item(out);
            print_inner_observation(view, area->measures[m].target, out);
        }
    put_close(out, ']');
}

static void print_area_measures(struct view *view, uint32_t row, struct buf *out)
{
    static const char *const names[] = {"id", "kind", "text", "instruments", "target", "period", "period_basis"};
    const struct column *columns[sizeof names / sizeof names[0]];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        columns[i] = dataset_column(view->dataset, MEASURES, names[i], strlen(names[i]));
    put_open(out, '[');
    for (uint32_t m = 0; m < view->dataset->measure_count; m++)
        if (view->dataset->measures[m]->area == row) {
            put_item(out);
            row_print(view, MEASURES, m, columns, sizeof names / sizeof names[0], out);
        }
    put_close(out, ']');
}

static struct value compute_order(struct view *view, uint32_t row)
{
    return integer_value(view, (uint64_t)view->dataset->areas[row].order);
}

static void print_area_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, FOCUS_AREAS, row, out);
}

static void print_area_links(struct view *view, uint32_t row, struct buf *out)
{
    const char *code = view->dataset->areas[row].code.text;

    link_open(view, out, FOCUS_AREAS, row);
    link_filter(view, out, MEASURES, "focus_area", code);
    link_filter(view, out, INDICATORS, "focus_area", code);
    link_filter(view, out, OBSERVATIONS, "focus_area", code);
    link_filter(view, out, TARGETS, "focus_area", code);
    put_close(out, '}');
}

const struct column area_columns[] = {
    {"code", COLUMN_CODE, .offset = offsetof(struct focus_area, code)},
    {"order", COLUMN_COMPUTED, .compute = compute_order},
    {"ordinal_basis", COLUMN_WORD, .offset = offsetof(struct focus_area, ordinal_basis), .words = &dating_words},
    {"title", COLUMN_TEXT, .offset = offsetof(struct focus_area, title)},
    {"title_basis", COLUMN_WORD, .offset = offsetof(struct focus_area, title_basis), .words = &title_basis_words},
    {"source_title", COLUMN_TEXT, .offset = offsetof(struct focus_area, source_title)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct focus_area, description)},
    {"year", COLUMN_YEAR, .offset = offsetof(struct focus_area, period)},
    {"period", COLUMN_PERIOD, .offset = offsetof(struct focus_area, period)},
    {"period_basis", COLUMN_WORD, .offset = offsetof(struct focus_area, period_basis), .words = &basis_words},
    {"categories", COLUMN_PRINTED, .print = print_area_categories},
    {"indicators", COLUMN_PRINTED, .print = print_area_indicators},
    {"instruments", COLUMN_PRINTED, .print = print_area_instruments},
    {"targets", COLUMN_PRINTED, .print = print_area_targets},
    {"measures", COLUMN_PRINTED, .print = print_area_measures},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct focus_area, notes)},
    {"matched", COLUMN_PRINTED, .print = print_area_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_area_links},
    {0},
};

static struct value compute_measure_area(struct view *view, uint32_t row)
{
    return str_value(SME_CODE, &view->dataset->areas[view->dataset->measures[row]->area].code);
}

static struct value compute_measure_target(struct view *view, uint32_t row)
{
    uint32_t target = view->dataset->measures[row]->target;

    return target == NONE ? no_value() : compute_observation_id(view, target);
}

static void print_measure_instruments(struct view *view, uint32_t row, struct buf *out)
{
    put_open(out, '[');
    print_instruments(view, &view->dataset->measures[row]->instruments, out);
    put_close(out, ']');
}

static void print_measure_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, MEASURES, row, out);
}

static void print_measure_links(struct view *view, uint32_t row, struct buf *out)
{
    const struct measure *measure = view->dataset->measures[row];

    link_open(view, out, MEASURES, row);
    link_row(view, out, "focus_area", FOCUS_AREAS, measure->area);
    link_row(view, out, "target", TARGETS, target_row_of(view->dataset, measure->target));
    put_close(out, '}');
}

const struct column measure_columns[] = {
    {"id", COLUMN_CODE, .offset = offsetof(struct measure, id)},
    {"focus_area", COLUMN_COMPUTED, .compute = compute_measure_area},
    {"kind", COLUMN_WORD, .offset = offsetof(struct measure, kind), .words = &measure_kind_words},
    {"text", COLUMN_TEXT, .offset = offsetof(struct measure, text)},
    {"instruments", COLUMN_PRINTED, .print = print_measure_instruments},
    {"target", COLUMN_COMPUTED, .compute = compute_measure_target},
    {"year", COLUMN_YEAR, .offset = offsetof(struct measure, period)},
    {"period", COLUMN_PERIOD, .offset = offsetof(struct measure, period)},
    {"period_basis", COLUMN_WORD, .offset = offsetof(struct measure, period_basis), .words = &basis_words},
    {"source_text", COLUMN_TEXT, .offset = offsetof(struct measure, source_text)},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct measure, notes)},
    {"matched", COLUMN_PRINTED, .print = print_measure_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_measure_links},
    {0},
};
