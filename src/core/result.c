/* SPDX-License-Identifier: MIT */
/* Running a query, and printing what came of it. */
#include "display.h"
#include "query.h"

#include <stdlib.h>
#include <string.h>

/* A way out of an answer that leaves rows away: which filter to relax, how many rows that gives, and the link. */
struct hint {
    int filter;   /* or SEARCH, VALUE */
    bool undated; /* the rows whose year is unknown */
    uint32_t rows;
    const char *link;
};

enum { HINTS_MAX = NARROWERS + 1 };

struct sme_result {
    const struct sme_query *query;
    struct arena arena;
    uint32_t *rows; /* of this page */
    uint32_t count, total, undated_excluded;
    struct bitmap observations; /* of indicators: the ones to embed; no words: all */
    const char *self, *next, *prev;
    struct hint hints[HINTS_MAX];
    uint32_t hint_count;
    struct view view;
    struct buf cell;
};

void sme_result_free(struct sme_result *result)
{
    if (!result)
        return;
    bitmap_finish(&result->observations);
    buf_finish(&result->view.scratch);
    buf_finish(&result->cell);
    arena_finish(&result->arena);
    free(result);
}

static const char *keep_link(struct sme_result *result, struct link_change change)
{
    struct buf link = BUF_INIT(1 << 20);
    const char *kept = NULL;

    query_print_link(result->query, change, &link);
    if (link.status == SME_OK)
        kept = arena_copy(&result->arena, buf_string(&link), link.length);
    buf_finish(&link);
    return kept;
}

/* Sorting: the keys of every row are read once, then compared. */

struct sort_value {
    enum sme_type type;
    bool boolean;
    struct decimal number;
    const char *text;
};

struct sort_row {
    uint32_t row;
    const struct sort_value *values;
    const char *id;
};

struct sort_order {
    const struct sme_query *query;
};

static int compare_values(const struct sort_value *a, const struct sort_value *b)
{
    if (a->type == SME_NUMBER && b->type == SME_NUMBER)
        return decimal_compare(a->number, b->number);
    if (a->type == SME_BOOLEAN && b->type == SME_BOOLEAN)
        return a->boolean - b->boolean;
    return strcmp(a->text, b->text);
}

/* Nulls last in both directions; ties by id, so that pages never overlap. */
static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_row *x = a, *y = b;
    const struct sme_query *query = context;

    for (uint32_t k = 0; k < query->sort_count; k++) {
        const struct sort_value *v = &x->values[k], *w = &y->values[k];

        if (v->type == SME_NULL || w->type == SME_NULL) {
            if (v->type != w->type)
                return v->type == SME_NULL ? 1 : -1;
            continue;
        }
        int order = compare_values(v, w);
        if (order != 0)
            return query->sort[k].descending ? -order : order;
    }
    return strcmp(x->id, y->id);
}

static bool read_sort_row(struct sme_result *result, struct arena *arena, uint32_t row, struct sort_row *ret_row)
{
    const struct sme_query *query = result->query;
    struct sort_value *values = arena_alloc(arena, SORT_KEYS_MAX * sizeof *values);
    struct buf id = BUF_INIT(4096);

    for (uint32_t k = 0; values && k < query->sort_count; k++) {
        struct value value = column_value(&result->view, query->collection, query->sort[k].column, row);

        values[k] = (struct sort_value){value.type, value.boolean, value.number, NULL};
        if (value.text && !(values[k].text = arena_copy(arena, value.text, value.length)))
            values = NULL;
    }
    row_print_id(query->dataset, query->collection, row, &id);
    *ret_row = (struct sort_row){row, values, arena_copy(arena, buf_string(&id), id.length)};
    buf_finish(&id);
    return values && ret_row->id && result->view.scratch.status == SME_OK;
}

/* Puts the rows in the order asked for. False: no memory. */
static bool sort_rows(struct sme_result *result, uint32_t *rows, uint32_t count)
{
    struct arena arena = {0};
    struct sort_row *keyed = arena_alloc(&arena, (count ? count : 1) * sizeof *keyed);
    bool made = keyed != NULL;

    for (uint32_t i = 0; i < count && made; i++)
        made = read_sort_row(result, &arena, rows[i], &keyed[i]);
    if (made)
        qsort_r(keyed, count, sizeof *keyed, compare_rows, (void *)(uintptr_t)result->query);
    for (uint32_t i = 0; i < count && made; i++)
        rows[i] = keyed[i].row;
    arena_finish(&arena);
    return made;
}

/* Pages. */

static bool take_page(struct sme_result *result, const struct bitmap *selected)
{
    const struct sme_query *query = result->query;
    uint32_t *rows = arena_alloc(&result->arena, ((size_t)result->total + 1) * sizeof *rows), at = 0;

    if (!rows)
        return false;
    for (uint32_t row = bitmap_next(selected, 0); row != NONE; row = bitmap_next(selected, row + 1))
        rows[at++] = row;
    if (query->sort_count && !sort_rows(result, rows, at))
        return false;
    uint32_t from = query->offset < at ? query->offset : at;
    result->rows = rows + from;
    result->count = query->limit < at - from ? query->limit : at - from;
    if (from + result->count < at && query->limit > 0) {
        result->next =
            keep_link(result, (struct link_change){.without = -1, .moves = true, .offset = from + query->limit});
        if (!result->next)
            return false;
    }
    if (query->offset > 0 && query->limit > 0) {
        uint32_t last = query->offset < at ? query->offset : at; /* from beyond the end, back to the last rows */
        uint32_t back = last > query->limit ? last - query->limit : 0;

        result->prev = keep_link(result, (struct link_change){.without = -1, .moves = true, .offset = back});
        if (!result->prev)
            return false;
    }
    return true;
}

static bool add_hint(struct sme_result *result, int filter, bool undated, uint32_t rows)
{
    struct link_change change = {.without = undated ? -1 : filter, .undated = undated, .moves = true};
    const char *link = keep_link(result, change);

    result->hints[result->hint_count++] = (struct hint){filter, undated, rows, link};
    return link != NULL;
}

/* How many rows a selection has; of a single indicator, how many observations. */
static bool count_rows(const struct sme_query *query, struct selection selection, uint32_t *ret_rows)
{
    bool item = query->item != NONE;
    struct bitmap rows, own;

    if (!query_select(query, item ? OBSERVATIONS : query->collection, selection, &rows))
        return false;
    bool made = !item || bitmap_make(&own, rows.rows, false);
    if (made && item) {
        bitmap_add_code(&own, &query->dataset->index.axes[OBSERVATIONS][FILTER_INDICATOR], query->item);
        bitmap_and(&rows, &own);
        bitmap_finish(&own);
    }
    *ret_rows = bitmap_count(&rows);
    bitmap_finish(&rows);
    return made;
}

/* Says which rows were left out for want of a year and, where no row is left, which filter to relax. */
static bool find_hints(struct sme_result *result)
{
    const struct sme_query *query = result->query;
    uint32_t rows;

    if (query_excludes_undated(query)) {
        if (!count_rows(query, (struct selection){.without = -1, .undated_only = true}, &result->undated_excluded))
            return false;
        if (result->undated_excluded && !add_hint(result, FILTER_YEAR, true, result->undated_excluded))
            return false;
    }
    for (int filter = 0; filter < NARROWERS && result->total == 0; filter++) {
        if (!query_has(query, filter))
            continue;
        if (!count_rows(query, (struct selection){.without = filter}, &rows))
            return false;
        if (filter == FILTER_YEAR && rows == result->undated_excluded)
            continue; /* the same rows again */
        if (rows && !add_hint(result, filter, false, rows))
            return false;
    }
    return true;
}

static bool run_collection(struct sme_result *result)
{
    const struct sme_query *query = result->query;
    struct bitmap selected;

    if (!query_select(query, query->collection, (struct selection){.without = -1}, &selected))
        return false;
    result->total = bitmap_count(&selected);
    bool made = take_page(result, &selected) && find_hints(result);
    bitmap_finish(&selected);
    return made;
}

static bool run_item(struct sme_result *result)
{
    result->rows = arena_alloc(&result->arena, sizeof *result->rows);
    if (!result->rows)
        return false;
    result->rows[0] = result->query->item;
    if (result->query->collection == INDICATORS &&
        (!count_rows(result->query, (struct selection){.without = -1}, &result->total) || !find_hints(result)))
        return false;
    result->count = result->total = 1;
    return true;
}

enum sme_status sme_query_run(struct sme_query *query, struct sme_result **ret_result)
{
    struct sme_result *result = calloc(1, sizeof *result);

    if (!result)
        return SME_NO_MEMORY;
    result->query = query;
    result->cell = BUF_INIT(SME_ANSWER_BYTES_MAX);
    result->view = (struct view){
        .dataset = query->dataset,
        .language = query->language,
        .all_languages = query->all_languages,
        .base = "",
        .query = query,
        .scratch = BUF_INIT(SME_ANSWER_BYTES_MAX),
    };
    result->self = keep_link(result, (struct link_change){.without = -1});
    bool made = result->self && (query->item != NONE ? run_item(result) : run_collection(result));
    if (made && query->collection == INDICATORS) {
        made = query_select(query, OBSERVATIONS, (struct selection){.without = -1}, &result->observations);
        result->view.observations = &result->observations;
    }
    if (!made) {
        sme_result_free(result);
        return SME_NO_MEMORY;
    }
    *ret_result = result;
    return SME_OK;
}

size_t sme_result_count(const struct sme_result *result)
{
    return result->count;
}

size_t sme_result_total(const struct sme_result *result)
{
    return result->total;
}

size_t sme_result_undated_excluded(const struct sme_result *result)
{
    return result->undated_excluded;
}

const char *sme_result_next(const struct sme_result *result)
{
    return result->next;
}

const char *sme_result_prev(const struct sme_result *result)
{
    return result->prev;
}

enum sme_status sme_result_cell(struct sme_result *result, size_t row, const char *column, struct sme_cell *ret_cell)
{
    enum collection collection = result->query->collection;
    const struct column *found = collection_column(collection, column, strlen(column));
    struct value value = {.type = SME_JSON};

    if (!found || row >= result->count)
        return SME_NOT_FOUND;
    buf_clear(&result->cell);
    buf_clear(&result->view.scratch);
    if (column_is_scalar(found) && !result->view.all_languages) {
        value = column_value(&result->view, collection, found, result->rows[row]);
        if (value.type == SME_BOOLEAN)
            put_boolean(&result->cell, value.boolean);
        else if (value.text)
            buf_add(&result->cell, value.text, value.length);
    } else {
        column_print(&result->view, collection, found, result->rows[row], &result->cell);
    }
    if (result->cell.status != SME_OK || result->view.scratch.status != SME_OK)
        return SME_NO_MEMORY;
    *ret_cell = (struct sme_cell){value.type, buf_string(&result->cell), result->cell.length};
    return SME_OK;
}

/* Printing. */

static void print_link(struct buf *out, const char *key, const char *base, const char *path)
{
    put_key(out, key);
    if (!path) {
        put_null(out);
        return;
    }
    buf_char(out, '"');
    buf_text(out, base);
    buf_text(out, path); /* a link of ours has no character that JSON escapes */
    buf_char(out, '"');
}

static void print_member(struct buf *out, const char *key, uint32_t value)
{
    put_key(out, key);
    buf_integer(out, value);
}

static void print_text_member(struct buf *out, const char *key, const char *value)
{
    put_key(out, key);
    put_string(out, value, strlen(value));
}

static void print_hint_text(struct buf *out, const struct hint *hint, const char *language)
{
    static const struct phrase undated = {"{0} matching rows carry no year; year=undated shows them.",
                                          "有{0}条符合条件的记录没有年份；用 year=undated 查看。"};
    static const struct phrase undated_one = {"One matching row carries no year; year=undated shows it.",
                                              "有1条符合条件的记录没有年份；用 year=undated 查看。"};
    static const struct phrase relax = {"Without '{1}' there would be {0}.", "去掉“{1}”后有{0}条记录。"};
    struct buf rows = BUF_INIT(64), text = BUF_INIT(4096);

    buf_integer(&rows, hint->rows);
    display_phrase(&text,
                   !hint->undated    ? &relax
                   : hint->rows == 1 ? &undated_one
                                     : &undated,
                   language, (const char *const[]){buf_string(&rows), filter_name(hint->filter)});
    put_string(out, buf_string(&text), text.length);
    out->status = rows.status != SME_OK || text.status != SME_OK ? SME_NO_MEMORY : out->status;
    buf_finish(&rows);
    buf_finish(&text);
}

static void print_hints(const struct sme_result *result, const char *base, struct buf *out)
{
    const struct sme_dataset *dataset = result->query->dataset;

    put_key(out, "hints");
    put_open(out, '[');
    for (uint32_t i = 0; i < result->hint_count; i++) {
        const struct hint *hint = &result->hints[i];

        put_open(out, '{');
        print_text_member(out, "parameter", filter_name(hint->filter));
        print_member(out, "rows", hint->rows);
        put_key(out, "text");
        if (!result->query->all_languages) {
            print_hint_text(out, hint, dataset->languages[result->query->language].text);
        } else {
            put_open(out, '{');
            for (uint32_t l = 0; l < dataset->language_count; l++) {
                put_key(out, dataset->languages[l].text);
                print_hint_text(out, hint, dataset->languages[l].text);
            }
            put_close(out, '}');
        }
        print_link(out, "try", base, hint->link);
        put_close(out, '}');
    }
    put_close(out, ']');
}

static void print_meta(const struct sme_result *result, const char *base, struct buf *out)
{
    const struct sme_query *query = result->query;

    put_key(out, "meta");
    put_open(out, '{');
    if (query->item == NONE) {
        print_member(out, "total", result->total);
        print_member(out, "count", result->count);
        print_member(out, "limit", query->limit);
        print_member(out, "offset", query->offset);
    }
    print_text_member(out, "dataset", query->dataset->id.text);
    print_text_member(out, "version", query->dataset->version);
    print_text_member(out, "lang", sme_query_language(query));
    if (query->item == NONE || query->collection == INDICATORS) {
        print_member(out, "undated_excluded", result->undated_excluded);
        print_hints(result, base, out);
    }
    put_close(out, '}');
}

static void print_links(const struct sme_result *result, const char *base, struct buf *out)
{
    const struct sme_query *query = result->query;

    put_key(out, "links");
    put_open(out, '{');
    print_link(out, "self", base, result->self);
    if (query->item == NONE) {
        print_link(out, "next", base, result->next);
        print_link(out, "prev", base, result->prev);
    } else if (query->collection != DATASET) {
        put_key(out, "collection");
        buf_char(out, '"');
        buf_text(out, base);
        buf_text(out, "/v1/");
        buf_text(out, collection_name(query->collection));
        buf_char(out, '"');
    }
    print_link(out, "dataset", base, "/v1");
    put_close(out, '}');
}

static void print_rows(struct sme_result *result, struct buf *out)
{
    const struct sme_query *query = result->query;

    put_key(out, "data");
    if (query->item != NONE) {
        row_print(&result->view, query->collection, result->rows[0], query->columns, query->column_count, out);
        return;
    }
    put_open(out, '[');
    for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
        put_item(out);
        row_print(&result->view, query->collection, result->rows[i], query->columns, query->column_count, out);
    }
    put_close(out, ']');
}

/* Hands a finished document over, indented if asked for, with a newline for terminals. */
static enum sme_status deliver(struct buf *out, bool pretty, sme_write *write, void *context)
{
    struct buf indented = BUF_INIT(SME_ANSWER_BYTES_MAX);
    struct buf *final = out;

    if (out->status == SME_OK && pretty) {
        put_pretty(&indented, out->bytes, out->length);
        final = &indented;
    }
    buf_char(final, '\n');
    enum sme_status status = final->status;
    if (status == SME_OK && !write(context, final->bytes, final->length))
        status = SME_IO;
    buf_finish(&indented);
    buf_finish(out);
    return status;
}

enum sme_status sme_result_write(struct sme_result *result, const char *base, sme_write *write, void *context)
{
    struct buf out = BUF_INIT(SME_ANSWER_BYTES_MAX);

    result->view.base = base;
    put_open(&out, '{');
    print_rows(result, &out);
    print_meta(result, base, &out);
    print_links(result, base, &out);
    put_close(&out, '}');
    result->view.base = "";
    return deliver(&out, result->query->pretty, write, context);
}
