# SPDX-License-Identifier: MIT
"""A network of this test's own: nothing but a loopback, so that servers have their real ports and nobody else's."""
import ctypes
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLONE_NEWNET = 0x40000000
CLIENT = "127.0.0.77"
# What a client may say of itself to be taken for another.
FORGED = [[], ["X-Forwarded-For: 198.51.100.9"], ["Forwarded: for=198.51.100.9"],
          ["X-Forwarded-For: 198.51.100.9", "X-Forwarded-For: 127.0.0.1", "Forwarded: for=198.51.100.9, for=127.0.0.1"]]
# What is for those who watch, as somebody else may ask for it.
INSIDE = ["/metrics", "/readyz", "/version", "/metrics?", "/metrics?a=b", "/metrics/", "/%6detrics", "/%72eadyz", "/versio%6E",
          "/%6detrics?a=b", "//metrics", "/./metrics", "/v1/../metrics", "http://localhost/metrics", "http://localhost/%6detrics",
          "https://localhost/metrics"]
targets = (f"/v1/years?limit={number}" for number in itertools.count(1))


def enter():
    """Moves this process, and what it starts from now on, into such a network. Skips, with the reason, if it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        pytest.skip(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    if subprocess.run(["ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        pytest.skip("no loopback in a network of its own")


class Machines:
    """Networks beside this one, such as machines have: each with one address, on a switch that this one has an end of."""

    HERE, PREFIX = "10.77.0.1", 24

    def __init__(self):
        self.holders = {}
        if subprocess.run(["ip", "link", "add", "switch", "type", "bridge"], check=False).returncode != 0:
            pytest.skip("no bridge in a network of its own")
        self._run(f"ip address add {self.HERE}/{self.PREFIX} dev switch", "ip link set switch up")

    @staticmethod
    def _run(*commands):
        for command in commands:
            subprocess.run(command.split(), check=True)

    def add(self, address):
        holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        own = os.readlink("/proc/thread-self/ns/net")
        until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, "a network for a machine")
        self.holders[address] = holder
        self._run(f"ip link add port{len(self.holders)} type veth peer name eth0 netns {holder.pid}",
                  f"ip link set port{len(self.holders)} master switch up")
        self._run(*(" ".join([*self.inside(address), command]) for command in (
            f"ip address add {address}/{self.PREFIX} dev eth0", "ip link set eth0 up", "ip link set lo up")))

    def inside(self, address):
        """What stands before a command that is to run there, as the same process."""
        return ["nsenter", "--target", str(self.holders[address].pid), "--net"]

    def cable(self, address, plugged):
        self._run(f"ip link set port{list(self.holders).index(address) + 1} {'up' if plugged else 'down'}")

    def remove(self):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()
        self._run("ip link delete switch")


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


def trusted(name):
    """The options that a file of deploy/ wants the daemon to have."""
    return re.search(r"smestatd (--trusted-proxies \S+)", (ROOT / "deploy" / name).read_text())[1].split()


def logged_for(log, server):
    """Asks a server as somebody else, who claims to be a third; returns for whom the daemon's access log has it each time."""
    found = []
    for headers in FORGED:
        target = next(targets)
        fields = [word for header in headers for word in ("--header", header)]
        subprocess.run(["curl", "--silent", "--fail", "--insecure", "--ipv4", "--interface", CLIENT, "--max-time", "10",
                        "--output", "/dev/null", *fields, server + target], check=True)
        found.append(until(lambda target=target: next((line["address"] for line in map(json.loads, log.read_text().splitlines())
                                                       if line["target"] == target), None), target))
    return found


def shown(server):
    """What a server gives the public of INSIDE."""
    return [target for target in INSIDE if subprocess.run(
        ["curl", "--silent", "--insecure", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}",
         "--http1.1", "--request-target", target, server], capture_output=True, check=False).stdout == b"200"]
