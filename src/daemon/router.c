/* SPDX-License-Identifier: MIT */
/* Finds the row of the route table for a path and method; knows what to say where there is none. */
#include "routes.h"

#include <stdlib.h>
#include <string.h>

static bool is_collection(const char *name)
{
    const char *known;

    for (size_t i = 0; (known = sme_collection_name(i)) != NULL; i++)
        if (strcmp(known, name) == 0)
            return strcmp(name, "dataset") != 0; /* it is /v1 itself */
    return false;
}

/* Matches a pattern against the segments from `first` on, and notes what its holes stand for. */
static bool matches(struct exchange *x, const char *pattern, size_t first)
{
    size_t i = first;

    x->collection = x->item = NULL;
    for (const char *at = pattern; *at == '/' && at[1]; i++) {
        size_t length = strcspn(++at, "/");

        if (i >= x->uri.segment_count)
            return false;
        const char *segment = x->uri.segments[i];
        if (strncmp(at, "{collection}", length) == 0) {
            if (!is_collection(segment))
                return false;
            x->collection = segment;
        } else if (*at == '{') {
            x->item = segment;
        } else if (strlen(segment) != length || memcmp(segment, at, length) != 0) {
            return false;
        }
        at += length;
    }
    return i == x->uri.segment_count;
}

static const struct route *find(struct exchange *x)
{
    const struct route *row;

    for (size_t i = 0; (row = route_at(i)) != NULL; i++)
        if (matches(x, row->path, 0))
            return row;
    return NULL;
}

/* The format whose extension ends a path segment, NULL if none does. Observations come in every one. */
static const struct sme_format *extension_of(const char *segment, size_t length)
{
    const struct sme_format *format;

    for (size_t i = 0; (format = sme_format_at("observations", i)) != NULL; i++) {
        size_t size = strlen(format->extension);

        if (length > size && memcmp(segment + length - size, format->extension, size) == 0)
            return format;
    }
    return NULL;
}

/* Takes .json, .csv and the like off the last segment where what is left is a collection or one of its rows. */
static const struct route *find_by_extension(struct exchange *x)
{
    size_t last = x->uri.segment_count;

    if (last < 2 || strcmp(x->uri.segments[0], "v1") != 0)
        return NULL;
    char *segment = (char *)(uintptr_t)x->uri.segments[last - 1]; /* in the uri's own memory */
    if (!strchr(segment, '.'))
        return NULL;
    size_t length = strlen(segment);
    const struct sme_format *format = extension_of(segment, length);
    if (!format)
        return NULL;
    char *dot = segment + length - strlen(format->extension);
    *dot = '\0';
    const struct route *row = find(x);
    if (row && x->collection)
        x->extension_format = format->name;
    else
        *dot = '.';
    return x->extension_format ? row : NULL;
}

/* Says that the address without its last slash, or with its version, is the right one. */
static bool redirect(struct exchange *x)
{
    const char *target = x->request->target;
    size_t path = strcspn(target, "?");
    bool unversioned = x->uri.segment_count > 0 && is_collection(x->uri.segments[0]) && x->uri.segment_count <= 2;

    if (!unversioned && !x->uri.trailing_slash)
        return false;
    if (!unversioned && !find(x))
        return false;
    char *link = malloc(strlen(target) + 8), *at = link;
    if (!link)
        return true; /* no reply: there is no memory for one */
    if (unversioned) {
        memcpy(at, "/v1", 3);
        at += 3;
    }
    size_t kept = path - x->uri.trailing_slash;
    memcpy(at, target, kept);
    strcpy(at + kept, target + path);
    respond_redirect(x, link);
    free(link);
    return true;
}

/* The known addresses nearest to a path that nobody knows. */
static void not_found(struct exchange *x)
{
    char path[128] = "", known[128];
    size_t length = 0;
    const struct route *row;
    struct sme_nearest nearest;

    for (size_t i = 0; i < x->uri.segment_count; i++) {
        size_t size = strlen(x->uri.segments[i]);

        if (length + size + 2 > sizeof path)
            break;
        path[length++] = '/';
        memcpy(path + length, x->uri.segments[i], size + 1);
        length += size;
    }
    nearest = sme_nearest_to(path, length);
    for (size_t i = 0; (row = route_at(i)) != NULL; i++) {
        const char *hole = strchr(row->path, '{'), *name;

        if (!hole)
            sme_nearest_offer(&nearest, row->path);
        for (size_t c = 0; hole && strcmp(hole, "{collection}") == 0 && (name = sme_collection_name(c)) != NULL; c++) {
            if (!is_collection(name))
                continue;
            (void)snprintf(known, sizeof known, "%.*s%s", (int)(hole - row->path), row->path, name);
            sme_nearest_offer(&nearest, known);
        }
    }
    size_t count = 0;
    while (count < 3 && nearest.found[count][0])
        count++;
    const char *const found[] = {nearest.found[0], nearest.found[1], nearest.found[2]};
    respond_near(x, NULL, printable(path, strlen(path), 100), "/", found, count);
}

void route(struct exchange *x)
{
    if (x->request->method == METHOD_OPTIONS && strcmp(x->request->target, "*") == 0) {
        respond_options(x);
        return;
    }
    const struct route *row = x->uri.trailing_slash ? NULL : find_by_extension(x);
    if (!row && !x->uri.trailing_slash)
        row = find(x);
    if (!row) {
        if (!redirect(x))
            not_found(x);
    } else if (x->request->method == METHOD_OPTIONS) {
        respond_options(x);
    } else if (x->request->method == METHOD_OTHER) {
        respond_problem(x, "method-not-allowed", NULL, NULL);
    } else if (row->queried || x->uri.pair_count == 0) {
        x->route = row;
        row->handle(x);
    } else {
        respond_unknown_parameters(x);
    }
}
