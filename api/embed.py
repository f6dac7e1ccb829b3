#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns a file into a C array and its length: embed.py FILE OUTPUT NAME"""
import sys

source, output, name = sys.argv[1:]
data = open(source, "rb").read()
# Beyond 127 only a cast says that the conversion to char is meant.
numbers = ["(char)%d" % b if b > 127 else str(b) for b in data]
lines = [",".join(numbers[i:i + 40]) for i in range(0, len(data), 40)]
with open(output, "w") as out:
    out.write("/* Made from %s by embed.py. */\n#include <stddef.h>\n\n" % source.rsplit("/", 1)[-1])
    out.write("extern const char %s[];\nextern const size_t %s_length;\n\n" % (name, name))
    # A terminating NUL beyond the length, so that the bytes are also a string.
    out.write("const char %s[] = {\n%s,0};\nconst size_t %s_length = %d;\n" % (name, ",\n".join(lines), name, len(data)))
