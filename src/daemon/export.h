/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_EXPORT_H
#define SMESTATD_EXPORT_H
/* The resources as files for a static host: which file is which path's, and why, is said in export.c. */
#include "service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct export_outcome {
    size_t files;
    uint64_t bytes;
    char fault[1024]; /* what went wrong, without a line end; empty: nothing did */
};

/* Writes what the service answers to the directory config->export_to, which must be new or empty: all of it, or
 * nothing. `warn` hears a sentence for each thing left out. Ends early when SIGINT or SIGTERM is blocked and pending.
 * @return whether it is written. */
bool export_write(const struct config *config, struct service *service, struct sme_dataset *dataset,
                  void (*warn)(void *context, const char *sentence), void *context, struct export_outcome *ret_outcome);

#endif
