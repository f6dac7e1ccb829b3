/* SPDX-License-Identifier: MIT */
/*
 * Gives a fuzz target the files that are named, and those of the folders that are: so seeds and past findings are
 * ordinary tests of every build, with any compiler. No file at all is a failure.
 */
#include "fuzz.h"

#include <fts.h>

static unsigned replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    long length = -1;

    if (file && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    uint8_t *bytes = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (!bytes || fseek(file, 0, SEEK_SET) != 0 || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        perror(path);
        exit(1);
    }
    (void)fclose(file);
    /* In memory of its own size, as libFuzzer gives it. */
    uint8_t *exact = malloc((size_t)length);
    MUST(exact || length == 0);
    if (length > 0)
        memcpy(exact, bytes, (size_t)length);
    free(bytes);
    (void)fprintf(stderr, "%s\n", path); /* the last line before a crash */
    (void)LLVMFuzzerTestOneInput(exact, (size_t)length);
    free(exact);
    return 1;
}

int main(int argc, char *argv[])
{
    unsigned count = 0;
    FTS *files = argc > 1 ? fts_open(argv + 1, FTS_LOGICAL | FTS_NOCHDIR, NULL) : NULL;

    for (FTSENT *entry; files && (entry = fts_read(files)) != NULL;)
        if (entry->fts_info == FTS_F)
            count += replay(entry->fts_path);
    if (files)
        (void)fts_close(files);
    printf("%sok - %u inputs\n", count > 0 ? "" : "not ", count);
    return count == 0;
}
