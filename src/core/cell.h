/* SPDX-License-Identifier: MIT */
#ifndef SME_CELL_H
#define SME_CELL_H
/* What the tables of columns are made with: values for scalars, printers for the rest, and links. */
#include "collection.h"

/* The tables, ended by a column without a name. */
extern const struct column indicator_columns[], observation_columns[], target_columns[], area_columns[],
    measure_columns[], category_columns[], year_columns[], unit_columns[], source_columns[], dimension_columns[],
    facet_columns[], dataset_columns[];

struct value no_value(void);
struct value text_value(enum sme_type type, const char *text, size_t length);
struct value str_value(enum sme_type type, const struct str *str);
struct value word_value(const struct words *words, uint8_t word);
struct value scratch_value(struct view *view, enum sme_type type);
struct value decimal_value(struct view *view, struct decimal decimal);
struct value number_value(struct view *view, const struct number *number);
struct value integer_value(struct view *view, uint64_t integer);
struct value boolean_value(bool boolean);
struct value period_value(struct view *view, struct period period);
void print_str(struct buf *out, const struct str *str);
void print_text(struct view *view, const struct str *text, struct buf *out);
void print_text_items(struct view *view, const struct texts *texts, struct buf *out);
void put_number(struct buf *out, const struct sme_dataset *dataset, const struct number *number); /* or null */
/* The same of one that the dataset has: the next columns often say it again. NULL is null, too. */
void print_number(struct view *view, const struct number *number, struct buf *out);
void put_period(struct buf *out, struct period period);
void put_year(struct buf *out, struct period period); /* or null */
void put_word_of(struct buf *out, const struct words *words, uint8_t word); /* or null */
void print_word(struct buf *out, const char *key, const struct words *words, uint8_t word);
void print_bases(struct view *view, const uint8_t *bases, struct buf *out);
void print_quoted(struct buf *out, const char *text);
void print_localized(struct view *view, struct buf *out, void (*print)(void *context, uint32_t language, struct buf *),
                     void *context);
void print_parts(struct view *view, const struct column *parts, uint32_t row, struct buf *out);
/* A link to a row of a collection, up to its id. */
void print_link_start(struct view *view, struct buf *out, enum collection named);
void print_link_to(struct view *view, struct buf *out, enum collection named, enum collection collection, uint32_t row);
void link_row(struct view *view, struct buf *out, const char *key, enum collection collection, uint32_t row);
void link_open(struct view *view, struct buf *out, enum collection collection, uint32_t row);
void link_filter(struct view *view, struct buf *out, enum collection collection, const char *parameter,
                 const char *code);
void print_matched(struct view *view, enum collection collection, uint32_t row, struct buf *out);
void print_value(const struct value *value, struct buf *out);
/* A link to where a filter's codes are listed, or null. */
void print_codes_link(struct view *view, const char *key, enum filter filter, struct buf *out);
/* True when a text was taken from the first language for want of a translation. What is computed never is. */
bool is_filled_in(const struct value *value, const struct value *first);

/* The observation's id. */
struct value compute_observation_id(struct view *view, uint32_t row);
/* The columns of an observation inside another row; how many there are. */
uint32_t inner_columns(const struct sme_dataset *dataset, const struct column *ret_columns[COLUMNS_MAX]);
/* An observation inside another row: what the outer row says already is left out. */
void print_inner_observation(struct view *view, uint32_t row, struct buf *out);
/* An instrument, which is no row of a collection of its own. */
void print_instrument(struct view *view, uint32_t row, struct buf *out);
/* The row in the collection of targets of an observation, or NONE. */
uint32_t target_row_of(const struct sme_dataset *dataset, uint32_t observation);

#endif
