/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_METRICS_H
#define SMESTATD_METRICS_H
/* What can be counted, in Prometheus' text format 0.0.4. */
#include "exchange.h"

/* Opens what is read of the process, which later may not be opened any more. Before the first request; what was not
 * opened has no samples. */
void metrics_open(void);
/* NULL: no memory. */
struct body *metrics_print(const struct exchange *exchange);

#endif
