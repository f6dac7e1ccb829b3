# SPDX-License-Identifier: MIT
"""The line about a long load: for a terminal, and only there, and gone at the end."""
import json
import os
import pty
import re
import subprocess

import pytest

SMESTATD = os.environ.get("SMESTATD", "smestatd")
LINE = re.compile(rb"\r(?:rows|wrong)\.csv: (\d+) rows, (\d+)%\x1b\[K")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A short load, and one that is long because a file of rows that are all wrong, and not kept, is read many times."""
    folder = tmp_path_factory.mktemp("progress")
    rows = "year,place,value\n" + "".join(f"{1000 + i % 1000},p{i // 1000},{i}\n" for i in range(50000))
    (folder / "rows.csv").write_text(rows, "utf-8")
    (folder / "wrong.csv").write_text(rows.replace("\n1", "\nx") + rows.replace("\n1", "\nx"), "utf-8")
    done = subprocess.run([SMESTATD, "--init", "rows.csv"], cwd=folder, capture_output=True, timeout=60, check=True)
    document = json.loads(done.stdout)
    (folder / "short.json").write_bytes(done.stdout)
    file = document["observation_files"][0]
    document["observation_files"] = [file] + 99 * [{**file, "file": "wrong.csv"}]
    (folder / "long.json").write_text(json.dumps(document), "utf-8")
    return folder


def check(folder, name, terminal):
    """What --check writes to standard error, and how it ends."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen([SMESTATD, "--check", name], cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs) as daemon:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # how Linux says that nobody has the terminal open any more
            pass
        os.close(ours)
    return daemon.returncode, said


def test_long_load_at_a_terminal(folder):
    code, said = check(folder, "long.json", True)
    assert code == 1
    assert said.endswith(b"\r\x1b[K")
    lines = LINE.findall(said)
    assert LINE.sub(b"", said) == b"\r\x1b[K", said[:300]
    assert lines and all(rows == b"50000" and 0 <= int(percent) <= 100 for rows, percent in lines)


def test_nothing_else_says_it(folder):
    assert check(folder, "long.json", False) == (1, b"")
    assert check(folder, "short.json", False) == (0, b"")
