/* SPDX-License-Identifier: MIT */
/* Documents: what is JSON (the same as jansson says, but for the size of numbers), where each value stands, twins, pointers
 * and limits. */
#include "support.h"

#include "document.h"
#include "unicode.h"

static struct document *parse(const char *json)
{
    struct sme_faults *faults = new_faults();
    struct document *document = NULL;
    enum sme_status status = document_parse(json, strlen(json), faults, &document);

    if (status != SME_OK) {
        print_faults(faults);
        fail_msg("%s should be read", json);
    }
    sme_faults_free(faults);
    return document;
}

static json_t *by_jansson(const char *json, size_t length, bool *ret_overflow)
{
    json_error_t error;
    json_t *tree = json_loadb(json, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);

    *ret_overflow = !tree && json_error_code(&error) == json_error_numeric_overflow;
    return tree;
}

/* The same tree, where of a number it matters only that it is one. */
static bool is_same(const json_t *a, const json_t *b)
{
    bool same = a && b && json_typeof(a) == json_typeof(b) && json_array_size(a) == json_array_size(b) &&
                json_object_size(a) == json_object_size(b) && json_string_length(a) == json_string_length(b);
    const char *key;
    json_t *value;

    if (same && json_is_string(a))
        return memcmp(json_string_value(a), json_string_value(b), json_string_length(a)) == 0;
    for (size_t i = 0; same && i < json_array_size(a); i++)
        same = is_same(json_array_get(a, i), json_array_get(b, i));
    if (same && json_is_object(a))
        json_object_foreach((json_t *)(uintptr_t)a, key, value)
        {
            same = same && is_same(value, json_object_get(b, key));
        }
    return same;
}

static void test_syntax(void **state)
{
    static const struct {
        const char *json;
        size_t length; /* 0: as far as the terminator */
        bool good;
    } cases[] = {
        {"{}", 0, true},
        {" \t\r\n[ ] ", 0, true},
        {"1", 0, true},
        {"\"a\"", 0, true},
        {"null", 0, true},
        {"true", 0, true},
        {"-0.5e+10", 0, true},
        {"123456789012345678901234567890", 0, true}, /* an integer of any length */
        {"[1e400]", 0, true},                        /* more than a double holds */
        {"{\"a\":1,\"a\":2}", 0, true},              /* twins are for the reader to tell */
        {"[\"\\u0041\\ud83d\\ude00\\n\\/\"]", 0, true},
        {"[\"企业\"]", 0, true},
        {"[\"\\u00e9\\u4f01\\u0001\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", 0, true},
        {"", 0, false},
        {"   ", 0, false},
        {"{", 0, false},
        {"[1,]", 0, false},
        {"{\"a\":1,}", 0, false},
        {"{\"a\" 1}", 0, false},
        {"{a:1}", 0, false},
        {"{'a':1}", 0, false},
        {"[1 2]", 0, false},
        {"[1]x", 0, false},
        {"{} {}", 0, false},
        {"[01]", 0, false},
        {"[1.]", 0, false},
        {"[.5]", 0, false},
        {"[+1]", 0, false},
        {"[NaN]", 0, false},
        {"[Infinity]", 0, false},
        {"[tru]", 0, false},
        {"[企业企业企业企业]", 0, false}, /* longer than what is shown of it */
        {"[TRUE]", 0, false},
        {"[\"a]", 0, false},
        {"[\"\\x\"]", 0, false},
        {"[\"\\u12g4\"]", 0, false},
        {"[\"\\ud800\"]", 0, false},
        {"[\"\\udc00\\ud800\"]", 0, false},
        {"[\"\\u0000\"]", 0, false}, /* strings hold no NUL */
        {"[\"a\nb\"]", 0, false},
        {"[\"\xff\"]", 0, false},
        {"[\"\xc0\x80\"]", 0, false},
        {"[\"\xed\xa0\x80\"]", 0, false},
        {"/* no */ {}", 0, false},
        {"[1]\0", 4, false},
        {"[\"a\0b\"]", 7, false},
        {"\xef\xbb\xbf{}", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();
        struct document *document = NULL;
        size_t length = cases[i].length ? cases[i].length : strlen(cases[i].json);
        enum sme_status status = document_parse(cases[i].json, length, faults, &document);
        bool overflow;
        json_t *reference = by_jansson(cases[i].json, length, &overflow);

        if ((status == SME_OK) != cases[i].good)
            fail_msg("%s is %s", cases[i].json, status == SME_OK ? "taken" : "refused");
        if (strncmp(cases[i].json, "\xef\xbb\xbf", 3) != 0)
            assert_int_equal(reference != NULL || overflow, status == SME_OK);
        if (document && reference)
            assert_true(is_same(document_root(document).json, reference));
        assert_int_equal(sme_faults_count(faults), !cases[i].good);
        if (!cases[i].good) {
            assert_string_equal(sme_faults_at(faults, 0)->kind, "syntax");
            assert_true(strlen(sme_faults_at(faults, 0)->value) > 0);
            if (utf8_valid(cases[i].json, length))
                assert_true(utf8_valid(sme_faults_at(faults, 0)->value, strlen(sme_faults_at(faults, 0)->value)));
            assert_non_null(sme_faults_at(faults, 0)->accepted);
        }
        json_decref(reference);
        document_free(document);
        sme_faults_free(faults);
    }
    document_free(NULL);
}

/* Bytes put together at random from pieces of JSON, and documents with a byte changed: taken exactly when jansson takes
 * them, as the same tree, and then every value can be walked and told. */
static void walk_all(struct document *document, struct node parent, unsigned *values)
{
    struct walk walk = {0};
    struct child child;

    (*values)++;
    while (document_next(document, parent, &walk, &child)) {
        size_t length;
        const char *text = document_text(document, child.node, &length);

        assert_true(length > 0 && !strchr(" \t\r\n,:", *text) && !strchr(" \t\r\n,:", text[length - 1]));
        if (child.last) {
            assert_non_null(child.node.json);
            walk_all(document, child.node, values);
        }
    }
}

static void test_random(void **state)
{
    static const char *const pieces[] = {
        "{",   "}",      "[",     "]",    ",",    ":",     "\"a\"",  "\"b\\u0063\"", "\"\\ud83d\\ude00\"",
        "1",   "-0",     "1.5e3", "true", "null", "false", " ",      "\n",           "\"",
        "\\",  "企",     "\"\"",  "{}",   "[]",   "\xff",  "\"a\":", "\"b\":1",      "\"\\u4f01\"",
        "\\n", "\\u0000"};
    uint64_t random = 1;
    unsigned taken = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        char json[512] = "";
        size_t length = 0;
        struct sme_faults *faults = new_faults();
        struct document *document = NULL;

        random = random * 6364136223846793005u + 1442695040888963407u;
        if (i % 4 == 0) { /* grown by the rules, so that it is often right */
            length = (size_t)sprintf(json, "{\"a\":%s", pieces[random >> 60]);
            for (uint64_t bits = random >> 20; bits & 7; bits >>= 3)
                length += (size_t)sprintf(json + length, ",\"k%u\":[%s,%s]", (unsigned)(bits & 3), pieces[9 + bits % 6],
                                          pieces[20 + bits % 3]);
            length += (size_t)sprintf(json + length, "}");
        } else {
            for (uint64_t bits = random >> 8, n = random >> 3 & 7; n-- > 0; bits >>= 5)
                length += (size_t)sprintf(json + length, "%s", pieces[(bits & 31) % COUNT(pieces)]);
        }
        enum sme_status status = document_parse(json, length, faults, &document);
        bool overflow;
        json_t *reference = by_jansson(json, length, &overflow);
        if (!overflow && (status == SME_OK) != (reference != NULL))
            fail_msg("%s is %s", json, status == SME_OK ? "taken" : "refused");
        if (document) {
            unsigned values = 0;

            walk_all(document, document_root(document), &values);
            assert_true(overflow || is_same(document_root(document).json, reference));
            assert_false(document_no_memory(document));
            taken++;
        }
        json_decref(reference);
        document_free(document);
        sme_faults_free(faults);
    }
    assert_true(taken > 1000);
}

static const char twins[] = "{ \"a\" : [10, {\"b\\u002fc~d\": true}],\n  \"\\u0061\": 2, \"a\": 3.50 , \"z\": {} }";

static void test_walk(void **state)
{
    struct document *document = parse(twins);
    struct node root = document_root(document), node;
    struct walk walk = {0};
    struct child child;
    static const struct {
        const char *key;
        bool first, last;
        const char *text;
    } wanted[] = {{"a", true, false, "[10, {\"b\\u002fc~d\": true}]"},
                  {"a", false, false, "2"},
                  {"a", false, true, "3.50"},
                  {"z", true, true, "{}"}};
    size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(document_next(document, root, &walk, &child));
        assert_int_equal(child.key_length, strlen(wanted[i].key));
        assert_memory_equal(child.key, wanted[i].key, child.key_length);
        assert_int_equal(child.first, wanted[i].first);
        assert_int_equal(child.last, wanted[i].last);
        const char *text = document_text(document, child.node, &length);
        assert_int_equal(length, strlen(wanted[i].text));
        assert_memory_equal(text, wanted[i].text, length);
    }
    assert_false(document_next(document, root, &walk, &child));
    assert_true(document_member(document, root, "a", &node)); /* of twins the last one, as in jansson */
    assert_true(json_is_number(node.json));
    assert_memory_equal(document_text(document, node, &length), "3.50", 4);
    assert_false(document_member(document, root, "b", &node));
    assert_int_equal(document_member_place(document, root.place, "nothing"), root.place);
    assert_true(document_member(document, root, "z", &node));
    walk = (struct walk){0};
    assert_false(document_next(document, node, &walk, &child)); /* an empty object */
    document_free(document);
    document = parse("[[], [1, [2]], 3]");
    walk = (struct walk){0};
    for (size_t i = 0; i < 3; i++) {
        assert_true(document_next(document, document_root(document), &walk, &child));
        assert_null(child.key);
        assert_true(child.first && child.last);
        assert_ptr_equal(child.node.json, json_array_get(document_root(document).json, i));
    }
    assert_false(document_next(document, document_root(document), &walk, &child));
    document_free(document);
}

/* A fault names the value by a JSON Pointer and shows it. */
static void test_pointers(void **state)
{
    struct document *document = parse("{\"a\": [10, {\"b\\u002fc~d\": true, \"\": {\"x\\u0001y\": null}}], \"long\": "
                                      "[[[[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]]]]}");
    static const char *const wanted[] = {
        "/a",      "/a/0",      "/a/1",        "/a/1/b~1c~0d",  "/a/1/",           "/a/1//x�y",      "/long",
        "/long/0", "/long/0/0", "/long/0/0/0", "/long/0/0/0/0", "/long/0/0/0/0/0", "/long/0/0/0/0/1"};
    struct sme_faults *faults = new_faults();

    (void)state;
    document_fault(document, faults, &(struct fault_at){.place = 0, .kind = FAULT_WRONG_TYPE, .value = "an object"});
    assert_string_equal(sme_faults_at(faults, 0)->path, "");
    for (uint32_t place = 1; place <= COUNT(wanted); place++) {
        document_fault(document, faults,
                       &(struct fault_at){.place = place, .kind = FAULT_WRONG_VALUE, .accepted = "x"});
        if (strcmp(sme_faults_at(faults, place)->path, wanted[place - 1]) != 0)
            fail_msg("place %u is %s, not %s", (unsigned)place, sme_faults_at(faults, place)->path, wanted[place - 1]);
    }
    assert_string_equal(sme_faults_at(faults, 2)->value, "10");
    document_fault(document, faults, &(struct fault_at){.place = 4, .key = true, .kind = FAULT_UNKNOWN_MEMBER});
    assert_string_equal(sme_faults_at(faults, COUNT(wanted) + 1)->value, "b/c~d");
    sme_faults_free(faults);
    document_free(document);
}

static void test_limits(void **state)
{
    (void)state;
    for (unsigned depth = DOCUMENT_DEPTH_MAX; depth <= DOCUMENT_DEPTH_MAX + 1; depth++) {
        char json[128] = "";
        struct sme_faults *faults = new_faults();
        struct document *document = NULL;

        memset(json, '[', depth);
        strcat(json, "1");
        memset(json + depth + 1, ']', depth);
        enum sme_status status = document_parse(json, strlen(json), faults, &document);
        assert_int_equal(status, depth <= DOCUMENT_DEPTH_MAX ? SME_OK : SME_BAD_INPUT);
        document_free(document);
        sme_faults_free(faults);
    }
    for (unsigned members = DOCUMENT_MEMBERS_MAX; members <= DOCUMENT_MEMBERS_MAX + 1; members++) {
        char json[2048] = "{", *at = json + 1;
        struct sme_faults *faults = new_faults();
        struct document *document = NULL;

        for (unsigned i = 0; i < members; i++)
            at += sprintf(at, "%s\"%u\":1", i ? "," : "", i);
        strcpy(at, "}");
        enum sme_status status = document_parse(json, strlen(json), faults, &document);
        assert_int_equal(status, members <= DOCUMENT_MEMBERS_MAX ? SME_OK : SME_BAD_INPUT);
        document_free(document);
        sme_faults_free(faults);
    }
    /* a hundred thousand brackets neither crash nor hang */
    char *deep = malloc(200001);
    struct sme_faults *faults = new_faults();
    struct document *document = NULL;
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    deep[200000] = '\0';
    assert_int_equal(document_parse(deep, 200000, faults, &document), SME_BAD_INPUT);
    free(deep);
    /* more than is read at all */
    char *large = calloc(1, SME_DOCUMENT_BYTES_MAX + 2);
    assert_int_equal(document_parse(large, SME_DOCUMENT_BYTES_MAX + 1, faults, &document), SME_BAD_INPUT);
    assert_string_equal(sme_faults_at(faults, sme_faults_count(faults) - 1)->value, "more than 64 MiB");
    free(large);
    sme_faults_free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),   cmocka_unit_test(test_random), cmocka_unit_test(test_walk),
        cmocka_unit_test(test_pointers), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
