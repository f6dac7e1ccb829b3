/* SPDX-License-Identifier: MIT */
/*
 * The guard: lines for method, version and target, then one for each field, "name:value". What it lets pass is judged
 * again by rules that are written here anew, as plainly as they can be.
 */
#include "fuzz.h"

#include "guard.h"

#include <ctype.h>
#include <strings.h>

static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("!#$%&'*+-.^_`|~", text[i]))
            return false;
    return length > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes, *end = bytes + length;
    char *method = take_line(&at, end), *version = take_line(&at, end), *target = take_line(&at, end), *line;
    unsigned hosts = 0, framings = 0;
    bool good = true;
    struct guard guard;

    if (target) {
        guard_begin(&guard, method, version, target, strlen(target));
        while ((line = take_line(&at, end)) != NULL) {
            size_t name = strcspn(line, ":");
            const char *value = line[name] ? line + name + 1 : line + name;

            guard_field(&guard, line, name, value, strlen(value));
            good = good && is_token(line, name);
            for (const char *c = value; *c; c++)
                good = good && (*c == '\t' || ((unsigned char)*c >= ' ' && *c != 0x7f));
            hosts += name == 4 && strncasecmp(line, "Host", 4) == 0;
            framings += (name == 14 && strncasecmp(line, "Content-Length", 14) == 0) ||
                        (name == 17 && strncasecmp(line, "Transfer-Encoding", 17) == 0);
            free(line);
        }
        if (guard_end(&guard) == NULL) {
            MUST(good);
            MUST(hosts <= 1 && (hosts == 1 || strcmp(version, "HTTP/1.1") != 0));
            MUST(framings <= 1);
            MUST(guard.path <= strlen(target));
            MUST(!guard.content || !guard.takes_no_content);
            MUST(is_token(method, strlen(method)));
            for (const char *c = target; *c; c++)
                MUST((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && *c != '#');
        }
    }
    free(method);
    free(version);
    free(target);
    return 0;
}
