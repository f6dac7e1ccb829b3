/* SPDX-License-Identifier: MIT */
#ifndef SME_INDEX_H
#define SME_INDEX_H
/*
 * The index of a dataset. Rows of a collection are selected by axes: for each filter that makes sense on a collection, an
 * axis has the rows of every code, its posting. One with few rows is a list, four bytes a row; one with more than every
 * 64th row is a bitmap, ready to be intersected, and never larger than two such lists. Of a million rows in 20 categories,
 * 25 years, 34 regions and 1177 indicators, only the indicators have lists, and all axes take 15 MB instead of 36.
 */
#include "bitmap.h"

#include <smestat.h>

/* In the order of the index page. */
enum collection {
    INDICATORS,
    OBSERVATIONS,
    TARGETS,
    FOCUS_AREAS,
    MEASURES,
    CATEGORIES,
    YEARS,
    UNITS,
    SOURCES,
    DIMENSIONS,
    FACETS,  /* one row for each filter of observations */
    DATASET, /* one row: the dataset itself */
    COLLECTIONS
};

/* In the order of a query's one spelling. */
enum filter {
    FILTER_CATEGORY,
    FILTER_YEAR,
    FILTER_INDICATOR,
    FILTER_FOCUS_AREA,
    FILTER_KIND,
    FILTER_UNIT,
    FILTER_QUALIFIER,
    FILTER_SOURCE,
    FILTER_DIMENSION, /* the first of the dataset's own */
    FILTERS = FILTER_DIMENSION + SME_DIMENSIONS_MAX
};

/* The rows of a code. */
struct posting {
    uint32_t count, filled; /* … and in how many words of the bitmap they are */
    uint32_t *rows;         /* ascending; NULL: they are in the bitmap */
    struct bitmap *bitmap;  /* or NULL */
};

/* No postings: no such filter here. */
struct axis {
    uint32_t codes;
    struct posting *postings;
    uint8_t *code_of; /* each row; `codes`: it has none. NULL: not kept */
};

/* Texts for searching, folded once. `where` is a member and a language, such as "name.en". */
struct hay {
    const char *folded;
    const char *where;
};

/* What can be found: the texts of records[i] are hays[starts[i]] to hays[starts[i + 1] - 1]. */
enum subject {
    SUBJECT_INDICATORS,
    SUBJECT_OBSERVATIONS,
    SUBJECT_AREAS,
    SUBJECT_MEASURES,
    SUBJECT_CATEGORIES,
    SUBJECT_UNITS,
    SUBJECT_SOURCES,
    SUBJECT_DIMENSIONS,
    SUBJECTS
};
struct haystack {
    uint32_t count;    /* of records that have texts: few observations do */
    uint32_t *records; /* ascending */
    uint32_t *starts;
    struct hay *hays;
};

struct index {
    uint32_t row_counts[COLLECTIONS];
    struct axis axes[COLLECTIONS][FILTERS];
    struct haystack haystacks[SUBJECTS];
};

/* False: no memory. Everything is in the dataset's arena. */
bool index_make(struct sme_dataset *dataset);

/* True when the filter makes sense on the collection. A dimension does if there is a dataset that declares it. */
bool index_has_axis(const struct sme_dataset *dataset, enum collection collection, enum filter filter);

/* The rows of a posting, one after another: `*at` begins as 0. UINT32_MAX at the end. */
static inline uint32_t posting_next(const struct posting *posting, uint32_t *at)
{
    if (!posting->bitmap)
        return *at < posting->count ? posting->rows[(*at)++] : UINT32_MAX;
    uint32_t row = bitmap_next(posting->bitmap, *at);
    *at = row + (row != UINT32_MAX);
    return row;
}

/* Adds the rows of a posting. */
void posting_add_to(const struct posting *posting, struct bitmap *rows);
/* How many of the rows are in a posting, and how many rows are in two. */
uint32_t posting_count_in(const struct posting *posting, const struct bitmap *rows);
uint32_t posting_count_common(const struct posting *a, const struct posting *b);
/* How many rows have each code of some axes. */
struct code_counts {
    uint32_t *of[FILTERS]; /* parts of `all`; NULL: not counted */
    uint32_t *all;
};

/* Counts these rows, of which there are `count`, for the axes that are wanted. Those for which rows have to be looked at share
 * one pass over them. False: no memory. */
bool index_count_codes(const struct sme_dataset *dataset, enum collection collection, const struct bitmap *rows,
                       uint32_t count, const bool wanted[FILTERS], struct code_counts *ret_counts);
void code_counts_finish(struct code_counts *counts);

/* The texts that a row is found by: its own, and those of what it is about. An observation has its indicator's first. */
struct found_by {
    const struct hay *hays, *end;
};
void index_found_by(const struct sme_dataset *dataset, enum collection collection, uint32_t row,
                    struct found_by ret_by[2]);

#endif
