/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PARAMETERS_H
#define SMESTATD_PARAMETERS_H
/* The parameter of a document that is no collection but has texts of the dataset: lang. */
#include "exchange.h"

/*
 * Reads the request's parameters. `ret_language` is one of the dataset's, asked for or negotiated. False: all that is
 * wrong has been answered, or there was no memory.
 */
bool parameters_read(struct exchange *exchange, const char *path, const char **ret_language);

#endif
