/* SPDX-License-Identifier: MIT */
#ifndef SME_PHRASE_H
#define SME_PHRASE_H
/*
 * A number with words around it, "more than 70,000" or "超过7万": its value, its qualifier, and where a text cannot be
 * read. The phrases are data: api/phrases.json says which there are, and which are left out because they can be read in
 * two ways.
 */
#include "dataset.h"

enum phrase_language { PHRASE_EN, PHRASE_ZH, PHRASE_ANY };

struct phrase_row {
    const char *pattern; /* {} where a number goes: twice for `between`, else once */
    uint8_t language, qualifier;
};

/* A word that multiplies: 10^power. */
struct phrase_scale {
    const char *word;
    uint8_t language, power;
};

/* Made of api/phrases.json by api/phrases.py. */
extern const struct phrase_row phrase_rows[];
extern const size_t phrase_row_count;
extern const struct phrase_scale phrase_scales[];
extern const size_t phrase_scale_count;
extern const char *const phrase_percents[];
extern const size_t phrase_percent_count;
/* How we say it ourselves: a pattern by qualifier, in English [0] and Chinese [1]. */
extern const char *const phrase_printed[][2];

enum {
    PHRASE_BYTES_MAX = 256,   /* of a text: a figure and a few words */
    PHRASE_DIGITS_MAX = 40,   /* of a number as it is written; 18 of them can count, the rest are zeros */
    PHRASE_LITERAL_BYTES = 64 /* those digits, the zeros of a scale, a point, a sign */
};

/* At the same place, a later one says more. */
enum phrase_error {
    PHRASE_OK,
    PHRASE_TOO_LONG,      /* the text has more than PHRASE_BYTES_MAX bytes */
    PHRASE_NO_NUMBER,     /* a number should begin here */
    PHRASE_UNKNOWN_WORDS, /* no phrase begins like this */
    PHRASE_BAD_DIGITS,    /* "7,00", "5.", "007" */
    PHRASE_TOO_MANY_DIGITS,
    PHRASE_LEFT_OVER, /* what stands here belongs to no phrase, and is not the unit */
    PHRASE_PERCENT,   /* a percent sign, but the unit is no percentage */
    PHRASE_ONE_UNIT,  /* "60% to 70": what the second number counts is not said */
    PHRASE_NOT_ABOVE, /* "70 to 60" */
    PHRASE_SCALE,     /* "1 to 2 million": whether the first number is scaled is not said */
    PHRASE_TWO_WAYS,  /* it can be read in two ways, as where a unit is called "million" */
};

struct phrase_reading {
    enum phrase_error error;
    size_t offset; /* after a failure: the byte of the text from which it could not be read */
    enum qualifier qualifier;
    bool alone;                  /* there are no words but the number and its unit */
    bool had_percent;            /* there is a percent sign or word: the value is in hundredths, as it is printed */
    struct decimal value, upper; /* upper: only of `between` */
    /* The same as plain digits, terminated: those of the author, where there is no scale. "": there is no upper. */
    char value_literal[PHRASE_LITERAL_BYTES], upper_literal[PHRASE_LITERAL_BYTES];
};

/*
 * Reads a text, all of it. Its unit may stand where a unit stands, spelt as the unit's pattern or name in one of so
 * many languages; with NULL no unit may, and a percent sign is only told of. True when it could be read; else the
 * reading says why not. It takes no memory, and the text may be any bytes.
 */
bool phrase_read(const char *text, size_t length, const struct unit *unit, uint32_t languages,
                 struct phrase_reading *ret_reading);
/* What would have been accepted, for a fault, and the phrase that was probably meant. */
void phrase_accepted(const char *text, size_t length, const struct phrase_reading *reading,
                     struct sme_nearest *ret_nearest, struct buf *out);

#endif
