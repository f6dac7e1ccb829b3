/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PARAMETERS_H
#define SMESTATD_PARAMETERS_H
/* The parameters of a document that is no collection but has texts of the dataset: lang and pretty. */
#include "exchange.h"

struct parameters {
    const char *language; /* of the dataset: asked for, or negotiated */
    bool language_given, pretty;
};

/* Reads the request's parameters. False: all that is wrong with them has been answered, or there was no memory. */
bool parameters_read(struct exchange *exchange, const char *path, struct parameters *ret_parameters);
/* The document's one spelling with these parameters, without the base URL. The caller frees it. NULL: no memory. */
char *parameters_link(const char *path, const struct parameters *parameters);

#endif
