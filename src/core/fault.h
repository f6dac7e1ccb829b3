/* SPDX-License-Identifier: MIT */
#ifndef SME_FAULT_H
#define SME_FAULT_H
/* The fault list from the inside: what may be wrong is a row of one table in fault.c. */
#include "arena.h"
#include "unicode.h"

enum fault_kind {
    /* of a query */
    FAULT_UNKNOWN_PARAMETER,
    FAULT_REPEATED_PARAMETER,
    FAULT_UNKNOWN_CODE,
    FAULT_INVALID_VALUE,
    FAULT_MISSING_PARAMETER,
    FAULT_CONFLICT,
    FAULT_NOT_FOUND,
    /* of a dataset document */
    FAULT_UNKNOWN_BUILTIN,
    FAULT_UNREADABLE,
    FAULT_SYNTAX,
    FAULT_DUPLICATE_MEMBER,
    FAULT_UNKNOWN_MEMBER,
    FAULT_MISSING_MEMBER,
    FAULT_WRONG_TYPE,
    FAULT_WRONG_VALUE,
    FAULT_UNREADABLE_NUMBER,
    FAULT_DANGLING_REFERENCE,
    FAULT_DUPLICATE_CODE,
    FAULT_CYCLE,
    FAULT_OUTSIDE_DOMAIN,
    FAULT_CONTRADICTION,
    /* of a CSV file that belongs to a document */
    FAULT_CSV_SYNTAX,
    FAULT_UNKNOWN_COLUMN,
    FAULT_UNKNOWN_TEXT,
    FAULT_AMBIGUOUS_TEXT,
    FAULT_DUPLICATE_ROW,
    FAULT_KINDS
};

/* Faults as they are added; strings are copied, `accepted` and `resource` too. */
struct fault {
    enum fault_kind kind;
    const char *file; /* where there is no place in it, or where line and column are known; else faults_place sets it */
    unsigned line, column;
    unsigned part; /* files of a document are told of behind it, in their order: 1, 2, … */
    const char *path;
    const char *value;
    size_t value_length;
    const char *accepted;
    const char *resource;
    const char *repaired;
    const struct sme_nearest *nearest;
    size_t offset; /* of the place in the document's bytes */
};

struct sme_faults {
    struct arena arena;
    struct fault_record *records;
    size_t count, capacity, dropped;
    bool no_memory; /* a fault was lost for want of memory: the call that added it must say NO_MEMORY */
};

void faults_add(struct sme_faults *faults, const struct fault *fault);
/* Puts the faults from `first` on in the order of their places and fills in those lines and columns not known yet. */
void faults_place(struct sme_faults *faults, size_t first, const char *file, const char *bytes, size_t length);
/* How many faults were told so far. */
size_t faults_told(const struct sme_faults *faults);
/* What the list says about a call before which it was so many. For want of memory the call's faults are forgotten. */
enum sme_status faults_status(struct sme_faults *faults, size_t told);
/* Forgets all faults but the first so many, and that memory was short. */
void faults_forget(struct sme_faults *faults, size_t told);

#endif
