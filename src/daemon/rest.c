/* SPDX-License-Identifier: MIT */
#include "rest.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_EVERY_MS = 500, /* who is not stirred from one look to the next one is at rest */
    LOOKS_AT_ONCE = 64,  /* a third of a millisecond, if all are at rest; other clients wait so long */
    BETWEEN_MS = 5,
};

static size_t connection_bytes, page_bytes;

/* The connections of a thread, in a ring around this one. */
static _Thread_local struct {
    struct rest ring;
    size_t count, left; /* … to be looked at in this round */
    int64_t look_at_ms;
    /* All room for events was taken. The library waits for more before it looks at those, so it must not wait. */
    bool filled;
} mine;

void rest_prepare(size_t bytes)
{
    connection_bytes = bytes;
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
}

static void put_last(struct rest *rest)
{
    struct rest *last = mine.ring.before;

    rest->before = last;
    rest->next = &mine.ring;
    last->next = mine.ring.before = rest;
}

static struct rest *take_first(void)
{
    struct rest *first = mine.ring.next;

    mine.ring.next = first->next;
    first->next->before = &mine.ring;
    first->next = first->before = NULL;
    return first;
}

static void take_out(struct rest *rest)
{
    rest->before->next = rest->next;
    rest->next->before = rest->before;
    rest->next = rest->before = NULL;
}

void rest_notice(struct rest *rest, char *bytes, size_t size)
{
    if (rest->noticed)
        return;
    rest->noticed = true;
    if (size == connection_bytes / 2)
        rest->memory = bytes;
}

void rest_stir(struct rest *rest)
{
    rest->stirred = true;
    if (rest->next || !rest->memory)
        return;
    if (!mine.ring.next)
        mine.ring.next = mine.ring.before = &mine.ring;
    put_last(rest);
    mine.count++;
}

void rest_end(struct rest *rest)
{
    if (rest->next) {
        take_out(rest);
        mine.count--;
        mine.left = mine.left < mine.count ? mine.left : mine.count;
    }
    *rest = (struct rest){0};
}

/* Whole pages only: what is beside a connection's memory may be somebody else's. */
static void give_back(const struct rest *rest)
{
    uintptr_t first = ((uintptr_t)rest->memory + page_bytes - 1) / page_bytes * page_bytes;
    uintptr_t end = ((uintptr_t)rest->memory + connection_bytes) / page_bytes * page_bytes;
    const char *pages = rest->memory + (first - (uintptr_t)rest->memory);

    /* Equal to itself a byte further on: all bytes are like the first one. */
    if (first < end && *pages == '\0' && memcmp(pages, pages + 1, end - first - 1) == 0)
        (void)madvise((void *)(uintptr_t)pages, end - first, MADV_DONTNEED);
}

static void look_at_first(void)
{
    struct rest *rest = take_first();

    if (rest->stirred) {
        rest->stirred = false;
        put_last(rest);
    } else {
        give_back(rest);
        mine.count--;
    }
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Looks at some connections, if it is time. @return in how many milliseconds it is time again; -1: never. */
static int look_at_some(int64_t now)
{
    if (mine.left == 0 && now >= mine.look_at_ms) {
        mine.left = mine.count;
        mine.look_at_ms = now + LOOK_EVERY_MS;
    }
    for (int i = 0; i < LOOKS_AT_ONCE && mine.left > 0; i++, mine.left--)
        look_at_first();
    if (mine.count == 0)
        return -1;
    /* A round of many may have taken longer than there is between two. */
    return mine.left > 0 ? BETWEEN_MS : mine.look_at_ms > now ? (int)(mine.look_at_ms - now) : 0;
}

static int wait_for_events(int fd, struct epoll_event *events, int count, int timeout_ms)
{
#ifdef SYS_epoll_wait
    return (int)syscall(SYS_epoll_wait, fd, events, count, timeout_ms);
#else
    return (int)syscall(SYS_epoll_pwait, fd, events, count, timeout_ms, NULL, (size_t)0);
#endif
}

int rest_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
    int64_t now = now_ms(), end = now + timeout_ms;
    int got = 0;

    if (timeout_ms == 0 || mine.filled)
        got = wait_for_events(fd, events, count, 0);
    else
        for (; got == 0 && (timeout_ms < 0 || now < end); now = now_ms()) {
            int until_look = look_at_some(now), left = timeout_ms < 0 ? -1 : (int)(end - now);
            bool ends_first = until_look < 0 || (left >= 0 && left < until_look);

            got = wait_for_events(fd, events, count, ends_first ? left : until_look);
        }
    mine.filled = got == count;
    return got;
}
