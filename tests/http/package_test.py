# SPDX-License-Identifier: MIT
"""How the dataset describes itself to other programs: the data package, held to the CSV files, and linked data."""
import datetime
import html.parser
import json
import re

import pytest

import contract
import importer
from contract import SME
from daemon import Daemon

PATH = "/v1/datapackage.json"
VALID = sorted((contract.ROOT / "tests" / "data" / "valid").glob("*.json"))
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
FITS = {
    "string": lambda cell: True,
    "integer": re.compile(r"-?[0-9]+").fullmatch,
    "number": NUMBER.fullmatch,
    "boolean": lambda cell: cell in ("true", "false"),
    "date": lambda cell: re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) and datetime.date.fromisoformat(cell),
    "array": lambda cell: isinstance(json.loads(cell), list),
    "object": lambda cell: isinstance(json.loads(cell), dict),
}


@pytest.fixture(scope="module")
def package(daemon):
    return daemon.ok(PATH, Accept_Language="en").json


def resource_of(package, name):
    (resource,) = [resource for resource in package["resources"] if resource["name"] == name]
    return resource


def field_of(package, name, column):
    (field,) = [field for field in resource_of(package, name)["schema"]["fields"] if field["name"] == column]
    return field


def faults_of(field, cell):
    """What a Table Schema finds wrong with a cell."""
    constraints = field.get("constraints", {})
    if cell == "":
        return ["it is required"] if constraints.get("required") else []
    if not FITS[field["type"]](cell):
        return [f"it is no {field['type']}"]
    found = []
    if "enum" in constraints and cell not in constraints["enum"]:
        found.append("it is not in the list")
    if "pattern" in constraints and not re.fullmatch(constraints["pattern"], cell):
        found.append("it has another pattern")
    if len(cell) > constraints.get("maxLength", len(cell)):
        found.append("it is too long")
    if "minimum" in constraints and float(cell) < constraints["minimum"]:
        found.append("it is too small")
    if "maximum" in constraints and float(cell) > constraints["maximum"]:
        found.append("it is too large")
    return found


def columns_of(lines):
    return {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])}


def check_tables(daemon):
    """Holds every cell of every CSV file to the schema that the package gives for it, and every key."""
    package = daemon.ok(PATH).json
    tables = {resource["name"]: importer.read_csv(daemon.ok(f"/v1/{resource['path']}").text)
              for resource in package["resources"]}
    keys = {name: columns_of(lines) for name, lines in tables.items()}
    for resource in package["resources"]:
        name, schema, lines = resource["name"], resource["schema"], tables[resource["name"]]
        assert lines[0] == [field["name"] for field in schema["fields"]], name
        for line in lines[1:]:
            for field, cell in zip(schema["fields"], line, strict=True):
                assert not faults_of(field, cell), f"{name}.{field['name']}: {cell!r}: {faults_of(field, cell)}"
        for field in schema["fields"]:
            if field.get("constraints", {}).get("unique"):
                cells = keys[name][field["name"]]
                assert len(set(cells)) == len(cells), f"{name}.{field['name']}"
        for foreign in schema.get("foreignKeys", []):
            other = keys[foreign["reference"]["resource"] or name][foreign["reference"]["fields"]]
            missing = set(keys[name][foreign["fields"]]) - set(other) - {""}
            assert not missing, f"{name}.{foreign['fields']}: {missing}"


@pytest.mark.parametrize("path", [contract.ROOT / "api" / "sme.json", contract.ROOT / "api" / "sme-series.json", *VALID],
                         ids=lambda path: path.stem)
def test_every_row_is_as_the_package_says(path):
    with Daemon("--dataset", path, validate=False) as daemon:
        check_tables(daemon)


def test_package_lists_every_collection_that_comes_as_csv(package):
    with Daemon(validate=False) as daemon:
        tables = [name for name in [*contract.COLLECTIONS, "dimensions"] if daemon.get(f"/v1/{name}.csv").status == 200]
    assert sorted(resource["name"] for resource in package["resources"]) == sorted(tables)
    assert [resource["path"] for resource in package["resources"]] == \
        [f"{resource['name']}.csv" for resource in package["resources"]]


def test_package_is_about_the_dataset(daemon, package):
    assert package["name"] == SME["id"]
    assert package["version"] == daemon.ok("/readyz").json["version"]
    assert (package["title"], package["description"]) == (SME["title"]["en"], SME["description"]["en"])
    assert package["sources"] == [{"title": source["title"]["en"]} for source in SME["sources"]]
    assert package["keywords"] == [category["name"]["en"] for category in SME["categories"]]
    # The terms are words and not an address: the specification has no place for them.
    assert not {"licenses", "homepage", "created"} & set(package)


def test_columns_have_the_types_and_keys_that_they_deserve(package):
    assert {field["name"]: field["type"] for field in resource_of(package, "observations")["schema"]["fields"]} == {
        "id": "string", "indicator": "string", "name": "string", "category": "string", "kind": "string",
        "year": "integer", "period": "string", "period_basis": "string", "as_of": "date", "value": "number",
        "qualifier": "string", "status": "string", "lower": "number", "lower_closed": "boolean", "upper": "number", "upper_closed": "boolean", "unit": "string",
        "display": "string", "wording": "string", "population": "string", "source": "string", "notes": "array"}
    assert field_of(package, "sources", "speaker")["type"] == "object"
    assert field_of(package, "sources", "url")["format"] == "uri"
    assert field_of(package, "observations", "kind")["constraints"]["enum"] == ["actual", "target"]
    assert field_of(package, "measures", "period_basis")["constraints"] == {"enum": ["stated", "inferred", "none"]}
    period = field_of(package, "observations", "period")["constraints"]["pattern"]
    assert [bool(re.fullmatch(period, text)) for text in ("2022", "2022-12-31", "undated", "22", "")] == \
        [True, True, True, False, False]
    keys = {resource["name"]: resource["schema"]["primaryKey"] for resource in package["resources"]}
    assert (keys["observations"], keys["indicators"]) == ("id", "code")
    foreign = resource_of(package, "observations")["schema"]["foreignKeys"]
    assert {"fields": "indicator", "reference": {"resource": "indicators", "fields": "code"}} in foreign
    assert {"fields": "source", "reference": {"resource": "sources", "fields": "id"}} in foreign


@pytest.mark.parametrize("target, headers, language", [
    (PATH, {}, "en"), (PATH + "?lang=zh", {}, "zh"), (PATH, {"Accept_Language": "zh-CN, en;q=0.5"}, "zh"),
    (PATH + "?lang=en", {"Accept_Language": "zh"}, "en"), (PATH + "?lang=zh", {"Accept_Language": "zh"}, "zh"),
])
def test_package_in_each_language(daemon, target, headers, language):
    answer = daemon.ok(target, **headers)
    assert answer.json["title"] == SME["title"][language]
    assert answer.get("Content-Language") == language
    assert ("Accept-Language" in answer.get("Vary")) == ("lang=" not in target)
    assert resource_of(answer.json, "units")["title"] == {"en": "Units", "zh": "单位"}[language]


@pytest.mark.parametrize("query, faults, tried", [
    ("lnag=zh", [("unknown-parameter", "lnag", ["lang"])], "?lang=zh"),
    ("lnag=xx", [("unknown-parameter", "lnag", ["lang"])], ""),
    ("lang=all", [("unknown-code", "lang", [])], ""),
    ("lang=", [("unknown-code", "lang", [])], ""),
    ("lang=zhh", [("unknown-code", "lang", ["zh"])], "?lang=zh"),
    ("lang=zh&lang=en", [("repeated-parameter", "lang", [])], "?lang=zh"),
    ("lang=zh&lang=xx&lang=", [("repeated-parameter", "lang", []), ("repeated-parameter", "lang", [])], "?lang=zh"),
    ("langg=en&pretty=true&lang=zh", [("unknown-parameter", "langg", ["lang"]), ("unknown-parameter", "pretty", [])],
     "?lang=zh"),
    ("format=csv&limit=3", [("unknown-parameter", "format", []), ("unknown-parameter", "limit", [])], ""),
])
def test_wrong_parameters_are_told_with_the_right_request(daemon, query, faults, tried):
    answer = daemon.problem(f"{PATH}?{query}", 400, faults[0][0])
    told = [(error["type"].rsplit("/", 1)[1], error["parameter"], error["did_you_mean"]) for error in answer.errors]
    assert told == faults
    assert {error["try"] for error in answer.errors} == {PATH + tried}
    daemon.ok(PATH + tried)


def test_the_exact_address_is_the_only_one(daemon):
    daemon.problem("/v1/datapackage", 404, "not-found")
    daemon.problem("/v1/datapackage.csv", 404, "not-found")
    assert daemon.ok("/", Accept="application/json").json["links"]["datapackage"] == PATH


# Linked data.

class Scripts(html.parser.HTMLParser):
    """The script elements of a page, and the comments."""

    def __init__(self, page):
        super().__init__()
        self.scripts, self.comments, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.scripts.append([dict(attrs), ""])
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "script"

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1][1] += data

    def handle_comment(self, data):
        self.comments.append(data)


def linked_data(daemon, **headers):
    page = Scripts(daemon.ok(daemon.base_url + "/", Accept="text/html", **headers).text)
    ((attributes, text),) = [script for script in page.scripts if "src" not in script[0]]
    assert attributes == {"type": "application/ld+json"}
    assert page.comments == []
    return contract.parse(text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_linked_data_of_the_page(daemon, language):
    data = linked_data(daemon, Accept_Language=language)
    units = {unit["code"]: unit["name"][language] for unit in SME["units"]}
    assert (data["@context"], data["@type"]) == ("https://schema.org/", "Dataset")
    assert (data["name"], data["description"]) == (SME["title"][language], SME["description"][language])
    assert (data["identifier"], data["version"]) == (SME["id"], daemon.ok("/readyz").json["version"])
    assert data["temporalCoverage"] == "2022/2023"
    assert data["inLanguage"] == SME["languages"]
    assert data["keywords"] == [category["name"][language] for category in SME["categories"]]
    assert [(row["name"], row["unitText"]) for row in data["variableMeasured"]] == \
        [(row["name"][language], units[row["unit"]]) for row in SME["indicators"]]
    (work,) = data["isBasedOn"]
    assert work["name"] == SME["sources"][0]["title"][language]
    assert work["publisher"]["name"] == SME["sources"][0]["publisher"][language]
    assert work["datePublished"] == SME["sources"][0]["date"]
    # No address is known, the terms are words, and no clock is asked.
    assert not {"url", "license", "dateModified"} & set(data)


def test_downloads_of_linked_data_are_there():
    with Daemon(validate=False) as daemon:
        for download in linked_data(daemon)["distribution"]:
            answer = daemon.ok(download["contentUrl"])
            assert answer.get("Content-Type").startswith(download["encodingFormat"])
        assert {download["encodingFormat"] for download in linked_data(daemon)["distribution"]} >= \
            {"text/csv", "application/x-ndjson", "application/json"}


def small(**members):
    """The smallest dataset with some members replaced."""
    document = json.loads((contract.ROOT / "tests" / "data" / "valid" / "minimal.json").read_text("utf-8"))
    return {**document, **members}


@pytest.fixture
def serve(tmp_path):
    running = []

    def start(document, *options):
        path = tmp_path / f"{len(running)}.json"
        path.write_text(json.dumps(document), "utf-8")
        running.append(Daemon("--dataset", path, *options))
        return running[-1]

    yield start
    for daemon in running:
        daemon.stop()


def test_no_text_ends_the_script(serve):
    title = "</script><script>alert(1)</script><!-- <script> ]]> \\u003c & \u2028"
    assert linked_data(serve(small(title=title)))["name"] == title


def test_what_the_daemon_knows_of_its_address_and_terms(serve):
    document = small(license="https://example.org/licence")
    document["sources"][0]["url"] = "https://example.org/a?b=c&d=e"
    daemon = serve(document, "--base-url", "https://data.example.org/sme")
    data, package = linked_data(daemon), daemon.ok(daemon.base_url + PATH).json
    assert (data["url"], data["license"]) == ("https://data.example.org/sme/", "https://example.org/licence")
    assert {download["contentUrl"].rsplit("/", 1)[0] for download in data["distribution"]} == \
        {"https://data.example.org/sme/v1"}
    assert data["isBasedOn"][0]["url"] == "https://example.org/a?b=c&d=e"
    assert (package["homepage"], package["licenses"]) == \
        ("https://data.example.org/sme/", [{"path": "https://example.org/licence"}])
    assert package["sources"][0]["path"] == "https://example.org/a?b=c&d=e"
    assert resource_of(package, "units")["path"] == "units.csv"
    answer = daemon.problem(f"{daemon.base_url}{PATH}?lnag=en", 400, "unknown-parameter")
    assert answer.errors[0]["try"] == f"https://data.example.org/sme{PATH}?lang=en"


def test_terms_that_begin_with_an_address_are_words(serve):
    daemon = serve(small(license="https://example.org/licence or another"))
    assert "license" not in linked_data(daemon) and "licenses" not in daemon.ok(PATH).json


def observed(period):
    return {"indicator": "i", "kind": "actual", "period": period, "period_basis": "stated" if period else "none",
            "value": 1, "qualifier": "exact", "source": "s"}


@pytest.mark.parametrize("periods, coverage", [
    ([None], None), (["2022", None], "2022"), (["0800", "2023-05-01"], "0800/2023"),
])
def test_coverage_is_of_the_years_there_are(serve, periods, coverage):
    assert linked_data(serve(small(observations=list(map(observed, periods))))).get("temporalCoverage") == coverage


def test_a_long_dataset_is_described_in_part(serve):
    indicators = [{"code": f"i{i}", "name": f"I {i}", "category": "c", "unit": "u", "measure": "stock"}
                  for i in range(300)]
    data = linked_data(serve(small(indicators=indicators, observations=[])))
    assert [row["propertyID"] for row in data["variableMeasured"]] == [f"i{i}" for i in range(100)]
