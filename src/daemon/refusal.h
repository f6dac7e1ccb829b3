/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_REFUSAL_H
#define SMESTATD_REFUSAL_H
/*
 * What a client hears for whom there is no room: a whole answer, made beforehand, so that sending it takes no memory and
 * no thread that serves.
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>

struct refusal {
    char *bytes; /* all but the status line and the date */
    size_t length;
};

/* False: no memory. */
bool refusal_make(const struct config *config, struct refusal *ret_refusal);
void refusal_finish(struct refusal *refusal);
/* Sends it, without ever waiting, and takes the socket over. `tls`: the client would understand no more than an alert.
 * `lingers`: it is closed a little later, see wire_linger. */
void refusal_send(const struct refusal *refusal, int fd, bool tls, bool lingers);

#endif
