/* SPDX-License-Identifier: MIT */
/* Accept: what is chosen was offered, and asked for. */
#include "fuzz.h"

#include "negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const types[] = {"application/json", "text/csv", "application/x-ndjson", "text/html"};
    enum { TYPES = sizeof types / sizeof types[0] };
    const uint8_t *at = bytes, *end = bytes + length;
    char *accept = take_line(&at, end);

    int best = negotiate_type(accept, types, TYPES);
    MUST(best >= -1 && best < TYPES);
    if (accept && best > 0) {
        char range[32];

        (void)snprintf(range, sizeof range, "%.*s*", (int)(strchr(types[best], '/') - types[best]) + 1, types[best]);
        MUST(mentions(accept, types[best]) || mentions(accept, range) || mentions(accept, "*/*"));
    }
    if (best >= 0) /* the other types were liked no better, so without them nothing changes */
        MUST(negotiate_type(accept, &types[best], 1) == 0);
    for (int other = 0; other < TYPES; other++)
        if (best == -1)
            MUST(negotiate_type(accept, &types[other], 1) == -1);
    static const char *const codings[] = {"br", "zstd", "gzip", NULL};
    int coding = negotiate_coding(accept, codings);
    MUST(coding >= -1 && coding < 3);
    if (coding >= 0)
        MUST(mentions(accept, codings[coding]) || mentions(accept, "*"));
    free(accept);
    return 0;
}
