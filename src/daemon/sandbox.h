/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_SANDBOX_H
#define SMESTATD_SANDBOX_H
/*
 * What the daemon gives up once it has started, so that whoever should ever make it do something else finds little to do.
 * First, before there is a second thread: new privileges, capabilities, and all files but some folders (Landlock, Linux
 * 5.13). Then, when all threads run: every system call that serving does not take (seccomp).
 */
#include "log.h"

#include <stdbool.h>
#include <stddef.h>

/* SANDBOX_AUTO: as much of it as the kernel has. SANDBOX_STRICT: all of it, or no start. */
enum sandbox { SANDBOX_AUTO, SANDBOX_STRICT, SANDBOX_OFF };

/* The ways to files that may still be read, and the files that may still be removed; both end with NULL. Of a way, the
 * folders are left open in which it turns, so that a file may be replaced, or a link be led elsewhere beside it; never
 * the root. */
struct sandbox_files {
    const char *const *read, *const *removed;
};

/* For the only thread there is. False, after saying why: it must not go on. */
bool sandbox_close_files(enum sandbox sandbox, const struct sandbox_files *files, struct log *log);
/* For all threads, by any. Whatever makes another call than those that are left ends the process (SIGSYS). */
bool sandbox_close_calls(enum sandbox sandbox, struct log *log);

/* A system call that is left: its name, its number, and when it is made. */
struct sandbox_call {
    const char *name;
    int number;
    const char *use;
};
/* NULL past the last one. */
const struct sandbox_call *sandbox_call_at(size_t i);

#endif
