# SPDX-License-Identifier: MIT
"""Selecting, searching, sorting and counting, held against rows read one by one: nothing here knows of an index.

A dataset is drawn with all that an index could trip over: codes of few rows and of very many, codes that begin like
others, rows without a year, a number, or both, texts on few rows, several dimensions. The unfiltered answer is the truth
about single rows; what a query leaves of them, and in which order, is worked out here.
"""
import functools
import itertools
import json
import os
import random
import re
import urllib.parse
from decimal import Decimal

import pytest

import contract
import model
from daemon import Daemon

ROWS = 4500
# Queries that are drawn for a dataset: more for the one that was made for it.
QUERIES = ({"drawn": 30, "sme": 10, "sme-series": 10} if os.environ.get("BRIEF") == "true" else
           {"drawn": 120, "sme": 40, "sme-series": 40})
CODES = ["a", "a-b", "a-b-c", "a0", "ab", "a-0", "b", "b-1", "b-10", "b-2", "b1", "b10", "b2", "c", "c-c", "cc", "0",
         "0-0", "00"]
QUALIFIERS = ["exact"] * 20 + ["more_than", "at_least", "less_than", "at_most", "nearly", "about", "between"]
WORDS = ["alpha", "beta", "gamma", "delta", "épsilon", "ZETA", "企业", "小巨人"]


def draw_text(draw, least=1):
    return " ".join(draw.sample(WORDS, draw.randint(least, 3)))


def draw_texts(draw):
    return {"en": draw_text(draw), "zh": draw_text(draw)} if draw.random() < 0.6 else {"en": draw_text(draw)}


def draw_indicator(draw, code, categories, units):
    row = {"code": code, "name": draw_texts(draw), "category": draw.choice(categories), "unit": draw.choice(units),
           "measure": "stock"}
    for name in ("population", "description", "source_name"):
        if draw.random() < 0.4:
            row[name] = draw_texts(draw)
    if draw.random() < 0.3:
        row["aliases"] = [draw_texts(draw)]
    if draw.random() < 0.2:
        row["notes"] = [draw_texts(draw)]
    return row


def draw_period(draw):
    kind = draw.randrange(10)
    if kind == 0:
        return None
    year = draw.choice([1999, 2015, 2018, 2019, 2020, 2021, 2022])
    return str(year) if kind < 8 else f"{year}-{draw.choice(['01-01', '06-30', '12-31'])}"


def draw_number(draw):
    """Of all sizes, close neighbours among them, with and without zeros at the end."""
    kind = draw.randrange(5)
    if kind == 0:
        return str(draw.randint(0, 40))
    if kind == 1:
        return f"{draw.randint(0, 999)}.{draw.randint(0, 9)}0"
    if kind == 2:
        return f"{draw.randint(1, 99)}e{draw.randint(-9, 14)}"
    if kind == 3:
        return str(10 ** 17 + draw.randint(-2, 2))
    return str(draw.randint(0, 10 ** draw.randint(1, 17)))


def draw_observation(draw, indicators, dimensions):
    row = {"indicator": draw.choice(indicators), "kind": draw.choice(["actual", "actual", "actual", "target"]),
           "period": draw_period(draw), "source": draw.choice(["often", "often", "often", "seldom"]),
           "dimensions": {code: draw.choice(values[:draw.choice([1, 3, len(values)])])
                          for code, values in dimensions.items()}}
    row["period_basis"] = "stated" if row["period"] else "none"
    if draw.random() < 0.1:
        row |= {"value": None, "status": draw.choice(["missing", "suppressed"])}
    else:
        row |= {"value": Decimal(draw_number(draw)), "qualifier": draw.choice(QUALIFIERS)}
        if row["qualifier"] == "between":
            row["upper"] = row["value"] + 1
            if len((row["value"] + 1).normalize().as_tuple().digits) > 18:
                return None
        if row["qualifier"] == "nearly" and not row["value"]:
            return None
    for name in ("wording", "population"):
        if draw.random() < 0.04:
            row[name] = draw_texts(draw)
    if draw.random() < 0.04:
        row["notes"] = [draw_texts(draw)]
    if draw.random() < 0.1:
        row["as_of"] = f"{draw.randint(2018, 2022)}-{draw.choice(['03-31', '12-30', '12-31'])}"
    return row


def draw_document(seed):
    draw = random.Random(seed)
    sources = [{"code": code, "title": code, "date": "2023-01-01", "date_basis": "stated"}
               for code in ("often", "seldom")]
    units = [{"code": "shops", "name": {"en": "shops", "zh": "家"}, "min": 0}, {"code": "free", "name": "free"},
             {"code": "yuan", "name": "yuan", "pattern": {"en": "¥{} in all", "zh": "{}元"}}]
    categories = [{"code": code, "name": draw_texts(draw)} for code in ("c", "c-0", "many", "unused")]
    indicators = [draw_indicator(draw, code, ["c", "c-0", "many", "many", "many"], [unit["code"] for unit in units])
                  for code in draw.sample(CODES, len(CODES))]
    dimensions = {"size": draw.sample(CODES, 7), "region": draw.sample(CODES, len(CODES))}
    taken, observations = set(), []
    while len(observations) < ROWS:
        row = draw_observation(draw, [indicator["code"] for indicator in indicators], dimensions)
        key = row and (row["indicator"], row["period"], row["kind"], *row["dimensions"].values())
        if key and key not in taken:
            taken.add(key)
            observations.append(row)
    areas = [{"code": code, "order": order + 1, "ordinal_basis": "stated", "title": code, "title_basis": "stated",
              "source_title": code,
              "period": "2022", "period_basis": "stated", "measures": [],
              "indicators": [{"indicator": indicator["code"], "basis": "stated",
                              **({"kind": draw.choice(["actual", "target"])} if draw.random() < 0.5 else {})}
                             for indicator in draw.sample(indicators, size)]}
             for order, (code, size) in enumerate((("wide", 12), ("narrow", 1)))]
    return {"format": "smestat-dataset-1", "id": "drawn", "title": "Drawn", "languages": ["en", "zh"],
            "as_of": "2023-01-01", "units": units, "sources": sources, "categories": categories,
            "indicators": indicators, "focus_areas": areas, "observations": observations,
            "dimensions": [{"code": code, "name": code,
                            "values": [{"code": value, "name": draw_texts(draw)} for value in values]}
                           for code, values in dimensions.items()]}


def spelt(document):
    """As JSON with numbers as they were drawn, exponents and zeros at the end included."""
    numbers = []

    def keep(number):
        numbers.append(str(number))
        return f"#{len(numbers) - 1}#"

    text = json.dumps(document, default=keep, ensure_ascii=False)
    return re.sub('"#([0-9]+)#"', lambda match: numbers[int(match[1])], text)


@functools.cache
def listed(value):
    return value.split(",")


class Oracle:
    """The unfiltered rows of a running daemon, and the document that it serves."""

    def __init__(self, daemon, document):
        self.daemon, self.document = daemon, document
        self.languages = document["languages"]
        self.dimensions = [row["code"] for row in document.get("dimensions", [])]
        self.filters = [*model.OBSERVATION_FILTERS, *self.dimensions]
        self.rows = {language: self.served(f"/v1/observations?limit=10000&lang={language}")
                     for language in self.languages}
        self.first = self.rows[self.languages[0]]
        self.indicators = {row["code"]: row for row in document["indicators"]}
        self.areas = document.get("focus_areas", [])
        self.values = {"year": sorted({row["year"] for row in self.first if row["year"]}),
                       "focus_area": [area["code"] for area in self.areas],
                       **{row["code"]: [value["code"] for value in row["values"]]
                          for row in document.get("dimensions", [])},
                       **{name: [row["code"] for row in document[collection]] for name, collection in
                          (("category", "categories"), ("indicator", "indicators"), ("unit", "units"),
                           ("source", "sources"))},
                       "kind": ["actual", "target"], "qualifier": sorted(set(QUALIFIERS))}
        self.having = {name: [self.codes_of(name, row) for row in self.first] for name in self.filters}
        self.texts = [[model.fold(text) for text in self.texts_of(row)] for row in document["observations"]]

    def served(self, target):
        return json.loads(self.daemon.ok(target).text, parse_float=Decimal, parse_int=Decimal)["data"]

    def areas_of(self, indicator, kind=None):
        return {area["code"] for area in self.areas for link in area.get("indicators", [])
                if link["indicator"] == indicator and (kind is None or link.get("kind") in (None, kind))}

    def codes_of(self, name, row):
        if name == "focus_area":
            return self.areas_of(row["indicator"], row["kind"])
        return {row[name]} - ({None} if name == "qualifier" else set())

    def texts_of_indicator(self, row):
        (category,) = [c for c in self.document["categories"] if c["code"] == row["category"]]
        return [text for name in ("name", "aliases", "source_name", "description", "population", "denominator", "notes")
                for text in model.texts(row.get(name))] + model.texts(category["name"])

    def texts_of(self, row):
        return self.texts_of_indicator(self.indicators[row["indicator"]]) + \
            [text for name in ("wording", "population", "notes") for text in model.texts(row.get(name))]

    def passes(self, name, value, codes):
        base, negated = name.removesuffix(".not"), name.endswith(".not")
        if base == "year":
            (year,) = codes
            return (year is not None and not model.has_year(value, year)) if negated else model.has_year(value, year)
        return codes.isdisjoint(listed(value)) == negated

    def in_range(self, row, text, match):
        if row["value"] is None:
            return match == "possible" and row["status"] == "suppressed"
        first, dots, last = text.partition("..")
        least = Decimal(first) if first else None
        most = Decimal(last if dots else first) if last or not dots else None
        lower, upper = (row["value"], row["value"]) if match == "stated" else (row["lower"], row["upper"])
        if match != "possible":
            return (least is None or (lower is not None and lower >= least)) and \
                (most is None or (upper is not None and upper <= most))
        below = least is not None and upper is not None and \
            (upper < least or (upper == least and row["upper_closed"] is False))
        above = most is not None and lower is not None and \
            (lower > most or (lower == most and row["lower_closed"] is False))
        return not below and not above

    def day(self, row):
        if row["period"] == "undated":
            return ""
        if row["as_of"] and row["as_of"].startswith(row["period"]):
            return row["as_of"]
        return row["period"] if len(row["period"]) == 10 else f"{row['period']}-12-31"

    def newest(self, found):
        best = {}
        for i in found:
            key = tuple(self.first[i][name] for name in ("indicator", "kind", *self.dimensions))
            if key not in best or self.day(self.first[i]) >= self.day(self.first[best[key]]):
                best[key] = i
        return sorted(best.values())

    def select(self, query, without=None, latest=True, search=True):
        """The numbers of the rows that a query leaves, perhaps without one of its filters."""
        found = range(len(self.first))
        for name, value in query.items():
            base = name.removesuffix(".not")
            if base in self.filters and base != without:
                found = [i for i in found if self.passes(name, value, self.having[base][i])]
        if "value" in query and without != "value":
            match = query.get("match", "stated")
            found = [i for i in found if self.in_range(self.first[i], query["value"], match)]
        if "q" in query and without != "q" and search:
            words = model.fold(query["q"]).split()
            found = [i for i in found if all(any(word in text for text in self.texts[i]) for word in words)]
        return self.newest(found) if latest and "latest" in query else list(found)

    def only_undated(self, query):
        """The query with the rows that a choice of years leaves out, or None if it leaves none out."""
        excludes = ("year" in query and "undated" not in query["year"].split(",")) or "year.not" in query
        rest = {name: value for name, value in query.items() if name.removesuffix(".not") != "year"}
        return {**rest, "year": "undated"} if excludes else None

    def sorted(self, found, keys, language):
        rows = self.rows[language]

        def place(value, descending):
            """Something that compares as the column does: missing ones last in both directions."""
            return (value is None, Turned(value) if descending and value is not None else value)

        def key(i):
            value = [rows[i][name.lstrip("-")] for name in keys]
            value = [v.encode() if isinstance(v, str) else v for v in value]
            return [place(v, name[0] == "-") for v, name in zip(value, keys)] + [rows[i]["id"].encode()]

        return sorted(found, key=key)


class Turned:
    """A value in the opposite order."""

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return other.value < self.value

    def __eq__(self, other):
        return other.value == self.value


def documents():
    return {"drawn": draw_document(1), "sme": contract.SME,
            "sme-series": json.loads((contract.ROOT / "api" / "sme-series.json").read_text("utf-8"))}


@pytest.fixture(scope="module", params=list(QUERIES))
def oracle(request, tmp_path_factory):
    document, dataset = documents()[request.param], f"builtin:{request.param}"
    if request.param == "drawn":
        dataset = tmp_path_factory.mktemp("selection") / "drawn.json"
        dataset.write_text(spelt(document), "utf-8")
        document = json.loads(dataset.read_text("utf-8"), parse_float=Decimal)
    with Daemon("--dataset", dataset, validate=False) as daemon:
        yield Oracle(daemon, document), random.Random(request.param), QUERIES[request.param]


def draw_query(oracle, draw, density):
    query = {}
    for name in oracle.filters:
        for suffix in ("", ".not"):
            if not oracle.values[name] or draw.random() > density * (0.6 if suffix else 1):
                continue
            if name == "year":
                first, last = sorted(draw.choices(oracle.values["year"], k=2))
                query[name + suffix] = draw.choice([f"{first}", f"{first}..{last}", f"{first}..", f"..{last},undated",
                                                    f"{first},{last}", "undated"]) if first != last else f"{first}"
            else:
                size = min(draw.choice([1, 1, 2, 3, 10]), len(oracle.values[name]))
                query[name + suffix] = ",".join(draw.sample(oracle.values[name], size))
    if draw.random() < density:
        number = draw.choice([row["value"] for row in oracle.first if row["value"] is not None])
        query["value"] = draw.choice(["{:f}", "{:f}..", "..{:f}", "0..{:f}"]).format(number)
        if draw.random() < 0.7:
            query["match"] = draw.choice(["stated", "certain", "possible"])
    if draw.random() < density:
        query["q"] = " ".join(word[:draw.randint(1, len(word))] for word in
                              draw.choice(draw.choice(oracle.texts)).split()[:draw.choice([1, 1, 2])])
    if draw.random() < density:
        query["latest"] = "true"
    return query


def target(path, query):
    return path + "?" + "&".join(f"{name}={urllib.parse.quote(value, safe=',.')}" for name, value in query.items())


def queries(drawn, share=1):
    oracle, draw, count = drawn
    for i in range(count // share):
        yield draw_query(oracle, draw, (0, 0.05, 0.1, 0.15, 0.25)[i % 5])


def test_selections(oracle):
    truth = oracle[0]
    for query in queries(oracle):
        found = truth.select(query)
        answer = truth.daemon.ok(target("/v1/observations", {**query, "fields": "id", "limit": "10000"})).json
        ids = [truth.first[i]["id"] for i in found]
        assert [row["id"] for row in answer["data"]] == ids, query
        assert answer["meta"]["total"] == len(ids), query
        undated = truth.only_undated(query)
        excluded = len(truth.select(undated)) if undated else 0
        assert answer["meta"].get("undated_excluded", 0) == excluded, query
        for hint in answer["meta"].get("hints", []):
            wanted = excluded if "undated" in hint["try"] and hint["parameter"] == "year" else \
                len(truth.select(query, without=hint["parameter"]))
            assert hint["rows"] == wanted, (query, hint)
        page = truth.daemon.ok(target("/v1/observations", {**query, "fields": "id", "limit": "7", "offset": "5"})).data
        assert [row["id"] for row in page] == ids[5:12], query
        if not any(name.startswith("kind") for name in query):
            targets = truth.select({**query, "kind": "target"})
            assert truth.daemon.ok(target("/v1/targets", {**query, "fields": "id", "limit": "10000"})).data == \
                [{"id": truth.first[i]["id"]} for i in targets], query


def test_indicators(oracle):
    truth = oracle[0]
    for query in queries(oracle, 3):
        left = truth.select(query, search=False)
        own = {"category": lambda row: {row["category"]}, "unit": lambda row: {row["unit"]},
               "indicator": lambda row: {row["code"]}, "focus_area": lambda row: truth.areas_of(row["code"])}
        rows = [row for row in truth.document["indicators"] if all(
            truth.passes(name, value, own[name.removesuffix(".not")](row)) for name, value in query.items()
            if name.removesuffix(".not") in own)]
        others = [name for name in query if name.removesuffix(".not") not in (*own, "q", "match", "latest")]
        if others:
            rows = [row for row in rows if any(truth.first[i]["indicator"] == row["code"] for i in left)]
        if "q" in query:
            words = model.fold(query["q"]).split()
            rows = [row for row in rows if all(any(word in model.fold(text) for text in truth.texts_of_indicator(row))
                                               for word in words)]
        got = truth.daemon.ok(target("/v1/indicators", {**query, "fields": "code,observations"})).data
        assert [row["code"] for row in got] == [row["code"] for row in rows], query
        for row in got:
            assert [inner["id"] for inner in row["observations"]] == \
                [truth.first[i]["id"] for i in left if truth.first[i]["indicator"] == row["code"]], query


def test_facets(oracle):
    truth = oracle[0]
    for query in queries(oracle, 3):
        for facet in truth.daemon.ok(target("/v1/facets", query)).data:
            name = facet["parameter"]
            assert facet["observations"] == len(truth.select(query, without=name)), (query, name)
            having = {}
            for i in truth.select(query, without=name, latest=False):
                for code in truth.having[name][i]:
                    having.setdefault("undated" if code is None else str(code), []).append(i)
            for value in facet["values"]:
                rows = having.get(value["code"], [])
                wanted = len(truth.newest(rows) if "latest" in query else rows)
                assert value["observations"] == wanted, (query, name, value)


def test_orders(oracle):
    truth, draw, _ = oracle
    columns = [name for name, value in truth.first[0].items() if not isinstance(value, (list, dict))]
    assert {"id", "value", "display", "name", "wording"} <= set(columns)
    keys = [[sign + name] for name in columns for sign in ("", "-")]
    keys += [[draw.choice(["", "-"]) + name for name in draw.sample(columns, draw.randint(2, 5))] for _ in range(40)]
    for chosen, language in itertools.product(keys, truth.languages):
        query = draw_query(truth, draw, 0.03)
        found = truth.sorted(truth.select(query), chosen, language)
        offset = draw.choice([0, 0, 13, max(len(found) - 10, 0)])
        order = {"sort": ",".join(chosen), "lang": language, "fields": "id", "limit": "20"}
        page = truth.daemon.ok(target("/v1/observations", {**query, **order, "offset": str(offset)})).data
        assert [row["id"] for row in page] == [truth.first[i]["id"] for i in found[offset:offset + 20]], (query, chosen)
        targets = [i for i in found if truth.first[i]["kind"] == "target"] if not query else []
        page = truth.daemon.ok(target("/v1/targets", order)).data if targets and target_has(chosen) else []
        assert [row["id"] for row in page] == [truth.first[i]["id"] for i in targets[:len(page)]], chosen


def target_has(keys):
    """Targets have no column for what is the same in all of them, nor for a day before their period ends."""
    return not {"kind", "as_of"} & {name.lstrip("-") for name in keys}
