/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CONTRACT_H
#define SMESTATD_CONTRACT_H
/*
 * The description of the interface as it is served: api/openapi.json with the codes of the dataset in it. A client that
 * is generated from it knows which categories, indicators, … there are, and refuses others before it runs.
 */
#include "reply.h"

#include <smestat.h>

/* A longer list would make the description too large for what reads it; api/openapi.json says so. */
enum { CONTRACT_CODES_MAX = 1000 };

/* NULL: no memory. */
struct body *contract_new(struct sme_dataset *dataset);

#endif
