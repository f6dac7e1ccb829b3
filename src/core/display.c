/* SPDX-License-Identifier: MIT */
#include "display.h"
#include "phrase.h"

#include <assert.h>
#include <string.h>

/* In the order of enum status: what stands where a number would. */
static const struct phrase statuses[] = {
    [STATUS_MISSING] = {"not available", "暂缺"},
    [STATUS_SUPPRESSED] = {"suppressed", "已隐去"},
};

void display_phrase(struct buf *out, const struct phrase *phrase, const char *language, const char *const arguments[])
{
    const char *at = is_chinese(language) ? phrase->zh : phrase->en;

    while (*at) {
        size_t plain = strcspn(at, "{");

        buf_add(out, at, plain);
        at += plain;
        if (*at == '{') {
            assert(arguments);
            buf_text(out, arguments[at[1] - '0']);
            at += 3;
        }
    }
}

/* Prints a pattern up to its next hole. @return what follows the hole. */
static const char *print_to_hole(struct buf *out, const char *pattern)
{
    size_t length = 0; /* no more than a few words, mostly none */

    while (pattern[length] != '{' || pattern[length + 1] != '}')
        length++;
    buf_add(out, pattern, length);
    return pattern + length + 2;
}

/* A number with its unit. `first` of two leaves out what follows the number, for the second says it. */
static void print_quantity(struct buf *out, struct decimal value, bool scale, const struct unit *unit,
                           uint32_t language, bool in_chinese, bool first)
{
    const char *rest = unit->pattern ? print_to_hole(out, unit->pattern[language].text) : "";

    decimal_print_for_people(out, value, in_chinese, scale);
    if (first)
        return;
    if (unit->pattern) {
        buf_text(out, rest);
        return;
    }
    if (!in_chinese)
        buf_char(out, ' ');
    buf_add(out, unit->name[language].text, unit->name[language].length);
}

static void print_qualified(struct buf *out, const struct sme_dataset *dataset, enum qualifier qualifier,
                            struct decimal value, struct decimal upper, const struct unit *unit, uint32_t language)
{
    bool zh = is_chinese(dataset->languages[language].text), between = qualifier == QUALIFIER_BETWEEN;

    /* "Between 1 and 2 million" may be heard as from a million. */
    bool scale = !between || (decimal_is_scaled(value, zh) && decimal_is_scaled(upper, zh));
    const char *rest = print_to_hole(out, phrase_printed[qualifier][zh]);
    print_quantity(out, value, scale, unit, language, zh, between);
    if (between) {
        rest = print_to_hole(out, rest);
        print_quantity(out, upper, scale, unit, language, zh, false);
    }
    buf_text(out, rest);
}

void display_status(struct buf *out, uint8_t status, const char *language)
{
    display_phrase(out, &statuses[status], language, NULL);
}

void display_observation(struct buf *out, const struct sme_dataset *dataset, const struct observation *o,
                         uint32_t language)
{
    const struct unit *unit = &dataset->units[dataset->indicators[o->indicator].unit];

    if (!o->value.known) {
        display_status(out, o->status, dataset->languages[language].text);
        return;
    }
    print_qualified(out, dataset, (enum qualifier)o->qualifier, o->value.value, o->details->upper.value, unit,
                    language);
}

void display_interval(struct buf *out, const struct sme_dataset *dataset, const struct interval *interval,
                      const struct unit *unit, uint32_t language)
{
    const struct bound *lower = &interval->lower, *upper = &interval->upper;

    if (lower->known && upper->known && decimal_compare(lower->number.value, upper->number.value) == 0)
        print_qualified(out, dataset, QUALIFIER_EXACT, lower->number.value, upper->number.value, unit, language);
    else if (lower->known && upper->known)
        print_qualified(out, dataset, QUALIFIER_BETWEEN, lower->number.value, upper->number.value, unit, language);
    else if (lower->known)
        print_qualified(out, dataset, lower->closed == CLOSED_NO ? QUALIFIER_MORE_THAN : QUALIFIER_AT_LEAST,
                        lower->number.value, lower->number.value, unit, language);
    else if (upper->known)
        print_qualified(out, dataset, upper->closed == CLOSED_NO ? QUALIFIER_LESS_THAN : QUALIFIER_AT_MOST,
                        upper->number.value, upper->number.value, unit, language);
}
