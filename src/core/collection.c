/* SPDX-License-Identifier: MIT */
/* What is known of collections: their names, columns, cells, ids and codes. The columns are tables in columns_*.c. */
#include "collection.h"

#include "cell.h"
#include "query.h"

#include <stdlib.h>
#include <string.h>

static const char *const collection_names[COLLECTIONS + 1] = {
    [INDICATORS] = "indicators", [OBSERVATIONS] = "observations", [TARGETS] = "targets", [FOCUS_AREAS] = "focus-areas",
    [MEASURES] = "measures",     [CATEGORIES] = "categories",     [YEARS] = "years",     [UNITS] = "units",
    [SOURCES] = "sources",       [DIMENSIONS] = "dimensions",     [FACETS] = "facets",   [DATASET] = "dataset",
};

static const struct column *const tables[COLLECTIONS] = {
    [INDICATORS] = indicator_columns, [OBSERVATIONS] = observation_columns,
    [TARGETS] = target_columns,       [FOCUS_AREAS] = area_columns,
    [MEASURES] = measure_columns,     [CATEGORIES] = category_columns,
    [YEARS] = year_columns,           [UNITS] = unit_columns,
    [SOURCES] = source_columns,       [DIMENSIONS] = dimension_columns,
    [FACETS] = facet_columns,         [DATASET] = dataset_columns,
};

const struct column *collection_columns(enum collection collection)
{
    return tables[collection];
}

static const struct column *find_column(const struct column *column, const char *name, size_t length)
{
    while (column->name &&
           (*column->name != *name || strlen(column->name) != length || memcmp(column->name, name, length) != 0))
        column++;
    return column->name ? column : NULL;
}

const struct column *collection_column(enum collection collection, const char *name, size_t length)
{
    return find_column(tables[collection], name, length);
}

const struct column *dataset_column(const struct sme_dataset *dataset, enum collection collection, const char *name,
                                    size_t length)
{
    return find_column(dataset->columns[collection], name, length);
}

/* Gives a column its key. False: no memory. */
static bool make_key(struct arena *arena, struct column *column)
{
    struct buf key = BUF_INIT(1024);

    buf_char(&key, ',');
    put_key(&key, column->name);
    char *copy = key.status == SME_OK ? arena_alloc(arena, key.length + BUF_STEP) : NULL;
    if (copy)
        memcpy(copy, key.bytes, key.length);
    column->key = copy;
    column->key_length = key.length;
    buf_finish(&key);
    return column->key != NULL;
}

/* Copies a table, with keys, and with the dimensions behind the category of what has them. NULL: no memory. */
static const struct column *make_columns(struct sme_dataset *dataset, const struct column *table, bool has_dimensions)
{
    static const char behind[] = "category";
    struct column *columns = arena_alloc(&dataset->arena, (COLUMNS_MAX + 1) * sizeof *columns), *into = columns;

    for (; columns && table->name; table++) {
        *into++ = *table;
        bool here = has_dimensions && strcmp(table->name, behind) == 0;
        for (uint32_t d = 0; here && d < dataset->dimension_count; d++)
            *into++ = (struct column){dataset->dimensions[d].code.text, COLUMN_MEMBER, .offset = d};
    }
    for (struct column *column = columns; columns && column->name; column++)
        if (!make_key(&dataset->arena, column))
            return NULL;
    return columns;
}

bool columns_make(struct sme_dataset *dataset)
{
    for (enum collection c = 0; c < COLLECTIONS; c++)
        if (!(dataset->columns[c] = make_columns(dataset, tables[c], c == OBSERVATIONS || c == TARGETS)))
            return false;
    dataset->inner_columns = arena_alloc(&dataset->arena, COLUMNS_MAX * sizeof *dataset->inner_columns);
    if (dataset->inner_columns)
        dataset->inner_column_count = inner_columns(dataset, dataset->inner_columns);
    return dataset->inner_columns != NULL;
}

enum collection collection_find(const char *name, size_t length)
{
    enum collection c = 0;

    while (c < COLLECTIONS && (strlen(collection_names[c]) != length || memcmp(collection_names[c], name, length) != 0))
        c++;
    return c;
}

const char *collection_name(enum collection collection)
{
    return collection_names[collection];
}

/* Cells. */

/* The record that columns' offsets count from. Years and facets have none: their columns are computed. */
static const char *record_at(const struct sme_dataset *d, enum collection collection, uint32_t row)
{
    switch (collection) {
    case INDICATORS:
        return (const char *)&d->indicators[row];
    case OBSERVATIONS:
        return (const char *)&d->observations[row];
    case TARGETS:
        return (const char *)&d->observations[d->targets[row]];
    case FOCUS_AREAS:
        return (const char *)&d->areas[row];
    case MEASURES:
        return (const char *)d->measures[row];
    case CATEGORIES:
        return (const char *)&d->categories[row];
    case UNITS:
        return (const char *)&d->units[row];
    case SOURCES:
        return (const char *)&d->sources[row];
    case DIMENSIONS:
        return (const char *)&d->dimensions[row];
    case DATASET:
    case YEARS:
    case FACETS:
    case COLLECTIONS:
        break;
    }
    return (const char *)d; /* what has no record has only columns that are computed */
}

/* The row that columns are handed: a target's are an observation's. */
static uint32_t own_row(const struct view *view, enum collection collection, uint32_t row)
{
    return collection == TARGETS ? view->dataset->targets[row] : row;
}

bool column_is_scalar(const struct column *column)
{
    return column->kind != COLUMN_TEXTS && column->kind != COLUMN_BASES && column->kind != COLUMN_PRINTED;
}

struct value column_value(struct view *view, enum collection collection, const struct column *column, uint32_t row)
{
    const char *record = record_at(view->dataset, collection, row);
    const void *field = record + column->offset;

    switch (column->kind) {
    case COLUMN_CODE:
        return str_value(SME_CODE, field);
    case COLUMN_TEXT: {
        const struct str *text = *(const struct str *const *)field;

        return text ? str_value(SME_TEXT, &text[view->language]) : no_value();
    }
    case COLUMN_WORD:
        return word_value(column->words, *(const uint8_t *)field);
    case COLUMN_REFERENCE: {
        uint32_t other = *(const uint32_t *)field;

        return other == NONE ? no_value()
                             : str_value(SME_CODE, &view->dataset->codes[column->list].records[other]->code);
    }
    case COLUMN_PERIOD:
        return period_value(view, *(const struct period *)field);
    case COLUMN_DATE: {
        struct period date = *(const struct period *)field;

        return date.year ? period_value(view, date) : no_value();
    }
    case COLUMN_YEAR: {
        struct period period = *(const struct period *)field;

        return period.year ? integer_value(view, period.year) : no_value();
    }
    case COLUMN_NUMBER:
        return number_value(view, field);
    case COLUMN_COMPUTED:
        return column->compute(view, own_row(view, collection, row));
    case COLUMN_MEMBER: {
        uint32_t value = members_of(view->dataset, own_row(view, collection, row))[column->offset];

        return str_value(SME_CODE, &view->dataset->dimensions[column->offset].values[value].code);
    }
    case COLUMN_TEXTS:
    case COLUMN_BASES:
    case COLUMN_PRINTED:
        break;
    }
    return no_value();
}

bool is_filled_in(const struct value *value, const struct value *first)
{
    return value->json && value->json == first->json;
}

static void print_every_language(struct view *view, const struct column *column, uint32_t row, struct buf *out)
{
    uint32_t asked = view->language;

    view->language = 0;
    struct value first = column->compute(view, row), value = first;

    if (value.type == SME_NULL) {
        put_null(out);
        view->language = asked;
        return;
    }
    put_open(out, '{');
    for (; view->language < view->dataset->language_count; view->language++) {
        value = column->compute(view, row);
        if (view->language == 0 || !is_filled_in(&value, &first)) {
            put_key(out, view->dataset->languages[view->language].text);
            print_value(&value, out);
        }
        if (view->scratch.status != SME_OK)
            out->status = view->scratch.status; /* the next one clears it */
    }
    put_close(out, '}');
    view->language = asked;
}

/* Apart from column_print, because a value is large, and would be cleared for what needs none. */
__attribute__((noinline)) static void print_computed(struct view *view, enum collection collection,
                                                     const struct column *column, uint32_t row, struct buf *out)
{
    if (column->localized && view->all_languages) {
        print_every_language(view, column, own_row(view, collection, row), out);
        return;
    }
    struct value value = column_value(view, collection, column, row);
    print_value(&value, out);
}

void column_print(struct view *view, enum collection collection, const struct column *column, uint32_t row,
                  struct buf *out)
{
    if (column->print && !(column->localized && view->all_languages)) {
        column->print(view, own_row(view, collection, row), out);
        out->status = view->scratch.status != SME_OK ? view->scratch.status : out->status;
        return;
    }
    const char *record = record_at(view->dataset, collection, row);
    const void *field = record + column->offset;

    switch (column->kind) {
    case COLUMN_TEXT:
        print_text(view, *(const struct str *const *)field, out);
        break;
    case COLUMN_TEXTS:
        put_open(out, '[');
        print_text_items(view, field, out);
        put_close(out, ']');
        break;
    case COLUMN_BASES:
        print_bases(view, *(const uint8_t *const *)field, out);
        break;
    case COLUMN_CODE:
        print_str(out, field);
        break;
    case COLUMN_WORD:
        put_word_of(out, column->words, *(const uint8_t *)field);
        break;
    case COLUMN_REFERENCE: {
        uint32_t other = *(const uint32_t *)field;

        print_str(out, other == NONE ? NULL : &view->dataset->codes[column->list].records[other]->code);
        break;
    }
    case COLUMN_MEMBER: {
        uint32_t value = members_of(view->dataset, own_row(view, collection, row))[column->offset];

        print_str(out, &view->dataset->dimensions[column->offset].values[value].code);
        break;
    }
    case COLUMN_NUMBER:
        print_number(view, field, out);
        break;
    case COLUMN_PERIOD:
        put_period(out, *(const struct period *)field);
        break;
    case COLUMN_YEAR:
        put_year(out, *(const struct period *)field);
        break;
    case COLUMN_PRINTED:
    case COLUMN_COMPUTED:
    case COLUMN_DATE:
        print_computed(view, collection, column, row, out);
        break;
    }
    if (view->scratch.status != SME_OK)
        out->status = view->scratch.status;
}

void cell_print(struct view *view, enum collection collection, const struct column *column, uint32_t row, bool first,
                struct buf *out)
{
    if (first)
        buf_char(out, '{');
    buf_add(out, column->key + first, column->key_length - first);
    column_print(view, collection, column, row, out);
}

void row_print(struct view *view, enum collection collection, uint32_t row, const struct column *const *columns,
               uint32_t count, struct buf *out)
{
    bool searching = view->query && view->query->word_count > 0;
    bool first = true;

    for (uint32_t i = 0; i < count; i++, first = false)
        cell_print(view, collection, columns[i], row, first, out);
    for (const struct column *column = view->dataset->columns[collection]; count == 0 && column->name; column++) {
        if (column->searched && !searching)
            continue;
        cell_print(view, collection, column, row, first, out);
        first = false;
    }
    put_close(out, '}');
}

/* Prints the parts of a cell one after another. */
void print_parts(struct view *view, const struct column *part, uint32_t row, struct buf *out)
{
    for (; part->print; part++)
        part->print(view, row, out);
}

/* Ids. */

uint32_t target_row_of(const struct sme_dataset *dataset, uint32_t observation)
{
    for (uint32_t t = 0; t < dataset->target_count; t++)
        if (dataset->targets[t] == observation)
            return t;
    return NONE;
}

void print_id_of_indicator(const struct sme_dataset *d, const struct observation *o, struct buf *out)
{
    const struct str *code = &d->indicators[o->indicator].code;

    buf_add(out, code->text, code->length);
}

void print_id_of_dating(const struct observation *o, struct buf *out)
{
    buf_char(out, '.');
    period_print(out, o->period);
    buf_char(out, '.');
    buf_text(out, kind_words.names[o->kind]);
}

void print_id_of_members(const struct sme_dataset *d, uint32_t observation, struct buf *out)
{
    const uint32_t *members = members_of(d, observation);

    for (uint32_t i = 0; i < d->dimension_count; i++) {
        const struct str *code = &d->dimensions[i].values[members[i]].code;

        buf_char(out, '.');
        buf_add(out, code->text, code->length);
    }
}

void row_print_id(const struct sme_dataset *d, enum collection collection, uint32_t row, struct buf *out)
{
    if (collection == YEARS) {
        period_print(out, (struct period){.year = row ? d->years[row - 1] : 0});
    } else if (collection == FACETS) {
        buf_text(out, filter_name(d, (int)row));
    } else if (collection == DATASET) {
        buf_add(out, d->id.text, d->id.length);
    } else if (collection == OBSERVATIONS || collection == TARGETS) {
        uint32_t observation = collection == TARGETS ? d->targets[row] : row;

        print_id_of_indicator(d, &d->observations[observation], out);
        print_id_of_dating(&d->observations[observation], out);
        print_id_of_members(d, observation, out);
    } else {
        const struct coded *coded = (const struct coded *)(const void *)record_at(d, collection, row);

        buf_add(out, coded->code.text, coded->code.length);
    }
}

/* The parts of an id between dots: indicator, period, kind, and a value of each dimension. */
static uint32_t find_observation_id(const struct sme_dataset *d, const char *id)
{
    const char *parts[3 + SME_DIMENSIONS_MAX] = {NULL};
    size_t lengths[3 + SME_DIMENSIONS_MAX] = {0}, count = 0;
    uint32_t members[SME_DIMENSIONS_MAX];
    struct period period = {0};

    for (const char *at = id; at && count < 3 + SME_DIMENSIONS_MAX; count++) {
        parts[count] = at;
        lengths[count] = strcspn(at, ".");
        at = at[lengths[count]] ? at + lengths[count] + 1 : NULL;
    }
    if (count != 3 + d->dimension_count || parts[count - 1][lengths[count - 1]])
        return NONE;
    uint32_t indicator = find_code(d, LIST_INDICATORS, parts[0], lengths[0]);
    bool undated = lengths[1] == 7 && memcmp(parts[1], "undated", 7) == 0;
    if (indicator == NONE || (!undated && !period_parse(parts[1], lengths[1], &period)))
        return NONE;
    for (uint32_t i = 0; i < d->dimension_count; i++)
        if ((members[i] = find_dimension_value(&d->dimensions[i], parts[3 + i], lengths[3 + i])) == NONE)
            return NONE;
    for (uint8_t kind = 0; kind_words.names[kind]; kind++)
        if (strlen(kind_words.names[kind]) == lengths[2] && memcmp(kind_words.names[kind], parts[2], lengths[2]) == 0)
            return find_observation(d, indicator, period, kind, members);
    return NONE;
}

/* By code or by number. */
static uint32_t find_area(const struct sme_dataset *d, const char *id, size_t length)
{
    uint32_t row = find_code(d, LIST_AREAS, id, length);
    int64_t number = 0;

    for (size_t i = 0; row == NONE && i < length; i++) {
        if (id[i] < '0' || id[i] > '9' || length > 4 || id[0] == '0')
            return NONE;
        number = number * 10 + (id[i] - '0');
    }
    for (uint32_t a = 0; row == NONE && a < d->area_count; a++)
        if (d->areas[a].order == number)
            return a;
    return row;
}

uint32_t row_find(const struct sme_dataset *d, enum collection collection, const char *id)
{
    struct period period;
    size_t length = strlen(id);

    switch (collection) {
    case INDICATORS:
        return find_code(d, LIST_INDICATORS, id, length);
    case OBSERVATIONS:
        return find_observation_id(d, id);
    case TARGETS: {
        uint32_t row = find_observation_id(d, id);

        return row == NONE ? NONE : target_row_of(d, row);
    }
    case FOCUS_AREAS:
        return find_area(d, id, length);
    case MEASURES:
        return find_code(d, LIST_MEASURES, id, length);
    case CATEGORIES:
        return find_code(d, LIST_CATEGORIES, id, length);
    case YEARS:
        if (strcmp(id, "undated") == 0)
            return 0;
        return length == 4 && period_parse(id, length, &period) ? year_code(d, period.year) : NONE;
    case UNITS:
        return find_code(d, LIST_UNITS, id, length);
    case SOURCES:
        return find_code(d, LIST_SOURCES, id, length);
    case DIMENSIONS:
        return find_code(d, LIST_DIMENSIONS, id, length);
    case FACETS:
        for (uint32_t filter = 0; filter < d->index.row_counts[FACETS]; filter++)
            if (strcmp(filter_name(d, (int)filter), id) == 0)
                return filter;
        break;
    case DATASET:
    case COLLECTIONS:
        break;
    }
    return NONE;
}

/* Vocabularies. */

/* Where a filter's codes are, when they are records: a list, or a dimension's values. */
static const struct code_table *filter_table(const struct sme_dataset *d, enum filter filter)
{
    static const enum list lists[FILTER_DIMENSION] = {
        [FILTER_CATEGORY] = LIST_CATEGORIES, [FILTER_YEAR] = LISTS,          [FILTER_INDICATOR] = LIST_INDICATORS,
        [FILTER_FOCUS_AREA] = LIST_AREAS,    [FILTER_KIND] = LISTS,          [FILTER_UNIT] = LIST_UNITS,
        [FILTER_QUALIFIER] = LISTS,          [FILTER_SOURCE] = LIST_SOURCES,
    };

    return filter < FILTER_DIMENSION ? &d->codes[lists[filter]] : d->dimensions[filter - FILTER_DIMENSION].table;
}

const struct words *vocabulary_words(enum collection collection, enum filter filter)
{
    if (filter == FILTER_KIND)
        return collection == MEASURES ? &measure_kind_words : &kind_words;
    return filter == FILTER_QUALIFIER ? &qualifier_words : NULL;
}

uint32_t vocabulary_size(const struct sme_dataset *d, enum collection collection, enum filter filter)
{
    const struct words *words = vocabulary_words(collection, filter);

    return words ? words_count(words) : filter_table(d, filter)->count;
}

const char *vocabulary_name(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t code)
{
    const struct words *words = vocabulary_words(collection, filter);

    return words ? words->names[code] : filter_table(d, filter)->records[code]->code.text;
}

uint32_t vocabulary_find(const struct sme_dataset *d, enum collection collection, enum filter filter, const char *name,
                         size_t length)
{
    const struct words *words = vocabulary_words(collection, filter);

    if (filter == FILTER_FOCUS_AREA)
        return find_area(d, name, length);
    if (!words)
        return table_find(filter_table(d, filter), name, length);
    for (uint32_t i = 0; words->names[i]; i++)
        if (strlen(words->names[i]) == length && memcmp(words->names[i], name, length) == 0)
            return i;
    return NONE;
}

bool vocabulary_print_resource(const struct sme_dataset *d, enum filter filter, struct buf *out)
{
    static const char *const resources[FILTER_DIMENSION] = {
        [FILTER_CATEGORY] = "/v1/categories",    [FILTER_YEAR] = "/v1/years", [FILTER_INDICATOR] = "/v1/indicators",
        [FILTER_FOCUS_AREA] = "/v1/focus-areas", [FILTER_UNIT] = "/v1/units", [FILTER_SOURCE] = "/v1/sources",
    };

    if (filter >= FILTER_DIMENSION) {
        buf_text(out, "/v1/dimensions/");
        buf_text(out, d->dimensions[filter - FILTER_DIMENSION].code.text);
        return true;
    }
    buf_text(out, resources[filter] ? resources[filter] : "");
    return resources[filter] != NULL;
}
