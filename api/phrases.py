#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the phrases into a table in C, or says which rule they break: phrases.py PHRASES OUTPUT"""
import json
import sys
import unicodedata

# In the order of enum qualifier and enum phrase_language.
QUALIFIERS = ["exact", "more_than", "at_least", "less_than", "at_most", "nearly", "about", "between"]
LANGUAGES = ["en", "zh", "any"]


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def literals(pattern):
    """What stands before, between and behind the holes."""
    return pattern.split("{}")


def check_pattern(pattern, holes):
    assert pattern.count("{}") == holes, f"{pattern}: {holes} holes are needed"
    assert pattern == unicodedata.normalize("NFKC", pattern).lower().strip(), f"{pattern}: not in plain form"
    assert "  " not in pattern and "}{" not in pattern and len(pattern.encode()) < 64, pattern


def check_phrase(phrase, words):
    pattern = phrase["pattern"]
    assert phrase["qualifier"] in QUALIFIERS, f"{pattern}: {phrase['qualifier']} is no qualifier"
    check_pattern(pattern, 2 if phrase["qualifier"] == "between" else 1)
    assert phrase["language"] in LANGUAGES and set(phrase) <= {"language", "qualifier", "pattern", "prints", "note"}
    before, *behind = literals(pattern)
    # No part of a phrase can be part of a number, or one text could be read in two ways.
    for part in [before, *behind]:
        assert not any(c in "0123456789,-" for c in part), f"{pattern}: part of a number"
        assert not any(word in part for word in words), f"{pattern}: has a scale or a percent sign"
    # A letter needs a space between itself and a number.
    assert not before[-1:].isascii() or not before[-1:].isalpha(), f"{pattern}: no space before the number"
    for part in behind:
        assert not part[:1].isascii() or not part[:1].isalpha(), f"{pattern}: no space behind the number"


def main(source, output):
    with open(source, encoding="utf-8") as file:
        table = json.load(file)
    phrases, scales, percents = table["phrases"], table["scales"], table["percent"]
    marks = [part.strip() for percent in percents for part in literals(percent) if part]
    for phrase in phrases:
        check_phrase(phrase, tuple([scale["word"] for scale in scales] + marks))
    for percent in percents:
        check_pattern(percent, 1)
    patterns = [phrase["pattern"] for phrase in phrases]
    assert len(patterns) == len(set(patterns)), f"twice: {sorted(p for p in patterns if patterns.count(p) > 1)}"
    printed = {(phrase["qualifier"], language): phrase["pattern"] for phrase in phrases if phrase.get("prints")
               for language in LANGUAGES[:2] if phrase["language"] in (language, "any")}
    count = sum(2 if phrase["language"] == "any" else 1 for phrase in phrases if phrase.get("prints"))
    assert len(printed) == count == 2 * len(QUALIFIERS), "exactly one phrase prints a qualifier in a language"

    with open(output, "w", encoding="utf-8") as out:
        out.write(f"/* Made from {source.rsplit('/', 1)[-1]} by phrases.py. */\n#include \"phrase.h\"\n\n")
        out.write("const struct phrase_row phrase_rows[] = {\n")
        for phrase in phrases:
            out.write(f"    {{{quoted(phrase['pattern'])}, PHRASE_{phrase['language'].upper()}, "
                      f"QUALIFIER_{phrase['qualifier'].upper()}}},\n")
        out.write(f"}};\nconst size_t phrase_row_count = {len(phrases)};\n\n")
        out.write("const char *const phrase_printed[][2] = {\n")
        for qualifier in QUALIFIERS:
            both = ", ".join(quoted(printed[qualifier, language]) for language in LANGUAGES[:2])
            out.write(f"    [QUALIFIER_{qualifier.upper()}] = {{{both}}},\n")
        out.write("};\n\nconst struct phrase_scale phrase_scales[] = {\n")
        for scale in scales:
            out.write(f"    {{{quoted(scale['word'])}, PHRASE_{scale['language'].upper()}, {scale['power']}}},\n")
        out.write(f"}};\nconst size_t phrase_scale_count = {len(scales)};\n\n")
        out.write(f"const char *const phrase_percents[] = {{{', '.join(map(quoted, percents))}}};\n")
        out.write(f"const size_t phrase_percent_count = {len(percents)};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
