/* SPDX-License-Identifier: MIT */
/* The values of parameters, read into a query. */
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

void setting_refuse(struct setting *s, const char *value, size_t length, const char *accepted)
{
    faults_add(s->faults, &(struct fault){
                              .kind = FAULT_INVALID_VALUE,
                              .path = s->name,
                              .value = value,
                              .value_length = length,
                              .accepted = accepted,
                          });
}

/* The pieces of a list: from `*at` to the next comma; false when there is none left. Each may be empty. */
struct piece {
    const char *text;
    size_t length;
};

static bool next_piece(const struct setting *s, size_t *at, struct piece *ret_piece)
{
    if (*at > s->length)
        return false;
    const char *start = s->value + *at, *comma = memchr(start, ',', s->length - *at);
    ret_piece->text = start;
    ret_piece->length = comma ? (size_t)(comma - start) : s->length - *at;
    *at += ret_piece->length + 1;
    return true;
}

int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/*
 * A list of names from some vocabulary. `find` gives a name's number or NONE and `name_of` a number's name; faults are told
 * with the nearest names and with the whole list repaired.
 */
struct naming {
    uint32_t size;
    const char *(*name_of)(const struct setting *s, uint32_t number);
    uint32_t (*find)(const struct setting *s, const char *name, size_t length);
    const char *(*resource_of)(struct setting *s); /* where all are listed; NULL, or gives NULL: nowhere */
    const char *accepted;
    bool may_descend; /* names may have a hyphen before them */
};

/* All names, where no resource lists them and they are few. In the query's arena; NULL: no memory. */
static const char *join_names(struct setting *s, const struct naming *naming)
{
    struct buf names = BUF_INIT(SME_QUERY_VALUE_BYTES_MAX);

    for (uint32_t i = 0; i < naming->size; i++) {
        const char *name = naming->name_of(s, i);

        buf_text(&names, *name && names.length ? ", " : "");
        buf_text(&names, name);
    }
    const char *joined = names.status == SME_OK ? arena_copy(&s->query->arena, buf_string(&names), names.length) : NULL;
    s->faults->no_memory = s->faults->no_memory || names.status == SME_NO_MEMORY || (names.status == SME_OK && !joined);
    buf_finish(&names);
    return joined;
}

static void unknown_code(struct setting *s, const struct naming *naming, struct piece piece,
                         const struct sme_nearest *nearest, const char *repaired)
{
    const char *resource = naming->resource_of ? naming->resource_of(s) : NULL;

    faults_add(s->faults, &(struct fault){
                              .kind = FAULT_UNKNOWN_CODE,
                              .path = s->name,
                              .value = piece.text,
                              .value_length = piece.length,
                              .resource = resource,
                              .accepted = naming->accepted || resource ? naming->accepted : join_names(s, naming),
                              .nearest = nearest,
                              .repaired = repaired,
                          });
}

static bool is_descending(const struct naming *naming, struct piece piece)
{
    return naming->may_descend && piece.length > 0 && *piece.text == '-';
}

static struct sme_nearest nearest_name(const struct setting *s, const struct naming *naming, struct piece piece)
{
    bool sign = is_descending(naming, piece);
    struct sme_nearest nearest = sme_nearest_to(piece.text + sign, piece.length - sign);

    bool affordable = naming->size <= NEAREST_ROWS_MAX && s->faults->count < NEAREST_FAULTS_MAX;

    for (uint32_t i = 0; i < naming->size && affordable; i++)
        sme_nearest_offer(&nearest, naming->name_of(s, i));
    return nearest;
}

/* The whole list with the nearest names in place of wrong ones; NULL if one has none near. In the query's arena. */
static const char *repair(struct setting *s, const struct naming *naming)
{
    struct buf fixed = BUF_INIT(SME_QUERY_VALUE_BYTES_MAX * 2);
    struct piece piece;
    bool whole = true;

    for (size_t at = 0; whole && next_piece(s, &at, &piece);) {
        if (fixed.length)
            buf_char(&fixed, ',');
        if (naming->find(s, piece.text, piece.length) != NONE) {
            buf_add(&fixed, piece.text, piece.length);
            continue;
        }
        struct sme_nearest nearest = nearest_name(s, naming, piece);
        whole = nearest.found[0][0] != '\0';
        buf_text(&fixed, is_descending(naming, piece) ? "-" : "");
        buf_text(&fixed, nearest.found[0]);
    }
    const char *repaired =
        whole && fixed.status == SME_OK ? arena_copy(&s->query->arena, buf_string(&fixed), fixed.length) : NULL;
    s->faults->no_memory =
        s->faults->no_memory || fixed.status == SME_NO_MEMORY || (whole && fixed.status == SME_OK && !repaired);
    buf_finish(&fixed);
    return repaired;
}

/* Reads a list; each name's number goes to `numbers`, which has room for as many as there are commas and one more. */
static uint32_t read_names(struct setting *s, const struct naming *naming, uint32_t *numbers)
{
    size_t faults = s->faults->count;
    uint32_t count = 0;
    struct piece piece;
    const char *repaired = NULL;

    for (size_t at = 0; next_piece(s, &at, &piece);) {
        uint32_t number = naming->find(s, piece.text, piece.length);

        if (number != NONE) {
            numbers[count++] = number;
            continue;
        }
        struct sme_nearest nearest = nearest_name(s, naming, piece);
        repaired = s->faults->count == faults ? repair(s, naming) : repaired;
        unknown_code(s, naming, piece, &nearest, repaired);
    }
    return count;
}

/* A single word from a list of few. NONE: a fault was told. */
static uint32_t read_word(struct setting *s, const struct naming *naming)
{
    struct piece whole = {s->value, s->length};

    for (uint32_t i = 0; i < naming->size; i++) {
        const char *name = naming->name_of(s, i);

        if (strlen(name) == s->length && memcmp(name, s->value, s->length) == 0)
            return i;
    }
    struct sme_nearest nearest = nearest_name(s, naming, whole);
    unknown_code(s, naming, whole, &nearest, nearest.found[0][0] ? nearest.found[0] : NULL);
    return NONE;
}

static size_t count_pieces(const struct setting *s)
{
    size_t pieces = 1;

    for (size_t i = 0; i < s->length; i++)
        pieces += s->value[i] == ',';
    return pieces;
}

static uint32_t *room_for_names(struct setting *s)
{
    uint32_t *numbers = arena_alloc(&s->query->arena, count_pieces(s) * sizeof *numbers);
    s->faults->no_memory = s->faults->no_memory || !numbers;
    return numbers;
}

/* Filters by code. */

static enum filter filter_of(const struct setting *s)
{
    return (enum filter)s->parameter->filter;
}

static const char *code_name(const struct setting *s, uint32_t number)
{
    return vocabulary_name(s->query->dataset, s->query->collection, filter_of(s), number);
}

static uint32_t code_find(const struct setting *s, const char *name, size_t length)
{
    return vocabulary_find(s->query->dataset, s->query->collection, filter_of(s), name, length);
}

/* Where the codes are listed; NULL: nowhere. In the query's arena. */
static const char *resource_of(struct setting *s)
{
    struct buf resource = BUF_INIT(256);
    bool has = vocabulary_print_resource(s->query->dataset, filter_of(s), &resource);
    const char *kept = has ? arena_copy(&s->query->arena, buf_string(&resource), resource.length) : NULL;

    s->faults->no_memory = s->faults->no_memory || resource.status != SME_OK || (has && !kept);
    buf_finish(&resource);
    return kept;
}

void set_codes(struct setting *s)
{
    const struct sme_query *query = s->query;
    const struct words *words = vocabulary_words(query->collection, filter_of(s));
    struct naming naming = {
        .size = vocabulary_size(query->dataset, query->collection, filter_of(s)),
        .name_of = code_name,
        .find = code_find,
        .resource_of = resource_of,
        .accepted = words ? words->accepted : NULL,
    };
    struct choice *choice = &s->query->choices[filter_of(s)][s->negated];
    uint32_t *codes = room_for_names(s), kept = 0;

    if (!codes)
        return;
    uint32_t count = read_names(s, &naming, codes);
    if (count > 1)
        qsort(codes, count, sizeof *codes, by_number);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || codes[i] != codes[i - 1])
            codes[kept++] = codes[i];
    *choice = (struct choice){.given = true, .codes = codes, .count = kept};
}

/* Years. */

static bool read_year(const char *text, size_t length, uint16_t *ret_year)
{
    struct period period;

    if (length != 4 || !period_parse(text, length, &period))
        return false;
    *ret_year = period.year;
    return true;
}

static bool read_range(struct piece piece, struct year_range *ret_range)
{
    const char *dots = piece.length >= 2 ? memchr(piece.text, '.', piece.length) : NULL;
    struct year_range range = {1, 9999};

    if (!dots) {
        if (!read_year(piece.text, piece.length, &range.from))
            return false;
        range.to = range.from;
        *ret_range = range;
        return true;
    }
    size_t before = (size_t)(dots - piece.text), after = piece.length - before;
    if (after < 2 || dots[1] != '.' || (before == 0 && after == 2))
        return false;
    if ((before > 0 && !read_year(piece.text, before, &range.from)) ||
        (after > 2 && !read_year(dots + 2, after - 2, &range.to)) || range.from > range.to)
        return false;
    *ret_range = range;
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct year_range *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

void join_ranges(struct choice *choice)
{
    uint32_t kept = 0;

    if (choice->range_count > 1)
        qsort(choice->ranges, choice->range_count, sizeof choice->ranges[0], by_start);
    for (uint32_t i = 0; i < choice->range_count; i++) {
        struct year_range *last = kept ? &choice->ranges[kept - 1] : NULL;

        if (last && choice->ranges[i].from <= last->to + 1)
            last->to = choice->ranges[i].to > last->to ? choice->ranges[i].to : last->to;
        else
            choice->ranges[kept++] = choice->ranges[i];
    }
    choice->range_count = kept;
}

void set_years(struct setting *s)
{
    static const char accepted[] = "2022, 2021..2023, 2021.., ..2022, undated, or several of these with commas";
    struct choice choice = {.given = true};
    struct piece piece;
    size_t pieces = count_pieces(s), room = pieces < YEAR_RANGES_MAX ? pieces : YEAR_RANGES_MAX;

    choice.ranges = arena_alloc(&s->query->arena, room * sizeof *choice.ranges);
    if (!choice.ranges) {
        s->faults->no_memory = true;
        return;
    }
    for (size_t at = 0; next_piece(s, &at, &piece);) {
        struct year_range range;

        if (piece.length == 7 && memcmp(piece.text, "undated", 7) == 0)
            choice.undated = true;
        else if (!read_range(piece, &range) || choice.range_count == YEAR_RANGES_MAX)
            setting_refuse(s, piece.text, piece.length, accepted);
        else
            choice.ranges[choice.range_count++] = range;
    }
    join_ranges(&choice);
    s->query->choices[FILTER_YEAR][s->negated] = choice;
}

/* Numbers, and how new they are. */

void set_value(struct setting *s)
{
    struct sme_query *query = s->query;

    query->range_given = range_parse(s->value, s->length, &query->range);
    if (!query->range_given)
        setting_refuse(s, s->value, s->length,
                       "60, 60.., ..100 or 10..20: decimal numbers of at most 18 digits, the smaller one first");
}

static const char *match_name(const struct setting *s, uint32_t number)
{
    (void)s;
    return match_words.names[number];
}

void set_match(struct setting *s)
{
    uint32_t number = read_word(
        s,
        &(struct naming){.size = words_count(&match_words), .name_of = match_name, .accepted = match_words.accepted});

    if (number == NONE)
        return;
    s->query->match_given = true;
    s->query->match = (enum match)number;
}

static void set_truth(struct setting *s, bool *truth)
{
    *truth = s->length == 4 && memcmp(s->value, "true", 4) == 0;
    if (!*truth && (s->length != 5 || memcmp(s->value, "false", 5) != 0))
        setting_refuse(s, s->value, s->length, "true or false");
}

void set_latest(struct setting *s)
{
    set_truth(s, &s->query->latest);
}

/* The others. */

void set_search(struct setting *s)
{
    static const char accepted[] = "1 to 16 words, at most 256 bytes";
    struct sme_query *query = s->query;
    char *folded = s->length <= SEARCH_BYTES_MAX ? unicode_fold(s->value, s->length) : NULL;

    if (s->length > SEARCH_BYTES_MAX) {
        setting_refuse(s, s->value, s->length, accepted);
        return;
    }
    if (!folded) {
        s->faults->no_memory = true;
        return;
    }
    bool too_many = false;
    for (char *rest = folded, *word; (word = strtok_r(rest, " \t", &rest)) != NULL;) {
        too_many = query->word_count == WORDS_MAX;
        if (too_many)
            break;
        const char *kept = arena_copy(&query->arena, word, strlen(word));
        s->faults->no_memory = s->faults->no_memory || !kept;
        query->words[query->word_count] = kept;
        query->word_count += kept != NULL;
    }
    free(folded);
    if (too_many || (query->word_count == 0 && !s->faults->no_memory))
        setting_refuse(s, s->value, s->length, accepted);
    query->search = s->value;
}

static const char *field_name(const struct setting *s, uint32_t number)
{
    return query_table(s->query)[number].name;
}

static uint32_t field_find(const struct setting *s, const char *name, size_t length)
{
    const struct column *column = dataset_column(s->query->dataset, s->query->collection, name, length);

    return column ? (uint32_t)(column - query_table(s->query)) : NONE;
}

uint32_t count_columns(const struct column *columns)
{
    uint32_t count = 0;

    while (columns[count].name)
        count++;
    return count;
}

void set_fields(struct setting *s)
{
    struct sme_query *query = s->query;
    const struct column *columns = query_table(query);
    struct naming naming = {count_columns(columns), field_name, field_find, NULL, NULL, false};
    uint32_t *numbers = room_for_names(s);
    uint64_t seen = 0;

    if (!numbers)
        return;
    uint32_t count = read_names(s, &naming, numbers);
    for (uint32_t i = 0; i < count; i++) {
        if (seen & UINT64_C(1) << numbers[i]) {
            setting_refuse(s, columns[numbers[i]].name, strlen(columns[numbers[i]].name), "each field once");
            return;
        }
        seen |= UINT64_C(1) << numbers[i];
        query->columns[query->column_count++] = &columns[numbers[i]];
    }
}

static uint32_t sort_find(const struct setting *s, const char *name, size_t length)
{
    bool descending = length > 0 && *name == '-';
    uint32_t number = field_find(s, name + descending, length - descending);

    if (number == NONE || !column_is_scalar(&query_table(s->query)[number]))
        return NONE;
    return number;
}

/* What to offer for a field that cannot be sorted by: nothing, which no spelling is near to. */
static const char *sort_name(const struct setting *s, uint32_t number)
{
    const struct column *column = &query_table(s->query)[number];

    return column_is_scalar(column) ? column->name : "";
}

void set_sort(struct setting *s)
{
    struct sme_query *query = s->query;
    const struct column *columns = query_table(query);
    struct naming naming = {count_columns(columns), sort_name, sort_find, NULL, NULL, true};
    uint32_t *numbers = room_for_names(s);
    struct piece piece;

    if (!numbers || read_names(s, &naming, numbers) > SORT_KEYS_MAX) {
        if (numbers)
            setting_refuse(s, s->value, s->length, "at most 8 fields");
        return;
    }
    for (size_t at = 0; next_piece(s, &at, &piece);) {
        uint32_t number = sort_find(s, piece.text, piece.length);

        if (number != NONE)
            query->sort[query->sort_count++] = (struct sort_key){&columns[number], *piece.text == '-'};
    }
}

static bool read_count(const struct setting *s, uint32_t max, uint32_t *ret_count)
{
    uint64_t count = 0;

    if (s->length == 0 || s->length > 10 || (s->length > 1 && s->value[0] == '0'))
        return false;
    for (size_t i = 0; i < s->length; i++) {
        if (s->value[i] < '0' || s->value[i] > '9')
            return false;
        count = count * 10 + (uint64_t)(s->value[i] - '0');
    }
    if (count > max)
        return false;
    *ret_count = (uint32_t)count;
    return true;
}

void set_limit(struct setting *s)
{
    if (!read_count(s, SME_LIMIT_MAX, &s->query->limit))
        setting_refuse(s, s->value, s->length, "a whole number from 0 to 10000");
}

void set_offset(struct setting *s)
{
    if (!read_count(s, 1000000000, &s->query->offset))
        setting_refuse(s, s->value, s->length, "a whole number from 0 to 1000000000");
}

static const char *language_name(const struct setting *s, uint32_t number)
{
    return number < s->query->dataset->language_count ? s->query->dataset->languages[number].text : "all";
}

static const char *language_resource(struct setting *s)
{
    (void)s;
    return "/v1";
}

void set_language(struct setting *s)
{
    uint32_t number = read_word(s, &(struct naming){.size = s->query->dataset->language_count + 1,
                                                    .name_of = language_name,
                                                    .resource_of = language_resource});

    if (number == NONE)
        return;
    s->query->language_given = true;
    s->query->all_languages = number == s->query->dataset->language_count;
    s->query->language = s->query->all_languages ? 0 : number;
}

static const char *format_name(const struct setting *s, uint32_t number)
{
    const struct sme_format *format = sme_format_at(collection_name(s->query->collection), number);

    return format ? format->name : "";
}

void set_format(struct setting *s)
{
    uint32_t formats = 0;

    while (sme_format_at(collection_name(s->query->collection), formats))
        formats++;
    uint32_t number = read_word(s, &(struct naming){.size = formats, .name_of = format_name});
    s->query->format_given = true;
    if (number != NONE)
        s->query->format = format_find(format_name(s, number));
}

const char *const shape_names[SHAPES] = {"rows", "columns", "series", "keyed"};

static const char *shape_name(const struct setting *s, uint32_t number)
{
    (void)s;
    return shape_names[number];
}

void set_shape(struct setting *s)
{
    uint32_t number = read_word(s, &(struct naming){.size = SHAPES, .name_of = shape_name});

    if (number == SHAPE_SERIES && s->query->collection != OBSERVATIONS && s->query->collection != TARGETS)
        setting_refuse(s, s->value, s->length, "rows, columns, keyed; observations and targets can be series, too");
    else if (number != NONE)
        s->query->shape = (enum shape)number;
}

void set_bom(struct setting *s)
{
    set_truth(s, &s->query->bom);
}

void set_formulas(struct setting *s)
{
    static const char *const words[] = {"keep", "escape"};

    s->query->escape_formulas = s->length == strlen(words[1]) && memcmp(s->value, words[1], s->length) == 0;
    if (!s->query->escape_formulas && (s->length != strlen(words[0]) || memcmp(s->value, words[0], s->length) != 0))
        setting_refuse(s, s->value, s->length, "keep or escape");
}

void set_pretty(struct setting *s)
{
    set_truth(s, &s->query->pretty);
}
