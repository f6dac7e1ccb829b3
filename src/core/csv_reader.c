/* SPDX-License-Identifier: MIT */
/* Reading CSV: a window over the stream that always has room for one whole field. */
#include "csv_reader.h"

#include <stdlib.h>
#include <string.h>

/* A field all of whose characters are doubled quotes, its own quotes, and room to read on in large steps. */
enum { WINDOW_BYTES = 4 * CSV_FIELD_BYTES_MAX };

static const char quoted_whole[] = "the whole field in quotes, quotes inside it doubled";

bool csv_reader_init(struct csv_reader *reader, csv_source *source, void *context)
{
    *reader = (struct csv_reader){.source = source, .context = context, .line = 1, .column = 1};
    reader->window = malloc(WINDOW_BYTES);
    return reader->window != NULL;
}

void csv_reader_finish(struct csv_reader *reader)
{
    free(reader->window);
    reader->window = NULL;
}

/* Gets more bytes behind those in the window, which may move. False: there are none. */
static bool fill(struct csv_reader *r)
{
    if (r->ended)
        return false;
    if (r->start > 0) {
        memmove(r->window, r->window + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    long got = r->source(r->context, r->window + r->end, WINDOW_BYTES - r->end);
    r->failed = got < 0;
    r->ended = got <= 0;
    r->end += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* The byte at a distance from the start, or -1 at the end of the stream. */
static int peek(struct csv_reader *r, size_t distance)
{
    while (r->end - r->start <= distance)
        if (!fill(r))
            return -1;
    return (unsigned char)r->window[r->start + distance];
}

/* Goes on by so many bytes. */
static void advance(struct csv_reader *r, size_t length)
{
    const char *at = r->window + r->start, *end = at + length;

    for (; at < end; at++) {
        if (*at == '\n') {
            r->line++;
            r->column = 1;
        } else {
            r->column += ((unsigned char)*at & 0xc0) != 0x80;
        }
    }
    r->start += length;
}

/* Something wrong, so many bytes on. */
static enum csv_event refuse(struct csv_reader *r, size_t distance, const char *wrong, const char *accepted)
{
    if (r->failed)
        return CSV_UNREADABLE;
    advance(r, distance);
    r->wrong = wrong;
    r->accepted = accepted;
    return CSV_WRONG;
}

/* What ends a field without quotes, or has no place in it. */
static bool is_plain(unsigned char c)
{
    return c > ',' || (c != ',' && c != '\n' && c != '\r' && c != '"' && c != '\0');
}

/* The length of a field without quotes; more than the ceiling if it has more. */
static size_t plain_length(struct csv_reader *r)
{
    size_t length = 0;

    do {
        const char *field = r->window + r->start;
        size_t there = r->end - r->start;

        while (length < there && is_plain((unsigned char)field[length]))
            length++;
        if (length < there || length > CSV_FIELD_BYTES_MAX)
            break;
    } while (fill(r));
    return length;
}

/* The distance of the closing quote; of what is wrong, if `ret_wrong` is set. */
static size_t closing_quote(struct csv_reader *r, size_t *ret_doubled, const char **ret_wrong)
{
    size_t at = 1, doubled = 0;
    const char *wrong = NULL;

    for (;; at++) {
        int c = peek(r, at);

        if (c == 0)
            wrong = "a NUL byte";
        else if (at - doubled > (size_t)CSV_FIELD_BYTES_MAX + 1)
            wrong = "a longer field";
        else if (c < 0)
            wrong = "the quote is not closed";
        if (wrong || (c == '"' && peek(r, at + 1) != '"'))
            break;
        if (c == '"') {
            doubled++;
            at++;
        }
    }
    *ret_doubled = doubled;
    *ret_wrong = wrong;
    return at;
}

/* Makes one quote of each two. */
static size_t undouble(char *text, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        text[kept++] = text[i];
        i += text[i] == '"';
    }
    return kept;
}

/* Steps over what ends a field, which is so many bytes long. */
static enum csv_event end_field(struct csv_reader *r, size_t length, struct csv_field *field)
{
    int c = peek(r, length);

    if (c == '\r' && peek(r, length + 1) != '\n')
        return refuse(r, length, "a carriage return without a line feed", "lines that end in LF or CRLF");
    if (r->failed)
        return CSV_UNREADABLE;
    field->last = c != ',';
    r->inside = c == ',';
    advance(r, length + (c == '\r') + (c >= 0));
    return CSV_FIELD;
}

static enum csv_event quoted_field(struct csv_reader *r, struct csv_field *field)
{
    const char *wrong;
    size_t doubled, closing = closing_quote(r, &doubled, &wrong);

    if (wrong && peek(r, closing) == 0)
        return refuse(r, closing, wrong, "text");
    if (wrong)
        return refuse(r, 0, wrong, "a field of at most 64 KiB that ends in a quote");
    int behind = peek(r, closing + 1);
    if (behind >= 0 && behind != ',' && behind != '\n' && behind != '\r')
        return refuse(r, closing + 1, "text behind the closing quote", quoted_whole);
    enum csv_event event = end_field(r, closing + 1, field);
    /* The bytes before the start stay where they are until the next call. */
    if (event == CSV_FIELD) {
        size_t raw = closing + 1 + (behind == '\r') + (behind >= 0);
        char *text = r->window + r->start - raw + 1;

        field->text = text;
        field->length = doubled ? undouble(text, closing - 1) : closing - 1;
    }
    return event;
}

static enum csv_event plain_field(struct csv_reader *r, struct csv_field *field)
{
    size_t length = plain_length(r);
    int c = peek(r, length);

    if (length > CSV_FIELD_BYTES_MAX)
        return refuse(r, 0, "a longer field", "a field of at most 64 KiB");
    if (c == '"')
        return refuse(r, length, "a quote inside a field that does not begin with one", quoted_whole);
    if (c == 0)
        return refuse(r, length, "a NUL byte", "text");
    enum csv_event event = end_field(r, length, field);
    if (event == CSV_FIELD) {
        field->text = r->window + r->start - length - (c == '\r') - (c >= 0);
        field->length = length;
    }
    return event;
}

enum csv_event csv_reader_next(struct csv_reader *r, struct csv_field *ret_field)
{
    if (r->wrong)
        return CSV_WRONG;
    if (!r->begun) {
        r->begun = true;
        if (peek(r, 2) >= 0 && memcmp(r->window, "\xef\xbb\xbf", 3) == 0)
            r->start = 3; /* a byte-order mark: no part of the first field, and no column */
    }
    int c = peek(r, 0);
    if (r->failed)
        return CSV_UNREADABLE;
    if (c < 0 && !r->inside)
        return CSV_END;
    struct csv_field field = {.line = r->line, .column = r->column};
    enum csv_event event = c == '"' ? quoted_field(r, &field) : plain_field(r, &field);
    if (event == CSV_FIELD)
        *ret_field = field;
    return event;
}
