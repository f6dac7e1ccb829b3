/* SPDX-License-Identifier: MIT */
/*
 * Every resource as a file, so that a dataset can live on a static host. The route table says what there is, and the
 * service is asked for each path as a client would ask that states no wishes, so the bytes are the daemon's own.
 *
 * Which file is which path's:
 * - A path with nothing below it is the file of that very name: v1/observations.csv, v1/observations/ID.json and,
 *   without an extension, v1/observations/ID. Every host serves these. One that knows no better calls the last kind
 *   application/octet-stream, which matters to people who look at it, but to no program that parses it.
 * - A path with others below it (/, /v1, /v1/observations, /problems) must be a directory. Its answer is _index.json
 *   inside, a name that no code can have; "index" can be one. A host must be told of it: deploy/static.nginx.conf does.
 * - Where browsers get a page instead, that stands beside it: index.html in a directory, else the name with .html.
 *
 * What files cannot do: answer a query, and choose by language. So a list that is only the first page of several is
 * left out and warned of, because its link to the next page would lead to itself; the formats that hold all rows are
 * there. And an export is in one language.
 */
#include "export.h"

#include "routes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exporter {
    const struct config *config;
    struct service *service;
    struct sme_dataset *dataset;
    void (*warn)(void *context, const char *sentence);
    void *context;
    int directory; /* where the files go until all are there; -1: not yet made */
    struct export_outcome *outcome;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct exporter *x, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(x->outcome->fault, sizeof x->outcome->fault, format, arguments);
    va_end(arguments);
    return false;
}

enum { PATH_BYTES = 512 }; /* three times what the longest code makes of a path */

/* A path or a file's name, whole. */
__attribute__((format(printf, 3, 4))) static bool make_path(struct exporter *x, char out[static PATH_BYTES],
                                                            const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(out, PATH_BYTES, format, arguments);
    va_end(arguments);
    return (length >= 0 && length < PATH_BYTES) || fail(x, "%s…: %s", out, strerror(ENAMETOOLONG));
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* The directories above a file. */
static bool make_parents(const struct exporter *x, const char *name)
{
    char parent[PATH_BYTES];

    for (const char *slash = name; (slash = strchr(slash, '/')) != NULL; slash++) {
        (void)snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
        if (mkdirat(x->directory, parent, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* A name that is taken would be that of another path: it must not happen, and is a fault. */
static bool write_file(struct exporter *x, const char *name, const struct body *body)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = openat(x->directory, name, flags, 0666);

    if (fd < 0 && errno == ENOENT && make_parents(x, name))
        fd = openat(x->directory, name, flags, 0666);
    bool written = fd >= 0 && write_all(fd, body->bytes, body->length);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    if (!written)
        return fail(x, "%s: %s: %s", x->config->export_to, name, strerror(error));
    x->outcome->files++;
    x->outcome->bytes += body->length;
    return true;
}

/* ---- Paths and answers ----------------------------------------------------------------------------------------- */

/* Segments of what codes and our own names are made of; none that means another directory. */
static bool is_safe(const char *path)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

    if (strcmp(path, "/") == 0)
        return true;
    while (*path == '/') {
        size_t length = strspn(++path, characters);

        if (length == 0 || *path == '.')
            return false;
        path += length;
    }
    return *path == '\0';
}

static bool is_page(const struct reply *reply)
{
    const char *type = reply_header(reply, "Content-Type");

    return type != NULL && strncmp(type, "text/html", strlen("text/html")) == 0;
}

static bool is_one_of_several(const struct reply *reply)
{
    const char *link = reply_header(reply, "Link");

    return link != NULL && strstr(link, "rel=\"next\"") != NULL;
}

static bool write_answer(struct exporter *x, const char *path, bool directory, const struct reply *reply)
{
    bool page = is_page(reply);
    const char *top = path[1] == '\0' ? "" : "/", *rest = "";
    char name[PATH_BYTES];

    if (!is_safe(path))
        return fail(x, "%s: no file can have this name", path);
    if (directory)
        rest = page ? "index.html" : "_index.json";
    else if (page && strchr(strrchr(path, '/'), '.') == NULL)
        rest = ".html";
    return make_path(x, name, "%s%s%s", path + 1, directory ? top : "", rest) && write_file(x, name, reply->body);
}

static struct answer ask(struct exporter *x, const char *path, const char *accept)
{
    const struct request request = {
        .method = METHOD_GET,
        .method_name = "GET",
        .target = path,
        .target_length = strlen(path),
        .accept = accept,
        .accept_language = x->config->export_lang,
    };
    struct answer answer;

    service_answer(x->service, &request, &answer);
    return answer;
}

/* Whoever waits for a stop has blocked its signals. */
static bool is_stopped(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* Only out of memory does the service end the connection. */
static bool refuse_answer(struct exporter *x, const char *path, const struct answer *answer)
{
    if (answer->close)
        return fail(x, "%s: there is not enough memory for it", path);
    return fail(x, "%s: the answer has the status %d", path, answer->status);
}

/* The file of a path and, where browsers get a page, that. Nothing for the first page of several: `ret_whole` tells. */
static bool write_path(struct exporter *x, const char *path, bool directory, bool *ret_whole)
{
    if (is_stopped())
        return fail(x, "%s: stopped by a signal", x->config->export_to);
    struct answer answer = ask(x, path, NULL);
    bool page = is_page(answer.reply), written = true;

    *ret_whole = !is_one_of_several(answer.reply);
    if (answer.status != 200)
        written = refuse_answer(x, path, &answer);
    else if (*ret_whole)
        written = write_answer(x, path, directory, answer.reply);
    reply_unref(answer.reply);
    if (!written || page)
        return written;

    answer = ask(x, path, "text/html");
    if (answer.status == 200 && is_page(answer.reply))
        written = write_answer(x, path, directory, answer.reply);
    else if (answer.close)
        written = refuse_answer(x, path, &answer);
    reply_unref(answer.reply);
    return written;
}

/* ---- The walk -------------------------------------------------------------------------------------------------- */

/* Whether other routes lead further, so that the path's file must be inside a directory. */
static bool leads_further(const struct route *route)
{
    const struct route *other;
    size_t length = strcmp(route->path, "/") == 0 ? 0 : strlen(route->path);

    for (size_t i = 0; (other = route_at(i)) != NULL; i++)
        if (other != route && strncmp(other->path, route->path, length) == 0 && other->path[length] == '/')
            return true;
    return false;
}

/* `complete`: the paths that have it all, with commas. */
static void warn_of_page(struct exporter *x, const char *path, const char *complete)
{
    char sentence[sizeof x->outcome->fault];

    (void)snprintf(sentence, sizeof sentence,
                   "%s is left out as JSON: it would be the first page of several, and files cannot answer for the "
                   "others; every row is in %s",
                   path, *complete != '\0' ? complete : "no other format");
    x->warn(x->context, sentence);
}

/* A collection or a row of it, without an extension and with that of each format. */
static bool write_data(struct exporter *x, const char *collection, const char *path, bool directory)
{
    const struct sme_format *format;
    char named[PATH_BYTES], complete[2 * PATH_BYTES] = "";
    bool all_whole, whole;

    if (!write_path(x, path, directory, &all_whole))
        return false;
    for (size_t i = 0; (format = sme_format_at(collection, i)) != NULL; i++) {
        size_t length = strlen(complete);

        if (!make_path(x, named, "%s%s", path, format->extension) || !write_path(x, named, false, &whole))
            return false;
        all_whole = all_whole && whole;
        if (whole)
            (void)snprintf(complete + length, sizeof complete - length, "%s%s", length > 0 ? ", " : "", named);
    }
    if (!all_whole)
        warn_of_page(x, path, complete);
    return true;
}

/* The route's path as far as its hole, and there a word. */
static bool fill_hole(struct exporter *x, const struct route *route, const char *word, char out[static PATH_BYTES])
{
    return make_path(x, out, "%.*s%s", (int)strcspn(route->path, "{"), route->path, word);
}

/* Each row of a collection, from one query: only JSON comes in pages. */
static bool write_rows(struct exporter *x, const char *collection, const char *collection_path, bool directory)
{
    const struct sme_format *format = sme_format_at(collection, 1);
    struct sme_query *query = NULL;
    struct sme_result *result = NULL;
    struct sme_cell cell;
    enum sme_status status = sme_query_new(x->dataset, collection, &query);
    char path[PATH_BYTES];
    bool written = true;

    if (status == SME_OK) {
        if (format != NULL)
            sme_query_prefer_format(query, format->name);
        status = sme_query_run(query, &result);
    }
    if (status == SME_OK && sme_result_count(result) < sme_result_total(result))
        written = fail(x, "%s: not every row can be listed", collection_path);
    for (size_t row = 0; status == SME_OK && written && row < sme_result_count(result); row++) {
        status = sme_result_cell(result, row, sme_column_name(collection, 0), &cell);
        if (status != SME_OK)
            break;
        written = make_path(x, path, "%s/%s", collection_path, cell.text) && write_data(x, collection, path, directory);
    }
    if (status != SME_OK)
        written = fail(x, "%s: there is not enough memory for it", collection_path);
    sme_result_free(result);
    sme_query_free(query);
    return written;
}

/* {collection} and {collection}/{id}; the dataset's own row has a route of its own. */
static bool write_collections(struct exporter *x, const struct route *route, bool directory)
{
    bool rows = strstr(route->path, "{id}") != NULL, written = true;
    const char *collection;
    char path[PATH_BYTES];

    for (size_t i = 0; written && (collection = sme_collection_name(i)) != NULL; i++) {
        if (strcmp(collection, "dataset") == 0)
            continue;
        written = fill_hole(x, route, collection, path) &&
                  (rows ? write_rows(x, collection, path, directory) : write_data(x, collection, path, directory));
    }
    return written;
}

static bool write_route(struct exporter *x, const struct route *route)
{
    bool directory = leads_further(route), whole, written = true;
    const char *slug;
    char path[PATH_BYTES];

    if (strstr(route->path, "{collection}") != NULL)
        return write_collections(x, route, directory);
    if (route->slug == NULL)
        return write_path(x, route->path, directory, &whole);
    for (size_t i = 0; written && (slug = route->slug(i)) != NULL; i++)
        written = fill_hole(x, route, slug, path) && write_path(x, path, directory, &whole);
    return written;
}

static bool write_routes(struct exporter *x)
{
    const struct route *route;
    bool written = true;

    for (size_t i = 0; written && (route = route_at(i)) != NULL; i++)
        if (!route->live)
            written = write_route(x, route);
    return written;
}

/* ---- The directory --------------------------------------------------------------------------------------------- */

static bool check_language(struct exporter *x)
{
    const char *language, *wanted = x->config->export_lang;
    char accepted[SME_LANGUAGES_MAX * 40] = "";

    if (wanted == NULL)
        return true;
    for (size_t i = 0; (language = sme_dataset_language(x->dataset, i)) != NULL; i++) {
        size_t length = strlen(accepted);

        if (strcmp(language, wanted) == 0)
            return true;
        (void)snprintf(accepted + length, sizeof accepted - length, "%s%s", length > 0 ? ", " : "", language);
    }
    return fail(x, "--export-lang: '%s' is not a language of the dataset; accepted is %s", wanted, accepted);
}

/* New, or empty. Renaming asks once more at the end; asking first spares the work. */
static bool check_target(struct exporter *x, const char *target)
{
    const char *slash = strrchr(target, '/'), *last = slash != NULL ? slash + 1 : target;
    const struct dirent *entry;
    bool empty = true;

    if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return fail(x, "%s: a directory that is to be made or replaced must be called by its name", target);
    int fd = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail(x, "%s: %s", target, strerror(errno));
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        bool told = fail(x, "%s: %s", target, strerror(errno));

        (void)close(fd);
        return told;
    }
    errno = 0;
    while (empty && (entry = readdir(directory)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    int error = errno;
    (void)closedir(directory);
    if (!empty)
        return fail(x, "%s: the directory is not empty; files are written to a new or empty one only", target);
    return error == 0 || fail(x, "%s: %s", target, strerror(error));
}

static bool make_directory(struct exporter *x, const char *temporary)
{
    if (mkdir(temporary, 0777) != 0) {
        if (errno == EEXIST)
            return fail(x, "%s is in the way, from an export that is under way or was killed; remove it", temporary);
        return fail(x, "%s: %s", temporary, strerror(errno));
    }
    x->directory = open(temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (x->directory >= 0)
        return true;
    (void)fail(x, "%s: %s", temporary, strerror(errno));
    (void)rmdir(temporary);
    return false;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* What is half made goes; if it does not, that is said too. */
static void remove_all(struct exporter *x, const char *temporary)
{
    enum { DESCRIPTORS = 8 };
    size_t length = strlen(x->outcome->fault);

    if (nftw(temporary, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) != 0)
        (void)snprintf(x->outcome->fault + length, sizeof x->outcome->fault - length,
                       "; %s could not be removed either", temporary);
}

bool export_write(const struct config *config, struct service *service, struct sme_dataset *dataset,
                  void (*warn)(void *context, const char *sentence), void *context, struct export_outcome *ret_outcome)
{
    struct exporter x = {config, service, dataset, warn, context, -1, ret_outcome};
    char target[PATH_MAX], temporary[PATH_MAX];
    size_t length = strlen(config->export_to);

    *ret_outcome = (struct export_outcome){.files = 0};
    while (length > 1 && config->export_to[length - 1] == '/')
        length--;
    if (length + sizeof ".tmp" > sizeof target)
        return fail(&x, "--export: %s", strerror(ENAMETOOLONG));
    (void)snprintf(target, sizeof target, "%.*s", (int)length, config->export_to);
    (void)snprintf(temporary, sizeof temporary, "%.*s.tmp", (int)length, config->export_to);

    if (!check_language(&x) || !check_target(&x, target) || !make_directory(&x, temporary))
        return false;
    bool written = write_routes(&x);
    (void)close(x.directory);
    if (written && rename(temporary, target) != 0)
        written = fail(&x, "%s: %s", target, strerror(errno));
    if (!written)
        remove_all(&x, temporary);
    return written;
}
