/* SPDX-License-Identifier: MIT */
/* Listening sockets: where they can be reached, and what is advised where there can be none. */
#include "support.h"

#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

static bool open_at(const char *address, unsigned port, struct listener *listener, char *fault, size_t fault_size)
{
    struct place place = {.port = (uint16_t)port};

    (void)snprintf(place.address, sizeof place.address, "%s", address);
    return listener_open(&place, 0600, listener, fault, fault_size);
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

        if (!open_at(cases[i].address, 0, &listener, fault, sizeof fault))
            fail_msg("%s: %s", cases[i].address, fault);
        assert_memory_equal(listener.url, cases[i].url, strlen(cases[i].url));
        unsigned port = (unsigned)strtoul(listener.url + strlen(cases[i].url), NULL, 10);
        assert_true(port > 0);
        assert_true(reachable("127.0.0.1", port));

        /* the same port again: taken */
        struct listener second = {.fd = -7};
        assert_false(open_at(cases[i].address, port, &second, fault, sizeof fault));
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
    if (!open_at("::", 0, &listener, fault, sizeof fault)) {
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
        assert_false(open_at(addresses[i], 0, &listener, fault, sizeof fault));
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
    bool opened = open_at("127.0.0.1", 0, &listener, fault, sizeof fault);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(opened);
    assert_non_null(strstr(fault, "open files"));
}

/* ---- Unix sockets ---------------------------------------------------------------------------------------------- */

static const char *const options[] = {"smestatd", "--socket-mode", "0640", "--listen", NULL};

/* Listeners by options, the last of which is a list of places. */
static bool open_list(const char *list, struct listeners *listeners, char *fault, size_t fault_size)
{
    char *argv[COUNT(options)], *none[] = {NULL};
    struct config config;

    for (size_t i = 0; i + 1 < COUNT(options); i++)
        argv[i] = (char *)(uintptr_t)options[i];
    argv[COUNT(options) - 1] = (char *)(uintptr_t)list;
    assert_int_equal(config_read((int)COUNT(options), argv, none, stdout, stderr, &config), CONFIG_RUN);
    return listeners_open(&config, listeners, fault, fault_size);
}

static void test_unix(void **state)
{
    char directory[] = "/tmp/listener_test.XXXXXX", path[64], list[128], fault[512] = "";
    struct listeners first, second;
    struct stat file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    (void)snprintf(list, sizeof list, "unix:%s,127.0.0.1:0", path);
    if (!open_list(list, &first, fault, sizeof fault))
        fail_msg("%s", fault);
    assert_int_equal(first.count, 2);
    assert_memory_equal(first.list[0].url, "unix:/tmp/", 10);
    assert_memory_equal(first.list[1].url, "http://127.0.0.1:", 17);
    assert_int_equal(stat(path, &file), 0);
    assert_true(S_ISSOCK(file.st_mode));
    assert_int_equal(file.st_mode & 0777, 0640);

    /* somebody listens there */
    assert_false(open_list(list, &second, fault, sizeof fault));
    assert_non_null(strstr(fault, "another program listens"));
    assert_int_equal(stat(path, &file), 0);

    /* left behind: removed, and another one's is left alone by the first */
    (void)close(first.list[0].fd);
    first.list[0].fd = -1;
    if (!open_list(list, &second, fault, sizeof fault))
        fail_msg("%s", fault);
    listeners_close(&first);
    assert_int_equal(stat(path, &file), 0);
    listeners_close(&second);
    assert_int_equal(stat(path, &file), -1);

    /* what is no socket stays */
    FILE *other = fopen(path, "w");
    assert_non_null(other);
    (void)fclose(other);
    assert_false(open_list(list, &second, fault, sizeof fault));
    assert_non_null(strstr(fault, "no socket"));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
}

/* One that cannot be had closes the others. */
static void test_all_or_none(void **state)
{
    struct listeners listeners = {.count = 77};
    char fault[512] = "";

    (void)state;
    assert_false(open_list("127.0.0.1:0,192.0.2.1:1", &listeners, fault, sizeof fault));
    assert_non_null(strstr(fault, "192.0.2.1"));
    assert_int_equal(listeners.count, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),        cmocka_unit_test(test_open_6), cmocka_unit_test(test_faults),
        cmocka_unit_test(test_descriptors), cmocka_unit_test(test_unix),   cmocka_unit_test(test_all_or_none),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
