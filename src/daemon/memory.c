/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <malloc.h>

void memory_give_back(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
