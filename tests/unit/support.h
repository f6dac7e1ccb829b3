/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_H
#define SUPPORT_H
/* What several unit tests need: cmocka with the headers it asks for, datasets, and answers as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smestat.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Each ends the test with the reason when it fails. What they give is the caller's. */
static inline struct sme_faults *new_faults(void)
{
    struct sme_faults *faults = NULL;

    assert_int_equal(sme_faults_new(&faults), SME_OK);
    return faults;
}

static inline void print_faults(const struct sme_faults *faults)
{
    char sentence[512];

    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        sme_fault_sentence(fault, "en", sentence, sizeof sentence);
        print_error("%s:%u:%u: %s: %s; accepted: %s\n", fault->file ? fault->file : "-", fault->line, fault->column,
                    fault->path ? fault->path : "-", sentence, fault->accepted ? fault->accepted : "-");
    }
}

static inline struct sme_dataset *load_text(const char *json)
{
    struct sme_faults *faults = new_faults();
    struct sme_dataset *dataset = NULL;
    enum sme_status status = sme_dataset_load("test", json, strlen(json), faults, &dataset);

    if (status != SME_OK)
        print_faults(faults);
    assert_int_equal(status, SME_OK);
    sme_faults_free(faults);
    return dataset;
}

static inline struct sme_dataset *load_builtin(void)
{
    struct sme_faults *faults = new_faults();
    struct sme_dataset *dataset = NULL;

    assert_int_equal(sme_dataset_load_builtin(faults, &dataset), SME_OK);
    sme_faults_free(faults);
    return dataset;
}

static inline struct sme_query *new_query(struct sme_dataset *dataset, const char *collection)
{
    struct sme_query *query = NULL;

    assert_int_equal(sme_query_new(dataset, collection, &query), SME_OK);
    return query;
}

/* Sets every "name=value" of a text with ampersands between; nothing is escaped. The first status that is not OK. */
static inline enum sme_status set_all(struct sme_query *query, const char *parameters, struct sme_faults *faults)
{
    char copy[8192], *rest = copy, *pair;
    enum sme_status status = SME_OK;

    assert_true(strlen(parameters) < sizeof copy);
    strcpy(copy, parameters);
    while ((pair = strsep(&rest, "&")) != NULL) {
        char *equals = strchr(pair, '=');

        if (!equals)
            continue;
        *equals = '\0';
        enum sme_status set = sme_query_set(query, pair, equals + 1, strlen(equals + 1), faults);
        status = status == SME_OK ? set : status;
    }
    return status;
}

/* A query with these parameters, which must be right. */
static inline struct sme_query *asked(struct sme_dataset *dataset, const char *collection, const char *parameters)
{
    struct sme_query *query = new_query(dataset, collection);
    struct sme_faults *faults = new_faults();
    enum sme_status status = set_all(query, parameters, faults);

    if (status != SME_OK)
        print_faults(faults);
    assert_int_equal(status, SME_OK);
    sme_faults_free(faults);
    return query;
}

struct output {
    char *bytes;
    size_t length;
};

static inline bool append(void *context, const void *bytes, size_t length)
{
    struct output *text = context;
    char *grown = realloc(text->bytes, text->length + length + 1);

    if (!grown)
        return false;
    text->bytes = grown;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
    return true;
}

/* The answer to a query as JSON. */
static inline char *written(struct sme_query *query)
{
    struct sme_result *result = NULL;
    struct output text = {0};

    assert_int_equal(sme_query_run(query, &result), SME_OK);
    assert_int_equal(sme_result_write(result, "", append, &text), SME_OK);
    sme_result_free(result);
    return text.bytes;
}

#endif
