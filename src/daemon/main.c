/* SPDX-License-Identifier: MIT */
/*
 * smestatd: reads its options, and then serves or, where that was asked for, does something else with the same
 * beginning: a check, a first document, files, a question about health.
 */
#include "config.h"
#include "export.h"
#include "health.h"
#include "loader.h"
#include "log.h"
#include "serve.h"
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <smestat.h>

enum { EXIT_USAGE = 2 };

/* A descriptor below 3 that is closed would become a client's connection, to which messages would then be written. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return true;
}

/* ---- Sentences ------------------------------------------------------------------------------------------------- */

static void say_to_log(void *log, const char *sentence)
{
    log_write(log, LEVEL_ERROR, "%s", sentence);
}

static void warn_to_log(void *log, const char *sentence)
{
    log_write(log, LEVEL_WARNING, "%s", sentence);
}

static void say_to_file(void *file, const char *sentence)
{
    char text[2 * LOADER_SENTENCE_BYTES];
    (void)log_escape(sentence, strlen(sentence), text, sizeof text);
    (void)fprintf(file, "%s\n", text);
}

/* Whether all that was printed got there. */
static int printed(FILE *file, int exit_status)
{
    if (fflush(file) == 0 && ferror(file) == 0)
        return exit_status;
    (void)fprintf(stderr, "smestatd: standard output: %s\n", strerror(errno));
    return EXIT_FAILURE;
}

/* --check: what is wrong is the output, and belongs on standard output. */
static int check(const char *path)
{
    struct loading loading = loader_load(path, say_to_file, stdout);
    char text[LOADER_SENTENCE_BYTES];

    if (loading.dataset != NULL) {
        (void)snprintf(text, sizeof text, "%s: ok", path);
        say_to_file(stdout, text);
    }
    sme_dataset_unref(loading.dataset);
    return printed(stdout, loading.dataset != NULL ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* --init: the document is the output; what was guessed, and what is wrong with it, is for the person who reads it. */
static int init(const char *path)
{
    struct sme_faults *faults = NULL;
    struct sme_draft *draft = NULL;
    const char *sentence;
    enum sme_status status = sme_faults_new(&faults);
    int exit_status = EXIT_FAILURE;

    if (status == SME_OK)
        status = sme_draft_new(path, faults, &draft);
    if (status != SME_OK)
        (void)loader_say_faults(faults, path, status, say_to_file, stderr);
    if (draft != NULL) {
        size_t length;
        const char *document = sme_draft_document(draft, &length);

        (void)fwrite(document, 1, length, stdout);
        for (size_t i = 0; (sentence = sme_draft_remark(draft, i)) != NULL; i++)
            say_to_file(stderr, sentence);
        if (sme_faults_count(sme_draft_faults(draft)) > 0)
            (void)loader_say_faults(sme_draft_faults(draft), path, SME_BAD_INPUT, say_to_file, stderr);
        exit_status = printed(stdout, sme_draft_is_ready(draft) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    sme_draft_free(draft);
    sme_faults_free(faults);
    return exit_status;
}

/* The dataset to serve or to write; NULL after saying why not. */
static struct sme_dataset *load(const struct config *config, struct log *log)
{
    return loader_load(config->dataset, say_to_log, log).dataset;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* --export: what was written is the output; what went wrong is the log's. */
static int export_files(const struct config *config, struct log *log)
{
    struct sme_dataset *dataset = load(config, log);
    struct service *service = dataset != NULL ? service_new(config, dataset) : NULL;
    struct export_outcome outcome;
    char text[LOADER_SENTENCE_BYTES];
    bool written = false;

    if (dataset != NULL && service == NULL)
        log_write(log, LEVEL_ERROR, "there is not enough memory to write files");
    if (service != NULL) {
        written = export_write(config, service, dataset, warn_to_log, log, &outcome);
        if (!written)
            log_write(log, LEVEL_ERROR, "%s", outcome.fault);
    }
    service_free(service);
    sme_dataset_unref(dataset);
    if (!written)
        return EXIT_FAILURE;
    (void)snprintf(text, sizeof text, "%s: %zu files, %ju bytes", config->export_to, outcome.files,
                   (uintmax_t)outcome.bytes);
    say_to_file(stdout, text);
    return printed(stdout, EXIT_SUCCESS);
}

int main(int argc, char *argv[])
{
    struct config config;

    if (!fill_standard_descriptors())
        return EXIT_FAILURE;
    switch (config_read(argc, argv, environ, stdout, stderr, &config)) {
    case CONFIG_BAD:
        return EXIT_USAGE;
    case CONFIG_SHOWN:
        return printed(stdout, EXIT_SUCCESS);
    case CONFIG_HEALTH:
        return health_ask(&config) ? EXIT_SUCCESS : EXIT_FAILURE;
    case CONFIG_RUN:
        break;
    }
    if (config.check != NULL)
        return check(config.check);
    if (config.init != NULL)
        return init(config.init);

    struct log *log = log_new(config.log_level, config.log_format);
    if (log == NULL) {
        (void)fputs("smestatd: there is not enough memory to start\n", stderr);
        return EXIT_FAILURE;
    }
    serve_prepare(config.export_to == NULL);
    config_unknown_variables(environ, warn_to_log, log);
    int exit_status = config.export_to != NULL ? export_files(&config, log) : serve(&config, argv, log);
    log_free(log);
    return exit_status;
}
