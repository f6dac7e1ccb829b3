# SPDX-License-Identifier: MIT
"""The contract of the dataset file, held from outside the daemon.

The schema says what it claims to say: it takes every file in valid/ and refuses exactly the files of invalid/ that
invalid/schema.txt names; the rest break rules that only the loader can check. And the built-in dataset holds the facts
it was made from, counted one by one.

Each invalid/NAME.json has a NAME.expect: the faults that `smestatd --check` reports, in document order, one a line as
LINE:COLUMN: POINTER. Lines and columns count from 1, columns in code points. The place is

- of the wrong value (of an object that repeats another's observation: the object);
- of the key, for a member that is unknown or there twice;
- of the object, for a member that isn't there, once for each such member;
- of the later one, where two are the same but must differ;
- of of a part_of that closes it, once for each cycle;
- of period_basis, where period and basis contradict each other; of max, where min is above it; of the target, where
  no observation answers to it.

LINE:*: without a pointer stands for text that isn't JSON at all (or isn't UTF-8, or is nested too deeply).
"""
import collections
import json
import pathlib
import re

import jsonschema
import pytest

HERE = pathlib.Path(__file__).resolve().parent
API = HERE.parent.parent / "api"
VALID = sorted((HERE / "valid").glob("*.json"))
INVALID = sorted((HERE / "invalid").glob("*.json"))
REFUSED_BY_SCHEMA = (HERE / "invalid" / "schema.txt").read_text(encoding="utf-8").split()

# What stands in the words of the source, which spoke to us in one language only.
IN_SOURCE_WORDS = {"source_name", "source_title", "source_text"}


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def read(path):
    """Reads JSON as RFC 8259 has it: Python's own reader lets NaN and a guess at the encoding pass."""
    return json.loads(path.read_bytes().decode("utf-8"), parse_constant=refuse_constant)


@pytest.fixture(scope="module")
def schema():
    return read(API / "dataset.schema.json")


@pytest.fixture(scope="module")
def validator(schema):
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def sme():
    return read(API / "sme.json")


def name_of(path):
    return path.stem


# --- the schema and the cases ---------------------------------------------------------------------------------------


def test_schema_is_a_schema(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "/schemas/dataset.json"
    jsonschema.Draft202012Validator.check_schema(schema)


def objects_of(schema):
    """Every place of the schema that lists the members of an object."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and "type" in schema:
            yield schema
        for part in schema.values():
            yield from objects_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_of(part)


def test_schema_helps_an_editor(schema):
    objects = list(objects_of(schema))
    assert len(objects) == 16  # the file, 11 kinds of record, speaker, link, target, columns of a dimension
    for part in objects:
        assert part["additionalProperties"] is False, part["title"]
        assert set(part["required"]) <= set(part["properties"]), part["title"]
        for name, member in part["properties"].items():
            assert member.get("title") and member.get("description"), f"{part['title']}: {name}"


def test_schema_uses_each_definition(schema):
    text = json.dumps(schema)
    used = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', text))
    assert used == set(schema["$defs"])


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_valid_case(path, validator):
    assert [e.message for e in validator.iter_errors(read(path))] == []


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_invalid_case(path, validator):
    try:
        accepted = validator.is_valid(read(path))
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or deeper than Python reads
        accepted = False
    assert accepted == (path.stem not in REFUSED_BY_SCHEMA)


def expected(path):
    """The expected faults of an invalid case as pairs of place and pointer."""
    lines = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    return [line.split(": ", 1) for line in lines]


# The schema never sees the others: they aren't JSON.
READABLE = [path for path in INVALID if not any(place.endswith("*") for place, _ in expected(path))]


@pytest.mark.parametrize("path", READABLE, ids=name_of)
def test_schema_finds_nothing_else(path, validator):
    """What the schema complains of is an expected fault, or the object or list around it: none is by accident."""
    pointers = {pointer for _, pointer in expected(path)}
    around = {pointer.rpartition("/")[0] for pointer in pointers}
    for error in validator.iter_errors(read(path)):
        found = "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in error.absolute_path)
        assert found in pointers | around, f"{found}: {error.message}"


def test_cases_are_complete():
    assert len(VALID) >= 25 and len(INVALID) >= 80
    stems = {p.stem for p in INVALID}
    assert {p.stem for p in (HERE / "invalid").glob("*.expect")} == stems
    assert set(REFUSED_BY_SCHEMA) <= stems
    assert REFUSED_BY_SCHEMA == sorted(set(REFUSED_BY_SCHEMA))


def value_at(document, pointer):
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        document = document[int(token) if isinstance(document, list) else token]
    return document


def last_key(pointer):
    return pointer.rsplit("/", 1)[1].replace("~1", "/").replace("~0", "~")


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_expected_places(path):
    """Each expected place is where its value, key or object begins, so that the expectations can be trusted."""
    text = path.read_bytes().decode("utf-8", "replace")
    lines = text.split("\n")
    places = []
    for line in path.with_suffix(".expect").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\d+):(\d+|\*): ((?:/.*)?)", line)
        assert match, line
        row, column, pointer = match.groups()
        assert 1 <= int(row) <= len(lines), line
        if column == "*":
            assert pointer == "", line
            continue
        places.append((int(row), int(column)))
        rest = "\n".join([lines[int(row) - 1][int(column) - 1:], *lines[int(row):]])
        value, end = json.JSONDecoder().raw_decode(rest)
        if rest[end:end + 1] == ":":
            assert value == last_key(pointer), line
        else:
            # Compared as text: NaN can't be here, but 1 and True are equal in Python.
            assert json.dumps(value) == json.dumps(value_at(json.loads(text), pointer)), line
    assert places == sorted(places)


# --- the built-in dataset, and what the second one has in common with it ---------------------------------------------


BUILTIN = pytest.mark.parametrize("builtin", ["sme", "sme-series"], indirect=True)


@pytest.fixture
def builtin(request):
    return read(API / f"{request.param}.json")


@BUILTIN
def test_dataset_is_valid(builtin, validator):
    assert [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(builtin)] == []


def test_dataset_head(sme):
    assert sme["id"] == "miit-sme-2023"
    assert sme["as_of"] == "2023-03-01"
    assert sme["languages"] == ["en", "zh"]


def test_dataset_counts(sme):
    kinds = collections.Counter(o["kind"] for o in sme["observations"])
    assert kinds == {"actual": 15, "target": 2}
    assert len(sme["indicators"]) == 16
    assert len(sme["units"]) == 6
    assert len(sme["sources"]) == 1


def test_dataset_categories(sme):
    category = {i["code"]: i["category"] for i in sme["indicators"]}
    counts = collections.Counter((category[o["indicator"]], o["kind"]) for o in sme["observations"])
    assert counts == {
        ("contribution", "actual"): 5,
        ("fiscal-support", "actual"): 1,
        ("public-service", "actual"): 1,
        ("business-population", "actual"): 2,
        ("industrial-operation", "actual"): 1,
        ("cultivation", "actual"): 2,
        ("cultivation", "target"): 2,
        ("capital-market", "actual"): 3,
    }
    assert [(c["code"], c["name"]["zh"]) for c in sme["categories"]] == [
        ("contribution", "经济社会贡献"),
        ("fiscal-support", "减税降费"),
        ("public-service", "公共服务"),
        ("business-population", "企业数量与设立"),
        ("industrial-operation", "工业经济运行"),
        ("cultivation", "梯度培育"),
        ("capital-market", "资本市场"),
    ]


def test_dataset_years(sme):
    counts = collections.Counter((o["period"], o["period_basis"], o["kind"]) for o in sme["observations"])
    assert counts == {
        (None, "none", "actual"): 5,
        ("2022", "stated", "actual"): 5,
        ("2022", "inferred", "actual"): 5,
        ("2023", "inferred", "target"): 2,
    }


OBSERVATIONS = [
    ("sme-tax-revenue-share", "percent", None, 50, "exact", None),
    ("sme-gdp-share", "percent", None, 60, "more_than", None),
    ("sme-innovation-share", "percent", None, 70, "more_than", None),
    ("sme-urban-employment-share", "percent", None, 80, "more_than", None),
    ("sme-enterprise-count-share", "percent", None, 90, "more_than", None),
    ("small-micro-tax-fee-support-new", "yuan", "2022", 1_700_000_000_000, "more_than", None),
    ("national-service-platforms-new", "platforms", "2022", 274, "exact", None),
    ("new-enterprises-per-day", "enterprises-per-day", "2022", 23_800, "exact", None),
    ("sme-count", "enterprises", "2022", 52_000_000, "more_than", None),
    ("industrial-sme-operating-revenue", "yuan", "2022", 80_000_000_000_000, "more_than", None),
    ("specialized-sme-count", "enterprises", "2022", 70_000, "more_than", "2023-03-01"),
    ("little-giant-count", "enterprises", "2022", 8_997, "exact", "2023-03-01"),
    ("specialized-sme-new-listing-share", "percent", "2022", 59, "exact", None),
    ("specialized-sme-a-share-count", "enterprises", "2022", 1_300, "more_than", "2023-03-01"),
    ("specialized-sme-a-share-share", "percent", "2022", 27, "exact", "2023-03-01"),
    ("specialized-sme-count", "enterprises", "2023", 80_000, "more_than", None),
    ("sme-characteristic-clusters-new", "clusters", "2023", 100, "about", None),
]


def test_dataset_observations(sme):
    unit = {i["code"]: i["unit"] for i in sme["indicators"]}
    found = [
        (o["indicator"], unit[o["indicator"]], o["period"], o["value"], o["qualifier"], o.get("as_of"))
        for o in sme["observations"]
    ]
    assert found == OBSERVATIONS
    assert [o["kind"] for o in sme["observations"]] == ["actual"] * 15 + ["target"] * 2


def test_dataset_values(sme):
    values = [o["value"] for o in sme["observations"]]
    assert all(type(v) is int for v in values)
    assert max(values) == 80_000_000_000_000
    assert 2**32 < max(values) < 2**53
    assert not any("upper" in o for o in sme["observations"])


def test_dataset_qualifiers_have_words(sme):
    for o in sme["observations"]:
        assert ("wording" in o) == (o["qualifier"] != "exact"), o["indicator"]


def test_dataset_percent(sme):
    units = {u["code"]: u for u in sme["units"]}
    assert (units["percent"]["min"], units["percent"]["max"]) == (0, 100)
    for code in ("enterprises", "enterprises-per-day", "platforms", "clusters"):
        assert units[code]["min"] == 0 and "max" not in units[code]


def test_dataset_source(sme):
    (source,) = sme["sources"]
    assert source["code"] == "scio-2023-03-01"
    assert (source["date"], source["date_basis"]) == ("2023-03-01", "inferred")
    assert source["speaker"]["name"] == {"en": "Jin Zhuanglong", "zh": "金壮龙"}
    assert all(o["source"] == source["code"] for o in sme["observations"])


def test_dataset_focus_areas(sme):
    areas = sme["focus_areas"]
    assert [(a["order"], a["code"]) for a in areas] == [
        (1, "development-environment"),
        (2, "cultivation"),
        (3, "service-system"),
        (4, "industry-finance-cooperation"),
        (5, "international-cooperation"),
    ]
    assert [a["ordinal_basis"] for a in areas] == ["stated"] * 4 + ["inferred"]
    assert [a["title_basis"] for a in areas] == ["stated"] * 3 + ["editorial"] * 2
    # The fourth has a title in the source, but a garbled one; the fifth has none.
    assert [a["source_title"] is None for a in areas] == [False] * 4 + [True]
    assert areas[3]["source_title"] == {"en": "promote the integration of production and production"}
    assert [a["title"]["zh"] for a in areas] == ["优化发展环境", "加强培育", "完善服务体系", "产融合作", "国际合作"]
    assert {(a["period"], a["period_basis"]) for a in areas} == {("2023", "inferred")}
    assert [a.get("categories", []) for a in areas] == [[], ["cultivation"], ["public-service"], ["capital-market"], []]


def test_dataset_links(sme):
    def links(area, basis):
        return {(x["indicator"], x.get("kind")) for x in area.get("indicators", []) if x["basis"] == basis}

    capital_market = {
        ("specialized-sme-new-listing-share", None),
        ("specialized-sme-a-share-count", None),
        ("specialized-sme-a-share-share", None),
    }
    first, second, third, fourth, fifth = sme["focus_areas"]
    assert links(second, "stated") == {
        ("specialized-sme-count", "target"), ("sme-characteristic-clusters-new", "target")}
    assert [links(a, "stated") for a in (first, third, fourth, fifth)] == [set()] * 4
    assert links(first, "editorial") == {("small-micro-tax-fee-support-new", None)}
    assert links(second, "editorial") == {
        ("specialized-sme-count", "actual"), ("little-giant-count", "actual"), *capital_market}
    assert links(third, "editorial") == {("national-service-platforms-new", None)}
    assert links(fourth, "editorial") == capital_market
    assert links(fifth, "editorial") == set()


MEASURE_KINDS = [
    ["law", "regulation", "opinion", "plan", "measure", "measure"],
    ["programme", "target", "measure", "target", "measure", "event"],
    ["document", "measure", "event", "institution", "aim"],
    ["measure", "measure", "fund"],
    ["measure", "event", "measure", "aim"],
]


def test_dataset_measures(sme):
    areas = sme["focus_areas"]
    assert [[m["kind"] for m in a["measures"]] for a in areas] == MEASURE_KINDS
    assert sum(len(a["measures"]) for a in areas) == 24
    for area in areas:
        assert [m["id"] for m in area["measures"]] == [f"{area['order']}.{i + 1}" for i in range(len(area["measures"]))]


def test_dataset_targets(sme):
    named = [(m["id"], m["target"]["indicator"], m["target"]["period"])
             for a in sme["focus_areas"] for m in a["measures"] if "target" in m]
    assert named == [("2.2", "specialized-sme-count", "2023"), ("2.4", "sme-characteristic-clusters-new", "2023")]
    targets = {(o["indicator"], o["period"]) for o in sme["observations"] if o["kind"] == "target"}
    assert {(indicator, period) for _, indicator, period in named} == targets


def test_dataset_instruments(sme):
    kind = {i["code"]: i["kind"] for i in sme["instruments"]}
    used = {m["id"]: [kind[i] for i in m["instruments"]]
            for a in sme["focus_areas"] for m in a["measures"] if "instruments" in m}
    assert used == {
        "1.1": ["law"], "1.2": ["regulation"], "1.3": ["opinion"], "1.4": ["plan"],
        "2.1": ["programme"], "2.6": ["event"],
        "3.1": ["document"], "3.3": ["event"], "3.4": ["institution"] * 3,
        "4.3": ["fund"],
        "5.2": ["event"],
    }
    assert len(sme["instruments"]) == sum(map(len, used.values()))  # each is used once


def texts_of(value, member=""):
    """Every text of the dataset with the member it stands in. A text is what has languages for keys."""
    if isinstance(value, dict):
        if value and set(value) <= {"en", "zh"} and member != "name_basis":
            yield member, value
            return
        for key, part in value.items():
            yield from texts_of(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part, member)


@BUILTIN
def test_dataset_languages(builtin):
    texts = list(texts_of(builtin))
    assert len(texts) > 150
    for member, text in texts:
        if member in IN_SOURCE_WORDS:
            assert set(text) == {"en"}, text
        else:
            assert set(text) == {"en", "zh"}, text
            if member not in ("pattern", "aliases"):
                assert re.search("[\u4e00-\u9fff]", text["zh"]), text
        assert not re.search("[,:;()?!]", text.get("zh", "")), f"full-width punctuation: {text['zh']}"


# Members whose value is a word of the format, a code or a date; everything else a person reads in both languages.
NOT_FOR_READING = {
    "$schema", "format", "id", "languages", "as_of", "code", "date", "date_basis", "name_basis", "category", "unit",
    "measure", "direction", "part_of", "indicator", "kind", "period", "period_basis", "qualifier", "source",
    "ordinal_basis", "title_basis", "basis", "categories", "instruments", "url",
}


def strings_of(value, member=""):
    if isinstance(value, str):
        yield member, value
    elif isinstance(value, dict):
        for key, part in value.items():
            is_records = isinstance(part, list) and isinstance(part[0], dict)
            if key in NOT_FOR_READING and not is_records:
                continue
            yield from strings_of(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from strings_of(part, member)


@BUILTIN
def test_dataset_has_no_text_in_one_language_for_all(builtin):
    assert {member for member, _ in strings_of(builtin)} == {"en", "zh"}


@BUILTIN
def test_dataset_notes_the_doubts(builtin):
    """Every figure that isn't plain says why in a note, on itself, on its indicator or on its source."""
    noted = {row["code"] for name in ("indicators", "sources") for row in builtin[name] if "notes" in row}
    for o in builtin["observations"]:
        assert "notes" in o or {o["indicator"], o["source"]} & noted, o["indicator"]
        assert "notes" in o or o["period_basis"] == "stated", o["indicator"]


@pytest.mark.parametrize("name", ["sme", "sme-series"])
def test_dataset_text_is_as_a_person_wrote_it(name):
    text = (API / f"{name}.json").read_text(encoding="utf-8")
    assert "\\u" not in text and "\t" not in text and "\r" not in text
    assert not re.search(r"\bA[0-9]{1,2}\b", text)  # no reference to lists that a reader doesn't have
    assert text.endswith("}\n")
