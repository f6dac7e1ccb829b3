/* SPDX-License-Identifier: MIT */
/*
 * A body is compressed once and then sent many times, so levels are chosen for size as long as the time is small. The
 * README has the figures.
 */
#include "coding.h"

#include "negotiate.h"

#include <stdlib.h>
#include <zlib.h>
#ifdef SMESTATD_BROTLI
#include <brotli/encode.h>
#endif
#ifdef SMESTATD_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

enum { BROTLI_QUALITY = 5, ZSTD_LEVEL = 9, GZIP_LEVEL = 6 };

enum outcome { SHORTER, LONGER, NO_MEMORY };

/* Compresses into `out`, which has room for `*length` bytes: one less than there are. */
typedef enum outcome compressor(const struct body *body, unsigned char *out, size_t *length);

#ifdef SMESTATD_BROTLI
static enum outcome compress_brotli(const struct body *body, unsigned char *out, size_t *length)
{
    BrotliEncoderState *state = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    const uint8_t *from = (const uint8_t *)body->bytes;
    uint8_t *to = out;
    size_t left = body->length, room = *length;

    if (!state)
        return NO_MEMORY;
    bool made = BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, BROTLI_QUALITY) &&
                BrotliEncoderSetParameter(state, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT) &&
                BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT,
                                          body->length < UINT32_MAX ? (uint32_t)body->length : UINT32_MAX) &&
                BrotliEncoderCompressStream(state, BROTLI_OPERATION_FINISH, &left, &from, &room, &to, NULL);
    bool finished = made && BrotliEncoderIsFinished(state);
    BrotliEncoderDestroyInstance(state);
    *length -= room;
    return finished ? SHORTER : made ? LONGER : NO_MEMORY;
}
#endif

#ifdef SMESTATD_ZSTD
static enum outcome compress_zstd(const struct body *body, unsigned char *out, size_t *length)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();

    if (!context)
        return NO_MEMORY;
    size_t written = ZSTD_compressCCtx(context, out, *length, body->bytes, body->length, ZSTD_LEVEL);
    (void)ZSTD_freeCCtx(context);
    *length = written;
    if (!ZSTD_isError(written))
        return SHORTER;
    return ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall ? LONGER : NO_MEMORY;
}
#endif

static enum outcome compress_gzip(const struct body *body, unsigned char *out, size_t *length)
{
    enum { WINDOW_BITS = 15, GZIP_WRAPPER = 16, MEMORY_LEVEL = 8 }; /* zlib's own defaults */
    z_stream stream = {
        .next_in = (unsigned char *)(uintptr_t)body->bytes,
        .avail_in = (uInt)body->length,
        .next_out = out,
        .avail_out = (uInt)*length,
    };

    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, WINDOW_BITS + GZIP_WRAPPER, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return NO_MEMORY;
    int end = deflate(&stream, Z_FINISH);
    *length = stream.total_out;
    (void)deflateEnd(&stream);
    return end == Z_STREAM_END ? SHORTER : LONGER;
}

/* In the order of our liking: the smallest answers first. */
static const struct {
    const char *name;
    compressor *compress;
} codings[CODINGS] = {
    [CODING_NONE] = {NULL, NULL},
#ifdef SMESTATD_BROTLI
    [CODING_BROTLI] = {"br", compress_brotli},
#endif
#ifdef SMESTATD_ZSTD
    [CODING_ZSTD] = {"zstd", compress_zstd},
#endif
    [CODING_GZIP] = {"gzip", compress_gzip},
};

const char *coding_name(enum coding coding)
{
    return codings[coding].name;
}

enum coding coding_choose(const char *accept_encoding)
{
    const char *names[CODINGS + 1] = {NULL};
    enum coding numbers[CODINGS];
    size_t count = 0;

    if (!accept_encoding)
        return CODING_NONE;
    for (enum coding c = CODING_NONE + 1; c < CODINGS; c++)
        if (codings[c].name) {
            numbers[count] = c;
            names[count++] = codings[c].name;
        }
    int best = negotiate_coding(accept_encoding, names);
    return best >= 0 ? numbers[best] : CODING_NONE;
}

bool coding_apply(enum coding coding, const struct body *body, struct body **ret_body)
{
    enum { BYTES_MAX = 1 << 30 }; /* zlib counts in unsigned int; no answer is near it */
    size_t length = body->length - 1;

    *ret_body = NULL;
    if (body->length < CODING_LEAST || body->length > BYTES_MAX)
        return true;
    unsigned char *bytes = malloc(length);
    enum outcome outcome = bytes ? codings[coding].compress(body, bytes, &length) : NO_MEMORY;
    if (outcome == SHORTER && (*ret_body = body_new(bytes, length)) == NULL)
        outcome = NO_MEMORY;
    free(bytes);
    return outcome != NO_MEMORY;
}
