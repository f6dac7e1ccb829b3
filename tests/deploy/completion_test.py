# SPDX-License-Identifier: MIT
"""Completion, in the shells themselves: what stands on the command line after the Tab key."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

DAEMON = os.environ["SMESTATD"]
# What is typed, and what the shell makes of it; %s is a directory with "good.json" and "folder" in it.
CASES = [
    ("--log-level w", "--log-level warning"),
    ("--log-level=w", "--log-level=warning"),
    ("--log-form", "--log-format"),
    ("--idle", "--idle-timeout"),
    ("--vers", "--version"),
    ("--dataset %s/go", "--dataset %s/good.json"),
    ("--export %s/fo", "--export %s/folder/"),
    ("--address 1", "--address 1"),
]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "good.json").write_text("{}\n")
    (tmp_path / "folder").mkdir()
    for shell, name in (("bash", "smestatd"), ("zsh", "_smestatd"), ("fish", "smestatd.fish")):
        script = subprocess.run([DAEMON, f"--completion-{shell}"], capture_output=True, text=True, check=True).stdout
        (tmp_path / name).write_text(script)
    return tmp_path


def completed_at_a_terminal(command, begin, place):
    """Each case typed at the prompt of an interactive shell, in which smestatd is a function that shows its arguments."""
    master, slave = pty.openpty()
    shell = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=place, start_new_session=True,
                             env={"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(place), "LC_ALL": "C"})
    os.close(slave)
    seen = ""
    try:
        os.write(master, (begin + "\n").encode())
        for number, (typed, _) in enumerate(CASES):
            line = typed.replace("%s", str(place))
            os.write(master, f"smestatd {line}\t\n".encode())
            deadline = time.monotonic() + 20
            while not re.search(rf"GOT {number} [^\n]*\n", seen):
                assert time.monotonic() < deadline, seen[-2000:]
                if select.select([master], [], [], 0.2)[0]:
                    seen += os.read(master, 65536).decode(errors="replace")
    finally:
        shell.kill()
        shell.wait()
        os.close(master)
    return [re.search(rf"GOT {number} ([^\r\n]*)", seen)[1] for number in range(len(CASES))]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completes(shell, place):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    if shell == "bash":
        got = completed_at_a_terminal(["bash", "--norc", "-i"],
                                      'n=0; smestatd() { echo "GOT $((n++))" "$@"; }; source ./smestatd', place)
    elif shell == "zsh":
        got = completed_at_a_terminal(
            ["zsh", "-f", "-i"],
            'n=0; smestatd() { print -r -- "GOT $((n++))" "$@" }; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D', place)
    else:
        got = []
        for typed, _ in CASES:
            line = typed.replace("%s", str(place))
            done = subprocess.run(["fish", "--no-config", "-c", 'source smestatd.fish; complete -C "$argv"', "--",
                                   f"smestatd {line}"], cwd=place, capture_output=True, text=True, check=True)
            found = [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]
            before = line.rpartition(" ")[0]
            got.append(f"{before} {found[0]}".strip() if len(found) == 1 else line)
    for (typed, wanted), found in zip(CASES, got):
        wanted = wanted.replace("%s", str(place))
        # A shell may go on with a blank or the = before the value, and take back the / after a directory.
        assert found.rstrip(" =/") == wanted.rstrip("/"), f"{shell}: {typed}"
