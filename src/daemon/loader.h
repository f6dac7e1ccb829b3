/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_LOADER_H
#define SMESTATD_LOADER_H
/* Reads a dataset and says all that is wrong with it, one sentence a fault. */
#include <smestat.h>

enum { LOADER_SENTENCE_BYTES = 1024 };

/* What became of it. */
struct loading {
    struct sme_dataset *dataset; /* the caller's; NULL: there is none, for the faults that were said */
    size_t faults;
    char first[512]; /* the first of them, with the file's name but not its directory; valid UTF-8 */
};

/* Whether a place is a file, which may change. The others are "builtin:NAME", and NULL for the dataset that is served when
 * nobody names one. "./builtin:x" is a file. */
bool loader_reads_file(const char *place);
/* The dataset at a place. `say` gets sentences such as "file:line:column: path: …". */
struct loading loader_load(const char *path, void (*say)(void *context, const char *sentence), void *context);
/* Says why something could not be read, each fault in a sentence. `faults` may be NULL. @return how many there are. */
size_t loader_say_faults(const struct sme_faults *faults, const char *name, enum sme_status status,
                         void (*say)(void *context, const char *sentence), void *context);
/* What a dataset is called that comes from there. */
const char *loader_name(const char *path);

#endif
