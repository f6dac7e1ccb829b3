/* SPDX-License-Identifier: MIT */
/*
 * The logs: what escaping makes of hostile bytes, in both formats, and what the access log does when the place it writes
 * to is full, slow or gone. Standard error is caught in a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

/* ---- Catching -------------------------------------------------------------------------------------------------- */

static int caught_fd = -1, real_stderr = -1;

static void catch_stderr(void)
{
    char name[] = "/tmp/smestat-log-XXXXXX";
    caught_fd = mkstemp(name);
    assert_true(caught_fd >= 0);
    (void)unlink(name);
    (void)fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(caught_fd, STDERR_FILENO) == STDERR_FILENO);
}

/* Puts standard error back. The text is the caller's. */
static char *caught(void)
{
    off_t length = lseek(caught_fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)length + 1);

    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
    assert_non_null(text);
    assert_true(pread(caught_fd, text, (size_t)length, 0) == length);
    (void)close(caught_fd);
    return text;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 16);
    assert_non_null(file);
    assert_non_null(text);
    size_t length = fread(text, 1, (1 << 16) - 1, file);
    text[length] = '\0';
    (void)fclose(file);
    return text;
}

/* ---- Escaping -------------------------------------------------------------------------------------------------- */

static const struct text {
    const char *raw, *plain, *quoted, *json;
} texts[] = {
    {"", "", "", ""},
    {"/v1?a=b%20c", "/v1?a=b%20c", "/v1?a=b%20c", "/v1?a=b%20c"},
    {"中小企业 ä", "中小企业 ä", "中小企业 ä", "中小企业 ä"},
    {"\xf0\x9f\x8c\xbe", "\xf0\x9f\x8c\xbe", "\xf0\x9f\x8c\xbe", "\xf0\x9f\x8c\xbe"},
    {"a\r\nFAKE", "a\\x0d\\x0aFAKE", "a\\x0d\\x0aFAKE", "a\\u000d\\u000aFAKE"},
    {"\x1b[31m", "\\x1b[31m", "\\x1b[31m", "\\u001b[31m"},
    {"\x7f", "\\x7f", "\\x7f", "\\u007f"},
    {"\"", "\"", "\\\"", "\\\""},
    {"\\x0a", "\\\\x0a", "\\\\x0a", "\\\\x0a"},
    {"a\xff!", "a\\xff!", "a\\xff!", "a\\ufffd!"},
    {"\xc3", "\\xc3", "\\xc3", "\\ufffd"},                                           /* cut off */
    {"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd"},                      /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
     "\\ufffd\\ufffd\\ufffd\\ufffd"},                  /* too large */
    {"\xc2\x85", "\\u0085", "\\u0085", "\\u0085"},     /* next line */
    {"\xe2\x80\xa8", "\\u2028", "\\u2028", "\\u2028"}, /* line separator */
    {"\xe2\x80\xae", "\\u202e", "\\u202e", "\\u202e"}, /* right-to-left override */
};

static void test_escape(void **state)
{
    char out[100];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t length = log_escape(texts[i].raw, strlen(texts[i].raw), out, sizeof out);
        assert_string_equal(out, texts[i].plain);
        assert_int_equal(length, strlen(texts[i].plain));
    }
    assert_int_equal(log_escape("a\0b", 3, out, sizeof out), 6);
    assert_string_equal(out, "a\\x00b");
}

/* Cut at any length, it is terminated and never ends inside a character or an escape. */
static void test_escape_cut(void **state)
{
    static const char raw[] = "aä\n中\xff!";
    static const char *const wholes[] = {"", "a", "aä", "aä\\x0a", "aä\\x0a中", "aä\\x0a中\\xff", "aä\\x0a中\\xff!"};
    char out[32];

    (void)state;
    for (size_t size = 1; size <= sizeof out; size++) {
        const char *expected = NULL;
        for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++)
            if (strlen(wholes[i]) < size)
                expected = wholes[i];
        memset(out, '#', sizeof out);
        assert_int_equal(log_escape(raw, sizeof raw - 1, out, size), strlen(expected));
        assert_string_equal(out, expected);
    }
}

/* ---- Messages -------------------------------------------------------------------------------------------------- */

static void test_messages(void **state)
{
    struct log *log = log_new(LEVEL_WARNING, FORMAT_TEXT);

    (void)state;
    assert_non_null(log);
    catch_stderr();
    log_write(log, LEVEL_ERROR, "no %s\n", "file");
    log_write(log, LEVEL_WARNING, "a\nb");
    log_write(log, LEVEL_INFO, "not this");
    log_write(log, LEVEL_DEBUG, "nor this");
    char *text = caught();
    assert_string_equal(text, "smestatd: error: no file\nsmestatd: warning: a\\x0ab\n");
    free(text);
    log_free(log);
}

static void test_messages_json(void **state)
{
    struct log *log = log_new(LEVEL_DEBUG, FORMAT_JSON);
    unsigned year, month, day, hour, minute, second, ms;
    int end = 0;

    (void)state;
    assert_non_null(log);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char expected[200];
        catch_stderr();
        log_write(log, LEVEL_INFO, "%s", texts[i].raw);
        char *text = caught();
        assert_int_equal(sscanf(text, "{\"time\":\"%4u-%2u-%2uT%2u:%2u:%2u.%3uZ\"%n", &year, &month, &day, &hour,
                                &minute, &second, &ms, &end),
                         7);
        (void)snprintf(expected, sizeof expected, ",\"level\":\"info\",\"message\":\"%s\"}\n", texts[i].json);
        assert_string_equal(text + end, expected);
        free(text);
    }
    log_free(log);
}

/* However long, a message is one line of at most PIPE_BUF bytes, with its end, and says that it was cut. */
static void test_long_messages(void **state)
{
    static const struct {
        char filling;
        enum log_format format;
        const char *end;
    } cases[] = {
        {'a', FORMAT_TEXT, "a…\n"},
        {'\x01', FORMAT_TEXT, "\\x01…\n"},
        {'a', FORMAT_JSON, "a…\"}\n"},
        {'\x01', FORMAT_JSON, "\\u0001…\"}\n"},
    };
    char message[10000];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log *log = log_new(LEVEL_INFO, cases[i].format);
        assert_non_null(log);
        memset(message, cases[i].filling, sizeof message - 1);
        message[sizeof message - 1] = '\0';
        catch_stderr();
        log_write(log, LEVEL_ERROR, "%s", message);
        char *text = caught();
        size_t length = strlen(text), end = strlen(cases[i].end);
        assert_true(length > 2000 && length <= 4096);
        assert_string_equal(text + length - end, cases[i].end);
        assert_ptr_equal(strchr(text, '\n'), text + length - 1);
        free(text);
        log_free(log);
    }
}

/* ---- Access lines ---------------------------------------------------------------------------------------------- */

static const struct access some_access = {
    .address = "192.0.2.1",
    .method = "GET",
    .target = "/v1",
    .target_length = 3,
    .version = "HTTP/1.1",
    .status = 200,
    .body_bytes = 1234,
    .duration_ns = 12034567,
};

static void test_access(void **state)
{
    static const enum log_format formats[] = {FORMAT_TEXT, FORMAT_JSON};

    (void)state;
    for (size_t f = 0; f < 2; f++) {
        char path[] = "/tmp/smestat-access-XXXXXX", expected[300];
        struct log *log = log_new(LEVEL_ERROR, formats[f]);
        struct stat status;
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        (void)close(fd);
        (void)unlink(path);
        assert_non_null(log);
        assert_false(log_has_access(log));
        log_access(log, &some_access); /* goes nowhere */
        assert_int_equal(log_open_access(log, path, ACCESS_AUTO), 0);
        assert_int_equal(log_start_access(log), 0);
        assert_true(log_has_access(log));
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            struct access access = some_access;
            access.target = texts[i].raw;
            access.target_length = strlen(texts[i].raw);
            log_access(log, &access);
        }
        log_free(log);

        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0137, 0); /* 0640 less the umask */
        char *text = read_file(path), *line = text;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            char *next = strchr(line, '\n');
            assert_non_null(next);
            *next = '\0';
            if (formats[f] == FORMAT_TEXT)
                (void)snprintf(expected, sizeof expected, "Z 192.0.2.1 \"GET %s\" 200 1234 12.034 -", texts[i].quoted);
            else
                (void)snprintf(expected, sizeof expected,
                               "Z\",\"address\":\"192.0.2.1\",\"method\":\"GET\",\"target\":\"%s\",\"status\":200,"
                               "\"bytes\":1234,\"duration_ms\":12.034,\"version\":\"HTTP/1.1\"}",
                               texts[i].json);
            assert_string_equal(strchr(line, 'Z'), expected);
            line = next + 1;
        }
        assert_string_equal(line, "");
        free(text);
        (void)unlink(path);
    }
}

/* The forms that other programs read: each line from its first blank on, and what stands where something is not known. */
static void test_access_formats(void **state)
{
    static const struct {
        enum access_format format;
        const char *lines[2];
    } cases[] = {
        {ACCESS_TEXT, {" 192.0.2.1 \"GET /v1\" 200 1234 12.034 a-1", "  \"HEAD /\" 304 0 0.000 -"}},
        {ACCESS_COMMON, {" - - [] \"GET /v1 HTTP/1.1\" 200 1234", " - - [] \"HEAD / -\" 304 -"}},
        {ACCESS_COMBINED,
         {" - - [] \"GET /v1 HTTP/1.1\" 200 1234 \"https://a.example/\\\"\" \"curl/8\\x0a\"",
          " - - [] \"HEAD / -\" 304 - \"-\" \"-\""}},
        {ACCESS_JSON,
         {"\"address\":\"192.0.2.1\",\"method\":\"GET\",\"target\":\"/v1\",\"status\":200,\"bytes\":1234,"
          "\"duration_ms\":12.034,\"version\":\"HTTP/1.1\",\"referer\":\"https://a.example/\\\"\","
          "\"user_agent\":\"curl/8\\u000a\",\"request_id\":\"a-1\"}",
          "\"address\":\"\",\"method\":\"HEAD\",\"target\":\"/\",\"status\":304,\"bytes\":0,\"duration_ms\":0.000}"}},
    };
    struct access known = some_access, unknown = {.address = "", .method = "HEAD", .target = "/", .target_length = 1};

    (void)state;
    unknown.status = 304;
    known.referer = "https://a.example/\"";
    known.user_agent = "curl/8\n";
    known.request_id = "a-1";
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char path[] = "/tmp/smestat-access-XXXXXX";
        struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);
        int fd = mkstemp(path);

        assert_true(fd >= 0 && log != NULL);
        (void)close(fd);
        assert_int_equal(log_open_access(log, path, cases[c].format), 0);
        assert_int_equal(log_start_access(log), 0);
        log_access(log, &known);
        log_access(log, &unknown);
        log_free(log);
        char *text = read_file(path), *line = text;
        for (size_t i = 0; i < 2; i++) {
            char *end = strchr(line, '\n'), *open = strchr(line, '['), *rest;

            assert_non_null(end);
            *end = '\0';
            if (open != NULL) { /* the time */
                unsigned day, year, hour, minute, second;
                char month[4];

                assert_int_equal(
                    sscanf(open, "[%2u/%3s/%4u:%2u:%2u:%2u +0000]", &day, month, &year, &hour, &minute, &second), 6);
                memmove(open + 1, strchr(open, ']'), strlen(strchr(open, ']')) + 1);
            }
            rest = cases[c].format == ACCESS_JSON ? strchr(line, ',') + 1 : strchr(line, ' ');
            assert_string_equal(rest, cases[c].lines[i]);
            line = end + 1;
        }
        free(text);
        (void)unlink(path);
    }
}

static void test_access_not_opened(void **state)
{
    struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);

    (void)state;
    assert_non_null(log);
    assert_int_equal(log_open_access(log, "/nonexistent/log", ACCESS_AUTO), ENOENT);
    assert_false(log_has_access(log));
    assert_int_equal(log_open_access(log, "/tmp", ACCESS_AUTO), EISDIR);
    log_free(log);
}

/* A full disk: said once, and counted. */
static void test_access_full(void **state)
{
    struct log *log = log_new(LEVEL_WARNING, FORMAT_TEXT);

    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("there is no /dev/full to write to\n");
        log_free(log);
        skip();
    }
    assert_non_null(log);
    assert_int_equal(log_open_access(log, "/dev/full", ACCESS_AUTO), 0);
    assert_int_equal(log_start_access(log), 0);
    catch_stderr();
    for (unsigned i = 0; i < 3; i++)
        log_access(log, &some_access);
    log_free(log);
    char *text = caught();
    assert_string_equal(text, "smestatd: error: access log: No space left on device; lines are lost until it can be "
                              "written again\nsmestatd: warning: access log: 3 lines were lost\n");
    free(text);
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A pipe that nobody reads: requests go on, lines are dropped and counted, and stopping ends. */
static void test_access_stuck(void **state)
{
    enum { LINES = 100000 };
    char path[] = "/tmp/smestat-fifo-XXXXXX", buffer[4096];
    struct log *log = log_new(LEVEL_WARNING, FORMAT_TEXT);
    unsigned long lost = 0, read_lines = 0;

    (void)state;
    assert_non_null(log);
    assert_non_null(mkdtemp(path));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(log_open_access(log, path, ACCESS_AUTO), ENXIO); /* and not for ever */
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(log_open_access(log, path, ACCESS_AUTO), 0);
    assert_int_equal(log_start_access(log), 0);

    catch_stderr();
    double begin = now_s();
    for (unsigned i = 0; i < LINES; i++)
        log_access(log, &some_access);
    double logged = now_s();
    log_free(log);
    double stopped = now_s();
    char *text = caught();

    for (ssize_t length; (length = read(reader, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < length; i++)
            read_lines += buffer[i] == '\n';
    const char *report = strstr(text, "warning: access log: ");
    assert_non_null(report);
    assert_int_equal(sscanf(report, "warning: access log: %lu lines were lost", &lost), 1);
    assert_int_equal(read_lines + lost, LINES);
    assert_true(read_lines > 0);
    assert_true(logged - begin < 5);
    assert_true(stopped - logged < 5);
    free(text);
    (void)close(reader);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),         cmocka_unit_test(test_escape_cut),
        cmocka_unit_test(test_messages),       cmocka_unit_test(test_messages_json),
        cmocka_unit_test(test_long_messages),  cmocka_unit_test(test_access),
        cmocka_unit_test(test_access_formats), cmocka_unit_test(test_access_not_opened),
        cmocka_unit_test(test_access_full),    cmocka_unit_test(test_access_stuck),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
