# SPDX-License-Identifier: MIT
"""The manual pages: well-formed, and telling of every option and every function there is."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = ROOT / "include/smestat.h"


def output(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Both pages, as the build makes them."""
    place = tmp_path_factory.mktemp("man")
    (place / "help.txt").write_text(output(os.environ["SMESTATD"], "--help"))
    for name, source in (("smestatd.8", place / "help.txt"), ("smestat.3", HEADER)):
        (place / name).write_text(output(ROOT / "deploy/man/pages.py", ROOT / f"deploy/man/{name}.in", source))
    return place


def shown(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    return re.sub(".\b", "", output("mandoc", "-T", "ascii", "-O", "width=160", page))


@pytest.mark.parametrize("name", ["smestatd.8", "smestat.3"])
def test_is_well_formed(pages, name):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    judged = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", pages / name], capture_output=True, text=True,
                            check=False)
    assert (judged.returncode, judged.stdout + judged.stderr) == (0, "")


def test_tells_of_every_option(pages):
    text = " ".join(shown(pages / "smestatd.8").split())
    options = re.findall(r"^  (--[\w-]+(?: [A-Z]+)?)", (pages / "help.txt").read_text(), re.M)
    assert len(options) > 20
    for option in options:
        assert f" {option} " in text, option


def test_tells_of_every_function(pages):
    text = shown(pages / "smestat.3")
    functions = re.findall(r"^SME_API .*?\b(sme_\w+)\(", HEADER.read_text(), re.M)
    assert len(functions) > 40
    for function in functions:
        assert re.search(rf"^ .*\b{function}\(", text, re.M), function
    # What a comment says of a function is there, too.
    assert "Rows left out only because their year is unknown." in text
    assert "int main(void)" in text
