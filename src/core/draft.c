/* SPDX-License-Identifier: MIT */
/*
 * A first document for a CSV file. The file is read twice: once to count what stands in each column, which says what it
 * could be; once more to see which columns name what others hold in code. Then the document is written, and loaded as
 * --check would, so that what is said of it is no promise but a result.
 */
#include "drafting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *draft_print(struct sme_draft *d, const char *format, ...)
{
    char *text = NULL;
    const char *kept = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        kept = arena_copy(&d->arena, text, (size_t)length);
        free(text);
    }
    d->no_memory = d->no_memory || !kept;
    return kept ? kept : "";
}

const char *draft_amount(struct sme_draft *d, uint64_t count, const char *thing)
{
    return draft_print(d, "%ju %s%s", (uintmax_t)count, thing, count == 1 ? "" : "s");
}

const char *draft_beginning(struct sme_draft *d, const char *text)
{
    size_t length = strlen(text), cut = length > 60 ? utf8_cut(text, length, 60) : length;

    return draft_print(d, "%.*s%s", (int)cut, text, cut < length ? "…" : "");
}

void draft_remark(struct sme_draft *d, const char *sentence)
{
    if (d->remark_count < REMARKS_MAX)
        d->remarks[d->remark_count++] = sentence;
}

void draft_tally_finish(struct tally *tally)
{
    arena_finish(&tally->arena);
    lookup_finish(&tally->lookup);
    free(tally->items);
    *tally = (struct tally){.many = true};
}

void draft_count_text(struct sme_draft *d, struct tally *tally, const struct csv_field *field, uint32_t most)
{
    if (tally->many)
        return;
    uint32_t row = lookup_find(&tally->lookup, field->text, field->length);
    if (row != LOOKUP_NOTHING) {
        tally->items[row].count++;
        return;
    }
    if (tally->count == most || d->texts == TEXTS_MAX || d->text_bytes + field->length > TEXT_BYTES_ALL_MAX ||
        field->length > TEXT_BYTES_MAX) {
        d->texts -= tally->count;
        d->text_bytes -= tally->bytes;
        draft_tally_finish(tally);
        return;
    }
    if (tally->count == tally->capacity) {
        uint32_t capacity = tally->capacity ? tally->capacity * 2 : 16;
        struct counted *items = realloc(tally->items, capacity * sizeof *items);

        if (!items) {
            d->no_memory = true;
            return;
        }
        tally->items = items;
        tally->capacity = capacity;
    }
    const char *text = arena_copy(&tally->arena, field->text, field->length);
    if (!text || !lookup_add(&tally->lookup, text, field->length, tally->count, RANK_CODE)) {
        d->no_memory = true;
        return;
    }
    tally->items[tally->count++] = (struct counted){text, (uint32_t)field->length, 1};
    tally->bytes += field->length;
    d->texts++;
    d->text_bytes += field->length;
}

/* What --check would say of the document if it lay beside the file. */
static enum sme_status check_draft(struct sme_draft *d)
{
    const char *slash = strrchr(d->path, '/');
    const char *directory = draft_print(d, "%.*s", slash ? (int)(slash + 1 - d->path) : 0, d->path);
    struct sme_dataset *dataset = NULL;

    if (d->no_memory)
        return SME_NO_MEMORY;
    enum sme_status status =
        dataset_load_in("draft", directory, buf_string(&d->document), d->document.length, NULL, d->faults, &dataset);
    sme_dataset_unref(dataset);
    return status == SME_BAD_INPUT ? SME_OK : status;
}

static enum sme_status write_draft(struct sme_draft *d)
{
    struct buf compact = BUF_INIT((size_t)SME_DOCUMENT_BYTES_MAX / 2);

    d->document = BUF_INIT((size_t)SME_DOCUMENT_BYTES_MAX);
    draft_put_document(d, &compact);
    if (compact.status == SME_OK) /* what is cut off is no JSON to indent */
        put_pretty(&d->document, buf_string(&compact), compact.length);
    if (d->document.length > 0 && d->document.bytes[d->document.length - 1] != '\n')
        buf_char(&d->document, '\n');
    enum sme_status status = compact.status != SME_OK ? compact.status : d->document.status;
    buf_finish(&compact);
    return d->no_memory ? SME_NO_MEMORY : status;
}

static enum sme_status make_draft(struct sme_draft *d)
{
    d->columns = arena_alloc(&d->arena, CSV_COLUMNS_MAX * sizeof *d->columns);
    d->row = arena_alloc(&d->arena, CSV_COLUMNS_MAX * sizeof *d->row);
    d->remarks = arena_alloc(&d->arena, REMARKS_MAX * sizeof *d->remarks);
    if (!d->columns || !d->row || !d->remarks)
        return SME_NO_MEMORY;
    enum sme_status status = sme_faults_new(&d->faults);
    if (status == SME_OK)
        status = draft_read(d, false);
    if (status != SME_OK)
        return status;
    draft_guess_lists(d);
    draft_guess_pairs(d);
    if (d->pair_count > 0 && !d->no_memory && (status = draft_read(d, true)) != SME_OK)
        return status;
    draft_use_pairs(d);
    draft_guess_units(d);
    draft_guess_dimensions(d);
    if (d->rows == 0) {
        d->undecided = true;
        draft_remark(d, "the file has no rows: nothing but the headers could be judged");
    }
    if (!d->no_memory)
        status = write_draft(d);
    return d->no_memory ? SME_NO_MEMORY : status != SME_OK ? status : check_draft(d);
}

enum sme_status sme_draft_new(const char *path, struct sme_faults *faults, struct sme_draft **ret_draft)
{
    size_t told = faults_told(faults);
    struct sme_draft *d = calloc(1, sizeof *d);

    if (!d)
        return SME_NO_MEMORY;
    d->path = path;
    d->told = faults;
    d->period = d->value = d->indicator = d->unit = -1;
    enum sme_status status = make_draft(d);
    for (unsigned i = 0; i < d->column_count; i++) {
        draft_tally_finish(&d->columns[i].texts);
        draft_tally_finish(&d->columns[i].odd);
    }
    if (faults->no_memory)
        status = SME_NO_MEMORY;
    if (status != SME_OK) {
        sme_draft_free(d);
        if (status == SME_NO_MEMORY)
            faults_forget(faults, told);
        return status;
    }
    *ret_draft = d;
    return SME_OK;
}

void sme_draft_free(struct sme_draft *draft)
{
    if (!draft)
        return;
    buf_finish(&draft->document);
    sme_faults_free(draft->faults);
    arena_finish(&draft->arena);
    free(draft);
}

const char *sme_draft_document(const struct sme_draft *draft, size_t *ret_length)
{
    if (ret_length)
        *ret_length = draft->document.length;
    return buf_string(&draft->document);
}

const char *sme_draft_remark(const struct sme_draft *draft, size_t i)
{
    return i < draft->remark_count ? draft->remarks[i] : NULL;
}

const struct sme_faults *sme_draft_faults(const struct sme_draft *draft)
{
    return draft->faults;
}

bool sme_draft_is_ready(const struct sme_draft *draft)
{
    return sme_faults_count(draft->faults) == 0 && !draft->undecided;
}
