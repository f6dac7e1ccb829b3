/* SPDX-License-Identifier: MIT */
/*
 * The way to a file is gone step by step, as the kernel goes it, and every place where it could turn is watched: the
 * directory of the file for its name, and that of each symbolic link on the way for the link's name. A step that is
 * not there is watched for too, so that a directory may vanish and come back.
 */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINKS_MAX = 40,     /* as many as the kernel follows */
    TURNINGS_MAX = 512, /* of all the files together */
    WATCHED_MAX = 256   /* more than a document names; those that it names no more stay */
};

/* A name in a directory that leads to a file. */
struct turning {
    int directory; /* the descriptor of its watch */
    char *name;
};

/* By what one sees that a file is another one, or has been written to. All zero: it is not there. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct watched {
    char *path;
    struct identity identity; /* at the last look */
};

struct watch {
    struct watched *files;
    size_t count;
    int fd;
    bool failing; /* inotify was refused */
    int news;     /* … with this errno, and that is to be told; 0: nothing is */
    struct turning turnings[TURNINGS_MAX];
    size_t turning_count;
};

static const uint32_t stirring = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

static void forget_turnings(struct watch *watch)
{
    for (size_t i = 0; i < watch->turning_count; i++)
        free(watch->turnings[i].name);
    watch->turning_count = 0;
}

/* @return 0 or an errno. */
static int add_turning(struct watch *watch, const char *directory, const char *name)
{
    if (watch->turning_count == TURNINGS_MAX)
        return ENOSPC;
    int descriptor = inotify_add_watch(watch->fd, *directory != '\0' ? directory : ".", stirring);
    if (descriptor < 0)
        return errno;
    char *copy = strdup(name);
    if (copy == NULL)
        return ENOMEM;
    watch->turnings[watch->turning_count++] = (struct turning){descriptor, copy};
    return 0;
}

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

/* Watches every place where the way to a file could turn. What is missing or cannot be gone ends the way: it is
 * watched for, and reading the file will say so. @return 0 or the errno of inotify. */
static int follow(struct watch *watch, const char *path)
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
            fault = add_turning(watch, way, step);
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

/* Begins anew, since each watch is of a directory that the way may no longer go through. */
static void follow_all(struct watch *watch)
{
    int fault = 0, old = watch->fd;

    forget_turnings(watch);
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        fault = errno;
    for (size_t i = 0; fault == 0 && i < watch->count; i++)
        fault = follow(watch, watch->files[i].path);
    if (fault != 0 && watch->fd >= 0) {
        (void)close(watch->fd);
        watch->fd = -1;
    }
    if (old >= 0)
        (void)close(old);
    /* A directory that vanished on the way there is none of inotify's faults. */
    if (!watch->failing && fault != ENOENT && fault != ENOTDIR)
        watch->news = fault;
    watch->failing = fault != 0;
}

static struct identity identify(const char *path)
{
    struct identity identity = {.device = 0};
    struct stat status;

    if (stat(path, &status) == 0)
        identity = (struct identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
    return identity;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           is_same_time(a->modified, b->modified) && is_same_time(a->changed, b->changed);
}

bool watch_changed(struct watch *watch)
{
    bool changed = false;

    /* First the watches, then the look: what happens in between is noticed twice rather than never. */
    follow_all(watch);
    for (size_t i = 0; i < watch->count; i++) {
        struct identity now = identify(watch->files[i].path);

        changed = changed || !is_same(&now, &watch->files[i].identity);
        watch->files[i].identity = now;
    }
    return changed;
}

int watch_fault(struct watch *watch)
{
    int fault = watch->news;

    watch->news = 0;
    return fault;
}

int watch_fd(const struct watch *watch)
{
    return watch->fd;
}

static bool is_about_files(const struct watch *watch, const struct inotify_event *event)
{
    if ((event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0)
        return true;
    for (size_t i = 0; event->len > 0 && i < watch->turning_count; i++)
        if (watch->turnings[i].directory == event->wd && strcmp(watch->turnings[i].name, event->name) == 0)
            return true;
    return false;
}

bool watch_stirred(struct watch *watch)
{
    _Alignas(struct inotify_event) char events[4096];
    bool about_files = false;
    ssize_t length;

    while ((length = read(watch->fd, events, sizeof events)) > 0) {
        const struct inotify_event *event;

        for (const char *at = events; at < events + length; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            about_files = about_files || is_about_files(watch, event);
        }
    }
    return about_files;
}

bool watch_add(struct watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->files[i].path, path) == 0)
            return false;
    struct watched *files =
        watch->count < WATCHED_MAX ? realloc(watch->files, (watch->count + 1) * sizeof *files) : NULL;
    if (files == NULL)
        return false;
    watch->files = files;
    files[watch->count] = (struct watched){.path = strdup(path)};
    if (files[watch->count].path == NULL)
        return false;
    watch->count++;
    return true;
}

struct watch *watch_new(const char *path)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->fd = -1;
    if (!watch_add(watch, path)) {
        watch_free(watch);
        return NULL;
    }
    (void)watch_changed(watch);
    return watch;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    forget_turnings(watch);
    if (watch->fd >= 0)
        (void)close(watch->fd);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->files[i].path);
    free(watch->files);
    free(watch);
}
