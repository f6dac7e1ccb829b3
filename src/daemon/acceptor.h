/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_ACCEPTOR_H
#define SMESTATD_ACCEPTOR_H
/*
 * New connections: a thread takes them from the listening sockets of one role and hands them to the transport, as long
 * as that has room; at the limit clients wait in the kernel's queue.
 *
 * The HTTP library could do this itself. But to stop accepting while connections live on, it takes the socket out of its
 * threads' epoll sets from the outside, and when a thread does the same at that moment it aborts the process.
 */
#include "http.h"
#include "listener.h"
#include "log.h"

struct acceptor;

/* The sockets must stay open until it is stopped. @return 0 or an errno. */
int acceptor_start(const struct listeners *listeners, enum listener_role role, struct http *http, struct log *log,
                   struct acceptor **ret_acceptor);
/* Hands over who already waits, unless another process will: the sockets can then be closed, so that the kernel refuses
 * clients. After that no call of the transport is under way. */
void acceptor_stop(struct acceptor *acceptor);

#endif
