/* SPDX-License-Identifier: MIT */
/* What the parts of an order read of a row, and how they become words. */
#include "order.h"

#include "cell.h"
#include "interval.h"
#include "phrase.h"

#include <assert.h>
#include <string.h>

#define NO_PLACE UINT64_MAX

/*
 * Numbers. A decimal has at most 18 digits, and with them from -17 to 36 before its point: by this size numbers are ordered
 * first, then by their digits. All but the last digit fit into a word with the size and the sign.
 */
#define SEVENTEEN_DIGITS UINT64_C(90000000000000000) /* so many numbers have 17 digits */
enum { SIZE_LEAST = 1 - DECIMAL_EXPONENT, SIZE_MOST = DECIMAL_DIGITS + DECIMAL_EXPONENT };
#define ZERO_PLACE     (SEVENTEEN_DIGITS * (SIZE_MOST - SIZE_LEAST + 1))
#define DECIMAL_PLACES (2 * ZERO_PLACE + 1) /* more than seven bytes have, too */

uint64_t decimal_place(struct decimal decimal)
{
    uint64_t digits = decimal_size(decimal);

    if (digits == 0)
        return ZERO_PLACE;
    int count = decimal_digits(digits), size = count + decimal.exponent;
    digits = count == DECIMAL_DIGITS ? digits / 10 : digits * powers_of_ten[DECIMAL_DIGITS - 1 - count];
    uint64_t beyond = 1 + (uint64_t)(size - SIZE_LEAST) * SEVENTEEN_DIGITS + digits - powers_of_ten[DECIMAL_DIGITS - 2];
    return decimal.coefficient < 0 ? ZERO_PLACE - beyond : ZERO_PLACE + beyond;
}

uint64_t decimal_last_place(struct decimal decimal)
{
    uint64_t digits = decimal_size(decimal), last = decimal_digits(digits) == DECIMAL_DIGITS ? digits % 10 : 0;

    return decimal.coefficient < 0 ? 9 - last : last;
}

/* Readers. */

static const struct observation *observation_at(const struct view *view, uint32_t row)
{
    return &view->dataset->observations[row];
}

static const void *field_of(const struct part *part, const struct view *view, uint32_t row)
{
    return (const char *)observation_at(view, row) + part->offset;
}

static uint64_t read_indicator(const struct part *part, struct view *view, uint32_t row)
{
    return part->ranks[observation_at(view, row)->indicator];
}

static uint64_t read_source(const struct part *part, struct view *view, uint32_t row)
{
    return part->ranks[observation_at(view, row)->source];
}

static uint64_t read_member(const struct part *part, struct view *view, uint32_t row)
{
    return part->ranks[members_of(view->dataset, row)[part->offset]];
}

static uint64_t read_word(const struct part *part, struct view *view, uint32_t row)
{
    uint8_t word = *(const uint8_t *)field_of(part, view, row);

    return word == NO_WORD ? NO_PLACE : part->words[word];
}

/* As its text is ordered: undated after everything, "2022" before "2022-06-30", but "2022." after it. */
enum { PERIOD_PLACES = 100000000 };

static uint64_t place_of_period(struct period period, unsigned whole_year)
{
    if (!period.year)
        return PERIOD_PLACES - 1;
    return period.year * UINT64_C(10000) + (period.month ? period.month * 100u + period.day : whole_year);
}

static uint64_t read_period(const struct part *part, struct view *view, uint32_t row)
{
    (void)part;
    return place_of_period(observation_at(view, row)->period, 0);
}

static uint64_t read_period_in_id(const struct part *part, struct view *view, uint32_t row)
{
    (void)part;
    return place_of_period(observation_at(view, row)->period, 9998);
}

static uint64_t read_year(const struct part *part, struct view *view, uint32_t row)
{
    uint16_t year = observation_at(view, row)->period.year;

    (void)part;
    return year ? year : NO_PLACE;
}

static uint64_t read_as_of(const struct part *part, struct view *view, uint32_t row)
{
    struct period as_of = observation_at(view, row)->details->as_of;

    (void)part;
    return as_of.year ? place_of_period(as_of, 0) : NO_PLACE;
}

static uint64_t place_of_number(const struct number *number, bool last)
{
    return !number->known ? NO_PLACE : last ? decimal_last_place(number->value) : decimal_place(number->value);
}

static uint64_t read_value(const struct part *part, struct view *view, uint32_t row)
{
    return place_of_number(&observation_at(view, row)->value, part->last_digit);
}

static const struct unit *unit_of(const struct view *view, uint32_t row)
{
    return &view->dataset->units[view->dataset->indicators[observation_at(view, row)->indicator].unit];
}

static uint64_t read_end(const struct part *part, struct view *view, uint32_t row)
{
    const struct number *number = interval_end(observation_at(view, row), unit_of(view, row), (enum side)part->offset);

    return number ? place_of_number(number, part->last_digit) : NO_PLACE;
}

/* Mostly an end is at the value, so that the qualifier tells. */
enum { ASK_INTERVAL = UINT8_MAX };

static uint64_t read_closed(const struct part *part, struct view *view, uint32_t row)
{
    const struct observation *o = observation_at(view, row);

    if (o->value.known && part->words[o->qualifier] != ASK_INTERVAL)
        return part->words[o->qualifier];
    enum closed closed = interval_closed(o, unit_of(view, row), (enum side)part->offset);
    return closed == CLOSED_UNKNOWN ? NO_PLACE : closed == CLOSED_YES;
}

/* A text's first seven bytes, filled up with zeros. */
enum { BEGINNING = 7 };

static uint64_t place_of_text(const char *text, size_t length)
{
    unsigned char bytes[BEGINNING] = {0};
    uint64_t place = 0;

    memcpy(bytes, text, length < BEGINNING ? length : BEGINNING);
    for (size_t i = 0; i < BEGINNING; i++)
        place = place << 8 | bytes[i];
    return place;
}

/* What is only known as a value. */
static uint64_t place_of_value(const struct value *value)
{
    if (value->type == SME_NULL)
        return NO_PLACE;
    if (value->type == SME_BOOLEAN)
        return value->boolean;
    if (value->type == SME_NUMBER)
        return decimal_place(value->number);
    return place_of_text(value->text, value->length);
}

static struct value value_of(const struct part *part, struct view *view, uint32_t row)
{
    return column_value(view, view->query->collection, part->column, row);
}

static uint64_t read_any(const struct part *part, struct view *view, uint32_t row)
{
    struct value value = value_of(part, view, row);

    return place_of_value(&value);
}

static uint64_t place_of_str(const struct view *view, const struct str *text)
{
    return text ? place_of_text(text[view->language].text, text[view->language].length) : NO_PLACE;
}

static uint64_t read_wording(const struct part *part, struct view *view, uint32_t row)
{
    (void)part;
    return place_of_str(view, observation_at(view, row)->details->wording);
}

static uint64_t read_population(const struct part *part, struct view *view, uint32_t row)
{
    const struct observation *o = observation_at(view, row);
    const struct str *own = o->details->population;

    (void)part;
    return place_of_str(view, own ? own : view->dataset->indicators[o->indicator].population);
}

/*
 * The place of the first bytes of a number for people that is not scaled: its first digits, with commas where thousands are
 * grouped. False: it is shorter, or begins with "0.".
 */
static bool begin_number(struct decimal decimal, bool grouped, uint64_t *ret_place)
{
    uint64_t digits = decimal_size(decimal), place = 0;
    int count = decimal_digits(digits), whole = count + decimal.exponent, length = 0;
    int end = grouped ? (whole - 1) % 3 + 1 : whole; /* of the digits before the next comma, or the point */
    char first[BEGINNING];

    if (whole < 1)
        return false;
    uint32_t rest = (uint32_t)(count > BEGINNING ? digits / powers_of_ten[count - BEGINNING]
                                                 : digits * powers_of_ten[BEGINNING - count]);
    for (int i = BEGINNING; i-- > 0; rest /= 10)
        first[i] = (char)('0' + rest % 10);
    for (int i = 0; length < BEGINNING && (i < count || i < whole); i++) {
        if (i == end) {
            place = place << 8 | (i == whole ? '.' : ',');
            length++;
            end += i == whole ? BEGINNING : 3;
        }
        if (length++ < BEGINNING)
            place = place << 8 | (unsigned char)first[i];
    }
    *ret_place = place;
    return length >= BEGINNING;
}

/* A number with digits behind its point is never scaled, which is quickly told. */
static bool is_scaled(struct decimal decimal, const char *language)
{
    return decimal.exponent >= 0 && decimal_is_scaled(decimal, is_chinese(language));
}

static bool unit_is_behind(const struct view *view, const struct unit *unit)
{
    return !unit->pattern || strncmp(unit->pattern[view->language].text, "{}", 2) == 0;
}

/* Whether what is displayed begins with the number and that with a digit, as most does: exact numbers stand alone. */
static bool begins_with_digit(const struct part *part, const struct view *view, const struct observation *o)
{
    return o->value.known && o->qualifier == QUALIFIER_EXACT && o->value.value.coefficient > 0 &&
           (part->number_first ||
            unit_is_behind(view, &view->dataset->units[view->dataset->indicators[o->indicator].unit]));
}

/* The first digit is the same whether the number is scaled or not, unless it is behind the point. */
static int compare_first_digit(const struct part *part, const struct view *view, uint32_t row, unsigned char with)
{
    const struct observation *o = observation_at(view, row);
    uint64_t digits = (uint64_t)o->value.value.coefficient;
    int count = decimal_digits(digits);

    if (!begins_with_digit(part, view, o) || count + o->value.value.exponent < 1)
        return 0;
    if (with < '1' || with > '9')
        return with < '1' ? 1 : -1;
    uint64_t place = powers_of_ten[count - 1], least = place * (uint64_t)(with - '0');
    return digits < least ? -1 : digits - least >= place;
}

/* Most numbers are long enough to tell by their beginning. */
static uint64_t read_display(const struct part *part, struct view *view, uint32_t row)
{
    const struct observation *o = observation_at(view, row);
    const char *language = view->dataset->languages[view->language].text;
    uint64_t place;

    if (begins_with_digit(part, view, o) && !is_scaled(o->value.value, language) &&
        begin_number(o->value.value, !is_chinese(language), &place))
        return place;
    struct value value = part->column->compute(view, row);
    return place_of_value(&value);
}

/* All that have no number for the same reason display the same. */
static bool same_display(const struct view *view, uint32_t a, uint32_t b)
{
    const struct observation *x = observation_at(view, a), *y = observation_at(view, b);

    return !x->value.known && !y->value.known && x->status == y->status;
}

static uint64_t read_id(const struct part *part, struct view *view, uint32_t row)
{
    (void)part;
    buf_clear(&view->scratch);
    row_print_id(view->dataset, view->query->collection, row, &view->scratch);
    struct value value = scratch_value(view, SME_CODE);
    return place_of_value(&value);
}

/* Making. */

static bool is_begun(const struct part *part)
{
    return part->column || part->read == read_id;
}

static struct part *add_part(struct order *order, bool descending, uint64_t size,
                             uint64_t (*read)(const struct part *part, struct view *view, uint32_t row))
{
    struct part *part = &order->parts[order->part_count++];

    *part = (struct part){.read = read, .size = size ? size : 1, .descending = descending};
    return part;
}

static void add_indicator(struct order *order, bool descending, enum ranking ranking)
{
    const struct sme_dataset *d = order->query->dataset;

    add_part(order, descending, d->indicator_count, read_indicator)->ranks = d->ranks.indicators[ranking];
}

static void add_member(struct order *order, bool descending, size_t dimension, uint32_t *const *ranks)
{
    uint32_t values = order->query->dataset->dimensions[dimension].value_count;
    struct part *part = add_part(order, descending, values, read_member);

    part->ranks = ranks[dimension];
    part->offset = dimension;
}

static void add_word(struct order *order, bool descending, size_t offset, const struct words *words)
{
    uint8_t count = words_count(words);
    struct part *part = add_part(order, descending, count, read_word);

    part->offset = offset;
    for (uint8_t i = 0; i < count; i++)
        for (uint8_t j = 0; j < count; j++)
            part->words[i] = (uint8_t)(part->words[i] + (strcmp(words->names[j], words->names[i]) < 0));
}

/* All digits but the last of the most that there may be, and that one. */
static void add_number(struct order *order, bool descending, size_t offset,
                       uint64_t (*read)(const struct part *part, struct view *view, uint32_t row))
{
    add_part(order, descending, DECIMAL_PLACES, read)->offset = offset;
    struct part *last = add_part(order, descending, 10, read);
    last->offset = offset;
    last->last_digit = true;
}

static void add_closed(struct order *order, bool descending, enum side side)
{
    static const struct unit unbounded;
    struct part *part = add_part(order, descending, 2, read_closed);

    part->offset = side;
    for (uint8_t qualifier = 0; qualifier < words_count(&qualifier_words); qualifier++) {
        struct observation o = {.value.known = true, .details = &no_details, .qualifier = qualifier};
        enum closed closed = interval_closed(&o, &unbounded, side);

        part->words[qualifier] = closed == CLOSED_UNKNOWN ? ASK_INTERVAL : closed == CLOSED_YES;
    }
}

static bool has_observations(enum collection collection)
{
    return collection == OBSERVATIONS || collection == TARGETS;
}

/* An observation's parts one after another, or what is printed. */
static void add_id(struct order *order, bool descending)
{
    const struct sme_dataset *d = order->query->dataset;

    if (!has_observations(order->query->collection)) {
        add_part(order, descending, DECIMAL_PLACES, read_id);
        return;
    }
    add_indicator(order, descending, RANKED_IN_IDS);
    add_part(order, descending, PERIOD_PLACES, read_period_in_id);
    add_word(order, descending, offsetof(struct observation, kind), &kind_words);
    for (uint32_t k = 0; k < d->dimension_count; k++)
        add_member(order, descending, k, d->ranks.members_in_ids);
}

static void add_display(struct order *order, bool descending, const struct column *column)
{
    struct part *part = add_part(order, descending, DECIMAL_PLACES, read_display);

    assert(strncmp(phrase_printed[QUALIFIER_EXACT][0], "{}", 2) == 0 &&
           strncmp(phrase_printed[QUALIFIER_EXACT][1], "{}", 2) == 0);
    part->column = column;
    part->compare_begin = compare_first_digit;
    part->same = same_display;
    part->number_first = true;
    for (uint32_t u = 0; u < order->query->dataset->unit_count; u++)
        part->number_first = part->number_first && unit_is_behind(order->view, &order->query->dataset->units[u]);
}

/* A column of observations or targets of which more is known than its values. False: it is none. */
static bool add_known(struct order *order, const struct column *column, bool down)
{
    const struct sme_dataset *d = order->query->dataset;
    const char *name = column->name;

    if (column->kind == COLUMN_WORD)
        add_word(order, down, column->offset, column->words);
    else if (column->kind == COLUMN_MEMBER)
        add_member(order, down, column->offset, d->ranks.members);
    else if (strcmp(name, "indicator") == 0)
        add_indicator(order, down, RANKED_BY_CODE);
    else if (strcmp(name, "name") == 0)
        add_indicator(order, down, RANKED_BY_NAME + order->view->language);
    else if (strcmp(name, "category") == 0)
        add_indicator(order, down, RANKED_BY_CATEGORY);
    else if (strcmp(name, "unit") == 0)
        add_indicator(order, down, RANKED_BY_UNIT);
    else if (strcmp(name, "source") == 0)
        add_part(order, down, d->source_count, read_source)->ranks = d->ranks.sources;
    else if (strcmp(name, "year") == 0)
        add_part(order, down, 10000, read_year);
    else if (strcmp(name, "period") == 0)
        add_part(order, down, PERIOD_PLACES, read_period);
    else if (strcmp(name, "as_of") == 0)
        add_part(order, down, PERIOD_PLACES, read_as_of);
    else if (strcmp(name, "value") == 0)
        add_number(order, down, 0, read_value);
    else if (strcmp(name, "lower") == 0)
        add_number(order, down, LOWER, read_end);
    else if (strcmp(name, "upper") == 0)
        add_number(order, down, UPPER, read_end);
    else if (strcmp(name, "lower_closed") == 0)
        add_closed(order, down, LOWER);
    else if (strcmp(name, "upper_closed") == 0)
        add_closed(order, down, UPPER);
    else if (strcmp(name, "wording") == 0)
        add_part(order, down, DECIMAL_PLACES, read_wording)->column = column;
    else if (strcmp(name, "population") == 0)
        add_part(order, down, DECIMAL_PLACES, read_population)->column = column;
    else if (strcmp(name, "display") == 0)
        add_display(order, down, column);
    else
        return false;
    return true;
}

/* Puts as many parts into a word as have room. What is only begun ends its word, since the rest of it comes next. */
static void pack(struct order *order)
{
    unsigned room = 0;

    for (uint32_t i = 0; i < order->part_count; i++) {
        struct part *part = &order->parts[i];

        part->bits = 64 - (unsigned)__builtin_clzll(part->size);
        if (room < part->bits) {
            order->word_count++;
            room = 64;
        }
        room = is_begun(part) ? 0 : room - part->bits;
        part->shift = room;
        order->ends[order->word_count - 1] = i + 1;
    }
}

void order_make(struct order *ret_order, const struct sme_query *query, struct view *view)
{
    bool known = has_observations(query->collection), has_id = false;

    *ret_order = (struct order){.query = query, .view = view};
    ret_order->targets = query->collection == TARGETS ? query->dataset->targets : NULL;
    for (uint32_t k = 0; k < query->sort_count && !has_id; k++) {
        const struct column *column = query->sort[k].column;
        bool down = query->sort[k].descending;

        has_id = known && strcmp(column->name, "id") == 0; /* there are no two of them */
        if (has_id)
            add_id(ret_order, down);
        else if (!known || !add_known(ret_order, column, down))
            add_part(ret_order, down, DECIMAL_PLACES, read_any)->column = column;
    }
    if (!has_id)
        add_id(ret_order, false);
    pack(ret_order);
}

/* The observation that a part reads of a row. */
static uint32_t observation_in(const struct order *order, const struct part *part, uint32_t row)
{
    return order->targets && part->read != read_any ? order->targets[row] : row;
}

/* A row's place in a part as it stands in a word. */
static inline uint64_t read_part(const struct order *order, const struct part *part, uint32_t row)
{
    uint64_t place = part->read(part, order->view, observation_in(order, part, row));

    if (place == NO_PLACE)
        return part->size;
    return part->descending ? part->size - 1 - place : place;
}

/* Compares a row with a place in a part by the row's beginning. 0: that doesn't tell. */
static inline int compare_beginning(const struct order *order, const struct part *part, uint32_t row, uint64_t place)
{
    uint64_t text = part->descending ? part->size - 1 - place : place;

    if (!part->compare_begin || place == part->size)
        return 0;
    int way = part->compare_begin(part, order->view, observation_in(order, part, row),
                                  (unsigned char)(text >> 8 * (BEGINNING - 1)));
    return part->descending ? -way : way;
}

uint64_t order_word(const struct order *order, uint32_t row, uint32_t word)
{
    uint64_t bits = 0;

    for (uint32_t i = word ? order->ends[word - 1] : 0; i < order->ends[word]; i++)
        bits |= read_part(order, &order->parts[i], row) << order->parts[i].shift;
    return bits;
}

void order_places(const struct order *order, uint32_t row, uint64_t ret_places[PARTS_MAX])
{
    for (uint32_t i = 0; i < order->part_count; i++)
        ret_places[i] = read_part(order, &order->parts[i], row);
}

/* What is only begun may differ in the rest, unless there is nothing. */
static bool part_has_rest(const struct part *part, uint64_t place)
{
    return is_begun(part) && place != part->size;
}

/* Whether a row comes after the one with these places, as far as they tell: nearly always the first one does. */
static inline bool is_beyond(const struct order *order, uint32_t row, const uint64_t places[PARTS_MAX])
{
    for (uint32_t i = 0; i < order->part_count; i++) {
        const struct part *part = &order->parts[i];
        int beginning = compare_beginning(order, part, row, places[i]);

        if (beginning != 0)
            return beginning > 0;
        uint64_t place = read_part(order, part, row);
        if (place != places[i])
            return place > places[i];
        if (part_has_rest(part, place))
            return false;
    }
    return false;
}

uint32_t order_next(const struct order *order, const struct bitmap *rows, struct bitmap_walk *walk,
                    const uint64_t places[PARTS_MAX])
{
    const struct buf *scratch = &order->view->scratch;
    uint32_t row;

    do
        row = bitmap_walk(rows, walk);
    while (row != NONE && is_beyond(order, row, places) && scratch->status == SME_OK);
    return row;
}

bool order_has_rest(const struct order *order, uint32_t word, uint64_t bits)
{
    return part_has_rest(&order->parts[order->ends[word] - 1], bits); /* what is begun fills its word */
}

/* A value's text behind the others in `texts`; the place of its first byte. */
static size_t keep_text(const struct order *order, const struct part *part, uint32_t row, struct buf *texts,
                        struct value *ret_value)
{
    size_t at = texts->length;

    if (part->read == read_id) {
        *ret_value = (struct value){.type = SME_CODE};
        row_print_id(order->query->dataset, order->query->collection, row, texts);
    } else {
        *ret_value = value_of(part, order->view, row);
        buf_add(texts, ret_value->text ? ret_value->text : "", ret_value->text ? ret_value->length : 0);
    }
    buf_char(texts, '\0');
    return at;
}

int order_compare_rest(const struct order *order, uint32_t word, uint32_t a, uint32_t b, bool *ret_no_memory)
{
    const struct part *part = &order->parts[order->ends[word] - 1];
    struct buf texts = BUF_INIT(SME_ANSWER_BYTES_MAX);
    struct value x, y;
    int result = 0;

    if (part->same && part->same(order->view, observation_in(order, part, a), observation_in(order, part, b)))
        return 0;
    size_t first = keep_text(order, part, a, &texts, &x), second = keep_text(order, part, b, &texts, &y);
    if (texts.status != SME_OK || order->view->scratch.status != SME_OK)
        *ret_no_memory = true;
    else if (x.type == SME_NUMBER)
        result = decimal_compare(x.number, y.number);
    else if (x.type != SME_BOOLEAN)
        result = strcmp(texts.bytes + first, texts.bytes + second);
    buf_finish(&texts);
    return part->descending ? -result : result;
}
