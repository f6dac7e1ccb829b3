/* SPDX-License-Identifier: MIT */
#include "wire.h"
#include "rest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 250, TICKS_PER_S = 1000 / TICK_MS };

enum phase { PHASE_IDLE, PHASE_HANDSHAKE, PHASE_HEAD, PHASE_ANSWER };
enum cut { CUT_NOT, CUT_HALF, CUT_WHOLE };

/* What is known of a descriptor. Only its serving thread uses session, gate and rest; the rest is shared with the timekeeper. */
struct entry {
    struct gate *gate; /* NULL: no connection of ours */
    struct rest rest;
    _Atomic(struct tls_session *)
        session;               /* NULL: a plain one; others look for it when they end what is none of ours */
    _Atomic(struct tls *) tls; /* what the next connection is to have; whoever accepts it says so */
    atomic_uint due;           /* the tick at which a phase is over, and behind it the phase, in one; 0: never */
    atomic_uchar cut;          /* how far the connection has been cut off */
};

/* A connection whose last answer was sent. */
struct leaving {
    int fd;
    unsigned deadline;
};

enum { LEAVING_MAX = 512, LEAVING_TICKS = 2 * TICKS_PER_S };

/* The gate is for libmicrohttpd before 1.0; its build says so. */
#ifdef WITHOUT_GATE
enum { HAS_GATE = false };
#else
enum { HAS_GATE = true };
#endif

static struct {
    struct entry *entries; /* by descriptor */
    int count;             /* how many there are */
    int top;               /* how many have ever been used */
    unsigned head_ticks, answer_ticks;
    atomic_uint now; /* in ticks; 1 and up */
    struct leaving leaving[LEAVING_MAX];
    size_t leaving_count;
    pthread_mutex_t
        lock; /* of those that leave, and of opening and closing, so that no descriptor changes hands while it is cut off */
    pthread_t thread;
    int stop_fd;
    atomic_ullong late[PHASE_ANSWER + 1]; /* by phase */
} wire = {.lock = PTHREAD_MUTEX_INITIALIZER, .now = 1, .stop_fd = -1};

/* ---- Time ------------------------------------------------------------------------------------------------------ */

static unsigned tick_after(unsigned ticks)
{
    return atomic_load_explicit(&wire.now, memory_order_relaxed) + ticks;
}

enum { PHASE_BITS = 2 };

/* Never half of it: else one phase could be cut off for what another took. */
static void set_deadline(struct entry *entry, enum phase phase, unsigned deadline)
{
    atomic_store_explicit(&entry->due, deadline != 0 ? deadline << PHASE_BITS | phase : 0, memory_order_relaxed);
}

static enum phase phase_of(const struct entry *entry)
{
    return atomic_load_explicit(&entry->due, memory_order_relaxed) & ((1U << PHASE_BITS) - 1);
}

/* First no more is received, so that a slow head becomes a refusal that the client can still read. Then, or at once where
 * the client can't be told or doesn't take what is sent, nothing more is sent, and what the system still holds is let go. */
static void cut_off(int fd, struct entry *entry, enum phase phase, unsigned now)
{
    const struct linger at_once = {.l_onoff = 1};
    enum { PATIENCE_TICKS = 2 * TICKS_PER_S };
    bool first = atomic_load_explicit(&entry->cut, memory_order_relaxed) == CUT_NOT;
    bool half = first && phase == PHASE_HEAD;

    if (first)
        (void)atomic_fetch_add_explicit(&wire.late[phase], 1, memory_order_relaxed);
    atomic_store_explicit(&entry->cut, half ? CUT_HALF : CUT_WHOLE, memory_order_relaxed);
    set_deadline(entry, phase, now + PATIENCE_TICKS);
    if (!half)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)shutdown(fd, half ? SHUT_RD : SHUT_RDWR);
}

/* An end that came together with a request makes no event of its own, so the library waits for another request. Once in
 * a pause somebody looks; shutting down what is ended makes an event. */
static void look_for_end(int fd)
{
    char byte;

    if (recvfrom(fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT, NULL, NULL) == 0)
        (void)shutdown(fd, SHUT_RD);
}

static void keep_deadline(int fd, struct entry *entry, unsigned now)
{
    unsigned due = atomic_load_explicit(&entry->due, memory_order_relaxed);
    enum phase phase = due & ((1U << PHASE_BITS) - 1);

    /* The exchange fails where the connection has gone on meanwhile. */
    if (due == 0 || due >> PHASE_BITS > now || entry->gate == NULL ||
        !atomic_compare_exchange_strong(&entry->due, &due, 0))
        return;
    if (phase == PHASE_IDLE)
        look_for_end(fd);
    else
        cut_off(fd, entry, phase, now);
}

/* Drops what the client still sends, until it ends, or does not for too long. @return whether it may stay. */
static bool may_stay(const struct leaving *leaving, unsigned now)
{
    enum { ROUNDS = 16 };
    char bytes[4096];
    ssize_t got = 1;

    for (int round = 0; got > 0 && round < ROUNDS; round++)
        got = recvfrom(leaving->fd, bytes, sizeof bytes, MSG_DONTWAIT, NULL, NULL);
    return leaving->deadline > now && (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)));
}

static void let_go(unsigned now)
{
    size_t kept = 0;

    for (size_t i = 0; i < wire.leaving_count; i++)
        if (may_stay(&wire.leaving[i], now))
            wire.leaving[kept++] = wire.leaving[i];
        else
            (void)close(wire.leaving[i].fd);
    wire.leaving_count = kept;
}

static void *keep_time(void *context)
{
    struct pollfd stop = {.fd = wire.stop_fd, .events = POLLIN};

    (void)context;
    while (poll(&stop, 1, TICK_MS) == 0) {
        unsigned now = atomic_fetch_add_explicit(&wire.now, 1, memory_order_relaxed) + 1;

        (void)pthread_mutex_lock(&wire.lock);
        for (int fd = 0; fd < wire.top; fd++)
            keep_deadline(fd, &wire.entries[fd], now);
        let_go(now);
        (void)pthread_mutex_unlock(&wire.lock);
    }
    return NULL;
}

int wire_start(const struct config *config)
{
    /* The kernel gives the lowest number that is free, so what is open beside connections decides how much more. */
    enum { OTHERS = 1024 };
    int fault;

    rest_prepare((size_t)config->connection_memory_bytes);
    wire.count = (int)config->max_connections + OTHERS;
    wire.head_ticks = (unsigned)config->head_timeout_s * TICKS_PER_S;
    wire.answer_ticks = (unsigned)config->answer_timeout_s * TICKS_PER_S;
    wire.entries = calloc((size_t)wire.count, sizeof *wire.entries);
    wire.stop_fd = wire.entries != NULL ? eventfd(0, EFD_CLOEXEC) : -1;
    fault = wire.entries == NULL ? ENOMEM
            : wire.stop_fd < 0   ? errno
                                 : pthread_create(&wire.thread, NULL, keep_time, NULL);
    if (fault == 0)
        return 0;
    if (wire.stop_fd >= 0)
        (void)close(wire.stop_fd);
    free(wire.entries);
    wire.entries = NULL;
    wire.count = wire.top = 0;
    return fault;
}

void wire_stop(void)
{
    if (wire.entries == NULL)
        return;
    (void)eventfd_write(wire.stop_fd, 1);
    (void)pthread_join(wire.thread, NULL);
    (void)close(wire.stop_fd);
    let_go(UINT_MAX);
    free(wire.entries);
    wire.entries = NULL;
    wire.count = wire.top = 0;
}

void wire_count(struct wire_counts *ret_counts)
{
    *ret_counts = (struct wire_counts){
        .late_handshakes = atomic_load_explicit(&wire.late[PHASE_HANDSHAKE], memory_order_relaxed),
        .late_heads = atomic_load_explicit(&wire.late[PHASE_HEAD], memory_order_relaxed),
        .late_answers = atomic_load_explicit(&wire.late[PHASE_ANSWER], memory_order_relaxed),
    };
}

/* ---- Connections ----------------------------------------------------------------------------------------------- */

bool wire_has(int fd)
{
    return fd >= 0 && fd < wire.count;
}

void wire_expect(int fd, struct tls *tls)
{
    atomic_store_explicit(&wire.entries[fd].tls, tls, memory_order_relaxed);
}

bool wire_open(int fd, struct gate *gate)
{
    struct entry *entry = &wire.entries[fd];
    struct tls *tls = atomic_load_explicit(&entry->tls, memory_order_relaxed);
    struct tls_session *session = tls != NULL ? tls_session_new(tls, fd) : NULL;

    if (session == NULL && tls != NULL)
        return false;
    (void)pthread_mutex_lock(&wire.lock);
    entry->gate = gate;
    entry->session = session;
    atomic_store_explicit(&entry->cut, CUT_NOT, memory_order_relaxed);
    set_deadline(entry, PHASE_HANDSHAKE, session != NULL ? tick_after(wire.head_ticks) : 0);
    wire.top = fd < wire.top ? wire.top : fd + 1;
    (void)pthread_mutex_unlock(&wire.lock);
    return true;
}

void wire_linger(int fd)
{
    (void)shutdown(fd, SHUT_WR);
    (void)pthread_mutex_lock(&wire.lock);
    bool room = wire.entries != NULL && wire.leaving_count < LEAVING_MAX;
    if (room)
        wire.leaving[wire.leaving_count++] = (struct leaving){.fd = fd, .deadline = tick_after(LEAVING_TICKS)};
    (void)pthread_mutex_unlock(&wire.lock);
    if (!room)
        (void)close(fd);
}

void wire_close(int fd)
{
    struct entry *entry = &wire.entries[fd];
    bool cut = atomic_load_explicit(&entry->cut, memory_order_relaxed) == CUT_WHOLE;
    /* The library is about to close its own. What was kept away from it is still unread. */
    int left = gate_is_shut(entry->gate) && !cut ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    struct tls_session *session = entry->session;

    if (left >= 0)
        wire_linger(left);
    rest_end(&entry->rest);
    (void)pthread_mutex_lock(&wire.lock);
    entry->gate = NULL;
    entry->session = NULL;
    set_deadline(entry, PHASE_IDLE, 0);
    (void)pthread_mutex_unlock(&wire.lock);
    tls_session_free(session);
}

void wire_answering(int fd)
{
    set_deadline(&wire.entries[fd], PHASE_ANSWER, tick_after(wire.answer_ticks));
}

void wire_answered(int fd, const struct gate *gate)
{
    enum { PAUSE_TICKS = TICKS_PER_S };

    rest_stir(&wire.entries[fd].rest);
    if (gate_is_within_head(gate))
        set_deadline(&wire.entries[fd], PHASE_HEAD, tick_after(wire.head_ticks));
    else
        set_deadline(&wire.entries[fd], PHASE_IDLE, tick_after(PAUSE_TICKS));
}

/* ---- Bytes ----------------------------------------------------------------------------------------------------- */

/* Nothing to see now: the library waits for the descriptor to become readable again. */
static ssize_t nothing(void)
{
    errno = EAGAIN;
    return -1;
}

/* What is left of the connection once it was found ended. */
static ssize_t end(struct entry *entry, char *bytes, size_t size)
{
    bool late = atomic_load_explicit(&entry->cut, memory_order_relaxed) != CUT_NOT;
    size_t passed = gate_end(entry->gate, late, bytes, size);

    /* After a refusal the library must not take the end for the client's, or it would not send it. */
    return passed > 0 || entry->gate->refusal == NULL ? (ssize_t)passed : nothing();
}

struct tls_session *wire_session(int fd)
{
    return wire_has(fd) ? wire.entries[fd].session : NULL;
}

/* What the client sent, whichever way. The system call is the one that recv is. */
static ssize_t receive(const struct entry *entry, int fd, char *bytes, size_t size, int flags)
{
    return entry != NULL && entry->session != NULL ? tls_receive(entry->session, bytes, size)
                                                   : recvfrom(fd, bytes, size, flags, NULL, NULL);
}

ssize_t wire_receive(int fd, char *bytes, size_t size, int flags)
{
    struct entry *entry = wire_has(fd) ? &wire.entries[fd] : NULL;
    struct gate *gate = entry != NULL && HAS_GATE ? entry->gate : NULL;
    size_t passed = 0;
    ssize_t got;

    if (gate == NULL)
        return receive(entry, fd, bytes, size, flags);
    rest_notice(&entry->rest, bytes, size);
    if (gate_has_ending(gate))
        return (ssize_t)gate_pass(gate, bytes, 0, size);
    /* Once for a whole head. Where it is not whole, the library would wait for more and never hear of an end that came
     * with the part: that makes no event of its own. */
    do {
        if ((got = receive(entry, fd, bytes + passed, size - passed, flags)) <= 0)
            break;
        passed += gate_pass(gate, bytes + passed, (size_t)got, size - passed);
    } while (gate_is_within_head(gate) && passed < size);
    if (got == 0) {
        ssize_t ended = end(entry, bytes + passed, size - passed);
        if (passed == 0)
            return ended;
        if (ended == 0) /* the library sees what came before, and is woken for the end */
            (void)shutdown(fd, SHUT_RD);
        return (ssize_t)passed + (ended > 0 ? ended : 0);
    }
    if (phase_of(entry) == PHASE_HANDSHAKE && entry->session != NULL && tls_session_is_ready(entry->session))
        set_deadline(entry, PHASE_IDLE, 0);
    if (got < 0 && passed == 0)
        return got;
    if (gate_is_within_head(gate) && phase_of(entry) == PHASE_IDLE)
        set_deadline(entry, PHASE_HEAD, tick_after(wire.head_ticks));
    return passed > 0 ? (ssize_t)passed : nothing();
}
