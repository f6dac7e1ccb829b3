# SPDX-License-Identifier: MIT
"""A network of this test's own: nothing but a loopback, so that servers have their real ports and nobody else's."""
import ctypes
import os
import pathlib
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLONE_NEWNET = 0x40000000


def enter():
    """Moves this process, and what it starts from now on, into such a network. Skips, with the reason, if it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        pytest.skip(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    if subprocess.run(["ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        pytest.skip("no loopback in a network of its own")


def program(package, path):
    """A program of Debian that is installed, or that tests/run unpacked."""
    unpacked = ROOT / ".build/cache" / package / path
    found = shutil.which(pathlib.Path(path).name) or (str(unpacked) if unpacked.exists() else None)
    if not found:
        pytest.skip(f"{package} is neither installed nor in .build/cache, where tests/run puts it")
    return found


def until(condition, what, seconds=20):
    """Waits for a condition to be something, and returns that."""
    deadline = time.monotonic() + seconds
    while not (got := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} seconds"
        time.sleep(0.02)
    return got
