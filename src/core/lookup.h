/* SPDX-License-Identifier: MIT */
#ifndef SME_LOOKUP_H
#define SME_LOOKUP_H
/* From the texts of a file's column to rows of the dataset. The texts are borrowed. */
#include "dataset.h"

/* Which meaning of a text wins: what the document maps it to, a code, a name. Two names of different rows are ambiguous. */
enum rank { RANK_MAPPED, RANK_CODE, RANK_NAME };

#define LOOKUP_NOTHING   (NONE - 1)
#define LOOKUP_AMBIGUOUS (NONE - 2)

struct lookup_slot {
    const char *text; /* terminated; NULL: empty */
    uint32_t length;
    uint32_t row;
    enum rank rank;
};

/* Starts zeroed. */
struct lookup {
    struct lookup_slot *slots;
    uint32_t size, count;
};

/* False: no memory. */
bool lookup_add(struct lookup *lookup, const char *text, size_t length, uint32_t row, enum rank rank);
uint32_t lookup_find(const struct lookup *lookup, const char *text, size_t length);
/* Offers every text. */
void lookup_offer(const struct lookup *lookup, struct sme_nearest *nearest);
void lookup_finish(struct lookup *lookup);

#endif
