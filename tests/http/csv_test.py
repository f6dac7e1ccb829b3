# SPDX-License-Identifier: MIT
"""CSV as RFC 4180 has it and as Python's own module reads it, and NDJSON: the same rows as JSON, digit for digit."""
import json
import re

import pytest

import contract
import importer
import model
from daemon import Daemon

FOLDER = contract.ROOT / "tests" / "data" / "valid"
SME = contract.ROOT / "api" / "sme.json"
TABLES = ["indicators", "observations", "targets", "focus-areas", "measures", "categories", "years", "units", "sources"]
# RFC 4180, section 2: cells in quotes with those inside doubled, or without any; CR LF behind every record.
CELL = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
RECORD = re.compile(rf"{CELL}(?:,{CELL})*\r\n")
BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module", params=[SME, *(FOLDER / f"{name}.json" for name in (
    "cells", "translations", "numbers", "unicode", "eight-languages", "focus-area-full", "qualifiers"))],
    ids=lambda path: path.stem)
def any_daemon(request):
    with Daemon("--dataset", request.param, validate=False) as running:
        yield running


@pytest.fixture(scope="module")
def sme():
    with Daemon(validate=False) as running:
        yield running


@pytest.fixture(scope="module")
def cells():
    """Texts that need quotes and texts that a spreadsheet would run."""
    with Daemon("--dataset", FOLDER / "cells.json", validate=False) as running:
        yield running


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """More rows than one page of JSON has, and as many as no page may have."""
    document = json.loads((FOLDER / "minimal.json").read_text("utf-8"))
    document["observations"] = [
        {"indicator": "i", "kind": kind, "period": f"{year:04}", "period_basis": "stated", "value": year,
         "qualifier": "exact", "source": "s"} for year in range(1, 5101) for kind in ("actual", "target")]
    path = tmp_path_factory.mktemp("many") / "many.json"
    path.write_text(json.dumps(document), "utf-8")
    with Daemon("--dataset", path, validate=False) as running:
        yield running


def with_query(path, query):
    return f"{path}?{query}" if query else path


def json_rows(daemon, collection, query=""):
    return importer.parse(daemon.ok(with_query(f"/v1/{collection}", query)).text)["data"]


def csv_text(daemon, collection, query=""):
    return daemon.ok(with_query(f"/v1/{collection}.csv", query)).text


def ndjson_rows(daemon, collection, query=""):
    text = daemon.ok(with_query(f"/v1/{collection}.ndjson", query)).text
    assert text == "" or text.endswith("\n")
    return [importer.parse(line) for line in text.split("\n")[:-1]]


def cell_of(value):
    """What a cell holds for a value of JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else importer.parse(importer.spell(value))


def comparable(text):
    """A cell's text; JSON in a cell as what it says."""
    return importer.parse(text) if text[:1] in ("[", "{") else text


def same(lines, rows, left_out=("links",)):
    """Whether a header and its lines are these rows of JSON."""
    header, *body = lines
    assert len(body) == len(rows)
    for line, row in zip(body, rows, strict=True):
        expected = {name: value for name, value in row.items() if name not in left_out}
        assert header == list(expected)
        for cell, value in zip(line, expected.values(), strict=True):
            structured = isinstance(value, (list, dict))
            assert (comparable(cell) if structured else cell) == cell_of(value)
    return True


@pytest.mark.parametrize("query", ["", "lang=all"])
@pytest.mark.parametrize("collection", TABLES)
def test_records_are_those_of_the_rfc(any_daemon, collection, query):
    text = csv_text(any_daemon, collection, query)
    records, at = 0, 0
    while at < len(text):
        record = RECORD.match(text, at)
        assert record, f"no record at {text[at:at + 200]!r}"
        records, at = records + 1, record.end()
    lines = importer.read_csv(text)
    assert len(lines) == records == 1 + len(json_rows(any_daemon, collection))
    assert {len(line) for line in lines} == {len(lines[0])}


@pytest.mark.parametrize("collection", TABLES)
def test_cells_are_the_members_of_json(any_daemon, collection):
    rows = json_rows(any_daemon, collection)
    lines = importer.read_csv(csv_text(any_daemon, collection))
    # A table without rows has its header all the same.
    assert same(lines, rows) if rows else len(lines) == 1


@pytest.mark.parametrize("query", ["", "lang=all", "limit=2", "limit=0"])
@pytest.mark.parametrize("collection", TABLES)
def test_lines_of_ndjson_are_the_rows_of_json(any_daemon, collection, query):
    assert ndjson_rows(any_daemon, collection, query) == json_rows(any_daemon, collection, query)


@pytest.mark.parametrize("collection", TABLES)
def test_a_text_has_a_column_for_each_language(any_daemon, collection):
    languages = json.loads(any_daemon.ok("/v1").text)["data"]["languages"]
    types = importer.types_of(any_daemon.ok("/v1/datapackage.json").json, collection)
    header, *_ = importer.read_csv(csv_text(any_daemon, collection, "lang=all"))
    plain, *_ = importer.read_csv(csv_text(any_daemon, collection))
    rows = json_rows(any_daemon, collection, "lang=all")
    for name in plain:
        split = [f"{name}.{language}" for language in languages]
        if name in header:
            assert not set(split) & set(header)
            assert types[name] != "string" or not any(isinstance(row[name], dict) for row in rows), name
        else:
            at = header.index(split[0])
            assert header[at:at + len(split)] == split
    assert importer.typed_rows(csv_text(any_daemon, collection, "lang=all"), types) == \
        [{name: row[name] for name in plain} for row in rows]


@pytest.mark.parametrize("collection, id", [("units", "yuan"), ("observations", "sme-gdp-share.undated.actual"),
                                            ("focus-areas", "1")])
def test_a_single_row(sme, collection, id):
    assert same(importer.read_csv(csv_text(sme, f"{collection}/{id}")), [json_rows(sme, f"{collection}/{id}")])
    assert ndjson_rows(sme, f"{collection}/{id}") == [json_rows(sme, f"{collection}/{id}")]


def test_ways_to_ask_for_it_give_the_same_bytes(sme):
    by_extension = sme.ok("/v1/units.csv").body
    assert sme.ok("/v1/units?format=csv").body == by_extension
    assert sme.ok("/v1/units", Accept="text/csv").body == by_extension
    assert sme.ok("/v1/units.csv").get("Content-Type") == "text/csv; charset=utf-8; header=present"


def test_byte_order_mark(sme):
    plain = sme.ok("/v1/units.csv").body
    assert not plain.startswith(BOM)
    assert sme.ok("/v1/units.csv?bom=true").body == BOM + plain
    assert sme.ok("/v1/units.csv?bom=false").body == plain


FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("collection", TABLES)
@pytest.mark.parametrize("query", ["", "lang=all"])
def test_formulas_are_escaped_and_numbers_are_not(cells, collection, query):
    types = importer.types_of(cells.ok("/v1/datapackage.json").json, collection)
    plain = importer.read_csv(csv_text(cells, collection, query))
    assert importer.read_csv(csv_text(cells, collection, f"{query}&formulas=keep".lstrip("&"))) == plain
    escaped = importer.read_csv(csv_text(cells, collection, f"{query}&formulas=escape".lstrip("&")))
    assert escaped[0] == plain[0]
    for line, before in zip(escaped[1:], plain[1:], strict=True):
        for name, cell, kept in zip(plain[0], line, before, strict=True):
            is_number = types[name.split(".")[0]] in ("number", "integer")
            assert cell == ("'" + kept if kept.startswith(FORMULA) and not is_number else kept), name


def test_there_are_formulas_to_escape(cells):
    """Else the test above would show nothing."""
    found = [cell for collection in TABLES for line in importer.read_csv(csv_text(cells, collection, "lang=all"))
             for cell in line if cell.startswith(FORMULA)]
    assert {cell[0] for cell in found} == {"=", "+", "-", "@"}
    assert {"-5", "-0.50", "-100.50"} <= set(found)


def test_numbers_are_those_of_the_file_digit_for_digit():
    path = FOLDER / "numbers.json"
    spelt = [row["value"] for row in importer.parse(path.read_text("utf-8"))["observations"]]
    with Daemon("--dataset", path, validate=False) as daemon:
        header, *lines = importer.read_csv(csv_text(daemon, "observations"))
        assert [line[header.index("value")] for line in lines] == spelt
        assert [row["value"] for row in ndjson_rows(daemon, "observations")] == spelt
    assert len(set(spelt)) > 10


def test_all_rows_unless_fewer_are_asked_for(many):
    for path in ("/v1/observations.csv", "/v1/observations.ndjson"):
        header = path.endswith(".csv")
        lines = many.ok(path).text.split("\n")[:-1]
        assert len(lines) == header + 10200
        assert many.ok(f"{path}?limit=3").text.split("\n")[:-1] == lines[:header + 3]
        assert many.ok(f"{path}?offset=10198").text.split("\n")[:-1] == lines[:header] + lines[-2:]
        page = many.ok(f"{path}?limit=2&offset=5").text.split("\n")[:-1]
        assert page == lines[:header] + lines[header + 5:header + 7]
        assert "rel=\"next\"" in many.ok(f"{path}?limit=3").get("Link")
        assert many.ok(path).get("Link") is None
    assert len(json_rows(many, "observations")) == 1000


@pytest.mark.parametrize("query", [
    "fields=value,id", "fields=id,links", "sort=-value,id", "limit=3&offset=2", "sort=period&fields=id,period&limit=4",
    "fields=id,notes&lang=zh", "q=tax", "q=小巨人&fields=id,matched", "lang=zh",
    "limit=0", "offset=1000",
])
def test_shaped_like_json(sme, query):
    encoded = query.replace("小巨人", "%E5%B0%8F%E5%B7%A8%E4%BA%BA")
    rows = json_rows(sme, "observations", encoded)
    lines = importer.read_csv(csv_text(sme, "observations", encoded))
    assert same(lines, rows, () if "links" in query else ("links",)) if rows else len(lines) == 1
    assert ndjson_rows(sme, "observations", encoded) == rows


VALUES = {"category": "cultivation", "year": "2022", "indicator": "specialized-sme-count", "focus_area": "cultivation",
          "kind": "actual", "unit": "percent", "qualifier": "more_than", "source": "scio-2023-03-01"}


@pytest.mark.parametrize("collection, name", [(collection, name + suffix) for collection, names in model.FILTERS.items()
                                              for name in names for suffix in ("", ".not")])
def test_every_filter_leaves_the_rows_that_json_has(sme, collection, name):
    base = name.removesuffix(".not")
    value = "law" if (collection, base) == ("measures", "kind") else VALUES[base]
    query = f"{name}={value}"
    rows = json_rows(sme, collection, query)
    key = model.KEY.get(collection, "code")
    header, *lines = importer.read_csv(csv_text(sme, collection, query))
    assert [line[header.index(key)] for line in lines] == [row[key] for row in rows]
    assert ndjson_rows(sme, collection, query) == rows
    assert [row[key] for row in rows] == model.select(collection, {name: value})
