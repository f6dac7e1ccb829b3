# SPDX-License-Identifier: MIT
"""What the resources hold: the facts of the built-in dataset, digit for digit, and links that lead somewhere."""
import json
import re
import urllib.parse

import pytest

import contract
import examples
import model
from contract import COLLECTIONS, DOCUMENT, SME
from daemon import numbers

COUNTS = {"indicators": 16, "observations": 17, "targets": 2, "focus-areas": 5, "measures": 24, "categories": 7,
          "years": 3,
          "units": 6, "sources": 1}


def row_schema(collection):
    answer = contract.resolve(DOCUMENT["paths"][f"/v1/{collection}"]["get"]["responses"]["200"])
    page = contract.resolve(answer["content"]["application/json"]["schema"])
    return page["properties"]["data"]["items"]["$ref"].rsplit("/", 1)[1]


ROW_OF = {collection: row_schema(collection) for collection in COLLECTIONS}


def members_of(schema):
    return list(DOCUMENT["components"]["schemas"][schema]["properties"])


def by_key(rows, key="id"):
    return {row[key]: row for row in rows}


def key_of(collection):
    return model.KEY.get(collection, "code")


def test_schema_is_served_byte_for_byte(daemon):
    assert daemon.ok("/schemas/dataset.json").body == (contract.ROOT / "api" / "dataset.schema.json").read_bytes()


@pytest.mark.parametrize("path, file", [
    ("/docs", "index.html"), ("/docs/docs.css", "docs.css"), ("/docs/docs.js", "docs.js"), ("/docs/icon.svg", "icon.svg")])
def test_the_reference_page_is_its_files(daemon, path, file):
    assert daemon.ok(path).body == (contract.ROOT / "src" / "docs" / file).read_bytes()


def test_examples_are_what_is_answered(daemon):
    for place, summary, value in examples.examples(daemon):
        node = DOCUMENT
        for part in place:
            node = node[part]
        example = node["examples"]["answer"]
        assert (example["summary"], json.dumps(example["value"])) == (summary, json.dumps(value))


def test_every_collection_is_described():
    assert set(COLLECTIONS) == set(COUNTS)


# Rows and members.

@pytest.mark.parametrize("collection", COLLECTIONS)
def test_counts(daemon, collection):
    answer = daemon.ok(f"/v1/{collection}").json
    assert len(answer["data"]) == answer["meta"]["total"] == answer["meta"]["count"] == COUNTS[collection]
    assert answer["meta"]["hints"] == [] and answer["meta"]["undated_excluded"] == 0


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_rows_are_the_dataset_s(daemon, collection):
    rows = daemon.data(f"/v1/{collection}")
    assert [row[key_of(collection)] for row in rows] == [key for key, _ in model.rows_of(collection)]


@pytest.mark.parametrize("lang", ["en", "zh", "all"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_row_has_exactly_the_described_members(daemon, collection, lang):
    members = [name for name in members_of(ROW_OF[collection]) if name != "matched"]
    for row in daemon.data(f"/v1/{collection}?lang={lang}"):
        assert list(row) == members


@pytest.mark.parametrize("collection", [name for name in COLLECTIONS if name != "years"])
def test_a_search_adds_where_it_found(daemon, collection):
    word = {"units": "percent", "sources": "council", "categories": "support"}.get(collection, "specialized")
    rows = daemon.data(f"/v1/{collection}?q={word}")
    assert rows
    for row in rows:
        assert list(row) == members_of(ROW_OF[collection])
        assert row["matched"]


@pytest.mark.parametrize("lang", ["en", "zh", "all"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_row_alone_is_the_row_in_its_collection(daemon, collection, lang):
    for row in daemon.data(f"/v1/{collection}?lang={lang}"):
        alone = daemon.ok(f"/v1/{collection}/{row[key_of(collection)]}?lang={lang}").json
        assert alone["data"] == row
        assert alone["links"]["collection"] == f"/v1/{collection}"
        assert urllib.parse.urlsplit(row["links"]["self"]).path == f"/v1/{collection}/{row[key_of(collection)]}"


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_json_as_an_extension(daemon, collection):
    plain = daemon.ok(f"/v1/{collection}").json
    assert daemon.ok(f"/v1/{collection}.json", Accept="text/csv").json["data"] == plain["data"]
    for row in plain["data"]:
        key = row[key_of(collection)]
        assert daemon.data(f"/v1/{collection}/{key}.json", Accept="text/csv") == row


# Values.

def test_values_digit_for_digit(daemon):
    mine = {model.observation_id(row): row["value"]
            for row in numbers((contract.ROOT / "api" / "sme.json").read_text("utf-8"))
            ["observations"]}
    rows = numbers(daemon.ok("/v1/observations").text)["data"]
    assert {row["id"]: row["value"] for row in rows} == mine
    assert max(int(value) for value in mine.values()) == 80000000000000


def test_facts(daemon):
    rows = by_key(daemon.data("/v1/observations"))
    facts = [(row["id"].rsplit(".", 2)[0], row["kind"], row["year"], row["period_basis"], row["qualifier"],
              row["value"], row["unit"])
             for row in rows.values()]
    assert sorted(facts, key=str) == sorted([
        ("sme-tax-revenue-share", "actual", None, "none", "exact", 50, "percent"),
        ("sme-gdp-share", "actual", None, "none", "more_than", 60, "percent"),
        ("sme-innovation-share", "actual", None, "none", "more_than", 70, "percent"),
        ("sme-urban-employment-share", "actual", None, "none", "more_than", 80, "percent"),
        ("sme-enterprise-count-share", "actual", None, "none", "more_than", 90, "percent"),
        ("small-micro-tax-fee-support-new", "actual", 2022, "stated", "more_than", 1700000000000, "yuan"),
        ("national-service-platforms-new", "actual", 2022, "stated", "exact", 274, "platforms"),
        ("new-enterprises-per-day", "actual", 2022, "stated", "exact", 23800, "enterprises-per-day"),
        ("sme-count", "actual", 2022, "stated", "more_than", 52000000, "enterprises"),
        ("industrial-sme-operating-revenue", "actual", 2022, "stated", "more_than", 80000000000000, "yuan"),
        ("specialized-sme-count", "actual", 2022, "inferred", "more_than", 70000, "enterprises"),
        ("little-giant-count", "actual", 2022, "inferred", "exact", 8997, "enterprises"),
        ("specialized-sme-count", "target", 2023, "inferred", "more_than", 80000, "enterprises"),
        ("sme-characteristic-clusters-new", "target", 2023, "inferred", "about", 100, "clusters"),
        ("specialized-sme-new-listing-share", "actual", 2022, "inferred", "exact", 59, "percent"),
        ("specialized-sme-a-share-count", "actual", 2022, "inferred", "more_than", 1300, "enterprises"),
        ("specialized-sme-a-share-share", "actual", 2022, "inferred", "exact", 27, "percent"),
    ], key=str)


@pytest.mark.parametrize("category, actual, targets", [
    ("contribution", 5, 0), ("fiscal-support", 1, 0), ("public-service", 1, 0), ("business-population", 2, 0),
    ("industrial-operation", 1, 0), ("cultivation", 2, 2), ("capital-market", 3, 0)])
def test_categories(daemon, category, actual, targets):
    row = daemon.data(f"/v1/categories/{category}")
    assert (row["observations"], row["actual"], row["targets"]) == (actual + targets, actual, targets)
    for kind, count in (("actual", actual), ("target", targets)):
        rows = daemon.data(f"/v1/observations?category={category}&kind={kind}")
        assert len(rows) == count and {row["category"] for row in rows} <= {category}


def test_years(daemon):
    rows = by_key(daemon.data("/v1/years"), "code")
    assert {code: (row["actual"], row["targets"], row["focus_areas"]) for code, row in rows.items()} == {
        "undated": (5, 0, 0), "2022": (10, 0, 0), "2023": (0, 2, 5)}
    assert rows["undated"]["year"] is None and rows["2022"]["year"] == 2022
    assert daemon.ok("/v1/observations?year=2021").json["meta"]["total"] == 0
    stated = [row for row in daemon.data("/v1/observations?year=2022") if row["period_basis"] == "stated"]
    assert len(stated) == 5


def test_code_lists_count(daemon):
    for collection, name in (("categories", "category"), ("units", "unit"), ("sources", "source")):
        for row in daemon.data(f"/v1/{collection}"):
            code = row[key_of(collection)]
            chosen = [axes for _, axes in model.rows_of("observations") if code in axes[name]]
            assert row["observations"] == len(chosen)
            assert row["actual"] == sum(axes["kind"] == {"actual"} for axes in chosen)
            assert row["targets"] == sum(axes["kind"] == {"target"} for axes in chosen)
            assert row["undated"] == sum(axes["year"] == {None} for axes in chosen)


def test_focus_areas(daemon):
    rows = daemon.data("/v1/focus-areas")
    assert [row["order"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["ordinal_basis"] for row in rows] == ["stated"] * 4 + ["inferred"]
    assert [row["source_title"] is None for row in rows] == [False] * 4 + [True]
    assert [len(row["measures"]) for row in rows] == [6, 6, 5, 3, 4]
    assert [row["categories"] for row in rows] == [[], ["cultivation"], ["public-service"], ["capital-market"], []]
    assert [len(row["targets"]) for row in rows] == [0, 2, 0, 0, 0]
    assert {row["period_basis"] for row in rows} == {"inferred"} and {row["year"] for row in rows} == {2023}
    assert len(rows[0]["instruments"]) == 4
    assert rows[3]["title_basis"] == rows[4]["title_basis"] == "editorial"


@pytest.mark.parametrize("number, code", enumerate(model.areas, 1))
def test_focus_area_by_number(daemon, number, code):
    assert daemon.data(f"/v1/focus-areas/{number}") == daemon.data(f"/v1/focus-areas/{code}")
    assert daemon.ok(f"/v1/focus-areas/{number}").json["links"]["self"] == f"/v1/focus-areas/{code}"


@pytest.mark.parametrize("number", ["0", "6", "01", "99999", "-1", "1.0"])
def test_focus_area_by_wrong_number(daemon, number):
    daemon.problem(f"/v1/focus-areas/{number}", 404, "not-found")


def test_measures_of_an_area_are_rows_too(daemon):
    rows = by_key(daemon.data("/v1/measures"))
    for area in daemon.data("/v1/focus-areas"):
        for measure in area["measures"]:
            row = rows.pop(measure["id"])
            assert row["focus_area"] == area["code"]
            assert measure.items() <= row.items()
    assert not rows


# Honest numbers.

@pytest.mark.parametrize("id, en, zh", [
    ("specialized-sme-count.2022.actual", "more than 70,000 enterprises", "超过7万家"),
    ("little-giant-count.2022.actual", "8,997 enterprises", "8997家"),
    ("small-micro-tax-fee-support-new.2022.actual", "more than 1.7 trillion yuan", "超过1.7万亿元"),
    ("industrial-sme-operating-revenue.2022.actual", "more than 80 trillion yuan", "超过80万亿元"),
    ("sme-count.2022.actual", "more than 52 million enterprises", "超过5200万家"),
    ("sme-tax-revenue-share.undated.actual", "50%", "50%"),
    ("sme-gdp-share.undated.actual", "more than 60%", "超过60%"),
    ("sme-characteristic-clusters-new.2023.target", "about 100 clusters", "约100个"),
])
def test_display(daemon, id, en, zh):
    assert daemon.data(f"/v1/observations/{id}?lang=en")["display"] == en
    assert daemon.data(f"/v1/observations/{id}?lang=zh")["display"] == zh
    assert daemon.data(f"/v1/observations/{id}?lang=all")["display"] == {"en": en, "zh": zh}


def test_a_qualifier_is_always_shown(daemon):
    words = {"en": {"more_than": "more than ", "about": "about "}, "zh": {"more_than": "超过", "about": "约"}}
    for lang, of in words.items():
        for row in daemon.data(f"/v1/observations?lang={lang}"):
            qualified = row["display"].startswith(tuple(of.values()))
            assert qualified == (row["qualifier"] != "exact"), row["display"]
            if qualified:
                assert row["display"].startswith(of[row["qualifier"]])


def test_intervals(daemon):
    for row in daemon.data("/v1/observations"):
        ends = row["lower"], row["lower_closed"], row["upper"], row["upper_closed"]
        if row["qualifier"] == "exact":
            assert ends == (row["value"], True, row["value"], True)
        elif row["qualifier"] == "about":
            assert ends == (None, None, None, None)
        else:
            top = 100 if row["unit"] == "percent" else None
            assert ends == (row["value"], None, top, None if top is None else True)


def test_undated_rows_answer_only_to_undated(daemon):
    undated = {row["id"] for row in daemon.data("/v1/observations?year=undated")}
    assert len(undated) == 5
    for year in ("2022", "2023", "1..9999".replace("1..", "0001.."), "2000..", "..2030"):
        answer = daemon.ok(f"/v1/observations?year={year}").json
        assert not undated & {row["id"] for row in answer["data"]}
        assert answer["meta"]["undated_excluded"] == 5
    for row in daemon.data("/v1/observations?year=undated"):
        assert (row["year"], row["period"], row["period_basis"]) == (None, "undated", "none")


def test_contribution_in_2022_is_empty_and_says_what_to_do(daemon):
    answer = daemon.ok("/v1/observations?category=contribution&year=2022").json
    assert answer["data"] == [] and answer["meta"]["total"] == 0 and answer["meta"]["undated_excluded"] == 5
    hints = answer["meta"]["hints"]
    assert hints
    for hint in hints:
        followed = daemon.ok(hint["try"]).json
        assert followed["meta"]["total"] == hint["rows"] > 0
    assert hints[0]["parameter"] == "year" and len(daemon.data(hints[0]["try"])) == 5


def test_target_and_baseline(daemon):
    row = daemon.data("/v1/targets/specialized-sme-count.2023.target")
    assert (row["value"], row["qualifier"], row["year"]) == (80000, "more_than", 2023)
    assert row["baseline"]["id"] == row["latest"]["id"] == "specialized-sme-count.2022.actual"
    assert row["actual"] is None and row["verdict"] == "not_due" and row["reason"]
    distance = row["distance"]
    assert (distance["lower"], distance["upper"], distance["unit"]) == (None, 10000, "enterprises")
    assert distance["reason"]
    assert row["focus_areas"] == [{"focus_area": "cultivation", "basis": "stated"}]


def test_target_without_actual_values(daemon):
    row = daemon.data("/v1/targets/sme-characteristic-clusters-new.2023.target")
    assert row["baseline"] is row["actual"] is row["latest"] is None
    assert row["distance"]["lower"] is row["distance"]["upper"] is row["distance"]["display"] is None
    assert row["distance"]["reason"] and row["verdict"] == "not_due"


def test_a_target_is_never_an_actual_value(daemon):
    assert daemon.data("/v1/observations?year=2023&kind=actual") == []
    assert {row["kind"] for row in daemon.data("/v1/observations?year=2023")} == {"target"}
    daemon.problem("/v1/targets/specialized-sme-count.2022.actual", 404, "not-found")


# Languages.

def languages_in(value):
    return [set(value)] if isinstance(value, dict) else []


@pytest.mark.parametrize("collection", COLLECTIONS + [""])
def test_lang_all_joins_both_languages(daemon, collection):
    def join(english, chinese, both, place):
        if isinstance(both, dict) and set(both) <= set(SME["languages"]) and not isinstance(english, dict):
            assert both["en"] == english, place
            # A text that has no translation is given once.
            assert both.get("zh", both["en"]) == chinese, place
        elif isinstance(both, dict):
            assert list(english) == list(chinese) == list(both), place
            for name in both:
                join(english[name], chinese[name], both[name], f"{place}.{name}")
        elif isinstance(both, list):
            assert len(english) == len(chinese) == len(both), place
            for i, item in enumerate(both):
                join(english[i], chinese[i], item, f"{place}[{i}]")
        else:
            assert english == chinese == both, place

    path = f"/v1/{collection}".rstrip("/")
    join(*(daemon.data(f"{path}?lang={lang}") for lang in ("en", "zh", "all")), "data")


def test_texts_are_the_dataset_s(daemon):
    for row in daemon.data("/v1/indicators?lang=all"):
        mine = model.indicators[row["code"]]
        for name in ("name", "description", "population", "denominator", "source_name"):
            wanted = mine.get(name)
            assert row[name] == (wanted if not isinstance(wanted, str) else {"en": wanted})
        assert row["notes"] == [note if not isinstance(note, str) else {"en": note} for note in mine.get("notes", [])]


def test_dataset(daemon):
    row = daemon.data("/v1")
    assert row["id"] == SME["id"] and row["languages"] == SME["languages"] and row["as_of"] == SME["as_of"]
    assert row["years"] == {"first": 2022, "last": 2023}
    for collection in COLLECTIONS:
        assert row["counts"][collection] == COUNTS[collection] - (collection == "years")
    assert (row["counts"]["actual"], row["counts"]["undated"]) == (15, 5)
    assert row["sources"] == daemon.data("/v1/sources")
    version = daemon.ok("/version").json
    assert version["dataset"] == {"id": row["id"], "version": row["version"]}
    assert daemon.ok("/readyz").json["version"] == row["version"]
    assert list(row) == members_of("Dataset")
    for dimension in row["dimensions"]:
        assert dimension["parameter"] in model.OBSERVATION_FILTERS
        if dimension["link"]:
            rows = daemon.data(dimension["link"])
            assert len(rows) == dimension["values"] + (dimension["parameter"] == "year")


# Links.

def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def links_in(answer):
    if answer.get("Content-Type").startswith("text/html"):
        found = re.findall(r'(?:href|src)="([^"#]+)"', answer.text.replace("&amp;", "&"))
        return {urllib.parse.urljoin(answer.target, link) for link in found}
    if not re.search(r"[/+]json", answer.get("Content-Type")):
        return set()
    if "openapi" in answer.get("Content-Type") or "schema" in answer.get("Content-Type"):
        return set()
    return {text for text in strings(answer.json) if re.match(r"/[a-z]", text)}


@pytest.mark.parametrize("accept", ["application/json", "text/html, application/json;q=0.5"])
def test_every_link_leads_somewhere(daemon, accept):
    seen, left = set(), {"/", "/v1"}
    while left:
        link = left.pop()
        seen.add(link)
        answer = daemon.get(link, Accept=accept)
        assert answer.status == 200, f"{link}: {answer!r}"
        # Queries lead on from page to page of the same rows; facets, from choice to choice without end: one step is enough.
        if not re.match(r"/v1/facets[^?]*\?", link):
            left |= links_in(answer) - seen
    for collection in COLLECTIONS:
        assert any(link.startswith(f"/v1/{collection}/") for link in seen)
    assert len(seen) > 150


def test_index(daemon):
    answer = daemon.ok("/").json
    assert answer["data"]["dataset"] == SME["id"]
    # What a page loads is named by the page.
    described = {path for path in DOCUMENT["paths"] if not re.match(r".*\{|/$|/docs/", path)}
    assert set(answer["links"].values()) == described


def test_problem_types(daemon):
    rows = daemon.data("/problems")
    assert [row["slug"] for row in rows] == [row["value"] for row in contract.SLUGS]
    for row in rows:
        assert daemon.ok(row["type"]).json == row
        chinese = daemon.ok(row["type"], Accept_Language="zh").json
        assert chinese["title"] != row["title"] and chinese["meaning"] != row["meaning"]
