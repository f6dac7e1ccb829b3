# SPDX-License-Identifier: MIT
"""Files that others published, loaded as they are: every value digit for digit as Python's csv module reads it, and every
suppressed cell there, as suppressed. They are beside the project (../shared/data) or nowhere."""
import csv
import json
import shutil
import subprocess

import pytest

import contract
import importer
from daemon import Daemon, run

FOLDER = contract.ROOT / "tests" / "data" / "files"
SHARED = contract.ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data beside the project")

# The document, the file, its rows, those suppressed, and the columns of the period, the codes and the value.
PUBLISHED = [
    ("world-bank-gdp", "worldbank-datahub/gdp.csv", 13979, 0, "Year", {"country": "Country Code"}, "Value"),
    ("world-bank-population", "worldbank-datahub/population.csv", 17195, 0, "Year", {"country": "Country Code"}, "Value"),
    ("stats-nz-2021", "nz-aes-size-bands/nz-aes-2021-size-bands.csv", 17028, 319, "year",
     {"industry": "industry_code_ANZSIC", "size-band": "rme_size_grp"}, "value"),
]


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def code_of(text):
    return "-".join("".join(c.lower() if c.isascii() and c.isalnum() else " " for c in text).split())


@needs_shared
@pytest.mark.parametrize("name, file, rows, suppressed, period, codes, value", PUBLISHED, ids=lambda value: str(value)[:24])
def test_every_value_as_published(name, file, rows, suppressed, period, codes, value):
    published = table(SHARED / file)
    assert len(published) == rows
    with Daemon("--dataset", FOLDER / f"{name}.json", validate=False) as daemon:
        served = [importer.parse(line) for line in daemon.ok("/v1/observations.ndjson").text.splitlines()]
        assert daemon.ok("/v1/observations?limit=0").json["meta"]["total"] == rows
    names = {}
    assert len(served) == len(published)
    for ours, theirs in zip(served, published):  # the order of the file is kept
        number = None if theirs[value] == "C" else theirs[value]
        assert (ours["period"], ours["value"], ours["status"]) == \
            (theirs[period], number, None if number else "suppressed"), theirs
        assert {code: ours[code] for code in codes} == {code: code_of(theirs[header]) for code, header in codes.items()}
        assert ours["qualifier"] == ("exact" if number else None)
        names.setdefault(ours["indicator"], theirs.get("variable"))
        assert names[ours["indicator"]] == theirs.get("variable")
    assert sum(row["status"] == "suppressed" for row in served) == suppressed


@needs_shared
def test_names_come_from_the_file():
    with Daemon("--dataset", FOLDER / "world-bank-gdp.json", validate=False) as daemon:
        names = {value["code"]: value["name"] for value in daemon.ok("/v1/dimensions/country").json["data"]["values"]}
    published = {row["Country Code"].lower(): row["Country Name"] for row in table(SHARED / "worldbank-datahub" / "gdp.csv")}
    assert names == published and len(names) > 250


DOCUMENT = {
    "format": "smestat-dataset-1", "id": "d", "title": "Test", "languages": ["en", "zh"], "as_of": "2023-03-01",
    "units": [{"code": "u", "name": "Unit"}],
    "sources": [{"code": "s", "title": "Source", "date": "2023-03-01", "date_basis": "stated"}],
    "categories": [{"code": "c", "name": "Category"}],
    "dimensions": [{"code": "region", "name": "Region", "values_from": "files"}],
    "indicators": [{"code": "i", "name": {"en": "Shops", "zh": "店"}, "category": "c", "unit": "u", "measure": "stock"}],
    "observations": [],
    "observation_files": [{
        "file": "rows.csv",
        "columns": {"indicator": "what", "period": "when", "value": "number", "region": "where", "qualifier": "how"},
        "constants": {"kind": "actual", "period_basis": "stated", "source": "s"},
        "codes": {"region": {"Nord": "north"}, "qualifier": {"": "exact", "über": "more_than"}},
        "missing": ["", "n/a"], "suppressed": ["C", "-1"],
        "period_format": "D.M.YYYY"}],
}
ROWS = """what,when,where,number,how
Shops,1.2.2020,Nord,52.00,
店,31.12.2021,"South, far",1e3,über
i,1.1.2022,north,-0,exact
i,1.1.2023,north,C,
i,1.1.2024,north,-1,
i,1.1.2025,north,,
i,1.1.2026,south-far,0.10,exact
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "d.json").write_text(json.dumps(DOCUMENT), "utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    return tmp_path


def test_codes_texts_and_digits(folder):
    with Daemon("--dataset", folder / "d.json") as daemon:
        daemon.learn()
        rows = [importer.parse(line) for line in daemon.ok("/v1/observations.ndjson").text.splitlines()]
        assert [row["id"] for row in rows] == [
            "i.2020-02-01.actual.north", "i.2021-12-31.actual.south-far", "i.2022-01-01.actual.north",
            "i.2023-01-01.actual.north", "i.2024-01-01.actual.north", "i.2025-01-01.actual.north",
            "i.2026-01-01.actual.south-far"]
        assert [row["value"] for row in rows] == ["52.00", "1e3", "-0", None, None, None, "0.10"]
        assert [row["status"] for row in rows] == [None, None, None, "suppressed", "suppressed", "missing", None]
        assert [row["qualifier"] for row in rows] == ["exact", "more_than", "exact", None, None, None, "exact"]
        values = daemon.ok("/v1/dimensions/region").json["data"]["values"]
        assert [(value["code"], value["name"]) for value in values] == [("north", "Nord"), ("south-far", "South, far")]


def test_version_is_of_the_document_and_its_files(folder):
    both = (folder / "d.json").read_bytes() + (folder / "rows.csv").read_bytes()
    (folder / "both").write_bytes(both)
    with Daemon("--dataset", folder / "d.json") as daemon:
        version = daemon.ok("/readyz").json["version"]
    if shutil.which("xxh128sum"):
        assert subprocess.run(["xxh128sum", folder / "both"], capture_output=True, check=True).stdout.split()[0].decode() == version
    (folder / "rows.csv").write_text(ROWS.replace("52.00", "52.01"), "utf-8")
    with Daemon("--dataset", folder / "d.json") as daemon:
        assert daemon.ok("/readyz").json["version"] != version


def test_the_same_dataset_can_be_made_of_its_downloads(folder):
    with Daemon("--dataset", folder / "d.json") as first:
        first.learn()
        head = importer.parse(first.ok("/v1?lang=all").text)["data"]
        rows = importer.csv_downloads(first)
        document = importer.rebuild(head, rows)
        expected = first.ok("/v1/observations.csv?lang=all").text
    (folder / "copy.json").write_text(importer.spell(document), "utf-8")
    assert run("--check", folder / "copy.json").returncode == 0
    with Daemon("--dataset", folder / "copy.json") as second:
        assert second.learn().ok("/v1/observations.csv?lang=all").text == expected
