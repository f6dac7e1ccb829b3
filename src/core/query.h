/* SPDX-License-Identifier: MIT */
#ifndef SME_QUERY_H
#define SME_QUERY_H
/* A query from the inside: what parameters have set, and the rows they select. */
#include "collection.h"
#include "fault.h"
#include "format.h"
#include "range.h"

enum {
    SORT_KEYS_MAX = 8,    /* more than any table has columns worth sorting by */
    YEAR_RANGES_MAX = 64, /* of one parameter */
    WORDS_MAX = 16,       /* of a search */
    SEARCH_BYTES_MAX = 256,
};

/* What else narrows a selection, in the numbering of enum filter. */
enum { SEARCH = FILTERS, VALUE, NARROWERS };

struct year_range {
    uint16_t from, to;
};

/* What one filter parameter asks for. */
struct choice {
    uint32_t *codes;           /* ascending, each once; NULL for years */
    struct year_range *ranges; /* ascending and apart */
    uint32_t count, range_count;
    bool given, undated;
};

/* How rows stand in a JSON answer. */
enum shape { SHAPE_ROWS, SHAPE_COLUMNS, SHAPE_SERIES, SHAPE_KEYED, SHAPES };

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
    uint32_t limit, offset; /* limit NONE: not given */
    uint32_t language;
    enum format format;
    enum shape shape;
    bool all_languages, language_given, format_given, bom, escape_formulas, pretty;
    struct buf link;
};

/* The collection whose rows a collection's filters choose: indicators and facets are about observations. */
enum collection query_filtered(enum collection collection);
/* How many rows a page has; NONE: all. */
uint32_t query_limit(const struct sme_query *query);

/* The columns of an answer: those asked for, or all. @return how many. */
uint32_t query_columns(const struct sme_query *query, const struct column *ret_columns[COLUMNS_MAX]);

/* What a selection leaves out: one filter, SEARCH, VALUE, or nothing (-1); and whether the year is asked for. */
struct selection {
    int without;
    bool undated_only; /* instead of the years asked for */
    bool of_any_age;   /* not only the newest, even if those are asked for */
};

/* The rows that the filters leave. False: no memory. */
bool query_select(const struct sme_query *query, enum collection collection, struct selection selection,
                  struct bitmap *ret_rows);
/* Keeps the newest row of each series: indicator, kind and dimensions. False: no memory. */
bool query_keep_latest(const struct sme_query *query, enum collection collection, struct bitmap *rows);
/* True when years are asked for in a way that leaves undated rows out. */
bool query_excludes_undated(const struct sme_query *query);
/* True when a filter, SEARCH or VALUE is set. */
bool query_has(const struct sme_query *query, int filter);
/* The name of a filter, SEARCH or VALUE. */
const char *filter_name(const struct sme_dataset *dataset, int filter);

/* A change to the query's one spelling. */
struct link_change {
    int without;  /* a filter, SEARCH or VALUE left out, or -1 */
    bool undated; /* year=undated instead of the years asked for */
    bool moves;   /* to this offset */
    uint32_t offset;
    bool toggles; /* a code of a filter, which is added, or taken away where it stands */
    int filter;
    uint32_t code;
    size_t *code_end; /* is told where the code ends in what was printed, if it is the filter's only one; or NULL */
    bool elsewhere;   /* to observations: what chooses rows, and nothing else */
};
/* Whether a code of a filter is asked for, or with `negated` kept out. */
bool query_chooses(const struct sme_query *query, int filter, bool negated, uint32_t code);
/* Prints the query's link with a change. */
void query_print_link(const struct sme_query *query, struct link_change change, struct buf *out);

#endif
