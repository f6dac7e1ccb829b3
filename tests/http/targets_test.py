# SPDX-License-Identifier: MIT
"""What became of targets, against cases labelled by hand in tests/data/targets.json, which says how to read them."""
import json
import re

import pytest

import contract
from daemon import Daemon, numbers

FILE = contract.ROOT / "tests" / "data" / "targets.json"
LABELS = json.loads(FILE.read_text("utf-8"))
CASES = LABELS["cases"]
CLOSED = {"[": True, "]": True, "(": False, ")": False, "{": None, "}": None}


def observation(indicator, kind, shorthand):
    """An observation of the dataset file, as text: its numbers are spelt as in the case."""
    said, _, as_of = shorthand.partition(" @")
    qualifier, *literals, period = said.split()
    members = {"indicator": indicator, "kind": kind, "period": None if period == "undated" else period,
               "period_basis": "none" if period == "undated" else "stated", "qualifier": qualifier, "source": "s",
               **({"as_of": as_of} if as_of else {})}
    names = ["value", "upper"][:len(literals)]
    return json.dumps(members)[:-1] + "".join(f', "{name}": {text}' for name, text in zip(names, literals)) + "}"


def document():
    indicators, observations = [], []
    for case in CASES:
        name = case["name"]
        indicators.append({"code": name, "name": name, "category": "c", "unit": case["unit"], "measure": "stock",
                           **({"direction": case["direction"]} if "direction" in case else {})})
        observations.append(observation(name, "target", case["target"]))
        observations += [observation(name, "target", text) for text in case.get("other_targets", [])]
        observations += [observation(name, "actual", text) for text in case["history"]]
    rest = json.dumps({
        "format": "smestat-dataset-1", "id": "labelled", "title": "Labelled", "languages": ["en", "zh"],
        "as_of": LABELS["as_of"], "units": LABELS["units"], "indicators": indicators,
        "sources": [{"code": "s", "title": "S", "date": LABELS["as_of"], "date_basis": "stated"}],
        "categories": [{"code": "c", "name": "C"}]})
    return rest[:-1] + ', "observations": [' + ",\n".join(observations) + "]}"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    path = tmp_path_factory.mktemp("targets") / "labelled.json"
    path.write_text(document(), "utf-8")
    with Daemon("--dataset", path) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def rows(labelled):
    """What is served, by id; numbers as they are spelt."""
    answer = labelled.ok("/v1/targets?lang=all&limit=10000")
    return {row["id"]: row for row in numbers(answer.text)["data"]}


def interval(text):
    low, high = re.fullmatch(r"[\[({](.+),(.+)[\])}]", text).groups()
    return {"lower": None if low == "?" else low, "lower_closed": CLOSED[text[0]],
            "upper": None if high == "?" else high, "upper_closed": CLOSED[text[-1]]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(rows, case):
    row = rows[f"{case['name']}.{case['target'].split()[-1]}.target"]
    why = case["why"]
    assert row["verdict"] == case["verdict"], (why, row["reason"])
    for name in ("baseline", "actual", "latest"):
        wanted = case[name] and f"{case['name']}.{case[name]}.actual"
        assert (row[name] and row[name]["id"]) == wanted, (why, name)
    distance = row["distance"]
    assert {name: distance[name] for name in ("lower", "lower_closed", "upper", "upper_closed")} == \
        interval(case["distance"]), why
    assert row["reason"] == case["reason"], why
    wanted = LABELS["distance_reasons"].get(case["distance_reason"])
    assert distance["reason"] == wanted, why


def test_the_same_row_by_row_and_in_one_language(labelled, rows):
    for case in CASES[::7]:
        key = f"{case['name']}.{case['target'].split()[-1]}.target"
        assert numbers(labelled.ok(f"/v1/targets/{key}?lang=all").text)["data"] == rows[key]
        for lang in ("en", "zh"):
            alone = labelled.data(f"/v1/targets/{key}?lang={lang}")
            assert alone["reason"] == rows[key]["reason"][lang] == case["reason"][lang]


def test_the_labels_are_whole():
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 40
    for case in CASES:
        assert case["why"].endswith(".") and set(case["reason"]) == {"en", "zh"}, case["name"]
    assert {case["verdict"] for case in CASES} == {"met", "not_met", "indeterminate", "not_due"}
    qualifiers = {"exact", "more_than", "at_least", "less_than", "at_most", "nearly", "about", "between"}
    assert {case["target"].split()[0] for case in CASES} == qualifiers
    assert {text.split()[0] for case in CASES for text in case["history"]} == qualifiers
    assert {case.get("direction") for case in CASES} == {None, "up", "down"}
    assert {case["distance_reason"] for case in CASES} == {None, *LABELS["distance_reasons"]}
