/* SPDX-License-Identifier: MIT */
/*
 * Every place where the way to a file could turn is watched: the directory of the file for its name, and that of each
 * symbolic link on the way for the link's name. A step that is not there is watched for too, so that a directory may
 * vanish and come back.
 */
#include "watch.h"

#include "way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
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
static int add_turning(void *context, const char *directory, const char *name)
{
    struct watch *watch = context;

    if (watch->turning_count == TURNINGS_MAX)
        return ENOSPC;
    int descriptor = inotify_add_watch(watch->fd, *directory != '\0' ? directory : ".", stirring);
    if (descriptor < 0)
        return errno;
    char *copy = strdup(name);
    if (copy == NULL)
        return ENOMEM;
    watch->turnings[watch->turning_count++] = (struct turning){descriptor, copy};
    /* cppcheck-suppress memleak ; the turning has it */
    return 0;
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
        fault = way_follow(watch->files[i].path, add_turning, watch);
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
