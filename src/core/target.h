/* SPDX-License-Identifier: MIT */
#ifndef SME_TARGET_H
#define SME_TARGET_H
/* What became of a target, as far as the dataset can know. */
#include "display.h"

struct assessment {
    uint32_t baseline; /* the newest actual value from before the target's period, or NONE */
    uint32_t actual;   /* the newest actual value inside the period, or NONE */
    uint32_t latest;   /* the newest actual value of all, or NONE */
    bool has_distance; /* from the latest value to the number or the numbers that the target names */
    struct interval distance;
    enum verdict verdict;
    bool outdated; /* the bounds decide, but only for a day before the end of the period, which is over */
};

/* In the order of enum verdict. */
extern const struct words verdict_words;

struct assessment target_assess(const struct sme_dataset *dataset, uint32_t target);
/* Why the verdict is what it is, and why a distance is missing (nothing if it is not). */
void target_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target,
                   const struct assessment *assessment, uint32_t language);
void target_distance_reason(struct buf *out, const struct sme_dataset *dataset, uint32_t target,
                            const struct assessment *assessment, uint32_t language);

#endif
