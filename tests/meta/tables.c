/* SPDX-License-Identifier: MIT */
/* Prints the tables of the program as lines, for comparing with what is written about them elsewhere. */
#include "problem.h"
#include "sandbox.h"

#include <smestat.h>
#include <stdio.h>

int main(void)
{
    const char *collection, *name;

    for (size_t c = 0; (collection = sme_collection_name(c)) != NULL; c++) {
        printf("collection %s\n", collection);
        for (size_t i = 0; (name = sme_column_name(collection, i)) != NULL; i++)
            printf("column %s %s\n", collection, name);
        for (size_t i = 0; (name = sme_parameter_name(collection, i)) != NULL; i++)
            printf("parameter %s %s\n", collection, name);
    }
    for (size_t i = 0; problem_at(i); i++)
        printf("problem %s %d\n", problem_at(i)->slug, problem_at(i)->status);
    for (size_t i = 0; sandbox_call_at(i); i++)
        printf("call %s %s\n", sandbox_call_at(i)->name, sandbox_call_at(i)->use);
    return 0;
}
