/* SPDX-License-Identifier: MIT */
#include "rebuild.h"

#include "fuzz.h"
#include "text.h"

#include <jansson.h>

/* Rows are read cell by cell, with jansson for what is inside of cells. It would not keep the digits of numbers, so those
 * are strings between two marks that no text of a dataset can hold, and lose the marks in the printed document. */
#define MARK "\x01"

static struct sme_query *ask(struct sme_dataset *dataset, const char *collection, const char *format)
{
    struct sme_query *query = NULL;
    struct sme_faults *faults = NULL;
    char limit[16];

    (void)snprintf(limit, sizeof limit, "%d", SME_LIMIT_MAX);
    MUST(sme_faults_new(&faults) == SME_OK && sme_query_new(dataset, collection, &query) == SME_OK);
    MUST(sme_query_set(query, "lang", "all", 3, faults) == SME_OK);
    if (strcmp(collection, "dataset") != 0)
        MUST(sme_query_set(query, "limit", limit, strlen(limit), faults) == SME_OK);
    sme_query_prefer_format(query, format);
    sme_faults_free(faults);
    return query;
}

static bool keep(void *context, const void *bytes, size_t length)
{
    text_add(context, bytes, length);
    return true;
}

/* Every row of every collection that comes as rows. */
static void print_downloads(struct sme_dataset *dataset, struct text *out)
{
    const char *name;

    for (size_t i = 0; (name = sme_collection_name(i)) != NULL; i++) {
        struct sme_query *query = ask(dataset, name, "ndjson");
        struct sme_result *result = NULL;

        if (strcmp(sme_query_format(query)->name, "ndjson") == 0) {
            MUST(sme_query_run(query, &result) == SME_OK);
            MUST(sme_result_write(result, "", keep, out) == SME_OK);
        }
        sme_result_free(result);
        sme_query_free(query);
    }
}

/* ---- Cells as values ------------------------------------------------------------------------------------------- */

/* NULL: nothing is in it. */
static json_t *read_cell(struct sme_result *result, size_t row, const char *column)
{
    struct sme_cell cell;
    json_t *value = NULL;

    MUST(sme_result_cell(result, row, column, &cell) == SME_OK);
    switch (cell.type) {
    case SME_NULL:
        return NULL;
    case SME_NUMBER:
        value = json_sprintf(MARK "%s" MARK, cell.text);
        break;
    case SME_JSON: /* in all languages at once even numbers are that */
        if (*cell.text == '-' || (*cell.text >= '0' && *cell.text <= '9'))
            value = json_sprintf(MARK "%s" MARK, cell.text);
        else
            value = json_loadb(cell.text, cell.length, JSON_DECODE_ANY, NULL);
        break;
    case SME_BOOLEAN:
        value = json_boolean(strcmp(cell.text, "true") == 0);
        break;
    case SME_TEXT:
    case SME_CODE:
        value = json_stringn(cell.text, cell.length);
        break;
    }
    MUST(value);
    return json_is_null(value) ? NULL : value;
}

/* The rows of a collection, each with these columns, without those in which there is nothing. */
static json_t *read_rows(struct sme_dataset *dataset, const char *collection, const char *columns)
{
    struct sme_query *query = ask(dataset, collection, "json");
    struct sme_result *result = NULL;
    json_t *rows = json_array();
    char name[128];

    MUST(sme_query_run(query, &result) == SME_OK);
    for (size_t row = 0; row < sme_result_count(result); row++) {
        json_t *object = json_object();

        for (const char *at = columns; *at; at += strspn(at, " ")) {
            size_t length = strcspn(at, " ");

            (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
            json_t *value = read_cell(result, row, name);
            if (value)
                MUST(json_object_set_new(object, name, value) == 0);
            at += length;
        }
        MUST(json_array_append_new(rows, object) == 0);
    }
    sme_result_free(result);
    sme_query_free(query);
    return rows;
}

/* ---- What answers say in another way than documents ------------------------------------------------------------- */

static void rename_member(json_t *object, const char *from, const char *to)
{
    json_t *value = json_incref(json_object_get(object, from));

    (void)json_object_del(object, from);
    if (value)
        (void)json_object_set_new(object, to, value);
}

static json_t *string_of(json_t *object, const char *name, const char *otherwise)
{
    json_t *value = json_object_get(object, name);

    return value ? json_incref(value) : json_string(otherwise);
}

/* Only these members, and of them those that have a value. */
static void keep_only(json_t *object, const char *const *names)
{
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, name, value)
    {
        bool named = false;

        for (size_t i = 0; names[i]; i++)
            named = named || strcmp(name, names[i]) == 0;
        if (!named || json_is_null(value))
            (void)json_object_del(object, name);
    }
}

/* A row without a basis has no period; "undated" is none. */
static void undate(json_t *row)
{
    const char *period = json_string_value(json_object_get(row, "period"));

    if (!json_object_get(row, "period_basis"))
        (void)json_object_del(row, "period");
    else if (period && strcmp(period, "undated") == 0)
        (void)json_object_set_new(row, "period", json_null());
}

static json_t *find_by(json_t *rows, const char *member, json_t *code)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row) if (json_equal(json_object_get(row, member), code)) return row;
    return NULL;
}

static void adapt_observation(struct sme_dataset *dataset, json_t *row, json_t *indicators)
{
    json_t *indicator = find_by(indicators, "code", json_object_get(row, "indicator"));
    json_t *notes = json_object_get(row, "notes"), *dimensions = json_object();
    const char *qualifier = json_string_value(json_object_get(row, "qualifier")), *dimension;

    MUST(indicator);
    undate(row);
    if (!qualifier || strcmp(qualifier, "between") != 0)
        (void)json_object_del(row, "upper");
    if (!json_object_get(row, "value"))
        (void)json_object_set_new(row, "value", json_null());
    if (json_equal(json_object_get(row, "population"), json_object_get(indicator, "population")))
        (void)json_object_del(row, "population");
    /* The indicator's notes follow the row's own. */
    for (size_t i = json_array_size(json_object_get(indicator, "notes")); i > 0 && json_array_size(notes) > 0; i--)
        (void)json_array_remove(notes, json_array_size(notes) - 1);
    for (size_t i = 0; (dimension = sme_dataset_dimension(dataset, i)) != NULL; i++) {
        (void)json_object_set(dimensions, dimension, json_object_get(row, dimension));
        (void)json_object_del(row, dimension);
    }
    if (json_object_size(dimensions) > 0)
        (void)json_object_set(row, "dimensions", dimensions);
    json_decref(dimensions);
}

static void adapt_measure(json_t *row)
{
    const char *target = json_string_value(json_object_get(row, "target"));
    json_t *instruments = json_object_get(row, "instruments"), *instrument, *codes = json_array();
    size_t i;

    undate(row);
    json_array_foreach(instruments, i, instrument)(void) json_array_append(codes, json_object_get(instrument, "code"));
    (void)json_object_set_new(row, "instruments", codes);
    if (target) {
        size_t code = strcspn(target, "."), period = strcspn(target + code + 1, ".");

        (void)json_object_set_new(
            row, "target", json_pack("{s:s%, s:s%}", "indicator", target, code, "period", target + code + 1, period));
    }
    (void)json_object_del(row, "focus_area");
}

static void adapt_area(json_t *row, json_t *measures)
{
    static const char *const of_link[] = {"indicator", "kind", "basis", NULL};
    json_t *own = json_array(), *measure, *link;
    size_t i;

    undate(row);
    json_array_foreach(json_object_get(row, "indicators"), i, link) keep_only(link, of_link);
    json_array_foreach(measures, i, measure)
    {
        if (json_equal(json_object_get(measure, "focus_area"), json_object_get(row, "code")))
            (void)json_array_append_new(own, json_deep_copy(measure));
    }
    json_array_foreach(own, i, measure) adapt_measure(measure);
    (void)json_object_set_new(row, "measures", own);
    (void)json_object_set_new(row, "source_title", string_of(row, "source_title", NULL));
    if (!json_object_get(row, "source_title"))
        (void)json_object_set_new(row, "source_title", json_null());
}

static void adapt_lists(json_t *document)
{
    static const char *const of_speaker[] = {"name", "position", "organization", NULL};
    static const char *const of_value[] = {"code", "name", "description", "notes", NULL};
    static const char *const of_instrument[] = {"code", "kind", "name", "name_basis", "description", "notes", NULL};
    json_t *row, *value;
    size_t i, j;

    json_array_foreach(json_object_get(document, "sources"), i, row)
    {
        rename_member(row, "id", "code");
        keep_only(json_object_get(row, "speaker"), of_speaker);
    }
    json_array_foreach(json_object_get(document, "dimensions"), i, row)
    {
        json_array_foreach(json_object_get(row, "values"), j, value) keep_only(value, of_value);
        if (json_array_size(json_object_get(row, "values")) == 0) { /* as files without rows leave it */
            (void)json_object_del(row, "values");
            (void)json_object_set_new(row, "values_from", json_string("files"));
        }
    }
    json_array_foreach(json_object_get(document, "instruments"), i, row) keep_only(row, of_instrument);
}

static void print_document(struct sme_dataset *dataset, struct text *out)
{
    char columns[2048] =
        "indicator kind period period_basis as_of value qualifier status upper wording population source notes";
    const char *dimension;
    size_t i;
    json_t *row;

    for (i = 0; (dimension = sme_dataset_dimension(dataset, i)) != NULL; i++)
        (void)snprintf(columns + strlen(columns), sizeof columns - strlen(columns), " %s", dimension);
    json_t *heads = read_rows(dataset, "dataset", "id title description license languages as_of notes instruments");
    json_t *document = json_array_get(heads, 0);
    json_t *measures = read_rows(dataset, "measures",
                                 "focus_area id kind text source_text notes period period_basis instruments target");
    json_t *indicators =
        read_rows(dataset, "indicators",
                  "code name name_basis source_name aliases description category unit measure direction population "
                  "denominator part_of notes");
    json_t *observations = read_rows(dataset, "observations", columns);
    json_t *areas = read_rows(dataset, "focus-areas",
                              "code order ordinal_basis title title_basis source_title description categories notes "
                              "indicators period period_basis");

    json_array_foreach(observations, i, row) adapt_observation(dataset, row, indicators);
    json_array_foreach(areas, i, row) adapt_area(row, measures);
    (void)json_object_set_new(document, "format", json_string("smestat-dataset-1"));
    (void)json_object_set_new(document, "units",
                              read_rows(dataset, "units", "code name min max pattern description notes"));
    (void)json_object_set_new(
        document, "sources",
        read_rows(dataset, "sources",
                  "id title publisher date date_basis form series topic reported_by url speaker notes"));
    (void)json_object_set_new(document, "categories", read_rows(dataset, "categories", "code name description notes"));
    (void)json_object_set_new(document, "dimensions",
                              read_rows(dataset, "dimensions", "code name description default values notes"));
    (void)json_object_set_new(document, "indicators", indicators);
    (void)json_object_set_new(document, "observations", observations);
    (void)json_object_set_new(document, "focus_areas", areas);
    adapt_lists(document);

    char *text = json_dumps(document, JSON_COMPACT);
    MUST(text);
    for (char *at = text, *mark; *at; at = mark) {
        /* A number begins with "\u0001 and ends with \u0001". */
        mark = strstr(at, "\\u0001");
        if (!mark) {
            text_put(out, at);
            break;
        }
        text_add(out, at, (size_t)(mark - at) - (mark[-1] == '"'));
        mark += strlen("\\u0001");
        mark += *mark == '"';
    }
    free(text);
    json_decref(measures);
    json_decref(heads);
}

void must_load_again(struct sme_dataset *dataset)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *again = NULL;
    struct text before = {0}, after = {0}, document = {0};
    size_t same = 0;

    print_downloads(dataset, &before);
    print_document(dataset, &document);
    MUST(!before.failed && !document.failed && sme_faults_new(&faults) == SME_OK);
    enum sme_status status = sme_dataset_load("again", document.bytes, document.length, faults, &again);
    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        (void)fprintf(stderr, "%s at %s: %s; accepted: %s\n", fault->kind, fault->path ? fault->path : "",
                      fault->value ? fault->value : "", fault->accepted ? fault->accepted : "");
    }
    if (status != SME_OK)
        (void)fprintf(stderr, "of %.*s\n", (int)document.length, document.bytes);
    MUST(status == SME_OK);
    print_downloads(again, &after);
    while (same < before.length && same < after.length && before.bytes[same] == after.bytes[same])
        same++;
    if (same < before.length || same < after.length) {
        same = same > 200 ? same - 200 : 0;
        (void)fprintf(stderr, "before: %.400s\nafter:  %.400s\n", before.bytes + same, after.bytes + same);
    }
    MUST(before.length == after.length && memcmp(before.bytes, after.bytes, before.length) == 0);
    text_finish(&before);
    text_finish(&after);
    text_finish(&document);
    sme_dataset_unref(again);
    sme_faults_free(faults);
}
