/* SPDX-License-Identifier: MIT */
/* Sets of rows, whole words at a time. */
#include "bitmap.h"

#include <stdlib.h>
#include <string.h>

size_t bitmap_bytes(uint32_t rows)
{
    return (bitmap_blocks(rows) + bitmap_words(rows)) * sizeof(uint64_t);
}

struct bitmap bitmap_in(void *memory, uint32_t rows)
{
    uint64_t *filled = memory;

    return (struct bitmap){filled, filled + bitmap_blocks(rows), rows};
}

bool bitmap_make(struct bitmap *ret_bitmap, uint32_t rows)
{
    void *memory = malloc(bitmap_bytes(rows) + 1);

    if (!memory)
        return false;
    memset(memory, 0, bitmap_blocks(rows) * sizeof(uint64_t));
    *ret_bitmap = bitmap_in(memory, rows);
    return true;
}

void bitmap_finish(struct bitmap *bitmap)
{
    free(bitmap->filled);
    *bitmap = (struct bitmap){0};
}

/* What counts most bits is compiled twice where that can be, and a processor that has an instruction for it gets that. It has
 * to be static, or the choice would be exported. A thread sanitizer is not ready when such choices are made. */
#if defined __x86_64__ && defined __GLIBC__ && defined __has_attribute && !defined __SANITIZE_THREAD__
#if __has_attribute(target_clones)
#define COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#endif
#endif
#ifndef COUNTS_BITS
#define COUNTS_BITS
#endif

/* Compilers know this for the instruction where there is one; without, they would make a call of the builtin. */
static inline uint32_t bits_in(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

/* The lowest word of those that a block's bits name, which it then forgets. */
static size_t take_word(size_t block, uint64_t *bits)
{
    size_t word = block * 64 + (size_t)__builtin_ctzll(*bits);

    *bits &= *bits - 1;
    return word;
}

void bitmap_add_all(struct bitmap *bitmap)
{
    for (size_t block = 0; block < bitmap_blocks(bitmap->rows); block++)
        bitmap->filled[block] = bitmap_full_block(bitmap->rows, block);
    for (size_t word = 0; word < bitmap_words(bitmap->rows); word++)
        bitmap->words[word] = bitmap_full_word(bitmap->rows, word);
}

void bitmap_or(struct bitmap *into, const struct bitmap *other)
{
    for (size_t block = 0; block < bitmap_blocks(into->rows); block++)
        for (uint64_t bits = other->filled[block]; bits;) {
            size_t word = take_word(block, &bits);

            bitmap_put_word(into, word, bitmap_word(into, word) | other->words[word]);
        }
}

void bitmap_and(struct bitmap *into, const struct bitmap *other)
{
    for (size_t block = 0; block < bitmap_blocks(into->rows); block++) {
        into->filled[block] &= other->filled[block];
        for (uint64_t bits = into->filled[block]; bits;) {
            size_t word = take_word(block, &bits);

            into->words[word] &= other->words[word];
        }
    }
}

COUNTS_BITS static uint32_t count_common(const struct bitmap *a, const struct bitmap *b)
{
    enum { AHEAD = 2 };
    size_t blocks = bitmap_blocks(a->rows);
    uint32_t count = 0;

    for (size_t block = 0; block < blocks; block++) {
        uint64_t bits = a->filled[block] & b->filled[block];

        if (block + AHEAD < blocks)
            bitmap_fetch(a, block + AHEAD, b->filled[block + AHEAD]);
        if (bits == ~UINT64_C(0)) {
            for (size_t word = block * 64; word < block * 64 + 64; word++)
                count += bits_in(a->words[word] & b->words[word]);
            continue;
        }
        while (bits) {
            size_t word = take_word(block, &bits);

            count += bits_in(a->words[word] & b->words[word]);
        }
    }
    return count;
}

uint32_t bitmap_count_common(const struct bitmap *a, const struct bitmap *b)
{
    return count_common(a, b);
}

COUNTS_BITS static uint32_t count_between(const struct bitmap *bitmap, uint32_t first, uint32_t last)
{
    uint64_t after_first = ~UINT64_C(0) << first % 64, before_last = ~UINT64_C(0) >> (63 - last % 64);
    uint32_t count = 0;

    for (size_t word = first / 64; word <= last / 64; word++)
        count += bits_in(bitmap_word(bitmap, word) & (word == first / 64 ? after_first : ~UINT64_C(0)) &
                         (word == last / 64 ? before_last : ~UINT64_C(0)));
    return count;
}

uint32_t bitmap_count_between(const struct bitmap *bitmap, uint32_t first, uint32_t last)
{
    return count_between(bitmap, first, last);
}

uint32_t bitmap_filled(const struct bitmap *bitmap)
{
    uint32_t count = 0;

    for (size_t block = 0; block < bitmap_blocks(bitmap->rows); block++)
        count += bits_in(bitmap->filled[block]);
    return count;
}

COUNTS_BITS static uint32_t count_all(const struct bitmap *bitmap)
{
    uint32_t count = 0;

    for (size_t block = 0; block < bitmap_blocks(bitmap->rows); block++)
        for (uint64_t bits = bitmap->filled[block]; bits;)
            count += bits_in(bitmap->words[take_word(block, &bits)]);
    return count;
}

uint32_t bitmap_count(const struct bitmap *bitmap)
{
    return count_all(bitmap);
}

uint32_t bitmap_nth(const struct bitmap *bitmap, uint32_t before)
{
    for (size_t block = 0; block < bitmap_blocks(bitmap->rows); block++)
        for (uint64_t bits = bitmap->filled[block]; bits;) {
            size_t word = take_word(block, &bits);
            uint64_t rest = bitmap->words[word];
            uint32_t count = bits_in(rest);

            if (before >= count) {
                before -= count;
                continue;
            }
            for (; before > 0; before--)
                rest &= rest - 1;
            return (uint32_t)(word * 64 + (size_t)__builtin_ctzll(rest));
        }
    return UINT32_MAX;
}

uint32_t bitmap_next_word(const struct bitmap *bitmap, size_t word)
{
    uint64_t mask = ~UINT64_C(0) << word % 64;

    for (size_t block = word / 64; block < bitmap_blocks(bitmap->rows); block++, mask = ~UINT64_C(0))
        for (uint64_t bits = bitmap->filled[block] & mask; bits;) {
            size_t found = take_word(block, &bits);

            if (bitmap->words[found])
                return (uint32_t)(found * 64 + (size_t)__builtin_ctzll(bitmap->words[found]));
        }
    return UINT32_MAX;
}
