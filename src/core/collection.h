/* SPDX-License-Identifier: MIT */
#ifndef SME_COLLECTION_H
#define SME_COLLECTION_H
/*
 * Collections and their columns. A column is a row of a table: its name, where its value comes from, and what kind of value
 * it is. Printing, sorting and `fields` know nothing else.
 */
#include "dataset.h"
#include "unicode.h"

struct facets;
void facets_free(struct facets *facets);

/* What was printed last, in case it is said again. */
struct printed {
    const void *what; /* in the dataset; NULL: nothing yet */
    size_t length;
    char text[80];
};

/* Who looks at rows: in which language, with which links. `scratch` holds what is computed for one cell. */
struct view {
    const struct sme_dataset *dataset;
    uint32_t language;
    bool all_languages;
    const char *base;
    const struct sme_query *query;     /* NULL outside of queries */
    const struct bitmap *observations; /* those to embed; NULL: all */
    struct printed number;             /* an observation's */
    struct facets *facets; /* what was counted for them; NULL: nothing yet */
    struct buf scratch;
};

/* A scalar. Text is borrowed from the dataset or the view's scratch. */
struct value {
    enum sme_type type; /* SME_NULL, TEXT, CODE, NUMBER or BOOLEAN */
    const char *text;
    size_t length;
    const char *json; /* the text as JSON, where the dataset has it ready */
    size_t json_length;
    struct decimal number;
    bool boolean;
};

enum column_kind {
    COLUMN_CODE,      /* struct str at the offset */
    COLUMN_TEXT,      /* a text at the offset, in the language */
    COLUMN_TEXTS,     /* struct texts at the offset */
    COLUMN_WORD,      /* uint8_t at the offset, of `words` */
    COLUMN_BASES,     /* uint8_t * at the offset */
    COLUMN_REFERENCE, /* uint32_t at the offset, of `list` */
    COLUMN_PERIOD,    /* struct period at the offset; undated is "undated" */
    COLUMN_DATE,      /* struct period at the offset; undated is null */
    COLUMN_YEAR,      /* struct period at the offset; undated is null */
    COLUMN_NUMBER,    /* struct number at the offset */
    COLUMN_MEMBER,    /* the value of dimension `offset` */
    COLUMN_COMPUTED,  /* `compute`, and `print` where that is the shorter way to the same JSON */
    COLUMN_PRINTED,   /* `print` */
};

/* What an observation's cells depend on, beside language and links, for what is printed ahead (layout.h). */
enum depends {
    ON_ROW,
    ON_INDICATOR,
    ON_PLAIN,   /* on the indicator alone, where the observation has no details of its own */
    ON_DATING,  /* on kind, period and how that is known */
    ON_QUALITY, /* on qualifier and status */
    ON_SOURCE,
    DEPENDS
};

struct column {
    const char *name;
    enum column_kind kind;
    const char *key; /* the name as it stands in JSON, with comma and colon; only of a dataset's own columns */
    size_t key_length;
    size_t offset;
    const struct words *words;
    enum list list;
    enum depends depends;
    bool localized; /* computed columns that depend on the language */
    bool searched;  /* only there when the query searches */
    struct value (*compute)(struct view *view, uint32_t row);
    void (*print)(struct view *view, uint32_t row, struct buf *out);
    const struct column *parts; /* printed one after another they are the cell, and may depend on less; or NULL */
};

enum { COLUMNS_MAX = 40 }; /* of any collection, dimensions among them; a test compares */

/* The columns of a collection, ended by one without a name, in every dataset. One has dataset->columns, with its own
 * dimensions and with keys. */
const struct column *collection_columns(enum collection collection);
const struct column *dataset_column(const struct sme_dataset *dataset, enum collection collection, const char *name,
                                    size_t length);
/* Fills dataset->columns. False: no memory. */
bool columns_make(struct sme_dataset *dataset);
const struct column *collection_column(enum collection collection, const char *name, size_t length);
/* The collection of this name, or COLLECTIONS. */
enum collection collection_find(const char *name, size_t length);
const char *collection_name(enum collection collection);

/* One row's value in the view's language. Only columns that are scalar. */
struct value column_value(struct view *view, enum collection collection, const struct column *column, uint32_t row);
bool column_is_scalar(const struct column *column);
/* One cell as JSON, in every language if the view wants all. */
void column_print(struct view *view, enum collection collection, const struct column *column, uint32_t row,
                  struct buf *out);
/* The same with its key, and a brace or comma before it. */
void cell_print(struct view *view, enum collection collection, const struct column *column, uint32_t row, bool first,
                struct buf *out);
/* An object with these columns, or all. */
void row_print(struct view *view, enum collection collection, uint32_t row, const struct column *const *columns,
               uint32_t count, struct buf *out);

/* A row's id, as it stands in links. An observation's has three parts. */
void print_id_of_indicator(const struct sme_dataset *dataset, const struct observation *o, struct buf *out);
void print_id_of_dating(const struct observation *o, struct buf *out);
void print_id_of_members(const struct sme_dataset *dataset, uint32_t observation, struct buf *out);
void row_print_id(const struct sme_dataset *dataset, enum collection collection, uint32_t row, struct buf *out);
/* The row with this id, or NONE. */
uint32_t row_find(const struct sme_dataset *dataset, enum collection collection, const char *id);

/* The codes that a filter on a collection takes: how many, their names, and the code of a name (NONE: no such). Not for
 * years. */
uint32_t vocabulary_size(const struct sme_dataset *dataset, enum collection collection, enum filter filter);
const char *vocabulary_name(const struct sme_dataset *dataset, enum collection collection, enum filter filter,
                            uint32_t code);
uint32_t vocabulary_find(const struct sme_dataset *dataset, enum collection collection, enum filter filter,
                         const char *name, size_t length);
/* Prints where a filter's codes are listed. False: nowhere but among the words. */
bool vocabulary_print_resource(const struct sme_dataset *dataset, enum filter filter, struct buf *out);
const struct words *vocabulary_words(enum collection collection, enum filter filter);

#endif
