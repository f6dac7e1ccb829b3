# SPDX-License-Identifier: MIT
"""Attacks, a tenth as large as python3 tests/attack/attack.py makes them. tests/http has a short form of restarts.py."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import attack  # noqa: E402 (found by the line above)


@pytest.mark.parametrize("kind", attack.SLOW)
def test_slow_clients(kind):
    assert attack.slow(kind, 100)


def test_idle_clients():
    assert attack.idle(500, True)


def test_large_answers_that_nobody_takes():
    assert attack.hoard(60)


def test_everything_at_once():
    assert attack.mixed(3, 50)
