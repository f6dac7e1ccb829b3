/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_TLS_H
#define SMESTATD_TLS_H
/*
 * TLS 1.2 and 1.3, by GnuTLS: a certificate with its key, which can be renewed while connections live, and the sessions
 * of connections. The only part that knows the TLS library.
 *
 * The HTTP library could do this itself. But while a client that has begun a handshake keeps it waiting, that library
 * asks again and again without a pause (0.9.75 with epoll), so one client takes a whole processor. It also wants threads
 * and limits of their own for connections with TLS, and sends head and body of an answer each by itself. So it is left
 * with what it takes for a plain connection, and what it receives and sends is turned on the way: see intercept.c.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* ---- A certificate and its key --------------------------------------------------------------------------------- */

struct credentials;

/* Reads both from files (PEM), which may be the same one. NULL: `fault` has a sentence. */
struct credentials *credentials_read(const char *certificate, const char *key, char *fault, size_t fault_size);
void credentials_unref(struct credentials *credentials);

struct tls;

/* Takes the credentials over, also when it fails. NULL: no memory, or no randomness. */
struct tls *tls_new(struct credentials *credentials);
/* When no session is left. */
void tls_free(struct tls *tls);

enum renewal { RENEWAL_OK, RENEWAL_UNCHANGED, RENEWAL_FAILED, RENEWALS };

/* Uses these for connections from now on, and takes them over; NULL: they could not be read, and what there was stays. By
 * one thread at a time. */
enum renewal tls_renew(struct tls *tls, struct credentials *credentials);
/* Until when the certificate is valid. Any thread, like all that follow here. */
time_t tls_expires(struct tls *tls);

/* Finished handshakes by how they went. */
enum handshake { HANDSHAKE_FULL, HANDSHAKE_RESUMED, HANDSHAKE_FAILED, HANDSHAKES };

struct tls_counts {
    unsigned long long handshakes[HANDSHAKES], renewals[RENEWALS];
    time_t expires;
};

void tls_count(struct tls *tls, struct tls_counts *ret_counts);

/* ---- The session of a connection, for the thread that serves it ------------------------------------------------- */

struct tls_session;

/* For a socket that does not block. NULL: no memory. */
struct tls_session *tls_session_new(struct tls *tls, int fd);
void tls_session_free(struct tls_session *session);
/* Whether the handshake is over. */
bool tls_session_is_ready(const struct tls_session *session);
/* Like recv, and all that is there: when it gives less than it was asked for, a new event will come. Does the handshake
 * first. A connection that ends without saying so first, as TLS wants it, is one that ends. */
ssize_t tls_receive(struct tls_session *session, void *bytes, size_t size);
/* Like sendmsg. What it did not take must be what the next call begins with. */
ssize_t tls_send(struct tls_session *session, const struct iovec *pieces, size_t count);
/* Says that nothing more will be sent. */
void tls_end(struct tls_session *session);

/* ---- Without a session ----------------------------------------------------------------------------------------- */

/* Sends what a client hears for whom there is no room, without ever waiting: an alert, which is all that it could read. */
void tls_refuse(int fd);
/* Asks as a client does, whoever answers, over a socket that blocks. @return how many bytes of the answer came; -1: none. */
ssize_t tls_ask(int fd, const void *question, size_t question_size, void *answer, size_t answer_size);

#endif
