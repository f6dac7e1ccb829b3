/* SPDX-License-Identifier: MIT */
#ifndef SME_DOCUMENT_H
#define SME_DOCUMENT_H
/*
 * A JSON document whose every value knows where it stood. Beside jansson's tree stands a map of places, because jansson
 * keeps neither positions, nor the digits of a number, nor a second member of the same name, and a steward needs all three.
 */
#include "fault.h"

#include <jansson.h>

enum {
    DOCUMENT_DEPTH_MAX = 16,   /* our deepest value stands at 7; the rest is room for mistakes that deserve a place */
    DOCUMENT_MEMBERS_MAX = 64, /* of one object: more than any of ours has, so that looking for twins stays cheap */
};

/* A value: its jansson half and its number in the map. */
struct node {
    const json_t *json;
    uint32_t place;
};

/* Where a walk over the children of an array or object stands. Starts zeroed. */
struct walk {
    uint32_t at;
    uint32_t index;
    bool twins; /* jansson kept fewer members than the text has: some name is there twice */
};

/* A member or item met while walking. */
struct child {
    struct node node;
    const char *key; /* members: the name, not terminated */
    size_t key_length;
    bool first, last; /* of the members of this name; only the last one's value is known to jansson */
};

struct document;

/* Faults: the first FAULT_SYNTAX, which nesting without end is, too. OK, BAD_INPUT or NO_MEMORY. The bytes must outlive the
 * document. */
enum sme_status document_parse(const char *bytes, size_t length, struct sme_faults *faults,
                               struct document **ret_document);
void document_free(struct document *document);

struct node document_root(const struct document *document);
/* The next child of an array or object, in order; false after the last one. */
bool document_next(struct document *document, struct node parent, struct walk *walk, struct child *ret_child);
/* The member of this name; false if there is none. */
bool document_member(struct document *document, struct node object, const char *name, struct node *ret_node);
/* The place of a record's member, by number; the record's own if it has no such member. */
uint32_t document_member_place(struct document *document, uint32_t object, const char *name);
/* The value's text as it stands in the file. */
const char *document_text(const struct document *document, struct node node, size_t *ret_length);

/* Adds a fault about a value (or, with `key`, about a member's name). `value` NULL: its text in the file. */
struct fault_at {
    uint32_t place;
    bool key;
    enum fault_kind kind;
    const char *value;
    const char *accepted;
    const struct sme_nearest *nearest;
};
void document_fault(struct document *document, struct sme_faults *faults, const struct fault_at *at);
/* An allocation failed while walking. */
bool document_no_memory(const struct document *document);

#endif
