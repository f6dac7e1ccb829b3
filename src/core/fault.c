/* SPDX-License-Identifier: MIT */
/* The fault list, and the sentences in which faults are told. */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault_record {
    struct sme_fault fault;
    size_t offset;
    unsigned part;
    enum fault_kind kind;
};

struct sentence {
    const char *en, *zh;
};

/*
 * In the order of enum fault_kind. {value}, {name} and {accepted} stand for the fault's fields, {label} for what the
 * parameter means.
 */
static const struct {
    const char *name;
    struct sentence title, detail;
} kinds[FAULT_KINDS] = {
    [FAULT_UNKNOWN_PARAMETER] = {"unknown-parameter",
                                 {"Unknown parameter", "未知参数"},
                                 {"'{value}' is not a parameter here.", "此处没有参数“{value}”。"}},
    [FAULT_REPEATED_PARAMETER] = {"repeated-parameter",
                                  {"Repeated parameter", "参数重复"},
                                  {"'{name}' is given more than once; join its values with commas.",
                                   "参数“{name}”出现多次；多个值请用逗号连接。"}},
    [FAULT_UNKNOWN_CODE] = {"unknown-code",
                            {"Unknown {label}", "未知的{label}"},
                            {"'{value}' is not {a label}.", "没有名为“{value}”的{label}。"}},
    [FAULT_INVALID_VALUE] = {"invalid-value",
                             {"Invalid value", "无效的值"},
                             {"'{value}' cannot be read as {name}; accepted: {accepted}.",
                              "参数“{name}”不接受“{value}”；可接受：{accepted}。"}},
    [FAULT_MISSING_PARAMETER] = {"missing-parameter",
                                 {"Missing parameter", "缺少参数"},
                                 {"'{name}' needs '{accepted}' beside it.",
                                  "参数“{name}”须与参数“{accepted}”一起使用。"}},
    [FAULT_CONFLICT] = {"conflicting-parameters",
                        {"Parameters that do not go together", "参数不能同时使用"},
                        {"'{name}' goes only with {accepted}.", "参数“{name}”只能与 {accepted} 一起使用。"}},
    [FAULT_NOT_FOUND] = {"not-found",
                         {"Not found", "未找到"},
                         {"There is no '{value}' in {name}.", "{name}中没有“{value}”。"}},
    [FAULT_UNKNOWN_BUILTIN] = {"unknown-builtin",
                               {"Unknown built-in dataset", NULL},
                               {"'{value}' is not a built-in dataset", NULL}},
    [FAULT_UNREADABLE] = {"unreadable", {"Unreadable", NULL}, {"{value}", NULL}},
    [FAULT_SYNTAX] = {"syntax", {"Not JSON", NULL}, {"not JSON: {value}", NULL}},
    [FAULT_DUPLICATE_MEMBER] = {"duplicate-member", {"Duplicate member", NULL}, {"'{value}' is here twice", NULL}},
    [FAULT_UNKNOWN_MEMBER] = {"unknown-member", {"Unknown member", NULL}, {"'{value}' is not a member here", NULL}},
    [FAULT_MISSING_MEMBER] = {"missing-member", {"Missing member", NULL}, {"'{value}' is missing", NULL}},
    [FAULT_WRONG_TYPE] = {"wrong-type", {"Wrong type", NULL}, {"this is {value}", NULL}},
    [FAULT_WRONG_VALUE] = {"wrong-value", {"Wrong value", NULL}, {"'{value}' is not allowed here", NULL}},
    [FAULT_UNREADABLE_NUMBER] = {"unreadable-number",
                                 {"Unreadable number", NULL},
                                 {"'{value}' cannot be read as a number", NULL}},
    [FAULT_DANGLING_REFERENCE] = {"dangling-reference",
                                  {"Dangling reference", NULL},
                                  {"'{value}' is not defined in this file", NULL}},
    [FAULT_DUPLICATE_CODE] = {"duplicate-code", {"Duplicate code", NULL}, {"'{value}' is already taken", NULL}},
    [FAULT_CYCLE] = {"cycle", {"Cycle", NULL}, {"'{value}' is part of itself", NULL}},
    [FAULT_OUTSIDE_DOMAIN] = {"outside-domain",
                              {"Outside the unit's domain", NULL},
                              {"{value} is outside the unit's domain", NULL}},
    [FAULT_CONTRADICTION] = {"contradiction", {"Contradiction", NULL}, {"{value}", NULL}},
    [FAULT_CSV_SYNTAX] = {"csv-syntax", {"Not CSV", NULL}, {"not CSV: {value}", NULL}},
    [FAULT_UNKNOWN_COLUMN] = {"unknown-column", {"Unknown column", NULL}, {"the file has no column '{value}'", NULL}},
    [FAULT_UNKNOWN_TEXT] = {"unknown-text",
                            {"Unknown text", NULL},
                            {"nothing in the dataset is called '{value}'", NULL}},
    [FAULT_AMBIGUOUS_TEXT] = {"ambiguous-text",
                              {"Ambiguous text", NULL},
                              {"more than one thing in the dataset is called '{value}'", NULL}},
    [FAULT_DUPLICATE_ROW] = {"duplicate-row", {"Duplicate row", NULL}, {"{value}", NULL}},
};

/* What a query's parameters are called in a sentence. Others go by their own name. */
static const struct {
    const char *parameter, *label, *a_label, *zh;
} labels[] = {
    {"category", "category", "a category", "类别"},
    {"indicator", "indicator", "an indicator", "指标"},
    {"focus_area", "focus area", "a focus area", "重点领域"},
    {"kind", "kind", "a kind", "种类"},
    {"unit", "unit", "a unit", "单位"},
    {"qualifier", "qualifier", "a qualifier", "限定词"},
    {"source", "source", "a source", "来源"},
    {"match", "match", "a way to match", "匹配方式"},
    {"fields", "field", "a field", "字段"},
    {"sort", "field", "a field to sort by", "排序字段"},
    {"lang", "language", "a language of this dataset", "语言"},
    {"format", "format", "a format of this collection", "格式"},
    {"shape", "shape", "a shape", "形式"},
};

enum sme_status sme_faults_new(struct sme_faults **ret_faults)
{
    struct sme_faults *faults = calloc(1, sizeof *faults);

    if (!faults)
        return SME_NO_MEMORY;
    *ret_faults = faults;
    return SME_OK;
}

void sme_faults_free(struct sme_faults *faults)
{
    if (!faults)
        return;
    arena_finish(&faults->arena);
    free(faults->records);
    free(faults);
}

size_t sme_faults_count(const struct sme_faults *faults)
{
    return faults->count;
}

size_t sme_faults_dropped(const struct sme_faults *faults)
{
    return faults->dropped;
}

const struct sme_fault *sme_faults_at(const struct sme_faults *faults, size_t i)
{
    return i < faults->count ? &faults->records[i].fault : NULL;
}

static const char *copy(struct sme_faults *faults, const char *text)
{
    if (!text)
        return NULL;
    const char *copied = arena_copy(&faults->arena, text, strlen(text));
    faults->no_memory = faults->no_memory || !copied;
    return copied;
}

/* Keeps valid characters, shows control characters as escapes and invalid bytes as U+FFFD, and cuts to the ceiling. */
static const char *copy_value(struct sme_faults *faults, const char *value, size_t length)
{
    static const char dots[] = "…";
    struct buf shown = BUF_INIT(SME_FAULT_VALUE_BYTES + 8);
    size_t at = 0, room_for_dots = 0;

    while (at < length) {
        size_t size = utf8_character(value + at, length - at);
        const char *character = size ? value + at : "\xef\xbf\xbd";
        size_t shown_size = size ? size : 3;
        unsigned char c = (unsigned char)value[at];
        char escape[8];

        if (c < 0x20 || c == 0x7f) {
            shown_size = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
            character = escape;
        }

        if (shown.length + shown_size > SME_FAULT_VALUE_BYTES) {
            shown.length = room_for_dots;
            buf_text(&shown, dots);
            break;
        }
        buf_add(&shown, character, shown_size);
        at += size ? size : 1;
        if (shown.length + sizeof dots - 1 <= SME_FAULT_VALUE_BYTES)
            room_for_dots = shown.length;
    }
    const char *copied = shown.status == SME_OK ? copy(faults, buf_string(&shown)) : NULL;
    faults->no_memory = faults->no_memory || !copied;
    buf_finish(&shown);
    return copied;
}

void faults_add(struct sme_faults *faults, const struct fault *fault)
{
    if (faults->count == SME_FAULTS_MAX) {
        faults->dropped++;
        return;
    }
    if (faults->count == faults->capacity) {
        size_t capacity = faults->capacity ? faults->capacity * 2 : 8;
        struct fault_record *records = realloc(faults->records, capacity * sizeof *records);

        if (!records) {
            faults->no_memory = true;
            return;
        }
        faults->records = records;
        faults->capacity = capacity;
    }
    struct fault_record *record = &faults->records[faults->count++];
    *record = (struct fault_record){
        .kind = fault->kind,
        .offset = fault->offset,
        .part = fault->part,
        .fault =
            {
                .kind = kinds[fault->kind].name,
                .file = copy(faults, fault->file),
                .line = fault->line,
                .column = fault->column,
                .path = copy(faults, fault->path),
                .value = fault->value ? copy_value(faults, fault->value, fault->value_length) : NULL,
                .accepted = copy(faults, fault->accepted),
                .resource = copy(faults, fault->resource),
                .repaired = copy(faults, fault->repaired),
            },
    };
    for (size_t i = 0; fault->nearest && i < 3; i++)
        record->fault.suggestions[i] = fault->nearest->found[i][0] ? copy(faults, fault->nearest->found[i]) : NULL;
}

static int by_place(const void *a, const void *b)
{
    const struct fault_record *x = a, *y = b;
    const struct sme_fault *f = &x->fault, *g = &y->fault;

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    if (x->part == 0)
        return (x->offset > y->offset) - (x->offset < y->offset);
    return f->line != g->line ? (f->line > g->line) - (f->line < g->line)
                              : (f->column > g->column) - (f->column < g->column);
}

void faults_place(struct sme_faults *faults, size_t first, const char *file, const char *bytes, size_t length)
{
    const char *name = copy(faults, file);
    size_t at = 0;
    unsigned line = 1, column = 1;

    if (faults->count > first)
        qsort(faults->records + first, faults->count - first, sizeof faults->records[0], by_place);
    for (size_t i = first; i < faults->count && faults->records[i].part == 0; i++) {
        for (; at < faults->records[i].offset && at < length; at++) {
            if (bytes[at] == '\n') {
                line++;
                column = 1;
            } else if (((unsigned char)bytes[at] & 0xc0) != 0x80) {
                column++;
            }
        }
        faults->records[i].fault.file = name;
        faults->records[i].fault.line = line;
        faults->records[i].fault.column = column;
    }
}

size_t faults_told(const struct sme_faults *faults)
{
    return faults->count + faults->dropped;
}

enum sme_status faults_status(struct sme_faults *faults, size_t told)
{
    if (faults->no_memory) {
        faults_forget(faults, told);
        return SME_NO_MEMORY;
    }
    return faults_told(faults) > told ? SME_BAD_INPUT : SME_OK;
}

void faults_forget(struct sme_faults *faults, size_t told)
{
    faults->count = told < SME_FAULTS_MAX ? told : SME_FAULTS_MAX;
    faults->dropped = told - faults->count;
    faults->no_memory = false;
}

static bool placeholder(const char *at, const char *name)
{
    return strncmp(at, name, strlen(name)) == 0;
}

/* Fills a template's placeholders in. */
static void fill(const struct sme_fault *fault, const char *template, bool zh, char *out, size_t size)
{
    const char *label = fault->path ? fault->path : "", *a_label = label;
    size_t length = 0, parameter = strcspn(label, ".");
    char own[SME_FAULT_VALUE_BYTES], a_own[SME_FAULT_VALUE_BYTES + sizeof "a value of "];

    /* A dimension goes by its name. */
    (void)snprintf(own, sizeof own, "%.*s", (int)parameter, label);
    (void)snprintf(a_own, sizeof a_own, "a value of %s", own);
    if (fault->kind && strcmp(fault->kind, kinds[FAULT_UNKNOWN_CODE].name) == 0) {
        label = own;
        a_label = a_own;
    }

    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(labels[i].parameter, own) == 0) {
            label = zh ? labels[i].zh : labels[i].label;
            a_label = labels[i].a_label;
            break;
        }
    }
    const struct {
        const char *name, *text;
    } fields[] = {
        {"{value}", fault->value}, {"{name}", fault->path}, {"{accepted}", fault->accepted},
        {"{label}", label},        {"{a label}", a_label},
    };

    for (const char *at = template; *at && length + 1 < size;) {
        const char *text = at;
        size_t text_length = utf8_character(at, strlen(at)), step = text_length;

        for (size_t i = 0; *at == '{' && i < sizeof fields / sizeof fields[0]; i++) {
            if (!placeholder(at, fields[i].name))
                continue;
            text = fields[i].text ? fields[i].text : "";
            text_length = strlen(text);
            step = strlen(fields[i].name);
            break;
        }
        bool cut = text_length > size - 1 - length;
        if (cut)
            text_length = utf8_cut(text, text_length, size - 1 - length);
        memcpy(out + length, text, text_length);
        length += text_length;
        if (cut)
            break;
        at += step;
    }
    if (size > 0)
        out[length] = '\0';
}

static void tell(const struct sme_fault *fault, const char *language, bool title, char *out, size_t size)
{
    bool zh = language && strncmp(language, "zh", 2) == 0;

    for (size_t i = 0; i < FAULT_KINDS; i++) {
        if (strcmp(kinds[i].name, fault->kind) != 0)
            continue;
        const struct sentence *sentence = title ? &kinds[i].title : &kinds[i].detail;
        zh = zh && sentence->zh;
        fill(fault, zh ? sentence->zh : sentence->en, zh, out, size);
        return;
    }
    if (size > 0)
        out[0] = '\0';
}

void sme_fault_sentence(const struct sme_fault *fault, const char *language, char *out, size_t size)
{
    tell(fault, language, false, out, size);
}

void sme_fault_title(const struct sme_fault *fault, const char *language, char *out, size_t size)
{
    tell(fault, language, true, out, size);
}
