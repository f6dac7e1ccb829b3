/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_LISTENER_H
#define SMESTATD_LISTENER_H
/*
 * Listening sockets: opened where the options say, or passed in by whoever started the daemon, such as systemd or the
 * daemon that this one is to follow.
 */
#include "config.h"
#include "place.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whom a socket is for. Each has threads and limits of its own. */
enum listener_role {
    LISTENER_PUBLIC, /* everybody */
    LISTENER_ADMIN,  /* probes and metrics, which a flood on the others must not keep waiting */
    LISTENER_ROLES
};

struct listener {
    int fd;
    enum listener_role role;
    bool tls;      /* that is what is spoken there */
    bool passed;   /* somebody else has it too, so that what waits in its queue is not lost with this process */
    char url[128]; /* where it can be reached: "http://127.0.0.1:8080", "https://[::]:8443", "unix:/run/smestatd.sock" */
    char path[sizeof((struct place *)0)->path]; /* of a file of ours, which is removed at the end */
};

enum { LISTENERS_MAX = PLACES_MAX + 1 };

struct listeners {
    struct listener list[LISTENERS_MAX];
    size_t count;
};

/* Takes over what was passed in and opens what is missing. On failure nothing is open, and `fault` gets one sentence
 * that says what to do. Before the first thread: it reads and clears environment variables and the umask. */
bool listeners_open(const struct config *config, struct listeners *ret_listeners, char *fault, size_t fault_size);
/* Closes them, and removes their files, unless somebody else listens there by now. */
void listeners_close(struct listeners *listeners);

/* What one is called when it is passed on: whom it is for, and whether it then belongs to who gets it. */
const char *listener_name(const struct listener *listener);

/* One of them. */
bool listener_open(const struct place *place, mode_t mode, struct listener *ret_listener, char *fault,
                   size_t fault_size);

#endif
