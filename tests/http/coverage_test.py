# SPDX-License-Identifier: MIT
"""Runs last: everything that the description promises was asked for by some test."""
import pathlib

import pytest

import contract


def test_everything_described_was_exercised(records):
    files = {path.name for path in pathlib.Path(__file__).parent.glob("*_test.py")}
    missing = files.difference(*(record["ran"] for record in records))
    if missing:
        pytest.skip(f"only a part of the tests ran; missing: {', '.join(sorted(missing))}")
    exercised = set().union(*(record["exercised"] for record in records))
    assert [promise for promise in contract.promised() if promise not in exercised] == []


def test_exemptions_are_problems():
    assert set(contract.EXEMPT_PROBLEMS) <= {row["value"] for row in contract.SLUGS}
