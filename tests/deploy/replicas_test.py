# SPDX-License-Identifier: MIT
"""Four replicas behind deploy/haproxy.cfg, rolled to a new dataset and killed under load; and the daemon behind
deploy/varnish.vcl. In a network of this test's own."""
import asyncio
import collections
import contextlib
import gzip
import itertools
import json
import os
import re
import signal
import subprocess
import time

import network
import pytest

DEPLOY = network.ROOT / "deploy"
DAEMON = os.environ["SMESTATD"]
CLIENTS = 64
REPLICAS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"]
DATASET = json.loads((network.ROOT / "tests/data/valid/minimal.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def own_network():
    network.enter()


def get(url, *headers):
    """Status, fields and body of one answer."""
    fields = [word for header in headers for word in ("--header", header)]
    done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "10", "--dump-header", "-", *fields, url],
                          capture_output=True, check=False)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return (int(lines[0].split()[1]) if done.returncode == 0 else 0), named, body


class Replica:
    def __init__(self, address, dataset, *options):
        self.address, self.dataset, self.options = address, dataset, options
        self.process = None
        self.start()

    def start(self):
        # Port 8080 of an address of its own, as on a machine of its own.
        self.process = subprocess.Popen([DAEMON, "--address", self.address, "--threads", "1", "--dataset",
                                         str(self.dataset), *self.options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        network.until(lambda: get(f"http://{self.address}:8080/readyz")[0] == 200, self.address)

    def roll(self, dataset):
        """To a new dataset, and a new process: a new version of the daemon would come in the same way."""
        self.process.terminate()
        assert self.process.wait(20) == 0
        self.dataset = dataset
        self.start()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Load:
    """Clients that ask one after another over connections that stay open, and never twice for the same; each names the
    day of the newest dataset it has seen."""

    def __init__(self, port):
        self.port = port
        self.ended = False
        self.statuses = collections.Counter()
        self.days = collections.Counter()
        self.steps_back = 0

    async def client(self):
        known, streams = "", None
        while not self.ended:
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = streams
                named = f"Smestat-As-Of: {known}\r\n" if known else ""
                writer.write(f"GET /v1?fields=as_of HTTP/1.1\r\nHost: localhost\r\n{named}\r\n".encode())
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode()
                body = await reader.readexactly(int(re.search(r"(?i)content-length: (\d+)", head)[1]))
                status = head.split()[1]
                self.statuses[status] += 1
                if status == "200":
                    day = json.loads(body)["data"]["as_of"]
                    self.steps_back += day < known
                    self.days[day] += 1
                    known = max(day, known)
                if "connection: close" in head.lower():
                    writer.close()
                    streams = None
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                self.statuses[type(error).__name__] += 1
                streams = None
            await asyncio.sleep(0.01)
        if streams:
            streams[1].close()

    async def during(self, steps):
        clients = [asyncio.create_task(self.client()) for _ in range(CLIENTS)]
        try:
            await asyncio.get_running_loop().run_in_executor(None, steps)
        finally:
            self.ended = True
            await asyncio.gather(*clients)


@contextlib.contextmanager
def started(command, ready, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
    try:
        network.until(lambda: process.poll() is not None or get(ready)[0] == 200, command[0],
                      seconds=60)
        assert process.poll() is None, f"{command[0]} ended"
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_a_roll_and_a_crash_are_not_seen(tmp_path):
    days = ["2023-03-01", "2023-09-01"]
    for day in days:
        (tmp_path / f"{day}.json").write_text(json.dumps({**DATASET, "as_of": day}))
    old, new = (tmp_path / f"{day}.json" for day in days)
    replicas = [Replica(address, old) for address in REPLICAS]
    load = Load(80)

    def steps():
        time.sleep(0.5)
        for replica in replicas:
            replica.roll(new)
            time.sleep(0.5)
        replicas[1].kill()
        time.sleep(1.5)
        replicas[1].start()
        replicas[2].process.send_signal(signal.SIGSTOP)  # a machine that hangs answers nothing, and refuses nothing
        time.sleep(1.5)
        replicas[2].process.send_signal(signal.SIGCONT)
        time.sleep(0.5)

    try:
        with started([network.program("haproxy", "usr/sbin/haproxy"), "-f", str(DEPLOY / "haproxy.cfg")],
                     "http://127.0.0.1/v1"):
            asyncio.run(load.during(steps))
    finally:
        for replica in replicas:
            replica.kill()
    print(f"{load.statuses} {load.days}, steps back: {load.steps_back}")
    assert set(load.statuses) == {"200"}, load.statuses
    assert load.steps_back == 0
    assert all(load.days[day] > 200 for day in days), load.days


def test_a_replica_knows_for_whom_the_balancer_asks(tmp_path):
    log = tmp_path / "access.log"
    replica = Replica(REPLICAS[0], "builtin:sme", "--access-log", str(log), "--log-format", "json",
                      *network.trusted("haproxy.cfg"))
    try:
        with started([network.program("haproxy", "usr/sbin/haproxy"), "-f", str(DEPLOY / "haproxy.cfg")],
                     "http://127.0.0.1/v1"):
            assert network.logged_for(log, "http://127.0.0.1") == [network.CLIENT] * len(network.FORGED)
    finally:
        replica.kill()


# ---- A cache in front -------------------------------------------------------------------------------------------------


@pytest.fixture
def varnish(request, tmp_path):
    """The daemon behind Varnish; the parameter is --cache-max-age."""
    program = network.program("varnish", "usr/sbin/varnishd")
    daemon = ["--address", "127.0.0.1", "--cache-max-age", getattr(request, "param", "60"), "--access-log",
              str(tmp_path / "access.log"), "--log-format", "json", *network.trusted("varnish.vcl")]
    command = [program, "-F", "-j", "none", "-a", "127.0.0.1:6081", "-f", str(DEPLOY / "varnish.vcl"), "-n",
               str(tmp_path / "varnish"), "-p", "http_gzip_support=off", "-s", "malloc,64m"]
    with started([DAEMON, *daemon], "http://127.0.0.1:8080/readyz", stderr=subprocess.DEVNULL) as process, \
            started(command, "http://127.0.0.1:6081/healthz", stderr=subprocess.DEVNULL):
        yield process


ACCEPT = ["application/json", "text/csv", "application/x-ndjson", "application/vnd.json-stat+json", "text/html;q=0.1, */*"]
ENCODING = ["identity", "gzip", "br", "gzip;q=0.5, identity;q=0.1"]
LANGUAGE = ["en", "zh", "de, zh;q=0.5"]


def test_a_cache_never_gives_another_variant(varnish):
    """Each twice through the cache, all mixed, and each as the daemon gives it itself."""
    matrix = list(itertools.product(ACCEPT, ENCODING, LANGUAGE))
    compared = ("content-type", "content-encoding", "content-language", "etag", "vary")
    # What is asked for the first time may come uncompressed, so the daemon is asked itself first, until it has all.
    seen = {}
    for case in matrix * 3:
        headers = [f"{name}: {value}" for name, value in zip(("Accept", "Accept-Encoding", "Accept-Language"), case)]
        seen[case] = get("http://127.0.0.1:8080/v1/observations", *headers)
    for turn in range(2):
        for case in matrix[turn:] + matrix[:turn]:
            headers = [f"{name}: {value}" for name, value in zip(("Accept", "Accept-Encoding", "Accept-Language"), case)]
            through = get("http://127.0.0.1:6081/v1/observations", *headers)
            direct = seen[case]
            assert through[0] == direct[0] == 200, case
            assert [through[1].get(name) for name in compared] == [direct[1].get(name) for name in compared], case
            assert through[2] == direct[2], case
    assert len({answer[1]["etag"] for answer in seen.values()}) > 12


# What the dashboard asks for, and asks again.
DASHBOARD = ["/v1", "/v1/observations?lang=en", "/v1/facets?lang=en", "/v1/targets?lang=en", "/v1/focus-areas?lang=en",
             "/v1/categories?lang=en", "/v1/sources?lang=en"]


def measure(name):
    metrics = get("http://127.0.0.1:8080/metrics")[2].decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*route=\"/v1[^}}]*}}) (\S+)$", metrics, re.M))


def test_a_cache_answers_almost_everything(varnish):
    before = measure("smestatd_requests_total")
    asked = 0
    etag = get("http://127.0.0.1:6081/v1", "Accept-Encoding: gzip")[1]["etag"]
    asked += 1
    for _ in range(300):
        urls = [word for path in DASHBOARD for word in (f"http://127.0.0.1:6081{path}", "--output", "/dev/null")]
        subprocess.run(["curl", "--silent", "--fail", "--header", "Accept-Encoding: gzip", *urls], check=True)
        asked += len(DASHBOARD)
    status, _, body = get("http://127.0.0.1:6081/v1", "Accept-Encoding: gzip", f"If-None-Match: {etag}")
    asked += 1
    assert (status, body) == (304, b"")
    reached = measure("smestatd_requests_total") - before
    print(f"asked: {asked}, reached the daemon: {reached}")
    assert reached / asked < 0.01


@pytest.mark.parametrize("varnish", ["1"], indirect=True)
def test_a_cache_answers_while_the_daemon_restarts(varnish):
    path = "http://127.0.0.1:6081/v1/units"
    assert get(path, "Accept-Encoding: gzip")[0] == 200
    varnish.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1.2)  # it is no longer fresh, and nobody makes another
        status, fields, body = get(path, "Accept-Encoding: gzip")
        assert status == 200 and int(fields["age"]) >= 1
        assert json.loads(gzip.decompress(body))["data"]
    finally:
        varnish.send_signal(signal.SIGCONT)


def test_a_cache_gives_no_old_answer_to_who_knows_a_newer(varnish):
    assert get("http://127.0.0.1:6081/v1")[0] == 200
    assert get("http://127.0.0.1:6081/v1", "Smestat-As-Of: 9999-12-31")[0] == 503


def test_the_log_has_the_client_s_address(varnish, tmp_path):
    assert network.logged_for(tmp_path / "access.log", "http://127.0.0.1:6081") == [network.CLIENT] * len(network.FORGED)
