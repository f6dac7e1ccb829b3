/* SPDX-License-Identifier: MIT */
/* jansson's tree and the map of places, walked side by side. */
#include "document.h"

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
    struct arena keys; /* names with escapes, unescaped */
    bool no_memory;
};

/* The scanner believes its input: jansson has accepted it. */
struct scanner {
    struct document *document;
    size_t at;
    uint32_t too_deep; /* the first place that is nested too deeply; 0: none, since the root never is */
    uint32_t too_wide; /* the first member that is one too many for its object; 0: none */
};

static void skip_space(struct scanner *s)
{
    while (s->at < s->document->length && strchr(" \t\r\n", s->document->bytes[s->at]))
        s->at++;
}

static void skip_string(struct scanner *s)
{
    const char *bytes = s->document->bytes;

    for (s->at++; bytes[s->at] != '"'; s->at++)
        if (bytes[s->at] == '\\')
            s->at++;
    s->at++;
}

static uint32_t add_place(struct scanner *s, uint32_t key)
{
    struct document *d = s->document;

    if (d->count == d->capacity) {
        uint32_t capacity = d->capacity ? d->capacity * 2 : 256;
        struct place *places = realloc(d->places, capacity * sizeof *places);

        if (!places) {
            d->no_memory = true;
            return 0;
        }
        d->places = places;
        d->capacity = capacity;
    }
    d->places[d->count] = (struct place){.key = key, .start = (uint32_t)s->at};
    return d->count++;
}

/* Recursion is bounded by jansson's own limit on nesting. */
static void scan(struct scanner *s, uint32_t key, unsigned depth)
{
    const char *bytes = s->document->bytes;
    uint32_t number = add_place(s, key);
    char open = bytes[s->at];

    if (s->document->no_memory)
        return;
    if (depth > DOCUMENT_DEPTH_MAX && s->too_deep == 0)
        s->too_deep = number;
    if (open == '"') {
        skip_string(s);
    } else if (open == '{' || open == '[') {
        char close = open == '{' ? '}' : ']';

        unsigned members = 0;

        s->at++;
        skip_space(s);
        while (bytes[s->at] != close && !s->document->no_memory) {
            uint32_t name = NO_KEY;

            if (open == '{') {
                if (++members > DOCUMENT_MEMBERS_MAX && s->too_wide == 0)
                    s->too_wide = s->document->count;
                name = (uint32_t)s->at;
                skip_string(s);
                skip_space(s);
                s->at++; /* the colon */
                skip_space(s);
            }
            scan(s, name, depth + 1);
            skip_space(s);
            if (bytes[s->at] == ',') {
                s->at++;
                skip_space(s);
            }
        }
        s->at++;
    } else {
        while (s->at < s->document->length && !strchr(",]} \t\r\n", bytes[s->at]))
            s->at++;
    }
    if (s->document->no_memory)
        return;
    s->document->places[number].end = (uint32_t)s->at;
    s->document->places[number].next = s->document->count;
}

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

struct node document_root(const struct document *document)
{
    return (struct node){document->root, 0};
}

static bool is_as_written(struct document *document, struct node node);

/*
 * jansson tells of memory that ran out inside its lexer as of a syntax error. So an error is believed when it comes twice,
 * and when there is memory to be had afterwards.
 */
static json_t *parse(const char *bytes, size_t length, json_error_t *error, bool *ret_no_memory)
{
    const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY; /* digits are read from the text, of any length */
    json_t *root = json_loadb(bytes, length, flags, error);

    json_error_t again = {0};
    if (!root)
        root = json_loadb(bytes, length, flags, &again);
    void *probe = root ? NULL : malloc(4096);
    *ret_no_memory = !root && (!probe || again.position != error->position || strcmp(again.text, error->text) != 0 ||
                               json_error_code(error) == json_error_out_of_memory || error->text[0] == '\0');
    free(probe);
    return root;
}

enum sme_status document_parse(const char *bytes, size_t length, struct sme_faults *faults,
                               struct document **ret_document)
{
    size_t told = faults_told(faults);
    struct document *document = calloc(1, sizeof *document);
    json_error_t error;

    if (!document)
        return SME_NO_MEMORY;
    *document = (struct document){.bytes = bytes, .length = length};
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        syntax_fault(faults, 0, "a byte-order mark", "UTF-8 without one");
    } else if (length > SME_DOCUMENT_BYTES_MAX) {
        syntax_fault(faults, 0, "more than 64 MiB", "a smaller document");
    } else {
        document->root = parse(bytes, length, &error, &document->no_memory);
        if (!document->root && !document->no_memory)
            syntax_fault(faults, error.position > 0 ? (size_t)error.position - 1 : 0, error.text, "JSON (RFC 8259)");
    }
    if (document->root) {
        struct scanner scanner = {.document = document};

        skip_space(&scanner);
        scan(&scanner, NO_KEY, 0);
        if (!scanner.too_deep && !scanner.too_wide && !document->no_memory)
            document->no_memory = !is_as_written(document, document_root(document));
        if (scanner.too_deep && !document->no_memory)
            syntax_fault(faults, document->places[scanner.too_deep].start, "nested too deeply", "at most 16 levels");
        if (scanner.too_wide && !document->no_memory)
            syntax_fault(faults, document->places[scanner.too_wide].key, "too many members", "at most 64 in an object");
    }
    enum sme_status status = document->no_memory ? SME_NO_MEMORY : faults_status(faults, told);
    if (status != SME_OK) {
        document_free(document);
        return status;
    }
    *ret_document = document;
    return SME_OK;
}

void document_free(struct document *document)
{
    if (!document)
        return;
    json_decref(document->root);
    free(document->places);
    arena_finish(&document->keys);
    free(document);
}

bool document_no_memory(const struct document *document)
{
    return document->no_memory;
}

/* The name of a member: from the text, or unescaped where it must be. */
static const char *key_of(struct document *document, uint32_t place, size_t *ret_length)
{
    const char *start = document->bytes + document->places[place].key + 1, *end = start;
    bool escaped = false;

    for (; *end != '"'; end++) {
        if (*end == '\\') {
            escaped = true;
            end++;
        }
    }
    *ret_length = (size_t)(end - start);
    if (!escaped)
        return start;
    json_t *string = json_loadb(start - 1, *ret_length + 2, JSON_DECODE_ANY, NULL);
    const char *key =
        string ? arena_copy(&document->keys, json_string_value(string), json_string_length(string)) : NULL;
    *ret_length = key ? json_string_length(string) : 0;
    json_decref(string);
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

/* A string's value against its text, which is the same but for the quotes unless something is escaped. */
static bool is_string_as_written(const struct document *document, struct node node)
{
    size_t length;
    const char *text = document_text(document, node, &length);

    if (memchr(text, '\\', length) == NULL)
        return json_string_length(node.json) == length - 2 &&
               memcmp(json_string_value(node.json), text + 1, length - 2) == 0;
    json_t *again = json_loadb(text, length, JSON_DECODE_ANY, NULL);
    bool same = again && json_equal(again, (json_t *)(uintptr_t)node.json);
    json_decref(again);
    return same;
}

/*
 * Whether jansson's tree is what the text says. It is, unless memory ran out while reading: then jansson may drop a
 * character and say nothing, and a number or a name would be wrong.
 */
static bool is_as_written(struct document *document, struct node node)
{
    struct walk walk = {0};
    struct child child;
    bool same = node.json != NULL;

    if (json_is_string(node.json))
        return is_string_as_written(document, node);
    while (same && (json_is_array(node.json) || json_is_object(node.json)) &&
           document_next(document, node, &walk, &child))
        same = !child.last || is_as_written(document, child.node);
    return same;
}
