/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_WATCH_H
#define SMESTATD_WATCH_H
/*
 * Files, watched for changes: written in place, replaced by another of the same name, or reached through a symbolic
 * link that now leads elsewhere, as Kubernetes changes what it mounts. The system says when something stirred
 * (inotify); whether it was the files is seen from what they are now.
 */
#include <stdbool.h>
#include <stddef.h>

struct watch;

/* NULL: no memory. */
struct watch *watch_new(const char *path);
/* Watches one more, which counts as changed at the next look. False: it is watched already, or there is no room. */
bool watch_add(struct watch *watch, const char *path);
void watch_free(struct watch *watch);

/* Readable when something may have changed; -1 where the files must be looked at instead. */
int watch_fd(const struct watch *watch);
/* Takes in what was to be read. @return whether it was about the files or their directories. */
bool watch_stirred(struct watch *watch);
/* Looks at the files, and from now on watches where their names lead now. @return whether they are others, or have
 * other contents, than at the last look. */
bool watch_changed(struct watch *watch);
/* The errno with which the system refused to tell of changes, once; 0: none. */
int watch_fault(struct watch *watch);

#endif
