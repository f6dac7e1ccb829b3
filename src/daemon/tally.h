/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_TALLY_H
#define SMESTATD_TALLY_H
/*
 * What one thread counts of its answers, for /metrics. It alone writes, so counting takes neither a lock nor a line of the
 * processor's cache that others write to; whoever measures adds up the threads' tallies.
 */
#include "request.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
    TALLY_ROUTES = 128,  /* see route_number; what has a higher number is counted with what has none */
    TALLY_STATUSES = 18, /* those of the table in tally.c, the last of which stands for all others */
    TALLY_STEPS = 15,    /* of the histogram; the last one has no upper end */
};

struct tally {
    atomic_ullong answers[TALLY_ROUTES][METHODS][TALLY_STATUSES];
    atomic_ullong durations[TALLY_STEPS]; /* in each step, not up to its end */
    atomic_ullong duration_ns, body_bytes;
    atomic_ullong begun, ended; /* requests */
};

/* Adds to a counter that this thread alone writes: no need to lock the memory for it. */
static inline void tally_add(atomic_ullong *counter, unsigned long long number)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + number, memory_order_relaxed);
}

/* Counts an answer: the number of its route, and how much of a body goes with it. */
void tally_answer(struct tally *tally, unsigned route, enum method method, int status, uint64_t body_bytes);
/* Counts how long it took. */
void tally_duration(struct tally *tally, uint64_t duration_ns);

/* A status by its place in the tally; 0: all others. */
int tally_status(size_t place);
/* Where a step of the histogram ends, in seconds as they are printed; "+Inf" for the last one. */
const char *tally_step(size_t step);

#endif
