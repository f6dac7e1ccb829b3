/* SPDX-License-Identifier: MIT */
/*
 * The guard: a table of request heads and what becomes of each. Where a row names a slug and the start of a sentence, the
 * head must be refused with these; where it names a path, it must be believed and the path begin there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

struct field {
    const char *name, *value;
};

#define HOST "Host", "example.org"

struct head {
    const char *method, *version, *target;
    struct field fields[6];
    const char *slug;   /* NULL: believed */
    const char *detail; /* how the sentence begins */
    const char *path;   /* where it is believed: what the path is, from the target */
    bool content, path_empty;
};

#define GET(t) .method = "GET", .version = "HTTP/1.1", .target = t
#define POST   .method = "POST", .version = "HTTP/1.1", .target = "/"
#define BAD    .slug = "malformed-request"

static const struct head heads[] = {
    /* request lines that are right */
    {GET("/"), .fields = {{HOST}}, .path = "/"},
    {GET("/v1/observations?category=cultivation&year=2022&q=a%20b"), .fields = {{HOST}},
     .path = "/v1/observations?category=cultivation&year=2022&q=a%20b"},
    {GET("/a-z_A.Z~0!$&'()*+,;=:@/?/?"), .fields = {{HOST}}, .path = "/a-z_A.Z~0!$&'()*+,;=:@/?/?"},
    {GET("//x"), .fields = {{HOST}}, .path = "//x"},
    {.method = "GET", .version = "HTTP/1.2", .target = "/", .fields = {{HOST}}, .path = "/"},
    {.method = "GET", .version = "HTTP/1.0", .target = "/", .path = "/"},
    {.method = "BREW", .version = "HTTP/1.1", .target = "/", .fields = {{HOST}}, .path = "/"},
    {.method = "OPTIONS", .version = "HTTP/1.1", .target = "*", .fields = {{HOST}}, .path = "*"},
    {GET("http://example.org/v1?a=b"), .fields = {{HOST}}, .path = "/v1?a=b"},
    {GET("HTTPS://[::1]:443/v1"), .fields = {{HOST}}, .path = "/v1"},
    {GET("http://example.org"), .fields = {{HOST}}, .path = "", .path_empty = true},
    {GET("http://example.org?a=b"), .fields = {{HOST}}, .path = "?a=b", .path_empty = true},

    /* methods and versions */
    {.method = "G@T", .version = "HTTP/1.1", .target = "/", .fields = {{HOST}}, BAD, .detail = "The method"},
    {.method = "", .version = "HTTP/1.1", .target = "/", .fields = {{HOST}}, BAD, .detail = "The method"},
    {.method = "GET", .version = "", .target = "/", .fields = {{HOST}}, BAD, .detail = "The request line"},
    {.method = "GET", .version = "HTTP/1", .target = "/", .fields = {{HOST}}, BAD, .detail = "The request line"},
    {.method = "GET", .version = "http/1.1", .target = "/", .fields = {{HOST}}, BAD, .detail = "The request line"},
    {.method = "GET", .version = "HTTP/1.10", .target = "/", .fields = {{HOST}}, BAD, .detail = "The request line"},
    {.method = "GET", .version = "HTTP/2.0", .target = "/", .slug = "http-version-not-supported", .detail = "Only"},
    {.method = "GET", .version = "HTTP/9.9", .target = "/", .slug = "http-version-not-supported", .detail = "Only"},
    {.method = "GET", .version = "HTTP/0.9", .target = "/", .slug = "http-version-not-supported", .detail = "Only"},
    {.method = "PRI", .version = "HTTP/2.0", .target = "*", .slug = "http-version-not-supported", .detail = "Only"},

    /* targets */
    {GET(""), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {GET("v1"), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {GET("*"), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {GET("ftp://example.org/"), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {GET("http:///v1"), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {GET("http://u@example.org/"), .fields = {{HOST}}, BAD, .detail = "The request target is neither"},
    {.method = "CONNECT",
     .version = "HTTP/1.1",
     .target = "a:80",
     .fields = {{HOST}},
     BAD,
     .detail = "The request target is"},
    {.method = "OPTIONS",
     .version = "HTTP/1.1",
     .target = "**",
     .fields = {{HOST}},
     BAD,
     .detail = "The request target is"},
    {GET("/a b"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/a\tb"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/a#b"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/\xc3\xa4"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/?a[0]=1"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/\\"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/\x7f"), .fields = {{HOST}}, BAD, .detail = "The request target holds a character"},
    {GET("/%zz"), .fields = {{HOST}}, BAD, .detail = "The request target holds a percent"},
    {GET("/?a=%4"), .fields = {{HOST}}, BAD, .detail = "The request target holds a percent"},
    {GET("/%"), .fields = {{HOST}}, BAD, .detail = "The request target holds a percent"},
    {GET("/a%00b"), .fields = {{HOST}}, BAD, .detail = "The request target holds an encoded NUL"},
    {GET("/?x=1%00"), .fields = {{HOST}}, BAD, .detail = "The request target holds an encoded NUL"},

    /* hosts */
    {GET("/"), .fields = {{"host", " [2001:db8::1]:8080 "}}, .path = "/"},
    {GET("/"), .fields = {{"HOST", "a.b-c_d:"}}, .path = "/"},
    {GET("/"), BAD, .detail = "The Host"},
    {GET("/"), .fields = {{"Hostname", "a"}}, BAD, .detail = "The Host"},
    {GET("/"), .fields = {{HOST}, {HOST}}, BAD, .detail = "There is more than one Host"},
    {.method = "GET",
     .version = "HTTP/1.0",
     .target = "/",
     .fields = {{HOST}, {HOST}},
     BAD,
     .detail = "There is more than one Host"},
    {GET("/"), .fields = {{"Host", ""}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "u@a"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "a/b"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "a b"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "a:b"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", ":80"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "[::1"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "[]"}}, BAD, .detail = "The host"},
    {GET("/"), .fields = {{"Host", "\xc3\xa4"}}, BAD, .detail = "The host"},

    /* names and values */
    {GET("/"), .fields = {{HOST}, {"X-!#$%&'*+-.^_`|~", "\ta\t\xe4 [\"]"}}, .path = "/"},
    {GET("/"), .fields = {{HOST}, {"Accept", ""}}, .path = "/"},
    {GET("/"), .fields = {{HOST}, {"", "a"}}, BAD, .detail = "The name of a header field is not"},
    {GET("/"), .fields = {{HOST}, {"Name ", "a"}}, BAD, .detail = "The name of a header field is not"},
    {GET("/"), .fields = {{HOST}, {"Na[me", "a"}}, BAD, .detail = "The name of a header field is not"},
    {GET("/"), .fields = {{HOST}, {"N\xc3\xa4me", "a"}}, BAD, .detail = "The name of a header field is not"},
    {GET("/"), .fields = {{HOST}, {"Content-Length36", ""}}, BAD, .detail = "The name of a header field begins"},
    {GET("/"), .fields = {{HOST}, {"transfer-encodingchunked", ""}}, BAD,
     .detail = "The name of a header field begins"},
    {GET("/"), .fields = {{HOST}, {"A", "\a"}}, BAD, .detail = "The value"},
    {GET("/"), .fields = {{HOST}, {"A", "a\rb"}}, BAD, .detail = "The value"},
    {GET("/"), .fields = {{HOST}, {"A", "a\nb"}}, BAD, .detail = "The value"},
    {GET("/"), .fields = {{HOST}, {"A", "\x7f"}}, BAD, .detail = "The value"},

    /* framing */
    {POST, .fields = {{HOST}, {"Content-Length", "5"}}, .path = "/", .content = true},
    {POST, .fields = {{HOST}, {"Content-Length", "0"}}, .path = "/"},
    {POST, .fields = {{HOST}, {"Transfer-Encoding", "Chunked"}}, .path = "/", .content = true},
    {POST, .fields = {{HOST}, {"Content-Length", "123456789012345678"}}, .path = "/", .content = true},
    {GET("/"), .fields = {{HOST}, {"Content-Length", "000"}}, .path = "/"},
    {POST, .fields = {{HOST}, {"Content-Length", "1234567890123456789"}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", ""}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", "+0"}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", "-1"}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", "0x0"}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", "0, 35"}}, BAD, .detail = "The Content-Length"},
    {POST, .fields = {{HOST}, {"Content-Length", "0"}, {"content-length", "0"}}, BAD,
     .detail = "There is more than one Content"},
    {POST, .fields = {{HOST}, {"Transfer-Encoding", "gzip"}}, BAD, .detail = "The Transfer-Encoding"},
    {POST, .fields = {{HOST}, {"Transfer-Encoding", "gzip, chunked"}}, BAD, .detail = "The Transfer-Encoding"},
    {POST, .fields = {{HOST}, {"Transfer-Encoding", ""}}, BAD, .detail = "The Transfer-Encoding"},
    {POST, .fields = {{HOST}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, BAD,
     .detail = "There is more than one Transfer"},
    {POST, .fields = {{HOST}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, BAD,
     .detail = "Transfer-Encoding and Content-Length"},
    {.method = "POST",
     .version = "HTTP/1.0",
     .target = "/",
     .fields = {{"Transfer-Encoding", "chunked"}},
     BAD,
     .detail = "HTTP/1.0"},
    {GET("/"), .fields = {{HOST}, {"Content-Length", "36"}}, .slug = "content-not-accepted", .detail = "This method"},
    {.method = "HEAD",
     .version = "HTTP/1.1",
     .target = "/",
     .fields = {{HOST}, {"Transfer-Encoding", "chunked"}},
     .slug = "content-not-accepted",
     .detail = "This method"},
    {.method = "OPTIONS",
     .version = "HTTP/1.1",
     .target = "*",
     .fields = {{HOST}, {"Content-Length", "1"}},
     .slug = "content-not-accepted",
     .detail = "This method"},
};

static const struct guard_refusal *run(const struct head *head, struct guard *guard)
{
    guard_begin(guard, head->method, head->version, head->target, strlen(head->target));
    for (const struct field *field = head->fields; field->name != NULL; field++)
        guard_field(guard, field->name, strlen(field->name), field->value, strlen(field->value));
    return guard_end(guard);
}

static bool is_right(const struct head *head)
{
    struct guard guard;
    const struct guard_refusal *refusal = run(head, &guard);

    if (head->slug != NULL)
        return refusal != NULL && strcmp(refusal->slug, head->slug) == 0 &&
               strncmp(refusal->detail, head->detail, strlen(head->detail)) == 0;
    return refusal == NULL && strcmp(head->target + guard.path, head->path) == 0 && guard.content == head->content &&
           guard.path_empty == head->path_empty;
}

static void test_heads(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct guard guard;
        const struct guard_refusal *refusal;
        if (is_right(&heads[i]))
            continue;
        refusal = run(&heads[i], &guard);
        print_error("row %zu, %s %s: %s\n", i, heads[i].method, heads[i].target,
                    refusal != NULL ? refusal->detail : "believed");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* NUL cannot stand in the table's strings. */
static void test_nul(void **state)
{
    struct guard guard;

    (void)state;
    guard_begin(&guard, "GET", "HTTP/1.1", "/a\0b", 4);
    assert_non_null(guard_end(&guard));

    guard_begin(&guard, "GET", "HTTP/1.1", "/", 1);
    guard_field(&guard, "Host", 4, "a", 1);
    guard_field(&guard, "A", 1, "a\0b", 3);
    assert_non_null(guard_end(&guard));

    guard_begin(&guard, "GET", "HTTP/1.1", "/", 1);
    guard_field(&guard, "Host", 4, "a", 1);
    guard_field(&guard, "A\0b", 3, "a", 1);
    assert_non_null(guard_end(&guard));
}

/* Every octet in a target: 0x21 to 0x7e except those that RFC 3986 leaves out of paths and queries. */
static void test_target_octets(void **state)
{
    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        const char target[] = {'/', (char)octet, '4', '1', '\0'};
        bool wanted = octet > 0x20 && octet < 0x7f && strchr("\"#<>[\\]^`{|}", (int)octet) == NULL;
        struct guard guard;
        guard_begin(&guard, "GET", "HTTP/1.1", target, 4);
        guard_field(&guard, "Host", 4, "a", 1);
        if ((guard_end(&guard) == NULL) != wanted)
            fail_msg("octet 0x%02x should be %s", octet, wanted ? "taken" : "refused");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_target_octets),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
