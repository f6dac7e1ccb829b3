/* SPDX-License-Identifier: MIT */
/* The parameters of a query: one table says what there is; each row knows how to read a value and how to spell it. */
#include "query.h"

#include <stdlib.h>
#include <string.h>

/* What a setter gets: the value's text, terminated in the query's arena. */
struct setting {
    struct sme_query *query;
    struct sme_faults *faults;
    const struct parameter *parameter;
    const char *name; /* as given, with .not */
    bool negated;
    const char *value;
    size_t length;
};

struct parameter {
    const char *name;    /* NULL: a dimension's, which the dataset names */
    const char *negated; /* its name with .not; NULL: there is none */
    int filter;          /* of enum filter; -1 for the others */
    bool on_item;        /* also makes sense on a single row */
    uint8_t formats;     /* a bit for each format that it makes sense with */
    void (*set)(struct setting *setting);
    void (*print)(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
};

static void set_codes(struct setting *s);
static void set_years(struct setting *s);
static void set_search(struct setting *s);
static void set_value(struct setting *s);
static void set_match(struct setting *s);
static void set_latest(struct setting *s);
static void set_fields(struct setting *s);
static void set_sort(struct setting *s);
static void set_limit(struct setting *s);
static void set_offset(struct setting *s);
static void set_language(struct setting *s);
static void set_format(struct setting *s);
static void set_shape(struct setting *s);
static void set_bom(struct setting *s);
static void set_formulas(struct setting *s);
static void set_pretty(struct setting *s);
static void print_search(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_value(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_match(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_latest(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_fields(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_sort(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_limit(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_language(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_format(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_shape(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_bom(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_formulas(const struct sme_query *query, const struct parameter *parameter, struct buf *out);
static void print_pretty(const struct sme_query *query, const struct parameter *parameter, struct buf *out);

enum {
    IN_JSON = 1 << FORMAT_JSON,
    IN_CSV = 1 << FORMAT_CSV,
    IN_DOCUMENTS = IN_JSON | 1 << FORMAT_JSONSTAT,
    IN_ROWS = IN_JSON | IN_CSV | 1 << FORMAT_NDJSON,
    IN_ALL = IN_DOCUMENTS | IN_ROWS,
};

/* In the order of a query's one spelling. Filters first, in the order of enum filter, then SEARCH and VALUE; they are
 * printed by their number. */
static const struct parameter parameters[] = {
    {"category", "category.not", FILTER_CATEGORY, false, IN_ALL, set_codes, NULL},
    {"year", "year.not", FILTER_YEAR, true, IN_ALL, set_years, NULL},
    {"indicator", "indicator.not", FILTER_INDICATOR, false, IN_ALL, set_codes, NULL},
    {"focus_area", "focus_area.not", FILTER_FOCUS_AREA, false, IN_ALL, set_codes, NULL},
    {"kind", "kind.not", FILTER_KIND, true, IN_ALL, set_codes, NULL},
    {"unit", "unit.not", FILTER_UNIT, false, IN_ALL, set_codes, NULL},
    {"qualifier", "qualifier.not", FILTER_QUALIFIER, true, IN_ALL, set_codes, NULL},
    {"source", "source.not", FILTER_SOURCE, true, IN_ALL, set_codes, NULL},
#define DIMENSION(number)                                                                                              \
    {                                                                                                                  \
        NULL, NULL, FILTER_DIMENSION + (number), true, IN_ALL, set_codes, NULL                                         \
    }
    DIMENSION(0),
    DIMENSION(1),
    DIMENSION(2),
    DIMENSION(3),
    DIMENSION(4),
    DIMENSION(5),
    DIMENSION(6),
    DIMENSION(7),
#undef DIMENSION
    {"q", NULL, -1, false, IN_ALL, set_search, print_search},
    {"value", NULL, -1, true, IN_ALL, set_value, print_value},
    {"match", NULL, -1, true, IN_ALL, set_match, print_match},
    {"latest", NULL, -1, true, IN_ALL, set_latest, print_latest},
    {"fields", NULL, -1, true, IN_ROWS, set_fields, print_fields},
    {"sort", NULL, -1, false, IN_ROWS, set_sort, print_sort},
    {"limit", NULL, -1, false, IN_ROWS, set_limit, print_limit},
    {"offset", NULL, -1, false, IN_ROWS, set_offset, NULL}, /* printed with its change */
    {"lang", NULL, -1, true, IN_ALL, set_language, print_language},
    {"format", NULL, -1, true, IN_ALL, set_format, print_format},
    {"shape", NULL, -1, false, IN_JSON, set_shape, print_shape},
    {"bom", NULL, -1, true, IN_CSV, set_bom, print_bom},
    {"formulas", NULL, -1, true, IN_CSV, set_formulas, print_formulas},
    {"pretty", NULL, -1, true, IN_DOCUMENTS, set_pretty, print_pretty},
};
enum { PARAMETERS = sizeof parameters / sizeof parameters[0] };
_Static_assert(PARAMETERS <= 32, "each has two bits in the query's set");
_Static_assert(SME_DIMENSIONS_MAX == 8, "each has a row in the table");

/* The name of a parameter; of a filter, with .not if asked for. */
static const char *name_of(const struct sme_dataset *dataset, const struct parameter *parameter, bool negated)
{
    if (parameter->name)
        return negated ? parameter->negated : parameter->name;
    const struct dimension *dimension = &dataset->dimensions[parameter->filter - FILTER_DIMENSION];
    return negated ? dimension->negated : dimension->code.text;
}

enum collection query_filtered(enum collection collection)
{
    return collection == INDICATORS || collection == FACETS ? OBSERVATIONS : collection;
}

static bool filters(const struct sme_dataset *dataset, enum collection collection, int filter)
{
    return index_has_axis(dataset, query_filtered(collection), (enum filter)filter);
}

/* Numbers and their age belong to observations: to those that are rows, and to those inside indicators. */
static bool is_about_observations(const struct parameter *parameter)
{
    return parameter->set == set_value || parameter->set == set_match || parameter->set == set_latest;
}

/* Without a dataset: what every one takes. */
static bool collection_takes(const struct sme_dataset *dataset, enum collection collection,
                             const struct parameter *parameter)
{
    if (is_about_observations(parameter))
        return query_filtered(collection) == OBSERVATIONS || collection == TARGETS;
    if (parameter->set == set_search)
        return collection != YEARS && collection != DATASET; /* there is nothing to find */
    if (parameter->filter >= 0)
        return filters(dataset, collection, parameter->filter);
    if (collection == DATASET && !parameter->on_item)
        return false;
    return (parameter->formats & collection_formats(collection)) != 0;
}

static bool item_takes(enum collection collection, const struct parameter *parameter)
{
    if (collection == FACETS) /* one is about all observations, so all that chooses among them goes with it */
        return parameter->on_item || parameter->formats == IN_ALL;
    if (parameter->filter >= 0 || is_about_observations(parameter))
        return parameter->on_item && collection == INDICATORS;
    return parameter->on_item;
}

static bool takes(const struct sme_query *query, const struct parameter *parameter)
{
    return collection_takes(query->dataset, query->collection, parameter) &&
           (query->item == NONE || item_takes(query->collection, parameter));
}

const char *filter_name(const struct sme_dataset *dataset, int filter)
{
    return name_of(dataset, &parameters[filter], false);
}

enum sme_status sme_query_new(struct sme_dataset *dataset, const char *collection, struct sme_query **ret_query)
{
    enum collection found = collection_find(collection, strlen(collection));

    if (found == COLLECTIONS)
        return SME_NOT_FOUND;
    struct sme_query *query = calloc(1, sizeof *query);
    if (!query)
        return SME_NO_MEMORY;
    query->dataset = sme_dataset_ref(dataset);
    query->collection = found;
    query->item = found == DATASET ? 0 : NONE;
    query->limit = NONE;
    query->link = BUF_INIT(1 << 20);
    *ret_query = query;
    return SME_OK;
}

void sme_query_free(struct sme_query *query)
{
    if (!query)
        return;
    buf_finish(&query->link);
    arena_finish(&query->arena);
    sme_dataset_unref(query->dataset);
    free(query);
}

/* A wrong request must stay cheap: longer lists are not searched for a suggestion, nor is one made for more faults. */
enum { NEAREST_ROWS_MAX = 1000, NEAREST_FAULTS_MAX = 16 };

enum sme_status sme_query_set_id(struct sme_query *query, const char *id, struct sme_faults *faults)
{
    const struct sme_dataset *dataset = query->dataset;
    uint32_t row = row_find(dataset, query->collection, id), rows = dataset->index.row_counts[query->collection];
    struct sme_nearest nearest = sme_nearest_to(id, strlen(id));
    size_t told = faults_told(faults);
    struct buf name = BUF_INIT(1024);

    buf_clear(&query->link);
    if (row != NONE) {
        query->item = row;
        return SME_OK;
    }
    for (row = 0; row < rows && rows <= NEAREST_ROWS_MAX; row++) {
        buf_clear(&name);
        row_print_id(dataset, query->collection, row, &name);
        sme_nearest_offer(&nearest, buf_string(&name));
    }
    faults_add(faults, &(struct fault){
                           .kind = FAULT_NOT_FOUND,
                           .path = collection_name(query->collection),
                           .value = id,
                           .value_length = strlen(id),
                           .nearest = &nearest,
                       });
    buf_finish(&name);
    return faults_status(faults, told) == SME_NO_MEMORY ? SME_NO_MEMORY : SME_NOT_FOUND;
}

/* Faults. */

static void unknown_parameter(struct sme_query *query, const char *name, struct sme_faults *faults)
{
    struct sme_nearest nearest = sme_nearest_to(name, strlen(name));

    for (size_t i = 0; i < PARAMETERS; i++) {
        if (!takes(query, &parameters[i]))
            continue;
        sme_nearest_offer(&nearest, name_of(query->dataset, &parameters[i], false));
        if (parameters[i].filter >= 0)
            sme_nearest_offer(&nearest, name_of(query->dataset, &parameters[i], true));
    }
    faults_add(faults, &(struct fault){
                           .kind = FAULT_UNKNOWN_PARAMETER,
                           .path = name,
                           .value = name,
                           .value_length = strlen(name),
                           .resource = "/openapi.json",
                           .nearest = &nearest,
                       });
}

static void invalid(struct setting *s, const char *value, size_t length, const char *accepted)
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

static int by_number(const void *a, const void *b)
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

static void set_codes(struct setting *s)
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

/* Joins ranges that touch, so that 2021,2022 and 2021..2022 are one query. */
static void join_ranges(struct choice *choice)
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

static void set_years(struct setting *s)
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
            invalid(s, piece.text, piece.length, accepted);
        else
            choice.ranges[choice.range_count++] = range;
    }
    join_ranges(&choice);
    s->query->choices[FILTER_YEAR][s->negated] = choice;
}

/* Numbers, and how new they are. */

static void set_value(struct setting *s)
{
    struct sme_query *query = s->query;

    query->range_given = range_parse(s->value, s->length, &query->range);
    if (!query->range_given)
        invalid(s, s->value, s->length,
                "60, 60.., ..100 or 10..20: decimal numbers of at most 18 digits, the smaller one first");
}

static const char *match_name(const struct setting *s, uint32_t number)
{
    (void)s;
    return match_words.names[number];
}

static uint32_t match_find(const struct setting *s, const char *name, size_t length)
{
    for (uint32_t i = 0; match_words.names[i]; i++)
        if (strlen(match_name(s, i)) == length && memcmp(match_name(s, i), name, length) == 0)
            return i;
    return NONE;
}

static void set_match(struct setting *s)
{
    struct naming naming = {words_count(&match_words), match_name, match_find, NULL, match_words.accepted, false};
    uint32_t number = match_find(s, s->value, s->length);
    struct piece whole = {s->value, s->length};

    if (number == NONE) {
        struct sme_nearest nearest = nearest_name(s, &naming, whole);

        unknown_code(s, &naming, whole, &nearest, nearest.found[0][0] ? nearest.found[0] : NULL);
        return;
    }
    s->query->match_given = true;
    s->query->match = (enum match)number;
}

static void set_truth(struct setting *s, bool *truth)
{
    *truth = s->length == 4 && memcmp(s->value, "true", 4) == 0;
    if (!*truth && (s->length != 5 || memcmp(s->value, "false", 5) != 0))
        invalid(s, s->value, s->length, "true or false");
}

static void set_latest(struct setting *s)
{
    set_truth(s, &s->query->latest);
}

/* The others. */

static void set_search(struct setting *s)
{
    static const char accepted[] = "1 to 16 words, at most 256 bytes";
    struct sme_query *query = s->query;
    char *folded = s->length <= SEARCH_BYTES_MAX ? unicode_fold(s->value, s->length) : NULL;

    if (s->length > SEARCH_BYTES_MAX) {
        invalid(s, s->value, s->length, accepted);
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
        invalid(s, s->value, s->length, accepted);
    query->search = s->value;
}

static const struct column *query_table(const struct sme_query *query)
{
    return query->dataset->columns[query->collection];
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

static uint32_t count_columns(const struct column *columns)
{
    uint32_t count = 0;

    while (columns[count].name)
        count++;
    return count;
}

static void set_fields(struct setting *s)
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
            invalid(s, columns[numbers[i]].name, strlen(columns[numbers[i]].name), "each field once");
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

static void set_sort(struct setting *s)
{
    struct sme_query *query = s->query;
    const struct column *columns = query_table(query);
    struct naming naming = {count_columns(columns), sort_name, sort_find, NULL, NULL, true};
    uint32_t *numbers = room_for_names(s);
    struct piece piece;

    if (!numbers || read_names(s, &naming, numbers) > SORT_KEYS_MAX) {
        if (numbers)
            invalid(s, s->value, s->length, "at most 8 fields");
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

static void set_limit(struct setting *s)
{
    if (!read_count(s, SME_LIMIT_MAX, &s->query->limit))
        invalid(s, s->value, s->length, "a whole number from 0 to 10000");
}

static void set_offset(struct setting *s)
{
    if (!read_count(s, 1000000000, &s->query->offset))
        invalid(s, s->value, s->length, "a whole number from 0 to 1000000000");
}

static const char *language_name(const struct setting *s, uint32_t number)
{
    return number < s->query->dataset->language_count ? s->query->dataset->languages[number].text : "all";
}

static uint32_t language_find(const struct setting *s, const char *name, size_t length)
{
    for (uint32_t i = 0; i <= s->query->dataset->language_count; i++) {
        const char *language = language_name(s, i);

        if (strlen(language) == length && memcmp(language, name, length) == 0)
            return i;
    }
    return NONE;
}

static const char *language_resource(struct setting *s)
{
    (void)s;
    return "/v1";
}

static void set_language(struct setting *s)
{
    struct naming naming = {
        .size = s->query->dataset->language_count + 1,
        .name_of = language_name,
        .find = language_find,
        .resource_of = language_resource,
    };
    uint32_t number = language_find(s, s->value, s->length);
    struct piece whole = {s->value, s->length};

    if (number == NONE) {
        struct sme_nearest nearest = nearest_name(s, &naming, whole);

        unknown_code(s, &naming, whole, &nearest, nearest.found[0][0] ? nearest.found[0] : NULL);
        return;
    }
    s->query->language_given = true;
    s->query->all_languages = number == s->query->dataset->language_count;
    s->query->language = s->query->all_languages ? 0 : number;
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

static const char *format_name(const struct setting *s, uint32_t number)
{
    const struct sme_format *format = sme_format_at(collection_name(s->query->collection), number);

    return format ? format->name : "";
}

static void set_format(struct setting *s)
{
    uint32_t formats = 0;

    while (sme_format_at(collection_name(s->query->collection), formats))
        formats++;
    uint32_t number = read_word(s, &(struct naming){.size = formats, .name_of = format_name});
    s->query->format_given = true;
    if (number != NONE)
        s->query->format = format_find(format_name(s, number));
}

static const char *const shapes[] = {"rows", "columns", "series", "keyed"};

static const char *shape_name(const struct setting *s, uint32_t number)
{
    (void)s;
    return shapes[number];
}

static void set_shape(struct setting *s)
{
    uint32_t number = read_word(s, &(struct naming){.size = sizeof shapes / sizeof shapes[0], .name_of = shape_name});

    if (number == SHAPE_SERIES && s->query->collection != OBSERVATIONS && s->query->collection != TARGETS)
        invalid(s, s->value, s->length, "rows, columns, keyed; observations and targets can be series, too");
    else if (number != NONE)
        s->query->shape = (enum shape)number;
}

static void set_bom(struct setting *s)
{
    set_truth(s, &s->query->bom);
}

static void set_formulas(struct setting *s)
{
    static const char *const words[] = {"keep", "escape"};

    s->query->escape_formulas = s->length == strlen(words[1]) && memcmp(s->value, words[1], s->length) == 0;
    if (!s->query->escape_formulas && (s->length != strlen(words[0]) || memcmp(s->value, words[0], s->length) != 0))
        invalid(s, s->value, s->length, "keep or escape");
}

static void set_pretty(struct setting *s)
{
    set_truth(s, &s->query->pretty);
}

/* Setting. */

static const struct parameter *find_parameter(const struct sme_query *query, const char *name, bool *ret_negated)
{
    const size_t dimensions_end = FILTER_DIMENSION + query->dataset->dimension_count;

    for (size_t i = 0; i < PARAMETERS; i++) {
        const char *own = parameters[i].name;

        if (i >= dimensions_end && !own)
            continue;
        own = own ? own : name_of(query->dataset, &parameters[i], false);
        if (*own != *name)
            continue; /* most are not meant: this is quick */
        size_t length = strlen(own);
        if (strncmp(own, name, length) != 0)
            continue;
        *ret_negated = parameters[i].filter >= 0 && strcmp(name + length, ".not") == 0;
        if ((name[length] == '\0' || *ret_negated) && takes(query, &parameters[i]))
            return &parameters[i];
    }
    return NULL;
}

enum sme_status sme_query_set(struct sme_query *query, const char *name, const char *value, size_t length,
                              struct sme_faults *faults)
{
    size_t told = faults_told(faults);
    bool negated = false;
    const struct parameter *parameter = find_parameter(query, name, &negated);

    buf_clear(&query->link);

    if (!parameter) {
        unknown_parameter(query, name, faults);
        return faults_status(faults, told);
    }
    uint64_t bit = UINT64_C(1) << (2 * (parameter - parameters) + negated);
    struct sme_query before = *query;
    struct setting s = {query, faults, parameter, name, negated, arena_copy(&query->arena, value, length), length};
    if (!s.value)
        return SME_NO_MEMORY;
    if (query->set & bit)
        faults_add(faults, &(struct fault){
                               .kind = FAULT_REPEATED_PARAMETER, .path = name, .value = value, .value_length = length});
    else if (length > SME_QUERY_VALUE_BYTES_MAX || !utf8_valid(value, length) || memchr(value, 0, length))
        invalid(&s, value, length, "at most 4096 bytes of UTF-8");
    else
        parameter->set(&s);
    enum sme_status status = faults_status(faults, told);
    if (status == SME_OK) {
        query->set |= bit;
    } else {
        before.arena = query->arena; /* what it gave out in vain stays until the end */
        before.tried |= status == SME_BAD_INPUT ? bit : 0;
        *query = before;
    }
    return status;
}

void sme_query_prefer_language(struct sme_query *query, const char *language)
{
    buf_clear(&query->link);
    for (uint32_t i = 0; !query->language_given && i < query->dataset->language_count; i++)
        if (strcmp(query->dataset->languages[i].text, language) == 0)
            query->language = i;
}

void sme_query_prefer_format(struct sme_query *query, const char *name)
{
    buf_clear(&query->link);
    for (enum format f = 0; !query->format_given && f < FORMATS; f++)
        if (collection_formats(query->collection) & 1 << f && strcmp(format_at(f)->name, name) == 0)
            query->format = f;
}

const struct sme_format *sme_query_format(const struct sme_query *query)
{
    return format_at(query->format);
}

const char *sme_query_content_type(const struct sme_query *query)
{
    static const char *const shaped[] = {
        [SHAPE_ROWS] = "application/json",
        [SHAPE_COLUMNS] = "application/json; shape=columns",
        [SHAPE_SERIES] = "application/json; shape=series",
        [SHAPE_KEYED] = "application/json; shape=keyed",
    };

    return query->format == FORMAT_JSON ? shaped[query->shape] : format_at(query->format)->content_type;
}

uint32_t query_limit(const struct sme_query *query)
{
    if (query->limit != NONE)
        return query->limit;
    return query->format == FORMAT_JSON && query->shape != SHAPE_SERIES ? SME_LIMIT_DEFAULT : NONE;
}

uint32_t query_columns(const struct sme_query *query, const struct column *ret_columns[COLUMNS_MAX])
{
    uint32_t count = query->column_count;

    if (count > 0)
        memcpy(ret_columns, query->columns, count * sizeof *ret_columns);
    for (const struct column *column = query_table(query); !query->column_count && column->name; column++)
        if (!column->searched || query->word_count > 0)
            ret_columns[count++] = column;
    return count;
}

/* What a parameter that was set needs of the others; NULL: nothing that is not there. */
static const char *missing(const struct sme_query *query, const struct parameter *parameter)
{
    if (!(parameter->formats & 1 << query->format))
        return parameter->formats == IN_JSON   ? "format=json"
               : parameter->formats == IN_CSV  ? "format=csv"
               : parameter->formats == IN_ROWS ? "format=json, csv, ndjson"
                                               : "format=json, jsonstat";
    /* A series is cut out of rows: whole, in order of time, with members of its own. */
    if (query->shape == SHAPE_SERIES && parameter->formats == IN_ROWS)
        return "shape=rows, columns, keyed";
    return NULL;
}

static void conflict(const struct sme_query *query, const struct parameter *parameter, const char *needed,
                     struct sme_faults *faults)
{
    struct buf value = BUF_INIT(SME_QUERY_VALUE_BYTES_MAX);

    if (parameter->print)
        parameter->print(query, parameter, &value);
    else
        buf_integer(&value, query->offset);
    faults_add(faults, &(struct fault){
                           .kind = FAULT_CONFLICT,
                           .path = parameter->name,
                           .value = buf_string(&value),
                           .value_length = value.length,
                           .accepted = needed,
                       });
    buf_finish(&value);
}

enum sme_status sme_query_check(const struct sme_query *query, struct sme_faults *faults)
{
    size_t told = faults_told(faults);
    const char *match = match_words.names[query->match];

    /* Of a value that could not be read there is a fault already. */
    if (query->match_given && !query->range_given && !(query->tried & UINT64_C(1) << 2 * VALUE))
        faults_add(faults, &(struct fault){
                               .kind = FAULT_MISSING_PARAMETER,
                               .path = "match",
                               .value = match,
                               .value_length = strlen(match),
                               .accepted = filter_name(query->dataset, VALUE),
                           });
    for (size_t i = 0; i < PARAMETERS; i++) {
        const char *needed = missing(query, &parameters[i]);

        if (needed && query->set >> 2 * i & 1)
            conflict(query, &parameters[i], needed, faults);
    }
    return faults_status(faults, told);
}

const char *sme_query_language(const struct sme_query *query)
{
    return query->all_languages ? "all" : query->dataset->languages[query->language].text;
}

/* The one spelling. */

static void print_escaped(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF", plain[] = "-._~,";

    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (letter || strchr(plain, *at))
            buf_char(out, *at);
        else
            buf_add(out, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
}

static void print_years(const struct choice *choice, struct buf *out)
{
    for (uint32_t i = 0; i < choice->range_count; i++) {
        struct year_range range = choice->ranges[i];

        if (i > 0)
            buf_char(out, ',');
        /* An open end is left out, unless both are open: ".." alone is no year. */
        if (range.from > 1 || range.from == range.to || range.to == 9999)
            period_print(out, (struct period){.year = range.from});
        if (range.from != range.to)
            buf_text(out, "..");
        if (range.from != range.to && range.to < 9999)
            period_print(out, (struct period){.year = range.to});
    }
    if (choice->undated)
        buf_text(out, choice->range_count ? ",undated" : "undated");
}

static void print_choice(const struct sme_query *query, int filter, const struct choice *choice, struct buf *out)
{
    if (filter == FILTER_YEAR) {
        print_years(choice, out);
        return;
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, vocabulary_name(query->dataset, query->collection, (enum filter)filter, choice->codes[i]));
    }
}

static void print_search(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    print_escaped(out, query->search);
}

static void print_value(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    range_print(out, &query->range);
}

static void print_match(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, match_words.names[query->match]);
}

static void print_latest(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->latest ? "true" : "false");
}

static void print_fields(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    for (uint32_t i = 0; i < query->column_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, query->columns[i]->name);
    }
}

static void print_sort(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    for (uint32_t i = 0; i < query->sort_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, query->sort[i].descending ? "-" : "");
        buf_text(out, query->sort[i].column->name);
    }
}

static void print_limit(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_integer(out, query->limit);
}

static void print_language(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, sme_query_language(query));
}

static void print_format(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, format_at(query->format)->name);
}

static void print_shape(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, shapes[query->shape]);
}

static void print_bom(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->bom ? "true" : "false");
}

static void print_formulas(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->escape_formulas ? "escape" : "keep");
}

static void print_pretty(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->pretty ? "true" : "false");
}

static void print_name(struct buf *out, char *separator, const char *name)
{
    buf_char(out, *separator);
    *separator = '&';
    buf_text(out, name);
    buf_char(out, '=');
}

bool query_chooses(const struct sme_query *query, int filter, bool negated, uint32_t code)
{
    const struct choice *choice = &query->choices[filter][negated];

    if (filter == FILTER_YEAR && code == 0)
        return choice->undated;
    for (uint32_t i = 0; i < choice->range_count; i++) {
        uint16_t year = query->dataset->years[code - 1];

        if (choice->ranges[i].from <= year && year <= choice->ranges[i].to)
            return true;
    }
    return choice->count > 0 && bsearch(&code, choice->codes, choice->count, sizeof code, by_number) != NULL;
}

/* Adds a year, or cuts it out of its range. */
static void toggle_year(struct choice *choice, uint16_t year)
{
    for (uint32_t i = 0; i < choice->range_count; i++) {
        struct year_range *range = &choice->ranges[i], after = {(uint16_t)(year + 1), range->to};

        if (year < range->from || year > range->to)
            continue;
        range->to = (uint16_t)(year - 1);
        if (range->from > range->to)
            *range = choice->ranges[--choice->range_count];
        if (after.from <= after.to)
            choice->ranges[choice->range_count++] = after;
        join_ranges(choice);
        return;
    }
    choice->ranges[choice->range_count++] = (struct year_range){year, year};
    join_ranges(choice);
}

/* A filter with one code more or less; nothing where none is left. What is kept out can only be let in. */
static void print_toggled(const struct sme_query *query, struct link_change change, bool negated, char *separator,
                          struct buf *out)
{
    int filter = change.filter;
    uint32_t code = change.code;
    const struct parameter *parameter = &parameters[filter];
    struct choice choice = query->choices[filter][negated];
    struct year_range ranges[YEAR_RANGES_MAX + 1]; /* one more, for one that is cut in two */
    bool chosen = query_chooses(query, filter, negated, code), toggles = chosen || !negated;
    struct buf list = BUF_INIT(1 << 20);

    if (filter == FILTER_YEAR) {
        if (choice.range_count > 0)
            memcpy(ranges, choice.ranges, choice.range_count * sizeof *ranges);
        choice.ranges = ranges;
        if (toggles && code == 0)
            choice.undated = !choice.undated;
        else if (toggles)
            toggle_year(&choice, query->dataset->years[code - 1]);
        print_years(&choice, &list);
    } else {
        for (uint32_t i = 0; i <= choice.count; i++) {
            uint32_t last = i > 0 ? choice.codes[i - 1] : 0, next = i < choice.count ? choice.codes[i] : NONE;
            bool here = !negated && !chosen && (i == 0 || code > last) && code < next;

            if (here) {
                buf_text(&list, list.length ? "," : "");
                buf_text(&list, vocabulary_name(query->dataset, query->collection, (enum filter)filter, code));
            }
            if (next != NONE && next != code) {
                buf_text(&list, list.length ? "," : "");
                buf_text(&list, vocabulary_name(query->dataset, query->collection, (enum filter)filter, next));
            }
        }
    }
    if (list.length > 0) {
        print_name(out, separator, name_of(query->dataset, parameter, negated));
        buf_add(out, list.bytes, list.length);
    }
    if (change.code_end && !negated)
        *change.code_end = out->length;
    out->status = list.status != SME_OK ? list.status : out->status;
    buf_finish(&list);
}

static bool has_parameter(const struct sme_query *query, size_t i, bool negated)
{
    return query->set >> (2 * i + negated) & 1;
}

/* Said or not said, it is the same query. */
static bool is_default(const struct sme_query *query, const struct parameter *parameter)
{
    return (parameter->set == set_limit && query->limit == SME_LIMIT_DEFAULT && query->format == FORMAT_JSON) ||
           (parameter->set == set_match && query->match == MATCH_STATED) ||
           (parameter->set == set_latest && !query->latest) ||
           (parameter->set == set_shape && query->shape == SHAPE_ROWS) || (parameter->set == set_bom && !query->bom) ||
           (parameter->set == set_formulas && !query->escape_formulas) ||
           (parameter->set == set_pretty && !query->pretty);
}

/* Whether a link may have a parameter that nobody set. */
static bool comes_in(struct link_change change, size_t i)
{
    return parameters[i].set == set_offset || parameters[i].set == set_format ||
           (change.toggles && (int)i == change.filter) || (change.undated && i == FILTER_YEAR);
}

void query_print_link(const struct sme_query *query, struct link_change change, struct buf *out)
{
    char separator = '?';

    buf_text(out, "/v1");
    if (query->collection != DATASET) {
        buf_char(out, '/');
        buf_text(out, collection_name(change.elsewhere ? OBSERVATIONS : query->collection));
    }
    if (query->collection != DATASET && query->item != NONE && !change.elsewhere) {
        buf_char(out, '/');
        row_print_id(query->dataset, query->collection, query->item, out);
    }
    for (size_t i = 0; i < PARAMETERS; i++) {
        const struct parameter *parameter = &parameters[i];

        if ((query->set >> 2 * i & 3) == 0 && !comes_in(change, i))
            continue; /* as most do */
        if ((int)i == change.without ||
            (change.elsewhere && (parameter->formats != IN_ALL || parameter->set == set_format)) ||
            (change.toggles && parameter->set == set_pretty)) /* the layout is not part of what is in a row */
            continue;
        if (parameter->set == set_match && (!query->range_given || change.without == VALUE))
            continue; /* it means nothing alone */
        if (change.toggles && (int)i == change.filter) {
            print_toggled(query, change, false, &separator, out);
            print_toggled(query, change, true, &separator, out);
        } else if (i == FILTER_YEAR && change.undated) {
            print_name(out, &separator, "year");
            buf_text(out, "undated");
        } else if (parameter->set == set_offset) {
            uint32_t offset = change.moves ? change.offset : query->offset;

            if (offset) {
                print_name(out, &separator, "offset");
                buf_integer(out, offset);
            }
        } else if (parameter->filter >= 0) {
            for (int negated = 0; negated < 2; negated++) {
                if (!has_parameter(query, i, negated))
                    continue;
                print_name(out, &separator, name_of(query->dataset, parameter, negated));
                print_choice(query, parameter->filter, &query->choices[i][negated], out);
            }
        } else if ((has_parameter(query, i, false) && !is_default(query, parameter)) ||
                   (parameter->set == set_format && query->format != FORMAT_JSON)) {
            print_name(out, &separator, parameter->name);
            parameter->print(query, parameter, out);
        }
    }
}

const char *sme_query_link(struct sme_query *query)
{
    enum { USUAL_BYTES = 255 };

    buf_clear(&query->link);
    (void)buf_grow(&query->link, USUAL_BYTES);
    query_print_link(query, (struct link_change){.without = -1}, &query->link);
    return query->link.status == SME_OK ? buf_string(&query->link) : NULL;
}

const char *sme_collection_name(size_t i)
{
    return i < COLLECTIONS ? collection_name((enum collection)i) : NULL;
}

const char *sme_column_name(const char *collection, size_t i)
{
    enum collection found = collection_find(collection, strlen(collection));

    return found != COLLECTIONS && i < count_columns(collection_columns(found)) ? collection_columns(found)[i].name
                                                                                : NULL;
}

const char *sme_parameter_name(const char *collection, size_t i)
{
    enum collection found = collection_find(collection, strlen(collection));

    for (size_t p = 0; found != COLLECTIONS && p < PARAMETERS; p++) {
        if (!collection_takes(NULL, found, &parameters[p]))
            continue;
        if (i-- == 0)
            return parameters[p].name;
        if (parameters[p].filter >= 0 && i-- == 0)
            return parameters[p].negated;
    }
    return NULL;
}
