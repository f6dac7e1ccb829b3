/* SPDX-License-Identifier: MIT */
/*
 * Numbers in words. Every phrase of the table is a case, with every number, unit and way to write them; what is refused
 * is refused at its place; and what the program prints it reads back.
 */
#include "support.h"

#include "display.h"
#include "phrase.h"
#include "unicode.h"

/* Units, in the order of the dataset below. */
enum { PERCENT, ENTERPRISES, PER_DAY, DOLLARS, MILLIONS, BARE, UNIT_COUNT };

static const char document[] =
    "{\"format\": \"smestat-dataset-1\", \"id\": \"d\", \"title\": \"t\", \"languages\": [\"en\", \"zh\"],"
    " \"as_of\": \"2023-03-01\", \"units\": ["
    "  {\"code\": \"percent\", \"name\": {\"en\": \"percent\", \"zh\": \"百分比\"}, \"pattern\": \"{}%\"},"
    "  {\"code\": \"enterprises\", \"name\": {\"en\": \"enterprises\", \"zh\": \"家\"}},"
    "  {\"code\": \"per-day\", \"name\": \"per day\", \"pattern\": {\"en\": \"{} a day\", \"zh\": \"每天{}户\"}},"
    "  {\"code\": \"dollars\", \"name\": \"dollars\", \"pattern\": \"US$ {}\"},"
    "  {\"code\": \"millions\", \"name\": {\"en\": \"million tonnes\", \"zh\": \"亿吨\"}},"
    "  {\"code\": \"bare\", \"name\": \"bare\", \"pattern\": \"{}\"}],"
    " \"sources\": [{\"code\": \"s\", \"title\": \"s\", \"date\": \"2023-03-01\", \"date_basis\": \"stated\"}],"
    " \"categories\": [{\"code\": \"c\", \"name\": \"c\"}], \"indicators\": ["
    "  {\"code\": \"i0\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"percent\", \"measure\": \"stock\"},"
    "  {\"code\": \"i1\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"enterprises\", \"measure\": \"stock\"},"
    "  {\"code\": \"i2\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"per-day\", \"measure\": \"stock\"},"
    "  {\"code\": \"i3\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"dollars\", \"measure\": \"stock\"},"
    "  {\"code\": \"i4\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"millions\", \"measure\": \"stock\"},"
    "  {\"code\": \"i5\", \"name\": \"i\", \"category\": \"c\", \"unit\": \"bare\", \"measure\": \"stock\"}],"
    " \"observations\": []}";

static struct sme_dataset *dataset;

static int load_units(void **state)
{
    (void)state;
    dataset = load_text(document);
    assert_int_equal(dataset->unit_count, UNIT_COUNT);
    return 0;
}

static int drop_units(void **state)
{
    (void)state;
    sme_dataset_unref(dataset);
    return 0;
}

static bool read_text(const char *text, int unit, struct phrase_reading *ret_reading)
{
    return phrase_read(text, strlen(text), unit < 0 ? NULL : &dataset->units[unit], dataset->language_count,
                       ret_reading);
}

static struct decimal decimal(const char *text)
{
    struct decimal value;

    if (decimal_parse(text, strlen(text), &value) != DECIMAL_OK)
        fail_msg("'%s' should be a number", text);
    return value;
}

/* Fills a pattern's holes. */
static void fill(const char *pattern, const char *first, const char *second, char *out, size_t size)
{
    const char *hole = strstr(pattern, "{}"), *next = strstr(hole + 2, "{}");
    int length = next ? snprintf(out, size, "%.*s%s%.*s%s%s", (int)(hole - pattern), pattern, first,
                                 (int)(next - hole - 2), hole + 2, second, next + 2)
                      : snprintf(out, size, "%.*s%s%s", (int)(hole - pattern), pattern, first, hole + 2);

    assert_true(length > 0 && (size_t)length < size);
}

static void expect(const char *text, int unit, enum qualifier qualifier, const char *value, const char *upper,
                   bool percent)
{
    struct phrase_reading reading;

    if (!read_text(text, unit, &reading))
        fail_msg("'%s' is refused at %zu for reason %d", text, reading.offset, (int)reading.error);
    if (reading.qualifier != qualifier || reading.had_percent != percent)
        fail_msg("'%s' is read as %s%s", text, qualifier_words.names[reading.qualifier], percent ? ", no percent" : "");
    if (strcmp(reading.value_literal, value) != 0 || strcmp(reading.upper_literal, upper) != 0)
        fail_msg("'%s' is read as %s and %s, not %s and %s", text, reading.value_literal, reading.upper_literal, value,
                 upper);
    assert_int_equal(decimal_compare(reading.value, decimal(value)), 0);
    if (*upper)
        assert_int_equal(decimal_compare(reading.upper, decimal(upper)), 0);
}

/* A number as people write it, and as digits; in ascending order. */
static const struct {
    const char *text, *digits;
} numbers[] = {
    {"-5", "-5"},
    {"−4.50", "-4.50"},
    {"0", "0"},
    {"0.5", "0.5"},
    {"1", "1"},
    {"59.0", "59.0"},
    {"60", "60"},
    {"８，９９７", "8997"},
    {"70,000", "70000"},
    {"7万", "70000"},
    {"7.5 万", "75000"},
    {"100 thousand", "100000"},
    {"1,234,567.89", "1234567.89"},
    {"52 million", "52000000"},
    {"5,200万", "52000000"},
    {"3千万", "30000000"},
    {"1.7 Trillion", "1700000000000"},
    {"1.70万亿", "1700000000000"},
    {"999999999999999999", "999999999999999999"},
};

/* Every phrase with every number, with and without a unit, and with spaces and capitals. */
static void test_every_phrase(void **state)
{
    static const struct {
        int unit;
        bool percent;
        const char *way;
    } ways[] = {
        {-1, false, "{}"},
        {-1, true, "{}%"},
        {-1, true, "百分之{}"},
        {PERCENT, false, "{}"},
        {PERCENT, true, "{}％"},
        {PERCENT, true, "{} Percent"},
        {PERCENT, true, "{} per cent"},
        {PERCENT, true, "百分之{}"},
        {ENTERPRISES, false, "{}"},
        {ENTERPRISES, false, "{} enterprises"},
        {ENTERPRISES, false, "{}家"},
        {PER_DAY, false, "{} a day"},
        {PER_DAY, false, "每天{}户"},
        {DOLLARS, false, "US$ {}"},
        {DOLLARS, false, "US${}"},
        {MILLIONS, false, "{} million tonnes"},
        {MILLIONS, false, "{}亿吨"},
        {BARE, false, "{} bare"},
    };
    size_t cases = 0;

    (void)state;
    for (size_t p = 0; p < phrase_row_count; p++)
        for (size_t n = 0; n < COUNT(numbers); n++)
            for (size_t w = 0; w < COUNT(ways); w++) {
                const struct phrase_row *row = &phrase_rows[p];
                bool between = row->qualifier == QUALIFIER_BETWEEN;
                size_t above = n + 1;
                char one[128], two[128] = "", text[512];

                /* A second number that is larger, and does not lend its scale to the first. */
                while (between && above < COUNT(numbers) &&
                       (decimal_compare(decimal(numbers[above].digits), decimal(numbers[n].digits)) <= 0 ||
                        strspn(numbers[above].text, "0123456789.,-") != strlen(numbers[above].text)))
                    above++;
                if (above == COUNT(numbers) && between)
                    continue;
                fill(ways[w].way, numbers[n].text, "", one, sizeof one);
                if (between)
                    fill(ways[w].way, numbers[above].text, "", two, sizeof two);
                fill(row->pattern, one, two, text, sizeof text);
                expect(text, ways[w].unit, (enum qualifier)row->qualifier, numbers[n].digits,
                       between ? numbers[above].digits : "", ways[w].percent);
                if (ways[w].way[0] == '{' && !ways[w].percent) {
                    for (char *at = text; *at && ways[w].way[2] == '\0'; at++)
                        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
                    char spaced[600];
                    (void)snprintf(spaced, sizeof spaced, "  %s　", text);
                    expect(spaced, ways[w].unit, (enum qualifier)row->qualifier, numbers[n].digits,
                           between ? numbers[above].digits : "", ways[w].percent);
                }
                cases++;
            }
    assert_true(cases > phrase_row_count * COUNT(numbers) * 10);
}

static void squeeze(const char *pattern, char *out)
{
    for (; *pattern; pattern++)
        if (*pattern != ' ')
            *out++ = *pattern;
    *out = '\0';
}

/*
 * No text of one phrase is a text of another one: nothing that a number is made of stands in the words of a phrase, so
 * a text falls into numbers and words in one way; and no two phrases have the same words in the same order.
 */
static void test_pairs(void **state)
{
    (void)state;
    for (size_t a = 0; a < phrase_row_count; a++) {
        const char *pattern = phrase_rows[a].pattern;
        char one[128], two[128];

        assert_int_equal(strcspn(pattern, "0123456789-,%"), strlen(pattern));
        for (size_t i = 0; i < phrase_scale_count; i++)
            assert_null(strstr(pattern, phrase_scales[i].word));
        for (size_t i = 0; i < phrase_percent_count; i++) {
            const char *percent = phrase_percents[i], *behind = strstr(percent, "{}") + 2;

            fill(percent, "", "", one, sizeof one);
            assert_null(strstr(pattern, *behind ? behind : one));
        }
        squeeze(pattern, one);
        for (size_t b = 0; b < a; b++) {
            squeeze(phrase_rows[b].pattern, two);
            if (strcmp(one, two) == 0)
                fail_msg("'%s' and '%s' are the same", pattern, phrase_rows[b].pattern);
        }
    }
    /* The words of all other phrases around each phrase are refused, or say the same. */
    for (size_t a = 0; a < phrase_row_count; a++)
        for (size_t b = 0; b < phrase_row_count; b++) {
            struct phrase_reading reading;
            char inner[128], text[512];

            if (strcmp(phrase_rows[a].pattern, "{}") == 0 || strcmp(phrase_rows[b].pattern, "{}") == 0)
                continue;
            fill(phrase_rows[b].pattern, "60", "70", inner, sizeof inner);
            fill(phrase_rows[a].pattern, inner, "90", text, sizeof text);
            if (!read_text(text, -1, &reading))
                continue;
            bool listed = false;
            for (size_t c = 0; c < phrase_row_count && !listed; c++) {
                char whole[128];

                fill(phrase_rows[c].pattern, "60", phrase_rows[b].qualifier == QUALIFIER_BETWEEN ? "70" : "90", whole,
                     sizeof whole);
                listed = strcmp(whole, text) == 0 && phrase_rows[c].qualifier == reading.qualifier;
            }
            if (!listed)
                fail_msg("'%s' is read, and no phrase", text);
        }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text;
        int unit;
        size_t offset;
        enum phrase_error error;
    } cases[] = {
        /* no number */
        {"", -1, 0, PHRASE_NO_NUMBER},
        {"   ", -1, 3, PHRASE_NO_NUMBER},
        {"n/a", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"-", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"more than", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"more than ", -1, 10, PHRASE_NO_NUMBER},
        {"more than many", -1, 10, PHRASE_NO_NUMBER},
        {"超过", -1, 6, PHRASE_NO_NUMBER},
        {"超过七万", -1, 6, PHRASE_NO_NUMBER},
        {"七万", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"seven", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"%", PERCENT, 0, PHRASE_UNKNOWN_WORDS},
        {"about about 5", -1, 6, PHRASE_NO_NUMBER},
        {"about −", -1, 6, PHRASE_NO_NUMBER},
        /* words that can be read in more than one way, or that nobody wrote into the table */
        {"some 100", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"several hundred", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"close to 100", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"as many as 100", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"from 60 to 70", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"mor than 70", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"morethan 70", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"over70", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"达到7万", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"高达7万", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"上百家", ENTERPRISES, 0, PHRASE_UNKNOWN_WORDS},
        {"数10万", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"(5)", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"+5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"- 5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"–5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {".5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"¥5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"\xff"
         "5",
         -1, 0, PHRASE_UNKNOWN_WORDS},
        {"\t5", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"①", -1, 0, PHRASE_UNKNOWN_WORDS},
        {"٥", -1, 0, PHRASE_UNKNOWN_WORDS},
        /* digits */
        {"7,00", -1, 0, PHRASE_BAD_DIGITS},
        {"70,00", -1, 0, PHRASE_BAD_DIGITS},
        {"7,0000", -1, 0, PHRASE_BAD_DIGITS},
        {"7000,000", -1, 0, PHRASE_BAD_DIGITS},
        {"1,000,00", -1, 0, PHRASE_BAD_DIGITS},
        {"1000,000,000", -1, 0, PHRASE_BAD_DIGITS},
        {"1,,000", -1, 0, PHRASE_BAD_DIGITS},
        {"5,", -1, 0, PHRASE_BAD_DIGITS},
        {"5.", -1, 0, PHRASE_BAD_DIGITS},
        {"1.000.000", -1, 0, PHRASE_BAD_DIGITS},
        {"1.234,5", -1, 0, PHRASE_BAD_DIGITS},
        {"007", -1, 0, PHRASE_BAD_DIGITS},
        {"0,123", -1, 0, PHRASE_BAD_DIGITS},
        {"00.5 million", -1, 0, PHRASE_BAD_DIGITS},
        {"more than 7,00", -1, 10, PHRASE_BAD_DIGITS},
        {"超过7,00", -1, 6, PHRASE_BAD_DIGITS},
        {"between 60 and 7,00", -1, 15, PHRASE_BAD_DIGITS},
        {"1234567890123456789", -1, 0, PHRASE_TOO_MANY_DIGITS},
        {"0.0000000000000000001", -1, 0, PHRASE_TOO_MANY_DIGITS},
        {"over 12345678901234567890123456789012345678901234567890", -1, 5, PHRASE_TOO_MANY_DIGITS},
        /* something left over */
        {"10²", -1, 2, PHRASE_LEFT_OVER},
        {"1e5", -1, 1, PHRASE_LEFT_OVER},
        {"0x10", -1, 1, PHRASE_LEFT_OVER},
        {"7 000", -1, 2, PHRASE_LEFT_OVER},
        {"7'000", -1, 1, PHRASE_LEFT_OVER},
        {"60-70", -1, 2, PHRASE_LEFT_OVER},
        {"2022-23", -1, 4, PHRASE_LEFT_OVER},
        {"1/2", -1, 1, PHRASE_LEFT_OVER},
        {"5‰", PERCENT, 1, PHRASE_LEFT_OVER},
        {"70k", -1, 2, PHRASE_LEFT_OVER},
        {"70 K", -1, 3, PHRASE_LEFT_OVER},
        {"5 m", -1, 2, PHRASE_LEFT_OVER},
        {"5bn", -1, 1, PHRASE_LEFT_OVER},
        {"5million", -1, 1, PHRASE_LEFT_OVER},
        {"5 millions", -1, 2, PHRASE_LEFT_OVER},
        {"5 million billion", -1, 10, PHRASE_LEFT_OVER},
        {"5兆", -1, 1, PHRASE_LEFT_OVER},
        {"7万5千", -1, 4, PHRASE_LEFT_OVER},
        {"7万万", -1, 4, PHRASE_LEFT_OVER},
        {"10多万", -1, 5, PHRASE_LEFT_OVER},
        {"超过7万多", -1, 10, PHRASE_LEFT_OVER},
        {"100 or mor", -1, 4, PHRASE_LEFT_OVER},
        {"100 or more or less", -1, 12, PHRASE_LEFT_OVER},
        {"60; 70", -1, 2, PHRASE_LEFT_OVER},
        {"more than 70,000.", -1, 10, PHRASE_BAD_DIGITS},
        {"超过7万。", -1, 10, PHRASE_LEFT_OVER},
        {"5\n", -1, 1, PHRASE_LEFT_OVER},
        {"5\xff", -1, 1, PHRASE_LEFT_OVER},
        {"between 60", -1, 10, PHRASE_LEFT_OVER},
        {"between 60 or 70", -1, 11, PHRASE_LEFT_OVER},
        {"介于60和70", -1, 13, PHRASE_LEFT_OVER},
        /* units */
        {"70,000 enterprises", -1, 7, PHRASE_LEFT_OVER},
        {"70,000 yuan", ENTERPRISES, 7, PHRASE_LEFT_OVER},
        {"70,000 Enterprises", ENTERPRISES, 7, PHRASE_LEFT_OVER},
        {"70,000 enterprisesx", ENTERPRISES, 7, PHRASE_LEFT_OVER},
        {"70,000 enterprises enterprises", ENTERPRISES, 19, PHRASE_LEFT_OVER},
        {"7 millionenterprises", ENTERPRISES, 2, PHRASE_LEFT_OVER},
        {"70 or moreenterprises", ENTERPRISES, 10, PHRASE_LEFT_OVER},
        {"60 percentage points", PERCENT, 3, PHRASE_LEFT_OVER},
        {"60个百分点", PERCENT, 2, PHRASE_LEFT_OVER},
        {"60%%", PERCENT, 3, PHRASE_LEFT_OVER},
        {"over 60%", ENTERPRISES, 7, PHRASE_PERCENT},
        {"60 percent", BARE, 3, PHRASE_PERCENT},
        {"超过百分之60", ENTERPRISES, 6, PHRASE_PERCENT},
        {"60% to 70", PERCENT, 7, PHRASE_ONE_UNIT},
        {"60 to US$ 70", DOLLARS, 10, PHRASE_ONE_UNIT},
        /* what does not fit together */
        {"70 to 60", -1, 6, PHRASE_NOT_ABOVE},
        {"70 to 70", -1, 6, PHRASE_NOT_ABOVE},
        {"between 70% and 60%", PERCENT, 16, PHRASE_NOT_ABOVE},
        {"1万至2", -1, 7, PHRASE_NOT_ABOVE},
        {"1 to 2 million", -1, 5, PHRASE_SCALE},
        {"1至2万", -1, 4, PHRASE_SCALE},
        {"0.5 to 1 million", -1, 7, PHRASE_SCALE},
        {"5 million", MILLIONS, 9, PHRASE_OK},
        {"5 million million tonnes", MILLIONS, 24, PHRASE_OK},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phrase_reading reading;
        bool read = read_text(cases[i].text, cases[i].unit, &reading);
        struct buf accepted = BUF_INIT(1000);
        struct sme_nearest nearest;

        if (cases[i].error == PHRASE_OK) {
            assert_true(read);
            continue;
        }
        if (read)
            fail_msg("'%s' is read as %s %s", cases[i].text, qualifier_words.names[reading.qualifier],
                     reading.value_literal);
        if (reading.error != cases[i].error || reading.offset != cases[i].offset)
            fail_msg("'%s' is refused at %zu for reason %d, not at %zu for %d", cases[i].text, reading.offset,
                     (int)reading.error, cases[i].offset, (int)cases[i].error);
        phrase_accepted(cases[i].text, strlen(cases[i].text), &reading, &nearest, &accepted);
        assert_int_equal(accepted.status, SME_OK);
        assert_true(accepted.length > 10);
        assert_null(strstr(buf_string(&accepted), "{0}"));
        assert_true(utf8_valid(buf_string(&accepted), accepted.length));
        buf_finish(&accepted);
    }
}

/* A unit whose name is a scale or a phrase, so that a text has two meanings. */
static void test_two_ways(void **state)
{
    static const struct {
        const char *name, *text;
        bool read;
    } cases[] = {
        {"million", "5 million", false},
        {"million", "5", true},
        {"million", "5 million million", true},
        {"多", "7多", false},
        {"多", "7", true},
        {"万", "7万", false},
        {"亿元", "5亿元", true},
        {"亿元", "5万亿元", true},
        {"or more", "5 or more", false},
        {"tonnes", "5 million tonnes", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str name = {.text = cases[i].name};
        struct unit unit = {.name = &name};
        struct phrase_reading reading;

        bool read = phrase_read(cases[i].text, strlen(cases[i].text), &unit, 1, &reading);
        if (read != cases[i].read)
            fail_msg("'%s' of unit '%s' is %s", cases[i].text, cases[i].name, read ? "read" : "refused");
        if (!read)
            assert_true(reading.error == PHRASE_TWO_WAYS || reading.error == PHRASE_LEFT_OVER);
    }
}

static void test_nearest(void **state)
{
    static const struct {
        const char *text, *nearest;
    } cases[] = {
        {"mor than 70,000", "more than {}"},
        {"at lest 5", "at least {}"},
        {"100 or mor", "{} or more"},
        {"aproximately 9", "approximately {}"},
        {"betwen 5 and 6", "between {} and {}"},
        {"10²", ""},
        {"超越7万", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phrase_reading reading;
        struct sme_nearest nearest;
        struct buf accepted = BUF_INIT(1000);

        assert_false(read_text(cases[i].text, -1, &reading));
        phrase_accepted(cases[i].text, strlen(cases[i].text), &reading, &nearest, &accepted);
        if (*cases[i].nearest && strcmp(nearest.found[0], cases[i].nearest) != 0)
            fail_msg("nearest to '%s' is '%s', not '%s'", cases[i].text, nearest.found[0], cases[i].nearest);
        buf_finish(&accepted);
    }
}

/* What display prints is read back as the same. False when the text is too long to be read. */
static void print_and_read(enum qualifier qualifier, struct decimal value, struct decimal upper, uint32_t unit,
                           uint32_t language)
{
    const struct details details = {.upper = {.value = upper, .known = true}};
    struct observation o = {
        .indicator = unit,
        .qualifier = (uint8_t)qualifier,
        .value = {.value = value, .known = true},
        .details = &details,
    };
    struct buf text = BUF_INIT(1000);
    struct phrase_reading reading;

    display_observation(&text, dataset, &o, language);
    if (!phrase_read(buf_string(&text), text.length, &dataset->units[unit], dataset->language_count, &reading))
        fail_msg("'%s' is printed, and refused at %zu for reason %d", buf_string(&text), reading.offset,
                 (int)reading.error);
    if (reading.qualifier != qualifier || decimal_compare(reading.value, value) != 0 ||
        (qualifier == QUALIFIER_BETWEEN && decimal_compare(reading.upper, upper) != 0))
        fail_msg("'%s' is printed, and read as %s %s %s", buf_string(&text), qualifier_words.names[reading.qualifier],
                 reading.value_literal, reading.upper_literal);
    const struct details read = {.upper = {.value = reading.upper, .known = true}};
    struct observation again = {
        .qualifier = (uint8_t)reading.qualifier,
        .value = {.value = reading.value, .known = true},
        .details = &read,
    };
    struct interval one = interval_of(&o, &dataset->units[unit]), two = interval_of(&again, &dataset->units[unit]);
    assert_int_equal(one.lower.known, two.lower.known);
    assert_int_equal(one.upper.known, two.upper.known);
    assert_int_equal(one.lower.closed, two.lower.closed);
    assert_int_equal(one.upper.closed, two.upper.closed);
    assert_int_equal(decimal_compare(one.lower.number.value, two.lower.number.value), 0);
    assert_int_equal(decimal_compare(one.upper.number.value, two.upper.number.value), 0);
    buf_finish(&text);
}

static void test_both_ways(void **state)
{
    static const char *const values[] = {
        "-1700000000000",
        "-12345.678",
        "-5",
        "0",
        "0.000000000000000001",
        "0.5",
        "1",
        "2",
        "60",
        "8997",
        "10000",
        "70000",
        "70001",
        "900000",
        "1000000",
        "2000000",
        "52000000",
        "100000000",
        "123456789",
        "80000000000000",
        "999999999999999999",
        "999999999999999999e18",
    };

    (void)state;
    for (int q = QUALIFIER_EXACT; q <= QUALIFIER_BETWEEN; q++)
        for (uint32_t unit = 0; unit < UNIT_COUNT; unit++)
            for (uint32_t language = 0; language < dataset->language_count; language++)
                for (size_t v = 0; v < COUNT(values); v++) {
                    if (q != QUALIFIER_BETWEEN)
                        print_and_read((enum qualifier)q, decimal(values[v]), (struct decimal){0}, unit, language);
                    for (size_t u = v + 1; u < COUNT(values) && q == QUALIFIER_BETWEEN; u++)
                        print_and_read((enum qualifier)q, decimal(values[v]), decimal(values[u]), unit, language);
                }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

/* How often each digit but 0 is in a text: no scale, comma or width changes that. */
static void count_digits(const char *text, size_t length, int counts[10])
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= '1' && text[i] <= '9')
            counts[text[i] - '0']++;
        if (i + 2 < length && memcmp(text + i, "\xef\xbc", 2) == 0 && (unsigned char)text[i + 2] > 0x90 &&
            (unsigned char)text[i + 2] <= 0x99)
            counts[(unsigned char)text[i + 2] - 0x90]++;
    }
}

/* Texts made of pieces, of phrases with pieces in them, and of bytes. */
static size_t make_text(uint64_t *seed, char *text, size_t size)
{
    static const char *const pieces[] = {
        "0",       "7",     "70,000",  "1,2",    "1.5", "-",    "−",    ".",       ",",        " ",
        "　",      "%",     "percent", "百分之", "万",  "亿",   "千",   "million", "thousand", "enterprises",
        "家",      "a day", "每天",    "户",     "US$", "more", "than", "over",    "or",       "and",
        "between", "超过",  "多",      "以上",   "约",  "左右", "至",   "到",      "~",        "–",
        ">",       "=",     "+",       "８",     "，",  "\t",   "\xe4", "x",
    };
    size_t length = 0, count = next_random(seed) % 8;

    if (next_random(seed) % 2) {
        const char *pattern = phrase_rows[next_random(seed) % phrase_row_count].pattern;

        for (; *pattern; pattern++) {
            if (strncmp(pattern, "{}", 2) == 0) {
                length += (size_t)snprintf(text + length, size - length, "%s%s",
                                           numbers[next_random(seed) % COUNT(numbers)].text,
                                           next_random(seed) % 2 ? pieces[next_random(seed) % COUNT(pieces)] : "");
                pattern++;
            } else {
                text[length++] = *pattern;
            }
        }
        count %= 2;
    }
    while (count-- > 0)
        length += (size_t)snprintf(text + length, size - length, "%s", pieces[next_random(seed) % COUNT(pieces)]);
    if (length > 0 && next_random(seed) % 8 == 0)
        text[next_random(seed) % length] = (char)next_random(seed);
    return length;
}

/*
 * Random texts with a fixed seed. What is read has all its digits in its numbers, says no more when a letter is added
 * anywhere at its ends, and is printed and read back.
 */
static void test_random(void **state)
{
    uint64_t seed = 20230301;
    size_t accepted = 0;

    (void)state;
    for (int i = 0; i < 60000; i++) {
        char text[1024], longer[1024 + 8];
        size_t length = make_text(&seed, text, sizeof text);
        int unit = (int)(next_random(&seed) % (UNIT_COUNT + 1)) - 1;
        const struct unit *of = unit < 0 ? NULL : &dataset->units[unit];
        struct phrase_reading reading, other;

        /* An exact copy, so that a reader of one byte more is caught by the sanitizer. */
        char *exact = malloc(length ? length : 1);
        assert_non_null(exact);
        memcpy(exact, text, length);
        bool read = phrase_read(exact, length, of, dataset->language_count, &reading);
        free(exact);
        assert_true(read || (reading.error != PHRASE_OK && reading.offset <= length));
        if (!read)
            continue;
        accepted++;
        int wanted[10] = {0}, got[10] = {0};
        count_digits(text, length, wanted);
        count_digits(reading.value_literal, strlen(reading.value_literal), got);
        count_digits(reading.upper_literal, strlen(reading.upper_literal), got);
        if (memcmp(wanted, got, sizeof wanted) != 0)
            fail_msg("'%.*s' is read as %s %s", (int)length, text, reading.value_literal, reading.upper_literal);
        memcpy(longer, text, length);
        memcpy(longer + length, "x", 1);
        assert_false(phrase_read(longer, length + 1, of, dataset->language_count, &other));
        memcpy(longer + 1, text, length);
        longer[0] = 'x';
        assert_false(phrase_read(longer, length + 1, of, dataset->language_count, &other));
        for (uint32_t language = 0; language < dataset->language_count && unit >= 0; language++)
            print_and_read(reading.qualifier, reading.value, reading.upper, (uint32_t)unit, language);
    }
    assert_true(accepted > 5000);
}

/* In a document, the words become numbers, and stay as wording where they are more than a number. */
static void test_in_document(void **state)
{
    static const struct {
        const char *members, *row;
    } cases[] = {
        {"\"value\": \"more than 70,000\"",
         "{\"value\":70000,\"upper\":null,\"qualifier\":\"more_than\",\"wording\":\"more than 70,000\"}"},
        {"\"value\": \"约1.50万家\", \"qualifier\": \"about\"",
         "{\"value\":15000,\"upper\":null,\"qualifier\":\"about\",\"wording\":\"约1.50万家\"}"},
        {"\"value\": \"8,997.50\"", "{\"value\":8997.50,\"upper\":8997.50,\"qualifier\":\"exact\",\"wording\":null}"},
        {"\"value\": \"60\\u81f370\"", "{\"value\":60,\"upper\":70,\"qualifier\":\"between\",\"wording\":\"60至70\"}"},
        {"\"value\": \"over 7\", \"wording\": \"over\"",
         "{\"value\":7,\"upper\":null,\"qualifier\":\"more_than\",\"wording\":\"over\"}"},
    };
    static const char tail[] = "\"observations\": []}";

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[8192];

        (void)snprintf(text, sizeof text,
                       "%.*s\"observations\": [{\"indicator\": \"i1\", \"kind\": \"actual\", \"period\": \"2022\", "
                       "\"period_basis\": \"stated\", \"source\": \"s\", %s}]}",
                       (int)(strlen(document) - strlen(tail)), document, cases[i].members);
        struct sme_dataset *loaded = load_text(text);
        struct sme_query *query = asked(loaded, "observations", "fields=value,upper,qualifier,wording");
        char *answer = written(query);
        if (!strstr(answer, cases[i].row))
            fail_msg("%s gives %s", cases[i].members, answer);
        free(answer);
        sme_query_free(query);
        sme_dataset_unref(loaded);
    }
}

static void test_long_texts(void **state)
{
    char text[PHRASE_BYTES_MAX + 2];
    struct phrase_reading reading;

    (void)state;
    memset(text, ' ', sizeof text);
    text[PHRASE_BYTES_MAX - 1] = '5';
    assert_true(phrase_read(text, PHRASE_BYTES_MAX, NULL, 0, &reading));
    assert_false(phrase_read(text, PHRASE_BYTES_MAX + 1, NULL, 0, &reading));
    assert_int_equal(reading.error, PHRASE_TOO_LONG);
    assert_int_equal(reading.offset, PHRASE_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_phrase), cmocka_unit_test(test_pairs),       cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_two_ways),     cmocka_unit_test(test_nearest),     cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_random),       cmocka_unit_test(test_in_document), cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests_name("phrase", tests, load_units, drop_units);
}
