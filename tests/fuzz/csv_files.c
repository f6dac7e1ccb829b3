/* SPDX-License-Identifier: MIT */
/*
 * CSV files beside a document, and drafts of documents for them. The first byte chooses what the document says of the
 * columns. What loads is the same again when it is made again of its downloads, and a draft that is ready loads.
 */
#include "fuzz.h"
#include "rebuild.h"

#include <ftw.h>
#include <unistd.h>

#define HEAD                                                                                                           \
    "{\"format\":\"smestat-dataset-1\",\"id\":\"d\",\"title\":\"D\",\"languages\":[\"en\",\"zh\"],\"as_of\":"          \
    "\"2024-06-30\",\"units\":[{\"code\":\"u\",\"name\":{\"en\":\"units\",\"zh\":\"个\"},\"min\":0},{\"code\":\"p\"," \
    "\"name\":\"percent\"}],\"sources\":[{\"code\":\"s\",\"title\":\"S\",\"date\":\"2024-06-30\",\"date_basis\":"      \
    "\"stated\"}],\"categories\":[{\"code\":\"c\",\"name\":\"C\"}],\"indicators\":[{\"code\":\"i\",\"name\":\"I\","    \
    "\"aliases\":[\"An "                                                                                               \
    "indicator\"],\"category\":\"c\",\"unit\":\"u\",\"measure\":\"stock\"},{\"code\":\"j\",\"name\":"                  \
    "\"J\",\"category\":\"c\",\"unit\":\"p\",\"measure\":\"flow\"}],\"observations\":[],"

static const char *const documents[] = {
    HEAD
    "\"observation_files\":[{\"file\":\"rows.csv\",\"columns\":{\"indicator\":\"i\",\"period\":\"p\",\"value\":\"v\"},"
    "\"constants\":{\"kind\":\"actual\",\"period_basis\":\"stated\",\"qualifier\":\"exact\",\"source\":\"s\"}}]}",
    HEAD
    "\"observation_files\":[{\"file\":\"rows.csv\",\"columns\":{\"indicator\":\"i\",\"period\":\"p\",\"value\":\"v\","
    "\"kind\":\"k\",\"period_basis\":\"b\",\"qualifier\":\"q\",\"source\":\"s\"},\"missing\":[\"\",\"-\"],"
    "\"suppressed\":[\"C\"],\"value_form\":\"words\"}]}",
    HEAD
    "\"dimensions\":[{\"code\":\"region\",\"name\":\"Region\",\"values_from\":\"files\"}],"
    "\"observation_files\":[{\"file\":\"rows.csv\",\"columns\":{\"indicator\":\"i\",\"period\":\"p\",\"value\":\"v\","
    "\"region\":{\"code\":\"r\",\"name\":\"n\"}},\"constants\":{\"kind\":\"actual\",\"period_basis\":\"stated\","
    "\"qualifier\":\"exact\",\"source\":\"s\"},\"codes\":{\"region\":{\"N\":\"north\"}},\"period_format\":"
    "\"D/M/YYYY\"}]}",
    HEAD
    "\"dimensions\":[{\"code\":\"region\",\"name\":\"Region\",\"values_from\":\"files\"}],"
    "\"observation_files\":[{\"file\":\"rows.csv\",\"columns\":{\"indicator\":\"i\",\"period\":\"p\",\"value\":\"v\","
    "\"region\":\"r\"},\"constants\":{\"kind\":\"target\",\"period_basis\":\"inferred\",\"qualifier\":\"at_least\","
    "\"source\":\"s\"},\"missing\":[\"NA\"],\"value_form\":\"words\"}]}",
};

static char folder[] = "/tmp/smestat-fuzz-XXXXXX";
static char rows_path[64], document_path[64];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void clean_up(void)
{
    (void)nftw(folder, remove_one, 4, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    MUST(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

static void check_draft(void)
{
    struct sme_faults *faults;
    struct sme_draft *draft = NULL;
    struct sme_dataset *dataset = NULL;
    size_t length;

    MUST(sme_faults_new(&faults) == SME_OK);
    enum sme_status status = sme_draft_new(rows_path, faults, &draft);
    MUST(status == SME_OK || (status == SME_BAD_INPUT && sme_faults_count(faults) > 0));
    if (draft) {
        const char *document = sme_draft_document(draft, &length);

        write_file(document_path, document, length);
        status = sme_dataset_load_file(document_path, faults, &dataset);
        MUST((status == SME_OK) == (sme_faults_count(sme_draft_faults(draft)) == 0));
        MUST(status == SME_OK || !sme_draft_is_ready(draft));
        sme_dataset_unref(dataset);
    }
    sme_draft_free(draft);
    sme_faults_free(faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum { DOCUMENTS = sizeof documents / sizeof documents[0] };
    struct sme_faults *faults;
    struct sme_dataset *dataset = NULL;

    if (!*rows_path) {
        MUST(mkdtemp(folder));
        (void)atexit(clean_up);
        (void)snprintf(rows_path, sizeof rows_path, "%s/rows.csv", folder);
        (void)snprintf(document_path, sizeof document_path, "%s/d.json", folder);
    }
    if (length == 0)
        return 0;
    write_file(rows_path, bytes + 1, length - 1);
    size_t choice = bytes[0] % (DOCUMENTS + 1);
    if (choice == DOCUMENTS) {
        check_draft();
        return 0;
    }
    MUST(sme_faults_new(&faults) == SME_OK);
    write_file(document_path, documents[choice], strlen(documents[choice]));
    enum sme_status status = sme_dataset_load_file(document_path, faults, &dataset);
    MUST(status == SME_OK || (status == SME_BAD_INPUT && sme_faults_count(faults) > 0));
    if (dataset)
        must_load_again(dataset);
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return 0;
}
