/* SPDX-License-Identifier: MIT */
/* Replies and their bodies, the bounded cache of them, and the registry of problems. */
#include "support.h"

#include "cache.h"
#include "problem.h"

static unsigned freed;

static void count_free(void *transport)
{
    freed++;
    free(transport);
}

static struct reply *make(size_t bytes, char fill)
{
    char *content = malloc(bytes + 1);

    memset(content, fill, bytes);
    struct body *body = body_new(content, bytes);
    free(content);
    struct reply *reply = reply_new(200, body);
    assert_non_null(reply);
    reply->transport = malloc(1);
    reply->transport_free = count_free;
    return reply;
}

static void test_body(void **state)
{
    static const char literal[] = "literal";
    char bytes[] = "bytes";
    struct body *copied = body_new(bytes, 5), *borrowed = body_new_literal(literal, 7), *empty = body_new(NULL, 0);

    (void)state;
    bytes[0] = 'X';
    assert_memory_equal(copied->bytes, "bytes", 5);
    assert_int_equal(copied->length, 5);
    assert_ptr_equal(borrowed->bytes, literal);
    assert_int_equal(empty->length, 0);
    assert_ptr_equal(body_ref(copied), copied);
    body_unref(copied);
    assert_memory_equal(copied->bytes, "bytes", 5); /* one is left */
    body_unref(copied);
    body_unref(borrowed);
    body_unref(empty);
    body_unref(NULL);
    reply_unref(NULL);
}

/* What is large counts until it ends, wherever it is kept; what is small, or the program's, does not. */
static void test_hold(void **state)
{
    struct hold *hold = hold_new(4 * BODY_LARGE, BODY_LARGE);
    char *bytes = calloc(1, 5 * BODY_LARGE);
    struct body *small = body_new(bytes, BODY_LARGE), *literal = body_new_literal(bytes, 5 * BODY_LARGE);
    struct body *first = body_new(bytes, 2 * BODY_LARGE), *second = body_new(bytes, 2 * BODY_LARGE);
    struct body *third = body_new(bytes, BODY_LARGE + 1), *alone = body_take(bytes, 5 * BODY_LARGE);

    (void)state;
    assert_true(body_hold(small, hold) && body_hold(literal, hold));
    assert_int_equal(hold->bytes, 0);
    assert_true(body_hold(first, hold) && body_hold(first, hold) && body_hold(second, hold));
    assert_int_equal(hold->bytes, 4 * BODY_LARGE);
    assert_false(body_hold(third, hold) || body_hold(alone, hold));
    body_unref(body_ref(first));
    assert_int_equal(hold->bytes, 4 * BODY_LARGE);
    body_unref(first);
    assert_true(body_hold(third, hold));
    body_unref(second);
    assert_false(body_hold(alone, hold)); /* there is still another one */
    body_unref(third);
    assert_true(body_hold(alone, hold));
    body_unref(small);
    body_unref(literal);
    assert_int_equal(hold->bytes, 5 * BODY_LARGE);
    hold_unref(hold); /* the body outlives who limits it */
    body_unref(alone);
}

static void test_headers(void **state)
{
    struct reply *reply = reply_new(204, NULL);
    char value[] = "value";

    (void)state;
    assert_int_equal(reply->status, 204);
    assert_null(reply_header(reply, "A"));
    assert_true(reply_add(reply, "A", value));
    value[0] = 'X';
    assert_string_equal(reply_header(reply, "A"), "value");
    assert_true(reply_add(reply, "B", ""));
    assert_true(reply_add(reply, "C", NULL));
    assert_null(reply_header(reply, "B"));
    assert_int_equal(reply->header_count, 1);
    reply_unref(reply);
}

/* Same bytes, same tag; other bytes, another; a strong one in quotes. */
static void test_etag(void **state)
{
    struct reply *a = make(1000, 'a'), *b = make(1000, 'a'), *c = make(1001, 'a'), *d = make(0, 'a');

    (void)state;
    assert_null(a->etag);
    assert_true(reply_add_etag(a) && reply_add_etag(b) && reply_add_etag(c) && reply_add_etag(d));
    assert_string_equal(a->etag, b->etag);
    assert_string_not_equal(a->etag, c->etag);
    assert_string_not_equal(a->etag, d->etag);
    assert_string_equal(reply_header(a, "ETag"), a->etag);
    assert_int_equal(strlen(a->etag), 34);
    assert_true(a->etag[0] == '"' && a->etag[33] == '"');
    freed = 0;
    reply_unref(a);
    reply_unref(b);
    reply_unref(c);
    reply_unref(d);
    assert_int_equal(freed, 4);
}

static struct reply *got(struct cache *cache, const char *key)
{
    struct reply *reply = cache_get(cache, key, strlen(key));

    reply_unref(reply); /* the cache keeps it alive, if there is one */
    return reply;
}

static void put(struct cache *cache, const char *key, size_t bytes)
{
    struct reply *reply = make(bytes, *key);

    cache_put(cache, key, strlen(key), reply);
    reply_unref(reply);
}

static void put_number(struct cache *cache, int number, size_t bytes)
{
    char key[32];

    (void)snprintf(key, sizeof key, "key %d", number);
    put(cache, key, bytes);
}

static bool has_number(struct cache *cache, int number)
{
    char key[32];

    (void)snprintf(key, sizeof key, "key %d", number);
    return got(cache, key) != NULL;
}

static void test_cache(void **state)
{
    struct cache *cache = cache_new(1 << 20);

    (void)state;
    assert_null(got(cache, "a"));
    put(cache, "a", 10);
    put(cache, "b", 20);
    assert_int_equal(got(cache, "a")->body->length, 10);
    assert_int_equal(got(cache, "b")->body->length, 20);
    assert_null(got(cache, "ab"));
    assert_null(got(cache, ""));
    assert_null(cache_get(cache, "a\0", 2));
    /* what was got lives on without the cache */
    struct reply *kept = cache_get(cache, "a", 1);
    cache_free(cache);
    assert_int_equal(kept->body->length, 10);
    assert_memory_equal(kept->body->bytes, "aaaaaaaaaa", 10);
    reply_unref(kept);
    cache_free(NULL);
}

/* Never more is kept than was allowed, and what is asked for stays while others pass. */
static void test_bound(void **state)
{
    enum { ROOM = 200000, BODY = 15000, FIT = ROOM / (BODY + 2500) };
    struct cache *cache = cache_new(ROOM);

    (void)state;
    for (int i = 0; i < FIT; i++) {
        put_number(cache, i, BODY);
        assert_true(has_number(cache, i)); /* who was asked for again has all the room */
    }
    assert_int_equal(cache_count(cache).replies, FIT);
    assert_true(has_number(cache, 0) && has_number(cache, 3));
    for (int i = FIT; i < 1000; i++) {
        put_number(cache, i, BODY);
        assert_true(cache_count(cache).bytes <= ROOM);
    }
    assert_true(has_number(cache, 0) && has_number(cache, 3));
    assert_false(has_number(cache, 900));
    assert_true(has_number(cache, 999));
    assert_int_equal(cache_count(cache).replies + cache_count(cache).evictions, 1000);
    /* one that would take too much of the room is not kept, and drops nothing */
    struct cache_counts before = cache_count(cache);
    put(cache, "large", ROOM / 4);
    assert_null(got(cache, "large"));
    assert_int_equal(cache_count(cache).evictions, before.evictions);
    cache_free(cache);

    cache = cache_new(0);
    put(cache, "a", 1);
    assert_null(got(cache, "a"));
    assert_int_equal(cache_count(cache).bytes, 0);
    cache_free(cache);
}

/* A hundred answers that are asked for again and again stay through a flood of others, each asked for once. */
static void test_flood(void **state)
{
    enum { HOT = 100, FLOOD = 50000, ROOM = 1 << 20 };
    struct cache *cache = cache_new(ROOM);
    size_t missed = 0;

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < HOT; i++)
            if (!has_number(cache, i))
                put_number(cache, i, 1000);
    for (int i = HOT; i < FLOOD; i++) {
        put_number(cache, i, 1000);
        if (i % 8 == 0 && !has_number(cache, i / 8 % HOT)) {
            put_number(cache, i / 8 % HOT, 1000);
            missed++;
        }
        assert_true(cache_count(cache).bytes <= ROOM);
    }
    assert_int_equal(missed, 0);
    cache_free(cache);
}

/* One that went and is asked for again, soon, is not taken for one of the flood. */
static void test_coming_back(void **state)
{
    struct cache *cache = cache_new(100000);

    (void)state;
    for (int i = 0; i < 100; i++)
        put_number(cache, i, 1000);
    assert_false(has_number(cache, 50));
    put_number(cache, 50, 1000);
    for (int i = 100; i < 110; i++)
        put_number(cache, i, 1000);
    assert_true(has_number(cache, 50));
    cache_free(cache);
}

/* Of many, each asked for in turn, only the latest few are there; but who is made a second time stays while there is room. */
static void test_working_set(void **state)
{
    enum { SET = 2000, LATEST = 50, ROOM = 1 << 24 };
    struct cache *cache = cache_new(ROOM);
    size_t made[3] = {0};

    (void)state;
    for (size_t round = 0; round < 3; round++)
        for (int i = 0; i < SET; i++) {
            if (!has_number(cache, i)) {
                put_number(cache, i, 4000);
                made[round]++;
            }
            assert_true(i < LATEST || round > 0 || has_number(cache, i - i % LATEST));
        }
    assert_int_equal(made[0], SET);
    assert_in_range(made[1], SET / 2, SET);
    assert_in_range(made[2], 0, SET / 100);
    cache_free(cache);
}

static void spell(struct cache *cache, const char *key, const char *spelling)
{
    cache_add_spelling(cache, key, strlen(key), spelling, strlen(spelling));
}

/* Other spellings find the same reply, the latest four of them; they weigh something, and go with it. */
static void test_spellings(void **state)
{
    static char longest[50000];
    struct cache *cache = cache_new(200000);
    size_t before;

    (void)state;
    put(cache, "key", 10);
    before = cache_count(cache).bytes;
    spell(cache, "key", "one");
    assert_ptr_equal(got(cache, "one"), got(cache, "key"));
    assert_true(cache_count(cache).bytes > before);
    spell(cache, "key", "two");
    spell(cache, "key", "three");
    spell(cache, "key", "four");
    size_t four = cache_count(cache).bytes;
    spell(cache, "key", "six");
    assert_null(got(cache, "one"));
    assert_non_null(got(cache, "two"));
    assert_non_null(got(cache, "six"));
    assert_non_null(got(cache, "key"));
    assert_int_equal(cache_count(cache).bytes, four); /* as long a word in its place */
    assert_int_equal(cache_count(cache).replies, 1);
    spell(cache, "no such key", "seven");
    assert_null(got(cache, "seven"));
    memset(longest, 'x', sizeof longest - 1);
    spell(cache, "key", longest); /* more than any may weigh */
    assert_null(got(cache, longest));
    /* found by a spelling or by the key, it is asked for */
    for (int i = 0; i < 1000; i++) {
        put_number(cache, i, 1000);
        assert_non_null(got(cache, "six"));
        assert_true(cache_count(cache).bytes <= 200000);
    }
    /* without being asked for it goes, under every name */
    for (int i = 0; i < 1000; i++) {
        put_number(cache, 1000 + i, 1000);
        assert_true(has_number(cache, 1000 + i)); /* so that all go through the main queue */
    }
    for (int i = 0; i < 1000; i++)
        put_number(cache, 2000 + i, 1000);
    assert_null(got(cache, "key"));
    assert_null(got(cache, "six"));
    cache_free(cache);
}

/* Thousands of keys, more than there are buckets, each found under its own key while it is there; all are freed. */
static void test_many(void **state)
{
    struct cache *cache = cache_new(1 << 24);
    char key[32];
    size_t found = 0, made = 0;

    (void)state;
    freed = 0;
    for (int i = 0; i < 2 * 20000; i++) /* those that come back stay */
        if (!has_number(cache, i % 20000)) {
            put_number(cache, i % 20000, (size_t)i % 20000 % 97);
            made++;
        }
    for (int i = 19999; i >= 0; i--) {
        (void)snprintf(key, sizeof key, "key %d", i);
        struct reply *reply = got(cache, key);

        if (reply)
            assert_int_equal(reply->body->length, i % 97);
        found += reply != NULL;
    }
    assert_in_range(found, 1000, 16384);
    assert_int_equal(cache_count(cache).replies, found);
    assert_int_equal(freed, made - found);
    cache_free(cache);
    assert_int_equal(freed, made);
}

static void test_problems(void **state)
{
    const struct problem *problem;
    size_t count = 0;

    (void)state;
    for (; (problem = problem_at(count)) != NULL; count++) {
        assert_ptr_equal(problem_find(problem->slug), problem);
        assert_in_range(problem->status, 400, 599);
        assert_int_equal(strspn(problem->slug, "abcdefghijklmnopqrstuvwxyz-"), strlen(problem->slug));
        if (count)
            assert_true(problem_at(count - 1)->status <= problem->status);
        assert_ptr_equal(words_in(&problem->title, "en"), problem->title.en);
        assert_ptr_equal(words_in(&problem->title, "zh"), problem->title.zh);
        assert_ptr_equal(words_in(&problem->meaning, "zh-CN"), problem->meaning.zh);
        assert_ptr_equal(words_in(&problem->meaning, "fr"), problem->meaning.en);
        assert_int_equal(problem->meaning.en[strlen(problem->meaning.en) - 1], '.');
        assert_string_equal(problem->meaning.zh + strlen(problem->meaning.zh) - 3, "。");
    }
    assert_true(count > 5);
    assert_null(problem_at(count + 1));
    assert_null(problem_find("no-such-problem"));
    assert_null(problem_find(""));
}

/* What the library finds wrong with a query is a problem under the same name. */
static void test_library_faults(void **state)
{
    static const char *const wrong[][2] = {
        {"colour", "red"}, {"category", "x"}, {"year", "x"}, {"kind", "actual"}, {"kind", "actual"}};
    struct sme_dataset *dataset = load_builtin();
    struct sme_query *query = new_query(dataset, "observations");
    struct sme_faults *faults = new_faults();

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        (void)sme_query_set(query, wrong[i][0], wrong[i][1], strlen(wrong[i][1]), faults);
    assert_int_equal(sme_query_set_id(query, "x", faults), SME_NOT_FOUND);
    assert_int_equal(sme_faults_count(faults), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);
        const struct problem *problem = problem_find(fault->kind);

        if (!problem)
            fail_msg("%s is no problem", fault->kind);
        assert_int_equal(problem->status, i < 4 ? 400 : 404);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(fault->kind, sme_faults_at(faults, k)->kind);
    }
    sme_faults_free(faults);
    sme_query_free(query);
    sme_dataset_unref(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body),           cmocka_unit_test(test_headers),   cmocka_unit_test(test_etag),
        cmocka_unit_test(test_hold),           cmocka_unit_test(test_cache),     cmocka_unit_test(test_bound),
        cmocka_unit_test(test_many),           cmocka_unit_test(test_flood),     cmocka_unit_test(test_coming_back),
        cmocka_unit_test(test_working_set),    cmocka_unit_test(test_spellings), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_library_faults),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
