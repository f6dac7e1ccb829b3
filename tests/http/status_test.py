# SPDX-License-Identifier: MIT
"""Observations without a number: what is missing and what is suppressed is shown as such, in every format, and never counts."""
import csv
import io
import json

import pytest

import contract
from daemon import Daemon

FILE = contract.ROOT / "tests" / "data" / "valid" / "statuses.json"


@pytest.fixture(scope="module")
def daemon():
    with Daemon("--dataset", FILE) as running:
        yield running


def rows(daemon, query):
    return daemon.ok(f"/v1/observations?{query}").json["data"]


def test_rows_say_why_they_have_no_number(daemon):
    for row in rows(daemon, "kind=actual"):
        unknown = {2020: "missing", 2021: "suppressed"}.get(row["year"])
        assert row["status"] == unknown
        assert (row["value"], row["qualifier"]) == ((None, None) if unknown else (10, "exact"))
        assert [row[end] for end in ("lower", "lower_closed", "upper", "upper_closed")] == \
            ([None] * 4 if unknown else [10, True, 10, True])


def test_displays(daemon):
    assert [row["display"] for row in rows(daemon, "kind=actual")] == ["10 Unit", "not available", "suppressed"]


def test_displays_in_chinese(tmp_path):
    document = json.loads(FILE.read_text("utf-8"))
    document["languages"] = ["zh"]
    (tmp_path / "zh.json").write_text(json.dumps(document), "utf-8")
    with Daemon("--dataset", tmp_path / "zh.json") as daemon:
        assert [row["display"] for row in rows(daemon, "kind=actual")] == ["10Unit", "暂缺", "已隐去"]
        reasons = [row["reason"] for row in daemon.ok("/v1/targets").json["data"]]
        assert reasons == ["实际值（10Unit）符合目标（不少于9Unit）。", "2020的实际值暂缺。", "2021的实际值已隐去。", "数据集中没有2022的实际值。"]


@pytest.mark.parametrize("query, years", [
    ("value=..100", [2019]),
    ("value=..100&match=certain", [2019]),
    ("value=..100&match=possible", [2019, 2021]),  # what is suppressed is a number, and may be any
    ("value=11..&match=possible", [2021]),
    ("qualifier=exact", [2019]),
    ("qualifier.not=exact", [2020, 2021]),
    ("latest=true", [2021]),  # an older number would pass for the newest
    ("sort=value", [2019, 2020, 2021]),
    ("sort=-value", [2019, 2020, 2021]),
    ("sort=-status", [2021, 2020, 2019]),
])
def test_queries(daemon, query, years):
    assert [row["year"] for row in rows(daemon, f"kind=actual&{query}")] == years


def test_targets(daemon):
    found = [(row["year"], row["verdict"], row["reason"], row["distance"]["reason"])
             for row in daemon.ok("/v1/targets").json["data"]]
    withheld = "The newest actual value is suppressed."
    assert found == [
        (2019, "met", "The actual value, 10 Unit, meets the target, at least 9 Unit.", withheld),
        (2020, "indeterminate", "The actual value for 2020 is not available.", withheld),
        (2021, "indeterminate", "The actual value for 2021 is suppressed.", withheld),
        (2022, "indeterminate", "The dataset has no actual value for 2022.", withheld),
    ]


def test_formats(daemon):
    table = list(csv.DictReader(io.StringIO(daemon.ok("/v1/observations.csv?kind=actual").text)))
    assert [(row["value"], row["qualifier"], row["status"]) for row in table] == \
        [("10", "exact", ""), ("", "", "missing"), ("", "", "suppressed")]
    (series,) = daemon.ok("/v1/observations?kind=actual&shape=series").json["data"]
    assert (series["values"], series["statuses"]) == ([10, None, None], [None, "missing", "suppressed"])
    cube = daemon.ok("/v1/observations.jsonstat?kind=actual").json
    assert cube["value"] == {"0": 10}
    assert cube["status"] == {"0": "exact", "1": "missing", "2": "suppressed"}
    assert cube["extension"]["status"]["suppressed"] == "suppressed"
    assert cube["extension"]["id"]["2"] == "i.2021.actual"


def test_facets_count_no_qualifier_where_there_is_none(daemon):
    values = daemon.ok("/v1/facets/qualifier?kind=actual").json["data"]["values"]
    assert {value["code"]: value["observations"] for value in values if value["observations"]} == {"exact": 1}
