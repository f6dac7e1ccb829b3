/* SPDX-License-Identifier: MIT */
/* The columns of code lists, which have counts, and of the dataset. */
#include "cell.h"
#include "query.h"

#include <string.h>

/* Code lists: names and counts. */

static const struct posting *posted(const struct sme_dataset *d, enum collection collection, enum filter filter,
                                    uint32_t code)
{
    return &d->index.axes[collection][filter].postings[code];
}

static struct value count_value(struct view *view, enum collection collection, enum filter filter, uint32_t code)
{
    return integer_value(view, posted(view->dataset, collection, filter, code)->count);
}

static struct value count_common(struct view *view, enum filter filter, uint32_t code, enum filter other,
                                 uint32_t other_code)
{
    return integer_value(view, posting_count_common(posted(view->dataset, OBSERVATIONS, filter, code),
                                                    posted(view->dataset, OBSERVATIONS, other, other_code)));
}

#define COUNTS(prefix, filter)                                                                                         \
    static struct value prefix##_observations(struct view *view, uint32_t row)                                         \
    {                                                                                                                  \
        return count_value(view, OBSERVATIONS, filter, row);                                                           \
    }                                                                                                                  \
    static struct value prefix##_actual(struct view *view, uint32_t row)                                               \
    {                                                                                                                  \
        return count_common(view, filter, row, FILTER_KIND, KIND_ACTUAL);                                              \
    }                                                                                                                  \
    static struct value prefix##_targets(struct view *view, uint32_t row)                                              \
    {                                                                                                                  \
        return count_common(view, filter, row, FILTER_KIND, KIND_TARGET);                                              \
    }
#define UNDATED(prefix, filter)                                                                                        \
    static struct value prefix##_undated(struct view *view, uint32_t row)                                              \
    {                                                                                                                  \
        return count_common(view, filter, row, FILTER_YEAR, 0);                                                        \
    }
COUNTS(category, FILTER_CATEGORY)
UNDATED(category, FILTER_CATEGORY)
COUNTS(year, FILTER_YEAR)
COUNTS(unit, FILTER_UNIT)
UNDATED(unit, FILTER_UNIT)
COUNTS(source, FILTER_SOURCE)
UNDATED(source, FILTER_SOURCE)

static struct value category_indicators(struct view *view, uint32_t row)
{
    return count_value(view, INDICATORS, FILTER_CATEGORY, row);
}

static struct value unit_indicators(struct view *view, uint32_t row)
{
    return count_value(view, INDICATORS, FILTER_UNIT, row);
}

static void print_category_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, CATEGORIES, row, out);
}

static void print_category_links(struct view *view, uint32_t row, struct buf *out)
{
    const char *code = view->dataset->categories[row].code.text;

    link_open(view, out, CATEGORIES, row);
    link_filter(view, out, INDICATORS, "category", code);
    link_filter(view, out, OBSERVATIONS, "category", code);
    link_filter(view, out, TARGETS, "category", code);
    link_filter(view, out, FOCUS_AREAS, "category", code);
    put_close(out, '}');
}

const struct column category_columns[] = {
    {"code", COLUMN_CODE, .offset = offsetof(struct category, code)},
    {"name", COLUMN_TEXT, .offset = offsetof(struct category, name)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct category, description)},
    {"indicators", COLUMN_COMPUTED, .compute = category_indicators},
    {"observations", COLUMN_COMPUTED, .compute = category_observations},
    {"actual", COLUMN_COMPUTED, .compute = category_actual},
    {"targets", COLUMN_COMPUTED, .compute = category_targets},
    {"undated", COLUMN_COMPUTED, .compute = category_undated},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct category, notes)},
    {"matched", COLUMN_PRINTED, .print = print_category_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_category_links},
    {0},
};

static struct value year_code_value(struct view *view, uint32_t row)
{
    buf_clear(&view->scratch);
    row_print_id(view->dataset, YEARS, row, &view->scratch);
    return scratch_value(view, SME_CODE);
}

static struct value year_year(struct view *view, uint32_t row)
{
    return row == 0 ? no_value() : integer_value(view, view->dataset->years[row - 1]);
}

static struct value year_areas(struct view *view, uint32_t row)
{
    return count_value(view, FOCUS_AREAS, FILTER_YEAR, row);
}

static void print_year_links(struct view *view, uint32_t row, struct buf *out)
{
    struct buf code = BUF_INIT(64);

    row_print_id(view->dataset, YEARS, row, &code);
    link_open(view, out, YEARS, row);
    link_filter(view, out, INDICATORS, "year", buf_string(&code));
    link_filter(view, out, OBSERVATIONS, "year", buf_string(&code));
    link_filter(view, out, TARGETS, "year", buf_string(&code));
    link_filter(view, out, FOCUS_AREAS, "year", buf_string(&code));
    put_close(out, '}');
    out->status = code.status != SME_OK ? code.status : out->status;
    buf_finish(&code);
}

const struct column year_columns[] = {
    {"code", COLUMN_COMPUTED, .compute = year_code_value},
    {"year", COLUMN_COMPUTED, .compute = year_year},
    {"observations", COLUMN_COMPUTED, .compute = year_observations},
    {"actual", COLUMN_COMPUTED, .compute = year_actual},
    {"targets", COLUMN_COMPUTED, .compute = year_targets},
    {"focus_areas", COLUMN_COMPUTED, .compute = year_areas},
    {"links", COLUMN_PRINTED, .print = print_year_links},
    {0},
};

static struct value unit_bound(struct view *view, const struct number *number)
{
    return number_value(view, number);
}

static struct value unit_min(struct view *view, uint32_t row)
{
    return unit_bound(view, &view->dataset->units[row].min);
}

static struct value unit_max(struct view *view, uint32_t row)
{
    return unit_bound(view, &view->dataset->units[row].max);
}

static void print_unit_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, UNITS, row, out);
}

static void print_unit_links(struct view *view, uint32_t row, struct buf *out)
{
    const char *code = view->dataset->units[row].code.text;

    link_open(view, out, UNITS, row);
    link_filter(view, out, INDICATORS, "unit", code);
    link_filter(view, out, OBSERVATIONS, "unit", code);
    put_close(out, '}');
}

const struct column unit_columns[] = {
    {"code", COLUMN_CODE, .offset = offsetof(struct unit, code)},
    {"name", COLUMN_TEXT, .offset = offsetof(struct unit, name)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct unit, description)},
    {"min", COLUMN_COMPUTED, .compute = unit_min},
    {"max", COLUMN_COMPUTED, .compute = unit_max},
    {"pattern", COLUMN_TEXT, .offset = offsetof(struct unit, pattern)},
    {"indicators", COLUMN_COMPUTED, .compute = unit_indicators},
    {"observations", COLUMN_COMPUTED, .compute = unit_observations},
    {"actual", COLUMN_COMPUTED, .compute = unit_actual},
    {"targets", COLUMN_COMPUTED, .compute = unit_targets},
    {"undated", COLUMN_COMPUTED, .compute = unit_undated},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct unit, notes)},
    {"matched", COLUMN_PRINTED, .print = print_unit_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_unit_links},
    {0},
};

static void print_speaker(struct view *view, uint32_t row, struct buf *out)
{
    const struct source *source = &view->dataset->sources[row];

    if (!source->speaker_name) {
        put_null(out);
        return;
    }
    put_open(out, '{');
    put_name(out, "name");
    print_text(view, source->speaker_name, out);
    put_name(out, "position");
    print_text(view, source->speaker_position, out);
    put_name(out, "organization");
    print_text(view, source->speaker_organization, out);
    put_close(out, '}');
}

static void print_source_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, SOURCES, row, out);
}

static void print_source_links(struct view *view, uint32_t row, struct buf *out)
{
    link_open(view, out, SOURCES, row);
    link_filter(view, out, OBSERVATIONS, "source", view->dataset->sources[row].code.text);
    put_close(out, '}');
}

const struct column source_columns[] = {
    {"id", COLUMN_CODE, .offset = offsetof(struct source, code)},
    {"title", COLUMN_TEXT, .offset = offsetof(struct source, title)},
    {"publisher", COLUMN_TEXT, .offset = offsetof(struct source, publisher)},
    {"date", COLUMN_DATE, .offset = offsetof(struct source, date)},
    {"date_basis", COLUMN_WORD, .offset = offsetof(struct source, date_basis), .words = &dating_words},
    {"speaker", COLUMN_PRINTED, .print = print_speaker},
    {"form", COLUMN_TEXT, .offset = offsetof(struct source, form)},
    {"series", COLUMN_TEXT, .offset = offsetof(struct source, series)},
    {"topic", COLUMN_TEXT, .offset = offsetof(struct source, topic)},
    {"reported_by", COLUMN_TEXT, .offset = offsetof(struct source, reported_by)},
    {"url", COLUMN_CODE, .offset = offsetof(struct source, url)},
    {"observations", COLUMN_COMPUTED, .compute = source_observations},
    {"actual", COLUMN_COMPUTED, .compute = source_actual},
    {"targets", COLUMN_COMPUTED, .compute = source_targets},
    {"undated", COLUMN_COMPUTED, .compute = source_undated},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct source, notes)},
    {"matched", COLUMN_PRINTED, .print = print_source_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_source_links},
    {0},
};

/* Dimensions. */

static struct value dimension_observations(struct view *view, uint32_t row)
{
    (void)row; /* every observation has a value in each */
    return integer_value(view, view->dataset->observation_count);
}

static void print_dimension_value(struct view *view, uint32_t row, uint32_t value, struct buf *out)
{
    const struct dimension *dimension = &view->dataset->dimensions[row];
    const struct dimension_value *v = &dimension->values[value];

    put_item(out);
    put_open(out, '{');
    put_name(out, "code");
    print_str(out, &v->code);
    put_name(out, "name");
    print_text(view, v->name, out);
    put_name(out, "description");
    print_text(view, v->description, out);
    put_name(out, "observations");
    buf_integer(out, posted(view->dataset, OBSERVATIONS, FILTER_DIMENSION + row, value)->count);
    put_name(out, "notes");
    put_open(out, '[');
    print_text_items(view, &v->notes, out);
    put_close(out, ']');
    put_name(out, "links");
    put_open(out, '{');
    link_filter(view, out, OBSERVATIONS, dimension->code.text, v->code.text);
    put_close(out, '}');
    put_close(out, '}');
}

static void print_dimension_values(struct view *view, uint32_t row, struct buf *out)
{
    put_open(out, '[');
    for (uint32_t value = 0; value < view->dataset->dimensions[row].value_count; value++)
        print_dimension_value(view, row, value, out);
    put_close(out, ']');
}

static void print_dimension_matched(struct view *view, uint32_t row, struct buf *out)
{
    print_matched(view, DIMENSIONS, row, out);
}

static void print_dimension_links(struct view *view, uint32_t row, struct buf *out)
{
    link_open(view, out, DIMENSIONS, row);
    put_name(out, "facet");
    print_link_to(view, out, FACETS, DIMENSIONS, row);
    put_close(out, '}');
}

const struct column dimension_columns[] = {
    {"code", COLUMN_CODE, .offset = offsetof(struct dimension, code)},
    {"name", COLUMN_TEXT, .offset = offsetof(struct dimension, name)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct dimension, description)},
    {"default", COLUMN_CODE, .offset = offsetof(struct dimension, default_code)},
    {"observations", COLUMN_COMPUTED, .compute = dimension_observations},
    {"values", COLUMN_PRINTED, .print = print_dimension_values},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct dimension, notes)},
    {"matched", COLUMN_PRINTED, .print = print_dimension_matched, .searched = true},
    {"links", COLUMN_PRINTED, .print = print_dimension_links},
    {0},
};

/* The dataset: one row. */

static struct value compute_version(struct view *view, uint32_t row)
{
    (void)row;
    return text_value(SME_CODE, view->dataset->version, strlen(view->dataset->version));
}

static void print_languages(struct view *view, uint32_t row, struct buf *out)
{
    (void)row;
    put_open(out, '[');
    for (uint32_t l = 0; l < view->dataset->language_count; l++) {
        put_item(out);
        print_str(out, &view->dataset->languages[l]);
    }
    put_close(out, ']');
}

static void print_sources(struct view *view, uint32_t row, struct buf *out)
{
    (void)row;
    put_open(out, '[');
    for (uint32_t s = 0; s < view->dataset->source_count && s < SME_LIMIT_DEFAULT; s++) {
        put_item(out);
        row_print(view, SOURCES, s, NULL, 0, out);
    }
    put_close(out, ']');
}

/* Every instrument, those that no measure refers to among them: nowhere else are they seen. */
static void print_dataset_instruments(struct view *view, uint32_t row, struct buf *out)
{
    (void)row;
    put_open(out, '[');
    for (uint32_t i = 0; i < view->dataset->instrument_count; i++)
        print_instrument(view, i, out);
    put_close(out, ']');
}

static void print_count(struct buf *out, const char *key, uint32_t count)
{
    put_name(out, key);
    buf_integer(out, count);
}

static void print_counts(struct view *view, uint32_t row, struct buf *out)
{
    const struct sme_dataset *d = view->dataset;

    (void)row;
    put_open(out, '{');
    for (enum collection c = 0; c < FACETS; c++)
        print_count(out, collection_name(c), c == YEARS ? d->year_count : d->index.row_counts[c]);
    print_count(out, "actual", d->observation_count - d->target_count);
    print_count(out, "undated", posted(d, OBSERVATIONS, FILTER_YEAR, 0)->count);
    put_close(out, '}');
}

static void print_year_range(struct view *view, uint32_t row, struct buf *out)
{
    const struct sme_dataset *d = view->dataset;

    (void)row;
    if (d->year_count == 0) {
        put_null(out);
        return;
    }
    put_open(out, '{');
    print_count(out, "first", d->years[0]);
    print_count(out, "last", d->years[d->year_count - 1]);
    put_close(out, '}');
}

/* What observations are filtered by, how many values each has, and where they are listed. */
static void print_dimensions(struct view *view, uint32_t row, struct buf *out)
{
    (void)row;
    put_open(out, '[');
    for (enum filter f = 0; f < view->dataset->index.row_counts[FACETS]; f++) {
        put_open(out, '{');
        put_name(out, "parameter");
        print_quoted(out, filter_name(view->dataset, (int)f));
        print_count(out, "values", view->dataset->index.axes[OBSERVATIONS][f].codes - (f == FILTER_YEAR));
        print_codes_link(view, "link", f, out);
        put_close(out, '}');
    }
    put_close(out, ']');
}

/* The formats that some collection comes in, with their media types. */
static void print_formats(struct view *view, uint32_t row, struct buf *out)
{
    (void)view;
    (void)row;
    put_open(out, '[');
    for (enum format f = 0; f < FORMATS; f++) {
        put_item(out);
        print_quoted(out, format_at(f)->name);
    }
    put_close(out, ']');
}

static void print_limits(struct view *view, uint32_t row, struct buf *out)
{
    (void)view;
    (void)row;
    put_open(out, '{');
    print_count(out, "limit_default", SME_LIMIT_DEFAULT);
    print_count(out, "limit_max", SME_LIMIT_MAX);
    print_count(out, "parameter_bytes_max", SME_QUERY_VALUE_BYTES_MAX);
    put_close(out, '}');
}

static void print_dataset_links(struct view *view, uint32_t row, struct buf *out)
{
    (void)row;
    put_open(out, '{');
    for (enum collection c = 0; c < DATASET; c++) {
        put_name(out, collection_name(c));
        buf_char(out, '"');
        buf_text(out, view->base);
        buf_text(out, "/v1/");
        buf_text(out, collection_name(c));
        buf_char(out, '"');
    }
    put_close(out, '}');
}

const struct column dataset_columns[] = {
    {"id", COLUMN_CODE, .offset = offsetof(struct sme_dataset, id)},
    {"title", COLUMN_TEXT, .offset = offsetof(struct sme_dataset, title)},
    {"description", COLUMN_TEXT, .offset = offsetof(struct sme_dataset, description)},
    {"license", COLUMN_TEXT, .offset = offsetof(struct sme_dataset, license)},
    {"version", COLUMN_COMPUTED, .compute = compute_version},
    {"as_of", COLUMN_DATE, .offset = offsetof(struct sme_dataset, as_of)},
    {"languages", COLUMN_PRINTED, .print = print_languages},
    {"years", COLUMN_PRINTED, .print = print_year_range},
    {"counts", COLUMN_PRINTED, .print = print_counts},
    {"dimensions", COLUMN_PRINTED, .print = print_dimensions},
    {"sources", COLUMN_PRINTED, .print = print_sources},
    {"instruments", COLUMN_PRINTED, .print = print_dataset_instruments},
    {"formats", COLUMN_PRINTED, .print = print_formats},
    {"limits", COLUMN_PRINTED, .print = print_limits},
    {"notes", COLUMN_TEXTS, .offset = offsetof(struct sme_dataset, notes)},
    {"links", COLUMN_PRINTED, .print = print_dataset_links},
    {0},
};
