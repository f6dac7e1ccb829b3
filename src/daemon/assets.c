/* SPDX-License-Identifier: MIT */
/* Files for browsers, each as it stands in src/, put into the program at build time. */
#include "assets.h"

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
static const struct asset {
    struct route route;
    const char *type;
    const char *bytes;
    const size_t *length;
    enum policy policy;
} assets[] = {
    {{.path = "/docs", .handle = get_asset},
     "text/html; charset=utf-8",
     document_docs_page,
     &document_docs_page_length,
     POLICY_SCRIPTED},
    {{.path = "/docs/docs.css", .handle = get_asset},
     "text/css; charset=utf-8",
     document_docs_style,
     &document_docs_style_length,
     POLICY_NONE},
    {{.path = "/docs/docs.js", .handle = get_asset},
     "text/javascript; charset=utf-8",
     document_docs_script,
     &document_docs_script_length,
     POLICY_NONE},
    {{.path = "/docs/icon.svg", .handle = get_asset},
     "image/svg+xml",
     document_docs_icon,
     &document_docs_icon_length,
     POLICY_NONE},
};
enum { ASSETS = sizeof assets / sizeof assets[0] };

static void get_asset(struct exchange *x)
{
    for (size_t i = 0; i < ASSETS; i++)
        if (&assets[i].route == x->route)
            respond(x, 200, body_new_literal(assets[i].bytes, *assets[i].length),
                    &(struct dress){.type = assets[i].type, .policy = assets[i].policy});
}

const struct route *asset_route_at(size_t i)
{
    return i < ASSETS ? &assets[i].route : NULL;
}
