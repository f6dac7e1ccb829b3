/* SPDX-License-Identifier: MIT */
/* Suggestions: which words are near, in which order, and which are not. */
#include "support.h"

static struct sme_nearest search(const char *word, const char *const *offers)
{
    struct sme_nearest nearest = sme_nearest_to(word, strlen(word));

    for (size_t i = 0; offers[i]; i++)
        sme_nearest_offer(&nearest, offers[i]);
    return nearest;
}

static void test_near(void **state)
{
    static const struct {
        const char *word, *candidate;
        bool near;
    } cases[] = {
        {"cultivation", "cultivation", true},
        {"cultivaton", "cultivation", true},   /* one missing */
        {"cultivattion", "cultivation", true}, /* one too many */
        {"cultiwation", "cultivation", true},  /* another */
        {"cutlivation", "cultivation", true},  /* two swapped */
        {"Cultivation", "cultivation", true},
        {"CULTIVATION", "cultivation", true},
        {"focus_area", "focus-area", true},
        {"cultivaxxx", "cultivation", false},
        {"xxxxxxxxxxx", "cultivation", false},
        {"cul", "cultivation", true}, /* how it begins */
        {"cu", "cultivation", false},
        {"ivation", "cultivation", false},
        {"a", "b", true}, /* one letter for another */
        {"a", "bc", false},
        {"", "a", false},
        {"a", "", false},
        {"kind", "unit", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_nearest nearest = search(cases[i].word, (const char *const[]){cases[i].candidate, NULL});

        if ((nearest.found[0][0] != '\0') != cases[i].near)
            fail_msg("%s and %s are %snear", cases[i].word, cases[i].candidate, cases[i].near ? "not " : "");
        if (cases[i].near)
            assert_string_equal(nearest.found[0], cases[i].candidate);
        assert_int_equal(nearest.found[1][0], '\0');
    }
}

static void test_order(void **state)
{
    static const char *const offers[] = {"abcdxyz", "abcdefgh", "abcdefg", "abcdefgxx", "abxdefgh", "abcdefghi", NULL};
    struct sme_nearest nearest = search("abcdefgh", offers);

    (void)state;
    assert_string_equal(nearest.found[0], "abcdefgh");
    assert_int_equal(nearest.distance[0], 0);
    /* of equally near ones, those that were offered first */
    assert_string_equal(nearest.found[1], "abcdefg");
    assert_string_equal(nearest.found[2], "abxdefgh");
    assert_int_equal(nearest.distance[1], nearest.distance[2]);
    /* … or that begin right */
    nearest = search("unit", (const char *const[]){"knit", "suit", "unis", NULL});
    assert_string_equal(nearest.found[0], "unis");
    /* a word that begins so comes after words that are near */
    nearest = search("sme", (const char *const[]){"sme-count", "some", "sme-a", NULL});
    assert_string_equal(nearest.found[0], "some");
    assert_string_equal(nearest.found[1], "sme-a");
    assert_string_equal(nearest.found[2], "sme-count");
}

/* The distance is the same in both directions, and 0 only for the same word. */
static void test_symmetry(void **state)
{
    static const char *const words[] = {"kitten", "sitten", "sittin", "kitte", "ikttne", "skitten", "mitten"};

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++)
        for (size_t j = 0; j < COUNT(words); j++) {
            struct sme_nearest there = search(words[i], (const char *const[]){words[j], NULL});
            struct sme_nearest back = search(words[j], (const char *const[]){words[i], NULL});

            if (there.found[0][0] && back.found[0][0])
                assert_int_equal(there.distance[0], back.distance[0]);
            if (i == j)
                assert_int_equal(there.distance[0], 0);
            else if (there.found[0][0])
                assert_true(there.distance[0] > 0);
        }
}

static void test_length(void **state)
{
    char word[SME_NEAREST_BYTES + 1];

    (void)state;
    memset(word, 'x', sizeof word);
    word[SME_NEAREST_BYTES - 1] = '\0';
    struct sme_nearest nearest = search(word, (const char *const[]){word, NULL});
    assert_string_equal(nearest.found[0], word);
    word[SME_NEAREST_BYTES - 1] = 'x';
    word[SME_NEAREST_BYTES] = '\0';
    nearest = search(word, (const char *const[]){word, NULL});
    assert_int_equal(nearest.found[0][0], '\0');
    /* not terminated: only as much of the word as was told is read */
    nearest = sme_nearest_to("categoryZZZ", 8);
    sme_nearest_offer(&nearest, "category");
    assert_int_equal(nearest.distance[0], 0);
    assert_string_equal(nearest.found[0], "category");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_symmetry),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
