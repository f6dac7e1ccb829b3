/* SPDX-License-Identifier: MIT */
#ifndef SME_DISPLAY_H
#define SME_DISPLAY_H
/* Numbers and sentences as a careful person prints them in a language. */
#include "dataset.h"
#include "interval.h"

/* A sentence of ours in the languages we write. {0}, {1}… stand for arguments. */
struct phrase {
    const char *en, *zh;
};
/* The phrase in a language (English unless it is a Chinese one), with its holes filled. */
void display_phrase(struct buf *out, const struct phrase *phrase, const char *language, const char *const arguments[]);
/* "more than 70,000 enterprises" */
void display_observation(struct buf *out, const struct sme_dataset *dataset, const struct observation *observation,
                         uint32_t language);
/* An interval of computed numbers: "at most 10,000 enterprises"; nothing where neither end is known. */
/* What stands where a number would: "suppressed". */
void display_status(struct buf *out, uint8_t status, const char *language);
void display_interval(struct buf *out, const struct sme_dataset *dataset, const struct interval *interval,
                      const struct unit *unit, uint32_t language);

#endif
