/* SPDX-License-Identifier: MIT */
#include "settle.h"

#include <stdint.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

void settle(void *memory, size_t bytes)
{
#ifdef __linux__
    enum { COLLAPSE = 25 }; /* MADV_COLLAPSE, since Linux 6.1; headers of the C library may be older */
    const uintptr_t large = (uintptr_t)1 << 21;
    uintptr_t start = ((uintptr_t)memory + large - 1) / large * large,
              end = ((uintptr_t)memory + bytes) / large * large;

    /* Just once: memory that MADV_HUGEPAGE marks would stay so after it is freed, and grow by large pages again. */
    if (start < end)
        (void)madvise((void *)start, end - start, COLLAPSE);
#else
    (void)memory;
    (void)bytes;
#endif
}
