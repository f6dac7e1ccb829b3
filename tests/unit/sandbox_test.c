/* SPDX-License-Identifier: MIT */
/*
 * Behind the sandbox each system call that is not in its table ends the process, and so do the forms of the others that
 * would write files or make memory that can be executed. Each is tried in a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_END = 470 }; /* of Linux 6.18 on x86-64 and most others */

struct form {
    long number, arguments[6];
};

/* How a child ends that makes this call: a signal, or 0. */
static int try_call(struct form form)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)alarm(2); /* some of those that are left wait */
        if (!sandbox_close_calls(SANDBOX_STRICT, log))
            _exit(2);
        const long *a = form.arguments;
        (void)syscall(form.number, a[0], a[1], a[2], a[3], a[4], a[5]);
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool is_left(long number)
{
    const struct sandbox_call *call;

    for (size_t i = 0; (call = sandbox_call_at(i)) != NULL; i++)
        if (call->number == number)
            return true;
    return false;
}

static bool is_possible(void)
{
    struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(sandbox_close_calls(SANDBOX_STRICT, log) ? 0 : 1);
    (void)waitpid(child, &status, 0);
    log_free(log);
    return status == 0;
}

static void test_other_calls_die(void **state)
{
    (void)state;
    for (long number = 0; number < CALLS_END; number++) {
        /* Two that the kernel keeps for probes of its own, and no filter sees. */
        if (number == 335 || number == 336)
            continue;
        int signal = is_left(number) ? SIGSYS : try_call((struct form){number, {-1, -1, -1, -1, -1, -1}});

        if (signal != SIGSYS)
            fail_msg("call %ld ends with signal %d", number, signal);
    }
}

static void test_other_forms_die(void **state)
{
    static const char name[] = "/tmp/never";
    const long here = (long)AT_FDCWD, path = (long)(intptr_t)name, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    const struct {
        struct form form;
        bool dies;
    } cases[] = {
        {{SYS_openat, {here, path, O_RDONLY}}, false},
        {{SYS_openat, {here, path, O_WRONLY}}, true},
        {{SYS_openat, {here, path, O_RDWR}}, true},
        {{SYS_openat, {here, path, O_RDONLY | O_CREAT, 0600}}, true},
        {{SYS_openat, {here, path, O_RDONLY | O_TRUNC}}, true},
        {{SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE, anonymous, -1}}, false},
        {{SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, anonymous, -1}}, true},
        {{SYS_mprotect, {0, 0, PROT_READ}}, false},
        {{SYS_mprotect, {0, 0, PROT_EXEC}}, true},
        {{SYS_ioctl, {0, TCGETS, path}}, false},
        {{SYS_ioctl, {0, TIOCSTI, path}}, true},
        {{SYS_socket, {AF_UNIX, SOCK_STREAM}}, false},
        {{SYS_socket, {AF_INET, SOCK_STREAM}}, true},
        {{SYS_socket, {AF_NETLINK, SOCK_RAW}}, true},
        {{SYS_prctl, {PR_SET_NAME, path}}, false},
        {{SYS_prctl, {PR_GET_DUMPABLE}}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if ((try_call(cases[i].form) == SIGSYS) != cases[i].dies)
            fail_msg("case %zu %s", i, cases[i].dies ? "lives" : "dies");
    assert_int_not_equal(access(name, F_OK), 0);
}

static void test_off(void **state)
{
    struct log *log = log_new(LEVEL_ERROR, FORMAT_TEXT);
    const char *none[] = {NULL};

    (void)state;
    assert_true(sandbox_close_files(SANDBOX_OFF, &(struct sandbox_files){none, none}, log));
    assert_true(sandbox_close_calls(SANDBOX_OFF, log));
    assert_int_equal(syscall(SYS_getppid), getppid());
    log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_other_calls_die),
        cmocka_unit_test(test_other_forms_die),
    };

    if (!is_possible()) {
        printf("[  SKIPPED ] there is no sandbox here: a build with sanitizers or coverage, or a kernel without "
               "seccomp\n");
        return 77;
    }
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
