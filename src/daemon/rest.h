/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_REST_H
#define SMESTATD_REST_H
/*
 * Memory of connections at rest. libmicrohttpd clears all memory of a connection after each answer, so that from its first
 * request on a connection keeps all of it, even if there is no second one. What is nothing but zeros can be given back to
 * the system, which gives zeros again to who touches it: so whatever the library does with that memory, it notices
 * nothing. It is done by the thread that serves the connection, when it would wait for events.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>

/* A connection's part; zero at its beginning. */
struct rest {
    struct rest *next, *before; /* among those of its thread that may have memory to give back; NULL: not among them */
    char *memory;               /* the library's, of this connection; NULL: not known */
    bool noticed, stirred;      /* something was received on it; it was answered since it was looked at last */
};

/* How much memory the library has for a connection. Before there is one. */
void rest_prepare(size_t connection_bytes);
/* Something is about to be received. The library begins that at the beginning of a connection's memory, and with half of it;
 * if not, it is another library than we know, and nothing will be given back. */
void rest_notice(struct rest *rest, char *bytes, size_t size);
/* The connection was answered, and its memory is about to be cleared. */
void rest_stir(struct rest *rest);
/* The connection ends. */
void rest_end(struct rest *rest);
/* Waits like epoll_wait, but not behind as many events as there was room for, and gives back what the thread's connections
 * do not need meanwhile. */
int rest_wait(int fd, struct epoll_event *events, int count, int timeout_ms);

#endif
