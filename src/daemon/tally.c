/* SPDX-License-Identifier: MIT */
#include "tally.h"

/* The frequent ones first: they are searched in this order. */
static const int statuses[TALLY_STATUSES] = {200, 304, 404, 400, 206, 204, 308, 405, 406,
                                             408, 414, 429, 431, 500, 501, 503, 505, 0};

/* From a kept answer, which takes some microseconds, to what somebody will complain of. */
static const struct step {
    uint64_t end_ns;
    const char *seconds;
} steps[TALLY_STEPS] = {
    {5000, "0.000005"},  {10000, "0.00001"}, {25000, "0.000025"}, {50000, "0.00005"},  {100000, "0.0001"},
    {250000, "0.00025"}, {500000, "0.0005"}, {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},
    {10000000, "0.01"},  {50000000, "0.05"}, {250000000, "0.25"}, {1000000000, "1"},   {UINT64_MAX, "+Inf"},
};

void tally_answer(struct tally *tally, unsigned route, enum method method, int status, uint64_t body_bytes)
{
    size_t place = 0;

    while (statuses[place] != status && statuses[place] != 0)
        place++;
    tally_add(&tally->answers[route < TALLY_ROUTES ? route : 0][method][place], 1);
    tally_add(&tally->body_bytes, body_bytes);
}

void tally_duration(struct tally *tally, uint64_t duration_ns)
{
    size_t step = 0;

    while (duration_ns > steps[step].end_ns)
        step++;
    tally_add(&tally->durations[step], 1);
    tally_add(&tally->duration_ns, duration_ns);
}

int tally_status(size_t place)
{
    return statuses[place];
}

const char *tally_step(size_t step)
{
    return steps[step].seconds;
}
