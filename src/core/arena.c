/* SPDX-License-Identifier: MIT */
/* A chain of blocks, each handed out from front to back. */
#include "arena.h"

#include "settle.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

/* The first block is what a query needs, and of a size that the C library hands out fastest; the others are large enough
 * that a small dataset needs a handful, small enough that the last one wastes little. Wide ones hold several large pages
 * whole; what is not used of them is never touched. */
enum { FIRST_BYTES = 1000, BLOCK_BYTES = 16 * 1024 - 64, WIDE_BYTES = 8 << 20 };

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if (!arena->blocks || size > arena->size - arena->used) {
        size_t least = arena->wide && size > BLOCK_BYTES ? WIDE_BYTES : arena->blocks ? BLOCK_BYTES : FIRST_BYTES;
        size_t room = size > least ? size : least;
        struct arena_block *block = malloc(sizeof *block + room);

        if (!block)
            return NULL;
        block->next = arena->blocks;
        block->size = room;
        arena->blocks = block;
        arena->used = 0;
        arena->size = room;
    }
    void *start = arena->blocks->bytes + arena->used;
    arena->used += size;
    return memset(start, 0, size);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);

    if (copy && length)
        memcpy(copy, bytes, length);
    return copy;
}

void arena_settle(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks; block; block = block->next)
        settle(block->bytes, block == arena->blocks ? arena->used : block->size);
}

void arena_finish(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = arena->size = 0;
}
