/* SPDX-License-Identifier: MIT */
/*
 * JSON-stat 2.0 (https://json-stat.org/full/): observations as a sparse cube of indicator × time × kind × the dataset's
 * dimensions. A cell's status is its qualifier, or why it has no value; its bounds, id and source stand in the extension
 * under the same number. In all languages the answer is a collection with one dataset for each, because a JSON-stat label
 * is one string.
 */
#include "cell.h"
#include "labels.h"
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The categories of a dimension: the codes that occur, each once and in order, and where each is. */
struct axis_of_cube {
    uint32_t *codes;
    uint32_t count;
};

struct cube {
    struct sme_result *result;
    const struct sme_dataset *dataset;
    uint32_t *observations, count;
    bool by_day; /* some observation of the dataset is of a day: a year would not tell them apart */
    struct axis_of_cube indicators, kinds, members[SME_DIMENSIONS_MAX];
    struct period *periods; /* ascending, undated last */
    uint32_t period_count;
    uint64_t *cells; /* of each observation */
    int *decimals;   /* of each indicator's values, at most */
    bool *cited;     /* each source of the dataset */
    struct arena arena;
};

static int by_code(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int by_period(const void *a, const void *b)
{
    const struct period *x = a, *y = b;
    int order = period_compare(*x, *y);

    return order != 0 ? order : (x->month > y->month) - (x->month < y->month); /* a year ends as its last day does */
}

static uint32_t place_of_code(const struct axis_of_cube *axis, uint32_t code)
{
    const uint32_t *found = bsearch(&code, axis->codes, axis->count, sizeof code, by_code);

    return (uint32_t)(found - axis->codes);
}

static uint32_t place_of_period(const struct cube *cube, struct period period)
{
    const struct period *found = bsearch(&period, cube->periods, cube->period_count, sizeof period, by_period);

    return (uint32_t)(found - cube->periods);
}

static const struct observation *observation_at(const struct cube *cube, uint32_t i)
{
    return &cube->dataset->observations[cube->observations[i]];
}

/* Sorts items and drops what is there twice. @return how many are left. */
static uint32_t sort_once(void *items, uint32_t count, size_t size, int (*compare)(const void *, const void *))
{
    char *bytes = items;
    uint32_t kept = 0;

    qsort(items, count, size, compare);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || compare(bytes + (kept - 1) * size, bytes + i * size) != 0)
            memmove(bytes + kept++ * size, bytes + i * size, size);
    return kept;
}

/* Puts the result's observations into the cube. @return OK, NO_MEMORY or TOO_LARGE. */
static enum sme_status fill(struct cube *cube)
{
    const struct sme_result *result = cube->result;
    size_t count = result->count;

    cube->count = result->count;
    cube->observations = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->observations);
    cube->indicators.codes = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->indicators.codes);
    cube->kinds.codes = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->kinds.codes);
    cube->periods = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->periods);
    cube->cells = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->cells);
    cube->decimals = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->decimals);
    cube->cited = arena_alloc(&cube->arena, (size_t)cube->dataset->source_count + 1);
    if (!cube->observations || !cube->indicators.codes || !cube->kinds.codes || !cube->periods || !cube->cells ||
        !cube->decimals || !cube->cited)
        return SME_NO_MEMORY;
    for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
        if (!(cube->members[d].codes = arena_alloc(&cube->arena, (count + 1) * sizeof *cube->members[d].codes)))
            return SME_NO_MEMORY;
    for (uint32_t i = 0; i < cube->count; i++) {
        uint32_t row = result->rows[i];

        cube->observations[i] = result->query->collection == TARGETS ? cube->dataset->targets[row] : row;
        cube->indicators.codes[i] = observation_at(cube, i)->indicator;
        cube->kinds.codes[i] = observation_at(cube, i)->kind;
        cube->periods[i] = observation_at(cube, i)->period;
        for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
            cube->members[d].codes[i] = members_of(cube->dataset, cube->observations[i])[d];
    }
    for (uint32_t i = 0; i < cube->dataset->observation_count && !cube->by_day; i++)
        cube->by_day = cube->dataset->observations[i].period.month != 0;
    cube->indicators.count = sort_once(cube->indicators.codes, cube->count, sizeof(uint32_t), by_code);
    cube->kinds.count = sort_once(cube->kinds.codes, cube->count, sizeof(uint32_t), by_code);
    for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
        cube->members[d].count = sort_once(cube->members[d].codes, cube->count, sizeof(uint32_t), by_code);
    cube->period_count = sort_once(cube->periods, cube->count, sizeof(struct period), by_period);
    /* Numbers of cells must be whole in every client: in JavaScript they are doubles. */
    double size = (double)cube->indicators.count * cube->period_count * cube->kinds.count;
    for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
        size *= cube->members[d].count;
    if (size > (double)(UINT64_C(1) << 53))
        return SME_TOO_LARGE;
    /* Row-major, the last dimension fastest. */
    for (uint32_t i = 0; i < cube->count; i++) {
        const struct observation *o = observation_at(cube, i);
        uint32_t indicator = place_of_code(&cube->indicators, o->indicator);

        cube->cells[i] =
            ((uint64_t)indicator * cube->period_count + place_of_period(cube, o->period)) * cube->kinds.count +
            place_of_code(&cube->kinds, o->kind);
        for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
            cube->cells[i] = cube->cells[i] * cube->members[d].count +
                             place_of_code(&cube->members[d], members_of(cube->dataset, cube->observations[i])[d]);
        if (o->value.known && -o->value.value.exponent > cube->decimals[indicator])
            cube->decimals[indicator] = -o->value.value.exponent;
        cube->cited[o->source] = true;
    }
    return SME_OK;
}

static void put_label(struct buf *out, const char *key, const struct buf *label)
{
    put_key(out, key);
    put_string(out, buf_string(label), label->length);
    out->status = label->status != SME_OK ? label->status : out->status;
}

/* The names of codes, as "label" of a dimension's categories. The standard's schema takes no empty one. */
static void put_code_labels(const struct cube *cube, enum filter filter, const struct axis_of_cube *axis,
                            struct buf *out)
{
    struct buf label = BUF_INIT(SME_ANSWER_BYTES_MAX);

    if (axis->count == 0)
        return;
    put_name(out, "label");
    put_open(out, '{');
    for (uint32_t i = 0; i < axis->count; i++) {
        buf_clear(&label);
        print_code_label(&label, cube->dataset, filter, axis->codes[i], cube->result->view.language);
        put_label(out, vocabulary_name(cube->dataset, OBSERVATIONS, filter, axis->codes[i]), &label);
    }
    put_close(out, '}');
    buf_finish(&label);
}

static void put_dimension(const struct cube *cube, const char *key, enum filter filter, struct buf *out)
{
    struct buf label = BUF_INIT(SME_ANSWER_BYTES_MAX);

    put_key(out, key);
    put_open(out, '{');
    print_filter_label(&label, cube->dataset, filter, cube->result->view.language);
    put_label(out, "label", &label);
    put_name(out, "category");
    put_open(out, '{');
    buf_finish(&label);
}

static void put_index(const struct cube *cube, enum filter filter, const struct axis_of_cube *axis, struct buf *out)
{
    put_name(out, "index");
    put_open(out, '[');
    for (uint32_t i = 0; i < axis->count; i++) {
        const char *code = vocabulary_name(cube->dataset, OBSERVATIONS, filter, axis->codes[i]);

        put_item(out);
        put_string(out, code, strlen(code));
    }
    put_close(out, ']');
}

static void put_units(const struct cube *cube, struct buf *out)
{
    const struct sme_dataset *d = cube->dataset;

    put_name(out, "unit");
    put_open(out, '{');
    for (uint32_t i = 0; i < cube->indicators.count; i++) {
        const struct indicator *indicator = &d->indicators[cube->indicators.codes[i]];
        const struct str *name = &d->units[indicator->unit].name[cube->result->view.language];

        put_key(out, indicator->code.text);
        put_open(out, '{');
        put_name(out, "label");
        put_string(out, name->text, name->length);
        put_name(out, "decimals");
        buf_integer(out, cube->decimals[i]);
        put_close(out, '}');
    }
    put_close(out, '}');
}

static void put_notes(const struct cube *cube, struct buf *out)
{
    put_name(out, "note");
    put_open(out, '{');
    for (uint32_t i = 0; i < cube->indicators.count; i++) {
        const struct indicator *indicator = &cube->dataset->indicators[cube->indicators.codes[i]];

        if (indicator->notes.count == 0)
            continue;
        put_key(out, indicator->code.text);
        put_open(out, '[');
        print_text_items(&cube->result->view, &indicator->notes, out);
        put_close(out, ']');
    }
    put_close(out, '}');
}

/* Prints a period's code for `out`, which fails with it. */
static void print_period_code(struct buf *code, struct period period, struct buf *out)
{
    buf_clear(code);
    period_print(code, period);
    if (code->status != SME_OK)
        out->status = code->status;
}

static void put_time(const struct cube *cube, struct buf *out)
{
    static const struct phrase undated = {"year not stated", "未说明年份"};
    const char *language = cube->dataset->languages[cube->result->view.language].text;
    struct buf code = BUF_INIT(64), label = BUF_INIT(64);

    put_dimension(cube, cube->by_day ? "period" : "year", FILTER_YEAR, out);
    put_name(out, "index");
    put_open(out, '[');
    for (uint32_t i = 0; i < cube->period_count; i++) {
        put_item(out);
        print_period_code(&code, cube->periods[i], out);
        put_string(out, buf_string(&code), code.length);
    }
    put_close(out, ']');
    if (cube->period_count > 0) {
        put_name(out, "label");
        put_open(out, '{');
    }
    for (uint32_t i = 0; i < cube->period_count; i++) {
        buf_clear(&label);
        print_period_code(&code, cube->periods[i], out);
        if (cube->periods[i].year)
            period_print(&label, cube->periods[i]);
        else
            display_phrase(&label, &undated, language, NULL);
        put_label(out, buf_string(&code), &label);
    }
    if (cube->period_count > 0)
        put_close(out, '}');
    put_close(out, '}');
    put_close(out, '}');
    buf_finish(&code);
    buf_finish(&label);
}

static void put_plain_dimension(const struct cube *cube, const char *key, enum filter filter,
                                const struct axis_of_cube *axis, struct buf *out)
{
    put_dimension(cube, key, filter, out);
    put_index(cube, filter, axis, out);
    put_code_labels(cube, filter, axis, out);
    put_close(out, '}');
    put_close(out, '}');
}

static void put_dimensions(const struct cube *cube, struct buf *out)
{
    put_name(out, "dimension");
    put_open(out, '{');
    put_dimension(cube, "indicator", FILTER_INDICATOR, out);
    put_index(cube, FILTER_INDICATOR, &cube->indicators, out);
    put_code_labels(cube, FILTER_INDICATOR, &cube->indicators, out);
    put_units(cube, out);
    put_notes(cube, out);
    put_close(out, '}');
    put_close(out, '}');
    put_time(cube, out);
    put_plain_dimension(cube, "kind", FILTER_KIND, &cube->kinds, out);
    for (uint32_t d = 0; d < cube->dataset->dimension_count; d++)
        put_plain_dimension(cube, cube->dataset->dimensions[d].code.text, (enum filter)(FILTER_DIMENSION + d),
                            &cube->members[d], out);
    put_close(out, '}');
}

/* One number or word for each observation, by its cell. What is null is not there. */
static void put_cells(struct cube *cube, const char *key, const char *column_name, struct buf *out)
{
    const struct column *column = collection_column(OBSERVATIONS, column_name, strlen(column_name));
    char cell[24];

    put_key(out, key);
    put_open(out, '{');
    for (uint32_t i = 0; i < cube->count && out->status == SME_OK; i++) {
        struct value value = column_value(&cube->result->view, OBSERVATIONS, column, cube->observations[i]);

        if (value.type == SME_NULL)
            continue;
        (void)snprintf(cell, sizeof cell, "%ju", (uintmax_t)cube->cells[i]);
        put_key(out, cell);
        print_value(&value, out);
        if (cube->result->view.scratch.status != SME_OK)
            out->status = cube->result->view.scratch.status;
    }
    put_close(out, '}');
}

/* A cell's status says what is special about its number: the qualifier, or why there is none. */
static void put_statuses(const struct cube *cube, struct buf *out)
{
    char cell[24];

    put_name(out, "status");
    put_open(out, '{');
    for (uint32_t i = 0; i < cube->count; i++) {
        const struct observation *o = observation_at(cube, i);

        (void)snprintf(cell, sizeof cell, "%ju", (uintmax_t)cube->cells[i]);
        if (o->value.known)
            print_word(out, cell, &qualifier_words, o->qualifier);
        else
            print_word(out, cell, &status_words, o->status);
    }
    put_close(out, '}');
}

/* The titles of the sources that the values come from, with semicolons. */
static void put_source(struct cube *cube, struct buf *out)
{
    const struct sme_dataset *d = cube->dataset;
    struct buf titles = BUF_INIT(SME_ANSWER_BYTES_MAX);

    for (uint32_t s = 0; s < d->source_count; s++) {
        const struct str *title = &d->sources[s].title[cube->result->view.language];

        if (!cube->cited[s])
            continue;
        buf_text(&titles, titles.length ? "; " : "");
        buf_add(&titles, title->text, title->length);
    }
    put_label(out, "source", &titles);
    buf_finish(&titles);
}

static void put_extension(struct cube *cube, struct buf *out)
{
    static const char *const members[] = {"id",           "lower",        "lower_closed", "upper",
                                          "upper_closed", "period_basis", "source"};
    const struct sme_dataset *d = cube->dataset;
    struct buf label = BUF_INIT(256);

    put_name(out, "extension");
    put_open(out, '{');
    put_name(out, "dataset");
    print_str(out, &d->id);
    put_name(out, "version");
    put_string(out, d->version, strlen(d->version));
    put_name(out, "lang");
    print_str(out, &d->languages[cube->result->view.language]);
    put_name(out, "status");
    put_open(out, '{');
    for (uint32_t q = 0; qualifier_words.names[q]; q++) {
        buf_clear(&label);
        print_code_label(&label, d, FILTER_QUALIFIER, q, cube->result->view.language);
        put_label(out, qualifier_words.names[q], &label);
    }
    for (uint8_t s = 0; status_words.names[s]; s++) {
        buf_clear(&label);
        display_status(&label, s, d->languages[cube->result->view.language].text);
        put_label(out, status_words.names[s], &label);
    }
    put_close(out, '}');
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        put_cells(cube, members[i], members[i], out);
    put_close(out, '}');
    buf_finish(&label);
}

static void put_dataset(struct cube *cube, struct buf *out)
{
    const struct sme_dataset *d = cube->dataset;
    const struct str *title = &d->title[cube->result->view.language];
    const char *time = cube->by_day ? "period" : "year";

    put_name(out, "class");
    buf_text(out, "\"dataset\"");
    if (cube->result->view.base[0]) { /* The standard's schema takes no relative address. */
        put_name(out, "href");
        buf_char(out, '"');
        buf_text(out, cube->result->view.base);
        buf_text(out, cube->result->self);
        buf_char(out, '"');
    }
    put_name(out, "label");
    put_string(out, title->text, title->length);
    put_source(cube, out);
    put_name(out, "id");
    buf_text(out, "[\"indicator\",\"");
    buf_text(out, time);
    buf_text(out, "\",\"kind\"");
    for (uint32_t i = 0; i < d->dimension_count; i++) {
        buf_char(out, ',');
        print_str(out, &d->dimensions[i].code);
    }
    buf_char(out, ']');
    put_name(out, "size");
    put_open(out, '[');
    put_item(out);
    buf_integer(out, cube->indicators.count);
    put_item(out);
    buf_integer(out, cube->period_count);
    put_item(out);
    buf_integer(out, cube->kinds.count);
    for (uint32_t i = 0; i < d->dimension_count; i++) {
        put_item(out);
        buf_integer(out, cube->members[i].count);
    }
    put_close(out, ']');
    put_name(out, "role");
    buf_text(out, "{\"metric\":[\"indicator\"],\"time\":[\"");
    buf_text(out, time);
    buf_text(out, "\"]}");
    put_dimensions(cube, out);
    put_cells(cube, "value", "value", out);
    put_statuses(cube, out);
    put_extension(cube, out);
}

void print_jsonstat(struct sme_result *result, struct buf *out)
{
    struct cube cube = {.result = result, .dataset = result->query->dataset};
    struct view *view = &result->view;
    const struct str *title = cube.dataset->title;

    if ((out->status = fill(&cube)) != SME_OK) {
        arena_finish(&cube.arena);
        return;
    }
    put_open(out, '{');
    put_name(out, "version");
    buf_text(out, "\"2.0\"");
    if (result->query->all_languages) {
        put_name(out, "class");
        buf_text(out, "\"collection\"");
        put_name(out, "label");
        put_string(out, title[0].text, title[0].length);
        put_name(out, "link");
        put_open(out, '{');
        put_name(out, "item");
        put_open(out, '[');
        view->all_languages = false;
        for (view->language = 0; view->language < cube.dataset->language_count; view->language++) {
            put_item(out);
            put_open(out, '{');
            put_dataset(&cube, out);
            put_close(out, '}');
        }
        view->all_languages = true;
        view->language = result->query->language;
        put_close(out, ']');
        put_close(out, '}');
    } else {
        put_dataset(&cube, out);
    }
    put_close(out, '}');
    buf_char(out, '\n');
    arena_finish(&cube.arena);
}
