# SPDX-License-Identifier: MIT
"""The description as it is served: api/openapi.json with the codes of the dataset in it, and nothing else changed."""
import json
import pathlib
import re

import pytest

import contract
from daemon import Daemon, numbers

VALID = pathlib.Path(__file__).resolve().parent.parent / "data" / "valid"
CODES_MAX = 1000
LINE = re.compile(r' {8}"enum": \[.*\],\n')  # the file itself has one member of a list on a line
LISTED = {
    "CategoryCode": "categories", "IndicatorCode": "indicators", "FocusAreaCode": "focus_areas",
    "FocusAreaCodeOrNumber": "focus_areas", "UnitCode": "units", "SourceCode": "sources",
}


def expected(document):
    """The lists of a dataset, made from its file."""
    lists = {schema: [row["code"] for row in document.get(member, [])] for schema, member in LISTED.items()}
    lists["FocusAreaCodeOrNumber"] += [str(area["order"]) for area in document.get("focus_areas", [])]
    lists["Language"] = document["languages"] + ["all"]
    return {schema: list(dict.fromkeys(codes)) for schema, codes in lists.items()
            if codes and len(document.get(LISTED.get(schema), [])) <= CODES_MAX}


def served(daemon):
    text = daemon.ok("/openapi.json").text
    document, lists = numbers(text), {}
    for name, schema in document["components"]["schemas"].items():
        if "enum" in schema and "enum" not in contract.DOCUMENT["components"]["schemas"][name]:
            lists[name] = schema.pop("enum")
    assert document == numbers(contract.FILE.read_text("utf-8"))
    assert LINE.sub("", text) == contract.FILE.read_text("utf-8"), "every other byte is as in the file"
    return lists


def test_built_in_dataset(daemon):
    lists = served(daemon)
    assert lists == expected(contract.SME)
    assert lists["FocusAreaCodeOrNumber"][-5:] == ["1", "2", "3", "4", "5"]
    assert lists["Language"] == ["en", "zh", "all"]


def test_file_has_no_lists():
    assert not LINE.search(contract.FILE.read_text("utf-8"))


@pytest.mark.parametrize("name", [
    "minimal", "code-shapes", "eight-languages", "focus-area-full", "focus-area-order", "longest-code",
    "no-instruments-no-areas", "same-code-in-different-lists",
])
def test_other_datasets(name):
    document = json.loads((VALID / f"{name}.json").read_text("utf-8"))
    with Daemon("--dataset", VALID / f"{name}.json") as running:
        assert served(running) == expected(document)


def dataset(path, **members):
    document = json.loads((VALID / "minimal.json").read_text("utf-8"))
    path.write_text(json.dumps({**document, **members}), "utf-8")
    return json.loads(path.read_text("utf-8"))


LONG = {
    "IndicatorCode": ("indicator", "indicators", {"name": "N", "category": "c", "unit": "u", "measure": "stock"}),
    "SourceCode": ("source", "sources", {"title": "T", "date": "2023-03-01", "date_basis": "stated"}),
}


@pytest.mark.parametrize("schema", LONG)
@pytest.mark.parametrize("count", [CODES_MAX, CODES_MAX + 1])
def test_a_long_list_is_left_out(tmp_path, schema, count):
    """One code more than the ceiling, and any code goes; what is shorter is still listed."""
    path, (parameter, member, row) = tmp_path / "long.json", LONG[schema]
    lists = expected(dataset(path, **{member: [{"code": f"c{n}", **row} for n in range(count)]}))
    assert set(lists) == {"CategoryCode", "UnitCode", "Language", *LONG} - ({schema} if count > CODES_MAX else set())
    with Daemon("--dataset", path) as running:
        running.learn()
        assert served(running) == lists
        assert running.data(f"/v1/observations?{parameter}=c{count - 1},c0") == []


def test_words_say_the_ceiling():
    """Where the schema of dataset documents allows more codes, the description says what then happens."""
    members = json.loads((contract.ROOT / "api/dataset.schema.json").read_text("utf-8"))["properties"]
    for schema, member in LISTED.items():
        said = contract.DOCUMENT["components"]["schemas"][schema]["description"]
        assert ("more than 1,000" in said) == (members[member]["maxItems"] > CODES_MAX) == (schema in LONG)
        assert ("if there are any" in said) == ("minItems" not in members[member])


def test_a_code_that_looks_like_a_number(tmp_path):
    """The code wins, and stands once."""
    area = {"ordinal_basis": "stated", "title": "T", "title_basis": "stated", "source_title": None, "measures": []}
    path = tmp_path / "areas.json"
    dataset(path, focus_areas=[{"code": "2", "order": 1, **area}, {"code": "x", "order": 2, **area}])
    with Daemon("--dataset", path) as running:
        running.learn()
        lists = served(running)
        assert (lists["FocusAreaCode"], lists["FocusAreaCodeOrNumber"]) == (["2", "x"], ["2", "x", "1"])
        assert running.data("/v1/focus-areas/2")["order"] == 1


@pytest.mark.parametrize("text", ["finanse", "FINANCE", "6", "01"])
def test_what_is_not_listed_is_refused(daemon, text):
    """The lists are not narrower than the daemon; nor is the daemon wider than its lists."""
    for name in ("category", "indicator", "focus_area", "unit", "source"):
        schema = contract.DOCUMENT["components"]["parameters"][name]["schema"]
        assert contract.faults(schema, [text], daemon.schemas)
        assert daemon.get(f"/v1/observations?{name}={text}").status == 400


def test_each_listed_code_is_taken(daemon):
    for name in ("category", "indicator", "focus_area", "unit", "source", "lang"):
        schema = contract.DOCUMENT["components"]["parameters"][name]["schema"]
        reference = schema.get("items", schema)["$ref"].rsplit("/", 1)[1]
        for code in json.loads(daemon.schemas)[reference]["enum"]:
            daemon.ok(f"/v1/observations?{name}={code}&limit=1")
            if name != "lang":
                daemon.ok(f"/v1/observations?{name}.not={code}&limit=1")


def test_each_listed_code_has_a_row(daemon):
    for template, item in contract.DOCUMENT["paths"].items():
        for parameter in item.get("parameters", []):
            reference = parameter.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
            for code in json.loads(daemon.schemas).get(reference, {}).get("enum", []):
                daemon.ok(template.replace("{id}", code))


def test_another_dataset_has_another_etag(daemon):
    with Daemon("--dataset", VALID / "minimal.json") as other:
        assert other.ok("/openapi.json").get("ETag") != daemon.ok("/openapi.json").get("ETag")
