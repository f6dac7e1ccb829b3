/* SPDX-License-Identifier: MIT */
/* A hash table that grows: open addressing, at most half full. */
#include "lookup.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* The slot that holds the text, or the empty one where it belongs. */
static struct lookup_slot *slot_of(const struct lookup *lookup, const char *text, size_t length)
{
    uint32_t at = (uint32_t)XXH3_64bits(text, length) & (lookup->size - 1);

    for (; lookup->slots[at].text; at = (at + 1) & (lookup->size - 1))
        if (lookup->slots[at].length == length && memcmp(lookup->slots[at].text, text, length) == 0)
            break;
    return &lookup->slots[at];
}

static bool grow(struct lookup *lookup)
{
    struct lookup larger = {.size = lookup->size ? lookup->size * 2 : 64, .count = lookup->count};

    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (uint32_t i = 0; i < lookup->size; i++)
        if (lookup->slots[i].text)
            *slot_of(&larger, lookup->slots[i].text, lookup->slots[i].length) = lookup->slots[i];
    free(lookup->slots);
    *lookup = larger;
    return true;
}

bool lookup_add(struct lookup *lookup, const char *text, size_t length, uint32_t row, enum rank rank)
{
    if (2 * (lookup->count + 1) > lookup->size && !grow(lookup))
        return false;
    struct lookup_slot *slot = slot_of(lookup, text, length);
    if (!slot->text)
        lookup->count++;
    else if (slot->rank < rank || (slot->rank == rank && slot->row == row))
        return true;
    else if (slot->rank == rank)
        row = LOOKUP_AMBIGUOUS;
    *slot = (struct lookup_slot){text, (uint32_t)length, row, rank};
    return true;
}

uint32_t lookup_find(const struct lookup *lookup, const char *text, size_t length)
{
    if (lookup->count == 0)
        return LOOKUP_NOTHING;
    const struct lookup_slot *slot = slot_of(lookup, text, length);
    return slot->text ? slot->row : LOOKUP_NOTHING;
}

void lookup_offer(const struct lookup *lookup, struct sme_nearest *nearest)
{
    for (uint32_t i = 0; i < lookup->size; i++)
        if (lookup->slots[i].text)
            sme_nearest_offer(nearest, lookup->slots[i].text);
}

void lookup_finish(struct lookup *lookup)
{
    free(lookup->slots);
    *lookup = (struct lookup){0};
}
