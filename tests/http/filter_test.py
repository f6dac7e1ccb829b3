# SPDX-License-Identifier: MIT
"""Filters, search, fields, order, pages and languages, against a model that goes through the dataset row by row."""
import itertools
import json
import re
import urllib.parse

import pytest

import contract
import model
from contract import COLLECTIONS, DOCUMENT, SME

YEARS = ["2022", "2023", "2021", "undated", "2022,2023", "2022..2023", "2022..", "..2022", "..2021", "2023..",
         "0001..9999",
         "2022,undated", "undated,2023..", "2021..2022,undated", "..2022,2023..", "2022,2022", "2023,2022"]
VOCABULARIES = {
    "category": list(model.categories),
    "indicator": list(model.indicators),
    "focus_area": list(model.areas),
    "kind": ["actual", "target"],
    "unit": list(model.units),
    "qualifier": ["exact", "more_than", "at_least", "less_than", "at_most", "nearly", "about", "between"],
    "source": [row["code"] for row in SME["sources"]],
}
VALUES_ASKED = ["60..", "..60", "60", "50..70", "70000..", "..70000", "70000", "80000..", "..1e5", "0..100",
                "..-1", "-5..5", "59.5..60.5", "60.0..", "1700000000000..", "8997..8997", "1e12..1e14", "0..", "8996.999999..8997.000001"]
MATCHES = ["stated", "certain", "possible"]
MEASURE_KINDS = ["law", "regulation", "opinion", "plan", "programme", "target", "event", "document", "institution",
                 "fund",
                 "measure", "aim"]


def vocabulary(collection, name):
    return MEASURE_KINDS if (collection, name) == ("measures", "kind") else VOCABULARIES[name]


def link(collection, query):
    return f"/v1/{collection}" + ("?" if query else "") + "&".join(f"{name}={value}" for name, value in query.items())


def ids(answer, collection):
    return [row[model.KEY.get(collection, "code")] for row in answer["data"]]


def compare(daemon, collection, query):
    """The daemon and the model agree on rows, counts and hints."""
    answer = daemon.ok(link(collection, query)).json
    meta = answer["meta"]
    wanted = model.select(collection, query)
    assert ids(answer, collection) == wanted, query
    assert meta["total"] == meta["count"] == len(wanted)
    assert meta["undated_excluded"] == model.undated_excluded(collection, query), query
    if collection == "indicators":
        for row in answer["data"]:
            assert [o["id"] for o in row["observations"]] == model.embedded(query, row["code"]), query
    hints = meta["hints"]
    assert bool([h for h in hints if "year=undated" in h["try"]]) >= bool(meta["undated_excluded"])
    for hint in hints:
        if meta["undated_excluded"] or not wanted:
            followed = daemon.ok(hint["try"]).json
            assert followed["meta"]["total"] == hint["rows"] > 0, hint
    if wanted and not meta["undated_excluded"]:
        assert hints == []
    return answer


CASES = [(collection, name) for collection in COLLECTIONS for name in model.FILTERS[collection]]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_description_has_exactly_these_filters(collection):
    described = {p["name"] for p in contract.parameters_of(f"/v1/{collection}", "get") if p["in"] == "query"}
    others = {"fields", "sort", "limit", "offset", "lang", "format", "shape", "bom", "formulas", "pretty"}
    if collection != "years":
        others.add("q")
    if collection in model.MEASURED:
        others |= {"value", "match", "latest"}
    filters = set(model.FILTERS[collection])
    assert described == filters | {f"{name}.not" for name in filters} | others


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_parameters_that_are_not_described_are_refused(daemon, collection):
    described = {p["name"] for p in contract.parameters_of(f"/v1/{collection}", "get")}
    everywhere = {p["name"] for p in DOCUMENT["components"]["parameters"].values() if p["in"] == "query"}
    for name in sorted(everywhere - described):
        answer = daemon.problem(f"/v1/{collection}?{name}=x", 400, "unknown-parameter")
        assert answer.errors[0]["parameter"] == name


@pytest.mark.parametrize("suffix", ["", ".not"])
@pytest.mark.parametrize("collection, name", CASES)
def test_each_filter(daemon, collection, name, suffix):
    if name == "year":
        values = YEARS
    else:
        codes = vocabulary(collection, name)
        values = codes + [",".join(pair) for pair in itertools.pairwise(codes)] + [",".join(codes)]
    for value in values:
        compare(daemon, collection, {name + suffix: value})


@pytest.mark.parametrize("match", [None] + MATCHES)
@pytest.mark.parametrize("collection", model.MEASURED)
def test_value(daemon, collection, match):
    found = {}
    for value in VALUES_ASKED:
        query = {"value": value, **({"match": match} if match else {})}
        answer = compare(daemon, collection, query)
        found[value] = ids(answer, collection)
        for code in list(model.indicators)[::5] if collection == "indicators" else ():
            rows = daemon.data(link(f"indicators/{code}", query))["observations"]
            assert [row["id"] for row in rows] == model.embedded(query, code)
    assert any(found.values())


@pytest.mark.parametrize("collection", model.MEASURED)
def test_value_and_latest_with_each_other_filter(daemon, collection):
    for number, (name, suffix) in enumerate(itertools.product(model.FILTERS[collection], ("", ".not"))):
        values = YEARS if name == "year" else vocabulary(collection, name)
        for position, value in enumerate(values[:8]):
            query = {name + suffix: value}
            if (number + position) % 3:
                query["value"] = VALUES_ASKED[(number * 5 + position) % len(VALUES_ASKED)]
                query["match"] = MATCHES[(number + position) % len(MATCHES)]
            if (number + position) % 3 != 1:
                query["latest"] = "true"
            compare(daemon, collection, query)


def test_what_a_value_filter_empties_says_so(daemon):
    answer = daemon.ok("/v1/observations?value=..-1&match=certain&category=cultivation&latest=true").json
    (hint,) = answer["meta"]["hints"]
    assert (hint["parameter"], hint["rows"]) == ("value", 4)
    assert hint["try"] == "/v1/observations?category=cultivation&latest=true"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", ["/v1/observations", "/v1/targets", "/v1/indicators", "/v1/indicators/sme-count"])
def test_match_needs_value(daemon, path, lang):
    answer = daemon.problem(f"{path}?match=certain&lang={lang}", 400, "missing-parameter")
    (error,) = answer.errors
    assert (error["parameter"], error["value"], error["allowed"]) == ("match", "certain", "value")
    assert "match" in error["detail"] and "value" in error["detail"]
    assert error["try"] == f"{path}?lang={lang}" and daemon.ok(error["try"])
    answer = daemon.problem(f"{path}?match=stated&limt=3", 400, "unknown-parameter")
    assert [error["parameter"] for error in answer.errors] == ["limt", "match"]
    # Of a value that cannot be read only that is told.
    answer = daemon.problem(f"{path}?match=possible&value=x", 400, "invalid-value")
    assert [error["parameter"] for error in answer.errors] == ["value"]
    assert daemon.ok(answer.errors[0]["try"])


@pytest.mark.parametrize("collection", [name for name in COLLECTIONS if len(model.FILTERS[name]) > 1])
def test_two_filters(daemon, collection):
    names = [name + suffix for name in model.FILTERS[collection] for suffix in ("", ".not")]
    for first, second in itertools.combinations(names, 2):
        for i in range(3):
            query = {}
            for name in (first, second):
                values = YEARS if name.startswith("year") else vocabulary(collection, name.removesuffix(".not"))
                query[name] = values[(i * 2 + len(name)) % len(values)]
            compare(daemon, collection, query)


@pytest.mark.parametrize("collection", ["observations", "indicators", "targets"])
def test_many_filters(daemon, collection):
    names = [name + suffix for name in model.FILTERS[collection] for suffix in ("", ".not")]
    for number in range(150):
        query = {}
        for position, name in enumerate(names):
            if (number * 7 + position * position * 5) % 6 > 1:
                continue
            values = YEARS if name.startswith("year") else vocabulary(collection, name.removesuffix(".not"))
            query[name] = values[(number + 3 * position) % len(values)]
        compare(daemon, collection, query)


@pytest.mark.parametrize("name, values", [
    ("year", YEARS), ("year.not", YEARS), ("kind", ["actual", "target"]), ("kind.not", ["actual", "target"]),
    ("qualifier", VOCABULARIES["qualifier"]), ("qualifier.not", VOCABULARIES["qualifier"]),
    ("source", VOCABULARIES["source"]), ("source.not", VOCABULARIES["source"])
])
def test_filters_inside_one_indicator(daemon, name, values):
    for code in model.indicators:
        for value in values:
            answer = daemon.ok(f"/v1/indicators/{code}?{name}={value}").json
            assert [row["id"] for row in answer["data"]["observations"]] == model.embedded({name: value}, code)
            assert isinstance(answer["data"], dict)


# One spelling for one query.

@pytest.mark.parametrize("one, other", [
    ("observations?year=2021,2022&kind=actual", "observations?kind=actual&year=2022,2021"),
    ("observations?year=2021,2022", "observations?year=2021..2022"),
    ("observations?year=2020,2021,2022", "observations?year=2020..2021,2021..2022"),
    ("observations?year=2022,undated", "observations?year=undated,2022"),
    ("observations?year=..2022", "observations?year=..2021,2022"),
    ("observations?category=cultivation,contribution", "observations?category=contribution,cultivation"),
    ("observations?category=cultivation,cultivation", "observations?category=cultivation"),
    ("observations?kind.not=target&category.not=cultivation", "observations?category.not=cultivation&kind.not=target"),
    ("observations?q=little+giant", "observations?q=little%20giant"),
    ("observations?limit=5&offset=0", "observations?limit=5"),
    ("observations?%63ategory=cultivation", "observations?category=cultivation"),
    ("observations?category=c%75ltivation&&", "observations?category=cultivation"),
    ("focus-areas/2", "focus-areas/cultivation"),
    ("observations?", "observations"),
    ("observations?match=possible&value=60..", "observations?value=60.0..&match=possible"),
    ("observations?value=60&match=stated", "observations?value=60..60"),
    ("observations?value=6e1..1E2&latest=false", "observations?value=60..100"),
    ("indicators?latest=true&value=-0", "indicators?value=0&latest=true"),
])
def test_equal_queries_have_one_link_and_one_answer(daemon, one, other):
    first, second = daemon.ok(f"/v1/{one}"), daemon.ok(f"/v1/{other}")
    assert first.json["links"]["self"] == second.json["links"]["self"]
    assert first.body == second.body and first.get("ETag") == second.get("ETag")


@pytest.mark.parametrize("query", [
    "year=2021..,undated", "year=..2022", "year=0001..9999", "year.not=2022&kind=target", "q=%E4%B8%AD%E5%B0%8F+%25",
    "q=a%26b%3Dc", "value=-1.50..1e17&match=certain&latest=true", "match=possible&value=..0.000001",
    "sort=-value,id&limit=3&offset=6", "fields=value,id&lang=all&pretty=true&format=json",
    "category=cultivation&limit=0"])
def test_self_is_a_fixed_point(daemon, query):
    answer = daemon.ok(f"/v1/observations?{query}")
    link = answer.json["links"]["self"]
    again = daemon.ok(link)
    assert again.json["links"]["self"] == link and again.json == answer.json
    assert not re.search(r"[][{}$!();*| <>\"'`\\^]", link), link


# Search.

@pytest.mark.parametrize("collection", [name for name in COLLECTIONS if name != "years"])
@pytest.mark.parametrize("words", [
    "specialized", "SPECIALIZED", "little giant", "giant little", "小巨人", "中小企业", "专精特新 中小企业", "SME", "tax", "GDP",
    "ｇｄｐ",
    "percent", "百分", "financ", "no-such-word-anywhere", "Sérvice", "sĕrvice", "国务院", "enterprise 企业", "%", "-", "'",
    "\"", "5"])
def test_search(daemon, collection, words):
    answer = daemon.ok(f"/v1/{collection}?q={urllib.parse.quote(words)}").json
    assert ids(answer, collection) == model.search(collection, words)
    assert answer["meta"]["total"] == len(answer["data"])


def test_search_finds_in_both_languages_whatever_the_language_of_the_answer(daemon):
    for lang in ("en", "zh", "all"):
        for words in ("little giant", "小巨人"):
            rows = daemon.data(f"/v1/indicators?q={urllib.parse.quote(words)}&lang={lang}")
            assert "little-giant-count" in [row["code"] for row in rows]


@pytest.mark.parametrize("collection", [
    "indicators", "observations", "categories", "units", "sources", "measures", "focus-areas"
])
def test_matched_names_members_that_hold_the_words(daemon, collection):
    word = {"units": "percent", "sources": "council", "categories": "sme"}.get(collection, "finan")
    for row in daemon.data(f"/v1/{collection}?q={word}&lang=all"):
        assert row["matched"] and len(row["matched"]) == len(set(row["matched"]))
        for where in row["matched"]:
            name, language = where.rsplit(".", 1)
            assert language in SME["languages"]
            if "." not in name and name in row and name not in ("category", "speaker", "notes", "population"):
                held = row[name] if isinstance(row[name], list) else [row[name]]
                assert any(word in model.fold(text[language]) for text in held if language in text), (where, row[name])


def test_search_and_filter(daemon):
    answer = daemon.ok("/v1/observations?q=enterprises&year=2022&kind=actual").json
    found = set(model.search("observations", "enterprises"))
    assert ids(answer, "observations") == [key for key in model.select("observations", {"year": "2022"})
                                           if key in found]


@pytest.mark.parametrize("words", ["enterprises", "share", "specialized"])
def test_latest_is_the_newest_of_what_was_found(daemon, words):
    query = {"latest": "true", "value": "1..", "match": "possible"}
    answer = daemon.ok(link("observations", {"q": words, **query})).json
    assert ids(answer, "observations") == model.observed(query, set(model.search("observations", words))) != []


def test_a_search_without_hits_says_so(daemon):
    answer = daemon.ok("/v1/observations?q=zzzz&category=cultivation").json
    assert answer["data"] == [] and answer["meta"]["total"] == 0
    (hint,) = answer["meta"]["hints"]
    assert hint["parameter"] == "q" and hint["rows"] == 4
    assert daemon.ok(hint["try"]).json["meta"]["total"] == 4


# Fields.

@pytest.mark.parametrize("collection", COLLECTIONS + ["dataset"])
def test_fields_one_by_one_and_backwards(daemon, collection):
    path = "/v1" if collection == "dataset" else f"/v1/{collection}"
    fields = next(p for p in contract.parameters_of(path, "get") if p["name"] == "fields")["schema"]["items"]["enum"]
    whole = daemon.data(path)
    rows = whole if isinstance(whole, list) else [whole]
    for name in fields:
        found = daemon.data(f"{path}?fields={name}")
        assert [list(row) for row in (found if isinstance(found, list) else [found])] == [[name]] * len(rows)
        for row, alone in zip(rows, found if isinstance(found, list) else [found]):
            assert name == "matched" or alone[name] == row[name]
    backwards = [name for name in reversed(fields) if name != "matched"]
    found = daemon.data(f"{path}?fields={','.join(backwards)}")
    for row, other in zip(rows, found if isinstance(found, list) else [found]):
        assert list(other) == backwards and other == {name: row[name] for name in backwards}
    if collection != "dataset":
        key = (rows[0].get("id") or rows[0].get("code"))
        assert list(daemon.data(f"{path}/{key}?fields={','.join(backwards)}")) == backwards


# Order.

def sort_keys(path):
    return next(p for p in contract.parameters_of(path, "get") if p["name"] == "sort")["schema"]["items"]["enum"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_sort_by_each_field(daemon, collection):
    key = model.KEY.get(collection, "code")
    rows = daemon.data(f"/v1/{collection}")
    for name in sort_keys(f"/v1/{collection}"):
        field = name.removeprefix("-")
        found = daemon.data(f"/v1/{collection}?sort={name}")

        def rank(row):
            value = row[field]
            return value.encode() if isinstance(value, str) else value

        wanted = sorted((row for row in rows if row[field] is not None), key=lambda row: row[key].encode())
        wanted.sort(key=rank, reverse=name.startswith("-"))
        if name.startswith("-"):  # reversing a stable sort keeps equal rows in order, so ties are still by id
            assert [rank(row) for row in wanted] == sorted(map(rank, wanted), reverse=True)
        wanted += sorted((row for row in rows if row[field] is None), key=lambda row: row[key].encode())
        assert [row[key] for row in found] == [row[key] for row in wanted], name


def test_sort_by_two_fields(daemon):
    rows = daemon.data("/v1/observations?sort=unit,-value")
    assert rows == sorted(rows, key=lambda row: (row["unit"], -row["value"], row["id"]))


def test_sort_by_a_text_follows_the_language(daemon):
    for lang in ("en", "zh"):
        names = [row["name"].encode() for row in daemon.data(f"/v1/indicators?sort=name&lang={lang}")]
        assert names == sorted(names)


# Pages.

@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("limit", [1, 2, 5, 7, 1000])
def test_pages_cover_everything_once(daemon, collection, limit):
    query = f"/v1/{collection}?limit={limit}&sort=-{'code' if collection not in model.KEY else 'id'}"
    whole = [row["links"]["self"] for row in daemon.data(query.replace(f"limit={limit}", "limit=10000"))]
    seen, forwards, link = [], [], query
    while link:
        answer = daemon.ok(link)
        links, meta = answer.json["links"], answer.json["meta"]
        header = dict((rel, target) for target, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.get("Link") or ""))
        assert header == {rel: links[rel] for rel in ("next", "prev") if links[rel]}
        assert meta["total"] == len(whole) and meta["limit"] == limit and meta["offset"] == len(seen)
        assert meta["count"] == len(answer.data)
        seen += [row["links"]["self"] for row in answer.data]
        forwards.append(links["self"])
        link = links["next"]
    assert seen == whole
    backwards = [forwards[-1]]
    while link := daemon.ok(backwards[-1]).json["links"]["prev"]:
        backwards.append(link)
    assert backwards[::-1] == forwards


def test_the_edges_of_pages(daemon):
    answer = daemon.ok("/v1/observations?limit=0").json
    assert answer["data"] == [] and answer["meta"]["total"] == 17 and answer["meta"]["hints"] == []
    assert answer["links"]["next"] is None and answer["links"]["prev"] is None
    answer = daemon.ok("/v1/observations?limit=5&offset=100").json
    assert answer["data"] == [] and answer["meta"]["total"] == 17 and answer["links"]["next"] is None
    assert len(daemon.data(answer["links"]["prev"])) == 5
    answer = daemon.ok("/v1/observations?limit=5&offset=12").json
    assert answer["links"]["next"] is None and len(answer["data"]) == 5
    assert daemon.ok("/v1/observations?limit=10000&offset=1000000000").data == []
    assert daemon.ok("/v1/observations?offset=3").json["links"]["prev"]


# Languages and layout.

@pytest.mark.parametrize("accept, lang", [
    (None, "en"), ("zh", "zh"), ("zh-CN", "zh"), ("zh-Hans-CN,en;q=0.5", "zh"), ("en;q=0.5, zh;q=0.6", "zh"),
    ("fr", "en"),
    ("fr, zh;q=0.1", "zh"), ("zh;q=0", "en"), ("*", "en"), ("EN", "en"), ("de,*;q=0.5", "en"), ("", "en"),
    ("zh;q=0.001", "zh"),
    (";;;,,,", "en")])
def test_language_by_header(daemon, accept, lang):
    answer = daemon.request("GET", "/v1/indicators", {"Accept-Language": accept} if accept is not None else {})
    assert answer.json["meta"]["lang"] == answer.get("Content-Language") == lang
    assert answer.data == daemon.data(f"/v1/indicators?lang={lang}")


@pytest.mark.parametrize("lang, content", [("en", "en"), ("zh", "zh"), ("all", "en, zh")])
@pytest.mark.parametrize("accept", ["en", "zh"])
def test_language_by_parameter_wins(daemon, lang, content, accept):
    answer = daemon.ok(f"/v1/years?lang={lang}", Accept_Language=accept)
    assert answer.get("Content-Language") == content and answer.json["meta"]["lang"] == lang


@pytest.mark.parametrize("path",
                         [path for path in DOCUMENT["paths"] if path == "/v1" or re.fullmatch(r"/v1/[a-z-]+", path)])
def test_pretty_changes_the_layout_alone(daemon, path):
    plain, pretty, flat = (daemon.ok(f"{path}{query}") for query in ("", "?pretty=true", "?pretty=false"))
    for answer in (plain, flat):
        assert "\n" not in answer.text[:-1]
        assert answer.text == json.dumps(answer.json, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert pretty.text == json.dumps(pretty.json, ensure_ascii=False, indent=2) + "\n"
    assert plain.data == pretty.data == flat.data


# Every parameter on every resource.

VALUES = {"value": "60..", "match": "certain", "latest": "true",
          "fields": None, "sort": None, "q": "e", "limit": "1", "offset": "1", "lang": "zh", "format": "json",
          "pretty": "true", "shape": "columns", "bom": "true", "formulas": "escape",
          "year": "2022", "year.not": "2022"}


@pytest.mark.parametrize("template", [path for path in DOCUMENT["paths"]
                                      if path.startswith("/v1") and path != "/v1/dimensions/{id}"])
def test_every_described_parameter_is_taken(daemon, template):
    path = template
    for parameter in contract.parameters_of(template, "get"):
        if parameter["in"] == "path":
            path = path.replace("{id}", parameter["example"])
    collection = template.split("/")[2] if template != "/v1" else ""
    for parameter in contract.parameters_of(template, "get"):
        name = parameter["name"]
        if parameter["in"] == "header":
            value = {"If-None-Match": '"x"', "Smestat-As-Of": "2023-03-01"}.get(name, "zh")
            assert daemon.request("GET", path, {name: value}).status == 200
        elif parameter["in"] == "query":
            value = VALUES.get(name)
            if value is None and name in ("fields", "sort"):
                value = ",".join(parameter["schema"]["items"]["enum"][:8 if name == "sort" else None])
            elif value is None:
                value = vocabulary(collection, name.removesuffix(".not"))[0]
            schema = parameter["schema"]
            assert not contract.faults(schema, contract.typed(schema, value), daemon.schemas), (name, value)
            beside = {"match": "&value=..100", "bom": "&format=csv", "formulas": "&format=csv"}
            daemon.ok(f"{path}?{name}={value}{beside.get(name, '')}")
