/* SPDX-License-Identifier: MIT */
/* jansson's tree and the map of places, made and walked side by side. */
#include "document.h"

#include "decimal.h"
#include "unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values in the order in which they begin, so that a value's descendants follow it directly. */
struct place {
    uint32_t key;   /* offset of the member's name, its quote included; NO_KEY for items and the root */
    uint32_t start; /* offset of the value */
    uint32_t end;
    uint32_t next; /* number of the first place that is not a descendant */
};

#define NO_KEY UINT32_MAX

struct document {
    const char *bytes;
    size_t length;
    json_t *root;
    struct place *places;
    uint32_t count, capacity;
    struct arena strings; /* those with escapes, unescaped */
    bool no_memory;
};

/*
 * The reader: both halves of a document, as RFC 8259 has it, up to the first fault. jansson's own would do for its half,
 * but where its buffer cannot grow it drops a character and goes on, into an assertion or past the end of what it has.
 */
struct reading {
    struct document *document;
    struct sme_faults *faults;
    size_t at;
    bool wrong; /* a fault was told; a reader that gives up without one had no memory */
};

static void syntax_fault(struct sme_faults *faults, size_t offset, const char *what, const char *accepted)
{
    faults_add(faults, &(struct fault){
                           .kind = FAULT_SYNTAX,
                           .path = "",
                           .value = what,
                           .value_length = strlen(what),
                           .accepted = accepted,
                           .offset = offset,
                       });
}

/* The byte so many further on; END where the text has ended. */
static int peek(const struct reading *r, size_t further)
{
    enum { END = -1 };
    size_t left = r->document->length - r->at;

    return further < left ? (unsigned char)r->document->bytes[r->at + further] : END;
}

/* A fault at the place that was reached. Gives NULL for those who say so or false then. */
static json_t *give_up(struct reading *r, const char *what, const char *accepted)
{
    r->wrong = true;
    syntax_fault(r->faults, r->at, what, accepted);
    return NULL;
}

/* The same about what stands there, up to the next blank or sign. */
static json_t *unexpected(struct reading *r, const char *accepted)
{
    enum { SHOWN_MAX = 20 };
    char what[SHOWN_MAX + sizeof "''"];
    int length = peek(r, 0) > 0;

    if (peek(r, 0) < 0)
        return give_up(r, "the end of the text", accepted);
    while (length < SHOWN_MAX && peek(r, (size_t)length) > ' ' && !strchr(",:[]{}\"", peek(r, (size_t)length)))
        length++;
    while (length > 1 && (peek(r, (size_t)length) & 0xc0) == 0x80) /* not within a character */
        length--;
    (void)snprintf(what, sizeof what, "'%.*s'", length, r->document->bytes + r->at);
    return give_up(r, what, accepted);
}

static void skip_space(struct reading *r)
{
    while (peek(r, 0) > 0 && strchr(" \t\r\n", peek(r, 0)))
        r->at++;
}

/* Whether the sign comes next, with blanks around; then it is passed. */
static bool take(struct reading *r, char sign)
{
    skip_space(r);
    if (peek(r, 0) != sign)
        return false;
    r->at++;
    skip_space(r);
    return true;
}

/* ---- Strings --------------------------------------------------------------------------------------------------- */

/* Each escape of one letter and what it stands for. */
static const char escapes[] = "\"\\/bfnrt", escaped[] = "\"\\/\b\f\n\r\t";

/* The number of four hexadecimal digits; -1: there are others. */
static int32_t hex4(const char *digits)
{
    int32_t number = 0;

    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

/* The UTF-16 unit that is escaped so many bytes further on; -1: none is. */
static int32_t unit_at(const struct reading *r, size_t further)
{
    bool whole = peek(r, further + 5) >= 0 && peek(r, further) == '\\' && peek(r, further + 1) == 'u';

    return whole ? hex4(r->document->bytes + r->at + further + 2) : -1;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

static bool pass_escape(struct reading *r)
{
    int32_t unit = unit_at(r, 0);

    if (peek(r, 1) > 0 && strchr(escapes, peek(r, 1)))
        r->at += 2;
    else if (unit > 0 && !is_high(unit) && !is_low(unit))
        r->at += 6;
    else if (is_high(unit) && is_low(unit_at(r, 6)))
        r->at += 12;
    else if (unit == 0)
        (void)give_up(r, "\\u0000", "text without NUL");
    else if (unit > 0)
        (void)give_up(r, "half of a surrogate pair", "both halves, the high one first");
    else
        (void)give_up(r, "an escape that JSON does not have",
                      "a backslash with one of \"\\/bfnrt or with u and four digits");
    return !r->wrong;
}

/* From the opening quote to behind the closing one. */
static bool pass_string(struct reading *r)
{
    const struct document *d = r->document;
    size_t size;
    int c;

    if (peek(r, 0) != '"')
        return unexpected(r, "a name in double quotes");
    for (r->at++; (c = peek(r, 0)) != '"';) {
        if (c < 0)
            return unexpected(r, "a string with its closing quote");
        if (c < ' ')
            return give_up(r, "a control character in a string", "an escape, such as \\n");
        if (c == '\\') {
            if (!pass_escape(r))
                return false;
            continue;
        }
        if ((size = c < 0x80 ? 1 : utf8_character(d->bytes + r->at, d->length - r->at)) == 0)
            return give_up(r, "a byte that is not UTF-8", "UTF-8");
        r->at += size;
    }
    r->at++;
    return true;
}

static size_t put_utf8(char *out, int32_t point)
{
    size_t more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};

    for (size_t i = more; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(first[more] | point);
    return more + 1;
}

/* What a string that was passed says. Where nothing in it is escaped, that is its own text. NULL: no memory. */
static const char *value_of(struct document *document, const char *text, size_t length, size_t *ret_length)
{
    const char *end = text + length;

    *ret_length = length;
    if (!memchr(text, '\\', length))
        return text;
    char *value = arena_alloc(&document->strings, length), *out = value; /* no escape is shorter than what it says */
    while (value && text < end) {
        if (*text != '\\') {
            *out++ = *text++;
        } else if (text[1] != 'u') {
            *out++ = escaped[strchr(escapes, text[1]) - escapes];
            text += 2;
        } else {
            int32_t point = hex4(text + 2);
            bool pair = is_high(point);

            if (pair)
                point = 0x10000 + ((point - 0xd800) << 10) + (hex4(text + 8) - 0xdc00);
            out += put_utf8(out, point);
            text += pair ? 12 : 6;
        }
    }
    *ret_length = (size_t)(out - value);
    return value;
}

static const char *take_string(struct reading *r, size_t *ret_length)
{
    const char *text = r->document->bytes + r->at + 1;

    return pass_string(r) ? value_of(r->document, text, (size_t)(r->document->bytes + r->at - 1 - text), ret_length)
                          : NULL;
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

static bool add_place(struct reading *r, uint32_t key, uint32_t *ret_place)
{
    struct document *d = r->document;

    if (d->count == d->capacity) {
        uint32_t capacity = d->capacity ? d->capacity * 2 : 256;
        struct place *places = realloc(d->places, capacity * sizeof *places);

        if (!places)
            return false;
        d->places = places;
        d->capacity = capacity;
    }
    d->places[d->count] = (struct place){.key = key, .start = (uint32_t)r->at};
    *ret_place = d->count++;
    return true;
}

static json_t *read_value(struct reading *r, uint32_t key, unsigned depth);

/* Passes the opening sign, and the closing one where nothing is between. */
static bool opens_empty(struct reading *r, char close)
{
    r->at++;
    skip_space(r);
    bool empty = peek(r, 0) == close;
    r->at += empty;
    return empty;
}

/* Whether one more of an array or object follows. If not, it has ended, or a fault was told. */
static bool goes_on(struct reading *r, char close, const char *accepted)
{
    if (take(r, ','))
        return true;
    if (peek(r, 0) == close)
        r->at++;
    else
        (void)unexpected(r, accepted);
    return false;
}

static json_t *read_array(struct reading *r, unsigned depth)
{
    json_t *array = json_array();
    bool good = array != NULL;

    if (opens_empty(r, ']'))
        return array;
    do
        good = good && json_array_append_new(array, read_value(r, NO_KEY, depth + 1)) == 0;
    while (good && goes_on(r, ']', "',' or ']'"));
    if (good && !r->wrong)
        return array;
    json_decref(array);
    return NULL;
}

static bool read_member(struct reading *r, json_t *object, unsigned depth)
{
    uint32_t key = (uint32_t)r->at;
    size_t length;
    const char *name = take_string(r, &length);

    if (!name)
        return false;
    if (!take(r, ':'))
        return unexpected(r, "':'");
    return json_object_setn_new_nocheck(object, name, length, read_value(r, key, depth + 1)) == 0;
}

static json_t *read_object(struct reading *r, unsigned depth)
{
    json_t *object = json_object();
    unsigned members = 0;
    bool good = object != NULL;

    if (opens_empty(r, '}'))
        return object;
    do {
        if (good && ++members > DOCUMENT_MEMBERS_MAX)
            good = give_up(r, "too many members", "at most 64 in an object");
        good = good && read_member(r, object, depth);
    } while (good && goes_on(r, '}', "',' or '}'"));
    if (good && !r->wrong)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *read_string(struct reading *r)
{
    size_t length;
    const char *value = take_string(r, &length);

    return value ? json_stringn_nocheck(value, length) : NULL;
}

/* A number or a word. Of a number jansson's half only knows that it is one: digits are read from the text, of any length. */
static json_t *read_plain(struct reading *r)
{
    const char *text = r->document->bytes + r->at;
    struct decimal number;
    size_t length = 0;

    while (peek(r, length) > ' ' && !strchr(",:[]{}\"", peek(r, length)))
        length++;
    json_t *value = length == 4 && memcmp(text, "true", 4) == 0    ? json_true()
                    : length == 5 && memcmp(text, "false", 5) == 0 ? json_false()
                    : length == 4 && memcmp(text, "null", 4) == 0  ? json_null()
                    : decimal_parse(text, length, &number) != DECIMAL_SYNTAX
                        ? json_real(0.0)
                        : unexpected(r, "a string, a number, an array, an object, true, false or null");
    r->at += value ? length : 0;
    return value;
}

static json_t *read_value(struct reading *r, uint32_t key, unsigned depth)
{
    uint32_t place;

    if (depth > DOCUMENT_DEPTH_MAX)
        return give_up(r, "nested too deeply", "at most 16 levels");
    if (!add_place(r, key, &place))
        return NULL;
    int c = peek(r, 0);
    json_t *value = c == '{'   ? read_object(r, depth)
                    : c == '[' ? read_array(r, depth)
                    : c == '"' ? read_string(r)
                               : read_plain(r);
    r->document->places[place].end = (uint32_t)r->at;
    r->document->places[place].next = r->document->count;
    return value;
}

static json_t *read_text(struct reading *r)
{
    skip_space(r);
    json_t *root = read_value(r, NO_KEY, 0);
    skip_space(r);
    if (!root || peek(r, 0) < 0)
        return root;
    json_decref(root);
    return unexpected(r, "the end of the text");
}

enum sme_status document_parse(const char *bytes, size_t length, struct sme_faults *faults,
                               struct document **ret_document)
{
    size_t told = faults_told(faults);
    struct document *document = calloc(1, sizeof *document);

    if (!document)
        return SME_NO_MEMORY;
    *document = (struct document){.bytes = bytes, .length = length};
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        syntax_fault(faults, 0, "a byte-order mark", "UTF-8 without one");
    } else if (length > SME_DOCUMENT_BYTES_MAX) {
        syntax_fault(faults, 0, "more than 64 MiB", "a smaller document");
    } else {
        struct reading reading = {.document = document, .faults = faults};

        document->root = read_text(&reading);
        document->no_memory = !document->root && !reading.wrong;
    }
    enum sme_status status = document->no_memory ? SME_NO_MEMORY : faults_status(faults, told);
    if (status != SME_OK) {
        document_free(document);
        return status;
    }
    *ret_document = document;
    return SME_OK;
}

struct node document_root(const struct document *document)
{
    return (struct node){document->root, 0};
}

void document_free(struct document *document)
{
    if (!document)
        return;
    json_decref(document->root);
    free(document->places);
    arena_finish(&document->strings);
    free(document);
}

bool document_no_memory(const struct document *document)
{
    return document->no_memory;
}

/* The name of a member. */
static const char *key_of(struct document *document, uint32_t place, size_t *ret_length)
{
    const char *start = document->bytes + document->places[place].key + 1, *end = start;

    for (; *end != '"'; end++)
        if (*end == '\\')
            end++;
    const char *key = value_of(document, start, (size_t)(end - start), ret_length);
    document->no_memory = document->no_memory || !key;
    return key ? key : "";
}

/* Goes to the first child from 0, else to the one after; false when the parent ends. */
static bool step(const struct document *document, uint32_t parent, uint32_t *at)
{
    uint32_t next = *at == 0 ? parent + 1 : document->places[*at].next;

    if (next >= document->places[parent].next)
        return false;
    *at = next;
    return true;
}

static bool has_twins(const struct document *document, struct node parent)
{
    size_t members = 0;

    if (!json_is_object(parent.json))
        return false;
    for (uint32_t at = 0; step(document, parent.place, &at);)
        members++;
    return members != json_object_size(parent.json);
}

bool document_next(struct document *document, struct node parent, struct walk *walk, struct child *ret_child)
{
    struct child child = {.first = true, .last = true};

    if (walk->at == 0)
        walk->twins = has_twins(document, parent);
    if (!step(document, parent.place, &walk->at))
        return false;
    child.node.place = walk->at;
    if (document->places[walk->at].key == NO_KEY) {
        child.node.json = json_array_get(parent.json, walk->index++);
        *ret_child = child;
        return true;
    }
    child.key = key_of(document, walk->at, &child.key_length);
    child.node.json = json_object_getn(parent.json, child.key, child.key_length);
    for (uint32_t at = 0; walk->twins && step(document, parent.place, &at);) {
        size_t length;
        const char *key = key_of(document, at, &length);

        if (at == walk->at || length != child.key_length || memcmp(key, child.key, length) != 0)
            continue;
        child.first = child.first && at > walk->at;
        child.last = child.last && at < walk->at;
    }
    *ret_child = child;
    return true;
}

uint32_t document_member_place(struct document *document, uint32_t object, const char *name)
{
    uint32_t found = object;

    for (uint32_t at = 0; step(document, object, &at);) {
        size_t length = 0;
        const char *key = document->places[at].key == NO_KEY ? "" : key_of(document, at, &length);

        if (length == strlen(name) && memcmp(key, name, length) == 0)
            found = at;
    }
    return found;
}

bool document_member(struct document *document, struct node object, const char *name, struct node *ret_node)
{
    uint32_t place = document_member_place(document, object.place, name);

    if (place == object.place)
        return false;
    *ret_node = (struct node){json_object_get(object.json, name), place};
    return true;
}

const char *document_text(const struct document *document, struct node node, size_t *ret_length)
{
    const struct place *place = &document->places[node.place];

    *ret_length = place->end - place->start;
    return document->bytes + place->start;
}

/* The JSON Pointer (RFC 6901) of a place: down from the root, always into the child that holds it. */
static void print_pointer(struct document *document, uint32_t place, struct buf *out)
{
    uint32_t parent = 0;

    while (parent != place) {
        uint32_t at = 0;
        int64_t index = -1;

        while (step(document, parent, &at) && ++index >= 0 && document->places[at].next <= place)
            ;
        buf_char(out, '/');
        if (document->places[at].key == NO_KEY) {
            buf_integer(out, index);
        } else {
            size_t length;
            const char *key = key_of(document, at, &length);

            for (size_t i = 0; i < length; i++) {
                if (key[i] == '~' || key[i] == '/')
                    buf_text(out, key[i] == '~' ? "~0" : "~1");
                else if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
                    buf_text(out, "\xef\xbf\xbd"); /* a path is printed on a line of its own */
                else
                    buf_char(out, key[i]);
            }
        }
        parent = at;
    }
}

void document_fault(struct document *document, struct sme_faults *faults, const struct fault_at *at)
{
    struct buf pointer = BUF_INIT(4096);
    const struct place *place = &document->places[at->place];
    size_t length = 0;
    const char *text = at->value;

    if (text)
        length = strlen(text);
    else if (at->key)
        text = key_of(document, at->place, &length);
    else
        text = document_text(document, (struct node){NULL, at->place}, &length);
    print_pointer(document, at->place, &pointer);
    faults->no_memory = faults->no_memory || pointer.status == SME_NO_MEMORY;
    faults_add(faults, &(struct fault){
                           .kind = at->kind,
                           .path = buf_string(&pointer),
                           .value = text,
                           .value_length = length,
                           .accepted = at->accepted,
                           .nearest = at->nearest,
                           .offset = at->key ? place->key : place->start,
                       });
    buf_finish(&pointer);
}
