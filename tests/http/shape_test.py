# SPDX-License-Identifier: MIT
"""Shapes and JSON-stat: the same rows in another order of brackets, nothing more and nothing less."""
import itertools
import json
import pathlib

import pytest

import model
from contract import COLLECTIONS
from daemon import Daemon, numbers

VALID = sorted((pathlib.Path(__file__).resolve().parent.parent / "data" / "valid").glob("*.json"))
QUERIES = ["", "category=cultivation", "year=2022&lang=zh", "q=share", "limit=3&offset=2&sort=-id", "lang=all", "year=1999"]


def ask(daemon, path, *parts):
    query = "&".join(part for part in parts if part)
    return daemon.ok(path + ("?" if query else "") + query)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_columns_and_keyed_hold_the_rows(daemon, collection, query):
    if "q=" in query and collection == "years" or "category" in query and "category" not in model.FILTERS[collection] \
            or "year" in query and "year" not in model.FILTERS[collection]:
        query = ""
    query = query.replace("-id", f"-{model.KEY.get(collection, 'code')}")
    rows = ask(daemon, f"/v1/{collection}", query).json
    columns = ask(daemon, f"/v1/{collection}", query, "shape=columns")
    keyed = ask(daemon, f"/v1/{collection}", query, "shape=keyed")
    assert columns.get("Content-Type") == "application/json; shape=columns"
    assert [dict(zip(columns.data, cells)) for cells in zip(*columns.data.values())] == rows["data"]
    assert {key: list(column) for key, column in columns.data.items()} == \
        {key: [row[key] for row in rows["data"]] for key in columns.data}
    assert keyed.get("Content-Type") == "application/json; shape=keyed"
    assert list(keyed.data.values()) == rows["data"]
    assert list(keyed.data) == [row[model.KEY.get(collection, "code")] for row in rows["data"]]
    for answer in (columns, keyed):
        assert answer.json["meta"] == rows["meta"] or answer.json["meta"]["hints"]
        assert {**answer.json["meta"], "hints": []} == {**rows["meta"], "hints": []}


def test_fields_choose_columns(daemon):
    assert list(daemon.ok("/v1/observations?shape=columns&fields=value,id").data) == ["value", "id"]
    keyed = daemon.ok("/v1/units?shape=keyed&fields=min").data
    assert keyed["percent"] == {"min": 0}


SERIES = {"ids": "id", "years": "year", "periods": "period", "as_of": "as_of", "values": "value", "qualifiers": "qualifier",
          "statuses": "status", "lower": "lower", "upper": "upper", "displays": "display", "sources": "source"}


def by_time(row):
    """A year ends with its last day, or with the day in it by which the figure held; what has no year comes last."""
    period = row["period"]
    if len(period) == 4 and (row.get("as_of") or "").startswith(period):
        return row["as_of"]
    return "9999-99" if period == "undated" else period if len(period) > 4 else f"{period}-12-31"


def check_series(daemon, collection, query):
    answer = ask(daemon, f"/v1/{collection}", query, "shape=series")
    assert answer.get("Content-Type") == "application/json; shape=series"
    series = numbers(answer.text)["data"]
    rows = [numbers(line) for line in ask(daemon, f"/v1/{collection}", query, "format=ndjson").text.splitlines()]
    seen = []
    for one in series:
        same = set(one) - set(SERIES) - {"kind"}  # the dataset's dimensions among them
        members = [row for row in rows if row.get("kind", "target") == one["kind"] and
                   all(row[name] == one[name] for name in same)]
        members.sort(key=by_time)
        assert members
        for key, name in SERIES.items():
            assert one[key] == [row.get(name) for row in members]  # targets have no as_of
        seen += one["ids"]
    assert sorted(seen) == sorted(row["id"] for row in rows)
    assert sum(len(one["ids"]) for one in series) == len(rows)
    assert answer.json["meta"]["count"] == answer.json["meta"]["total"] == len(rows)
    assert answer.json["meta"]["limit"] is None


@pytest.mark.parametrize("collection, query", itertools.product(
    ["observations", "targets"], ["", "category=cultivation", "lang=all", "year=undated", "year=1999", "q=listed"]))
def test_series(daemon, collection, query):
    check_series(daemon, collection, query)


# JSON-stat.

def cells(cube):
    """Each cell that has a status: its categories by dimension, and its number in the cube."""
    names = [cube["dimension"][name]["category"]["index"] for name in cube["id"]]
    assert [len(codes) for codes in names] == [int(size) for size in cube["size"]]
    for number, place in enumerate(itertools.product(*names)):
        if str(number) in cube["status"]:
            yield dict(zip(cube["id"], place)), str(number)


def check_cube(daemon, collection, query):
    text = ask(daemon, f"/v1/{collection}.jsonstat", query).text
    cube = numbers(text)
    rows = [numbers(line) for line in ask(daemon, f"/v1/{collection}", query, "format=ndjson").text.splitlines()]
    assert cube["version"] == "2.0" and cube["class"] == "dataset"
    found = {}
    for place, number in cells(cube):
        found[cube["extension"]["id"][number]] = number
        time = place.get("year", place.get("period"))
        (row,) = [row for row in rows if row["id"] == cube["extension"]["id"][number]]
        assert (row["indicator"], row["period"], row.get("kind", "target")) == (place["indicator"], time, place["kind"])
        assert cube["value"].get(number) == row["value"]
        assert cube["status"][number] == (row["qualifier"] or row["status"])
        for name in ("lower", "lower_closed", "upper", "upper_closed", "period_basis", "source"):
            assert cube["extension"][name].get(number) == row[name], (name, row)
        labels = cube["dimension"]["indicator"]["category"]
        assert labels["label"][row["indicator"]] == row["name"]
    assert set(found) == {row["id"] for row in rows} and len(cube["status"]) == len(rows)
    periods = cube["dimension"][cube["id"][1]]["category"]["index"]
    assert periods == sorted(periods, key=lambda period: by_time({"period": period}))
    assert cube["role"] == {"metric": ["indicator"], "time": [cube["id"][1]]}
    return cube


@pytest.mark.parametrize("collection, query", itertools.product(
    ["observations", "targets"],
    ["", "category=cultivation", "lang=zh", "year=undated", "year=2022..", "q=share&kind.not=target", "year=1999",
     "value=60..&match=possible"]))
def test_a_cube_holds_the_rows(daemon, collection, query):
    if collection == "targets":
        query = query.replace("&kind.not=target", "")
    check_cube(daemon, collection, query)


def test_an_empty_cube_is_a_cube(daemon):
    cube = check_cube(daemon, "observations", "year=1999")
    assert cube["size"] == ["0", "0", "0"] and cube["value"] == {}


def test_units_and_labels_are_in_the_language(daemon):
    english, chinese = (daemon.ok(f"/v1/observations.jsonstat?lang={lang}").json for lang in ("en", "zh"))
    percent = english["dimension"]["indicator"]["category"]["unit"]["sme-gdp-share"]
    assert percent == {"label": "percent", "decimals": 0}
    assert chinese["dimension"]["indicator"]["category"]["unit"]["sme-gdp-share"]["label"] == "百分比"
    assert english["dimension"]["year"]["category"]["label"]["undated"] == "year not stated"
    assert chinese["dimension"]["year"]["category"]["label"]["undated"] == "未说明年份"
    assert chinese["extension"]["status"]["more_than"] == "超过"


def test_every_language_in_a_collection(daemon):
    collection = daemon.ok("/v1/targets.jsonstat?lang=all").json
    assert collection["class"] == "collection"
    plain = [daemon.ok(f"/v1/targets.jsonstat?lang={lang}").json for lang in ("en", "zh")]
    for one, other in zip(collection["link"]["item"], plain, strict=True):
        other.pop("version")
        assert {**one, "href": None} == {**other, "href": None}


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_other_datasets(path):
    with Daemon("--dataset", path) as running:
        running.learn()
        for collection in ("observations", "targets"):
            check_series(running, collection, "")
            cube = check_cube(running, collection, "")
            days = any(len(row["period"] or "") > 4 for row in json.loads(path.read_bytes().decode("utf-8-sig"))
                       ["observations"])
            assert cube["id"][1] == ("period" if days else "year")
