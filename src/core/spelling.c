/* SPDX-License-Identifier: MIT */
/* The one spelling of a query, and of those that are a step away from it. */
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

static void print_escaped(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF", plain[] = "-._~,";

    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (letter || strchr(plain, *at))
            buf_char(out, *at);
        else
            buf_add(out, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
}

static void print_years(const struct choice *choice, struct buf *out)
{
    for (uint32_t i = 0; i < choice->range_count; i++) {
        struct year_range range = choice->ranges[i];

        if (i > 0)
            buf_char(out, ',');
        /* An open end is left out, unless both are open: ".." alone is no year. */
        if (range.from > 1 || range.from == range.to || range.to == 9999)
            period_print(out, (struct period){.year = range.from});
        if (range.from != range.to)
            buf_text(out, "..");
        if (range.from != range.to && range.to < 9999)
            period_print(out, (struct period){.year = range.to});
    }
    if (choice->undated)
        buf_text(out, choice->range_count ? ",undated" : "undated");
}

static void print_choice(const struct sme_query *query, int filter, const struct choice *choice, struct buf *out)
{
    if (filter == FILTER_YEAR) {
        print_years(choice, out);
        return;
    }
    for (uint32_t i = 0; i < choice->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, vocabulary_name(query->dataset, query->collection, (enum filter)filter, choice->codes[i]));
    }
}

void spell_search(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    print_escaped(out, query->search);
}

void spell_value(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    range_print(out, &query->range);
}

void spell_match(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, match_words.names[query->match]);
}

void spell_latest(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->latest ? "true" : "false");
}

void spell_fields(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    for (uint32_t i = 0; i < query->column_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, query->columns[i]->name);
    }
}

void spell_sort(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    for (uint32_t i = 0; i < query->sort_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, query->sort[i].descending ? "-" : "");
        buf_text(out, query->sort[i].column->name);
    }
}

void spell_limit(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_integer(out, query->limit);
}

void spell_language(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, sme_query_language(query));
}

void spell_format(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, format_at(query->format)->name);
}

void spell_shape(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, shape_names[query->shape]);
}

void spell_bom(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->bom ? "true" : "false");
}

void spell_formulas(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->escape_formulas ? "escape" : "keep");
}

void spell_pretty(const struct sme_query *query, const struct parameter *parameter, struct buf *out)
{
    (void)parameter;
    buf_text(out, query->pretty ? "true" : "false");
}

static void print_name(struct buf *out, char *separator, const char *name)
{
    buf_char(out, *separator);
    *separator = '&';
    buf_text(out, name);
    buf_char(out, '=');
}

bool query_chooses(const struct sme_query *query, int filter, bool negated, uint32_t code)
{
    const struct choice *choice = &query->choices[filter][negated];

    if (filter == FILTER_YEAR && code == 0)
        return choice->undated;
    for (uint32_t i = 0; i < choice->range_count; i++) {
        uint16_t year = query->dataset->years[code - 1];

        if (choice->ranges[i].from <= year && year <= choice->ranges[i].to)
            return true;
    }
    return choice->count > 0 && bsearch(&code, choice->codes, choice->count, sizeof code, by_number) != NULL;
}

/* Adds a year, or cuts it out of its range. */
static void toggle_year(struct choice *choice, uint16_t year)
{
    for (uint32_t i = 0; i < choice->range_count; i++) {
        struct year_range *range = &choice->ranges[i], after = {(uint16_t)(year + 1), range->to};

        if (year < range->from || year > range->to)
            continue;
        range->to = (uint16_t)(year - 1);
        if (range->from > range->to)
            *range = choice->ranges[--choice->range_count];
        if (after.from <= after.to)
            choice->ranges[choice->range_count++] = after;
        join_ranges(choice);
        return;
    }
    choice->ranges[choice->range_count++] = (struct year_range){year, year};
    join_ranges(choice);
}

/* A filter with one code more or less; nothing where none is left. What is kept out can only be let in. */
static void print_toggled(const struct sme_query *query, struct link_change change, bool negated, char *separator,
                          struct buf *out)
{
    int filter = change.filter;
    uint32_t code = change.code;
    const struct parameter *parameter = &parameters[filter];
    struct choice choice = query->choices[filter][negated];
    struct year_range ranges[YEAR_RANGES_MAX + 1]; /* one more, for one that is cut in two */
    bool chosen = query_chooses(query, filter, negated, code), toggles = chosen || !negated;
    struct buf list = BUF_INIT(1 << 20);

    if (filter == FILTER_YEAR) {
        if (choice.range_count > 0)
            memcpy(ranges, choice.ranges, choice.range_count * sizeof *ranges);
        choice.ranges = ranges;
        if (toggles && code == 0)
            choice.undated = !choice.undated;
        else if (toggles)
            toggle_year(&choice, query->dataset->years[code - 1]);
        print_years(&choice, &list);
    } else {
        for (uint32_t i = 0; i <= choice.count; i++) {
            uint32_t last = i > 0 ? choice.codes[i - 1] : 0, next = i < choice.count ? choice.codes[i] : NONE;
            bool here = !negated && !chosen && (i == 0 || code > last) && code < next;

            if (here) {
                buf_text(&list, list.length ? "," : "");
                buf_text(&list, vocabulary_name(query->dataset, query->collection, (enum filter)filter, code));
            }
            if (next != NONE && next != code) {
                buf_text(&list, list.length ? "," : "");
                buf_text(&list, vocabulary_name(query->dataset, query->collection, (enum filter)filter, next));
            }
        }
    }
    if (list.length > 0) {
        print_name(out, separator, parameter_name(query->dataset, parameter, negated));
        buf_add(out, list.bytes, list.length);
    }
    if (change.code_end && !negated)
        *change.code_end = out->length;
    out->status = list.status != SME_OK ? list.status : out->status;
    buf_finish(&list);
}

static bool has_parameter(const struct sme_query *query, size_t i, bool negated)
{
    return query->set >> (2 * i + negated) & 1;
}

/* Said or not said, it is the same query. */
static bool is_default(const struct sme_query *query, const struct parameter *parameter)
{
    return (parameter->set == set_limit && query->limit == SME_LIMIT_DEFAULT && query->format == FORMAT_JSON) ||
           (parameter->set == set_match && query->match == MATCH_STATED) ||
           (parameter->set == set_latest && !query->latest) ||
           (parameter->set == set_shape && query->shape == SHAPE_ROWS) || (parameter->set == set_bom && !query->bom) ||
           (parameter->set == set_formulas && !query->escape_formulas) ||
           (parameter->set == set_pretty && !query->pretty);
}

/* Whether a link may have a parameter that nobody set. */
static bool comes_in(struct link_change change, size_t i)
{
    return parameters[i].set == set_offset || parameters[i].set == set_format ||
           (change.toggles && (int)i == change.filter) || (change.undated && i == FILTER_YEAR);
}

void query_print_link(const struct sme_query *query, struct link_change change, struct buf *out)
{
    char separator = '?';

    buf_text(out, "/v1");
    if (query->collection != DATASET) {
        buf_char(out, '/');
        buf_text(out, collection_name(change.elsewhere ? OBSERVATIONS : query->collection));
    }
    if (query->collection != DATASET && query->item != NONE && !change.elsewhere) {
        buf_char(out, '/');
        row_print_id(query->dataset, query->collection, query->item, out);
    }
    for (size_t i = 0; i < PARAMETERS; i++) {
        const struct parameter *parameter = &parameters[i];

        if ((query->set >> 2 * i & 3) == 0 && !comes_in(change, i))
            continue; /* as most do */
        if ((int)i == change.without ||
            (change.elsewhere && (parameter->formats != IN_ALL || parameter->set == set_format)) ||
            (change.toggles && parameter->set == set_pretty)) /* the layout is not part of what is in a row */
            continue;
        if (parameter->set == set_match && (!query->range_given || change.without == VALUE))
            continue; /* it means nothing alone */
        if (change.toggles && (int)i == change.filter) {
            print_toggled(query, change, false, &separator, out);
            print_toggled(query, change, true, &separator, out);
        } else if (i == FILTER_YEAR && change.undated) {
            print_name(out, &separator, "year");
            buf_text(out, "undated");
        } else if (parameter->set == set_offset) {
            uint32_t offset = change.moves ? change.offset : query->offset;

            if (offset) {
                print_name(out, &separator, "offset");
                buf_integer(out, offset);
            }
        } else if (parameter->filter >= 0) {
            for (int negated = 0; negated < 2; negated++) {
                if (!has_parameter(query, i, negated))
                    continue;
                print_name(out, &separator, parameter_name(query->dataset, parameter, negated));
                print_choice(query, parameter->filter, &query->choices[i][negated], out);
            }
        } else if ((has_parameter(query, i, false) && !is_default(query, parameter)) ||
                   (parameter->set == set_format && query->format != FORMAT_JSON)) {
            print_name(out, &separator, parameter->name);
            parameter->spell(query, parameter, out);
        }
    }
}

const char *sme_query_link(struct sme_query *query)
{
    enum { USUAL_BYTES = 255 };

    buf_clear(&query->link);
    (void)buf_grow(&query->link, USUAL_BYTES);
    query_print_link(query, (struct link_change){.without = -1}, &query->link);
    return query->link.status == SME_OK ? buf_string(&query->link) : NULL;
}
