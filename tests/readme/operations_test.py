# SPDX-License-Identifier: MIT
"""Is deploy/README.md true? Its commands are run; its tables have every option, metric, log field, problem and alert that there
is, and none that there isn't."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import urllib.parse

import pytest
import yaml
from blocks import FENCE
from readme_test import CODE, OPERATIONS, README, ROOT, SMESTATD, check_command, console, get, options, shell, table

TEXT = OPERATIONS.read_text("utf-8")
PROSE = FENCE.sub("", TEXT)
__all__ = ["shell"]  # a fixture


@pytest.mark.parametrize("command, output", console(TEXT))
def test_command(shell, command, output):
    check_command(shell, command, output)


def test_options():
    assert table("| Option |", TEXT) == options()


def test_problems(shell):
    problems = json.loads(get(shell, "/problems"))["data"]
    assert [row[:2] for row in table("| Problem |", TEXT)] == [[f"`{p['slug']}`", str(p["status"])] for p in problems]


def told(heading):
    """The words in code of a table's first column."""
    return [name for row in table(heading, TEXT) for name in CODE.findall(row[0])]


def test_metrics(shell):
    """By name, and with the labels that their samples have."""
    text = get(shell, "/metrics").decode()
    labels = {name: set() for name in re.findall(r"^# TYPE (\S+)", text, re.M)}
    for name, of_sample in re.findall(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$", text, re.M):
        labels[name] |= set(re.findall(r'(\w+)="', of_sample)) - {"le"}
    found = {}
    for metric in told("| Metric |"):
        name, _, of_metric = metric.rstrip("}").partition("{")
        assert name not in found, f"{name} is there twice"
        found[name] = set(of_metric.split(",")) if of_metric else set()
    assert found == labels
    # The words that a label can be are all there.
    for name in ("reloads", "connections_refused", "connections_cut"):
        words = re.findall(rf'^smestatd_{name}_total{{\w+="(\w+)"}}', text, re.M)
        row = next(row for row in table("| Metric |", TEXT) if f"_{name}_total{{" in row[0])
        assert CODE.findall(row[1]) == words, name


def test_log_fields(tmp_path):
    """Those of the messages and of a request that brings all that is logged."""
    process = subprocess.Popen([SMESTATD, "--port", "0", "--drain-grace", "0", "--log-format", "json", "--access-log",
                                str(tmp_path / "log")], stderr=subprocess.PIPE, text=True)
    lines = []
    try:
        for line in process.stderr:
            if line.startswith("listening on "):
                break
            lines.append(json.loads(line))
        with socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(line.split()[-1]).port), timeout=30) as client:
            client.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nReferer: https://a.example/\r\nUser-Agent: b\r\nX-Request-Id: c\r\n"
                           b"Connection: close\r\n\r\n")
            while client.recv(65536):
                pass
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert lines
    assert {name for line in lines for name in line} == set(told("| Field of a message |"))
    request, = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert set(request) == set(told("| Field of a request |"))
    formats = next(row for row in options() if row[0] == "`--access-format FORMAT`")[2]
    assert set(told("| `--access-format` |")) == set(re.findall(r"\w+", formats)) - {"or"}


def test_alerts():
    document = yaml.safe_load((ROOT / "deploy/kubernetes/monitoring/prometheusrule.yaml").read_text())
    rules = [rule for group in document["spec"]["groups"] for rule in group["rules"]]
    assert [(row[0], row[1]) for row in table("| Alert of", TEXT)] == [
        (f"`{rule['alert']}`", "yes" if rule["labels"]["severity"] == "critical" else "no") for rule in rules]


def test_files_named():
    """The table of files names every file that an operator may take, and the page no file that is not there."""
    named = {name for row in table("| In `deploy/` |", TEXT) for name in CODE.findall(row[0])}
    there = {path.name for path in (ROOT / "deploy").iterdir()} - {"README.md", "install", "man", "meson.build", "packages"}
    assert {name.split("/")[0] for name in named} == there
    for name in [f"deploy/{name}" for name in named] + CODE.findall(PROSE):
        if re.match(r"^(src|api|include|tests|deploy)/[\w./-]*$", name):
            assert (ROOT / name).exists(), name


def headings(text):
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^## (.*)$", text, re.M)}


def test_links_lead_somewhere():
    pages = {README: README.read_text("utf-8"), OPERATIONS: TEXT}
    for page, text in pages.items():
        for path, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", text):
            target = pathlib.Path(os.path.normpath(page.parent / path)) if path else page
            assert target.exists(), f"{page.name}: {path}"
            assert not anchor or anchor in headings(pages[target]), f"{page.name}: {path}#{anchor}"


# What the page says of a ceiling, and which constant it is.
CEILINGS = [
    ("{} MiB, ", "SME_DOCUMENT_BYTES_MAX", "include/smestat.h", 1 << 20),
    ("{} levels deep", "DOCUMENT_DEPTH_MAX", "src/core/document.h", 1),
    ("{} languages", "SME_LANGUAGES_MAX", "include/smestat.h", 1),
    ("{} path segments", "URI_SEGMENTS_MAX", "src/daemon/uri.h", 1),
    ("{} parameters of", "URI_PAIRS_MAX", "src/daemon/uri.h", 1),
    ("of {} bytes each", "SME_QUERY_VALUE_BYTES_MAX", "include/smestat.h", 1),
    ("{} bytes and", "SEARCH_BYTES_MAX", "src/core/query.h", 1),
    ("{} words of search", "WORDS_MAX", "src/core/query.h", 1),
    ("{} sort keys", "SORT_KEYS_MAX", "src/core/query.h", 1),
    ("A page: {} rows", "SME_LIMIT_MAX", "include/smestat.h", 1),
]


@pytest.mark.parametrize("words, constant, path, unit", CEILINGS)
def test_ceilings(words, constant, path, unit):
    value = re.search(rf"\b{constant} = (\d+)(?: << (\d+))?", (ROOT / path).read_text())
    number = int(value[1]) << int(value[2] or 0)
    section = " ".join(TEXT.split("\n## Limits", 1)[1].split("\n## ", 1)[0].split())
    assert words.format(f"{number // unit:,}") in section


def test_options_named():
    known = {row[0].strip("`").split()[0] for row in options()}
    named = {option for words in CODE.findall(PROSE) for option in re.findall(r"^--[a-z-]+", words)}
    assert named <= known and len(named) > 20
