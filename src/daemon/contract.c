/* SPDX-License-Identifier: MIT */
/*
 * The document is not parsed and printed again, which may spell the numbers of its examples anew: each list goes in as
 * text, at the beginning of its schema, and every other byte stays as it is.
 */
#include "contract.h"

#include "exchange.h"
#include "pages.h"
#include "text.h"

#include <assert.h>
#include <string.h>

_Static_assert((int)CONTRACT_CODES_MAX <= (int)SME_LIMIT_DEFAULT, "one page has to hold all codes");

/* The schemas that get a list, in the order of the document. */
static const struct listed {
    const char *schema;     /* as the document begins it */
    const char *collection; /* NULL: the languages */
    const char *columns[2]; /* what its rows are found by */
} lists[] = {
    {"\"CategoryCode\": {", "categories", {"code"}},
    {"\"IndicatorCode\": {", "indicators", {"code"}},
    {"\"FocusAreaCode\": {", "focus-areas", {"code"}},
    {"\"FocusAreaCodeOrNumber\": {", "focus-areas", {"code", "order"}},
    {"\"UnitCode\": {", "units", {"code"}},
    {"\"SourceCode\": {", "sources", {"id"}},
    {"\"Language\": {", NULL, {NULL}},
};

/* Adds a code, once: an area's code may look like another's number. */
static bool add_code(json_t *codes, const char *text, size_t length)
{
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *known = json_array_get(codes, i);

        if (json_string_length(known) == length && memcmp(json_string_value(known), text, length) == 0)
            return true;
    }
    return json_array_append_new(codes, json_stringn(text, length)) == 0;
}

static bool add_languages(json_t *codes, const struct sme_dataset *dataset)
{
    const char *language;

    for (size_t i = 0; (language = sme_dataset_language(dataset, i)) != NULL; i++)
        if (!add_code(codes, language, strlen(language)))
            return false;
    return add_code(codes, "all", 3);
}

static bool add_column(json_t *codes, struct sme_result *result, const char *column)
{
    struct sme_cell cell;

    for (size_t i = 0; i < sme_result_count(result); i++)
        if (sme_result_cell(result, i, column, &cell) != SME_OK || !add_code(codes, cell.text, cell.length))
            return false;
    return true;
}

static bool add_rows(json_t *codes, struct sme_dataset *dataset, const struct listed *list)
{
    struct sme_query *query = NULL;
    struct sme_result *result = NULL;
    bool added = sme_query_new(dataset, list->collection, &query) == SME_OK && sme_query_run(query, &result) == SME_OK;

    if (added && sme_result_total(result) <= CONTRACT_CODES_MAX)
        for (size_t i = 0; added && i < sizeof list->columns / sizeof list->columns[0] && list->columns[i]; i++)
            added = add_column(codes, result, list->columns[i]);
    sme_result_free(result);
    sme_query_free(query);
    return added;
}

/* JSON Schema wants no empty list (2020-12, 6.1.2), and so none is written. */
static bool put_list(struct text *out, struct sme_dataset *dataset, const struct listed *list)
{
    json_t *codes = json_array();
    bool made = codes && (list->collection ? add_rows(codes, dataset, list) : add_languages(codes, dataset));

    if (made && json_array_size(codes) > 0) {
        text_put(out, "\n        \"enum\": ");
        made = put_json(out, codes, 0);
        text_put(out, ",");
    }
    json_decref(codes);
    return made;
}

/* Dimensions: a dataset's own filters, members of rows, and lists in the shapes. */

static bool put_codes_of(struct text *out, struct sme_dataset *dataset, const char *dimension)
{
    /* In JSON that the library printed, so that these bytes begin a value: within a string its quotes were escaped. */
    static const char begin[] = "{\"code\":\"";
    struct sme_query *query = NULL;
    struct sme_faults *faults = NULL;
    struct sme_result *result = NULL;
    struct sme_cell cell;
    json_t *codes = json_array();
    bool made = codes && sme_faults_new(&faults) == SME_OK && sme_query_new(dataset, "dimensions", &query) == SME_OK &&
                sme_query_set_id(query, dimension, faults) == SME_OK && sme_query_run(query, &result) == SME_OK &&
                sme_result_cell(result, 0, "values", &cell) == SME_OK;

    for (const char *at = made ? cell.text : NULL;
         made && json_array_size(codes) <= CONTRACT_CODES_MAX && (at = strstr(at, begin)) != NULL;) {
        at += sizeof begin - 1;
        made = add_code(codes, at, strcspn(at, "\""));
    }
    if (made && json_array_size(codes) <= CONTRACT_CODES_MAX) {
        text_put(out, ", \"enum\": ");
        made = put_json(out, codes, JSON_COMPACT);
    }
    json_decref(codes);
    sme_result_free(result);
    sme_query_free(query);
    sme_faults_free(faults);
    return made;
}

/* A component of its own for each dimension: its codes. */
static bool put_schemas(struct text *out, struct sme_dataset *dataset)
{
    const char *code;
    bool made = true;

    for (size_t i = 0; made && (code = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        text_put(out, "\n      \"dimension.");
        text_put(out, code);
        text_put(out, "\": {\"type\": \"string\"");
        made = put_codes_of(out, dataset, code);
        text_put(out, "},");
    }
    return made;
}

static void put_dimension_ref(struct text *out, const char *code)
{
    text_put(out, "{\"$ref\": \"#/components/schemas/dimension.");
    text_put(out, code);
    text_put(out, "\"}");
}

static bool put_parameters(struct text *out, struct sme_dataset *dataset)
{
    static const char *const suffixes[] = {"", ".not"};
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++)
        for (size_t s = 0; s < 2; s++) {
            text_put(out, "\n      \"dimension.");
            text_put(out, code);
            text_put(out, suffixes[s]);
            text_put(out, "\": {\"name\": \"");
            text_put(out, code);
            text_put(out, suffixes[s]);
            text_put(out, "\", \"in\": \"query\", \"description\": \"");
            text_put(out, s ? "None" : "Any");
            text_put(out, " of these values of a dimension of this dataset.\", \"style\": \"form\", "
                          "\"explode\": false, \"schema\": {\"type\": \"array\", \"minItems\": 1, \"items\": ");
            put_dimension_ref(out, code);
            text_put(out, "}},");
        }
    return true;
}

static bool put_parameter_refs(struct text *out, struct sme_dataset *dataset)
{
    static const char *const suffixes[] = {"", ".not"};
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++)
        for (size_t s = 0; s < 2; s++) {
            text_put(out, "\n          {\"$ref\": \"#/components/parameters/dimension.");
            text_put(out, code);
            text_put(out, suffixes[s]);
            text_put(out, "\"},");
        }
    return true;
}

static bool put_members(struct text *out, struct sme_dataset *dataset)
{
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        text_put(out, "\n          \"");
        text_put(out, code);
        text_put(out, "\": ");
        put_dimension_ref(out, code);
        text_put(out, ",");
    }
    return true;
}

static bool put_member_lists(struct text *out, struct sme_dataset *dataset)
{
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        text_put(out, "\n          \"");
        text_put(out, code);
        text_put(out, "\": {\"type\": \"array\", \"items\": ");
        put_dimension_ref(out, code);
        text_put(out, "},");
    }
    return true;
}

/* The names of the dimensions, as words that a parameter takes; by which rows are sorted, with a hyphen before, too. */
static void put_names(struct text *out, struct sme_dataset *dataset, bool descending)
{
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        text_put(out, "\n              \"");
        text_put(out, code);
        text_put(out, "\",");
        if (!descending)
            continue;
        text_put(out, " \"-");
        text_put(out, code);
        text_put(out, "\",");
    }
}

static bool put_fields(struct text *out, struct sme_dataset *dataset)
{
    put_names(out, dataset, false);
    return true;
}

static bool put_sorts(struct text *out, struct sme_dataset *dataset)
{
    put_names(out, dataset, true);
    return true;
}

/*
 * Where something goes in: behind the text `behind`, at its first place after `section` (NULL: at every place before the
 * components). In the order of the document.
 */
static const struct insertion {
    const char *section, *behind;
    bool (*put)(struct text *out, struct sme_dataset *dataset);
} insertions[] = {
    {NULL, "\"$ref\": \"#/components/parameters/source.not\"\n          },", put_parameter_refs},
    {"\n  \"components\": {", "\"schemas\": {", put_schemas},
    {"\n      \"EmbeddedObservation\": {", "\"properties\": {", put_members},
    {"\n      \"Observation\": {", "\"properties\": {", put_members},
    {"\n      \"Target\": {", "\"properties\": {", put_members},
    {"\n      \"ObservationColumns\": {", "\"properties\": {", put_member_lists},
    {"\n      \"TargetColumns\": {", "\"properties\": {", put_member_lists},
    {"\n      \"Series\": {", "\"properties\": {", put_members},
    {"\n    \"parameters\": {", "", put_parameters},
    {"\n      \"fields.observations\": {", "\"enum\": [", put_fields},
    {"\n      \"sort.observations\": {", "\"enum\": [", put_sorts},
    {"\n      \"fields.targets\": {", "\"enum\": [", put_fields},
    {"\n      \"sort.targets\": {", "\"enum\": [", put_sorts},
};

/* Where a piece of the document that begins at `at` gets an insertion, or NULL. */
static const char *place_of(const struct insertion *insertion, const char *at)
{
    const char *place = insertion->section ? strstr(at, insertion->section) : at;

    if (place && insertion->section)
        place += strlen(insertion->section);
    place = place ? strstr(place, insertion->behind) : NULL;
    return place ? place + strlen(insertion->behind) : NULL;
}

/* Copies the document with the dimensions in it. */
static bool put_with_dimensions(struct text *out, struct sme_dataset *dataset, const char *document)
{
    const char *at = document, *place;
    bool made = true;

    for (size_t i = 0; made && i < sizeof insertions / sizeof insertions[0];) {
        place = place_of(&insertions[i], at);
        assert(place || !insertions[i].section);
        if (!place) {
            i++;
            continue;
        }
        text_add(out, at, (size_t)(place - at));
        made = insertions[i].put(out, dataset);
        at = place;
        i += insertions[i].section != NULL;
    }
    text_put(out, at);
    return made;
}

/* Copies the document with the lists of codes in it. */
static bool put_with_lists(struct text *out, struct sme_dataset *dataset, const char *document)
{
    const char *at = document;
    bool made = true;

    for (size_t i = 0; made && i < sizeof lists / sizeof lists[0]; i++) {
        const char *schema = strstr(at, lists[i].schema);

        assert(schema);
        schema += strlen(lists[i].schema);
        text_add(out, at, (size_t)(schema - at));
        made = put_list(out, dataset, &lists[i]);
        at = schema;
    }
    text_put(out, at);
    return made;
}

struct body *contract_new(struct sme_dataset *dataset)
{
    struct text listed = {0}, out = {0};
    struct body *body = NULL;
    bool made = put_with_lists(&listed, dataset, document_openapi) && !listed.failed;

    if (made && sme_dataset_dimension(dataset, 0)) {
        text_add(&listed, "", 1); /* from here on it is a string */
        made = !listed.failed && put_with_dimensions(&out, dataset, listed.bytes);
    }
    struct text *last = sme_dataset_dimension(dataset, 0) ? &out : &listed;
    if (made && !last->failed)
        body = body_new(last->bytes, last->length);
    text_finish(&listed);
    text_finish(&out);
    return body;
}
