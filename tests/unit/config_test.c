/* SPDX-License-Identifier: MIT */
/*
 * The options: values that are taken and values that are not, for each row of the table; where they come from; what is
 * said about mistakes; and how CPUs are counted in containers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

/* What a run of config_read came to. */
struct run {
    enum config_outcome outcome;
    struct config config;
    char *out, *err;
};

enum { WORDS_MAX = 8 };

static struct run run(const char *const arguments[], const char *const environment[])
{
    static char program[] = "smestatd";
    char *argv[WORDS_MAX + 2] = {program}, *env[WORDS_MAX + 1] = {NULL};
    struct run run = {.outcome = CONFIG_BAD};
    size_t out_length, err_length;
    int argc = 1;

    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++)
        argv[argc++] = strdup(arguments[i]);
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
        env[i] = strdup(environment[i]);
    FILE *out = open_memstream(&run.out, &out_length);
    FILE *err = open_memstream(&run.err, &err_length);
    assert_non_null(out);
    assert_non_null(err);
    run.outcome = config_read(argc, argv, env, out, err, &run.config);
    (void)fclose(out);
    (void)fclose(err);
    /* Texts in the config are borrowed from these; the tests compare numbers, or keep their own copies. */
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    for (size_t i = 0; env[i] != NULL; i++)
        free(env[i]);
    return run;
}

static void finish(struct run *run)
{
    free(run->out);
    free(run->err);
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

static const struct value {
    const char *option, *value;
    bool good;
} values[] = {
    {"address", "0.0.0.0", true},
    {"address", "::1", true},
    {"address", "localhost", true},
    {"address", "[::1]", false},
    {"address", "example.org", false},
    {"address", "", false},
    {"port", "0", true},
    {"port", "65535", true},
    {"port", "65536", false},
    {"port", "-1", false},
    {"port", "+1", false},
    {"port", " 1", false},
    {"port", "80x", false},
    {"port", "", false},
    {"port", "99999999999999999999999999", false},
    {"listen", "127.0.0.1:0", true},
    {"listen", "127.0.0.1", false},
    {"listen", "", false},
    {"listen", "127.0.0.1:0,tls:[::1]:8443", true},
    {"tls-certificate", "c.pem", true},
    {"tls-certificate", "", false},
    {"tls-key", "k.pem", true},
    {"tls-key", "", false},
    {"socket-mode", "0660", true},
    {"socket-mode", "600", true},
    {"socket-mode", "1777", false},
    {"socket-mode", "rw", false},
    {"admin-port", "0", true},
    {"admin-port", "65536", false},
    {"admin-address", "::1", true},
    {"admin-address", "example.org", false},
    {"max-connections-per-address", "0", true},
    {"max-connections-per-address", "-1", false},
    {"upgrade", "true", true},
    {"upgrade", "2", false},
    {"trusted-proxies", "10.0.0.0/8,unix", true},
    {"trusted-proxies", "example.org", false},
    {"head-timeout", "1", true},
    {"head-timeout", "0", false},
    {"answer-timeout", "3600", true},
    {"answer-timeout", "3601", false},
    {"dataset", "a.json", true},
    {"dataset", "", false},
    {"watch", "false", true},
    {"watch", "yes", false},
    {"watch", "", false},
    {"check", "a.json", true},
    {"check", "", false},
    {"init", "a.csv", true},
    {"init", "", false},
    {"export", "site", true},
    {"export", "", false},
    {"export-lang", "zh", true},
    {"export-lang", "", false},
    {"threads", "256", true},
    {"threads", "257", false},
    {"cors-origin", "*", true},
    {"cors-origin", "none", true},
    {"cors-origin", "https://example.org", true},
    {"cors-origin", "https://example.org:8443,http://[::1]:80,capacitor://localhost", true},
    {"cors-origin", "https://example.org/", false},
    {"cors-origin", "https://Example.org", false},
    {"cors-origin", "https://example.org,", false},
    {"cors-origin", "https://example.org, http://a", false},
    {"cors-origin", "https://a:66000", false},
    {"cors-origin", "https://a:", false},
    {"cors-origin", "https://[::1", false},
    {"cors-origin", "*,https://a", false},
    {"cors-origin", "example.org", false},
    {"cors-origin", "", false},
    {"cache-max-age", "31536000", true},
    {"cache-max-age", "31536001", false},
    {"base-url", "", true},
    {"base-url", "https://example.org", true},
    {"base-url", "http://[2001:db8::1]:80/a/b%20c", true},
    {"base-url", "https://example.org/", false},
    {"base-url", "https://example.org/a/", false},
    {"base-url", "https://example.org/a?b", false},
    {"base-url", "https://example.org/a#b", false},
    {"base-url", "https://example.org/%2", false},
    {"base-url", "https://example.org/\"", false},
    {"base-url", "https://example.orgä", false},
    {"base-url", "https://", false},
    {"base-url", "ftp://example.org", false},
    {"base-url", "/a", false},
    {"log-level", "debug", true},
    {"log-level", "Debug", false},
    {"log-level", "", false},
    {"log-format", "json", true},
    {"log-format", "xml", false},
    {"access-log", "-", true},
    {"access-log", "", false},
    {"sandbox", "strict", true},
    {"sandbox", "on", false},
    {"access-format", "combined", true},
    {"access-format", "apache", false},
    {"max-connections", "1", true},
    {"max-connections", "0", false},
    {"max-connections", "1000001", false},
    {"idle-timeout", "86400", true},
    {"idle-timeout", "0", false},
    {"connection-memory", "4096", true},
    {"connection-memory", "4095", false},
    {"connection-memory", "1048577", false},
    {"reply-cache-bytes", "1099511627776", true},
    {"reply-cache-bytes", "1099511627777", false},
    {"large-answer-bytes", "1099511627776", true},
    {"large-answer-bytes", "1099511627777", false},
    {"drain-grace", "0", true},
    {"drain-grace", "3601", false},
    {"drain-timeout", "3600", true},
    {"drain-timeout", "3601", false},
};

/* SMESTATD_LOG_LEVEL=value */
static void as_variable(const struct value *value, char *out, size_t size)
{
    (void)snprintf(out, size, "SMESTATD_%s", value->option);
    for (char *at = out + strlen("SMESTATD_"); *at != '\0'; at++)
        *at = *at == '-' ? '_' : (char)(*at - 'a' + 'A');
    size_t length = strlen(out);
    (void)snprintf(out + length, size - length, "=%s", value->value);
}

/* Given in each of the three ways, a good value is taken, and a bad one named together with the option. */
static void test_values(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char name[64], joined[256], variable[256];
        (void)snprintf(name, sizeof name, "--%s", values[i].option);
        (void)snprintf(joined, sizeof joined, "--%s=%s", values[i].option, values[i].value);
        as_variable(&values[i], variable, sizeof variable);
        const char *const ways[][3] = {{name, values[i].value, NULL}, {joined, NULL}, {variable, NULL}};
        /* a word behind one of these is not its value */
        bool flag = strcmp(values[i].option, "watch") == 0 || strcmp(values[i].option, "upgrade") == 0;
        for (size_t way = flag ? 1 : 0; way < 3; way++) {
            struct run got = way < 2 ? run(ways[way], NULL) : run(NULL, ways[way]);
            char expected[300];
            if (way == 2)
                variable[strcspn(variable, "=")] = '\0';
            (void)snprintf(expected, sizeof expected, "smestatd: %s: '", way < 2 ? name : variable);
            bool right = values[i].good ? got.outcome == CONFIG_RUN && *got.err == '\0'
                                        : got.outcome == CONFIG_BAD && strstr(got.err, expected) == got.err &&
                                              strstr(got.err, "accepted is ") != NULL &&
                                              strchr(got.err, '\n') == got.err + strlen(got.err) - 1;
            if (!right) {
                print_error("%s, way %zu: %s\n", joined, way, *got.err != '\0' ? got.err : "taken");
                wrong++;
            }
            finish(&got);
        }
    }
    assert_int_equal(wrong, 0);
}

/* Every option that --help tells of stands in the table above with a good and a bad value, and --help is narrow. */
static void test_help(void **state)
{
    const char *const arguments[] = {"--help", NULL};
    struct run got = run(arguments, NULL);
    unsigned options = 0;

    (void)state;
    assert_int_equal(got.outcome, CONFIG_SHOWN);
    assert_string_equal(got.err, "");
    for (char *line = strtok(got.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[64];
        bool seen[2] = {false, false};
        if (strlen(line) > 80)
            fail_msg("too long: %s", line);
        if (sscanf(line, "  --%63s", name) != 1 || strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
            strcmp(name, "health") == 0 || strncmp(name, "completion-", 11) == 0) /* these take no value */
            continue;
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
            if (strcmp(values[i].option, name) == 0)
                seen[values[i].good] = true;
        if (!seen[0] || !seen[1])
            fail_msg("no good or no bad value for --%s here", name);
        options++;
    }
    assert_true(options > 0);
    finish(&got);
}

/* Each script knows each option; that shells understand the scripts is for the tests that have the shells. */
static void test_completion(void **state)
{
    const char *const arguments[][2] = {
        {"--completion-bash", NULL}, {"--completion-zsh", NULL}, {"--completion-fish", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        struct run got = run(arguments[i], NULL);

        assert_int_equal(got.outcome, CONFIG_SHOWN);
        assert_string_equal(got.err, "");
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            if (strstr(got.out, values[j].option) == NULL)
                fail_msg("%s knows no --%s", arguments[i][0], values[j].option);
        assert_non_null(strstr(got.out, "error warning info debug"));
        finish(&got);
    }
}

#define NOTHING_CHANGES                                                                                                \
    "smestatd: --watch needs --dataset with a file, or --tls-certificate: what is built in does not change\n"

/* A flag needs no value, and this one something to watch. */
static void test_watch(void **state)
{
    static const struct {
        const char *arguments[5], *variable, *fault;
        bool watch;
    } rows[] = {
        {{"--watch", "--dataset", "a.json"}, NULL, NULL, true},
        {{"--dataset", "a.json", "--watch=true"}, NULL, NULL, true},
        {{"--dataset", "a.json", "--watch=false"}, "SMESTATD_WATCH=true", NULL, false},
        {{"--dataset", "a.json"}, "SMESTATD_WATCH=true", NULL, true},
        {{"--dataset", "a.json"}, NULL, NULL, false},
        {{"--watch", "--tls-certificate", "a.pem"}, NULL, NULL, true},
        {{"--watch"}, NULL, NOTHING_CHANGES, false},
        {{"--watch", "--dataset", "builtin:sme"},
         NULL,
         NOTHING_CHANGES,
         false},
        {{"--watch", "true"}, NULL, "smestatd: 'true' belongs to no option; see smestatd --help\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const environment[] = {rows[i].variable, NULL};
        struct run got = run(rows[i].arguments, environment);

        assert_int_equal(got.outcome, rows[i].fault != NULL ? CONFIG_BAD : CONFIG_RUN);
        assert_string_equal(got.err, rows[i].fault != NULL ? rows[i].fault : "");
        if (rows[i].fault == NULL)
            assert_int_equal(got.config.watch, rows[i].watch);
        finish(&got);
    }
}

static void test_defaults(void **state)
{
    struct run got = run(NULL, NULL);

    (void)state;
    assert_int_equal(got.outcome, CONFIG_RUN);
    assert_string_equal(got.config.address, "127.0.0.1");
    assert_int_equal(got.config.port, 8080);
    assert_null(got.config.dataset);
    assert_null(got.config.check);
    assert_null(got.config.init);
    assert_null(got.config.export_to);
    assert_null(got.config.export_lang);
    assert_int_equal(got.config.threads, 0);
    assert_string_equal(got.config.cors_origin, "*");
    assert_int_equal(got.config.cache_max_age_s, 60);
    assert_string_equal(got.config.base_url, "");
    assert_int_equal(got.config.log_level, LEVEL_INFO);
    assert_int_equal(got.config.log_format, FORMAT_TEXT);
    assert_null(got.config.access_log);
    assert_int_equal(got.config.max_connections, 4096);
    assert_int_equal(got.config.idle_timeout_s, 60);
    assert_int_equal(got.config.connection_memory_bytes, 20480);
    assert_int_equal(got.config.reply_cache_bytes, 16777216);
    assert_int_equal(got.config.large_answer_bytes, 67108864);
    assert_int_equal(got.config.drain_grace_s, 1);
    assert_int_equal(got.config.drain_timeout_s, 10);
    finish(&got);
}

/* ---- Where values come from, and mistakes ---------------------------------------------------------------------- */

static const struct reading {
    const char *arguments[WORDS_MAX], *environment[WORDS_MAX];
    enum config_outcome outcome;
    unsigned port;   /* with CONFIG_RUN */
    const char *err; /* with CONFIG_BAD: all that is said */
} readings[] = {
    {.outcome = CONFIG_RUN, .port = 8080},
    {.environment = {"SMESTATD_PORT=1"}, .outcome = CONFIG_RUN, .port = 1},
    {.arguments = {"--port=2"}, .environment = {"SMESTATD_PORT=1"}, .outcome = CONFIG_RUN, .port = 2},
    {.arguments = {"--port=2"}, .environment = {"SMESTATD_PORT=x"}, .outcome = CONFIG_RUN, .port = 2},
    {.arguments = {"--port=2", "--port", "3"}, .outcome = CONFIG_RUN, .port = 3},
    {.environment = {"SMESTATD_PORT=tcp://10.0.0.1:80"}, .outcome = CONFIG_RUN, .port = 8080},
    {.environment = {"SMESTATD_PORTS=1", "PORT=2", "smestatd_port=3"}, .outcome = CONFIG_RUN, .port = 8080},
    {.environment = {"SMESTATD_HELP=1"}, .outcome = CONFIG_RUN, .port = 8080},
    {.arguments = {"--version"}, .environment = {"SMESTATD_PORT=x"}, .outcome = CONFIG_SHOWN},
    {.arguments = {"--port", "1", "--help", "rest"}, .outcome = CONFIG_SHOWN},
    {.arguments = {"--health", "--port=2"}, .environment = {"SMESTATD_PORT=1"}, .outcome = CONFIG_HEALTH, .port = 2},
    {.environment = {"SMESTATD_HEALTH=1"}, .outcome = CONFIG_RUN, .port = 8080},
    {.arguments = {"--check=a", "--export=b"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: --check and --export cannot be given together\n"},
    {.arguments = {"--init=a", "--export=b"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: --init and --export cannot be given together\n"},
    {.arguments = {"--health=1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --health; the nearest is --health\n"},
    {.arguments = {"--port=tcp://10.0.0.1:80"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: --port: 'tcp://10.0.0.1:80' is not accepted; accepted is a whole number from 0 to 65535\n"},
    {.environment = {"SMESTATD_LOG_LEVEL=loud"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: SMESTATD_LOG_LEVEL: 'loud' is not accepted; accepted is error, warning, info or debug\n"},
    {.arguments = {"--prot", "1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --prot; the nearest is --port\n"},
    {.arguments = {"--prot=1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --prot; the nearest is --port\n"},
    {.arguments = {"-port=1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option -port; the nearest is --port\n"},
    {.arguments = {"--hlep"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --hlep; the nearest is --help\n"},
    {.arguments = {"--help=1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --help; the nearest is --help\n"},
    {.arguments = {"--colour"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --colour; see smestatd --help\n"},
    {.arguments = {"--"}, .outcome = CONFIG_BAD, .err = "smestatd: there is no option --; see smestatd --help\n"},
    {.arguments = {"-"}, .outcome = CONFIG_BAD, .err = "smestatd: there is no option -; see smestatd --help\n"},
    {.arguments = {"--\x1b[31m\xff=1"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: there is no option --\\x1b[31m\\xff; see smestatd --help\n"},
    {.arguments = {"--dataset"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: --dataset needs a value; accepted is the name of a file, or builtin:NAME\n"},
    {.arguments = {"data.json"},
     .outcome = CONFIG_BAD,
     .err = "smestatd: 'data.json' belongs to no option; see smestatd --help\n"},
    {.arguments = {""}, .outcome = CONFIG_BAD, .err = "smestatd: '' belongs to no option; see smestatd --help\n"},
};

static void test_readings(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        struct run got = run(readings[i].arguments, readings[i].environment);
        bool right = got.outcome == readings[i].outcome &&
                     strcmp(got.err, readings[i].err != NULL ? readings[i].err : "") == 0 &&
                     (got.outcome == CONFIG_SHOWN) == (*got.out != '\0') &&
                     (got.outcome != CONFIG_RUN || got.config.port == readings[i].port);
        if (!right) {
            print_error("row %zu: outcome %d, %s\n", i, (int)got.outcome, got.err);
            wrong++;
        }
        finish(&got);
    }
    assert_int_equal(wrong, 0);
}

static void collect(void *context, const char *sentence)
{
    char *all = context;
    (void)strcat(strcat(all, sentence), "\n");
}

static void test_unknown_variables(void **state)
{
    static char variables[][64] = {
        "SMESTATD_PORT=1",
        "SMESTATD_PRT=1",
        "SMESTATD_log_level=debug",
        "SMESTATD_COLOUR=1",
        "OTHER_PORT=1",
        "SMESTATD=1",
        "SMESTATD_SERVICE_HOST=10.0.0.1",
        "SMESTATD_SERVICE_PORT_HTTP=80",
        "SMESTATD_PORT_8080_TCP=tcp://10.0.0.1:8080",
        "SMESTATD_PORT_8080_TCP_ADDR=10.0.0.1",
        "SMESTATD_TEST_SERVICE_PORT=80",
        "SMESTATD_TEST_PORT=tcp://10.0.0.1:8080",
    };
    char *environment[sizeof variables / sizeof variables[0] + 1] = {NULL};
    char all[1000] = "";

    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        environment[i] = variables[i];
    config_unknown_variables(environment, collect, all);
    assert_string_equal(all,
                        "the environment variable SMESTATD_PRT is no option; the nearest is SMESTATD_PORT\n"
                        "the environment variable SMESTATD_log_level is no option; the nearest is SMESTATD_LOG_LEVEL\n"
                        "the environment variable SMESTATD_COLOUR is no option; see smestatd --help\n");
}

/* ---- CPUs ------------------------------------------------------------------------------------------------------ */

struct file {
    const char *path, *text;
};

/* The least of what the files allow and of the CPUs this test may itself run on. */
static const struct machine {
    const char *what;
    struct file files[5];
    unsigned cpus; /* 0: no quota */
} machines[] = {
    {"nothing known", {{NULL, NULL}}, 0},
    {"v2, no quota", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "max 100000\n"}}, 0},
    {"v2 at the top, as in a container",
     {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "100000 100000\n"}},
     1},
    {"v2, half a CPU", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "50000 100000\n"}}, 1},
    {"v2, one and a half", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "150000 100000\n"}}, 2},
    {"v2, the parent has less",
     {{"proc/self/cgroup", "0::/a.slice/b.service\n"},
      {"sys/fs/cgroup/a.slice/b.service/cpu.max", "max 100000\n"},
      {"sys/fs/cgroup/a.slice/cpu.max", "100000 100000\n"}},
     1},
    {"v2, a sibling's quota is not ours",
     {{"proc/self/cgroup", "0::/a.slice\n"}, {"sys/fs/cgroup/b.slice/cpu.max", "100000 100000\n"}},
     0},
    {"v2, the host's path inside a container",
     {{"proc/self/cgroup", "0::/docker/0123\n"}, {"sys/fs/cgroup/cpu.max", "100000 100000\n"}},
     1},
    {"v2, rubbish", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "plenty\n"}}, 0},
    {"v1",
     {{"proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/a\n0::/\n"},
      {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "100000\n"},
      {"sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"}},
     1},
    {"v1, no quota",
     {{"proc/self/cgroup", "4:cpu,cpuacct:/\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     0},
    {"v1, cpuset is not cpu",
     {{"proc/self/cgroup", "4:cpuset:/\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     0},
};

static void make_file(const char *root, const struct file *file)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", root, file->path);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(path, 0700);
    }
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fputs(file->text, out);
    assert_int_equal(fclose(out), 0);
}

/* Removes the file and the directories above it that are empty by then. */
static void remove_file(const char *root, const struct file *file)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", root, file->path);
    (void)remove(path);
    for (char *slash; (slash = strrchr(path, '/')) > path + strlen(root);) {
        *slash = '\0';
        (void)remove(path);
    }
}

static void test_threads(void **state)
{
    struct config config = {.threads = 0};
    unsigned all = config_threads(&config, "/nonexistent"), wrong = 0;

    (void)state;
    assert_true(all >= 1);
    if (all == 1)
        print_message("with one CPU, quotas above one are not told apart\n");
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        char root[] = "/tmp/smestat-config-XXXXXX";
        assert_non_null(mkdtemp(root));
        for (const struct file *file = machines[i].files; file->path != NULL; file++)
            make_file(root, file);
        unsigned expected = machines[i].cpus == 0 || machines[i].cpus > all ? all : machines[i].cpus;
        unsigned got = config_threads(&config, root);
        if (got != expected) {
            print_error("%s: %u instead of %u\n", machines[i].what, got, expected);
            wrong++;
        }
        for (const struct file *file = machines[i].files; file->path != NULL; file++)
            remove_file(root, file);
        assert_int_equal(rmdir(root), 0);
    }
    assert_int_equal(wrong, 0);
    config.threads = 7;
    assert_int_equal(config_threads(&config, ""), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_unknown_variables),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
