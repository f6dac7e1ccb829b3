/* SPDX-License-Identifier: MIT */
#ifndef SMESTATD_MEMORY_H
#define SMESTATD_MEMORY_H

/* Says how freed memory is kept, before any thread is started. */
void memory_prepare(void);
/* Gives the system back what was freed. The C library keeps that otherwise: a dataset and its document are many blocks, and
 * so are many connections. Takes a while, the longer the more there is. */
void memory_give_back(void);

#endif
