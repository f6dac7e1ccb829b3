/* SPDX-License-Identifier: MIT */
#ifndef SME_FILE_READER_H
#define SME_FILE_READER_H
/* A file of observations while it is read: what the document says of it, and how far its reading has come. */
#include "csv_file.h"
#include "csv_reader.h"
#include "lookup.h"
#include "observation_files.h"

/* What a column can be; the dataset's dimensions follow. */
enum role {
    ROLE_INDICATOR,
    ROLE_PERIOD,
    ROLE_VALUE,
    ROLE_KIND,
    ROLE_PERIOD_BASIS,
    ROLE_QUALIFIER,
    ROLE_SOURCE,
    ROLES,
    ROLES_MAX = ROLES + SME_DIMENSIONS_MAX,
};

struct file_role {
    const char *name;
    const struct words *words; /* NULL: codes of a list, or no codes */
    enum list list;            /* LISTS: none */
};
/* But those of dimensions. */
extern const struct file_role file_roles[ROLES];

struct text {
    const char *bytes;
    size_t length;
};

/* What the document says of a role. */
struct part {
    const char *header; /* NULL: no column */
    const char *name_header;
    bool constant;
    uint32_t place; /* of the member that says so; 0: none does */
    uint32_t code;  /* of a constant */
    struct period period;
    struct lookup lookup; /* from a column's texts to codes */
};

/* Where in its row something stood that is judged when the row ends. */
struct spot {
    unsigned line, column;
};

struct file_reader {
    struct reader *reader;
    struct sme_dataset *dataset;
    const struct observation_file *file;
    unsigned number; /* of the file, from 1 */
    struct csv_file source;
    struct csv_reader csv;
    struct part parts[ROLES_MAX];
    struct text missing[FILE_TEXTS_MAX], suppressed[FILE_TEXTS_MAX];
    uint32_t missing_count, suppressed_count;
    /* the header: what each column is called, and a bit for each role that it plays, or whose name it is */
    const char **headers;
    uint32_t *roles, *names;
    uint32_t column_count;
    /* the row */
    struct observation row;
    uint32_t members[SME_DIMENSIONS_MAX];
    struct buf value_names[SME_DIMENSIONS_MAX];
    struct spot start, value, qualifier, name_spots[SME_DIMENSIONS_MAX];
    struct buf words; /* the value's text, if that is in words */
    bool bad, no_qualifier, in_words;
    /* of the dimensions whose values come from files: the texts met so far, in all files */
    struct lookup *met;
};

unsigned file_role_count(const struct sme_dataset *dataset);
const char *file_role_name(const struct sme_dataset *dataset, unsigned role);
/* Whether the role is a dimension's whose values come from files. */
bool file_takes_values(const struct file_reader *f, unsigned role);

/* Makes the plan of what the document says. False: that is not all that is needed, or is wrong, or there was no memory. */
bool file_plan(struct file_reader *f);

/* A new value, called by the text until a column of names says better. NONE: no memory. */
uint32_t file_add_value(struct file_reader *f, unsigned role, const char *code, size_t code_length, const char *text,
                        size_t length);
bool file_text_is_among(const struct text *texts, uint32_t count, const char *bytes, size_t length);

#endif
