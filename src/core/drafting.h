/* SPDX-License-Identifier: MIT */
#ifndef SME_DRAFTING_H
#define SME_DRAFTING_H
/* A draft while it is made: what the file's columns hold, and what they are taken for. */
#include "csv_file.h"
#include "csv_reader.h"
#include "lookup.h"
#include "observation_files.h"

enum {
    PERIOD_FORMATS = 10,
    TEXTS_MAX = 1000000, /* different texts kept of all columns together, of at most so many bytes */
    TEXT_BYTES_ALL_MAX = 1 << 26,
    PAIRS_MAX = 32,
    INDICATORS_MAX = 1000, /* more are no list that a person reads over */
    REMARKS_MAX = 3000,
    MAPPED_MAX = 60, /* an object of a document has at most 64 members */
    NOTES_MAX = 32,
};

struct counted {
    const char *text;
    uint32_t length;
    uint64_t count;
};

/* Different texts in the order in which they come. */
struct tally {
    struct arena arena;
    struct lookup lookup;
    struct counted *items;
    uint32_t count, capacity;
    size_t bytes;
    bool many; /* too many: none is kept */
};

enum use {
    USE_NONE,
    USE_PERIOD,
    USE_VALUE,
    USE_INDICATOR,
    USE_UNIT,
    USE_DIMENSION,
    USE_NAME, /* of what another column holds in code */
    USE_LEFT_OUT,
};

/* What a word of a header says. */
enum meaning { PERIOD_WORD, VALUE_WORD, INDICATOR_WORD, UNIT_WORD, NOTE_WORD, CODE_WORD, NAME_WORD };

struct draft_column {
    const char *header;
    const char *stem; /* the header without words for code and name */
    struct tally texts, odd;
    uint64_t numbers, empty, periods[PERIOD_FORMATS];
    struct period latest[PERIOD_FORMATS];
    bool fraction, unprintable;
    enum use use;
    unsigned names;      /* of USE_DIMENSION and USE_INDICATOR: the column of names and one, or 0 */
    const char *code;    /* of a dimension */
    uint32_t *name_rows; /* from its texts to those of the column of names, and one */
    const char **codes;  /* of its texts */
    bool *plain;         /* whether the reading of the file makes the same code of the text */
    bool *mapped;        /* whether the document must map the text to its code */
    bool declared;       /* too many codes for a map: the values stand in the document, found by name */
};

/* Two columns of which one may say what the other means. */
struct pair {
    unsigned from, to;
    bool by_header, broken;
    uint32_t *rows; /* the text of `to`, and one */
};

struct sme_draft {
    struct arena arena;
    struct sme_faults *faults;
    const char **remarks;
    size_t remark_count;
    struct buf document;
    bool undecided, no_memory;
    /* while reading */
    const char *path;
    struct sme_faults *told;
    struct csv_file source;
    uint64_t rows;
    struct csv_reader csv;
    struct draft_column *columns;
    unsigned column_count;
    size_t texts, text_bytes;
    struct pair pairs[PAIRS_MAX];
    unsigned pair_count;
    uint32_t *row;
    int period, value, indicator, unit, format; /* columns, or -1 */
    const char *notes[NOTES_MAX];
    unsigned note_count;
    uint32_t *indicator_units;
};

/* Sentences, in the draft's arena. They are "" where there was no memory, which the draft knows then. */
__attribute__((format(printf, 2, 3))) const char *draft_print(struct sme_draft *d, const char *format, ...);
/* "1 cell", "2 cells" */
const char *draft_amount(struct sme_draft *d, uint64_t count, const char *thing);
/* The beginning of a text, as far as a sentence bears. */
const char *draft_beginning(struct sme_draft *d, const char *text);
void draft_remark(struct sme_draft *d, const char *sentence);

/* Counts a text, one of at most so many. */
void draft_count_text(struct sme_draft *d, struct tally *tally, const struct csv_field *field, uint32_t most);
void draft_tally_finish(struct tally *tally);

/* Reading: the whole file, once to count its cells and once more to compare pairs of them. */
enum sme_status draft_read(struct sme_draft *d, bool again);
/* Whether a header has a word with this meaning. */
bool draft_means(const char *header, enum meaning meaning);
bool draft_is_year(const char *text);

/* Guesses, in this order. */
void draft_guess_lists(struct sme_draft *d);
void draft_guess_pairs(struct sme_draft *d);
void draft_use_pairs(struct sme_draft *d);
void draft_guess_units(struct sme_draft *d);
void draft_guess_dimensions(struct sme_draft *d);
/* Texts with digits are numbers in another spelling: to take them for missing would lose them. */
bool draft_is_mistaken(const struct counted *text);
/* A code made of a text that no other text in the table has. */
const char *draft_unique_code(struct sme_draft *d, struct lookup *taken, const char *text, size_t length,
                              const char *otherwise, bool *ret_plain);

/* The document. */
void draft_put_document(struct sme_draft *d, struct buf *out);

#endif
