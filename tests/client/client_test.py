# SPDX-License-Identifier: MIT
"""A TypeScript client with types made from the served description: what is right compiles and runs against the daemon,
what is wrong does not compile, and says so on its line."""
import json
import re
import shutil

import pytest

import nodejs
from nodejs import HERE, TOP, node

MARK = re.compile(r" // (data )?(TS\d+): (.+)")
DIAGNOSTIC = re.compile(r"^(\w+\.ts)\((\d+),\d+\): error (TS\d+): (.*(?:\n +.*)*)", re.M)
WRONG = [(number, line, *MARK.search(line).groups())
         for number, line in enumerate((HERE / "wrong.ts").read_text("utf-8").splitlines(), 1) if MARK.search(line)]


def project(folder, description):
    """A front end's folder: the packages, the programs, and types made from a description."""
    nodejs.project(folder, "tsconfig.json", "good.ts", "wrong.ts")
    done = node(folder, "node_modules/openapi-typescript/bin/cli.js", description, "--output", "smestat.d.ts")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def compiled(folder, program):
    """What the compiler says about a program: triples of line, error and words. Without any there is a .js."""
    settings = json.loads((folder / "tsconfig.json").read_text("utf-8"))
    (folder / "tsconfig.json").write_text(json.dumps({**settings, "files": [program]}), "utf-8")
    done = node(folder, "node_modules/typescript/bin/tsc", "--pretty", "false", "--noErrorTruncation", "--project", ".")
    found = DIAGNOSTIC.findall(done.stdout)
    assert {name for name, *_ in found} <= {program}, done.stdout
    assert DIAGNOSTIC.sub("", done.stdout).strip() == done.stderr == "", done.stdout + done.stderr
    assert (done.returncode == 0) == (not found), done
    return [(int(line), error, words) for _, line, error, words in found]


@pytest.fixture(scope="session", name="folder")
def served_folder(daemon, tmp_path_factory):
    return project(tmp_path_factory.mktemp("served"), f"{daemon.url}/openapi.json")


@pytest.fixture(scope="session", name="errors")
def served_errors(folder):
    return compiled(folder, "wrong.ts")


def test_served_description_passes_the_linter(daemon, folder):
    shutil.copy(TOP / "tests/lint/openapi.mjs", folder)
    (folder / "openapi.json").write_bytes(daemon.ok("/openapi.json").body)
    done = node(folder, "openapi.mjs", "openapi.json")
    assert done.returncode == 0 and "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def test_right_program(daemon, folder):
    assert compiled(folder, "good.ts") == []
    done = node(folder, "good.js", daemon.url)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        ["figure", ["specialized-sme-count.2022.actual", 70000, "more_than", None, "more than 70,000 enterprises"]],
        ["figure", ["little-giant-count.2022.actual", 8997, "exact", 8997, "8,997 enterprises"]],
        ["several", [{"id": "specialized-sme-count.2022.actual", "value": 70000},
                     {"id": "little-giant-count.2022.actual", "value": 8997}]],
        ["address", f"{daemon.url}/v1/observations?category=cultivation,contribution&kind.not=target&fields=id,value"
                    "&sort=-value,id&limit=2"],
        ["indicator", ["专精特新“小巨人”企业累计培育数量", [8997]]],
        ["area", ["cultivation", 2, "en"]],
        ["target", ["not_due", 70000]],
        ["missing", [None, 404, ["sme-count.2022.actual"]]],
        ["wrong", ["/problems/invalid-value", ["limit"]]],
        ["colours", ["navy", "teal", "olive", "purple", "maroon", "green", "gray"]],
    ]


@pytest.mark.parametrize("number, line, data, error, words", WRONG, ids=[f"line-{row[0]}" for row in WRONG])
def test_wrong_line(errors, number, line, data, error, words):
    found = [(code, text) for at, code, text in errors if at == number]
    assert len(found) == 1, f"{line}\n{found}"
    assert found[0][0] == error and words in found[0][1], f"{line}\n{found}"


def test_no_other_line_is_wrong(errors):
    assert [number for number, *_ in errors] == [row[0] for row in WRONG]


def test_lists_make_the_difference(tmp_path, daemon):
    """By the file alone, without a dataset, just the lines about data compile."""
    errors = compiled(project(tmp_path, TOP / "api/openapi.json"), "wrong.ts")
    assert [number for number, *_ in errors] == [number for number, _, data, *_ in WRONG if not data]
