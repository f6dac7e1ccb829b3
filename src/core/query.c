/* SPDX-License-Identifier: MIT */
/* The table of parameters, which of them a query takes, and its life. */
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

const struct parameter parameters[] = {
    {"category", "category.not", FILTER_CATEGORY, false, IN_ALL, set_codes, NULL},
    {"year", "year.not", FILTER_YEAR, true, IN_ALL, set_years, NULL},
    {"indicator", "indicator.not", FILTER_INDICATOR, false, IN_ALL, set_codes, NULL},
    {"focus_area", "focus_area.not", FILTER_FOCUS_AREA, false, IN_ALL, set_codes, NULL},
    {"kind", "kind.not", FILTER_KIND, true, IN_ALL, set_codes, NULL},
    {"unit", "unit.not", FILTER_UNIT, false, IN_ALL, set_codes, NULL},
    {"qualifier", "qualifier.not", FILTER_QUALIFIER, true, IN_ALL, set_codes, NULL},
    {"source", "source.not", FILTER_SOURCE, true, IN_ALL, set_codes, NULL},
#define DIMENSION(number)                                                                                              \
    {                                                                                                                  \
        NULL, NULL, FILTER_DIMENSION + (number), true, IN_ALL, set_codes, NULL                                         \
    }
    DIMENSION(0),
    DIMENSION(1),
    DIMENSION(2),
    DIMENSION(3),
    DIMENSION(4),
    DIMENSION(5),
    DIMENSION(6),
    DIMENSION(7),
#undef DIMENSION
    {"q", NULL, -1, false, IN_ALL, set_search, spell_search},
    {"value", NULL, -1, true, IN_ALL, set_value, spell_value},
    {"match", NULL, -1, true, IN_ALL, set_match, spell_match},
    {"latest", NULL, -1, true, IN_ALL, set_latest, spell_latest},
    {"fields", NULL, -1, true, IN_ROWS, set_fields, spell_fields},
    {"sort", NULL, -1, false, IN_ROWS, set_sort, spell_sort},
    {"limit", NULL, -1, false, IN_ROWS, set_limit, spell_limit},
    {"offset", NULL, -1, false, IN_ROWS, set_offset, NULL},
    {"lang", NULL, -1, true, IN_ALL, set_language, spell_language},
    {"format", NULL, -1, true, IN_ALL, set_format, spell_format},
    {"shape", NULL, -1, false, IN_JSON, set_shape, spell_shape},
    {"bom", NULL, -1, true, IN_CSV, set_bom, spell_bom},
    {"formulas", NULL, -1, true, IN_CSV, set_formulas, spell_formulas},
    {"pretty", NULL, -1, true, IN_DOCUMENTS, set_pretty, spell_pretty},
};
_Static_assert(sizeof parameters / sizeof parameters[0] == PARAMETERS, "all are in the table");
_Static_assert(PARAMETERS <= 32, "each has two bits in the query's set");
_Static_assert(SME_DIMENSIONS_MAX == 8, "each has a row in the table");

const char *parameter_name(const struct sme_dataset *dataset, const struct parameter *parameter, bool negated)
{
    if (parameter->name)
        return negated ? parameter->negated : parameter->name;
    const struct dimension *dimension = &dataset->dimensions[parameter->filter - FILTER_DIMENSION];
    return negated ? dimension->negated : dimension->code.text;
}

enum collection query_filtered(enum collection collection)
{
    return collection == INDICATORS || collection == FACETS ? OBSERVATIONS : collection;
}

static bool filters(const struct sme_dataset *dataset, enum collection collection, int filter)
{
    return index_has_axis(dataset, query_filtered(collection), (enum filter)filter);
}

/* Numbers and their age belong to observations: to those that are rows, and to those inside indicators. */
static bool is_about_observations(const struct parameter *parameter)
{
    return parameter->set == set_value || parameter->set == set_match || parameter->set == set_latest;
}

/* Without a dataset: what every one takes. */
static bool collection_takes(const struct sme_dataset *dataset, enum collection collection,
                             const struct parameter *parameter)
{
    if (is_about_observations(parameter))
        return query_filtered(collection) == OBSERVATIONS || collection == TARGETS;
    if (parameter->set == set_search)
        return collection != YEARS && collection != DATASET; /* there is nothing to find */
    if (parameter->filter >= 0)
        return filters(dataset, collection, parameter->filter);
    if (collection == DATASET && !parameter->on_item)
        return false;
    return (parameter->formats & collection_formats(collection)) != 0;
}

static bool item_takes(enum collection collection, const struct parameter *parameter)
{
    if (collection == FACETS) /* one is about all observations, so all that chooses among them goes with it */
        return parameter->on_item || parameter->formats == IN_ALL;
    if (parameter->filter >= 0 || is_about_observations(parameter))
        return parameter->on_item && collection == INDICATORS;
    return parameter->on_item;
}

static bool takes(const struct sme_query *query, const struct parameter *parameter)
{
    return collection_takes(query->dataset, query->collection, parameter) &&
           (query->item == NONE || item_takes(query->collection, parameter));
}

const char *filter_name(const struct sme_dataset *dataset, int filter)
{
    return parameter_name(dataset, &parameters[filter], false);
}

enum sme_status sme_query_new(struct sme_dataset *dataset, const char *collection, struct sme_query **ret_query)
{
    enum collection found = collection_find(collection, strlen(collection));

    if (found == COLLECTIONS)
        return SME_NOT_FOUND;
    struct sme_query *query = calloc(1, sizeof *query);
    if (!query)
        return SME_NO_MEMORY;
    query->dataset = sme_dataset_ref(dataset);
    query->collection = found;
    query->item = found == DATASET ? 0 : NONE;
    query->limit = NONE;
    query->link = BUF_INIT(1 << 20);
    *ret_query = query;
    return SME_OK;
}

void sme_query_free(struct sme_query *query)
{
    if (!query)
        return;
    buf_finish(&query->link);
    arena_finish(&query->arena);
    sme_dataset_unref(query->dataset);
    free(query);
}

enum sme_status sme_query_set_id(struct sme_query *query, const char *id, struct sme_faults *faults)
{
    const struct sme_dataset *dataset = query->dataset;
    uint32_t row = row_find(dataset, query->collection, id), rows = dataset->index.row_counts[query->collection];
    struct sme_nearest nearest = sme_nearest_to(id, strlen(id));
    size_t told = faults_told(faults);
    struct buf name = BUF_INIT(1024);

    buf_clear(&query->link);
    if (row != NONE) {
        query->item = row;
        return SME_OK;
    }
    for (row = 0; row < rows && rows <= NEAREST_ROWS_MAX; row++) {
        buf_clear(&name);
        row_print_id(dataset, query->collection, row, &name);
        sme_nearest_offer(&nearest, buf_string(&name));
    }
    faults_add(faults, &(struct fault){
                           .kind = FAULT_NOT_FOUND,
                           .path = collection_name(query->collection),
                           .value = id,
                           .value_length = strlen(id),
                           .nearest = &nearest,
                       });
    buf_finish(&name);
    return faults_status(faults, told) == SME_NO_MEMORY ? SME_NO_MEMORY : SME_NOT_FOUND;
}

static void unknown_parameter(struct sme_query *query, const char *name, struct sme_faults *faults)
{
    struct sme_nearest nearest = sme_nearest_to(name, strlen(name));

    for (size_t i = 0; i < PARAMETERS; i++) {
        if (!takes(query, &parameters[i]))
            continue;
        sme_nearest_offer(&nearest, parameter_name(query->dataset, &parameters[i], false));
        if (parameters[i].filter >= 0)
            sme_nearest_offer(&nearest, parameter_name(query->dataset, &parameters[i], true));
    }
    faults_add(faults, &(struct fault){
                           .kind = FAULT_UNKNOWN_PARAMETER,
                           .path = name,
                           .value = name,
                           .value_length = strlen(name),
                           .resource = "/openapi.json",
                           .nearest = &nearest,
                       });
}

static const struct parameter *find_parameter(const struct sme_query *query, const char *name, bool *ret_negated)
{
    const size_t dimensions_end = FILTER_DIMENSION + query->dataset->dimension_count;

    for (size_t i = 0; i < PARAMETERS; i++) {
        const char *own = parameters[i].name;

        if (i >= dimensions_end && !own)
            continue;
        own = own ? own : parameter_name(query->dataset, &parameters[i], false);
        if (*own != *name)
            continue; /* most are not meant: this is quick */
        size_t length = strlen(own);
        if (strncmp(own, name, length) != 0)
            continue;
        *ret_negated = parameters[i].filter >= 0 && strcmp(name + length, ".not") == 0;
        if ((name[length] == '\0' || *ret_negated) && takes(query, &parameters[i]))
            return &parameters[i];
    }
    return NULL;
}

enum sme_status sme_query_set(struct sme_query *query, const char *name, const char *value, size_t length,
                              struct sme_faults *faults)
{
    size_t told = faults_told(faults);
    bool negated = false;
    const struct parameter *parameter = find_parameter(query, name, &negated);

    buf_clear(&query->link);

    if (!parameter) {
        unknown_parameter(query, name, faults);
        return faults_status(faults, told);
    }
    uint64_t bit = UINT64_C(1) << (2 * (parameter - parameters) + negated);
    struct sme_query before = *query;
    struct setting s = {query, faults, parameter, name, negated, arena_copy(&query->arena, value, length), length};
    if (!s.value)
        return SME_NO_MEMORY;
    if (query->set & bit)
        faults_add(faults, &(struct fault){
                               .kind = FAULT_REPEATED_PARAMETER, .path = name, .value = value, .value_length = length});
    else if (length > SME_QUERY_VALUE_BYTES_MAX || !utf8_valid(value, length) || memchr(value, 0, length))
        setting_refuse(&s, value, length, "at most 4096 bytes of UTF-8");
    else
        parameter->set(&s);
    enum sme_status status = faults_status(faults, told);
    if (status == SME_OK) {
        query->set |= bit;
    } else {
        before.arena = query->arena; /* what it gave out in vain stays until the end */
        before.tried |= status == SME_BAD_INPUT ? bit : 0;
        *query = before;
    }
    return status;
}

void sme_query_prefer_language(struct sme_query *query, const char *language)
{
    buf_clear(&query->link);
    for (uint32_t i = 0; !query->language_given && i < query->dataset->language_count; i++)
        if (strcmp(query->dataset->languages[i].text, language) == 0)
            query->language = i;
}

void sme_query_prefer_format(struct sme_query *query, const char *name)
{
    buf_clear(&query->link);
    for (enum format f = 0; !query->format_given && f < FORMATS; f++)
        if (collection_formats(query->collection) & 1 << f && strcmp(format_at(f)->name, name) == 0)
            query->format = f;
}

const struct sme_format *sme_query_format(const struct sme_query *query)
{
    return format_at(query->format);
}

const char *sme_query_content_type(const struct sme_query *query)
{
    static const char *const shaped[] = {
        [SHAPE_ROWS] = "application/json",
        [SHAPE_COLUMNS] = "application/json; shape=columns",
        [SHAPE_SERIES] = "application/json; shape=series",
        [SHAPE_KEYED] = "application/json; shape=keyed",
    };

    return query->format == FORMAT_JSON ? shaped[query->shape] : format_at(query->format)->content_type;
}

uint32_t query_limit(const struct sme_query *query)
{
    if (query->limit != NONE)
        return query->limit;
    return query->format == FORMAT_JSON && query->shape != SHAPE_SERIES ? SME_LIMIT_DEFAULT : NONE;
}

uint32_t query_columns(const struct sme_query *query, const struct column *ret_columns[COLUMNS_MAX])
{
    uint32_t count = query->column_count;

    if (count > 0)
        memcpy(ret_columns, query->columns, count * sizeof *ret_columns);
    for (const struct column *column = query_table(query); !query->column_count && column->name; column++)
        if (!column->searched || query->word_count > 0)
            ret_columns[count++] = column;
    return count;
}

/* What a parameter that was set needs of the others; NULL: nothing that is not there. */
static const char *missing(const struct sme_query *query, const struct parameter *parameter)
{
    if (!(parameter->formats & 1 << query->format))
        return parameter->formats == IN_JSON   ? "format=json"
               : parameter->formats == IN_CSV  ? "format=csv"
               : parameter->formats == IN_ROWS ? "format=json, csv, ndjson"
                                               : "format=json, jsonstat";
    /* A series is cut out of rows: whole, in order of time, with members of its own. */
    if (query->shape == SHAPE_SERIES && parameter->formats == IN_ROWS)
        return "shape=rows, columns, keyed";
    return NULL;
}

static void conflict(const struct sme_query *query, const struct parameter *parameter, const char *needed,
                     struct sme_faults *faults)
{
    struct buf value = BUF_INIT(SME_QUERY_VALUE_BYTES_MAX);

    if (parameter->spell)
        parameter->spell(query, parameter, &value);
    else
        buf_integer(&value, query->offset);
    faults_add(faults, &(struct fault){
                           .kind = FAULT_CONFLICT,
                           .path = parameter->name,
                           .value = buf_string(&value),
                           .value_length = value.length,
                           .accepted = needed,
                       });
    buf_finish(&value);
}

enum sme_status sme_query_check(const struct sme_query *query, struct sme_faults *faults)
{
    size_t told = faults_told(faults);
    const char *match = match_words.names[query->match];

    /* Of a value that could not be read there is a fault already. */
    if (query->match_given && !query->range_given && !(query->tried & UINT64_C(1) << 2 * VALUE))
        faults_add(faults, &(struct fault){
                               .kind = FAULT_MISSING_PARAMETER,
                               .path = "match",
                               .value = match,
                               .value_length = strlen(match),
                               .accepted = filter_name(query->dataset, VALUE),
                           });
    for (size_t i = 0; i < PARAMETERS; i++) {
        const char *needed = missing(query, &parameters[i]);

        if (needed && query->set >> 2 * i & 1)
            conflict(query, &parameters[i], needed, faults);
    }
    return faults_status(faults, told);
}

const char *sme_query_language(const struct sme_query *query)
{
    return query->all_languages ? "all" : query->dataset->languages[query->language].text;
}

const char *sme_collection_name(size_t i)
{
    return i < COLLECTIONS ? collection_name((enum collection)i) : NULL;
}

const char *sme_column_name(const char *collection, size_t i)
{
    enum collection found = collection_find(collection, strlen(collection));

    return found != COLLECTIONS && i < count_columns(collection_columns(found)) ? collection_columns(found)[i].name
                                                                                : NULL;
}

const char *sme_parameter_name(const char *collection, size_t i)
{
    enum collection found = collection_find(collection, strlen(collection));

    for (size_t p = 0; found != COLLECTIONS && p < PARAMETERS; p++) {
        if (!collection_takes(NULL, found, &parameters[p]))
            continue;
        if (i-- == 0)
            return parameters[p].name;
        if (parameters[p].filter >= 0 && i-- == 0)
            return parameters[p].negated;
    }
    return NULL;
}
