# SPDX-License-Identifier: MIT
"""Observations from CSV files: what is taken, and each fault at its cell. A case is a CSV text, what the document says of it,
and the faults, as `smestatd --check` prints them."""
import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
SMESTATD = os.environ.get("SMESTATD", "smestatd")
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "api" / "dataset.schema.json").read_text("utf-8")))

MAPPING = {
    "file": "rows.csv",
    "columns": {"indicator": "what", "period": "when", "value": "number", "region": "where"},
    "constants": {"kind": "actual", "period_basis": "stated", "qualifier": "exact", "source": "s"},
}
DOCUMENT = {
    "format": "smestat-dataset-1", "id": "d", "title": "Test", "languages": ["en"], "as_of": "2023-03-01",
    "units": [{"code": "u", "name": "Unit", "min": 0, "max": 1000000}],
    "sources": [{"code": "s", "title": "Source", "date": "2023-03-01", "date_basis": "stated"},
                {"code": "t", "title": "Other source", "date": "2023-03-01", "date_basis": "stated"}],
    "categories": [{"code": "c", "name": "Category"}],
    "dimensions": [{"code": "region", "name": "Region", "values_from": "files",
                    "values": [{"code": "all", "name": "All regions"}]}],
    "indicators": [
        {"code": "shops", "name": "Shops", "aliases": ["Both"], "category": "c", "unit": "u", "measure": "stock"},
        {"code": "jobs", "name": "Jobs", "source_name": "Employment", "aliases": ["Both"], "category": "c", "unit": "u",
         "measure": "stock"}],
    "observations": [],
}
HEAD = "what,when,number,where\n"


def write(folder, text, mapping=None, **changes):
    document = copy.deepcopy(DOCUMENT)
    document["observation_files"] = [{**MAPPING, **(mapping or {})}]
    document.update(changes)
    (folder / "d.json").write_text(json.dumps(document), "utf-8")
    (folder / "rows.csv").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return document


def check(folder):
    done = subprocess.run([SMESTATD, "--check", "d.json"], capture_output=True, timeout=60, cwd=folder)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode("utf-8").splitlines()


@pytest.mark.parametrize("text", [
    HEAD,
    HEAD + "shops,2022,1,North\njobs,2022,2,North\nshops,2022,3,South\n",
    HEAD + "shops,2022,1,North",
    "\ufeff" + HEAD.replace("\n", "\r\n") + "Shops,2022,1,North\r\nEmployment,2022,2.50,all\r\n",
    HEAD + '"shops","2022","1","North, and ""more"""\n',
    HEAD + "shops,2022-06-30,1000000,All regions\n",
    "note,what,when,number,where\n\"two\nlines\",shops,2022,1,north\n",
    "what,when,number,where,\xe9\nshops,2022,1,north,\xe9\n",
])
def test_taken(text, tmp_path):
    document = write(tmp_path, text)
    SCHEMA.validate(document)
    assert check(tmp_path) == (0, ["d.json: ok"])


def test_values_in_words(tmp_path):
    write(tmp_path, HEAD + "shops,2020,70,a\nshops,2021,\"more than 7,000\",a\nshops,2022,1 to 2,a\nshops,2023,超过7万,a\n",
          {"value_form": "words"})
    assert check(tmp_path) == (0, ["d.json: ok"])


def test_values_in_words_that_are_wrong(tmp_path):
    document = write(
        tmp_path, "what,when,number,where,how\nshops,2020,mroe than 7,a,\nshops,2021,about 7,a,exact\nshops,2022,about 7,a,about\n"
        "shops,2023,10 to 2000000,a,\n",
        {"value_form": "words", "columns": {**MAPPING["columns"], "qualifier": "how"},
         "constants": {"kind": "actual", "period_basis": "stated", "source": "s"}})
    SCHEMA.validate(document)
    code, lines = check(tmp_path)
    assert code == 1 and [line.split(";")[0] for line in lines] == [
        "rows.csv:2:12: number: 'mroe than 7' cannot be read as a number",
        "rows.csv:3:22: how: qualifier is not what value says",
        "rows.csv:5:12: number: the upper end is outside the unit's domain"]


CELLS = [
    # text, changes of the mapping, faults
    ("", {}, ["1:1: : not CSV: the file is empty; accepted is a line of headers, then rows"]),
    (HEAD + "shops,2022,1\n", {}, ["2:1: : not CSV: a row of 3 cells; accepted is 4 cells, as the header has"]),
    (HEAD + "shop,2o22,1,a,b\nshops,2022,1,a\n", {},
     ["2:1: : not CSV: a row of 5 cells; accepted is 4 cells, as the header has"]),
    (HEAD + "shops,2022,1,a\n\n", {}, ["3:1: : not CSV: an empty line; accepted is 4 cells, as the header has"]),
    (HEAD + "shops,2022,1,a\"b\n", {},
     ["2:15: : not CSV: a quote inside a field that does not begin with one; accepted is the whole field in quotes, "
      "quotes inside it doubled"]),
    (HEAD + "shops,2022,\"1,a\n", {},
     ["2:12: : not CSV: the quote is not closed; accepted is a field of at most 64 KiB that ends in a quote"]),
    (HEAD + "shops,2022,1," + "a" * 65537 + "\n", {},
     ["2:14: : not CSV: a longer field; accepted is a field of at most 64 KiB"]),
    (HEAD + "shops,2022,1,\"" + "a" * 70000 + "\"\n", {},
     ["2:14: : not CSV: a longer field; accepted is a field of at most 64 KiB that ends in a quote"]),
    (HEAD + "shops,2022,1,a\rshops,2023,1,a\n", {},
     ["2:15: : not CSV: a carriage return without a line feed; accepted is lines that end in LF or CRLF"]),
    (HEAD.encode() + b"shops,2022,1,\xff\n", {},
     ["2:14: where: '\ufffd' is not allowed here; accepted is a text with 1 to 64 Latin letters and digits to make a code "
      "of, or one that 'codes' lists"]),
    (b"what,when,number,wh\xe9re\n", {},
     ["1:18: : not CSV: wh\ufffdre; accepted is headers in UTF-8, without control characters"]),
    ((HEAD + "shops,2022,1,a\n").encode("utf-16"), {}, ["1:4: : not CSV: a NUL byte; accepted is text"]),
    ("what,when,nmber,where\n", {},
     ["1:1: value: the file has no column 'number'; accepted is one of: what, when, nmber, where"]),
    ("what,when,number,where,when\n", {},
     ["1:1: period: 'when' is already taken; accepted is one column of this name"]),
    (HEAD + "shop,2022,1,a\n", {}, ["2:1: what: nothing in the dataset is called 'shop'; accepted is shops"]),
    (HEAD + "zebra,2022,1,a\n", {},
     ["2:1: what: nothing in the dataset is called 'zebra'; accepted is a code or name, or a text that 'codes' lists"]),
    (HEAD + "Both,2022,1,a\n", {},
     ["2:1: what: more than one thing in the dataset is called 'Both'; accepted is a code, or a text that 'codes' lists"]),
    (HEAD + "shops,False,1,a\n", {},
     ["2:7: when: 'False' is not allowed here; accepted is YYYY or YYYY-MM-DD"]),
    (HEAD + "shops,2022-02-30,1,a\n", {},
     ["2:7: when: '2022-02-30' is not allowed here; accepted is YYYY or YYYY-MM-DD"]),
    (HEAD + "shops,2022-01-02,1,a\n", {"period_format": "YYYY"},
     ["2:7: when: '2022-01-02' is not allowed here; accepted is YYYY"]),
    (HEAD + "shops,31/04/2022,1,a\n", {"period_format": "DD/MM/YYYY"},
     ["2:7: when: '31/04/2022' is not allowed here; accepted is DD/MM/YYYY"]),
    (HEAD + "shops,1/4/2022,1,a\n", {"period_format": "DD/MM/YYYY"},
     ["2:7: when: '1/4/2022' is not allowed here; accepted is DD/MM/YYYY"]),
    *[(HEAD + f"shops,2022,{text},a\n", {},
       [f"2:12: number: '{text.strip(chr(34))}' is not allowed here; accepted is a plain number such as -1234.5, or a text "
        "that 'missing' or 'suppressed' lists"])
      for text in ("", "C", "1 ", "+1", "01", ".5", '"1,234"', "1.", "0x1", "NaN", "more than 70", "１")],
    (HEAD + "shops,2022,1234567890123456789,a\n", {},
     ["2:12: number: '1234567890123456789' is not allowed here; accepted is at most 18 significant digits and 10^18, to be "
      "kept exactly"]),
    (HEAD + "shops,2022,-1.50,a\n", {},
     ["2:12: number: -1.50 is outside the unit's domain; accepted is at least the unit's min"]),
    (HEAD + "shops,2022,1000000.5,a\n", {},
     ["2:12: number: 1000000.5 is outside the unit's domain; accepted is at most the unit's max"]),
    (HEAD + "shops,2022,1,a\nShops,2022,2,A\n", {},
     ["3:14: where: more than one thing in the dataset is called 'A'; accepted is a text that does not give the code of "
      "another value, or one that 'codes' lists"]),
    (HEAD + "shops,2022,1,a\nShops,2022,2,a\n", {},
     ["3:1: : the same indicator, period, kind and dimensions as line 2; accepted is one observation for each"]),
    (HEAD + "shops,2022,1,a\njobs,2022,2,A B\njobs,2022,2,a-b\njobs,2023,2,a--b\n", {},
     ["4:1: : the same indicator, period, kind and dimensions as line 3; accepted is one observation for each",
      "5:13: where: more than one thing in the dataset is called 'a--b'; accepted is a text that does not give the code of "
      "another value, or one that 'codes' lists"]),
    (HEAD + "\"shops\",2022,1,中国\nx,2022,\"1\n2\",y\n", {},
     ["2:16: where: '中国' is not allowed here; accepted is a text with 1 to 64 Latin letters and digits to make a code of, "
      "or one that 'codes' lists",
      "3:1: what: nothing in the dataset is called 'x'; accepted is a code or name, or a text that 'codes' lists",
      "3:8: number: '1\\\\u000a2' is not allowed here; accepted is a plain number such as -1234.5, or a text that 'missing' "
      "or 'suppressed' lists"]),
    ("what,when,number,where,name\nshops,2022,1,a,A land\njobs,2022,1,a,Aland\n",
     {"columns": {**MAPPING["columns"], "region": {"code": "where", "name": "name"}}},
     ["3:15: name: another name than this value had before; accepted is A land"]),
    ("what,when,number,where,name\nshops,2022,1,a,\n",
     {"columns": {**MAPPING["columns"], "region": {"code": "where", "name": "name"}}},
     ["2:16: name: '' is not allowed here; accepted is 1 to 4096 bytes of UTF-8 without control characters"]),
    ("what,when,number,where,how\nshops,2022,1,a,\njobs,2022,,a,exact\nshops,2023,1,a,between\nshops,2024,1,a,exakt\n"
     "shops,2021,,a,\nshops,2020,0,a,nearly\n",
     {"columns": {**MAPPING["columns"], "qualifier": "how"}, "missing": [""],
      "constants": {"kind": "actual", "period_basis": "stated", "source": "s"}},
     ["2:16: how: a value without a qualifier; accepted is a qualifier, such as exact",
      "3:14: how: a qualifier without a value; accepted is an empty cell",
      "4:16: how: between, without an upper end; accepted is a qualifier of one number",
      "5:16: how: nothing in the dataset is called 'exakt'; accepted is exact, more_than, at_least, less_than, at_most, "
      "nearly, about, between",
      "7:12: number: what is nearly the unit's min would be below it; accepted is a number above the unit's min"]),
]


@pytest.mark.parametrize("text, mapping, faults", CELLS, ids=lambda value: str(value)[:40])
def test_cells(text, mapping, faults, tmp_path):
    document = write(tmp_path, text, mapping)
    SCHEMA.validate(document)
    assert check(tmp_path) == (1, [f"rows.csv:{fault}" for fault in faults])


PLANS = [
    # changes of the mapping, does the schema refuse it, faults by pointer and what they say
    ({"file": "/etc/passwd"}, True, [("/file", "'/etc/passwd' is not allowed here")]),
    ({"file": "no.csv"}, False, [("/file", "No such file or directory")]),
    ({"file": "."}, False, [("/file", "this is no regular file")]),
    ({"columns": []}, True, [("", "'indicator' is missing"), ("", "'period' is missing"), ("", "'value' is missing"),
                             ("", "'region' is missing"), ("/columns", "this is []")]),
    ({"columns": {**MAPPING["columns"], "colour": "x"}}, False, [("/columns/colour", "'colour' is not a member here")]),
    ({"columns": {**MAPPING["columns"], "kind": "x"}}, False, [("/constants/kind", "both a column and a constant")]),
    ({"columns": {**MAPPING["columns"], "value": ""}}, True, [("/columns/value", "'' is not allowed here")]),
    ({"columns": {**MAPPING["columns"], "value": 1}}, True, [("/columns/value", "this is 1")]),
    ({"columns": {**MAPPING["columns"], "value": {"code": "number", "name": "where"}}}, False,
     [("/columns/value", "names are only taken where values are")]),
    ({"columns": {**MAPPING["columns"], "region": {"code": "where"}}}, True, [("/columns/region", "'name' is missing")]),
    ({"columns": {**MAPPING["columns"], "region": {"code": "where", "name": "what", "x": "y"}}}, True,
     [("/columns/region/x", "'x' is not a member here")]),
    ({"constants": {**MAPPING["constants"], "value": "1"},
      "columns": {name: MAPPING["columns"][name] for name in ("indicator", "period", "region")}}, True,
     [("/constants/value", "a value is no constant")]),
    ({"constants": {**MAPPING["constants"], "source": "r"}}, False, [("/constants/source", "'r' is not defined in this file")]),
    ({"constants": {**MAPPING["constants"], "kind": "acutal"}}, True,
     [("/constants/kind", "'acutal' is not defined in this file")]),
    ({"constants": {**MAPPING["constants"], "qualifier": "between"}}, True,
     [("/constants/qualifier", "'between' is not allowed here")]),
    ({"constants": {**MAPPING["constants"], "period_basis": "none"}}, False,
     [("/constants/period_basis", "period and period_basis contradict each other")]),
    ({"constants": {"kind": "actual"}}, False,
     [("", "'period_basis' is missing"), ("", "'qualifier' is missing"), ("", "'source' is missing")]),
    ({"codes": {"value": {"a": "b"}}}, True, [("/codes/value", "this is no column of codes")]),
    ({"codes": {"kind": {"a": "actual"}}}, False, [("/codes/kind", "this is no column of codes")]),
    ({"codes": {"indicator": {"a": "shop"}}}, False, [("/codes/indicator/a", "'shop' is not defined in this file")]),
    ({"codes": {"indicator": {"a": ""}}}, True, [("/codes/indicator/a", "'' is not allowed here")]),
    ({"codes": {"region": {"a": "No code"}}}, False, [("/codes/region/a", "'No code' is not allowed here")]),
    ({"missing": "x"}, True, [("/missing", "this is \"x\"")]),
    ({"missing": ["x", "x"]}, True, [("/missing/1", "'x' is already taken")]),
    ({"missing": ["x"], "suppressed": ["x"]}, False, [("/suppressed/0", "'x' is already taken")]),
    ({"missing": [1]}, True, [("/missing/0", "this is 1")]),
    ({"period_format": "yyyy"}, True, [("/period_format", "'yyyy' is not allowed here")]),
    ({"colums": {}}, True, [("/colums", "'colums' is not a member here")]),
]


@pytest.mark.parametrize("mapping, refused, faults", PLANS, ids=lambda value: str(value)[:50])
def test_plans(mapping, refused, faults, tmp_path):
    document = write(tmp_path, HEAD, mapping)
    assert SCHEMA.is_valid(document) != refused
    code, lines = check(tmp_path)
    assert code == 1
    found = sorted((line.split(": ")[1].removeprefix("/observation_files/0"), line) for line in lines)
    assert len(found) == len(faults), lines
    for (pointer, line), (wanted, said) in zip(found, sorted(faults)):
        assert pointer == wanted and f": {said}" in line and "; accepted is " in line, line


def test_a_dimension_has_values_or_takes_them(tmp_path):
    document = write(tmp_path, HEAD, dimensions=[{"code": "region", "name": "Region"}])
    assert not SCHEMA.is_valid(document)
    code, lines = check(tmp_path)
    assert code == 1 and "/dimensions/0: 'values' is missing; accepted is values, or values_from 'files'" in lines[0]


def test_all_formats_of_periods(tmp_path):
    written = {"YYYY": "2022", "YYYY-MM-DD": "2022-03-04", "YYYY/MM/DD": "2022/03/04", "YYYYMMDD": "20220304",
               "DD/MM/YYYY": "04/03/2022", "MM/DD/YYYY": "03/04/2022", "DD.MM.YYYY": "04.03.2022", "D/M/YYYY": "4/3/2022",
               "M/D/YYYY": "3/4/2022", "D.M.YYYY": "04.3.2022"}
    of_schema = SCHEMA.schema["$defs"]["observation_file"]["properties"]["period_format"]["enum"]
    assert list(written) == of_schema
    for form, text in written.items():
        write(tmp_path, HEAD + f"shops,{text},1,a\n", {"period_format": form})
        assert check(tmp_path)[0] == 0, form
        write(tmp_path, HEAD + f"shops,{text}0,1,a\nshops,x{text},1,a\n", {"period_format": form})
        assert len(check(tmp_path)[1]) == 2, form


def test_faults_are_counted_beyond_those_kept(tmp_path):
    write(tmp_path, HEAD + "x,y,z,w\n" * 2000)
    code, lines = check(tmp_path)
    assert code == 1 and len(lines) == 1001 and lines[-1] == "d.json: and 5000 more"


def test_columns_have_a_ceiling(tmp_path):
    for more, code in ((996, 0), (997, 1)):
        write(tmp_path, "what,when,number,where" + ",x" * more + "\n")
        assert check(tmp_path)[0] == code
    assert "at most 1,000 columns" in check(tmp_path)[1][0]


def test_an_endless_file_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    write(tmp_path, HEAD, {"file": "pipe.csv"})
    assert "this is no regular file" in check(tmp_path)[1][0]


def test_a_document_wrong_in_itself_reads_no_file(tmp_path):
    write(tmp_path, HEAD + "x\n", units=[{"code": "u", "name": "Unit", "min": 2, "max": 1}])
    code, lines = check(tmp_path)
    assert code == 1 and len(lines) == 1 and "max is less than min" in lines[0]


def test_two_files_and_the_document(tmp_path):
    row = {"indicator": "shops", "kind": "actual", "period": "2022", "period_basis": "stated", "value": 1,
           "qualifier": "exact", "source": "s", "dimensions": {"region": "all"}}
    (tmp_path / "more.csv").write_text(HEAD + "jobs,2022,1,a\nshops,2022,5,all\n", "utf-8")
    write(tmp_path, HEAD + "jobs,2022,1,a\n", observations=[row],
          observation_files=[MAPPING, {**MAPPING, "file": "more.csv"}])
    same = "the same indicator, period, kind and dimensions as"
    assert check(tmp_path) == (1, [f"more.csv:2:1: : {same} line 2 of another file; accepted is one observation for each",
                                   f"more.csv:3:1: : {same} /observations/0; accepted is one observation for each"])


@pytest.mark.parametrize("name, faults", [
    ("stats-nz-2020", ["nz-aes-2020-size-bands.csv:15482:1: year: 'False' is not allowed here; accepted is YYYY"]),
    ("stats-nz-bad-header", [
        f"nz-aes-2021-BADHEADER.csv:1:1: {role}: the file has no column '{column}'; accepted is one of: Other Store Based "
        "Retailing, Dollars (millions), H27, Additions to fixed assets, Financial position, 108, ANZSIC06 group G427, "
        "Finance, Total, Group"
        for role, column in (("indicator", "variable"), ("period", "year"), ("value", "value"),
                             ("industry", "industry_code_ANZSIC"), ("industry", "industry_name_ANZSIC"),
                             ("size-band", "rme_size_grp"))]),
])
def test_bad_files_of_real_life(name, faults):
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data beside the project")
    done = subprocess.run([SMESTATD, "--check", HERE / "files" / f"{name}.json"], capture_output=True, timeout=60)
    folder = f"{HERE}/files/../../../../shared/data/nz-aes-size-bands/"
    assert done.stdout.decode("utf-8").splitlines() == [folder + fault for fault in faults]
    assert done.returncode == 1
