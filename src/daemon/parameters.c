/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include "negotiate.h"

#include <stdio.h>
#include <string.h>

/* All that is wrong with a request's parameters: one fault for each at most. */
struct complaint {
    struct sme_fault faults[URI_PAIRS_MAX];
    struct sme_nearest nearest[URI_PAIRS_MAX];
    json_t *shown[URI_PAIRS_MAX];
    size_t count;
    bool no_memory;
};

static const char *find_language(const struct exchange *x, const char *tag)
{
    const char *language;

    for (size_t i = 0; (language = sme_dataset_language(x->dataset, i)) != NULL; i++)
        if (strcmp(language, tag) == 0)
            return language;
    return NULL;
}

/* Keeps a fault with its value as it may be echoed, and what was found near it. */
static void complain(struct complaint *complaint, struct sme_fault fault, const char *value, struct sme_nearest nearest)
{
    size_t i = complaint->count++;

    complaint->shown[i] = printable(value, strlen(value), SME_FAULT_VALUE_BYTES);
    complaint->no_memory = complaint->no_memory || !complaint->shown[i];
    complaint->nearest[i] = nearest;
    complaint->faults[i] = fault;
    complaint->faults[i].value = json_string_value(complaint->shown[i]);
    for (size_t n = 0; n < 3 && nearest.found[n][0]; n++)
        complaint->faults[i].suggestions[n] = complaint->nearest[i].found[n];
}

/* What was probably meant is returned, as far as it can be told: a language, or NULL. */
static const char *unknown_name(const struct exchange *x, const struct uri_pair *pair, struct complaint *complaint)
{
    struct sme_nearest nearest = sme_nearest_to(pair->name, strlen(pair->name));

    sme_nearest_offer(&nearest, "lang");
    complain(complaint, (struct sme_fault){.kind = "unknown-parameter", .path = "", .resource = "/openapi.json"},
             pair->name, nearest);
    return nearest.found[0][0] ? find_language(x, pair->value) : NULL;
}

static const char *unknown_language(const struct exchange *x, const struct uri_pair *pair, struct complaint *complaint)
{
    struct sme_nearest nearest = sme_nearest_to(pair->value, pair->value_length);
    const char *language;

    for (size_t i = 0; (language = sme_dataset_language(x->dataset, i)) != NULL; i++)
        sme_nearest_offer(&nearest, language);
    complain(complaint, (struct sme_fault){.kind = "unknown-code", .path = "lang", .resource = "/v1"}, pair->value,
             nearest);
    return nearest.found[0][0] ? find_language(x, nearest.found[0]) : NULL;
}

static void answer(struct exchange *x, const char *path, const char *language, const struct complaint *complaint)
{
    char link[256];

    (void)snprintf(link, sizeof link, "%s%s%s", path, language ? "?lang=" : "", language ? language : "");
    if (!complaint->no_memory)
        respond_parameter_faults(x, complaint->faults, complaint->count, link);
}

bool parameters_read(struct exchange *x, const char *path, const char **ret_language)
{
    const char *languages[SME_LANGUAGES_MAX + 1] = {NULL}, *language = NULL, *meant = NULL;
    struct complaint complaint = {.count = 0};
    bool given = false;

    for (size_t i = 0; i < x->uri.pair_count; i++) {
        const struct uri_pair *pair = &x->uri.pairs[i];
        const char *near = NULL;

        if (strcmp(pair->name, "lang") != 0)
            near = unknown_name(x, pair, &complaint);
        else if (given)
            complain(&complaint, (struct sme_fault){.kind = "repeated-parameter", .path = "lang"}, pair->value,
                     (struct sme_nearest){0});
        else if ((language = find_language(x, pair->value)) == NULL)
            near = unknown_language(x, pair, &complaint);
        given = given || strcmp(pair->name, "lang") == 0;
        meant = meant ? meant : near;
    }
    if (complaint.count > 0)
        answer(x, path, language ? language : meant, &complaint);
    for (size_t i = 0; i < complaint.count; i++)
        json_decref(complaint.shown[i]);
    for (size_t i = 0; i < SME_LANGUAGES_MAX && (languages[i] = sme_dataset_language(x->dataset, i)) != NULL; i++)
        ;
    *ret_language = language ? language : languages[negotiate_language(x->request->accept_language, languages)];
    return complaint.count == 0;
}
