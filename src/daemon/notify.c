/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* In microseconds, and for this process only, if it says for which. */
static uint64_t watchdog_of_environment(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (interval == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return strtoull(interval, NULL, 10) / 1000;
}

void notifier_open(struct notifier *ret_notifier)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct notifier notifier = {.fd = -1, .address.sun_family = AF_UNIX};
    size_t length = path != NULL ? strlen(path) : 0;

    /* A path, or a name without a file, which begins with @ for a NUL. */
    if (length > 1 && length < sizeof notifier.address.sun_path && (*path == '/' || *path == '@')) {
        memcpy(notifier.address.sun_path, path, length);
        if (*path == '@')
            notifier.address.sun_path[0] = '\0';
        notifier.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        notifier.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    if (notifier.fd >= 0)
        notifier.watchdog_ms = watchdog_of_environment();
    *ret_notifier = notifier;
}

void notifier_close(struct notifier *notifier)
{
    if (notifier->fd >= 0)
        (void)close(notifier->fd);
    notifier->fd = -1;
}

/* A manager that does not listen is none of the clients' business. */
static void say(const struct notifier *notifier, const char *state)
{
    if (notifier->fd >= 0)
        while (sendto(notifier->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&notifier->address, notifier->length) < 0 &&
               errno == EINTR)
            continue;
}

void notify_ready(const struct notifier *notifier)
{
    say(notifier, "READY=1\nSTATUS=Serving.");
}

void notify_reloading(const struct notifier *notifier)
{
    struct timespec now;
    char state[96];

    /* The time tells the manager which READY=1 ends this. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reloading the dataset.",
                   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    say(notifier, state);
}

void notify_stopping(const struct notifier *notifier)
{
    say(notifier, "STOPPING=1\nSTATUS=Finishing answers.");
}

void notify_successor(const struct notifier *notifier, long pid)
{
    char state[48];

    (void)snprintf(state, sizeof state, "MAINPID=%ld\nREADY=1", pid);
    say(notifier, state);
}

void notify_watchdog(const struct notifier *notifier)
{
    say(notifier, "WATCHDOG=1");
}
