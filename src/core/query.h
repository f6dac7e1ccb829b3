/* SPDX-License-Identifier: MIT */
#ifndef SME_QUERY_H
#define SME_QUERY_H
/* A query from the inside: what parameters have set, and the rows they select. */
#include "collection.h"
#include "fault.h"
#include "range.h"

enum {
    SORT_KEYS_MAX = 8,    /* more than any table has columns worth sorting by */
    YEAR_RANGES_MAX = 64, /* of one parameter */
    WORDS_MAX = 16,       /* of a search */
    COLUMNS_MAX = 40,     /* of any collection; a test compares */
    SEARCH_BYTES_MAX = 256,
};

/* What else narrows a selection, in the numbering of enum filter. */
enum { SEARCH = FILTERS, VALUE, NARROWERS };

struct year_range {
    uint16_t from, to;
};

/* What one filter parameter asks for. */
struct choice {
    bool given;
    uint32_t *codes; /* ascending, each once; NULL for years */
    uint32_t count;
    struct year_range ranges[YEAR_RANGES_MAX]; /* ascending and apart */
    uint32_t range_count;
    bool undated;
};

struct sort_key {
    const struct column *column;
    bool descending;
};

struct sme_query {
    struct sme_dataset *dataset;
    enum collection collection;
    struct arena arena;
    uint32_t item;                     /* the one row, or NONE */
    uint64_t set, tried;               /* a bit for each parameter that was set, or for which somebody tried */
    struct choice choices[FILTERS][2]; /* [1]: the one with .not */
    struct interval range;             /* of `value` */
    enum match match;
    bool range_given, match_given, latest;
    const char *search;
    const char *words[WORDS_MAX]; /* of the search, folded */
    uint32_t word_count;
    const struct column *columns[COLUMNS_MAX];
    uint32_t column_count; /* 0: all */
    struct sort_key sort[SORT_KEYS_MAX];
    uint32_t sort_count;
    uint32_t limit, offset;
    uint32_t language;
    bool all_languages, language_given, pretty, format_given;
    struct buf link;
};

/* What a selection leaves out: one filter, SEARCH, VALUE, or nothing (-1); and whether the year is asked for. */
struct selection {
    int without;
    bool undated_only; /* instead of the years asked for */
};

/* The rows that the filters leave. False: no memory. */
bool query_select(const struct sme_query *query, enum collection collection, struct selection selection,
                  struct bitmap *ret_rows);
/* True when years are asked for in a way that leaves undated rows out. */
bool query_excludes_undated(const struct sme_query *query);
/* True when a filter, SEARCH or VALUE is set. */
bool query_has(const struct sme_query *query, int filter);
/* The name of a filter, SEARCH or VALUE. */
const char *filter_name(int filter);

/* A change to the query's one spelling. */
struct link_change {
    int without;  /* a filter, SEARCH or VALUE left out, or -1 */
    bool undated; /* year=undated instead of the years asked for */
    bool moves;   /* to this offset */
    uint32_t offset;
};
/* Prints the query's link with a change. */
void query_print_link(const struct sme_query *query, struct link_change change, struct buf *out);

#endif
