/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct hold *hold_new(size_t max, size_t always)
{
    struct hold *hold = calloc(1, sizeof *hold);

    if (!hold)
        return NULL;
    atomic_init(&hold->refs, 1);
    hold->max = max;
    hold->always = always;
    return hold;
}

void hold_unref(struct hold *hold)
{
    if (hold && atomic_fetch_sub_explicit(&hold->refs, 1, memory_order_acq_rel) == 1)
        free(hold);
}

struct body *body_new(const void *bytes, size_t length)
{
    struct body *body = malloc(sizeof *body + length);

    if (!body)
        return NULL;
    atomic_init(&body->refs, 1);
    body->length = length;
    body->bytes = length ? memcpy(body + 1, bytes, length) : (const char *)(body + 1);
    body->taken = NULL;
    atomic_init(&body->hold, NULL);
    return body;
}

struct body *body_take(char *bytes, size_t length)
{
    struct body *body = body_new_literal(bytes, length);

    if (body)
        body->taken = bytes;
    else
        free(bytes);
    return body;
}

struct body *body_new_literal(const void *bytes, size_t length)
{
    struct body *body = malloc(sizeof *body);

    if (!body)
        return NULL;
    atomic_init(&body->refs, 1);
    body->length = length;
    body->bytes = bytes;
    body->taken = NULL;
    atomic_init(&body->hold, NULL);
    return body;
}

struct body *body_ref(struct body *body)
{
    atomic_fetch_add_explicit(&body->refs, 1, memory_order_relaxed);
    return body;
}

void body_unref(struct body *body)
{
    if (body && atomic_fetch_sub_explicit(&body->refs, 1, memory_order_acq_rel) == 1) {
        struct hold *hold = atomic_load_explicit(&body->hold, memory_order_relaxed);

        if (hold)
            (void)atomic_fetch_sub_explicit(&hold->bytes, body->length, memory_order_relaxed);
        hold_unref(hold);
        free(body->taken);
        free(body);
    }
}

static bool has_own_bytes(const struct body *body)
{
    return body->taken || body->bytes == (const char *)(body + 1);
}

bool body_hold(struct body *body, struct hold *hold)
{
    struct hold *none = NULL;

    if (body->length <= BODY_LARGE || !has_own_bytes(body) ||
        atomic_load_explicit(&body->hold, memory_order_relaxed) != NULL)
        return true;
    size_t before = atomic_fetch_add_explicit(&hold->bytes, body->length, memory_order_relaxed);
    bool has_room = before <= hold->always || before + body->length <= hold->max;
    /* Another thread may be giving the same body. */
    if (has_room && atomic_compare_exchange_strong(&body->hold, &none, hold))
        (void)atomic_fetch_add_explicit(&hold->refs, 1, memory_order_relaxed);
    else
        (void)atomic_fetch_sub_explicit(&hold->bytes, body->length, memory_order_relaxed);
    return has_room;
}

struct reply *reply_new(int status, struct body *body)
{
    struct reply *reply = malloc(sizeof *reply);

    if (!reply) {
        body_unref(body);
        return NULL;
    }
    memset(reply, 0, offsetof(struct reply, headers));
    atomic_init(&reply->refs, 1);
    reply->status = status;
    reply->body = body;
    return reply;
}

struct reply *reply_ref(struct reply *reply)
{
    atomic_fetch_add_explicit(&reply->refs, 1, memory_order_relaxed);
    return reply;
}

void reply_unref(struct reply *reply)
{
    if (!reply || atomic_fetch_sub_explicit(&reply->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (reply->transport)
        reply->transport_free(reply->transport);
    for (size_t i = 0; i < reply->more_count; i++)
        free(reply->more[i]);
    body_unref(reply->body);
    free(reply);
}

struct reply *reply_with_body(const struct reply *reply, struct body *body)
{
    struct reply *other = reply_new(reply->status, body);

    if (other)
        other->route = reply->route;
    for (size_t i = 0; other && i < reply->header_count; i++) {
        const struct reply_header *header = &reply->headers[i];

        if (header->value != reply->etag && !reply_add(other, header->name, header->value)) {
            reply_unref(other);
            other = NULL;
        }
    }
    return other;
}

bool reply_add(struct reply *reply, const char *name, const char *value)
{
    char *copy;

    if (!value || !*value)
        return true;
    assert(reply->header_count < REPLY_HEADERS_MAX);
    size_t size = strlen(value) + 1;
    if (size <= REPLY_ROOM - reply->room_used) {
        copy = memcpy(reply->room + reply->room_used, value, size);
        reply->room_used += size;
    } else if ((copy = strdup(value)) != NULL) {
        reply->more[reply->more_count++] = copy;
    } else {
        return false;
    }
    reply->headers[reply->header_count++] = (struct reply_header){name, copy};
    /* cppcheck-suppress memleak ; the reply has it */
    return true;
}

bool reply_add_etag(struct reply *reply)
{
    static const char hex[] = "0123456789abcdef";
    XXH128_canonical_t hash;
    char etag[2 * sizeof hash.digest + 3], *at = etag;

    XXH128_canonicalFromHash(&hash, XXH3_128bits(reply->body->bytes, reply->body->length));
    *at++ = '"';
    for (size_t i = 0; i < sizeof hash.digest; i++) {
        *at++ = hex[hash.digest[i] >> 4];
        *at++ = hex[hash.digest[i] & 15];
    }
    *at++ = '"';
    *at = '\0';
    if (!reply_add(reply, "ETag", etag))
        return false;
    reply->etag = reply->headers[reply->header_count - 1].value;
    return true;
}

const char *reply_header(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}
