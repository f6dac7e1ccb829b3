/* SPDX-License-Identifier: MIT */
/* What the columns are taken for. */
#include "drafting.h"

#include <stdlib.h>
#include <string.h>

static const char not_given[] = "not-given"; /* the code of an empty cell */

static const char *ordinal(struct sme_draft *d, unsigned column)
{
    unsigned n = column + 1, tens = n % 100 / 10;
    const char *suffix = tens == 1 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";

    return draft_print(d, "column '%s' (%u%s)", d->columns[column].header, n, suffix);
}

static void leave_out(struct sme_draft *d, unsigned column, const char *why)
{
    d->columns[column].use = USE_LEFT_OUT;
    draft_remark(d, draft_print(d, "%s: left out: %s", ordinal(d, column), why));
}

static bool is_free(const struct draft_column *c)
{
    return c->use == USE_NONE;
}

/* The format that most cells of a column have; PERIOD_FORMATS: hardly any has one. */
static unsigned best_format(const struct sme_draft *d, const struct draft_column *c)
{
    unsigned best = 0;

    for (unsigned i = 1; i < PERIOD_FORMATS; i++)
        if (c->periods[i] > c->periods[best])
            best = i;
    return c->periods[best] > 0 && c->periods[best] >= d->rows - d->rows / 20 ? best : PERIOD_FORMATS;
}

/* Days and months can be told apart once a number above 12 is met. */
static void tell_two_readings(struct sme_draft *d, const struct draft_column *c)
{
    const char *format = observation_period_formats.names[d->format];

    for (unsigned i = (unsigned)d->format + 1; i < PERIOD_FORMATS; i++) {
        const char *other = observation_period_formats.names[i];

        if (c->periods[i] != c->periods[d->format] || (*format == 'D') == (*other == 'D') ||
            strlen(format) != strlen(other))
            continue;
        d->undecided = true;
        draft_remark(d, draft_print(d, "%s could as well be %s: choose at /observation_files/0/period_format",
                                    ordinal(d, (unsigned)d->period), other));
    }
}

static void guess_period(struct sme_draft *d)
{
    int best_rank = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];
        unsigned format = best_format(d, c);
        /* A header that says so is better than a day, which is better than four digits. */
        int rank = (draft_means(c->header, PERIOD_WORD) ? 2 : 0) + (format > 0);

        if (!is_free(c) || format == PERIOD_FORMATS || rank <= best_rank ||
            (rank == 0 && draft_means(c->header, VALUE_WORD)))
            continue;
        best_rank = rank;
        d->period = (int)i;
        d->format = (int)format;
    }
    if (d->period < 0) {
        draft_remark(d, "no column holds periods: fill in /as_of, /sources/0/date and, if all rows are of one period, "
                        "/observation_files/0/constants");
        return;
    }
    struct draft_column *c = &d->columns[d->period];
    c->use = USE_PERIOD;
    draft_remark(d, draft_print(d, "%s: the period, as %s", ordinal(d, (unsigned)d->period),
                                observation_period_formats.names[d->format]));
    if (c->periods[d->format] < d->rows)
        draft_remark(d, draft_print(d, "%s: no such period in %s", ordinal(d, (unsigned)d->period),
                                    draft_amount(d, d->rows - c->periods[d->format], "cell")));
    tell_two_readings(d, c);
}

static bool is_list(const struct sme_draft *d, const struct draft_column *c, uint32_t most)
{
    return is_free(c) && !c->texts.many && c->texts.count > 0 && c->texts.count <= most && !c->unprintable &&
           c->empty == 0 && d->rows > 0;
}

/* The one column with such a header that is a list; of several, one of codes. */
static int find_list(const struct sme_draft *d, enum meaning meaning)
{
    int found = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];

        if (draft_means(c->header, meaning) && is_list(d, c, INDICATORS_MAX) && c->numbers == 0 &&
            (found < 0 || (draft_means(c->header, CODE_WORD) && !draft_means(d->columns[found].header, CODE_WORD))))
            found = (int)i;
    }
    return found;
}

static bool is_value(const struct sme_draft *d, const struct draft_column *c)
{
    return is_free(c) && !c->odd.many && c->numbers > 0 && c->numbers >= d->rows / 2;
}

static void tell_no_value(struct sme_draft *d, unsigned candidates, unsigned years)
{
    struct buf names = BUF_INIT(1024);

    for (unsigned i = 0; i < d->column_count && names.length < 400; i++) {
        if (!is_value(d, &d->columns[i]))
            continue;
        buf_text(&names, names.length ? ", '" : "'");
        buf_text(&names, d->columns[i].header);
        buf_text(&names, "'");
    }
    if (names.status == SME_NO_MEMORY)
        d->no_memory = true;
    if (years > 1)
        draft_remark(
            d, "columns are headed by years: such wide files are not supported; put each number into a row of its "
               "own, beside its period");
    else if (candidates > 0)
        draft_remark(
            d,
            draft_print(d,
                        "the columns %s hold numbers: fill in the one of values at /observation_files/0/columns/value, "
                        "or put each number into a row of its own",
                        buf_string(&names)));
    else
        draft_remark(d, "no column holds numbers: fill in the one of values at /observation_files/0/columns/value");
    buf_finish(&names);
}

bool draft_is_mistaken(const struct counted *text)
{
    return strpbrk(text->text, "0123456789") || !observation_text_is_printable(text->text, text->length);
}

static void tell_value(struct sme_draft *d)
{
    const struct draft_column *c = &d->columns[d->value];

    draft_remark(d, draft_print(d, "%s: the value", ordinal(d, (unsigned)d->value)));
    for (uint32_t i = 0; i < c->odd.count; i++) {
        const struct counted *text = &c->odd.items[i];

        if (draft_is_mistaken(text))
            draft_remark(d, draft_print(d, "%s: '%s' is no plain number: %s", ordinal(d, (unsigned)d->value),
                                        draft_beginning(d, text->text), draft_amount(d, text->count, "cell")));
        else
            draft_remark(
                d, draft_print(d,
                               "%s: %s%s%s is no number: %s, taken for missing; if they were withheld, move it to "
                               "/observation_files/0/suppressed",
                               ordinal(d, (unsigned)d->value), text->length ? "'" : "an empty cell",
                               draft_beginning(d, text->text), text->length ? "'" : "",
                               draft_amount(d, text->count, "cell")));
    }
}

static void guess_value(struct sme_draft *d)
{
    unsigned candidates = 0, named = 0, years = 0;
    int last = -1, last_named = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];

        years += draft_is_year(c->header);
        if (!is_value(d, c) || draft_means(c->header, CODE_WORD) || draft_means(c->header, NOTE_WORD))
            continue;
        candidates++;
        last = (int)i;
        if (draft_means(c->header, VALUE_WORD)) {
            named++;
            last_named = (int)i;
        }
    }
    d->value = named == 1 ? last_named : candidates == 1 ? last : -1;
    if (d->value >= 0 && years < 2) {
        d->columns[d->value].use = USE_VALUE;
        tell_value(d);
    } else {
        d->value = -1;
        tell_no_value(d, candidates, years);
    }
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];

        if (is_value(d, c) && !draft_means(c->header, CODE_WORD) &&
            (d->value < 0 || c->fraction || c->texts.many || c->texts.count > d->rows / 2))
            leave_out(d, i, "numbers, but not the column of values");
    }
}

void draft_guess_lists(struct sme_draft *d)
{
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];
        bool twice = false;

        for (unsigned k = 0; k < d->column_count; k++)
            twice = twice || (k != i && strcmp(d->columns[k].header, c->header) == 0);
        if (!*c->header)
            leave_out(d, i, "it has no header");
        else if (twice)
            leave_out(d, i, "another column has the same header");
    }
    guess_period(d);
    d->unit = find_list(d, UNIT_WORD);
    if (d->unit >= 0)
        d->columns[d->unit].use = USE_UNIT;
    guess_value(d);
    d->indicator = find_list(d, INDICATOR_WORD);
    if (d->indicator >= 0)
        d->columns[d->indicator].use = USE_INDICATOR;
}

/* Pairs. */

static void add_pair(struct sme_draft *d, unsigned from, unsigned to, bool by_header)
{
    if (d->pair_count == PAIRS_MAX)
        return;
    struct pair *pair = &d->pairs[d->pair_count];
    *pair = (struct pair){.from = from, .to = to, .by_header = by_header};
    pair->rows = arena_alloc(&d->arena, d->columns[from].texts.count * sizeof *pair->rows);
    d->no_memory = d->no_memory || !pair->rows;
    d->pair_count++;
}

static bool is_code_of(const struct draft_column *code, const struct draft_column *name)
{
    return strcasecmp(code->stem, name->stem) == 0 && strcasecmp(code->header, name->header) != 0 &&
           !draft_means(code->header, NAME_WORD) && !draft_means(name->header, CODE_WORD) &&
           (draft_means(code->header, CODE_WORD) || draft_means(name->header, NAME_WORD));
}

/* Whether a column's texts are fit to be codes: shorter than what the other one has, and Latin. */
static bool is_terse(const struct draft_column *code, const struct draft_column *name)
{
    char made[CODE_BYTES_MAX + 2];

    if (code->texts.bytes >= name->texts.bytes)
        return false;
    for (uint32_t i = 0; i < code->texts.count; i++)
        if (observation_code_make(code->texts.items[i].text, code->texts.items[i].length, made, sizeof made) == 0)
            return false;
    return true;
}

void draft_guess_pairs(struct sme_draft *d)
{
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *code = &d->columns[i];

        if (code->texts.many || code->unprintable || code->empty > 0 ||
            (code->use != USE_NONE && code->use != USE_INDICATOR))
            continue;
        for (unsigned k = 0; k < d->column_count; k++) {
            const struct draft_column *name = &d->columns[k];

            if (k == i || !is_list(d, name, DIMENSION_VALUES_MAX) || draft_means(name->header, NOTE_WORD))
                continue;
            if (is_code_of(code, name))
                add_pair(d, i, k, true);
            else if (name->texts.count == code->texts.count && code->texts.count > 1 && code->texts.count < d->rows &&
                     name->numbers == 0 && is_terse(code, name))
                add_pair(d, i, k, false);
        }
    }
    if (d->indicator >= 0 && d->unit >= 0)
        add_pair(d, (unsigned)d->indicator, (unsigned)d->unit, true);
}

void draft_use_pairs(struct sme_draft *d)
{
    for (unsigned p = 0; p < d->pair_count; p++)
        for (uint32_t i = 0; i < d->columns[d->pairs[p].from].texts.count; i++)
            if (d->pairs[p].rows[i] == 0)
                d->pairs[p].broken = true; /* the file changed meanwhile */
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned p = 0; p < d->pair_count; p++) {
            const struct pair *pair = &d->pairs[p];
            struct draft_column *from = &d->columns[pair->from], *to = &d->columns[pair->to];

            if (pair->by_header != (round == 0) || to->use != USE_NONE || from->names > 0 || from->use == USE_NAME)
                continue;
            if (pair->broken && pair->by_header && to->texts.count <= from->texts.count)
                draft_remark(
                    d, draft_print(d, "column '%s': more than one name for a code of '%s'", to->header, from->header));
            if (pair->broken)
                continue;
            from->names = pair->to + 1;
            from->name_rows = pair->rows;
            to->use = USE_NAME;
        }
    }
    const struct pair *last = d->pair_count ? &d->pairs[d->pair_count - 1] : NULL;
    if (last && d->unit >= 0 && last->to == (unsigned)d->unit && !last->broken)
        d->indicator_units = last->rows;
}

void draft_guess_units(struct sme_draft *d)
{
    if (d->unit < 0)
        return;
    const struct draft_column *c = &d->columns[d->unit];
    if (d->indicator_units || c->texts.count == 1) {
        draft_remark(d, draft_print(d, "%s: the unit of each indicator, %u different", ordinal(d, (unsigned)d->unit),
                                    c->texts.count));
        return;
    }
    d->undecided = true;
    draft_remark(
        d, draft_print(d,
                       "%s: left out: values of one indicator have different units; give each unit an indicator of its "
                       "own",
                       ordinal(d, (unsigned)d->unit)));
    d->columns[d->unit].use = USE_LEFT_OUT;
    d->unit = -1;
}

const char *draft_unique_code(struct sme_draft *d, struct lookup *taken, const char *text, size_t length,
                              const char *otherwise, bool *ret_plain)
{
    char code[CODE_BYTES_MAX + 2];
    size_t made = observation_code_make(text, length, code, sizeof code);
    const char *result;

    *ret_plain = made > 0 && made <= CODE_BYTES_MAX;
    result = draft_print(d, "%.*s", *ret_plain ? (int)made : (int)strlen(otherwise), *ret_plain ? code : otherwise);
    if (!*ret_plain || lookup_find(taken, result, strlen(result)) != LOOKUP_NOTHING) {
        const char *base = result;
        int room = CODE_BYTES_MAX - 8;
        unsigned number = *ret_plain ? 2 : taken->count + 1;

        *ret_plain = false;
        while (room > 1 && (int)strlen(base) > room && base[room - 1] == '-')
            room--;
        do
            result = draft_print(d, "%.*s-%u", room, base, number++);
        while (!d->no_memory && lookup_find(taken, result, strlen(result)) != LOOKUP_NOTHING);
    }
    if (!lookup_add(taken, result, strlen(result), 0, RANK_CODE))
        d->no_memory = true;
    return result;
}

/* Gives each text of a column a code. */
static void make_codes(struct sme_draft *d, struct draft_column *c)
{
    struct lookup taken = {0};
    uint32_t count = 0, other;
    bool indicator = c->use == USE_INDICATOR;

    c->codes = arena_alloc(&d->arena, c->texts.count * sizeof *c->codes);
    c->plain = arena_alloc(&d->arena, c->texts.count * sizeof *c->plain);
    c->mapped = arena_alloc(&d->arena, c->texts.count * sizeof *c->mapped);
    if (!c->codes || !c->plain || !c->mapped ||
        (c->empty > 0 && !lookup_add(&taken, not_given, strlen(not_given), 0, RANK_CODE)))
        d->no_memory = true;
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++) {
        const struct counted *text = &c->texts.items[i];

        c->codes[i] = not_given;
        if (text->length > 0)
            c->codes[i] =
                draft_unique_code(d, &taken, text->text, text->length, indicator ? "indicator" : "value", &c->plain[i]);
        count += !c->plain[i];
    }
    c->declared = indicator || count > MAPPED_MAX;
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++)
        c->mapped[i] = !c->plain[i] && (!c->declared || c->texts.items[i].length == 0);
    /* A text that is the code of another one would be found as that. */
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++) {
        other = lookup_find(&c->texts.lookup, c->codes[i], strlen(c->codes[i]));
        if (other != LOOKUP_NOTHING && other != i)
            c->mapped[i] = c->mapped[other] = true;
    }
    lookup_finish(&taken);
}

static void guess_dimension(struct sme_draft *d, struct lookup *taken, unsigned column, unsigned *count)
{
    struct draft_column *c = &d->columns[column];
    bool plain;

    if (draft_means(c->header, NOTE_WORD)) {
        leave_out(d, column, "remarks");
    } else if (c->unprintable) {
        leave_out(d, column, "texts that are not UTF-8, or hold control characters");
    } else if (c->texts.many) {
        leave_out(d, column, "too many different texts, or longer ones than 4096 bytes");
    } else if (c->texts.count == 1 && d->rows > 1) {
        const char *always = c->texts.items[0].text;

        leave_out(d, column,
                  *always ? draft_print(d, "it always says '%s', which became a note", draft_beginning(d, always))
                          : "it is empty");
        if (*always && d->note_count < NOTES_MAX)
            d->notes[d->note_count++] = draft_print(d, "%s: %s", c->header, always);
    } else if (*count == SME_DIMENSIONS_MAX) {
        leave_out(d, column, "a dataset has at most 8 dimensions");
        d->undecided = true;
    } else {
        (*count)++;
        const char *stem = c->names ? c->stem : c->header;
        char made[CODE_BYTES_MAX + 2];
        size_t length = observation_code_make(stem, strlen(stem), made, sizeof made);
        made[length < sizeof made ? length : 0] = '\0';
        if (length > 0 && dimension_is_reserved(made))
            stem = draft_print(d, "%s-column", made);
        c->code = draft_unique_code(d, taken, stem, strlen(stem), "dimension", &plain);
        c->use = USE_DIMENSION;
        make_codes(d, c);
        draft_remark(d, draft_print(d, "%s: a dimension '%s', %s%s%s%s%s", ordinal(d, column), c->code,
                                    draft_amount(d, c->texts.count, "value"), c->names ? ", with the names in '" : "",
                                    c->names ? d->columns[c->names - 1].header : "", c->names ? "'" : "",
                                    c->empty ? "; an empty cell is 'not-given'" : ""));
    }
}

void draft_guess_dimensions(struct sme_draft *d)
{
    struct lookup taken = {0};
    unsigned count = 0;

    if (d->indicator >= 0) {
        struct draft_column *c = &d->columns[d->indicator];

        make_codes(d, c);

        draft_remark(d, draft_print(d, "%s: the indicator, %u different%s%s%s", ordinal(d, (unsigned)d->indicator),
                                    c->texts.count, c->names ? ", with the names in '" : "",
                                    c->names ? d->columns[c->names - 1].header : "", c->names ? "'" : ""));
    }
    for (unsigned i = 0; i < d->column_count && !d->no_memory; i++)
        if (is_free(&d->columns[i]) && d->rows > 0)
            guess_dimension(d, &taken, i, &count);
    lookup_finish(&taken);
}
