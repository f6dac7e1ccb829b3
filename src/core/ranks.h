/* SPDX-License-Identifier: MIT */
#ifndef SME_RANKS_H
#define SME_RANKS_H
/*
 * The places of codes and names among each other, in the order of their bytes, found once for each dataset: rows are then
 * put in order by small numbers. Equal texts have equal places.
 */
#include <stdbool.h>
#include <stdint.h>

#include <smestat.h>

/* What an indicator has a place by. */
enum ranking {
    RANKED_BY_CODE,
    RANKED_IN_IDS, /* by its code with the dot behind it that an observation's id has there */
    RANKED_BY_CATEGORY,
    RANKED_BY_UNIT,
    RANKED_BY_NAME, /* in the first language; the others follow */
    RANKINGS = RANKED_BY_NAME + SME_LANGUAGES_MAX
};

struct ranks {
    uint32_t *indicators[RANKINGS];
    uint32_t *sources;
    uint32_t *members[SME_DIMENSIONS_MAX], *members_in_ids[SME_DIMENSIONS_MAX];
};

/* False: no memory. Everything is in the dataset's arena. */
bool ranks_make(struct sme_dataset *dataset);

#endif
