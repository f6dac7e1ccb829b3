/* SPDX-License-Identifier: MIT */
/* How many connections there may be: those that wait, those that are lost, and when many have gone. */
#include "support.h"

#include "room.h"

#include <limits.h>

static void test_those_that_wait_count(void **state)
{
    struct room room = {.limit = 2};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(room_is_left(&room, 1));
        room_add(&room);
    }
    for (int i = 0; i < 1000; i++)
        assert_false(room_is_left(&room, 1));
    assert_int_equal(room_count(&room), 0);
    assert_true(room_is_used(&room));
    room_open(&room);
    assert_int_equal(room_count(&room), 1);
    assert_false(room_is_left(&room, 1));
    (void)room_close(&room);
    assert_true(room_is_left(&room, 1));
    room_take_back(&room);
    assert_false(room_is_used(&room));
}

static void test_those_that_are_lost_do_not(void **state)
{
    struct room room = {.limit = 2, .added = UINT_MAX, .opened = UINT_MAX, .closed = UINT_MAX};

    (void)state;
    room_add(&room);
    room_add(&room);
    assert_false(room_is_left(&room, 10));
    assert_false(room_is_left(&room, 12));
    room_open(&room); /* they do come up */
    assert_false(room_is_left(&room, 13));
    assert_false(room_is_left(&room, 15));
    assert_false(room_is_left(&room, 16));
    assert_true(room_is_left(&room, 16)); /* the other one is given up … */
    room_add(&room);
    assert_false(room_is_left(&room, 16));
    room_open(&room);
    room_open(&room); /* … and was only late */
    assert_int_equal(room_count(&room), 3);
    (void)room_close(&room);
    assert_false(room_is_left(&room, 16));
    (void)room_close(&room);
    assert_true(room_is_left(&room, 16));
    (void)room_close(&room);
    assert_false(room_is_used(&room));
}

static void test_many_go(void **state)
{
    struct room room = {.limit = 2000};
    int given_back = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        room_open(&room);
    while (room_count(&room) > 0)
        given_back += room_close(&room);
    assert_int_equal(given_back, 2); /* below 500, and below half of 499 */
    for (int i = 0; i < 255; i++)
        room_open(&room);
    while (room_count(&room) > 0)
        assert_false(room_close(&room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_that_wait_count),
        cmocka_unit_test(test_those_that_are_lost_do_not),
        cmocka_unit_test(test_many_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
