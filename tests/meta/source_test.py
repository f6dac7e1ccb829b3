# SPDX-License-Identifier: MIT
"""The sources as text: who includes whom, what every file begins with, and that each one is built."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What is not ours, not text, or cannot hold a comment.
GENERATED = {"package-lock.json"}
NO_COMMENTS = {".json", ".expect", ".http", ".md", ".lock"}
TEXT = {".c", ".h", ".py", ".sh", ".js", ".mjs", ".ts", ".build", ".txt", ".yaml", ".yml", ".service", ".css",
        ".html"}


def files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and parts[0] not in (".git", ".build", "build") and "__pycache__" not in parts:
            yield path


def is_case(path):
    """Inputs of tests are what they have to be."""
    return any(path.is_relative_to(ROOT / "tests" / folder) for folder in ("data/valid", "data/invalid", "fuzz/corpus"))


def sources(folder, *suffixes):
    return [path for path in files() if path.is_relative_to(ROOT / folder) and path.suffix in suffixes]


def includes(path):
    return re.findall(r'^\s*#\s*include\s+([<"][^>"]+[>"])', path.read_text("utf-8"), re.M)


def name(path):
    return str(path.relative_to(ROOT))


def users(header, *folders):
    return {name(path) for folder in folders for path in sources(folder, ".c", ".h") if header in includes(path)}


def test_daemon_knows_only_the_public_header():
    inside = {path.name for path in sources("src/core", ".h")}
    for path in sources("src/daemon", ".c", ".h"):
        for header in includes(path):
            assert "core/" not in header, f"{name(path)} includes {header}"
            if header[0] == '"':
                assert (path.parent / header[1:-1]).is_file(), f"{name(path)} includes {header} from elsewhere"
                assert header[1:-1] not in inside or (ROOT / "src/daemon" / header[1:-1]).is_file()
        assert "extern " not in re.sub(r"extern const char document_\w+\[\];|extern const size_t document_\w+;", "",
                                       path.read_text("utf-8")).replace('extern "C"', ""), f"{name(path)} reaches around"


def test_core_knows_no_daemon():
    for path in sources("src/core", ".c", ".h"):
        for header in includes(path):
            if header[0] == '"':
                assert (ROOT / "src/core" / header[1:-1]).is_file(), f"{name(path)} includes {header}"


def test_each_library_has_few_doors():
    assert users("<microhttpd.h>", "src", "include") == {"src/daemon/http.c"}
    assert users("<gnutls/gnutls.h>", "src", "include") == {"src/daemon/tls.c"}
    assert users("<jansson.h>", "src/core", "include") == {"src/core/document.h"}
    assert users("<jansson.h>", "src/daemon") == {"src/daemon/exchange.h"}
    assert users("<utf8proc.h>", "src", "include") == {"src/core/unicode.c"}
    # The core asks for no socket, no locale, no environment, and writes nowhere.
    for path in sources("src/core", ".c", ".h"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        for word in ("socket", "setlocale", "getenv", "printf", "perror", "exit", "abort", "syslog"):
            assert not re.search(rf"\b{word}\s*\(", text), f"{name(path)} calls {word}"


def test_arrows_of_the_core():
    """The lower rooms know nothing of the upper ones."""
    order = ["arena.h", "buf.h", "unicode.h", "fault.h", "document.h", "decimal.h", "period.h", "index.h", "dataset.h",
             "interval.h", "display.h", "target.h", "schema.h", "collection.h", "cell.h", "query.h"]
    for path in sources("src/core", ".h"):
        for header in includes(path):
            if path.name in order and header[1:-1] in order:
                assert order.index(header[1:-1]) < order.index(path.name), f"{name(path)} includes {header}"


def test_public_header_includes_only_standard_ones():
    assert set(includes(ROOT / "include/smestat.h")) <= {"<stdbool.h>", "<stddef.h>", "<stdint.h>"}


def test_every_file_says_its_licence():
    checked = 0
    for path in files():
        script = path.suffix == "" and path.read_bytes()[:2] == b"#!"
        if path.name in GENERATED or path.suffix in NO_COMMENTS or not (path.suffix in TEXT or script) or is_case(path):
            continue
        first = path.read_text("utf-8").splitlines()[:2]
        assert any("SPDX-License-Identifier: MIT" in line for line in first), f"{name(path)} says no licence"
        checked += 1
    assert checked > 50


def test_text_is_clean():
    """UTF-8 with ordinary line ends, no tabs in sources, no path of somebody's machine."""
    alien = re.compile("|".join("/".join(("", *parts)) for parts in (("work", ""), ("tmp", "design"))))
    for path in files():
        if path.suffix in (".png", ".ico", ".woff2", ".gz"):
            continue
        raw = path.read_bytes()
        if is_case(path) or b"\0" in raw:
            continue
        text = raw.decode("utf-8")
        assert "\r" not in text, f"{name(path)} has carriage returns"
        assert text == "" or text.endswith("\n"), f"{name(path)} does not end its last line"
        found = alien.search(text)
        assert not found, f"{name(path)} speaks of {found[0]}"
        if path.suffix in (".c", ".h"):
            assert "\t" not in text, f"{name(path)} has tabs"
            long = [i for i, line in enumerate(text.splitlines(), 1) if len(line) > 140]
            assert not long, f"{name(path)} has long lines: {long}"


@pytest.mark.parametrize("folder", ["src/core", "src/daemon", "tests/unit", "tests/fault", "tests/fuzz", "tests/meta", "tests/data",
                                    "tests/browser"])
def test_every_source_is_built(folder):
    build = (ROOT / folder / "meson.build").read_text("utf-8")
    words = set(re.findall(r"'([^']+)'", build))
    for path in sources(folder, ".c"):
        stem = path.stem.removesuffix("_test")
        assert path.name in words or path.stem in words or stem in words, f"{name(path)} is not in {folder}/meson.build"
    for path in (ROOT / folder).glob("*_test.*"):
        assert path.name in words or path.stem in words or path.stem.removesuffix("_test") in words, \
            f"{name(path)} is not in {folder}/meson.build"


def test_top_level_holds_only_what_it_should():
    """Hidden files may stand there too."""
    known = {"meson.build", "meson_options.txt", "README.md", "LICENSE", "src", "include", "api", "tests", "deploy"}
    here = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert here <= known, here - known


def test_locale_and_unsafe_calls():
    """Numbers are read and printed the same under every locale; strings are never copied without knowing how long."""
    for path in sources("src", ".c"):
        text = re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', "", path.read_text("utf-8"), flags=re.S)
        for word in ("atof", "strtod", "gets", "strcat", "setlocale", "rand", "system", "tmpnam", "mktemp", "alloca"):
            assert not re.search(rf"\b{word}\s*\(", text), f"{name(path)} calls {word}"
