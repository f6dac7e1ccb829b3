/* SPDX-License-Identifier: MIT */
/*
 * Queries: "/v1/observations?category=cultivation" of a dataset that has dimensions or of the built-in one, by the first
 * byte. The link of a query is one of the same link; rows that are certainly in a range are also possibly there; pages
 * hold what they say.
 */
#include "fuzz.h"

#include "uri.h"

#include <smestat.h>

static struct sme_dataset *datasets[2];
static struct sme_faults *faults;

static const char with_dimensions[] =
    "{\"format\":\"smestat-dataset-1\",\"id\":\"d\",\"title\":\"D\",\"languages\":[\"en\",\"zh\"],\"as_of\":\"2024-06-"
    "30\","
    "\"units\":[{\"code\":\"u\",\"name\":\"units\",\"min\":0,\"max\":100}],\"sources\":[{\"code\":\"s\",\"title\":"
    "\"S\","
    "\"date\":\"2024-06-30\",\"date_basis\":\"stated\"}],\"categories\":[{\"code\":\"c\",\"name\":\"C\"}],"
    "\"dimensions\":[{\"code\":\"region\",\"name\":\"Region\",\"values\":[{\"code\":\"n\",\"name\":\"North\"},"
    "{\"code\":\"s\",\"name\":\"South\"}]},{\"code\":\"size\",\"name\":\"Size\",\"default\":\"all\",\"values\":[{"
    "\"code\":"
    "\"all\",\"name\":\"All\"},{\"code\":\"big\",\"name\":\"Big\"}]}],\"indicators\":[{\"code\":\"i\",\"name\":\"I\","
    "\"category\":\"c\",\"unit\":\"u\",\"measure\":\"stock\",\"direction\":\"up\"}],\"observations\":["
    "{\"indicator\":\"i\",\"kind\":\"actual\",\"period\":\"2023\",\"period_basis\":\"stated\",\"value\":10.50,"
    "\"qualifier\":"
    "\"more_than\",\"source\":\"s\",\"dimensions\":{\"region\":\"n\"}},{\"indicator\":\"i\",\"kind\":\"actual\","
    "\"period\":"
    "\"2023-06-30\",\"period_basis\":\"stated\",\"value\":null,\"status\":\"suppressed\",\"source\":\"s\","
    "\"dimensions\":"
    "{\"region\":\"s\",\"size\":\"big\"}},{\"indicator\":\"i\",\"kind\":\"target\",\"period\":\"2024\",\"period_"
    "basis\":"
    "\"inferred\",\"value\":1.5,\"upper\":2e1,\"qualifier\":\"between\",\"source\":\"s\",\"dimensions\":{\"region\":"
    "\"n\"}},"
    "{\"indicator\":\"i\",\"kind\":\"actual\",\"period\":null,\"period_basis\":\"none\",\"value\":7,\"qualifier\":"
    "\"about\",\"source\":\"s\",\"dimensions\":"
    "{\"region\":\"s\"}}]}";

/* A query of a collection, or of one row. NULL: there is no such thing. */
static struct sme_query *begin(struct sme_dataset *dataset, const struct uri *uri)
{
    struct sme_query *query = NULL;
    const char *collection = uri->segment_count > 1 ? uri->segments[1] : "dataset";

    if (uri->segment_count < 1 || uri->segment_count > 3 || strcmp(uri->segments[0], "v1") != 0 ||
        sme_query_new(dataset, collection, &query) != SME_OK)
        return NULL;
    if (uri->segment_count == 3 && sme_query_set_id(query, uri->segments[2], faults) != SME_OK) {
        sme_query_free(query);
        return NULL;
    }
    return query;
}

/* The query of a target, with the parameters that it takes; all of them it must take, if they are a link of ours. */
static struct sme_query *make(struct sme_dataset *dataset, const char *target, bool ours, const char *match)
{
    struct uri uri = {0};
    struct sme_query *query = NULL;

    if (uri_parse(target, strlen(target), &uri) == URI_GOOD && (query = begin(dataset, &uri)) != NULL)
        for (size_t i = 0; i < uri.pair_count; i++) {
            const struct uri_pair *pair = &uri.pairs[i];
            bool replaced = match && (strcmp(pair->name, "match") == 0 || strcmp(pair->name, "limit") == 0 ||
                                      strcmp(pair->name, "offset") == 0 || strcmp(pair->name, "latest") == 0);
            enum sme_status status =
                replaced ? SME_OK : sme_query_set(query, pair->name, pair->value, pair->value_length, faults);

            MUST(status == SME_OK || (status == SME_BAD_INPUT && !ours));
        }
    if (query && match) {
        (void)sme_query_set(query, "match", match, strlen(match), faults);
        (void)sme_query_set(query, "limit", "10000", 5, faults);
    }
    MUST(!ours || query);
    uri_finish(&uri);
    return query;
}

static bool count_bytes(void *context, const void *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += length;
    return true;
}

/* A row that is certainly in the range is one that is possibly there. */
static void check_certain(struct sme_dataset *dataset, const char *target)
{
    struct sme_query *sure = make(dataset, target, false, "certain"),
                     *perhaps = make(dataset, target, false, "possible");
    struct sme_result *few, *many;
    struct sme_cell a, b;
    size_t at = 0;

    MUST(sme_query_run(sure, &few) == SME_OK && sme_query_run(perhaps, &many) == SME_OK);
    MUST(sme_result_total(few) <= sme_result_total(many));
    for (size_t i = 0; i < sme_result_count(few); i++, at++) {
        if (sme_result_cell(few, i, "id", &a) != SME_OK)
            break;
        do
            MUST(sme_result_cell(many, at, "id", &b) == SME_OK);
        while (strcmp(a.text, b.text) != 0 && ++at < sme_result_count(many));
        MUST(at < sme_result_count(many));
    }
    sme_result_free(few);
    sme_result_free(many);
    sme_query_free(sure);
    sme_query_free(perhaps);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (!datasets[0]) {
        MUST(sme_faults_new(&faults) == SME_OK && sme_dataset_load_builtin(faults, &datasets[0]) == SME_OK);
        MUST(sme_dataset_load("d", with_dimensions, sizeof with_dimensions - 1, faults, &datasets[1]) == SME_OK);
        sme_faults_free(faults);
    }
    if (length == 0 || sme_faults_new(&faults) != SME_OK)
        return 0;
    struct sme_dataset *dataset = datasets[bytes[0] % 2];
    const uint8_t *at = bytes + 1, *end = bytes + length;
    char *target = take_line(&at, end);
    struct sme_query *query = target ? make(dataset, target, false, NULL) : NULL;
    struct sme_result *result;
    size_t written = 0;

    if (query) {
        const char *link = sme_query_link(query);
        struct sme_query *again = make(dataset, link, true, NULL);

        MUST(strcmp(sme_query_link(again), link) == 0);
        MUST(strcmp(sme_query_content_type(again), sme_query_content_type(query)) == 0);
        sme_query_free(again);
        if (sme_query_check(query, faults) == SME_OK) {
            MUST(sme_query_run(query, &result) == SME_OK);
            MUST(sme_result_count(result) <= sme_result_total(result));
            const char *neighbours[] = {sme_result_next(result), sme_result_prev(result)};
            for (size_t i = 0; i < 2; i++)
                if (neighbours[i])
                    sme_query_free(make(dataset, neighbours[i], true, NULL));
            MUST(sme_result_write(result, "", count_bytes, &written) == SME_OK);
            sme_result_free(result);
            /* Sorting aside, which keeps certain and possible rows in the same order, too. */
            if (strstr(link, "value=") && strncmp(link, "/v1/observations?", 17) == 0)
                check_certain(dataset, link);
        }
    }
    sme_query_free(query);
    free(target);
    sme_faults_free(faults);
    faults = NULL;
    return 0;
}
