/* SPDX-License-Identifier: MIT */
/* The datasets that are part of the library, by name, and the schema of all others. */
#include "builtin.h"
#include "buf.h"
#include "fault.h"

#include <string.h>

#include <smestat.h>

/* The first is the one that is served when nobody asks for another. */
static const struct {
    const char *name;
    const char *file; /* as faults name it */
    const char *bytes;
    const size_t *length;
} builtins[] = {
    {"sme", "builtin:sme", builtin_sme, &builtin_sme_length},
    {"sme-series", "builtin:sme-series", builtin_sme_series, &builtin_sme_series_length},
};

enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

const char *sme_builtin_name(size_t i)
{
    return i < BUILTINS ? builtins[i].name : NULL;
}

static enum sme_status load(size_t i, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    return sme_dataset_load(builtins[i].file, builtins[i].bytes, *builtins[i].length, faults, ret_dataset);
}

enum sme_status sme_dataset_load_builtin(struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    return load(0, faults, ret_dataset);
}

enum sme_status sme_dataset_load_named(const char *name, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    size_t told = faults_told(faults), length = strlen(name);
    struct sme_nearest nearest = sme_nearest_to(name, length);
    struct buf accepted = BUF_INIT(256);

    for (size_t i = 0; i < BUILTINS; i++) {
        if (strcmp(name, builtins[i].name) == 0) {
            buf_finish(&accepted);
            return load(i, faults, ret_dataset);
        }
        sme_nearest_offer(&nearest, builtins[i].name);
        buf_text(&accepted, i > 0 ? ", " : "");
        buf_text(&accepted, builtins[i].name);
    }
    faults->no_memory = faults->no_memory || accepted.status == SME_NO_MEMORY;
    faults_add(faults, &(struct fault){
                           .kind = FAULT_UNKNOWN_BUILTIN,
                           .value = name,
                           .value_length = length,
                           .accepted = buf_string(&accepted),
                           .nearest = &nearest,
                       });
    buf_finish(&accepted);
    return faults_status(faults, told) == SME_NO_MEMORY ? SME_NO_MEMORY : SME_NOT_FOUND;
}

const char *sme_dataset_schema(size_t *ret_length)
{
    if (ret_length)
        *ret_length = builtin_schema_length;
    return builtin_schema;
}
