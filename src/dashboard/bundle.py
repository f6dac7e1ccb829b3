#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the files of a page into C: bundle.py SOURCE HEADER [FILE...]

They lie below one folder whose name is a hash of them all: a browser may keep a file for ever, and modules still find
each other by relative names, behind any proxy. Without files there is no page, and the header says so.
"""
import hashlib
import pathlib
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

LINKS = {".css": "<link rel='stylesheet' href='%s'>", ".js": "<link rel='modulepreload' href='%s'>"}

source, header, *names = sys.argv[1:]
files = [(pathlib.Path(name).name, pathlib.Path(name).read_bytes()) for name in sorted(names)]
digest = hashlib.sha256(b"".join(b"%s %d\n%s" % (name.encode(), len(data), data) for name, data in files)).hexdigest()

declarations, rows, arrays = [], [], []
for number, (name, data) in enumerate(files):
    symbol = "document_dashboard_%d" % number
    declarations.append("extern const char %s[];\nextern const size_t %s_length;\n" % (symbol, symbol))
    rows.append('    X("/" DASHBOARD_FOLDER "%s", "%s", %s) \\\n' % (name, TYPES[pathlib.Path(name).suffix], symbol))
    # Beyond 127 only a cast says that the conversion to char is meant.
    numbers = ["(char)%d" % b if b > 127 else str(b) for b in data]
    lines = [",".join(numbers[i:i + 40]) for i in range(0, len(data), 40)]
    arrays.append("const char %s[] = {\n%s,0};\nconst size_t %s_length = %d;\n" %
                  (symbol, ",\n".join(lines), symbol, len(data)))

with open(header, "w", encoding="utf-8") as out:
    out.write("/* Made by bundle.py. */\n#ifndef SMESTATD_DASHBOARD_H\n#define SMESTATD_DASHBOARD_H\n"
              "#include <stddef.h>\n\n")
    out.write("/* The folder of the page's files, or an empty text where there is no page. */\n")
    out.write('#define DASHBOARD_FOLDER "%s"\n' % ("dashboard/%s/" % digest[:16] if files else ""))
    out.write("/* What the head of the page has: with all modules there, none waits to be found in another. */\n")
    out.write("#define DASHBOARD_HEAD%s\n" % "".join(
        ' \\\n    "%s\\n"' % (LINKS[pathlib.Path(name).suffix] % ('" DASHBOARD_FOLDER "' + name)).replace("'", '\\"')
        for name, _ in sorted(files, key=lambda file: pathlib.Path(file[0]).suffix)))
    out.write("#define DASHBOARD_FILES(X) \\\n%s\n" % "".join(rows))
    out.write("".join(declarations) + "\n#endif\n")
with open(source, "w", encoding="utf-8") as out:
    out.write('/* Made by bundle.py. */\n#include "dashboard.h"\n\n' + "".join(arrays))
