/* SPDX-License-Identifier: MIT */
#ifndef SME_BUILTIN_H
#define SME_BUILTIN_H
/* The files of api/ that are part of the library, put into the program at build time. */
#include <stddef.h>

extern const char builtin_sme[];
extern const size_t builtin_sme_length;
extern const char builtin_sme_series[];
extern const size_t builtin_sme_series_length;
extern const char builtin_schema[];
extern const size_t builtin_schema_length;

#endif
