/* SPDX-License-Identifier: MIT */
/* Accept-Language: what is chosen was offered, and is the first one unless something asks for another. */
#include "fuzz.h"

#include "negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const languages[] = {"en", "zh", "zh-Hant-TW", "de", NULL};
    const uint8_t *at = bytes, *end = bytes + length;
    char *accept = take_line(&at, end);
    size_t best = negotiate_language(accept, languages);

    MUST(best < sizeof languages / sizeof languages[0] - 1);
    if (best > 0)
        MUST(mentions(accept, languages[best]) || mentions(accept, "*"));
    free(accept);
    return 0;
}
