/* SPDX-License-Identifier: MIT */
#include "acceptor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long to wait before looking again whether there is room, or memory and descriptors to accept with. */
enum { RETRY_MS = 10 };

struct acceptor {
    struct pollfd watched[1 + LISTENERS_MAX]; /* the first is readable once it is to stop, the others are listeners */
    bool passed[1 + LISTENERS_MAX];           /* as the listener says */
    nfds_t count;
    struct http *http;
    struct log *log;
    bool failing; /* the last accept failed, and that was said */
    pthread_t thread;
};

/* What accept says of one client, or of nobody. Anything else is about this process, and would come again at once. */
static bool is_passing(int fault)
{
    return fault == EAGAIN || fault == EWOULDBLOCK || fault == EINTR || fault == ECONNABORTED || fault == EPROTO;
}

enum outcome {
    OUTCOME_TAKEN,
    OUTCOME_NOBODY, /* nobody is there, or the one who was is gone */
    OUTCOME_FAILED, /* and would again at once */
};

static enum outcome accept_one(struct acceptor *acceptor, int listen_fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept4(listen_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        acceptor->failing = false;
        http_add(acceptor->http, fd, (const struct sockaddr *)&address, length);
        return OUTCOME_TAKEN;
    }
    if (is_passing(errno))
        return OUTCOME_NOBODY;
    if (!acceptor->failing)
        log_write(acceptor->log, LEVEL_WARNING, "new clients wait: accept: %s", strerror(errno));
    acceptor->failing = true;
    return OUTCOME_FAILED;
}

/* One from each listener in turn, so that none waits for the crowd at another. @return whether to look again at once. */
static bool accept_some(struct acceptor *acceptor)
{
    bool go_on = true;

    for (nfds_t i = 1; go_on && i < acceptor->count; i++)
        if (acceptor->watched[i].revents != 0 && http_has_room(acceptor->http))
            go_on = accept_one(acceptor, acceptor->watched[i].fd) != OUTCOME_FAILED;
    return go_on;
}

static void *accept_all(void *context)
{
    struct acceptor *acceptor = context;
    bool ready = true;

    for (;;) {
        bool listening = ready && http_has_room(acceptor->http);
        int count = poll(acceptor->watched, listening ? acceptor->count : 1, listening ? -1 : RETRY_MS);
        if (count > 0 && acceptor->watched[0].revents != 0)
            return NULL;
        ready = !listening || count <= 0 || accept_some(acceptor);
    }
}

int acceptor_start(const struct listeners *listeners, enum listener_role role, struct http *http, struct log *log,
                   struct acceptor **ret_acceptor)
{
    struct acceptor *acceptor = malloc(sizeof *acceptor);

    if (acceptor == NULL)
        return ENOMEM;
    *acceptor = (struct acceptor){.http = http, .log = log, .count = 1};
    acceptor->watched[0] = (struct pollfd){.fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN};
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *listener = &listeners->list[i];
        if (listener->role != role)
            continue;
        acceptor->passed[acceptor->count] = listener->passed;
        acceptor->watched[acceptor->count++] = (struct pollfd){.fd = listener->fd, .events = POLLIN};
    }
    int fault = acceptor->watched[0].fd < 0 ? errno : pthread_create(&acceptor->thread, NULL, accept_all, acceptor);
    if (fault != 0) {
        if (acceptor->watched[0].fd >= 0)
            (void)close(acceptor->watched[0].fd);
        free(acceptor);
        return fault;
    }
    *ret_acceptor = acceptor;
    return 0;
}

/* Clients whose connections the kernel has already made would be cut off when the socket is closed. */
static void empty_queue(struct acceptor *acceptor, int listen_fd)
{
    while (http_has_room(acceptor->http) && accept_one(acceptor, listen_fd) == OUTCOME_TAKEN)
        continue;
}

void acceptor_stop(struct acceptor *acceptor)
{
    if (acceptor == NULL)
        return;
    (void)eventfd_write(acceptor->watched[0].fd, 1);
    (void)pthread_join(acceptor->thread, NULL);
    for (nfds_t i = 1; i < acceptor->count; i++)
        if (!acceptor->passed[i])
            empty_queue(acceptor, acceptor->watched[i].fd);
    (void)close(acceptor->watched[0].fd);
    free(acceptor);
}
