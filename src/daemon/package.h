/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PACKAGE_H
#define SMESTATD_PACKAGE_H
/*
 * The dataset as other programs describe datasets: as a Frictionless Data Package with a Table Schema for each CSV file,
 * and as a schema.org Dataset. NULL: no memory.
 */
#include "exchange.h"

/* Made of openapi.json by api/tables.py: a line for each collection with its Table Schema. */
extern const char document_tables[];
extern const size_t document_tables_length;

struct body *package_descriptor(const struct exchange *exchange, const char *language);
json_t *linked_data_json(const struct exchange *exchange, const char *language);

#endif
