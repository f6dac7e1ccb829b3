/* SPDX-License-Identifier: MIT */
/* Reading and checking by table. What needs more than one member to be judged is load.c's. */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 64, /* of one record */
    REFERENCES_MAX = 1000,
};

const char accepted_code[] = "lower-case letters, digits and single hyphens, at most 64";
static const char accepted_text[] = "1 to 4096 bytes without control characters";

void schema_fault(struct reader *reader, uint32_t place, enum fault_kind kind, const char *value, const char *accepted)
{
    document_fault(reader->document, reader->faults,
                   &(struct fault_at){.place = place, .kind = kind, .value = value, .accepted = accepted});
}

static void *keep(struct reader *reader, size_t size)
{
    void *memory = arena_alloc(&reader->dataset->arena, size);

    reader->no_memory = reader->no_memory || !memory;
    return memory;
}

struct str *schema_same_text(struct reader *reader, const char *text, size_t length)
{
    struct arena *arena = &reader->dataset->arena;
    uint32_t languages = reader->dataset->language_count ? reader->dataset->language_count : 1;
    struct str *all = keep(reader, languages * sizeof *all);

    if (!all || !str_make(arena, &all[0], text, length)) {
        reader->no_memory = true;
        return NULL;
    }
    for (uint32_t i = 1; i < languages; i++)
        all[i] = all[0];
    return all;
}

static const char *type_name(const json_t *json)
{
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool expect(struct reader *reader, struct node node, bool right, const char *accepted)
{
    if (!right)
        schema_fault(reader, node.place, FAULT_WRONG_TYPE, type_name(node.json), accepted);
    return right;
}

static bool is_string(struct reader *reader, struct node node, const char *accepted)
{
    return expect(reader, node, json_is_string(node.json), accepted);
}

bool is_code(const char *text, size_t length)
{
    if (length == 0 || length > CODE_BYTES_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool word = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9');

        if (!word && (text[i] != '-' || i == 0 || i + 1 == length || text[i - 1] == '-'))
            return false;
    }
    return true;
}

static bool is_measure_id(const char *text, size_t length)
{
    size_t digits = strspn(text, "0123456789");

    return length <= CODE_BYTES_MAX && digits > 0 && text[digits] == '.' && digits + 1 < length &&
           strspn(text + digits + 1, "0123456789") == length - digits - 1;
}

static bool has_controls(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static bool is_url(const char *text, size_t length)
{
    size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 : strncmp(text, "http://", 7) == 0 ? 7 : 0;

    if (scheme == 0 || length == scheme || length > TEXT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f || strchr("\"<>\\^`{|}", text[i]))
            return false;
    return true;
}

static bool is_relative_path(const char *text, size_t length)
{
    return length > 0 && length <= TEXT_BYTES_MAX && text[0] != '/' && !has_controls(text, length);
}

static void read_string(struct reader *reader, struct node node, bool (*right)(const char *, size_t),
                        const char *accepted, struct str *into)
{
    if (!is_string(reader, node, accepted))
        return;
    const char *value = json_string_value(node.json);
    size_t length = json_string_length(node.json);
    if (!right(value, length))
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, value, accepted);
    else if (!str_make(&reader->dataset->arena, into, value, length))
        reader->no_memory = true;
}

static bool read_text_string(struct reader *reader, struct node node, struct str *into)
{
    size_t length = json_string_length(node.json);

    if (!is_string(reader, node, accepted_text))
        return false;
    if (length == 0 || length > TEXT_BYTES_MAX || has_controls(json_string_value(node.json), length)) {
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, json_string_value(node.json), accepted_text);
        return false;
    }
    if (!str_make(&reader->dataset->arena, into, json_string_value(node.json), length))
        reader->no_memory = true;
    return true;
}

/* The number of a declared language, or NONE. */
static uint32_t language_of(const struct sme_dataset *dataset, const char *name, size_t length)
{
    for (uint32_t i = 0; i < dataset->language_count; i++)
        if (dataset->languages[i].length == length && memcmp(dataset->languages[i].text, name, length) == 0)
            return i;
    return NONE;
}

static void unknown_member(struct reader *reader, const struct child *child, const struct sme_nearest *nearest,
                           const char *accepted)
{
    document_fault(reader->document, reader->faults,
                   &(struct fault_at){
                       .place = child->node.place,
                       .key = true,
                       .kind = FAULT_UNKNOWN_MEMBER,
                       .accepted = accepted,
                       .nearest = nearest,
                   });
}

/* Tells of a second member of the same name. False: this is not the one that counts. */
static bool counts(struct reader *reader, const struct child *child)
{
    if (!child->first)
        document_fault(reader->document, reader->faults,
                       &(struct fault_at){
                           .place = child->node.place,
                           .key = true,
                           .kind = FAULT_DUPLICATE_MEMBER,
                           .accepted = "each name once in an object",
                       });
    return child->last;
}

/* Calls `each` for every member that is a declared language. */
static void read_languages(struct reader *reader, struct node node,
                           void (*each)(struct reader *, struct node, uint32_t language, void *into), void *into)
{
    struct walk walk = {0};
    struct child child;

    while (document_next(reader->document, node, &walk, &child)) {
        uint32_t language = language_of(reader->dataset, child.key, child.key_length);

        if (!counts(reader, &child))
            continue;
        if (language == NONE)
            unknown_member(reader, &child, NULL, "the dataset's languages");
        else
            each(reader, child.node, language, into);
    }
}

static void read_translation(struct reader *reader, struct node node, uint32_t language, void *into)
{
    (void)read_text_string(reader, node, (struct str *)into + language);
}

static void read_text(struct reader *reader, struct node node, const struct str **into)
{
    uint32_t languages = reader->dataset->language_count;
    struct str *all = keep(reader, (languages ? languages : 1) * sizeof *all);

    if (!all)
        return;
    *into = all;
    if (json_is_string(node.json)) {
        (void)read_text_string(reader, node, &all[0]);
    } else if (expect(reader, node, json_is_object(node.json), "a string, or an object from language to string")) {
        struct node first;

        read_languages(reader, node, read_translation, all);
        if (languages > 0 && !document_member(reader->document, node, reader->dataset->languages[0].text, &first))
            schema_fault(reader, node.place, FAULT_MISSING_MEMBER, reader->dataset->languages[0].text,
                         "at least the dataset's first language");
    }
    for (uint32_t i = 1; i < languages; i++)
        if (!all[i].text)
            all[i] = all[0];
}

/* The array under a member, with its number of items checked; NULL memory and a bad array both give 0. */
static uint32_t open_array(struct reader *reader, struct node node, uint32_t max, bool not_empty)
{
    size_t count = json_array_size(node.json);

    if (!expect(reader, node, json_is_array(node.json), "an array"))
        return 0;
    if (count > max)
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, "so many items", "fewer items");
    if (count == 0 && not_empty)
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, "[]", "at least one item");
    return count > max ? 0 : (uint32_t)count;
}

static void read_texts(struct reader *reader, struct node node, struct texts *into)
{
    uint32_t count = open_array(reader, node, TEXTS_MAX, false);
    struct walk walk = {0};
    struct child child;

    if (count == 0)
        return;
    into->items = keep(reader, count * sizeof *into->items);
    while (into->items && into->count < count && document_next(reader->document, node, &walk, &child))
        read_text(reader, child.node, &into->items[into->count++]);
}

static void read_period(struct reader *reader, const struct member *member, struct node node, struct period *into)
{
    const char *accepted = member->kind == MEMBER_DATE ? "a calendar date, YYYY-MM-DD" : "YYYY or YYYY-MM-DD";
    struct period period;

    if (!is_string(reader, node, accepted))
        return;
    if (!period_parse(json_string_value(node.json), json_string_length(node.json), &period) ||
        (member->kind == MEMBER_DATE && period.month == 0))
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, json_string_value(node.json), accepted);
    else
        *into = period;
}

static void read_number(struct reader *reader, struct node node, struct number *into)
{
    size_t length;
    const char *digits = document_text(reader->document, node, &length);

    if (expect(reader, node, json_is_number(node.json), "a number") &&
        dataset_number(reader->dataset, digits, length, into, &reader->no_memory) != DECIMAL_OK)
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, NULL,
                     "at most 18 significant digits and 10^18, to be kept exactly");
}

/* Room for one more in a growing array of what is pending. */
static bool make_room(struct reader *reader, void **array, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*array, more * size);
    if (!grown) {
        reader->no_memory = true;
        return false;
    }
    *array = grown;
    *capacity = more;
    return true;
}

static void read_quantity(struct reader *reader, struct node node, struct number *into)
{
    void *words = reader->words;

    if (json_is_number(node.json)) {
        read_number(reader, node, into);
        return;
    }
    if (!is_string(reader, node, "a number, or a string with one in words such as 'more than 70,000'"))
        return;
    if (!make_room(reader, &words, sizeof *reader->words, reader->word_count, &reader->word_capacity))
        return;
    reader->words = words;
    reader->words[reader->word_count++] = (struct pending_words){into, node};
}

static void read_order(struct reader *reader, struct node node, int64_t *into)
{
    struct number number = {0};

    read_number(reader, node, &number);
    if (!number.known)
        return;
    for (*into = number.value.coefficient; number.value.exponent > 0 && *into < 10000; number.value.exponent--)
        *into *= 10;
    if (number.value.exponent < 0 || *into < 1 || *into > 1000)
        schema_fault(reader, node.place, FAULT_WRONG_VALUE, NULL, "a whole number from 1 to 1000");
}

static void read_word(struct reader *reader, struct node node, const struct words *words, uint8_t *into)
{
    if (!is_string(reader, node, words->accepted))
        return;
    const char *value = json_string_value(node.json);
    struct sme_nearest nearest = sme_nearest_to(value, json_string_length(node.json));
    for (uint8_t i = 0; words->names[i]; i++) {
        if (strcmp(words->names[i], value) == 0) {
            *into = i;
            return;
        }
        sme_nearest_offer(&nearest, words->names[i]);
    }
    document_fault(reader->document, reader->faults,
                   &(struct fault_at){
                       .place = node.place,
                       .kind = FAULT_WRONG_VALUE,
                       .value = value,
                       .accepted = words->accepted,
                       .nearest = &nearest,
                   });
}

static void read_name_basis(struct reader *reader, struct node node, uint32_t language, void *into)
{
    read_word(reader, node, &name_basis_words, (uint8_t *)into + language);
}

static void read_bases(struct reader *reader, struct node node, uint8_t **into)
{
    uint8_t *bases = keep(reader, SME_LANGUAGES_MAX);

    if (!bases || !expect(reader, node, json_is_object(node.json), "an object from language to 'seen' or 'standard'"))
        return;
    memset(bases, NO_WORD, SME_LANGUAGES_MAX);
    *into = bases;
    read_languages(reader, node, read_name_basis, bases);
}

static void read_reference(struct reader *reader, struct node node, enum list list, uint32_t *into)
{
    void *pending = reader->pending;

    *into = NONE;
    if (!is_string(reader, node, "a code that this file defines"))
        return;
    if (!make_room(reader, &pending, sizeof *reader->pending, reader->pending_count, &reader->pending_capacity))
        return;
    reader->pending = pending;
    reader->pending[reader->pending_count++] = (struct pending){into, list, node};
}

/* Notes the object of an observation's dimensions, which is read when all dimensions are. */
static void read_places(struct reader *reader, struct node node, const struct observation_record *record)
{
    if (!expect(reader, node, json_is_object(node.json), "an object from dimension to the code of a value"))
        return;
    if (reader->placing_count == reader->placing_capacity) {
        size_t capacity = reader->placing_capacity ? reader->placing_capacity * 2 : 64;
        struct placing *placings = realloc(reader->placings, capacity * sizeof *placings);

        if (!placings) {
            reader->no_memory = true;
            return;
        }
        reader->placings = placings;
        reader->placing_capacity = capacity;
    }
    reader->placings[reader->placing_count++] = (struct placing){record, node};
}

static bool is_repeated(json_t *array, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (json_equal(json_array_get(array, k), json_array_get(array, i)))
            return true;
    return false;
}

static void read_references(struct reader *reader, struct node node, enum list list, struct rows *into)
{
    uint32_t count = open_array(reader, node, REFERENCES_MAX, false);
    struct walk walk = {0};
    struct child child;

    if (count == 0)
        return;
    into->items = keep(reader, count * sizeof *into->items);
    while (into->items && into->count < count && document_next(reader->document, node, &walk, &child)) {
        if (is_repeated((json_t *)(uintptr_t)node.json, into->count))
            schema_fault(reader, child.node.place, FAULT_DUPLICATE_CODE, json_string_value(child.node.json),
                         "each code once");
        read_reference(reader, child.node, list, &into->items[into->count++]);
    }
}

static void read_list(struct reader *reader, const struct member *member, struct node node, char *base)
{
    uint32_t count = open_array(reader, node, member->max, (member->flags & NOT_EMPTY) != 0), read = 0;
    struct walk walk = {0};
    struct child child;
    struct arena *arena = member->flags & PASSING ? &reader->passing : &reader->dataset->arena;
    char *records = count ? arena_alloc(arena, count * member->of->size) : NULL;

    reader->no_memory = reader->no_memory || (count && !records);
    if (!records)
        return;
    while (read < count && document_next(reader->document, node, &walk, &child))
        schema_read(reader, member->of, child.node, records + member->of->size * read++);
    memcpy(base + member->offset, &records, sizeof records);
    memcpy(base + member->count_offset, &read, sizeof read);
}

static void read_member(struct reader *reader, const struct member *member, struct node node, char *base)
{
    void *into = base + member->offset;

    if ((member->flags & NULLABLE) && json_is_null(node.json))
        return;
    switch (member->kind) {
    case MEMBER_LANGUAGES:
        break;
    case MEMBER_IGNORED:
        (void)is_string(reader, node, "a string");
        break;
    case MEMBER_CODE:
        read_string(reader, node, is_code, accepted_code, into);
        break;
    case MEMBER_MEASURE_ID:
        read_string(reader, node, is_measure_id, "two numbers with a dot between, such as 2.4", into);
        break;
    case MEMBER_URL:
        read_string(reader, node, is_url, "an http or https address", into);
        break;
    case MEMBER_FILE:
        read_string(reader, node, is_relative_path, "a path from the document's directory", into);
        break;
    case MEMBER_NODE:
        memcpy(into, &node, sizeof node);
        break;
    case MEMBER_TEXT:
        read_text(reader, node, into);
        break;
    case MEMBER_TEXTS:
        read_texts(reader, node, into);
        break;
    case MEMBER_DATE:
    case MEMBER_PERIOD:
        read_period(reader, member, node, into);
        break;
    case MEMBER_NUMBER:
        read_number(reader, node, into);
        break;
    case MEMBER_QUANTITY:
        read_quantity(reader, node, into);
        break;
    case MEMBER_ORDER:
        read_order(reader, node, into);
        break;
    case MEMBER_WORD:
        read_word(reader, node, member->words, into);
        break;
    case MEMBER_BASES:
        read_bases(reader, node, into);
        break;
    case MEMBER_REFERENCE:
        read_reference(reader, node, member->list, into);
        break;
    case MEMBER_REFERENCES:
        read_references(reader, node, member->list, into);
        break;
    case MEMBER_PLACES:
        read_places(reader, node, (const struct observation_record *)(const void *)base);
        break;
    case MEMBER_RECORD:
        schema_read(reader, member->of, node, base);
        break;
    case MEMBER_LIST:
        read_list(reader, member, node, base);
        break;
    }
}

static const struct member *find_member(const struct record *record, const struct child *child)
{
    for (const struct member *member = record->members; member->name; member++)
        if (strlen(member->name) == child->key_length && memcmp(member->name, child->key, child->key_length) == 0)
            return member;
    return NULL;
}

static void tell_unknown(struct reader *reader, const struct record *record, const struct child *child)
{
    struct sme_nearest nearest = sme_nearest_to(child->key, child->key_length);

    for (const struct member *member = record->members; member->name; member++)
        sme_nearest_offer(&nearest, member->name);
    unknown_member(reader, child, &nearest, nearest.found[0][0] ? nearest.found[0] : "the members of the schema");
}

void schema_read(struct reader *reader, const struct record *record, struct node node, void *into)
{
    uint64_t seen = 0; /* a bit for each row of the table; none has 64 */
    struct walk walk = {0};
    struct child child;
    char *base = into;

    for (const struct member *member = record->members; member->name; member++) {
        if (member->kind == MEMBER_WORD)
            memset(base + member->offset, NO_WORD, 1);
        else if (member->kind == MEMBER_REFERENCE)
            memset(base + member->offset, 0xff, sizeof(uint32_t));
    }
    if (record->place_offset != NOWHERE)
        memcpy(base + record->place_offset, &node.place, sizeof node.place);
    if (!expect(reader, node, json_is_object(node.json), "an object"))
        return;
    while (document_next(reader->document, node, &walk, &child)) {
        const struct member *member = find_member(record, &child);

        if (!counts(reader, &child))
            continue;
        if (!member) {
            tell_unknown(reader, record, &child);
            continue;
        }
        seen |= UINT64_C(1) << (member - record->members);
        read_member(reader, member, child.node, base);
    }
    for (const struct member *member = record->members; member->name; member++)
        if ((member->flags & REQUIRED) && !(seen & UINT64_C(1) << (member - record->members)))
            schema_fault(reader, node.place, FAULT_MISSING_MEMBER, member->name, "an object that has it");
}
