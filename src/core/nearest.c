/* SPDX-License-Identifier: MIT */
/* Which known word was probably meant. */
#include <smestat.h>

#include <string.h>

struct sme_nearest sme_nearest_to(const char *word, size_t length)
{
    return (struct sme_nearest){.word = word, .length = length};
}

enum { DISTANCE_LENGTH_MAX = SME_NEAREST_BYTES - 1 }; /* longer words are not compared: the time is their product */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '_' ? '-' : c;
}

/* Optimal string alignment: insert, delete, replace, swap two neighbours; one each. Case and _ for - cost nothing. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][DISTANCE_LENGTH_MAX + 1];

    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = lower(a[i - 1]) != lower(b[j - 1]);

            row[j] = least(above[j - 1] + cost, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

static bool begins_right(const struct sme_nearest *nearest, const char *candidate)
{
    return lower(*candidate) == lower(*nearest->word);
}

/* Of two that are equally far, the one that begins right is nearer. */
static bool is_nearer(const struct sme_nearest *nearest, unsigned far, const char *candidate, size_t than)
{
    if (far != nearest->distance[than])
        return far < nearest->distance[than];
    return begins_right(nearest, candidate) && !begins_right(nearest, nearest->found[than]);
}

void sme_nearest_offer(struct sme_nearest *nearest, const char *candidate)
{
    size_t length = strlen(candidate);

    if (length == 0 || length > DISTANCE_LENGTH_MAX || nearest->length > DISTANCE_LENGTH_MAX || nearest->length == 0)
        return;
    unsigned far = distance(nearest->word, nearest->length, candidate, length);
    /* A quarter of the word may be wrong; a beginning of three letters or more is a guess too. */
    if (far > 1 + nearest->length / 4) {
        if (nearest->length < 3 || length <= nearest->length || memcmp(candidate, nearest->word, nearest->length) != 0)
            return;
        far = 100 + (unsigned)(length - nearest->length);
    }
    for (size_t i = 0; i < 3; i++) {
        if (nearest->found[i][0] && !is_nearer(nearest, far, candidate, i))
            continue;
        memmove(nearest->found[i + 1 < 3 ? i + 1 : i], nearest->found[i], (2 - i) * sizeof nearest->found[0]);
        memmove(&nearest->distance[i + 1 < 3 ? i + 1 : i], &nearest->distance[i],
                (2 - i) * sizeof nearest->distance[0]);
        memcpy(nearest->found[i], candidate, length + 1);
        nearest->distance[i] = far;
        return;
    }
}
