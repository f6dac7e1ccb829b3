/* SPDX-License-Identifier: MIT */
#ifndef SME_DATASET_H
#define SME_DATASET_H
/*
 * The dataset: every record and string of a loaded document, what was derived from them, and the index. It never changes
 * after loading, and all of it lives in one arena.
 *
 * Rows are numbers: an indicator, unit, source… is its position in its list.
 */
#include "arena.h"
#include "decimal.h"
#include "index.h"
#include "period.h"
#include "ranks.h"

#include <smestat.h>
#include <stdatomic.h>

#define NONE UINT32_MAX /* no row */

enum { DIMENSION_VALUES_MAX = 100000 };
enum { OBSERVATIONS_MAX = 10000000 }; /* half a gigabyte of them, and as much again for the index */

/* A string, ready to print: as it is and as a JSON string with its quotes. Absent: text is NULL. */
struct str {
    const char *text, *json;
    uint32_t length, json_length;
};

/*
 * A text is a `const struct str *`: an array with one string for each language of the dataset, holes filled from the first
 * language. NULL: absent.
 */
struct texts {
    const struct str **items;
    uint32_t count;
};

struct rows {
    uint32_t *items;
    uint32_t count;
};

/* Lists of records begin with their place in the document, for faults found after reading. */
struct unit {
    uint32_t place;
    struct str code;
    const struct str *name, *pattern, *description;
    struct number min, max;
    struct texts notes;
};

struct source {
    uint32_t place;
    struct str code;
    const struct str *title, *publisher, *form, *series, *topic, *reported_by;
    struct period date;
    uint8_t date_basis;
    const struct str *speaker_name, *speaker_position, *speaker_organization;
    struct str url;
    struct texts notes;
};

struct category {
    uint32_t place;
    struct str code;
    const struct str *name, *description;
    struct texts notes;
};

struct indicator {
    uint32_t place;
    struct str code;
    const struct str *name, *source_name, *description, *population, *denominator;
    uint8_t *name_basis; /* a word for each language */
    struct texts aliases, notes;
    uint32_t category, unit, part_of;
    uint8_t measure, direction;
};

/* What few observations have. */
struct details {
    struct period as_of;
    struct number upper;
    const struct str *wording, *population;
    struct texts notes;
};
extern const struct details no_details;

/* There may be ten million of these. A value that is not known has a status, and no qualifier. */
struct observation {
    struct number value;
    const struct details *details; /* never NULL */
    uint32_t indicator, source;
    struct period period;
    uint8_t kind, period_basis, qualifier, status;
};

/* An observation as the document has it. */
struct observation_record {
    uint32_t place;
    struct observation observation;
    struct details details;
};

struct code_table;

/* A further dimension, such as region: a list of values of which each observation has one. */
struct dimension {
    uint32_t place;
    struct str code;
    const struct str *name, *description;
    struct texts notes;
    struct dimension_value *values;
    uint32_t value_count, value_capacity;
    uint8_t values_from;      /* NO_WORD: the document has them all */
    struct str default_code;  /* of the value that an observation has which names none; NULL text: it must */
    uint32_t default_value;   /* its row, or NONE */
    const char *negated;      /* the parameter with .not */
    struct code_table *table; /* of the values */
};

struct dimension_value {
    uint32_t place;
    struct str code;
    const struct str *name, *description;
    struct texts notes;
    bool met, named; /* first met in a file; and named by a column of it */
};

struct instrument {
    uint32_t place;
    struct str code;
    uint8_t kind;
    const struct str *name, *description;
    uint8_t *name_basis;
    struct texts notes;
};

/* A focus area's link to an indicator. */
struct area_link {
    uint32_t place;
    uint32_t indicator;
    uint8_t kind; /* NO_WORD: observations of both kinds */
    uint8_t basis;
};

struct measure {
    uint32_t place;
    struct str id;
    uint8_t kind;
    const struct str *text, *source_text;
    struct rows instruments;
    uint32_t target_place; /* place of the member, 0: none */
    uint32_t target_indicator;
    struct period target_period;
    uint32_t target; /* the observation, found after reading */
    struct period period;
    uint8_t period_basis;
    struct texts notes;
    uint32_t area; /* the focus area that holds it, set after reading */
};

struct focus_area {
    uint32_t place;
    struct str code;
    int64_t order;
    uint8_t ordinal_basis, title_basis;
    const struct str *title, *source_title, *description;
    struct period period;
    uint8_t period_basis;
    struct rows categories;
    struct area_link *links;
    uint32_t link_count;
    struct measure *measures;
    uint32_t measure_count;
    struct texts notes;
};

/* The words of fixed lists, in the order of the arrays in dataset.c. */
enum { NO_WORD = UINT8_MAX };
enum kind { KIND_ACTUAL, KIND_TARGET };
enum basis { BASIS_STATED, BASIS_INFERRED, BASIS_NONE };
enum link_basis { LINK_STATED, LINK_EDITORIAL };
enum direction { DIRECTION_UP, DIRECTION_DOWN };
enum qualifier {
    QUALIFIER_EXACT,
    QUALIFIER_MORE_THAN,
    QUALIFIER_AT_LEAST,
    QUALIFIER_LESS_THAN,
    QUALIFIER_AT_MOST,
    QUALIFIER_NEARLY,
    QUALIFIER_ABOUT,
    QUALIFIER_BETWEEN,
};
enum status { STATUS_MISSING, STATUS_SUPPRESSED };
enum measure_kind { MEASURE_TARGET = 5 };

struct words {
    const char *const *names; /* ended by NULL */
    const char *accepted;     /* the same as one string, for faults */
};
/* How many words a list has. */
uint8_t words_count(const struct words *words);

extern const struct words kind_words, basis_words, dating_words, link_basis_words, title_basis_words, name_basis_words,
    measure_words, direction_words, qualifier_words, status_words, values_from_words, measure_kind_words,
    instrument_kind_words;

/* Every list whose records have codes, which begin with these two members. */
struct coded {
    uint32_t place;
    struct str code;
};
enum list {
    LIST_UNITS,
    LIST_SOURCES,
    LIST_CATEGORIES,
    LIST_INDICATORS,
    LIST_INSTRUMENTS,
    LIST_AREAS,
    LIST_DIMENSIONS,
    LIST_MEASURES,
    LISTS
};

/* A list's records in order, and a hash table from code to row. */
struct code_table {
    const struct coded **records;
    uint32_t count;
    uint32_t *slots; /* rows, NONE where empty */
    uint32_t mask;
};

/* A hash table of observations by indicator, period, kind and the values of all dimensions. */
struct row_table {
    uint32_t *slots;
    uint32_t mask;
};

struct column;
struct layouts;
struct observation_file;

struct sme_dataset {
    atomic_uint refs;
    struct arena arena;
    char version[33];

    /* as read */
    uint8_t format;
    struct str id;
    const struct str *title, *description, *license;
    struct str languages[SME_LANGUAGES_MAX];
    uint32_t language_count;
    struct period as_of;
    struct texts notes;
    struct unit *units;
    struct source *sources;
    struct category *categories;
    struct indicator *indicators;
    struct observation *observations; /* this and `members` are not in the arena: they grow while files are read */
    struct instrument *instruments;
    struct focus_area *areas;
    struct dimension *dimensions;
    uint32_t dimension_count;
    uint32_t unit_count, source_count, category_count, indicator_count, observation_count, instrument_count, area_count;

    struct str *spellings; /* of numbers that have one of their own; neither in the arena */
    uint32_t spelling_count, spelling_capacity;

    /* while loading */
    struct observation_record *records; /* the document's own observations, which come first */
    struct observation_file *files;
    uint32_t record_count, file_count, observation_capacity;

    /* derived */
    struct code_table codes[LISTS];
    struct row_table observation_table;
    uint32_t *members; /* of observation o in dimension d: a row of its values, at o * dimension_count + d */
    uint32_t *series;  /* of each observation: equal for the same indicator, kind and dimensions, from 0 on */
    uint32_t series_count;
    const struct column *columns[COLLECTIONS]; /* with the dimensions among them */
    const struct column **inner_columns;       /* of an observation inside another row */
    uint32_t inner_column_count;
    struct layouts *layouts; /* see layout.h; the one thing that is made after loading, not in the arena */
    uint32_t *targets;                         /* observations that are targets */
    uint32_t target_count;
    struct measure **measures; /* of all areas, in order */
    uint32_t measure_count;
    uint16_t
        *years; /* that observations or areas have, ascending; code 0 of the year axis is undated, i + 1 years[i] */
    uint32_t year_count;
    const char **file_paths; /* of the files beside the document */
    uint32_t file_path_count;
    struct index index;
    struct ranks ranks;
};

/* Once all is loaded: where rows are many, what queries look at here and there lies in large pages. */
void dataset_settle(struct sme_dataset *dataset);

/* A string in both forms, in the arena. False: no memory. */
bool str_make(struct arena *arena, struct str *ret_str, const char *bytes, size_t length);
/* The row with this code in a table, or NONE. */
uint32_t table_find(const struct code_table *table, const char *code, size_t length);
/* The row with this code in a list, or NONE. */
uint32_t find_code(const struct sme_dataset *dataset, enum list list, const char *code, size_t length);
/* Makes the table of a list whose records are filled in. Rows of equal codes: the first is found, `twin` hears of others. */
bool code_table_make(struct sme_dataset *dataset, enum list list,
                     void (*twin)(void *context, const struct coded *record), void *context);
/* The code of a year on the year axis, NONE if the dataset has nothing in that year. 0: undated. */
uint32_t year_code(const struct sme_dataset *dataset, unsigned year);
/* What an observation's values are in all dimensions. */
const uint32_t *members_of(const struct sme_dataset *dataset, uint32_t observation);
/* The row of a dimension's value with this code, or NONE. */
uint32_t find_dimension_value(const struct dimension *dimension, const char *code, size_t length);
/* Makes the table of a dimension's values, like code_table_make. */
bool member_table_make(struct sme_dataset *dataset, struct dimension *dimension,
                       void (*twin)(void *context, const struct coded *record), void *context);
/* The observation of an indicator, period, kind and values of all dimensions, or NONE. */
uint32_t find_observation(const struct sme_dataset *dataset, uint32_t indicator, struct period period, uint8_t kind,
                          const uint32_t *members);
/* Numbers the series. False: no memory. */
bool series_make(struct sme_dataset *dataset);
/* Makes that table; `twin` hears of rows that equal an earlier one. */
bool observation_table_make(struct sme_dataset *dataset, void (*twin)(void *context, uint32_t row, uint32_t earlier),
                            void *context);
/* Appends a value to a dimension whose values come from files. NULL: no memory. */
struct dimension_value *dimension_add(struct sme_dataset *dataset, struct dimension *dimension);
/*
 * Appends room for an observation, zeroed but for its details, and for its values in all dimensions, which are the
 * defaults. NULL: no memory.
 */
struct observation *observation_add(struct sme_dataset *dataset);
/* Reads a number with its spelling, if it has one of its own. `ret_number` stays untouched if it is not read. */
enum decimal_error dataset_number(struct sme_dataset *dataset, const char *text, size_t length,
                                  struct number *ret_number, bool *ret_no_memory);
/* The day an observation speaks of, at the latest: of its period, and of its "as of" if the period holds that. */
struct period observation_day(const struct observation *observation);
/* True when it speaks of a later day. What has no period is never newer than what has one. */
bool observation_is_newer(const struct observation *observation, const struct observation *than);
/* True when the link of a focus area covers observations of this indicator and kind (NO_WORD: any). */
bool link_covers(const struct area_link *link, uint32_t indicator, uint8_t kind);

#endif
