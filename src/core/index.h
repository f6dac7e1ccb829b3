/* SPDX-License-Identifier: MIT */
#ifndef SME_INDEX_H
#define SME_INDEX_H
/*
 * The index of a dataset. Rows of a collection are selected by axes: for each filter that makes sense on a collection, an
 * axis lists the rows of every code (a posting list). A selection is a bitmap; filters are intersected word by word.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The rows of code c are rows[starts[c]] to rows[starts[c + 1] - 1], ascending. No starts: no such filter here. */
struct axis {
    uint32_t codes;
    uint32_t *starts;
    uint32_t *rows;
};

/* Texts for searching, folded once. `where` is a member and a language, such as "name.en". */
struct hay {
    const char *folded;
    const char *where;
};

/* What can be found: the texts of record r are hays[starts[r]] to hays[starts[r + 1] - 1]. */
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
    uint32_t records;
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

/* A set of rows. */
struct bitmap {
    uint64_t *words;
    uint32_t rows;
};
bool bitmap_make(struct bitmap *ret_bitmap, uint32_t rows, bool full); /* false: no memory */
void bitmap_finish(struct bitmap *bitmap);
void bitmap_and(struct bitmap *into, const struct bitmap *other);
void bitmap_invert(struct bitmap *bitmap);
void bitmap_add(struct bitmap *bitmap, uint32_t row);
bool bitmap_has(const struct bitmap *bitmap, uint32_t row);
uint32_t bitmap_count(const struct bitmap *bitmap);
/* The first row from `row` on, or UINT32_MAX. */
uint32_t bitmap_next(const struct bitmap *bitmap, uint32_t row);
/* Adds all rows of a code. */
void bitmap_add_code(struct bitmap *bitmap, const struct axis *axis, uint32_t code);

/* The subjects that a row of a collection is found by; at most two, SUBJECTS where there is none. */
struct found_by {
    enum subject subject;
    uint32_t record;
};
void index_found_by(const struct sme_dataset *dataset, enum collection collection, uint32_t row,
                    struct found_by ret_by[2]);

#endif
