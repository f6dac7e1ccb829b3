/* SPDX-License-Identifier: MIT */
/* Answers: what stands around the data in JSON, and the way to the format that was asked for. */
#include "display.h"
#include "result.h"

#include <stdlib.h>
#include <string.h>

static void print_link(struct buf *out, const char *key, const char *base, const char *path)
{
    put_name(out, key);
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
    put_name(out, key);
    buf_integer(out, value);
}

static void print_limit(struct buf *out, uint32_t limit)
{
    put_name(out, "limit");
    if (limit == NONE)
        put_null(out);
    else
        buf_integer(out, limit);
}

static void print_text_member(struct buf *out, const char *key, const char *value)
{
    put_name(out, key);
    put_string(out, value, strlen(value));
}

static void print_hint_text(struct buf *out, const struct sme_dataset *dataset, const struct hint *hint,
                            const char *language)
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
                   language, (const char *const[]){buf_string(&rows), filter_name(dataset, hint->filter)});
    put_string(out, buf_string(&text), text.length);
    out->status = rows.status != SME_OK || text.status != SME_OK ? SME_NO_MEMORY : out->status;
    buf_finish(&rows);
    buf_finish(&text);
}

static void print_hints(const struct sme_result *result, const char *base, struct buf *out)
{
    const struct sme_dataset *dataset = result->query->dataset;

    put_name(out, "hints");
    put_open(out, '[');
    for (uint32_t i = 0; i < result->hint_count; i++) {
        const struct hint *hint = &result->hints[i];

        put_open(out, '{');
        print_text_member(out, "parameter", filter_name(dataset, hint->filter));
        print_member(out, "rows", hint->rows);
        put_name(out, "text");
        if (!result->query->all_languages) {
            print_hint_text(out, dataset, hint, dataset->languages[result->query->language].text);
        } else {
            put_open(out, '{');
            for (uint32_t l = 0; l < dataset->language_count; l++) {
                put_key(out, dataset->languages[l].text);
                print_hint_text(out, dataset, hint, dataset->languages[l].text);
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

    put_name(out, "meta");
    put_open(out, '{');
    if (query->item == NONE) {
        print_member(out, "total", result->total);
        print_member(out, "count", result->count);
        print_limit(out, query_limit(query));
        print_member(out, "offset", query->offset);
    }
    print_text_member(out, "dataset", query->dataset->id.text);
    print_text_member(out, "version", query->dataset->version);
    print_text_member(out, "lang", sme_query_language(query));
    if (query->item == NONE || query->collection == INDICATORS || query->collection == FACETS) {
        print_member(out, "undated_excluded", result->undated_excluded);
        print_hints(result, base, out);
    }
    put_close(out, '}');
}

static void print_links(const struct sme_result *result, const char *base, struct buf *out)
{
    const struct sme_query *query = result->query;

    put_name(out, "links");
    put_open(out, '{');
    print_link(out, "self", base, result->self);
    if (query->item == NONE) {
        print_link(out, "next", base, result->next);
        print_link(out, "prev", base, result->prev);
    } else if (query->collection != DATASET) {
        put_name(out, "collection");
        buf_char(out, '"');
        buf_text(out, base);
        buf_text(out, "/v1/");
        buf_text(out, collection_name(query->collection));
        buf_char(out, '"');
    }
    print_link(out, "dataset", base, "/v1");
    put_close(out, '}');
}

void print_json(struct sme_result *result, struct buf *out)
{
    put_open(out, '{');
    put_name(out, "data");
    print_data(result, out);
    print_meta(result, result->view.base, out);
    print_links(result, result->view.base, out);
    put_close(out, '}');
    buf_char(out, '\n');
}

void print_ndjson(struct sme_result *result, struct buf *out)
{
    for (uint32_t i = 0; i < result->count && out->status == SME_OK; i++) {
        print_row(result, i, out);
        buf_char(out, '\n');
    }
}

/* Puts an indented copy in the answer's place. Every answer ends its last line, for terminals. */
static void indent(struct buf *out)
{
    struct buf indented = BUF_INIT(SME_ANSWER_BYTES_MAX);

    if (out->status != SME_OK)
        return;
    put_pretty(&indented, out->bytes, out->length - 1);
    buf_char(&indented, '\n');
    buf_finish(out);
    *out = indented;
}

/* Whether rows are printed with all their members; those found by words have one more. */
static bool whole_rows(const struct sme_result *result)
{
    return result->query->column_count == 0 && result->query->word_count == 0;
}

/* Makes room for what rows take, better once than as often as it doubles; what is left over is given back. It is a guess,
 * so it must not decide what is too large. */
static void make_room(const struct sme_result *result, struct buf *out)
{
    enum { AROUND_ROWS = 1024, FIELD = 32, ROOM_MAX = 1 << 23 }; /* mostly links; a page of the most rows */
    size_t row = result->layout ? layout_row_bytes(result->layout, result->query->dataset)
                                : (size_t)result->query->column_count * FIELD;
    size_t room = AROUND_ROWS + result->count * row;

    (void)buf_grow(out, room < ROOM_MAX ? room : ROOM_MAX);
}

static enum sme_status print_answer(struct sme_result *result, const char *base, struct buf *out)
{
    static void (*const printers[FORMATS])(struct sme_result *, struct buf *) = {
        [FORMAT_JSON] = print_json,
        [FORMAT_CSV] = print_csv,
        [FORMAT_NDJSON] = print_ndjson,
        [FORMAT_JSONSTAT] = print_jsonstat,
    };

    result->view.base = base;
    result->said = (struct said){0};
    result->layout = whole_rows(result) ? layout_of(&result->view, result->query->collection) : NULL;
    make_room(result, out);
    printers[result->query->format](result, out);
    result->view.base = "";
    if (result->query->pretty)
        indent(out);
    return out->status;
}

enum sme_status sme_result_write(struct sme_result *result, const char *base, sme_write *write, void *context)
{
    struct buf out = BUF_INIT(SME_ANSWER_BYTES_MAX);
    enum sme_status status = print_answer(result, base, &out);

    if (status == SME_OK && !write(context, buf_string(&out), out.length))
        status = SME_IO;
    buf_finish(&out);
    return status;
}

enum sme_status sme_result_print(struct sme_result *result, const char *base, char **ret_text, size_t *ret_length)
{
    struct buf out = BUF_INIT(SME_ANSWER_BYTES_MAX);
    enum sme_status status = print_answer(result, base, &out);

    buf_add(&out, "", 0); /* an empty answer is a text, too */
    if (status == SME_OK)
        status = out.status;
    if (status != SME_OK) {
        buf_finish(&out);
        return status;
    }
    char *fitting = out.capacity > out.length + out.length / 8 ? realloc(out.bytes, out.length + 1) : NULL;
    *ret_text = fitting ? fitting : out.bytes;
    *ret_length = out.length;
    return SME_OK;
}
