# SPDX-License-Identifier: MIT
"""First documents for CSV files: what is guessed, what is said of it, and that --check agrees. A case is a CSV text, whether
its document is ready, what stands in it, and sentences that a person must read."""
import csv
import json
import os
import pathlib
import subprocess
import urllib.request

import jsonschema
import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
SMESTATD = os.environ.get("SMESTATD", "smestatd")
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "api" / "dataset.schema.json").read_text("utf-8")))


def run(folder, *arguments):
    return subprocess.run([SMESTATD, *arguments], capture_output=True, timeout=120, cwd=folder)


def draft(folder, name):
    """The exit status, the document and the sentences; the document lies beside the file afterwards."""
    done, again = run(folder, "--init", name), run(folder, "--init", name)
    assert (done.stdout, done.stderr, done.returncode) == (again.stdout, again.stderr, again.returncode)
    (folder / "d.json").write_bytes(done.stdout)
    return done.returncode, json.loads(done.stdout), done.stderr.decode("utf-8").splitlines()


def check(folder):
    done = run(folder, "--check", "d.json")
    return done.returncode, done.stdout.decode("utf-8").splitlines()


CASES = [
    # text, exit status, columns, dimensions, indicators (code: unit), sentences
    ("Country Name,Country Code,Year,Value\nA land,AA,2020,1.50\nB land,BB,2020,2\nA land,AA,2021,3\n", 0,
     {"country": {"code": "Country Code", "name": "Country Name"}, "period": "Year", "value": "Value"},
     ["country"], {"rows": "unit"},
     ["column 'Year' (3rd): the period, as YYYY", "column 'Value' (4th): the value", "unit: unknown: fill in /units/0/name",
      "column 'Country Code' (2nd): a dimension 'country', 2 values, with the names in 'Country Name'",
      "as_of and the source's date: 2021-12-31, the end of the latest period, as inferred: fill in /as_of and "
      "/sources/0/date"]),
    ("国家,年份,指标,数值,单位\n中国,2020,人口,1400,百万人\n日本,2020,人口,..,百万人\n中国,2020,面积,960,万平方公里\n", 0,
     {"dimension-1": "国家", "period": "年份", "indicator": "指标", "value": "数值"}, ["dimension-1"],
     {"indicator-1": "unit-1", "indicator-2": "unit-2"},
     ["language: 'zh', after the headers: check /languages", "column '单位' (5th): the unit of each indicator, 2 different",
      "column '数值' (4th): '..' is no number: 1 cell, taken for missing; if they were withheld, move it to "
      "/observation_files/0/suppressed"]),
    ("\ufeff\"geo, \"\"all\"\"\",TIME_PERIOD,OBS_VALUE\r\n\"x, y\",2020-01-31,1\r\n\"z\",2020-01-31,\r\n", 0,
     {"geo-all": "geo, \"all\"", "period": "TIME_PERIOD", "value": "OBS_VALUE"}, ["geo-all"], {"rows": "unit"},
     ["column 'TIME_PERIOD' (2nd): the period, as YYYY-MM-DD",
      "column 'OBS_VALUE' (3rd): an empty cell is no number: 1 cell, taken for missing; if they were withheld, move it to "
      "/observation_files/0/suppressed"]),
    ("Series Name,Series Code,Year,Value,source\nLand,AG.LND,2020,1,x\nPeople,SP.POP,2020,2,y\n", 0,
     {"indicator": "Series Code", "period": "Year", "value": "Value", "source-column": "source"}, ["source-column"],
     {"ag-lnd": "unit", "sp-pop": "unit"},
     ["column 'Series Code' (2nd): the indicator, 2 different, with the names in 'Series Name'"]),
    ("place,year,gdp_trillion,frequency,notes\na,2020,1.5,yearly,\nA,2020,2.5,yearly,rough\n,2020,2.5,yearly,\n", 0,
     {"place": "place", "period": "year", "value": "gdp_trillion"}, ["place"], {"gdp-trillion": "unit"},
     ["column 'frequency' (4th): left out: it always says 'yearly', which became a note",
      "column 'notes' (5th): left out: remarks",
      "column 'place' (1st): a dimension 'place', 3 values; an empty cell is 'not-given'"]),
    ("day,place,value\n31/01/2020,x,1\n01/02/2020,y,2\n", 0, {"period": "day", "place": "place", "value": "value"},
     ["place"], {"rows": "unit"}, ["column 'day' (1st): the period, as DD/MM/YYYY"]),
    ("a year,place,amount,weight\n2020,x,1,0.5\n2021,y,2,0.7\n", 0, {"period": "a year", "place": "place", "value": "amount"},
     ["place"], {"rows": "unit"}, ["column 'weight' (4th): left out: numbers, but not the column of values"]),
    # texts that are the codes of others
    ("variable,year,place,value\nA B,2020,C D,1\na-b,2020,c-d,2\na-b,2020,C D,3\n", 0,
     {"indicator": "variable", "period": "year", "place": "place", "value": "value"}, ["place"],
     {"a-b": "unit", "a-b-2": "unit"}, []),
    # what a person must decide
    ("day,place,value\n01/02/2020,x,1\n01/02/2020,y,2\n", 1, {"period": "day", "place": "place", "value": "value"},
     ["place"], {"rows": "unit"},
     ["column 'day' (1st) could as well be MM/DD/YYYY: choose at /observation_files/0/period_format"]),
    ("year,place,unit,value\n2020,x,kg,1\n2020,y,t,2\n", 1, {"period": "year", "place": "place", "value": "value"},
     ["place"], {"rows": "unit"},
     ["column 'unit' (3rd): left out: values of one indicator have different units; give each unit an indicator of its "
      "own"]),
    ("place,1990,1991\nx,1,2\ny,3,4\n", 1, {"place": "place"}, ["place"], {"rows": "unit"},
     ["columns are headed by years: such wide files are not supported; put each number into a row of its own, beside its "
      "period"]),
    ("year,place,men,women\n2020,x,1,2\n2020,y,3,4\n", 1, {"period": "year", "place": "place"}, ["place"], {"rows": "unit"},
     ["the columns 'men', 'women' hold numbers: fill in the one of values at /observation_files/0/columns/value, or put "
      "each number into a row of its own"]),
    ("year,place,value\n2020,x,1\n2021,x,2\n2021,x,\"1,234\"\n", 1, {"period": "year", "value": "value"}, [],
     {"rows": "unit"},
     ["rows.csv:4:8: value: '1,234' is not allowed here; accepted is a plain number such as -1234.5, or a text that "
      "'missing' or 'suppressed' lists"]),
    ("a,b\n", 1, {}, [], {"rows": "unit"}, ["the file has no rows: nothing but the headers could be judged"]),
]


@pytest.mark.parametrize("text, code, columns, dimensions, indicators, sentences", CASES, ids=lambda value: str(value)[:40])
def test_guesses(text, code, columns, dimensions, indicators, sentences, tmp_path):
    (tmp_path / "rows.csv").write_bytes(text.encode("utf-8"))
    got, document, said = draft(tmp_path, "rows.csv")
    for sentence in sentences:
        assert sentence in said
    assert document["observation_files"][0]["columns"] == columns
    assert [dimension["code"] for dimension in document.get("dimensions", [])] == dimensions
    assert {indicator["code"]: indicator["unit"] for indicator in document["indicators"]} == indicators
    assert got == code
    if code == 0:
        SCHEMA.validate(document)
        assert check(tmp_path) == (0, ["d.json: ok"])


BAD = [
    (b"", "1:1: : not CSV: the file is empty; accepted is a line of headers, then rows"),
    (b"a,108\n", "1:3: : not CSV: the first line holds the number 108; accepted is a line of headers, then rows"),
    (b"a,b\n1,2\n3\n", "3:1: : not CSV: a row of 1 cell; accepted is 2 cells, as the header has"),
    (b"a,b\n\n", "2:1: : not CSV: an empty line; accepted is 2 cells, as the header has"),
    (b"a,\xff\n", "1:3: : not CSV: a header that is no text; accepted is headers in UTF-8, without control characters"),
    (b"a,b\n1,\"2\n", "2:3: : not CSV: the quote is not closed; accepted is a field of at most 64 KiB that ends in a quote"),
    (b"a" + 1000 * b",b" + b"\n", "1:2001: : not CSV: one column more; accepted is at most 1,000 columns"),
]


@pytest.mark.parametrize("content, fault", BAD)
def test_no_document_for_bad_files(content, fault, tmp_path):
    (tmp_path / "rows.csv").write_bytes(content)
    done = run(tmp_path, "--init", "rows.csv")
    assert (done.returncode, done.stdout, done.stderr.decode("utf-8")) == (1, b"", f"rows.csv:{fault}\n")


def test_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("no.csv", "No such file or directory"), (".", "this is no regular file"),
                      ("pipe", "this is no regular file")):
        done = run(tmp_path, "--init", name)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.decode("utf-8") == f"{name}: {why}; accepted is a readable CSV file\n"


def values(folder):
    """Every value that is served, in the order of the file."""
    with subprocess.Popen([SMESTATD, "--dataset", "d.json", "--port", "0", "--drain-grace", "0"], cwd=folder,
                          stderr=subprocess.PIPE, text=True) as daemon:
        try:
            url = next(line.split()[-1] for line in daemon.stderr if line.startswith("listening on "))
            with urllib.request.urlopen(f"{url}/v1/observations.ndjson", timeout=60) as answer:
                lines = answer.read().decode("utf-8").splitlines()
        finally:
            daemon.terminate()
            daemon.stderr.read()
    assert daemon.returncode == 0
    return [json.loads(line, parse_float=str, parse_int=str)["value"] for line in lines]


def test_many_texts(tmp_path):
    """More different values than a dimension has, and codes that many texts would share."""
    (tmp_path / "rows.csv").write_text(
        "year,place,note,value\n" + "".join(f"2020,{chr(0x4e00 + i)},x{i}{'y' * (i % 7)},{i}.50\n" for i in range(2000)), "utf-8")
    code, document, _ = draft(tmp_path, "rows.csv")
    assert code == 0 and check(tmp_path)[0] == 0
    assert len({value["code"] for value in document["dimensions"][0]["values"]}) == 2000
    assert values(tmp_path) == [f"{i}.50" for i in range(2000)]


@pytest.mark.parametrize("file, value", [
    ("worldbank-datahub/gdp.csv", "Value"), ("worldbank-datahub/population.csv", "Value"),
    ("worldbank-datahub/top-economies.csv", "gdp_trillion"), ("nz-aes-size-bands/nz-aes-2021-size-bands.csv", "value"),
])
def test_files_of_real_life(file, value, tmp_path):
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data beside the project")
    (tmp_path / "rows.csv").symlink_to(SHARED / file)
    code, document, said = draft(tmp_path, "rows.csv")
    assert code == 0, said
    SCHEMA.validate(document)
    assert check(tmp_path) == (0, ["d.json: ok"])
    with open(SHARED / file, encoding="utf-8-sig", newline="") as rows:
        published = [row[value] for row in csv.DictReader(rows, strict=True)]
    assert values(tmp_path) == [None if text == "C" else text for text in published]


def test_a_row_of_real_life_that_is_wrong(tmp_path):
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data beside the project")
    (tmp_path / "rows.csv").symlink_to(SHARED / "nz-aes-size-bands" / "nz-aes-2020-size-bands.csv")
    code, _, said = draft(tmp_path, "rows.csv")
    assert code == 1 and said[-1] == "rows.csv:15482:1: year: 'False' is not allowed here; accepted is YYYY"
    assert check(tmp_path) == (1, [said[-1]])
