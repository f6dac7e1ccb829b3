/* SPDX-License-Identifier: MIT */
/* The listening socket: where it can be reached, and what is advised where there can be none. */
#include "support.h"

#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static bool reachable(const char *host, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(inet_pton(AF_INET, host, &address.sin_addr), 1);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return connected;
}

static void test_open(void **state)
{
    static const struct {
        const char *address, *url;
    } cases[] = {
        {"127.0.0.1", "http://127.0.0.1:"}, {"localhost", "http://127.0.0.1:"}, {"0.0.0.0", "http://0.0.0.0:"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct listener listener;
        char fault[512] = "";

        if (!listener_open(cases[i].address, 0, &listener, fault, sizeof fault))
            fail_msg("%s: %s", cases[i].address, fault);
        assert_memory_equal(listener.url, cases[i].url, strlen(cases[i].url));
        unsigned port = (unsigned)strtoul(listener.url + strlen(cases[i].url), NULL, 10);
        assert_true(port > 0);
        assert_true(reachable("127.0.0.1", port));

        /* the same port again: taken */
        struct listener second = {.fd = -7};
        assert_false(listener_open(cases[i].address, (uint16_t)port, &second, fault, sizeof fault));
        assert_int_equal(second.fd, -7);
        assert_non_null(strstr(fault, "--port"));
        (void)close(listener.fd);
        assert_false(reachable("127.0.0.1", port));
    }
}

/* IPv6, where the machine has it: one socket for both kinds of address. */
static void test_open_6(void **state)
{
    struct listener listener;
    char fault[512] = "";

    (void)state;
    if (!listener_open("::", 0, &listener, fault, sizeof fault)) {
        print_message("IPv6 is turned off here: %s\n", fault);
        assert_non_null(strstr(fault, "--address"));
        skip();
    }
    assert_memory_equal(listener.url, "http://[::]:", 12);
    assert_true(reachable("127.0.0.1", (unsigned)strtoul(listener.url + 12, NULL, 10)));
    (void)close(listener.fd);
}

static void test_faults(void **state)
{
    /* an address that names nothing, and one of another machine (RFC 5737) */
    static const char *const addresses[] = {"nonsense", "256.0.0.1", "", "192.0.2.1"};

    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct listener listener = {.fd = -7};
        char fault[512] = "";

        if (*addresses[i] == '\0')
            continue; /* the options refuse it; the system would take it for any address */
        assert_false(listener_open(addresses[i], 0, &listener, fault, sizeof fault));
        assert_int_equal(listener.fd, -7);
        assert_non_null(strstr(fault, "--address"));
        assert_non_null(strstr(fault, addresses[i]));
        assert_null(strchr(fault, '\n'));
    }
}

/* Without descriptors there is advice about them. */
static void test_descriptors(void **state)
{
    struct rlimit before, none;
    struct listener listener;
    char fault[512] = "";

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool opened = listener_open("127.0.0.1", 0, &listener, fault, sizeof fault);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(opened);
    assert_non_null(strstr(fault, "open files"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_6),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_descriptors),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
