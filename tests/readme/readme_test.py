#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is README.md true? Its commands are run and their output compared, its tables are held against the program. What is for
deploy/README.md, too, is used by operations_test.py.

After a change that is meant, write what is true now into both, and read the difference:
    SMESTATD=… README_LIST=… tests/readme/readme_test.py --update
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from blocks import FENCE, blocks, commands  # noqa: E402 (found by the line above)

ROOT = pathlib.Path(__file__).resolve().parents[2]
README, OPERATIONS = ROOT / "README.md", ROOT / "deploy/README.md"
TEXT = README.read_text("utf-8")
SMESTATD = os.environ.get("SMESTATD", "smestatd")
LIST = os.environ.get("README_LIST", "readme-list")
CODE = re.compile(r"`([^`]+)`")


def console(text):
    """Its commands and their outputs, as cases."""
    pairs = [pair for block in blocks(text, "console") for pair in commands(block)]
    return [pytest.param(*pair, id=pair[0][:60]) for pair in pairs]


class Shell:
    """Where the reader of README.md stands: a directory with the files shown, two daemons, the programs in the path."""

    def __init__(self, directory, port, series_port):
        self.directory, self.port = directory, port
        self.ports = {"8080": port, "8081": series_port}
        programs = directory / "programs"
        programs.mkdir()
        (programs / "smestatd").symlink_to(shutil.which(SMESTATD) or SMESTATD)
        (directory / "list").symlink_to(shutil.which(LIST) or LIST)
        (directory / "bakeries.json").write_text(blocks(TEXT, "json")[0], "utf-8")
        self.environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(directory),  # no .curlrc
        }
        # Where the sanitizers' reports go is their option's matter.
        self.environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})

    def run(self, command):
        done = subprocess.run(
            ["sh", "-c", re.sub(r"\blocalhost:(8080|8081)\b", lambda at: f"127.0.0.1:{self.ports[at[1]]}", command)],
            cwd=self.directory, env=self.environment, capture_output=True, timeout=60)
        assert done.stderr == b"", done.stderr.decode("utf-8", "replace")
        # curl shows the line ends of the protocol.
        return done.stdout.decode("utf-8").replace("\r\n", "\n")


@contextlib.contextmanager
def daemon(*options):
    with tempfile.TemporaryFile() as lost:
        process = subprocess.Popen([SMESTATD, "--port", "0", "--drain-grace", "0", *options], stdout=lost,
                                   stderr=subprocess.PIPE)
        try:
            for line in process.stderr:
                found = re.match(rb"listening on http://127\.0\.0\.1:(\d+)$", line.strip())
                if found:
                    break
            else:
                raise AssertionError("the daemon did not start")
            yield int(found[1])
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 0


@contextlib.contextmanager
def reader():
    with tempfile.TemporaryDirectory() as directory, daemon() as port, \
            daemon("--dataset", "builtin:sme-series") as series_port:
        yield Shell(pathlib.Path(directory), port, series_port)


@pytest.fixture(scope="module")
def shell():
    with reader() as it:
        yield it


def get(shell, path, accept="application/json"):
    request = urllib.request.Request(f"http://127.0.0.1:{shell.port}{path}", headers={"Accept": accept})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as reply:
        return reply.read()


def undated(output):
    return re.sub(r"^Date: .*$", "Date: Wed, 01 Mar 2023 07:00:00 GMT", output, flags=re.MULTILINE)


def check_command(shell, command, output):
    for tool in ("curl", "jq"):
        if re.search(rf"\b{tool} ", command) and not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    assert undated(shell.run(command)) == undated(output)


@pytest.mark.parametrize("command, output", console(TEXT))
def test_command(shell, command, output):
    check_command(shell, command, output)


def test_enough_commands():
    commands_there = [case.values[0] for case in console(TEXT)]
    assert sum("curl" in command for command in commands_there) >= 10
    assert sum("--check" in command for command in commands_there) >= 2


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(heading, text=TEXT):
    """The rows of the table whose first line begins with these cells."""
    lines = text.split(f"\n{heading}", 1)[1].splitlines()[2:]
    return [cells(line) for line in lines[:next(i for i, line in enumerate(lines) if not line.startswith("|"))]]


def code_words(cell):
    return CODE.findall(cell)


def options():
    """What --help says: option, default, accepted, sentence."""
    done = subprocess.run([SMESTATD, "--help"], capture_output=True, text=True, timeout=30, check=True)
    found = []
    for line in done.stdout.splitlines():
        begin = re.match(r"^  (--[\w-]+(?: [A-Z]+)?)(?:\s{2,}(.*))?$", line)
        if begin:
            found.append([begin[1], begin[2] or ""])
        elif found and line.startswith("   "):
            found[-1][1] = f"{found[-1][1]} {line.strip()}".strip()
        elif found:
            break
    rows = []
    for option, words in found:
        parts = re.match(r"^(.*?\.)(?: (From \d+ to \d+|One of [^.]*)\.)?(?: Default: (\S+))?$", words)
        assert parts, words
        rows.append([f"`{option}`", f"`{parts[3]}`" if parts[3] else "",
                     (parts[2] or "").replace("From", "from").replace("One of ", ""), parts[1]])
    return rows


def test_resources(shell):
    told = [path for row in table("| Resource |") for path in code_words(row[0])]
    listed = json.loads(get(shell, "/"))["links"].values()
    assert set(listed) | {"/"} == {path for path in told if "{" not in path}
    for path in told:
        collection, _, hole = path.partition("/{")
        if hole == "slug}":
            get(shell, collection + "/not-found")
        elif hole:
            for row in json.loads(get(shell, collection))["data"][:1]:
                get(shell, f"{collection}/{row[hole[:-1]] if hole != 'year}' else row['code']}")
        else:
            get(shell, path, "*/*")


def test_row_members(shell):
    row = json.loads(get(shell, "/v1/observations?limit=1"))["data"][0]
    assert sorted(row) == sorted(name for cells in table("| Member |") for name in code_words(cells[0]))


def test_qualifiers(shell):
    """The table of intervals, with values of each qualifier in percent."""
    rows = table("| Qualifier |")
    document = json.loads(blocks(TEXT, "json")[0])
    document["units"] = [{"code": "bakeries", "name": "percent", "min": 0, "max": 100}]
    one = document["observations"][0]
    document["observations"] = []
    for year, (qualifier, _, _) in enumerate(rows, 2001):
        observation = dict(one, period=str(year), value=60, qualifier=qualifier.strip("`"))
        if qualifier == "`between`":
            observation["upper"] = 70
        document["observations"].append(observation)
    path = shell.directory / "qualifiers.json"
    path.write_text(json.dumps(document), "utf-8")
    process = subprocess.Popen([SMESTATD, "--dataset", str(path), "--port", "0", "--drain-grace", "0"],
                               stderr=subprocess.PIPE, text=True)
    try:
        port = next(line for line in process.stderr if line.startswith("listening")).rsplit(":", 1)[1].strip()
        other = type("At", (), {"port": port})
        got = json.loads(get(other, "/v1/observations"))["data"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert len(got) == len(rows) == 8
    for row, (_, interval, words) in zip(got, rows):
        lower, upper = row["lower"], row["upper"]
        said = {"60": (60, 60), "from 60 to 100": (60, 100), "from 0 to 60": (0, 60), "none": (None, None),
                "from the value to a second one": (60, 70)}[interval]
        assert (lower, upper) == said, row["qualifier"]
        closed = row["lower_closed"] if lower == 60 else row["upper_closed"]
        if "not known" in words or interval == "none":
            assert closed is None, row["qualifier"]
        else:
            assert closed is ("does not" not in words), row["qualifier"]


def test_filters(shell):
    filters = {name for row in table("| Filter |") for name in code_words(row[0])} - {"NAME.not", "q", "value", "match", "latest"}
    dimensions = json.loads(get(shell, "/v1"))["data"]["dimensions"]
    assert filters == {dimension["parameter"] for dimension in dimensions}


def test_sources_named():
    """The walk meets every file, and every file it names is there."""
    walk = TEXT.split("## A walk through the code", 1)[1].split("\n## ", 1)[0]
    named = set(code_words(walk))
    stems = {re.sub(r".*/", "", re.sub(r"\.[ch]$", "", name)) for name in named}
    for part in ("core", "daemon"):
        for path in sorted((ROOT / "src" / part).glob("*.[ch]")):
            assert path.stem in stems, f"{path.relative_to(ROOT)} is not in the walk"
    for name in set(code_words(TEXT)):
        if re.match(r"^(src|api|include|tests|deploy)/[\w./-]*$", name):
            assert (ROOT / name).exists(), name


def test_tables_named():
    """Where a table or a function is said to be, it is."""
    tables = re.findall(r"`(\w+)\[\]`(?: and `(\w+)\[\]`)? in `([^`]+)`", TEXT)
    assert len(tables) > 10
    for first, second, path in tables:
        for name in filter(None, (first, second)):
            assert re.search(rf"\b{name}\[", (ROOT / path).read_text("utf-8")), f"{name}[] in {path}"
    for name, path in re.findall(r"`((?:enum |struct )?\w+)` in `(\S+)`", TEXT):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text("utf-8")), f"{name} in {path}"


def update():
    for page in (README, OPERATIONS):
        with reader() as shell:
            def renew(match):
                if match[1] != "console":
                    return match[0]
                lines = "".join(f"$ {command}\n{shell.run(command)}" for command, _ in commands(match[2]))
                return f"```console\n{undated(lines)}```"

            text = FENCE.sub(renew, page.read_text("utf-8"))
        lines = "".join(f"| {' | '.join(row)} |\n" for row in options())
        text = re.sub(r"(^\| Option \|.*\n\|.*\n)(?:\|.*\n)*", lambda match: match[1] + lines, text, flags=re.MULTILINE)
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(__doc__)
    update()
