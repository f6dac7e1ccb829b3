/* SPDX-License-Identifier: MIT */
/*
 * Every operation is run with its first allocation failing, then with its second, and so on until it passes without a
 * failure; once with that one allocation failing, and once with it and all later ones. Whatever fails, the operation must
 * say so or give the answer of the undisturbed run, byte for byte; it must not leak, and it must be possible to ask again.
 */
#include "alloc.h"

#include "export.h"
#include "loader.h"
#include "problem.h"
#include "routes.h"
#include "service.h"
#include "tls.h"

#include <dashboard.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <smestat.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* An outcome as text. It takes no memory that could fail. */
struct text {
    size_t length;
    char bytes[1 << 20];
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->length, sizeof text->bytes - text->length, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text->bytes - text->length)
        abort(); /* the array above is too small for the tests */
    text->length += (size_t)length;
}

static bool say_bytes(void *context, const void *bytes, size_t length)
{
    struct text *text = context;

    if (length >= sizeof text->bytes - text->length)
        abort();
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
    return true;
}

/* Complaints: one line for each operation and kind of complaint, with the first n and how often. */

static const char *operation;
static long at_n;
static bool at_forever;
static unsigned complaints;

static struct {
    const char *operation, *what;
    char detail[700];
    long n, times;
    bool forever;
} heard[1000];
static size_t heard_count;

static void complain(const char *what, const char *detail)
{
    complaints++;
    for (size_t i = 0; i < heard_count; i++)
        if (heard[i].operation == operation && strcmp(heard[i].what, what) == 0) {
            heard[i].times++;
            return;
        }
    if (heard_count == sizeof heard / sizeof heard[0])
        return;
    heard[heard_count].operation = operation;
    heard[heard_count].what = what;
    (void)snprintf(heard[heard_count].detail, sizeof heard[0].detail, "%s", detail);
    heard[heard_count].n = at_n;
    heard[heard_count].times = 1;
    heard[heard_count++].forever = at_forever;
}

/* As comments of TAP, with what may be anything kept on its lines. */
static void tell_complaints(void)
{
    for (size_t i = 0; i < heard_count; i++) {
        printf("# %s: %s, %ld times, first at allocation %ld%s\n# ", heard[i].operation, heard[i].what, heard[i].times,
               heard[i].n, heard[i].forever ? " and all later ones" : "");
        for (const char *at = heard[i].detail; *at; at++) {
            putchar(*at);
            if (*at == '\n')
                printf("# ");
        }
        printf("\n");
    }
}

static bool is_same(const struct text *a, const struct text *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* Where two texts begin to differ, with some text around. */
static void differ(const char *what, const struct text *got, const struct text *wanted)
{
    size_t at = 0;
    char detail[640];

    if (is_same(got, wanted))
        return;
    while (at < got->length && at < wanted->length && got->bytes[at] == wanted->bytes[at])
        at++;
    size_t from = at > 60 ? at - 60 : 0;
    (void)snprintf(detail, sizeof detail, "  got    …%.200s\n  wanted …%.200s", got->bytes + from,
                   wanted->bytes + from);
    complain(what, detail);
}

static void on_crash(int number)
{
    char line[256];
    int length = snprintf(line, sizeof line, "# %s: signal %d at allocation %ld%s\n", operation, number, at_n,
                          at_forever ? " and all later ones" : "");

    (void)!write(STDOUT_FILENO, line, (size_t)length);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/*
 * An operation writes its outcome to the text and gives SME_OK or SME_NO_MEMORY. It arms once, where what is tested begins,
 * and disarms where it ends; what it makes it also ends.
 */
static void arm(void)
{
    alloc_arm(at_n, at_forever);
}

typedef enum sme_status run_operation(const void *input, struct text *out);

static struct text wanted, got;

/* Which n to try: all of them, or where a run is long a sample: so many at both ends, so many in between, and every
 * large one: there an arena takes its next block, on behalf of one of the many who take from it. */
#ifdef ALLOC_WRAP
enum { LOADING_SAMPLE = 150 }; /* the sanitizer makes each run ten times as long */
#else
enum { LOADING_SAMPLE = 400 };
#endif
enum { ALL = 0, EXPORT_SAMPLE = 40 };

static long large[512];

static long next_n(long n, long all, long sample)
{
    long next = sample > 0 && n > sample && n < all - sample ? n + 1 + all / sample : n + 1;

    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
        if (large[i] > n && large[i] < next)
            next = large[i];
    return next;
}

static void try_each(run_operation *run, const void *input, long sample)
{
    long runs = 0, all;

    at_n = 0;
    at_forever = false;
    wanted.length = got.length = 0;
    (void)run(input, &got); /* whatever libraries allocate once and keep */
    long before = alloc_outstanding();
    if (run(input, &wanted) != SME_OK)
        complain("does not even work undisturbed", "");
    all = alloc_disarm();
    for (long i = 0; i < (long)(sizeof large / sizeof large[0]); i++)
        large[i] = alloc_large(i);
    if (alloc_outstanding() != before)
        complain("leaks even undisturbed", "");
    for (int forever = 0; forever < 2; forever++)
        for (long n = 1; n <= all; n = next_n(n, all, sample)) {
            at_n = n;
            at_forever = forever;
            got.length = 0;
            got.bytes[0] = '\0';
            before = alloc_outstanding();
            enum sme_status status = run(input, &got);
            (void)alloc_disarm();
            runs++;
            if (status == SME_OK)
                differ("gives another answer", &got, &wanted);
            else if (status != SME_NO_MEMORY)
                complain("fails, but not for want of memory", "");
            if (alloc_outstanding() != before)
                complain("leaks", "");
        }
    printf("%s - %s: %ld allocations, %ld runs\n", complaints ? "not ok" : "ok", operation, all, runs);
}

/* In a process of its own, so that a crash does not end the others. */
static void try_all(const char *name, run_operation *run, const void *input, long sample)
{
    int status = 0;

    operation = name;
    pid_t child = fork();
    if (child == 0) {
        complaints = 0;
        heard_count = 0;
        try_each(run, input, sample);
        tell_complaints();
        exit(complaints != 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        complaints++;
    if (child > 0 && !WIFEXITED(status))
        printf("not ok - %s: crashed\n", name);
}

/* The core. */

static void say_faults(struct text *out, const struct sme_faults *faults)
{
    char sentence[1024];

    for (size_t i = 0; i < sme_faults_count(faults); i++) {
        const struct sme_fault *f = sme_faults_at(faults, i);

        say(out, "%s|%s:%u:%u|%s|%s|%s|%s|%s|%s|%s|%s\n", f->kind, f->file ? f->file : "-", f->line, f->column,
            f->path ? f->path : "-", f->value ? f->value : "-", f->accepted ? f->accepted : "-",
            f->resource ? f->resource : "-", f->suggestions[0] ? f->suggestions[0] : "-",
            f->suggestions[0] && f->suggestions[1] ? f->suggestions[1] : "-",
            f->suggestions[0] && f->suggestions[1] && f->suggestions[2] ? f->suggestions[2] : "-",
            f->repaired ? f->repaired : "-");
        sme_fault_sentence(f, "zh", sentence, sizeof sentence);
        say(out, "%s\n", sentence);
    }
}

struct document {
    const char *name; /* NULL: the built-in dataset; with this and no bytes: the built-in one of this name */
    char *bytes;
    size_t length;
};

static enum sme_status run_load(const void *input, struct text *out)
{
    const struct document *document = input;
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;

    arm();
    enum sme_status status = sme_faults_new(&faults);
    if (status == SME_OK && document->name && !document->bytes)
        status = sme_dataset_load_named(document->name, faults, &dataset);
    else if (status == SME_OK && document->name)
        status = sme_dataset_load(document->name, document->bytes, document->length, faults, &dataset);
    else if (status == SME_OK)
        status = sme_dataset_load_builtin(faults, &dataset);
    (void)alloc_disarm();
    if ((status == SME_OK) != (dataset != NULL))
        complain("status and dataset contradict each other", "");
    if (status == SME_OK)
        say(out, "%s %s\n", sme_dataset_id(dataset), sme_dataset_version(dataset));
    if (status == SME_BAD_INPUT || status == SME_NOT_FOUND) {
        say_faults(out, faults);
        status = SME_OK;
    }
    /* what was loaded is whole: one long answer says most of it */
    for (size_t i = 0; dataset && sme_collection_name(i); i++) {
        struct sme_query *query = NULL;
        struct sme_result *result = NULL;
        struct sme_faults *none = NULL;

        if (sme_faults_new(&none) != SME_OK || sme_query_new(dataset, sme_collection_name(i), &query) != SME_OK ||
            sme_query_set(query, "lang", "all", 3, none) != SME_OK || sme_query_run(query, &result) != SME_OK ||
            sme_result_write(result, "", say_bytes, out) != SME_OK)
            complain("cannot be asked", "");
        sme_result_free(result);
        sme_query_free(query);
        sme_faults_free(none);
    }
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return status;
}

static enum sme_status run_load_file(const void *input, struct text *out)
{
    struct sme_faults *faults = NULL;
    struct sme_dataset *dataset = NULL;

    arm();
    enum sme_status status = sme_faults_new(&faults);
    if (status == SME_OK)
        status = sme_dataset_load_file(input, faults, &dataset);
    (void)alloc_disarm();
    if (status == SME_OK)
        say(out, "%s\n", sme_dataset_id(dataset));
    if (status == SME_BAD_INPUT || status == SME_IO) {
        say_faults(out, faults);
        status = SME_OK;
    }
    sme_dataset_unref(dataset);
    sme_faults_free(faults);
    return status;
}

static enum sme_status run_draft(const void *input, struct text *out)
{
    struct sme_faults *faults = NULL;
    struct sme_draft *draft = NULL;

    arm();
    enum sme_status status = sme_faults_new(&faults);
    if (status == SME_OK)
        status = sme_draft_new(input, faults, &draft);
    (void)alloc_disarm();
    if (status == SME_OK)
        say(out, "%s%s\n", sme_draft_document(draft, NULL), sme_draft_remark(draft, 0));
    sme_draft_free(draft);
    sme_faults_free(faults);
    return status;
}

static struct sme_dataset *builtin;

/* The link as it is now, without disturbing what is counted. */
static void copy_link(struct sme_query *query, char *out, size_t size)
{
    const char *link = sme_query_link(query);

    (void)snprintf(out, size, "%s", link ? link : "(no memory)");
}

/*
 * A query, "collection[/id][?name=value&…]" unescaped. When a call says that there is no memory, everything must be as it
 * was before: it is tried again undisturbed, and the outcome must be that of the undisturbed run.
 */
static enum sme_status run_query(const void *input, struct text *out)
{
    char copy[1024], *rest, *pair, before[2048], after[2048];
    struct sme_query *query = NULL;
    struct sme_faults *faults = NULL;
    struct sme_result *result = NULL;
    enum sme_status status = SME_OK;

    (void)snprintf(copy, sizeof copy, "%s", (const char *)input);
    char *parameters = strchr(copy, '?'), *id = NULL;
    if (parameters)
        *parameters++ = '\0';
    if ((id = strchr(copy, '/')) != NULL)
        *id++ = '\0';
    arm();
    if (sme_query_new(builtin, copy, &query) != SME_OK || sme_faults_new(&faults) != SME_OK) {
        status = SME_NO_MEMORY;
        goto end;
    }
    if (id) {
        status = sme_query_set_id(query, id, faults);
        if (status == SME_NO_MEMORY) {
            (void)alloc_disarm();
            if (alloc_failed())
                status = sme_query_set_id(query, id, faults);
            if (status == SME_NO_MEMORY)
                complain("a list of faults stays without memory", "");
        }
        say(out, "id: %d\n", (int)status);
    }
    rest = parameters;
    while (status != SME_NOT_FOUND && rest && (pair = strsep(&rest, "&")) != NULL) {
        char *value = strchr(pair, '=');

        *value++ = '\0';
        before[0] = '\0';
        status = sme_query_set(query, pair, value, strlen(value), faults);
        if (status == SME_NO_MEMORY) {
            (void)alloc_disarm();
            copy_link(query, after, sizeof after);
            (void)snprintf(before, sizeof before, "%s=%s", pair, value);
            if (strchr(after, '?') && (strstr(after, before) == strchr(after, '?') + 1))
                complain("a parameter is set, though there was no memory", after);
            status = sme_query_set(query, pair, value, strlen(value), faults);
            if (status == SME_NO_MEMORY)
                complain("a list of faults stays without memory", "");
        }
        say(out, "%s: %d\n", pair, (int)status);
    }
    if (sme_query_check(query, faults) == SME_NO_MEMORY) {
        (void)alloc_disarm();
        if (sme_query_check(query, faults) == SME_NO_MEMORY)
            complain("a list of faults stays without memory", "");
    }
    say_faults(out, faults);
    const char *link = sme_query_link(query);
    if (!link) {
        (void)alloc_disarm();
        link = sme_query_link(query);
    }
    say(out, "%s\n", link);
    if (sme_query_run(query, &result) != SME_OK) {
        (void)alloc_disarm();
        if (sme_query_run(query, &result) != SME_OK) {
            complain("does not run a second time", "");
            goto end;
        }
    }
    say(out, "%zu of %zu, %zu without a year; next %s, prev %s\n", sme_result_count(result), sme_result_total(result),
        sme_result_undated_excluded(result), sme_result_next(result) ? sme_result_next(result) : "-",
        sme_result_prev(result) ? sme_result_prev(result) : "-");
    status = sme_result_write(result, "http://base", say_bytes, out);
    if (status == SME_NO_MEMORY) {
        (void)alloc_disarm();
        status = sme_result_write(result, "http://base", say_bytes, out);
    }
    const char *column;
    for (size_t c = 0; status == SME_OK && (column = sme_column_name(copy, c)) != NULL; c++) {
        size_t last = sme_result_count(result);

        for (size_t row = 0; row < last && status == SME_OK; row += last > 3 ? last - 1 : 1) {
            struct sme_cell cell = {SME_NULL, "untouched", 9};

            status = sme_result_cell(result, row, column, &cell);
            if (status == SME_NO_MEMORY) {
                if (strcmp(cell.text, "untouched") != 0)
                    complain("a cell that failed was written", "");
                (void)alloc_disarm();
                status = sme_result_cell(result, row, column, &cell);
            }
            say(out, "%s: %d %s\n", column, (int)cell.type, cell.text);
        }
    }
end:
    (void)alloc_disarm();
    sme_result_free(result);
    sme_query_free(query);
    sme_faults_free(faults);
    return status == SME_NO_MEMORY ? SME_NO_MEMORY : SME_OK;
}

/* The daemon. */

static struct config config;
static char starved_body[1024]; /* the answer to want of memory */
static size_t starved_length;

struct ask {
    const char *name;
    enum method method;
    const char *target, *accept, *accept_language, *accept_encoding, *if_none_match, *origin;
    const char *slug; /* refused, with this problem */
    const char *cors_origin, *base_url;
};

static struct request request_of(const struct ask *ask)
{
    static const char *const names[] = {"GET", "HEAD", "OPTIONS", "POST"};

    return (struct request){
        .method = ask->method,
        .method_name = names[ask->method],
        .target = ask->target,
        .target_length = strlen(ask->target),
        .accept = ask->accept,
        .accept_language = ask->accept_language,
        .accept_encoding = ask->accept_encoding,
        .if_none_match = ask->if_none_match,
        .origin = ask->origin,
    };
}

static bool is_coding_field(const char *name)
{
    return strcmp(name, "Content-Encoding") == 0 || strcmp(name, "ETag") == 0;
}

/* Metrics without their numbers, which count what happens here. */
static void say_names(struct text *out, const struct body *body)
{
    for (const char *at = body->bytes, *end = at + body->length, *next; at < end; at = next) {
        const char *line = memchr(at, '\n', (size_t)(end - at)), *space = line;

        next = line + 1;
        while (*at != '#' && space > at && *space != ' ')
            space--;
        (void)say_bytes(out, at, (size_t)(space - at));
        say(out, "\n");
    }
}

/* The answer as text. Whether its body is compressed stands apart, for it may be left uncompressed. */
static void say_answer(struct text *out, const struct answer *answer)
{
    const struct reply *reply = answer->reply;

    say(out, "%d%s\n", answer->status, answer->close ? " close" : "");
    for (size_t i = 0; i < reply->header_count; i++)
        if (!is_coding_field(reply->headers[i].name))
            say(out, "%s: %s\n", reply->headers[i].name, reply->headers[i].value);
    const char *type = reply_header(reply, "Content-Type");
    if (reply->body && type && strncmp(type, "text/plain", 10) == 0)
        say_names(out, reply->body);
    else if (reply->body && !reply_header(reply, "Content-Encoding"))
        (void)say_bytes(out, reply->body->bytes, reply->body->length);
    if ((reply_header(reply, "ETag") != NULL) !=
        (reply->status == 200 && strcmp(reply_header(reply, "Cache-Control"), "no-store") != 0))
        complain("an ETag is missing, or there is one too many", "");
}

static bool is_starved(const struct answer *answer)
{
    return answer->status == 503 && answer->close && answer->reply->body &&
           starved_length == answer->reply->body->length &&
           memcmp(starved_body, answer->reply->body->bytes, starved_length) == 0;
}

static void answer_one(struct service *service, const struct ask *ask, struct answer *ret_answer)
{
    struct request request = request_of(ask);

    if (ask->slug)
        service_refuse(service, &request, ask->slug, "A sentence of detail.", ret_answer);
    else
        service_answer(service, &request, ret_answer);
}

static struct config config_of(const struct ask *ask)
{
    struct config own = config;

    own.cors_origin = ask->cors_origin ? ask->cors_origin : own.cors_origin;
    own.base_url = ask->base_url ? ask->base_url : own.base_url;
    return own;
}

/* The uncompressed form of an answer, undisturbed; and the answer where there is no memory at all. */
static struct text plain;

static void say_plain(const struct ask *asked)
{
    struct ask ask = *asked;
    struct config own = config_of(asked);
    struct answer answer;

    ask.accept_encoding = NULL;
    plain.length = 0;
    struct service *service = service_new(&own, builtin);
    if (!service)
        abort();
    answer_one(service, &ask, &answer);
    say_answer(&plain, &answer);
    reply_unref(answer.reply);
    service_free(service);

    if (!(service = service_new(&own, builtin)))
        abort();
    alloc_arm(1, true);
    answer_one(service, &ask, &answer);
    (void)alloc_disarm();
    const char *later = reply_header(answer.reply, "Retry-After");
    starved_length = answer.reply->body ? answer.reply->body->length : 0;
    if (answer.status != 503 || !answer.close || !later || strcmp(later, "1") != 0 || starved_length == 0 ||
        starved_length > sizeof starved_body)
        complain("without any memory there is no proper answer", "");
    else
        memcpy(starved_body, answer.reply->body->bytes, starved_length);
    reply_unref(answer.reply);
    service_free(service);
}

/* The answer, where wanted ones are known with a compression left out taken for the same. */
static void say_either(struct text *out, const struct answer *answer)
{
    const struct reply *reply = answer->reply;
    size_t from = out->length;

    say_answer(out, answer);
    if (reply->body && reply_header(reply, "Content-Encoding"))
        (void)say_bytes(out, reply->body->bytes, reply->body->length);
    else if (out != &wanted && wanted.length && out->length - from == plain.length &&
             memcmp(out->bytes + from, plain.bytes, plain.length) == 0) {
        out->length = from;
        (void)say_bytes(out, wanted.bytes, wanted.length);
    }
}

static enum sme_status run_answer(const void *input, struct text *out)
{
    static struct text again, wanted_again;
    const struct ask *ask = input;
    struct config own = config_of(ask);
    struct service *service = service_new(&own, builtin);
    struct answer answer;
    enum sme_status status = SME_OK;

    if (!service)
        abort();
    arm();
    answer_one(service, ask, &answer);
    (void)alloc_disarm();
    if (alloc_failed() && is_starved(&answer))
        status = SME_NO_MEMORY;
    else
        say_either(out, &answer);
    reply_unref(answer.reply);
    /* the same service undisturbed: nothing wrong was kept, whether this counts as the first ask or as the second, from
     * which on answers are compressed */
    again.length = 0;
    answer_one(service, ask, &answer);
    say_either(&again, &answer);
    if (at_n == 0)
        wanted_again = again;
    else if (!is_same(&again, &wanted_again))
        differ("gives another answer when asked again", &again, &wanted);
    reply_unref(answer.reply);
    service_free(service);
    return status;
}

static enum sme_status run_service_new(const void *input, struct text *out)
{
    (void)input;
    arm();
    struct service *service = service_new(&config, builtin);
    (void)alloc_disarm();
    say(out, "made\n");
    service_free(service);
    return service ? SME_OK : SME_NO_MEMORY;
}

/* Reloading. */

static void pass_over(void *context, const char *sentence)
{
    (void)context;
    (void)sentence;
}

/* Another dataset is read and put in the first one's place: wholly, or not at all. The service is asked before, so that
 * something of the old one is kept. */
static enum sme_status run_reload(const void *input, struct text *out)
{
    static const struct ask ask = {"ready", METHOD_GET, "/readyz"}, data = {"dataset", METHOD_GET, "/v1"};
    static struct text before, after;
    struct service *service = service_new(&config, builtin);
    struct answer answer;

    if (!service)
        abort();
    before.length = after.length = 0;
    answer_one(service, &data, &answer);
    say_answer(&before, &answer);
    reply_unref(answer.reply);
    arm();
    struct loading loading = loader_load(input, pass_over, NULL);
    bool replaced = loading.dataset && service_replace(service, loading.dataset);
    (void)alloc_disarm();
    if (!loading.dataset && (loading.faults == 0 || !*loading.first))
        complain("it fails without a word", "");
    sme_dataset_unref(loading.dataset);
    answer_one(service, &data, &answer);
    say_answer(replaced ? out : &after, &answer);
    reply_unref(answer.reply);
    if (!replaced)
        differ("a failed reload changes something", &after, &before);
    answer_one(service, &ask, &answer);
    if (answer.status != 200)
        complain("is not ready after a reload", "");
    reply_unref(answer.reply);
    service_free(service);
    return replaced ? SME_OK : SME_NO_MEMORY;
}

/* TLS. The client is a thread of its own, whose allocations do not count. Two libraries are spared: libtasn1 reads where there
 * is no memory, and GnuTLS has GMP end the process then. */
enum { TLS_SAMPLE = 200 };

static struct {
    char certificate[64], key[64], other_certificate[64], other_key[64];
} tls_files;

/* Whoever can't even be asked to make what is tested with ends the test. */
static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static void write_pem(const char *path, gnutls_datum_t *pem)
{
    FILE *file = fopen(path, "w");

    must(file && fwrite(pem->data, 1, pem->size, file) == pem->size && fclose(file) == 0, path);
    gnutls_free(pem->data);
}

/* A certificate that its own key has signed. */
static void make_certificate(const char *certificate_path, const char *key_path)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t pem;

    must(gnutls_x509_privkey_init(&key) == 0 && gnutls_x509_crt_init(&certificate) == 0 &&
             gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) ==
                 0 &&
             gnutls_x509_crt_set_version(certificate, 3) == 0 && gnutls_x509_crt_set_serial(certificate, "1", 1) == 0 &&
             gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60) == 0 &&
             gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 86400) == 0 &&
             gnutls_x509_crt_set_key(certificate, key) == 0 &&
             gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) == 0 &&
             gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem) == 0,
         "certificate");
    write_pem(certificate_path, &pem);
    must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem) == 0, "key");
    write_pem(key_path, &pem);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

static enum sme_status run_credentials(const void *input, struct text *out)
{
    char fault[512] = "";

    (void)input;
    arm();
    struct credentials *made = credentials_read(tls_files.certificate, tls_files.key, fault, sizeof fault);
    (void)alloc_disarm();
    if (!made && !*fault)
        complain("it fails without a word", "");
    say(out, "read\n");
    credentials_unref(made);
    return made ? SME_OK : SME_NO_MEMORY;
}

static const char tls_question[] = "May I?", tls_reply[] = "You may.";

/* A client, what it speaks, and what it heard. */
struct visit {
    int fd;
    const char *priorities;
    char heard[64];
};

static void *visit_server(void *context)
{
    struct visit *visit = context;
    gnutls_certificate_credentials_t nobody;
    gnutls_session_t session;
    ssize_t length;

    must(gnutls_certificate_allocate_credentials(&nobody) == 0 && gnutls_init(&session, GNUTLS_CLIENT) == 0 &&
             gnutls_priority_set_direct(session, visit->priorities, NULL) == 0 &&
             gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody) == 0,
         "client");
    gnutls_transport_set_int(session, visit->fd);
    if (gnutls_handshake(session) == 0 && gnutls_record_send(session, tls_question, sizeof tls_question) > 0) {
        do
            length = gnutls_record_recv(session, visit->heard, sizeof visit->heard - 1);
        while (length == GNUTLS_E_AGAIN || length == GNUTLS_E_INTERRUPTED);
        visit->heard[length > 0 ? length : 0] = '\0';
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(nobody);
    (void)shutdown(visit->fd, SHUT_RDWR);
    return NULL;
}

/* Answers a client that has come, as the transport does. False: the connection ended before. */
static bool serve_visit(struct tls *tls, int fd)
{
    struct tls_session *session = tls_session_new(tls, fd);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    const struct iovec reply = {.iov_base = (void *)(uintptr_t)tls_reply, .iov_len = sizeof tls_reply};
    char asked[64];
    ssize_t length = -1;

    while (session && (length = tls_receive(session, asked, sizeof asked)) < 0 && errno == EAGAIN)
        (void)poll(&readable, 1, -1);
    bool answered = length == (ssize_t)sizeof tls_question && memcmp(asked, tls_question, sizeof tls_question) == 0 &&
                    tls_send(session, &reply, 1) == (ssize_t)sizeof tls_reply;
    if (session)
        tls_end(session);
    tls_session_free(session);
    (void)shutdown(fd, SHUT_RDWR);
    return answered;
}

/* One visit, of which `input` is the client's priorities; with the server's side of it armed. */
static bool visit_once(struct tls *tls, const char *priorities, bool armed, struct text *out)
{
    struct visit visit = {.priorities = priorities};
    pthread_t client;
    int fds[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0, "socketpair");
    visit.fd = fds[1];
    must(pthread_create(&client, NULL, visit_server, &visit) == 0, "thread");
    if (armed)
        arm();
    bool served = serve_visit(tls, fds[0]);
    (void)alloc_disarm();
    (void)pthread_join(client, NULL);
    (void)close(fds[0]);
    (void)close(fds[1]);
    say(out, "heard: %s\n", visit.heard);
    return served;
}

/* A client is answered or cut off, and the next one is answered. */
static enum sme_status run_visit(const void *input, struct text *out)
{
    char fault[512];
    struct credentials *credentials = credentials_read(tls_files.certificate, tls_files.key, fault, sizeof fault);
    struct tls *tls = credentials ? tls_new(credentials) : NULL;
    static struct text next;

    must(tls != NULL, "tls");
    bool served = visit_once(tls, input, true, out);
    if (!served && !alloc_failed())
        complain("fails, but not for want of memory", "");
    next.length = 0;
    if (!visit_once(tls, input, false, &next) || !strstr(next.bytes, tls_reply))
        complain("the next client is not answered", next.bytes);
    tls_free(tls);
    return served ? SME_OK : SME_NO_MEMORY;
}

/* From the start to a renewal: what was there stays where the new one can't be read, and clients are answered. */
static enum sme_status run_renewal(const void *input, struct text *out)
{
    char fault[512];
    enum renewal renewal = RENEWAL_FAILED;
    static struct text next;

    arm();
    struct credentials *credentials = credentials_read(tls_files.certificate, tls_files.key, fault, sizeof fault);
    struct tls *tls = credentials ? tls_new(credentials) : NULL;
    if (tls)
        renewal =
            tls_renew(tls, credentials_read(tls_files.other_certificate, tls_files.other_key, fault, sizeof fault));
    (void)alloc_disarm();
    say(out, "%d\n", (int)renewal);
    next.length = 0;
    if (tls && (!visit_once(tls, input, false, &next) || !strstr(next.bytes, tls_reply)))
        complain("a client is not answered", next.bytes);
    tls_free(tls);
    return renewal == RENEWAL_OK ? SME_OK : SME_NO_MEMORY;
}

static void try_tls(const char *parent)
{
    static const char *const spared[] = {"libgmp", "libtasn1", NULL};
    static const char tls_1_2[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2", tls_1_3[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

    (void)snprintf(tls_files.certificate, sizeof tls_files.certificate, "%s/certificate.pem", parent);
    (void)snprintf(tls_files.key, sizeof tls_files.key, "%s/key.pem", parent);
    (void)snprintf(tls_files.other_certificate, sizeof tls_files.other_certificate, "%s/other-certificate.pem", parent);
    (void)snprintf(tls_files.other_key, sizeof tls_files.other_key, "%s/other-key.pem", parent);
    (void)signal(SIGPIPE, SIG_IGN); /* a client whose server is gone */
    make_certificate(tls_files.certificate, tls_files.key);
    make_certificate(tls_files.other_certificate, tls_files.other_key);
    alloc_spare(spared);
    try_all("read a certificate", run_credentials, NULL, TLS_SAMPLE);
    try_all("renew a certificate", run_renewal, tls_1_3, TLS_SAMPLE);
    try_all("answer within TLS 1.2", run_visit, tls_1_2, TLS_SAMPLE);
    try_all("answer within TLS 1.3", run_visit, tls_1_3, TLS_SAMPLE);
    (void)unlink(tls_files.certificate);
    (void)unlink(tls_files.key);
    (void)unlink(tls_files.other_certificate);
    (void)unlink(tls_files.other_key);
}

/* Files. */

static char export_parent[] = "/tmp/smestat-fault-XXXXXX";

static void hear_nothing(void *context, const char *sentence)
{
    (void)context;
    complain("something is left out", sentence);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    return place->level > 0 ? remove(path) : 0;
}

/* All the files or none, and nothing beside them. Where no memory is left even to remove what is half made, that is
 * said. A page that is missing or cut would show in the sums. */
static enum sme_status run_export(const void *input, struct text *out)
{
    struct sme_dataset *dataset = (struct sme_dataset *)(uintptr_t)input;
    char target[sizeof export_parent + 16];
    struct config own = config;
    struct service *service = service_new(&own, dataset);
    struct export_outcome outcome;

    if (!service)
        abort();
    (void)snprintf(target, sizeof target, "%s/site", export_parent);
    own.export_to = target;
    arm();
    bool written = export_write(&own, service, dataset, hear_nothing, NULL, &outcome);
    (void)alloc_disarm();
    if (written)
        say(out, "%zu files, %ju bytes\n", outcome.files, (uintmax_t)outcome.bytes);
    else if (!alloc_failed())
        complain("fails, but not for want of memory", outcome.fault);
    if (!written && access(target, F_OK) == 0)
        complain("some files are there in spite of a failure", outcome.fault);
    (void)snprintf(target, sizeof target, "%s/site.tmp", export_parent);
    if (access(target, F_OK) == 0 && (written || !strstr(outcome.fault, "could not be removed")))
        complain("something half made is left", outcome.fault);
    if (nftw(export_parent, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        complain("what was written cannot be removed", outcome.fault);
    service_free(service);
    return written ? SME_OK : SME_NO_MEMORY;
}

/* What is tried. */

static const char *const queries[] = {
    "indicators",
    "observations",
    "targets",
    "focus-areas",
    "measures",
    "categories",
    "years",
    "units",
    "sources",
    "dataset",
    "indicators/specialized-sme-count?kind=actual&lang=all",
    "indicators/specialized-sme-count?year=1999",
    "observations/sme-gdp-share.undated.actual?lang=all&pretty=true",
    "targets/specialized-sme-count.2023.target?lang=all&pretty=true",
    "focus-areas/2?lang=zh",
    "measures/2.4",
    "years/2022",
    "observations/sme-count.2021.actual",
    "focus-areas/77",
    "targets?lang=all&pretty=true&sort=-value,name&limit=1&offset=1",
    "indicators?year=2022,undated&kind=actual&lang=all&sort=category,-name&limit=3&offset=3",
    "observations?category=cultivation,contribution&category.not=contribution&year=2020..&kind.not=target&fields=id,"
    "display,matched&q=sme specialized",
    "observations?year=2022&year.not=2021&indicator=sme-count,little-giant-count&unit=enterprises&qualifier=exact,more_"
    "than&source=scio-2023-03-01&focus_area.not=service-system",
    "observations?q=企业&sort=-value,-lower_closed,name,id&limit=2&offset=2&pretty=true&lang=all",
    "observations?year=1999&category=cultivation&q=zzz&lang=all",
    "observations?value=-1.5..1e14&match=possible&latest=true&year=..2022&sort=-value",
    "indicators?value=60..&match=certain&latest=true&fields=code,observations",
    "targets?match=certian&value=1...5&latest=yes&match=certain",
    "indicators/sme-count?match=certain&value=..-1&latest=true",
    "observations?match=certain&year=2022&limit=1",
    "measures?kind=law,plan&focus_area=1&year=2023&q=sme",
    "observations?category=cultivaton,contributin&year=22,x&limit=z&yaer=1&lang=xx&format=xml&fields=id,valu&sort=-"
    "valeu,links&q=&pretty=maybe&kind=actuals&year=2022&year=2023",
};

/* A file of the dashboard is called by its path. */
#define ASK_FILE(path_, type_, bytes_) {path_, METHOD_GET, path_, NULL, NULL, "gzip"},
static const struct ask asks[] = {
    {"index", METHOD_GET, "/", NULL},
    {"index as a page", METHOD_GET, "/", "text/html", "zh"},
    {"index compressed", METHOD_GET, "/", NULL, NULL, "gzip"},
    {"index not acceptable", METHOD_GET, "/", "image/png"},
    {"dataset", METHOD_GET, "/v1"},
    {"CSV", METHOD_GET, "/v1/observations.csv?lang=all&bom=true&formulas=escape&limit=5"},
    {"NDJSON", METHOD_GET, "/v1/targets.ndjson?lang=all"},
    {"JSON-stat", METHOD_GET, "/v1/observations.jsonstat?category=cultivation"},
    {"columns", METHOD_GET, "/v1/observations?shape=columns&limit=3"},
    {"series", METHOD_GET, "/v1/observations?shape=series&indicator=specialized-sme-count"},
    {"rows by id", METHOD_GET, "/v1/units?shape=keyed", NULL, NULL, "br"},
    {"facets", METHOD_GET, "/v1/facets?category=cultivation", NULL, NULL, "zstd"},
    {"facet", METHOD_GET, "/v1/facets/year?lang=zh"},
    {"dimensions", METHOD_GET, "/v1/dimensions"},
    {"dataset in every language", METHOD_GET, "/v1?lang=all&pretty=true"},
    {"indicators", METHOD_GET, "/v1/indicators", NULL, "zh"},
    {"indicator", METHOD_GET, "/v1/indicators/sme-count"},
    {"observations", METHOD_GET, "/v1/observations", "application/json", NULL, "gzip"},
    {"observations compressed, under a base", METHOD_GET, "/v1/observations?limit=3&offset=3", NULL, NULL, "gzip", NULL,
     "https://b.example", NULL, "https://a.example,https://b.example", "https://base.example"},
    {"observations by extension", METHOD_GET, "/v1/observations.json?format=json&category=cultivation"},
    {"observation", METHOD_GET, "/v1/observations/sme-count.2022.actual"},
    {"targets", METHOD_GET, "/v1/targets", NULL, "zh-CN"},
    {"target", METHOD_HEAD, "/v1/targets/specialized-sme-count.2023.target"},
    {"focus areas", METHOD_GET, "/v1/focus-areas?lang=all"},
    {"focus area", METHOD_GET, "/v1/focus-areas/2"},
    {"measures", METHOD_GET, "/v1/measures?kind=law&sort=-id"},
    {"measure", METHOD_GET, "/v1/measures/2.4"},
    {"categories", METHOD_GET, "/v1/categories"},
    {"category", METHOD_GET, "/v1/categories/cultivation"},
    {"years", METHOD_GET, "/v1/years"},
    {"year", METHOD_GET, "/v1/years/undated"},
    {"units", METHOD_GET, "/v1/units"},
    {"unit", METHOD_GET, "/v1/units/percent"},
    {"sources", METHOD_GET, "/v1/sources"},
    {"source", METHOD_GET, "/v1/sources/scio-2023-03-01"},
    {"known by its tag", METHOD_GET, "/v1", NULL, NULL, NULL, "*"},
    {"data package", METHOD_GET, "/v1/datapackage.json", NULL, "zh", NULL, NULL, NULL, NULL, NULL,
     "https://base.example"},
    {"several faults in parameters of a document", METHOD_GET,
     "/v1/datapackage.json?lnag=en&lang=xx&lang=en&pretty=true"},
    {"openapi", METHOD_GET, "/openapi.json", NULL, NULL, "gzip"},
    {"schema", METHOD_GET, "/schemas/dataset.json"},
    {"problems", METHOD_GET, "/problems", NULL, "zh"},
    {"problem", METHOD_GET, "/problems/unknown-code"},
    {"problem as a page", METHOD_GET, "/problems/unknown-code", "text/html"},
    {"problem not found", METHOD_GET, "/problems/unknown-cod"},
    {"docs", METHOD_GET, "/docs"},
    {"script of the docs", METHOD_GET, "/docs/docs.js", NULL, NULL, "gzip"},
    {"style of the docs", METHOD_GET, "/docs/docs.css"},
    {"icon of the docs", METHOD_GET, "/docs/icon.svg"},
    {"alive", METHOD_GET, "/healthz"},
    {"ready", METHOD_GET, "/readyz"},
    {"metrics", METHOD_GET, "/metrics"},
    {"version", METHOD_GET, "/version"},
    {"not found", METHOD_GET, "/v1/observatons"},
    {"row not found", METHOD_GET, "/v1/indicators/sme-cuont", NULL, "zh"},
    {"wrong method", METHOD_OTHER, "/v1/observations"},
    {"several faults", METHOD_GET,
     "/v1/observations?category=cultivaton,x&year=2022,22&yaer=1&limit=-1&limit=2&fields=valu"},
    {"several faults in Chinese", METHOD_GET, "/v1/observations?category=cultivaton&year=22&lang=zh&pretty=true", NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, "https://base.example"},
    {"a parameter without the one it needs", METHOD_GET, "/v1/observations?match=certain&limit=x"},
    {"format not acceptable", METHOD_GET, "/v1/observations?format=xml"},
    {"data not acceptable", METHOD_GET, "/v1/observations", "text/csv"},
    {"parameters where none are", METHOD_GET, "/healthz?a=1&b=2"},
    {"bad escape", METHOD_GET, "/%zz"},
    {"too many segments", METHOD_GET, "/1/2/3/4/5/6/7/8/9"},
    {"redirect to the version", METHOD_GET, "/indicators?year=2022"},
    {"redirect without a slash", METHOD_GET, "/v1/indicators/?year=2022", NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     "https://base.example"},
    {"options", METHOD_OPTIONS, "/v1/observations", NULL, NULL, NULL, NULL, "https://a.example"},
    {"options of all", METHOD_OPTIONS, "*"},
    {"options without CORS", METHOD_OPTIONS, "/v1", NULL, NULL, NULL, NULL, "https://a.example", NULL, "none"},
    {"refused", METHOD_GET, "/", NULL, NULL, NULL, NULL, NULL, "malformed-request"},
    {"refused in Chinese", METHOD_GET, "/", NULL, "zh", NULL, NULL, NULL, "content-not-accepted"},
    {"refused for no known reason", METHOD_GET, "/", NULL, NULL, NULL, NULL, NULL, "no-such-problem"},
    DASHBOARD_FILES(ASK_FILE)};

static struct document read_document(const char *path)
{
    FILE *file = fopen(path, "r");
    struct document document = {.name = path, .bytes = malloc(1 << 20)};

    if (!file || !document.bytes) {
        perror(path);
        exit(1);
    }
    document.length = fread(document.bytes, 1, 1 << 20, file);
    (void)fclose(file);
    return document;
}

/* Every row of the route table is asked above. */
static void check_routes(void)
{
    const struct route *route;

    operation = "the route table";
    for (size_t r = 0; (route = route_at(r)) != NULL; r++) {
        bool asked = false;

        for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
            const char *at = route->path, *target = asks[i].target;

            while (*at && *target && *target != '?') {
                if (*at == '{') {
                    at = strchr(at, '}') + 1;
                    target += strcspn(target, "/?");
                } else if (*at++ != *target++) {
                    at = "no";
                }
            }
            asked = asked || (*at == '\0' && (*target == '\0' || *target == '?'));
        }
        if (!asked)
            complain("a route is not asked here", route->path);
    }
}

int main(int argc, char **argv)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    char *none[] = {NULL}, *name[] = {argv[0], NULL};
    struct sme_faults *faults;

    alloc_begin();
    setvbuf(stdout, NULL, _IOLBF, 0);
#ifndef ALLOC_WRAP
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        (void)signal(crashes[i], on_crash);
#else
    (void)crashes;
    (void)on_crash;
#endif
    if (config_read(1, name, none, stdout, stderr, &config) != CONFIG_RUN || sme_faults_new(&faults) != SME_OK ||
        sme_dataset_load_builtin(faults, &builtin) != SME_OK)
        return 1;
    check_routes();

    static const struct document whole = {NULL, NULL, 0};
    try_all("load the built-in dataset", run_load, &whole, LOADING_SAMPLE);
    static const struct document series = {"sme-series", NULL, 0}, misspelt = {"sme-seris", NULL, 0};
    try_all("load a built-in dataset by name", run_load, &series, LOADING_SAMPLE);
    try_all("load no built-in dataset", run_load, &misspelt, ALL);
    for (int i = 1; i < argc; i++) {
        const char *base = strrchr(argv[i], '/'), *dot = strrchr(argv[i], '.');

        if (dot && strcmp(dot, ".csv") == 0) {
            try_all("draft a document", run_draft, argv[i], LOADING_SAMPLE);
            continue;
        }
        struct document document = read_document(argv[i]);

        document.name = base ? base + 1 : argv[i];
        try_all(document.name, run_load, &document, ALL);
        free(document.bytes);
    }
    if (argc > 1)
        try_all("load a file", run_load_file, argv[1], LOADING_SAMPLE);
    for (int i = 2; i < argc; i++)
        try_all(argv[i], run_load_file, argv[i], LOADING_SAMPLE);
    try_all("load no file", run_load_file, "/nonexistent/file.json", ALL);
    try_all("load a directory", run_load_file, "/", ALL);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        try_all(queries[i], run_query, queries[i], ALL);

    try_all("service_new", run_service_new, NULL, ALL);
    if (argc > 1)
        try_all("reload", run_reload, argv[1], LOADING_SAMPLE);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        operation = asks[i].name;
        say_plain(&asks[i]);
        try_all(asks[i].name, run_answer, &asks[i], ALL);
    }
    if (!mkdtemp(export_parent)) {
        perror(export_parent);
        return 1;
    }
    struct sme_dataset *small = NULL;
    if (argc > 1 && sme_dataset_load_file(argv[1], faults, &small) == SME_OK)
        try_all("export", run_export, small, EXPORT_SAMPLE);
    else
        complain("there is no small dataset to export", "");
    sme_dataset_unref(small);
    try_tls(export_parent);
    (void)rmdir(export_parent);
    sme_dataset_unref(builtin);
    sme_faults_free(faults);
    tell_complaints();
    printf("%sok - the route table\n# %u operations with complaints\n", heard_count ? "not " : "", complaints);
    return complaints != 0;
}
