/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_SERVE_H
#define SMESTATD_SERVE_H
/*
 * Serving from beginning to end: dataset, service, sockets, transport, signals, in this order, and back.
 */
#include "config.h"
#include "log.h"

#include <stdbool.h>

/* Sets signals and memory up, before any thread is started: signals are left to the main thread. `reloads`: there will be
 * something to reload. */
void serve_prepare(bool reloads);
/* Serves until a signal ends it, or another program that was started with these arguments follows it. @return the exit
 * status. */
int serve(const struct config *config, char *const argv[], struct log *log);

#endif
