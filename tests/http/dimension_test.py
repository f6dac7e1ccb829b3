# SPDX-License-Identifier: MIT
"""Dimensions of a dataset's own filter, sort, count, export and label exactly like categories."""
import csv
import io
import itertools
import json
import pathlib
import random

import jsonschema
import pytest

import contract
import facets_test
import shape_test
from daemon import Daemon

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "valid" / "dimensions.json"
DOCUMENT = json.loads(DATA.read_text("utf-8"))
DIMENSIONS = {row["code"]: [value["code"] for value in row["values"]] for row in DOCUMENT["dimensions"]}
DEFAULTS = {row["code"]: row.get("default") for row in DOCUMENT["dimensions"]}
OBSERVATIONS = [{**row, "dimensions": {code: row["dimensions"].get(code, DEFAULTS[code]) for code in DIMENSIONS}}
                for row in DOCUMENT["observations"]]


@pytest.fixture(scope="module")
def regions():
    with Daemon("--dataset", DATA) as running:
        running.learn()
        yield running


def key(row):
    return ".".join([row["indicator"], row["period"] or "undated", row["kind"], *row["dimensions"].values()])


def test_ids_and_members(regions):
    rows = regions.data("/v1/observations")
    assert [row["id"] for row in rows] == [key(row) for row in OBSERVATIONS]
    for row, mine in zip(rows, OBSERVATIONS):
        assert {code: row[code] for code in DIMENSIONS} == mine["dimensions"]
        names = list(row)
        assert names[names.index("category") + 1:names.index("kind")] == list(DIMENSIONS)
        assert regions.data(row["links"]["self"]) == row
    assert [row["id"] for row in regions.data("/v1/targets")] == \
        [key(row) for row in OBSERVATIONS if row["kind"] == "target"]


@pytest.mark.parametrize("id", ["shop-count.2022.actual", "shop-count.2022.actual.north",
                                "shop-count.2022.actual.small.north", "shop-count.2022.actual.north.small.small",
                                "shop-count.2022.actual.north.small.", "shop-count.2022.actual.north.unused"])
def test_ids_of_nothing(regions, id):
    regions.problem(f"/v1/observations/{id}", 404, "not-found")


@pytest.mark.parametrize("path", ["observations", "targets", "indicators", "facets", "indicators/shop-count",
                                  "facets/kind"])
def test_filters(regions, path):
    for code, values in DIMENSIONS.items():
        for chosen in [values[:1], values[1:2], values[:2], values]:
            for suffix in ("", ".not"):
                wanted = [key(row) for row in OBSERVATIONS
                          if (row["dimensions"][code] in chosen) != bool(suffix)]
                answer = regions.ok(f"/v1/{path}?{code}{suffix}={','.join(chosen)}").json
                if path in ("observations", "targets"):
                    assert [row["id"] for row in answer["data"]] == \
                        [one for one in wanted if path == "observations" or ".target." in one]
                elif path == "indicators":
                    assert [o["id"] for row in answer["data"] for o in row["observations"]] == wanted
                elif path == "indicators/shop-count":
                    assert [o["id"] for o in answer["data"]["observations"]] == \
                        [one for one in wanted if one.startswith("shop-count.")]
    for path in ("/v1/categories", "/v1/observations/" + key(OBSERVATIONS[0]), "/v1/dimensions"):
        regions.problem(f"{path}?region=north", 400, "unknown-parameter")


def test_faults_name_the_nearest(regions):
    answer = regions.problem("/v1/observations?region=nroth&size-bnd=small&lang=en", 400, "unknown-code")
    first, second = answer.errors
    assert first["detail"] == "'nroth' is not a value of region." and first["did_you_mean"][0] == "north"
    assert first["allowed"] == "/v1/dimensions/region"
    assert second["did_you_mean"][0] == "size-band"
    assert answer.errors[0]["try"] == "/v1/observations?region=north&size-band=small&lang=en"


def test_one_spelling(regions):
    links = {regions.ok(f"/v1/observations?{query}").json["links"]["self"] for query in (
        "region=south,north&kind=actual", "kind=actual&region=north,south,north")}
    assert links == {"/v1/observations?kind=actual&region=north,south"}


@pytest.mark.parametrize("name", list(DIMENSIONS))
def test_sort_and_fields(regions, name):
    rows = regions.data(f"/v1/observations?sort=-{name}&fields={name},id")
    assert [list(row) for row in rows] == [[name, "id"]] * len(OBSERVATIONS)
    assert rows == sorted(sorted(rows, key=lambda row: row["id"]), key=lambda row: row[name], reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_facets(regions, seed):
    chooser = random.Random(seed)
    query = {code + chooser.choice(["", ".not"]): ",".join(chooser.sample(values, chooser.randint(1, 2)))
             for code, values in DIMENSIONS.items() if chooser.random() < 0.7}
    if chooser.random() < 0.5:
        query["kind"] = "actual"
    rows = regions.ok(facets_test.target("/v1/facets", query)).data
    assert [row["parameter"] for row in rows][-2:] == list(DIMENSIONS)
    for row in rows:
        others = {name: value for name, value in query.items() if name.removesuffix(".not") != row["parameter"]}
        for value in row["values"]:
            alone = {**others, row["parameter"]: value["code"]}
            assert value["observations"] == facets_test.total(regions, alone), (query, value)
            regions.ok(value["links"]["toggle"])
            regions.ok(value["links"]["observations"])


def test_labels(regions):
    for row in regions.data("/v1/facets?lang=zh")[-2:]:
        (mine,) = [dimension for dimension in DOCUMENT["dimensions"] if dimension["code"] == row["parameter"]]
        assert row["name"] == mine["name"]["zh"]
        names = [value["name"]["zh"] if isinstance(value["name"], dict) else value["name"] for value in mine["values"]]
        assert [value["name"] for value in row["values"]] == names


def test_the_lists(regions):
    rows = regions.data("/v1/dimensions?lang=en")
    assert [(row["code"], row["default"], [value["code"] for value in row["values"]]) for row in rows] == \
        [(code, DEFAULTS[code], values) for code, values in DIMENSIONS.items()]
    for row in rows:
        assert regions.data(row["links"]["self"] + "?lang=en") == row
        regions.ok(row["links"]["facet"])
        for value in row["values"]:
            assert len(regions.data(value["links"]["observations"])) == value["observations"]
    assert [row["code"] for row in regions.data("/v1/dimensions?q=river")] == []
    assert [row["code"] for row in regions.data("/v1/dimensions?q=north")] == ["region"]
    listed = {row["parameter"]: row for row in regions.ok("/v1").data["dimensions"]}
    assert listed["region"] == {"parameter": "region", "values": 3, "link": "/v1/dimensions/region"}
    for parameter in ("fields=code", "sort=-code", "limit=1", "offset=1", "lang=zh", "shape=keyed", "format=csv&bom=true",
                      "formulas=escape&format=csv", "pretty=true", "format=ndjson", "shape=columns"):
        regions.ok(f"/v1/dimensions?{parameter}")
        regions.request("HEAD", f"/v1/dimensions?{parameter}")
    for parameter in ("fields=code", "lang=zh", "format=csv&bom=true", "formulas=escape&format=csv", "pretty=true"):
        regions.ok(f"/v1/dimensions/region?{parameter}")
        regions.request("HEAD", f"/v1/dimensions/region?{parameter}")
    for path in ("/v1/dimensions", "/v1/dimensions/region"):
        regions.request("OPTIONS", path)
        etag = regions.ok(path, Accept_Language="zh").get("ETag")
        assert regions.get(path, Accept_Language="zh", If_None_Match=etag).status == 304
        regions.ok(path, Smestat_As_Of="0001-01-01")
    regions.problem("/v1/dimensions/regions", 404, "not-found")


def test_the_built_in_dataset_has_none(daemon):
    assert daemon.data("/v1/dimensions") == []
    daemon.problem("/v1/dimensions/region", 404, "not-found")
    daemon.problem("/v1/observations?region=north", 400, "unknown-parameter")


def test_targets_and_the_latest_stay_in_their_place(regions):
    verdicts = {row["id"]: (row["verdict"], row["actual"] and row["actual"]["id"], row["latest"]["id"])
                for row in regions.data("/v1/targets")}
    assert verdicts == {
        "shop-count.2023.target.south.small":
            ("met", "shop-count.2023.actual.south.small", "shop-count.2023.actual.south.small"),
        "shop-count.2023.target.north.small":
            ("indeterminate", None, "shop-count.2022.actual.north.small"),
    }
    assert [row["id"] for row in regions.data("/v1/observations?latest=true&kind=actual")] == [
        "shop-count.2022.actual.all.small", "shop-count.2022.actual.north.small", "shop-count.2023.actual.south.small",
        "shop-count.2023.actual.south.large", "shops-new.undated.actual.all.large"]


def test_shapes(regions):
    series = regions.data("/v1/observations?shape=series")
    assert {(one["indicator"], one["kind"], *(one[code] for code in DIMENSIONS)) for one in series} == \
        {(row["indicator"], row["kind"], *row["dimensions"].values()) for row in OBSERVATIONS}
    assert sorted(id for one in series for id in one["ids"]) == sorted(key(row) for row in OBSERVATIONS)
    columns = regions.data("/v1/observations?shape=columns&fields=region,value")
    assert columns == {"region": [row["dimensions"]["region"] for row in OBSERVATIONS],
                       "value": [row["value"] for row in OBSERVATIONS]}


def test_json_stat(regions):
    cube = regions.ok("/v1/observations.jsonstat").json
    assert cube["id"] == ["indicator", "year", "kind", *DIMENSIONS]
    found = {place["indicator"] + "." + ".".join([place["year"], place["kind"], *(place[code] for code in DIMENSIONS)]):
             cube["value"][number] for place, number in shape_test.cells(cube)}
    assert found == {key(row): row["value"] for row in OBSERVATIONS}
    assert cube["dimension"]["region"]["category"]["label"]["north"] == "North"


def test_csv_and_its_description(regions):
    rows = list(csv.DictReader(io.StringIO(regions.ok("/v1/observations.csv").text)))
    package = regions.ok("/v1/datapackage.json").json
    for name, paths in itertools.product(["observations", "targets"], [rows]):
        (table,) = [one for one in package["resources"] if one["name"] == name]
        fields = [field["name"] for field in table["schema"]["fields"]]
        header = regions.ok(f"/v1/{name}.csv").text.split("\r\n", 1)[0].split(",")
        assert fields == header and paths
    assert [{code: row[code] for code in DIMENSIONS} for row in rows] == [row["dimensions"] for row in OBSERVATIONS]


def test_the_served_description_knows_them(regions):
    document = regions.ok("/openapi.json").json
    schemas, parameters = document["components"]["schemas"], document["components"]["parameters"]
    for code, values in DIMENSIONS.items():
        assert schemas[f"dimension.{code}"] == {"type": "string", "enum": values}
        for suffix in ("", ".not"):
            assert parameters[f"dimension.{code}{suffix}"]["name"] == code + suffix
        for row in ("Observation", "EmbeddedObservation", "Target", "Series"):
            assert schemas[row]["properties"][code] == {"$ref": f"#/components/schemas/dimension.{code}"}
        for name in ("observations", "targets"):
            assert code in parameters[f"fields.{name}"]["schema"]["items"]["enum"]
            assert f"-{code}" in parameters[f"sort.{name}"]["schema"]["items"]["enum"]
    for path, item in document["paths"].items():
        for method in ("get", "head"):
            refs = [p.get("$ref", "").rsplit("/", 1)[-1] for p in item.get(method, {}).get("parameters", [])]
            assert ("dimension.region" in refs) == ("source.not" in refs), path
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert contract.DOCUMENT["components"]["schemas"].keys() <= schemas.keys()


def test_the_longest_id_fits_everywhere(tmp_path):
    """A dataset, an indicator and eight values with codes as long as codes may be."""
    def code(first):
        return first + "x" * 63

    dimensions = [{"code": f"d{i}", "name": "D", "values": [{"code": code("v"), "name": "V"}]} for i in range(8)]
    document = {**DOCUMENT, "id": code("s"), "dimensions": dimensions,
                "indicators": [{**DOCUMENT["indicators"][0], "code": code("i")}],
                "observations": [{**DOCUMENT["observations"][1], "indicator": code("i"), "period": "2022-12-31",
                                  "dimensions": {row["code"]: code("v") for row in dimensions}}]}
    path = tmp_path / "long.json"
    path.write_text(json.dumps(document), "utf-8")
    with Daemon("--dataset", path) as running:
        running.learn()
        (row,) = running.data("/v1/observations")
        assert row["id"] == ".".join([code("i"), "2022-12-31", "actual"] + [code("v")] * 8)
        answer = running.ok(f"/v1/observations/{row['id']}.csv")
        assert answer.get("Content-Disposition") == \
            f'attachment; filename="{code("s")}-observations-{row["id"]}.csv"'
        assert running.data(f"/v1/observations/{row['id']}") == row
        assert running.data("/v1/observations?sort=id&shape=keyed") == {row["id"]: row}
