/* SPDX-License-Identifier: MIT */
/* Where lines are counted, a process writes its counts down when it ends by exit. What becomes another program or ends at once
 * does so here; the linker leads it here (--wrap). */
#include <gcov.h>
#include <unistd.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

int __wrap_execv(const char *path, char *const argv[])
{
    __gcov_dump();
    int failed = __real_execv(path, argv);
    __gcov_reset(); /* what follows is to be written, too */
    return failed;
}
