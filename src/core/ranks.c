/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <stdlib.h>
#include <string.h>

/* Texts to be ranked, each with this character behind it. */
struct ranking_of {
    const char **texts;
    char end;
};

static int compare_ended(const char *a, const char *b, char end)
{
    for (; *a && *a == *b; a++)
        b++;
    unsigned char x = (unsigned char)(*a ? *a : end), y = (unsigned char)(*b ? *b : end);

    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b, void *context)
{
    const struct ranking_of *of = context;

    return compare_ended(of->texts[*(const uint32_t *)a], of->texts[*(const uint32_t *)b], of->end);
}

/* NULL: no memory. */
static uint32_t *rank(struct arena *arena, const char **texts, uint32_t count, char end)
{
    struct ranking_of of = {texts, end};
    uint32_t *ranks = arena_alloc(arena, ((size_t)count + 1) * sizeof *ranks);
    uint32_t *order = calloc((size_t)count + 1, sizeof *order);

    for (uint32_t i = 0; order && i < count; i++)
        order[i] = i;
    if (order && ranks)
        qsort_r(order, count, sizeof *order, by_text, &of);
    for (uint32_t i = 1; order && ranks && i < count; i++)
        ranks[order[i]] = ranks[order[i - 1]] + (by_text(&order[i - 1], &order[i], &of) != 0);
    bool made = order != NULL;
    free(order);
    return made ? ranks : NULL;
}

static bool rank_indicators(struct sme_dataset *d, const char **texts)
{
    for (enum ranking r = 0; r < RANKED_BY_NAME + d->language_count; r++) {
        for (uint32_t i = 0; i < d->indicator_count; i++) {
            const struct indicator *indicator = &d->indicators[i];

            texts[i] = r == RANKED_BY_CATEGORY ? d->categories[indicator->category].code.text
                       : r == RANKED_BY_UNIT   ? d->units[indicator->unit].code.text
                       : r >= RANKED_BY_NAME   ? indicator->name[r - RANKED_BY_NAME].text
                                               : indicator->code.text;
        }
        if (!(d->ranks.indicators[r] = rank(&d->arena, texts, d->indicator_count, r == RANKED_IN_IDS ? '.' : '\0')))
            return false;
    }
    return true;
}

static bool rank_sources(struct sme_dataset *d, const char **texts)
{
    for (uint32_t i = 0; i < d->source_count; i++)
        texts[i] = d->sources[i].code.text;
    d->ranks.sources = rank(&d->arena, texts, d->source_count, '\0');
    return d->ranks.sources != NULL;
}

/* In an id, all but the last have a dot behind them. */
static bool rank_members(struct sme_dataset *d, const char **texts)
{
    for (uint32_t k = 0; k < d->dimension_count; k++) {
        const struct dimension *dimension = &d->dimensions[k];
        bool last = k + 1 == d->dimension_count;

        for (uint32_t i = 0; i < dimension->value_count; i++)
            texts[i] = dimension->values[i].code.text;
        d->ranks.members[k] = rank(&d->arena, texts, dimension->value_count, '\0');
        d->ranks.members_in_ids[k] = last ? d->ranks.members[k] : rank(&d->arena, texts, dimension->value_count, '.');
        if (!d->ranks.members[k] || !d->ranks.members_in_ids[k])
            return false;
    }
    return true;
}

bool ranks_make(struct sme_dataset *d)
{
    uint32_t most = d->indicator_count > d->source_count ? d->indicator_count : d->source_count;

    for (uint32_t k = 0; k < d->dimension_count; k++)
        most = d->dimensions[k].value_count > most ? d->dimensions[k].value_count : most;
    const char **texts = calloc((size_t)most + 1, sizeof *texts);
    bool made = texts && rank_indicators(d, texts) && rank_sources(d, texts) && rank_members(d, texts);
    free(texts);
    return made;
}
