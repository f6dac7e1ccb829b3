/* SPDX-License-Identifier: MIT */
/* Exact decimals: reading, comparing, subtracting, printing. */
#include "decimal.h"

#include <assert.h>
#include <string.h>

static struct decimal normal(int64_t coefficient, int exponent)
{
    if (coefficient == 0)
        return (struct decimal){0, 0};
    while (coefficient % 10 == 0) {
        coefficient /= 10;
        exponent++;
    }
    return (struct decimal){coefficient, exponent};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends one digit; zeros at the end are only counted, so that 1000…0 needs one digit however long it is. */
static bool push_digit(char c, bool fraction, int64_t *coefficient, int *digits, int *zeros, int *exponent)
{
    if (fraction)
        (*exponent)--;
    if (c == '0') {
        if (*coefficient != 0)
            (*zeros)++;
        return *zeros < 1000;
    }
    *digits += *zeros + 1;
    if (*digits > DECIMAL_DIGITS)
        return false;
    for (; *zeros > 0; (*zeros)--)
        *coefficient *= 10;
    *coefficient = *coefficient * 10 + (c - '0');
    return true;
}

enum decimal_error decimal_parse(const char *text, size_t length, struct decimal *ret_decimal)
{
    int64_t coefficient = 0;
    int digits = 0, zeros = 0, exponent = 0, written = 0;
    size_t i = 0;
    bool negative = false, fits = true;

    if (i < length && text[i] == '-') {
        negative = true;
        i++;
    }
    if (i >= length || !is_digit(text[i]) || (text[i] == '0' && i + 1 < length && is_digit(text[i + 1])))
        return DECIMAL_SYNTAX;
    for (; i < length && is_digit(text[i]); i++)
        fits = fits && push_digit(text[i], false, &coefficient, &digits, &zeros, &exponent);
    if (i < length && text[i] == '.') {
        if (++i >= length || !is_digit(text[i]))
            return DECIMAL_SYNTAX;
        for (; i < length && is_digit(text[i]); i++)
            fits = fits && push_digit(text[i], true, &coefficient, &digits, &zeros, &exponent);
    }
    if (i < length && (text[i] == 'e' || text[i] == 'E')) {
        bool below = false;

        if (++i < length && (text[i] == '-' || text[i] == '+'))
            below = text[i++] == '-';
        if (i >= length || !is_digit(text[i]))
            return DECIMAL_SYNTAX;
        for (; i < length && is_digit(text[i]); i++)
            written = written < 10000 ? written * 10 + (text[i] - '0') : written;
        exponent += below ? -written : written;
    }
    if (i != length)
        return DECIMAL_SYNTAX;
    if (!fits)
        return DECIMAL_TOO_LONG;
    if (coefficient != 0 && (exponent + zeros > DECIMAL_EXPONENT || exponent + zeros < -DECIMAL_EXPONENT))
        return DECIMAL_TOO_LONG;
    *ret_decimal = normal(negative ? -coefficient : coefficient, exponent + zeros);
    return DECIMAL_OK;
}

enum decimal_error number_parse(const char *text, size_t length, struct number *ret_number, bool *ret_plain)
{
    struct number number = {.known = true};
    enum decimal_error error = decimal_parse(text, length, &number.value);

    if (error != DECIMAL_OK)
        return error;
    const char *point = memchr(text, '.', length);
    size_t decimals = point ? length - (size_t)(point + 1 - text) : 0;
    bool exponent = memchr(text, 'e', length) || memchr(text, 'E', length);
    bool minus_zero = *text == '-' && number.value.coefficient == 0;
    *ret_plain = !exponent && !minus_zero && decimals <= UINT8_MAX;
    number.decimals = *ret_plain ? (uint8_t)decimals : 0;
    *ret_number = number;
    return DECIMAL_OK;
}

const uint64_t powers_of_ten[20] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000U,
};

int decimal_compare(struct decimal a, struct decimal b)
{
    int sign_a = (a.coefficient > 0) - (a.coefficient < 0);
    int sign_b = (b.coefficient > 0) - (b.coefficient < 0);

    if (sign_a != sign_b || sign_a == 0)
        return (sign_a > sign_b) - (sign_a < sign_b);
    if (a.exponent == b.exponent)
        return (a.coefficient > b.coefficient) - (a.coefficient < b.coefficient);
    int size_a = decimal_digits(decimal_size(a)) + a.exponent;
    int size_b = decimal_digits(decimal_size(b)) + b.exponent;
    if (size_a != size_b)
        return size_a > size_b ? sign_a : -sign_a;
    /* Equal sizes: widening the shorter one makes it as long as the other, which fits. */
    for (; a.exponent > b.exponent; a.exponent--)
        a.coefficient *= 10;
    for (; b.exponent > a.exponent; b.exponent--)
        b.coefficient *= 10;
    return (a.coefficient > b.coefficient) - (a.coefficient < b.coefficient);
}

static bool widen(struct decimal *a, int exponent)
{
    for (; a->exponent > exponent; a->exponent--)
        if (__builtin_mul_overflow(a->coefficient, 10, &a->coefficient))
            return false;
    return true;
}

bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret_difference)
{
    int64_t difference;

    if (a.coefficient == 0)
        a.exponent = b.exponent;
    if (b.coefficient == 0)
        b.exponent = a.exponent;
    if (!widen(&a, b.exponent) || !widen(&b, a.exponent) ||
        __builtin_sub_overflow(a.coefficient, b.coefficient, &difference))
        return false;
    struct decimal result = normal(difference, a.exponent);
    if (decimal_digits(decimal_size(result)) > DECIMAL_DIGITS)
        return false;
    *ret_difference = result;
    return true;
}

struct decimal decimal_negate(struct decimal a)
{
    return (struct decimal){-a.coefficient, a.exponent};
}

/* 00 to 99: two digits at a time take half as many divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* Byte by byte: of a copy, the compiler would keep checking how much room is left. */
static inline char *put_pair(char *at, unsigned pair)
{
    *--at = pairs[2 * pair + 1];
    *--at = pairs[2 * pair];
    return at;
}

/* Puts a digit before `at`, and a comma behind it where a group of three ends. */
static inline char *put_digit(char *at, char digit, bool group, int place)
{
    if (group && place > 0 && place % 3 == 0)
        *--at = ',';
    *--at = digit;
    return at;
}

/* The same of a group of three. */
static inline char *put_thousand(char *at, unsigned group, int place)
{
    if (place > 0)
        *--at = ',';
    at = put_pair(at, group % 100);
    *--at = (char)('0' + group / 100);
    return at;
}

/* The digits of |a| × 10^-shift, written from the last to the first; `group` puts a comma between thousands. */
static void print_digits(struct buf *out, struct decimal a, int shift, bool group)
{
    /* Digits, zeros on either side of the point, of a difference twice as many, and commas. */
    enum { LONGEST = DECIMAL_DIGITS + 4 * DECIMAL_EXPONENT, SIZE = 4 + LONGEST + LONGEST / 3 };
    UNCLEARED char text[SIZE];
    char *end = text + SIZE, *at = end;
    int exponent = a.exponent - shift, place = exponent < 0 ? exponent : 0; /* of the next digit: 0 is the units' */
    uint64_t rest = decimal_size(a);

    assert(exponent <= LONGEST - DECIMAL_DIGITS && exponent >= DECIMAL_DIGITS - LONGEST);
    for (; place <= -2; place += 2, rest /= 100)
        at = put_pair(at, (unsigned)(rest % 100));
    for (; place < 0; place++, rest /= 10)
        *--at = (char)('0' + rest % 10);
    if (at < end)
        *--at = '.';
    for (; place < exponent; place++)
        at = put_digit(at, '0', group, place);
    for (; group && place % 3 == 0 && rest >= 1000; rest /= 1000, place += 3)
        at = put_thousand(at, (unsigned)(rest % 1000), place);
    for (; !group && rest >= 100; rest /= 100)
        at = put_pair(at, (unsigned)(rest % 100));
    do {
        at = put_digit(at, (char)('0' + rest % 10), group, place++);
        rest /= 10;
    } while (rest > 0);
    buf_add(out, at, (size_t)(end - at));
}

void decimal_print(struct buf *out, struct decimal a)
{
    if (a.coefficient < 0)
        buf_char(out, '-');
    print_digits(out, a, 0, false);
}

void number_print(struct buf *out, const struct number *number)
{
    int zeros = number->decimals + (number->value.exponent < 0 ? number->value.exponent : 0);

    decimal_print(out, number->value);
    if (zeros > 0 && number->value.exponent >= 0)
        buf_char(out, '.');
    for (; zeros > 0; zeros--)
        buf_char(out, '0');
}

struct scale {
    int power;
    int decimals; /* at most so many after the point, or the number is not scaled */
    const char *word;
};

/* Largest first. */
static const struct scale english[] = {{12, 3, " trillion"}, {9, 3, " billion"}, {6, 3, " million"}};
static const struct scale chinese[] = {{12, 4, "万亿"}, {8, 4, "亿"}, {4, 4, "万"}};
_Static_assert(sizeof english == sizeof chinese, "both languages have as many scales");

/* NULL: it is not scaled. */
static const struct scale *find_scale(struct decimal a, bool in_chinese)
{
    const struct scale *scales = in_chinese ? chinese : english;
    int size = decimal_digits(decimal_size(a)) + a.exponent;

    for (size_t i = 0; i < sizeof english / sizeof english[0]; i++)
        if (size > scales[i].power)
            return scales[i].power - a.exponent > scales[i].decimals ? NULL : &scales[i];
    return NULL;
}

bool decimal_is_scaled(struct decimal a, bool in_chinese)
{
    return find_scale(a, in_chinese) != NULL;
}

void decimal_print_for_people(struct buf *out, struct decimal a, bool in_chinese, bool scale)
{
    const struct scale *by = scale ? find_scale(a, in_chinese) : NULL;

    if (a.coefficient < 0)
        buf_text(out, in_chinese ? "-" : "\xe2\x88\x92"); /* English typography has a minus sign of its own */
    print_digits(out, a, by ? by->power : 0, !in_chinese);
    if (by)
        buf_text(out, by->word);
}
