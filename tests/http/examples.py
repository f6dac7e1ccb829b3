# SPDX-License-Identifier: MIT
"""Puts real answers into api/openapi.json as its examples: SMESTATD=… python3 tests/http/examples.py

The summary of an example is the request that it answers. What differs between builds (/version) has none, nor have the
documents that are files of their own, and what is not JSON.
"""
import copy
import json

import contract
from daemon import Daemon

WITHOUT = ("/openapi.json", "/schemas/dataset.json", "/version")
PROBLEMS = {
    "BadRequest": ("GET", "/v1/observations?category=cultivaton&limt=3"),
    "NotFound": ("GET", "/v1/indicators/little-giants-count"),
    "MethodNotAllowed": ("POST", "/v1/observations"),
}


def requests():
    """Where each example belongs, and the request that it answers."""
    for template, item in contract.DOCUMENT["paths"].items():
        if template in WITHOUT or "application/json" not in item["get"]["responses"]["200"]["content"]:
            continue
        path = template
        for parameter in map(contract.resolve, item.get("parameters", [])):
            path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        if template.startswith("/v1/") and path == template:
            path += "?limit=1"
        yield ("paths", template, "get", "responses", "200", "content", "application/json"), "GET", path
    for name, (method, target) in PROBLEMS.items():
        yield ("components", "responses", name, "content", "application/problem+json"), method, target


def examples(daemon):
    for place, method, target in requests():
        answer = daemon.request(method, target)
        yield place, f"{method} {target}", json.loads(answer.text)


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
