/* SPDX-License-Identifier: MIT */
/* The columns of observations, targets and indicators. */
#include "cell.h"
#include "display.h"
#include "query.h"
#include "target.h"

#include <string.h>

/* Observations, and what targets share with them: the row is looked up by the collection. */

static const struct observation *observation_at(const struct view *view, uint32_t row)
{
    return &view->dataset->observations[row];
}

static const struct indicator *indicator_of(const struct view *view, uint32_t row)
{
    return &view->dataset->indicators[observation_at(view, row)->indicator];
}

static const struct unit *unit_of(const struct view *view, uint32_t row)
{
    return &view->dataset->units[indicator_of(view, row)->unit];
}

struct value compute_observation_id(struct view *view, uint32_t row)
{
    buf_clear(&view->scratch);
    row_print_id(view->dataset, OBSERVATIONS, row, &view->scratch);
    return scratch_value(view, SME_CODE);
}

/* An id and a link to it in parts. */

static void print_id_indicator(struct view *view, uint32_t row, struct buf *out)
{
    buf_char(out, '"');
    print_id_of_indicator(view->dataset, observation_at(view, row), out);
}

static void print_id_dating(struct view *view, uint32_t row, struct buf *out)
{
    print_id_of_dating(observation_at(view, row), out);
}

static void print_id_members(struct view *view, uint32_t row, struct buf *out)
{
    print_id_of_members(view->dataset, row, out);
    buf_char(out, '"');
}

static const struct column id_parts[] = {
    {.print = print_id_indicator, .depends = ON_INDICATOR},
    {.print = print_id_dating, .depends = ON_DATING},
    {.print = print_id_members},
    {0},
};

static void print_observation_id(struct view *view, uint32_t row, struct buf *out)
{
    print_parts(view, id_parts, row, out);
}

static struct value compute_indicator_name(struct view *view, uint32_t row)
{
    return str_value(SME_TEXT, &indicator_of(view, row)->name[view->language]);
}

static struct value compute_category(struct view *view, uint32_t row)
{
    return str_value(SME_CODE, &view->dataset->categories[indicator_of(view, row)->category].code);
}

static struct value compute_unit(struct view *view, uint32_t row)
{
    return str_value(SME_CODE, &unit_of(view, row)->code);
}

static struct value bound_value(struct view *view, const struct bound *bound)
{
    return bound->known ? number_value(view, &bound->number) : no_value();
}

static struct value closed_value(enum closed closed)
{
    return closed == CLOSED_UNKNOWN ? no_value() : boolean_value(closed == CLOSED_YES);
}

static const struct number *end_at(const struct view *view, uint32_t row, enum side side)
{
    return interval_end(observation_at(view, row), unit_of(view, row), side);
}

static enum closed closed_at(const struct view *view, uint32_t row, enum side side)
{
    return interval_closed(observation_at(view, row), unit_of(view, row), side);
}

static struct value end_value(struct view *view, const struct number *end)
{
    return end ? number_value(view, end) : no_value();
}

static void put_closed(struct buf *out, enum closed closed)
{
    if (closed == CLOSED_UNKNOWN)
        put_null(out);
    else
        put_boolean(out, closed == CLOSED_YES);
}

static void print_value_number(struct view *view, uint32_t row, struct buf *out)
{
    print_number(view, &observation_at(view, row)->value, out);
}

static struct value compute_lower(struct view *view, uint32_t row)
{
    return end_value(view, end_at(view, row, LOWER));
}

static void print_lower(struct view *view, uint32_t row, struct buf *out)
{
    print_number(view, end_at(view, row, LOWER), out);
}

static struct value compute_lower_closed(struct view *view, uint32_t row)
{
    return closed_value(closed_at(view, row, LOWER));
}

static void print_lower_closed(struct view *view, uint32_t row, struct buf *out)
{
    put_closed(out, closed_at(view, row, LOWER));
}

static struct value compute_upper(struct view *view, uint32_t row)
{
    return end_value(view, end_at(view, row, UPPER));
}

static void print_upper(struct view *view, uint32_t row, struct buf *out)
{
    print_number(view, end_at(view, row, UPPER), out);
}

static struct value compute_upper_closed(struct view *view, uint32_t row)
{
    return closed_value(closed_at(view, row, UPPER));
}

static void print_upper_closed(struct view *view, uint32_t row, struct buf *out)
{
    put_closed(out, closed_at(view, row, UPPER));
}

static struct value compute_display(struct view *view, uint32_t row)
{
    buf_clear(&view->scratch);
    display_observation(&view->scratch, view->dataset, observation_at(view, row), view->language);
    return scratch_value(view, SME_TEXT);
}

static void print_display(struct view *view, uint32_t row, struct buf *out)
{
    buf_char(out, '"');
    size_t at = out->length;
    display_observation(out, view->dataset, observation_at(view, row), view->language);
    put_string_end(out, at);
}

static struct value compute_as_of(struct view *view, uint32_t row)
{
    struct period as_of = observation_at(view, row)->details->as_of;

    return as_of.year ? period_value(view, as_of) : no_value();
}

static struct value compute_wording(struct view *view, uint32_t row)
{
    const struct str *wording = observation_at(view, row)->details->wording;

    return wording ? str_value(SME_TEXT, &wording[view->language]) : no_value();
}

static struct value compute_population(struct view *view, uint32_t row)
{
    const struct str *own = observation_at(view, row)->details->population,
                     *common = indicator_of(view, row)->population;
    const struct str *population = own ? own : common;

    return population ? str_value(SME_TEXT, &population[view->language]) : no_value();
}

/* The observation's own notes, then its indicator's: a row must carry all that is uncertain about its number. */
static void print_observation_notes(struct view *view, uint32_t row, struct buf *out)
{
    put_open(out, '[');
    print_text_items(view, &observation_at(view, row)->details->notes, out);
    print_text_items(view, &indicator_of(view, row)->notes, out);
    put_close(out, ']');
}

static void print_self_indicator(struct view *view, uint32_t row, struct buf *out)
{
    buf_text(out, "{\"self\":");
    print_link_start(view, out, OBSERVATIONS);
    print_id_of_indicator(view->dataset, observation_at(view, row), out);
}

static void print_indicator_link(struct view *view, uint32_t row, struct buf *out)
{
    buf_text(out, ",\"indicator\":");
    print_link_to(view, out, INDICATORS, INDICATORS, observation_at(view, row)->indicator);
}

static void print_source_link(struct view *view, uint32_t row, struct buf *out)
{
    buf_text(out, ",\"source\":");
    print_link_to(view, out, SOURCES, SOURCES, observation_at(view, row)->source);
    put_close(out, '}');
}

static const struct column link_parts[] = {
    {.print = print_self_indicator, .depends = ON_INDICATOR},
    {.print = print_id_dating, .depends = ON_DATING},
    {.print = print_id_members},
    {.print = print_indicator_link, .depends = ON_INDICATOR},
    {.print = print_source_link, .depends = ON_SOURCE},
    {0},
};

static void print_observation_links(struct view *view, uint32_t row, struct buf *out)
{
    print_parts(view, link_parts, row, out);
}

static void print_observation_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, OBSERVATIONS, row, out);
}

const struct column observation_columns[] = {
    {"id", COLUMN_COMPUTED, .compute = compute_observation_id, .print = print_observation_id, .parts = id_parts},
    {"indicator", COLUMN_REFERENCE, .offset = offsetof(struct observation, indicator), .list = LIST_INDICATORS,
     .depends = ON_INDICATOR},
    {"name", COLUMN_COMPUTED, .compute = compute_indicator_name, .localized = true, .depends = ON_INDICATOR},
    {"category", COLUMN_COMPUTED, .compute = compute_category, .depends = ON_INDICATOR},
    {"kind", COLUMN_WORD, .offset = offsetof(struct observation, kind), .words = &kind_words, .depends = ON_DATING},
    {"year", COLUMN_YEAR, .offset = offsetof(struct observation, period), .depends = ON_DATING},
    {"period", COLUMN_PERIOD, .offset = offsetof(struct observation, period), .depends = ON_DATING},
    {"period_basis", COLUMN_WORD, .offset = offsetof(struct observation, period_basis), .words = &basis_words,
     .depends = ON_DATING},
    {"as_of", COLUMN_COMPUTED, .compute = compute_as_of, .depends = ON_PLAIN},
    {"value", COLUMN_NUMBER, .offset = offsetof(struct observation, value), .print = print_value_number},
    {"qualifier", COLUMN_WORD, .offset = offsetof(struct observation, qualifier), .words = &qualifier_words,
     .depends = ON_QUALITY},
    {"status", COLUMN_WORD, .offset = offsetof(struct observation, status), .words = &status_words,
     .depends = ON_QUALITY},
    {"lower", COLUMN_COMPUTED, .compute = compute_lower, .print = print_lower},
    {"lower_closed", COLUMN_COMPUTED, .compute = compute_lower_closed, .print = print_lower_closed},
    {"upper", COLUMN_COMPUTED, .compute = compute_upper, .print = print_upper},
    {"upper_closed", COLUMN_COMPUTED, .compute = compute_upper_closed, .print = print_upper_closed},
    {"unit", COLUMN_COMPUTED, .compute = compute_unit, .depends = ON_INDICATOR},
    {"display", COLUMN_COMPUTED, .compute = compute_display, .print = print_display, .localized = true},
    {"wording", COLUMN_COMPUTED, .compute = compute_wording, .localized = true, .depends = ON_PLAIN},
    {"population", COLUMN_COMPUTED, .compute = compute_population, .localized = true, .depends = ON_PLAIN},
    {"source", COLUMN_REFERENCE, .offset = offsetof(struct observation, source), .list = LIST_SOURCES,
     .depends = ON_SOURCE},
    {"notes", COLUMN_PRINTED, .print = print_observation_notes, .depends = ON_PLAIN},
    {"matched", COLUMN_PRINTED, .print = print_observation_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_observation_links, .parts = link_parts},
    {0},
};

/* An observation inside another row: what the outer row says already is left out. */
static const char *const inner_names[] = {"id",           "kind",      "year",    "period", "period_basis", "as_of",
                                          "value",        "qualifier", "status",  "lower",  "lower_closed", "upper",
                                          "upper_closed", "unit",      "display", "source", "links"};

uint32_t inner_columns(const struct sme_dataset *d, const struct column *ret_columns[COLUMNS_MAX])
{
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof inner_names / sizeof inner_names[0]; i++) {
        ret_columns[count++] = dataset_column(d, OBSERVATIONS, inner_names[i], strlen(inner_names[i]));
        for (uint32_t k = 0; i == 0 && k < d->dimension_count; k++)
            ret_columns[count++] =
                dataset_column(d, OBSERVATIONS, d->dimensions[k].code.text, d->dimensions[k].code.length);
    }
    return count;
}

void print_inner_observation(struct view *view, uint32_t row, struct buf *out)
{
    row_print(view, OBSERVATIONS, row, view->dataset->inner_columns, view->dataset->inner_column_count, out);
}

static void print_observation_or_null(struct view *view, uint32_t row, struct buf *out)
{
    if (row == NONE)
        put_null(out);
    else
        print_inner_observation(view, row, out);
}

/* Targets. Their columns are handed the row of the observation. */

static void print_baseline(struct view *view, uint32_t row, struct buf *out)
{
    print_observation_or_null(view, target_assess(view->dataset, row).baseline, out);
}

static void print_actual(struct view *view, uint32_t row, struct buf *out)
{
    print_observation_or_null(view, target_assess(view->dataset, row).actual, out);
}

static void print_latest(struct view *view, uint32_t row, struct buf *out)
{
    print_observation_or_null(view, target_assess(view->dataset, row).latest, out);
}

/* What the printers of a target's sentences need. */
struct assessed {
    const struct sme_dataset *dataset;
    uint32_t target;
    struct assessment assessment;
    const struct unit *unit;
};

static struct assessed assess(struct view *view, uint32_t row)
{
    return (struct assessed){view->dataset, row, target_assess(view->dataset, row), unit_of(view, row)};
}

static void say_reason(void *context, uint32_t language, struct buf *out)
{
    const struct assessed *a = context;

    target_reason(out, a->dataset, a->target, &a->assessment, language);
}

static void say_distance_reason(void *context, uint32_t language, struct buf *out)
{
    const struct assessed *a = context;

    target_distance_reason(out, a->dataset, a->target, &a->assessment, language);
}

static void say_distance(void *context, uint32_t language, struct buf *out)
{
    const struct assessed *a = context;

    if (a->assessment.has_distance)
        display_interval(out, a->dataset, &a->assessment.distance, a->unit, language);
}

static void print_bound(struct view *view, const char *key, const char *closed_key, const struct bound *bound,
                        struct buf *out)
{
    struct value end = bound_value(view, bound), closed = closed_value(bound->closed);

    put_name(out, key);
    print_value(&end, out);
    put_name(out, closed_key);
    print_value(&closed, out);
    if (view->scratch.status != SME_OK)
        out->status = view->scratch.status;
}

/* What is missing from the latest actual value to the number the target names, as far as that is known. */
static void print_distance(struct view *view, uint32_t row, struct buf *out)
{
    const struct bound unknown = {.closed = CLOSED_UNKNOWN};
    struct assessed a = assess(view, row);
    bool has = a.assessment.has_distance;

    put_open(out, '{');
    print_bound(view, "lower", "lower_closed", has ? &a.assessment.distance.lower : &unknown, out);
    print_bound(view, "upper", "upper_closed", has ? &a.assessment.distance.upper : &unknown, out);
    put_name(out, "unit");
    print_str(out, &a.unit->code);
    put_name(out, "display");
    print_localized(view, out, say_distance, &a);
    put_name(out, "reason");
    print_localized(view, out, say_distance_reason, &a);
    put_close(out, '}');
}

static struct value compute_verdict(struct view *view, uint32_t row)
{
    return word_value(&verdict_words, (uint8_t)target_assess(view->dataset, row).verdict);
}

static struct value compute_reason(struct view *view, uint32_t row)
{
    struct assessed a = assess(view, row);

    buf_clear(&view->scratch);
    say_reason(&a, view->language, &view->scratch);
    return scratch_value(view, SME_TEXT);
}

static void print_target_areas(struct view *view, uint32_t row, struct buf *out)
{
    const struct sme_dataset *d = view->dataset;
    uint32_t indicator = observation_at(view, row)->indicator;

    put_open(out, '[');
    for (uint32_t a = 0; a < d->area_count; a++)
        for (uint32_t l = 0; l < d->areas[a].link_count; l++)
            if (link_covers(&d->areas[a].links[l], indicator, KIND_TARGET)) {
                put_open(out, '{');
                put_name(out, "focus_area");
                print_str(out, &d->areas[a].code);
                print_word(out, "basis", &link_basis_words, d->areas[a].links[l].basis);
                put_close(out, '}');
                break;
            }
    put_close(out, ']');
}

static void print_target_links(struct view *view, uint32_t row, struct buf *out)
{
    const struct observation *o = observation_at(view, row);

    put_open(out, '{');
    put_name(out, "self");
    print_link_to(view, out, TARGETS, OBSERVATIONS, row);
    link_row(view, out, "observation", OBSERVATIONS, row);
    link_row(view, out, "indicator", INDICATORS, o->indicator);
    link_row(view, out, "source", SOURCES, o->source);
    put_close(out, '}');
}

const struct column target_columns[] = {
    {"id", COLUMN_COMPUTED, .compute = compute_observation_id, .print = print_observation_id, .parts = id_parts},
    {"indicator", COLUMN_REFERENCE, .offset = offsetof(struct observation, indicator), .list = LIST_INDICATORS,
     .depends = ON_INDICATOR},
    {"name", COLUMN_COMPUTED, .compute = compute_indicator_name, .localized = true, .depends = ON_INDICATOR},
    {"category", COLUMN_COMPUTED, .compute = compute_category, .depends = ON_INDICATOR},
    {"year", COLUMN_YEAR, .offset = offsetof(struct observation, period), .depends = ON_DATING},
    {"period", COLUMN_PERIOD, .offset = offsetof(struct observation, period), .depends = ON_DATING},
    {"period_basis", COLUMN_WORD, .offset = offsetof(struct observation, period_basis), .words = &basis_words,
     .depends = ON_DATING},
    {"value", COLUMN_NUMBER, .offset = offsetof(struct observation, value), .print = print_value_number},
    {"qualifier", COLUMN_WORD, .offset = offsetof(struct observation, qualifier), .words = &qualifier_words,
     .depends = ON_QUALITY},
    {"status", COLUMN_WORD, .offset = offsetof(struct observation, status), .words = &status_words,
     .depends = ON_QUALITY},
    {"lower", COLUMN_COMPUTED, .compute = compute_lower, .print = print_lower},
    {"lower_closed", COLUMN_COMPUTED, .compute = compute_lower_closed, .print = print_lower_closed},
    {"upper", COLUMN_COMPUTED, .compute = compute_upper, .print = print_upper},
    {"upper_closed", COLUMN_COMPUTED, .compute = compute_upper_closed, .print = print_upper_closed},
    {"unit", COLUMN_COMPUTED, .compute = compute_unit, .depends = ON_INDICATOR},
    {"display", COLUMN_COMPUTED, .compute = compute_display, .print = print_display, .localized = true},
    {"wording", COLUMN_COMPUTED, .compute = compute_wording, .localized = true, .depends = ON_PLAIN},
    {"population", COLUMN_COMPUTED, .compute = compute_population, .localized = true, .depends = ON_PLAIN},
    {"baseline", COLUMN_PRINTED, .print = print_baseline},
    {"actual", COLUMN_PRINTED, .print = print_actual},
    {"latest", COLUMN_PRINTED, .print = print_latest},
    {"distance", COLUMN_PRINTED, .print = print_distance},
    {"verdict", COLUMN_COMPUTED, .compute = compute_verdict},
    {"reason", COLUMN_COMPUTED, .compute = compute_reason, .localized = true},
    {"focus_areas", COLUMN_PRINTED, .print = print_target_areas},
    {"source", COLUMN_REFERENCE, .offset = offsetof(struct observation, source), .list = LIST_SOURCES,
     .depends = ON_SOURCE},
    {"notes", COLUMN_PRINTED, .print = print_observation_notes, .depends = ON_PLAIN},
    {"matched", COLUMN_PRINTED, .print = print_observation_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_target_links},
    {0},
};

/* Indicators. */

static void print_indicator_areas(struct view *view, uint32_t row, struct buf *out)
{
    const struct sme_dataset *d = view->dataset;

    put_open(out, '[');
    for (uint32_t a = 0; a < d->area_count; a++)
        for (uint32_t l = 0; l < d->areas[a].link_count; l++) {
            if (!link_covers(&d->areas[a].links[l], row, NO_WORD))
                continue;
            put_open(out, '{');
            put_name(out, "focus_area");
            print_str(out, &d->areas[a].code);
            print_word(out, "kind", &kind_words, d->areas[a].links[l].kind);
            print_word(out, "basis", &link_basis_words, d->areas[a].links[l].basis);
            put_close(out, '}');
        }
    put_close(out, ']');
}

static void print_observations_of(struct view *view, uint32_t row, struct buf *out)
{
    const struct posting *posting = &view->dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR].postings[row];

    put_open(out, '[');
    for (uint32_t at = 0, inner; (inner = posting_next(posting, &at)) != NONE;)
        if (!view->observations || bitmap_has(view->observations, inner)) {
            put_item(out);
            print_inner_observation(view, inner, out);
        }
    put_close(out, ']');
}

static void print_indicator_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, INDICATORS, row, out);
}

static void print_indicator_links(struct view *view, uint32_t row, struct buf *out)
{
    const struct indicator *indicator = &view->dataset->indicators[row];

    link_open(view, out, INDICATORS, row);
    link_filter(view, out, OBSERVATIONS, "indicator", indicator->code.text);
    link_row(view, out, "category", CATEGORIES, indicator->category);
    link_row(view, out, "unit", UNITS, indicator->unit);
    link_row(view, out, "part_of", INDICATORS, indicator->part_of);
    put_close(out, '}');
}

const struct column indicator_columns[] = {
    {"code", COLUMN_CODE, .offset = offsetof(struct indicator, code)},
    {"name", COLUMN_TEXT, .offset = offsetof(struct indicator, name)},
    {"name_basis", COLUMN_BASES, .offset = offsetof(struct indicator, name_basis)},
    {"source_name", COLUMN_TEXT, .offset = offsetof(struct indicator, source_name)},
    {"aliases", COLUMN_TEXTS, .offset = offsetof(struct indicator, aliases)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct indicator, description)},
    {"category", COLUMN_REFERENCE, .offset = offsetof(struct indicator, category), .list = LIST_CATEGORIES},
    {"unit", COLUMN_REFERENCE, .offset = offsetof(struct indicator, unit), .list = LIST_UNITS},
    {"measure", COLUMN_WORD, .offset = offsetof(struct indicator, measure), .words = &measure_words},
    {"direction", COLUMN_WORD, .offset = offsetof(struct indicator, direction), .words = &direction_words},
    {"population", COLUMN_TEXT, .offset = offsetof(struct indicator, population)},
    {"denominator", COLUMN_TEXT, .offset = offsetof(struct indicator, denominator)},
    {"part_of", COLUMN_REFERENCE, .offset = offsetof(struct indicator, part_of), .list = LIST_INDICATORS},
    {"focus_areas", COLUMN_PRINTED, .print = print_indicator_areas},
    {"observations", COLUMN_PRINTED, .print = print_observations_of},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct indicator, notes)},
    {"matched", COLUMN_PRINTED, .print = print_indicator_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_indicator_links},
    {0},
};
