/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include "log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

size_t loader_say_faults(const struct sme_faults *faults, const char *name, enum sme_status status,
                         void (*say)(void *context, const char *sentence), void *context)
{
    char text[LOADER_SENTENCE_BYTES];
    size_t count = faults != NULL ? sme_faults_count(faults) : 0, dropped = count > 0 ? sme_faults_dropped(faults) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct sme_fault *fault = sme_faults_at(faults, i);

        describe_fault(fault, fault->file, text, sizeof text);
        say(context, text);
    }
    if (dropped > 0)
        (void)snprintf(text, sizeof text, "%s: and %zu more", name, dropped);
    else
        (void)snprintf(text, sizeof text, "%s: %s", name, describe_status(status));
    if (dropped > 0 || count == 0)
        say(context, text);
    return count > 0 ? count + dropped : 1;
}

const char *loader_name(const char *path)
{
    return path != NULL ? path : "built-in dataset";
}

/* A line about a long load, written over itself, for a person at a terminal. */
struct progress_line {
    uint64_t begun_ms, shown_ms;
    bool shown;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void show_progress(void *context, const char *file, uint64_t rows, uint64_t bytes, uint64_t total_bytes)
{
    enum { PATIENCE_MS = 500, PAUSE_MS = 100, NAME_BYTES = 40 };
    struct progress_line *line = context;
    uint64_t now = now_ms();
    char name[NAME_BYTES];

    if (now - line->begun_ms < PATIENCE_MS || (line->shown && now - line->shown_ms < PAUSE_MS))
        return;
    const char *slash = strrchr(file, '/');
    (void)log_escape(slash != NULL ? slash + 1 : file, strlen(slash != NULL ? slash + 1 : file), name, sizeof name);
    /* A file may have grown since its size was asked for. */
    (void)fprintf(stderr, "\r%s: %ju rows, %ju%%\033[K", name, (uintmax_t)rows,
                  (uintmax_t)(total_bytes > bytes ? bytes * 100 / total_bytes : 100));
    line->shown = true;
    line->shown_ms = now;
}

static enum sme_status load_file(const char *path, struct sme_faults *faults, struct sme_dataset **ret_dataset)
{
    struct progress_line line = {.begun_ms = now_ms()};

    if (!isatty(STDERR_FILENO))
        return sme_dataset_load_file(path, faults, ret_dataset);
    enum sme_status status = sme_dataset_load_file_with(path, show_progress, &line, faults, ret_dataset);
    if (line.shown)
        (void)fputs("\r\033[K", stderr);
    return status;
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
        return load_file(place, faults, ret_dataset);
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
    if (status != SME_OK) {
        const struct sme_fault *first = faults != NULL ? sme_faults_at(faults, 0) : NULL;

        if (first != NULL)
            describe_fault(first, last_part(first->file), text, sizeof text);
        else
            (void)snprintf(text, sizeof text, "%s: %s", last_part(loader_name(path)), describe_status(status));
        keep_first(&loading, text);
        loading.faults = loader_say_faults(faults, loader_name(path), status, say, context);
    }
    sme_faults_free(faults);
    return loading;
}
