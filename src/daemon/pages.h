/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PAGES_H
#define SMESTATD_PAGES_H
/* The documents that are not data: the index, the problem types, the build. NULL: no memory. */
#include "exchange.h"

extern const char document_openapi[];
extern const size_t document_openapi_length;

/* What a collection holds, in words of ours; NULL: the index doesn't list it. */
const char *page_meaning(const char *collection, const char *language);

json_t *page_index_json(const struct exchange *exchange);
json_t *page_problems_json(const struct exchange *exchange);
json_t *page_problem_json(const struct exchange *exchange, const struct problem *problem);
json_t *page_version_json(const struct exchange *exchange);

/* HTML. */
bool page_has_script(void); /* whether the index is the dashboard */
struct body *page_index(const struct exchange *exchange);
struct body *page_problem(const struct exchange *exchange, const struct problem *problem);

#endif
