# SPDX-License-Identifier: MIT
"""Smestat-As-Of: a client that has seen a newer dataset gets no older one."""
import pytest
from daemon import Daemon

from http_test import PATHS, dashboard_folder


@pytest.fixture(scope="module")
def service():
    with Daemon() as daemon:
        yield daemon


def test_a_dataset_that_has_reached_the_day_answers(service):
    day = service.data("/v1")["as_of"]
    for asked in (day, "2023-02-28", "0001-01-01"):
        for _ in range(3):  # made, kept, and kept under its own spelling
            assert service.ok("/v1/units", Smestat_As_Of=asked).data == service.data("/v1/units")


@pytest.mark.parametrize("path", PATHS)
def test_every_resource_knows_it(service, path):
    assert service.get(path, Smestat_As_Of="2023-03-01").status == service.get(path).status
    service.problem(path, 503, "older-dataset", Smestat_As_Of="2023-03-02")


def test_files_of_the_dashboard_know_it(service):
    path = f"/{dashboard_folder(service)}main.js"
    service.ok(path, Smestat_As_Of="2023-03-01")
    service.problem(path, 503, "older-dataset", Smestat_As_Of="2023-03-02")


@pytest.mark.parametrize("day", ["2023-03-02", "2024-01-01", "9999-12-31"])
def test_an_older_one_says_so(service, day):
    answer = service.problem("/v1/units", 503, "older-dataset", Smestat_As_Of=day)
    assert answer.get("Retry-After") == "1"
    assert answer.get("Cache-Control") == "no-store"


def test_what_is_no_day_is_refused(service):
    for text in ("2023", "2023-03-1", "1 March 2023", "2023/03/01", "20230-3-01", ""):
        service.problem("/v1/units", 400, "invalid-value", Smestat_As_Of=text)
