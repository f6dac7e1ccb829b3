#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the rows that openapi.json describes into Table Schemas: tables.py OPENAPI OUTPUT

A line for each collection: its name, a space, and the schema.
"""
import json
import sys

# A collection is a row: what its rows are called, their key, and which columns lead to another one ("": its own).
TABLES = {
    "indicators": ("Indicator", "code", {"category": ("categories", "code"), "unit": ("units", "code"),
                                         "part_of": ("", "code")}),
    "observations": ("Observation", "id", {"indicator": ("indicators", "code"), "category": ("categories", "code"),
                                           "unit": ("units", "code"), "source": ("sources", "id")}),
    "targets": ("Target", "id", {"id": ("observations", "id"), "indicator": ("indicators", "code"),
                                 "category": ("categories", "code"), "unit": ("units", "code"),
                                 "source": ("sources", "id")}),
    "focus-areas": ("FocusArea", "code", {}),
    "measures": ("Measure", "id", {"focus_area": ("focus-areas", "code"), "target": ("targets", "id")}),
    "categories": ("Category", "code", {}),
    "years": ("Year", "code", {}),
    "units": ("Unit", "code", {}),
    "sources": ("Source", "id", {}),
    "dimensions": ("Dimension", "code", {}),
}
# CSV leaves links out, and has `matched` only for a search.
LEFT_OUT = ("matched", "links")
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def types_of(schema):
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind


def is_text(schema):
    return {"string", "object"} <= set(types_of(schema))


def resolve(schemas, schema):
    """The schema with what it refers to in place, and whether it may be null."""
    nullable = False
    while "anyOf" in schema or "$ref" in schema:
        own = {name: value for name, value in schema.items() if name not in ("anyOf", "$ref")}
        choices = [choice for choice in schema.get("anyOf", [schema]) if choice != {"type": "null"}]
        assert len(choices) == 1, f"a column has one type: {schema}"
        nullable = nullable or {"type": "null"} in schema.get("anyOf", [])
        found = schemas[choices[0]["$ref"].rsplit("/", 1)[1]] if "$ref" in choices[0] else choices[0]
        schema = {**found, **own}
        if is_text(found) and "description" not in own:
            del schema["description"]  # it speaks of all languages, and a column has one
    types = types_of(schema)
    # A text is a string in one language.
    kinds = [kind for kind in types if kind != "null" and not (kind == "object" and is_text(schema))]
    assert len(kinds) == 1, f"a column has one type: {schema}"
    return {**schema, "type": kinds[0]}, nullable or "null" in types


def field_of(schemas, name, schema, key):
    schema, nullable = resolve(schemas, schema)
    kind, pattern = schema["type"], schema.get("pattern")
    field = {"name": name, "type": "date" if pattern == DATE else kind}
    if schema.get("format") == "uri":
        field["format"] = "uri"
    if "description" in schema:
        field["description"] = schema["description"]
    constraints = {}
    if not nullable:
        constraints["required"] = True
    if name == key:
        constraints["unique"] = True
    if kind == "string" and "maxLength" in schema:
        constraints["maxLength"] = schema["maxLength"]
    if kind in ("integer", "number"):
        constraints.update({bound: schema[bound] for bound in ("minimum", "maximum") if bound in schema})
    if "enum" in schema:
        constraints["enum"] = [word for word in schema["enum"] if word is not None]
    elif field["type"] == "string" and pattern:
        # A Table Schema's pattern is of the whole cell, as in XML Schema, where anchors would be characters.
        assert pattern[0] == "^" and pattern[-1] == "$", f"{pattern} is not of the whole value"
        constraints["pattern"] = pattern[1:-1]
    if constraints:
        field["constraints"] = constraints
    return field


def table_of(schemas, row, key, references):
    fields = [field_of(schemas, name, schema, key) for name, schema in schemas[row]["properties"].items()
              if name not in LEFT_OUT]
    table = {"fields": fields, "missingValues": [""], "primaryKey": key}
    if references:
        table["foreignKeys"] = [{"fields": name, "reference": {"resource": resource, "fields": column}}
                                for name, (resource, column) in references.items()]
    return table


if __name__ == "__main__":
    source, output = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        known = json.load(file)["components"]["schemas"]
    with open(output, "w", encoding="utf-8") as file:
        for name, table in TABLES.items():
            schema = json.dumps(table_of(known, *table), ensure_ascii=False, separators=(",", ":"))
            file.write(f"{name} {schema}\n")
