/* SPDX-License-Identifier: MIT */
/* Places to listen at, as they are written. */
#include "support.h"

#include "place.h"

/* Longer than a socket's path may be: 108 with its end. */
#define LONG_PATH                                                                                                      \
    "/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

static const struct {
    const char *text;
    bool good;
    const char *address, *path;
    unsigned port;
    bool tls;
} cases[] = {
    {"127.0.0.1:80", true, "127.0.0.1", "", 80},
    {"0.0.0.0:0", true, "0.0.0.0", "", 0},
    {"localhost:65535", true, "localhost", "", 65535},
    {"[::]:8080", true, "::", "", 8080},
    {"[2001:db8::1]:1", true, "2001:db8::1", "", 1},
    {"unix:/run/a.sock", true, "", "/run/a.sock", 0},
    {"unix:/a:b", true, "", "/a:b", 0},
    {"unix:" LONG_PATH, false, "", "", 0},
    {"unix:", false, "", "", 0},
    {"unix:a.sock", false, "", "", 0},
    {"unix:@abstract", false, "", "", 0},
    {"", false, "", "", 0},
    {":80", false, "", "", 0},
    {"[]:80", false, "", "", 0},
    {"127.0.0.1", false, "", "", 0},
    {"127.0.0.1:", false, "", "", 0},
    {"127.0.0.1:x", false, "", "", 0},
    {"127.0.0.1:65536", false, "", "", 0},
    {"127.0.0.1:000080", false, "", "", 0},
    {"127.0.0.1:-1", false, "", "", 0},
    {"127.0.0.1: 80", false, "", "", 0},
    {"[127.0.0.1]:80", false, "", "", 0},
    {"::1:80", false, "", "", 0},
    {"example.org:80", false, "", "", 0},
    {"80", false, "", "", 0},
    {"tls:127.0.0.1:8443", true, "127.0.0.1", "", 8443, true},
    {"tls:[::]:0", true, "::", "", 0, true},
    {"tls:unix:/a", false, "", "", 0},
    {"tls:", false, "", "", 0},
    {"tls:tls:127.0.0.1:1", false, "", "", 0},
    {"TLS:127.0.0.1:1", false, "", "", 0},
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *at = cases[i].text;
        struct place place = {.port = 7};

        if (place_read(&at, &place) != cases[i].good)
            fail_msg("'%s' is %s", cases[i].text, cases[i].good ? "not taken" : "taken");
        if (!cases[i].good)
            continue;
        assert_string_equal(place.address, cases[i].address);
        assert_string_equal(place.path, cases[i].path);
        assert_int_equal(place.port, cases[i].port);
        assert_int_equal(place.tls, cases[i].tls);
        assert_string_equal(at, "");
    }
}

static void test_lists(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } lists[] = {
        {"127.0.0.1:1", true},
        {"127.0.0.1:1,unix:/a,[::1]:2", true},
        {"127.0.0.1:1,", false},
        {",127.0.0.1:1", false},
        {"127.0.0.1:1, 127.0.0.1:2", false},
        {"", false},
        {"unix:/1,unix:/2,unix:/3,unix:/4,unix:/5,unix:/6,unix:/7,unix:/8,unix:/9,unix:/10,unix:/11,unix:/12,unix:/13,"
         "unix:/14,unix:/15,unix:/16",
         true},
        {"unix:/1,unix:/2,unix:/3,unix:/4,unix:/5,unix:/6,unix:/7,unix:/8,unix:/9,unix:/10,unix:/11,unix:/12,unix:/13,"
         "unix:/14,unix:/15,unix:/16,unix:/17",
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (place_is_list(lists[i].text) != lists[i].good)
            fail_msg("'%s' is %s", lists[i].text, lists[i].good ? "not taken" : "taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
