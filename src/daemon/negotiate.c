/* SPDX-License-Identifier: MIT */
#include "negotiate.h"

#include <string.h>
#include <strings.h>

/* One element of a list: its text without parameters, and its weight in thousandths. */
struct element {
    const char *text;
    size_t length;
    int weight;
};

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t");
}

/* "0", "0.5", "1.000"; anything else counts as 0: what cannot be read is not wished for. */
static int read_weight(const char *at, const char *end)
{
    int weight = 0, place = 100;

    if (at == end || (*at != '0' && *at != '1'))
        return 0;
    weight = (*at++ - '0') * 1000;
    if (at < end && *at == '.')
        for (at++; at < end && *at >= '0' && *at <= '9' && place > 0; at++, place /= 10)
            weight += (*at - '0') * place;
    return at == end && weight <= 1000 ? weight : 0;
}

/* The next element of a list, from `*at` on; false at the end. Empty elements are passed over (RFC 9110 section 5.6.1). */
static bool next_element(const char **at, struct element *ret_element)
{
    struct element element = {.weight = 1000};

    for (*at = skip_space(*at); **at == ','; *at = skip_space(*at + 1))
        ;
    if (**at == '\0')
        return false;
    element.text = *at;
    size_t length = strcspn(*at, ",;");
    *at += length;
    while (length > 0 && strchr(" \t", element.text[length - 1]))
        length--;
    element.length = length;
    while (**at == ';') {
        const char *name = skip_space(*at + 1), *end = name + strcspn(name, ",;");

        *at = end;
        while (end > name && strchr(" \t", end[-1]))
            end--;
        if (end - name >= 2 && (*name == 'q' || *name == 'Q') && name[1] == '=')
            element.weight = read_weight(name + 2, end);
    }
    *ret_element = element;
    return true;
}

static bool same(const struct element *element, const char *text, size_t length)
{
    return element->length == length && strncasecmp(element->text, text, length) == 0;
}

/* How precisely a media range names a type: 3 the type, 2 its family, 1 anything, 0 not at all. */
static int precision(const struct element *range, const char *type)
{
    size_t family = (size_t)(strchr(type, '/') - type) + 1;

    if (same(range, "*/*", 3))
        return 1;
    if (range->length == family + 1 && range->text[family] == '*' && strncasecmp(range->text, type, family) == 0)
        return 2;
    return same(range, type, strlen(type)) ? 3 : 0;
}

int negotiate_type(const char *accept, const char *const *types, size_t count)
{
    int best = -1, best_weight = 0;

    if (!accept || !*skip_space(accept) || strcmp(accept, "*/*") == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        int weight = 0, found = 0;
        struct element range;

        for (const char *at = accept; next_element(&at, &range);) {
            int here = precision(&range, types[i]);

            if (here > found) {
                found = here;
                weight = range.weight;
            }
        }
        if (weight > best_weight) {
            best_weight = weight;
            best = (int)i;
        }
    }
    return best;
}

/* How much of a language range a language answers: its length where the range is the language or refines it. */
static size_t answers(const struct element *range, const char *language)
{
    size_t length = strlen(language);

    if (range->length < length || strncasecmp(range->text, language, length) != 0)
        return 0;
    return range->length == length || range->text[length] == '-' ? length : 0;
}

size_t negotiate_language(const char *accept_language, const char *const *languages)
{
    size_t best = 0;
    int best_weight = 0;
    struct element range;

    for (const char *at = accept_language ? accept_language : ""; next_element(&at, &range);) {
        size_t found = 0, found_length = 0;

        for (size_t i = 0; languages[i]; i++) {
            size_t length = answers(&range, languages[i]);

            if (length > found_length) {
                found_length = length;
                found = i;
            }
        }
        /* * is any language: the first. Of equal weights the range that came first stays. */
        if ((found_length > 0 || same(&range, "*", 1)) && range.weight > best_weight) {
            best_weight = range.weight;
            best = found;
        }
    }
    return best;
}

/* What the client says of a coding; -1: nothing. */
static int weight_of(const char *accept_encoding, const char *coding)
{
    struct element element;
    int weight = -1;

    for (const char *at = accept_encoding; next_element(&at, &element);)
        if (same(&element, coding, strlen(coding)))
            weight = element.weight;
    return weight;
}

int negotiate_coding(const char *accept_encoding, const char *const *codings)
{
    int best = -1, best_weight = 0;

    if (!accept_encoding)
        return -1;
    int any = weight_of(accept_encoding, "*"), none = weight_of(accept_encoding, "identity");
    for (int i = 0; codings[i]; i++) {
        int own = weight_of(accept_encoding, codings[i]), weight = own >= 0 ? own : any;

        if (weight > best_weight && weight >= none) {
            best_weight = weight;
            best = i;
        }
    }
    return best;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
    const char *at = if_none_match ? skip_space(if_none_match) : "";
    size_t length = strlen(etag);

    if (*at == '*')
        return *skip_space(at + 1) == '\0';
    while (*at == ',')
        at = skip_space(at + 1);
    while (*at) {
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (*at != '"')
            return false;
        const char *end = strchr(at + 1, '"');
        if (!end)
            return false;
        if ((size_t)(end + 1 - at) == length && memcmp(at, etag, length) == 0)
            return true;
        at = skip_space(end + 1);
        while (*at == ',')
            at = skip_space(at + 1);
    }
    return false;
}
