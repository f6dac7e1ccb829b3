/* SPDX-License-Identifier: MIT */
#include "successor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the program that was started says that it is ready. Not one of its options, so not called like one. */
static const char ready_variable[] = "LISTEN_READY_FD";

enum { PASSED_FIRST = 3, NAMES_BYTES = LISTENERS_MAX * (sizeof "own-admin:") };

/* What the two processes say to each other, with the descriptors beside the first. */
struct request_message {
    size_t count;
    char names[NAMES_BYTES]; /* for LISTEN_FDNAMES */
};

struct outcome_message {
    pid_t pid; /* 0: it failed */
};

/* The space for descriptors beside a message. */
union ancillary {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(LISTENERS_MAX * sizeof(int))];
};

/* ---- The process that waits ------------------------------------------------------------------------------------ */

static void set_number(const char *name, long number)
{
    char digits[24];

    (void)snprintf(digits, sizeof digits, "%ld", number);
    (void)setenv(name, digits, 1);
}

/* Becomes the program, with these descriptors from 3 on, and the one to say ready on behind them. */
_Noreturn static void become(const char *path, char *const argv[], const struct request_message *request,
                             const int fds[static LISTENERS_MAX], int ready_fd)
{
    int kept[LISTENERS_MAX + 1];
    int count = (int)request->count;
    sigset_t none;

    /* First out of the way, because where one belongs another may be. */
    for (int i = 0; i <= count; i++)
        kept[i] = fcntl(i < count ? fds[i] : ready_fd, F_DUPFD_CLOEXEC, PASSED_FIRST + LISTENERS_MAX + 1);
    for (int i = 0; i <= count; i++)
        if (kept[i] < 0 || dup2(kept[i], PASSED_FIRST + i) < 0)
            _exit(EXIT_FAILURE);
    set_number("LISTEN_PID", (long)getpid());
    set_number("LISTEN_FDS", count);
    (void)setenv("LISTEN_FDNAMES", request->names, 1);
    set_number(ready_variable, PASSED_FIRST + count);
    if (getenv("WATCHDOG_PID") != NULL)
        set_number("WATCHDOG_PID", (long)getpid());
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv(path, argv);
    _exit(EXIT_FAILURE);
}

/* Starts the program and waits until it is ready or has ended. @return its number, or 0. */
static pid_t start(const char *path, char *const argv[], const struct request_message *request,
                   const int fds[static LISTENERS_MAX])
{
    int ready[2];
    char byte;

    if (pipe2(ready, O_CLOEXEC) != 0)
        return 0;
    pid_t pid = fork();
    if (pid == 0)
        become(path, argv, request, fds, ready[1]);
    (void)close(ready[1]);
    ssize_t got = -1;
    while (pid > 0 && (got = read(ready[0], &byte, 1)) < 0 && errno == EINTR)
        continue;
    (void)close(ready[0]);
    if (pid > 0 && got != 1) {
        (void)waitpid(pid, NULL, 0);
        pid = 0;
    }
    return pid > 0 ? pid : 0;
}

/* False when the other process has ended. */
static bool receive(int channel, struct request_message *request, int fds[static LISTENERS_MAX])
{
    union ancillary ancillary;
    struct iovec piece = {.iov_base = request, .iov_len = sizeof *request};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    ssize_t got;

    while ((got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (got != (ssize_t)sizeof *request || header == NULL ||
        header->cmsg_len != CMSG_LEN(request->count * sizeof fds[0]))
        return false;
    memcpy(fds, CMSG_DATA(header), request->count * sizeof fds[0]);
    return true;
}

_Noreturn static void wait_beside(int channel, pid_t parent, const char *path, char *const argv[])
{
    struct request_message request;
    int fds[LISTENERS_MAX];

    (void)prctl(PR_SET_NAME, "smestatd-beside");
    /* Sockets that were passed in are not its own to keep open. */
    if (channel != PASSED_FIRST) {
        if (dup3(channel, PASSED_FIRST, O_CLOEXEC) < 0)
            _exit(EXIT_FAILURE);
        channel = PASSED_FIRST;
    }
    (void)close_range(PASSED_FIRST + 1, UINT_MAX, 0);
    /* It ends when the other does, which closes the channel. */
    while (receive(channel, &request, fds)) {
        const struct outcome_message outcome = {.pid = start(path, argv, &request, fds)};

        for (size_t i = 0; i < request.count; i++)
            (void)close(fds[i]);
        if (send(channel, &outcome, sizeof outcome, MSG_NOSIGNAL) == (ssize_t)sizeof outcome)
            (void)kill(parent, outcome.pid != 0 ? SIGTERM : SIGUSR2);
    }
    _exit(EXIT_SUCCESS);
}

/* ---- The process that serves ----------------------------------------------------------------------------------- */

int successor_prepare(char *const argv[], struct successor *ret_successor)
{
    char path[PATH_MAX];
    int ends[2];
    pid_t parent = getpid();

    /* The way to the program, where another may be by then. */
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    path[length] = '\0';
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        wait_beside(ends[1], parent, path, argv);
    }
    int fault = pid < 0 ? errno : 0;
    (void)close(ends[1]);
    if (fault != 0)
        (void)close(ends[0]);
    else
        ret_successor->channel = ends[0];
    return fault;
}

void successor_finish(struct successor *successor)
{
    if (successor->channel >= 0)
        (void)close(successor->channel);
    successor->channel = -1;
}

bool successor_start(const struct successor *successor, const struct listeners *listeners)
{
    struct request_message request = {.count = listeners->count};
    int fds[LISTENERS_MAX];
    union ancillary ancillary = {.bytes = {0}};
    struct iovec piece = {.iov_base = &request, .iov_len = sizeof request};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = CMSG_SPACE(listeners->count * sizeof fds[0])};
    size_t length = 0;

    for (size_t i = 0; i < listeners->count; i++) {
        const char *name = listener_name(&listeners->list[i]);
        length +=
            (size_t)snprintf(request.names + length, sizeof request.names - length, "%s%s", i > 0 ? ":" : "", name);
        fds[i] = listeners->list[i].fd;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    assert(header);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(listeners->count * sizeof fds[0]);
    /* cppcheck-suppress uninitvar ; as many were filled in as are copied */
    memcpy(CMSG_DATA(header), fds, listeners->count * sizeof fds[0]);
    return sendmsg(successor->channel, &message, MSG_NOSIGNAL) == (ssize_t)sizeof request;
}

enum succession successor_outcome(const struct successor *successor, pid_t *ret_pid)
{
    struct outcome_message outcome;

    if (successor->channel < 0 ||
        recvfrom(successor->channel, &outcome, sizeof outcome, MSG_DONTWAIT, NULL, NULL) != (ssize_t)sizeof outcome)
        return SUCCESSION_NONE;
    *ret_pid = outcome.pid;
    return outcome.pid != 0 ? SUCCESSION_DONE : SUCCESSION_FAILED;
}

void successor_ready(void)
{
    const char *number = getenv(ready_variable);

    if (number == NULL)
        return;
    int fd = (int)strtol(number, NULL, 10);
    (void)unsetenv(ready_variable);
    if (fd > STDERR_FILENO && write(fd, "1", 1) == 1)
        (void)close(fd);
}
