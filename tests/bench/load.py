#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long datasets of several sizes take to load, and how much memory at most: SMESTATD=… load.py [ROWS…]"""
import os
import pathlib
import sys
import tempfile
import time

import make_csv

SMESTATD = os.environ.get("SMESTATD", "smestatd")


def load(path):
    """Seconds and mebibytes of `smestatd --check`; resident memory at its peak is what VmHWM says."""
    began = time.monotonic()
    child = os.posix_spawnp(SMESTATD, [SMESTATD, "--check", str(path)], os.environ,
                            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    assert status == 0, f"{path} did not load"
    return time.monotonic() - began, usage.ru_maxrss / 1024


if __name__ == "__main__":
    for rows in map(int, sys.argv[1:] or ["10000", "100000", "1000000"]):
        with tempfile.TemporaryDirectory() as folder:
            make_csv.write(rows, pathlib.Path(folder))
            seconds, mebibytes = min(load(pathlib.Path(folder) / "dataset.json") for _ in range(3))
            print(f"{rows:>10,} rows: {seconds:.2f} s, {mebibytes:.0f} MiB")
