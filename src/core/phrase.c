/* SPDX-License-Identifier: MIT */
/*
 * Reading numbers in words. Every phrase is tried in every way in which it can fit, so that a text with two meanings is
 * noticed and refused; texts and phrases are short, and most phrases end at their first letter.
 */
#include "phrase.h"
#include "unicode.h"

#include <string.h>

/* One way to write the unit: what stands before and behind the number. The empty form is the number alone. */
struct form {
    const char *before, *behind;
    size_t before_length, behind_length;
    bool percent;
};

struct amount {
    struct decimal value;
    char literal[PHRASE_LITERAL_BYTES];
    unsigned power;
    size_t start;
    bool before, behind; /* the form's parts that stand with it */
};

struct matcher {
    const char *text;
    size_t length;
    const struct unit *unit;
    uint32_t languages;
    const struct phrase_row *row;
    struct form form;
    bool before; /* the form's first part stands before the phrase */
    struct amount amounts[2];
    struct phrase_reading *reading;
    bool found;
    size_t far; /* how far any phrase came, what stopped it there, and the place to tell of */
    enum phrase_error why;
    size_t place;
    size_t percent; /* where the percent sign is */
    bool has[256];  /* characters that are there, by their last byte: what is not among them need not be looked for */
};

/* The character at a place with its width forgotten: full-width forms are narrow ones, and every space is a space. Only
 * width: NFKC would make 102 of 10². */
static uint32_t character(const char *text, size_t length, size_t at, size_t *ret_size)
{
    const unsigned char *b = (const unsigned char *)text + at;
    size_t size = at < length ? utf8_character(text + at, length - at) : 0;
    uint32_t point = size ? b[0] : 0xfffd;

    *ret_size = size ? size : 1;
    if (size == 2)
        point = (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    else if (size == 3)
        point = (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    else if (size == 4)
        point = (b[0] & 0x07u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    if (point >= 0xff01 && point <= 0xff5e)
        return point - 0xfee0;
    if (point == 0x3000 || point == 0xa0 || point == 0x2009 || point == 0x202f)
        return ' ';
    if (point == 0x2212)
        return '-';
    return point == 0x301c ? '~' : point;
}

static bool is_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

static bool is_letter(uint32_t point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
}

static uint32_t lower(uint32_t point)
{
    return point >= 'A' && point <= 'Z' ? point + 32 : point;
}

static size_t skip_spaces(const struct matcher *m, size_t at)
{
    size_t size;

    while (at < m->length && character(m->text, m->length, at, &size) == ' ')
        at += size;
    return at;
}

static bool letter_at(const struct matcher *m, size_t at)
{
    size_t size;

    return at < m->length && is_letter(character(m->text, m->length, at, &size));
}

/* Two words need a space between them. */
static bool splits_word(const struct matcher *m, size_t at)
{
    size_t before = at;

    if (!letter_at(m, at) || at == 0)
        return false;
    while (before > 0 && ((unsigned char)m->text[--before] & 0xc0) == 0x80)
        ;
    return letter_at(m, before);
}

/* Whether words of ours stand at a place; a space of theirs is any number of spaces. */
static bool match_words(const struct matcher *m, const char *words, size_t words_length, bool fold, size_t *at)
{
    size_t here = *at, i = 0, size, words_size;

    while (i < words_length) {
        uint32_t wanted = character(words, words_length, i, &words_size);
        uint32_t found = character(m->text, m->length, here, &size);

        if (here >= m->length || wanted == 0xfffd || (fold ? lower(wanted) != lower(found) : wanted != found))
            return false;
        here += size;
        if (wanted == ' ')
            here = skip_spaces(m, here);
        i += words_size;
    }
    *at = here;
    return true;
}

/* False when words cannot stand anywhere, for want of their first character. */
static bool may_stand(const struct matcher *m, const char *words, size_t length)
{
    size_t size;

    return length == 0 || m->has[lower(character(words, length, 0, &size)) & 0xff];
}

static void note_at(struct matcher *m, size_t far, enum phrase_error why, size_t place)
{
    if (m->why != PHRASE_OK && (far < m->far || (far == m->far && why <= m->why)))
        return;
    m->far = far;
    m->why = why;
    m->place = place;
}

static void note(struct matcher *m, size_t at, enum phrase_error why)
{
    note_at(m, at, why, at);
}

/* Digits as they are written: commas between all threes or none, digits on both sides of a point. */
struct digits {
    bool negative;
    char plain[PHRASE_DIGITS_MAX + 2]; /* without commas */
    size_t length, point;              /* where the point is, or the length */
};

static enum phrase_error read_digits(const struct matcher *m, size_t *at, struct digits *ret_digits)
{
    struct digits digits = {0};
    size_t here = *at, size, since_comma = 0;
    bool commas = false, point = false, right = true;
    uint32_t c = character(m->text, m->length, here, &size);

    if (here < m->length && c == '-') {
        digits.negative = true;
        here += size;
        c = character(m->text, m->length, here, &size);
    }
    if (here >= m->length || !is_digit(c))
        return PHRASE_NO_NUMBER;
    for (; here < m->length && (is_digit(c) || c == ',' || c == '.'); c = character(m->text, m->length, here, &size)) {
        if (c == ',') {
            right = right && !point && since_comma <= 3 && since_comma > 0 && (!commas || since_comma == 3);
            commas = true;
            since_comma = 0;
        } else if (digits.length > PHRASE_DIGITS_MAX) {
            return PHRASE_TOO_MANY_DIGITS;
        } else {
            if (c == '.') {
                right = right && !point && since_comma > 0 && (!commas || since_comma == 3);
                point = true;
                digits.point = digits.length;
            }
            since_comma += c != '.' && !point;
            digits.plain[digits.length++] = (char)c;
        }
        here += size;
    }
    if (!point)
        digits.point = digits.length;
    if (!right || (!point && commas && since_comma != 3) || digits.point + 1 == digits.length)
        return PHRASE_BAD_DIGITS;
    *at = here;
    *ret_digits = digits;
    return PHRASE_OK;
}

/* The digits with the point moved to the right, and what they are as a number. */
static enum phrase_error scale_digits(const struct digits *digits, unsigned power, char literal[PHRASE_LITERAL_BYTES],
                                      struct decimal *ret_value)
{
    size_t length = 0, point = digits->point + power;

    if (digits->negative)
        literal[length++] = '-';
    size_t first = length;
    for (size_t i = 0, place = 0; place < point || i < digits->length; i++) {
        if (i == digits->point && i < digits->length)
            continue;
        if (place == point)
            literal[length++] = '.';
        literal[length++] = i < digits->length ? digits->plain[i] : '0';
        place++;
    }
    literal[length] = '\0';
    /* "0.5 million" begins with a zero that now means nothing; "007" is as wrong with a scale as without. */
    while (power > 0 && digits->plain[0] == '0' && digits->point == 1 && literal[first] == '0' && literal[first + 1] &&
           literal[first + 1] != '.')
        memmove(literal + first, literal + first + 1, length-- - first);
    switch (decimal_parse(literal, length, ret_value)) {
    case DECIMAL_OK:
        return PHRASE_OK;
    case DECIMAL_TOO_LONG:
        return PHRASE_TOO_MANY_DIGITS;
    case DECIMAL_SYNTAX:
        break;
    }
    return PHRASE_BAD_DIGITS;
}

static bool has_percent(const struct matcher *m)
{
    const struct amount *amounts = m->amounts;

    return m->form.percent &&
           (m->before || amounts[0].before || amounts[0].behind || amounts[1].before || amounts[1].behind);
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && **text == ' ') {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && (*text)[*length - 1] == ' ')
        (*length)--;
}

/* Without {}, the pattern is the unit's name, which stands behind. */
static struct form form_of(const char *pattern)
{
    const char *hole = strstr(pattern, "{}");
    struct form form = {.before = pattern, .behind = hole ? hole + 2 : pattern};

    form.before_length = hole ? (size_t)(hole - pattern) : 0;
    form.behind_length = strlen(form.behind);
    trim(&form.before, &form.before_length);
    trim(&form.behind, &form.behind_length);
    return form;
}

static bool same_words(const char *a, size_t a_length, const char *b, size_t b_length)
{
    const struct matcher words = {.text = a, .length = a_length};
    size_t at = 0;

    return match_words(&words, b, b_length, true, &at) && at == a_length;
}

static bool is_percent(const struct form *form)
{
    for (size_t i = 0; i < phrase_percent_count; i++) {
        struct form percent = form_of(phrase_percents[i]);

        if (same_words(form->before, form->before_length, percent.before, percent.before_length) &&
            same_words(form->behind, form->behind_length, percent.behind, percent.behind_length))
            return true;
    }
    return false;
}

/* The ways to write a unit: its patterns, then its names. False after the last one. */
static bool unit_form(const struct unit *unit, uint32_t languages, uint32_t i, struct form *ret_form)
{
    static const struct str nothing = {.text = ""};
    const struct str *texts = i < languages ? unit->pattern : unit->name;
    const struct str *text = i >= 2 * languages || !texts ? &nothing : &texts[i < languages ? i : i - languages];

    *ret_form = form_of(text->text ? text->text : "");
    return i < 2 * languages;
}

static bool is_percentage(const struct unit *unit, uint32_t languages)
{
    struct form form;

    for (uint32_t i = 0; unit_form(unit, languages, i, &form); i++)
        if (is_percent(&form))
            return true;
    return false;
}

static bool same_reading(const struct phrase_reading *a, const struct phrase_reading *b)
{
    return a->qualifier == b->qualifier && a->had_percent == b->had_percent &&
           decimal_compare(a->value, b->value) == 0 && decimal_compare(a->upper, b->upper) == 0;
}

/* Whether the second number's scale could be meant for the first one too. */
static bool may_share_scale(const struct amount *lower_end, const struct amount *upper_end)
{
    struct decimal scaled = lower_end->value;

    if (lower_end->power > 0 || upper_end->power == 0 || scaled.coefficient == 0)
        return false;
    scaled.exponent += (int)upper_end->power;
    return decimal_compare(scaled, upper_end->value) < 0;
}

/* The phrase fits the whole text: what it says is kept, unless it cannot be meant. */
static void keep_reading(struct matcher *m)
{
    const struct amount *value = &m->amounts[0], *upper = &m->amounts[1];
    bool between = m->row->qualifier == QUALIFIER_BETWEEN;
    struct phrase_reading reading = {
        .qualifier = (enum qualifier)m->row->qualifier,
        .alone = strcmp(m->row->pattern, "{}") == 0,
        .had_percent = has_percent(m),
        .value = value->value,
    };

    memcpy(reading.value_literal, value->literal, sizeof reading.value_literal);
    if (between) {
        reading.upper = upper->value;
        memcpy(reading.upper_literal, upper->literal, sizeof reading.upper_literal);
        if ((value->behind && !upper->behind) || (upper->before && !value->before)) {
            note_at(m, m->length, PHRASE_ONE_UNIT, upper->start);
            return;
        }
        if (decimal_compare(value->value, upper->value) >= 0) {
            note_at(m, m->length, PHRASE_NOT_ABOVE, upper->start);
            return;
        }
        if (may_share_scale(value, upper)) {
            reading.error = PHRASE_SCALE;
            reading.offset = upper->start;
        }
    }
    if (reading.had_percent && m->unit && !is_percentage(m->unit, m->languages)) {
        note_at(m, m->length, PHRASE_PERCENT, m->percent);
        return;
    }
    if (!m->found) {
        *m->reading = reading;
    } else if (m->reading->error == PHRASE_OK && (reading.error != PHRASE_OK || !same_reading(m->reading, &reading))) {
        m->reading->error = PHRASE_TWO_WAYS;
        m->reading->offset = 0;
    }
    m->found = true;
}

static void match(struct matcher *m, const char *pattern, size_t at, unsigned holes);

/* The number is read; the unit may follow. */
static void match_behind(struct matcher *m, const char *rest, size_t at, unsigned hole)
{
    struct amount *amount = &m->amounts[hole];

    amount->behind = false;
    match(m, rest, at, hole + 1);
    if (m->form.behind_length == 0)
        return;
    size_t behind = skip_spaces(m, at);
    if (splits_word(m, behind) || !match_words(m, m->form.behind, m->form.behind_length, m->form.percent, &behind) ||
        splits_word(m, behind))
        return;
    amount->behind = true;
    m->percent = skip_spaces(m, at);
    match(m, rest, behind, hole + 1);
    amount->behind = false;
}

static void match_number(struct matcher *m, const char *rest, size_t at, unsigned hole)
{
    struct amount *amount = &m->amounts[hole];
    struct digits digits;

    amount->start = at;
    enum phrase_error error = read_digits(m, &at, &digits);
    if (error == PHRASE_OK)
        error = scale_digits(&digits, 0, amount->literal, &amount->value);
    if (error != PHRASE_OK) {
        note(m, amount->start, error);
        return;
    }
    amount->power = 0;
    match_behind(m, rest, at, hole);
    for (size_t i = 0; i < phrase_scale_count; i++) {
        const struct phrase_scale *scale = &phrase_scales[i];
        size_t end;

        if (!may_stand(m, scale->word, strlen(scale->word)))
            continue;
        end = skip_spaces(m, at);
        if ((scale->language == PHRASE_EN && end == at) ||
            !match_words(m, scale->word, strlen(scale->word), true, &end) || splits_word(m, end))
            continue;
        error = scale_digits(&digits, scale->power, amount->literal, &amount->value);
        if (error != PHRASE_OK) {
            note(m, amount->start, error);
            continue;
        }
        amount->power = scale->power;
        match_behind(m, rest, end, hole);
    }
}

static void match_hole(struct matcher *m, const char *rest, size_t at, unsigned hole)
{
    at = skip_spaces(m, at);
    size_t start = at;
    m->amounts[hole].before = false;
    match_number(m, rest, at, hole);
    if (m->form.before_length == 0 || m->before ||
        !match_words(m, m->form.before, m->form.before_length, m->form.percent, &at))
        return;
    m->amounts[hole].before = true;
    m->percent = start;
    match_number(m, rest, skip_spaces(m, at), hole);
    m->amounts[hole].before = false;
}

static void match_end(struct matcher *m, size_t at, unsigned last)
{
    size_t end = skip_spaces(m, at);

    if (end == m->length) {
        keep_reading(m);
        return;
    }
    size_t behind = end;
    bool fits = m->form.behind_length > 0 && !m->amounts[last].behind && !splits_word(m, end) &&
                match_words(m, m->form.behind, m->form.behind_length, m->form.percent, &behind) &&
                !splits_word(m, behind);
    if (fits && skip_spaces(m, behind) == m->length) {
        m->amounts[last].behind = true;
        m->percent = end;
        keep_reading(m);
        m->amounts[last].behind = false;
        return;
    }
    note(m, fits ? skip_spaces(m, behind) : end, PHRASE_LEFT_OVER);
}

/* The rest of a pattern, up to its next hole and on; `holes` have been filled. */
static void match(struct matcher *m, const char *pattern, size_t at, unsigned holes)
{
    size_t words = strcspn(pattern, "{"), start = skip_spaces(m, at);

    if (words > 0) {
        at = pattern[0] == ' ' ? at : start;
        if (!match_words(m, pattern, words, true, &at)) {
            note(m, start, holes == 0 ? PHRASE_UNKNOWN_WORDS : PHRASE_LEFT_OVER);
            return;
        }
    }
    if (pattern[words] == '{')
        match_hole(m, pattern + words + 2, at, holes);
    else
        match_end(m, at, holes - 1);
}

static void match_phrases(struct matcher *m)
{
    for (size_t i = 0; i < phrase_row_count; i++) {
        const char *pattern = phrase_rows[i].pattern, *words = pattern[0] == '{' ? pattern + 2 : pattern;
        size_t at = 0;

        m->row = &phrase_rows[i];
        words += *words == ' ';
        if (!may_stand(m, words, strlen(words))) {
            if (pattern[0] != '{') /* else a number alone comes as far */
                note(m, skip_spaces(m, 0), PHRASE_UNKNOWN_WORDS);
            continue;
        }
        memset(m->amounts, 0, sizeof m->amounts);
        match(m, m->row->pattern, at, 0);
        at = skip_spaces(m, at);
        /* "每天超过5户": the unit's first part may stand before the phrase. Before a number alone it stands anyway. */
        if (m->form.before_length == 0 || phrase_rows[i].pattern[0] == '{' ||
            !match_words(m, m->form.before, m->form.before_length, m->form.percent, &at) || splits_word(m, at))
            continue;
        m->before = true;
        m->percent = 0;
        match(m, m->row->pattern, at, 0);
        m->before = false;
    }
}

static bool stands_anywhere(const struct matcher *m, const char *words, size_t length)
{
    for (size_t at = 0, size; length > 0 && may_stand(m, words, length) && at < m->length; at += size) {
        size_t end = at;

        if (match_words(m, words, length, m->form.percent, &end))
            return true;
        (void)character(m->text, m->length, at, &size);
    }
    return false;
}

static void match_form(struct matcher *m, const struct form *form)
{
    m->form = *form;
    if (stands_anywhere(m, form->before, form->before_length) || stands_anywhere(m, form->behind, form->behind_length))
        match_phrases(m);
}

bool phrase_read(const char *text, size_t length, const struct unit *unit, uint32_t languages,
                 struct phrase_reading *ret_reading)
{
    struct matcher m = {.text = text, .length = length, .unit = unit, .languages = languages, .reading = ret_reading};
    struct form form;

    *ret_reading = (struct phrase_reading){0};
    if (length > PHRASE_BYTES_MAX) {
        ret_reading->error = PHRASE_TOO_LONG;
        ret_reading->offset = utf8_cut(text, length, PHRASE_BYTES_MAX);
        return false;
    }
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t point = lower(character(text, length, at, &size));

        m.has[point & 0xff] = true;
    }
    match_phrases(&m);
    for (size_t i = 0; i < phrase_percent_count; i++) {
        form = form_of(phrase_percents[i]);
        form.percent = true;
        match_form(&m, &form);
    }
    for (uint32_t i = 0; unit && unit_form(unit, languages, i, &form); i++)
        if (!is_percent(&form)) /* or "60%" would be read in two ways, once with a percent sign and once with a unit */
            match_form(&m, &form);
    if (!m.found) {
        ret_reading->error = m.why == PHRASE_UNKNOWN_WORDS && m.place == length ? PHRASE_NO_NUMBER : m.why;
        ret_reading->offset = m.place;
    }
    return ret_reading->error == PHRASE_OK;
}

/* What is accepted instead, by error. {0}: the place; {1}: the phrase that was probably meant. */
static const char *const accepted[] = {
    [PHRASE_OK] = "",
    [PHRASE_TOO_LONG] = "at most 256 bytes",
    [PHRASE_NO_NUMBER] = "digits at {0}",
    [PHRASE_UNKNOWN_WORDS] = "digits, alone or in a known phrase such as '{1}', at {0}",
    [PHRASE_BAD_DIGITS] = "digits, by commas in threes or not at all, without leading zeros or a bare point, at {0}",
    [PHRASE_TOO_MANY_DIGITS] = "at most 18 significant digits and 10^18, to be kept exactly",
    [PHRASE_LEFT_OVER] = "nothing but the unit at {0}",
    [PHRASE_PERCENT] = "no percent sign, for the unit is no percentage",
    [PHRASE_ONE_UNIT] = "the unit or percent sign with both numbers, at {0}",
    [PHRASE_NOT_ABOVE] = "a number above the first one at {0}",
    [PHRASE_SCALE] = "a scale with both numbers, as in '1 million to 2 million'",
    [PHRASE_TWO_WAYS] = "a text that can be read in one way only",
};

/* The rest of the text in quotes: shortened, and safe to print on a line. */
static void print_place(const char *text, size_t length, struct buf *out)
{
    size_t most = length > 40 ? 40 : length;

    if (length == 0) {
        buf_text(out, "the end");
        return;
    }
    buf_char(out, '\'');
    for (size_t at = 0, size; at < most; at += size ? size : 1) {
        size = utf8_character(text + at, length - at);
        if (size == 0 || (unsigned char)text[at] < 0x20 || text[at] == 0x7f)
            buf_text(out, "\xef\xbf\xbd");
        else
            buf_add(out, text + at, size);
    }
    buf_text(out, most < length ? "…'" : "'");
}

/* The text with {} for each number, as phrases are written. */
static void print_as_pattern(const struct matcher *m, struct buf *out)
{
    for (size_t at = 0, size; at < m->length; at += size) {
        struct digits digits;
        size_t end = at;

        size = 1;
        if (read_digits(m, &end, &digits) == PHRASE_OK) {
            buf_text(out, "{}");
            size = end - at;
        } else {
            uint32_t point = character(m->text, m->length, at, &size);

            if (point < 0x80)
                buf_char(out, (char)lower(point));
            else
                buf_add(out, m->text + at, size);
        }
    }
}

void phrase_accepted(const char *text, size_t length, const struct phrase_reading *reading,
                     struct sme_nearest *ret_nearest, struct buf *out)
{
    struct matcher m = {.text = text, .length = length <= PHRASE_BYTES_MAX ? length : 0};
    struct buf pattern = BUF_INIT(2 * PHRASE_BYTES_MAX);

    print_as_pattern(&m, &pattern);
    *ret_nearest = sme_nearest_to(buf_string(&pattern), pattern.length);
    /* Of a sign or two nothing can be said: every other sign is as near. */
    bool words = pattern.length >= 6 && (reading->error == PHRASE_UNKNOWN_WORDS || reading->error == PHRASE_LEFT_OVER);
    for (size_t i = 0; words && pattern.status == SME_OK && i < phrase_row_count; i++)
        if (strcmp(phrase_rows[i].pattern, "{}") != 0)
            sme_nearest_offer(ret_nearest, phrase_rows[i].pattern);
    const char *sentence = accepted[reading->error];
    if (reading->error == PHRASE_LEFT_OVER && ret_nearest->found[0][0])
        sentence = "nothing but the unit at {0}; or a known phrase such as '{1}'";
    for (const char *at = sentence; *at; at++) {
        if (strncmp(at, "{0}", 3) == 0) {
            print_place(text + reading->offset, length - reading->offset, out);
            at += 2;
        } else if (strncmp(at, "{1}", 3) == 0) {
            buf_text(out, ret_nearest->found[0][0] ? ret_nearest->found[0] : phrase_printed[QUALIFIER_MORE_THAN][0]);
            at += 2;
        } else {
            buf_char(out, *at);
        }
    }
    /* It pointed at what ends here. */
    ret_nearest->word = "";
    ret_nearest->length = 0;
    if (pattern.status != SME_OK)
        out->status = pattern.status;
    buf_finish(&pattern);
}
