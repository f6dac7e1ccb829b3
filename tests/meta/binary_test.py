# SPDX-License-Identifier: MIT
"""The built files read back: what the library exports, and how the daemon is hardened."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SMESTATD = os.environ["SMESTATD"]
LIBRARY = os.environ["LIBRARY"]
SANITIZE = os.environ.get("SANITIZE", "none")
COVERAGE = os.environ.get("COVERAGE") == "true"
OPTIMIZATION = os.environ.get("OPTIMIZATION", "0")

pytestmark = pytest.mark.skipif(not shutil.which("readelf"), reason="binutils are not installed")


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, check=True, timeout=60).stdout.decode()


def symbols(path):
    """The dynamic symbols: name to whether it is defined here."""
    found = {}
    for line in readelf("--dyn-syms", path).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0].endswith(":") and fields[0][:-1].isdigit():
            found[fields[7].split("@")[0]] = fields[6] != "UND"
    return found


def test_library_exports_its_header():
    header = re.sub(r"/\*.*?\*/", "", (ROOT / "include/smestat.h").read_text("utf-8"), flags=re.S)
    declared = set(re.findall(r"^SME_API\s[^;(]*?\b(\w+)\(", header, re.M))
    exported = {name for name, defined in symbols(LIBRARY).items() if defined}
    exported -= {name for name in exported if re.match(r"_(init|fini|edata|end|_bss_start)$|__(asan|ubsan|odr_asan|gcov)", name)}
    if COVERAGE:
        exported.discard("mangle_path")  # gcov's own
    assert len(declared) > 30
    assert exported == declared
    assert all(name.startswith("sme_") for name in exported)


def test_every_declaration_is_exported():
    """A function in the header without SME_API would not be found by those who link."""
    header = re.sub(r"/\*.*?\*/", "", (ROOT / "include/smestat.h").read_text("utf-8"), flags=re.S)
    for line in re.findall(r"^[a-z].*\bsme_\w+\(.*", header, re.M):
        assert line.startswith("typedef "), line


def test_library_has_its_name():
    dynamic = readelf("-d", LIBRARY)
    assert re.search(r"SONAME.*\[libsmestat\.so\.\d+\]", dynamic)
    needed = set(re.findall(r"NEEDED.*\[(lib[a-z0-9+_-]+)\.", dynamic))
    assert needed - {"libc", "libm", "libasan", "libubsan", "ld-linux-x"} <= {"libjansson", "libutf8proc", "libxxhash"}


def test_position_independent():
    assert re.search(r"Type:\s+DYN", readelf("-h", SMESTATD))
    assert re.search(r"FLAGS_1.*PIE", readelf("-d", SMESTATD))


@pytest.mark.parametrize("path", [SMESTATD, LIBRARY], ids=["smestatd", "libsmestat"])
def test_relro_and_stack(path):
    dynamic, segments = readelf("-d", path), readelf("-l", path)
    assert re.search(r"BIND_NOW|FLAGS_1.*NOW", dynamic)
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK\s+0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ RW ", segments), "the stack may be executed"
    assert not re.search(r"LOAD .* RWE", segments), "memory may be written and executed"
    assert not re.search(r"RPATH|RUNPATH", dynamic) or os.environ.get("SMESTATD_INSTALLED") is None
    assert "TEXTREL" not in dynamic


def test_stack_protector():
    assert "__stack_chk_fail" in symbols(SMESTATD)


@pytest.mark.skipif(OPTIMIZATION in ("0", "g") or SANITIZE != "none", reason="fortification needs optimization and no sanitizer")
def test_fortified():
    assert any(re.fullmatch(r"__\w+_chk", name) and name != "__stack_chk_fail" for name in symbols(SMESTATD))


@pytest.mark.skipif(COVERAGE or SANITIZE != "none", reason="what counts lines or checks memory brings calls of its own")
def test_no_unsafe_imports():
    unsafe = {"gets", "strcat", "sprintf", "vsprintf", "system", "popen", "tmpnam", "mktemp", "setlocale", "dlopen"}
    assert not unsafe & {name for name, defined in symbols(SMESTATD).items() if not defined}
