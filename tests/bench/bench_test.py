# SPDX-License-Identifier: MIT
"""The benchmark in small: figures are not judged here, only that they are there, and of the same answers."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

import callgrind
import peers
import table

HERE = pathlib.Path(__file__).resolve().parent
BUILD = os.environ.get("BUILD", peers.ROOT / ".build" / "plain")
# Mutexes are locked twice by the program, once by a library.
PROFILE = """# callgrind format
ob=(1) /usr/bin/program
fn=(1) main
1 100
cob=(2) /lib/libc.so.6
cfn=(2) pthread_mutex_lock@@GLIBC_2.2.5
calls=2 0
1 40
ob=(3) /lib/libother.so
fn=(3) other
cob=(2)
cfn=(2)
calls=1 0
1 20
totals: 160
"""


def of_session(number):
    """The processes of a session."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = path.read_text("utf-8", "replace").rpartition(")")
            if int(rest.split()[3]) == number:
                yield name


def run(*arguments):
    """In a session of its own, so that what it leaves behind can be found."""
    command = [sys.executable, HERE / "table.py", "--build", BUILD, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    out, err = child.communicate(timeout=300)
    assert not list(of_session(child.pid))
    return child.returncode, out, err


@pytest.fixture
def bench(tmp_path):
    return table.Bench(BUILD, tmp_path, quick=True)


def test_a_table_as_text_and_as_markdown():
    code, out, err = run("--quick", "kept", "variants", "fresh", "start")
    assert code == 0, err
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in out.splitlines() if line.startswith("|")]
    assert rows[0] == table.HEADERS and len(rows) > 12
    for what, ours, beside, theirs, ratio, wanted, met in rows[2:]:
        assert what in out.partition("|")[0], f"not in the text: {what}"
        assert theirs.startswith("not available: ") or re.fullmatch(r"[\d.,]+ (ns|µs|ms|s|MB)", ours), ours
        assert not ratio or float(ratio) > 0
        assert bool(wanted) == bool(met) and bool(theirs) == bool(beside)
    assert f"smestatd {table.peers.Peers(BUILD, HERE).versions()['smestatd']}" in out


def test_a_large_dataset_beside_a_database(bench):
    """That rows and counts are the same is checked by `million` itself."""
    rows = list(table.million(bench))
    assert len(rows) == 9 and all(row.ours for row in rows if not row.theirs.startswith("not available"))


def test_what_is_not_there_is_named(bench, monkeypatch):
    def nothing(name, *_):
        raise peers.Unavailable(f"{name} is not on this machine")
    monkeypatch.setattr(peers, "find", nothing)
    monkeypatch.setattr(peers, "NODE_FOLDER", bench.folder)
    rows = {row.beside: row for row in table.kept(bench)}
    assert rows["nginx, a file"].theirs == "not available: nginx is not on this machine"
    assert rows["fastify"].theirs == "not available: fastify from npm is not there"
    assert rows["bare epoll loop"].ratio


def test_a_server_that_does_not_start_says_why(bench):
    with pytest.raises(peers.Unavailable, match="no option --no-such-option"):
        bench.peers.smestatd("--no-such-option")


def test_an_answer_of_another_kind_is_no_measurement(bench):
    with bench.peers.smestatd() as server, pytest.raises(RuntimeError, match="404"):
        bench.pool(server, bench.requests(["/v1/nothing"]), 32)


def test_no_query_is_drawn_twice():
    assert len(set(table.take(table.fresh_targets(table.random.Random(1)), 20000))) == 20000


def test_unknown_section():
    code, _, err = run("nothing")
    assert code == 2 and "there are kept, instructions" in err


def test_profile(tmp_path):
    path = tmp_path / "profile"
    path.write_text(PROFILE)
    assert callgrind.read(path, "/usr/bin/program") == (160, 2)
    with pytest.raises(ValueError):
        callgrind.read(path, "/usr/bin/another")
