/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool armed, forever, failed;
static _Thread_local long seen, fail_at;
static atomic_long outstanding;

static const char *const *spared; /* NULL: none is */

enum { LARGE_BYTES = 8192, LARGE_MAX = 512 };
static _Thread_local long large[LARGE_MAX], large_count;

void alloc_spare(const char *const *libraries)
{
    void *frame;

    spared = libraries;
    (void)backtrace(&frame, 1); /* loads what it needs */
}

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

/* Whether a library that is spared is among those that wait for this allocation. */
static bool is_spared(void)
{
    void *frames[64];
    int count = spared ? backtrace(frames, 64) : 0;
    Dl_info found;

    for (int i = 0; i < count; i++)
        for (const char *const *library = spared; *library; library++)
            if (dladdr(frames[i], &found) && strstr(found.dli_fname, *library))
                return true;
    return false;
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
    if (is_spared())
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

/* Blocks that the program itself asked for since libraries are spared. */
static _Atomic(void *) own[256];

/* Puts one in the place of another, of which NULL stands for none. */
static bool exchange_own(void *from, void *into)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        void *found = from;

        if (atomic_load(&own[i]) == from && atomic_compare_exchange_strong(&own[i], &found, into))
            return true;
    }
    return false;
}

static void *counted(void *block, const void *asker)
{
    extern const char __executable_start[], etext[];
    bool by_program = (const char *)asker >= __executable_start && (const char *)asker < etext;

    if (!block || (spared && !by_program))
        return block;
    atomic_fetch_add(&outstanding, 1);
    if (spared && !exchange_own(NULL, block))
        abort(); /* the list above is too short for the tests */
    return block;
}

static void uncounted(void *block)
{
    if (block && (!spared || exchange_own(block, NULL)))
        atomic_fetch_sub(&outstanding, 1);
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
    (void)uncounted;
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
    return fails(size) ? NULL : counted(__libc_malloc(size), __builtin_return_address(0));
}

void *calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : counted(__libc_calloc(count, size), __builtin_return_address(0));
}

void *realloc(void *block, size_t size)
{
    if (fails(size))
        return NULL;
    uncounted(block);
    return counted(__libc_realloc(block, size), __builtin_return_address(0));
}

void free(void *block)
{
    uncounted(block);
    __libc_free(block);
}
#pragma GCC visibility pop

void alloc_begin(void)
{
}

#endif
