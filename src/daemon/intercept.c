/* SPDX-License-Identifier: MIT */
/*
 * recv() as libmicrohttpd 0.9 calls it: through the gate.
 *
 * The library has no place to look at bytes before it parses them. But the dynamic linker resolves what a library calls in
 * the executable first, and so does the static linker, so a function of this name there is called in place of the C
 * library's. The alternatives cost more: a second socket between client and library doubles the system calls and the
 * memory; looking ahead with MSG_PEEK doubles the receiving and still leaves the bytes to be read as they are; parsing
 * HTTP here leaves nothing for the library to do. Should anybody else's recv come first after all, the transport
 * notices: a head that did not come through the gate is refused.
 *
 * For libmicrohttpd 1.0 and later this file is not built.
 */
#include "wire.h"

#include <sys/socket.h>

struct call {
    int fd, flags;
};

static ssize_t receive(void *context, void *bytes, size_t size)
{
    const struct call *call = context;
    /* The system call is the same. */
    return recvfrom(call->fd, bytes, size, call->flags, NULL, NULL);
}

__attribute__((visibility("default"))) ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    struct call call = {.fd = fd, .flags = flags};
    return wire_receive(fd, false, bytes, size, receive, &call);
}
