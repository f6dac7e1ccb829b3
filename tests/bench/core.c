/* SPDX-License-Identifier: MIT */
/*
 * What the library takes for answers, without HTTP and with nothing kept: `core [DATASET]`. Makes a query, runs it and prints
 * the result, over and over for a quarter of a second, on the built-in dataset and on DATASET, which make_csv.py wrote. For
 * each kind of answer a line: its mean length, how many there are in a second, and how long one takes.
 */
#include <smestat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FEWEST = 3, PARAMETERS_MAX = 4 };

static const double SECONDS = 0.25;

/* In a value, # stands for a number that is another one each time. */
static const struct job {
    const char *name, *collection;
    struct {
        const char *name, *value;
    } parameters[PARAMETERS_MAX];
} builtin_jobs[] =
    {
        {"two rows by category and year",
         "observations",
         {{"category", "cultivation"}, {"year", "2022"}, {"value", "#.."}}},
        {"all rows", "observations", {{"lang", "en"}}},
        {"all rows as CSV", "observations", {{"format", "csv"}}},
        {"all indicators", "indicators", {{"lang", "en"}}},
        {"all targets", "targets", {{"lang", "en"}}},
        {"all facets", "facets", {{"category", "cultivation"}}},
        {"search", "observations", {{"q", "specialized"}}},
        {"sorted by value", "observations", {{"sort", "-value"}}},
},
  made_jobs[] = {
      {"page by category and years",
       "observations",
       {{"category", "category-1"}, {"year", "2003..2020"}, {"value", "#.."}, {"limit", "100"}}},
      {"page further behind", "observations", {{"offset", "#"}, {"limit", "100"}}},
      {"all facets", "facets", {{"category", "category-1,category-2"}, {"year", "2003..2020"}}},
      {"search, page", "observations", {{"q", "indicator #"}, {"limit", "100"}}},
      {"sorted by value, page", "observations", {{"sort", "-value"}, {"limit", "100"}, {"offset", "#"}}},
      {"sorted by name and value, page", "observations", {{"sort", "name,-value"}, {"limit", "100"}, {"offset", "#"}}},
      {"10,000 rows as CSV", "observations", {{"format", "csv"}, {"limit", "10000"}, {"offset", "#"}}},
};

static double now(void)
{
    struct timespec at;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at) != 0)
        exit(1);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static bool count_bytes(void *context, const void *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += length;
    return true;
}

static enum sme_status set_parameters(struct sme_query *query, const struct job *job, unsigned number,
                                      struct sme_faults *faults)
{
    enum sme_status status = SME_OK;
    char value[64];

    for (size_t i = 0; i < PARAMETERS_MAX && job->parameters[i].name && status == SME_OK; i++) {
        const char *pattern = job->parameters[i].value, *mark = strchr(pattern, '#');

        if (mark)
            snprintf(value, sizeof value, "%.*s%u%s", (int)(mark - pattern), pattern, number, mark + 1);
        else
            snprintf(value, sizeof value, "%s", pattern);
        status = sme_query_set(query, job->parameters[i].name, value, strlen(value), faults);
    }
    return status;
}

/* One answer; its length is added to `ret_bytes`. */
static enum sme_status answer(struct sme_dataset *dataset, const struct job *job, unsigned number, size_t *ret_bytes)
{
    struct sme_faults *faults = NULL;
    struct sme_query *query = NULL;
    struct sme_result *result = NULL;
    enum sme_status status = sme_faults_new(&faults);

    if (status == SME_OK && (status = sme_query_new(dataset, job->collection, &query)) == SME_OK &&
        (status = set_parameters(query, job, number, faults)) == SME_OK &&
        (status = sme_query_run(query, &result)) == SME_OK)
        status = sme_result_write(result, "", count_bytes, ret_bytes);
    sme_result_free(result);
    sme_query_free(query);
    sme_faults_free(faults);
    return status;
}

static int measure(struct sme_dataset *dataset, const struct job *jobs, size_t count)
{
    for (const struct job *job = jobs; job < jobs + count; job++) {
        size_t bytes = 0;
        unsigned done = 0;
        double began = now(), took = 0;

        while (took < SECONDS || done < FEWEST) {
            if (answer(dataset, job, done % 100, &bytes) != SME_OK) {
                fprintf(stderr, "core: no answer to '%s'\n", job->name);
                return 1;
            }
            done++;
            took = now() - began;
        }
        printf("  %-32s %9zu bytes %10.0f/s %10.1f us\n", job->name, bytes / done, done / took, took / done * 1e6);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;
    int failed = sme_faults_new(&faults) != SME_OK || sme_dataset_load_builtin(faults, &dataset) != SME_OK;

    if (!failed) {
        puts("The built-in dataset");
        failed = measure(dataset, builtin_jobs, sizeof builtin_jobs / sizeof builtin_jobs[0]);
        sme_dataset_unref(dataset);
        dataset = NULL;
    }
    if (!failed && argc > 1) {
        double began = now();

        failed = sme_dataset_load_file(argv[1], faults, &dataset) != SME_OK;
        if (!failed) {
            printf("%s, loaded in %.2f s\n", sme_dataset_id(dataset), now() - began);
            failed = measure(dataset, made_jobs, sizeof made_jobs / sizeof made_jobs[0]);
        }
        sme_dataset_unref(dataset);
    }
    sme_faults_free(faults);
    return failed;
}
