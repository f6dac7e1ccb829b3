/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_LISTENER_H
#define SMESTATD_LISTENER_H
/*
 * The listening socket: from an address and a port to a descriptor that accepts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener {
    int fd;
    char url[80]; /* where it can be reached: "http://127.0.0.1:8080", "http://[::]:8080" */
};

/* Listens on a numeric address or "localhost"; port 0 lets the system choose. On failure `fault` gets one sentence that
 * says what to do. */
bool listener_open(const char *address, uint16_t port, struct listener *ret_listener, char *fault, size_t fault_size);

#endif
