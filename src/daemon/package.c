/* SPDX-License-Identifier: MIT */
#include "package.h"

#include "pages.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCES_MAX = 100, /* and categories: a description that is longer than this describes nothing */
    VARIABLES_MAX = 100,
};

/* The rows of a collection in one language. `failed` sticks, and is asked for once, at the end. */
struct rows {
    struct sme_query *query;
    struct sme_result *result;
    size_t count;
    bool failed;
};

static struct rows rows_of(const struct exchange *x, const char *collection, const char *language)
{
    struct rows rows = {.failed = true};

    if (sme_query_new(x->dataset, collection, &rows.query) != SME_OK)
        return rows;
    sme_query_prefer_language(rows.query, language);
    sme_query_prefer_format(rows.query, "ndjson"); /* which has all rows; JSON would begin with a page */
    if (sme_query_run(rows.query, &rows.result) == SME_OK) {
        rows.failed = false;
        rows.count = sme_result_count(rows.result);
    }
    return rows;
}

static void rows_finish(struct rows *rows)
{
    sme_result_free(rows->result);
    sme_query_free(rows->query);
}

/* Reads a scalar. False: there is nothing in it, or it could not be read. */
static bool cell_of(struct rows *rows, size_t row, const char *column, struct sme_cell *ret_cell)
{
    rows->failed = rows->failed || sme_result_cell(rows->result, row, column, ret_cell) != SME_OK;
    return !rows->failed && ret_cell->type != SME_NULL;
}

static void put(struct rows *rows, json_t *object, const char *key, json_t *value)
{
    rows->failed = json_object_set_new(object, key, value) != 0 || rows->failed;
}

static void append(struct rows *rows, json_t *list, json_t *value)
{
    rows->failed = json_array_append_new(list, value) != 0 || rows->failed;
}

/* Puts a cell where there is something in it. */
static void put_cell(struct rows *rows, size_t row, const char *column, json_t *object, const char *key)
{
    struct sme_cell cell;

    if (cell_of(rows, row, column, &cell))
        put(rows, object, key, json_stringn(cell.text, cell.length));
}

/* An address and nothing else: a sentence may begin with one. */
static bool is_url(const struct sme_cell *cell)
{
    return (strncmp(cell->text, "https://", 8) == 0 || strncmp(cell->text, "http://", 7) == 0) &&
           !strchr(cell->text, ' ');
}

/* The list, or NULL when something of it could not be had. Ends the rows. */
static json_t *finish_list(struct rows *rows, json_t *list)
{
    if (rows->failed) {
        json_decref(list);
        list = NULL;
    }
    rows_finish(rows);
    return list;
}

/* The names of categories, as keywords. */
static json_t *keywords(const struct exchange *x, const char *language)
{
    struct rows rows = rows_of(x, "categories", language);
    json_t *list = json_array();
    struct sme_cell cell;

    for (size_t i = 0; i < rows.count && i < SOURCES_MAX; i++)
        if (cell_of(&rows, i, "name", &cell))
            append(&rows, list, json_stringn(cell.text, cell.length));
    return finish_list(&rows, list);
}

/* The Data Package (specs.frictionlessdata.io, version 1). */

static const struct {
    const char *collection;
    struct words_in title;
} titles[] = {
    {"indicators", {"Indicators", "指标"}}, {"observations", {"Observations", "观测值"}},
    {"targets", {"Targets", "目标"}},       {"focus-areas", {"Focus areas", "重点领域"}},
    {"measures", {"Measures", "措施"}},     {"categories", {"Categories", "类别"}},
    {"years", {"Years", "年份"}},           {"units", {"Units", "单位"}},
    {"sources", {"Sources", "来源"}},       {"dimensions", {"Dimensions", "维度"}},
};

static const struct sme_format *csv_of(const char *collection)
{
    const struct sme_format *format;

    for (size_t i = 0; (format = sme_format_at(collection, i)) != NULL; i++)
        if (strcmp(format->name, "csv") == 0)
            return format;
    return NULL;
}

static int add_bytes(const char *bytes, size_t length, void *out)
{
    text_add(out, bytes, length);
    return 0; /* a failure sticks to the text */
}

/* Puts an object without its closing brace, for more members to follow. Takes it over. */
static void put_open(struct text *out, json_t *object)
{
    out->failed = !object || json_dump_callback(object, add_bytes, out, JSON_COMPACT) != 0 || out->failed;
    out->length -= !out->failed;
    json_decref(object);
}

/* Puts the schema as it was made: jansson would read it, but may lose bytes of it when memory is short. */
/* The columns of the dataset's own dimensions. The codes need no escaping. */
static void put_dimensions(struct text *out, struct sme_dataset *dataset)
{
    const char *code;

    for (size_t i = 0; (code = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        text_put(out, "{\"name\":\"");
        text_put(out, code);
        text_put(out, "\",\"type\":\"string\",\"constraints\":{\"required\":true}},");
    }
}

/* The schema as it was made when the program was, with the dimensions behind the category. */
static void put_schema(struct text *out, struct sme_dataset *dataset, const char *collection)
{
    static const char category[] = "{\"name\":\"category\"", next[] = "{\"name\":";
    bool observed = strcmp(collection, "observations") == 0 || strcmp(collection, "targets") == 0;
    size_t length = strlen(collection);
    const char *line = document_tables;

    while (strncmp(line, collection, length) != 0 || line[length] != ' ')
        line = strchr(line, '\n') + 1;
    line += length + 1;
    const char *end = line + strcspn(line, "\n"), *behind = observed ? strstr(line, category) : NULL;
    if (behind) {
        behind = strstr(behind + 1, next);
        text_add(out, line, (size_t)(behind - line));
        put_dimensions(out, dataset);
        line = behind;
    }
    text_add(out, line, (size_t)(end - line));
}

static void put_resource(struct text *out, struct sme_dataset *dataset, const char *collection,
                         const struct sme_format *csv, const char *language)
{
    const char *title = collection, *description = page_meaning(collection, language);

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i].collection, collection) == 0)
            title = words_in(&titles[i].title, language);
    /* What the dialect leaves out is as the specification has it: commas, doubled quotes, CR LF, a header. */
    put_open(out, json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:{s:b}}", "profile", "tabular-data-resource",
                            "name", collection, "path", json_sprintf("%s%s", collection, csv->extension), "title",
                            title, "description", description ? description : title, "format", csv->name, "mediatype",
                            csv->media_type, "encoding", "utf-8", "dialect", "caseSensitiveHeader", 1));
    text_put(out, ",\"schema\":");
    put_schema(out, dataset, collection);
    text_put(out, "}");
}

static void put_resources(struct text *out, struct sme_dataset *dataset, const char *language)
{
    const struct sme_format *csv;
    const char *collection, *comma = "";

    for (size_t i = 0; (collection = sme_collection_name(i)) != NULL; i++)
        if ((csv = csv_of(collection)) != NULL) {
            text_put(out, comma);
            put_resource(out, dataset, collection, csv, language);
            comma = ",";
        }
}

static json_t *package_sources(const struct exchange *x, const char *language)
{
    struct rows rows = rows_of(x, "sources", language);
    json_t *list = json_array();

    for (size_t i = 0; i < rows.count && i < SOURCES_MAX; i++) {
        json_t *source = json_object();

        put_cell(&rows, i, "title", source, "title");
        put_cell(&rows, i, "url", source, "path");
        append(&rows, list, source);
    }
    return finish_list(&rows, list);
}

static json_t *package_json(const struct exchange *x, const char *language)
{
    struct rows dataset = rows_of(x, "dataset", language);
    json_t *package = json_object();
    struct sme_cell license;

    put(&dataset, package, "profile", json_string("tabular-data-package"));
    put_cell(&dataset, 0, "id", package, "name");
    put_cell(&dataset, 0, "title", package, "title");
    put_cell(&dataset, 0, "description", package, "description");
    put_cell(&dataset, 0, "version", package, "version");
    if (x->config->base_url[0])
        put(&dataset, package, "homepage", json_sprintf("%s/", x->config->base_url));
    /* The specification knows licences by an address or an id of its list; terms in words are in /v1. */
    if (cell_of(&dataset, 0, "license", &license) && is_url(&license))
        put(&dataset, package, "licenses", json_pack("[{s:s}]", "path", license.text));
    put(&dataset, package, "sources", package_sources(x, language));
    put(&dataset, package, "keywords", keywords(x, language));
    return finish_list(&dataset, package);
}

struct body *package_descriptor(const struct exchange *x, const char *language)
{
    struct text out = {0};

    put_open(&out, package_json(x, language));
    text_put(&out, ",\"resources\":[");
    put_resources(&out, x->dataset, language);
    text_put(&out, "]}\n");
    struct body *body = out.failed ? NULL : body_new(out.bytes, out.length);
    text_finish(&out);
    return body;
}

/* Linked data: schema.org's Dataset, for search engines. */

/* What the figures were taken from: the statements, with those who published them. */
static json_t *works(const struct exchange *x, const char *language)
{
    struct rows rows = rows_of(x, "sources", language);
    json_t *list = json_array();
    struct sme_cell cell;

    for (size_t i = 0; i < rows.count && i < SOURCES_MAX; i++) {
        json_t *work = json_pack("{s:s}", "@type", "CreativeWork");

        put_cell(&rows, i, "title", work, "name");
        put_cell(&rows, i, "url", work, "url");
        put_cell(&rows, i, "date", work, "datePublished");
        if (cell_of(&rows, i, "publisher", &cell))
            put(&rows, work, "publisher", json_pack("{s:s, s:s}", "@type", "Organization", "name", cell.text));
        append(&rows, list, work);
    }
    return finish_list(&rows, list);
}

/* The names of units by their codes. */
static json_t *unit_names(const struct exchange *x, const char *language)
{
    struct rows rows = rows_of(x, "units", language);
    json_t *units = json_object();
    struct sme_cell cell;
    char code[128];

    for (size_t i = 0; i < rows.count; i++)
        if (cell_of(&rows, i, "code", &cell)) {
            (void)snprintf(code, sizeof code, "%s", cell.text);
            put_cell(&rows, i, "name", units, code);
        }
    return finish_list(&rows, units);
}

static json_t *variables(const struct exchange *x, const char *language)
{
    struct rows rows = rows_of(x, "indicators", language);
    json_t *units = unit_names(x, language), *list = json_array();
    struct sme_cell cell;

    rows.failed = rows.failed || !units;
    for (size_t i = 0; i < rows.count && i < VARIABLES_MAX; i++) {
        json_t *variable = json_pack("{s:s}", "@type", "PropertyValue");

        put_cell(&rows, i, "name", variable, "name");
        put_cell(&rows, i, "code", variable, "propertyID");
        put_cell(&rows, i, "description", variable, "description");
        if (cell_of(&rows, i, "unit", &cell))
            put(&rows, variable, "unitText", json_incref(json_object_get(units, cell.text)));
        append(&rows, list, variable);
    }
    json_decref(units);
    return finish_list(&rows, list);
}

static json_t *downloads(const struct exchange *x)
{
    json_t *list = json_array();
    const struct sme_format *format;

    for (size_t i = 0; list && (format = sme_format_at("observations", i)) != NULL; i++)
        if (json_array_append_new(
                list, json_pack("{s:s, s:s, s:o}", "@type", "DataDownload", "encodingFormat", format->media_type,
                                "contentUrl",
                                json_sprintf("%s/v1/observations%s", x->config->base_url, format->extension))) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *languages(const struct exchange *x)
{
    json_t *list = json_array();
    const char *tag;

    for (size_t i = 0; list && (tag = sme_dataset_language(x->dataset, i)) != NULL; i++)
        if (json_array_append_new(list, json_string(tag)) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

/* The years from the first to the last, as schema.org takes them from ISO 8601: "2022/2023". */
static void put_coverage(const struct exchange *x, const char *language, struct rows *dataset, json_t *data)
{
    struct rows years = rows_of(x, "years", language);
    char first[8] = "", last[8] = "";
    struct sme_cell cell;

    for (size_t i = 0; i < years.count; i++)
        if (cell_of(&years, i, "year", &cell)) {
            (void)snprintf(last, sizeof last, "%s", cell.text);
            if (!first[0])
                memcpy(first, last, sizeof first);
        }
    if (strcmp(first, last) != 0)
        put(dataset, data, "temporalCoverage", json_sprintf("%04d/%04d", atoi(first), atoi(last)));
    else if (first[0])
        put(dataset, data, "temporalCoverage", json_sprintf("%04d", atoi(first)));
    dataset->failed = dataset->failed || years.failed;
    rows_finish(&years);
}

json_t *linked_data_json(const struct exchange *x, const char *language)
{
    struct rows dataset = rows_of(x, "dataset", language);
    json_t *data = json_pack("{s:s, s:s}", "@context", "https://schema.org/", "@type", "Dataset");
    struct sme_cell cell;

    put_cell(&dataset, 0, "title", data, "name");
    put_cell(&dataset, 0, "description", data, "description");
    if (x->config->base_url[0])
        put(&dataset, data, "url", json_sprintf("%s/", x->config->base_url));
    put_cell(&dataset, 0, "id", data, "identifier");
    put_cell(&dataset, 0, "version", data, "version");
    put(&dataset, data, "inLanguage", languages(x));
    if (cell_of(&dataset, 0, "license", &cell) && is_url(&cell))
        put(&dataset, data, "license", json_string(cell.text));
    put_coverage(x, language, &dataset, data);
    put(&dataset, data, "keywords", keywords(x, language));
    put(&dataset, data, "variableMeasured", variables(x, language));
    put(&dataset, data, "isBasedOn", works(x, language));
    put(&dataset, data, "distribution", downloads(x));
    return finish_list(&dataset, data);
}
