/* SPDX-License-Identifier: MIT */
/* The ways to answer: every header field of every reply is set here. */
#include "exchange.h"
#include "negotiate.h"
#include "routes.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERRORS_MAX = 100,     /* a small request must not make a huge answer */
    ECHO_BYTES = 200,     /* what is echoed of other bytes */
    INSTANCE_BYTES = 400, /* what is echoed of a target */
};

static const char methods[] = "GET, HEAD, OPTIONS";

const char *allowed_origin(const struct exchange *x)
{
    const char *origins = x->config->cors_origin, *asked = x->request->origin;

    if (strcmp(origins, "none") == 0)
        return NULL;
    if (strcmp(origins, "*") == 0)
        return "*";
    size_t length = asked && !strchr(asked, ',') ? strlen(asked) : 0;
    for (const char *at = origins; length > 0 && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, asked, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return asked;
    return NULL;
}

struct reply *reply_encode(struct reply *reply, enum coding coding)
{
    struct body *body = NULL;

    if (coding == CODING_NONE || !reply->compressible)
        return reply_ref(reply);
    if (!coding_apply(coding, reply->body, &body))
        return NULL;
    if (!body)
        return reply_ref(reply);
    struct reply *encoded = reply_with_body(reply, body);
    if (encoded && (!reply_add(encoded, "Content-Encoding", coding_name(coding)) || !reply_add_etag(encoded))) {
        reply_unref(encoded);
        encoded = NULL;
    }
    return encoded;
}

/* Adds a list's item, with a comma where it is not the first. */
static char *add_item(char *list, char *at, const char *item)
{
    if (at > list)
        at = stpcpy(at, ", ");
    return stpcpy(at, item);
}

static bool add_vary(struct exchange *x, struct reply *reply, const struct dress *dress, bool compressible)
{
    const char *origins = x->config->cors_origin;
    char vary[128] = "", *at = vary;

    if (dress->vary)
        at = add_item(vary, at, dress->vary);
    if (compressible)
        at = add_item(vary, at, "Accept-Encoding");
    if (strcmp(origins, "*") != 0 && strcmp(origins, "none") != 0)
        (void)add_item(vary, at, "Origin");
    return reply_add(reply, "Vary", vary);
}

enum { LIFETIME_BYTES = 64 };

/* "public, max-age=60", written from its end. */
static const char *print_lifetime(uint64_t seconds, char out[static LIFETIME_BYTES])
{
    static const char words[] = "public, max-age=";
    char *at = out + LIFETIME_BYTES;

    *--at = '\0';
    do
        *--at = (char)('0' + seconds % 10);
    while (seconds /= 10);
    return memcpy(at - (sizeof words - 1), words, sizeof words - 1);
}

static bool add_headers(struct exchange *x, struct reply *reply, const struct dress *dress, bool compressible)
{
    static const char *const policies[] = {
        [POLICY_NONE] = NULL,
        [POLICY_PLAIN] = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
                         "frame-ancestors 'none'",
        /* Trusted types: no text becomes markup or script, whatever a script of ours gets wrong. */
        [POLICY_SCRIPTED] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                            "require-trusted-types-for 'script'; trusted-types 'none'",
    };
    static const char exposed[] = "ETag, Link, Content-Language, Content-Disposition, Location, Allow, Server-Timing, "
                                  "X-Request-Id";
    static const char for_ever[] = "public, max-age=31536000, immutable";
    const char *origin = allowed_origin(x);
    char lifetime[LIFETIME_BYTES];

    return reply_add(reply, "Content-Type", dress->type) && reply_add(reply, "Content-Language", dress->language) &&
           reply_add(reply, "Cache-Control",
                     dress->no_store    ? "no-store"
                     : dress->immutable ? for_ever
                                        : print_lifetime(x->config->cache_max_age_s, lifetime)) &&
           add_vary(x, reply, dress, compressible) && reply_add(reply, "Link", dress->link) &&
           reply_add(reply, "Location", dress->location) && reply_add(reply, "Allow", dress->allow) &&
           reply_add(reply, "Content-Disposition", dress->disposition) &&
           reply_add(reply, "X-Content-Type-Options", "nosniff") &&
           reply_add(reply, "Content-Security-Policy", policies[dress->policy]) &&
           reply_add(reply, "Access-Control-Allow-Origin", origin) &&
           reply_add(reply, "Access-Control-Expose-Headers", origin ? exposed : NULL);
}

void respond(struct exchange *x, int status, struct body *body, const struct dress *dress)
{
    if (!body && status == 200)
        return; /* there was no memory for its bytes */
    struct reply *reply = reply_new(status, body);

    bool storable = status == 200 && !dress->no_store;

    if (reply)
        reply->compressible = storable && !dress->fixed && body->length >= CODING_LEAST;
    if (reply && (!add_headers(x, reply, dress, reply->compressible) || (storable && !reply_add_etag(reply)))) {
        reply_unref(reply);
        reply = NULL;
    }
    if (reply)
        reply->route = x->route ? route_number(x->route, x->collection) : 0;
    reply_unref(x->reply);
    x->reply = reply;
}

/* A problem is indented like the answer would have been. */
static bool is_pretty(const struct exchange *x)
{
    for (size_t i = 0; i < x->uri.pair_count; i++)
        if (strcmp(x->uri.pairs[i].name, "pretty") == 0)
            return strcmp(x->uri.pairs[i].value, "true") == 0;
    return false;
}

static int add_json(const char *bytes, size_t length, void *text)
{
    text_add(text, bytes, length);
    return 0; /* a failure sticks to the text */
}

bool put_json(struct text *text, const json_t *value, size_t flags)
{
    return json_dump_callback(value, add_json, text, flags) == 0;
}

void respond_json(struct exchange *x, int status, json_t *value, const struct dress *dress)
{
    struct text text = {0};
    struct body *body = NULL;

    if (value && put_json(&text, value, is_pretty(x) ? JSON_INDENT(2) : JSON_COMPACT)) {
        text_put(&text, "\n"); /* a terminal's prompt belongs on its own line */
        body = text.failed ? NULL : body_new(text.bytes, text.length);
    }
    text_finish(&text);
    json_decref(value);
    if (body)
        respond(x, status, body, dress);
}

void respond_options(struct exchange *x)
{
    respond(x, 204, NULL, &(struct dress){.allow = methods, .no_store = true});
    struct reply *reply = x->reply;
    if (reply && allowed_origin(x) &&
        (!reply_add(reply, "Access-Control-Allow-Methods", methods) ||
         !reply_add(reply, "Access-Control-Allow-Headers", "*") ||
         !reply_add(reply, "Access-Control-Max-Age", "86400"))) {
        reply_unref(reply);
        x->reply = NULL;
    }
}

void respond_redirect(struct exchange *x, const char *link)
{
    size_t length = strlen(x->config->base_url) + strlen(link) + 1;
    char *location = malloc(length);

    if (!location)
        return;
    (void)snprintf(location, length, "%s%s", x->config->base_url, link);
    respond(x, 308, NULL, &(struct dress){.location = location});
    free(location);
}

/* Problems. */

/* Bytes from a client as they may be echoed: printable ASCII, cut. */
json_t *printable(const char *text, size_t length, size_t max)
{
    char shown[INSTANCE_BYTES + 4];
    size_t kept = 0;

    for (; kept < length && kept < max && kept < INSTANCE_BYTES; kept++)
        shown[kept] = text[kept] >= 0x20 && text[kept] < 0x7f ? text[kept] : '?';
    (void)snprintf(shown + kept, sizeof shown - kept, "%s", kept < length ? "..." : "");
    return json_string(shown);
}

static json_t *link_of(const struct exchange *x, const char *path)
{
    return json_sprintf("%s%s", x->config->base_url, path);
}

void respond_problem(struct exchange *x, const char *slug, const char *detail, json_t *errors)
{
    const struct problem *problem = problem_find(slug);
    json_t *title = errors ? json_object_get(json_array_get(errors, 0), "title") : NULL;

    if (!problem)
        problem = problem_find("internal-error");
    json_t *document = json_pack(
        "{s:o, s:s, s:i, s:s, s:o, s:o*}", "type", json_sprintf("%s/problems/%s", x->config->base_url, problem->slug),
        "title", title ? json_string_value(title) : words_in(&problem->title, x->speech), "status", problem->status,
        "detail", detail ? detail : words_in(&problem->meaning, x->speech), "instance",
        printable(x->request->target, x->request->target_length, INSTANCE_BYTES), "errors", errors);
    respond_json(x, problem->status, document,
                 &(struct dress){
                     .type = "application/problem+json",
                     .language = x->speech,
                     .vary = "Accept-Language",
                     .allow = problem->status == 405 ? methods : NULL,
                     .no_store = true,
                     .fixed = true,
                 });
}

/* The first fault about a parameter. */
static const struct sme_fault *fault_of(const struct sme_faults *faults, const char *parameter)
{
    for (size_t i = 0; i < sme_faults_count(faults); i++)
        if (strcmp(sme_faults_at(faults, i)->path, parameter) == 0)
            return sme_faults_at(faults, i);
    return NULL;
}

/*
 * The request again with what is wrong repaired: misspelt names and codes corrected, the rest left out. Whatever is put in
 * must be right in its turn, so a query judges it, and spells the outcome. NULL: no memory.
 */
static json_t *repaired_link(const struct exchange *x, const struct sme_faults *faults)
{
    struct sme_query *query = NULL;
    struct sme_faults *ignored = NULL;
    json_t *repaired = NULL;
    bool made = sme_query_new(x->dataset, x->collection ? x->collection : "dataset", &query) == SME_OK &&
                sme_faults_new(&ignored) == SME_OK && (!x->item || sme_query_set_id(query, x->item, ignored) == SME_OK);

    if (made && x->extension_format)
        made =
            sme_query_set(query, "format", x->extension_format, strlen(x->extension_format), ignored) != SME_NO_MEMORY;

    for (size_t i = 0; made && i < x->uri.pair_count; i++) {
        const struct uri_pair *pair = &x->uri.pairs[i];
        const struct sme_fault *fault = fault_of(faults, pair->name);
        const char *name = pair->name, *value = pair->value;

        if (fault && strcmp(fault->kind, "unknown-parameter") == 0)
            name = fault->suggestions[0];
        else if (fault && strcmp(fault->kind, "repeated-parameter") != 0)
            value = fault->repaired;
        if (name && value)
            made = sme_query_set(query, name, value, strlen(value), ignored) != SME_NO_MEMORY;
    }
    const char *link = made ? sme_query_link(query) : NULL;
    if (link)
        repaired = link_of(x, link);
    sme_faults_free(ignored);
    sme_query_free(query);
    return repaired;
}

/* A list that lost an item for want of memory is no list any more. */
static void append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) == 0)
        return;
    json_decref(*list);
    *list = NULL;
}

static json_t *names_of(const char *const *names, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count && names[i]; i++)
        append(&list, json_string(names[i]));
    return list;
}

static json_t *error_of(const struct exchange *x, const struct sme_fault *fault, json_t *link)
{
    bool unknown = strcmp(fault->kind, "unknown-parameter") == 0; /* its name is the client's, and only shown escaped */
    char title[256], detail[1024];

    sme_fault_title(fault, x->speech, title, sizeof title);
    sme_fault_sentence(fault, x->speech, detail, sizeof detail);
    json_t *allowed = fault->resource   ? link_of(x, fault->resource)
                      : fault->accepted ? json_string(fault->accepted)
                                        : NULL;
    if (!allowed && (fault->resource || fault->accepted))
        return NULL;
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o*, s:o, s:O}", "type",
                     json_sprintf("%s/problems/%s", x->config->base_url, fault->kind), "title", title, "detail", detail,
                     "parameter", unknown ? fault->value : fault->path, "value", fault->value ? fault->value : "",
                     "allowed", allowed, "did_you_mean", names_of(fault->suggestions, 3), "try", link);
}

void respond_faults(struct exchange *x, const struct sme_faults *faults)
{
    const struct sme_fault *first = sme_faults_at(faults, 0);
    char detail[1024];
    json_t *link = repaired_link(x, faults), *errors = json_array();
    const char *slug = first->kind;

    for (size_t i = 0; i < sme_faults_count(faults) && i < ERRORS_MAX; i++)
        append(&errors, error_of(x, sme_faults_at(faults, i), link));
    /* A format that is not there is told by a status of its own, wherever the format was named. */
    if (sme_faults_count(faults) == 1 && strcmp(first->path, "format") == 0 && strcmp(slug, "unknown-code") == 0)
        slug = "not-acceptable";
    sme_fault_sentence(first, x->speech, detail, sizeof detail);
    if (errors)
        respond_problem(x, slug, detail, errors);
    json_decref(link);
}

void respond_parameter_faults(struct exchange *x, const struct sme_fault *faults, size_t count, const char *link)
{
    json_t *meant = link_of(x, link), *errors = json_array();
    char detail[1024];

    for (size_t i = 0; i < count; i++)
        append(&errors, error_of(x, &faults[i], meant));
    sme_fault_sentence(&faults[0], x->speech, detail, sizeof detail);
    if (errors)
        respond_problem(x, faults[0].kind, detail, errors);
    json_decref(meant);
}

void respond_near(struct exchange *x, const char *detail, json_t *value, const char *allowed, const char *const *near,
                  size_t count)
{
    json_t *errors = json_pack("[{s:o, s:o, s:o}]", "value", value, "allowed", link_of(x, allowed), "did_you_mean",
                               names_of(near, count));

    if (errors)
        respond_problem(x, "not-found", detail, errors);
}

void respond_not_acceptable(struct exchange *x, const char *const *types, size_t count)
{
    const char *accept = x->request->accept;
    enum { NEAR = 3 }; /* as many as of anything that is offered */
    char allowed[256] = "";

    for (size_t i = 0; i < count; i++)
        (void)snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s%s", i ? ", " : "", types[i]);
    json_t *errors = json_pack("[{s:s, s:o, s:s, s:o}]", "parameter", "Accept", "value",
                               printable(accept, strlen(accept), ECHO_BYTES), "allowed", allowed, "did_you_mean",
                               names_of(types, count < NEAR ? count : NEAR));

    if (errors)
        respond_problem(x, "not-acceptable", NULL, errors);
}

void respond_unknown_parameters(struct exchange *x)
{
    json_t *errors = json_array();
    json_t *link = json_sprintf("%s%.*s", x->config->base_url, (int)(x->uri.raw_query - x->request->target) - 1,
                                x->request->target);

    for (size_t i = 0; i < x->uri.pair_count; i++) {
        const char *name = x->uri.pairs[i].name;
        json_t *shown = printable(name, strlen(name), ECHO_BYTES);
        const struct sme_fault fault = {
            .kind = "unknown-parameter",
            .path = "",
            .value = shown ? json_string_value(shown) : "",
            .resource = "/openapi.json",
        };
        append(&errors, shown ? error_of(x, &fault, link) : NULL);
        json_decref(shown);
    }
    json_decref(link);
    if (errors)
        respond_problem(x, "unknown-parameter", NULL, errors);
}

void respond_row_not_found(struct exchange *x, const struct sme_fault *fault)
{
    char detail[1024], allowed[64];

    (void)snprintf(allowed, sizeof allowed, "/v1/%s", fault->path);
    sme_fault_sentence(fault, x->speech, detail, sizeof detail);
    respond_near(x, detail, json_string(fault->value), allowed, fault->suggestions, 3);
}
