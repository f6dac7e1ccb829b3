# SPDX-License-Identifier: MIT
import pathlib

import pytest

from daemon import Daemon, make_certificate

HERE = pathlib.Path(__file__).parent
LAST = "coverage_test.py"


@pytest.fixture(scope="session")
def daemon():
    """The daemon with its defaults and the built-in dataset."""
    with Daemon() as running:
        yield running.learn()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def secure(certificate):
    """The same, with TLS."""
    with Daemon("--tls-certificate", certificate[0], "--tls-key", certificate[1]) as running:
        yield running.learn()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(scope="session")
def missing_files(request):
    ran = {item.path.name for item in request.session.items}
    return sorted({path.name for path in HERE.glob("*_test.py")} - ran)
