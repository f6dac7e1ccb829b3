#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fills in a manual page: pages.py TEMPLATE SOURCE. A page for a daemon takes its options from SOURCE, what --help
printed; one for a library takes its functions from SOURCE, the header, and its example from README.md. So neither can
say what is not so."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def escaped(text):
    """A line as it is: no macro, no escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{text}" if text[:1] in (".", "\\") else text


def prose(text):
    """Sentences, each on a line of its own, as manual pages are written."""
    return [escaped(line) for line in re.split(r"(?<=[.;:])\s+(?=\S)", " ".join(text.split())) if line]


def options(text):
    """The list of options, from what --help prints."""
    found = []
    for line in text.splitlines():
        begin = re.match(r"^  --([\w-]+)(?: ([A-Z]+))?(?:\s{2,}(.*))?$", line)
        if begin:
            found.append([begin[1], begin[2], begin[3] or ""])
        elif found and line.startswith("   "):
            found[-1][2] += " " + line.strip()
        elif found:
            break
    assert len(found) > 10, "this is not the output of --help"
    lines = []
    for name, value, words in found:
        lines.append(f".It Fl -{name}" + (f" Ar {value}" if value else ""))
        lines += prose(words)
    return lines


def paragraphs(comment):
    """The text of a comment, without its stars: paragraphs and items of lists."""
    text = re.sub(r"^\s*/?\*+(?!/) ?|\*/$", "", comment, flags=re.M)
    for paragraph in re.split(r"\n\s*\n", text):
        yield from re.split(r"\n(?=- )", paragraph.strip())


def described(comment):
    return [line for number, paragraph in enumerate(paragraphs(comment))
            for line in [*([".Pp"] if number else []), *prose(paragraph.replace("@return", "Returns").lstrip("- "))]]


def declared(code):
    # What stood below a parenthesis in the header moves with it.
    shift = len("SME_API ") if code.startswith("SME_API ") else 0
    lines = [code.splitlines()[0][shift:], *(re.sub(f"^ {{{shift}}}", "", line) for line in code.splitlines()[1:])]
    return [".Bd -literal", *map(escaped, lines), ".Ed"]


def header(text):
    """The public header, set as a page: its sections, each declaration with what it says of it."""
    start = text.index("/*\n * ")
    end = text.index("*/", start)
    page = described(text[start:end])
    body = text[text.index("/** ", end):text.rindex("#ifdef __cplusplus")]
    comment, code = [], []
    for line in body.splitlines():
        if not code and (comment or line.startswith("/**")):
            comment.append(line)
            if "*/" in line:
                page += [*([".Pp"] if not page[-1].startswith(".Ss") else []), *described("\n".join(comment))]
                comment = []
        elif title := re.match(r"/\* (?!-)(.*?) +\*/$", line):
            page.append(f".Ss {escaped(title[1])}")
        elif code or line and not line.startswith("/*"):
            code.append(line)
            # Nothing is open, and the line ends a declaration, whatever is said of it behind.
            if "".join(code).count("{") == "".join(code).count("}") and re.sub(r" */\*.*", "", line).endswith(";"):
                page += declared("\n".join(code))
                code = []
    assert not comment and not code, "the header ends within something"
    return page


def example():
    readme = (ROOT / "README.md").read_text("utf-8")
    code = re.search(r"^```c\n(#include <smestat.h>\n.*?)^```", readme, re.M | re.S)[1]
    return [escaped(line) for line in code.splitlines()]


def main(template, source):
    text = pathlib.Path(source).read_text("utf-8")
    makers = {"@OPTIONS@": lambda: options(text), "@HEADER@": lambda: header(text), "@EXAMPLE@": example}
    for line in pathlib.Path(template).read_text("utf-8").splitlines():
        print("\n".join(makers[line]()) if line in makers else line)


if __name__ == "__main__":
    main(*sys.argv[1:])
