/* SPDX-License-Identifier: MIT */
/*
 * CSV (RFC 4180): a header, then a line for each row, ended by CR LF. Numbers are the dataset's digits, nothing is an empty
 * cell, lists and objects are JSON in a cell, as Table Schema has its arrays and objects. In all languages a text has a
 * column for each: name.en, name.zh.
 */
#include "cell.h"
#include "result.h"

#include <string.h>

/* Text that a spreadsheet would run as a formula. */
static bool looks_like_formula(const char *text, size_t length)
{
    return length > 0 && memchr("=+-@\t\r", text[0], 6) != NULL;
}

static bool needs_quotes(const char *text, size_t length)
{
    if (length > 0 && (text[0] == ' ' || text[length - 1] == ' '))
        return true;
    for (size_t i = 0; i < length; i++)
        if (strchr("\",\r\n", text[i]))
            return true;
    return false;
}

static void put_cell(const struct sme_query *query, const char *text, size_t length, struct buf *out)
{
    bool escape = query->escape_formulas && looks_like_formula(text, length), quotes = needs_quotes(text, length);

    buf_text(out, quotes ? "\"" : "");
    buf_text(out, escape ? "'" : "");
    for (const char *end = text + length, *quote;
         quotes && (quote = memchr(text, '"', (size_t)(end - text))) != NULL;) {
        buf_add(out, text, (size_t)(quote + 1 - text));
        buf_char(out, '"');
        length -= (size_t)(quote + 1 - text);
        text = quote + 1;
    }
    buf_add(out, text, length);
    buf_text(out, quotes ? "\"" : "");
}

static void put_value(const struct sme_query *query, const struct value *value, struct buf *out)
{
    switch (value->type) {
    case SME_NULL:
        break;
    case SME_BOOLEAN:
        put_boolean(out, value->boolean);
        break;
    case SME_NUMBER: /* -5 is no formula */
        buf_add(out, value->text, value->length);
        break;
    case SME_TEXT:
    case SME_CODE:
    case SME_JSON:
        put_cell(query, value->text, value->length, out);
        break;
    }
}

/* Whether a column is cut up by language. */
static bool is_text(const struct column *column)
{
    return column->kind == COLUMN_TEXT || column->localized;
}

static void put_texts(struct sme_result *result, const struct column *column, uint32_t row, struct buf *out)
{
    const struct sme_query *query = result->query;
    struct view *view = &result->view;

    view->language = 0;
    struct value first = column_value(view, query->collection, column, row);
    for (uint32_t l = 0; l < query->dataset->language_count; l++) {
        view->language = l;
        struct value value = column_value(view, query->collection, column, row);

        buf_text(out, l > 0 ? "," : "");
        if (l == 0 || !is_filled_in(&value, &first))
            put_value(query, &value, out);
        if (view->scratch.status != SME_OK)
            out->status = view->scratch.status;
    }
    view->language = query->language;
}

static void put_column(struct sme_result *result, const struct column *column, uint32_t row, struct buf *cell,
                       struct buf *out)
{
    const struct sme_query *query = result->query;
    struct view *view = &result->view;

    if (query->all_languages && is_text(column)) {
        put_texts(result, column, row, out);
        return;
    }
    if (column_is_scalar(column)) {
        struct value value = column_value(view, query->collection, column, row);

        put_value(query, &value, out);
    } else {
        buf_clear(cell);
        column_print(view, query->collection, column, row, cell);
        if (strcmp(buf_string(cell), "null") != 0)
            put_cell(query, buf_string(cell), cell->length, out);
        out->status = cell->status != SME_OK ? cell->status : out->status;
    }
    if (view->scratch.status != SME_OK)
        out->status = view->scratch.status;
}

static void put_header(const struct sme_query *query, const struct column *const *columns, uint32_t count,
                       struct buf *out)
{
    for (uint32_t c = 0; c < count; c++) {
        bool by_language = query->all_languages && is_text(columns[c]);

        for (uint32_t l = 0; l < (by_language ? query->dataset->language_count : 1); l++) {
            buf_text(out, c > 0 || l > 0 ? "," : "");
            buf_text(out, columns[c]->name);
            buf_text(out, by_language ? "." : "");
            buf_text(out, by_language ? query->dataset->languages[l].text : "");
        }
    }
    buf_text(out, "\r\n");
}

void print_csv(struct sme_result *result, struct buf *out)
{
    const struct sme_query *query = result->query;
    const struct column *columns[COLUMNS_MAX];
    uint32_t count = query_columns(query, columns);
    struct buf cell = BUF_INIT(SME_ANSWER_BYTES_MAX);

    /* Links are a reader's own to make; who wants them asks for them. They are the last column. */
    if (query->column_count == 0)
        count--;
    buf_text(out, query->bom ? "\xef\xbb\xbf" : "");
    put_header(query, columns, count, out);
    for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
        for (uint32_t c = 0; c < count; c++) {
            buf_text(out, c > 0 ? "," : "");
            put_column(result, columns[c], result->rows[i], &cell, out);
        }
        buf_text(out, "\r\n");
    }
    buf_finish(&cell);
}
