/* SPDX-License-Identifier: MIT */
#ifndef SME_CSV_READER_H
#define SME_CSV_READER_H
/*
 * CSV (RFC 4180) field by field, from a stream through one window of fixed size. Each field knows its line and column. What
 * has two readings is refused: a quote inside a field without quotes, text behind a closing quote, a lone carriage return.
 * What the fields mean, and how many a row must have, is the caller's.
 */
#include <stdbool.h>
#include <stddef.h>

enum {
    CSV_FIELD_BYTES_MAX = 65536
}; /* far more than any number, code or name; less than what an open quote swallows */

/* Reads at most `room` bytes. @return how many, 0 at the end, less than 0 when it failed. */
typedef long csv_source(void *context, char *into, size_t room);

enum csv_event {
    CSV_FIELD,
    CSV_END,        /* no further row */
    CSV_WRONG,      /* `wrong` and `accepted` say what it is, `line` and `column` where; there is nothing behind it */
    CSV_UNREADABLE, /* the source failed */
};

struct csv_field {
    const char *text; /* not terminated; valid until the next call */
    size_t length;
    unsigned line, column; /* of its first byte, the quote included; from 1, columns in code points */
    bool last;             /* of its row */
};

struct csv_reader {
    csv_source *source;
    void *context;
    char *window;
    size_t start, end; /* of the bytes in the window that are not read yet */
    bool begun, ended, failed;
    bool inside; /* a row: a field must follow even if no byte does */
    unsigned line, column;
    const char *wrong, *accepted;
};

/* False: no memory. */
bool csv_reader_init(struct csv_reader *reader, csv_source *source, void *context);
void csv_reader_finish(struct csv_reader *reader);
enum csv_event csv_reader_next(struct csv_reader *reader, struct csv_field *ret_field);

#endif
