/* SPDX-License-Identifier: MIT */
/*
 * The rules of the guard. Every one names the section it enforces: RFC 9110 (semantics), RFC 9112 (HTTP/1.1 syntax) or
 * RFC 3986 (URI).
 */
#include "guard.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MALFORMED "malformed-request"
#define VERSION   "http-version-not-supported"
#define CONTENT   "content-not-accepted"

enum rule {
    METHOD_TOKEN,
    VERSION_SYNTAX,
    VERSION_SERVED,
    TARGET_FORM,
    TARGET_OCTETS,
    TARGET_PERCENT,
    TARGET_NUL,
    FIELD_NAME,
    FIELD_NAME_GLUED,
    FIELD_VALUE,
    HOST_MISSING,
    HOST_REPEATED,
    HOST_SYNTAX,
    LENGTH_REPEATED,
    LENGTH_SYNTAX,
    CODING_REPEATED,
    CODING_UNKNOWN,
    CODING_OLD,
    CODING_AND_LENGTH,
    CONTENT_UNWANTED,
    RULES
};

static const struct guard_refusal refusals[] = {
    /* RFC 9110 section 9.1 */
    [METHOD_TOKEN] = {MALFORMED, "The method is not a token."},
    /* RFC 9112 section 2.3 */
    [VERSION_SYNTAX] = {MALFORMED, "The request line does not end in an HTTP version."},
    /* RFC 9110 section 15.6.6 */
    [VERSION_SERVED] = {VERSION, "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
    /* RFC 9112 section 3.2 */
    [TARGET_FORM] = {MALFORMED, "The request target is neither a path nor an http URI."},
    /* RFC 9112 section 3.2, RFC 3986 section 2 */
    [TARGET_OCTETS] = {MALFORMED, "The request target holds a character that a URI may hold only percent-encoded; curl "
                                  "-G --data-urlencode does that."},
    /* RFC 3986 section 2.1 */
    [TARGET_PERCENT] = {MALFORMED, "The request target holds a percent sign without two hexadecimal digits after it."},
    /* RFC 3986 section 7.3 */
    [TARGET_NUL] = {MALFORMED, "The request target holds an encoded NUL."},
    /* RFC 9110 section 5.1, RFC 9112 section 5.1 */
    [FIELD_NAME] = {MALFORMED, "The name of a header field is not a token."},
    /* RFC 9112 section 5.2: a folded line ends up at the field's name, which then frames nothing any more */
    [FIELD_NAME_GLUED] = {MALFORMED, "The name of a header field begins with the name of a framing field."},
    /* RFC 9110 section 5.5 */
    [FIELD_VALUE] = {MALFORMED, "The value of a header field holds a control character."},
    /* RFC 9112 section 3.2, for all four */
    [HOST_MISSING] = {MALFORMED, "The Host header field is missing."},
    [HOST_REPEATED] = {MALFORMED, "There is more than one Host header field."},
    [HOST_SYNTAX] = {MALFORMED, "The host is not a name or an address with an optional port."},
    /* RFC 9110 section 8.6, RFC 9112 section 6.3 */
    [LENGTH_REPEATED] = {MALFORMED, "There is more than one Content-Length header field."},
    [LENGTH_SYNTAX] = {MALFORMED, "The Content-Length is not a number."},
    /* RFC 9112 sections 6.1, 6.3 and 7 */
    [CODING_REPEATED] = {MALFORMED, "There is more than one Transfer-Encoding header field."},
    [CODING_UNKNOWN] = {MALFORMED, "The Transfer-Encoding is not chunked."},
    [CODING_OLD] = {MALFORMED, "HTTP/1.0 has no Transfer-Encoding."},
    [CODING_AND_LENGTH] = {MALFORMED, "Transfer-Encoding and Content-Length exclude each other."},
    /* RFC 9110 section 9.3.1: content in a GET has no meaning, and may be a hidden request */
    [CONTENT_UNWANTED] = {CONTENT, "This method takes no content here."},
};

_Static_assert(sizeof refusals / sizeof refusals[0] == RULES, "every rule has its sentence");

/* ---- Sets of octets -------------------------------------------------------------------------------------------- */

enum octet_set {
    TOKEN = 1 << 0, /* tchar, RFC 9110 section 5.6.2 */
    URI = 1 << 1,   /* what a path and query consist of, RFC 3986 section 3.3 and 3.4, the percent sign included */
    HOST = 1 << 2,  /* reg-name, RFC 3986 section 3.2.2, the percent sign included */
    HEX = 1 << 3,
    DIGIT = 1 << 4,
    PLAIN = 1 << 5, /* URI without the percent sign */
};

#define UNRESERVED (TOKEN | URI | PLAIN | HOST)

/* Designators for octets in a row: ISO C has no ranges. */
#define TWO(first, set) [first] = (set), [(first) + 1] = (set)
#define SIX(first, set) TWO(first, set), TWO((first) + 2, set), TWO((first) + 4, set)
#define TEN(first, set) SIX(first, set), TWO((first) + 6, set), TWO((first) + 8, set)

static const uint8_t octets[256] = {
    TEN('0', UNRESERVED | HEX | DIGIT),
    SIX('A', UNRESERVED | HEX),
    TEN('G', UNRESERVED),
    TEN('Q', UNRESERVED),
    SIX('a', UNRESERVED | HEX),
    TEN('g', UNRESERVED),
    TEN('q', UNRESERVED),
    ['-'] = UNRESERVED,
    ['.'] = UNRESERVED,
    ['_'] = UNRESERVED,
    ['~'] = UNRESERVED,
    ['%'] = TOKEN | URI | HOST,
    ['!'] = UNRESERVED,
    ['$'] = UNRESERVED,
    ['&'] = UNRESERVED,
    ['\''] = UNRESERVED,
    ['*'] = UNRESERVED,
    ['+'] = UNRESERVED,
    ['('] = URI | PLAIN | HOST,
    [')'] = URI | PLAIN | HOST,
    [','] = URI | PLAIN | HOST,
    [';'] = URI | PLAIN | HOST,
    ['='] = URI | PLAIN | HOST,
    ['#'] = TOKEN,
    ['^'] = TOKEN,
    ['`'] = TOKEN,
    ['|'] = TOKEN,
    ['/'] = URI | PLAIN,
    ['?'] = URI | PLAIN,
    [':'] = URI | PLAIN,
    ['@'] = URI | PLAIN,
};

static bool in(enum octet_set set, char octet)
{
    return (octets[(unsigned char)octet] & set) != 0;
}

/* How many octets from the start belong to the set. */
static size_t span(enum octet_set set, const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && in(set, text[i]))
        i++;
    return i;
}

static bool all_in(enum octet_set set, const char *text, size_t length)
{
    return length > 0 && span(set, text, length) == length;
}

/* ---- Parts ----------------------------------------------------------------------------------------------------- */

/* The first reason stays: later ones may be consequences. */
static void refuse(struct guard *guard, enum rule rule)
{
    if (guard->refusal == NULL)
        guard->refusal = &refusals[rule];
}

static void check_version(struct guard *guard, const char *version)
{
    const size_t prefix = sizeof "HTTP/" - 1;
    bool well_formed = strlen(version) == prefix + 3 && memcmp(version, "HTTP/", prefix) == 0 &&
                       in(DIGIT, version[prefix]) && version[prefix + 1] == '.' && in(DIGIT, version[prefix + 2]);
    if (!well_formed)
        refuse(guard, VERSION_SYNTAX);
    else if (version[prefix] != '1')
        refuse(guard, VERSION_SERVED);
    else
        guard->version_1_0 = version[prefix + 2] == '0';
}

/* uri-host [ ":" port ], RFC 3986 section 3.2.2. A host is needed, user information is not one. */
static bool is_host(const char *text, size_t length)
{
    size_t host;

    if (length > 0 && text[0] == '[') { /* an IPv6 address, with the dotted end it may have */
        host = 1;
        while (host < length && (in(HEX, text[host]) || text[host] == ':' || text[host] == '.'))
            host++;
        if (host < 4 || host == length || text[host] != ']')
            return false;
        host++;
    } else {
        host = span(HOST, text, length);
    }
    if (host == 0)
        return false;
    return host == length ||
           (text[host] == ':' && span(DIGIT, text + host + 1, length - host - 1) == length - host - 1);
}

/* RFC 9112 section 3.2: a path, "*" with OPTIONS, or a whole http URI, of which the path counts. */
static bool find_path(struct guard *guard, const char *method, const char *target, size_t length)
{
    static const char *const schemes[] = {"http://", "https://"};

    if (length > 0 && target[0] == '/')
        return true;
    if (length == 1 && target[0] == '*')
        return strcmp(method, "OPTIONS") == 0;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t authority = strlen(schemes[i]);
        if (length <= authority || strncasecmp(target, schemes[i], authority) != 0)
            continue;
        size_t path = authority;
        while (path < length && target[path] != '/' && target[path] != '?')
            path++;
        guard->path = path;
        guard->path_empty = path == length || target[path] == '?';
        return is_host(target + authority, path - authority);
    }
    return false;
}

static void check_target(struct guard *guard, const char *method, const char *target, size_t length)
{
    if (!find_path(guard, method, target, length)) {
        refuse(guard, TARGET_FORM);
        return;
    }
    for (size_t i = guard->path; (i += span(PLAIN, target + i, length - i)) < length; i++) {
        if (target[i] != '%') {
            refuse(guard, TARGET_OCTETS);
            return;
        }
        if (length - i < 3 || !all_in(HEX, target + i + 1, 2)) {
            refuse(guard, TARGET_PERCENT);
            return;
        }
        if (target[i + 1] == '0' && target[i + 2] == '0') {
            refuse(guard, TARGET_NUL);
            return;
        }
    }
}

void guard_begin(struct guard *guard, const char *method, const char *version, const char *target, size_t target_length)
{
    *guard = (struct guard){
        .takes_no_content = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0,
    };
    /* The version first: another version's preface need not be good HTTP/1.1 in anything else. */
    check_version(guard, version);
    if (!all_in(TOKEN, method, strlen(method)))
        refuse(guard, METHOD_TOKEN);
    check_target(guard, method, target, target_length);
}

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

static void take_host(struct guard *guard, const char *value, size_t length)
{
    if (guard->hosts++ > 0)
        refuse(guard, HOST_REPEATED);
    else if (!is_host(value, length))
        refuse(guard, HOST_SYNTAX);
}

static void take_length(struct guard *guard, const char *value, size_t length)
{
    /* No signs, no lists, and short enough for everybody's 64 bits. */
    if (guard->content_lengths++ > 0)
        refuse(guard, LENGTH_REPEATED);
    else if (!all_in(DIGIT, value, length) || length > 18)
        refuse(guard, LENGTH_SYNTAX);
    for (size_t i = 0; i < length; i++)
        guard->content = guard->content || value[i] != '0';
}

static void take_coding(struct guard *guard, const char *value, size_t length)
{
    static const char chunked[] = "chunked";
    guard->content = true;
    if (guard->transfer_encodings++ > 0)
        refuse(guard, CODING_REPEATED);
    else if (length != sizeof chunked - 1 || strncasecmp(value, chunked, length) != 0)
        refuse(guard, CODING_UNKNOWN);
}

/* The fields that decide where a request ends and whom it is for. A name that only begins with a glued one is refused:
 * it is what folding leaves of it. */
static const struct framing_field {
    const char *name;
    size_t length;
    bool glued;
    void (*take)(struct guard *guard, const char *value, size_t length);
} framing_fields[] = {
    {"Host", sizeof "Host" - 1, false, take_host},
    {"Content-Length", sizeof "Content-Length" - 1, true, take_length},
    {"Transfer-Encoding", sizeof "Transfer-Encoding" - 1, true, take_coding},
};

/* RFC 9110 section 5.5: tabs are the one control character; obs-text (0x80 and above) is passed on unread. */
static bool is_value(const char *value, size_t length)
{
    const uint64_t each = UINT64_MAX / 0xff, tops = each * 0x80;
    size_t i = 0;

    /* Eight at a time, as long as none is less than a space or is DEL. */
    for (uint64_t octets_8; length - i >= sizeof octets_8; i += sizeof octets_8) {
        memcpy(&octets_8, value + i, sizeof octets_8);
        uint64_t deleted = octets_8 ^ each * 0x7f;
        if (((octets_8 - each * 0x20) & ~octets_8 & tops) != 0 || ((deleted - each) & ~deleted & tops) != 0)
            break;
    }
    for (; i < length; i++) {
        unsigned char octet = (unsigned char)value[i];
        if ((octet < 0x20 && octet != '\t') || octet == 0x7f)
            return false;
    }
    return true;
}

/* RFC 9110 section 5.5: the white space around a value is none of it. */
static void trim(const char **value, size_t *length)
{
    while (*length > 0 && (**value == ' ' || **value == '\t')) {
        ++*value;
        --*length;
    }
    while (*length > 0 && ((*value)[*length - 1] == ' ' || (*value)[*length - 1] == '\t'))
        --*length;
}

void guard_field(struct guard *guard, const char *name, size_t name_length, const char *value, size_t value_length)
{
    trim(&value, &value_length);
    if (!all_in(TOKEN, name, name_length))
        refuse(guard, FIELD_NAME);
    if (!is_value(value, value_length))
        refuse(guard, FIELD_VALUE);

    for (size_t i = 0; i < sizeof framing_fields / sizeof framing_fields[0]; i++) {
        const struct framing_field *field = &framing_fields[i];
        bool may_be = name_length >= field->length && ((*name ^ *field->name) & ~('a' ^ 'A')) == 0;
        if (!may_be || strncasecmp(name, field->name, field->length) != 0)
            continue;
        if (name_length == field->length)
            field->take(guard, value, value_length);
        else if (field->glued)
            refuse(guard, FIELD_NAME_GLUED);
    }
}

/* ---- The whole ------------------------------------------------------------------------------------------------- */

const struct guard_refusal *guard_end(struct guard *guard)
{
    if (guard->hosts == 0 && !guard->version_1_0)
        refuse(guard, HOST_MISSING);
    if (guard->transfer_encodings > 0 && guard->version_1_0)
        refuse(guard, CODING_OLD);
    if (guard->transfer_encodings > 0 && guard->content_lengths > 0)
        refuse(guard, CODING_AND_LENGTH);
    if (guard->content && guard->takes_no_content)
        refuse(guard, CONTENT_UNWANTED);
    return guard->refusal;
}
