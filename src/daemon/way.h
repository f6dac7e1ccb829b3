/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_WAY_H
#define SMESTATD_WAY_H

/*
 * Goes the way to a file step by step, as the kernel does, and tells of every place where it turns or could: of the
 * directory of each symbolic link with the link's name, and of that of the file with the file's. "" is the working
 * directory. What is missing or cannot be gone is told of, too, and ends the way.
 * @return the first other than 0 that `turn` gave, which ends the way, or 0.
 */
int way_follow(const char *path, int (*turn)(void *context, const char *directory, const char *name), void *context);

#endif
