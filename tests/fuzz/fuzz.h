/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H
/*
 * What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file of its own: libFuzzer calls it with bytes of
 * its making, replay.c with files. It does something with the bytes and checks what must hold whatever they are.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What must hold: where it does not, the input is a finding. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The next line of an input that is taken apart by lines, terminated, in memory of exactly its size so that a sanitizer
 * sees a step behind it. The caller's; NULL where there is none. Bytes from a NUL on are not part of it. */
static inline char *take_line(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *from = *at;

    if (from == end)
        return NULL;
    const uint8_t *feed = memchr(from, '\n', (size_t)(end - from));
    size_t length = (size_t)((feed ? feed : end) - from);
    char *line = malloc(length + 1);

    MUST(line);
    memcpy(line, from, length);
    line[length] = '\0';
    *at = feed ? feed + 1 : end;
    return line;
}

/* Whether a word stands somewhere in a text, in any case. */
static inline bool mentions(const char *text, const char *word)
{
    return text && strcasestr(text, word) != NULL;
}

#endif
