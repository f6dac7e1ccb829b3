# SPDX-License-Identifier: MIT
import pytest


def pytest_sessionfinish(session, exitstatus):
    """Where everything was skipped, meson is told so: by the exit code that it takes for that."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and set(reporter.stats) - {""} == {"skipped"}:
        session.exitstatus = 77
