/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_HTTP_H
#define SMESTATD_HTTP_H
/*
 * The transport: connections in, requests to the service, answers out. The only part that knows the HTTP library.
 */
#include "config.h"
#include "crowd.h"
#include "log.h"
#include "proxies.h"
#include "service.h"

#include <stdbool.h>
#include <sys/socket.h>

struct http;
struct tls;

struct http_limits {
    unsigned threads, connections; /* at least one of each */
    struct crowd *crowd;           /* is told when a connection that was counted ends; NULL: none is */
    const struct proxies *proxies; /* whose word is taken */
};

/* Starts threads that serve the connections they are given. Log and service must outlive them. @return 0 or an errno. */
int http_start(const struct config *config, const struct http_limits *limits, struct service *service, struct log *log,
               struct http **ret_http);
/* Whether one more connection can be taken. For the one thread that adds them. */
bool http_has_room(struct http *http);
/* Takes over a connected socket, on which the client speaks TLS unless that is NULL. @return false: memory is short, and
 * it was closed. */
bool http_add(struct http *http, int fd, const struct sockaddr *address, socklen_t length, struct tls *tls);
/* How many connections are open. */
unsigned http_connections(const struct http *http);
/* Whether there are connections, or some that were handed over but have not come up yet. */
bool http_has_clients(const struct http *http);
/* Ends every connection and thread. */
void http_stop(struct http *http);
/* When it was stopped, and nobody counts any more. The service must be freed after it, since it keeps what the transport
 * made. */
void http_free(struct http *http);

#endif
