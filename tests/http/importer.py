# SPDX-License-Identifier: MIT
"""Reads downloads of a daemon back: cells with the types of the data package, and a dataset document of the rows."""
import csv
import io
import json


class Literal(str):
    """A number as it is spelt."""


def parse(text):
    return json.loads(text, parse_int=Literal, parse_float=Literal)


def spell(value):
    """JSON with the literals of numbers as they were read."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{spell(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


READERS = {"string": str, "date": str, "integer": Literal, "number": Literal, "array": parse, "object": parse,
           "boolean": {"true": True, "false": False}.__getitem__}


def read_csv(text):
    """The cells of a CSV file, read as strictly as Python does."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def types_of(package, collection):
    (resource,) = [resource for resource in package["resources"] if resource["name"] == collection]
    return {field["name"]: field["type"] for field in resource["schema"]["fields"]}


def typed_rows(text, types):
    """The rows of a CSV file as JSON has them. The columns of a text in all languages become one."""
    header, *lines = read_csv(text)
    rows = []
    for line in lines:
        assert len(line) == len(header), line
        row = {}
        for name, cell in zip(header, line):
            member, dot, language = name.partition(".")
            value = READERS[types[member]](cell) if cell else None
            if not dot:
                row[member] = value
            elif value is not None:
                row[member] = {**(row.get(member) or {}), language: value}
            else:
                row.setdefault(member, None)
        rows.append(row)
    return rows


def csv_downloads(daemon):
    package = daemon.ok("/v1/datapackage.json").json
    return {resource["name"]: typed_rows(daemon.ok(f"/v1/{resource['path']}?lang=all").text,
                                         types_of(package, resource["name"])) for resource in package["resources"]}


def ndjson_downloads(daemon):
    names = [resource["name"] for resource in daemon.ok("/v1/datapackage.json").json["resources"]]
    return {name: [parse(line) for line in daemon.ok(f"/v1/{name}.ndjson?lang=all").text.splitlines()]
            for name in names}


def kept(row, *names, **renamed):
    """These members, without those that have no value."""
    pairs = [(name, row[name]) for name in names] + [(new, row[old]) for new, old in renamed.items()]
    return {name: value for name, value in pairs if value is not None}


def dated(row):
    """Period and basis; a row without a basis has no period at all."""
    if row["period_basis"] is None:
        return {}
    return {"period": None if row["period"] == "undated" else row["period"], "period_basis": row["period_basis"]}


def observation(row, indicator, dimensions):
    own = len(row["notes"]) - len(indicator["notes"])  # the indicator's follow
    assert row["notes"][own:] == indicator["notes"]
    document = {**kept(row, "indicator", "kind", "qualifier", "status", "wording", "as_of", "source"), **dated(row),
                "value": row["value"], "notes": row["notes"][:own]}
    if dimensions:
        document["dimensions"] = {dimension["code"]: row[dimension["code"]] for dimension in dimensions}
    if row["qualifier"] == "between":
        document["upper"] = row["upper"]
    if row["population"] != indicator["population"]:
        document["population"] = row["population"]
    return document


def measure(row):
    document = {**kept(row, "id", "kind", "text", "source_text", "notes"), **dated(row),
                "instruments": [instrument["code"] for instrument in row["instruments"]]}
    if row["target"]:
        indicator, period, _ = row["target"].split(".")
        document["target"] = {"indicator": indicator, "period": period}
    return document


def focus_area(row, measures):
    return {**kept(row, "code", "order", "ordinal_basis", "title", "title_basis", "description", "categories", "notes"),
            **dated(row), "source_title": row["source_title"],
            "indicators": [kept(link, "indicator", "kind", "basis") for link in row["indicators"]],
            "measures": [measure(other) for other in measures if other["focus_area"] == row["code"]]}


def source(row):
    speaker = row["speaker"] and kept(row["speaker"], "name", "position", "organization")
    return {**kept(row, "title", "publisher", "date", "date_basis", "form", "series", "topic", "reported_by", "url",
                   "notes", code="id"), **({"speaker": speaker} if speaker else {})}


def rebuild(head, rows):
    """A dataset document made of what /v1 says in all languages and the rows of the collections."""
    indicators = {row["code"]: row for row in rows["indicators"]}
    return {
        "format": "smestat-dataset-1",
        **kept(head, "id", "title", "description", "license", "languages", "as_of", "notes"),
        "units": [kept(row, "code", "name", "min", "max", "pattern", "description", "notes") for row in rows["units"]],
        "sources": [source(row) for row in rows["sources"]],
        "categories": [kept(row, "code", "name", "description", "notes") for row in rows["categories"]],
        "dimensions": [{**kept(row, "code", "name", "description", "default", "notes"),
                        "values": [kept(value, "code", "name", "description", "notes") for value in row["values"]]}
                       for row in rows["dimensions"]],
        "indicators": [kept(row, "code", "name", "name_basis", "source_name", "aliases", "description", "category",
                            "unit", "measure", "direction", "population", "denominator", "part_of", "notes")
                       for row in rows["indicators"]],
        "observations": [observation(row, indicators[row["indicator"]], rows["dimensions"])
                         for row in rows["observations"]],
        "instruments": [kept(row, "code", "kind", "name", "name_basis", "description", "notes")
                        for row in head["instruments"]],
        "focus_areas": [focus_area(row, rows["measures"]) for row in rows["focus-areas"]],
    }
