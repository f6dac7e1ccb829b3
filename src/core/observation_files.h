/* SPDX-License-Identifier: MIT */
#ifndef SME_OBSERVATION_FILES_H
#define SME_OBSERVATION_FILES_H
/*
 * Observations from CSV files beside the document: what each column means is said in the document, what stands in the
 * cells is checked here, and each fault has the line and column of its cell.
 */
#include "schema.h"

enum {
    OBSERVATION_FILES_MAX = 100,
    CSV_COLUMNS_MAX = 1000, /* more than a person maps or a spreadsheet shows */
    FILE_TEXTS_MAX = 64,    /* that mean "missing", or "suppressed" */
};

/* A file as the document has it. Nodes are read when the lists that they refer to are. */
struct observation_file {
    uint32_t place;
    struct str file;
    struct node columns, constants, codes, missing, suppressed;
    uint8_t period_format, value_form;
    /* derived */
    const char *path;
    uint32_t first_row; /* of the dataset's observations */
};

extern const struct record observation_file_record;

/* Reads all files behind the document's own observations. Their bytes go into the version. */
void observation_files_read(struct reader *reader);
/* Tells that a row of a file is the same as an earlier one. */
void observation_files_twin(struct reader *reader, uint32_t row, uint32_t earlier);

/* What a draft of a document must judge as the reading of files does. */
extern const struct words observation_period_formats;
bool observation_text_is_printable(const char *text, size_t length);
bool observation_period_read(const char *format, const char *text, size_t length, struct period *ret_period);
/* @return the code's length; 0 where there is none, or no room. */
size_t observation_code_make(const char *text, size_t length, char *code, size_t room);

#endif
