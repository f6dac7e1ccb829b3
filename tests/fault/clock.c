/* SPDX-License-Identifier: MIT */
/* Preloaded: the time of day jumps by decades each time it is asked for; the monotonic clock goes on. */
#include <dlfcn.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time);
time_t time(time_t *ret_time);

static time_t jump(time_t now)
{
    static const time_t years[] = {0, 31, -53, 80, -1, 7000, 9000, 0};
    static unsigned count;

    return now + years[__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) % (sizeof years / sizeof years[0])] * 31556952;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *time)
{
    int outcome = (int)syscall(SYS_clock_gettime, clock, time);

    if (clock == CLOCK_REALTIME)
        time->tv_sec = jump(time->tv_sec);
    return outcome;
}

__attribute__((visibility("default"))) time_t time(time_t *ret_time)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
