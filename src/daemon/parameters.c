/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include "negotiate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that is wrong with a request's parameters, one fault for each at most. */
struct complaint {
    struct sme_fault faults[URI_PAIRS_MAX];
    struct sme_nearest nearest[URI_PAIRS_MAX];
    json_t *shown[URI_PAIRS_MAX];
    size_t count;
    bool no_memory;
};

static const char *const names[] = {"lang", "pretty"};
enum { NAMES = sizeof names / sizeof names[0] };

static const char *find_language(const struct exchange *x, const char *tag)
{
    const char *language;

    for (size_t i = 0; (language = sme_dataset_language(x->dataset, i)) != NULL; i++)
        if (strcmp(language, tag) == 0)
            return language;
    return NULL;
}

/* Sets a parameter. False: the value is not one of its own. */
static bool set(const struct exchange *x, struct parameters *parameters, const char *name, const char *value)
{
    if (strcmp(name, "lang") == 0) {
        const char *language = find_language(x, value);

        parameters->language = language ? language : parameters->language;
        parameters->language_given = parameters->language_given || language;
        return language;
    }
    bool yes = strcmp(value, "true") == 0;
    parameters->pretty = parameters->pretty || yes;
    return yes || strcmp(value, "false") == 0;
}

/* Keeps a fault with its value as it may be echoed, and what it has been compared with. */
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

static void unknown_name(const struct exchange *x, struct parameters *parameters, const struct uri_pair *pair,
                         struct complaint *complaint)
{
    struct sme_nearest nearest = sme_nearest_to(pair->name, strlen(pair->name));

    for (size_t n = 0; n < NAMES; n++)
        sme_nearest_offer(&nearest, names[n]);
    complain(complaint, (struct sme_fault){.kind = "unknown-parameter", .path = "", .resource = "/openapi.json"},
             pair->name, nearest);
    if (nearest.found[0][0])
        (void)set(x, parameters, nearest.found[0], pair->value); /* what was probably meant, if it is right */
}

static void wrong_value(const struct exchange *x, struct parameters *parameters, const struct uri_pair *pair,
                        struct complaint *complaint)
{
    struct sme_nearest nearest = sme_nearest_to(pair->value, pair->value_length);
    const char *language;

    if (strcmp(pair->name, "pretty") == 0) {
        complain(complaint, (struct sme_fault){.kind = "invalid-value", .path = "pretty", .accepted = "true or false"},
                 pair->value, (struct sme_nearest){0});
        return;
    }
    for (size_t i = 0; (language = sme_dataset_language(x->dataset, i)) != NULL; i++)
        sme_nearest_offer(&nearest, language);
    complain(complaint, (struct sme_fault){.kind = "unknown-code", .path = "lang", .resource = "/v1"}, pair->value,
             nearest);
    if (nearest.found[0][0])
        (void)set(x, parameters, "lang", nearest.found[0]);
}

static void read_pair(const struct exchange *x, size_t at, struct parameters *parameters, struct complaint *complaint)
{
    const struct uri_pair *pair = &x->uri.pairs[at];
    bool known = false, repeated = false;

    for (size_t n = 0; n < NAMES; n++)
        known = known || strcmp(names[n], pair->name) == 0;
    for (size_t i = 0; i < at; i++)
        repeated = repeated || strcmp(x->uri.pairs[i].name, pair->name) == 0;
    if (!known)
        unknown_name(x, parameters, pair, complaint);
    else if (repeated)
        complain(complaint, (struct sme_fault){.kind = "repeated-parameter", .path = pair->name}, pair->value,
                 (struct sme_nearest){0});
    else if (!set(x, parameters, pair->name, pair->value))
        wrong_value(x, parameters, pair, complaint);
}

static void answer(struct exchange *x, const char *path, const struct parameters *parameters,
                   const struct complaint *complaint)
{
    char *link = parameters_link(path, parameters);

    if (link && !complaint->no_memory)
        respond_parameter_faults(x, complaint->faults, complaint->count, link);
    free(link);
}

bool parameters_read(struct exchange *x, const char *path, struct parameters *ret_parameters)
{
    const char *languages[SME_LANGUAGES_MAX + 1] = {NULL};
    struct parameters parameters = {0};
    struct complaint complaint = {.count = 0};

    for (size_t i = 0; i < x->uri.pair_count; i++)
        read_pair(x, i, &parameters, &complaint);
    for (size_t i = 0; i < SME_LANGUAGES_MAX && (languages[i] = sme_dataset_language(x->dataset, i)) != NULL; i++)
        ;
    if (!parameters.language_given)
        parameters.language = languages[negotiate_language(x->request->accept_language, languages)];
    if (complaint.count > 0)
        answer(x, path, &parameters, &complaint);
    for (size_t i = 0; i < complaint.count; i++)
        json_decref(complaint.shown[i]);
    *ret_parameters = parameters;
    return complaint.count == 0;
}

char *parameters_link(const char *path, const struct parameters *parameters)
{
    const char *language = parameters->language_given ? parameters->language : "";
    size_t size = strlen(path) + strlen(language) + sizeof "?lang=&pretty=true";
    char *link = malloc(size);

    if (link)
        (void)snprintf(link, size, "%s%s%s%s%s", path, *language ? "?lang=" : "", language,
                       parameters->pretty ? (*language ? "&" : "?") : "", parameters->pretty ? "pretty=true" : "");
    return link;
}
