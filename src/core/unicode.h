/* SPDX-License-Identifier: MIT */
#ifndef SME_UNICODE_H
#define SME_UNICODE_H
/* What must be known about characters: whether bytes are UTF-8, and how a search folds text. */
#include "buf.h"

/* The length of the valid UTF-8 character at the start (RFC 3629: no overlong forms, no surrogates), 0 if there is none. */
size_t utf8_character(const char *bytes, size_t length);
bool utf8_valid(const char *bytes, size_t length);
/* The longest prefix of whole, valid characters that is at most `max` bytes. */
size_t utf8_cut(const char *bytes, size_t length, size_t max);
/* Case, accents and width forgotten: NFKC_Casefold without marks. Malloced and terminated; NULL: no memory. */
char *unicode_fold(const char *text, size_t length);

#endif
