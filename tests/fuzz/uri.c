/* SPDX-License-Identifier: MIT */
/* Targets: a good one is taken apart into pieces of UTF-8 without NUL that lie in memory of the uri. */
#include "fuzz.h"

#include "uri.h"

#include <utf8proc.h>

static void check_text(const char *text)
{
    utf8proc_int32_t point;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;

    while (*at) {
        utf8proc_ssize_t size = utf8proc_iterate(at, -1, &point);

        MUST(size > 0);
        at += size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct uri uri = {0};
    char *target = malloc(length + 1);

    MUST(target);
    if (length > 0)
        memcpy(target, bytes, length);
    target[length] = '\0';
    size_t target_length = strlen(target);
    enum uri_fault fault = uri_parse(target, target_length, &uri);
    if (fault == URI_GOOD) {
        MUST(uri.segment_count <= URI_SEGMENTS_MAX && uri.pair_count <= URI_PAIRS_MAX);
        for (size_t i = 0; i < uri.segment_count; i++)
            check_text(uri.segments[i]);
        for (size_t i = 0; i < uri.pair_count; i++) {
            check_text(uri.pairs[i].name);
            check_text(uri.pairs[i].value);
            MUST(strlen(uri.pairs[i].value) == uri.pairs[i].value_length);
        }
    }
    uri_finish(&uri);
    free(target);
    return 0;
}
