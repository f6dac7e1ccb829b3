/* SPDX-License-Identifier: MIT */
/*
 * From a document to a dataset: the tables that say what the file may hold, then the rules that need more than one member,
 * then what is derived. Every fault is told; only a document without any becomes a dataset.
 */
#include "collection.h"
#include "layout.h"
#include "observation_files.h"
#include "phrase.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(offsetof(struct unit, code) == offsetof(struct coded, code), "units are coded");
_Static_assert(offsetof(struct source, code) == offsetof(struct coded, code), "sources are coded");
_Static_assert(offsetof(struct category, code) == offsetof(struct coded, code), "categories are coded");
_Static_assert(offsetof(struct indicator, code) == offsetof(struct coded, code), "indicators are coded");
_Static_assert(offsetof(struct instrument, code) == offsetof(struct coded, code), "instruments are coded");
_Static_assert(offsetof(struct focus_area, code) == offsetof(struct coded, code), "focus areas are coded");
_Static_assert(offsetof(struct dimension, code) == offsetof(struct coded, code), "dimensions are coded");
_Static_assert(offsetof(struct dimension_value, code) == offsetof(struct coded, code), "their values are coded");
_Static_assert(offsetof(struct measure, id) == offsetof(struct coded, code), "measures are coded");

/* The tables, innermost records first. A member's row: name, kind, what it needs, where it goes. */

#define AT(type, member)            .offset = offsetof(struct type, member)
#define LIST_AT(type, list, number) .offset = offsetof(struct type, list), .count_offset = offsetof(struct type, number)
#define NOTHING                     .offset = 0
#define PLACE(type)                 .size = sizeof(struct type), .place_offset = offsetof(struct type, place)

static const struct member unit_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(unit, code)}, {"name", MEMBER_TEXT, REQUIRED, AT(unit, name)},
    {"min", MEMBER_NUMBER, 0, AT(unit, min)},        {"max", MEMBER_NUMBER, 0, AT(unit, max)},
    {"pattern", MEMBER_TEXT, 0, AT(unit, pattern)},  {"description", MEMBER_TEXT, 0, AT(unit, description)},
    {"notes", MEMBER_TEXTS, 0, AT(unit, notes)},     {0},
};
static const struct record unit_record = {unit_members, PLACE(unit)};

static const struct member speaker_members[] = {
    {"name", MEMBER_TEXT, REQUIRED, AT(source, speaker_name)},
    {"position", MEMBER_TEXT, 0, AT(source, speaker_position)},
    {"organization", MEMBER_TEXT, 0, AT(source, speaker_organization)},
    {0},
};
static const struct record speaker_record = {speaker_members, .place_offset = NOWHERE};

static const struct member source_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(source, code)},
    {"title", MEMBER_TEXT, REQUIRED, AT(source, title)},
    {"publisher", MEMBER_TEXT, 0, AT(source, publisher)},
    {"date", MEMBER_DATE, REQUIRED, AT(source, date)},
    {"date_basis", MEMBER_WORD, REQUIRED, AT(source, date_basis), .words = &dating_words},
    {"speaker", MEMBER_RECORD, 0, .of = &speaker_record},
    {"form", MEMBER_TEXT, 0, AT(source, form)},
    {"series", MEMBER_TEXT, 0, AT(source, series)},
    {"topic", MEMBER_TEXT, 0, AT(source, topic)},
    {"reported_by", MEMBER_TEXT, 0, AT(source, reported_by)},
    {"url", MEMBER_URL, 0, AT(source, url)},
    {"notes", MEMBER_TEXTS, 0, AT(source, notes)},
    {0},
};
static const struct record source_record = {source_members, PLACE(source)};

static const struct member category_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(category, code)},
    {"name", MEMBER_TEXT, REQUIRED, AT(category, name)},
    {"description", MEMBER_TEXT, 0, AT(category, description)},
    {"notes", MEMBER_TEXTS, 0, AT(category, notes)},
    {0},
};
static const struct record category_record = {category_members, PLACE(category)};

static const struct member indicator_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(indicator, code)},
    {"name", MEMBER_TEXT, REQUIRED, AT(indicator, name)},
    {"name_basis", MEMBER_BASES, 0, AT(indicator, name_basis)},
    {"source_name", MEMBER_TEXT, 0, AT(indicator, source_name)},
    {"aliases", MEMBER_TEXTS, 0, AT(indicator, aliases)},
    {"description", MEMBER_TEXT, 0, AT(indicator, description)},
    {"category", MEMBER_REFERENCE, REQUIRED, AT(indicator, category), .list = LIST_CATEGORIES},
    {"unit", MEMBER_REFERENCE, REQUIRED, AT(indicator, unit), .list = LIST_UNITS},
    {"measure", MEMBER_WORD, REQUIRED, AT(indicator, measure), .words = &measure_words},
    {"direction", MEMBER_WORD, 0, AT(indicator, direction), .words = &direction_words},
    {"population", MEMBER_TEXT, 0, AT(indicator, population)},
    {"denominator", MEMBER_TEXT, 0, AT(indicator, denominator)},
    {"part_of", MEMBER_REFERENCE, 0, AT(indicator, part_of), .list = LIST_INDICATORS},
    {"notes", MEMBER_TEXTS, 0, AT(indicator, notes)},
    {0},
};
static const struct record indicator_record = {indicator_members, PLACE(indicator)};

static const struct member observation_members[] = {
    {"indicator", MEMBER_REFERENCE, REQUIRED, AT(observation_record, observation.indicator), .list = LIST_INDICATORS},
    {"kind", MEMBER_WORD, REQUIRED, AT(observation_record, observation.kind), .words = &kind_words},
    {"period", MEMBER_PERIOD, REQUIRED | NULLABLE, AT(observation_record, observation.period)},
    {"period_basis", MEMBER_WORD, REQUIRED, AT(observation_record, observation.period_basis), .words = &basis_words},
    {"value", MEMBER_QUANTITY, REQUIRED | NULLABLE, AT(observation_record, observation.value)},
    {"upper", MEMBER_NUMBER, 0, AT(observation_record, details.upper)},
    {"qualifier", MEMBER_WORD, 0, AT(observation_record, observation.qualifier), .words = &qualifier_words},
    {"status", MEMBER_WORD, 0, AT(observation_record, observation.status), .words = &status_words},
    {"wording", MEMBER_TEXT, 0, AT(observation_record, details.wording)},
    {"as_of", MEMBER_DATE, 0, AT(observation_record, details.as_of)},
    {"source", MEMBER_REFERENCE, REQUIRED, AT(observation_record, observation.source), .list = LIST_SOURCES},
    {"dimensions", MEMBER_PLACES, 0, NOTHING},
    {"population", MEMBER_TEXT, 0, AT(observation_record, details.population)},
    {"notes", MEMBER_TEXTS, 0, AT(observation_record, details.notes)},
    {0},
};
static const struct record observation_record = {observation_members, PLACE(observation_record)};

static const struct member dimension_value_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(dimension_value, code)},
    {"name", MEMBER_TEXT, REQUIRED, AT(dimension_value, name)},
    {"description", MEMBER_TEXT, 0, AT(dimension_value, description)},
    {"notes", MEMBER_TEXTS, 0, AT(dimension_value, notes)},
    {0},
};
static const struct record dimension_value_record = {dimension_value_members, PLACE(dimension_value)};

static const struct member dimension_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(dimension, code)},
    {"name", MEMBER_TEXT, REQUIRED, AT(dimension, name)},
    {"description", MEMBER_TEXT, 0, AT(dimension, description)},
    {"values", MEMBER_LIST, NOT_EMPTY, LIST_AT(dimension, values, value_count), .of = &dimension_value_record,
     .max = DIMENSION_VALUES_MAX},
    {"values_from", MEMBER_WORD, 0, AT(dimension, values_from), .words = &values_from_words},
    {"default", MEMBER_CODE, 0, AT(dimension, default_code)},
    {"notes", MEMBER_TEXTS, 0, AT(dimension, notes)},
    {0},
};
static const struct record dimension_record = {dimension_members, PLACE(dimension)};

static const struct member instrument_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(instrument, code)},
    {"kind", MEMBER_WORD, REQUIRED, AT(instrument, kind), .words = &instrument_kind_words},
    {"name", MEMBER_TEXT, REQUIRED, AT(instrument, name)},
    {"name_basis", MEMBER_BASES, 0, AT(instrument, name_basis)},
    {"description", MEMBER_TEXT, 0, AT(instrument, description)},
    {"notes", MEMBER_TEXTS, 0, AT(instrument, notes)},
    {0},
};
static const struct record instrument_record = {instrument_members, PLACE(instrument)};

static const struct member area_link_members[] = {
    {"indicator", MEMBER_REFERENCE, REQUIRED, AT(area_link, indicator), .list = LIST_INDICATORS},
    {"kind", MEMBER_WORD, 0, AT(area_link, kind), .words = &kind_words},
    {"basis", MEMBER_WORD, REQUIRED, AT(area_link, basis), .words = &link_basis_words},
    {0},
};
static const struct record area_link_record = {area_link_members, PLACE(area_link)};

static const struct member measure_target_members[] = {
    {"indicator", MEMBER_REFERENCE, REQUIRED, AT(measure, target_indicator), .list = LIST_INDICATORS},
    {"period", MEMBER_PERIOD, REQUIRED, AT(measure, target_period)},
    {0},
};
static const struct record measure_target_record = {
    measure_target_members,
    .place_offset = offsetof(struct measure, target_place),
};

static const struct member measure_members[] = {
    {"id", MEMBER_MEASURE_ID, REQUIRED, AT(measure, id)},
    {"kind", MEMBER_WORD, REQUIRED, AT(measure, kind), .words = &measure_kind_words},
    {"text", MEMBER_TEXT, REQUIRED, AT(measure, text)},
    {"instruments", MEMBER_REFERENCES, 0, AT(measure, instruments), .list = LIST_INSTRUMENTS},
    {"target", MEMBER_RECORD, 0, .of = &measure_target_record},
    {"period", MEMBER_PERIOD, NULLABLE, AT(measure, period)},
    {"period_basis", MEMBER_WORD, 0, AT(measure, period_basis), .words = &basis_words},
    {"source_text", MEMBER_TEXT, 0, AT(measure, source_text)},
    {"notes", MEMBER_TEXTS, 0, AT(measure, notes)},
    {0},
};
static const struct record measure_record = {measure_members, PLACE(measure)};

static const struct member area_members[] = {
    {"code", MEMBER_CODE, REQUIRED, AT(focus_area, code)},
    {"order", MEMBER_ORDER, REQUIRED, AT(focus_area, order)},
    {"ordinal_basis", MEMBER_WORD, REQUIRED, AT(focus_area, ordinal_basis), .words = &dating_words},
    {"title", MEMBER_TEXT, REQUIRED, AT(focus_area, title)},
    {"title_basis", MEMBER_WORD, REQUIRED, AT(focus_area, title_basis), .words = &title_basis_words},
    {"source_title", MEMBER_TEXT, REQUIRED | NULLABLE, AT(focus_area, source_title)},
    {"description", MEMBER_TEXT, 0, AT(focus_area, description)},
    {"period", MEMBER_PERIOD, NULLABLE, AT(focus_area, period)},
    {"period_basis", MEMBER_WORD, 0, AT(focus_area, period_basis), .words = &basis_words},
    {"categories", MEMBER_REFERENCES, 0, AT(focus_area, categories), .list = LIST_CATEGORIES},
    {"indicators", MEMBER_LIST, 0, LIST_AT(focus_area, links, link_count), .of = &area_link_record, .max = 1000},
    {"measures", MEMBER_LIST, REQUIRED, LIST_AT(focus_area, measures, measure_count), .of = &measure_record,
     .max = 1000},
    {"notes", MEMBER_TEXTS, 0, AT(focus_area, notes)},
    {0},
};
static const struct record area_record = {area_members, PLACE(focus_area)};

#define LIST_OF(list, number, record, flags, most)                                                                     \
    {                                                                                                                  \
#list, MEMBER_LIST, flags, LIST_AT(sme_dataset, list, number), .of = &(record), .max = (most)                  \
    }

static const struct words format_words = {(const char *const[]){"smestat-dataset-1", NULL}, "smestat-dataset-1"};

static const struct member dataset_members[] = {
    {"$schema", MEMBER_IGNORED, 0, NOTHING},
    {"format", MEMBER_WORD, REQUIRED, AT(sme_dataset, format), .words = &format_words},
    {"id", MEMBER_CODE, REQUIRED, AT(sme_dataset, id)},
    {"title", MEMBER_TEXT, REQUIRED, AT(sme_dataset, title)},
    {"description", MEMBER_TEXT, 0, AT(sme_dataset, description)},
    {"license", MEMBER_TEXT, 0, AT(sme_dataset, license)},
    {"languages", MEMBER_LANGUAGES, REQUIRED, NOTHING},
    {"as_of", MEMBER_DATE, REQUIRED, AT(sme_dataset, as_of)},
    {"notes", MEMBER_TEXTS, 0, AT(sme_dataset, notes)},
    LIST_OF(units, unit_count, unit_record, REQUIRED | NOT_EMPTY, 1000),
    LIST_OF(sources, source_count, source_record, REQUIRED | NOT_EMPTY, 10000),
    LIST_OF(categories, category_count, category_record, REQUIRED | NOT_EMPTY, 1000),
    LIST_OF(dimensions, dimension_count, dimension_record, 0, SME_DIMENSIONS_MAX),
    LIST_OF(indicators, indicator_count, indicator_record, REQUIRED | NOT_EMPTY, 100000),
    {"observations", MEMBER_LIST, REQUIRED | PASSING, LIST_AT(sme_dataset, records, record_count),
     .of = &observation_record, .max = OBSERVATIONS_MAX},
    {"observation_files", MEMBER_LIST, PASSING, LIST_AT(sme_dataset, files, file_count), .of = &observation_file_record,
     .max = OBSERVATION_FILES_MAX},
    LIST_OF(instruments, instrument_count, instrument_record, 0, 1000),
    {"focus_areas", MEMBER_LIST, 0, LIST_AT(sme_dataset, areas, area_count), .of = &area_record, .max = 1000},
    {0},
};
static const struct record dataset_record = {dataset_members, .place_offset = NOWHERE};

/* The languages come first, wherever they stand: every text is checked against them. */

static bool is_language(const char *text, size_t length)
{
    size_t part = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    if (part < 2 || part > 3 || length > 32)
        return false;
    for (size_t at = part; at < length; at += part + 1) {
        part = strspn(text + at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (text[at] != '-' || part < 2 || part > 8)
            return false;
    }
    return true;
}

static void read_language(struct reader *reader, struct node node)
{
    static const char accepted[] = "a language tag such as en or zh-Hant, each once";
    struct sme_dataset *dataset = reader->dataset;
    const char *tag = json_string_value(node.json);
    size_t length = json_string_length(node.json);
    bool right = tag && is_language(tag, length);

    for (uint32_t i = 0; right && i < dataset->language_count; i++)
        right = strcmp(dataset->languages[i].text, tag) != 0;
    if (!right) {
        schema_fault(reader, node.place, tag ? FAULT_WRONG_VALUE : FAULT_WRONG_TYPE, tag, accepted);
        return;
    }
    struct str *language = &dataset->languages[dataset->language_count];
    if (str_make(&dataset->arena, language, tag, length))
        dataset->language_count++;
    else
        reader->no_memory = true;
}

static void read_languages(struct reader *reader, struct node root)
{
    struct node languages;
    struct walk walk = {0};
    struct child child;

    if (!document_member(reader->document, root, "languages", &languages))
        return; /* the table tells that it is missing */
    if (!json_is_array(languages.json) || json_array_size(languages.json) == 0 ||
        json_array_size(languages.json) > SME_LANGUAGES_MAX) {
        schema_fault(reader, languages.place, FAULT_WRONG_VALUE, NULL, "an array of 1 to 8 language tags");
        return;
    }
    while (document_next(reader->document, languages, &walk, &child))
        read_language(reader, child.node);
}

/* The rules that need more than one member. */

static uint32_t place_of(struct reader *reader, uint32_t record, const char *member)
{
    return document_member_place(reader->document, record, member);
}

static void tell(struct reader *reader, uint32_t record, const char *member, enum fault_kind kind, const char *value,
                 const char *accepted)
{
    schema_fault(reader, place_of(reader, record, member), kind, value, accepted);
}

static void twin_code(void *context, const struct coded *record)
{
    struct reader *reader = context;
    uint32_t code = place_of(reader, record->place, "code");

    if (code == record->place)
        code = place_of(reader, record->place, "id");
    schema_fault(reader, code, FAULT_DUPLICATE_CODE, record->code.text, "a code of its own");
}

/* True when there is a period that could not be read: a fault has been told, and nothing follows from it. */
static bool period_is_bad(struct reader *reader, uint32_t record, struct period period)
{
    uint32_t member = place_of(reader, record, "period");
    size_t length;
    const char *text = document_text(reader->document, (struct node){NULL, member}, &length);

    return period.year == 0 && member != record && *text != 'n';
}

static void twin_observation(void *context, uint32_t row, uint32_t earlier)
{
    struct reader *reader = context;
    const struct observation *observation = &reader->dataset->observations[row];

    if (row >= reader->dataset->record_count) {
        observation_files_twin(reader, row, earlier);
        return;
    }
    uint32_t place = reader->dataset->records[row].place;
    if (observation->indicator == NONE || observation->kind == NO_WORD ||
        period_is_bad(reader, place, observation->period))
        return; /* a fault has been told */
    for (uint32_t d = 0; d < reader->dataset->dimension_count; d++)
        if (members_of(reader->dataset, row)[d] == NONE)
            return;
    schema_fault(reader, place, FAULT_DUPLICATE_CODE,
                 reader->dataset->dimension_count ? "the same indicator, period, kind and dimensions"
                                                  : "the same indicator, period and kind",
                 "one observation for each");
}

static void resolve_references(struct reader *reader)
{
    for (size_t i = 0; i < reader->pending_count; i++) {
        const struct pending *pending = &reader->pending[i];
        const char *code = json_string_value(pending->node.json);
        size_t length = json_string_length(pending->node.json);
        const struct code_table *table = &reader->dataset->codes[pending->list];

        *pending->slot = find_code(reader->dataset, pending->list, code, length);
        if (*pending->slot != NONE)
            continue;
        struct sme_nearest nearest = sme_nearest_to(code, length);
        for (uint32_t row = 0; row < table->count; row++)
            if (table->records[row]->code.text)
                sme_nearest_offer(&nearest, table->records[row]->code.text);
        document_fault(reader->document, reader->faults,
                       &(struct fault_at){
                           .place = pending->node.place,
                           .kind = FAULT_DANGLING_REFERENCE,
                           .value = code,
                           .accepted = nearest.found[0][0] ? nearest.found[0] : "a code that is",
                           .nearest = &nearest,
                       });
    }
}

/* Dimensions. */

/* A dimension is a parameter and a column under its own name, so it must not be called like another one. */
bool dimension_is_reserved(const char *code)
{
    static const char *const collections[] = {"observations", "targets"};
    const char *name;

    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; (name = sme_column_name(collections[c], i)) != NULL; i++)
            if (strcmp(name, code) == 0)
                return true;
        for (size_t i = 0; (name = sme_parameter_name(collections[c], i)) != NULL; i++)
            if (strcmp(name, code) == 0)
                return true;
    }
    return false;
}

static void check_dimension(struct reader *reader, struct dimension *dimension)
{
    struct sme_dataset *dataset = reader->dataset;
    struct buf negated = BUF_INIT(256);

    dimension->default_value = NONE;
    dimension->value_capacity = dimension->value_count;
    if (dimension->values_from == NO_WORD && place_of(reader, dimension->place, "values") == dimension->place &&
        place_of(reader, dimension->place, "values_from") == dimension->place)
        schema_fault(reader, dimension->place, FAULT_MISSING_MEMBER, "values", "values, or values_from 'files'");
    if (!member_table_make(dataset, dimension, twin_code, reader)) {
        reader->no_memory = true;
        return;
    }
    if (dimension->code.text && dimension_is_reserved(dimension->code.text))
        tell(reader, dimension->place, "code", FAULT_WRONG_VALUE, dimension->code.text,
             "a name that no parameter or member of a row has");
    if (dimension->default_code.text) {
        dimension->default_value =
            find_dimension_value(dimension, dimension->default_code.text, dimension->default_code.length);
        if (dimension->default_value == NONE)
            tell(reader, dimension->place, "default", FAULT_DANGLING_REFERENCE, dimension->default_code.text,
                 "the code of one of the values");
    }
    buf_text(&negated, dimension->code.text ? dimension->code.text : "");
    buf_text(&negated, ".not");
    dimension->negated = negated.status == SME_OK ? arena_copy(&dataset->arena, negated.bytes, negated.length) : NULL;
    reader->no_memory = reader->no_memory || !dimension->negated;
    buf_finish(&negated);
}

/* The value that a member of an observation's "dimensions" names. */
static void read_place(struct reader *reader, const struct child *child, uint32_t *members)
{
    const struct sme_dataset *dataset = reader->dataset;
    uint32_t d = find_code(dataset, LIST_DIMENSIONS, child->key, child->key_length);
    const char *code = json_string_value(child->node.json);
    struct sme_nearest nearest;

    if (d == NONE) {
        nearest = sme_nearest_to(child->key, child->key_length);
        for (uint32_t i = 0; i < dataset->dimension_count; i++)
            if (dataset->dimensions[i].code.text)
                sme_nearest_offer(&nearest, dataset->dimensions[i].code.text);
        document_fault(reader->document, reader->faults,
                       &(struct fault_at){
                           .place = child->node.place,
                           .key = true,
                           .kind = child->first ? FAULT_UNKNOWN_MEMBER : FAULT_DUPLICATE_MEMBER,
                           .accepted = nearest.found[0][0] ? nearest.found[0] : "a dimension that this file declares",
                           .nearest = &nearest,
                       });
        return;
    }
    if (!code) {
        schema_fault(reader, child->node.place, FAULT_WRONG_TYPE, NULL, "the code of a value");
        return;
    }
    if (!child->first)
        document_fault(reader->document, reader->faults,
                       &(struct fault_at){
                           .place = child->node.place,
                           .key = true,
                           .kind = FAULT_DUPLICATE_MEMBER,
                           .accepted = "each name once in an object",
                       });
    const struct dimension *dimension = &dataset->dimensions[d];
    members[d] = find_dimension_value(dimension, code, strlen(code));
    if (members[d] != NONE)
        return;
    nearest = sme_nearest_to(code, strlen(code));
    for (uint32_t v = 0; v < dimension->value_count; v++)
        if (dimension->values[v].code.text)
            sme_nearest_offer(&nearest, dimension->values[v].code.text);
    document_fault(reader->document, reader->faults,
                   &(struct fault_at){
                       .place = child->node.place,
                       .kind = FAULT_DANGLING_REFERENCE,
                       .value = code,
                       .accepted = nearest.found[0][0] ? nearest.found[0] : "a value of this dimension",
                       .nearest = &nearest,
                   });
}

static void read_places(struct reader *reader)
{
    struct sme_dataset *dataset = reader->dataset;
    uint32_t count = dataset->dimension_count;

    for (size_t i = 0; i < reader->placing_count; i++) {
        size_t row = (size_t)(reader->placings[i].record - dataset->records);
        struct walk walk = {0};
        struct child child;

        while (document_next(reader->document, reader->placings[i].node, &walk, &child))
            read_place(reader, &child, dataset->members + row * count);
    }
    for (uint32_t row = 0; row < dataset->record_count; row++)
        for (uint32_t d = 0; d < count; d++) {
            uint32_t place = dataset->records[row].place, object = place_of(reader, place, "dimensions");
            const char *code = dataset->dimensions[d].code.text;

            if (code && members_of(dataset, row)[d] == NONE &&
                (object == place || place_of(reader, object, code) == object))
                schema_fault(reader, object, FAULT_MISSING_MEMBER, code,
                             "a value of every dimension without a default");
        }
}

static const struct unit *unit_of(const struct sme_dataset *dataset, const struct observation *o)
{
    uint32_t unit = o->indicator == NONE ? NONE : dataset->indicators[o->indicator].unit;

    return unit == NONE ? NULL : &dataset->units[unit];
}

static void keep_literal(struct reader *reader, const char *literal, struct number *into)
{
    (void)dataset_number(reader->dataset, literal, strlen(literal), into, &reader->no_memory); /* it is a number */
}

static void tell_unreadable(struct reader *reader, struct node node, const struct phrase_reading *reading)
{
    struct buf accepted = BUF_INIT(1024);
    struct sme_nearest nearest;

    phrase_accepted(json_string_value(node.json), json_string_length(node.json), reading, &nearest, &accepted);
    if (accepted.status == SME_OK)
        document_fault(reader->document, reader->faults,
                       &(struct fault_at){
                           .place = node.place,
                           .kind = FAULT_UNREADABLE_NUMBER,
                           .value = json_string_value(node.json),
                           .accepted = buf_string(&accepted),
                           .nearest = &nearest,
                       });
    else
        reader->no_memory = true;
    buf_finish(&accepted);
}

/* The qualifier that stands beside a text may repeat what the text says, and `upper` may not: it is said once. */
static void check_words(struct reader *reader, const struct observation_record *record,
                        const struct phrase_reading *reading)
{
    const struct observation *o = &record->observation;

    if (o->qualifier != NO_WORD && o->qualifier != reading->qualifier)
        tell(reader, record->place, "qualifier", FAULT_CONTRADICTION, "qualifier is not what value says",
             qualifier_words.names[reading->qualifier]);
    if (place_of(reader, record->place, "upper") != record->place)
        tell(reader, record->place, "upper", FAULT_CONTRADICTION, "upper stands beside a value in words",
             "no upper, or numbers");
}

static void read_words(struct reader *reader, struct number *slot, struct node node)
{
    struct sme_dataset *dataset = reader->dataset;
    struct observation_record *record =
        (void *)((char *)slot - offsetof(struct observation_record, observation) - offsetof(struct observation, value));
    struct observation *o = &record->observation;
    const struct unit *unit = unit_of(dataset, o);
    const char *text = json_string_value(node.json);
    size_t length = json_string_length(node.json);
    struct phrase_reading reading;

    if (!unit || dataset->language_count == 0)
        return; /* a fault has been told, and without the unit its words are not known */
    if (!phrase_read(text, length, unit, dataset->language_count, &reading)) {
        tell_unreadable(reader, node, &reading);
        return;
    }
    check_words(reader, record, &reading);
    o->qualifier = (uint8_t)reading.qualifier;
    keep_literal(reader, reading.value_literal, &o->value);
    if (reading.upper_literal[0])
        keep_literal(reader, reading.upper_literal, &record->details.upper);
    if (!record->details.wording && !reading.alone)
        record->details.wording = schema_same_text(reader, text, length); /* the source's own words */
}

static void check_units(struct reader *reader)
{
    const struct sme_dataset *dataset = reader->dataset;

    for (uint32_t i = 0; i < dataset->unit_count; i++) {
        const struct unit *unit = &dataset->units[i];

        if (unit->min.known && unit->max.known && decimal_compare(unit->min.value, unit->max.value) > 0)
            tell(reader, unit->place, "max", FAULT_CONTRADICTION, "max is less than min",
                 "max at least as large as min");
        for (uint32_t l = 0; unit->pattern && l < dataset->language_count; l++) {
            const char *hole = unit->pattern[l].text ? strstr(unit->pattern[l].text, "{}") : NULL;

            if (unit->pattern[l].text && (!hole || strstr(hole + 1, "{}"))) {
                uint32_t pattern = place_of(reader, unit->place, "pattern");
                schema_fault(reader, place_of(reader, pattern, dataset->languages[l].text), FAULT_WRONG_VALUE,
                             unit->pattern[l].text, "a text with {} exactly once, where the number goes");
                break;
            }
        }
    }
}

/* Each chain of part_of is walked once: `state` holds the number of the walk that met an indicator. */
static void check_cycles(struct reader *reader)
{
    const struct sme_dataset *dataset = reader->dataset;
    uint32_t *state = calloc((size_t)dataset->indicator_count + 1, sizeof *state);

    if (!state) {
        reader->no_memory = true;
        return;
    }
    for (uint32_t i = 0; i < dataset->indicator_count; i++) {
        uint32_t at = i;

        while (at != NONE && state[at] == 0) {
            state[at] = i + 1;
            at = dataset->indicators[at].part_of;
        }
        if (at != NONE && state[at] == i + 1)
            tell(reader, dataset->indicators[at].place, "part_of", FAULT_CYCLE, dataset->indicators[at].code.text,
                 "a chain that ends");
    }
    free(state);
}

/* A period and its basis: one without the other says nothing, and "none" means that there is no period. */
static void check_dating(struct reader *reader, uint32_t record, struct period period, uint8_t basis)
{
    bool has_period = place_of(reader, record, "period") != record;
    bool has_basis = place_of(reader, record, "period_basis") != record;

    if ((!has_period && !has_basis) || (has_basis && basis == NO_WORD) || period_is_bad(reader, record, period))
        return;
    if (has_period && !has_basis)
        schema_fault(reader, record, FAULT_MISSING_MEMBER, "period_basis", "period_basis beside period");
    else if (!has_period)
        schema_fault(reader, record, FAULT_MISSING_MEMBER, "period", "period beside period_basis");
    else if ((period.year != 0) == (basis == BASIS_NONE))
        tell(reader, record, "period_basis", FAULT_CONTRADICTION, "period and period_basis contradict each other",
             "'none' exactly when period is null");
}

static char first_character(struct reader *reader, uint32_t place)
{
    size_t length;

    return *document_text(reader->document, (struct node){NULL, place}, &length);
}

/* The character that a member of a record begins with; NUL if it is not there. */
static char begins_with(struct reader *reader, uint32_t record, const char *name)
{
    uint32_t member = place_of(reader, record, name);

    return member == record ? '\0' : first_character(reader, member);
}

/* A value that is not known must say why, and has nothing else that speaks of a number. */
static void check_known(struct reader *reader, const struct observation_record *record)
{
    char value = begins_with(reader, record->place, "value");
    bool has_status = begins_with(reader, record->place, "status") != '\0';

    if (first_character(reader, record->place) != '{')
        return; /* a fault has been told */
    if (value == 'n' && !has_status)
        schema_fault(reader, record->place, FAULT_MISSING_MEMBER, "status", "status beside a value that is null");
    if (value == 'n' && record->observation.qualifier != NO_WORD)
        tell(reader, record->place, "qualifier", FAULT_CONTRADICTION, "qualifier stands beside a value that is null",
             "no qualifier");
    if (value != 'n' && value != '\0' && has_status)
        tell(reader, record->place, "status", FAULT_CONTRADICTION, "status stands beside a value", "no status");
    if (value != 'n' && value != '"' && begins_with(reader, record->place, "qualifier") == '\0')
        schema_fault(reader, record->place, FAULT_MISSING_MEMBER, "qualifier", "qualifier beside a value");
}

/* Tells of a number that its unit does not allow. In words, it is said in digits. */
static void tell_outside(struct reader *reader, const struct observation_record *record, const char *member,
                         const struct number *number, const char *accepted)
{
    struct buf digits = BUF_INIT(1024);
    bool in_words = begins_with(reader, record->place, "value") == '"';

    number_print(&digits, number);
    reader->no_memory = reader->no_memory || digits.status != SME_OK;
    tell(reader, record->place, member, FAULT_OUTSIDE_DOMAIN, in_words ? buf_string(&digits) : NULL, accepted);
    buf_finish(&digits);
}

static void check_observation(struct reader *reader, const struct observation_record *record)
{
    const struct observation *o = &record->observation;
    const struct number *upper = &record->details.upper;
    bool between = o->qualifier == QUALIFIER_BETWEEN;
    bool in_words = begins_with(reader, record->place, "value") == '"'; /* qualifier and upper end are in it */

    if (place_of(reader, record->place, "period") != record->place && o->period_basis != NO_WORD)
        check_dating(reader, record->place, o->period, o->period_basis);
    check_known(reader, record);
    if (!in_words && between && place_of(reader, record->place, "upper") == record->place)
        tell(reader, record->place, "upper", FAULT_MISSING_MEMBER, "upper", "upper beside qualifier 'between'");
    if (!in_words && !between && upper->known && (o->qualifier != NO_WORD || o->status != NO_WORD))
        tell(reader, record->place, "upper", FAULT_CONTRADICTION, "upper stands without qualifier 'between'",
             "no upper");
    if (!in_words && between && upper->known && o->value.known && decimal_compare(o->value.value, upper->value) >= 0)
        tell(reader, record->place, "upper", FAULT_CONTRADICTION, "upper is not above value",
             "a larger number than value");
    const struct unit *unit = unit_of(reader->dataset, o);
    if (!unit)
        return;
    const struct number *numbers[] = {&o->value, upper};
    for (size_t i = 0; i < 2; i++) {
        const char *member = i == 0 || in_words ? "value" : "upper";

        if (numbers[i]->known && unit->min.known && decimal_compare(numbers[i]->value, unit->min.value) < 0)
            tell_outside(reader, record, member, numbers[i], "at least the unit's min");
        if (numbers[i]->known && unit->max.known && decimal_compare(numbers[i]->value, unit->max.value) > 0)
            tell_outside(reader, record, member, numbers[i], "at most the unit's max");
    }
    if (o->qualifier == QUALIFIER_NEARLY && o->value.known && unit->min.known &&
        decimal_compare(o->value.value, unit->min.value) == 0)
        tell(reader, record->place, "value", FAULT_CONTRADICTION, "what is nearly the unit's min would be below it",
             "a number above the unit's min");
}

static void check_measure(struct reader *reader, struct measure *measure)
{
    check_dating(reader, measure->place, measure->period, measure->period_basis);
    measure->target = NONE;
    if (!measure->target_place)
        return;
    if (measure->kind != MEASURE_TARGET && measure->kind != NO_WORD)
        tell(reader, measure->place, "target", FAULT_CONTRADICTION, "target stands in a measure of another kind",
             "kind 'target'");
    if (measure->target_indicator == NONE || !measure->target_period.year)
        return;
    uint32_t members[SME_DIMENSIONS_MAX];
    for (uint32_t d = 0; d < reader->dataset->dimension_count; d++)
        members[d] = reader->dataset->dimensions[d].default_value;
    measure->target =
        find_observation(reader->dataset, measure->target_indicator, measure->target_period, KIND_TARGET, members);
    if (measure->target == NONE)
        schema_fault(reader, measure->target_place, FAULT_DANGLING_REFERENCE, "a target of this indicator and period",
                     "an observation of kind 'target'");
}

static void check_areas(struct reader *reader)
{
    struct sme_dataset *dataset = reader->dataset;

    for (uint32_t i = 0; i < dataset->area_count; i++) {
        struct focus_area *area = &dataset->areas[i];

        for (uint32_t k = 0; k < i; k++)
            if (area->order != 0 && dataset->areas[k].order == area->order) {
                tell(reader, area->place, "order", FAULT_DUPLICATE_CODE, NULL, "a number of its own");
                break;
            }
        check_dating(reader, area->place, area->period, area->period_basis);
        for (uint32_t m = 0; m < area->measure_count; m++)
            check_measure(reader, &area->measures[m]);
    }
}

/* What is derived. */

static bool gather_measures(struct sme_dataset *dataset)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < dataset->area_count; i++)
        count += dataset->areas[i].measure_count;
    dataset->measures = arena_alloc(&dataset->arena, (count ? count : 1) * sizeof *dataset->measures);
    if (!dataset->measures)
        return false;
    for (uint32_t i = 0; i < dataset->area_count; i++)
        for (uint32_t m = 0; m < dataset->areas[i].measure_count; m++) {
            dataset->areas[i].measures[m].area = i;
            dataset->measures[dataset->measure_count++] = &dataset->areas[i].measures[m];
        }
    return true;
}

static bool gather_targets(struct sme_dataset *dataset)
{
    uint32_t count = 0;

    for (uint32_t row = 0; row < dataset->observation_count; row++)
        count += dataset->observations[row].kind == KIND_TARGET;
    dataset->targets = arena_alloc(&dataset->arena, (count ? count : 1) * sizeof *dataset->targets);
    if (!dataset->targets)
        return false;
    for (uint32_t row = 0; row < dataset->observation_count; row++)
        if (dataset->observations[row].kind == KIND_TARGET)
            dataset->targets[dataset->target_count++] = row;
    return true;
}

static bool gather_years(struct sme_dataset *dataset)
{
    bool *has = calloc(10000, sizeof *has);

    if (!has)
        return false;
    for (uint32_t row = 0; row < dataset->observation_count; row++)
        has[dataset->observations[row].period.year] = true;
    for (uint32_t i = 0; i < dataset->area_count; i++)
        has[dataset->areas[i].period.year] = true;
    for (uint32_t i = 0; i < dataset->measure_count; i++)
        has[dataset->measures[i]->period.year] = true;
    uint32_t count = 0;
    for (unsigned year = 1; year < 10000; year++)
        count += has[year];
    dataset->years = arena_alloc(&dataset->arena, (count ? count : 1) * sizeof *dataset->years);
    for (unsigned year = 1; dataset->years && year < 10000; year++)
        if (has[year])
            dataset->years[dataset->year_count++] = (uint16_t)year;
    free(has);
    return dataset->years != NULL;
}

/* The document's observations, packed: details only where there are some. */
static bool keep_records(struct sme_dataset *dataset)
{
    for (uint32_t row = 0; row < dataset->record_count; row++) {
        struct observation_record *record = &dataset->records[row];
        const struct details *own = &record->details;
        struct observation *o = observation_add(dataset);

        if (!o)
            return false;
        record->observation.details = &no_details;
        *o = record->observation;
        if (!own->as_of.year && !own->upper.known && !own->wording && !own->population && own->notes.count == 0)
            continue;
        struct details *details = arena_alloc(&dataset->arena, sizeof *details);
        if (!details)
            return false;
        *details = *own;
        o->details = details;
    }
    return true;
}

static void check_and_derive(struct reader *reader, size_t told)
{
    struct sme_dataset *dataset = reader->dataset;

    if (!gather_measures(dataset))
        reader->no_memory = true;
    for (enum list list = 0; list < LISTS && !reader->no_memory; list++)
        if (!code_table_make(dataset, list, twin_code, reader))
            reader->no_memory = true;
    if (reader->no_memory)
        return;
    resolve_references(reader);
    for (uint32_t d = 0; d < dataset->dimension_count; d++)
        check_dimension(reader, &dataset->dimensions[d]);
    for (size_t i = 0; i < reader->word_count && !reader->no_memory; i++)
        read_words(reader, reader->words[i].slot, reader->words[i].node);
    if (reader->no_memory || !keep_records(dataset)) {
        reader->no_memory = true;
        return;
    }
    read_places(reader);
    check_units(reader);
    check_cycles(reader);
    for (uint32_t row = 0; row < dataset->record_count; row++)
        check_observation(reader, &dataset->records[row]);
    /* What the files say can be understood only when the document is right. */
    if (dataset->file_count > 0 && !reader->no_memory && faults_status(reader->faults, told) == SME_OK)
        observation_files_read(reader);
    if (reader->no_memory || !observation_table_make(dataset, twin_observation, reader)) {
        reader->no_memory = true;
        return;
    }
    check_areas(reader);
    if (!gather_targets(dataset) || !gather_years(dataset) || !series_make(dataset))
        reader->no_memory = true;
}

/* The files outlive the reading by their names: who watches for changes must know them. */
static void keep_paths(struct reader *reader)
{
    struct sme_dataset *dataset = reader->dataset;

    dataset->file_paths = arena_alloc(&dataset->arena, ((size_t)dataset->file_count + 1) * sizeof *dataset->file_paths);
    for (uint32_t i = 0; dataset->file_paths && i < dataset->file_count; i++) {
        const char *path = dataset->files[i].path;

        if (!path)
            continue; /* a fault has been told */
        dataset->file_paths[dataset->file_path_count] = arena_copy(&dataset->arena, path, strlen(path));
        if (!dataset->file_paths[dataset->file_path_count++])
            reader->no_memory = true;
    }
    reader->no_memory = reader->no_memory || !dataset->file_paths;
}

static enum sme_status read_document(struct sme_dataset *dataset, const char *directory, const char *bytes,
                                     size_t length, XXH3_state_t *hash, const struct progress *progress,
                                     struct sme_faults *faults)
{
    size_t told = faults_told(faults);
    struct reader reader = {
        .dataset = dataset, .faults = faults, .directory = directory, .hash = hash, .progress = progress};

    enum sme_status status = document_parse(bytes, length, faults, &reader.document);
    if (status != SME_OK)
        return status;
    read_languages(&reader, document_root(reader.document));
    schema_read(&reader, &dataset_record, document_root(reader.document), dataset);
    if (!reader.no_memory)
        check_and_derive(&reader, told);
    if (!reader.no_memory)
        keep_paths(&reader);
    status = reader.no_memory || document_no_memory(reader.document) ? SME_NO_MEMORY : faults_status(faults, told);
    dataset->records = NULL;
    dataset->files = NULL;
    dataset->record_count = dataset->file_count = 0;
    free(reader.lines);
    arena_finish(&reader.passing);
    free(reader.pending);
    free(reader.placings);
    free(reader.words);
    document_free(reader.document);
    return status;
}

static void set_version(struct sme_dataset *dataset, const XXH3_state_t *state)
{
    static const char hex[] = "0123456789abcdef";
    XXH128_canonical_t hash;

    XXH128_canonicalFromHash(&hash, XXH3_128bits_digest(state));
    for (size_t i = 0; i < sizeof hash.digest; i++) {
        dataset->version[2 * i] = hex[hash.digest[i] >> 4];
        dataset->version[2 * i + 1] = hex[hash.digest[i] & 15];
    }
}

/* Their observations take more than one large page, and a query meets them all over. */
enum { LARGE_ROWS = 1 << 16 };

/* `directory`: where the files beside the document are, ending in a slash or empty; NULL: there are none. */
enum sme_status dataset_load_in(const char *name, const char *directory, const void *bytes, size_t length,
                                const struct progress *progress, struct sme_faults *faults,
                                struct sme_dataset **ret_dataset)
{
    XXH3_state_t hash;

    size_t first = faults->count, told = faults_told(faults);
    struct sme_dataset *dataset = calloc(1, sizeof *dataset);

    if (!dataset)
        return SME_NO_MEMORY;
    atomic_init(&dataset->refs, 1);
    XXH3_INITSTATE(&hash);
    (void)XXH3_128bits_reset(&hash);
    (void)XXH3_128bits_update(&hash, bytes, length);
    enum sme_status status = read_document(dataset, directory, bytes, length, &hash, progress, faults);
    set_version(dataset, &hash);
    faults_place(faults, first, name, bytes, length);
    dataset->arena.wide = dataset->observation_count >= LARGE_ROWS;
    if (status == SME_OK &&
        (!index_make(dataset) || !ranks_make(dataset) || !columns_make(dataset) || !layouts_make(dataset)))
        status = SME_NO_MEMORY;
    if (status == SME_NO_MEMORY || faults->no_memory) {
        faults_forget(faults, told);
        status = SME_NO_MEMORY;
    }
    if (status != SME_OK) {
        sme_dataset_unref(dataset);
        return status;
    }
    if (dataset->arena.wide)
        dataset_settle(dataset);
    *ret_dataset = dataset;
    return SME_OK;
}

enum sme_status sme_dataset_load(const char *name, const void *bytes, size_t length, struct sme_faults *faults,
                                 struct sme_dataset **ret_dataset)
{
    return dataset_load_in(name, NULL, bytes, length, NULL, faults, ret_dataset);
}

/* The same for what was read from a path. */
static enum sme_status load_beside(const char *path, const struct buf *bytes, const struct progress *progress,
                                   struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    const char *slash = strrchr(path, '/');
    struct buf directory = BUF_INIT(SIZE_MAX / 2);
    enum sme_status status = SME_NO_MEMORY;

    buf_add(&directory, path, slash ? (size_t)(slash + 1 - path) : 0);
    if (directory.status == SME_OK)
        status = dataset_load_in(path, buf_string(&directory), buf_string(bytes), bytes->length, progress, faults,
                                 ret_dataset);
    buf_finish(&directory);
    return status;
}

static enum sme_status unreadable(struct sme_faults *faults, const char *path, const char *why)
{
    size_t told = faults_told(faults);

    faults_add(faults, &(struct fault){
                           .kind = FAULT_UNREADABLE,
                           .file = path,
                           .value = why,
                           .value_length = strlen(why),
                           .accepted = "a readable JSON file",
                       });
    return faults_status(faults, told) == SME_NO_MEMORY ? SME_NO_MEMORY : SME_IO;
}

enum sme_status sme_dataset_load_file(const char *path, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    return sme_dataset_load_file_with(path, NULL, NULL, faults, ret_dataset);
}

enum sme_status sme_dataset_load_file_with(const char *path, sme_progress *progress, void *context,
                                           struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    const struct progress told = {progress, context};
    enum sme_status status = SME_OK;
    struct buf bytes = BUF_INIT((size_t)SME_DOCUMENT_BYTES_MAX + 2); /* one more than is read, to notice more */
    char chunk[32768];
    ssize_t got = 1;

    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return unreadable(faults, path, strerror(errno));
    while (status == SME_OK && got > 0) {
        got = read(file, chunk, sizeof chunk);
        if (got > 0)
            buf_add(&bytes, chunk, (size_t)got);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            status = unreadable(faults, path, strerror(errno));
        else if (bytes.status == SME_TOO_LARGE)
            status = unreadable(faults, path, "the file is larger than 64 MiB");
        else if (bytes.status != SME_OK)
            status = bytes.status;
    }
    (void)close(file);
    if (status == SME_OK)
        status = load_beside(path, &bytes, progress ? &told : NULL, faults, ret_dataset);
    buf_finish(&bytes);
    return status;
}
