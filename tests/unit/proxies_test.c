/* SPDX-License-Identifier: MIT */
/* Which proxies are trusted, and for whom they ask. */
#include "support.h"

#include "proxies.h"

#include <arpa/inet.h>

static void test_lists(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } lists[] = {
        {"127.0.0.1", true},
        {"10.0.0.0/8,::1,unix", true},
        {"unix", true},
        {"2001:db8::/32", true},
        {"0.0.0.0/0", true},
        {"::/128", true},
        {"", false},
        {"10.0.0.0/33", false},
        {"::/129", false},
        {"10.0.0.0/", false},
        {"10/8", false},
        {"10.0.0.0/8,", false},
        {"a", false},
        {"10.0.0.0/-1", false},
        {"[::1]", false},
        {"10.0.0.1 ", false},
        {"unixx", false},
        {"10.0.0.0/0008", false},
        {"::ffff:1.2.3.4/200", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (proxies_is_list(lists[i].text) != lists[i].good)
            fail_msg("'%s' is %s", lists[i].text, lists[i].good ? "not taken" : "taken");
}

static void test_trust(void **state)
{
    static const struct {
        const char *list, *address;
        bool trusted;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"2001:db8::/33", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "10.0.0.1", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct proxies proxies;
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool is_v4 = inet_pton(AF_INET, cases[i].address, &v4.sin_addr) == 1;

        assert_true(proxies_read(cases[i].list, &proxies));
        assert_true(is_v4 || inet_pton(AF_INET6, cases[i].address, &v6.sin6_addr) == 1);
        const struct sockaddr *address = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
        if (proxies_trust(&proxies, address) != cases[i].trusted)
            fail_msg("%s in %s", cases[i].address, cases[i].list);
    }
}

static void test_clients(void **state)
{
    static const struct {
        const char *forwarded, *x_forwarded_for, *client; /* NULL: none */
    } cases[] = {
        {NULL, "192.0.2.1", "192.0.2.1"},
        {NULL, "192.0.2.1:4711", "192.0.2.1"},
        {NULL, "2001:db8::1", "2001:db8::1"},
        {NULL, "[2001:db8::1]:4711", "2001:db8::1"},
        {NULL, "198.51.100.1, 192.0.2.1", "192.0.2.1"},
        {NULL, "192.0.2.1, 10.0.0.2", "192.0.2.1"},
        {NULL, "198.51.100.1, 192.0.2.1, 10.0.0.2,10.0.0.3", "192.0.2.1"},
        {NULL, "10.0.0.2", "10.0.0.2"},
        {NULL, "unknown, 10.0.0.2", "10.0.0.2"},
        {NULL, "192.0.2.1, unknown", NULL},
        {NULL, "", NULL},
        {NULL, ",", NULL},
        {NULL, "x\x1b[31m", NULL},
        {NULL, NULL, NULL},
        {"for=192.0.2.1", NULL, "192.0.2.1"},
        {"For=\"[2001:db8:cafe::17]:4711\"", NULL, "2001:db8:cafe::17"},
        {"for=192.0.2.60;proto=http;by=203.0.113.43", NULL, "192.0.2.60"},
        {"for=192.0.2.60", "198.51.100.9, 192.0.2.60", "192.0.2.60"},
        {"for=192.0.2.60", "198.51.100.9", NULL},
        {"for=10.0.0.2", "192.0.2.60, 10.0.0.2", NULL},
        {"proto=http; for=192.0.2.60", NULL, "192.0.2.60"},
        {"for=198.51.100.17, for=192.0.2.43;by=10.0.0.2, for=10.0.0.2", NULL, "192.0.2.43"},
        {"for=_hidden", "192.0.2.1", NULL},
        {"for=unknown", NULL, NULL},
        {"by=192.0.2.1", NULL, NULL},
        {"for=", NULL, NULL},
    };
    struct proxies proxies;

    (void)state;
    assert_true(proxies_read("10.0.0.0/8", &proxies));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char client[INET6_ADDRSTRLEN] = "";
        bool found = proxies_client(&proxies, cases[i].forwarded, cases[i].x_forwarded_for, client);

        if (found != (cases[i].client != NULL) || (found && strcmp(client, cases[i].client) != 0))
            fail_msg("case %zu: %s", i, found ? client : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_clients),
    };
    return cmocka_run_group_tests_name("proxies", tests, NULL, NULL);
}
