/* SPDX-License-Identifier: MIT */
/* The route table and its handlers: data from the library, documents from the program, the daemon's own state. */
#include "routes.h"

#include "assets.h"
#include "metrics.h"
#include "negotiate.h"
#include "package.h"
#include "pages.h"
#include "parameters.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char type_json[] = "application/json", type_html[] = "text/html; charset=utf-8";

/* Data. */

static bool has_parameter(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->uri.pair_count; i++)
        if (strcmp(x->uri.pairs[i].name, name) == 0)
            return true;
    return false;
}

/* Whether path or parameters name the format; otherwise Accept chooses it, and the reply says so in Vary. */
static bool is_format_asked(const struct exchange *x)
{
    return x->extension_format || has_parameter(x, "format");
}

static void put_page_link(struct text *links, const char *base, const char *link, const char *relation)
{
    if (!link)
        return;
    text_put(links, links->length > 0 ? ", <" : "<");
    text_put(links, base);
    text_put(links, link);
    text_put(links, relation);
}

/* `Link` (RFC 8288) for those who page without reading the body. False: no memory. */
static bool put_page_links(const struct exchange *x, const struct sme_result *result, struct text *links)
{
    put_page_link(links, x->config->base_url, sme_result_next(result), ">; rel=\"next\"");
    put_page_link(links, x->config->base_url, sme_result_prev(result), ">; rel=\"prev\"");
    if (links->length > 0)
        text_add(links, "", 1);
    return !links->failed;
}

enum { LANGUAGES_BYTES = SME_LANGUAGES_MAX * 34 };

/* "en", or every language of the dataset with commas, for which there is room. */
static const char *content_language(const struct exchange *x, const char *language, char room[static LANGUAGES_BYTES])
{
    const char *tag;
    size_t length = 0;

    if (strcmp(language, "all") != 0)
        return language;
    for (size_t i = 0; (tag = sme_dataset_language(x->dataset, i)) != NULL && length < LANGUAGES_BYTES; i++)
        length += (size_t)snprintf(room + length, LANGUAGES_BYTES - length, "%s%s", i ? ", " : "", tag);
    return room;
}

/* An id is at most an indicator, a day, a kind and the values of eight dimensions, with codes of up to 64 bytes. */
enum { FILE_NAME_BYTES = 1024 };

/* attachment; filename="china-sme-observations.csv" */
static void disposition(const struct exchange *x, const char *collection, const struct sme_format *format, char *out,
                        size_t size)
{
    (void)snprintf(out, size, "%s; filename=\"%s-%s%s%s%s\"", format->download ? "attachment" : "inline",
                   sme_dataset_id(x->dataset), collection, x->item ? "-" : "", x->item ? x->item : "",
                   format->extension);
}

/* What is to be printed. */
struct asked {
    const char *collection;
    struct sme_query *query;
};

static void print_answer(struct exchange *x, void *context)
{
    const struct asked *asked = context;
    const struct sme_format *format = sme_query_format(asked->query);
    struct sme_result *result = NULL;
    char languages[LANGUAGES_BYTES] = "", file[FILE_NAME_BYTES] = "", *text;
    struct text links = {0};
    bool type_asked = is_format_asked(x), language_asked = has_parameter(x, "lang");
    size_t length;

    if (strcmp(format->name, "json") != 0)
        disposition(x, asked->collection, format, file, sizeof file);
    if (sme_query_run(asked->query, &result) == SME_OK && put_page_links(x, result, &links) &&
        sme_result_print(result, x->config->base_url, &text, &length) == SME_OK) {
        respond(x, 200, body_take(text, length),
                &(struct dress){
                    .type = sme_query_content_type(asked->query),
                    .language = content_language(x, sme_query_language(asked->query), languages),
                    .vary = type_asked ? (language_asked ? NULL : "Accept-Language")
                                       : (language_asked ? "Accept" : "Accept, Accept-Language"),
                    .link = links.bytes,
                    .disposition = file,
                });
    }
    text_finish(&links);
    sme_result_free(result);
}

/* Who chose the format does not show in the link, but in Vary. */
static void answer_query(struct exchange *x, const char *collection, struct sme_query *query)
{
    const char *link = sme_query_link(query);

    if (link)
        answer_kept(x, link, sme_query_language(query), is_format_asked(x) ? "asked" : "", print_answer,
                    &(struct asked){collection, query});
}

static void prefer_language(const struct exchange *x, struct sme_query *query)
{
    const char *languages[SME_LANGUAGES_MAX + 1] = {NULL};

    for (size_t i = 0; i < SME_LANGUAGES_MAX && (languages[i] = sme_dataset_language(x->dataset, i)) != NULL; i++)
        ;
    sme_query_prefer_language(query, languages[negotiate_language(x->request->accept_language, languages)]);
}

enum { FORMATS_MAX = 8 }; /* of any collection; there are four */

/* The formats of a collection: the media types to negotiate, and their names. @return how many. */
static size_t formats_of(const char *collection, const char *types[FORMATS_MAX], const char *names[FORMATS_MAX])
{
    const struct sme_format *format;
    size_t count = 0;

    for (; count < FORMATS_MAX && (format = sme_format_at(collection, count)) != NULL; count++) {
        types[count] = format->media_type;
        names[count] = format->name;
    }
    return count;
}

/* Takes the format from Accept where neither path nor parameters name one. False: none is acceptable. */
static bool prefer_format(struct exchange *x, const char *collection, struct sme_query *query)
{
    const char *types[FORMATS_MAX], *names[FORMATS_MAX];

    if (is_format_asked(x))
        return true;
    int best = negotiate_type(x->request->accept, types, formats_of(collection, types, names));
    if (best >= 0)
        sme_query_prefer_format(query, names[best]);
    return best >= 0;
}

static void refuse_formats(struct exchange *x, const char *collection)
{
    const char *types[FORMATS_MAX], *names[FORMATS_MAX];
    size_t count = formats_of(collection, types, names);

    respond_not_acceptable(x, types, count);
}

/* Sets what path and parameters ask for, and collects all that is wrong with it. */
static enum sme_status set_parameters(struct exchange *x, struct sme_query *query, struct sme_faults *faults)
{
    enum sme_status status = x->item ? sme_query_set_id(query, x->item, faults) : SME_OK;

    if (status == SME_OK && x->extension_format)
        status = sme_query_set(query, "format", x->extension_format, strlen(x->extension_format), faults);
    for (size_t i = 0; i < x->uri.pair_count && (status == SME_OK || status == SME_BAD_INPUT); i++) {
        const struct uri_pair *pair = &x->uri.pairs[i];

        if (x->extension_format && strcmp(pair->name, "format") == 0)
            continue; /* the extension wins */
        enum sme_status set = sme_query_set(query, pair->name, pair->value, pair->value_length, faults);

        status = set != SME_OK ? set : status;
    }
    return status;
}

/* A collection, one of its rows, or the dataset: all are queries. */
static void answer_data(struct exchange *x, const char *collection)
{
    struct sme_query *query = NULL;
    struct sme_faults *faults = NULL;
    enum sme_status status = sme_query_new(x->dataset, collection, &query);

    if (status == SME_OK)
        status = sme_faults_new(&faults);
    if (status == SME_OK)
        status = set_parameters(x, query, faults);
    bool read = status == SME_OK || status == SME_BAD_INPUT, acceptable = read && prefer_format(x, collection, query);
    if (acceptable) {
        enum sme_status together = sme_query_check(query, faults);

        status = together != SME_OK ? together : status;
    }
    if (status == SME_NOT_FOUND) {
        respond_row_not_found(x, sme_faults_at(faults, 0));
    } else if (status == SME_BAD_INPUT) {
        respond_faults(x, faults);
    } else if (status == SME_OK && !acceptable) {
        refuse_formats(x, collection);
    } else if (status == SME_OK) {
        prefer_language(x, query);
        answer_query(x, collection, query);
    }
    sme_faults_free(faults);
    sme_query_free(query);
}

static void get_dataset(struct exchange *x)
{
    answer_data(x, "dataset");
}

static void get_collection(struct exchange *x)
{
    answer_data(x, x->collection);
}

/* Documents. */

static void print_index(struct exchange *x, void *context)
{
    (void)context;
    respond(x, 200, page_index(x),
            &(struct dress){
                .type = type_html,
                .language = x->speech,
                .vary = "Accept, Accept-Language",
                .policy = page_has_script() ? POLICY_SCRIPTED : POLICY_PLAIN,
            });
}

static void print_index_json(struct exchange *x, void *context)
{
    (void)context;
    respond_json(x, 200, page_index_json(x), &(struct dress){.type = type_json, .vary = "Accept"});
}

static void get_index(struct exchange *x)
{
    static const char *const types[] = {type_json, "text/html"};

    switch (negotiate_type(x->request->accept, types, 2)) {
    case 0:
        answer_kept(x, "/", "", "json", print_index_json, NULL);
        break;
    case 1:
        answer_kept(x, "/", x->speech, "html", print_index, NULL);
        break;
    default:
        respond_not_acceptable(x, types, 2);
    }
}

static void print_package(struct exchange *x, void *language)
{
    respond(x, 200, package_descriptor(x, language),
            &(struct dress){
                .type = type_json,
                .language = language,
                .vary = has_parameter(x, "lang") ? NULL : "Accept-Language",
            });
}

static void get_package(struct exchange *x)
{
    static const char path[] = "/v1/datapackage.json";
    const char *language;

    if (parameters_read(x, path, &language))
        answer_kept(x, path, language, has_parameter(x, "lang") ? "asked" : "", print_package,
                    (void *)(uintptr_t)language);
}

static void print_openapi(struct exchange *x, void *context)
{
    (void)context;
    respond(x, 200, snapshot_contract(x->snapshot),
            &(struct dress){.type = "application/vnd.oai.openapi+json;version=3.1"});
}

static void get_openapi(struct exchange *x)
{
    answer_kept(x, x->route->path, "", "", print_openapi, NULL);
}

static void print_schema(struct exchange *x, void *context)
{
    size_t length;
    const char *schema = sme_dataset_schema(&length);

    (void)context;
    respond(x, 200, body_new_literal(schema, length), &(struct dress){.type = "application/schema+json"});
}

static void get_schema(struct exchange *x)
{
    answer_kept(x, x->route->path, "", "", print_schema, NULL);
}

static void print_problems(struct exchange *x, void *context)
{
    (void)context;
    respond_json(x, 200, page_problems_json(x),
                 &(struct dress){.type = type_json, .language = x->speech, .vary = "Accept-Language"});
}

static void get_problems(struct exchange *x)
{
    answer_kept(x, x->route->path, x->speech, "", print_problems, NULL);
}

static void print_problem(struct exchange *x, void *context)
{
    respond(x, 200, page_problem(x, context),
            &(struct dress){
                .type = type_html, .language = x->speech, .vary = "Accept, Accept-Language", .policy = POLICY_PLAIN});
}

static void print_problem_json(struct exchange *x, void *context)
{
    respond_json(x, 200, page_problem_json(x, context),
                 &(struct dress){.type = type_json, .language = x->speech, .vary = "Accept, Accept-Language"});
}

static void no_such_problem(struct exchange *x)
{
    struct sme_nearest nearest = sme_nearest_to(x->item, strlen(x->item));
    size_t count = 0;

    for (size_t i = 0; problem_at(i); i++)
        sme_nearest_offer(&nearest, problem_at(i)->slug);
    while (count < 3 && nearest.found[count][0])
        count++;
    const char *const found[] = {nearest.found[0], nearest.found[1], nearest.found[2]};
    respond_near(x, NULL, printable(x->item, strlen(x->item), 100), "/problems", found, count);
}

static void get_problem(struct exchange *x)
{
    static const char *const types[] = {type_json, "text/html"};
    const struct problem *problem = problem_find(x->item);

    if (!problem)
        no_such_problem(x);
    else if (negotiate_type(x->request->accept, types, 2) == 1)
        answer_kept(x, problem->slug, x->speech, "html", print_problem, (void *)(uintptr_t)problem);
    else
        answer_kept(x, problem->slug, x->speech, "json", print_problem_json, (void *)(uintptr_t)problem);
}

/* The daemon's own state. */

static void get_healthz(struct exchange *x)
{
    respond_json(x, 200, json_pack("{s:s}", "status", "ok"), &(struct dress){.type = type_json, .no_store = true});
}

/* RFC 3339 */
static void print_time(time_t at, char out[static 32])
{
    struct tm parts;

    if (!gmtime_r(&at, &parts) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        *out = '\0';
}

/* How the last attempt to reload went; nothing where there was none. False: no memory. */
static bool put_reload(struct exchange *x, json_t *ready)
{
    static const char *const outcomes[RELOADS] = {
        [RELOAD_OK] = "ok", [RELOAD_UNCHANGED] = "unchanged", [RELOAD_FAILED] = "failed"};
    struct measures measures;
    char at[32];

    service_measure(x->worker->service, &measures);
    const struct reload_report *last = &measures.last;
    if (measures.reloads[RELOAD_OK] + measures.reloads[RELOAD_UNCHANGED] + measures.reloads[RELOAD_FAILED] == 0)
        return true;
    print_time(last->at, at);
    json_t *reload = json_pack("{s:s, s:s}", "status", outcomes[last->outcome], "at", at);
    if (reload && last->outcome == RELOAD_FAILED &&
        (json_object_set_new(reload, "faults", json_integer((json_int_t)last->faults)) != 0 ||
         json_object_set_new(reload, "first", json_string(last->first)) != 0)) {
        json_decref(reload);
        reload = NULL;
    }
    return json_object_set_new(ready, "reload", reload) == 0;
}

static void get_readyz(struct exchange *x)
{
    if (x->draining) {
        respond_problem(x, "draining", NULL, NULL);
        return;
    }
    json_t *ready = json_pack("{s:s, s:s, s:s}", "status", "ready", "dataset", sme_dataset_id(x->dataset), "version",
                              sme_dataset_version(x->dataset));
    if (ready && !put_reload(x, ready)) {
        json_decref(ready);
        ready = NULL;
    }
    respond_json(x, 200, ready, &(struct dress){.type = type_json, .no_store = true});
}

static void get_metrics(struct exchange *x)
{
    respond(x, 200, metrics_print(x),
            &(struct dress){.type = "text/plain; version=0.0.4; charset=utf-8", .no_store = true, .fixed = true});
}

static void print_version(struct exchange *x, void *context)
{
    (void)context;
    respond_json(x, 200, page_version_json(x), &(struct dress){.type = type_json});
}

static void get_version(struct exchange *x)
{
    answer_kept(x, x->route->path, "", "", print_version, NULL);
}

static const char *problem_slug(size_t i)
{
    const struct problem *problem = problem_at(i);

    return problem ? problem->slug : NULL;
}

/* The first row that matches wins; the files for browsers, a table of their own, come after these. What is not live is
 * also exported, so a row with {slug} names its words. */
static const struct route routes[] = {
    {.path = "/", .handle = get_index},
    {.path = "/v1", .handle = get_dataset, .queried = true},
    {.path = "/v1/datapackage.json", .handle = get_package, .queried = true},
    {.path = "/v1/{collection}", .handle = get_collection, .queried = true},
    {.path = "/v1/{collection}/{id}", .handle = get_collection, .queried = true},
    {.path = "/openapi.json", .handle = get_openapi},
    {.path = "/schemas/dataset.json", .handle = get_schema},
    {.path = "/problems", .handle = get_problems},
    {.path = "/problems/{slug}", .handle = get_problem, .slug = problem_slug},
    {.path = "/healthz", .handle = get_healthz, .live = true},
    {.path = "/readyz", .handle = get_readyz, .live = true},
    {.path = "/metrics", .handle = get_metrics, .live = true},
    {.path = "/version", .handle = get_version},
};

enum { ROUTES = sizeof routes / sizeof routes[0] };

const struct route *route_at(size_t i)
{
    return i < ROUTES ? &routes[i] : asset_route_at(i - ROUTES);
}

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

static const char collection_mark[] = "{collection}";

static bool has_collection(const struct route *route)
{
    const char *hole = strchr(route->path, '{');

    return hole && strncmp(hole, collection_mark, sizeof collection_mark - 1) == 0;
}

/* How many numbers a row takes. */
static unsigned numbers_of(const struct route *route)
{
    unsigned count = 0;

    if (!has_collection(route))
        return 1;
    while (sme_collection_name(count))
        count++;
    return count;
}

unsigned route_number(const struct route *route, const char *collection)
{
    const struct route *row;
    unsigned number = 1;

    for (size_t i = 0; (row = route_at(i)) != NULL; number += numbers_of(row), i++) {
        if (row != route)
            continue;
        const char *name = numbers_of(row) > 1 && collection ? sme_collection_name(0) : NULL;
        for (size_t c = 0; name && strcmp(name, collection) != 0; name = sme_collection_name(++c))
            number++;
        return number;
    }
    return 0;
}

bool route_label(unsigned number, char out[static ROUTE_LABEL_BYTES])
{
    const struct route *row;
    unsigned first = 1;

    for (size_t i = 0; (row = route_at(i)) != NULL; first += numbers_of(row), i++) {
        const char *mark = strstr(row->path, collection_mark);

        if (number < first || number >= first + numbers_of(row))
            continue;
        if (mark)
            (void)snprintf(out, ROUTE_LABEL_BYTES, "%.*s%s%s", (int)(mark - row->path), row->path,
                           sme_collection_name(number - first), mark + sizeof collection_mark - 1);
        else
            (void)snprintf(out, ROUTE_LABEL_BYTES, "%s", row->path);
        return true;
    }
    return false;
}
