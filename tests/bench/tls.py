#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What TLS costs: the daemon's processor time for one answer over a connection that lives, and for one new connection, plain
and with TLS, and the memory that a connection takes. SMESTATD is the daemon: python3 tests/bench/tls.py"""
import os
import pathlib
import socket
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
from daemon import Daemon, TlsClient, make_certificate, read_answer, tls_context  # noqa: E402

GET = b"GET /v1/observations?category=cultivation HTTP/1.1\r\nHost: x\r\n\r\n"
ROUNDS, ANSWERS, CONNECTIONS = 5, 4000, 300


def used(running):
    """Nanoseconds of all threads, as the scheduler counts them."""
    tasks = pathlib.Path(f"/proc/{running.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def memory(running):
    return int(pathlib.Path(f"/proc/{running.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def each(running, work, count):
    """Microseconds for each, the median of the rounds."""
    times = []
    for _ in range(ROUNDS):
        before = used(running)
        work()
        times.append((used(running) - before) / count / 1000)
    return statistics.median(times)


def answers(running, client):
    def work():
        for _ in range(ANSWERS):
            client.sendall(GET)
            read_answer(client)
    return each(running, work, ANSWERS)


def connections(running, connect):
    def work():
        for _ in range(CONNECTIONS):
            with connect() as client:
                client.sendall(GET)
                read_answer(client)
    return each(running, work, CONNECTIONS)


def measure(running):
    """An answer, a connection with one, a resumed one, and the kilobytes of a connection."""
    with running.connect() as client:
        client.sendall(GET)
        read_answer(client)
        session = client.object.session if running.tls else None
        answer = answers(running, client)
    new = connections(running, running.connect)
    resumed = connections(running, lambda: TlsClient(socket.create_connection((running.host, running.port)), running.tls,
                                                     session)) if session else None
    before, held = memory(running), [running.connect() for _ in range(CONNECTIONS)]
    for client in held:
        client.sendall(GET)
        read_answer(client)
    size = (memory(running) - before) / CONNECTIONS / 1024
    return answer, new, resumed, size


def main():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(pathlib.Path(folder))
        options = "--threads", "1", "--sandbox", "off"
        with Daemon(*options) as plain, Daemon(*options, "--tls-certificate", certificate, "--tls-key", key) as secure:
            rows = [measure(running) for running in (plain, secure)]
    print("| | Plain | TLS 1.3 |\n|---|--:|--:|")
    for name, unit, pair in zip(("an answer", "a connection and an answer", "the same, resumed", "memory of a connection"),
                                ("µs", "µs", "µs", "KiB"), zip(*rows)):
        print(f"| {name} |" + "|".join(f" {value:.3g} {unit} " if value is not None else "  " for value in pair) + "|")


if __name__ == "__main__":
    main()
