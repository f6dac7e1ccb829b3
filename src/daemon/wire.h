/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_WIRE_H
#define SMESTATD_WIRE_H
/*
 * Connections as descriptors: through which TLS session and which gate their bytes go, and until when the client must
 * have done its part.
 *
 * The library counts only silence, so a client that sends or takes a byte now and then would be served for ever. Here a
 * whole head and a whole answer have a deadline each, and a thread of its own cuts off who misses it. It is told through
 * a table by descriptor, one store for each step of a request; the serving threads take no lock but when a connection
 * begins and ends.
 */
#include "config.h"
#include "gate.h"
#include "tls.h"

#include <stdbool.h>
#include <sys/types.h>

struct wire_counts {
    unsigned long long late_handshakes, late_heads, late_answers; /* cut off */
};

/* Starts the thread that keeps time. @return 0 or an errno. */
int wire_start(const struct config *config);
/* All connections must have ended. */
void wire_stop(void);
void wire_count(struct wire_counts *ret_counts);

/* Whether a descriptor can be watched at all. */
bool wire_has(int fd);
/* What the connection that is about to begin on this descriptor speaks; NULL: nothing but what it says. */
void wire_expect(int fd, struct tls *tls);
/* A connection begins, before anything is received on it, and ends, before it is closed. By the thread that serves it,
 * like all that follows. False: memory is short, and it must not go on. */
bool wire_open(int fd, struct gate *gate);
void wire_close(int fd);
/* From now on the answer is being sent; it was sent. */
void wire_answering(int fd);
void wire_answered(int fd, const struct gate *gate);

/* Takes over a socket on which the last answer was sent, and closes it a little later: closed while something is unread,
 * it would be reset, and the client might never see the answer. Any thread. */
void wire_linger(int fd);

/* Receives like recv: through the session and the gate, if the descriptor is that of a connection. */
ssize_t wire_receive(int fd, char *bytes, size_t size, int flags);
/* The session to send through; NULL: there is none. */
struct tls_session *wire_session(int fd);

#endif
