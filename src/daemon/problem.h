/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_PROBLEM_H
#define SMESTATD_PROBLEM_H
/* The registry of problem types (RFC 9457): what may go wrong is a row of one table. */
#include <stddef.h>

struct words_in {
    const char *en, *zh;
};

struct problem {
    const char *slug; /* /problems/{slug} */
    int status;
    struct words_in title;
    struct words_in meaning; /* what it means and what to do; the detail where nothing more precise is known */
};

/* The i-th row, or NULL past the last one. */
const struct problem *problem_at(size_t i);
/* The row of a slug, or NULL. */
const struct problem *problem_find(const char *slug);
/* The words in a language: "zh" is Chinese, all else English. */
const char *words_in(const struct words_in *words, const char *language);

#endif
