/* SPDX-License-Identifier: MIT */
/* The least a program can do with the library: one question, and what it gives for each row. */
#include <smestat.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;
    struct sme_query *query = NULL;
    struct sme_result *result = NULL;
    struct sme_cell name, display;
    bool good = sme_faults_new(&faults) == SME_OK && sme_dataset_load_builtin(faults, &dataset) == SME_OK &&
                sme_query_new(dataset, "observations", &query) == SME_OK &&
                sme_query_set(query, "category", "cultivation", strlen("cultivation"), faults) == SME_OK &&
                sme_query_run(query, &result) == SME_OK;

    for (size_t row = 0; good && row < sme_result_count(result); row++) {
        /* a cell's text lives until the next one is read */
        good = sme_result_cell(result, row, "name", &name) == SME_OK && printf("%s: ", name.text) > 0 &&
               sme_result_cell(result, row, "display", &display) == SME_OK && puts(display.text) != EOF;
    }
    sme_result_free(result);
    sme_query_free(query);
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return good ? 0 : 1;
}
