/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_ROUTES_H
#define SMESTATD_ROUTES_H
/* The route table: an endpoint is a row. */
#include "exchange.h"

struct route {
    /* {collection} is a name of the library's; {id} and {slug} are any segment. */
    const char *path;
    void (*handle)(struct exchange *exchange);
    bool queried; /* takes parameters, which the handler judges; on others every parameter is unknown */
    bool live;    /* tells how this process is doing: nothing to be written to a file */
    const char *(*slug)(size_t i); /* the i-th word that {slug} stands for, or NULL past the last one */
};

/* Answers with what `print` makes, which is kept like data for the next who asks for the same. */
void answer_kept(struct exchange *exchange, const char *link, const char *language,
                 void (*print)(struct exchange *exchange, const char *language));

/* The i-th row, or NULL past the last one. */
const struct route *route_at(size_t i);

#endif
