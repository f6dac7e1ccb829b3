/* SPDX-License-Identifier: MIT */
/* The shapes of data in JSON answers: rows, or what chart libraries take without mapping code. */
#include "result.h"

#include <stdlib.h>
#include <string.h>

void print_row(struct sme_result *result, uint32_t i, struct buf *out)
{
    const struct sme_query *query = result->query;

    if (result->layout)
        layout_print(result->layout, &result->view, result->rows[i], &result->said, out);
    else
        row_print(&result->view, query->collection, result->rows[i], query->columns, query->column_count, out);
}

static void print_rows(struct sme_result *result, struct buf *out)
{
    put_open(out, '[');
    for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
        if (result->layout)
            layout_fetch(result->layout, &result->view, result->rows, result->count, i);
        put_item(out);
        print_row(result, i, out);
    }
    put_close(out, ']');
}

/* {"id": [...], "year": [...]} */
static void print_columns(struct sme_result *result, struct buf *out)
{
    const struct sme_query *query = result->query;
    const struct column *columns[COLUMNS_MAX];
    uint32_t count = query_columns(query, columns);

    put_open(out, '{');
    for (uint32_t c = 0; c < count; c++) {
        put_key(out, columns[c]->name);
        put_open(out, '[');
        for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
            put_item(out);
            column_print(&result->view, query->collection, columns[c], result->rows[i], out);
        }
        put_close(out, ']');
    }
    put_close(out, '}');
}

/* {"little-giant-count.2022.actual": {...}} */
static void print_keyed(struct sme_result *result, struct buf *out)
{
    struct buf id = BUF_INIT(4096);

    put_open(out, '{');
    for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
        buf_clear(&id);
        row_print_id(result->query->dataset, result->query->collection, result->rows[i], &id);
        put_key(out, buf_string(&id));
        print_row(result, i, out);
        out->status = id.status != SME_OK ? id.status : out->status;
    }
    put_close(out, '}');
    buf_finish(&id);
}

/* Series: the observations of one indicator, kind and place in all dimensions, in order of time. A target is no actual
 * value, so it is in another series. */

static int by_series(const void *a, const void *b, void *context)
{
    const struct sme_dataset *d = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct observation *o = &d->observations[x], *p = &d->observations[y];

    if (o->indicator != p->indicator)
        return o->indicator < p->indicator ? -1 : 1;
    if (o->kind != p->kind)
        return o->kind < p->kind ? -1 : 1;
    if (d->series[x] != d->series[y])
        return d->series[x] < d->series[y] ? -1 : 1;
    /* A year's figure that held by a day of it stands at that day, as it does when the newest is asked for. */
    int order = period_compare(observation_day(o), observation_day(p));
    return order != 0 ? order : (x > y) - (x < y);
}

static void print_member(struct sme_result *result, const char *key, const char *name, uint32_t observation,
                         struct buf *out)
{
    put_key(out, key);
    column_print(&result->view, OBSERVATIONS, dataset_column(result->query->dataset, OBSERVATIONS, name, strlen(name)),
                 observation, out);
}

static void print_one_series(struct sme_result *result, const uint32_t *rows, uint32_t count, struct buf *out)
{
    static const char *const common[] = {"indicator", "name", "category", "unit", "kind"};
    static const struct {
        const char *key, *name;
    } points[] = {
        {"ids", "id"},       {"years", "year"},           {"periods", "period"},  {"as_of", "as_of"},
        {"values", "value"}, {"qualifiers", "qualifier"}, {"statuses", "status"}, {"lower", "lower"},
        {"upper", "upper"},  {"displays", "display"},     {"sources", "source"},
    };

    put_item(out);
    put_open(out, '{');
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        print_member(result, common[i], common[i], rows[0], out);
    for (uint32_t d = 0; d < result->query->dataset->dimension_count; d++) {
        const char *name = result->query->dataset->dimensions[d].code.text;

        print_member(result, name, name, rows[0], out);
    }
    for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
        const struct column *column = collection_column(OBSERVATIONS, points[p].name, strlen(points[p].name));

        put_name(out, points[p].key);
        put_open(out, '[');
        for (uint32_t i = 0; i < count && out->status == SME_OK; i++) {
            put_item(out);
            column_print(&result->view, OBSERVATIONS, column, rows[i], out);
        }
        put_close(out, ']');
    }
    put_close(out, '}');
}

static void print_series(struct sme_result *result, struct buf *out)
{
    const struct sme_dataset *d = result->query->dataset;
    uint32_t *rows = arena_alloc(&result->arena, ((size_t)result->count + 1) * sizeof *rows), from = 0;

    if (!rows) {
        out->status = SME_NO_MEMORY;
        return;
    }
    for (uint32_t i = 0; i < result->count; i++)
        rows[i] = result->query->collection == TARGETS ? d->targets[result->rows[i]] : result->rows[i];
    qsort_r(rows, result->count, sizeof *rows, by_series, (void *)(uintptr_t)d);
    put_open(out, '[');
    for (uint32_t i = 1; i <= result->count; i++) {
        if (i < result->count && d->series[rows[i]] == d->series[rows[from]])
            continue;
        print_one_series(result, rows + from, i - from, out);
        from = i;
    }
    put_close(out, ']');
}

void print_data(struct sme_result *result, struct buf *out)
{
    static void (*const printers[])(struct sme_result *, struct buf *) = {
        [SHAPE_ROWS] = print_rows,
        [SHAPE_COLUMNS] = print_columns,
        [SHAPE_SERIES] = print_series,
        [SHAPE_KEYED] = print_keyed,
    };

    if (result->query->item != NONE)
        print_row(result, 0, out);
    else
        printers[result->query->shape](result, out);
}
