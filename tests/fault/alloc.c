/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool armed, forever, failed;
static _Thread_local long seen, fail_at;
static atomic_long outstanding;

enum { LARGE_BYTES = 8192, LARGE_MAX = 512 };
static _Thread_local long large[LARGE_MAX], large_count;

void alloc_arm(long n, bool all_later)
{
    seen = 0;
    large_count = 0;
    failed = false;
    fail_at = n;
    forever = all_later;
    armed = true;
}

long alloc_disarm(void)
{
    armed = false;
    return seen;
}

bool alloc_failed(void)
{
    return failed;
}

long alloc_large(long i)
{
    return i < large_count ? large[i] : 0;
}

long alloc_outstanding(void)
{
    return atomic_load(&outstanding);
}

/* True when this allocation must fail. */
static bool fails(size_t size)
{
    if (!armed)
        return false;
    seen++;
    if (size >= LARGE_BYTES && large_count < LARGE_MAX)
        large[large_count++] = seen;
    if (seen != fail_at && !(forever && fail_at && seen > fail_at))
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&outstanding, 1);
    return block;
}

#ifdef ALLOC_WRAP

#include <jansson.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

/* Blocks cross the border of what is wrapped, so they are not counted here: the sanitizer finds leaks. */
void *__wrap_malloc(size_t size)
{
    return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails(size) ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

void __wrap_free(void *block)
{
    __real_free(block);
}

void alloc_begin(void)
{
    (void)counted;
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

#else

/* glibc's own, which these stand before: visible, so that the libraries use them too. */
#pragma GCC visibility push(default)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

void *malloc(size_t size)
{
    return fails(size) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails(size))
        return NULL;
    void *moved = __libc_realloc(block, size);
    return block ? moved : counted(moved);
}

void free(void *block)
{
    if (block)
        atomic_fetch_sub(&outstanding, 1);
    __libc_free(block);
}
#pragma GCC visibility pop

void alloc_begin(void)
{
}

#endif
