/* SPDX-License-Identifier: MIT */
#include "way.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as many as the kernel follows */

/* Puts a step behind the way so far, which is "" at the working directory. */
static bool append_step(char way[static PATH_MAX], const char *step)
{
    size_t length = strlen(way), added = strlen(step);
    bool slash = length > 0 && way[length - 1] != '/';

    if (length + slash + added >= PATH_MAX)
        return false;
    if (slash)
        way[length++] = '/';
    memcpy(way + length, step, added + 1);
    return true;
}

/* Takes the first step off the way that is left. */
static bool next_step(char rest[static PATH_MAX], char step[static NAME_MAX + 1])
{
    size_t skipped = strspn(rest, "/"), length = strcspn(rest + skipped, "/");

    if (length == 0 || length > NAME_MAX)
        return false;
    memcpy(step, rest + skipped, length);
    step[length] = '\0';
    size_t used = skipped + length;
    memmove(rest, rest + used, strlen(rest + used) + 1);
    return true;
}

int way_follow(const char *path, int (*turn)(void *context, const char *directory, const char *name), void *context)
{
    char way[PATH_MAX] = "", rest[PATH_MAX], step[NAME_MAX + 1], target[PATH_MAX], whole[PATH_MAX];
    struct stat status;
    unsigned links = 0;
    int fault = 0;

    if (strlen(path) >= sizeof rest)
        return 0;
    strcpy(rest, path);
    if (*rest == '/')
        strcpy(way, "/");
    while (fault == 0 && next_step(rest, step)) {
        bool last = rest[strspn(rest, "/")] == '\0';
        ssize_t length = -1;

        strcpy(whole, way);
        if (!append_step(whole, step))
            break;
        bool there = lstat(whole, &status) == 0;
        if (there && S_ISLNK(status.st_mode))
            length = readlink(whole, target, sizeof target - 1);
        if (!there || length >= 0 || last)
            fault = turn(context, way, step);
        if (!there)
            break;
        if (length < 0) {
            strcpy(way, whole);
            continue;
        }
        /* The link's target, then what was left behind it. */
        target[length] = '\0';
        if (++links > LINKS_MAX || (size_t)length + 1 + strlen(rest) >= sizeof rest)
            break;
        memmove(rest + length + 1, rest, strlen(rest) + 1);
        rest[length] = '/';
        memcpy(rest, target, (size_t)length);
        if (*target == '/')
            strcpy(way, "/");
    }
    return fault;
}
