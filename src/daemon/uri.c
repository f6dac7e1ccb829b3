/* SPDX-License-Identifier: MIT */
#include "uri.h"

#include <stdlib.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
static bool is_utf8(const unsigned char *at)
{
    while (*at) {
        unsigned char c = *at++, low = 0x80, high = 0xbf;
        int more = c < 0x80                 ? 0
                   : c >= 0xc2 && c <= 0xdf ? 1
                   : c >= 0xe0 && c <= 0xef ? 2
                   : c >= 0xf0 && c <= 0xf4 ? 3
                                            : -1;

        if (more < 0)
            return false;
        low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
        high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
        for (; more > 0; more--, low = 0x80, high = 0xbf)
            if (*at < low || *at++ > high)
                return false;
    }
    return true;
}

/* Whether nothing is to be decoded, nor can be wrong: as in most. */
static bool is_plain(const char *text, size_t length)
{
    unsigned odd = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        odd |= (c == '%') | (c == '+') | (c == '\0') | (c >= 0x80);
    }
    return odd == 0;
}

/* Decodes text in place and terminates it. In a query, + is a space. */
static enum uri_fault decode(const struct uri *uri, char *text, size_t length, bool query, size_t *ret_length)
{
    size_t to = 0;

    if (uri->plain) {
        if (ret_length)
            *ret_length = length;
        return URI_GOOD;
    }
    for (size_t from = 0; from < length; from++) {
        char c = text[from];

        if (c == '%') {
            int high = from + 2 < length ? hex_value(text[from + 1]) : -1;
            int low = from + 2 < length ? hex_value(text[from + 2]) : -1;

            if (high < 0 || low < 0)
                return URI_BAD_ESCAPE;
            c = (char)(high << 4 | low);
            from += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        if (c == '\0')
            return URI_BAD_TEXT;
        text[to++] = c;
    }
    text[to] = '\0';
    if (ret_length)
        *ret_length = to;
    return is_utf8((const unsigned char *)text) ? URI_GOOD : URI_BAD_TEXT;
}

/* The path is split before it is decoded, so that an encoded slash stays inside its segment. */
static enum uri_fault parse_path(struct uri *uri, char *path)
{
    char *rest = *path == '/' ? path + 1 : path, *segment;

    while ((segment = strsep(&rest, "/")) != NULL) {
        if (*segment == '\0' && rest == NULL) { /* nothing behind the last slash */
            uri->trailing_slash = uri->segment_count > 0;
            break;
        }
        if (uri->segment_count == URI_SEGMENTS_MAX)
            return URI_TOO_MANY;
        enum uri_fault fault = decode(uri, segment, strlen(segment), false, NULL);
        if (fault != URI_GOOD)
            return fault;
        uri->segments[uri->segment_count++] = segment;
    }
    return URI_GOOD;
}

static enum uri_fault parse_query(struct uri *uri, char *query)
{
    for (char *rest = query, *pair; rest && (pair = strsep(&rest, "&")) != NULL;) {
        char *equals = strchr(pair, '=');
        struct uri_pair *into = &uri->pairs[uri->pair_count];
        enum uri_fault fault;

        if (*pair == '\0')
            continue;
        if (uri->pair_count == URI_PAIRS_MAX)
            return URI_TOO_MANY;
        if (equals)
            *equals = '\0';
        *into = (struct uri_pair){.name = pair, .value = ""};
        if ((fault = decode(uri, pair, strlen(pair), true, NULL)) != URI_GOOD)
            return fault;
        if (equals) {
            if ((fault = decode(uri, equals + 1, strlen(equals + 1), true, &into->value_length)) != URI_GOOD)
                return fault;
            into->value = equals + 1;
        }
        uri->pair_count++;
    }
    return URI_GOOD;
}

enum uri_fault uri_parse(const char *target, size_t length, struct uri *ret_uri)
{
    const char *mark = memchr(target, '?', length);

    /* Most of it is pairs that are not there, and need not be cleared. */
    ret_uri->memory = malloc(length + 2);
    ret_uri->plain = is_plain(target, length);
    ret_uri->raw_query = mark ? mark + 1 : NULL;
    ret_uri->segment_count = ret_uri->pair_count = 0;
    ret_uri->trailing_slash = false;
    if (!ret_uri->memory)
        return URI_NO_MEMORY;
    memcpy(ret_uri->memory, target, length);
    ret_uri->memory[length] = '\0';
    char *query = mark ? ret_uri->memory + (mark - target) : NULL;
    if (query)
        *query++ = '\0';
    enum uri_fault fault = parse_path(ret_uri, ret_uri->memory);
    return fault == URI_GOOD && query ? parse_query(ret_uri, query) : fault;
}

void uri_finish(struct uri *uri)
{
    free(uri->memory);
    uri->memory = NULL;
    uri->segment_count = uri->pair_count = 0;
}
