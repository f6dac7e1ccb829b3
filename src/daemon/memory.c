/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <malloc.h>

/* The C library gives back what is free at the end of a thread's heap only when that thread frees something, and
 * malloc_trim what is free before it. So the end must not grow when nobody frees: small blocks are put together with what
 * is free beside them at once, not when malloc_trim comes along. Nor may it grow large: left alone, the library allows
 * twice the largest block that it ever freed, which is an index of a dataset. */
void memory_prepare(void)
{
#ifdef __GLIBC__
    enum { KEPT_BYTES = 2 << 20, OWN_BYTES = 16 << 20 };

    (void)mallopt(M_MXFAST, 0);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    /* Else, now that the library adapts nothing any more, each larger answer would be asked of the system anew. */
    (void)mallopt(M_MMAP_THRESHOLD, OWN_BYTES);
#endif
}

void memory_give_back(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
