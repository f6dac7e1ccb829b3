/* SPDX-License-Identifier: MIT */
/*
 * A file is read in two steps: what the document says of it becomes a plan, a role for each column; then each cell of the
 * file plays its role. A row is kept only when each of its cells is right.
 */
#include "file_reader.h"
#include "phrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define AT(member) .offset = offsetof(struct observation_file, member)

const struct words observation_period_formats = {
    (const char *const[]){"YYYY", "YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY",
                          "D/M/YYYY", "M/D/YYYY", "D.M.YYYY", NULL},
    "YYYY, YYYY-MM-DD, YYYY/MM/DD, YYYYMMDD, DD/MM/YYYY, MM/DD/YYYY, DD.MM.YYYY, D/M/YYYY, M/D/YYYY, D.M.YYYY",
};

static const struct words form_words = {(const char *const[]){"words", NULL}, "words"};

static const struct member file_members[] = {
    {"file", MEMBER_FILE, REQUIRED, AT(file)},
    {"columns", MEMBER_NODE, REQUIRED, AT(columns)},
    {"constants", MEMBER_NODE, 0, AT(constants)},
    {"codes", MEMBER_NODE, 0, AT(codes)},
    {"missing", MEMBER_NODE, 0, AT(missing)},
    {"suppressed", MEMBER_NODE, 0, AT(suppressed)},
    {"period_format", MEMBER_WORD, 0, AT(period_format), .words = &observation_period_formats},
    {"value_form", MEMBER_WORD, 0, AT(value_form), .words = &form_words},
    {0},
};
const struct record observation_file_record = {
    file_members,
    .size = sizeof(struct observation_file),
    .place_offset = offsetof(struct observation_file, place),
};

bool observation_text_is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return utf8_valid(text, length);
}

/* The file. */

/* Tells of a place in the file; `path` is the header of the column. */
static void file_fault(struct file_reader *f, struct spot spot, const char *path, const struct fault *fault)
{
    struct fault placed = *fault;

    placed.file = f->file->path;
    placed.path = path;
    placed.part = f->number;
    placed.line = spot.line;
    placed.column = spot.column;
    faults_add(f->reader->faults, &placed);
}

static void tell_of(struct file_reader *f, struct spot spot, const char *path, enum fault_kind kind, const char *value,
                    const char *accepted)
{
    file_fault(f, spot, path,
               &(struct fault){.kind = kind, .value = value, .value_length = strlen(value), .accepted = accepted});
}

/* Tells of a cell, and that its row is not to be kept. */
static void cell_fault(struct file_reader *f, const struct csv_field *field, const char *path, enum fault_kind kind,
                       const char *accepted)
{
    file_fault(f, (struct spot){field->line, field->column}, path,
               &(struct fault){
                   .kind = kind,
                   .value = field->text,
                   .value_length = field->length,
                   .accepted = accepted,
               });
    f->bad = true;
}

static long read_file(void *context, char *into, size_t room)
{
    struct file_reader *f = context;
    const struct progress *progress = f->reader->progress;
    long got = csv_file_read(&f->source, into, room);

    if (got > 0)
        XXH3_128bits_update(f->reader->hash, into, (size_t)got);
    if (got > 0 && progress)
        progress->tell(progress->context, f->file->path, f->dataset->observation_count, f->source.bytes,
                       f->source.total_bytes);
    return got;
}

/* The header. */

static char *keep_text(struct file_reader *f, const struct csv_field *field)
{
    char *text = arena_copy(&f->reader->passing, field->text, field->length);

    f->reader->no_memory = f->reader->no_memory || !text;
    return text;
}

static bool read_headers(struct file_reader *f)
{
    struct csv_field field = {.last = false};
    enum csv_event event = CSV_FIELD;

    f->headers = arena_alloc(&f->reader->passing, CSV_COLUMNS_MAX * sizeof *f->headers);
    f->roles = arena_alloc(&f->reader->passing, CSV_COLUMNS_MAX * sizeof *f->roles);
    f->names = arena_alloc(&f->reader->passing, CSV_COLUMNS_MAX * sizeof *f->names);
    if (!f->headers || !f->roles || !f->names) {
        f->reader->no_memory = true;
        return false;
    }
    while (!field.last && !f->reader->no_memory && (event = csv_reader_next(&f->csv, &field)) == CSV_FIELD) {
        if (!observation_text_is_printable(field.text, field.length)) {
            cell_fault(f, &field, "", FAULT_CSV_SYNTAX, "headers in UTF-8, without control characters");
            return false;
        }
        if (f->column_count == CSV_COLUMNS_MAX) {
            cell_fault(f, &field, "", FAULT_WRONG_VALUE, "at most 1,000 columns");
            return false;
        }
        f->headers[f->column_count++] = keep_text(f, &field);
    }
    if (event == CSV_END)
        tell_of(f, (struct spot){1, 1}, "", FAULT_CSV_SYNTAX, "the file is empty", "a line of headers, then rows");
    return event == CSV_FIELD && !f->reader->no_memory;
}

/* Says which columns there are, as far as a sentence bears. */
static void tell_no_column(struct file_reader *f, const char *role, const char *header)
{
    struct sme_nearest nearest = sme_nearest_to(header, strlen(header));
    struct buf columns = BUF_INIT(2048);

    buf_text(&columns, "one of: ");
    for (uint32_t c = 0; c < f->column_count; c++) {
        sme_nearest_offer(&nearest, f->headers[c]);
        if (columns.length + strlen(f->headers[c]) < 400) {
            buf_text(&columns, c ? ", " : "");
            buf_text(&columns, f->headers[c]);
        } else if (columns.length < 400) {
            buf_text(&columns, ", …");
            break;
        }
    }
    if (columns.status == SME_NO_MEMORY)
        f->reader->no_memory = true;
    file_fault(f, (struct spot){1, 1}, role,
               &(struct fault){
                   .kind = FAULT_UNKNOWN_COLUMN,
                   .value = header,
                   .value_length = strlen(header),
                   .accepted = buf_string(&columns),
                   .nearest = &nearest,
               });
    buf_finish(&columns);
}

static void place_header(struct file_reader *f, unsigned role, const char *header, uint32_t *bits)
{
    bool found = false;

    for (uint32_t c = 0; header && c < f->column_count; c++) {
        if (strcmp(f->headers[c], header) != 0)
            continue;
        if (found)
            tell_of(f, (struct spot){1, 1}, file_role_name(f->dataset, role), FAULT_DUPLICATE_CODE, header,
                    "one column of this name");
        found = true;
        bits[c] |= UINT32_C(1) << role;
    }
    if (header && !found)
        tell_no_column(f, file_role_name(f->dataset, role), header);
}

_Static_assert(ROLES_MAX <= 32, "a bit for each role");

static bool read_header(struct file_reader *f)
{
    size_t told = faults_told(f->reader->faults);

    if (!read_headers(f))
        return false;
    for (unsigned role = 0; role < file_role_count(f->dataset); role++) {
        place_header(f, role, f->parts[role].header, f->roles);
        place_header(f, role, f->parts[role].name_header, f->names);
    }
    return !f->reader->no_memory && faults_told(f->reader->faults) == told;
}

/* Cells. */

/* Reads so many digits, or one more if `most` allows; false if there are fewer. */
static bool read_digits(const char **at, const char *end, int least, int most, unsigned *ret_number)
{
    int digits = 0;

    for (*ret_number = 0; digits < most && *at < end && **at >= '0' && **at <= '9'; digits++)
        *ret_number = *ret_number * 10 + (unsigned)(*(*at)++ - '0');
    return digits >= least;
}

/* A day or year in a format such as DD/MM/YYYY; one letter stands for one or two digits. */
bool observation_period_read(const char *format, const char *text, size_t length, struct period *ret_period)
{
    const char *at = text, *end = text + length;
    unsigned year = 0, month = 0, day = 0;
    char iso[16];

    while (*format) {
        unsigned *into = *format == 'Y' ? &year : *format == 'M' ? &month : *format == 'D' ? &day : NULL;
        int run = 1;

        while (into && format[run] == *format)
            run++;
        if (into ? !read_digits(&at, end, run, run == 1 ? 2 : run, into) : at >= end || *at++ != *format)
            return false;
        format += run;
    }
    if (at != end)
        return false;
    int printed = month || day ? snprintf(iso, sizeof iso, "%04u-%02u-%02u", year, month, day)
                               : snprintf(iso, sizeof iso, "%04u", year);
    return period_parse(iso, (size_t)printed, ret_period);
}

static void period_cell(struct file_reader *f, const struct csv_field *field, const char *path)
{
    uint8_t format = f->file->period_format;
    bool read = format == NO_WORD ? period_parse(field->text, field->length, &f->row.period)
                                  : observation_period_read(observation_period_formats.names[format], field->text,
                                                            field->length, &f->row.period);

    if (!read)
        cell_fault(f, field, path, FAULT_WRONG_VALUE,
                   format == NO_WORD ? "YYYY or YYYY-MM-DD" : observation_period_formats.names[format]);
}

/* A cell of values that is neither a number nor says why there is none: perhaps a number in words, for which the row's unit
 * must be known. */
static void value_text_cell(struct file_reader *f, const struct csv_field *field, const char *path)
{
    if (f->file->value_form != NO_WORD) {
        f->in_words = true;
        buf_clear(&f->words);
        buf_add(&f->words, field->text, field->length);
        f->reader->no_memory = f->reader->no_memory || f->words.status != SME_OK;
        return;
    }
    cell_fault(f, field, path, FAULT_WRONG_VALUE,
               "a plain number such as -1234.5, or a text that 'missing' or 'suppressed' lists");
}

static void value_cell(struct file_reader *f, const struct csv_field *field, const char *path)
{
    f->value = (struct spot){field->line, field->column};
    f->row.status = NO_WORD;
    if (file_text_is_among(f->missing, f->missing_count, field->text, field->length)) {
        f->row.status = STATUS_MISSING;
    } else if (file_text_is_among(f->suppressed, f->suppressed_count, field->text, field->length)) {
        f->row.status = STATUS_SUPPRESSED;
    } else {
        switch (dataset_number(f->dataset, field->text, field->length, &f->row.value, &f->reader->no_memory)) {
        case DECIMAL_OK:
            break;
        case DECIMAL_TOO_LONG:
            cell_fault(f, field, path, FAULT_WRONG_VALUE,
                       "at most 18 significant digits and 10^18, to be kept exactly");
            break;
        case DECIMAL_SYNTAX:
            value_text_cell(f, field, path);
            break;
        }
    }
}

static void unknown_text(struct file_reader *f, const struct csv_field *field, const char *path, unsigned role)
{
    struct sme_nearest nearest = sme_nearest_to(field->text, field->length);
    const struct words *words = role < ROLES ? file_roles[role].words : NULL;

    f->bad = true;
    if (faults_told(f->reader->faults) < SME_FAULTS_MAX) /* beyond, it is only counted */
        lookup_offer(&f->parts[role].lookup, &nearest);
    file_fault(f, (struct spot){field->line, field->column}, path,
               &(struct fault){
                   .kind = FAULT_UNKNOWN_TEXT,
                   .value = field->text,
                   .value_length = field->length,
                   .accepted = words                 ? words->accepted
                               : nearest.found[0][0] ? nearest.found[0]
                                                     : "a code or name, or a text that 'codes' lists",
                   .nearest = &nearest,
               });
}

/* What a text stands for: NONE after a fault. */
static uint32_t code_cell(struct file_reader *f, const struct csv_field *field, const char *path, unsigned role)
{
    uint32_t code = lookup_find(&f->parts[role].lookup, field->text, field->length);

    if (code == LOOKUP_AMBIGUOUS)
        cell_fault(f, field, path, FAULT_AMBIGUOUS_TEXT, "a code, or a text that 'codes' lists");
    else if (code == LOOKUP_NOTHING)
        unknown_text(f, field, path, role);
    return code == LOOKUP_AMBIGUOUS || code == LOOKUP_NOTHING ? NONE : code;
}

/* Lower-case letters and digits stay, all between becomes one hyphen. */
size_t observation_code_make(const char *text, size_t length, char *code, size_t room)
{
    size_t made = 0;
    bool gap = false;

    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            gap = true;
            continue;
        }
        if (made + 2 > room)
            return 0;
        if (gap && made > 0)
            code[made++] = '-';
        code[made++] = c;
        gap = false;
    }
    return made;
}

/* A text that was not met before: a new value, under a code made of the text. NONE after a fault. */
static uint32_t new_value(struct file_reader *f, const struct csv_field *field, const char *path, unsigned role)
{
    char code[CODE_BYTES_MAX + 2];
    size_t length = observation_code_make(field->text, field->length, code, sizeof code);

    if (length == 0 || length > CODE_BYTES_MAX || field->length > TEXT_BYTES_MAX ||
        !observation_text_is_printable(field->text, field->length)) {
        cell_fault(f, field, path, FAULT_WRONG_VALUE,
                   "a text with 1 to 64 Latin letters and digits to make a code of, or one that 'codes' lists");
        return NONE;
    }
    if (f->dataset->dimensions[role - ROLES].value_count >= DIMENSION_VALUES_MAX) {
        cell_fault(f, field, path, FAULT_WRONG_VALUE, "at most 100,000 values of a dimension");
        return NONE;
    }
    /* Two texts of one code would be one value under two names. */
    if (lookup_find(&f->parts[role].lookup, code, length) != LOOKUP_NOTHING ||
        lookup_find(&f->met[role - ROLES], code, length) != LOOKUP_NOTHING) {
        cell_fault(f, field, path, FAULT_AMBIGUOUS_TEXT,
                   "a text that does not give the code of another value, or one that 'codes' lists");
        return NONE;
    }
    return file_add_value(f, role, code, length, field->text, field->length);
}

static void dimension_cell(struct file_reader *f, const struct csv_field *field, const char *path, unsigned role)
{
    uint32_t *member = &f->members[role - ROLES];

    if (file_takes_values(f, role) &&
        lookup_find(&f->parts[role].lookup, field->text, field->length) == LOOKUP_NOTHING) {
        *member = lookup_find(&f->met[role - ROLES], field->text, field->length);
        if (*member == LOOKUP_NOTHING)
            *member = new_value(f, field, path, role);
    } else {
        *member = code_cell(f, field, path, role);
    }
}

/* An empty cell says nothing, unless the document says what it does beside a number. */
static void qualifier_cell(struct file_reader *f, const struct csv_field *field, const char *path)
{
    f->qualifier = (struct spot){field->line, field->column};
    f->no_qualifier = field->length == 0;
    if (field->length > 0 || lookup_find(&f->parts[ROLE_QUALIFIER].lookup, "", 0) != LOOKUP_NOTHING)
        f->row.qualifier = (uint8_t)code_cell(f, field, path, ROLE_QUALIFIER);
}

static void take_cell(struct file_reader *f, const struct csv_field *field, const char *path, unsigned role)
{
    switch (role) {
    case ROLE_INDICATOR:
        f->row.indicator = code_cell(f, field, path, role);
        break;
    case ROLE_PERIOD:
        period_cell(f, field, path);
        break;
    case ROLE_VALUE:
        value_cell(f, field, path);
        break;
    case ROLE_KIND:
        f->row.kind = (uint8_t)code_cell(f, field, path, role);
        break;
    case ROLE_PERIOD_BASIS:
        f->row.period_basis = (uint8_t)code_cell(f, field, path, role);
        break;
    case ROLE_QUALIFIER:
        qualifier_cell(f, field, path);
        break;
    case ROLE_SOURCE:
        f->row.source = code_cell(f, field, path, role);
        break;
    default:
        dimension_cell(f, field, path, role);
        break;
    }
}

/* The cell of a value's name, kept until the row ends: the code may come later. */
static void name_cell(struct file_reader *f, const struct csv_field *field, unsigned role)
{
    struct buf *name = &f->value_names[role - ROLES];

    buf_clear(name);
    buf_add(name, field->text, field->length);
    f->name_spots[role - ROLES] = (struct spot){field->line, field->column};
    f->reader->no_memory = f->reader->no_memory || name->status != SME_OK;
}

/* Rows. */

/* Names the value that the row is of, or compares. */
static void name_value(struct file_reader *f, unsigned role)
{
    struct sme_dataset *d = f->dataset;
    const struct part *part = &f->parts[role];
    const struct buf *name = &f->value_names[role - ROLES];
    struct dimension_value *value = &d->dimensions[role - ROLES].values[f->members[role - ROLES]];

    if (!value->met || (value->named && value->name[0].length == name->length &&
                        memcmp(value->name[0].text, buf_string(name), name->length) == 0))
        return; /* the document's own names stay */
    if (value->named) {
        f->bad = true;
        tell_of(f, f->name_spots[role - ROLES], part->name_header, FAULT_CONTRADICTION,
                "another name than this value had before", value->name[0].text);
        return;
    }
    const struct str *names;
    if (name->length == 0 || name->length > TEXT_BYTES_MAX ||
        !observation_text_is_printable(name->bytes, name->length)) {
        f->bad = true;
        tell_of(f, f->name_spots[role - ROLES], part->name_header, FAULT_WRONG_VALUE, buf_string(name),
                "1 to 4096 bytes of UTF-8 without control characters");
    } else if ((names = schema_same_text(f->reader, name->bytes, name->length)) != NULL) {
        value->name = names;
        value->named = true;
    }
}

static const struct unit *unit_of_row(const struct file_reader *f)
{
    return &f->dataset->units[f->dataset->indicators[f->row.indicator].unit];
}

/* Tells of a number that its unit does not allow. */
static void domain_fault(struct file_reader *f, enum fault_kind kind, const char *value, const char *accepted)
{
    struct buf digits = BUF_INIT(1024);

    number_print(&digits, &f->row.value);
    f->reader->no_memory = f->reader->no_memory || digits.status != SME_OK;
    f->bad = true;
    tell_of(f, f->value, f->parts[ROLE_VALUE].header, kind, value ? value : buf_string(&digits), accepted);
    buf_finish(&digits);
}

static void check_value(struct file_reader *f)
{
    const struct observation *o = &f->row;
    const struct unit *unit = unit_of_row(f);
    const struct number *upper = &o->details->upper;

    if (upper->known && unit->max.known && decimal_compare(upper->value, unit->max.value) > 0)
        domain_fault(f, FAULT_OUTSIDE_DOMAIN, "the upper end", "at most the unit's max");
    else if (unit->min.known && decimal_compare(o->value.value, unit->min.value) < 0)
        domain_fault(f, FAULT_OUTSIDE_DOMAIN, NULL, "at least the unit's min");
    else if (unit->max.known && decimal_compare(o->value.value, unit->max.value) > 0)
        domain_fault(f, FAULT_OUTSIDE_DOMAIN, NULL, "at most the unit's max");
    else if (o->qualifier == QUALIFIER_NEARLY && unit->min.known &&
             decimal_compare(o->value.value, unit->min.value) == 0)
        domain_fault(f, FAULT_CONTRADICTION, "what is nearly the unit's min would be below it",
                     "a number above the unit's min");
}

static void tell_unreadable(struct file_reader *f, const struct phrase_reading *reading)
{
    struct buf accepted = BUF_INIT(1024);
    struct sme_nearest nearest;

    phrase_accepted(buf_string(&f->words), f->words.length, reading, &nearest, &accepted);
    f->reader->no_memory = f->reader->no_memory || accepted.status != SME_OK;
    f->bad = true;
    file_fault(f, f->value, f->parts[ROLE_VALUE].header,
               &(struct fault){
                   .kind = FAULT_UNREADABLE_NUMBER,
                   .value = buf_string(&f->words),
                   .value_length = f->words.length,
                   .accepted = buf_string(&accepted),
                   .nearest = &nearest,
               });
    buf_finish(&accepted);
}

/* A number in words says its qualifier, too; a column of qualifiers may repeat it. */
static void read_words(struct file_reader *f)
{
    struct sme_dataset *d = f->dataset;
    struct phrase_reading reading;
    bool *no_memory = &f->reader->no_memory;

    if (!phrase_read(buf_string(&f->words), f->words.length, unit_of_row(f), d->language_count, &reading)) {
        tell_unreadable(f, &reading);
        return;
    }
    if (!f->parts[ROLE_QUALIFIER].constant && !f->no_qualifier && f->row.qualifier != reading.qualifier) {
        f->bad = true;
        tell_of(f, f->qualifier, f->parts[ROLE_QUALIFIER].header, FAULT_CONTRADICTION,
                "qualifier is not what value says", qualifier_words.names[reading.qualifier]);
        return;
    }
    f->row.qualifier = (uint8_t)reading.qualifier;
    (void)dataset_number(d, reading.value_literal, strlen(reading.value_literal), &f->row.value, no_memory);
    if (reading.alone && !reading.upper_literal[0])
        return;
    struct details *details = arena_alloc(&d->arena, sizeof *details);
    if (!details) {
        *no_memory = true;
        return;
    }
    if (reading.upper_literal[0])
        (void)dataset_number(d, reading.upper_literal, strlen(reading.upper_literal), &details->upper, no_memory);
    if (!reading.alone)
        details->wording = schema_same_text(f->reader, buf_string(&f->words), f->words.length);
    f->row.details = details;
}

/* A qualifier stands beside a number, and only there. */
static void check_qualifier(struct file_reader *f)
{
    const struct part *part = &f->parts[ROLE_QUALIFIER];
    const char *wrong = NULL, *accepted = NULL;

    if (part->constant) {
        f->row.qualifier = f->row.value.known ? (uint8_t)part->code : NO_WORD;
    } else if (!f->row.value.known && f->no_qualifier) {
        f->row.qualifier = NO_WORD;
    } else if (f->row.value.known && f->row.qualifier == NO_WORD) {
        wrong = "a value without a qualifier";
        accepted = "a qualifier, such as exact";
    } else if (!f->row.value.known && f->row.qualifier != NO_WORD) {
        wrong = "a qualifier without a value";
        accepted = "an empty cell";
    } else if (f->row.qualifier == QUALIFIER_BETWEEN) {
        wrong = "between, without an upper end";
        accepted = "a qualifier of one number";
    }
    if (wrong) {
        f->bad = true;
        tell_of(f, f->qualifier, part->header, FAULT_CONTRADICTION, wrong, accepted);
    }
}

static bool keep_line(struct file_reader *f)
{
    struct reader *reader = f->reader;
    uint32_t at = f->dataset->observation_count - f->dataset->record_count;

    if (at == reader->line_capacity) {
        uint32_t capacity = at ? at * 2 : 1024;
        uint32_t *lines = realloc(reader->lines, capacity * sizeof *lines);

        if (!lines)
            return false;
        reader->lines = lines;
        reader->line_capacity = capacity;
    }
    reader->lines[at] = f->start.line;
    return true;
}

static void keep_row(struct file_reader *f)
{
    struct sme_dataset *d = f->dataset;
    struct observation *o = keep_line(f) ? observation_add(d) : NULL;

    if (!o) {
        f->reader->no_memory = true;
        return;
    }
    *o = f->row;
    for (uint32_t k = 0; k < d->dimension_count; k++)
        d->members[(size_t)(d->observation_count - 1) * d->dimension_count + k] = f->members[k];
}

/* What all rows have. */
static void start_row(struct file_reader *f, const struct csv_field *field)
{
    f->start = (struct spot){field->line, field->column};
    f->bad = f->in_words = false;
    f->row = (struct observation){
        .details = &no_details,
        .indicator = f->parts[ROLE_INDICATOR].code,
        .source = f->parts[ROLE_SOURCE].code,
        .period = f->parts[ROLE_PERIOD].period,
        .kind = (uint8_t)f->parts[ROLE_KIND].code,
        .period_basis = (uint8_t)f->parts[ROLE_PERIOD_BASIS].code,
        .qualifier = NO_WORD,
        .status = NO_WORD,
    };
    for (uint32_t k = 0; k < f->dataset->dimension_count; k++)
        f->members[k] = f->parts[ROLES + k].code;
}

/* Ends a row of so many cells; `told`: how many faults there were before it. False: enough is read. */
static bool end_row(struct file_reader *f, uint32_t cells, const struct csv_field *last, size_t told)
{
    char wrong[64], accepted[64];

    if (cells != f->column_count) {
        /* Cells in wrong columns: what was said about them is of no use. */
        if (!f->reader->faults->no_memory)
            faults_forget(f->reader->faults, told);
        (void)snprintf(wrong, sizeof wrong, cells == 1 && last->length == 0 ? "an empty line" : "a row of %u cell%s",
                       cells, cells == 1 ? "" : "s");
        (void)snprintf(accepted, sizeof accepted, "%u cells, as the header has", f->column_count);
        tell_of(f, f->start, "", FAULT_CSV_SYNTAX, wrong, accepted);
        return true;
    }
    if (!f->bad && f->in_words)
        read_words(f);
    else if (!f->bad)
        check_qualifier(f);
    for (unsigned role = ROLES; role < file_role_count(f->dataset) && !f->bad; role++)
        if (f->parts[role].name_header)
            name_value(f, role);
    if (!f->bad && f->row.value.known)
        check_value(f);
    if (f->bad)
        return true;
    if (f->dataset->observation_count == OBSERVATIONS_MAX) {
        tell_of(f, f->start, "", FAULT_WRONG_VALUE, "one row more", "at most 10,000,000 observations in a dataset");
        return false;
    }
    keep_row(f);
    return true;
}

static void take_field(struct file_reader *f, const struct csv_field *field, uint32_t column)
{
    if (column >= f->column_count)
        return;
    for (uint32_t bits = f->names[column]; bits; bits &= bits - 1)
        name_cell(f, field, (unsigned)__builtin_ctz(bits));
    for (uint32_t bits = f->roles[column]; bits; bits &= bits - 1)
        take_cell(f, field, f->headers[column], (unsigned)__builtin_ctz(bits));
}

static void read_rows(struct file_reader *f)
{
    struct csv_field field;
    uint32_t column = 0;
    size_t told = 0;

    while (csv_reader_next(&f->csv, &field) == CSV_FIELD) {
        if (column == 0) {
            told = faults_told(f->reader->faults);
            start_row(f, &field);
        }
        take_field(f, &field, column++);
        if (f->reader->no_memory)
            return;
        if (!field.last)
            continue;
        if (!end_row(f, column, &field, told))
            return;
        column = 0;
    }
}

/* What ended the reading, if it was not the end of the file. */
static void tell_end(struct file_reader *f)
{
    uint32_t place = document_member_place(f->reader->document, f->file->place, "file");

    if (f->csv.wrong)
        tell_of(f, (struct spot){f->csv.line, f->csv.column}, "", FAULT_CSV_SYNTAX, f->csv.wrong, f->csv.accepted);
    if (f->csv.failed)
        schema_fault(f->reader, place, FAULT_UNREADABLE, csv_file_fault(&f->source), "a readable CSV file");
}

static bool open_file(struct file_reader *f)
{
    const char *fault = csv_file_open(&f->source, f->file->path);

    if (fault)
        schema_fault(f->reader, document_member_place(f->reader->document, f->file->place, "file"), FAULT_UNREADABLE,
                     fault, "a CSV file, by its path from the document");
    return !fault;
}

static void read_content(struct file_reader *f)
{
    if (!open_file(f))
        return;
    if (!csv_reader_init(&f->csv, read_file, f))
        f->reader->no_memory = true;
    else if (read_header(f))
        read_rows(f);
    tell_end(f);
    csv_reader_finish(&f->csv);
}

/* The path of a file beside the document. */
static const char *beside(struct reader *reader, const struct str *file)
{
    struct buf path = BUF_INIT(SIZE_MAX / 2);
    const char *kept = NULL;

    buf_text(&path, reader->directory);
    buf_add(&path, file->text, file->length);
    if (path.status == SME_OK)
        kept = arena_copy(&reader->passing, path.bytes, path.length);
    reader->no_memory = reader->no_memory || !kept;
    buf_finish(&path);
    return kept;
}

static void no_twin(void *context, const struct coded *record)
{
    (void)context;
    (void)record; /* a code is made once */
}

static void read_one(struct reader *reader, uint32_t number, struct lookup *met)
{
    struct sme_dataset *dataset = reader->dataset;
    struct observation_file *file = &dataset->files[number];
    struct file_reader f = {
        .reader = reader,
        .dataset = dataset,
        .file = file,
        .number = number + 1,
        .source.descriptor = -1,
        .met = met,
        .words = BUF_INIT(2 * (size_t)CSV_FIELD_BYTES_MAX),
    };

    for (uint32_t k = 0; k < dataset->dimension_count; k++)
        f.value_names[k] = BUF_INIT(2 * (size_t)CSV_FIELD_BYTES_MAX);
    file->first_row = dataset->observation_count;
    file->path = beside(reader, &file->file);
    if (!reader->no_memory && file_plan(&f))
        read_content(&f);
    csv_file_close(&f.source);
    for (unsigned role = 0; role < ROLES_MAX; role++)
        lookup_finish(&f.parts[role].lookup);
    buf_finish(&f.words);
    for (uint32_t k = 0; k < dataset->dimension_count; k++)
        buf_finish(&f.value_names[k]);
    for (uint32_t k = 0; k < dataset->dimension_count && !reader->no_memory; k++)
        if (dataset->dimensions[k].values_from != NO_WORD &&
            !member_table_make(dataset, &dataset->dimensions[k], no_twin, NULL))
            reader->no_memory = true;
}

void observation_files_read(struct reader *reader)
{
    struct sme_dataset *dataset = reader->dataset;
    struct lookup met[SME_DIMENSIONS_MAX] = {0};

    for (uint32_t i = 0; i < dataset->file_count && !reader->no_memory; i++) {
        if (reader->directory)
            read_one(reader, i, met);
        else
            schema_fault(reader, dataset->files[i].place, FAULT_CONTRADICTION, "this document is not in a file",
                         "observation_files in a document that is a file");
    }
    for (size_t i = 0; i < SME_DIMENSIONS_MAX; i++)
        lookup_finish(&met[i]);
}

static unsigned file_of(const struct sme_dataset *dataset, uint32_t row)
{
    unsigned file = dataset->file_count;

    while (file > 0 && dataset->files[file - 1].first_row > row)
        file--;
    return file;
}

void observation_files_twin(struct reader *reader, uint32_t row, uint32_t earlier)
{
    const struct sme_dataset *d = reader->dataset;
    unsigned file = file_of(d, row), other = earlier < d->record_count ? 0 : file_of(d, earlier);
    const char *same =
        d->dimension_count ? "the same indicator, period, kind and dimensions" : "the same indicator, period and kind";
    char value[SME_FAULT_VALUE_BYTES * 2];

    if (other == 0)
        (void)snprintf(value, sizeof value, "%s as /observations/%u", same, earlier);
    else
        (void)snprintf(value, sizeof value, "%s as line %u%s", same, reader->lines[earlier - d->record_count],
                       other == file ? "" : " of another file");
    faults_add(reader->faults, &(struct fault){
                                   .kind = FAULT_DUPLICATE_ROW,
                                   .file = d->files[file - 1].path,
                                   .line = reader->lines[row - d->record_count],
                                   .column = 1,
                                   .part = file,
                                   .path = "",
                                   .value = value,
                                   .value_length = strlen(value),
                                   .accepted = "one observation for each",
                               });
}
