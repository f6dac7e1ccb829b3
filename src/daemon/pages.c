/* SPDX-License-Identifier: MIT */
#include "pages.h"

#include "package.h"
#include "text.h"
#include <dashboard.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The addresses that the index lists: key, path, and what is there. */
static const struct {
    const char *name, *path;
    struct words_in what;
} addresses[] = {
    {"dataset",
     "/v1",
     {"the dataset: title, version, sources, counts, limits", "数据集：标题、版本、来源、数量、限额"}},
    {"indicators", "/v1/indicators", {"indicators with their observations", "指标及其观测值"}},
    {"observations", "/v1/observations", {"flat rows for charts", "供图表使用的数据行"}},
    {"targets", "/v1/targets", {"targets with baseline, distance and verdict", "目标及其基线、差距和判断"}},
    {"focus_areas", "/v1/focus-areas", {"policy focus areas with their measures", "政策重点领域及其措施"}},
    {"measures", "/v1/measures", {"the measures of all areas", "各领域的措施"}},
    {"categories", "/v1/categories", {"categories of indicators", "指标类别"}},
    {"years", "/v1/years", {"years, and what has none", "年份，以及无年份的数据"}},
    {"units", "/v1/units", {"units and their domains", "单位及其取值范围"}},
    {"sources", "/v1/sources", {"who said it, when, and how", "数据来源：何人、何时、以何种形式"}},
    {"dimensions", "/v1/dimensions", {"what else observations are told apart by", "区分观测值的其他维度"}},
    {"facets", "/v1/facets", {"counts for every filter, with links that toggle", "各筛选条件的计数及切换链接"}},
    {"datapackage",
     "/v1/datapackage.json",
     {"the CSV files for programs (Data Package)", "供程序使用的CSV文件描述（Data Package）"}},
    {"docs", "/docs", {"this interface for people, to read and to try", "供人阅读和试用的接口说明"}},
    {"openapi", "/openapi.json", {"this interface for machines (OpenAPI 3.1)", "供程序使用的接口描述（OpenAPI 3.1）"}},
    {"schema", "/schemas/dataset.json", {"the schema of dataset files", "数据集文件的模式"}},
    {"problems", "/problems", {"everything that may go wrong", "可能出现的各种问题"}},
    {"health", "/healthz", {"alive", "存活检查"}},
    {"ready", "/readyz", {"ready to serve", "就绪检查"}},
    {"metrics", "/metrics", {"counters for Prometheus", "供Prometheus使用的计数"}},
    {"version", "/version", {"build and dataset", "程序与数据集版本"}},
};
enum { ADDRESSES = sizeof addresses / sizeof addresses[0] };

static json_t *link_of(const struct exchange *x, const char *path)
{
    return json_sprintf("%s%s", x->config->base_url, path);
}

const char *page_meaning(const char *collection, const char *language)
{
    for (size_t i = 0; i < ADDRESSES; i++)
        if (strncmp(addresses[i].path, "/v1/", 4) == 0 && strcmp(addresses[i].path + 4, collection) == 0)
            return words_in(&addresses[i].what, language);
    return NULL;
}

json_t *page_index_json(const struct exchange *x)
{
    json_t *links = json_object();

    for (size_t i = 0; i < ADDRESSES; i++)
        if (json_object_set_new(links, addresses[i].name, link_of(x, addresses[i].path)) != 0) {
            json_decref(links);
            return NULL;
        }
    return json_pack("{s:{s:s, s:s, s:s}, s:o}", "data", "name", "smestatd", "version", sme_version(), "dataset",
                     sme_dataset_id(x->dataset), "links", links);
}

json_t *page_problem_json(const struct exchange *x, const struct problem *problem)
{
    return json_pack("{s:s, s:o, s:i, s:s, s:s}", "slug", problem->slug, "type",
                     json_sprintf("%s/problems/%s", x->config->base_url, problem->slug), "status", problem->status,
                     "title", words_in(&problem->title, x->speech), "meaning", words_in(&problem->meaning, x->speech));
}

json_t *page_problems_json(const struct exchange *x)
{
    json_t *list = json_array();

    for (size_t i = 0; problem_at(i); i++)
        if (json_array_append_new(list, page_problem_json(x, problem_at(i))) != 0) {
            json_decref(list);
            return NULL;
        }
    return json_pack("{s:o, s:{s:o}}", "data", list, "links", "self", link_of(x, "/problems"));
}

json_t *page_version_json(const struct exchange *x)
{
    json_t *codings = json_array();

    for (enum coding coding = CODING_NONE + 1; codings && coding < CODINGS; coding++)
        if (coding_name(coding) && json_array_append_new(codings, json_string(coding_name(coding))) != 0) {
            json_decref(codings);
            codings = NULL;
        }
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:{s:s, s:s}}", "name", "smestatd", "version", sme_version(),
                     "libraries", "jansson", jansson_version_str(), "zlib", zlibVersion(), "codings", codings,
                     "dataset", "id", sme_dataset_id(x->dataset), "version", sme_dataset_version(x->dataset));
}

/* HTML, with everything that is not ours escaped. */

static void begin_page(struct text *out, const struct exchange *x, const char *title, const char *head)
{
    text_put(out, "<!DOCTYPE html>\n<html lang=\"");
    text_put(out, x->speech);
    text_put(out, "\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width\">\n");
    text_put(out, head);
    text_put(out, "<title>");
    text_put_html(out, title);
    text_put(out, "</title>\n</head>\n<body>\n");
}

static void put_title(struct text *out, const char *title)
{
    text_put(out, "<main>\n<h1>");
    text_put_html(out, title);
    text_put(out, "</h1>\n");
}

static void begin_table(struct text *out, const char *title)
{
    text_put(out, "<h2>");
    text_put_html(out, title);
    text_put(out, "</h2>\n<table>\n");
}

static void put_row(struct text *out, const struct exchange *x, const char *path, const char *what)
{
    text_put(out, "<tr><td><a href=\"");
    text_put_html(out, x->config->base_url);
    text_put_html(out, path);
    text_put(out, "\">");
    text_put_html(out, path);
    text_put(out, "</a></td><td>");
    text_put_html(out, what);
    text_put(out, "</td></tr>\n");
}

/* JSON inside HTML: with < as an escape, no text of a dataset can end the element or open a comment. */
static int put_data(const char *bytes, size_t length, void *context)
{
    for (size_t at = 0, run; at < length; at += run) {
        const char *open = memchr(bytes + at, '<', length - at);

        run = open ? (size_t)(open - bytes) - at : length - at;
        text_add(context, bytes + at, run);
        if (open) {
            text_put(context, "\\u003c");
            run++;
        }
    }
    return 0; /* a failure sticks to the text */
}

/* What search engines read. The policy forbids scripts and not this, which is no script but a data block. */
static void put_linked_data(struct text *out, const struct exchange *x)
{
    json_t *data = linked_data_json(x, x->speech);

    text_put(out, "<script type=\"application/ld+json\">");
    out->failed = !data || json_dump_callback(data, put_data, out, JSON_COMPACT) != 0 || out->failed;
    text_put(out, "</script>\n");
    json_decref(data);
}

static const struct words_in index_title = {"smestat: indicators that never lie", "smestat：不说谎的指标"};

/* What every reader gets, with scripts or without. */
static void put_addresses(struct text *out, const struct exchange *x, const char *language)
{
    static const struct words_in dataset = {"Dataset", "数据集"}, resources = {"Resources", "资源"};
    static const struct words_in questions = {"Questions to begin with", "从这里开始"};
    static const struct {
        const char *path;
        struct words_in what;
    } examples[] = {
        {"/v1/observations?category=cultivation", {"what is known of a category", "某一类别的已知数据"}},
        {"/v1/observations?year=2022",
         {"what belongs to a year, and how many figures carry none", "某一年的数据，以及有多少数据没有年份"}},
        {"/v1/targets?year=2023", {"which targets, against which baseline", "有哪些目标，基线是什么"}},
        {"/v1/focus-areas?fields=order,title&lang=all", {"the focus areas in every language", "各语言的重点领域"}},
    };

    text_put(out, "<p>");
    text_put(out, words_in(&dataset, language));
    text_put(out, ": ");
    text_put_html(out, sme_dataset_id(x->dataset));
    text_put(out, " <code>");
    text_put(out, sme_dataset_version(x->dataset));
    text_put(out, "</code></p>\n");
    begin_table(out, words_in(&resources, language));
    for (size_t i = 0; i < ADDRESSES; i++)
        put_row(out, x, addresses[i].path, words_in(&addresses[i].what, language));
    text_put(out, "</table>\n");
    begin_table(out, words_in(&questions, language));
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        put_row(out, x, examples[i].path, words_in(&examples[i].what, language));
    text_put(out, "</table>\n");
}

bool page_has_script(void)
{
    return sizeof DASHBOARD_FOLDER > 1;
}

/* The dashboard's frame, which its script fills. The addresses come below it in both languages, of which one is seen,
 * so that the script can switch between them. Its own files have relative addresses, which hold behind any proxy. */
static void print_dashboard(struct text *out, const struct exchange *x)
{
    static const struct words_in without = {"The dashboard needs JavaScript. What it draws can be asked for below.",
                                            "仪表板需要JavaScript。它所展示的数据可从下列地址取得。"};
    static const char *const languages[] = {"en", "zh"};

    begin_page(out, x, words_in(&index_title, x->speech),
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<link rel=\"icon\" href=\"docs/icon.svg\" type=\"image/svg+xml\">\n"
               DASHBOARD_HEAD "<script type=\"module\" src=\"" DASHBOARD_FOLDER "main.js\"></script>\n");
    text_put(out, "<div id=\"dashboard\"></div>\n<noscript><h1>");
    text_put_html(out, words_in(&index_title, x->speech));
    text_put(out, "</h1><p>");
    text_put(out, words_in(&without, x->speech));
    text_put(out, "</p></noscript>\n<footer id=\"addresses\">\n");
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        text_put(out, "<div lang=\"");
        text_put(out, languages[i]);
        text_put(out, strcmp(languages[i], x->speech) == 0 ? "\">\n" : "\" hidden>\n");
        put_addresses(out, x, languages[i]);
        text_put(out, "</div>\n");
    }
    text_put(out, "</footer>\n");
    put_linked_data(out, x);
    text_put(out, "</body>\n</html>\n");
}

static void print_index(struct text *out, const struct exchange *x)
{
    if (page_has_script()) {
        print_dashboard(out, x);
        return;
    }
    begin_page(out, x, words_in(&index_title, x->speech), "");
    put_title(out, words_in(&index_title, x->speech));
    put_addresses(out, x, x->speech);
    put_linked_data(out, x);
    text_put(out, "</main>\n</body>\n</html>\n");
}

static struct body *finish_page(struct text *out)
{
    struct body *body = out->failed ? NULL : body_new(out->bytes, out->length);

    text_finish(out);
    return body;
}

struct body *page_index(const struct exchange *x)
{
    struct text out = {0};

    print_index(&out, x);
    return finish_page(&out);
}

struct body *page_problem(const struct exchange *x, const struct problem *problem)
{
    static const struct words_in all = {"All problem types", "所有问题类型"};
    struct text out = {0};
    char status[16];

    (void)snprintf(status, sizeof status, "%d", problem->status);
    begin_page(&out, x, words_in(&problem->title, x->speech), "");
    put_title(&out, words_in(&problem->title, x->speech));
    text_put(&out, "<p><code>");
    text_put(&out, status);
    text_put(&out, "</code> <code>");
    text_put(&out, problem->slug);
    text_put(&out, "</code></p>\n<p>");
    text_put_html(&out, words_in(&problem->meaning, x->speech));
    text_put(&out, "</p>\n<p><a href=\"");
    text_put_html(&out, x->config->base_url);
    text_put(&out, "/problems\">");
    text_put(&out, words_in(&all, x->speech));
    text_put(&out, "</a></p>\n</main>\n</body>\n</html>\n");
    return finish_page(&out);
}
