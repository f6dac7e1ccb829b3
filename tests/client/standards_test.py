# SPDX-License-Identifier: MIT
"""Strangers' clients for the standards that we speak read our answers as they are, and find in them what JSON says."""
import json

import pytest

from contract import SME
from daemon import Daemon
from nodejs import TOP, node, project

PACKAGE = "/v1/datapackage.json"
QUERIES = ["", "category=contribution&", "kind=target&", "year=1999&"]
# Documents with other years, days, qualifiers, numbers, texts and languages.
DATASETS = ["between", "leap-days", "minimal", "numbers", "other-default-language", "periods", "qualifiers",
            "some-languages-missing", "target-by-day", "undated", "unicode"]


@pytest.fixture(scope="session", name="folder")
def programs(packages, tmp_path_factory):
    return project(tmp_path_factory.mktemp("standards"), "jsonstat.mjs", "datapackage.mjs")


def read_by(folder, program, *arguments):
    done = node(folder, program, *arguments)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def cubes_of(folder, daemon, *targets):
    """What the toolkit reads from these targets. Each is also asked for here, and so held against the description."""
    for target in targets:
        daemon.ok(target)
    return read_by(folder, "jsonstat.mjs", *(daemon.url + target for target in targets))


def check_cube(cube, daemon, query, language):
    """Holds what the toolkit read against the rows of JSON."""
    rows = daemon.ok(f"/v1/observations?{query}limit=10000&lang={language}").data
    units = {row["code"]: row["name"] for row in daemon.ok(f"/v1/units?limit=10000&lang={language}").data}
    indicators = {row["code"]: row for row in daemon.ok(f"/v1/indicators?limit=10000&lang={language}").data}
    time = "period" if "period" in cube["dimensions"] else "year"
    assert list(cube["dimensions"]) == ["indicator", time, "kind"]
    dimensions = {name: dimension["categories"] for name, dimension in cube["dimensions"].items()}
    assert [cube["dimensions"][name]["role"] for name in ("indicator", time, "kind")] == \
        ["metric", "time", "classification"]
    cells = [({"indicator": row["indicator"], "kind": row["kind"], time: row["period"]}, row) for row in rows]
    if time == "year":
        assert all(coordinates["year"] == str(row["year"] or "undated") for coordinates, row in cells)
    key = json.dumps
    expected = {key(coordinates, sort_keys=True): (float(row["value"]), row["qualifier"]) for coordinates, row in cells}
    found = {key({name: row[name] for name in dimensions}, sort_keys=True): (float(row["value"]), row["status"])
             for row in cube["rows"]}
    assert found == expected and len(cube["rows"]) == len(rows)
    assert [(cell["value"], cell["status"]) for cell in cube["found"]] == \
        [(row["value"], row["status"]) for row in cube["rows"]]
    assert cube["cells"] == len(dimensions["indicator"]) * len(dimensions[time]) * len(dimensions["kind"])
    for code, category in dimensions["indicator"].items():
        assert category["name"] == indicators[code]["name"]
        assert category["unit"]["label"] == units[indicators[code]["unit"]]
        assert category["note"] == (indicators[code]["notes"] or None)
    assert set(dimensions["indicator"]) == {row["indicator"] for row in rows}
    assert set(dimensions[time]) == {row["period"] for row in rows}
    assert set(dimensions["kind"]) == {row["kind"] for row in rows}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_toolkit_reads_cubes(daemon, folder, language):
    cubes = cubes_of(folder, daemon, *(f"/v1/observations.jsonstat?{query}lang={language}" for query in QUERIES))
    assert [len(cube["rows"]) for cube in cubes] == [17, 5, 2, 0]
    for cube, query in zip(cubes, QUERIES, strict=True):
        assert (cube["class"], cube["label"]) == ("dataset", SME["title"][language])
        assert cube["source"] == (SME["sources"][0]["title"][language] if cube["rows"] else None)
        check_cube(cube, daemon, query, language)


def test_toolkit_reads_all_languages_as_a_collection(daemon, folder):
    (collection,) = cubes_of(folder, daemon, "/v1/observations.jsonstat?lang=all")
    assert (collection["class"], collection["label"]) == ("collection", SME["title"]["en"])
    assert [cube["label"] for cube in collection["items"]] == [SME["title"][language] for language in SME["languages"]]
    for cube, language in zip(collection["items"], SME["languages"], strict=True):
        check_cube(cube, daemon, "", language)


@pytest.mark.parametrize("name", DATASETS)
def test_toolkit_reads_other_datasets(folder, name):
    path = TOP / f"tests/data/valid/{name}.json"
    language = json.loads(path.read_text("utf-8"))["languages"][0]
    with Daemon("--dataset", path, validate=False) as daemon:
        (cube,) = cubes_of(folder, daemon, f"/v1/observations.jsonstat?lang={language}")
        check_cube(cube, daemon, "", language)


def test_addresses_are_absolute_or_not_there(daemon, folder):
    """JSON-stat's schema wants an absolute one, and no empty object of labels."""
    target = "/v1/observations.jsonstat?year=1999&lang=en"
    assert "href" not in daemon.ok(target).json
    assert all("label" not in dimension["category"] for dimension in daemon.ok(target).json["dimension"].values())
    with Daemon("--base-url", "https://data.example.org/sme") as based:
        href = based.ok(f"{based.base_url}{target}").json["href"]
    assert href.startswith("https://data.example.org/sme/v1/observations?") and "year=1999" in href


@pytest.fixture(scope="session", name="package")
def read_package(daemon, folder):
    (package,) = read_by(folder, "datapackage.mjs", f"{daemon.url}{PACKAGE}")
    return package


def test_package_is_valid(daemon, package):
    assert (package["valid"], package["wrong"], package["profile"]) == (True, [], "tabular-data-package")
    assert package["title"] == SME["title"]["en"]
    assert list(package["tables"]) == [resource["name"] for resource in daemon.ok(PACKAGE).json["resources"]]


def test_package_in_chinese_is_valid(daemon, folder):
    (package,) = read_by(folder, "datapackage.mjs", f"{daemon.url}{PACKAGE}?lang=zh")
    assert (package["valid"], package["wrong"], package["title"]) == (True, [], SME["title"]["zh"])


def test_rows_of_the_tables_are_those_of_json(daemon, package):
    for resource in daemon.ok(PACKAGE).json["resources"]:
        name, columns = resource["name"], [field["name"] for field in resource["schema"]["fields"]]
        rows = json.loads(daemon.ok(f"/v1/{name}?limit=10000&lang=en").text)["data"]
        assert package["tables"][name] == [{column: row[column] for column in columns} for row in rows], name


def with_type(package, value, observations):
    value["type"] = "boolean"


def with_constraint(package, value, observations):
    value["constraints"] = {"maximum": 1}


def with_key(package, value, observations):
    reference = {"resource": "indicators", "fields": "code"}
    observations["schema"]["foreignKeys"] = [{"fields": "kind", "reference": reference}]


def with_languages(package, value, observations):
    """As Frictionless Data's recipe has texts in several languages, against its own schema: why lang=all is no language
    of a package."""
    package.update(languages=SME["languages"], title={"": SME["title"]["en"], "zh": SME["title"]["zh"]})


BROKEN = [
    (with_type, 'The value "50" in column "value" is not type "boolean"'),
    (with_constraint, '"maximum" constraint for column "value"'),
    (with_key, "Foreign key"),
    (with_languages, "Invalid type: object (expected string)"),
]


def test_library_finds_what_is_wrong(daemon, folder, tmp_path):
    paths = []
    for breaks, _ in BROKEN:
        package = json.loads(daemon.ok(PACKAGE).text)
        (observations,) = [one for one in package["resources"] if one["name"] == "observations"]
        (value,) = [field for field in observations["schema"]["fields"] if field["name"] == "value"]
        breaks(package, value, observations)
        paths.append(tmp_path / f"{breaks.__name__}.json")
        paths[-1].write_text(json.dumps(package), "utf-8")
    right, *wrong = read_by(folder, "datapackage.mjs", f"{daemon.url}{PACKAGE}", *paths)
    assert right["wrong"] == []
    for found, (_, words) in zip(wrong, BROKEN, strict=True):
        assert any(words in one for one in found["wrong"]), found["wrong"]
