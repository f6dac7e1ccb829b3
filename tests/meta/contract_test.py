# SPDX-License-Identifier: MIT
"""What is written about the program, held against the program's own tables."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OPENAPI = json.loads((ROOT / "api/openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def tables():
    lines = subprocess.run([os.environ["TABLES"]], capture_output=True, check=True, timeout=60).stdout.decode("utf-8")
    found = {"collection": [], "column": {}, "parameter": {}, "problem": {}}
    for line in lines.splitlines():
        kind, first, *rest = line.split(" ")
        if kind == "call":
            continue
        if kind == "collection":
            found[kind].append(first)
        elif kind == "problem":
            found[kind][first] = int(rest[0])
        else:
            found[kind].setdefault(first, []).append(rest[0])
    assert found["collection"][-1] == "dataset" and len(found["collection"]) == 12
    return found


def resolve(thing):
    while "$ref" in thing:
        target = OPENAPI
        for part in thing["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        thing = target
    return thing


def path_of(collection):
    return "/v1" if collection == "dataset" else f"/v1/{collection}"


def query_parameters(path):
    item = OPENAPI["paths"][path]
    declared = [resolve(p) for p in item.get("parameters", []) + item["get"].get("parameters", [])]
    assert all(p["in"] in ("query", "header", "path") for p in declared)
    return {p["name"]: p for p in declared if p["in"] == "query"}


def row_schema(path):
    answer = resolve(OPENAPI["paths"][path]["get"]["responses"]["200"])["content"]["application/json"]["schema"]
    data = resolve(resolve(answer)["properties"]["data"])
    return resolve(data.get("items", data))


def test_collections(tables):
    described = {path for path in OPENAPI["paths"] if re.fullmatch(r"/v1(/[a-z-]+)?", path)}
    assert described == {path_of(c) for c in tables["collection"]}


def test_parameters(tables):
    for collection in tables["collection"]:
        assert list(query_parameters(path_of(collection))) == tables["parameter"][collection], collection


def test_columns(tables):
    for collection in tables["collection"]:
        assert list(row_schema(path_of(collection))["properties"]) == tables["column"][collection], collection
        if collection != "dataset":
            assert list(row_schema(path_of(collection) + "/{id}")["properties"]) == tables["column"][collection], collection


def test_fields_and_sort(tables):
    for collection in tables["collection"]:
        parameters = query_parameters(path_of(collection))
        assert parameters["fields"]["schema"]["items"]["enum"] == tables["column"][collection], collection
        if "sort" in parameters:
            names = parameters["sort"]["schema"]["items"]["enum"]
            assert names[1::2] == ["-" + name for name in names[::2]]
            assert set(names[::2]) <= set(tables["column"][collection])


def test_single_rows_take_what_is_described(tables):
    for collection in tables["collection"][:-1]:
        described = set(query_parameters(path_of(collection) + "/{id}"))
        assert described <= set(tables["parameter"][collection]), collection
        assert {"fields", "lang", "format", "pretty"} <= described, collection
        assert not described & {"sort", "limit", "offset", "shape"}, collection
        assert ("q" in described) == (collection == "facets")


def test_problems(tables):
    slugs = resolve(OPENAPI["components"]["parameters"]["slug"])["schema"]["enum"]
    assert slugs == list(tables["problem"])
    assert OPENAPI["components"]["schemas"]["ProblemType"]["properties"]["slug"]["enum"] == slugs
    pattern = OPENAPI["components"]["schemas"]["Problem"]["properties"]["type"]["pattern"]
    for slug in slugs:
        assert re.search(pattern, f"/problems/{slug}"), slug
    assert not re.search(pattern, "/problems/no-such-problem")
    statuses = list(tables["problem"].values())
    assert statuses == sorted(statuses)


def test_schema_and_openapi_have_the_version():
    version = re.search(r"version: '([0-9.]+)'", (ROOT / "meson.build").read_text("utf-8"))[1]
    assert OPENAPI["info"]["version"].split(".")[0] in (version.split(".")[0], "1")
    said = subprocess.run([os.environ["SMESTATD"], "--version"], capture_output=True, check=True, timeout=60)
    assert version in said.stdout.decode("utf-8")
