# SPDX-License-Identifier: MIT
import json
import os
import pathlib

import pytest

import contract
from daemon import Daemon, make_certificate

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


# The folder is tested by processes side by side, each of which leaves here a record of what it ran and asked for.
RECORDS = os.environ.get("RECORDS")


def record_of(session):
    return {"ran": sorted({item.path.name for item in session.items}), "exercised": sorted(contract.exercised)}


def own_record(session):
    return pathlib.Path(RECORDS, f"{record_of(session)['ran'][0]}.json")


def pytest_collection_finish(session):
    if RECORDS and session.items:
        own_record(session).unlink(missing_ok=True)  # of an earlier run: this one may end without any


def pytest_sessionfinish(session):
    if RECORDS and session.items:
        own_record(session).write_text(json.dumps(record_of(session)), "utf-8")


@pytest.fixture(scope="session")
def records(request):
    """Those of all processes, with this one's."""
    kept = pathlib.Path(RECORDS).glob("*.json") if RECORDS else []
    return [record_of(request.session), *(json.loads(path.read_text("utf-8")) for path in kept)]
