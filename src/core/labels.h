/* SPDX-License-Identifier: MIT */
#ifndef SME_LABELS_H
#define SME_LABELS_H
/* What codes and filters are called, for people. */
#include "collection.h"
#include "display.h"

/* Prints what a filter is called: "Category", "类别". */
void print_filter_label(struct buf *out, const struct sme_dataset *dataset, enum filter filter, uint32_t language);
/* Prints what a filter's code is called: a record's name, a year, "more than". */
void print_code_label(struct buf *out, const struct sme_dataset *dataset, enum filter filter, uint32_t code,
                      uint32_t language);

#endif
