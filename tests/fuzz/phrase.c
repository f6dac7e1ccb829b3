/* SPDX-License-Identifier: MIT */
/*
 * Numbers in words. The first byte chooses the unit and the languages. What can be read can be said as we say it and read
 * again, and is then the same.
 */
#include "fuzz.h"

#include "phrase.h"

static struct sme_dataset *dataset;

static void say(const char *pattern, const struct phrase_reading *reading, struct buf *out)
{
    const char *literals[] = {reading->value_literal, reading->upper_literal}, *const *literal = literals;

    for (const char *gap; (gap = strstr(pattern, "{}")) != NULL; pattern = gap + 2) {
        buf_add(out, pattern, (size_t)(gap - pattern));
        buf_text(out, *literal++);
    }
    buf_text(out, pattern);
}

static void say_and_read_again(const struct phrase_reading *reading)
{
    for (size_t language = 0; language < 2; language++) {
        struct buf said = BUF_INIT(2 * PHRASE_BYTES_MAX);
        struct phrase_reading again;

        say(phrase_printed[reading->qualifier][language], reading, &said);
        MUST(said.status == SME_OK);
        MUST(phrase_read(said.bytes, said.length, NULL, dataset->language_count, &again));
        MUST(again.qualifier == reading->qualifier);
        MUST(decimal_compare(again.value, reading->value) == 0);
        MUST(strcmp(again.value_literal, reading->value_literal) == 0);
        MUST(strcmp(again.upper_literal, reading->upper_literal) == 0);
        buf_finish(&said);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct phrase_reading reading;
    struct sme_nearest nearest;
    struct buf accepted = BUF_INIT(1 << 16);

    if (length == 0)
        return 0;
    if (!dataset) {
        struct sme_faults *faults;

        MUST(sme_faults_new(&faults) == SME_OK && sme_dataset_load_builtin(faults, &dataset) == SME_OK);
        sme_faults_free(faults);
    }
    uint32_t languages = bytes[0] % 2 ? dataset->language_count : 1, choice = bytes[0] / 2;
    const struct unit *unit = choice < dataset->unit_count ? &dataset->units[choice] : NULL;
    const char *text = (const char *)bytes + 1;

    if (phrase_read(text, length - 1, unit, languages, &reading)) {
        struct decimal value;

        MUST(reading.error == PHRASE_OK);
        MUST(decimal_parse(reading.value_literal, strlen(reading.value_literal), &value) == DECIMAL_OK);
        MUST(decimal_compare(value, reading.value) == 0);
        if (*reading.upper_literal)
            MUST(decimal_compare(reading.value, reading.upper) < 0);
        say_and_read_again(&reading);
    } else {
        MUST(reading.error != PHRASE_OK && reading.offset <= length - 1);
        phrase_accepted(text, length - 1, &reading, &nearest, &accepted);
    }
    buf_finish(&accepted);
    return 0;
}
