/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_COMPLETION_H
#define SMESTATD_COMPLETION_H
/*
 * Scripts that teach a shell to complete the daemon's options. What the options are is the caller's to say.
 */
#include <stddef.h>
#include <stdio.h>

/* What a shell needs to know of an option. All texts are borrowed. */
struct completion {
    const char *name, *help;
    const char *metavariable; /* what its value is called; "FILE" and "DIR" complete names of such; "": it takes none */
    const char *const *values; /* the only values there are, ended by NULL; NULL: others */
};

void completion_bash(const struct completion options[], size_t count, FILE *out);
void completion_zsh(const struct completion options[], size_t count, FILE *out);
void completion_fish(const struct completion options[], size_t count, FILE *out);

#endif
