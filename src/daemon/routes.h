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

/* The i-th row, or NULL past the last one. */
const struct route *route_at(size_t i);

/*
 * Routes as metrics number them: the rows one after the other, a row with {collection} once for each collection. 0 is no
 * route. Labels are the paths, with the collection in its place.
 */
unsigned route_number(const struct route *route, const char *collection);
enum { ROUTE_LABEL_BYTES = 128 };
/* False past the last one. */
bool route_label(unsigned number, char out[static ROUTE_LABEL_BYTES]);

#endif
