/* SPDX-License-Identifier: MIT */
#include "labels.h"

static const struct phrase filter_labels[FILTER_DIMENSION] = {
    [FILTER_CATEGORY] = {"Category", "类别"},
    [FILTER_YEAR] = {"Year", "年份"},
    [FILTER_INDICATOR] = {"Indicator", "指标"},
    [FILTER_FOCUS_AREA] = {"Focus area", "重点领域"},
    [FILTER_KIND] = {"Kind", "种类"},
    [FILTER_UNIT] = {"Unit", "单位"},
    [FILTER_QUALIFIER] = {"Qualifier", "限定词"},
    [FILTER_SOURCE] = {"Source", "来源"},
};

static const struct phrase kind_labels[] = {
    [KIND_ACTUAL] = {"actual value", "实际值"},
    [KIND_TARGET] = {"target", "目标"},
};

static const struct phrase qualifier_labels[] = {
    [QUALIFIER_EXACT] = {"exact", "确数"},         [QUALIFIER_MORE_THAN] = {"more than", "超过"},
    [QUALIFIER_AT_LEAST] = {"at least", "不少于"}, [QUALIFIER_LESS_THAN] = {"less than", "不到"},
    [QUALIFIER_AT_MOST] = {"at most", "不超过"},   [QUALIFIER_NEARLY] = {"nearly", "近"},
    [QUALIFIER_ABOUT] = {"about", "约"},           [QUALIFIER_BETWEEN] = {"between", "介于"},
};

static const struct phrase undated = {"year not stated", "未说明年份"};

void print_filter_label(struct buf *out, const struct sme_dataset *d, enum filter filter, uint32_t language)
{
    if (filter < FILTER_DIMENSION) {
        display_phrase(out, &filter_labels[filter], d->languages[language].text, NULL);
        return;
    }
    const struct str *name = &d->dimensions[filter - FILTER_DIMENSION].name[language];
    buf_add(out, name->text, name->length);
}

/* The name of a record that codes of a filter stand for; NULL where they are words or years. */
static const struct str *name_of(const struct sme_dataset *d, enum filter filter, uint32_t code)
{
    if (filter >= FILTER_DIMENSION)
        return d->dimensions[filter - FILTER_DIMENSION].values[code].name;
    switch (filter) {
    case FILTER_CATEGORY:
        return d->categories[code].name;
    case FILTER_INDICATOR:
        return d->indicators[code].name;
    case FILTER_FOCUS_AREA:
        return d->areas[code].title;
    case FILTER_UNIT:
        return d->units[code].name;
    case FILTER_SOURCE:
        return d->sources[code].title;
    case FILTER_YEAR:
    case FILTER_KIND:
    case FILTER_QUALIFIER:
    case FILTER_DIMENSION:
    case FILTERS:
        break;
    }
    return NULL;
}

void print_code_label(struct buf *out, const struct sme_dataset *d, enum filter filter, uint32_t code,
                      uint32_t language)
{
    const struct str *name = name_of(d, filter, code);
    const char *tag = d->languages[language].text;

    if (name)
        buf_add(out, name[language].text, name[language].length);
    else if (filter == FILTER_KIND)
        display_phrase(out, &kind_labels[code], tag, NULL);
    else if (filter == FILTER_QUALIFIER)
        display_phrase(out, &qualifier_labels[code], tag, NULL);
    else if (code > 0)
        period_print(out, (struct period){.year = d->years[code - 1]});
    else
        display_phrase(out, &undated, tag, NULL);
}
