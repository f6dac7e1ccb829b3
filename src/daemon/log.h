/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_LOG_H
#define SMESTATD_LOG_H
/*
 * The daemon's two logs. Messages go to standard error at once, one line each. Access lines go through a bounded buffer
 * to a thread that writes them, so that no request ever waits for a disk or a pipe. Whatever bytes a client sends, a
 * line stays one line of valid UTF-8.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };
enum log_format { FORMAT_TEXT, FORMAT_JSON };
/* ACCESS_AUTO: as the messages are. */
enum access_format { ACCESS_AUTO, ACCESS_TEXT, ACCESS_COMMON, ACCESS_COMBINED, ACCESS_JSON };

struct log;

/* A log of messages. NULL: no memory. */
struct log *log_new(enum log_level level, enum log_format format);
/* Writes out what is buffered, for a second at most if nobody reads it, and ends the log. */
void log_free(struct log *log);

/* One message, without a line end of its own. Any thread. */
void log_write(struct log *log, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void log_vwrite(struct log *log, enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Opens the access log: a file that is appended to, or "-" for standard output. Once. @return 0 or an errno. */
int log_open_access(struct log *log, const char *path, enum access_format format);
/* Starts the thread that writes it, if there is one. @return 0 or an errno. */
int log_start_access(struct log *log);
bool log_has_access(const struct log *log);

/* One request that was answered. */
struct access {
    const char *address;
    const char *method;
    const char *target; /* as it was received */
    size_t target_length;
    const char *version;                           /* of the protocol, such as "HTTP/1.1" */
    const char *referer, *user_agent, *request_id; /* NULL: not sent */
    int status;
    uint64_t body_bytes; /* sent; 0 where the client left before the end */
    uint64_t duration_ns;
};

/* Adds a line to the access log, if there is one; when the buffer is full it is dropped and counted. Any thread. */
void log_access(struct log *log, const struct access *access);

/* Copies text so that it can stand in a line: no control characters, no invalid UTF-8, no line or direction marks.
 * Cut to `size` bytes and always terminated. @return the length written. */
size_t log_escape(const char *text, size_t length, char *out, size_t size);

#endif
