/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_ASSETS_H
#define SMESTATD_ASSETS_H
/* The files for browsers that are part of the program: pages, their styles and scripts. A file is a row. */
#include "routes.h"

/* The route of the i-th file, or NULL past the last one. */
const struct route *asset_route_at(size_t i);

#endif
