/* SPDX-License-Identifier: MIT */
#ifndef SME_FORMAT_H
#define SME_FORMAT_H
/* The formats of answers: what each is called, and which collections come in it. */
#include "index.h"

#include <smestat.h>

enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON, FORMAT_JSONSTAT, FORMATS };

const struct sme_format *format_at(enum format format);
/* The format of this name, which there must be. */
enum format format_find(const char *name);
/* A bit for each format that a collection comes in. */
uint8_t collection_formats(enum collection collection);

#endif
