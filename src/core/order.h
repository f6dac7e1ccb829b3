/* SPDX-License-Identifier: MIT */
#ifndef SME_ORDER_H
#define SME_ORDER_H
/*
 * The order that a query asks for, as integers: the keys of a row and the id that breaks ties become a few words, and the
 * row whose words are smaller comes first. Most columns of observations are places in a vocabulary, known since loading
 * (ranks), so that a row's words cost no printing. What can only be printed gives a word of its first bytes, which decides
 * nearly always.
 */
#include "query.h"

/* One number of a row, from 0 to size - 1; as many rows have none, and come last in both directions. */
struct part {
    uint64_t (*read)(const struct part *part, struct view *view, uint32_t observation);
    /* Whether a text's first byte, where that is quickly known, is less or greater than another one: nearly always that
     * decides. 0: it is neither, or not known. NULL: it never is. */
    int (*compare_begin)(const struct part *part, const struct view *view, uint32_t observation, unsigned char with);
    /* Whether two observations surely have the same text, which then need not be printed. NULL: unknown. */
    bool (*same)(const struct view *view, uint32_t a, uint32_t b);
    uint64_t size;
    bool descending;
    bool last_digit;      /* of a number, not all before it */
    bool number_first;    /* in what is displayed of an exact number, whatever its unit */
    unsigned bits, shift; /* in its word */
    const uint32_t *ranks;
    size_t offset;               /* in an observation, or a dimension's number, or an interval's side */
    const struct column *column; /* of what is only begun here */
    uint8_t words[16];           /* places of the words of a fixed list */
};

enum { PARTS_MAX = 2 * SORT_KEYS_MAX + 3 + SME_DIMENSIONS_MAX };

struct order {
    const struct sme_query *query;
    struct view *view;
    const uint32_t *targets; /* the observations that rows are; NULL: rows are themselves */
    struct part parts[PARTS_MAX];
    uint32_t part_count;
    uint32_t ends[PARTS_MAX]; /* of each word's parts */
    uint32_t word_count;
};

void order_make(struct order *ret_order, const struct sme_query *query, struct view *view);
uint64_t order_word(const struct order *order, uint32_t row, uint32_t word);
/* A row's place in each part, as it stands in its words. */
void order_places(const struct order *order, uint32_t row, uint64_t ret_places[PARTS_MAX]);
/* The next row of a walk that may not come after the one with these places, or NONE. It stops where the view's scratch has
 * no memory, too. */
uint32_t order_next(const struct order *order, const struct bitmap *rows, struct bitmap_walk *walk,
                    const uint64_t places[PARTS_MAX]);
/* Whether rows with these bits in a word may still differ in what the word has only the beginning of. */
bool order_has_rest(const struct order *order, uint32_t word, uint64_t bits);
/* Compares two such rows. */
int order_compare_rest(const struct order *order, uint32_t word, uint32_t a, uint32_t b, bool *ret_no_memory);

/* The place of a number among all numbers: of two that share it, the last digit's place decides. */
uint64_t decimal_place(struct decimal decimal);
uint64_t decimal_last_place(struct decimal decimal);

#endif
