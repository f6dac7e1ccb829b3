/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_ACCEPTOR_H
#define SMESTATD_ACCEPTOR_H
/*
 * New connections: a thread takes them from the listening sockets of one role and hands them to the transport. Who comes
 * when there is no room hears so at once, instead of waiting in the kernel's queue for nobody knows how long.
 *
 * The HTTP library could do this itself. But to stop accepting while connections live on, it takes the socket out of its
 * threads' epoll sets from the outside, and when a thread does the same at that moment it aborts the process.
 */
#include "crowd.h"
#include "http.h"
#include "listener.h"
#include "log.h"
#include "refusal.h"

struct acceptor;

/* Why some are turned away. */
enum turned_away {
    TURNED_BY_LIMIT,       /* of all connections */
    TURNED_BY_ADDRESS,     /* its address has too many */
    TURNED_BY_DESCRIPTORS, /* the process or the system has no more */
    TURNED_REASONS
};

/* What an acceptor needs; all of it must outlive it, and the sockets stay open. */
struct acceptor_means {
    const struct listeners *listeners;
    enum listener_role role;
    struct http *http;
    struct tls *tls;     /* for the listeners that want it */
    struct crowd *crowd; /* as the transport's; NULL: addresses are not counted */
    const struct refusal *refusal;
    struct log *log;
    unsigned answer_timeout_ms; /* for what the kernel has of answers; Unix sockets have no such timeout */
};

/* @return 0 or an errno. */
int acceptor_start(const struct acceptor_means *means, struct acceptor **ret_acceptor);
/* Adds up how many were taken and turned away. Any thread. */
void acceptor_count(const struct acceptor *acceptor, unsigned long long *taken,
                    unsigned long long turned_away[static TURNED_REASONS]);
/* `empties`: hands over who already waits, unless the socket was passed in and another process will. The sockets can then
 * be closed, so that the kernel refuses clients. After that no call of the transport is under way. */
void acceptor_stop(struct acceptor *acceptor, bool empties);
/* When it was stopped, and nobody counts any more. */
void acceptor_free(struct acceptor *acceptor);

#endif
