/* SPDX-License-Identifier: MIT */
#include <smestat.h>

const char *sme_version(void)
{
    return SMESTAT_VERSION;
}
