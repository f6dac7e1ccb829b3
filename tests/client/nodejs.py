# SPDX-License-Identifier: MIT
"""Programs for Node.js with the packages of the lock file, and whether there are any."""
import pathlib
import shutil
import subprocess

from daemon import ENVIRONMENT

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
PACKAGES = TOP / ".build/client"
LOCK = "package-lock.json"
# Some clients would send even what is for loopback to a proxy.
DIRECT = {name: value for name, value in ENVIRONMENT.items() if not name.lower().endswith("_proxy")}


def missing():
    """Why there can be no test here, or None."""
    if not shutil.which("node"):
        return "Node.js is not installed"
    if not (PACKAGES / "installed").is_file():
        return f"the packages of {HERE.relative_to(TOP)} are not installed: sh tests/run does"
    if (PACKAGES / "installed").read_bytes() != (HERE / LOCK).read_bytes():
        return f"the packages in {PACKAGES.relative_to(TOP)} are not those of the lock file: sh tests/run renews them"
    return None


def project(folder, *files):
    """A folder as a user of the packages has it: with copies of these files, next to the packages."""
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    for name in ("package.json", *files):
        shutil.copy(HERE / name, folder)
    return folder


def node(folder, script, *arguments):
    """Runs a script by Node.js in a folder that has the packages."""
    return subprocess.run(["node", script, *map(str, arguments)], cwd=folder, capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL, env=DIRECT)
