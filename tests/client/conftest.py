# SPDX-License-Identifier: MIT
import os

import pytest

from daemon import Daemon
from nodejs import missing


@pytest.fixture(scope="session", name="packages", autouse=True)
def installed_packages():
    reason = missing()
    if reason and os.environ.get("TESTS_ENABLED") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session", name="daemon")
def running_daemon(packages):
    with Daemon() as running:
        yield running


def pytest_sessionfinish(session, exitstatus):
    """Where everything was skipped, meson is told so: by the exit code that it takes for that."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and set(reporter.stats) - {""} == {"skipped"}:
        session.exitstatus = 77
