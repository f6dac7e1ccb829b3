/* SPDX-License-Identifier: MIT */
#include "completion.h"

#include <stdbool.h>
#include <string.h>

static bool takes_value(const struct completion *option)
{
    return *option->metavariable != '\0';
}

static bool is_file(const struct completion *option)
{
    return strcmp(option->metavariable, "FILE") == 0;
}

static bool is_directory(const struct completion *option)
{
    return strcmp(option->metavariable, "DIR") == 0;
}

static void put_values(const struct completion *option, FILE *out)
{
    for (const char *const *value = option->values; *value != NULL; value++)
        (void)fprintf(out, "%s%s", value == option->values ? "" : " ", *value);
}

/* A help text within single quotes; a backslash goes before each character of `special`. */
static void put_quoted(const char *text, const char *special, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            (void)fputs("'\\'", out);
        else if (strchr(special, *text) != NULL)
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

void completion_bash(const struct completion options[], size_t count, FILE *out)
{
    (void)fputs("# bash completion for smestatd\n"
                "_smestatd()\n"
                "{\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    # To bash the = of --option=value is a word.\n"
                "    if [[ $word == = ]]; then\n"
                "        word=\n"
                "    elif [[ $option == = ]]; then\n"
                "        option=${COMP_WORDS[COMP_CWORD-2]}\n"
                "    fi\n"
                "    COMPREPLY=()\n"
                "    case $option in\n",
                out);
    for (size_t i = 0; i < count; i++) {
        if (!takes_value(&options[i]))
            continue;
        (void)fprintf(out, "    --%s) ", options[i].name);
        if (options[i].values != NULL) {
            (void)fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
            put_values(&options[i], out);
            (void)fputs("' -- \"$word\") ;;\n", out);
        } else if (is_file(&options[i]) || is_directory(&options[i])) {
            (void)fprintf(out, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -%c -- \"$word\") ;;\n",
                          is_file(&options[i]) ? 'f' : 'd');
        } else {
            (void)fputs(";;\n", out);
        }
    }
    (void)fputs("    *) mapfile -t COMPREPLY < <(compgen -W '", out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%s--%s", i == 0 ? "" : " ", options[i].name);
    (void)fputs("' -- \"$word\") ;;\n"
                "    esac\n"
                "}\n"
                "complete -F _smestatd smestatd\n",
                out);
}

void completion_zsh(const struct completion options[], size_t count, FILE *out)
{
    (void)fputs("#compdef smestatd\n"
                "_arguments",
                out);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, " \\\n  '--%s%s[", options[i].name, takes_value(&options[i]) ? "=" : "");
        put_quoted(options[i].help, "[]\\", out);
        (void)fputc(']', out);
        if (takes_value(&options[i]))
            (void)fprintf(out, ":%s:", options[i].metavariable);
        if (options[i].values != NULL && takes_value(&options[i])) {
            (void)fputc('(', out);
            put_values(&options[i], out);
            (void)fputc(')', out);
        } else if (is_file(&options[i]) || is_directory(&options[i])) {
            (void)fputs(is_file(&options[i]) ? "_files" : "_files -/", out);
        }
        (void)fputc('\'', out);
    }
    (void)fputc('\n', out);
}

void completion_fish(const struct completion options[], size_t count, FILE *out)
{
    (void)fputs("complete -c smestatd -f\n", out);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "complete -c smestatd -l %s", options[i].name);
        if (options[i].values != NULL && takes_value(&options[i])) {
            (void)fputs(" -x -a '", out);
            put_values(&options[i], out);
            (void)fputc('\'', out);
        } else if (is_directory(&options[i])) {
            (void)fputs(" -x -a '(__fish_complete_directories)'", out);
        } else if (takes_value(&options[i])) {
            (void)fputs(is_file(&options[i]) ? " -r -F" : " -x", out);
        }
        (void)fputs(" -d '", out);
        put_quoted(options[i].help, "\\", out);
        (void)fputs("'\n", out);
    }
}
