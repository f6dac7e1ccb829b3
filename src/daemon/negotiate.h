/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_NEGOTIATE_H
#define SMESTATD_NEGOTIATE_H
/* Content negotiation (RFC 9110 section 12) and preconditions (section 13). Header values may be NULL: not sent. */
#include <stdbool.h>
#include <stddef.h>

/* The media type that is liked best; earlier ones win ties. -1: none is acceptable. */
int negotiate_type(const char *accept, const char *const *types, size_t count);
/* The language (of an array ended by NULL) that is liked best; a range such as zh-CN finds zh (RFC 4647 lookup). The
 * first one if none is. */
size_t negotiate_language(const char *accept_language, const char *const *languages);
/* The position of the content coding that the client likes best, among names ended by NULL; -1 where it would rather have
 * none. Of equal weights the first one stays. */
int negotiate_coding(const char *accept_encoding, const char *const *codings);
/* Whether one of the entity tags in If-None-Match is this one, compared weakly, or *. */
bool etag_matches(const char *if_none_match, const char *etag);

#endif
