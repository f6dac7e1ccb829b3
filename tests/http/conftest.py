# SPDX-License-Identifier: MIT
import pathlib

import pytest

from daemon import Daemon

HERE = pathlib.Path(__file__).parent
LAST = "coverage_test.py"


@pytest.fixture(scope="session")
def daemon():
    """The daemon with its defaults and the built-in dataset."""
    with Daemon() as running:
        yield running.learn()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def missing_files(request):
    ran = {item.path.name for item in request.session.items}
    return sorted({path.name for path in HERE.glob("*_test.py")} - ran)
