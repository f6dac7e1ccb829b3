/* SPDX-License-Identifier: MIT */
#ifndef SME_ARENA_H
#define SME_ARENA_H
/* Memory that ends all at once: everything a dataset owns. Nothing in it is freed alone. */
#include <stdbool.h>
#include <stddef.h>

struct arena {
    struct arena_block *blocks;
    size_t used, size; /* of the newest block */
    bool wide;         /* what is large shares blocks that are larger still */
};

/* Zeroed memory for any type. NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* A terminated copy. NULL: no memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
/* Nothing will be added: what is large asks for large pages. */
void arena_settle(struct arena *arena);
void arena_finish(struct arena *arena);

#endif
