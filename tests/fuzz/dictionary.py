#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The words that a fuzz target's inputs are made of, from the documents that define them: dictionary.py TARGET prints a
dictionary for libFuzzer."""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HTTP = """GET HEAD OPTIONS POST HTTP/1.1 HTTP/1.0 Host: Connection: close keep-alive Upgrade Content-Length: Transfer-Encoding:
chunked Expect: 100-continue Accept: Accept-Language: Accept-Encoding: If-None-Match: Origin: X-Request-Id: Forwarded:
X-Forwarded-For: gzip br zstd identity ;q=0 ;q=0.5 ;q=1.000 */* text/* text/html text/csv application/json
application/x-ndjson en zh zh-CN W/ * %00 %2f %zz""".split()
PATHS = "/v1/ /docs /openapi.json /schemas/dataset.json /problems/ /healthz /readyz /metrics /version /v1/datapackage.json".split()
LINES = ["\r\n", "\n", "\r\n\r\n", "\n ", "\r\n\t", "0\r\n\r\n", "\0"]


def words_of(value):
    """Every member name, code and word of a list in a JSON document."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            if name in ("enum", "const", "default", "code", "id", "name"):
                yield from ([item] if isinstance(item, str) else [])
            yield from words_of(item)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield item
            else:
                yield from words_of(item)


def load(name):
    return json.loads((ROOT / "api" / name).read_text("utf-8"))


def parameters():
    components = load("openapi.json")["components"]["parameters"].values()
    return [parameter["name"] + "=" for parameter in components if parameter.get("in") == "query"]


def queries():
    dataset = load("sme.json")
    codes = [row["code"] for rows in dataset.values() if isinstance(rows, list) for row in rows
             if isinstance(row, dict) and "code" in row]
    return [*parameters(), *codes, ".not=", "&", ",", "..", "undated", "certain", "possible", "stated", "true", "false", "csv",
            "ndjson", "jsonstat", "series", "columns", "keyed", "escape", "actual", "target", "value", "id", "all", "en", "zh",
            "2022", "1e14", "10000", "region", "size", "observations", "targets", "indicators", "facets", "years", "sources"]


TARGETS = {
    "accept": lambda: HTTP, "accept_language": lambda: HTTP, "if_none_match": lambda: ['"', "W/", ",", "*"] + HTTP[-8:],
    "guard": lambda: HTTP + LINES, "gate": lambda: HTTP + LINES, "http": lambda: HTTP + LINES + PATHS + queries(), "uri": lambda: HTTP[-3:] + PATHS + queries(),
    "query": queries, "service": lambda: HTTP + LINES + PATHS + queries(),
    "document": lambda: words_of(load("dataset.schema.json")), "csv_reader": lambda: ['"', '""', ",", "\r\n", "\n", "\ufeff"],
    "csv_files": lambda: ['"', ",", "\n", "actual", "stated", "exact", "none", "2020", "1/2/2020", "more than 7", "1e2", "NA", "C",
                          "Country Code", "Year", "Value", "i,p,v"],
    "phrase": lambda: words_of(load("phrases.json")),
}

if __name__ == "__main__":
    for word in dict.fromkeys(TARGETS[sys.argv[1]]()):
        if 0 < len(word.encode()) <= 64:
            print('"' + "".join(chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
                                for byte in word.encode()) + '"')
