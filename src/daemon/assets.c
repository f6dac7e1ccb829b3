/* SPDX-License-Identifier: MIT */
/* Files for browsers, each as it stands in src/, put into the program at build time. */
#include "assets.h"

#include <dashboard.h>

extern const char document_docs_page[];
extern const size_t document_docs_page_length;
extern const char document_docs_style[];
extern const size_t document_docs_style_length;
extern const char document_docs_script[];
extern const size_t document_docs_script_length;
extern const char document_docs_icon[];
extern const size_t document_docs_icon_length;

static void get_asset(struct exchange *x);

/* A page is a row with a policy. What it loads lies below its path: relative links then work behind any proxy. */
#define ROW(path_, type_, bytes_, policy_, immutable_)                                                                 \
    {                                                                                                                  \
        {.path = (path_), .handle = get_asset}, (type_), (bytes_), &bytes_##_length, (policy_), (immutable_)           \
    }
#define DASHBOARD_ROW(path_, type_, bytes_) ROW(path_, type_, bytes_, POLICY_NONE, true),
static const struct asset {
    struct route route;
    const char *type;
    const char *bytes;
    const size_t *length;
    enum policy policy;
    bool immutable; /* other bytes would have another path */
} assets[] = {ROW("/docs", "text/html; charset=utf-8", document_docs_page, POLICY_SCRIPTED, false),
              ROW("/docs/docs.css", "text/css; charset=utf-8", document_docs_style, POLICY_NONE, false),
              ROW("/docs/docs.js", "text/javascript; charset=utf-8", document_docs_script, POLICY_NONE, false),
              ROW("/docs/icon.svg", "image/svg+xml", document_docs_icon, POLICY_NONE, false),
              DASHBOARD_FILES(DASHBOARD_ROW)};
enum { ASSETS = sizeof assets / sizeof assets[0] };

static void print_asset(struct exchange *x, void *context)
{
    (void)context;
    for (size_t i = 0; i < ASSETS; i++)
        if (&assets[i].route == x->route)
            respond(x, 200, body_new_literal(assets[i].bytes, *assets[i].length),
                    &(struct dress){
                        .type = assets[i].type,
                        .policy = assets[i].policy,
                        .immutable = assets[i].immutable,
                    });
}

static void get_asset(struct exchange *x)
{
    answer_kept(x, x->route->path, "", "", print_asset, NULL);
}

const struct route *asset_route_at(size_t i)
{
    return i < ASSETS ? &assets[i].route : NULL;
}
