/* SPDX-License-Identifier: MIT */
/*
 * Requests and their answers, without a socket: status, header fields and what a body begins with. What holds for every
 * answer is checked for each row.
 */
#include "support.h"

#include "config.h"
#include "routes.h"
#include "service.h"

static struct sme_dataset *builtin;

static int load(void **state)
{
    (void)state;
    builtin = load_builtin();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    sme_dataset_unref(builtin);
    return 0;
}

static struct config defaults(void)
{
    static char program[] = "smestatd";
    char *argv[] = {program, NULL}, *environment[] = {NULL};
    struct config config;

    assert_int_equal(config_read(1, argv, environment, stdout, stderr, &config), CONFIG_RUN);
    return config;
}

struct field {
    const char *name, *value; /* NULL value: must not be there */
};

struct exchange_row {
    const char *target;
    int status;
    enum method method;
    const char *accept, *accept_language, *accept_encoding, *origin;
    const char *cors_origin, *base_url;
    struct field fields[4];
    const char *body; /* something that stands in it; NULL: whatever */
};

#define CORS "ETag, Link, Content-Language, Content-Disposition, Location, Allow, Server-Timing, X-Request-Id"

static const struct exchange_row rows[] = {
    {"/", 200, .fields = {{"Content-Type", "application/json"}}, .body = "\"observations\":\"/v1/observations\""},
    {"/", 200, .accept = "text/html",
     .fields = {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Language", "en"}},
     .body = "<html lang=\"en\">"},
    {"/", 200, .accept = "text/html", .accept_language = "zh", .body = "<html lang=\"zh\">"},
    {"/", 406, .accept = "image/png", .fields = {{"Content-Type", "application/problem+json"}}},
    {"/?a=1", 400, .body = "unknown-parameter"},
    {"/v1", 200, .body = "\"id\":\"miit-sme-2023\""},
    {"/v1", 200, METHOD_HEAD},
    {"/v1", 204, METHOD_OPTIONS,
     .fields = {{"Allow", "GET, HEAD, OPTIONS"},
                {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                {"ETag", NULL}}},
    {"*", 204, METHOD_OPTIONS, .fields = {{"Allow", "GET, HEAD, OPTIONS"}}},
    {"/v1", 405, METHOD_OTHER, .fields = {{"Allow", "GET, HEAD, OPTIONS"}, {"Cache-Control", "no-store"}}},
    {"/v1/indicators", 200, .fields = {{"Content-Language", "en"}, {"Cache-Control", "public, max-age=60"}}},
    {"/v1/indicators", 200, .accept_language = "zh-CN", .fields = {{"Content-Language", "zh"}}},
    {"/v1/indicators?lang=all", 200, .accept_language = "zh", .fields = {{"Content-Language", "en, zh"}}},
    {"/v1/observations?category=cultivation", 200, .body = "specialized-sme-count.2023.target"},
    {"/v1/observations.json?category=cultivation", 200, .accept = "text/csv",
     .body = "specialized-sme-count.2023.target"},
    {"/v1/observations", 200, .accept = "text/csv"},
    {"/v1/facets", 406, .accept = "text/csv"},
    {"/v1/observations?format=json", 200, .accept = "text/csv"},
    {"/v1/observations?format=xml", 406},
    {"/v1/observations?limit=5&offset=5", 200,
     .fields = {{"Link",
                 "</v1/observations?limit=5&offset=10>; rel=\"next\", </v1/observations?limit=5>; rel=\"prev\""}}},
    {"/v1/observations?limit=5", 200, .base_url = "https://a.example/b",
     .fields = {{"Link", "<https://a.example/b/v1/observations?limit=5&offset=5>; rel=\"next\""}},
     .body = "\"self\":\"https://a.example/b/v1/observations?limit=5\""},
    {"/v1/observations", 200, .fields = {{"Link", NULL}}},
    {"/v1/observations?category=cultivaton", 400, .body = "\"did_you_mean\":[\"cultivation\"]"},
    {"/v1/observations?category=cultivaton&lang=zh", 400, .body = "没有名为“cultivaton”的类别。"},
    {"/v1/observations?category=cultivaton", 400, .accept_language = "zh", .fields = {{"Content-Language", "zh"}}},
    {"/v1/indicators/sme-cuont", 404, .body = "\"sme-count\""},
    {"/v1/observatons", 404, .body = "/v1/observations"},
    {"/v1/dataset", 404},
    {"/nothing/like/this", 404},
    {"/indicators?year=2022", 308, .fields = {{"Location", "/v1/indicators?year=2022"}, {"ETag", NULL}}},
    {"/indicators/sme-count", 308, .fields = {{"Location", "/v1/indicators/sme-count"}}},
    {"/v1/indicators/?a=b", 308, .fields = {{"Location", "/v1/indicators?a=b"}}},
    {"/v1/", 308, .base_url = "https://a.example", .fields = {{"Location", "https://a.example/v1"}}},
    {"//evil.example/", 404},
    {"/nothing/", 404},
    {"/openapi.json", 200, .fields = {{"Content-Type", "application/vnd.oai.openapi+json;version=3.1"}},
     .body = "\n      \"Language\": {\n        \"enum\": [\"en\", \"zh\", \"all\"],\n"},
    {"/schemas/dataset.json", 200, .fields = {{"Content-Type", "application/schema+json"}}},
    {"/problems", 200, .body = "\"slug\":\"unknown-code\""},
    {"/problems/unknown-code", 200, .body = "\"status\":400"},
    {"/problems/unknown-code", 200, .accept = "text/html", .body = "<code>400</code>"},
    {"/problems/unknown-cod", 404, .body = "unknown-code"},
    {"/docs", 200, .fields = {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Language", NULL}},
     .body = "src=\"docs/docs.js\""},
    {"/docs", 200, METHOD_HEAD, .accept = "image/png", .fields = {{"Cache-Control", "public, max-age=60"}}},
    {"/docs", 405, METHOD_OTHER, .fields = {{"Allow", "GET, HEAD, OPTIONS"}}},
    {"/docs?lang=zh", 400, .body = "unknown-parameter"},
    {"/docs/", 308, .fields = {{"Location", "/docs"}}},
    {"/docs/docs.cs", 404, .body = "/docs/docs.css"},
    {"/docs/docs.css", 200, .fields = {{"Content-Type", "text/css; charset=utf-8"}}},
    {"/docs/docs.css", 204, METHOD_OPTIONS, .fields = {{"Allow", "GET, HEAD, OPTIONS"}}},
    {"/docs/docs.js", 200, .fields = {{"Content-Type", "text/javascript; charset=utf-8"}}},
    {"/docs/docs.js", 200, .accept_encoding = "gzip", .fields = {{"Content-Encoding", "gzip"}}, .body = "\x1f\x8b"},
    {"/docs/icon.svg", 200, .fields = {{"Content-Type", "image/svg+xml"}}, .body = "<svg "},
    {"/healthz", 200, .fields = {{"Cache-Control", "no-store"}, {"ETag", NULL}}, .body = "ok"},
    {"/readyz", 200, .fields = {{"Cache-Control", "no-store"}}, .body = "ready"},
    {"/metrics", 200,
     .fields = {{"Cache-Control", "no-store"}, {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
     .body = "\nsmestatd_dataset_rows{collection=\"observations\"} 17\n"},
    {"/version", 200, .body = "\"name\":\"smestatd\""},
    {"/%zz", 400, .body = "bad-encoding"},
    {"/v1?q=%ff", 400, .body = "bad-encoding"},
    {"/1/2/3/4/5/6/7/8/9", 400, .body = "too-many-parameters"},
    /* compression */
    {"/v1/observations", 200, .accept_encoding = "gzip", .fields = {{"Content-Encoding", "gzip"}}, .body = "\x1f\x8b"},
    {"/v1/observations", 200, .accept_encoding = "gzip;q=0", .fields = {{"Content-Encoding", NULL}}},
    {"/healthz", 200, .accept_encoding = "gzip", .fields = {{"Content-Encoding", NULL}}},
    {"/v1/observations?category=x", 400, .accept_encoding = "gzip", .fields = {{"Content-Encoding", NULL}}},
    /* origins */
    {"/v1", 200, .fields = {{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Expose-Headers", CORS}}},
    {"/v1", 200, .origin = "https://a.example", .cors_origin = "none",
     .fields = {{"Access-Control-Allow-Origin", NULL}, {"Access-Control-Expose-Headers", NULL}}},
    {"/v1", 200, .origin = "https://b.example", .cors_origin = "https://a.example,https://b.example",
     .fields = {{"Access-Control-Allow-Origin", "https://b.example"},
                {"Vary", "Accept, Accept-Language, Accept-Encoding, Origin"}}},
    {"/v1", 200, .origin = "https://b.exampl", .cors_origin = "https://a.example,https://b.example",
     .fields = {{"Access-Control-Allow-Origin", NULL}}},
    {"/v1", 200, .origin = "https://c.example", .cors_origin = "https://a.example",
     .fields = {{"Access-Control-Allow-Origin", NULL}}},
    {"/v1", 204, METHOD_OPTIONS, .origin = "https://c.example", .cors_origin = "https://a.example",
     .fields = {{"Access-Control-Allow-Methods", NULL}, {"Allow", "GET, HEAD, OPTIONS"}}},
    {"/v1", 200, .cors_origin = "https://a.example", .fields = {{"Access-Control-Allow-Origin", NULL}}},
    {"/v1?category=x", 400, .fields = {{"Access-Control-Allow-Origin", "*"}}},
};

static struct answer ask(struct service *service, const struct exchange_row *row, const char *if_none_match)
{
    struct request request = {
        .method = row->method,
        .method_name = row->method == METHOD_OTHER ? "POST" : "GET",
        .target = row->target,
        .target_length = strlen(row->target),
        .accept = row->accept,
        .accept_language = row->accept_language,
        .accept_encoding = row->accept_encoding,
        .if_none_match = if_none_match,
        .origin = row->origin,
    };
    struct answer answer;

    service_answer(service, &request, &answer);
    return answer;
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct exchange_row *row = &rows[i];
        struct config config = defaults();

        config.cors_origin = row->cors_origin ? row->cors_origin : config.cors_origin;
        config.base_url = row->base_url ? row->base_url : config.base_url;
        struct service *service = service_new(&config, builtin);
        struct answer answer = ask(service, row, NULL);
        const struct reply *reply = answer.reply;

        if (answer.status != row->status)
            fail_msg("row %zu, %s: %d, not %d", i, row->target, answer.status, row->status);
        assert_int_equal(reply->status, answer.status);
        assert_false(answer.close);
        for (size_t f = 0; f < COUNT(row->fields) && row->fields[f].name; f++) {
            const char *value = reply_header(reply, row->fields[f].name);

            if (!value != !row->fields[f].value || (value && strcmp(value, row->fields[f].value) != 0))
                fail_msg("row %zu, %s: %s is %s", i, row->target, row->fields[f].name, value);
        }
        if (row->body &&
            !(reply->body && memmem(reply->body->bytes, reply->body->length, row->body, strlen(row->body))))
            fail_msg("row %zu, %s: no '%s' in %.*s", i, row->target, row->body,
                     reply->body ? (int)reply->body->length : 0, reply->body ? reply->body->bytes : "");
        /* what holds for all */
        assert_string_equal(reply_header(reply, "X-Content-Type-Options"), "nosniff");
        assert_non_null(reply_header(reply, "Cache-Control"));
        assert_int_equal(reply_header(reply, "Content-Type") != NULL, reply->body != NULL);
        assert_int_equal(reply_header(reply, "Content-Security-Policy") != NULL,
                         reply->body && strncmp(reply_header(reply, "Content-Type"), "text/html", 9) == 0);
        if (answer.status >= 400)
            assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
        /* no field twice */
        for (size_t h = 0; h < reply->header_count; h++)
            for (size_t k = 0; k < h; k++)
                assert_string_not_equal(reply->headers[h].name, reply->headers[k].name);
        if (strcmp(row->target, "/metrics") == 0) {
            reply_unref(answer.reply);
            service_free(service);
            continue;
        }
        /* asked again: the same bytes; with its tag: 304, but for errors and OPTIONS */
        struct answer again = ask(service, row, reply->etag ? reply->etag : "*");
        assert_int_equal(again.status, reply->etag && row->method != METHOD_OPTIONS ? 304 : answer.status);
        if (reply->body) {
            assert_int_equal(again.reply->body->length, reply->body->length);
            assert_memory_equal(again.reply->body->bytes, reply->body->bytes, reply->body->length);
        }
        reply_unref(again.reply);
        reply_unref(answer.reply);
        service_free(service);
    }
}

/* Codings, languages and origins never get each other's replies, though all are kept. */
static void test_kept_apart(void **state)
{
    static const struct exchange_row wishes[] = {
        {"/v1/observations", .accept_encoding = "gzip"},
        {"/v1/observations"},
        {"/v1/observations", .accept_language = "zh"},
        {"/v1/observations", .accept_language = "zh", .accept_encoding = "gzip"},
        {"/v1/observations?lang=en"},
        {"/v1/observations?lang=zh"},
        {"/v1/observations", .origin = "https://a.example"},
        {"/v1/observations", .origin = "https://b.example"},
        {"/v1/observations?pretty=true"},
        {"/openapi.json"},
        {"/openapi.json", .accept_encoding = "gzip"},
    };
    struct config config = defaults();
    struct answer first[COUNT(wishes)], second;

    (void)state;
    config.cors_origin = "https://a.example,https://b.example";
    struct service *service = service_new(&config, builtin);
    for (size_t i = 0; i < COUNT(wishes); i++)
        first[i] = ask(service, &wishes[i], NULL);
    for (size_t i = 0; i < COUNT(wishes); i++) {
        const char *origin = reply_header(first[i].reply, "Access-Control-Allow-Origin"), *asked_for = wishes[i].origin;

        second = ask(service, &wishes[i], NULL);
        assert_ptr_equal(second.reply, first[i].reply); /* kept */
        assert_int_equal(reply_header(second.reply, "Content-Encoding") != NULL, wishes[i].accept_encoding != NULL);
        assert_int_equal(origin != NULL, asked_for != NULL);
        if (origin)
            assert_string_equal(origin, asked_for);
        reply_unref(second.reply);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(first[k].reply, first[i].reply);
    }
    assert_string_not_equal(first[0].reply->etag, first[1].reply->etag);
    for (size_t i = 0; i < COUNT(wishes); i++)
        reply_unref(first[i].reply);
    service_free(service);
}

static void test_refusal(void **state)
{
    static const struct request request = {.target = "/\xff<>", .target_length = 4, .method_name = "GET"};
    static const struct request chinese = {
        .target = "/", .target_length = 1, .method_name = "GET", .accept_language = "zh"};
    struct config config = defaults();
    struct service *service = service_new(&config, builtin);
    struct answer answer;

    (void)state;
    service_refuse(service, &request, "malformed-request", "A reason.", &answer);
    assert_int_equal(answer.status, 400);
    assert_true(answer.close);
    assert_non_null(memmem(answer.reply->body->bytes, answer.reply->body->length, "A reason.", 9));
    assert_non_null(memmem(answer.reply->body->bytes, answer.reply->body->length, "\"instance\":\"/?<>\"", 17));
    reply_unref(answer.reply);
    service_refuse(service, &chinese, "malformed-request", "A reason.", &answer);
    assert_null(memmem(answer.reply->body->bytes, answer.reply->body->length, "A reason.", 9));
    assert_non_null(
        memmem(answer.reply->body->bytes, answer.reply->body->length, "请求格式错误", strlen("请求格式错误")));
    reply_unref(answer.reply);
    service_refuse(service, &request, "http-version-not-supported", "A reason.", &answer);
    assert_int_equal(answer.status, 505);
    reply_unref(answer.reply);
    service_refuse(service, &request, "no-such-problem", "A reason.", &answer);
    assert_int_equal(answer.status, 500);
    reply_unref(answer.reply);
    service_free(service);
    service_free(NULL);
}

static void test_drain(void **state)
{
    static const struct exchange_row ready = {"/readyz"}, data = {"/v1/units"};
    struct config config = defaults();
    struct service *service = service_new(&config, builtin);
    struct answer answer = ask(service, &data, NULL);

    (void)state;
    assert_false(answer.close);
    reply_unref(answer.reply);
    service_drain(service);
    answer = ask(service, &ready, NULL);
    assert_int_equal(answer.status, 503);
    assert_true(answer.close);
    reply_unref(answer.reply);
    answer = ask(service, &data, NULL);
    assert_int_equal(answer.status, 200);
    assert_true(answer.close);
    reply_unref(answer.reply);
    service_free(service);
}

/* What is counted: each answer that the transport tells of, and whether it was kept. */
static void test_measures(void **state)
{
    static const struct exchange_row asked[] = {
        {"/v1/units"}, {"/v1/units"}, {"/v1/nothing"}, {"/v1?a=b"}, {"/healthz"}};
    static const struct request got = {.method_name = "GET"};
    static const struct request refused = {.target = "/", .target_length = 1, .method_name = "GET"};
    struct config config = defaults();
    struct service *service = service_new(&config, builtin);
    struct measures measures;
    struct answer answer;
    unsigned units = 0, counted = 0;
    char label[ROUTE_LABEL_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT(asked); i++) {
        answer = ask(service, &asked[i], NULL);
        service_count(service, &got, &answer, 1000, 7000);
        units = i == 0 ? answer.reply->route : units;
        reply_unref(answer.reply);
    }
    answer = ask(service, &asked[0], "*");
    assert_int_equal(answer.status, 304);
    service_count(service, &got, &answer, 0, 2000000000);
    reply_unref(answer.reply);
    service_refuse(service, &refused, "malformed-request", "A reason.", &answer);
    service_count(service, &refused, &answer, 100, 1);
    reply_unref(answer.reply);
    service_measure(service, &measures);
    assert_true(route_label(units, label));
    assert_string_equal(label, "/v1/units");
    for (size_t status = 0; status < TALLY_STATUSES; status++) {
        unsigned long long wanted = tally_status(status) == 200 ? 2 : tally_status(status) == 304;

        assert_int_equal(service_answers(service, units, METHOD_GET, status), wanted);
        assert_int_equal(service_answers(service, units, METHOD_HEAD, status), 0);
        for (unsigned route = 0; route < TALLY_ROUTES; route++)
            for (enum method method = 0; method < METHODS; method++)
                counted += (unsigned)service_answers(service, route, method, status);
        assert_int_equal(service_answers(service, 0, METHOD_GET, status),
                         tally_status(status) == 400 || tally_status(status) == 404);
    }
    assert_int_equal(counted, COUNT(asked) + 2);
    assert_int_equal(measures.body_bytes, 5100);
    assert_int_equal(measures.duration_ns, 2000035001);
    for (size_t step = 0; step < TALLY_STEPS; step++)
        assert_int_equal(measures.durations[step], step == 0 ? 1 : step == 1 ? 5 : step == TALLY_STEPS - 1);
    assert_int_equal(measures.hits, 2);
    assert_int_equal(measures.misses, 1);
    service_free(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_kept_apart), cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_drain),   cmocka_unit_test(test_measures),
    };
    return cmocka_run_group_tests_name("service", tests, load, unload);
}
