/* SPDX-License-Identifier: MIT */
#include "room.h"

static unsigned get(const atomic_uint *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

/* Where memory was short the library lost some on the way in and told nobody. Those that have not come up in a while are
 * no longer counted, until they do after all. */
bool room_is_left(struct room *room, time_t now)
{
    enum { PATIENCE_S = 2 };
    unsigned closed = get(&room->closed), opened = get(&room->opened), added = get(&room->added);

    if ((int)(added - opened) < 0)
        atomic_store_explicit(&room->added, added = opened, memory_order_relaxed);
    if (added - closed < room->limit) {
        room->full_since = 0;
        return true;
    }
    if (room->full_since == 0 || room->full_opened != opened) {
        room->full_since = now;
        room->full_opened = opened;
    } else if (now - room->full_since > PATIENCE_S) {
        atomic_store_explicit(&room->added, opened, memory_order_relaxed);
    }
    return false;
}

void room_add(struct room *room)
{
    (void)atomic_fetch_add_explicit(&room->added, 1, memory_order_relaxed);
}

void room_take_back(struct room *room)
{
    (void)atomic_fetch_sub_explicit(&room->added, 1, memory_order_relaxed);
}

void room_open(struct room *room)
{
    (void)atomic_fetch_add_explicit(&room->opened, 1, memory_order_relaxed);
    unsigned count = room_count(room), most = get(&room->most);

    while (count > most && !atomic_compare_exchange_weak_explicit(&room->most, &most, count, memory_order_relaxed,
                                                                  memory_order_relaxed))
        ;
}

/* When half of the most there were are gone, if they were many, because it takes a while. */
bool room_close(struct room *room)
{
    enum { MANY = 256 };

    (void)atomic_fetch_add_explicit(&room->closed, 1, memory_order_relaxed);
    unsigned count = room_count(room), most = get(&room->most);

    return most >= MANY && count < most / 2 &&
           atomic_compare_exchange_strong_explicit(&room->most, &most, count, memory_order_relaxed,
                                                   memory_order_relaxed);
}

unsigned room_count(const struct room *room)
{
    unsigned closed = get(&room->closed);

    return get(&room->opened) - closed;
}

bool room_is_used(const struct room *room)
{
    unsigned closed = get(&room->closed);

    return get(&room->added) != closed;
}
