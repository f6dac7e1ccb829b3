/* SPDX-License-Identifier: MIT */
#include "format.h"

#include "collection.h"

#include <string.h>

static const struct sme_format formats[FORMATS] = {
    [FORMAT_JSON] = {"json", ".json", "application/json", "application/json", false},
    [FORMAT_CSV] = {"csv", ".csv", "text/csv", "text/csv; charset=utf-8; header=present", true},
    [FORMAT_NDJSON] = {"ndjson", ".ndjson", "application/x-ndjson", "application/x-ndjson", true},
    [FORMAT_JSONSTAT] = {"jsonstat", ".jsonstat", "application/vnd.json-stat+json", "application/vnd.json-stat+json",
                         false},
};

const struct sme_format *format_at(enum format format)
{
    return &formats[format];
}

enum format format_find(const char *name)
{
    enum format f = FORMAT_JSON;

    while (strcmp(formats[f].name, name) != 0)
        f++;
    return f;
}

uint8_t collection_formats(enum collection collection)
{
    enum { ROWS = 1 << FORMAT_JSON | 1 << FORMAT_CSV | 1 << FORMAT_NDJSON };

    if (collection == DATASET || collection == FACETS)
        return 1 << FORMAT_JSON; /* trees, not tables */
    if (collection == OBSERVATIONS || collection == TARGETS)
        return ROWS | 1 << FORMAT_JSONSTAT;
    return ROWS;
}

const struct sme_format *sme_format_at(const char *collection, size_t i)
{
    enum collection found = collection_find(collection, strlen(collection));

    for (enum format f = 0; found != COLLECTIONS && f < FORMATS; f++)
        if (collection_formats(found) & 1 << f && i-- == 0)
            return &formats[f];
    return NULL;
}
