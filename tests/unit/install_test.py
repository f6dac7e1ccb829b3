# SPDX-License-Identifier: MIT
"""The library as others get it: the example program against what is built and against what is installed; the header alone."""
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
HEADER = HERE.parent.parent / "include/smestat.h"
EXPECTED = (HERE / "example.expect").read_text("utf-8")
SANITIZE = os.environ.get("SANITIZE", "none")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(command, **more):
    done = subprocess.run(command, capture_output=True, timeout=120, **more)
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode("utf-8")


def test_example():
    assert run([os.environ["EXAMPLE"]]) == EXPECTED


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Everything under a directory that is not where it was configured to go."""
    if not shutil.which("meson") or not shutil.which("pkg-config"):
        pytest.skip("meson or pkg-config is not installed")
    root = tmp_path_factory.mktemp("installed")
    run(["meson", "install", "-C", os.environ["BUILD_ROOT"], "--no-rebuild", "--destdir", str(root)])
    return root


def pkg_config(root, *arguments):
    (description,) = root.rglob("smestat.pc")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(description.parent), "PKG_CONFIG_SYSROOT_DIR": str(root)}
    return shlex.split(run(["pkg-config", *arguments, "smestat"], env=environment))


def test_example_against_what_is_installed(installed, tmp_path):
    flags = pkg_config(installed, "--cflags", "--libs")
    (library,) = installed.rglob("libsmestat.so")
    assert "-lsmestat" in flags and f"-L{library.parent}" in flags
    # Whoever links the library needs none of the libraries behind it.
    assert not [flag for flag in flags if flag.startswith("-l") and flag != "-lsmestat"]
    sanitize = [] if SANITIZE == "none" else [f"-fsanitize={SANITIZE}"]
    program = tmp_path / "example"
    run(["cc", "-std=c11", *WARNINGS, *sanitize, str(HERE / "example.c"), *flags, "-o", str(program)])
    assert run([str(program)], env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)}) == EXPECTED


def test_installed_files(installed):
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file() or path.is_symlink()}
    kinds = {pathlib.Path(name).name for name in names}
    assert {"smestat.h", "libsmestat.so", "smestat.pc", "smestatd"} <= kinds
    headers = {name for name in kinds if name.endswith(".h")}
    assert headers == {"smestat.h"}
    version = pkg_config(installed, "--modversion")[0]
    assert f"libsmestat.so.{version}" in kinds


def test_header_alone_in_c(tmp_path):
    source = tmp_path / "alone.c"
    source.write_text('#include <smestat.h>\n#include <smestat.h>\nstruct sme_fault fault;\n', "utf-8")
    run(["cc", "-std=c11", *WARNINGS, "-Wstrict-prototypes", f"-I{HEADER.parent}", "-fsyntax-only", str(source)])


@pytest.mark.skipif(not shutil.which("g++"), reason="there is no C++ compiler here")
def test_header_alone_in_cpp(tmp_path):
    source = tmp_path / "alone.cpp"
    source.write_text('#include <smestat.h>\nint main() { return sme_version() == nullptr; }\n', "utf-8")
    run(["g++", "-std=c++11", *WARNINGS, f"-I{HEADER.parent}", "-fsyntax-only", str(source)])
