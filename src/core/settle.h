/* SPDX-License-Identifier: MIT */
#ifndef SME_SETTLE_H
#define SME_SETTLE_H
/*
 * Large memory that was filled and now is read here and there asks the kernel for large pages. What a query touches of a
 * million rows lies in a hundred places, and with pages of 4 KiB the processor has to look up nearly each of them, which
 * takes longer than to read it.
 */
#include <stddef.h>

/* A wish: where it can't be had, nothing changes. It takes no memory beside that of the whole pages within. */
void settle(void *memory, size_t bytes);

#endif
