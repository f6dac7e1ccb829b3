# SPDX-License-Identifier: MIT
"""The maker of the phrase table refuses a table in which a text could have two meanings, or that cannot be printed."""
import copy
import json
import pathlib
import subprocess
import sys

import pytest

API = pathlib.Path(__file__).resolve().parent.parent.parent / "api"
TABLE = json.loads((API / "phrases.json").read_text("utf-8"))


def make(table, folder):
    (folder / "phrases.json").write_text(json.dumps(table), "utf-8")
    return subprocess.run([sys.executable, API / "phrases.py", folder / "phrases.json", folder / "phrases.c"],
                          capture_output=True, timeout=60, text=True)


def with_phrase(**phrase):
    return {**TABLE, "phrases": [*TABLE["phrases"], {"language": "en", "qualifier": "about", **phrase}]}


def without(pattern):
    return {**TABLE, "phrases": [phrase for phrase in TABLE["phrases"] if phrase["pattern"] != pattern]}


WRONG = {
    "twice": (with_phrase(pattern="more than {}"), "twice"),
    "no-hole": (with_phrase(pattern="many"), "holes"),
    "two-holes": (with_phrase(pattern="{} of {}"), "holes"),
    "one-hole": (with_phrase(pattern="between {}", qualifier="between"), "holes"),
    "capital": (with_phrase(pattern="Say {}"), "plain form"),
    "full-width": (with_phrase(pattern="＞{}"), "plain form"),
    "space-at-end": (with_phrase(pattern="{} say "), "plain form"),
    "digit": (with_phrase(pattern="1 in {}"), "part of a number"),
    "minus": (with_phrase(pattern="{}-ish"), "part of a number"),
    "scale": (with_phrase(pattern="{}万左右", language="zh"), "has a scale"),
    "percent": (with_phrase(pattern="{} percent or so"), "has a scale"),
    "no-space-before": (with_phrase(pattern="say{}"), "no space"),
    "no-space-behind": (with_phrase(pattern="{}ish"), "no space"),
    "unknown-member": (with_phrase(pattern="say {}", printed=True), ""),
    "unknown-language": (with_phrase(pattern="say {}", language="fr"), ""),
    "unknown-qualifier": (with_phrase(pattern="say {}", qualifier="perhaps"), ""),
    "printed-twice": (with_phrase(pattern="say {}", prints=True), "exactly one"),
    "printed-by-none": (without("超过{}"), "exactly one"),
}


def test_the_table_is_made(tmp_path):
    done = make(TABLE, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = (tmp_path / "phrases.c").read_text("utf-8")
    assert all(json.dumps(phrase["pattern"], ensure_ascii=False) in made for phrase in TABLE["phrases"])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused(name, tmp_path):
    table, says = WRONG[name]
    done = make(copy.deepcopy(table), tmp_path)
    assert done.returncode != 0 and "Error" in done.stderr and says in done.stderr
    assert not (tmp_path / "phrases.c").exists()
