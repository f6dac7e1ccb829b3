# SPDX-License-Identifier: MIT
"""smestatd --check on every case: no fault where there is none, and each fault at its place, in order."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
SMESTATD = os.environ.get("SMESTATD", "smestatd")


def check(path):
    done = subprocess.run([SMESTATD, "--check", str(path)], capture_output=True, timeout=60)
    assert done.stderr == b"", done.stderr
    return done.returncode, done.stdout.decode("utf-8")


@pytest.mark.parametrize("path", sorted((HERE / "valid").glob("*.json")) + [ROOT / "api" / "sme.json",
                         ROOT / "api" / "sme-series.json"], ids=lambda p: p.stem)
def test_valid(path):
    assert check(path) == (0, f"{path}: ok\n")


@pytest.mark.parametrize("path", sorted((HERE / "invalid").glob("*.json")), ids=lambda p: p.stem)
def test_invalid(path):
    code, out = check(path)
    lines = out.splitlines()
    wanted = path.with_suffix(".expect").read_text("utf-8").splitlines()
    assert code == 1
    assert len(lines) == len(wanted), out
    for line, place in zip(lines, wanted):
        where, pointer = place.split(": ", 1) if ": " in place else (place.rstrip(":"), "")
        number, column = where.split(":")[:2]
        begin = f"{path}:{number}:" if column == "*" else f"{path}:{number}:{column}: {pointer}: "
        assert line.startswith(begin), f"{line!r} should begin with {begin!r}"
        assert "; accepted is " in line, f"{line!r} does not say what is accepted"


def test_missing_file():
    code, out = check(HERE / "no-such-file.json")
    assert code == 1 and "No such file" in out and out.count("\n") == 1


def test_directory():
    code, out = check(HERE)
    assert code == 1 and "directory" in out and out.count("\n") == 1


def test_endless_file():
    code, out = check("/dev/zero")
    assert code == 1 and "64 MiB" in out
