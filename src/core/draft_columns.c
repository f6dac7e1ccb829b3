/* SPDX-License-Identifier: MIT */
/* The file's headers and cells are read, and counted. */
#include "drafting.h"

#include <ctype.h>
#include <string.h>

/* What headers say. English words stand alone between other characters, Chinese ones anywhere. */
static const struct {
    enum meaning meaning;
    const char *word;
} words[] = {
    {PERIOD_WORD, "year"},
    {PERIOD_WORD, "date"},
    {PERIOD_WORD, "period"},
    {PERIOD_WORD, "time"},
    {PERIOD_WORD, "day"},
    {PERIOD_WORD, "年"},
    {PERIOD_WORD, "日期"},
    {PERIOD_WORD, "时间"},
    {PERIOD_WORD, "时期"},
    {VALUE_WORD, "value"},
    {VALUE_WORD, "values"},
    {VALUE_WORD, "amount"},
    {VALUE_WORD, "figure"},
    {VALUE_WORD, "number"},
    {VALUE_WORD, "值"},
    {VALUE_WORD, "数据"},
    {VALUE_WORD, "金额"},
    {VALUE_WORD, "数量"},
    {INDICATOR_WORD, "indicator"},
    {INDICATOR_WORD, "variable"},
    {INDICATOR_WORD, "series"},
    {INDICATOR_WORD, "measure"},
    {INDICATOR_WORD, "statistic"},
    {INDICATOR_WORD, "指标"},
    {INDICATOR_WORD, "变量"},
    {INDICATOR_WORD, "项目"},
    {UNIT_WORD, "unit"},
    {UNIT_WORD, "units"},
    {UNIT_WORD, "uom"},
    {UNIT_WORD, "单位"},
    {NOTE_WORD, "note"},
    {NOTE_WORD, "notes"},
    {NOTE_WORD, "comment"},
    {NOTE_WORD, "comments"},
    {NOTE_WORD, "footnote"},
    {NOTE_WORD, "footnotes"},
    {NOTE_WORD, "备注"},
    {NOTE_WORD, "注释"},
    {CODE_WORD, "code"},
    {CODE_WORD, "id"},
    {CODE_WORD, "代码"},
    {CODE_WORD, "编码"},
    {CODE_WORD, "编号"},
    {NAME_WORD, "name"},
    {NAME_WORD, "label"},
    {NAME_WORD, "名称"},
    {NAME_WORD, "名字"},
};

enum { WORDS = sizeof words / sizeof words[0] };

static void fault(struct sme_draft *d, enum fault_kind kind, unsigned line, unsigned column, const char *value,
                  const char *accepted)
{
    faults_add(d->told, &(struct fault){
                            .kind = kind,
                            .file = d->path,
                            .line = line,
                            .column = column,
                            .path = line ? "" : NULL,
                            .value = value,
                            .value_length = strlen(value),
                            .accepted = accepted,
                        });
}

/* Headers. */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) != 0;
}

/* Where the word stands in the text; NULL: nowhere. */
static const char *find_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    if ((unsigned char)*word >= 0x80)
        return strstr(text, word);
    for (const char *at = text; *at; at++)
        if (strncasecmp(at, word, length) == 0 && !is_word_byte(at[length]) && (at == text || !is_word_byte(at[-1])))
            return at;
    return NULL;
}

bool draft_means(const char *header, enum meaning meaning)
{
    for (size_t i = 0; i < WORDS; i++)
        if (words[i].meaning == meaning && find_word(header, words[i].word))
            return true;
    return false;
}

/* "industry_code_ANZSIC" → "industry ANZSIC" */
static const char *stem_of(struct sme_draft *d, const char *header)
{
    char *text = arena_copy(&d->arena, header, strlen(header)), *at;
    size_t length = 0;

    if (!text) {
        d->no_memory = true;
        return header;
    }
    for (size_t i = 0; i < WORDS; i++)
        while ((words[i].meaning == CODE_WORD || words[i].meaning == NAME_WORD) &&
               (at = (char *)(uintptr_t)find_word(text, words[i].word)) != NULL)
            memset(at, ' ', strlen(words[i].word));
    for (at = text; *at; at++) {
        bool gap = *at == ' ' || *at == '_';

        if (!gap || (length > 0 && text[length - 1] != ' '))
            text[length++] = gap ? ' ' : *at;
    }
    while (length > 0 && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
    return length ? text : header;
}

/* Counting. */

static void count_periods(struct draft_column *c, const struct csv_field *field)
{
    struct period period;

    if (field->length < 4 || field->length > 10 || !isdigit((unsigned char)*field->text))
        return;
    for (unsigned i = 0; i < PERIOD_FORMATS; i++) {
        if (!observation_period_read(observation_period_formats.names[i], field->text, field->length, &period) ||
            period.year < 1000 || period.year > 2999)
            continue;
        if (c->periods[i]++ == 0 || period_compare(period, c->latest[i]) > 0)
            c->latest[i] = period;
    }
}

static void count_cell(struct sme_draft *d, struct draft_column *c, const struct csv_field *field)
{
    struct decimal number;

    c->empty += field->length == 0;
    c->unprintable = c->unprintable || !observation_text_is_printable(field->text, field->length);
    if (decimal_parse(field->text, field->length, &number) == DECIMAL_SYNTAX)
        draft_count_text(d, &c->odd, field, FILE_TEXTS_MAX);
    else
        c->numbers++;
    c->fraction = c->fraction || memchr(field->text, '.', field->length);
    count_periods(c, field);
    draft_count_text(d, &c->texts, field, DIMENSION_VALUES_MAX);
}

/* Reading. */

static long read_file(void *context, char *into, size_t room)
{
    struct sme_draft *d = context;

    return csv_file_read(&d->source, into, room);
}

bool draft_is_year(const char *text)
{
    struct period period;
    return observation_period_read("YYYY", text, strlen(text), &period) && period.year >= 1000 && period.year < 3000;
}

static bool take_header(struct sme_draft *d, const struct csv_field *field)
{
    struct decimal number;

    if (!observation_text_is_printable(field->text, field->length)) {
        fault(d, FAULT_CSV_SYNTAX, field->line, field->column, "a header that is no text",
              "headers in UTF-8, without control characters");
        return false;
    }
    if (d->column_count == CSV_COLUMNS_MAX) {
        fault(d, FAULT_CSV_SYNTAX, field->line, field->column, "one column more", "at most 1,000 columns");
        return false;
    }
    const char *header = draft_print(d, "%.*s", (int)field->length, field->text);
    if (decimal_parse(header, field->length, &number) == DECIMAL_OK && !draft_is_year(header)) {
        fault(d, FAULT_CSV_SYNTAX, field->line, field->column,
              draft_print(d, "the first line holds the number %s", header), "a line of headers, then rows");
        return false;
    }
    d->columns[d->column_count++] = (struct draft_column){.header = header, .stem = stem_of(d, header)};
    return !d->no_memory;
}

static bool read_header(struct sme_draft *d, bool again)
{
    struct csv_field field = {.last = false};
    enum csv_event event = CSV_FIELD;

    while (!field.last && (event = csv_reader_next(&d->csv, &field)) == CSV_FIELD)
        if (!again && !take_header(d, &field))
            return false;
    if (event == CSV_END)
        fault(d, FAULT_CSV_SYNTAX, 1, 1, "the file is empty", "a line of headers, then rows");
    return event == CSV_FIELD;
}

static void join_pairs(struct sme_draft *d)
{
    for (unsigned p = 0; p < d->pair_count; p++) {
        struct pair *pair = &d->pairs[p];
        uint32_t from = d->row[pair->from], to = d->row[pair->to];

        if (from == LOOKUP_NOTHING || to == LOOKUP_NOTHING || (pair->rows[from] && pair->rows[from] != to + 1))
            pair->broken = true;
        else
            pair->rows[from] = to + 1;
    }
}

static bool end_row(struct sme_draft *d, unsigned cells, unsigned line, bool empty, bool again)
{
    if (cells != d->column_count) {
        fault(d, FAULT_CSV_SYNTAX, line, 1,
              cells == 1 && empty ? "an empty line"
                                  : draft_print(d, "a row of %u cell%s", cells, cells == 1 ? "" : "s"),
              draft_print(d, "%u cells, as the header has", d->column_count));
        return false;
    }
    if (again)
        join_pairs(d);
    else
        d->rows++;
    return true;
}

static void read_rows(struct sme_draft *d, bool again)
{
    struct csv_field field;
    unsigned column = 0, line = 1;

    while (!d->no_memory && csv_reader_next(&d->csv, &field) == CSV_FIELD) {
        struct draft_column *c = column < d->column_count ? &d->columns[column] : NULL;

        line = column == 0 ? field.line : line;
        if (c && again)
            d->row[column] = lookup_find(&c->texts.lookup, field.text, field.length);
        else if (c)
            count_cell(d, c, &field);
        column++;
        if (field.last && !end_row(d, column, line, field.length == 0, again))
            return;
        column = field.last ? 0 : column;
    }
}

static enum sme_status unreadable(struct sme_draft *d, const char *why)
{
    fault(d, FAULT_UNREADABLE, 0, 0, why, "a readable CSV file");
    return SME_IO;
}

enum sme_status draft_read(struct sme_draft *d, bool again)
{
    size_t told = faults_told(d->told);
    enum sme_status status = SME_OK;
    const char *why = csv_file_open(&d->source, d->path);

    if (why) {
        status = unreadable(d, why);
    } else if (!csv_reader_init(&d->csv, read_file, d)) {
        status = SME_NO_MEMORY;
    } else if (read_header(d, again)) {
        read_rows(d, again);
    }
    if (d->csv.wrong)
        fault(d, FAULT_CSV_SYNTAX, d->csv.line, d->csv.column, d->csv.wrong, d->csv.accepted);
    if (d->csv.failed)
        status = unreadable(d, csv_file_fault(&d->source));
    csv_reader_finish(&d->csv);
    csv_file_close(&d->source);
    return d->no_memory ? SME_NO_MEMORY : status == SME_OK ? faults_status(d->told, told) : status;
}
