/* SPDX-License-Identifier: MIT */
/*
 * The gate: what it lets through, how it ends what it does not, and that it makes no difference in which pieces the bytes
 * come. tests/http/wire has many more cases, with the library behind the gate.
 */
#include "support.h"

#include "gate.h"

enum { ROOM = 1024 };

static const struct gate_limits limits = {.head_bytes = 200, .fields = 5};

/* A question mark in a target as the library sees it. */
#define QUESTION "\x1a"

static const struct {
    const char *sent;
    size_t length;
    const char *seen; /* by the library, up to its end */
    unsigned heads, refused;
    const char *slug;
} cases[] = {
#define SENT(text) (text), sizeof(text) - 1
    {SENT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1, 0, NULL},
    {SENT("\r\nGET / HTTP/1.0\r\n\r\n"), "\r\nGET / HTTP/1.0\r\n\r\n", 1, 0, NULL},
    {SENT("GET /a?b=?c HTTP/1.9\r\n\r\nGET /?d HTTP/1.1\r\n\r\n"),
     "GET /a" QUESTION "b=" QUESTION "c HTTP/1.9\r\n\r\nGET /" QUESTION "d HTTP/1.1\r\n\r\n", 2, 0, NULL},
    {SENT("GET / HTTP/1.1\r\nA:\tb\tc \r\nD:\r\n\r\n"), "GET / HTTP/1.1\r\nA:\tb\tc \r\nD:\r\n\r\n", 1, 0, NULL},
    {SENT("GET / HTTP/1.1\r\nCookie: a\r\nExpect: b\r\nX-Cookie: c\r\n\r\n"),
     "GET / HTTP/1.1\r\nCooki-: a\r\nExpec-: b\r\nX-Cookie: c\r\n\r\n", 1, 0, NULL},
    {SENT("P / HTTP/1.1\r\nContent-Length: 0\r\n\r\nP / HTTP/1.1\r\n\r\n"),
     "P / HTTP/1.1\r\nContent-Length: 0\r\n\r\nP / HTTP/1.1\r\n\r\n", 2, 0, NULL},
    /* content is kept away */
    {SENT("P / HTTP/1.1\r\nCONTENT-length: 3\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
     "P / HTTP/1.1\r\nCONTENT-length: 3\r\n\r\n", 1, 0, NULL},
    {SENT("P / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
     "P / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", 1, 0, NULL},
    /* each state with what ends it */
    {SENT("\0GET"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("\r\r\n"), "\r\nGET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GE\tT"), "GE / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET  /"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET /a\r\n"), "GET /a HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/2.0\r\n"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "http-version-not-supported"},
    {SENT("GET / HTTPX"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\n"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\rX"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\n: x"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nA: b\r\n c"), "GET / HTTP/1.1\r\nA: b\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nA \r\n"), "GET / HTTP/1.1\r\nA-:\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nA: b\0\r\n"), "GET / HTTP/1.1\r\nA: b\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nContent-Length: x"), "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 1, 1,
     "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nContent-Length: 1,"), "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 1, 1,
     "malformed-request"},
    {SENT("GET / HTTP/1.1\r\n\rX"), "GET / HTTP/1.1\r\n\r\n", 1, 1, "malformed-request"},
    {SENT("GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\n"),
     "GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", 1, 1, "head-too-large"},
    /* the second head */
    {SENT("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
     "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 2, 2, "malformed-request"},
#undef SENT
};

/* Sends the bytes in pieces of these lengths, the last over and over, into buffers of that room. */
static size_t send_in(const char *sent, size_t length, size_t first, size_t then, size_t room, struct gate *gate,
                      char seen[static ROOM])
{
    size_t at = 0, count = 0;

    *gate = (struct gate){.limits = &limits};
    for (size_t piece = first; at < length; piece = then) {
        char buffer[ROOM];
        size_t taken = piece < length - at ? piece : length - at;

        taken = taken < room ? taken : room;
        memset(buffer, '#', sizeof buffer);
        memcpy(buffer, sent + at, taken);
        size_t passed = gate_pass(gate, buffer, taken, room);
        at += taken;
        for (;;) {
            assert_true(passed <= room && count + passed <= ROOM);
            memcpy(seen + count, buffer, passed);
            count += passed;
            if (!gate_has_ending(gate))
                break;
            passed = gate_pass(gate, buffer, 0, room);
        }
    }
    return count;
}

static void expect(size_t i, size_t first, size_t then, size_t room)
{
    char seen[ROOM];
    struct gate gate;
    size_t count = send_in(cases[i].sent, cases[i].length, first, then, room, &gate, seen);
    const char *slug = gate.refusal != NULL ? gate.refusal->slug : NULL;

    if (count != strlen(cases[i].seen) || memcmp(seen, cases[i].seen, count) != 0)
        fail_msg("case %zu in %zu, %zu: the library sees '%.*s'", i, first, then, (int)count, seen);
    if (gate.heads != cases[i].heads || gate.refused_head != cases[i].refused)
        fail_msg("case %zu in %zu, %zu: %u heads, refused %u", i, first, then, gate.heads, gate.refused_head);
    if ((slug == NULL) != (cases[i].slug == NULL) || (slug != NULL && strcmp(slug, cases[i].slug) != 0))
        fail_msg("case %zu in %zu, %zu: %s", i, first, then, slug != NULL ? slug : "believed");
    if (gate_is_shut(&gate) && gate_is_within_head(&gate))
        fail_msg("case %zu in %zu, %zu: shut, and more is waited for", i, first, then);
}

static void test_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t first = 1; first <= cases[i].length; first++) {
            expect(i, first, cases[i].length, ROOM);
            expect(i, first, first, ROOM);
            expect(i, 1, first, ROOM);
            expect(i, first, first, first);
        }
}

/* Every byte in every place of a good head: refused, or passed on as it is; and always a head for the library. */
static void test_bytes(void **state)
{
    static const char good[] = "GET /abc HTTP/1.1\r\nHost: x\r\nAccept-Encoding: y\r\n\r\n";
    char sent[sizeof good], seen[ROOM];
    struct gate gate;

    (void)state;
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(sent, good, sizeof good);
            sent[at] = (char)byte;
            size_t count = send_in(sent, sizeof good - 1, ROOM, ROOM, ROOM, &gate, seen);
            if (gate.refusal != NULL) {
                assert_int_equal(gate.heads, 1);
                assert_memory_equal(seen + count - 4, "\r\n\r\n", 4);
            } else if (byte != '?') {
                assert_int_equal(count, sizeof good - 1);
                assert_memory_equal(seen, sent, count);
            }
            assert_null(memchr(seen, '\0', count));
        }
}

static void test_sizes(void **state)
{
    char sent[600], seen[ROOM];
    struct gate gate;

    (void)state;
    for (size_t length = 190; length < 210; length++) {
        /* a head of that length */
        int head = snprintf(sent, sizeof sent, "GET / HTTP/1.1\r\nA: %0*d\r\n\r\n", (int)length - 23, 0);
        assert_int_equal(head, length);
        (void)send_in(sent, length, 7, 50, ROOM, &gate, seen);
        assert_true(length <= limits.head_bytes ? gate.refusal == NULL
                                                : strcmp(gate.refusal->slug, "head-too-large") == 0);
        /* a request line of that length */
        (void)snprintf(sent, sizeof sent, "GET /%0*d HTTP/1.1\r\n\r\n", (int)length, 0);
        (void)send_in(sent, strlen(sent), 7, 50, ROOM, &gate, seen);
        assert_string_equal(gate.refusal->slug, "target-too-long");
    }
    /* empty lines are no way around it */
    memset(sent, '\r', sizeof sent);
    for (size_t i = 1; i < sizeof sent; i += 2)
        sent[i] = '\n';
    (void)send_in(sent, sizeof sent, 7, 50, ROOM, &gate, seen);
    assert_non_null(gate.refusal);
}

static void test_ends(void **state)
{
    static const char whole[] = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
    char buffer[ROOM];

    (void)state;
    for (size_t length = 0; length < sizeof whole; length++)
        for (int late = 0; late < 2; late++) {
            struct gate gate = {.limits = &limits};
            memcpy(buffer, whole, length);
            size_t passed = gate_pass(&gate, buffer, length, sizeof buffer);
            assert_int_equal(passed, length);
            assert_int_equal(gate_is_within_head(&gate), length > 0 && length < sizeof whole - 1);
            passed += gate_end(&gate, late != 0, buffer + passed, sizeof buffer - passed);
            if (length == 0 || length == sizeof whole - 1) {
                assert_null(gate.refusal);
                continue;
            }
            assert_string_equal(gate.refusal->slug, late != 0 ? "request-timeout" : "malformed-request");
            assert_memory_equal(buffer + passed - 4, "\r\n\r\n", 4);
        }
}

/* What the library saw and the gate did not is not believed. */
static void test_unseen(void **state)
{
    struct gate gate = {.limits = &limits, .heads = 2};

    (void)state;
    assert_null(gate_refusal(&gate, 2));
    assert_non_null(gate_refusal(&gate, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces), cmocka_unit_test(test_bytes),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ends),   cmocka_unit_test(test_unseen),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
