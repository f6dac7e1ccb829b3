/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_HEALTH_H
#define SMESTATD_HEALTH_H
/* A health check that needs no shell: asks the daemon at the configured address and port for /healthz. */
#include "config.h"

/* True when it answers 200 within a few seconds; otherwise says why not on standard error. */
bool health_ask(const struct config *config);

#endif
