/* SPDX-License-Identifier: MIT */
#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY_MS = 10,        /* how long to wait before looking again where accepting failed for want of memory */
    SAY_AFTER_S = 60,     /* how often at most to say in the log that some were turned away */
    UNSENT_BYTES = 65536, /* of answers the kernel takes so many beyond what a client has room for */
};

struct acceptor {
    struct acceptor_means means;
    struct pollfd watched[1 + LISTENERS_MAX]; /* the first is readable once it is to stop, the others are listeners */
    bool passed[1 + LISTENERS_MAX];           /* as the listener says … */
    bool tls[1 + LISTENERS_MAX];              /* … of each */
    nfds_t count;
    int spare_fd; /* given up to take one client more and tell it that there is no room */
    bool failing; /* the last accept failed, and that was said */
    bool stopped;
    atomic_ullong taken, turned_away[TURNED_REASONS];
    unsigned long long said; /* how many turned away the log knows of */
    time_t said_at;
    pthread_t thread;
};

/* ---- Who is turned away ---------------------------------------------------------------------------------------- */

static void say_turned_away(struct acceptor *acceptor, enum turned_away reason)
{
    static const char *const words[TURNED_REASONS] = {
        [TURNED_BY_LIMIT] = "there are as many connections as --max-connections says",
        [TURNED_BY_ADDRESS] = "an address has as many connections as --max-connections-per-address says",
        [TURNED_BY_DESCRIPTORS] = "there are no more file descriptors",
    };
    unsigned long long count = 0, taken = 0, by_reason[TURNED_REASONS] = {0};
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (acceptor->said > 0 && now.tv_sec - acceptor->said_at < SAY_AFTER_S)
        return;
    acceptor_count(acceptor, &taken, by_reason);
    for (size_t i = 0; i < TURNED_REASONS; i++)
        count += by_reason[i];
    log_write(acceptor->means.log, LEVEL_WARNING, "clients are turned away, %llu so far: %s", count, words[reason]);
    acceptor->said = count;
    acceptor->said_at = now.tv_sec;
}

static void turn_away(struct acceptor *acceptor, int fd, bool tls, enum turned_away reason)
{
    (void)atomic_fetch_add_explicit(&acceptor->turned_away[reason], 1, memory_order_relaxed);
    /* Not to be kept a little longer, like others, where there is no descriptor: then there would be no spare one. */
    refusal_send(acceptor->means.refusal, fd, tls, reason != TURNED_BY_DESCRIPTORS);
    say_turned_away(acceptor, reason);
}

void acceptor_count(const struct acceptor *acceptor, unsigned long long *taken,
                    unsigned long long turned_away[static TURNED_REASONS])
{
    *taken += atomic_load_explicit(&acceptor->taken, memory_order_relaxed);
    for (size_t i = 0; i < TURNED_REASONS; i++)
        turned_away[i] += atomic_load_explicit(&acceptor->turned_away[i], memory_order_relaxed);
}

/* ---- Accepting ------------------------------------------------------------------------------------------------- */

/* What accept says of one client, or of nobody. Anything else is about this process, and would come again at once. */
static bool is_passing(int fault)
{
    return fault == EAGAIN || fault == EWOULDBLOCK || fault == EINTR || fault == ECONNABORTED || fault == EPROTO;
}

static bool is_want_of_descriptors(int fault)
{
    return fault == EMFILE || fault == ENFILE;
}

enum outcome {
    OUTCOME_TAKEN,
    OUTCOME_NOBODY, /* nobody is there, or the one who was is gone */
    OUTCOME_FAILED, /* and would again at once */
};

static enum outcome take(struct acceptor *acceptor, int fd, bool tls, const struct sockaddr *address, socklen_t length)
{
    struct crowd *crowd = acceptor->means.crowd;
    uint64_t place = crowd != NULL ? crowd_place(crowd, address) : 0;

    acceptor->failing = false;
    if (!http_has_room(acceptor->means.http)) {
        turn_away(acceptor, fd, tls, TURNED_BY_LIMIT);
    } else if (crowd != NULL && !crowd_enter(crowd, place)) {
        turn_away(acceptor, fd, tls, TURNED_BY_ADDRESS);
    } else {
        (void)atomic_fetch_add_explicit(&acceptor->taken, 1, memory_order_relaxed);
        if (!http_add(acceptor->means.http, fd, address, length, tls ? acceptor->means.tls : NULL) && crowd != NULL)
            crowd_leave(crowd, place);
    }
    return OUTCOME_TAKEN;
}

static enum outcome accept_one(struct acceptor *acceptor, nfds_t listener)
{
    int listen_fd = acceptor->watched[listener].fd;
    bool tls = acceptor->tls[listener];
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept4(listen_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int fault = fd < 0 ? errno : 0;

    if (fd >= 0)
        return take(acceptor, fd, tls, (const struct sockaddr *)&address, length);
    if (is_want_of_descriptors(fault) && acceptor->spare_fd >= 0) {
        (void)close(acceptor->spare_fd);
        if ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
            turn_away(acceptor, fd, tls, TURNED_BY_DESCRIPTORS);
        acceptor->spare_fd = fcntl(acceptor->watched[0].fd, F_DUPFD_CLOEXEC, 0);
        return OUTCOME_TAKEN;
    }
    if (is_passing(fault))
        return OUTCOME_NOBODY;
    if (!acceptor->failing)
        log_write(acceptor->means.log, LEVEL_WARNING, "new clients wait: accept: %s", strerror(fault));
    acceptor->failing = true;
    return OUTCOME_FAILED;
}

/* One from each listener in turn, so that none waits for the crowd at another. @return whether to look again at once. */
static bool accept_some(struct acceptor *acceptor)
{
    bool go_on = true;

    for (nfds_t i = 1; go_on && i < acceptor->count; i++)
        if (acceptor->watched[i].revents != 0)
            go_on = accept_one(acceptor, i) != OUTCOME_FAILED;
    return go_on;
}

void acceptor_free(struct acceptor *acceptor)
{
    if (acceptor == NULL)
        return;
    if (acceptor->watched[0].fd >= 0)
        (void)close(acceptor->watched[0].fd);
    if (acceptor->spare_fd >= 0)
        (void)close(acceptor->spare_fd);
    free(acceptor);
}

static void *accept_all(void *context)
{
    struct acceptor *acceptor = context;
    bool ready = true;

    for (;;) {
        int count = poll(acceptor->watched, ready ? acceptor->count : 1, ready ? -1 : RETRY_MS);
        if (count > 0 && acceptor->watched[0].revents != 0)
            return NULL;
        ready = !ready || count <= 0 || accept_some(acceptor);
    }
}

/* What connections inherit from the socket that they come from. Unix sockets have none of it. */
static void set_options(const struct acceptor *acceptor, int listen_fd)
{
    static const int unsent_bytes = UNSENT_BYTES;

    /* An answer that the kernel holds is as good as sent to us, but not to a client that does not take it. */
    (void)setsockopt(listen_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &acceptor->means.answer_timeout_ms,
                     sizeof acceptor->means.answer_timeout_ms);
    /* Else the kernel takes some megabytes for a client that reads none: a hundred answers made in a row for nobody. */
    (void)setsockopt(listen_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
}

int acceptor_start(const struct acceptor_means *means, struct acceptor **ret_acceptor)
{
    struct acceptor *acceptor = malloc(sizeof *acceptor);

    if (acceptor == NULL)
        return ENOMEM;
    *acceptor = (struct acceptor){.means = *means, .count = 1};
    acceptor->watched[0] = (struct pollfd){.fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN};
    acceptor->spare_fd = fcntl(acceptor->watched[0].fd, F_DUPFD_CLOEXEC, 0);
    for (size_t i = 0; i < means->listeners->count; i++) {
        const struct listener *listener = &means->listeners->list[i];
        if (listener->role != means->role)
            continue;
        set_options(acceptor, listener->fd);
        acceptor->passed[acceptor->count] = listener->passed;
        acceptor->tls[acceptor->count] = listener->tls;
        acceptor->watched[acceptor->count++] = (struct pollfd){.fd = listener->fd, .events = POLLIN};
    }
    int fault = acceptor->watched[0].fd < 0 ? errno : pthread_create(&acceptor->thread, NULL, accept_all, acceptor);
    if (fault != 0) {
        acceptor_free(acceptor);
        return fault;
    }
    *ret_acceptor = acceptor;
    return 0;
}

/* Clients whose connections the kernel has already made would be cut off when the socket is closed. */
static void empty_queue(struct acceptor *acceptor, nfds_t listener)
{
    while (accept_one(acceptor, listener) == OUTCOME_TAKEN)
        continue;
}

void acceptor_stop(struct acceptor *acceptor, bool empties)
{
    if (acceptor == NULL || acceptor->stopped)
        return;
    (void)eventfd_write(acceptor->watched[0].fd, 1);
    (void)pthread_join(acceptor->thread, NULL);
    for (nfds_t i = 1; empties && i < acceptor->count; i++)
        if (!acceptor->passed[i])
            empty_queue(acceptor, i);
    acceptor->stopped = true;
}
