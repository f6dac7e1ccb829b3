/* SPDX-License-Identifier: MIT */
#ifndef SME_DECIMAL_H
#define SME_DECIMAL_H
/*
 * Exact decimal numbers: coefficient × 10^exponent, no rounding anywhere. A number that does not fit is refused, because
 * one that is nearly right is a lie.
 */
#include "buf.h"

enum { DECIMAL_DIGITS = 18, DECIMAL_EXPONENT = 18 }; /* what int64_t holds with room for the sign of a difference */

/* Normal form: the coefficient has no trailing zero; zero is 0 × 10^0. */
struct decimal {
    int64_t coefficient;
    int exponent;
};

/*
 * A number with the digits its author wrote, which are the digits we print. Nearly always the value and how many digits
 * stand after the point say them all; what is spelt otherwise, such as 1e5 or -0, is kept beside the dataset.
 */
struct number {
    struct decimal value;
    bool known;
    uint8_t decimals;
    uint32_t spelling; /* 1 + its row in the dataset's spellings; 0: as number_print prints it */
};

enum decimal_error { DECIMAL_OK, DECIMAL_SYNTAX, DECIMAL_TOO_LONG };

/* 1 to 10^19, which is all that 64 bits hold. */
extern const uint64_t powers_of_ten[20];

/* Of 0 there are none. */
static inline int decimal_digits(uint64_t number)
{
    int bits = 64 - __builtin_clzll(number | 1), digits = bits * 1233 / 4096; /* a bit is 0.30103 digits */

    return digits + (number >= powers_of_ten[digits]);
}

/* The coefficient without its sign. */
static inline uint64_t decimal_size(struct decimal decimal)
{
    return decimal.coefficient < 0 ? 0 - (uint64_t)decimal.coefficient : (uint64_t)decimal.coefficient;
}

/* Reads the grammar of JSON numbers (RFC 8259 section 6). */
enum decimal_error decimal_parse(const char *text, size_t length, struct decimal *ret_decimal);
/* The same with its decimals. `ret_plain`: number_print prints these very digits. */
enum decimal_error number_parse(const char *text, size_t length, struct number *ret_number, bool *ret_plain);
int decimal_compare(struct decimal a, struct decimal b);
/* a - b; false when the result needs more digits than are kept. */
bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *ret_difference);
struct decimal decimal_negate(struct decimal a);
/* Plain digits, without an exponent: "1700000000000", "0.5", "-12". */
void decimal_print(struct buf *out, struct decimal a);
/* The same with zeros up to the number's decimals. */
void number_print(struct buf *out, const struct number *number);
/*
 * As a careful person writes it: English groups thousands and says million, billion, trillion; Chinese counts in 万, 亿
 * and 万亿. Scaling never rounds: it happens only where a few decimals hold the whole number. Without `scale` it never
 * happens.
 */
void decimal_print_for_people(struct buf *out, struct decimal a, bool in_chinese, bool scale);
/* Whether it would be scaled. */
bool decimal_is_scaled(struct decimal a, bool in_chinese);

/* Whether people who read this language write numbers and say phrases as Chinese does; all others get English. */
static inline bool is_chinese(const char *language)
{
    return language[0] == 'z' && language[1] == 'h';
}

#endif
