/* SPDX-License-Identifier: MIT */
/* Dataset documents: faults have a place, and whatever loads is the same again when it is made again of its downloads. */
#include "fuzz.h"
#include "rebuild.h"

static void check_faults(const struct sme_faults *faults)
{
    char sentence[1024];

    MUST(sme_faults_count(faults) > 0);
    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        MUST(fault->kind && fault->line >= 1 && fault->column >= 1);
        sme_fault_sentence(fault, i % 2 ? "zh" : "en", sentence, sizeof sentence);
        MUST(*sentence);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;

    MUST(sme_faults_new(&faults) == SME_OK);
    enum sme_status status = sme_dataset_load("fuzz", bytes, length, faults, &dataset);
    MUST(status == SME_OK || status == SME_BAD_INPUT);
    if (status == SME_BAD_INPUT) {
        check_faults(faults);
    } else {
        must_load_again(dataset);
    }
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return 0;
}
