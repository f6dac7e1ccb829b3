# SPDX-License-Identifier: MIT
"""The sandbox of a running daemon: that every thread is in it, which files it can still read, and that the table of system
calls is no longer than it must be: all of them are seen being made, but for those that the table says are rare."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from daemon import ENVIRONMENT, SMESTATD, WAIT_S, Daemon, TlsClient, make_certificate, run, tls_context, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT_IN = os.environ.get("SANITIZE", "none") == "none" and os.environ.get("COVERAGE") != "true"
POSSIBLE = BUILT_IN and run("--sandbox", "strict", "--dataset", "/nonexistent").returncode == 1
sandboxed = pytest.mark.skipif(not BUILT_IN, reason="builds with sanitizers or coverage have no sandbox")


def parts(running):
    return [line.partition("sandbox: ")[2] for line in running.lines if "sandbox: " in line]


def has_landlock():
    with Daemon() as running:
        return "without files" in parts(running)


def test_off_and_impossible():
    with Daemon("--sandbox", "off") as running:
        assert parts(running) == []
        assert "Seccomp:\t0" in pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
    if not BUILT_IN:
        done = run("--sandbox", "strict", "--port", "0")
        assert done.returncode == 1 and "there is none in a build with" in done.stderr


@sandboxed
def test_every_thread_is_in_it(tmp_path):
    shutil.copy(ROOT / "api/sme.json", tmp_path / "d.json")
    options = ["--dataset", tmp_path / "d.json", "--watch", "--access-log", tmp_path / "log", "--threads", 3, "--admin-port", 0]
    with Daemon(*options) as running:
        said = parts(running)
        assert said[:2] == ["without new privileges", "without capabilities"] and said[3].startswith("without system calls but ")
        tasks = list(pathlib.Path(f"/proc/{running.process.pid}/task").iterdir())
        assert len(tasks) >= 8  # main, the log's, the reloader's, two acceptors', four that serve
        for task in tasks:
            status = (task / "status").read_text()
            assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status, status
            assert re.search(r"\nCapPrm:\t0+\n(?:.*\n)*CapEff:\t0+\n", status), status


@sandboxed
@pytest.mark.skipif(not BUILT_IN or not has_landlock(), reason="this kernel has no Landlock")
def test_files_elsewhere_cannot_be_read(tmp_path):
    """A link beside the old one may lead to a folder beside, as in a ConfigMap, but not to anywhere."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    text = (ROOT / "api/sme.json").read_text("utf-8")
    for number, folder in enumerate((home / "1", home / "2", elsewhere)):
        folder.mkdir(parents=True)
        (folder / "d.json").write_text(text.replace("8997", f"{9000 + number}"), "utf-8")

    def turn(target):
        (home / "next").symlink_to(target)
        (home / "next").rename(home / "now")

    turn("1")
    with Daemon("--dataset", home / "now" / "d.json", "--sandbox", "strict",
                expected=re.compile(r"smestatd: (info|error): .*|listening on .*")) as running:
        def reload():
            before = running.ok("/readyz").json.get("reload")
            running.process.send_signal(signal.SIGHUP)
            wait_until(lambda: running.ok("/readyz").json.get("reload", {}) != (before or {}))
            return running.ok("/readyz").json["reload"]
        turn("2")
        assert reload()["status"] == "ok"
        turn(elsewhere)
        time.sleep(1.1)  # the time of a reload has seconds
        failed = reload()
        assert failed["status"] == "failed" and "Permission denied" in failed["first"], failed
        assert "process_resident_memory_bytes" in running.ok("/metrics").text


# The table.

def table():
    lines = subprocess.run([os.environ["TABLES"]], capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    return dict(line.split(" ", 2)[1:] for line in lines if line.startswith("call "))


class Traced:
    """The daemon under strace, with everything that makes it call the system."""

    def __init__(self, folder):
        self.folder, self.trace = folder, folder / "trace"
        shutil.copy(ROOT / "tests/fault/rows.csv", folder)
        shutil.copy(ROOT / "tests/fault/files.json", folder)
        (folder / "now.json").symlink_to("files.json")
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(folder / "notify"))
        log_read, log_write = os.pipe()
        self.reader = threading.Thread(target=lambda: open(log_read, "rb").read())
        self.reader.start()
        certificate, key = make_certificate(folder)
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", self.trace, SMESTATD, "--listen", f"unix:{folder}/socket,tls:127.0.0.1:0,127.0.0.1:0",
             "--tls-certificate", certificate, "--tls-key", key,
             "--admin-port", "0", "--dataset", folder / "now.json", "--watch", "--access-log", "-", "--drain-grace", "0",
             "--sandbox", "strict", "--idle-timeout", "1", "--threads", "2"],
            stdin=subprocess.DEVNULL, stdout=log_write, stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "400000"})
        os.close(log_write)
        while not (line := self.process.stderr.readline()).startswith(b"listening on http:"):
            assert line, "the daemon ended"
            self.secure_port = int(line.rsplit(b":", 1)[1]) if b" https:" in line else None
        self.port = int(line.rsplit(b":", 1)[1])
        self.pid = int(self.trace.read_text().split(" ", 1)[0])

    def ask(self, target, times=1, fields=""):
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as client:
            for _ in range(times):
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 20):
                pass

    def ask_with_tls(self):
        client = socket.create_connection(("127.0.0.1", self.secure_port), timeout=WAIT_S)
        with TlsClient(client, tls_context()) as secure:
            secure.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while secure.recv(1 << 20):
                pass

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        self.process.communicate(timeout=WAIT_S)
        self.reader.join(WAIT_S)
        self.channel.close()
        return self.process.returncode


def calls_behind_the_door(trace):
    """The system calls that a trace has behind the one that loads the filter."""
    behind = trace.partition("seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC")[2]
    assert behind, "the filter was not loaded"
    return set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed>)", behind, re.M)) - {"seccomp"}


@sandboxed
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_call_is_left_that_is_not_made(tmp_path):
    probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, timeout=60)
    if probe.returncode != 0:
        pytest.skip(f"strace may not trace here: {probe.stderr.decode()[:200]}")
    traced = Traced(tmp_path)
    traced.ask("/v1/observations?lang=all", 5, "Accept-Encoding: gzip\r\n")
    traced.ask("/metrics", 2)
    traced.ask_with_tls()
    traced.ask("/openapi.json", 20)
    for number in range(3):  # reloads, by a signal and because a file changed
        text = (tmp_path / "rows.csv").read_text("utf-8")
        (tmp_path / "rows.csv").write_text(text + f"i,1/{number + 1}/2010,N,North,{number}\n", "utf-8")
        os.kill(traced.pid, signal.SIGHUP)
        time.sleep(0.7)
        traced.ask(f"/v1/observations?limit={number + 1}", 3)
    big = "what,when,where,name,value\n" + "".join(f"i,{1 + i % 28}/1/{1000 + i // 28},N,North,{i}\n" for i in range(60000))
    (tmp_path / "rows.csv").write_text(big, "utf-8")
    time.sleep(1.5)
    traced.ask("/v1/observations.csv", 2)
    traced.ask("/v1/observations?sort=-value", 1)
    assert traced.stop() == 0
    made, left = calls_behind_the_door(traced.trace.read_text("utf-8", "replace")), table()
    assert made <= set(left), f"calls that are not in the table: {made - set(left)}"
    rare = {name for name, use in left.items() if use.startswith("rarely: ")}
    assert set(left) - made <= rare, f"nobody made these: {set(left) - made - rare}"
    assert len(left) <= 45
