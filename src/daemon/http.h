/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_HTTP_H
#define SMESTATD_HTTP_H
/*
 * The transport: connections in, requests to the service, answers out. The only part that knows the HTTP library.
 */
#include "config.h"
#include "log.h"
#include "service.h"

struct http;

/* Serves on a listening socket, with `threads` threads. Takes the socket over; after a failure its state is unknown. Log
 * and service must outlive it. @return 0 or an errno. */
int http_start(const struct config *config, unsigned threads, struct service *service, struct log *log, int listen_fd,
               struct http **ret_http);
/* Accepts nothing more: the kernel refuses new clients. Connections that exist live on. */
void http_quiesce(struct http *http);
/* How many requests are being answered now. */
unsigned http_busy(const struct http *http);
/* Ends every connection and thread. The service must be freed after it, since it keeps what the transport made. */
void http_stop(struct http *http);

#endif
