/* SPDX-License-Identifier: MIT */
/* The document, put together from what was guessed. */
#include "drafting.h"

#include <string.h>

static void put_text(struct buf *out, const char *key, const char *text)
{
    put_key(out, key);
    put_string(out, text, strlen(text));
}

static void put_note(struct buf *out, const char *text)
{
    put_item(out);
    put_string(out, text, strlen(text));
}

/* "gdp.csv" → "gdp" */
static const char *file_stem(struct sme_draft *d, const char *base)
{
    const char *dot = strrchr(base, '.');
    const char *stem = draft_print(d, "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base), base);

    return utf8_valid(stem, strlen(stem)) && observation_text_is_printable(stem, strlen(stem)) ? stem : "dataset";
}

static void put_units(struct sme_draft *d, struct buf *out, const char **codes)
{
    struct lookup taken = {0};
    bool plain;

    put_name(out, "units");
    put_open(out, '[');
    for (uint32_t i = 0; d->unit >= 0 && i < d->columns[d->unit].texts.count; i++) {
        const struct counted *text = &d->columns[d->unit].texts.items[i];

        codes[i] = draft_unique_code(d, &taken, text->text, text->length, "unit", &plain);
        put_open(out, '{');
        put_text(out, "code", codes[i]);
        put_text(out, "name", text->text);
        put_close(out, '}');
    }
    if (d->unit < 0) {
        put_open(out, '{');
        put_text(out, "code", "unit");
        put_text(out, "name", "unit");
        put_close(out, '}');
        draft_remark(d, "unit: unknown: fill in /units/0/name");
    }
    put_close(out, ']');
    lookup_finish(&taken);
}

static void put_indicator(struct buf *out, const char *code, const char *name, const char *alias, const char *unit)
{
    put_open(out, '{');
    put_text(out, "code", code);
    put_text(out, "name", name);
    if (strcmp(alias, name) != 0 && strcmp(alias, code) != 0) {
        put_name(out, "aliases");
        put_open(out, '[');
        put_note(out, alias);
        put_close(out, ']');
    }
    put_text(out, "category", "all");
    put_text(out, "unit", unit);
    put_text(out, "measure", "stock");
    put_close(out, '}');
}

/* @return the code of the one indicator where no column has them. */
static const char *put_indicators(struct sme_draft *d, struct buf *out, const char *stem, const char **units)
{
    struct lookup taken = {0};
    const char *one = NULL;
    bool plain;

    put_name(out, "indicators");
    put_open(out, '[');
    for (uint32_t i = 0; d->indicator >= 0 && i < d->columns[d->indicator].texts.count; i++) {
        const struct draft_column *c = &d->columns[d->indicator];
        const char *text = c->texts.items[i].text;

        put_indicator(out, c->codes[i],
                      c->names ? d->columns[c->names - 1].texts.items[c->name_rows[i] - 1].text : text, text,
                      d->unit < 0 ? "unit" : units[d->indicator_units ? d->indicator_units[i] - 1 : 0]);
    }
    if (d->indicator < 0) {
        const char *name =
            d->value >= 0 && !draft_means(d->columns[d->value].header, VALUE_WORD) ? d->columns[d->value].header : stem;

        one = draft_unique_code(d, &taken, name, strlen(name), "indicator", &plain);
        put_indicator(out, one, name, name, d->unit < 0 ? "unit" : units[0]);
        draft_remark(d,
                     draft_print(d, "indicator: no column has it; one, called '%s': check /indicators/0/name", name));
    }
    put_close(out, ']');
    lookup_finish(&taken);
    draft_remark(d, "measure: unknown: 'stock' stands there: check the 'measure' of each of /indicators");
    return one;
}

/* The values that are no others' than the document's. */
static void put_values(const struct draft_column *c, struct buf *out)
{
    put_name(out, "values");
    put_open(out, '[');
    for (uint32_t i = 0; i < c->texts.count; i++) {
        const struct counted *text = &c->texts.items[i];

        if (c->plain[i] || (!c->declared && text->length > 0))
            continue;
        put_open(out, '{');
        put_text(out, "code", c->codes[i]);
        put_text(out, "name", text->length ? text->text : "(empty)");
        put_close(out, '}');
    }
    put_close(out, ']');
}

static void put_dimensions(struct sme_draft *d, struct buf *out)
{
    bool any = false;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];

        if (c->use != USE_DIMENSION)
            continue;
        if (!any) {
            put_name(out, "dimensions");
            put_open(out, '[');
        }
        any = true;
        put_open(out, '{');
        put_text(out, "code", c->code);
        put_text(out, "name", c->names ? c->stem : c->header);
        put_text(out, "values_from", "files");
        if (c->empty > 0 || c->declared)
            put_values(c, out);
        put_close(out, '}');
    }
    if (any)
        put_close(out, ']');
}

static void put_column(const struct sme_draft *d, struct buf *out, unsigned column, const char *role)
{
    const struct draft_column *c = &d->columns[column];

    if (c->use != USE_DIMENSION || c->names == 0) {
        put_text(out, role, c->header);
        return;
    }
    put_key(out, role);
    put_open(out, '{');
    put_text(out, "code", c->header);
    put_text(out, "name", d->columns[c->names - 1].header);
    put_close(out, '}');
}

static void put_columns(const struct sme_draft *d, struct buf *out)
{
    put_name(out, "columns");
    put_open(out, '{');
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];

        if (c->use == USE_PERIOD || c->use == USE_VALUE || c->use == USE_INDICATOR || c->use == USE_DIMENSION)
            put_column(d, out, i,
                       c->use == USE_PERIOD      ? "period"
                       : c->use == USE_VALUE     ? "value"
                       : c->use == USE_INDICATOR ? "indicator"
                                                 : c->code);
    }
    put_close(out, '}');
}

static void put_constants(const struct sme_draft *d, struct buf *out, const char *indicator)
{
    put_name(out, "constants");
    put_open(out, '{');
    if (indicator)
        put_text(out, "indicator", indicator);
    put_text(out, "kind", "actual");
    if (d->period < 0) {
        put_name(out, "period");
        put_null(out);
    }
    put_text(out, "period_basis", d->period < 0 ? "none" : "stated");
    put_text(out, "qualifier", "exact");
    put_text(out, "source", "file");
    put_close(out, '}');
}

/* Opens what must be open before a text is mapped. */
static void put_mapping(struct buf *out, bool *codes, bool *role, const char *name)
{
    if (!*codes) {
        put_name(out, "codes");
        put_open(out, '{');
    }
    if (!*role) {
        put_key(out, name);
        put_open(out, '{');
    }
    *codes = *role = true;
}

/* Texts of which no code can be made, or only one that another text has already. */
static void put_codes(const struct sme_draft *d, struct buf *out)
{
    bool codes = false;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct draft_column *c = &d->columns[i];
        bool role = false;

        for (uint32_t k = 0; c->mapped && k < c->texts.count; k++) {
            if (!c->mapped[k])
                continue;
            put_mapping(out, &codes, &role, c->use == USE_INDICATOR ? "indicator" : c->code);
            put_text(out, c->texts.items[k].text, c->codes[k]);
        }
        if (role)
            put_close(out, '}');
    }
    if (codes)
        put_close(out, '}');
}

static void put_file(struct sme_draft *d, struct buf *out, const char *base, const char *indicator)
{
    bool any = false;

    put_name(out, "observation_files");
    put_open(out, '[');
    put_open(out, '{');
    put_text(out, "file", base);
    put_columns(d, out);
    put_constants(d, out, indicator);
    put_codes(d, out);
    for (uint32_t i = 0; d->value >= 0 && i < d->columns[d->value].odd.count; i++) {
        const struct counted *text = &d->columns[d->value].odd.items[i];

        if (draft_is_mistaken(text))
            continue;
        if (!any) {
            put_name(out, "missing");
            put_open(out, '[');
        }
        any = true;
        put_note(out, text->text);
    }
    if (any)
        put_close(out, ']');
    if (d->period >= 0)
        put_text(out, "period_format", observation_period_formats.names[d->format]);
    put_close(out, '}');
    put_close(out, ']');
}

static const char *latest_day(struct sme_draft *d)
{
    struct buf day = BUF_INIT(32);

    if (d->period < 0)
        return NULL;
    period_print(&day, period_last_day(d->columns[d->period].latest[d->format]));
    d->no_memory = d->no_memory || day.status != SME_OK;
    const char *text = draft_print(d, "%s", buf_string(&day));
    buf_finish(&day);
    draft_remark(
        d, draft_print(d,
                       "as_of and the source's date: %s, the end of the latest period, as inferred: fill in /as_of and "
                       "/sources/0/date",
                       text));
    return text;
}

static void put_source(struct buf *out, const char *base, const char *day)
{
    put_name(out, "sources");
    put_open(out, '[');
    put_open(out, '{');
    put_text(out, "code", "file");
    put_text(out, "title", base);
    if (day)
        put_text(out, "date", day);
    put_text(out, "date_basis", "inferred");
    put_close(out, '}');
    put_close(out, ']');
}

static bool has_chinese_headers(const struct sme_draft *d)
{
    for (unsigned i = 0; i < d->column_count; i++)
        for (const char *at = d->columns[i].header; *at; at++)
            if ((unsigned char)*at >= 0xe4 && (unsigned char)*at <= 0xe9) /* U+4000 to U+9FFF */
                return true;
    return false;
}

void draft_put_document(struct sme_draft *d, struct buf *out)
{
    const char *slash = strrchr(d->path, '/'), *base = slash ? slash + 1 : d->path, *stem = file_stem(d, base);
    const char *language = has_chinese_headers(d) ? "zh" : "en";
    const char **units = arena_alloc(&d->arena, INDICATORS_MAX * sizeof *units);
    struct lookup taken = {0};
    bool plain;

    if (!units) {
        d->no_memory = true;
        return;
    }
    put_open(out, '{');
    put_text(out, "format", "smestat-dataset-1");
    put_text(out, "id", draft_unique_code(d, &taken, stem, strlen(stem), "dataset", &plain));
    put_text(out, "title", stem);
    lookup_finish(&taken);
    draft_remark(d, draft_print(d, "title: '%s', after the file: fill in /title and, if it is known, /license", stem));
    put_name(out, "languages");
    put_open(out, '[');
    put_note(out, language);
    put_close(out, ']');
    draft_remark(d, draft_print(d, "language: '%s', after the headers: check /languages", language));
    const char *day = latest_day(d);
    if (day)
        put_text(out, "as_of", day);
    if (d->note_count > 0) {
        put_name(out, "notes");
        put_open(out, '[');
        for (unsigned i = 0; i < d->note_count; i++)
            put_note(out, d->notes[i]);
        put_close(out, ']');
    }
    put_units(d, out, units);
    put_source(out, base, day);
    draft_remark(d, draft_print(d, "source: '%s', after the file: fill in /sources/0/title and publisher", base));
    put_name(out, "categories");
    put_open(out, '[');
    put_open(out, '{');
    put_text(out, "code", "all");
    put_text(out, "name", stem);
    put_close(out, '}');
    put_close(out, ']');
    put_dimensions(d, out);
    const char *indicator = put_indicators(d, out, stem, units);
    put_name(out, "observations");
    put_open(out, '[');
    put_close(out, ']');
    put_file(d, out, base, indicator);
    put_close(out, '}');
    draft_remark(d, "kind, period_basis, qualifier: actual, stated and exact for all rows: check "
                    "/observation_files/0/constants");
}
