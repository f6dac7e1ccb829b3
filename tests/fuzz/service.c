/* SPDX-License-Identifier: MIT */
/*
 * The whole service as a function. Lines: method and target, then Accept, Accept-Language, Accept-Encoding, If-None-Match
 * and Origin. An answer has the status and the fields that it must have, what is JSON can be read, and asking again gives
 * the same bytes.
 */
#include "fuzz.h"

#include "config.h"
#include "guard.h"
#include "service.h"

#include <jansson.h>

static struct config config;
static struct service *service;

static void start(void)
{
    static char program[] = "smestatd", cache[] = "--reply-cache-bytes=1000000",
                origin[] = "--cors-origin=https://a.example";
    char *arguments[] = {program, cache, origin, NULL}, *environment[] = {NULL};
    struct sme_dataset *dataset;
    struct sme_faults *faults;

    MUST(config_read(3, arguments, environment, stdout, stderr, &config) == CONFIG_RUN);
    MUST(sme_faults_new(&faults) == SME_OK && sme_dataset_load_builtin(faults, &dataset) == SME_OK);
    MUST((service = service_new(&config, dataset)) != NULL);
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
}

static bool has(const struct reply *reply, const char *name, const char *begin)
{
    const char *value = reply_header(reply, name);

    return value && strncmp(value, begin, strlen(begin)) == 0;
}

static void check_json(const struct answer *answer)
{
    const struct reply *reply = answer->reply;
    json_t *document = json_loadb(reply->body->bytes, reply->body->length, JSON_REJECT_DUPLICATES, NULL);

    MUST(document);
    if (reply->status >= 400) {
        MUST(json_integer_value(json_object_get(document, "status")) == reply->status);
        MUST(json_is_string(json_object_get(document, "type")) && json_is_string(json_object_get(document, "detail")));
    }
    json_decref(document);
}

static void check_answer(const struct request *request, const struct answer *answer)
{
    static const int statuses[] = {200, 204, 304, 308, 400, 404, 405, 406};
    const struct reply *reply = answer->reply;
    bool known = false;

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        known = known || answer->status == statuses[i];
    MUST(known);
    MUST(answer->status == reply->status || (answer->status == 304 && reply->status == 200));
    MUST(answer->status != 304 || request->if_none_match);
    MUST(reply_header(reply, "Cache-Control") && has(reply, "X-Content-Type-Options", "nosniff"));
    MUST((reply->body != NULL) == (reply_header(reply, "Content-Type") != NULL));
    MUST(answer->status != 308 || has(reply, "Location", "/"));
    MUST(answer->status < 400 || has(reply, "Content-Type", "application/problem+json"));
    MUST(!answer->close);
    for (size_t i = 0; i < reply->header_count; i++)
        for (const char *c = reply->headers[i].value; *c; c++)
            MUST((unsigned char)*c >= ' ' && *c != 0x7f);
    const char *coding = reply_header(reply, "Content-Encoding");
    if (coding)
        MUST(mentions(request->accept_encoding, coding) || mentions(request->accept_encoding, "*"));
    else if (has(reply, "Content-Type", "application/json") || has(reply, "Content-Type", "application/problem+json"))
        check_json(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const names[] = {"GET", "HEAD", "OPTIONS", "POST"};
    const uint8_t *at = bytes, *end = bytes + length;
    char *target = take_line(&at, end), *fields[5];
    struct answer first, second;
    struct guard guard;

    if (!service)
        start();
    for (size_t i = 0; i < 5; i++) {
        fields[i] = take_line(&at, end);
        if (fields[i] && !*fields[i]) { /* an empty line: the field is not sent */
            free(fields[i]);
            fields[i] = NULL;
        }
    }
    /* What else a target may be, the guard keeps out. */
    if (target && *target)
        guard_begin(&guard, names[*target & 3], "HTTP/1.1", target + 1, strlen(target + 1));
    if (target && *target && !guard.refusal && (target[1] == '/' || target[1] == '*')) {
        struct request request = {
            .method = (enum method)(*target & 3),
            .method_name = names[*target & 3],
            .target = target + 1,
            .target_length = strlen(target + 1),
            .accept = fields[0],
            .accept_language = fields[1],
            .accept_encoding = fields[2],
            .if_none_match = fields[3],
            .origin = fields[4],
        };

        service_answer(service, &request, &first);
        service_answer(service, &request, &second);
        check_answer(&request, &first);
        MUST(first.status == second.status);
        if (!strstr(request.target, "metrics") && first.reply->body)
            MUST(first.reply->body->length == second.reply->body->length &&
                 memcmp(first.reply->body->bytes, second.reply->body->bytes, first.reply->body->length) == 0);
        reply_unref(first.reply);
        reply_unref(second.reply);
    }
    for (size_t i = 0; i < 5; i++)
        free(fields[i]);
    free(target);
    return 0;
}
