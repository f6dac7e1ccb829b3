#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fenced blocks of README.md. As a program: blocks.py FILE LANGUAGE prints the first block in that language."""
import pathlib
import re
import sys

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text, language):
    return [match[2] for match in FENCE.finditer(text) if match[1] == language]


def commands(block):
    """Pairs of a command and the output that stands below it."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].rstrip("\n"), ""))
        else:
            command, output = found[-1]
            found[-1] = (command, output + line)
    return found


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(blocks(pathlib.Path(sys.argv[1]).read_text("utf-8"), sys.argv[2])[0])
