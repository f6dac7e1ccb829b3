/* SPDX-License-Identifier: MIT */
#ifndef REBUILD_H
#define REBUILD_H
#include <smestat.h>

/*
 * Makes a dataset again of what it answers, as somebody would who has nothing but the downloads, and compares: the same
 * rows of every collection in every language, digit for digit. tests/http/importer.py does the same from outside.
 */
void must_load_again(struct sme_dataset *dataset);

#endif
