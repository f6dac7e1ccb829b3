/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_NOTIFY_H
#define SMESTATD_NOTIFY_H
/*
 * Telling the service manager how the daemon is, by systemd's protocol (sd_notify(3)): one datagram of NAME=value lines
 * to the socket that NOTIFY_SOCKET names. Without a manager all of this does nothing.
 */
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notifier {
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t length;
    uint64_t watchdog_ms; /* it restarts the daemon unless it hears from it so often; 0: it does not */
};

/* Reads the environment. */
void notifier_open(struct notifier *ret_notifier);
void notifier_close(struct notifier *notifier);

/* Loaded, and accepting: also the end of a reload. Any thread, like all that follow. */
void notify_ready(const struct notifier *notifier);
void notify_reloading(const struct notifier *notifier);
void notify_stopping(const struct notifier *notifier);
/* Another process is to be watched from here on. */
void notify_successor(const struct notifier *notifier, long pid);
void notify_watchdog(const struct notifier *notifier);

#endif
