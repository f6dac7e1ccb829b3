/* SPDX-License-Identifier: MIT */
/* If-None-Match: a tag matches only where it stands. */
#include "fuzz.h"

#include "negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char tag[] = "\"37d8aa0d16a412a9c9681daa2550cf86\"";
    const uint8_t *at = bytes, *end = bytes + length;
    char *list = take_line(&at, end);

    if (etag_matches(list, tag))
        MUST(mentions(list, tag) || mentions(list, "*"));
    free(list);
    return 0;
}
