# SPDX-License-Identifier: MIT
"""What a file of callgrind says of a whole run."""
import re

LOCKS = ("pthread_mutex_lock", "pthread_mutex_trylock", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock")


def read(path, program):
    """Instructions, and how often functions of `program` itself, not of a library, locked something."""
    names, now, instructions, locks = {}, {}, 0, 0
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            # An object or function is named once, with a number that stands for it later: fn=(12) main, cfn=(12).
            if found := re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line):
                called, kind, number, name = found.groups()
                if name:
                    names[kind, number] = name
                now[called + kind] = names[kind, number]
            elif line.startswith("calls=") and now["cfn"].startswith(LOCKS) and now["ob"] == str(program):
                locks += int(line[6:].split()[0])
            elif line.startswith(("summary:", "totals:")):
                instructions = int(line.split()[1])
    if str(program) not in names.values():
        raise ValueError(f"{path} says nothing of {program}")
    return instructions, locks
