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

    if (start >= end)
        return;
    /* The first is for what the kernel does in its own time, the second for now. */
    if (madvise((void *)start, end - start, MADV_HUGEPAGE) == 0)
        (void)madvise((void *)start, end - start, COLLAPSE);
#else
    (void)memory;
    (void)bytes;
#endif
}
