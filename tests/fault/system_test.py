# SPDX-License-Identifier: MIT
"""What breaks around the daemon: system calls that fail, disks that are full, readers that stop, datasets cut short, clocks
that jump, signals in storms, kills. Whatever comes back as a whole 200 is right byte for byte; afterwards all is as before."""
import contextlib
import http.client
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

from daemon import ENVIRONMENT, SMESTATD, WAIT_S, Daemon

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGETS = ["/v1/units", "/v1/observations?lang=all", "/openapi.json", "/v1/targets.csv", "/v1/facets?category=cultivation"]
ANYTHING = re.compile(r".*")


def wait_until(condition, seconds=WAIT_S):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def fetch(port, target):
    """The body of a whole answer, or None where there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in (200, 503), (target, answer.status, body)
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def learn(port):
    bodies = {target: fetch(port, target) for target in TARGETS}
    assert all(bodies.values())
    return bodies


def ask_around(port, right, rounds):
    """@return how many whole answers there were, all of them right."""
    whole = 0
    for _ in range(rounds):
        for target in TARGETS:
            body = fetch(port, target)
            assert body is None or body == right[target], target
            whole += body is not None
    return whole


@contextlib.contextmanager
def clients(port, right, count=3):
    """Clients that ask until the end, whatever becomes of their connections."""
    stop, wrong = threading.Event(), []

    def ask():
        try:
            while not stop.is_set():
                ask_around(port, right, 1)
        except AssertionError as fault:
            wrong.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(2 * WAIT_S)
    assert not wrong, wrong


# System calls that fail. The tracer turns a call into one that no sandbox lets pass before it makes up the outcome.

TRACES = shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
traced = pytest.mark.skipif(not TRACES, reason="strace is not installed, or may not trace here")


@contextlib.contextmanager
def injected(pid, faults):
    calls = ",".join(fault.split(":")[0] for fault in faults)
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-p", str(pid),
                               *[word for fault in faults for word in ("-e", f"inject={fault}")]], stderr=subprocess.DEVNULL)
    wait_until(lambda: "TracerPid:\t0\n" not in pathlib.Path(f"/proc/{pid}/status").read_text())
    yield
    tracer.send_signal(signal.SIGINT)
    tracer.wait(WAIT_S)


@traced
@pytest.mark.parametrize("faults", [
    ["accept4:error=EMFILE:when=1+3"], ["accept4:error=ENFILE:when=2+4"], ["accept4:error=ECONNABORTED:when=1+2"],
    ["accept4:error=ENOBUFS:when=2+3"], ["accept4:error=EPERM:when=3+3"],
    ["recvfrom:error=ECONNRESET:when=2+5"], ["recvfrom:error=EINTR:when=1+2"],
    ["recvfrom:error=ENOMEM:when=3+4"],
    ["sendmsg:error=EPIPE:when=2+5"], ["sendmsg:error=EAGAIN:when=1+2"], ["sendmsg:error=ENOBUFS:when=2+3"],
    ["sendmsg:error=EINTR:when=1+3"], ["sendmsg:retval=1:when=2+6"],
    ["epoll_wait:error=EINTR:when=1+2"], ["poll:error=EINTR:when=1+2"], ["poll:error=ENOMEM:when=1+3"],
    ["mmap:error=ENOMEM:when=1+2"], ["brk:error=ENOMEM:when=1+1", "mmap:error=ENOMEM:when=1+1"],
    ["setsockopt:error=ENOBUFS:when=1+2"], ["fcntl:error=EBADF:when=1+4"], ["shutdown:error=ENOTCONN:when=1+1"],
    ["getdents64:error=EIO", "pread64:error=EIO"],
], ids=lambda faults: "+".join(faults))
def test_a_call_fails_now_and_then(faults):
    with Daemon("--sandbox", "off", "--threads", "2", "--idle-timeout", "5", expected=ANYTHING) as running:
        right = learn(running.port)
        lies = any("retval" in fault for fault in faults)  # what the kernel says it sent but did not, nobody can know
        with injected(running.process.pid, faults):
            whole = ask_around(running.port, right, 3) if not lies else 1
            assert fetch(running.port, "/metrics") or True
        assert whole > 0, "not one answer came through"
        assert running.process.poll() is None, running.lines
        assert ask_around(running.port, right, 1) == len(TARGETS)


@traced
@pytest.mark.parametrize("faults", [["openat:error=EMFILE"], ["openat:error=EACCES"], ["read:error=EIO:when=2+1"],
                                    ["newfstatat:error=EIO"], ["inotify_add_watch:error=ENOSPC"], ["mmap:error=ENOMEM"],
                                    ["inotify_init1:error=EMFILE"]],
                         ids=lambda faults: "+".join(faults))
def test_a_reload_fails(faults, tmp_path):
    path = tmp_path / "d.json"
    shutil.copy(ROOT / "api/sme.json", path)
    with Daemon("--sandbox", "off", "--dataset", path, "--watch", "--threads", "2", expected=ANYTHING) as running:
        right = learn(running.port)
        with injected(running.process.pid, faults):
            running.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            assert ask_around(running.port, right, 1) > 0
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.ok("/readyz").json.get("reload", {}).get("status") in ("ok", "unchanged"))
        assert ask_around(running.port, right, 1) == len(TARGETS)


@traced
@pytest.mark.parametrize("call, error", [("clone3", "EAGAIN"), ("clone3", "ENOMEM"), ("listen", "EADDRINUSE"), ("socket", "EMFILE"),
                                         ("epoll_create1", "EMFILE"), ("eventfd2", "EMFILE"), ("bind", "EACCES")])
def test_a_start_fails_with_a_sentence(call, error, tmp_path):
    shutil.copy(ROOT / "api/sme.json", tmp_path / "d.json")
    for n in range(1, 12):
        child = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", tmp_path / "trace", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}",
             SMESTATD, "--port", "0", "--threads", "3", "--dataset", tmp_path / "d.json", "--access-log", tmp_path / "log"],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        lines = []
        for line in child.stderr:
            lines.append(line)
            if line.startswith("listening on"):
                os.kill(int((tmp_path / "trace").read_text().split(" ", 1)[0]), signal.SIGTERM)
        code = child.wait(WAIT_S)
        injections = (tmp_path / "trace").read_text().count("(INJECTED)")
        if injections == 0:
            assert n > 1 and code == 0, lines
            return
        started = any(line.startswith("listening on") for line in lines)
        assert code == (0 if started else 1), (n, code, lines)
        assert started or any(line.startswith("smestatd: error: ") for line in lines), (n, lines)
    raise AssertionError(f"{call} is made more often than was thought")


# Disks, readers, datasets, clocks.

def test_full_disk():
    with Daemon("--access-log", "/dev/full", expected=ANYTHING) as running:
        right = learn(running.port)
        assert ask_around(running.port, right, 3) == 3 * len(TARGETS)
        wait_until(lambda: any("No space left" in line for line in running.lines))


def test_nobody_reads_the_logs(tmp_path):
    """Neither the access log's reader nor that of the messages, of which there are more than a pipe holds."""
    path = tmp_path / "d.json"
    path.write_text('{"format": "smestat-dataset-1"' + ', "x": 1' * 900 + "}")
    good = (ROOT / "api/sme.json").read_text("utf-8")
    broken, path = path.read_text(), tmp_path / "served.json"
    path.write_text(good, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([SMESTATD, "--port", str(port), "--dataset", path, "--access-log", "-", "--drain-grace", "0"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    wait_until(lambda: fetch(port, "/healthz"))
    right = learn(port)
    path.write_text(broken, "utf-8")
    for _ in range(4):
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
    assert ask_around(port, right, 40) == 40 * len(TARGETS)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    process.stdout.close()
    process.stderr.close()


def test_a_dataset_cut_short(tmp_path):
    whole = (ROOT / "api/sme.json").read_bytes()
    path = tmp_path / "d.json"
    path.write_bytes(whole)
    with Daemon("--dataset", path, expected=ANYTHING) as running:
        right = learn(running.port)
        failures = 0
        for part in range(20):
            path.write_bytes(whole[:len(whole) * part // 20])
            running.process.send_signal(signal.SIGHUP)
            failures += 1
            wait_until(lambda: f'smestatd_reloads_total{{outcome="failed"}} {failures}\n' in running.ok("/metrics").text)
            assert ask_around(running.port, right, 1) == len(TARGETS)
        path.write_bytes(whole)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.ok("/readyz").json["reload"]["status"] == "unchanged")


def test_clocks_that_jump(tmp_path):
    with Daemon("--access-log", tmp_path / "log", "--threads", "2", environment={"LD_PRELOAD": os.environ["CLOCK"]}) as running:
        right = learn(running.port)
        assert ask_around(running.port, right, 20) == 20 * len(TARGETS)
        running.ok("/readyz"), running.ok("/metrics"), running.ok("/version")
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert len(lines) == 21 * len(TARGETS) + 3
    assert len({line[:4] for line in lines}) > 2  # the years


# Signals and kills.

def test_storms_of_signals(tmp_path):
    path = tmp_path / "d.json"
    shutil.copy(ROOT / "api/sme.json", path)
    with Daemon("--dataset", path, "--watch", "--threads", "2") as running:
        right = learn(running.port)
        with clients(running.port, right):
            for _ in range(150):
                for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGSTOP,
                               signal.SIGCONT, signal.SIGXFSZ):
                    running.process.send_signal(number)
                time.sleep(0.005)
        assert ask_around(running.port, right, 1) == len(TARGETS)


def test_killed_and_started_again_under_load(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    right, process = None, None
    places = f"127.0.0.1:{port},unix:{tmp_path}/socket"
    for _ in range(6):
        process = subprocess.Popen([SMESTATD, "--listen", places, "--log-level", "error"], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, env=ENVIRONMENT)
        begin = time.monotonic()
        wait_until(lambda: fetch(port, "/healthz"))
        assert time.monotonic() - begin < 5
        right = right or learn(port)
        with clients(port, right):
            time.sleep(0.3)
            process.kill()
            process.wait(WAIT_S)
            time.sleep(0.05)
        errors = process.stderr.read().decode()
        process.stderr.close()
        assert "error" not in errors, errors
