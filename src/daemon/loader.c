/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include "log.h"

#include <stdio.h>
#include <string.h>

static const char *describe_status(enum sme_status status)
{
    switch (status) {
    case SME_OK:
        return "ok";
    case SME_NO_MEMORY:
        return "there is not enough memory for it";
    case SME_BAD_INPUT:
        return "it is not a good dataset document";
    case SME_NOT_FOUND:
        return "it is not there";
    case SME_TOO_LARGE:
        return "it is too large";
    case SME_IO:
        return "it cannot be read";
    }
    return "it cannot be loaded";
}

/* "file:line:column: path: sentence; accepted is …; the nearest is …". In a document the place shows what is meant. */
static void describe_fault(const struct sme_fault *fault, const char *file, char *out, size_t size)
{
    char sentence[LOADER_SENTENCE_BYTES / 2], place[32] = "";

    sme_fault_sentence(fault, "en", sentence, sizeof sentence);
    if (fault->line > 0)
        (void)snprintf(place, sizeof place, "%u:%u:", fault->line, fault->column);
    size_t end = strlen(sentence);
    if (fault->accepted != NULL && end > 0 && sentence[end - 1] == '.')
        sentence[end - 1] = '\0';
    const char *near = fault->line == 0 ? fault->suggestions[0] : NULL;
    (void)snprintf(out, size, "%s%s%s%s%s%s%s%s%s%s%s", file != NULL ? file : "", file != NULL ? ":" : "", place,
                   file != NULL || place[0] != '\0' ? " " : "", fault->path != NULL ? fault->path : "",
                   fault->path != NULL ? ": " : "", sentence, fault->accepted != NULL ? "; accepted is " : "",
                   fault->accepted != NULL ? fault->accepted : "", near != NULL ? "; the nearest is " : "",
                   near != NULL ? near : "");
}

static const char *last_part(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash != NULL ? slash + 1 : path;
}

/* Clients see the first fault: where files lie on this machine is not for them. */
static void keep_first(struct loading *loading, const char *sentence)
{
    (void)log_escape(sentence, strlen(sentence), loading->first, sizeof loading->first);
}

static void say_faults(const struct sme_faults *faults, struct loading *loading,
                       void (*say)(void *context, const char *sentence), void *context)
{
    char text[LOADER_SENTENCE_BYTES];

    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        if (i == 0) {
            describe_fault(fault, last_part(fault->file), text, sizeof text);
            keep_first(loading, text);
        }
        describe_fault(fault, fault->file, text, sizeof text);
        say(context, text);
    }
    loading->faults = sme_faults_count(faults) + sme_faults_dropped(faults);
}

const char *loader_name(const char *path)
{
    return path != NULL ? path : "built-in dataset";
}

static const char builtin[] = "builtin:";

bool loader_reads_file(const char *place)
{
    return place != NULL && strncmp(place, builtin, sizeof builtin - 1) != 0;
}

static enum sme_status load_from(const char *place, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    if (place == NULL)
        return sme_dataset_load_builtin(faults, ret_dataset);
    if (loader_reads_file(place))
        return sme_dataset_load_file(place, faults, ret_dataset);
    return sme_dataset_load_named(place + sizeof builtin - 1, faults, ret_dataset);
}

struct loading loader_load(const char *path, void (*say)(void *context, const char *sentence), void *context)
{
    struct loading loading = {.dataset = NULL};
    struct sme_faults *faults = NULL;
    char text[LOADER_SENTENCE_BYTES];
    enum sme_status status = sme_faults_new(&faults);

    if (status == SME_OK)
        status = load_from(path, faults, &loading.dataset);
    if (status != SME_OK && faults != NULL)
        say_faults(faults, &loading, say, context);
    if (status != SME_OK && faults != NULL && sme_faults_dropped(faults) > 0) {
        (void)snprintf(text, sizeof text, "%s: and %zu more", loader_name(path), sme_faults_dropped(faults));
        say(context, text);
    } else if (status != SME_OK && loading.faults == 0) {
        (void)snprintf(text, sizeof text, "%s: %s", last_part(loader_name(path)), describe_status(status));
        keep_first(&loading, text);
        (void)snprintf(text, sizeof text, "%s: %s", loader_name(path), describe_status(status));
        say(context, text);
        loading.faults = 1;
    }
    sme_faults_free(faults);
    return loading;
}
