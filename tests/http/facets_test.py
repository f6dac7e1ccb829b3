# SPDX-License-Identifier: MIT
"""Facets: the counts are those of the observations that their links select; toggling there and back is the same query."""
import os
import random
import urllib.parse

import pytest

import contract
import filter_test
import model
from daemon import Daemon

FILTERS = model.OBSERVATION_FILTERS


def parameters(link):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))


def target(path, query):
    return path + ("?" if query else "") + urllib.parse.urlencode(query, safe=",.")


def total(daemon, query):
    return daemon.ok(target("/v1/observations", {**query, "limit": 0})).json["meta"]["total"]


def check(daemon, query):
    """Every number of every facet, counted again by asking for the observations."""
    rows = daemon.ok(target("/v1/facets", query)).data
    assert [row["parameter"] for row in rows] == list(FILTERS)
    for row in rows:
        name = row["parameter"]
        others = {key: value for key, value in query.items() if key not in (name, f"{name}.not")}
        assert row["observations"] == total(daemon, others)
        for value in row["values"]:
            alone = total(daemon, {**others, name: value["code"]})
            assert value["observations"] == alone, (query, name, value)
            if name != "year":
                assert value["selected"] == (value["code"] in query.get(name, "").split(",")), (query, value)
                assert value["excluded"] == (value["code"] in query.get(f"{name}.not", "").split(",")), (query, value)
    return rows


def random_query(chooser):
    query = {}
    for name in FILTERS:
        for suffix in ("", ".not"):
            if chooser.random() < 0.2:
                values = filter_test.YEARS if name == "year" else filter_test.vocabulary("observations", name)
                query[name + suffix] = ",".join(chooser.sample(values, 1 if name == "year" else
                                                               chooser.randint(1, min(3, len(values)))))
    if chooser.random() < 0.2:
        query["value"] = chooser.choice(["60..", "..100", "1000..100000"])
    if chooser.random() < 0.3:
        query["latest"] = "true"
    if chooser.random() < 0.2:
        query["q"] = chooser.choice(["enterprises", "share", "小巨人"])
    return query


def test_without_filters(daemon):
    for row in check(daemon, {}):
        assert sum(value["observations"] for value in row["values"]) == 17 or row["parameter"] == "focus_area"


@pytest.mark.parametrize("seed", range(25))
def test_counts_are_exact(daemon, seed):
    check(daemon, random_query(random.Random(seed)))


@pytest.mark.parametrize("seed", range(25))
def test_a_link_toggles_and_toggles_back(daemon, seed):
    query = random_query(random.Random(100 + seed))
    canonical = parameters(daemon.ok(target("/v1/facets", query)).json["links"]["self"])
    for row in daemon.ok(target("/v1/facets", query)).data:
        name = row["parameter"]
        for value in row["values"]:
            if value["excluded"]:
                there = parameters(value["links"]["toggle"])
                assert value["code"] not in there.get(f"{name}.not", "").split(",")
                continue
            answer = daemon.ok(value["links"]["toggle"]).json
            (again,) = [other for facet in answer["data"] if facet["parameter"] == name
                        for other in facet["values"] if other["code"] == value["code"]]
            assert again["selected"] is not value["selected"]
            assert again["observations"] == value["observations"]
            if name == "year" and query.get("year", "").count(".") or f"{name}.not" in query:
                continue  # a range may hold years that the dataset does not have, and .not is another question
            assert parameters(again["links"]["toggle"]) == canonical


@pytest.mark.parametrize("years, code, left", [
    ("2022", "2022", None), ("2022,2023", "2022", "2023"), ("2021..2024", "2022", "2021,2023..2024"),
    ("2021..2024", "2023", "2021..2022,2024"), ("..2022", "2022", "..2021"), ("2022..", "2022", "2023.."),
    ("2023", "2022", "2022..2023"), ("undated", "undated", None), ("2022", "undated", "2022,undated"),
    ("2022,undated", "undated", "2022"), ("2022..2023,undated", "2023", "2022,undated"),
])
def test_years_are_cut_out_of_ranges(daemon, years, code, left):
    (row,) = [row for row in daemon.ok(f"/v1/facets?year={years}").data if row["parameter"] == "year"]
    (value,) = [value for value in row["values"] if value["code"] == code]
    assert parameters(value["links"]["toggle"]).get("year") == left
    assert parameters(value["links"]["observations"]).get("year") == left


def test_links_to_observations_leave_out_what_is_about_facets(daemon):
    answer = daemon.ok("/v1/facets?fields=values&sort=-parameter&limit=1&offset=2&lang=zh&pretty=true&q=e&kind=target").json
    (row,) = answer["data"]
    assert list(row) == ["values"]
    for value in row["values"]:
        assert set(parameters(value["links"]["observations"])) - {"unit", "year", "source", "qualifier", "kind"} == \
            {"q", "lang"}
        daemon.ok(value["links"]["observations"])


def test_one_facet(daemon):
    whole = {row["parameter"]: row for row in daemon.ok("/v1/facets?category=cultivation&lang=all").data}
    for name, row in whole.items():
        alone = daemon.ok(f"/v1/facets/{name}?category=cultivation&lang=all").data
        assert {**alone, "values": None, "links": None} == {**row, "values": None, "links": None}
        assert [value["observations"] for value in alone["values"]] == \
            [value["observations"] for value in row["values"]]
    daemon.problem("/v1/facets/categori", 404, "not-found")
    assert daemon.ok("/v1/facets/year?category=contribution&year=2022").json["meta"]["undated_excluded"] == 5


def test_names_in_every_language(daemon):
    rows = daemon.ok("/v1/facets?lang=all").data
    for row in rows:
        assert set(row["name"]) == {"en", "zh"}
        for value in row["values"]:
            assert set(value["name"]) == {"en", "zh"} and all(value["name"].values())


def test_a_larger_dataset(tmp_path):
    """Exact on more rows than a word of a bitmap has bits, with codes that share rows and codes that have none."""
    chooser = random.Random(7)
    document = {
        "format": "smestat-dataset-1", "id": "many", "title": "Many", "languages": ["en"], "as_of": "2024-01-01",
        "units": [{"code": f"u{i}", "name": f"U{i}"} for i in range(3)],
        "sources": [{"code": f"s{i}", "title": f"S{i}", "date": "2024-01-01", "date_basis": "stated"}
                    for i in range(5)],
        "categories": [{"code": f"c{i}", "name": f"C{i}"} for i in range(9)],
        "indicators": [{"code": f"i{i}", "name": f"I{i}", "category": f"c{chooser.randrange(8)}",
                        "unit": f"u{chooser.randrange(3)}", "measure": "stock"} for i in range(60)],
        "observations": [{"indicator": f"i{i}", "period": str(year), "period_basis": "stated", "kind": kind,
                          "value": chooser.randrange(1000), "qualifier": chooser.choice(["exact", "more_than"]),
                          "source": f"s{chooser.randrange(5)}"}
                         for i in range(60) for year in range(1990, 2024) for kind in ("actual", "target")
                         if chooser.random() < 0.6],
    }
    path = tmp_path / "many.json"
    path.write_text(contract.json.dumps(document), "utf-8")
    with Daemon("--dataset", path) as running:
        running.learn()
        for query in ({}, {"category": "c1,c2", "year": "2000..2010"}, {"year.not": "1995", "kind": "target"},
                      {"source": "s1", "value": "500..", "match": "certain"},
                      {"latest": "true", "unit": "u0"})[-2 if os.environ.get("BRIEF") == "true" else 0:]:
            rows = running.ok(target("/v1/facets", query)).data
            found = {}
            for row in rows:
                name = row["parameter"]
                others = {key: value for key, value in query.items() if key not in (name, f"{name}.not")}
                observations = running.ok(target("/v1/observations", {**others, "format": "ndjson"})).text.splitlines()
                assert row["observations"] == len(observations)
                for value in row["values"]:
                    if "latest" in query:
                        alone = target("/v1/observations", {**others, name: value["code"], "limit": 0})
                        assert value["observations"] == running.ok(alone).json["meta"]["total"], (query, name, value)
                if name in ("category", "kind", "unit", "source", "qualifier", "indicator") and "latest" not in query:
                    for line in observations:
                        key = (name, contract.json.loads(line)[name])
                        found[key] = found.get(key, 0) + 1
                    for value in row["values"]:
                        assert value["observations"] == found.get((name, value["code"]), 0), (query, name, value)
