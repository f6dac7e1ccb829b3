/* SPDX-License-Identifier: MIT */
/*
 * A first document for a CSV file. The file is read twice: once to count what stands in each column, which says what it
 * could be; once more to see which columns name what others hold in code. Then the document is written, and loaded as
 * --check would, so that what is said of it is no promise but a result.
 */
#include "csv_reader.h"
#include "lookup.h"
#include "observation_files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FORMATS = 10,
    TEXTS_MAX = 1000000, /* different texts kept of all columns together, of at most so many bytes */
    TEXT_BYTES_ALL_MAX = 1 << 26,
    PAIRS_MAX = 32,
    INDICATORS_MAX = 1000, /* more are no list that a person reads over */
    REMARKS_MAX = 3000,
    MAPPED_MAX = 60, /* an object of a document has at most 64 members */
    NOTES_MAX = 32,
};

struct counted {
    const char *text;
    uint32_t length;
    uint64_t count;
};

/* Different texts in the order in which they come. */
struct tally {
    struct arena arena;
    struct lookup lookup;
    struct counted *items;
    uint32_t count, capacity;
    size_t bytes;
    bool many; /* too many: none is kept */
};

enum use {
    USE_NONE,
    USE_PERIOD,
    USE_VALUE,
    USE_INDICATOR,
    USE_UNIT,
    USE_DIMENSION,
    USE_NAME, /* of what another column holds in code */
    USE_LEFT_OUT,
};

static const char not_given[] = "not-given"; /* the code of an empty cell */

enum meaning { PERIOD_WORD, VALUE_WORD, INDICATOR_WORD, UNIT_WORD, NOTE_WORD, CODE_WORD, NAME_WORD };

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

struct column {
    const char *header;
    const char *stem; /* the header without words for code and name */
    struct tally texts, odd;
    uint64_t numbers, empty, periods[FORMATS];
    struct period latest[FORMATS];
    bool fraction, unprintable;
    enum use use;
    unsigned names;      /* of USE_DIMENSION and USE_INDICATOR: the column of names and one, or 0 */
    const char *code;    /* of a dimension */
    uint32_t *name_rows; /* from its texts to those of the column of names, and one */
    const char **codes;  /* of its texts */
    bool *plain;         /* whether the reading of the file makes the same code of the text */
    bool *mapped;        /* whether the document must map the text to its code */
    bool declared;       /* too many codes for a map: the values stand in the document, found by name */
};

/* Two columns of which one may say what the other means. */
struct pair {
    unsigned from, to;
    bool by_header, broken;
    uint32_t *rows; /* the text of `to`, and one */
};

struct sme_draft {
    struct arena arena;
    struct sme_faults *faults;
    const char **remarks;
    size_t remark_count;
    struct buf document;
    bool undecided, no_memory;
    /* while reading */
    const char *path;
    struct sme_faults *told;
    int descriptor, error;
    uint64_t bytes, rows;
    struct csv_reader csv;
    struct column *columns;
    unsigned column_count;
    size_t texts, text_bytes;
    struct pair pairs[PAIRS_MAX];
    unsigned pair_count;
    uint32_t *row;
    int period, value, indicator, unit, format; /* columns, or -1 */
    const char *notes[NOTES_MAX];
    unsigned note_count;
    uint32_t *indicator_units;
};

__attribute__((format(printf, 2, 3))) static const char *print(struct sme_draft *d, const char *format, ...)
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

/* "1 cell", "2 cells" */
static const char *amount(struct sme_draft *d, uint64_t count, const char *thing)
{
    return print(d, "%ju %s%s", (uintmax_t)count, thing, count == 1 ? "" : "s");
}

/* The beginning of a text, as far as a sentence bears. */
static const char *beginning(struct sme_draft *d, const char *text)
{
    size_t length = strlen(text), cut = length > 60 ? utf8_cut(text, length, 60) : length;

    return print(d, "%.*s%s", (int)cut, text, cut < length ? "…" : "");
}

static void remark(struct sme_draft *d, const char *sentence)
{
    if (d->remark_count < REMARKS_MAX)
        d->remarks[d->remark_count++] = sentence;
}

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

static bool means(const char *header, enum meaning meaning)
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

static const char *ordinal(struct sme_draft *d, unsigned column)
{
    unsigned n = column + 1, tens = n % 100 / 10;
    const char *suffix = tens == 1 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";

    return print(d, "column '%s' (%u%s)", d->columns[column].header, n, suffix);
}

static void leave_out(struct sme_draft *d, unsigned column, const char *why)
{
    d->columns[column].use = USE_LEFT_OUT;
    remark(d, print(d, "%s: left out: %s", ordinal(d, column), why));
}

/* Counting. */

static void tally_finish(struct tally *tally)
{
    arena_finish(&tally->arena);
    lookup_finish(&tally->lookup);
    free(tally->items);
    *tally = (struct tally){.many = true};
}

/* Counts a text, one of at most so many. */
static void count_text(struct sme_draft *d, struct tally *tally, const struct csv_field *field, uint32_t most)
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
        tally_finish(tally);
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

static void count_periods(struct column *c, const struct csv_field *field)
{
    struct period period;

    if (field->length < 4 || field->length > 10 || !isdigit((unsigned char)*field->text))
        return;
    for (unsigned i = 0; i < FORMATS; i++) {
        if (!observation_period_read(observation_period_formats.names[i], field->text, field->length, &period) ||
            period.year < 1000 || period.year > 2999)
            continue;
        if (c->periods[i]++ == 0 || period_compare(period, c->latest[i]) > 0)
            c->latest[i] = period;
    }
}

static void count_cell(struct sme_draft *d, struct column *c, const struct csv_field *field)
{
    struct decimal number;

    c->empty += field->length == 0;
    c->unprintable = c->unprintable || !observation_text_is_printable(field->text, field->length);
    if (decimal_parse(field->text, field->length, &number) == DECIMAL_SYNTAX)
        count_text(d, &c->odd, field, FILE_TEXTS_MAX);
    else
        c->numbers++;
    c->fraction = c->fraction || memchr(field->text, '.', field->length);
    count_periods(c, field);
    count_text(d, &c->texts, field, DIMENSION_VALUES_MAX);
}

/* Reading. */

static long read_file(void *context, char *into, size_t room)
{
    struct sme_draft *d = context;
    ssize_t got;

    do
        got = read(d->descriptor, into, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        d->error = errno;
    d->bytes += got > 0 ? (uint64_t)got : 0;
    if (d->bytes > CSV_FILE_BYTES_MAX) {
        d->error = EFBIG;
        return -1;
    }
    return (long)got;
}

static bool is_year(const char *text)
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
    const char *header = print(d, "%.*s", (int)field->length, field->text);
    if (decimal_parse(header, field->length, &number) == DECIMAL_OK && !is_year(header)) {
        fault(d, FAULT_CSV_SYNTAX, field->line, field->column, print(d, "the first line holds the number %s", header),
              "a line of headers, then rows");
        return false;
    }
    d->columns[d->column_count++] = (struct column){.header = header, .stem = stem_of(d, header)};
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
              cells == 1 && empty ? "an empty line" : print(d, "a row of %u cell%s", cells, cells == 1 ? "" : "s"),
              print(d, "%u cells, as the header has", d->column_count));
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
        struct column *c = column < d->column_count ? &d->columns[column] : NULL;

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

static enum sme_status read_whole(struct sme_draft *d, bool again)
{
    size_t told = faults_told(d->told);
    enum sme_status status = SME_OK;
    struct stat stat;

    d->bytes = 0;
    d->descriptor = open(d->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (d->descriptor < 0)
        return unreadable(d, strerror(errno));
    if (fstat(d->descriptor, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        status = unreadable(d, "this is no regular file");
    } else if (!csv_reader_init(&d->csv, read_file, d)) {
        status = SME_NO_MEMORY;
    } else if (read_header(d, again)) {
        read_rows(d, again);
    }
    if (d->csv.wrong)
        fault(d, FAULT_CSV_SYNTAX, d->csv.line, d->csv.column, d->csv.wrong, d->csv.accepted);
    if (d->csv.failed)
        status = unreadable(d, d->error == EFBIG ? "the file is larger than 1 GiB" : strerror(d->error));
    csv_reader_finish(&d->csv);
    (void)close(d->descriptor);
    return d->no_memory ? SME_NO_MEMORY : status == SME_OK ? faults_status(d->told, told) : status;
}

/* Guesses. */

static bool is_free(const struct column *c)
{
    return c->use == USE_NONE;
}

/* The format that most cells of a column have; FORMATS: hardly any has one. */
static unsigned best_format(const struct sme_draft *d, const struct column *c)
{
    unsigned best = 0;

    for (unsigned i = 1; i < FORMATS; i++)
        if (c->periods[i] > c->periods[best])
            best = i;
    return c->periods[best] > 0 && c->periods[best] >= d->rows - d->rows / 20 ? best : FORMATS;
}

/* Days and months can be told apart once a number above 12 is met. */
static void tell_two_readings(struct sme_draft *d, const struct column *c)
{
    const char *format = observation_period_formats.names[d->format];

    for (unsigned i = (unsigned)d->format + 1; i < FORMATS; i++) {
        const char *other = observation_period_formats.names[i];

        if (c->periods[i] != c->periods[d->format] || (*format == 'D') == (*other == 'D') ||
            strlen(format) != strlen(other))
            continue;
        d->undecided = true;
        remark(d, print(d, "%s could as well be %s: choose at /observation_files/0/period_format",
                        ordinal(d, (unsigned)d->period), other));
    }
}

static void guess_period(struct sme_draft *d)
{
    int best_rank = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];
        unsigned format = best_format(d, c);
        /* A header that says so is better than a day, which is better than four digits. */
        int rank = (means(c->header, PERIOD_WORD) ? 2 : 0) + (format > 0);

        if (!is_free(c) || format == FORMATS || rank <= best_rank || (rank == 0 && means(c->header, VALUE_WORD)))
            continue;
        best_rank = rank;
        d->period = (int)i;
        d->format = (int)format;
    }
    if (d->period < 0) {
        remark(d, "no column holds periods: fill in /as_of, /sources/0/date and, if all rows are of one period, "
                  "/observation_files/0/constants");
        return;
    }
    struct column *c = &d->columns[d->period];
    c->use = USE_PERIOD;
    remark(d, print(d, "%s: the period, as %s", ordinal(d, (unsigned)d->period),
                    observation_period_formats.names[d->format]));
    if (c->periods[d->format] < d->rows)
        remark(d, print(d, "%s: no such period in %s", ordinal(d, (unsigned)d->period),
                        amount(d, d->rows - c->periods[d->format], "cell")));
    tell_two_readings(d, c);
}

static bool is_list(const struct sme_draft *d, const struct column *c, uint32_t most)
{
    return is_free(c) && !c->texts.many && c->texts.count > 0 && c->texts.count <= most && !c->unprintable &&
           c->empty == 0 && d->rows > 0;
}

/* The one column with such a header that is a list; of several, one of codes. */
static int find_list(const struct sme_draft *d, enum meaning meaning)
{
    int found = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];

        if (means(c->header, meaning) && is_list(d, c, INDICATORS_MAX) && c->numbers == 0 &&
            (found < 0 || (means(c->header, CODE_WORD) && !means(d->columns[found].header, CODE_WORD))))
            found = (int)i;
    }
    return found;
}

static bool is_value(const struct sme_draft *d, const struct column *c)
{
    return is_free(c) && !c->odd.many && c->numbers > 0 && c->numbers >= d->rows / 2;
}

static void tell_no_value(struct sme_draft *d, unsigned candidates, unsigned years)
{
    struct buf names = BUF_INIT(1024);

    for (unsigned i = 0; i < d->column_count && names.length < 400; i++) {
        if (!is_value(d, &d->columns[i]))
            continue;
        buf_text(&names, names.length ? ", '" : "'");
        buf_text(&names, d->columns[i].header);
        buf_text(&names, "'");
    }
    if (names.status == SME_NO_MEMORY)
        d->no_memory = true;
    if (years > 1)
        remark(d, "columns are headed by years: such wide files are not supported; put each number into a row of its "
                  "own, beside its period");
    else if (candidates > 0)
        remark(d, print(d,
                        "the columns %s hold numbers: fill in the one of values at /observation_files/0/columns/value, "
                        "or put each number into a row of its own",
                        buf_string(&names)));
    else
        remark(d, "no column holds numbers: fill in the one of values at /observation_files/0/columns/value");
    buf_finish(&names);
}

/* Texts with digits are numbers in another spelling: to take them for missing would lose them. */
static bool is_mistaken(const struct counted *text)
{
    return strpbrk(text->text, "0123456789") || !observation_text_is_printable(text->text, text->length);
}

static void tell_value(struct sme_draft *d)
{
    const struct column *c = &d->columns[d->value];

    remark(d, print(d, "%s: the value", ordinal(d, (unsigned)d->value)));
    for (uint32_t i = 0; i < c->odd.count; i++) {
        const struct counted *text = &c->odd.items[i];

        if (is_mistaken(text))
            remark(d, print(d, "%s: '%s' is no plain number: %s", ordinal(d, (unsigned)d->value),
                            beginning(d, text->text), amount(d, text->count, "cell")));
        else
            remark(d, print(d,
                            "%s: %s%s%s is no number: %s, taken for missing; if they were withheld, move it to "
                            "/observation_files/0/suppressed",
                            ordinal(d, (unsigned)d->value), text->length ? "'" : "an empty cell",
                            beginning(d, text->text), text->length ? "'" : "", amount(d, text->count, "cell")));
    }
}

static void guess_value(struct sme_draft *d)
{
    unsigned candidates = 0, named = 0, years = 0;
    int last = -1, last_named = -1;

    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];

        years += is_year(c->header);
        if (!is_value(d, c) || means(c->header, CODE_WORD) || means(c->header, NOTE_WORD))
            continue;
        candidates++;
        last = (int)i;
        if (means(c->header, VALUE_WORD)) {
            named++;
            last_named = (int)i;
        }
    }
    d->value = named == 1 ? last_named : candidates == 1 ? last : -1;
    if (d->value >= 0 && years < 2) {
        d->columns[d->value].use = USE_VALUE;
        tell_value(d);
    } else {
        d->value = -1;
        tell_no_value(d, candidates, years);
    }
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];

        if (is_value(d, c) && !means(c->header, CODE_WORD) &&
            (d->value < 0 || c->fraction || c->texts.many || c->texts.count > d->rows / 2))
            leave_out(d, i, "numbers, but not the column of values");
    }
}

static void guess_lists(struct sme_draft *d)
{
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];
        bool twice = false;

        for (unsigned k = 0; k < d->column_count; k++)
            twice = twice || (k != i && strcmp(d->columns[k].header, c->header) == 0);
        if (!*c->header)
            leave_out(d, i, "it has no header");
        else if (twice)
            leave_out(d, i, "another column has the same header");
    }
    guess_period(d);
    d->unit = find_list(d, UNIT_WORD);
    if (d->unit >= 0)
        d->columns[d->unit].use = USE_UNIT;
    guess_value(d);
    d->indicator = find_list(d, INDICATOR_WORD);
    if (d->indicator >= 0)
        d->columns[d->indicator].use = USE_INDICATOR;
}

/* Pairs. */

static void add_pair(struct sme_draft *d, unsigned from, unsigned to, bool by_header)
{
    if (d->pair_count == PAIRS_MAX)
        return;
    struct pair *pair = &d->pairs[d->pair_count];
    *pair = (struct pair){.from = from, .to = to, .by_header = by_header};
    pair->rows = arena_alloc(&d->arena, d->columns[from].texts.count * sizeof *pair->rows);
    d->no_memory = d->no_memory || !pair->rows;
    d->pair_count++;
}

static bool is_code_of(const struct column *code, const struct column *name)
{
    return strcasecmp(code->stem, name->stem) == 0 && strcasecmp(code->header, name->header) != 0 &&
           !means(code->header, NAME_WORD) && !means(name->header, CODE_WORD) &&
           (means(code->header, CODE_WORD) || means(name->header, NAME_WORD));
}

/* Whether a column's texts are fit to be codes: shorter than what the other one has, and Latin. */
static bool is_terse(const struct column *code, const struct column *name)
{
    char made[CODE_BYTES_MAX + 2];

    if (code->texts.bytes >= name->texts.bytes)
        return false;
    for (uint32_t i = 0; i < code->texts.count; i++)
        if (observation_code_make(code->texts.items[i].text, code->texts.items[i].length, made, sizeof made) == 0)
            return false;
    return true;
}

static void guess_pairs(struct sme_draft *d)
{
    for (unsigned i = 0; i < d->column_count; i++) {
        const struct column *code = &d->columns[i];

        if (code->texts.many || code->unprintable || code->empty > 0 ||
            (code->use != USE_NONE && code->use != USE_INDICATOR))
            continue;
        for (unsigned k = 0; k < d->column_count; k++) {
            const struct column *name = &d->columns[k];

            if (k == i || !is_list(d, name, DIMENSION_VALUES_MAX) || means(name->header, NOTE_WORD))
                continue;
            if (is_code_of(code, name))
                add_pair(d, i, k, true);
            else if (name->texts.count == code->texts.count && code->texts.count > 1 && code->texts.count < d->rows &&
                     name->numbers == 0 && is_terse(code, name))
                add_pair(d, i, k, false);
        }
    }
    if (d->indicator >= 0 && d->unit >= 0)
        add_pair(d, (unsigned)d->indicator, (unsigned)d->unit, true);
}

static void use_pairs(struct sme_draft *d)
{
    for (unsigned p = 0; p < d->pair_count; p++)
        for (uint32_t i = 0; i < d->columns[d->pairs[p].from].texts.count; i++)
            if (d->pairs[p].rows[i] == 0)
                d->pairs[p].broken = true; /* the file changed meanwhile */
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned p = 0; p < d->pair_count; p++) {
            const struct pair *pair = &d->pairs[p];
            struct column *from = &d->columns[pair->from], *to = &d->columns[pair->to];

            if (pair->by_header != (round == 0) || to->use != USE_NONE || from->names > 0 || from->use == USE_NAME)
                continue;
            if (pair->broken && pair->by_header && to->texts.count <= from->texts.count)
                remark(d, print(d, "column '%s': more than one name for a code of '%s'", to->header, from->header));
            if (pair->broken)
                continue;
            from->names = pair->to + 1;
            from->name_rows = pair->rows;
            to->use = USE_NAME;
        }
    }
    const struct pair *last = d->pair_count ? &d->pairs[d->pair_count - 1] : NULL;
    if (last && d->unit >= 0 && last->to == (unsigned)d->unit && !last->broken)
        d->indicator_units = last->rows;
}

static void guess_units(struct sme_draft *d)
{
    if (d->unit < 0)
        return;
    const struct column *c = &d->columns[d->unit];
    if (d->indicator_units || c->texts.count == 1) {
        remark(d,
               print(d, "%s: the unit of each indicator, %u different", ordinal(d, (unsigned)d->unit), c->texts.count));
        return;
    }
    d->undecided = true;
    remark(d, print(d,
                    "%s: left out: values of one indicator have different units; give each unit an indicator of its "
                    "own",
                    ordinal(d, (unsigned)d->unit)));
    d->columns[d->unit].use = USE_LEFT_OUT;
    d->unit = -1;
}

/* A code made of a text that no other text in the table has. */
static const char *unique_code(struct sme_draft *d, struct lookup *taken, const char *text, size_t length,
                               const char *otherwise, bool *ret_plain)
{
    char code[CODE_BYTES_MAX + 2];
    size_t made = observation_code_make(text, length, code, sizeof code);
    const char *result;

    *ret_plain = made > 0 && made <= CODE_BYTES_MAX;
    result = print(d, "%.*s", *ret_plain ? (int)made : (int)strlen(otherwise), *ret_plain ? code : otherwise);
    if (!*ret_plain || lookup_find(taken, result, strlen(result)) != LOOKUP_NOTHING) {
        const char *base = result;
        int room = CODE_BYTES_MAX - 8;
        unsigned number = *ret_plain ? 2 : taken->count + 1;

        *ret_plain = false;
        while (room > 1 && (int)strlen(base) > room && base[room - 1] == '-')
            room--;
        do
            result = print(d, "%.*s-%u", room, base, number++);
        while (!d->no_memory && lookup_find(taken, result, strlen(result)) != LOOKUP_NOTHING);
    }
    if (!lookup_add(taken, result, strlen(result), 0, RANK_CODE))
        d->no_memory = true;
    return result;
}

/* Gives each text of a column a code. */
static void make_codes(struct sme_draft *d, struct column *c)
{
    struct lookup taken = {0};
    uint32_t count = 0, other;
    bool indicator = c->use == USE_INDICATOR;

    c->codes = arena_alloc(&d->arena, c->texts.count * sizeof *c->codes);
    c->plain = arena_alloc(&d->arena, c->texts.count * sizeof *c->plain);
    c->mapped = arena_alloc(&d->arena, c->texts.count * sizeof *c->mapped);
    if (!c->codes || !c->plain || !c->mapped ||
        (c->empty > 0 && !lookup_add(&taken, not_given, strlen(not_given), 0, RANK_CODE)))
        d->no_memory = true;
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++) {
        const struct counted *text = &c->texts.items[i];

        c->codes[i] = not_given;
        if (text->length > 0)
            c->codes[i] =
                unique_code(d, &taken, text->text, text->length, indicator ? "indicator" : "value", &c->plain[i]);
        count += !c->plain[i];
    }
    c->declared = indicator || count > MAPPED_MAX;
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++)
        c->mapped[i] = !c->plain[i] && (!c->declared || c->texts.items[i].length == 0);
    /* A text that is the code of another one would be found as that. */
    for (uint32_t i = 0; i < c->texts.count && !d->no_memory; i++) {
        other = lookup_find(&c->texts.lookup, c->codes[i], strlen(c->codes[i]));
        if (other != LOOKUP_NOTHING && other != i)
            c->mapped[i] = c->mapped[other] = true;
    }
    lookup_finish(&taken);
}

static void guess_dimension(struct sme_draft *d, struct lookup *taken, unsigned column, unsigned *count)
{
    struct column *c = &d->columns[column];
    bool plain;

    if (means(c->header, NOTE_WORD)) {
        leave_out(d, column, "remarks");
    } else if (c->unprintable) {
        leave_out(d, column, "texts that are not UTF-8, or hold control characters");
    } else if (c->texts.many) {
        leave_out(d, column, "too many different texts, or longer ones than 4096 bytes");
    } else if (c->texts.count == 1 && d->rows > 1) {
        const char *always = c->texts.items[0].text;

        leave_out(d, column,
                  *always ? print(d, "it always says '%s', which became a note", beginning(d, always)) : "it is empty");
        if (*always && d->note_count < NOTES_MAX)
            d->notes[d->note_count++] = print(d, "%s: %s", c->header, always);
    } else if (*count == SME_DIMENSIONS_MAX) {
        leave_out(d, column, "a dataset has at most 8 dimensions");
        d->undecided = true;
    } else {
        (*count)++;
        const char *stem = c->names ? c->stem : c->header;
        char made[CODE_BYTES_MAX + 2];
        size_t length = observation_code_make(stem, strlen(stem), made, sizeof made);
        made[length < sizeof made ? length : 0] = '\0';
        if (length > 0 && dimension_is_reserved(made))
            stem = print(d, "%s-column", made);
        c->code = unique_code(d, taken, stem, strlen(stem), "dimension", &plain);
        c->use = USE_DIMENSION;
        make_codes(d, c);
        remark(d, print(d, "%s: a dimension '%s', %s%s%s%s%s", ordinal(d, column), c->code,
                        amount(d, c->texts.count, "value"), c->names ? ", with the names in '" : "",
                        c->names ? d->columns[c->names - 1].header : "", c->names ? "'" : "",
                        c->empty ? "; an empty cell is 'not-given'" : ""));
    }
}

static void guess_dimensions(struct sme_draft *d)
{
    struct lookup taken = {0};
    unsigned count = 0;

    if (d->indicator >= 0) {
        struct column *c = &d->columns[d->indicator];

        make_codes(d, c);

        remark(d, print(d, "%s: the indicator, %u different%s%s%s", ordinal(d, (unsigned)d->indicator), c->texts.count,
                        c->names ? ", with the names in '" : "", c->names ? d->columns[c->names - 1].header : "",
                        c->names ? "'" : ""));
    }
    for (unsigned i = 0; i < d->column_count && !d->no_memory; i++)
        if (is_free(&d->columns[i]) && d->rows > 0)
            guess_dimension(d, &taken, i, &count);
    lookup_finish(&taken);
}

/* The document. */

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
    const char *stem = print(d, "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base), base);

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

        codes[i] = unique_code(d, &taken, text->text, text->length, "unit", &plain);
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
        remark(d, "unit: unknown: fill in /units/0/name");
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
        const struct column *c = &d->columns[d->indicator];
        const char *text = c->texts.items[i].text;

        put_indicator(out, c->codes[i],
                      c->names ? d->columns[c->names - 1].texts.items[c->name_rows[i] - 1].text : text, text,
                      d->unit < 0 ? "unit" : units[d->indicator_units ? d->indicator_units[i] - 1 : 0]);
    }
    if (d->indicator < 0) {
        const char *name =
            d->value >= 0 && !means(d->columns[d->value].header, VALUE_WORD) ? d->columns[d->value].header : stem;

        one = unique_code(d, &taken, name, strlen(name), "indicator", &plain);
        put_indicator(out, one, name, name, d->unit < 0 ? "unit" : units[0]);
        remark(d, print(d, "indicator: no column has it; one, called '%s': check /indicators/0/name", name));
    }
    put_close(out, ']');
    lookup_finish(&taken);
    remark(d, "measure: unknown: 'stock' stands there: check the 'measure' of each of /indicators");
    return one;
}

/* The values that are no others' than the document's. */
static void put_values(const struct column *c, struct buf *out)
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
        const struct column *c = &d->columns[i];

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
    const struct column *c = &d->columns[column];

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
        const struct column *c = &d->columns[i];

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
        const struct column *c = &d->columns[i];
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

        if (is_mistaken(text))
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
    const char *text = print(d, "%s", buf_string(&day));
    buf_finish(&day);
    remark(d, print(d,
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

static void put_document(struct sme_draft *d, struct buf *out)
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
    put_text(out, "id", unique_code(d, &taken, stem, strlen(stem), "dataset", &plain));
    put_text(out, "title", stem);
    lookup_finish(&taken);
    remark(d, print(d, "title: '%s', after the file: fill in /title and, if it is known, /license", stem));
    put_name(out, "languages");
    put_open(out, '[');
    put_note(out, language);
    put_close(out, ']');
    remark(d, print(d, "language: '%s', after the headers: check /languages", language));
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
    remark(d, print(d, "source: '%s', after the file: fill in /sources/0/title and publisher", base));
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
    remark(d, "kind, period_basis, qualifier: actual, stated and exact for all rows: check "
              "/observation_files/0/constants");
}

/* What --check would say of the document if it lay beside the file. */
static enum sme_status check_draft(struct sme_draft *d)
{
    const char *slash = strrchr(d->path, '/');
    const char *directory = print(d, "%.*s", slash ? (int)(slash + 1 - d->path) : 0, d->path);
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
    put_document(d, &compact);
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
        status = read_whole(d, false);
    if (status != SME_OK)
        return status;
    guess_lists(d);
    guess_pairs(d);
    if (d->pair_count > 0 && !d->no_memory && (status = read_whole(d, true)) != SME_OK)
        return status;
    use_pairs(d);
    guess_units(d);
    guess_dimensions(d);
    if (d->rows == 0) {
        d->undecided = true;
        remark(d, "the file has no rows: nothing but the headers could be judged");
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
        tally_finish(&d->columns[i].texts);
        tally_finish(&d->columns[i].odd);
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
