/* SPDX-License-Identifier: MIT */
/*
 * The socket as libmicrohttpd sees it: what it receives has been decrypted and has been through the gate, and what it
 * sends is encrypted, where its client wants that.
 *
 * The library has no place to look at bytes before it parses them, and its own TLS is not fit for strangers (see tls.h).
 * But the dynamic linker resolves what a library calls in the executable first, and so does the static linker, so
 * functions of these names there are called in place of the C library's. The alternatives cost more: a second socket
 * between client and library doubles the system calls and the memory; looking ahead with MSG_PEEK doubles the receiving
 * and still leaves the bytes to be read as they are; parsing HTTP here leaves nothing for the library to do. Should
 * anybody else's recv come first after all, the transport notices: a head that did not come through the gate is refused.
 *
 * Descriptors that are no connections with a session of ours are passed on, by the system calls that these are.
 */
#include "rest.h"
#include "wire.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSTEAD __attribute__((visibility("default")))

INSTEAD ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    return wire_receive(fd, bytes, size, flags);
}

INSTEAD ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    struct tls_session *session = wire_session(fd);
    const struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};

    return session != NULL ? tls_send(session, &piece, 1) : sendto(fd, bytes, size, flags, NULL, 0);
}

INSTEAD ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct tls_session *session = wire_session(fd);

    return session != NULL ? tls_send(session, message->msg_iov, message->msg_iovlen)
                           : syscall(SYS_sendmsg, fd, message, flags);
}

/* The library ends a connection by this. Other ends are for those who do not listen any more, and come from other threads. */
INSTEAD int shutdown(int fd, int how)
{
    struct tls_session *session = how == SHUT_WR ? wire_session(fd) : NULL;

    if (session != NULL)
        tls_end(session);
    return (int)syscall(SYS_shutdown, fd, how);
}

/* Between the library's events its thread has time for what is ours. */
INSTEAD int epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
    return rest_wait(fd, events, count, timeout_ms);
}
