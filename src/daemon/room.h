/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_ROOM_H
#define SMESTATD_ROOM_H
/*
 * How many connections there are, and whether there is room for one more. They are counted where they are handed over, by
 * one thread, and where they come up and end, by the threads that serve them. All numbers may wrap around.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

/* All zero but the limit at the beginning. */
struct room {
    unsigned limit;     /* of the connections at a time */
    atomic_uint added;  /* ever handed over */
    atomic_uint opened; /* … that have come up */
    atomic_uint closed; /* … and that have ended */
    atomic_uint most;   /* at a time, since so many went that memory was given back */
    time_t full_since;  /* there has been no room, and none has come up; 0: there was room */
    unsigned full_opened;
};

/* Whether there is room at this second of a clock that goes on evenly. For the thread that hands over, like the next two. */
bool room_is_left(struct room *room, time_t now);
/* One is handed over, and could not be after all. */
void room_add(struct room *room);
void room_take_back(struct room *room);

/* One comes up, and ends. Any thread. @return whether many have gone, so that there is memory to be given back. */
void room_open(struct room *room);
bool room_close(struct room *room);

/* How many are open. */
unsigned room_count(const struct room *room);
/* Whether there are any, or some that have not come up yet. */
bool room_is_used(const struct room *room);

#endif
