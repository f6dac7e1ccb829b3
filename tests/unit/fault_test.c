/* SPDX-License-Identifier: MIT */
/* The fault list: sentences in both languages, what is shown of a value, and the list's own ceiling. */
#include "support.h"

#include "fault.h"

static void test_sentences(void **state)
{
    static const struct {
        enum fault_kind kind;
        const char *path, *value, *accepted;
        const char *title_en, *en, *title_zh, *zh;
    } cases[] = {
        {FAULT_UNKNOWN_PARAMETER, "color", "color", NULL, "Unknown parameter", "'color' is not a parameter here.",
         "未知参数", "此处没有参数“color”。"},
        {FAULT_REPEATED_PARAMETER, "year", "2023", NULL, "Repeated parameter",
         "'year' is given more than once; join its values with commas.", "参数重复",
         "参数“year”出现多次；多个值请用逗号连接。"},
        {FAULT_UNKNOWN_CODE, "category", "x", NULL, "Unknown category", "'x' is not a category.", "未知的类别",
         "没有名为“x”的类别。"},
        {FAULT_UNKNOWN_CODE, "category.not", "x", NULL, "Unknown category", "'x' is not a category.", "未知的类别",
         "没有名为“x”的类别。"},
        {FAULT_UNKNOWN_CODE, "indicator", "x", NULL, "Unknown indicator", "'x' is not an indicator.", "未知的指标",
         "没有名为“x”的指标。"},
        {FAULT_UNKNOWN_CODE, "lang", "de", NULL, "Unknown language", "'de' is not a language of this dataset.",
         "未知的语言", "没有名为“de”的语言。"},
        {FAULT_UNKNOWN_CODE, "sort", "x", NULL, "Unknown field", "'x' is not a field to sort by.", "未知的排序字段",
         "没有名为“x”的排序字段。"},
        {FAULT_UNKNOWN_CODE, "region", "x", NULL, "Unknown region", "'x' is not a value of region.", "未知的region",
         "没有名为“x”的region。"},
        {FAULT_INVALID_VALUE, "year", "22", "2022", "Invalid value", "'22' cannot be read as year; accepted: 2022.",
         "无效的值", "参数“year”不接受“22”；可接受：2022。"},
        {FAULT_NOT_FOUND, "indicators", "x", NULL, "Not found", "There is no 'x' in indicators.", "未找到",
         "indicators中没有“x”。"},
        {FAULT_SYNTAX, "", "invalid token", "JSON", "Not JSON", "not JSON: invalid token", "Not JSON",
         "not JSON: invalid token"},
        {FAULT_UNKNOWN_MEMBER, "/a", "b", NULL, "Unknown member", "'b' is not a member here", "Unknown member",
         "'b' is not a member here"},
        {FAULT_INVALID_VALUE, "q", "{name}", "{value}", "Invalid value",
         "'{name}' cannot be read as q; accepted: {value}.", "无效的值", "参数“q”不接受“{name}”；可接受：{value}。"},
        {FAULT_UNKNOWN_PARAMETER, NULL, NULL, NULL, "Unknown parameter", "'' is not a parameter here.", "未知参数",
         "此处没有参数“”。"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();

        faults_add(faults, &(struct fault){
                               .kind = cases[i].kind,
                               .path = cases[i].path,
                               .value = cases[i].value,
                               .value_length = cases[i].value ? strlen(cases[i].value) : 0,
                               .accepted = cases[i].accepted,
                           });
        const struct sme_fault *fault = sme_faults_at(faults, 0);
        const char *const wanted[][2] = {{cases[i].title_en, cases[i].en},
                                         {cases[i].title_zh, cases[i].zh},
                                         {cases[i].title_zh, cases[i].zh},
                                         {cases[i].title_en, cases[i].en},
                                         {cases[i].title_en, cases[i].en}};
        static const char *const languages[] = {"en", "zh", "zh-Hans", "fr", NULL};

        for (size_t l = 0; l < COUNT(languages); l++) {
            sme_fault_title(fault, languages[l], text, sizeof text);
            if (strcmp(text, wanted[l][0]) != 0)
                fail_msg("row %zu in %s: %s", i, languages[l], text);
            sme_fault_sentence(fault, languages[l], text, sizeof text);
            if (strcmp(text, wanted[l][1]) != 0)
                fail_msg("row %zu in %s: %s", i, languages[l], text);
        }
        sme_faults_free(faults);
    }
}

/* Whatever room there is: a beginning of the sentence, terminated, in whole characters, and nothing behind it touched. */
static void test_cut(void **state)
{
    struct sme_fault fault = {.kind = "unknown-code", .path = "category", .value = "企业企业"};
    char whole[512], cut[512];

    (void)state;
    for (int zh = 0; zh < 2; zh++) {
        sme_fault_sentence(&fault, zh ? "zh" : "en", whole, sizeof whole);
        for (size_t size = 0; size <= strlen(whole) + 1; size++) {
            memset(cut, 'Z', sizeof cut);
            sme_fault_sentence(&fault, zh ? "zh" : "en", cut, size);
            assert_int_equal(cut[size], 'Z');
            if (size == 0)
                continue;
            assert_true(strlen(cut) < size);
            assert_memory_equal(cut, whole, strlen(cut));
            assert_true(utf8_valid(cut, strlen(cut)));
            if (size > strlen(whole))
                assert_string_equal(cut, whole);
        }
    }
    struct sme_fault strange = {.kind = "no-such-kind"};
    sme_fault_sentence(&strange, "en", cut, sizeof cut);
    assert_string_equal(cut, "");
}

static void test_values(void **state)
{
    static const struct {
        const char *value;
        size_t length;
        const char *shown;
    } cases[] = {
        {"plain", 5, "plain"},
        {"", 0, ""},
        {"a\0b", 3, "a\\u0000b"},
        {"\x1b[31m\n\x7f", 7, "\\u001b[31m\\u000a\\u007f"},
        {"a\xff\xfe"
         "b",
         4, "a��b"},
        {"\xed\xa0\x80", 3, "���"},
        {"企业", 6, "企业"},
        {"企\xe4\xb8", 5, "企��"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sme_faults *faults = new_faults();

        faults_add(faults,
                   &(struct fault){.kind = FAULT_SYNTAX, .value = cases[i].value, .value_length = cases[i].length});
        assert_string_equal(sme_faults_at(faults, 0)->value, cases[i].shown);
        sme_faults_free(faults);
    }
    /* long ones are cut in whole characters, with a sign that something is missing */
    for (size_t width = 1; width <= 3; width += 2) {
        struct sme_faults *faults = new_faults();
        char many[1024] = "";

        for (int i = 0; i < 200; i++)
            strcat(many, width == 1 ? "x" : "企");
        for (size_t length = 0; length <= strlen(many); length += width) {
            struct sme_faults *one = new_faults();

            faults_add(one, &(struct fault){.kind = FAULT_SYNTAX, .value = many, .value_length = length});
            const char *shown = sme_faults_at(one, 0)->value;
            assert_true(strlen(shown) <= SME_FAULT_VALUE_BYTES);
            assert_true(utf8_valid(shown, strlen(shown)));
            if (length <= SME_FAULT_VALUE_BYTES)
                assert_memory_equal(shown, many, length);
            else
                assert_string_equal(shown + strlen(shown) - 3, "…");
            assert_memory_equal(shown, many, strlen(shown) - (length > SME_FAULT_VALUE_BYTES ? 3 : 0));
            sme_faults_free(one);
        }
        sme_faults_free(faults);
    }
}

static void test_list(void **state)
{
    struct sme_faults *faults = new_faults();

    (void)state;
    assert_int_equal(sme_faults_count(faults), 0);
    assert_null(sme_faults_at(faults, 0));
    for (size_t i = 0; i < SME_FAULTS_MAX + 5; i++)
        faults_add(faults, &(struct fault){
                               .kind = FAULT_SYNTAX, .value = "x", .value_length = 1, .offset = SME_FAULTS_MAX - i});
    assert_int_equal(sme_faults_count(faults), SME_FAULTS_MAX);
    assert_int_equal(sme_faults_dropped(faults), 5);
    assert_non_null(sme_faults_at(faults, SME_FAULTS_MAX - 1));
    assert_null(sme_faults_at(faults, SME_FAULTS_MAX));
    sme_faults_free(faults);
}

/* Places: by offset, whatever the order of adding; lines end at line feeds; columns count characters. */
static void test_places(void **state)
{
    static const char bytes[] = "ab\n企业x\n\n z";
    static const size_t offsets[] = {14, 0, 9, 4 - 1, 2, 500};
    struct sme_faults *faults = new_faults();

    (void)state;
    for (size_t i = 0; i < COUNT(offsets); i++)
        faults_add(faults,
                   &(struct fault){.kind = FAULT_SYNTAX, .value = "x", .value_length = 1, .offset = offsets[i]});
    faults_place(faults, 0, "name", bytes, sizeof bytes - 1);
    static const unsigned places[][2] = {{1, 1}, {1, 3}, {2, 1}, {2, 3}, {4, 3}, {4, 3}};
    for (size_t i = 0; i < COUNT(places); i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        assert_string_equal(fault->file, "name");
        if (fault->line != places[i][0] || fault->column != places[i][1])
            fail_msg("fault %zu stands at %u:%u", i, fault->line, fault->column);
    }
    sme_faults_free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_cut),    cmocka_unit_test(test_values),
        cmocka_unit_test(test_list),      cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
