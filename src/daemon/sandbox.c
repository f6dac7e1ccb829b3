/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/landlock.h>

/* ---- System calls ---------------------------------------------------------------------------------------------- */

#define CALL(name) #name, SCMP_SYS(name)

/*
 * What serving takes, seen with strace under everything that the daemon does; tests/meta/sandbox_test.py sees it again and
 * fails for a call that is in this table without having been made, unless its use here begins with "rarely: ". A call that
 * the C library may make in place of another stands beside it.
 */
static const struct sandbox_call calls[] = {
    /* clients */
    {CALL(accept4), "a client comes"},
    {CALL(epoll_ctl), "… and is waited for"},
    {CALL(epoll_wait), "a thread waits for its clients"},
    {CALL(recvfrom), "a request"},
    {CALL(sendmsg), "an answer, and word to systemd"},
    {CALL(sendto), "a short answer"},
    {CALL(setsockopt), "whether what is sent may wait for more"},
    {CALL(shutdown), "a connection's end"},
    {CALL(poll), "the acceptor, the reloader and the log wait"},
    {CALL(socketpair), "rarely: the watchdog's own question"},
    /* memory and threads */
    {CALL(brk), "memory"},
    {CALL(mmap), "memory, never to be executed"},
    {CALL(mprotect), "memory of threads, never to be executed"},
    {CALL(mremap), "a large block of memory grows"},
    {CALL(munmap), "memory is given back"},
    {CALL(madvise), "… in part, and the stack of a thread that ends"},
    {CALL(futex), "locks, and the end of threads"},
    {CALL(exit), "a thread ends"},
    {CALL(rt_sigprocmask), "… and blocks signals before"},
    {CALL(set_robust_list), "rarely: a thread that begins is still at its beginning when the others are shut in"},
    {CALL(rseq), "rarely: the same"},
    {CALL(prctl), "rarely: the same; only to give the thread a name"},
    {CALL(getrandom), "a thread's first TLS handshake, and now and then a later one"},
    /* files: only for reading */
    {CALL(openat), "a dataset is read again; never to be written or made"},
    {CALL(read), "files, signals between threads"},
    {CALL(pread64), "what /metrics tells of memory"},
    {CALL(write), "logs, signals between threads"},
    {CALL(close), "files and connections"},
    {CALL(lseek), "the size of a file; open descriptors, counted anew"},
    {CALL(fcntl), "sockets of clients"},
    {CALL(newfstatat), "a file's size and time"},
    {CALL(fstat), "rarely: the same in older C libraries"},
    {CALL(getdents64), "open descriptors are counted"},
    {CALL(readlink), "the way to a watched file"},
    {CALL(inotify_init1), "files are watched anew"},
    {CALL(inotify_add_watch), "… each of them"},
    {CALL(ioctl), "whether messages go to a terminal, and nothing else"},
    {CALL(socket), "whether somebody else listens on a Unix socket by now; no other kind of socket can be made"},
    {CALL(connect), "… which is asked by connecting"},
    {CALL(unlink), "the file of a Unix socket, at the end"},
    /* the process */
    {CALL(rt_sigtimedwait), "SIGHUP, SIGTERM"},
    {CALL(restart_syscall), "rarely: waiting goes on after the process was stopped"},
    {CALL(clock_gettime), "the processor time used"},
    {CALL(clock_nanosleep), "rarely: short waits"},
    {CALL(exit_group), "the end"},
};

enum { CALLS = sizeof calls / sizeof calls[0] };
_Static_assert(CALLS <= 45, "a sandbox that lets pass more than this is none");

const struct sandbox_call *sandbox_call_at(size_t i)
{
    return i < CALLS ? &calls[i] : NULL;
}

/* Adds a call, or where only some of its forms may be made, those. @return 0 or a negative errno. */
static int allow(scmp_filter_ctx filter, int call)
{
    static const scmp_datum_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

    if (call == SCMP_SYS(mmap) || call == SCMP_SYS(mprotect))
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (call == SCMP_SYS(openat))
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
    if (call == SCMP_SYS(ioctl))
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A1(SCMP_CMP_EQ, TCGETS));
    if (call == SCMP_SYS(socket))
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    if (call == SCMP_SYS(prctl))
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

static int keep_order(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

/* The first time that glibc 2.36 and older ones sort more than a kilobyte, they ask how much memory there is, and remember
 * it. Done in time, this call needs no place in the table. */
static void sort_for_the_first_time(void)
{
    int numbers[1024] = {0};

    qsort(numbers, sizeof numbers / sizeof numbers[0], sizeof numbers[0], keep_order);
}

/* Nor is the number of processors, which malloc asks for when it makes many arenas, unless it was told how many there may
 * be; this is what it would come to by itself. */
static void count_processors_for_malloc(void)
{
    enum { ARENAS_EACH = 8 };

    (void)mallopt(M_ARENA_MAX, ARENAS_EACH * get_nprocs());
}

/* @return 0 or a negative errno. */
static int close_calls(void)
{
    sort_for_the_first_time();
    count_processors_for_malloc();
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int fault = filter != NULL ? 0 : -ENOMEM;

    if (fault == 0)
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (fault == 0) /* a binary tree: the frequent calls are no dearer than the others */
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; fault == 0 && i < CALLS; i++) {
        fault = allow(filter, calls[i].number);
        if (fault == -EDOM || fault == -EINVAL) /* this processor has another call in its place */
            fault = calls[i].number < 0 ? 0 : fault;
    }
    if (fault == 0)
        fault = seccomp_load(filter);
    seccomp_release(filter);
    return fault;
}

/* ---- Capabilities ---------------------------------------------------------------------------------------------- */

/* @return 0 or a negative errno. */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, had) != 0)
        return -errno;
    /* Asking for what is there already may itself be forbidden. */
    if (memcmp(had, none, sizeof none) != 0 && syscall(SYS_capset, &header, none) != 0)
        return -errno;
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* All that the first version of Landlock can forbid; with no call left that writes, later ones have nothing to add. */
static const uint64_t file_rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

/* A ruleset of Landlock, and what became of the rules. */
struct rules {
    int fd, fault; /* a negative errno */
};

static void add_rule(struct rules *rules, const char *directory, uint64_t rights)
{
    int fd = open(*directory != '\0' ? directory : ".", O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = fd};

    if (fd < 0) /* what is not there cannot be opened either */
        return;
    if (syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0 && rules->fault == 0)
        rules->fault = -errno;
    (void)close(fd);
}

static bool is_root(const char *directory)
{
    return *directory == '/' && directory[strspn(directory, "/")] == '\0';
}

static int leave_readable(void *context, const char *directory, const char *name)
{
    char file[PATH_MAX];

    if (!is_root(directory))
        add_rule(context, directory, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    else if (snprintf(file, sizeof file, "/%s", name) < (int)sizeof file)
        add_rule(context, file, LANDLOCK_ACCESS_FS_READ_FILE);
    return 0;
}

static int leave_removable(void *context, const char *directory, const char *name)
{
    (void)name;
    add_rule(context, directory, LANDLOCK_ACCESS_FS_REMOVE_FILE);
    return 0;
}

/* @return 0 or a negative errno. */
static int close_files(const struct sandbox_files *files)
{
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = file_rights};
    struct rules rules = {.fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)};

    if (rules.fd < 0)
        return -errno;
    for (size_t i = 0; files->read[i] != NULL; i++)
        (void)way_follow(files->read[i], leave_readable, &rules);
    for (size_t i = 0; files->removed[i] != NULL; i++)
        (void)way_follow(files->removed[i], leave_removable, &rules);
    if (rules.fault == 0 && syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
        rules.fault = -errno;
    (void)close(rules.fd);
    return rules.fault;
}

/* ---- Both halves ----------------------------------------------------------------------------------------------- */

#ifdef WITHOUT_SANDBOX
static const bool possible = false;
#else
static const bool possible = true;
#endif

/* Says how one part went. @return whether to go on. */
static bool report(enum sandbox sandbox, struct log *log, const char *part, int fault)
{
    if (fault == 0) {
        log_write(log, LEVEL_INFO, "sandbox: %s", part);
        return true;
    }
    log_write(log, sandbox == SANDBOX_STRICT ? LEVEL_ERROR : LEVEL_INFO, "sandbox: not %s: %s%s", part,
              strerror(-fault), sandbox == SANDBOX_STRICT ? ", which --sandbox=strict demands" : "");
    return sandbox != SANDBOX_STRICT;
}

static bool is_wanted(enum sandbox sandbox, struct log *log, bool *ret_go_on)
{
    *ret_go_on = possible || sandbox != SANDBOX_STRICT;
    if (!*ret_go_on)
        log_write(log, LEVEL_ERROR,
                  "sandbox: there is none in a build with sanitizers or coverage, but strict was asked for");
    return possible && sandbox != SANDBOX_OFF;
}

bool sandbox_close_files(enum sandbox sandbox, const struct sandbox_files *files, struct log *log)
{
    bool go_on;

    if (!is_wanted(sandbox, log, &go_on))
        return go_on;
    int fault = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
    return report(sandbox, log, "without new privileges", fault) &&
           report(sandbox, log, "without capabilities", drop_capabilities()) &&
           report(sandbox, log, files->read[0] != NULL ? "without files but those to be read again" : "without files",
                  close_files(files));
}

bool sandbox_close_calls(enum sandbox sandbox, struct log *log)
{
    char part[64];
    bool go_on;

    if (!is_wanted(sandbox, log, &go_on))
        return go_on;
    (void)snprintf(part, sizeof part, "without system calls but %d", (int)CALLS);
    return report(sandbox, log, part, close_calls());
}
