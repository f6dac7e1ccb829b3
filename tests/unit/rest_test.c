/* SPDX-License-Identifier: MIT */
/* What memory of connections is given back, and when. Whether the system has a page of it is asked by mincore. */
#include "support.h"

#include "rest.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 4, ROUNDS_MS = 1200 }; /* two looks, 500 ms apart, and a half */

static size_t page;

/* Memory that begins in the middle of a page, all of it touched. */
static char *make_memory(char **ret_mapping)
{
    char *mapping = mmap(NULL, (PAGES + 2) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(mapping, MAP_FAILED);
    memset(mapping, 1, (PAGES + 2) * page);
    *ret_mapping = mapping;
    memset(mapping + page / 2, 0, (PAGES + 1) * page);
    return mapping + page / 2;
}

static size_t resident(char *mapping)
{
    unsigned char in[PAGES + 2];
    size_t count = 0;

    assert_int_equal(mincore(mapping, (PAGES + 2) * page, in), 0);
    for (size_t i = 0; i < PAGES + 2; i++)
        count += in[i] & 1;
    return count;
}

static void wait_ms(int ms)
{
    int fd = epoll_create1(0);
    struct epoll_event event;

    assert_true(fd >= 0);
    assert_int_equal(rest_wait(fd, &event, 1, ms), 0);
    (void)close(fd);
}

static void test_memory(void **state)
{
    enum { NONE = -1, ASIDE, FIRST, LAST }; /* a byte that is not zero; ASIDE: in no whole page */
    static const struct {
        int dirty;
        bool other; /* library: it begins to receive elsewhere */
        bool stirs; /* again and again */
        bool ends;
        bool gives;
    } cases[] = {
        {.dirty = NONE, .gives = true},
        {.dirty = ASIDE, .gives = true},
        {.dirty = FIRST},
        {.dirty = LAST},
        {.dirty = NONE, .other = true},
        {.dirty = NONE, .stirs = true},
        {.dirty = NONE, .ends = true},
    };
    const size_t places[] = {0, page / 2, page / 2 + PAGES * page - 1}; /* by `dirty` */

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rest rest = {0};
        char *mapping, *memory = make_memory(&mapping);
        size_t half = (PAGES + 1) * page / 2;

        rest_stir(&rest); /* of nothing that is known */
        wait_ms(1);
        rest_notice(&rest, memory, cases[i].other ? half - 1 : half);
        rest_notice(&rest, memory + 100, half); /* further receiving says nothing */
        if (cases[i].dirty >= 0)
            memory[places[cases[i].dirty]] = 'x';
        rest_stir(&rest);
        if (cases[i].ends)
            rest_end(&rest);
        for (int round = 0; round < 6; round++) {
            wait_ms(ROUNDS_MS / 6);
            if (cases[i].stirs)
                rest_stir(&rest);
        }
        assert_int_equal(resident(mapping), cases[i].gives ? 2 : PAGES + 2);
        for (size_t at = 0; at < (PAGES + 1) * page; at++)
            if ((memory[at] != 0) != (cases[i].dirty >= 0 && at == places[cases[i].dirty]))
                fail_msg("row %zu: byte %zu has changed", i, at);
        assert_int_equal(mapping[0], 1);
        assert_int_equal(mapping[(PAGES + 2) * page - 1], 1);
        rest_end(&rest);
        rest_end(&rest);
        (void)munmap(mapping, (PAGES + 2) * page);
    }
}

/* Events come through at once; behind as many as there was room for nothing is waited for, once. */
static void test_events(void **state)
{
    int fd = epoll_create1(0), ready = eventfd(1, 0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    (void)state;
    assert_int_equal(epoll_ctl(fd, EPOLL_CTL_ADD, ready, &event), 0);
    assert_int_equal(rest_wait(fd, &event, 1, 60000), 1);
    assert_int_equal(rest_wait(fd, &event, 1, 60000), 0);
    assert_int_equal(rest_wait(fd, &event, 1, 0), 0);
    assert_int_equal(rest_wait(fd, &event, 1, 10), 0);
    (void)close(ready);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_events),
    };

    page = (size_t)sysconf(_SC_PAGESIZE);
    rest_prepare((PAGES + 1) * page);
    return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
