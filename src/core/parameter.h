/* SPDX-License-Identifier: MIT */
#ifndef SME_PARAMETER_H
#define SME_PARAMETER_H
/* What the parameters of a query are: one table, of which each row knows how to read a value and how to spell it. */
#include "query.h"

/* What a setter gets: the value's text, terminated in the query's arena. */
struct setting {
    struct sme_query *query;
    struct sme_faults *faults;
    const struct parameter *parameter;
    const char *name; /* as given, with .not */
    bool negated;
    const char *value;
    size_t length;
};

struct parameter;
typedef void setter(struct setting *s);
typedef void speller(const struct sme_query *query, const struct parameter *parameter, struct buf *out);

/* Formats, a bit for each. */
enum {
    IN_JSON = 1 << FORMAT_JSON,
    IN_CSV = 1 << FORMAT_CSV,
    IN_DOCUMENTS = IN_JSON | 1 << FORMAT_JSONSTAT,
    IN_ROWS = IN_JSON | IN_CSV | 1 << FORMAT_NDJSON,
    IN_ALL = IN_DOCUMENTS | IN_ROWS,
};

struct parameter {
    const char *name;    /* NULL: a dimension's, which the dataset names */
    const char *negated; /* its name with .not; NULL: there is none */
    int filter;          /* of enum filter; -1 for the others */
    bool on_item;        /* also makes sense on a single row */
    uint8_t formats;     /* that it makes sense with */
    setter *set;
    speller *spell; /* NULL: filters are spelled by their number, an offset with its change */
};

/* In the order of a query's one spelling. Filters first, in the order of enum filter, then SEARCH and VALUE. */
enum { PARAMETERS = FILTERS + 14 };
extern const struct parameter parameters[];

/* The name of a parameter; of a filter, with .not if asked for. */
const char *parameter_name(const struct sme_dataset *dataset, const struct parameter *parameter, bool negated);

/* A wrong request must stay cheap: longer lists are not searched for a suggestion, nor is one made for more faults. */
enum { NEAREST_ROWS_MAX = 1000, NEAREST_FAULTS_MAX = 16 };

/* Reading. */
setter set_codes, set_years, set_search, set_value, set_match, set_latest, set_fields, set_sort, set_limit, set_offset,
    set_language, set_format, set_shape, set_bom, set_formulas, set_pretty;
/* Tells that a value is none of those that are accepted. */
void setting_refuse(struct setting *s, const char *value, size_t length, const char *accepted);

/* Spelling. */
speller spell_search, spell_value, spell_match, spell_latest, spell_fields, spell_sort, spell_limit, spell_language,
    spell_format, spell_shape, spell_bom, spell_formulas, spell_pretty;

/* By enum shape. */
extern const char *const shape_names[SHAPES];
/* The order of codes, for qsort and bsearch. */
int by_number(const void *a, const void *b);
/* Joins ranges that touch, so that 2021,2022 and 2021..2022 are one query. */
void join_ranges(struct choice *choice);

uint32_t count_columns(const struct column *columns);

/* The columns that a query may ask for. */
static inline const struct column *query_table(const struct sme_query *query)
{
    return query->dataset->columns[query->collection];
}

#endif
