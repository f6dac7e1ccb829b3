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
    int listen_fd;
    int stop_fd; /* readable once it is to stop */
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

/* Accepts one client. @return whether to look for the next at once. */
static bool accept_one(struct acceptor *acceptor)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept4(acceptor->listen_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        acceptor->failing = false;
        http_add(acceptor->http, fd, (const struct sockaddr *)&address, length);
        return true;
    }
    if (is_passing(errno))
        return true;
    if (!acceptor->failing)
        log_write(acceptor->log, LEVEL_WARNING, "new clients wait: accept: %s", strerror(errno));
    acceptor->failing = true;
    return false;
}

static void *accept_all(void *context)
{
    struct acceptor *acceptor = context;
    struct pollfd watched[] = {
        {.fd = acceptor->stop_fd, .events = POLLIN},
        {.fd = acceptor->listen_fd, .events = POLLIN},
    };
    bool ready = true;

    for (;;) {
        bool listening = ready && http_has_room(acceptor->http);
        int count = poll(watched, listening ? 2 : 1, listening ? -1 : RETRY_MS);
        if (count > 0 && watched[0].revents != 0)
            return NULL;
        ready = !listening || count <= 0 || accept_one(acceptor);
    }
}

static void free_acceptor(struct acceptor *acceptor)
{
    if (acceptor->stop_fd >= 0)
        (void)close(acceptor->stop_fd);
    (void)close(acceptor->listen_fd);
    free(acceptor);
}

int acceptor_start(int listen_fd, struct http *http, struct log *log, struct acceptor **ret_acceptor)
{
    struct acceptor *acceptor = malloc(sizeof *acceptor);

    if (acceptor == NULL) {
        (void)close(listen_fd);
        return ENOMEM;
    }
    *acceptor = (struct acceptor){
        .listen_fd = listen_fd,
        .stop_fd = eventfd(0, EFD_CLOEXEC),
        .http = http,
        .log = log,
    };
    int fault = acceptor->stop_fd < 0 ? errno : pthread_create(&acceptor->thread, NULL, accept_all, acceptor);
    if (fault != 0) {
        free_acceptor(acceptor);
        return fault;
    }
    *ret_acceptor = acceptor;
    return 0;
}

void acceptor_stop(struct acceptor *acceptor)
{
    if (acceptor == NULL)
        return;
    (void)eventfd_write(acceptor->stop_fd, 1);
    (void)pthread_join(acceptor->thread, NULL);
    free_acceptor(acceptor);
}
