/* SPDX-License-Identifier: MIT */
#ifndef SME_CSV_FILE_H
#define SME_CSV_FILE_H
/* The bytes of a CSV file, as far as there is a ceiling for them. */
#include <stddef.h>
#include <stdint.h>

struct csv_file {
    int descriptor; /* -1: none */
    int error;      /* an errno, once reading failed */
    uint64_t bytes, total_bytes;
};

/* Opens a regular file: a pipe would never end, and be read once. To be closed in any case. @return NULL, or why not. */
const char *csv_file_open(struct csv_file *file, const char *path);
void csv_file_close(struct csv_file *file);
/* @return how many bytes, 0 at the end, -1 if reading failed. */
long csv_file_read(struct csv_file *file, char *into, size_t room);
/* Why reading failed. */
const char *csv_file_fault(const struct csv_file *file);

#endif
