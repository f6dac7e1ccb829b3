/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_CODING_H
#define SMESTATD_CODING_H
/* Content codings (RFC 9110 section 8.4): which one a client likes best, and bodies in it. A coding is a row of a table. */
#include "reply.h"

enum coding { CODING_NONE, CODING_BROTLI, CODING_ZSTD, CODING_GZIP, CODINGS };

/* Below, what a coding adds eats the gain. */
enum { CODING_LEAST = 512 };

/* What stands in Content-Encoding; NULL for none. */
const char *coding_name(enum coding coding);
/* The best of those that this program has, by the client's weights, then by our order. */
enum coding coding_choose(const char *accept_encoding);
/* The body in the coding. `ret_body` is NULL where that would not be shorter. False: no memory. */
bool coding_apply(enum coding coding, const struct body *body, struct body **ret_body);

#endif
