/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_H
#define ALLOC_H
/*
 * Allocation under the tests' control: every malloc, calloc and realloc of the program and of the libraries it uses is
 * counted, and the n-th can be made to fail. Only calls of the thread that armed it count.
 *
 * With the address sanitizer, which brings an allocator of its own, only calls from our own objects and from jansson are
 * caught (by the linker's --wrap); the sanitizer then sees what is used after its end and what is never freed.
 */
#include <stdbool.h>

/* From now on the n-th allocation (from 1) fails, or with `forever` that one and all later ones. 0: none fails. */
void alloc_arm(long n, bool forever);
/* From now on nothing fails that is asked for within these libraries, or by who was called from there. Ends with NULL.
 * And of the blocks outstanding only those count that the program asks for: libraries may lose theirs then. */
void alloc_spare(const char *const *libraries);
/* Stops. @return how many allocations there were since. */
long alloc_disarm(void);
/* Whether one has failed since it was armed. */
bool alloc_failed(void);
/* Which of them was the i-th that asked for much at once, as arenas do; 0 past the last one that is known. */
long alloc_large(long i);
/* Blocks that were allocated and not freed, by any thread. */
long alloc_outstanding(void);
/* Once, at the start. */
void alloc_begin(void);

#endif
