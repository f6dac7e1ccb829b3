/* SPDX-License-Identifier: MIT */
#ifndef SME_SCHEMA_H
#define SME_SCHEMA_H
/*
 * How a JSON object becomes a record: one row per member says its name, what it may hold, and where it goes. What api/
 * dataset.schema.json says to editors, these tables say to the loader, and a test holds the two together.
 */
#include "dataset.h"
#include "document.h"

enum member_kind {
    MEMBER_IGNORED,   /* any string */
    MEMBER_LANGUAGES, /* read before all others, because texts need them */
    MEMBER_CODE,      /* struct str */
    MEMBER_MEASURE_ID,
    MEMBER_URL,
    MEMBER_FILE,       /* struct str: a path from the document's directory */
    MEMBER_NODE,       /* struct node: read later */
    MEMBER_TEXT,       /* text */
    MEMBER_TEXTS,      /* struct texts */
    MEMBER_DATE,       /* struct period: a day */
    MEMBER_PERIOD,     /* struct period: a year or a day */
    MEMBER_NUMBER,     /* struct number */
    MEMBER_QUANTITY,   /* struct number; or a text that is read when its unit is known */
    MEMBER_ORDER,      /* int64_t, 1 to 1000 */
    MEMBER_WORD,       /* uint8_t: a row of `words` */
    MEMBER_BASES,      /* uint8_t *: an object from language to a row of `words` */
    MEMBER_REFERENCE,  /* uint32_t: a row of `list` */
    MEMBER_REFERENCES, /* struct rows */
    MEMBER_PLACES,     /* an object from dimension to one of its values, resolved like references */
    MEMBER_RECORD,     /* the members of `of`, into the same record */
    MEMBER_LIST,       /* records of `of`: a pointer here, and the count at `count_offset` */
};

/* PASSING: the records of a list are needed while loading only. */
enum { REQUIRED = 1, NULLABLE = 2, NOT_EMPTY = 4, PASSING = 8 };

struct member {
    const char *name;
    enum member_kind kind;
    unsigned flags;
    size_t offset, count_offset;
    const struct words *words;
    const struct record *of;
    uint32_t max; /* lists: how many at most */
    enum list list;
};

struct record {
    const struct member *members; /* ended by a row without a name */
    size_t size;
    size_t place_offset; /* where the number of the value's place goes, or NOWHERE */
};

#define NOWHERE SIZE_MAX

/* A reference by code, resolved when all lists are read. */
struct pending {
    uint32_t *slot;
    enum list list;
    struct node node;
};

/* The dimensions that an observation names, resolved when all are read. */
struct placing {
    const struct observation_record *record;
    struct node node;
};

/* A number that is given in words, such as "more than 70,000". */
struct pending_words {
    struct number *slot;
    struct node node;
};

/* Who is told how far the reading is. */
struct progress {
    sme_progress *tell;
    void *context;
};

/* What reading a document needs. */
struct reader {
    struct sme_dataset *dataset;
    struct document *document;
    struct sme_faults *faults;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    struct placing *placings;
    size_t placing_count, placing_capacity;
    struct pending_words *words;
    size_t word_count, word_capacity;
    struct arena passing;  /* what is needed while loading only */
    const char *directory; /* of the document, with a slash or empty; NULL: it is no file */
    void *hash;            /* of the document and its files: the dataset's version */
    uint32_t *lines;       /* of observations from files: the lines of their rows */
    uint32_t line_capacity;
    const struct progress *progress; /* NULL: nobody is told */
    bool no_memory;
};

enum {
    CODE_BYTES_MAX = 64,
    TEXT_BYTES_MAX = 4096
}; /* codes stand in links and ids; a note is a paragraph, not a book */

extern const char accepted_code[];
bool is_code(const char *text, size_t length);

/* Reads the members of an object into a zeroed record. */
void schema_read(struct reader *reader, const struct record *record, struct node node, void *into);
/* A text that is the same in every language of the dataset. NULL: no memory. */
struct str *schema_same_text(struct reader *reader, const char *text, size_t length);
/* Adds a fault about a value. */
void schema_fault(struct reader *reader, uint32_t place, enum fault_kind kind, const char *value, const char *accepted);

/* Whether another parameter or member of a row is called so. */
bool dimension_is_reserved(const char *code);
/* Loads a document whose files are in a directory, which ends in a slash or is empty; NULL: it has no files. */
enum sme_status dataset_load_in(const char *name, const char *directory, const void *bytes, size_t length,
                                const struct progress *progress, struct sme_faults *faults,
                                struct sme_dataset **ret_dataset);

#endif
