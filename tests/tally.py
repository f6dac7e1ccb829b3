#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Counts the cases of one meson run: tally.py TESTLOG, a meson-logs/testlog.json.

Prints "PASSED FAILED SKIPPED" on standard output and the reason of each skip on standard error. A test program that
says how many cases it ran (pytest, cmocka, TAP) counts as so many; any other counts as one.
"""
import json
import re
import sys

PYTEST = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", re.M)
PYTEST_WORDS = {"passed": 0, "xfailed": 0, "failed": 1, "error": 1, "errors": 1, "xpassed": 1, "skipped": 2}
CMOCKA = [re.compile(rf"^\[  {word} +\] (\d+) test\(s\)", re.M) for word in ("PASSED", "FAILED", "SKIPPED")]
TAP = re.compile(r"^(not )?ok\b(?:[^#\n]*# *(SKIP))?", re.M | re.I)
SKIP_REASON = re.compile(r"^(?:SKIPPED \[\d+\] .*|(?:not )?ok\b.*# *SKIP.*|\[  SKIPPED +\] (?!\d+ test).*)$",
                         re.M | re.I)


def cases(output):
    """The cases that a test program says it ran: [passed, failed, skipped], all 0 where it says nothing."""
    counts = [0, 0, 0]
    for summary in PYTEST.findall(output):
        for number, word in re.findall(r"(\d+) ([a-z]+)", summary):
            if word in PYTEST_WORDS:
                counts[PYTEST_WORDS[word]] += int(number)
    if any(counts):
        return counts
    for place, pattern in enumerate(CMOCKA):
        counts[place] = sum(map(int, pattern.findall(output)))
    if any(counts):
        return counts
    for failed, skipped in TAP.findall(output):
        counts[2 if skipped else 1 if failed else 0] += 1
    return counts


def last_line(output):
    return (output.strip().splitlines() or ["no reason given"])[-1]


def main(path):
    total = [0, 0, 0]
    with open(path, encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    for test in tests:
        output = test.get("stdout", "") + "\n" + test.get("stderr", "")
        counts = cases(output)
        result = test["result"]
        if result in ("OK", "EXPECTEDFAIL"):
            if not any(counts):
                counts = [1, 0, 0]
        elif result == "SKIP":
            counts = [0, 0, max(counts[2], 1)]
        elif not counts[1]:  # a crash or a time-out may come after any number of good cases
            counts[1] = 1
        reasons = list(dict.fromkeys(SKIP_REASON.findall(output)))
        if result == "SKIP" and not reasons:
            reasons = [last_line(output)]
        for reason in reasons:
            print(f"tests: skipped: {test['name']}: {reason}", file=sys.stderr)
        total = [a + b for a, b in zip(total, counts)]
    print(*total)


if __name__ == "__main__":
    main(sys.argv[1])
