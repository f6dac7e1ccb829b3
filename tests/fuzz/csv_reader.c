/* SPDX-License-Identifier: MIT */
/* CSV: the same fields at the same places, in whatever pieces the bytes come. The first byte says in which. */
#include "fuzz.h"

#include "csv_reader.h"

struct pieces {
    const uint8_t *at, *end;
    size_t step;
};

static long give(void *context, char *into, size_t room)
{
    struct pieces *pieces = context;
    size_t left = (size_t)(pieces->end - pieces->at), size = pieces->step < left ? pieces->step : left;

    size = size < room ? size : room;
    if (size > 0)
        memcpy(into, pieces->at, size);
    pieces->at += size;
    return (long)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct csv_reader whole, parts;
    struct csv_field a, b;
    enum csv_event event;

    if (length == 0)
        return 0;
    struct pieces at_once = {bytes + 1, bytes + length, length},
                  in_steps = {bytes + 1, bytes + length, bytes[0] % 64 + 1};
    MUST(csv_reader_init(&whole, give, &at_once) && csv_reader_init(&parts, give, &in_steps));
    do {
        event = csv_reader_next(&whole, &a);
        MUST(csv_reader_next(&parts, &b) == event);
        if (event == CSV_FIELD) {
            MUST(a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0));
            MUST(a.length <= CSV_FIELD_BYTES_MAX);
            MUST(a.line == b.line && a.column == b.column && a.last == b.last);
        } else if (event == CSV_WRONG) {
            MUST(whole.wrong == parts.wrong && whole.line == parts.line && whole.column == parts.column);
        }
    } while (event == CSV_FIELD);
    MUST(event != CSV_UNREADABLE);
    csv_reader_finish(&whole);
    csv_reader_finish(&parts);
    return 0;
}
