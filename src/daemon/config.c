/* SPDX-License-Identifier: MIT */
/*
 * The options. The table below is all there is to know about them: the command line, the environment, --help and what is
 * said about mistakes are made from it.
 */
#include "config.h"

#include "completion.h"
#include "loader.h"
#include "place.h"
#include "proxies.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <smestat.h>

/* ---- Checks of texts ------------------------------------------------------------------------------------------- */

static bool is_given(const char *text)
{
    return *text != '\0';
}

static bool is_mode(const char *text)
{
    size_t length = strspn(text, "01234567");
    return text[length] == '\0' && length >= 3 && length <= 4 && strtoul(text, NULL, 8) <= 0777;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* The end of a host with an optional port (RFC 3986 section 3.2.2, without the odd characters nobody's host has), or
 * NULL. */
static const char *after_authority(const char *text, const char *name_characters)
{
    size_t host = 0;

    if (*text == '[') {
        host = 1 + strspn(text + 1, DIGITS "abcdef:.");
        if (host < 4 || text[host] != ']')
            return NULL;
        host++;
    } else {
        host = strspn(text, name_characters);
    }
    if (host == 0)
        return NULL;
    text += host;
    if (*text != ':')
        return text;
    size_t port = strspn(text + 1, DIGITS);
    if (port == 0 || port > 5 || strtoul(text + 1, NULL, 10) > 65535)
        return NULL;
    return text + 1 + port;
}

/* An origin as browsers write it (RFC 6454 section 6.2): lower case, no path. Any other spelling would never match. */
static const char *after_origin(const char *text)
{
    size_t scheme = strspn(text, LOWER DIGITS "+-.");
    if (scheme == 0 || strchr(LOWER, *text) == NULL || strncmp(text + scheme, "://", 3) != 0)
        return NULL;
    return after_authority(text + scheme + 3, LOWER DIGITS "-._");
}

static bool is_cors_origin(const char *text)
{
    if (strcmp(text, "*") == 0 || strcmp(text, "none") == 0)
        return true;
    do {
        text = after_origin(text);
    } while (text != NULL && *text++ == ',');
    return text != NULL && text[-1] == '\0';
}

static bool is_base_url(const char *text)
{
    static const char *const schemes[] = {"http://", "https://"};
    static const char path_characters[] = UPPER LOWER DIGITS "-._~!$&'()*+,;=:@/%";

    if (*text == '\0')
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncmp(text, schemes[i], length) != 0)
            continue;
        const char *path = after_authority(text + length, UPPER LOWER DIGITS "-._");
        if (path == NULL)
            return false;
        if (*path == '\0')
            return true;
        for (const char *percent = path; (percent = strchr(percent, '%')) != NULL; percent++)
            if (strspn(percent + 1, DIGITS "ABCDEFabcdef") < 2)
                return false;
        return *path == '/' && path[strspn(path, path_characters)] == '\0' && path[strlen(path) - 1] != '/';
    }
    return false;
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

enum kind {
    KIND_TEXT,   /* a const char *, judged by `check` */
    KIND_NUMBER, /* a uint64_t from `least` to `most` */
    KIND_WORD,   /* an enum: the index of one of `words` */
    KIND_FLAG,   /* a bool: true or false; without a value on the command line true */
};

struct option {
    const char *name;
    enum kind kind;
    size_t offset;        /* of its member in struct config */
    const char *standard; /* the default, as it would be given; NULL: there is none */
    uint64_t least, most;
    const char *const *words; /* ended by NULL */
    bool (*check)(const char *text);
    const char *accepted; /* what `check` accepts, as in "… is accepted" */
    const char *foreign;  /* an environment value that begins so is somebody else's and passed over */
    const char *metavariable;
    const char *help;
};

static const char *const level_words[] = {
    [LEVEL_ERROR] = "error", [LEVEL_WARNING] = "warning", [LEVEL_INFO] = "info", [LEVEL_DEBUG] = "debug", NULL,
};

static const char *const flag_words[] = {"false", "true", NULL};

static const char *const format_words[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", NULL};

#define ADDRESS_ACCEPTED "a numeric IPv4 or IPv6 address without brackets, or localhost"

static const char *const sandbox_words[] = {
    [SANDBOX_AUTO] = "auto", [SANDBOX_STRICT] = "strict", [SANDBOX_OFF] = "off", NULL};

static const char *const access_words[] = {
    [ACCESS_AUTO] = "auto",         [ACCESS_TEXT] = "text", [ACCESS_COMMON] = "common",
    [ACCESS_COMBINED] = "combined", [ACCESS_JSON] = "json", NULL,
};

#define TEXT(member)   .kind = KIND_TEXT, .offset = offsetof(struct config, member)
#define NUMBER(member) .kind = KIND_NUMBER, .offset = offsetof(struct config, member)
#define WORD(member)   .kind = KIND_WORD, .offset = offsetof(struct config, member)
#define FLAG(member)   .kind = KIND_FLAG, .offset = offsetof(struct config, member), .words = flag_words

/* In the order of --help. The unit tests give each row a good and a bad value. */
static const struct option options[] = {
    {.name = "address",
     TEXT(address),
     .standard = "127.0.0.1",
     .check = place_is_address,
     .accepted = ADDRESS_ACCEPTED,
     .metavariable = "ADDRESS",
     .help = "Listen on this address; 0.0.0.0 is every IPv4 address, :: every address."},
    {.name = "port",
     NUMBER(port),
     .standard = "8080",
     .most = 65535,
     /* Kubernetes sets SMESTATD_PORT=tcp://10.0.0.1:8080 in every pod next to a Service called smestatd. */
     .foreign = "tcp://",
     .metavariable = "PORT",
     .help = "Listen on this port; 0 lets the system choose one."},
    {.name = "listen",
     TEXT(listen),
     .check = place_is_list,
     .accepted = "places such as 0.0.0.0:8080, tls:[::]:8443 or unix:/run/smestatd.sock, separated by commas",
     .metavariable = "PLACE",
     .help = "Listen at these places instead of at one address and port; where tls: stands before one, TLS is spoken."},
    {.name = "tls-certificate",
     TEXT(tls_certificate),
     .check = is_given,
     .accepted = "the name of a file",
     .metavariable = "FILE",
     .help = "Speak TLS with this certificate and those above it (PEM): at the places that say tls:, or without --listen at "
             "the address and port. SIGHUP and --watch have it read again."},
    {.name = "tls-key",
     TEXT(tls_key),
     .check = is_given,
     .accepted = "the name of a file",
     .metavariable = "FILE",
     .help = "Find the key of the certificate here (PEM, not encrypted) instead of in the same file."},
    {.name = "socket-mode",
     TEXT(socket_mode),
     .standard = "0660",
     .check = is_mode,
     .accepted = "the permissions of a file in octal, such as 0660",
     .metavariable = "MODE",
     .help = "Give the file of a Unix socket these permissions."},
    {.name = "admin-port",
     TEXT(admin_port),
     .check = place_is_port,
     .accepted = "a whole number from 0 to 65535",
     .foreign = "tcp://",
     .metavariable = "PORT",
     .help = "Listen on this port too, with a thread of its own, so that probes and metrics never wait for the crowd."},
    {.name = "admin-address",
     TEXT(admin_address),
     .standard = "127.0.0.1",
     .check = place_is_address,
     .accepted = ADDRESS_ACCEPTED,
     .metavariable = "ADDRESS",
     .help = "Listen on this address for --admin-port."},
    {.name = "dataset",
     TEXT(dataset),
     .check = is_given,
     .accepted = "the name of a file, or builtin:NAME",
     .metavariable = "FILE",
     .help = "Serve this dataset document instead of builtin:sme; builtin:sme-series is there too."},
    {.name = "watch",
     FLAG(watch),
     .standard = "false",
     .metavariable = "",
     .help = "Reload the dataset document, or the certificate and its key, when their files change, as after SIGHUP."},
    {.name = "check",
     TEXT(check),
     .check = is_given,
     .accepted = "the name of a file, or builtin:NAME",
     .metavariable = "FILE",
     .help = "Check this dataset document, print what is wrong with it, and end."},
    {.name = "init",
     TEXT(init),
     .check = is_given,
     .accepted = "the name of a CSV file",
     .metavariable = "FILE",
     .help = "Write a first dataset document for this CSV file, say what was guessed, and end."},
    {.name = "export",
     TEXT(export_to),
     .check = is_given,
     .accepted = "the name of a directory",
     .metavariable = "DIR",
     .help =
         "Write every resource in every format as files below this directory, which must be new or empty, and end."},
    {.name = "export-lang",
     TEXT(export_lang),
     .check = is_given,
     .accepted = "a language of the dataset",
     .metavariable = "LANG",
     .help = "Write these files in this language of the dataset instead of its first one."},
    {.name = "base-url",
     TEXT(base_url),
     .standard = "",
     .check = is_base_url,
     .accepted = "an http or https URL without query and without a slash at its end, or nothing",
     .metavariable = "URL",
     .help = "Put this before every link; links are relative without it."},
    {.name = "cors-origin",
     TEXT(cors_origin),
     .standard = "*",
     .check = is_cors_origin,
     .accepted = "*, none, or origins such as https://example.org, in lower case, separated by commas",
     .metavariable = "ORIGIN",
     .help = "Let pages of these origins read the answers."},
    {.name = "cache-max-age",
     NUMBER(cache_max_age_s),
     .standard = "60",
     .most = 31536000,
     .metavariable = "SECONDS",
     .help = "Let caches reuse an answer for so long."},
    {.name = "threads",
     NUMBER(threads),
     .standard = "0",
     .most = 256,
     .metavariable = "COUNT",
     .help = "Answer with so many threads; 0 takes as many as there are CPUs to use."},
    {.name = "max-connections",
     NUMBER(max_connections),
     .standard = "4096",
     .least = 1,
     .most = 1000000,
     .metavariable = "COUNT",
     .help = "Hold at most so many connections at a time."},
    {.name = "max-connections-per-address",
     NUMBER(max_connections_per_address),
     .standard = "0",
     .most = 1000000,
     .metavariable = "COUNT",
     .help = "Hold at most so many of one address, or of one IPv6 network of 64 bits, at a time; 0 does not count. Behind a "
             "proxy everybody has its address."},
    {.name = "trusted-proxies",
     TEXT(trusted_proxies),
     .check = proxies_is_list,
     .accepted = "addresses and networks such as 127.0.0.1, 10.0.0.0/8 or ::1, and unix, separated by commas",
     .metavariable = "PROXY",
     .help = "Believe these when Forwarded or X-Forwarded-For says for whom they ask, and do not count their connections; "
             "unix is whoever comes by a Unix socket."},
    {.name = "idle-timeout",
     NUMBER(idle_timeout_s),
     .standard = "60",
     .least = 1,
     .most = 86400,
     .metavariable = "SECONDS",
     .help = "End a connection on which nothing moved for so long."},
    {.name = "head-timeout",
     NUMBER(head_timeout_s),
     .standard = "10",
     .least = 1,
     .most = 3600,
     .metavariable = "SECONDS",
     .help = "End a connection on which the head of a request took longer from its first byte to its last."},
    {.name = "answer-timeout",
     NUMBER(answer_timeout_s),
     .standard = "60",
     .least = 1,
     .most = 3600,
     .metavariable = "SECONDS",
     .help = "End a connection whose client took longer to take a whole answer."},
    {.name = "connection-memory",
     NUMBER(connection_memory_bytes),
     /* Half of it is for the head: a target of 8,000 octets (RFC 9112 section 3) and what browsers send. All of it is cleared
      * after each request, so more costs time. */
     .standard = "20480",
     .least = 4096,
     .most = 1048576,
     .metavariable = "BYTES",
     .help = "Give each connection so much memory; half of it is for the head of a request."},
    {.name = "reply-cache-bytes",
     NUMBER(reply_cache_bytes),
     .standard = "16777216",
     .most = UINT64_C(1) << 40,
     .metavariable = "BYTES",
     .help = "Keep at most so much of finished answers."},
    {.name = "large-answer-bytes",
     NUMBER(large_answer_bytes),
     /* Ten pages of 10,000 rows: enough for those who read, and less than a small container has. */
     .standard = "67108864",
     .most = UINT64_C(1) << 40,
     .metavariable = "BYTES",
     .help = "Refuse answers of more than 64 KiB while those that clients have not taken yet, and that are not kept, "
             "hold so much."},
    {.name = "sandbox",
     WORD(sandbox),
     .standard = "auto",
     .words = sandbox_words,
     .metavariable = "MODE",
     .help = "After the start give up rights, files and system calls: what the kernel can, all or no start, or nothing."},
    {.name = "upgrade",
     FLAG(upgrade),
     .standard = "false",
     .metavariable = "",
     .help = "After SIGUSR2 start the program anew with the same sockets, and end when it is ready. A small process waits "
             "beside this one to do it."},
    {.name = "drain-grace",
     NUMBER(drain_grace_s),
     .standard = "1",
     .most = 3600,
     .metavariable = "SECONDS",
     .help =
         "After SIGTERM still accept connections for so long, with /readyz saying 503, so that load balancers notice."},
    {.name = "drain-timeout",
     NUMBER(drain_timeout_s),
     .standard = "10",
     .most = 3600,
     .metavariable = "SECONDS",
     .help = "Then wait at most so long for answers that are under way."},
    {.name = "log-level",
     WORD(log_level),
     .standard = "info",
     .words = level_words,
     .metavariable = "LEVEL",
     .help = "Log messages of this level and graver ones."},
    {.name = "log-format",
     WORD(log_format),
     .standard = "text",
     .words = format_words,
     .metavariable = "FORMAT",
     .help = "Write log lines as text or as JSON objects."},
    {.name = "access-log",
     TEXT(access_log),
     .check = is_given,
     .accepted = "the name of a file, or - for standard output",
     .metavariable = "FILE",
     .help = "Append a line for each request to this file; - is standard output."},
    {.name = "access-format",
     WORD(access_format),
     .standard = "auto",
     .words = access_words,
     .metavariable = "FORMAT",
     .help = "Write these lines so; auto is text or json, as --log-format says."},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

/* Words are stored through an int, whatever the enum is called. */
_Static_assert(sizeof(enum log_level) == sizeof(int) && sizeof(enum log_format) == sizeof(int) &&
                   sizeof(enum access_format) == sizeof(int) && sizeof(enum sandbox) == sizeof(int),
               "enums are ints");

/* Options that do something else than serving; only the command line has them. */
static void show_help(FILE *out);
static void show_version(FILE *out);
static void show_bash(FILE *out);
static void show_zsh(FILE *out);
static void show_fish(FILE *out);

static const struct action {
    const char *name, *help;
    void (*show)(FILE *out); /* NULL: the caller does it, with the options */
} actions[] = {
    {"health", "Ask the daemon that has these options whether it is healthy; exit 0 if so, else 1.", NULL},
    {"help", "Print this and end.", show_help},
    {"version", "Print the version and end.", show_version},
    {"completion-bash", "Print what makes bash complete these options and end.", show_bash},
    {"completion-zsh", "Print what makes zsh complete these options and end.", show_zsh},
    {"completion-fish", "Print what makes fish complete these options and end.", show_fish},
};

enum { ACTIONS = sizeof actions / sizeof actions[0] };

#define ENVIRONMENT_PREFIX "SMESTATD_"
enum { NAME_BYTES_MAX = 64 };

/* cache-max-age → SMESTATD_CACHE_MAX_AGE */
static void environment_name(const struct option *option, char out[static NAME_BYTES_MAX])
{
    size_t length = sizeof ENVIRONMENT_PREFIX - 1;
    memcpy(out, ENVIRONMENT_PREFIX, length);
    for (const char *at = option->name; *at != '\0'; at++) {
        assert(length < NAME_BYTES_MAX - 1);
        out[length++] = *at == '-' ? '_' : (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    }
    out[length] = '\0';
}

/* ---- Accepting one value --------------------------------------------------------------------------------------- */

/* "error, warning, info or debug" */
static void print_words(const struct option *option, FILE *out)
{
    for (size_t i = 0; option->words[i] != NULL; i++) {
        if (i > 0)
            (void)fputs(option->words[i + 1] != NULL ? ", " : " or ", out);
        (void)fputs(option->words[i], out);
    }
}

static void print_accepted(const struct option *option, FILE *out)
{
    switch (option->kind) {
    case KIND_TEXT:
        (void)fputs(option->accepted, out);
        break;
    case KIND_NUMBER:
        (void)fprintf(out, "a whole number from %" PRIu64 " to %" PRIu64, option->least, option->most);
        break;
    case KIND_WORD:
    case KIND_FLAG:
        print_words(option, out);
        break;
    }
}

static bool accept_number(const struct option *option, const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > option->most) /* at most 2^40: no overflow before this is noticed */
            return false;
    }
    *ret_number = number;
    return number >= option->least;
}

static bool accept_word(const struct option *option, const char *text, int *ret_index)
{
    for (int i = 0; option->words[i] != NULL; i++)
        if (strcmp(option->words[i], text) == 0) {
            *ret_index = i;
            return true;
        }
    return false;
}

static bool take_value(const struct option *option, const char *text, struct config *config)
{
    char *member = (char *)config + option->offset;
    uint64_t number;
    int index;

    switch (option->kind) {
    case KIND_TEXT:
        if (text != NULL && !option->check(text))
            return false;
        memcpy(member, &text, sizeof text);
        return true;
    case KIND_NUMBER:
        if (!accept_number(option, text, &number))
            return false;
        memcpy(member, &number, sizeof number);
        return true;
    case KIND_WORD:
        if (!accept_word(option, text, &index))
            return false;
        memcpy(member, &index, sizeof index);
        return true;
    case KIND_FLAG:
        if (!accept_word(option, text, &index))
            return false;
        *(bool *)member = index != 0;
        return true;
    }
    return false;
}

/* ---- Mistakes -------------------------------------------------------------------------------------------------- */

/* The index of the nearest name, options before actions; -1: none is near enough to be what was meant. */
static int nearest(const char *name, bool with_actions)
{
    struct sme_nearest found = sme_nearest_to(name, strlen(name));
    int count = OPTIONS + (with_actions ? ACTIONS : 0);

    for (int i = 0; i < count; i++)
        sme_nearest_offer(&found, i < OPTIONS ? options[i].name : actions[i - OPTIONS].name);
    for (int i = 0; i < count; i++)
        if (strcmp(found.found[0], i < OPTIONS ? options[i].name : actions[i - OPTIONS].name) == 0)
            return i;
    return -1;
}

enum { SHOWN_BYTES = 120 };

/* What was given, fit to be shown. */
static const char *shown(const char *text, size_t length, char out[static SHOWN_BYTES])
{
    (void)log_escape(text, length, out, SHOWN_BYTES);
    return out;
}

static enum config_outcome unknown_option(const char *argument, size_t length, FILE *err)
{
    char name[NAME_BYTES_MAX + 2], text[SHOWN_BYTES];
    size_t dashes = strspn(argument, "-");
    int near;

    (void)snprintf(name, sizeof name, "%.*s", (int)(length - dashes > INT_MAX ? INT_MAX : length - dashes),
                   argument + dashes);
    (void)fprintf(err, "smestatd: there is no option %s", shown(argument, length, text));
    if ((near = nearest(name, true)) >= 0)
        (void)fprintf(err, "; the nearest is --%s\n",
                      near < OPTIONS ? options[near].name : actions[near - OPTIONS].name);
    else
        (void)fputs("; see smestatd --help\n", err);
    return CONFIG_BAD;
}

static enum config_outcome missing_value(const struct option *option, FILE *err)
{
    (void)fprintf(err, "smestatd: --%s needs a value; accepted is ", option->name);
    print_accepted(option, err);
    (void)fputs("\n", err);
    return CONFIG_BAD;
}

static enum config_outcome stray_argument(const char *argument, FILE *err)
{
    char text[SHOWN_BYTES];
    (void)fprintf(err, "smestatd: '%s' belongs to no option; see smestatd --help\n",
                  shown(argument, strlen(argument), text));
    return CONFIG_BAD;
}

static enum config_outcome bad_value(const struct option *option, const char *value, bool by_environment, FILE *err)
{
    char variable[NAME_BYTES_MAX], text[SHOWN_BYTES];

    environment_name(option, variable);
    (void)fprintf(err, "smestatd: %s%s: '%s' is not accepted; accepted is ", by_environment ? "" : "--",
                  by_environment ? variable : option->name, shown(value, strlen(value), text));
    print_accepted(option, err);
    (void)fputs("\n", err);
    return CONFIG_BAD;
}

/* ---- Printing what there is -------------------------------------------------------------------------------------- */

enum { HELP_INDENT = 28, HELP_WIDTH = 80 };

/* Prints words from `column` on, wrapped. */
static void print_wrapped(const char *text, int column, FILE *out)
{
    while (*text != '\0') {
        int word = (int)strcspn(text, " ");
        if (column > HELP_INDENT && column + 1 + word > HELP_WIDTH) {
            (void)fprintf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            (void)fputc(' ', out);
            column++;
        }
        (void)fprintf(out, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    (void)fputc('\n', out);
}

/* The help of a row with its default and bounds after it. */
static void print_help_text(const struct option *option, FILE *out)
{
    char text[400];
    FILE *line = fmemopen(text, sizeof text, "w");

    if (line == NULL) {
        (void)fprintf(out, "%s\n", option->help);
        return;
    }
    (void)fputs(option->help, line);
    if (option->kind == KIND_WORD || option->kind == KIND_FLAG) {
        (void)fputs(" One of ", line);
        print_words(option, line);
        (void)fputs(".", line);
    } else if (option->kind == KIND_NUMBER) {
        (void)fprintf(line, " From %" PRIu64 " to %" PRIu64 ".", option->least, option->most);
    }
    if (option->standard != NULL && *option->standard != '\0')
        (void)fprintf(line, " Default: %s", option->standard);
    (void)fclose(line);
    print_wrapped(text, HELP_INDENT, out);
}

static void print_left(const char *name, const char *metavariable, FILE *out)
{
    int length = fprintf(out, "  --%s%s%s", name, *metavariable != '\0' ? " " : "", metavariable);
    if (length + 2 > HELP_INDENT) {
        (void)fputc('\n', out);
        length = 0;
    }
    (void)fprintf(out, "%*s", HELP_INDENT - length, "");
}

static void show_help(FILE *out)
{
    (void)fputs("Usage: smestatd [OPTION]...\n"
                "Serve statistics on small and medium-sized enterprises as JSON over HTTP.\n\n",
                out);
    for (size_t i = 0; i < OPTIONS; i++) {
        print_left(options[i].name, options[i].metavariable, out);
        print_help_text(&options[i], out);
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        print_left(actions[i].name, "", out);
        print_wrapped(actions[i].help, HELP_INDENT, out);
    }
    (void)fputs("\nEach option can also be set in the environment: " ENVIRONMENT_PREFIX "LOG_LEVEL=debug\n"
                "is the same as --log-level debug. The command line wins.\n",
                out);
}

static void show_version(FILE *out)
{
    (void)fprintf(out, "smestatd %s\n", sme_version());
}

static void show_completion(void (*print)(const struct completion options[], size_t count, FILE *out), FILE *out)
{
    struct completion all[OPTIONS + ACTIONS];

    for (size_t i = 0; i < OPTIONS; i++)
        all[i] = (struct completion){options[i].name, options[i].help, options[i].metavariable, options[i].words};
    for (size_t i = 0; i < ACTIONS; i++)
        all[OPTIONS + i] = (struct completion){actions[i].name, actions[i].help, "", NULL};
    print(all, OPTIONS + ACTIONS, out);
}

static void show_bash(FILE *out)
{
    show_completion(completion_bash, out);
}

static void show_zsh(FILE *out)
{
    show_completion(completion_zsh, out);
}

static void show_fish(FILE *out)
{
    show_completion(completion_fish, out);
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* What was given for each option, before it is judged. */
struct given {
    const char *value;
    bool by_environment;
};

static const struct option *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static enum config_outcome read_command_line(int argc, char *const argv[], struct given given[static OPTIONS],
                                             FILE *out, FILE *err)
{
    enum config_outcome outcome = CONFIG_RUN;

    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (*argument != '-')
            return stray_argument(argument, err);
        size_t length = strcspn(argument, "=");
        const struct option *option = NULL;
        if (strncmp(argument, "--", 2) == 0) {
            const struct action *action = find_action(argument + 2);
            if (action != NULL && action->show != NULL) {
                action->show(out);
                return CONFIG_SHOWN;
            }
            if (action != NULL) {
                outcome = CONFIG_HEALTH;
                continue;
            }
            option = find_option(argument + 2, length - 2);
        }
        if (option == NULL)
            return unknown_option(argument, length, err);
        if (argument[length] == '=')
            given[option - options] = (struct given){.value = argument + length + 1};
        else if (option->kind == KIND_FLAG)
            given[option - options] = (struct given){.value = "true"};
        else if (i + 1 < argc)
            given[option - options] = (struct given){.value = argv[++i]};
        else
            return missing_value(option, err);
    }
    return outcome;
}

/* The value of "NAME=value" if the name is this one. */
static const char *value_of(const char *variable, const char *name)
{
    size_t length = strlen(name);
    return strncmp(variable, name, length) == 0 && variable[length] == '=' ? variable + length + 1 : NULL;
}

static void read_environment(char *const environment[], struct given given[static OPTIONS])
{
    char name[NAME_BYTES_MAX];

    for (size_t i = 0; i < OPTIONS; i++) {
        environment_name(&options[i], name);
        for (char *const *variable = environment; *variable != NULL; variable++) {
            const char *value = value_of(*variable, name);
            if (value == NULL || given[i].value != NULL)
                continue;
            if (options[i].foreign == NULL || strncmp(value, options[i].foreign, strlen(options[i].foreign)) != 0)
                given[i] = (struct given){.value = value, .by_environment = true};
        }
    }
}

enum config_outcome config_read(int argc, char *const argv[], char *const environment[], FILE *out, FILE *err,
                                struct config *ret_config)
{
    struct given given[OPTIONS] = {{.value = NULL}};
    struct config config;
    enum config_outcome outcome = read_command_line(argc, argv, given, out, err);

    if (outcome != CONFIG_RUN && outcome != CONFIG_HEALTH)
        return outcome;
    read_environment(environment, given);
    memset(&config, 0, sizeof config);
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *value = given[i].value != NULL ? given[i].value : options[i].standard;
        if (!take_value(&options[i], value, &config))
            return bad_value(&options[i], value, given[i].by_environment, err);
    }
    const struct {
        const char *name, *value;
    } alone[] = {{"check", config.check}, {"init", config.init}, {"export", config.export_to}};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        if (alone[i].value != NULL && first != NULL) {
            (void)fprintf(err, "smestatd: --%s and --%s cannot be given together\n", first, alone[i].name);
            return CONFIG_BAD;
        }
        first = alone[i].value != NULL ? alone[i].name : first;
    }
    if (config.watch && !loader_reads_file(config.dataset) && config.tls_certificate == NULL) {
        (void)fputs("smestatd: --watch needs --dataset with a file, or --tls-certificate: what is built in does not change\n",
                    err);
        return CONFIG_BAD;
    }
    if (config.tls_certificate != NULL && config.tls_key == NULL)
        config.tls_key = config.tls_certificate;
    *ret_config = config;
    return outcome;
}

/* ---- Misspelt variables ---------------------------------------------------------------------------------------- */

/* Kubernetes describes each Service to every pod beside it by NAME_SERVICE_… and NAME_PORT…; a Service may well be called
 * smestatd, or smestatd-something. */
static bool is_service_link(const char *name, const char *value)
{
    static const char *const marks[] = {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"};
    char whole[NAME_BYTES_MAX * 2 + 1]; /* with the underscore that stands before it in the variable */

    (void)snprintf(whole, sizeof whole, "_%s", name);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strstr(whole, marks[i]) != NULL)
            return true;
    return strncmp(value, "tcp://", 6) == 0 || strncmp(value, "udp://", 6) == 0;
}

void config_unknown_variables(char *const environment[], void (*report)(void *context, const char *sentence),
                              void *context)
{
    const size_t prefix = sizeof ENVIRONMENT_PREFIX - 1;

    for (; *environment != NULL; environment++) {
        char name[NAME_BYTES_MAX * 2], near_name[NAME_BYTES_MAX], text[SHOWN_BYTES], sentence[3 * SHOWN_BYTES];
        size_t length = strcspn(*environment, "=");
        if (strncmp(*environment, ENVIRONMENT_PREFIX, prefix) != 0)
            continue;

        /* As an option would be spelt, to be looked up as one. */
        (void)snprintf(name, sizeof name, "%.*s", (int)(length > INT_MAX ? INT_MAX : length) - (int)prefix,
                       *environment + prefix);
        if (is_service_link(name, *environment + length + ((*environment)[length] == '=')))
            continue;
        for (char *at = name; *at != '\0'; at++)
            *at = *at == '_' ? '-' : (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        const struct option *option = find_option(name, strlen(name));
        if (option != NULL) {
            environment_name(option, near_name);
            if (strlen(near_name) == length && memcmp(near_name, *environment, length) == 0)
                continue;
        }

        int near = nearest(name, false);
        (void)shown(*environment, length, text);
        if (near >= 0) {
            environment_name(&options[near], near_name);
            (void)snprintf(sentence, sizeof sentence, "the environment variable %s is no option; the nearest is %s",
                           text, near_name);
        } else {
            (void)snprintf(sentence, sizeof sentence, "the environment variable %s is no option; see smestatd --help",
                           text);
        }
        report(context, sentence);
    }
}

/* ---- How many CPUs --------------------------------------------------------------------------------------------- */

/* Reads a small file into a text. False: there is none, which is no fault here. */
static bool read_small_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t length = fread(out, 1, size - 1, file);
    bool read = ferror(file) == 0;
    (void)fclose(file);
    out[length] = '\0';
    return read;
}

static unsigned long quota_cpus(long long quota, long long period)
{
    return quota <= 0 || period <= 0 ? ULONG_MAX : (unsigned long)(quota / period + (quota % period != 0));
}

/* cgroup v2: "max 100000" or "150000 100000" */
static unsigned long quota_v2(const char *directory)
{
    char path[PATH_MAX + 32], text[64];
    long long quota, period;

    (void)snprintf(path, sizeof path, "%s/cpu.max", directory);
    if (!read_small_file(path, text, sizeof text) || sscanf(text, "%lld %lld", &quota, &period) != 2)
        return ULONG_MAX;
    return quota_cpus(quota, period);
}

/* cgroup v1: two files; the quota is -1 where there is none */
static unsigned long quota_v1(const char *directory)
{
    char path[PATH_MAX + 32], quota[32], period[32];

    (void)snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
    if (!read_small_file(path, quota, sizeof quota))
        return ULONG_MAX;
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
    if (!read_small_file(path, period, sizeof period))
        return ULONG_MAX;
    return quota_cpus(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* The least quota of a group and all that it is in. In a container the path may be the host's, and then leads nowhere
 * inside; what the container itself may use stands at the top. */
static unsigned long quota_along(const char *mount, const char *group, unsigned long (*quota)(const char *directory))
{
    char directory[PATH_MAX];
    unsigned long least = ULONG_MAX;
    size_t top = strlen(mount);

    int length = snprintf(directory, sizeof directory, "%s%s", mount, group);
    if (length < 0 || (size_t)length >= sizeof directory)
        return ULONG_MAX;
    for (;;) {
        unsigned long here = quota(directory);
        least = here < least ? here : least;
        char *slash = strrchr(directory, '/');
        if (slash == NULL || (size_t)(slash - directory) < top)
            return least;
        *slash = '\0';
    }
}

/* Whether a list such as "cpu,cpuacct" has this controller. */
static bool has_controller(const char *list, const char *controller)
{
    size_t length = strlen(controller);
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        size_t item = strcspn(at, ",");
        if (item == length && memcmp(at, controller, length) == 0)
            return true;
        at += item;
    }
    return false;
}

/* Lines of /proc/self/cgroup are "number:controllers:path"; version 2 has no controllers there. */
static unsigned long quota_limit(const char *root)
{
    char path[PATH_MAX], line[PATH_MAX];
    unsigned long least = ULONG_MAX;

    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return ULONG_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL)
            continue;
        *group++ = '\0';
        controllers++;
        bool v2 = *controllers == '\0';
        if (!v2 && !has_controller(controllers, "cpu"))
            continue;
        (void)snprintf(path, sizeof path, "%s/sys/fs/cgroup%s", root, v2 ? "" : "/cpu");
        unsigned long here = quota_along(path, group, v2 ? quota_v2 : quota_v1);
        least = here < least ? here : least;
    }
    (void)fclose(file);
    return least;
}

/* CPUs this process may be scheduled on. The kernel's set may be larger than the C library's. */
static unsigned long affinity_limit(void)
{
    for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)cpus);
        if (set == NULL)
            return 1;
        size_t size = CPU_ALLOC_SIZE((size_t)cpus);
        int status = sched_getaffinity(0, size, set);
        int fault = errno;
        int count = status == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return (unsigned long)count;
        if (fault != EINVAL)
            return 1;
    }
    return 1;
}

unsigned config_threads(const struct config *config, const char *root)
{
    enum { THREADS_MAX = 256 }; /* as the option's */
    unsigned long affinity, quota, cpus;

    if (config->threads > 0)
        return (unsigned)config->threads;
    affinity = affinity_limit();
    quota = quota_limit(root);
    cpus = affinity < quota ? affinity : quota;
    return cpus > THREADS_MAX ? THREADS_MAX : (unsigned)cpus;
}
