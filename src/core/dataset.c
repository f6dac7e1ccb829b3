/* SPDX-License-Identifier: MIT */
/* What a dataset is made of: fixed words, strings, look-ups, and its life. Reading is load.c's, asking query.c's. */
#include "dataset.h"

#include "layout.h"
#include "settle.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define WORDS(name, list, ...)                                                                                         \
    const struct words name = {.names = (const char *const[]){__VA_ARGS__, NULL}, .accepted = list}

/* In the order of the enums in dataset.h. */
WORDS(kind_words, "actual, target", "actual", "target");
WORDS(basis_words, "stated, inferred, none", "stated", "inferred", "none");
WORDS(dating_words, "stated, inferred", "stated", "inferred");
WORDS(link_basis_words, "stated, editorial", "stated", "editorial");
WORDS(title_basis_words, "stated, editorial", "stated", "editorial");
WORDS(name_basis_words, "seen, standard", "seen", "standard");
WORDS(measure_words, "stock, flow, share, average", "stock", "flow", "share", "average");
WORDS(direction_words, "up, down", "up", "down");
WORDS(qualifier_words, "exact, more_than, at_least, less_than, at_most, nearly, about, between", "exact", "more_than",
      "at_least", "less_than", "at_most", "nearly", "about", "between");
WORDS(status_words, "missing, suppressed", "missing", "suppressed");
WORDS(values_from_words, "files", "files");
WORDS(measure_kind_words,
      "law, regulation, opinion, plan, programme, target, event, document, institution, fund, measure, aim", "law",
      "regulation", "opinion", "plan", "programme", "target", "event", "document", "institution", "fund", "measure",
      "aim");
WORDS(instrument_kind_words, "law, regulation, opinion, plan, programme, event, document, institution, fund", "law",
      "regulation", "opinion", "plan", "programme", "event", "document", "institution", "fund");

const struct details no_details = {0};

uint8_t words_count(const struct words *words)
{
    uint8_t count = 0;

    while (words->names[count])
        count++;
    return count;
}

bool str_make(struct arena *arena, struct str *ret_str, const char *bytes, size_t length)
{
    struct buf json = BUF_INIT(SIZE_MAX / 2);

    put_string(&json, bytes, length);
    struct str str = {
        .text = arena_copy(arena, bytes, length),
        .length = (uint32_t)length,
        .json = json.status == SME_OK ? arena_copy(arena, json.bytes, json.length) : NULL,
        .json_length = (uint32_t)json.length,
    };
    buf_finish(&json);
    if (!str.text || !str.json)
        return false;
    *ret_str = str;
    return true;
}

/* A table of at least twice as many slots as rows, all empty. */
static uint32_t *make_slots(struct arena *arena, uint32_t count, uint32_t *ret_mask)
{
    uint32_t size = 8;

    while (size < UINT32_C(1) << 30 && size < 2 * (uint64_t)count)
        size *= 2;
    uint32_t *slots = arena_alloc(arena, size * sizeof *slots);
    if (slots)
        memset(slots, 0xff, size * sizeof *slots);
    *ret_mask = size - 1;
    return slots;
}

/* The slot of a code: the one that holds it, or the empty one where it belongs. */
static uint32_t code_slot(const struct code_table *table, const char *code, size_t length)
{
    uint32_t slot = (uint32_t)XXH3_64bits(code, length) & table->mask;

    for (; table->slots[slot] != NONE; slot = (slot + 1) & table->mask) {
        const struct str *other = &table->records[table->slots[slot]]->code;

        if (other->length == length && memcmp(other->text, code, length) == 0)
            break;
    }
    return slot;
}

uint32_t table_find(const struct code_table *table, const char *code, size_t length)
{
    return table->slots ? table->slots[code_slot(table, code, length)] : NONE;
}

uint32_t find_code(const struct sme_dataset *dataset, enum list list, const char *code, size_t length)
{
    return table_find(&dataset->codes[list], code, length);
}

#define RECORDS(list, count) (const char *)dataset->list, sizeof *dataset->list, dataset->count

/* Points the table at the records of an array that begin like struct coded. */
static bool point_at(struct sme_dataset *dataset, struct code_table *table, const char *records, size_t size,
                     uint32_t count)
{
    table->records = arena_alloc(&dataset->arena, (count ? count : 1) * sizeof *table->records);
    table->count = count;
    for (uint32_t i = 0; table->records && i < count; i++)
        table->records[i] = (const struct coded *)(const void *)(records + i * size);
    return table->records != NULL;
}

static bool point_at_list(struct sme_dataset *dataset, enum list list)
{
    struct code_table *table = &dataset->codes[list];

    switch (list) {
    case LIST_UNITS:
        return point_at(dataset, table, RECORDS(units, unit_count));
    case LIST_SOURCES:
        return point_at(dataset, table, RECORDS(sources, source_count));
    case LIST_CATEGORIES:
        return point_at(dataset, table, RECORDS(categories, category_count));
    case LIST_INDICATORS:
        return point_at(dataset, table, RECORDS(indicators, indicator_count));
    case LIST_INSTRUMENTS:
        return point_at(dataset, table, RECORDS(instruments, instrument_count));
    case LIST_AREAS:
        return point_at(dataset, table, RECORDS(areas, area_count));
    case LIST_DIMENSIONS:
        return point_at(dataset, table, RECORDS(dimensions, dimension_count));
    case LIST_MEASURES:
        table->records = (const struct coded **)(void *)dataset->measures;
        table->count = dataset->measure_count;
        return true;
    case LISTS:
        break;
    }
    return false;
}

/* Fills a table that points at its records. */
static bool fill_table(struct sme_dataset *dataset, struct code_table *table,
                       void (*twin)(void *context, const struct coded *record), void *context)
{
    if (!(table->slots = make_slots(&dataset->arena, table->count, &table->mask)))
        return false;
    for (uint32_t row = 0; row < table->count; row++) {
        const struct str *code = &table->records[row]->code;

        if (!code->text)
            continue; /* a fault has been told */
        uint32_t slot = code_slot(table, code->text, code->length);
        if (table->slots[slot] == NONE)
            table->slots[slot] = row;
        else
            twin(context, table->records[row]);
    }
    return true;
}

bool code_table_make(struct sme_dataset *dataset, enum list list,
                     void (*twin)(void *context, const struct coded *record), void *context)
{
    return point_at_list(dataset, list) && fill_table(dataset, &dataset->codes[list], twin, context);
}

bool member_table_make(struct sme_dataset *dataset, struct dimension *dimension,
                       void (*twin)(void *context, const struct coded *record), void *context)
{
    dimension->table = arena_alloc(&dataset->arena, sizeof *dimension->table);
    return dimension->table &&
           point_at(dataset, dimension->table, (const char *)dimension->values, sizeof *dimension->values,
                    dimension->value_count) &&
           fill_table(dataset, dimension->table, twin, context);
}

uint32_t find_dimension_value(const struct dimension *dimension, const char *code, size_t length)
{
    return table_find(dimension->table, code, length);
}

void dataset_settle(struct sme_dataset *d)
{
    size_t rows = d->observation_count;

    settle(d->observations, rows * sizeof *d->observations);
    settle(d->members, rows * d->dimension_count * sizeof *d->members);
    arena_settle(&d->arena);
}

const uint32_t *members_of(const struct sme_dataset *dataset, uint32_t observation)
{
    return dataset->members + (size_t)observation * dataset->dimension_count;
}

static bool same_members(const struct sme_dataset *dataset, const uint32_t *a, const uint32_t *b)
{
    return dataset->dimension_count == 0 || memcmp(a, b, dataset->dimension_count * sizeof *a) == 0;
}

/* The parts of a key, hashed one after the other: by the seed. */
static uint32_t hash_key(const struct sme_dataset *dataset, const uint32_t key[3], const uint32_t *members)
{
    uint64_t hash = XXH3_64bits(key, 3 * sizeof *key);

    if (dataset->dimension_count > 0)
        hash = XXH3_64bits_withSeed(members, dataset->dimension_count * sizeof *members, hash);
    return (uint32_t)hash;
}

static uint32_t observation_slot(const struct sme_dataset *dataset, uint32_t indicator, struct period period,
                                 uint8_t kind, const uint32_t *members)
{
    const struct row_table *table = &dataset->observation_table;
    const uint32_t key[] = {indicator, (uint32_t)period.year << 16 | (uint32_t)period.month << 8 | period.day, kind};
    uint32_t slot = hash_key(dataset, key, members) & table->mask;

    for (; table->slots[slot] != NONE; slot = (slot + 1) & table->mask) {
        const struct observation *other = &dataset->observations[table->slots[slot]];

        if (other->indicator == indicator && other->kind == kind && other->period.year == period.year &&
            other->period.month == period.month && other->period.day == period.day &&
            same_members(dataset, members_of(dataset, table->slots[slot]), members))
            break;
    }
    return slot;
}

uint32_t find_observation(const struct sme_dataset *dataset, uint32_t indicator, struct period period, uint8_t kind,
                          const uint32_t *members)
{
    return dataset->observation_table.slots[observation_slot(dataset, indicator, period, kind, members)];
}

bool observation_table_make(struct sme_dataset *dataset, void (*twin)(void *context, uint32_t row, uint32_t earlier),
                            void *context)
{
    struct row_table *table = &dataset->observation_table;

    table->slots = make_slots(&dataset->arena, dataset->observation_count, &table->mask);
    if (!table->slots)
        return false;
    for (uint32_t row = 0; row < dataset->observation_count; row++) {
        const struct observation *o = &dataset->observations[row];
        uint32_t *slot =
            &table->slots[observation_slot(dataset, o->indicator, o->period, o->kind, members_of(dataset, row))];

        if (*slot == NONE)
            *slot = row;
        else
            twin(context, row, *slot);
    }
    return true;
}

bool series_make(struct sme_dataset *dataset)
{
    struct arena arena = {0};
    uint32_t mask, *slots = make_slots(&arena, dataset->observation_count, &mask);

    dataset->series = arena_alloc(&dataset->arena, ((size_t)dataset->observation_count + 1) * sizeof *dataset->series);
    for (uint32_t row = 0; slots && dataset->series && row < dataset->observation_count; row++) {
        const struct observation *o = &dataset->observations[row], *first;
        const uint32_t key[] = {o->indicator, o->kind, 0}, *members = members_of(dataset, row);
        uint32_t slot = hash_key(dataset, key, members) & mask;

        for (; slots[slot] != NONE; slot = (slot + 1) & mask) {
            first = &dataset->observations[slots[slot]];
            if (first->indicator == o->indicator && first->kind == o->kind &&
                same_members(dataset, members_of(dataset, slots[slot]), members))
                break;
        }
        if (slots[slot] == NONE) {
            slots[slot] = row;
            dataset->series[row] = dataset->series_count++;
        } else {
            dataset->series[row] = dataset->series[slots[slot]];
        }
    }
    arena_finish(&arena);
    return slots && dataset->series;
}

struct dimension_value *dimension_add(struct sme_dataset *dataset, struct dimension *dimension)
{
    uint32_t count = dimension->value_count;

    if (count >= dimension->value_capacity) {
        uint32_t capacity = count ? count * 2 : 64;
        struct dimension_value *values = arena_alloc(&dataset->arena, capacity * sizeof *values);

        if (!values)
            return NULL;
        if (count)
            memcpy(values, dimension->values, count * sizeof *values);
        dimension->values = values;
        dimension->value_capacity = capacity;
    }
    dimension->value_count++;
    return &dimension->values[count];
}

/* Room for so many observations, and for their values in all dimensions. */
static bool make_room(struct sme_dataset *dataset, uint32_t capacity)
{
    size_t members = (size_t)capacity * dataset->dimension_count + 1;
    struct observation *observations = realloc(dataset->observations, capacity * sizeof *observations);
    uint32_t *grown = observations ? realloc(dataset->members, members * sizeof *grown) : NULL;

    dataset->observations = observations ? observations : dataset->observations;
    dataset->members = grown ? grown : dataset->members;
    dataset->observation_capacity = grown ? capacity : dataset->observation_capacity;
    /* cppcheck-suppress memleak ; the dataset has them, grown or not */
    return grown != NULL;
}

struct observation *observation_add(struct sme_dataset *dataset)
{
    uint32_t row = dataset->observation_count, capacity = dataset->observation_capacity;

    if (row == capacity && !make_room(dataset, capacity ? capacity * 2 : 256))
        return NULL;
    for (uint32_t d = 0; d < dataset->dimension_count; d++)
        dataset->members[(size_t)row * dataset->dimension_count + d] = dataset->dimensions[d].default_value;
    dataset->observation_count++;
    dataset->observations[row] = (struct observation){.details = &no_details};
    return &dataset->observations[row];
}

/* Keeps the digits of a number that cannot be told from its value. */
static bool keep_spelling(struct sme_dataset *dataset, const char *text, size_t length, struct number *number)
{
    if (dataset->spelling_count == dataset->spelling_capacity) {
        uint32_t capacity = dataset->spelling_capacity ? dataset->spelling_capacity * 2 : 16;
        struct str *spellings = realloc(dataset->spellings, capacity * sizeof *spellings);

        if (!spellings)
            return false;
        dataset->spellings = spellings;
        dataset->spelling_capacity = capacity;
    }
    const char *copy = arena_copy(&dataset->arena, text, length);
    if (!copy)
        return false;
    dataset->spellings[dataset->spelling_count++] = (struct str){.text = copy, .length = (uint32_t)length};
    number->spelling = dataset->spelling_count;
    return true;
}

enum decimal_error dataset_number(struct sme_dataset *dataset, const char *text, size_t length,
                                  struct number *ret_number, bool *ret_no_memory)
{
    struct number number;
    bool plain;
    enum decimal_error error = number_parse(text, length, &number, &plain);

    if (error != DECIMAL_OK)
        return error;
    if (!plain && !keep_spelling(dataset, text, length, &number))
        *ret_no_memory = true;
    *ret_number = number;
    return DECIMAL_OK;
}

uint32_t year_code(const struct sme_dataset *dataset, unsigned year)
{
    uint32_t low = 0, high = dataset->year_count;

    if (year == 0)
        return 0;
    /* Most often one year follows another. */
    uint32_t likely = high > 0 ? year - dataset->years[0] : NONE;
    if (likely < high && dataset->years[likely] == year)
        return likely + 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (dataset->years[middle] < year)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dataset->year_count && dataset->years[low] == year ? low + 1 : NONE;
}

bool link_covers(const struct area_link *link, uint32_t indicator, uint8_t kind)
{
    return link->indicator == indicator && (link->kind == NO_WORD || kind == NO_WORD || link->kind == kind);
}

struct period observation_day(const struct observation *o)
{
    return period_contains(o->period, o->details->as_of) ? o->details->as_of : period_last_day(o->period);
}

bool observation_is_newer(const struct observation *o, const struct observation *than)
{
    if (!o->period.year || !than->period.year)
        return o->period.year && !than->period.year;
    return period_compare(observation_day(o), observation_day(than)) > 0;
}

struct sme_dataset *sme_dataset_ref(struct sme_dataset *dataset)
{
    atomic_fetch_add_explicit(&dataset->refs, 1, memory_order_relaxed);
    return dataset;
}

void sme_dataset_unref(struct sme_dataset *dataset)
{
    if (!dataset || atomic_fetch_sub_explicit(&dataset->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_finish(&dataset->arena);
    layouts_free(dataset);
    free(dataset->observations);
    free(dataset->members);
    free(dataset->spellings);
    free(dataset);
}

const char *sme_dataset_dimension(const struct sme_dataset *dataset, size_t i)
{
    return i < dataset->dimension_count ? dataset->dimensions[i].code.text : NULL;
}

const char *sme_dataset_file(const struct sme_dataset *dataset, size_t i)
{
    return i < dataset->file_path_count ? dataset->file_paths[i] : NULL;
}

const char *sme_dataset_id(const struct sme_dataset *dataset)
{
    return dataset->id.text;
}

const char *sme_dataset_version(const struct sme_dataset *dataset)
{
    return dataset->version;
}

const char *sme_dataset_language(const struct sme_dataset *dataset, size_t i)
{
    return i < dataset->language_count ? dataset->languages[i].text : NULL;
}
