# SPDX-License-Identifier: MIT
"""Puts real answers into api/openapi.json as its examples: SMESTATD=… python3 tests/http/examples.py

The summary of an example is the request that it answers. What differs between builds (/version) has none, nor have the
documents that are files of their own, and what is not JSON.
"""
import copy
import json

import contract
from daemon import Daemon

# Shapes are shown once: they are the same everywhere.
WITHOUT = ("/openapi.json", "/schemas/dataset.json", "/version")
FORMATS = {"text/csv": "csv", "application/x-ndjson": "ndjson", "application/vnd.json-stat+json": "jsonstat"}
PROBLEMS = {
    "BadRequest": ("GET", "/v1/observations?category=cultivaton&limt=3"),
    "NotFound": ("GET", "/v1/indicators/little-giants-count"),
    "MethodNotAllowed": ("POST", "/v1/observations"),
}


def requests():
    """Where each example belongs, and the request that it answers."""
    for template, item in contract.DOCUMENT["paths"].items():
        if template in WITHOUT or template.startswith("/v1/dimensions"):
            continue  # the built-in dataset has none
        if "application/json" not in item["get"]["responses"]["200"]["content"]:
            continue
        path = template
        for parameter in map(contract.resolve, item.get("parameters", [])):
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        media = item["get"]["responses"]["200"]["content"]
        if template == "/v1/facets":
            path += "?limit=1&category=capital-market"
        elif template.startswith("/v1/") and path == template and not template.endswith(".json"):
            path += "?limit=1"
        for kind in media:
            target = path
            if kind.startswith("application/json; shape="):
                target = f"{path}&{kind.removeprefix('application/json; ')}"
            elif kind in FORMATS:
                target = f"{path}{'&' if '?' in path else '?'}format={FORMATS[kind]}"
            if kind.endswith("shape=series") or kind == "application/vnd.json-stat+json":
                target = target.replace("limit=1&", "indicator=specialized-sme-count&")
            if kind != "text/html" and ("shape=" not in kind or template == "/v1/observations"):
                yield ("paths", template, "get", "responses", "200", "content", kind), "GET", target
    for name, (method, target) in PROBLEMS.items():
        yield ("components", "responses", name, "content", "application/problem+json"), method, target


def examples(daemon):
    for place, method, target in requests():
        answer = daemon.request(method, target)
        text = place[-1] in ("text/csv", "application/x-ndjson")
        yield place, f"{method} {target}", answer.text if text else json.loads(answer.text)


def refreshed(daemon):
    """The text of the description with its examples as the daemon answers now."""
    document = copy.deepcopy(contract.DOCUMENT)
    for place, summary, value in examples(daemon):
        node = document
        for part in place:
            node = node[part]
        node["examples"] = {"answer": {"summary": summary, "value": value}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with Daemon(validate=False) as running:
        contract.FILE.write_text(refreshed(running), "utf-8")
