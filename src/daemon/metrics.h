/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_METRICS_H
#define SMESTATD_METRICS_H
/* What can be counted, in Prometheus' text format 0.0.4. */
#include "exchange.h"

/* NULL: no memory. */
struct body *metrics_print(const struct exchange *exchange);

#endif
