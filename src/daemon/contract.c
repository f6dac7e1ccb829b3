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

struct body *contract_new(struct sme_dataset *dataset)
{
    struct text out = {0};
    struct body *body = NULL;
    const char *at = document_openapi, *end = document_openapi + document_openapi_length;
    bool made = true;

    for (size_t i = 0; made && i < sizeof lists / sizeof lists[0]; i++) {
        const char *schema = strstr(at, lists[i].schema);

        assert(schema);
        schema += strlen(lists[i].schema);
        text_add(&out, at, (size_t)(schema - at));
        made = put_list(&out, dataset, &lists[i]);
        at = schema;
    }
    text_add(&out, at, (size_t)(end - at));
    if (made && !out.failed)
        body = body_new(out.bytes, out.length);
    text_finish(&out);
    return body;
}
