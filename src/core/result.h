/* SPDX-License-Identifier: MIT */
#ifndef SME_RESULT_H
#define SME_RESULT_H
/* A result from the inside, and the printers that make answers of it, one for each format. */
#include "layout.h"
#include "query.h"

/* A way out of an answer that leaves rows away: which filter to relax, how many rows that gives, and the link. */
struct hint {
    int filter;   /* or SEARCH, VALUE */
    bool undated; /* the rows whose year is unknown */
    uint32_t rows;
    const char *link;
};

enum { HINTS_MAX = NARROWERS + 1 };

struct sme_result {
    const struct sme_query *query;
    struct arena arena;
    uint32_t *rows; /* of this page */
    uint32_t count, total, undated_excluded;
    struct bitmap observations; /* of indicators: the ones to embed; no words: all */
    const char *self, *next, *prev;
    struct hint hints[HINTS_MAX];
    uint32_t hint_count;
    struct view view;
    const struct layout *layout; /* of whole rows, while they are printed; NULL: none */
    struct said said;
    struct buf cell;
};

/* The rows that the query's order puts at `from` and after, `count` of them; there must be as many. False: no memory. */
bool sort_rows(struct sme_result *result, const struct bitmap *selected, uint32_t from, uint32_t count,
               uint32_t *ret_rows);

/* One row of the page as a JSON object. */
void print_row(struct sme_result *result, uint32_t i, struct buf *out);

void print_json(struct sme_result *result, struct buf *out);
void print_csv(struct sme_result *result, struct buf *out);
void print_ndjson(struct sme_result *result, struct buf *out);
void print_jsonstat(struct sme_result *result, struct buf *out);

/* The member "data" of a JSON answer, in the shape asked for. */
void print_data(struct sme_result *result, struct buf *out);

#endif
