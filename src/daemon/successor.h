/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_SUCCESSOR_H
#define SMESTATD_SUCCESSOR_H
/*
 * The program starts anew, with other code or other options from the environment, while this one serves: it gets the
 * listening sockets, so that the kernel goes on taking clients, and when it is ready this one ends.
 *
 * This process may not do that itself: it has given up such rights. So a small one is forked before that, which waits
 * beside it, does nothing else, and ends with it.
 */
#include "listener.h"

#include <stdbool.h>
#include <sys/types.h>

struct successor {
    int channel; /* to the process that waits; -1: there is none */
};

/* Forks it; for the only thread there is, before any right is given up. @return 0 or an errno. */
int successor_prepare(char *const argv[], struct successor *ret_successor);
void successor_finish(struct successor *successor);

/* Has the program started with these sockets. What becomes of it is told by SIGTERM, or SIGUSR2 where it failed. */
bool successor_start(const struct successor *successor, const struct listeners *listeners);

enum succession {
    SUCCESSION_NONE, /* nothing was told */
    SUCCESSION_DONE,
    SUCCESSION_FAILED
};

/* What was told, and the number of the process that follows. */
enum succession successor_outcome(const struct successor *successor, pid_t *ret_pid);

/* In the program that was started so: it is ready. Elsewhere this does nothing. */
void successor_ready(void);

#endif
