/* SPDX-License-Identifier: MIT */
/*
 * One dataset takes another's place while threads ask: every answer is wholly of the one or wholly of the other, and
 * nothing of the old one is left. Of most use with the thread sanitizer (-Db_sanitize=thread).
 */
#include "support.h"

#include "config.h"
#include "service.h"

#include <pthread.h>
#include <unistd.h>

enum { THREADS = 4, RELOADS_MADE = 60, VARIANTS = 2 };

static const char document[] =
    "{\"format\": \"smestat-dataset-1\", \"id\": \"d\", \"title\": \"T\", \"languages\": [\"en\"], \"as_of\": "
    "\"2024-01-01\", \"units\": [{\"code\": \"u\", \"name\": \"u\"}], \"sources\": [{\"code\": \"s\", \"title\": "
    "\"S\", "
    "\"date\": \"2024-01-01\", \"date_basis\": \"stated\"}], \"categories\": [{\"code\": \"c\", \"name\": \"C\"}], "
    "\"indicators\": [{\"code\": \"i\", \"name\": \"I\", \"category\": \"c\", \"unit\": \"u\", \"measure\": "
    "\"stock\"}], "
    "\"observations\": [{\"indicator\": \"i\", \"period\": \"2023\", \"period_basis\": \"stated\", \"kind\": "
    "\"actual\", "
    "\"value\": %d, \"qualifier\": \"exact\", \"source\": \"s\"}]}";

static const char *const targets[] = {
    "/v1",
    "/v1/observations",
    "/v1/observations?fields=value",
    "/v1/indicators/i",
    "/v1/observations.csv",
    "/v1/nothing",
    "/openapi.json",
    "/readyz",
};

/* What a request for each target gets from each dataset. */
static struct reply *wanted[VARIANTS][COUNT(targets)];
static struct sme_dataset *datasets[VARIANTS];
static struct service *service;
static atomic_bool finished;
static atomic_uint mixed, answers;

static struct answer ask(struct service *of, const char *target)
{
    struct request request = {
        .method = METHOD_GET, .method_name = "GET", .target = target, .target_length = strlen(target)};
    struct answer answer;

    service_answer(of, &request, &answer);
    return answer;
}

static struct config defaults(void)
{
    static char program[] = "smestatd";
    char *argv[] = {program, NULL}, *environment[] = {NULL};
    struct config config;

    assert_int_equal(config_read(1, argv, environment, stdout, stderr, &config), CONFIG_RUN);
    return config;
}

static bool is_of(const struct reply *reply, size_t variant, size_t target)
{
    const struct reply *other = wanted[variant][target];

    return reply->status == other->status && reply->body->length == other->body->length &&
           memcmp(reply->body->bytes, other->body->bytes, other->body->length) == 0 && !reply->etag == !other->etag &&
           (!reply->etag || strcmp(reply->etag, other->etag) == 0);
}

static void *ask_on(void *context)
{
    (void)context;
    for (size_t i = 0; !atomic_load(&finished); i++) {
        size_t target = i % COUNT(targets);
        struct answer answer = ask(service, targets[target]);

        if (!is_of(answer.reply, 0, target) && !is_of(answer.reply, 1, target))
            atomic_fetch_add(&mixed, 1);
        atomic_fetch_add(&answers, 1);
        reply_unref(answer.reply);
    }
    return NULL;
}

static void *replace(void *context)
{
    assert_true(service_replace(service, context));
    return NULL;
}

static int begin(void **state)
{
    static struct config config;
    char text[sizeof document + 16];

    (void)state;
    config = defaults();
    for (int v = 0; v < VARIANTS; v++) {
        (void)snprintf(text, sizeof text, document, 100 + v);
        datasets[v] = load_text(text);
        struct service *alone = service_new(&config, datasets[v]);
        assert_non_null(alone);
        for (size_t t = 0; t < COUNT(targets); t++)
            wanted[v][t] = ask(alone, targets[t]).reply;
        service_free(alone);
    }
    service = service_new(&config, datasets[0]);
    return service ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    service_free(service);
    for (size_t v = 0; v < VARIANTS; v++) {
        for (size_t t = 0; t < COUNT(targets); t++)
            reply_unref(wanted[v][t]);
        sme_dataset_unref(datasets[v]);
    }
    return 0;
}

static void test_under_load(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, NULL), 0);
    for (size_t i = 1; i <= RELOADS_MADE; i++) {
        assert_true(service_replace(service, datasets[i % VARIANTS]));
        (void)usleep(500);
    }
    atomic_store(&finished, true);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&mixed), 0);
    assert_true(atomic_load(&answers) > RELOADS_MADE);
    assert_true(service_serves(service, datasets[RELOADS_MADE % VARIANTS]));
}

/* A thread that asks no more keeps nothing: its kept reply goes with the snapshot, but for those who hold it. */
static void test_idle(void **state)
{
    struct answer answer = ask(service, "/v1"), again = ask(service, "/v1");
    struct sme_dataset *other = datasets[service_serves(service, datasets[0])];
    pthread_t thread;

    (void)state;
    assert_ptr_equal(answer.reply, again.reply);
    reply_unref(again.reply);
    assert_int_equal(atomic_load(&answer.reply->refs), 2);
    assert_int_equal(pthread_create(&thread, NULL, replace, other), 0);
    (void)pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&answer.reply->refs), 1);
    assert_true(answer.reply->body->length > 0); /* what is being sent is still there */
    reply_unref(answer.reply);
    again = ask(service, "/v1");
    assert_true(is_of(again.reply, other == datasets[1], 0));
    reply_unref(again.reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_under_load), cmocka_unit_test(test_idle)};

    return cmocka_run_group_tests_name("snapshot", tests, begin, end);
}
