/* SPDX-License-Identifier: MIT */
#include "csv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_MAX = 1 << 30 }; /* 10,000,000 rows of a hundred bytes */

const char *csv_file_open(struct csv_file *file, const char *path)
{
    struct stat status;

    *file = (struct csv_file){.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file->descriptor < 0)
        return strerror(errno);
    if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return "this is no regular file";
    file->total_bytes = (uint64_t)status.st_size;
    return NULL;
}

void csv_file_close(struct csv_file *file)
{
    if (file->descriptor >= 0)
        (void)close(file->descriptor);
    file->descriptor = -1;
}

long csv_file_read(struct csv_file *file, char *into, size_t room)
{
    ssize_t got;

    do
        got = read(file->descriptor, into, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        file->error = errno;
    file->bytes += got > 0 ? (uint64_t)got : 0;
    if (file->bytes > BYTES_MAX) {
        file->error = EFBIG;
        return -1;
    }
    return (long)got;
}

const char *csv_file_fault(const struct csv_file *file)
{
    return file->error == EFBIG ? "the file is larger than 1 GiB" : strerror(file->error);
}
