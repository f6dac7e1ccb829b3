/* SPDX-License-Identifier: MIT */
/*
 * The daemon's two logs: messages at once to standard error, access lines through two buffers, of which one is filled
 * while a thread of the log's own writes the other. What stands in a line is decided by the escaping at the top.
 */
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES_MAX = 4096,      /* PIPE_BUF: a write of that much never mixes with another one in a pipe */
    ACCESS_BUFFER_BYTES = 1 << 20, /* some ten thousand lines: what a slow disk may be behind */
    GATHER_MS = 100,               /* how long a line may wait for company */
    MESSAGE_MS = 100,              /* how long a message waits for a pipe that nobody reads, before it is lost */
    STOP_MS = 1000,                /* how long stopping waits for a pipe that nobody reads */
};

static const char *const level_names[] = {
    [LEVEL_ERROR] = "error",
    [LEVEL_WARNING] = "warning",
    [LEVEL_INFO] = "info",
    [LEVEL_DEBUG] = "debug",
};

/* ---- Lines: bytes put one after the other into a space that has an end ----------------------------------------- */

struct line {
    char *at, *end;
    bool full; /* something did not fit; nothing more is put */
};

static void put(struct line *line, const char *bytes, size_t length)
{
    if (line->full || (size_t)(line->end - line->at) < length) {
        line->full = true;
        return;
    }
    memcpy(line->at, bytes, length);
    line->at += length;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Decimal digits, at least `width` of them. */
static void put_number(struct line *line, uint64_t number, unsigned width)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0 || sizeof digits - at < width);
    put(line, digits + at, sizeof digits - at);
}

/* ---- Escaping -------------------------------------------------------------------------------------------------- */

enum escape {
    ESCAPE_PLAIN,  /* for people, without quotation marks around it */
    ESCAPE_QUOTED, /* for people, inside quotation marks */
    ESCAPE_JSON,   /* inside a JSON string (RFC 8259 section 7) */
};

/* The length of the UTF-8 sequence that begins here (RFC 3629: no surrogates, nothing overlong), or 0. */
static size_t utf8_sequence(const unsigned char *text, size_t length, uint32_t *ret_point)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (length < i + 1)
            return 0;
        uint32_t point = text[0] & (unsigned char)~forms[i].mask;
        for (size_t j = 1; j <= i; j++) {
            if ((text[j] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (text[j] & 0x3f);
        }
        if (point < forms[i].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return 0;
        *ret_point = point;
        return i + 1;
    }
    return 0;
}

/* Controls, and those marks that some readers take for a line's end or that turn the direction of what follows. */
static bool is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

static void put_hex(struct line *line, const char *prefix, uint32_t number, unsigned digits)
{
    char text[8];
    size_t length = strlen(prefix);
    assert(length + digits <= sizeof text);
    memcpy(text, prefix, length);
    while (digits > 0)
        text[length++] = "0123456789abcdef"[number >> 4 * --digits & 0xf];
    put(line, text, length);
}

static void put_escaped(struct line *line, const char *text, size_t length, enum escape escape)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    const unsigned char *clean = at; /* from here to `at` nothing needs escaping: copied in one piece */

    while (at < end && !line->full) {
        uint32_t point = *at;
        size_t sequence = point < 0x80 ? 1 : utf8_sequence(at, (size_t)(end - at), &point);
        bool marked = point == '\\' || (point == '"' && escape != ESCAPE_PLAIN);
        if (sequence > 0 && !marked && !is_unsafe(point)) {
            at += sequence;
            continue;
        }
        put(line, (const char *)clean, (size_t)(at - clean));
        if (sequence == 0 && escape == ESCAPE_JSON)
            put_text(line, "\\ufffd"); /* a JSON text has no way to hold a stray byte */
        else if (sequence == 0)
            put_hex(line, "\\x", *at, 2);
        else if (marked)
            put(line, point == '"' ? "\\\"" : "\\\\", 2);
        else if (point < 0x80 && escape != ESCAPE_JSON)
            put_hex(line, "\\x", point, 2);
        else
            put_hex(line, "\\u", point, 4);
        at += sequence > 0 ? sequence : 1;
        clean = at;
    }
    put(line, (const char *)clean, (size_t)(at - clean));
}

/* The same for as much as there is space for, never ending inside a character: stretches are put whole or not at all. */
static void put_escaped_cut(struct line *line, const char *text, size_t length, enum escape escape)
{
    while (length > 0 && !line->full) {
        uint32_t point;
        size_t sequence = utf8_sequence((const unsigned char *)text, length, &point);
        sequence = sequence > 0 ? sequence : 1;
        put_escaped(line, text, sequence, escape);
        text += sequence;
        length -= sequence;
    }
}

size_t log_escape(const char *text, size_t length, char *out, size_t size)
{
    struct line line = {.at = out, .end = out + size - 1};

    assert(size > 0);
    put_escaped_cut(&line, text, length, ESCAPE_PLAIN);
    *line.at = '\0';
    return (size_t)(line.at - out);
}

/* ---- Time ------------------------------------------------------------------------------------------------------ */

/* The time of day to the second, kept between lines because making it costs more than the rest of a line. */
struct stamp {
    time_t second;
    char text[sizeof "01/Mar/2023:00:00:00 +0000"];
};

/* Now, to the second: as RFC 3339 has it, or as the Common Log Format does, whose months are English in whatever locale,
 * since that is never set. A clock beyond the year 9999 leaves the text empty, which no reader takes for a time.
 * @return the nanoseconds behind it. */
static long put_second(struct line *line, struct stamp *stamp, bool common)
{
    struct timespec now;
    struct tm parts;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* this clock always exists */
    if (now.tv_sec != stamp->second || stamp->text[0] == '\0') {
        stamp->second = now.tv_sec;
        if (gmtime_r(&now.tv_sec, &parts) == NULL ||
            (common ? strftime(stamp->text, sizeof stamp->text, "%d/%b/%Y:%H:%M:%S +0000", &parts)
                    : strftime(stamp->text, sizeof stamp->text, "%Y-%m-%dT%H:%M:%S.", &parts)) == 0)
            stamp->text[0] = '\0';
    }
    put_text(line, stamp->text);
    return now.tv_nsec;
}

/* UTC, milliseconds. */
static void put_time(struct line *line, struct stamp *stamp)
{
    long ns = put_second(line, stamp, false);

    put_number(line, (uint64_t)ns / 1000000, 3);
    put_text(line, "Z");
}

/* ---- The log itself -------------------------------------------------------------------------------------------- */

struct log {
    enum log_level level;
    enum log_format format;
    enum access_format access_format;

    /* The access log; fd is -1 where there is none. */
    int fd;
    bool regular; /* a file, which takes any amount at once */
    pthread_t writer;
    bool has_writer;
    pthread_mutex_t lock; /* guards what follows, up to the blank line; held for a copy, never for a write */
    pthread_cond_t wake;
    char *filling;
    size_t filled;
    struct stamp stamp;
    uint64_t dropped;
    bool stopping;
    struct timespec stop_by;

    /* The writer's alone. */
    char *writing;
    uint64_t lost; /* lines that could not be written since the last report */
    int fault;     /* the errno of the last write, 0 if it went well */
    bool torn;     /* the last write ended inside a line */
};

struct log *log_new(enum log_level level, enum log_format format)
{
    struct log *log = malloc(sizeof *log);
    if (log != NULL)
        *log = (struct log){.level = level, .format = format, .fd = -1};
    return log;
}

bool log_has_access(const struct log *log)
{
    return log->fd >= 0;
}

/* ---- Messages -------------------------------------------------------------------------------------------------- */

/* What can't be written to standard error has nowhere else to go, and a reader that stopped must not stop the daemon: so
 * much fits into a pipe that polls as writable. */
static void write_message(const char *bytes, size_t length)
{
    struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&writable, 1, MESSAGE_MS) == 0)
        return;
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

void log_vwrite(struct log *log, enum log_level level, const char *format, va_list arguments)
{
    char text[MESSAGE_BYTES_MAX / 2];
    char escaped[MESSAGE_BYTES_MAX];
    struct line line = {.at = escaped, .end = escaped + sizeof escaped - sizeof "…\"}\n"};

    if (level > log->level)
        return;
    int wanted = vsnprintf(text, sizeof text, format, arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted < sizeof text ? (size_t)wanted : sizeof text - 1;
    while (length > 0 && text[length - 1] == '\n')
        length--;

    bool json = log->format == FORMAT_JSON;
    if (json) {
        struct stamp stamp = {.second = 0};
        put_text(&line, "{\"time\":\"");
        put_time(&line, &stamp);
        put_text(&line, "\",\"level\":\"");
        put_text(&line, level_names[level]);
        put_text(&line, "\",\"message\":\"");
    } else {
        put_text(&line, "smestatd: ");
        put_text(&line, level_names[level]);
        put_text(&line, ": ");
    }
    put_escaped_cut(&line, text, length, json ? ESCAPE_JSON : ESCAPE_PLAIN);

    bool cut = line.full || (wanted > 0 && (size_t)wanted >= sizeof text);
    line.full = false;
    line.end = escaped + sizeof escaped; /* now the part kept free above */
    if (cut)
        put_text(&line, "…");
    put_text(&line, json ? "\"}\n" : "\n");
    write_message(escaped, (size_t)(line.at - escaped));
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_vwrite(log, level, format, arguments);
    va_end(arguments);
}

/* ---- Access lines: the side of the requests -------------------------------------------------------------------- */

static void put_or_dash(struct line *line, const char *text)
{
    if (text != NULL && *text != '\0')
        put_escaped(line, text, strlen(text), ESCAPE_QUOTED);
    else
        put_text(line, "-");
}

static void put_access_text(struct line *line, struct stamp *stamp, const struct access *access)
{
    put_time(line, stamp);
    put_text(line, " ");
    put_text(line, access->address);
    put_text(line, " \"");
    put_escaped(line, access->method, strlen(access->method), ESCAPE_QUOTED);
    put_text(line, " ");
    put_escaped(line, access->target, access->target_length, ESCAPE_QUOTED);
    put_text(line, "\" ");
    put_number(line, (uint64_t)access->status, 3);
    put_text(line, " ");
    put_number(line, access->body_bytes, 1);
    put_text(line, " ");
    put_number(line, access->duration_ns / 1000000, 1);
    put_text(line, ".");
    put_number(line, access->duration_ns / 1000 % 1000, 3);
    put_text(line, " ");
    put_or_dash(line, access->request_id);
    put_text(line, "\n");
}

static void put_quoted(struct line *line, const char *text)
{
    put_text(line, "\"");
    put_or_dash(line, text);
    put_text(line, "\"");
}

/* As the first HTTP servers wrote it, whom nearly every tool follows. Nobody is logged in, so the second and third are
 * never known. */
static void put_access_common(struct line *line, struct stamp *stamp, const struct access *access)
{
    put_text(line, *access->address != '\0' ? access->address : "-");
    put_text(line, " - - [");
    (void)put_second(line, stamp, true);
    put_text(line, "] \"");
    put_escaped(line, access->method, strlen(access->method), ESCAPE_QUOTED);
    put_text(line, " ");
    put_escaped(line, access->target, access->target_length, ESCAPE_QUOTED);
    put_text(line, " ");
    put_or_dash(line, access->version);
    put_text(line, "\" ");
    put_number(line, (uint64_t)access->status, 3);
    put_text(line, " ");
    if (access->body_bytes > 0)
        put_number(line, access->body_bytes, 1);
    else
        put_text(line, "-");
}

static void put_access_common_line(struct line *line, struct stamp *stamp, const struct access *access)
{
    put_access_common(line, stamp, access);
    put_text(line, "\n");
}

static void put_access_combined_line(struct line *line, struct stamp *stamp, const struct access *access)
{
    put_access_common(line, stamp, access);
    put_text(line, " ");
    put_quoted(line, access->referer);
    put_text(line, " ");
    put_quoted(line, access->user_agent);
    put_text(line, "\n");
}

/* What was not sent is left out. */
static void put_json_member(struct line *line, const char *name, const char *text)
{
    if (text == NULL)
        return;
    put_text(line, ",\"");
    put_text(line, name);
    put_text(line, "\":\"");
    put_escaped(line, text, strlen(text), ESCAPE_JSON);
    put_text(line, "\"");
}

static void put_access_json(struct line *line, struct stamp *stamp, const struct access *access)
{
    put_text(line, "{\"time\":\"");
    put_time(line, stamp);
    put_text(line, "\",\"address\":\"");
    put_escaped(line, access->address, strlen(access->address), ESCAPE_JSON);
    put_text(line, "\",\"method\":\"");
    put_escaped(line, access->method, strlen(access->method), ESCAPE_JSON);
    put_text(line, "\",\"target\":\"");
    put_escaped(line, access->target, access->target_length, ESCAPE_JSON);
    put_text(line, "\",\"status\":");
    put_number(line, (uint64_t)access->status, 3);
    put_text(line, ",\"bytes\":");
    put_number(line, access->body_bytes, 1);
    put_text(line, ",\"duration_ms\":");
    put_number(line, access->duration_ns / 1000000, 1);
    put_text(line, ".");
    put_number(line, access->duration_ns / 1000 % 1000, 3);
    put_json_member(line, "version", access->version);
    put_json_member(line, "referer", access->referer);
    put_json_member(line, "user_agent", access->user_agent);
    put_json_member(line, "request_id", access->request_id);
    put_text(line, "}\n");
}

static void (*const access_printers[])(struct line *line, struct stamp *stamp, const struct access *access) = {
    [ACCESS_TEXT] = put_access_text,
    [ACCESS_COMMON] = put_access_common_line,
    [ACCESS_COMBINED] = put_access_combined_line,
    [ACCESS_JSON] = put_access_json,
};

void log_access(struct log *log, const struct access *access)
{
    if (!log_has_access(log))
        return;
    (void)pthread_mutex_lock(&log->lock);
    size_t before = log->filled;
    struct line line = {.at = log->filling + before, .end = log->filling + ACCESS_BUFFER_BYTES};
    access_printers[log->access_format](&line, &log->stamp, access);
    if (line.full)
        log->dropped++;
    else
        log->filled = (size_t)(line.at - log->filling);
    /* Waking costs a system call, so not for each line: for the first one, and when waiting for more would be unwise. */
    bool wake = before == 0 || (before < ACCESS_BUFFER_BYTES / 2 && log->filled >= ACCESS_BUFFER_BYTES / 2);
    (void)pthread_mutex_unlock(&log->lock);
    if (wake)
        (void)pthread_cond_signal(&log->wake);
}

/* ---- Access lines: the writer's side --------------------------------------------------------------------------- */

static struct timespec after_ms(long ms)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += ms / 1000;
    time.tv_nsec += ms % 1000 * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static bool stop_is_due(struct log *log)
{
    struct timespec now = after_ms(0);
    (void)pthread_mutex_lock(&log->lock);
    bool due = log->stopping && (now.tv_sec > log->stop_by.tv_sec ||
                                 (now.tv_sec == log->stop_by.tv_sec && now.tv_nsec >= log->stop_by.tv_nsec));
    (void)pthread_mutex_unlock(&log->lock);
    return due;
}

/* How much to write at once: what a pipe that polled writable takes without blocking, whole lines if they fit. */
static size_t piece(const struct log *log, const char *bytes, size_t length)
{
    if (log->regular || length <= MESSAGE_BYTES_MAX)
        return length;
    const char *line_end = memrchr(bytes, '\n', MESSAGE_BYTES_MAX);
    return line_end != NULL ? (size_t)(line_end - bytes) + 1 : MESSAGE_BYTES_MAX;
}

/* One piece. @return bytes written, 0 to try again, or -1 with errno. */
static ssize_t write_piece(struct log *log, const char *bytes, size_t length)
{
    if (!log->regular) {
        /* Poll first: a write to a pipe that nobody reads would block, and stopping with it. */
        struct pollfd writable = {.fd = log->fd, .events = POLLOUT};
        if (poll(&writable, 1, GATHER_MS) <= 0) {
            if (!stop_is_due(log))
                return 0;
            errno = ETIMEDOUT;
            return -1;
        }
    }
    ssize_t written = write(log->fd, bytes, piece(log, bytes, length));
    return written < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : written;
}

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t lines = 0;
    for (const char *at = bytes; (at = memchr(at, '\n', length - (size_t)(at - bytes))) != NULL; at++)
        lines++;
    return lines;
}

/* A full disk or a reader that left must not end the daemon: say it once, count, and try again with the next lines. */
static void write_access(struct log *log, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;

    while (at < end) {
        ssize_t written = log->torn ? write_piece(log, "\n", 1) : write_piece(log, at, (size_t)(end - at));
        if (written < 0) {
            if (log->fault == 0)
                log_write(log, LEVEL_ERROR, "access log: %s; lines are lost until it can be written again",
                          strerror(errno));
            log->fault = errno;
            log->lost += count_lines(at, (size_t)(end - at));
            log->torn = log->torn || (at > bytes && at[-1] != '\n');
            return;
        }
        if (!log->torn)
            at += written;
        else if (written > 0)
            log->torn = false;
    }
    log->fault = 0;
}

static void *write_accesses(void *argument)
{
    struct log *log = argument;
    bool last;

    do {
        (void)pthread_mutex_lock(&log->lock);
        while (!log->stopping && log->filled == 0)
            (void)pthread_cond_wait(&log->wake, &log->lock);
        if (!log->stopping && log->filled < ACCESS_BUFFER_BYTES / 2) {
            struct timespec until = after_ms(GATHER_MS);
            (void)pthread_cond_timedwait(&log->wake, &log->lock, &until);
        }
        char *bytes = log->filling;
        size_t length = log->filled;
        log->filling = log->writing;
        log->writing = bytes;
        log->filled = 0;
        log->lost += log->dropped;
        log->dropped = 0;
        last = log->stopping;
        (void)pthread_mutex_unlock(&log->lock);

        write_access(log, bytes, length);
        if (log->lost > 0 && (log->fault == 0 || last)) {
            log_write(log, LEVEL_WARNING, "access log: %ju lines were lost", (uintmax_t)log->lost);
            log->lost = 0;
        }
    } while (!last);
    return NULL;
}

/* The writer takes no signals: they are main's, and a SIGPIPE of its own must not end the daemon. */
int log_start_access(struct log *log)
{
    sigset_t all, before;
    if (!log_has_access(log))
        return 0;
    (void)sigfillset(&all);
    int fault = pthread_sigmask(SIG_BLOCK, &all, &before);
    if (fault != 0)
        return fault;
    fault = pthread_create(&log->writer, NULL, write_accesses, log);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    log->has_writer = fault == 0;
    return fault;
}

static int init_lock(struct log *log)
{
    pthread_condattr_t attributes;
    int fault = pthread_condattr_init(&attributes);
    if (fault != 0)
        return fault;
    fault = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (fault == 0)
        fault = pthread_mutex_init(&log->lock, NULL);
    if (fault == 0 && (fault = pthread_cond_init(&log->wake, &attributes)) != 0)
        (void)pthread_mutex_destroy(&log->lock);
    (void)pthread_condattr_destroy(&attributes);
    return fault;
}

int log_open_access(struct log *log, const char *path, enum access_format format)
{
    struct stat status;
    int fault = 0;

    assert(!log_has_access(log));
    if (format == ACCESS_AUTO)
        format = log->format == FORMAT_JSON ? ACCESS_JSON : ACCESS_TEXT;
    log->access_format = format;
    /* Nonblocking, because opening a named pipe that nobody reads yet would wait for ever. */
    log->fd = strcmp(path, "-") == 0
                  ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                  : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (log->fd < 0 || fstat(log->fd, &status) != 0) {
        fault = errno;
        goto fail;
    }
    log->regular = S_ISREG(status.st_mode);
    log->filling = malloc(ACCESS_BUFFER_BYTES);
    log->writing = malloc(ACCESS_BUFFER_BYTES);
    if (log->filling == NULL || log->writing == NULL) {
        fault = ENOMEM;
        goto fail;
    }
    if ((fault = init_lock(log)) == 0)
        return 0;

fail:
    free(log->filling);
    free(log->writing);
    log->filling = log->writing = NULL;
    if (log->fd >= 0)
        (void)close(log->fd);
    log->fd = -1;
    return fault;
}

void log_free(struct log *log)
{
    if (log == NULL)
        return;
    if (log->has_writer) {
        (void)pthread_mutex_lock(&log->lock);
        log->stopping = true;
        log->stop_by = after_ms(STOP_MS);
        (void)pthread_mutex_unlock(&log->lock);
        (void)pthread_cond_signal(&log->wake);
        (void)pthread_join(log->writer, NULL);
    }
    if (log_has_access(log)) {
        (void)pthread_cond_destroy(&log->wake);
        (void)pthread_mutex_destroy(&log->lock);
        (void)close(log->fd);
    }
    free(log->filling);
    free(log->writing);
    free(log);
}
