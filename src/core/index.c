/* SPDX-License-Identifier: MIT */
/* Building the axes and the searchable texts. */
#include "dataset.h"
#include "unicode.h"

#include <stdlib.h>
#include <string.h>

/* Where a row's codes go: they are counted first, so that there is room for their rows, and then the rows are placed. */
struct sink {
    uint32_t *counts;
    struct posting *postings; /* NULL while counting */
    uint8_t *code_of;         /* or NULL */
};

static void emit(struct sink *sink, uint32_t row, uint32_t code)
{
    struct posting *posting = sink->postings ? &sink->postings[code] : NULL;
    uint32_t before = sink->counts[code]++;

    if (posting && posting->bitmap)
        bitmap_add(posting->bitmap, row);
    else if (posting)
        posting->rows[before] = row;
    if (sink->code_of)
        sink->code_of[row] = (uint8_t)code;
}

static const struct observation *observation_of(const struct sme_dataset *d, enum collection collection, uint32_t row)
{
    return &d->observations[collection == TARGETS ? d->targets[row] : row];
}

static void emit_areas_of(const struct sme_dataset *d, struct sink *sink, uint32_t row, uint32_t indicator,
                          uint8_t kind)
{
    for (uint32_t a = 0; a < d->area_count; a++)
        for (uint32_t l = 0; l < d->areas[a].link_count; l++)
            if (link_covers(&d->areas[a].links[l], indicator, kind)) {
                emit(sink, row, a);
                break;
            }
}

static void emit_observation(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                             struct sink *sink)
{
    const struct observation *o = observation_of(d, collection, row);
    const struct indicator *i = &d->indicators[o->indicator];

    switch (filter) {
    case FILTER_CATEGORY:
        emit(sink, row, i->category);
        break;
    case FILTER_YEAR:
        emit(sink, row, year_code(d, o->period.year));
        break;
    case FILTER_INDICATOR:
        emit(sink, row, o->indicator);
        break;
    case FILTER_FOCUS_AREA:
        emit_areas_of(d, sink, row, o->indicator, o->kind);
        break;
    case FILTER_KIND:
        emit(sink, row, o->kind);
        break;
    case FILTER_UNIT:
        emit(sink, row, i->unit);
        break;
    case FILTER_QUALIFIER:
        if (o->qualifier != NO_WORD)
            emit(sink, row, o->qualifier);
        break;
    case FILTER_SOURCE:
        emit(sink, row, o->source);
        break;
    case FILTER_DIMENSION:
    case FILTERS:
        break;
    }
}

static void emit_member(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                        struct sink *sink)
{
    uint32_t observation = collection == TARGETS ? d->targets[row] : row;

    emit(sink, row, members_of(d, observation)[filter - FILTER_DIMENSION]);
}

static void emit_indicator(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                           struct sink *sink)
{
    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit(sink, row, d->indicators[row].category);
    else if (filter == FILTER_UNIT)
        emit(sink, row, d->indicators[row].unit);
    else if (filter == FILTER_FOCUS_AREA)
        emit_areas_of(d, sink, row, row, NO_WORD);
    else
        emit(sink, row, row);
}

static void emit_categories(const struct focus_area *area, uint32_t row, struct sink *sink)
{
    for (uint32_t i = 0; i < area->categories.count; i++)
        emit(sink, row, area->categories.items[i]);
}

static void emit_area(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                      struct sink *sink)
{
    const struct focus_area *area = &d->areas[row];

    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit_categories(area, row, sink);
    else if (filter == FILTER_YEAR)
        emit(sink, row, year_code(d, area->period.year));
    else if (filter == FILTER_FOCUS_AREA)
        emit(sink, row, row);
    else
        for (uint32_t l = 0; l < area->link_count; l++)
            emit(sink, row, area->links[l].indicator);
}

static void emit_measure(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                         struct sink *sink)
{
    const struct measure *measure = d->measures[row];

    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit_categories(&d->areas[measure->area], row, sink);
    else if (filter == FILTER_YEAR)
        emit(sink, row, year_code(d, measure->period.year));
    else if (filter == FILTER_FOCUS_AREA)
        emit(sink, row, measure->area);
    else
        emit(sink, row, measure->kind);
}

/* Code lists are filtered by their own codes. */
static void emit_self(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                      struct sink *sink)
{
    (void)d;
    (void)collection;
    (void)filter;
    emit(sink, row, row);
}

typedef void emitter(const struct sme_dataset *dataset, enum collection collection, enum filter filter, uint32_t row,
                     struct sink *sink);

/* Which filter makes sense where, and who knows a row's codes for it. A filter on a collection is an entry here; dimensions
 * are about observations. */
static emitter *const emitters[COLLECTIONS][FILTER_DIMENSION] = {
    [INDICATORS] =
        {
            [FILTER_CATEGORY] = emit_indicator,
            [FILTER_INDICATOR] = emit_indicator,
            [FILTER_FOCUS_AREA] = emit_indicator,
            [FILTER_UNIT] = emit_indicator,
        },
    [OBSERVATIONS] =
        {
            [FILTER_CATEGORY] = emit_observation,
            [FILTER_YEAR] = emit_observation,
            [FILTER_INDICATOR] = emit_observation,
            [FILTER_FOCUS_AREA] = emit_observation,
            [FILTER_KIND] = emit_observation,
            [FILTER_UNIT] = emit_observation,
            [FILTER_QUALIFIER] = emit_observation,
            [FILTER_SOURCE] = emit_observation,
        },
    [TARGETS] =
        {
            [FILTER_CATEGORY] = emit_observation,
            [FILTER_YEAR] = emit_observation,
            [FILTER_INDICATOR] = emit_observation,
            [FILTER_FOCUS_AREA] = emit_observation,
            [FILTER_UNIT] = emit_observation,
            [FILTER_QUALIFIER] = emit_observation,
            [FILTER_SOURCE] = emit_observation,
        },
    [FOCUS_AREAS] =
        {
            [FILTER_CATEGORY] = emit_area,
            [FILTER_YEAR] = emit_area,
            [FILTER_INDICATOR] = emit_area,
            [FILTER_FOCUS_AREA] = emit_area,
        },
    [MEASURES] =
        {
            [FILTER_CATEGORY] = emit_measure,
            [FILTER_YEAR] = emit_measure,
            [FILTER_FOCUS_AREA] = emit_measure,
            [FILTER_KIND] = emit_measure,
        },
    [CATEGORIES] = {[FILTER_CATEGORY] = emit_self},
    [UNITS] = {[FILTER_UNIT] = emit_self},
    [SOURCES] = {[FILTER_SOURCE] = emit_self},
};

bool index_has_axis(const struct sme_dataset *dataset, enum collection collection, enum filter filter)
{
    if (filter < FILTER_DIMENSION)
        return emitters[collection][filter] != NULL;
    return dataset && filter - FILTER_DIMENSION < dataset->dimension_count &&
           (collection == OBSERVATIONS || collection == TARGETS);
}

static uint32_t codes_on(const struct sme_dataset *d, enum collection collection, enum filter filter)
{
    if (filter >= FILTER_DIMENSION)
        return d->dimensions[filter - FILTER_DIMENSION].value_count;
    switch (filter) {
    case FILTER_CATEGORY:
        return d->category_count;
    case FILTER_YEAR:
        return d->year_count + 1;
    case FILTER_INDICATOR:
        return d->indicator_count;
    case FILTER_FOCUS_AREA:
        return d->area_count;
    case FILTER_KIND:
        return words_count(collection == MEASURES ? &measure_kind_words : &kind_words);
    case FILTER_UNIT:
        return d->unit_count;
    case FILTER_QUALIFIER:
        return words_count(&qualifier_words);
    case FILTER_SOURCE:
        return d->source_count;
    case FILTER_DIMENSION:
    case FILTERS:
        break;
    }
    return 0;
}

static emitter *emitter_of(enum collection collection, enum filter filter)
{
    return filter < FILTER_DIMENSION ? emitters[collection][filter] : emit_member;
}

/* Room for the rows of a posting that are counted: no more than twice a list's in a bitmap. */
static bool make_room(struct arena *arena, struct posting *posting, uint32_t rows)
{
    if (posting->count > rows / 64) {
        struct bitmap *bitmap = arena_alloc(arena, sizeof *bitmap);
        void *memory = bitmap ? arena_alloc(arena, bitmap_bytes(rows)) : NULL;

        if (memory)
            *bitmap = bitmap_in(memory, rows);
        posting->bitmap = bitmap;
        return memory != NULL;
    }
    posting->rows = arena_alloc(arena, (posting->count + 1) * sizeof *posting->rows);
    return posting->rows != NULL;
}

/* Room for the code of each row, where rows have no more than one and are counted by it: observations, unless one code is
 * that of all, or all codes have lists, which tell sooner. False: no memory. */
static bool make_code_of(struct sme_dataset *d, enum collection collection, enum filter filter, struct axis *axis)
{
    uint32_t rows = d->index.row_counts[collection];
    bool worth = false;

    for (uint32_t code = 0; code < axis->codes; code++)
        worth = worth || (axis->postings[code].bitmap && axis->postings[code].count < rows);
    if (collection != OBSERVATIONS || filter == FILTER_FOCUS_AREA || axis->codes > UINT8_MAX || !worth)
        return true;
    if ((axis->code_of = arena_alloc(&d->arena, rows)) != NULL)
        memset(axis->code_of, (int)axis->codes, rows);
    return axis->code_of != NULL;
}

static bool make_axis(struct sme_dataset *d, enum collection collection, enum filter filter)
{
    uint32_t rows = d->index.row_counts[collection], codes = codes_on(d, collection, filter);
    struct axis *axis = &d->index.axes[collection][filter];
    struct sink sink = {.counts = calloc((size_t)codes + 1, sizeof *sink.counts)};
    emitter *emits = emitter_of(collection, filter);

    axis->codes = codes;
    axis->postings = arena_alloc(&d->arena, ((size_t)codes + 1) * sizeof *axis->postings);
    bool made = sink.counts && axis->postings;
    for (uint32_t row = 0; made && row < rows; row++)
        emits(d, collection, filter, row, &sink);
    for (uint32_t code = 0; made && code < codes; code++) {
        axis->postings[code].count = sink.counts[code];
        made = make_room(&d->arena, &axis->postings[code], rows);
        sink.counts[code] = 0;
    }
    made = made && make_code_of(d, collection, filter, axis);
    sink.postings = axis->postings;
    sink.code_of = axis->code_of;
    for (uint32_t row = 0; made && row < rows; row++)
        emits(d, collection, filter, row, &sink);
    for (uint32_t code = 0; made && code < codes; code++)
        if (axis->postings[code].bitmap)
            axis->postings[code].filled = bitmap_filled(axis->postings[code].bitmap);
    free(sink.counts);
    return made;
}

void posting_add_to(const struct posting *posting, struct bitmap *rows)
{
    if (posting->bitmap)
        bitmap_or(rows, posting->bitmap);
    else
        for (uint32_t i = 0; i < posting->count; i++)
            bitmap_add(rows, posting->rows[i]);
}

/* A list of rows that follow each other, as an indicator's do in most files. */
static bool is_run(const struct posting *posting)
{
    return posting->count > 0 && posting->rows[posting->count - 1] - posting->rows[0] == posting->count - 1;
}

uint32_t posting_count_in(const struct posting *posting, const struct bitmap *rows)
{
    uint32_t count = 0;

    if (posting->bitmap)
        return bitmap_count_common(posting->bitmap, rows);
    if (is_run(posting))
        return bitmap_count_between(rows, posting->rows[0], posting->rows[posting->count - 1]);
    for (uint32_t i = 0; i < posting->count; i++)
        count += bitmap_has(rows, posting->rows[i]);
    return count;
}

uint32_t posting_count_common(const struct posting *a, const struct posting *b)
{
    uint32_t count = 0;

    if (a->bitmap || b->bitmap)
        return a->bitmap ? posting_count_in(b, a->bitmap) : posting_count_in(a, b->bitmap);
    for (uint32_t i = 0, j = 0; i < a->count && j < b->count;) {
        count += a->rows[i] == b->rows[j];
        if (a->rows[i] <= b->rows[j])
            i++;
        else
            j++;
    }
    return count;
}

/* Whether to ask the codes for their rows takes longer than to ask so many rows for their codes. */
static bool is_better_by_row(const struct axis *axis, uint32_t filled, uint32_t count)
{
    /* What is looked at costs: a word of a bitmap, which mostly lies far from the one before, a row of a list, and a row for
     * its code, which is kept or has to be looked for. */
    enum { OF_WORD = 3, OF_LIST = 6, OF_KEPT = 1, OF_ROW = 36 };
    uint64_t by_code = 0;

    for (uint32_t code = 0; code < axis->codes; code++) {
        const struct posting *posting = &axis->postings[code];

        by_code += posting->bitmap   ? (uint64_t)OF_WORD * (filled < posting->filled ? filled : posting->filled)
                   : is_run(posting) ? (uint64_t)OF_WORD * (posting->count / 64 + 2)
                                     : (uint64_t)OF_LIST * posting->count;
    }
    return by_code > (uint64_t)(axis->code_of ? OF_KEPT : OF_ROW) * count;
}

static bool make_counts(const struct axis *axes, const bool wanted[FILTERS], struct code_counts *ret_counts)
{
    size_t codes = 0;

    *ret_counts = (struct code_counts){.all = NULL};
    for (enum filter f = 0; f < FILTERS; f++)
        codes += wanted[f] ? axes[f].codes + 1 : 0;
    uint32_t *next = ret_counts->all = calloc(codes + 1, sizeof *next);
    for (enum filter f = 0; f < FILTERS && next; f++)
        if (wanted[f]) {
            ret_counts->of[f] = next;
            next += axes[f].codes + 1; /* the last one for rows that have none */
        }
    return next != NULL;
}

void code_counts_finish(struct code_counts *counts)
{
    free(counts->all);
    *counts = (struct code_counts){.all = NULL};
}

/* By asking each code for its rows. */
static void count_axis(const struct axis *axis, const struct bitmap *rows, uint32_t count, uint32_t *ret_counts)
{
    for (uint32_t code = 0; code < axis->codes; code++) {
        const struct posting *posting = &axis->postings[code];

        ret_counts[code] = count == rows->rows            ? posting->count
                           : posting->count == rows->rows ? count
                                                          : posting_count_in(posting, rows);
    }
}

/* In a large dataset the codes of each word's rows lie somewhere else, so they are asked for while those before are counted. */
static ALWAYS_INLINE void fetch_codes(const struct axis *axis, const struct bitmap *rows, size_t block)
{
    for (uint64_t rest = rows->filled[block]; rest; rest &= rest - 1) {
        const uint8_t *codes = axis->code_of + (block * 64 + (size_t)__builtin_ctzll(rest)) * 64;

        __builtin_prefetch(codes);
        __builtin_prefetch(codes + 63);
    }
}

/* By asking each row for its code, which is kept. */
static void count_kept(const struct axis *axis, const struct bitmap *rows, uint32_t *ret_counts)
{
    size_t blocks = bitmap_blocks(rows->rows);

    for (size_t block = 0; block < blocks; block++) {
        if (block + 1 < blocks)
            fetch_codes(axis, rows, block + 1);
        for (uint64_t filled = rows->filled[block]; filled; filled &= filled - 1) {
            size_t word = block * 64 + (size_t)__builtin_ctzll(filled);

            for (uint64_t rest = rows->words[word]; rest; rest &= rest - 1) {
                size_t at = (size_t)__builtin_ctzll(rest);

                ret_counts[axis->code_of[word * 64 + at]]++;
            }
        }
    }
}

bool index_count_codes(const struct sme_dataset *d, enum collection collection, const struct bitmap *rows,
                       uint32_t count, const bool wanted[FILTERS], struct code_counts *ret_counts)
{
    const struct axis *axes = d->index.axes[collection];
    uint32_t filled = bitmap_filled(rows);
    struct bitmap_walk walk = {0};
    enum filter by_row[FILTERS];
    size_t by_row_count = 0;

    if (!make_counts(axes, wanted, ret_counts))
        return false;
    for (enum filter f = 0; f < FILTERS; f++)
        if (!wanted[f])
            continue;
        else if (count == rows->rows || !is_better_by_row(&axes[f], filled, count))
            count_axis(&axes[f], rows, count, ret_counts->of[f]);
        else if (axes[f].code_of)
            count_kept(&axes[f], rows, ret_counts->of[f]);
        else
            by_row[by_row_count++] = f;
    for (uint32_t row; by_row_count > 0 && (row = bitmap_walk(rows, &walk)) != NONE;)
        for (size_t i = 0; i < by_row_count; i++) {
            struct sink sink = {.counts = ret_counts->of[by_row[i]]};

            emitter_of(collection, by_row[i])(d, collection, by_row[i], row, &sink);
        }
    return true;
}

/* Searchable texts. */

struct stacking {
    struct sme_dataset *dataset;
    struct hay *hays;
    size_t count, capacity;
    bool no_memory;
};

static void stack(struct stacking *s, const char *where, uint32_t language, const struct str *str)
{
    struct buf label = BUF_INIT(256);
    char *folded = unicode_fold(str->text, str->length);

    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 256;
        struct hay *hays = realloc(s->hays, capacity * sizeof *hays);

        s->no_memory = s->no_memory || !hays;
        s->hays = hays ? hays : s->hays;
        s->capacity = hays ? capacity : s->capacity;
        /* cppcheck-suppress memleak ; `s` has them, grown or not */
    }
    buf_text(&label, where);
    buf_char(&label, '.');
    buf_text(&label, s->dataset->languages[language].text);
    struct hay hay = {
        .folded = folded ? arena_copy(&s->dataset->arena, folded, strlen(folded)) : NULL,
        .where = arena_copy(&s->dataset->arena, buf_string(&label), label.length),
    };
    s->no_memory = s->no_memory || !hay.folded || !hay.where;
    if (!s->no_memory)
        s->hays[s->count++] = hay;
    buf_finish(&label);
    free(folded);
}

static void stack_text(struct stacking *s, const char *where, const struct str *t)
{
    for (uint32_t l = 0; t && l < s->dataset->language_count; l++)
        if (t[l].text && (l == 0 || t[l].text != t[0].text))
            stack(s, where, l, &t[l]);
}

static void stack_texts(struct stacking *s, const char *where, const struct texts *texts)
{
    for (uint32_t i = 0; i < texts->count; i++)
        stack_text(s, where, texts->items[i]);
}

static void stack_measure(struct stacking *s, const char *text_label, const char *name_label, const struct measure *m)
{
    stack_text(s, text_label, m->text);
    for (uint32_t i = 0; i < m->instruments.count; i++)
        stack_text(s, name_label, s->dataset->instruments[m->instruments.items[i]].name);
}

static void stack_record(struct stacking *s, enum subject subject, uint32_t record)
{
    const struct sme_dataset *d = s->dataset;

    switch (subject) {
    case SUBJECT_INDICATORS:
        stack_text(s, "name", d->indicators[record].name);
        stack_texts(s, "aliases", &d->indicators[record].aliases);
        stack_text(s, "source_name", d->indicators[record].source_name);
        stack_text(s, "description", d->indicators[record].description);
        stack_text(s, "population", d->indicators[record].population);
        stack_text(s, "denominator", d->indicators[record].denominator);
        stack_text(s, "category", d->categories[d->indicators[record].category].name);
        stack_texts(s, "notes", &d->indicators[record].notes);
        break;
    case SUBJECT_OBSERVATIONS:
        stack_text(s, "wording", d->observations[record].details->wording);
        stack_text(s, "population", d->observations[record].details->population);
        stack_texts(s, "notes", &d->observations[record].details->notes);
        break;
    case SUBJECT_AREAS:
        stack_text(s, "title", d->areas[record].title);
        stack_text(s, "source_title", d->areas[record].source_title);
        stack_text(s, "description", d->areas[record].description);
        for (uint32_t m = 0; m < d->areas[record].measure_count; m++)
            stack_measure(s, "measures.text", "instruments.name", &d->areas[record].measures[m]);
        stack_texts(s, "notes", &d->areas[record].notes);
        break;
    case SUBJECT_MEASURES:
        stack_measure(s, "text", "instruments.name", d->measures[record]);
        stack_text(s, "source_text", d->measures[record]->source_text);
        stack_texts(s, "notes", &d->measures[record]->notes);
        break;
    case SUBJECT_CATEGORIES:
        stack_text(s, "name", d->categories[record].name);
        stack_text(s, "description", d->categories[record].description);
        stack_texts(s, "notes", &d->categories[record].notes);
        break;
    case SUBJECT_UNITS:
        stack_text(s, "name", d->units[record].name);
        stack_text(s, "description", d->units[record].description);
        stack_texts(s, "notes", &d->units[record].notes);
        break;
    case SUBJECT_SOURCES:
        stack_text(s, "title", d->sources[record].title);
        stack_text(s, "publisher", d->sources[record].publisher);
        stack_text(s, "speaker", d->sources[record].speaker_name);
        stack_text(s, "topic", d->sources[record].topic);
        stack_text(s, "series", d->sources[record].series);
        stack_texts(s, "notes", &d->sources[record].notes);
        break;
    case SUBJECT_DIMENSIONS:
        stack_text(s, "name", d->dimensions[record].name);
        stack_text(s, "description", d->dimensions[record].description);
        for (uint32_t v = 0; v < d->dimensions[record].value_count; v++)
            stack_text(s, "values.name", d->dimensions[record].values[v].name);
        stack_texts(s, "notes", &d->dimensions[record].notes);
        break;
    case SUBJECTS:
        break;
    }
}

static bool make_haystack(struct sme_dataset *d, enum subject subject, uint32_t records)
{
    struct stacking s = {.dataset = d};
    struct haystack *haystack = &d->index.haystacks[subject];
    uint32_t count = 0;

    for (uint32_t r = 0; r < records; r++)
        count += subject != SUBJECT_OBSERVATIONS || d->observations[r].details != &no_details;
    haystack->records = arena_alloc(&d->arena, ((size_t)count + 1) * sizeof *haystack->records);
    haystack->starts = arena_alloc(&d->arena, ((size_t)count + 1) * sizeof *haystack->starts);
    bool made = haystack->records && haystack->starts;
    for (uint32_t r = 0; made && r < records; r++) {
        size_t before = s.count;

        stack_record(&s, subject, r);
        if (s.count == before)
            continue;
        haystack->records[haystack->count++] = r;
        haystack->starts[haystack->count] = (uint32_t)s.count;
    }
    haystack->hays = arena_alloc(&d->arena, (s.count + 1) * sizeof *haystack->hays);
    made = made && haystack->hays && !s.no_memory;
    if (made && s.count)
        memcpy(haystack->hays, s.hays, s.count * sizeof *s.hays);
    free(s.hays);
    return made;
}

static int by_record(const void *key, const void *element)
{
    uint32_t wanted = *(const uint32_t *)key, record = *(const uint32_t *)element;

    return (wanted > record) - (wanted < record);
}

static struct found_by texts_of(const struct sme_dataset *d, enum subject subject, uint32_t record)
{
    const struct haystack *stack = subject != SUBJECTS ? &d->index.haystacks[subject] : NULL;
    const uint32_t *found =
        stack ? bsearch(&record, stack->records, stack->count, sizeof *stack->records, by_record) : NULL;

    if (!found)
        return (struct found_by){NULL, NULL};
    size_t i = (size_t)(found - stack->records);
    return (struct found_by){&stack->hays[stack->starts[i]], &stack->hays[stack->starts[i + 1]]};
}

void index_found_by(const struct sme_dataset *d, enum collection collection, uint32_t row, struct found_by ret_by[2])
{
    static const enum subject subjects[COLLECTIONS] = {
        [INDICATORS] = SUBJECT_INDICATORS,
        [OBSERVATIONS] = SUBJECTS,
        [TARGETS] = SUBJECTS,
        [FOCUS_AREAS] = SUBJECT_AREAS,
        [MEASURES] = SUBJECT_MEASURES,
        [CATEGORIES] = SUBJECT_CATEGORIES,
        [YEARS] = SUBJECTS,
        [UNITS] = SUBJECT_UNITS,
        [SOURCES] = SUBJECT_SOURCES,
        [DIMENSIONS] = SUBJECT_DIMENSIONS,
        [FACETS] = SUBJECTS,
        [DATASET] = SUBJECTS,
    };

    if (collection == OBSERVATIONS || collection == TARGETS) {
        uint32_t observation = collection == TARGETS ? d->targets[row] : row;

        ret_by[0] = texts_of(d, SUBJECT_INDICATORS, d->observations[observation].indicator);
        ret_by[1] = texts_of(d, SUBJECT_OBSERVATIONS, observation);
        return;
    }
    ret_by[0] = texts_of(d, subjects[collection], row);
    ret_by[1] = (struct found_by){NULL, NULL};
}

bool index_make(struct sme_dataset *d)
{
    const uint32_t rows[COLLECTIONS] = {
        [INDICATORS] = d->indicator_count,
        [OBSERVATIONS] = d->observation_count,
        [TARGETS] = d->target_count,
        [FOCUS_AREAS] = d->area_count,
        [MEASURES] = d->measure_count,
        [CATEGORIES] = d->category_count,
        [YEARS] = d->year_count + 1,
        [UNITS] = d->unit_count,
        [SOURCES] = d->source_count,
        [DIMENSIONS] = d->dimension_count,
        [FACETS] = FILTER_DIMENSION + d->dimension_count,
        [DATASET] = 1,
    };
    const uint32_t records[SUBJECTS] = {
        [SUBJECT_INDICATORS] = d->indicator_count, [SUBJECT_OBSERVATIONS] = d->observation_count,
        [SUBJECT_AREAS] = d->area_count,           [SUBJECT_MEASURES] = d->measure_count,
        [SUBJECT_CATEGORIES] = d->category_count,  [SUBJECT_UNITS] = d->unit_count,
        [SUBJECT_SOURCES] = d->source_count,       [SUBJECT_DIMENSIONS] = d->dimension_count,
    };

    memcpy(d->index.row_counts, rows, sizeof rows);
    for (enum collection c = 0; c < COLLECTIONS; c++)
        for (enum filter f = 0; f < FILTERS; f++)
            if (index_has_axis(d, c, f) && !make_axis(d, c, f))
                return false;
    for (enum subject s = 0; s < SUBJECTS; s++)
        if (!make_haystack(d, s, records[s]))
            return false;
    return true;
}
