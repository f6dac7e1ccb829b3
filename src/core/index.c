/* SPDX-License-Identifier: MIT */
/* Building the axes and the searchable texts, and the bitmaps that selections are made of. */
#include "dataset.h"
#include "unicode.h"

#include <stdlib.h>
#include <string.h>

/* Pairs of row and code as an axis collects them: rows ascending. */
struct pairs {
    uint32_t *rows, *codes;
    size_t count, capacity;
    bool no_memory;
};

static void emit(struct pairs *pairs, uint32_t row, uint32_t code)
{
    if (pairs->count == pairs->capacity) {
        size_t capacity = pairs->capacity ? pairs->capacity * 2 : 256;
        uint32_t *rows = realloc(pairs->rows, capacity * sizeof *rows);
        uint32_t *codes = rows ? realloc(pairs->codes, capacity * sizeof *codes) : NULL;

        pairs->rows = rows ? rows : pairs->rows;
        pairs->codes = codes ? codes : pairs->codes;
        if (!codes) {
            pairs->no_memory = true;
            return;
        }
        pairs->capacity = capacity;
    }
    pairs->rows[pairs->count] = row;
    pairs->codes[pairs->count++] = code;
}

static const struct observation *observation_of(const struct sme_dataset *d, enum collection collection, uint32_t row)
{
    return &d->observations[collection == TARGETS ? d->targets[row] : row];
}

static void emit_areas_of(const struct sme_dataset *d, struct pairs *pairs, uint32_t row, uint32_t indicator,
                          uint8_t kind)
{
    for (uint32_t a = 0; a < d->area_count; a++)
        for (uint32_t l = 0; l < d->areas[a].link_count; l++)
            if (link_covers(&d->areas[a].links[l], indicator, kind)) {
                emit(pairs, row, a);
                break;
            }
}

static void emit_observation(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                             struct pairs *pairs)
{
    const struct observation *o = observation_of(d, collection, row);
    const struct indicator *i = &d->indicators[o->indicator];

    switch (filter) {
    case FILTER_CATEGORY:
        emit(pairs, row, i->category);
        break;
    case FILTER_YEAR:
        emit(pairs, row, year_code(d, o->period.year));
        break;
    case FILTER_INDICATOR:
        emit(pairs, row, o->indicator);
        break;
    case FILTER_FOCUS_AREA:
        emit_areas_of(d, pairs, row, o->indicator, o->kind);
        break;
    case FILTER_KIND:
        emit(pairs, row, o->kind);
        break;
    case FILTER_UNIT:
        emit(pairs, row, i->unit);
        break;
    case FILTER_QUALIFIER:
        if (o->qualifier != NO_WORD)
            emit(pairs, row, o->qualifier);
        break;
    case FILTER_SOURCE:
        emit(pairs, row, o->source);
        break;
    case FILTER_DIMENSION:
    case FILTERS:
        break;
    }
}

static void emit_member(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                        struct pairs *pairs)
{
    uint32_t observation = collection == TARGETS ? d->targets[row] : row;

    emit(pairs, row, members_of(d, observation)[filter - FILTER_DIMENSION]);
}

static void emit_indicator(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                           struct pairs *pairs)
{
    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit(pairs, row, d->indicators[row].category);
    else if (filter == FILTER_UNIT)
        emit(pairs, row, d->indicators[row].unit);
    else if (filter == FILTER_FOCUS_AREA)
        emit_areas_of(d, pairs, row, row, NO_WORD);
    else
        emit(pairs, row, row);
}

static void emit_categories(const struct focus_area *area, uint32_t row, struct pairs *pairs)
{
    for (uint32_t i = 0; i < area->categories.count; i++)
        emit(pairs, row, area->categories.items[i]);
}

static void emit_area(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                      struct pairs *pairs)
{
    const struct focus_area *area = &d->areas[row];

    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit_categories(area, row, pairs);
    else if (filter == FILTER_YEAR)
        emit(pairs, row, year_code(d, area->period.year));
    else if (filter == FILTER_FOCUS_AREA)
        emit(pairs, row, row);
    else
        for (uint32_t l = 0; l < area->link_count; l++)
            emit(pairs, row, area->links[l].indicator);
}

static void emit_measure(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                         struct pairs *pairs)
{
    const struct measure *measure = d->measures[row];

    (void)collection;
    if (filter == FILTER_CATEGORY)
        emit_categories(&d->areas[measure->area], row, pairs);
    else if (filter == FILTER_YEAR)
        emit(pairs, row, year_code(d, measure->period.year));
    else if (filter == FILTER_FOCUS_AREA)
        emit(pairs, row, measure->area);
    else
        emit(pairs, row, measure->kind);
}

/* Code lists are filtered by their own codes. */
static void emit_self(const struct sme_dataset *d, enum collection collection, enum filter filter, uint32_t row,
                      struct pairs *pairs)
{
    (void)d;
    (void)collection;
    (void)filter;
    emit(pairs, row, row);
}

typedef void emitter(const struct sme_dataset *dataset, enum collection collection, enum filter filter, uint32_t row,
                     struct pairs *pairs);

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

/* Turns pairs into posting lists by counting. */
static bool invert(struct arena *arena, const struct pairs *pairs, struct axis *axis)
{
    axis->starts = arena_alloc(arena, ((size_t)axis->codes + 2) * sizeof *axis->starts);
    axis->rows = arena_alloc(arena, (pairs->count + 1) * sizeof *axis->rows);
    if (!axis->starts || !axis->rows)
        return false;
    /* starts[c + 2] counts, then becomes the end of c's predecessor, then is moved on while rows are placed. */
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->codes[i] + 2 <= axis->codes)
            axis->starts[pairs->codes[i] + 2]++;
    for (uint32_t c = 2; c <= axis->codes; c++)
        axis->starts[c] += axis->starts[c - 1];
    for (size_t i = 0; i < pairs->count; i++)
        axis->rows[axis->starts[pairs->codes[i] + 1]++] = pairs->rows[i];
    return true;
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

static bool make_axis(struct sme_dataset *d, enum collection collection, enum filter filter)
{
    struct pairs pairs = {0};
    struct axis *axis = &d->index.axes[collection][filter];

    emitter *emits = filter < FILTER_DIMENSION ? emitters[collection][filter] : emit_member;
    for (uint32_t row = 0; row < d->index.row_counts[collection] && !pairs.no_memory; row++)
        emits(d, collection, filter, row, &pairs);
    axis->codes = codes_on(d, collection, filter);
    bool made = !pairs.no_memory && invert(&d->arena, &pairs, axis);
    free(pairs.rows);
    free(pairs.codes);
    return made;
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

    haystack->records = records;
    haystack->starts = arena_alloc(&d->arena, ((size_t)records + 1) * sizeof *haystack->starts);
    for (uint32_t r = 0; haystack->starts && r < records && !s.no_memory; r++) {
        stack_record(&s, subject, r);
        haystack->starts[r + 1] = (uint32_t)s.count;
    }
    haystack->hays = arena_alloc(&d->arena, (s.count + 1) * sizeof *haystack->hays);
    bool made = haystack->starts && haystack->hays && !s.no_memory;
    if (made && s.count)
        memcpy(haystack->hays, s.hays, s.count * sizeof *s.hays);
    free(s.hays);
    return made;
}

void index_found_by(const struct sme_dataset *d, enum collection collection, uint32_t row, struct found_by ret_by[2])
{
    static const enum subject subjects[COLLECTIONS] = {
        [INDICATORS] = SUBJECT_INDICATORS,
        [OBSERVATIONS] = SUBJECT_INDICATORS,
        [TARGETS] = SUBJECT_INDICATORS,
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

    ret_by[0] = (struct found_by){subjects[collection], row};
    ret_by[1] = (struct found_by){SUBJECTS, 0};
    if (collection == OBSERVATIONS || collection == TARGETS) {
        uint32_t observation = collection == TARGETS ? d->targets[row] : row;

        ret_by[0].record = d->observations[observation].indicator;
        ret_by[1] = (struct found_by){SUBJECT_OBSERVATIONS, observation};
    }
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

/* Bitmaps. */

static size_t words_of(uint32_t rows)
{
    return ((size_t)rows + 63) / 64;
}

bool bitmap_make(struct bitmap *ret_bitmap, uint32_t rows, bool full)
{
    uint64_t *words = calloc(words_of(rows) + 1, sizeof *words);

    if (!words)
        return false;
    *ret_bitmap = (struct bitmap){words, rows};
    if (full)
        bitmap_invert(ret_bitmap);
    return true;
}

void bitmap_finish(struct bitmap *bitmap)
{
    free(bitmap->words);
    *bitmap = (struct bitmap){0};
}

void bitmap_and(struct bitmap *into, const struct bitmap *other)
{
    for (size_t i = 0; i < words_of(into->rows); i++)
        into->words[i] &= other->words[i];
}

void bitmap_invert(struct bitmap *bitmap)
{
    for (size_t i = 0; i < words_of(bitmap->rows); i++)
        bitmap->words[i] = ~bitmap->words[i];
    if (bitmap->rows % 64)
        bitmap->words[bitmap->rows / 64] &= (UINT64_C(1) << bitmap->rows % 64) - 1;
}

void bitmap_add(struct bitmap *bitmap, uint32_t row)
{
    bitmap->words[row / 64] |= UINT64_C(1) << row % 64;
}

bool bitmap_has(const struct bitmap *bitmap, uint32_t row)
{
    return bitmap->words[row / 64] >> row % 64 & 1;
}

uint32_t bitmap_count(const struct bitmap *bitmap)
{
    uint32_t count = 0;

    for (size_t i = 0; i < words_of(bitmap->rows); i++)
        count += (uint32_t)__builtin_popcountll(bitmap->words[i]);
    return count;
}

uint32_t bitmap_next(const struct bitmap *bitmap, uint32_t row)
{
    if (row >= bitmap->rows)
        return NONE;
    uint64_t word = bitmap->words[row / 64] & ~UINT64_C(0) << row % 64;
    for (size_t i = row / 64;; word = bitmap->words[i]) {
        if (word)
            return (uint32_t)(i * 64 + (size_t)__builtin_ctzll(word));
        if (++i >= words_of(bitmap->rows))
            return NONE;
    }
}

void bitmap_add_code(struct bitmap *bitmap, const struct axis *axis, uint32_t code)
{
    for (uint32_t i = axis->starts[code]; i < axis->starts[code + 1]; i++)
        bitmap_add(bitmap, axis->rows[i]);
}
