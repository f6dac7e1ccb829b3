/* SPDX-License-Identifier: MIT */
#ifndef SME_LAYOUT_H
#define SME_LAYOUT_H
/*
 * Rows as JSON with all their members, put together from what was printed ahead. Where rows are few, whole rows are; where
 * they are many, those of their members that say nothing but what their indicator says: a million rows of 700 bytes would
 * be too much to keep, but a thousand indicators' parts of them are not.
 *
 * A layout is made when it is first needed, for a language and a base of links, and lives as long as its dataset.
 */
#include "collection.h"

struct layout;

enum { CELLS_MAX = COLUMNS_MAX + 16 }; /* some columns' cells have parts */

/* What the last rows printed by a layout said, and where it stands in the same text: the next row often says the same. */
enum { SAYERS_MAX = 8, SAID = 4 }; /* runs that may repeat, and of each what it said lately */
struct said {
    struct saying {
        uint64_t what;
        size_t at, length; /* 0: nothing yet */
    } runs[SAYERS_MAX][SAID];
};

/* NULL: there is none, and rows are printed member by member, which gives the same bytes. */
const struct layout *layout_of(struct view *view, enum collection collection);
/* About how long a row is. */
size_t layout_row_bytes(const struct layout *layout, const struct sme_dataset *dataset);
/* Has the processor fetch what the rows soon after the i-th are printed from: in a large dataset each lies somewhere else. */
void layout_fetch(const struct layout *layout, const struct view *view, const uint32_t *rows, uint32_t count,
                  uint32_t i);
/* Prints a row as row_print does with all columns. `said` is zero before the first row of a text. */
void layout_print(const struct layout *layout, struct view *view, uint32_t row, struct said *said, struct buf *out);
/* Makes room for layouts, of which there are none yet. False: no memory. */
bool layouts_make(struct sme_dataset *dataset);
void layouts_free(struct sme_dataset *dataset);

#endif
