/* SPDX-License-Identifier: MIT */
/* The making of cells: values, and the printing of what is not scalar. */
#include "cell.h"
#include "query.h"

#include <string.h>

/* Values. */

struct value no_value(void)
{
    return (struct value){.type = SME_NULL};
}

struct value text_value(enum sme_type type, const char *text, size_t length)
{
    return (struct value){.type = type, .text = text, .length = length};
}

struct value str_value(enum sme_type type, const struct str *str)
{
    if (!str || !str->text)
        return no_value();
    struct value value = text_value(type, str->text, str->length);
    value.json = str->json;
    value.json_length = str->json_length;
    return value;
}

struct value word_value(const struct words *words, uint8_t word)
{
    return word == NO_WORD ? no_value() : text_value(SME_CODE, words->names[word], strlen(words->names[word]));
}

struct value scratch_value(struct view *view, enum sme_type type)
{
    return text_value(type, buf_string(&view->scratch), view->scratch.length);
}

struct value decimal_value(struct view *view, struct decimal decimal)
{
    buf_clear(&view->scratch);
    decimal_print(&view->scratch, decimal);
    struct value value = scratch_value(view, SME_NUMBER);
    value.number = decimal;
    return value;
}

struct value number_value(struct view *view, const struct number *number)
{
    struct value value;

    if (!number->known)
        return no_value();
    if (number->spelling) {
        const struct str *spelling = &view->dataset->spellings[number->spelling - 1];

        value = text_value(SME_NUMBER, spelling->text, spelling->length);
    } else {
        buf_clear(&view->scratch);
        number_print(&view->scratch, number);
        value = scratch_value(view, SME_NUMBER);
    }
    value.number = number->value;
    return value;
}

struct value integer_value(struct view *view, uint64_t integer)
{
    struct decimal decimal = {(int64_t)integer, 0};

    for (; decimal.coefficient && decimal.coefficient % 10 == 0; decimal.exponent++)
        decimal.coefficient /= 10;
    buf_clear(&view->scratch);
    buf_integer(&view->scratch, (int64_t)integer);
    struct value value = scratch_value(view, SME_NUMBER);
    value.number = decimal;
    return value;
}

struct value boolean_value(bool boolean)
{
    return (struct value){.type = SME_BOOLEAN, .boolean = boolean};
}

struct value period_value(struct view *view, struct period period)
{
    buf_clear(&view->scratch);
    period_print(&view->scratch, period);
    return scratch_value(view, SME_CODE);
}

/* Printing parts of rows. */

void print_str(struct buf *out, const struct str *str)
{
    if (str && str->text)
        buf_add(out, str->json, str->json_length);
    else
        put_null(out);
}

/* A text in the view's language, or in all that it really has. */
void print_text(struct view *view, const struct str *text, struct buf *out)
{
    if (!text || !view->all_languages) {
        print_str(out, text ? &text[view->language] : NULL);
        return;
    }
    put_open(out, '{');
    for (uint32_t l = 0; l < view->dataset->language_count; l++) {
        if (l > 0 && text[l].text == text[0].text)
            continue; /* filled in for want of a translation */
        put_key(out, view->dataset->languages[l].text);
        print_str(out, &text[l]);
    }
    put_close(out, '}');
}

void print_text_items(struct view *view, const struct texts *texts, struct buf *out)
{
    for (uint32_t i = 0; i < texts->count; i++) {
        put_item(out);
        print_text(view, texts->items[i], out);
    }
}

/* Keeps what was printed from `at` on, if it is short. */
static void keep_printed(struct printed *printed, const void *what, const struct buf *out, size_t at)
{
    size_t length = out->length - at;

    if (length > sizeof printed->text || out->status != SME_OK)
        return;
    memcpy(printed->text, out->bytes + at, length);
    printed->length = length;
    printed->what = what;
}

void put_number(struct buf *out, const struct sme_dataset *dataset, const struct number *number)
{
    if (!number->known) {
        put_null(out);
    } else if (number->spelling) {
        const struct str *spelling = &dataset->spellings[number->spelling - 1];

        buf_add(out, spelling->text, spelling->length);
    } else {
        number_print(out, number);
    }
}

void print_number(struct view *view, const struct number *number, struct buf *out)
{
    struct printed *last = &view->number;
    size_t at = out->length;

    if (!number) {
        put_null(out);
    } else if (last->what == number) {
        buf_add(out, last->text, last->length);
    } else {
        put_number(out, view->dataset, number);
        keep_printed(last, number, out, at);
    }
}

void put_period(struct buf *out, struct period period)
{
    buf_char(out, '"');
    period_print(out, period);
    buf_char(out, '"');
}

void put_year(struct buf *out, struct period period)
{
    if (period.year)
        buf_integer(out, period.year);
    else
        put_null(out);
}

void put_word_of(struct buf *out, const struct words *words, uint8_t word)
{
    if (word == NO_WORD)
        put_null(out);
    else
        put_word(out, words->names[word], strlen(words->names[word]));
}

void print_word(struct buf *out, const char *key, const struct words *words, uint8_t word)
{
    put_name(out, key);
    put_word_of(out, words, word);
}

void print_bases(struct view *view, const uint8_t *bases, struct buf *out)
{
    if (!bases) {
        put_null(out);
        return;
    }
    put_open(out, '{');
    for (uint32_t l = 0; l < view->dataset->language_count; l++)
        if (bases[l] != NO_WORD)
            print_word(out, view->dataset->languages[l].text, &name_basis_words, bases[l]);
    put_close(out, '}');
}

void print_quoted(struct buf *out, const char *text)
{
    put_string(out, text, strlen(text));
}

/* Runs a printer of plain text once, or once for each language, and puts the outcome as JSON; nothing becomes null. */
void print_localized(struct view *view, struct buf *out, void (*print)(void *context, uint32_t language, struct buf *),
                     void *context)
{
    uint32_t first = view->all_languages ? 0 : view->language;
    uint32_t last = view->all_languages ? view->dataset->language_count - 1 : view->language;
    bool some = false;

    for (uint32_t l = first; l <= last; l++) {
        size_t before = out->length;

        if (view->all_languages && !some)
            put_open(out, '{');
        if (view->all_languages)
            put_key(out, view->dataset->languages[l].text);
        buf_char(out, '"');
        size_t at = out->length;
        print(context, l, out);
        if (out->length == at) {
            out->length = before;
            break;
        }
        put_string_end(out, at);
        some = true;
    }
    if (!some)
        put_null(out);
    else if (view->all_languages)
        put_close(out, '}');
}

/* Links: "/v1/" and up to a parameter. The codes that stand in them need no escaping. */

void print_link_start(struct view *view, struct buf *out, enum collection named)
{
    buf_char(out, '"');
    buf_text(out, view->base);
    buf_text(out, "/v1/");
    buf_text(out, collection_name(named));
    buf_char(out, '/');
}

/* A link to a row under the name of a collection that may not be its own: a target is an observation too. */
void print_link_to(struct view *view, struct buf *out, enum collection named, enum collection collection, uint32_t row)
{
    print_link_start(view, out, named);
    row_print_id(view->dataset, collection, row, out);
    buf_char(out, '"');
}

void link_row(struct view *view, struct buf *out, const char *key, enum collection collection, uint32_t row)
{
    if (row == NONE)
        return;
    put_name(out, key);
    print_link_to(view, out, collection, collection, row);
}

void link_open(struct view *view, struct buf *out, enum collection collection, uint32_t row)
{
    put_open(out, '{');
    link_row(view, out, "self", collection, row);
}

void link_filter(struct view *view, struct buf *out, enum collection collection, const char *parameter,
                 const char *code)
{
    put_name(out, collection_name(collection));
    buf_char(out, '"');
    buf_text(out, view->base);
    buf_text(out, "/v1/");
    buf_text(out, collection_name(collection));
    buf_char(out, '?');
    buf_text(out, parameter);
    buf_char(out, '=');
    buf_text(out, code);
    buf_char(out, '"');
}

static bool is_hit(const struct sme_query *query, const struct hay *hay)
{
    for (uint32_t w = 0; w < query->word_count; w++)
        if (strstr(hay->folded, query->words[w]))
            return true;
    return false;
}

/* True when one of these texts has the label and a word: a record may have several notes. */
static bool told_already(const struct sme_query *query, const struct hay *first, const struct hay *end,
                         const char *where)
{
    for (; first < end; first++)
        if (strcmp(first->where, where) == 0 && is_hit(query, first))
            return true;
    return false;
}

/* Where the words of the search were found in a row. */
void print_matched(struct view *view, enum collection collection, uint32_t row, struct buf *out)
{
    struct found_by by[2];

    put_open(out, '[');
    index_found_by(view->dataset, collection, row, by);
    for (size_t i = 0; i < 2 && view->query; i++)
        for (const struct hay *hay = by[i].hays; hay < by[i].end; hay++) {
            if (!is_hit(view->query, hay) || told_already(view->query, by[i].hays, hay, hay->where) ||
                (i == 1 && told_already(view->query, by[0].hays, by[0].end, hay->where)))
                continue;
            put_item(out);
            print_quoted(out, hay->where);
        }
    put_close(out, ']');
}

void print_codes_link(struct view *view, const char *key, enum filter filter, struct buf *out)
{
    struct buf resource = BUF_INIT(256);

    put_name(out, key);
    if (vocabulary_print_resource(view->dataset, filter, &resource)) {
        buf_char(out, '"');
        buf_text(out, view->base);
        buf_text(out, buf_string(&resource));
        buf_char(out, '"');
    } else {
        put_null(out);
    }
    out->status = resource.status != SME_OK ? resource.status : out->status;
    buf_finish(&resource);
}

void print_value(const struct value *value, struct buf *out)
{
    switch (value->type) {
    case SME_NULL:
        put_null(out);
        break;
    case SME_BOOLEAN:
        put_boolean(out, value->boolean);
        break;
    case SME_NUMBER:
        buf_add(out, value->text, value->length);
        break;
    case SME_CODE:
        put_word(out, value->text, value->length);
        break;
    case SME_TEXT:
    case SME_JSON:
        if (value->json)
            buf_add(out, value->json, value->json_length);
        else
            put_string(out, value->text, value->length);
        break;
    }
}
