/* SPDX-License-Identifier: MIT */
#ifndef SME_BITMAP_H
#define SME_BITMAP_H
/*
 * A set of rows: a bit for each, and above each 64 words one that says which of them are filled. Words that are not were
 * never written and are never read. So a set with few rows of a million costs 2 KiB to make, not 125, and sets are
 * intersected only where all of them have rows.
 */
#include "buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitmap {
    uint64_t *filled, *words; /* one allocation; NULL: no set */
    uint32_t rows;            /* that there may be */
};

/* An empty set. False: no memory. */
bool bitmap_make(struct bitmap *ret_bitmap, uint32_t rows);
void bitmap_finish(struct bitmap *bitmap);
/* An empty set in zeroed memory of so many bytes, which is not its own. */
size_t bitmap_bytes(uint32_t rows);
struct bitmap bitmap_in(void *memory, uint32_t rows);

void bitmap_add_all(struct bitmap *bitmap);
/* Adds the rows of another set, and keeps those that are in both. */
void bitmap_or(struct bitmap *into, const struct bitmap *other);
void bitmap_and(struct bitmap *into, const struct bitmap *other);
/* How many words have rows, or had them. */
uint32_t bitmap_filled(const struct bitmap *bitmap);
uint32_t bitmap_count(const struct bitmap *bitmap);
uint32_t bitmap_count_common(const struct bitmap *a, const struct bitmap *b);
/* How many there are from one row to another one, with both. */
uint32_t bitmap_count_between(const struct bitmap *bitmap, uint32_t first, uint32_t last);
/* The row with so many rows before it, or UINT32_MAX. */
uint32_t bitmap_nth(const struct bitmap *bitmap, uint32_t before);

static inline size_t bitmap_words(uint32_t rows)
{
    return ((size_t)rows + 63) / 64;
}

/* How many words of `filled` there are. */
static inline size_t bitmap_blocks(uint32_t rows)
{
    return (bitmap_words(rows) + 63) / 64;
}

/* What `filled` and words are in a set of all rows. */
static inline uint64_t bitmap_full_block(uint32_t rows, size_t block)
{
    size_t left = bitmap_words(rows) - block * 64;

    return left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

static inline uint64_t bitmap_full_word(uint32_t rows, size_t word)
{
    size_t left = rows - word * 64;

    return left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

static inline uint64_t bitmap_word(const struct bitmap *bitmap, size_t word)
{
    return bitmap->filled[word / 64] >> word % 64 & 1 ? bitmap->words[word] : 0;
}

static inline void bitmap_put_word(struct bitmap *bitmap, size_t word, uint64_t bits)
{
    bitmap->words[word] = bits;
    bitmap->filled[word / 64] |= UINT64_C(1) << word % 64;
}

static inline void bitmap_add(struct bitmap *bitmap, uint32_t row)
{
    bitmap_put_word(bitmap, row / 64, bitmap_word(bitmap, row / 64) | UINT64_C(1) << row % 64);
}

static inline bool bitmap_has(const struct bitmap *bitmap, uint32_t row)
{
    return bitmap_word(bitmap, row / 64) >> row % 64 & 1;
}

/* Takes away a row that is there. */
static inline void bitmap_drop(struct bitmap *bitmap, uint32_t row)
{
    bitmap->words[row / 64] &= ~(UINT64_C(1) << row % 64);
}

/* Asks for a block's words, those that are wanted, before they are read: in a large dataset each lies somewhere else. Where all
 * lie side by side the processor thinks of it itself. */
static ALWAYS_INLINE void bitmap_fetch(const struct bitmap *bitmap, size_t block, uint64_t wanted)
{
    uint64_t has = bitmap->filled[block] & wanted;

    for (uint64_t rest = ~has ? has : 0; rest; rest &= rest - 1)
        __builtin_prefetch(&bitmap->words[block * 64 + (size_t)__builtin_ctzll(rest)]);
}

/* The first row from `row` on, or UINT32_MAX. */
uint32_t bitmap_next_word(const struct bitmap *bitmap, size_t word);
static inline uint32_t bitmap_next(const struct bitmap *bitmap, uint32_t row)
{
    if (row >= bitmap->rows)
        return UINT32_MAX;
    uint64_t rest = bitmap_word(bitmap, row / 64) & ~UINT64_C(0) << row % 64;
    return rest ? row / 64 * 64 + (uint32_t)__builtin_ctzll(rest) : bitmap_next_word(bitmap, row / 64 + 1);
}

/* A walk through all rows, which begins zeroed. The row it is at may be dropped. */
struct bitmap_walk {
    size_t next;   /* word */
    uint64_t rest; /* of the word before */
};

/* The next row, or UINT32_MAX. */
static inline uint32_t bitmap_walk(const struct bitmap *bitmap, struct bitmap_walk *walk)
{
    if (!walk->rest) {
        uint32_t row = bitmap_next_word(bitmap, walk->next);

        if (row == UINT32_MAX)
            return row;
        walk->next = row / 64 + 1;
        walk->rest = bitmap->words[row / 64];
    }
    uint32_t row = (uint32_t)(walk->next - 1) * 64 + (uint32_t)__builtin_ctzll(walk->rest);
    walk->rest &= walk->rest - 1;
    return row;
}

#endif
