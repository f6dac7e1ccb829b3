/* SPDX-License-Identifier: MIT */
/* What the document says of a file of observations becomes a plan: a role for each column, or a constant in its place. */
#include "file_reader.h"

#include <string.h>

const struct file_role file_roles[ROLES] = {
    [ROLE_INDICATOR] = {"indicator", NULL, LIST_INDICATORS},
    [ROLE_PERIOD] = {"period", NULL, LISTS},
    [ROLE_VALUE] = {"value", NULL, LISTS},
    [ROLE_KIND] = {"kind", &kind_words, LISTS},
    [ROLE_PERIOD_BASIS] = {"period_basis", &dating_words,
                           LISTS}, /* a column's periods are there, so none is no basis */
    [ROLE_QUALIFIER] = {"qualifier", &qualifier_words, LISTS},
    [ROLE_SOURCE] = {"source", NULL, LIST_SOURCES},
};

unsigned file_role_count(const struct sme_dataset *dataset)
{
    return ROLES + dataset->dimension_count;
}

const char *file_role_name(const struct sme_dataset *dataset, unsigned role)
{
    return role < ROLES ? file_roles[role].name : dataset->dimensions[role - ROLES].code.text;
}

bool file_takes_values(const struct file_reader *f, unsigned role)
{
    return role >= ROLES && f->dataset->dimensions[role - ROLES].values_from != NO_WORD;
}

static void plan_fault(struct file_reader *f, uint32_t place, enum fault_kind kind, const char *value,
                       const char *accepted)
{
    schema_fault(f->reader, place, kind, value, accepted);
}

/* The role that a member names; ROLES_MAX after a fault. */
static unsigned find_role(struct file_reader *f, const struct child *child)
{
    struct sme_nearest nearest = sme_nearest_to(child->key, child->key_length);

    for (unsigned role = 0; role < file_role_count(f->dataset); role++) {
        const char *name = file_role_name(f->dataset, role);

        if (strlen(name) == child->key_length && memcmp(name, child->key, child->key_length) == 0) {
            if (child->first)
                return role;
            break;
        }
        sme_nearest_offer(&nearest, name);
    }
    document_fault(f->reader->document, f->reader->faults,
                   &(struct fault_at){
                       .place = child->node.place,
                       .key = true,
                       .kind = child->first ? FAULT_UNKNOWN_MEMBER : FAULT_DUPLICATE_MEMBER,
                       .accepted = "indicator, period, value, kind, period_basis, qualifier, source or a dimension",
                       .nearest = &nearest,
                   });
    return ROLES_MAX;
}

/* True when the node is an object; absent ones are none, and no fault. */
static bool is_object(struct file_reader *f, struct node node)
{
    if (node.json && !json_is_object(node.json))
        plan_fault(f, node.place, FAULT_WRONG_TYPE, NULL, "an object");
    return json_is_object(node.json);
}

/* A string of the document that is not empty; NULL after a fault. */
static const char *plan_text(struct file_reader *f, struct node node, const char *accepted)
{
    const char *text = json_string_value(node.json);

    if (!text)
        plan_fault(f, node.place, FAULT_WRONG_TYPE, NULL, accepted);
    else if (!*text)
        plan_fault(f, node.place, FAULT_WRONG_VALUE, text, accepted);
    return text && *text ? text : NULL;
}

/* {"code": "Country Code", "name": "Country Name"} */
static void plan_named_column(struct file_reader *f, unsigned role, struct node node)
{
    static const char accepted[] = "a header, or an object of the headers of code and name";
    struct walk walk = {0};
    struct child child;

    while (document_next(f->reader->document, node, &walk, &child)) {
        bool code = child.key_length == 4 && memcmp(child.key, "code", 4) == 0;
        bool name = child.key_length == 4 && memcmp(child.key, "name", 4) == 0;

        if ((!code && !name) || !child.first)
            document_fault(f->reader->document, f->reader->faults,
                           &(struct fault_at){
                               .place = child.node.place,
                               .key = true,
                               .kind = child.first ? FAULT_UNKNOWN_MEMBER : FAULT_DUPLICATE_MEMBER,
                               .accepted = "code, name",
                           });
        else if (code)
            f->parts[role].header = plan_text(f, child.node, accepted);
        else
            f->parts[role].name_header = plan_text(f, child.node, accepted);
    }
    if (!file_takes_values(f, role))
        plan_fault(f, node.place, FAULT_CONTRADICTION, "names are only taken where values are", "a header");
    else if (document_member_place(f->reader->document, node.place, "code") == node.place)
        plan_fault(f, node.place, FAULT_MISSING_MEMBER, "code", accepted);
    else if (document_member_place(f->reader->document, node.place, "name") == node.place)
        plan_fault(f, node.place, FAULT_MISSING_MEMBER, "name", accepted);
}

static void plan_columns(struct file_reader *f)
{
    struct walk walk = {0};
    struct child child;

    if (!is_object(f, f->file->columns))
        return;
    while (document_next(f->reader->document, f->file->columns, &walk, &child)) {
        unsigned role = find_role(f, &child);

        if (role == ROLES_MAX)
            continue;
        f->parts[role].place = child.node.place;
        if (json_is_object(child.node.json))
            plan_named_column(f, role, child.node);
        else
            f->parts[role].header = plan_text(f, child.node, "the header of a column");
    }
}

/* Tells of a text that stands for nothing, or for more than one thing. */
static void tell_unknown_code(struct file_reader *f, unsigned role, uint32_t place, const char *text)
{
    struct sme_nearest nearest = sme_nearest_to(text, strlen(text));

    lookup_offer(&f->parts[role].lookup, &nearest);
    document_fault(f->reader->document, f->reader->faults,
                   &(struct fault_at){
                       .place = place,
                       .kind = FAULT_DANGLING_REFERENCE,
                       .value = text,
                       .accepted = role < ROLES && file_roles[role].words ? file_roles[role].words->accepted
                                   : nearest.found[0][0]                  ? nearest.found[0]
                                                                          : "a code that is",
                       .nearest = &nearest,
                   });
}

/* The row of the code itself, or NONE. */
static uint32_t find_plain_code(const struct file_reader *f, unsigned role, const char *code)
{
    const struct words *words = role < ROLES ? file_roles[role].words : NULL;

    if (role >= ROLES)
        return find_dimension_value(&f->dataset->dimensions[role - ROLES], code, strlen(code));
    if (!words)
        return find_code(f->dataset, file_roles[role].list, code, strlen(code));
    for (uint32_t i = 0; words->names[i]; i++)
        if (strcmp(words->names[i], code) == 0)
            return i;
    return NONE;
}

static void plan_constant(struct file_reader *f, unsigned role, struct node node)
{
    struct part *part = &f->parts[role];
    const char *text = json_string_value(node.json);

    if (role == ROLE_VALUE) {
        plan_fault(f, node.place, FAULT_CONTRADICTION, "a value is no constant", "a column of values");
    } else if (role == ROLE_PERIOD) {
        if (!json_is_null(node.json) && (!text || !period_parse(text, json_string_length(node.json), &part->period)))
            plan_fault(f, node.place, text ? FAULT_WRONG_VALUE : FAULT_WRONG_TYPE, text, "YYYY, YYYY-MM-DD or null");
    } else if (role == ROLE_PERIOD_BASIS && text && strcmp(text, "none") == 0) {
        part->code = BASIS_NONE;
    } else if ((text = plan_text(f, node, "a code")) != NULL) {
        part->code = find_plain_code(f, role, text);
        if (part->code == NONE)
            tell_unknown_code(f, role, node.place, text);
    }
}

static void plan_constants(struct file_reader *f)
{
    struct walk walk = {0};
    struct child child;

    if (!is_object(f, f->file->constants))
        return;
    while (document_next(f->reader->document, f->file->constants, &walk, &child)) {
        unsigned role = find_role(f, &child);

        if (role == ROLES_MAX)
            continue;
        if (f->parts[role].place) {
            plan_fault(f, child.node.place, FAULT_CONTRADICTION, "both a column and a constant", "one of them");
            continue;
        }
        f->parts[role].place = child.node.place;
        f->parts[role].constant = true;
        plan_constant(f, role, child.node);
    }
}

uint32_t file_add_value(struct file_reader *f, unsigned role, const char *code, size_t code_length, const char *text,
                        size_t length)
{
    struct sme_dataset *d = f->dataset;
    struct dimension_value *value = dimension_add(d, &d->dimensions[role - ROLES]);
    struct str *name = schema_same_text(f->reader, text, length);
    struct lookup *met = &f->met[role - ROLES];
    char *copy = arena_copy(&f->reader->passing, text, length);

    if (!value || !name || !copy || !str_make(&d->arena, &value->code, code, code_length)) {
        f->reader->no_memory = true;
        return NONE;
    }
    value->name = name;
    value->met = true;
    uint32_t row = d->dimensions[role - ROLES].value_count - 1;
    if (!lookup_add(met, value->code.text, code_length, row, RANK_CODE) ||
        !lookup_add(met, copy, length, row, RANK_NAME))
        f->reader->no_memory = true;
    return row;
}

/* The value that a text is mapped to, made if need be. NONE after a fault. */
static uint32_t mapped_value(struct file_reader *f, unsigned role, const char *code, const struct child *child)
{
    uint32_t row = lookup_find(&f->met[role - ROLES], code, strlen(code));

    if (row != LOOKUP_NOTHING)
        return row;
    if (!is_code(code, strlen(code)) || !observation_text_is_printable(child->key, child->key_length) ||
        child->key_length == 0) {
        plan_fault(f, child->node.place, FAULT_WRONG_VALUE, code, accepted_code);
        return NONE;
    }
    return file_add_value(f, role, code, strlen(code), child->key, child->key_length);
}

/* {"Activity unit": "activity-units"} */
static void plan_codes_of(struct file_reader *f, unsigned role, struct node node)
{
    struct walk walk = {0};
    struct child child;

    if (!is_object(f, node))
        return;
    if (!f->parts[role].header || role == ROLE_PERIOD || role == ROLE_VALUE) {
        plan_fault(f, node.place, FAULT_CONTRADICTION, "this is no column of codes", "codes of a column");
        return;
    }
    while (document_next(f->reader->document, node, &walk, &child)) {
        const char *text = plan_text(f, child.node, "a code");

        if (!text)
            continue;
        uint32_t code = find_plain_code(f, role, text);
        if (code == NONE && file_takes_values(f, role))
            code = mapped_value(f, role, text, &child);
        else if (code == NONE)
            tell_unknown_code(f, role, child.node.place, text);
        char *key = arena_copy(&f->reader->passing, child.key, child.key_length);
        if (!key || !lookup_add(&f->parts[role].lookup, key, child.key_length, code, RANK_MAPPED))
            f->reader->no_memory = true;
    }
}

static void plan_codes(struct file_reader *f)
{
    struct walk walk = {0};
    struct child child;

    if (!is_object(f, f->file->codes))
        return;
    while (document_next(f->reader->document, f->file->codes, &walk, &child)) {
        unsigned role = find_role(f, &child);

        if (role != ROLES_MAX)
            plan_codes_of(f, role, child.node);
    }
}

bool file_text_is_among(const struct text *texts, uint32_t count, const char *bytes, size_t length)
{
    for (uint32_t i = 0; i < count; i++)
        if (texts[i].length == length && memcmp(texts[i].bytes, bytes, length) == 0)
            return true;
    return false;
}

/* The texts that say why there is no value. */
static void plan_texts(struct file_reader *f, struct node node, struct text *texts, uint32_t *count)
{
    struct walk walk = {0};
    struct child child;

    if (!node.json)
        return;
    if (!json_is_array(node.json) || json_array_size(node.json) > FILE_TEXTS_MAX) {
        plan_fault(f, node.place, FAULT_WRONG_TYPE, NULL, "an array of at most 64 texts");
        return;
    }
    while (document_next(f->reader->document, node, &walk, &child)) {
        struct text text = {json_string_value(child.node.json), json_string_length(child.node.json)};

        if (!text.bytes)
            plan_fault(f, child.node.place, FAULT_WRONG_TYPE, NULL, "a text");
        else if (file_text_is_among(f->missing, f->missing_count, text.bytes, text.length) ||
                 file_text_is_among(f->suppressed, f->suppressed_count, text.bytes, text.length))
            plan_fault(f, child.node.place, FAULT_DUPLICATE_CODE, text.bytes, "each text once");
        else
            texts[(*count)++] = text;
    }
}

static void plan_whole(struct file_reader *f)
{
    const struct part *period = &f->parts[ROLE_PERIOD], *basis = &f->parts[ROLE_PERIOD_BASIS];

    for (unsigned role = 0; role < file_role_count(f->dataset); role++) {
        struct part *part = &f->parts[role];

        if (part->place)
            continue;
        if (role >= ROLES && f->dataset->dimensions[role - ROLES].default_value != NONE) {
            part->constant = true;
            part->code = f->dataset->dimensions[role - ROLES].default_value;
        } else {
            plan_fault(f, f->file->place, FAULT_MISSING_MEMBER, file_role_name(f->dataset, role),
                       role == ROLE_VALUE ? "a column" : "a column or a constant");
        }
    }
    if (basis->place && period->place &&
        (basis->constant && basis->code == BASIS_NONE) != (period->constant && period->period.year == 0))
        plan_fault(f, basis->place, FAULT_CONTRADICTION, "period and period_basis contradict each other",
                   "'none' exactly when period is null");
    if (f->parts[ROLE_QUALIFIER].constant && f->parts[ROLE_QUALIFIER].code == QUALIFIER_BETWEEN)
        plan_fault(f, f->parts[ROLE_QUALIFIER].place, FAULT_WRONG_VALUE, "between",
                   "a qualifier of one number: a file has no upper end");
    if (f->file->period_format != NO_WORD && period->constant)
        plan_fault(f, document_member_place(f->reader->document, f->file->place, "period_format"), FAULT_CONTRADICTION,
                   "period_format stands beside a constant period", "no period_format");
}

static void add_texts(struct file_reader *f, struct lookup *lookup, const struct str *texts, uint32_t row)
{
    for (uint32_t l = 0; texts && l < f->dataset->language_count; l++)
        if (texts[l].text && !lookup_add(lookup, texts[l].text, texts[l].length, row, RANK_NAME))
            f->reader->no_memory = true;
}

/* What a column's texts may be: codes, and the names that people give to what they stand for. */
static void plan_lookup(struct file_reader *f, unsigned role)
{
    const struct sme_dataset *d = f->dataset;
    struct lookup *lookup = &f->parts[role].lookup;
    const struct words *words = role < ROLES ? file_roles[role].words : NULL;
    const struct code_table *table =
        role >= ROLES ? d->dimensions[role - ROLES].table : &d->codes[file_roles[role].list];

    for (uint32_t i = 0; words && words->names[i]; i++)
        if (!lookup_add(lookup, words->names[i], strlen(words->names[i]), i, RANK_CODE))
            f->reader->no_memory = true;
    for (uint32_t row = 0; !words && row < table->count; row++) {
        const struct str *code = &table->records[row]->code;

        if (!lookup_add(lookup, code->text, code->length, row, RANK_CODE))
            f->reader->no_memory = true;
        if (role == ROLE_INDICATOR) {
            const struct indicator *indicator = &d->indicators[row];

            add_texts(f, lookup, indicator->name, row);
            add_texts(f, lookup, indicator->source_name, row);
            for (uint32_t i = 0; i < indicator->aliases.count; i++)
                add_texts(f, lookup, indicator->aliases.items[i], row);
        } else if (role == ROLE_SOURCE) {
            add_texts(f, lookup, d->sources[row].title, row);
        } else if (!d->dimensions[role - ROLES].values[row].met) {
            add_texts(f, lookup, d->dimensions[role - ROLES].values[row].name, row);
        }
    }
}

bool file_plan(struct file_reader *f)
{
    size_t told = faults_told(f->reader->faults);

    plan_columns(f);
    for (unsigned role = 0; role < file_role_count(f->dataset); role++)
        if (role != ROLE_PERIOD && role != ROLE_VALUE)
            plan_lookup(f, role);
    plan_constants(f);
    plan_codes(f);
    plan_texts(f, f->file->missing, f->missing, &f->missing_count);
    plan_texts(f, f->file->suppressed, f->suppressed, &f->suppressed_count);
    plan_whole(f);
    return !f->reader->no_memory && faults_told(f->reader->faults) == told;
}
