# SPDX-License-Identifier: MIT
"""Four replicas behind deploy/haproxy.cfg, each in a network of its own, rolled to a new version and a new dataset, killed,
hung and cut off under load; and the daemon behind deploy/varnish.vcl. In a network of this test's own."""
import asyncio
import collections
import contextlib
import gzip
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

import network
import pytest

DEPLOY = network.ROOT / "deploy"
DAEMON = os.environ["SMESTATD"]
CLIENTS = 64
REPLICAS = ["10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.14"]
DATASET = json.loads((network.ROOT / "tests/data/valid/minimal.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def own_network():
    network.enter()


def get(url, *headers):
    """Status, fields and body of one answer; status 0 where there is none."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=10)
    try:
        connection.putrequest("GET", parts._replace(scheme="", netloc="").geturl(), skip_accept_encoding=True)
        for name, _, value in (header.partition(": ") for header in headers):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


class Replica:
    def __init__(self, machines, address, program, dataset, *options):
        self.machines, self.address, self.options = machines, address, options
        self.program, self.dataset = program, dataset
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.machines.inside(self.address), str(self.program), "--address", self.address,
                                         "--threads", "1", "--dataset", str(self.dataset), *self.options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        network.until(lambda: get(f"http://{self.address}:8080/readyz")[0] == 200, self.address)

    def roll(self, program, dataset):
        self.process.terminate()
        assert self.process.wait(20) == 0
        self.program, self.dataset = program, dataset
        self.start()

    def version(self):
        return json.loads(get(f"http://{self.address}:8080/version")[2])["version"]

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


@pytest.fixture(scope="module")
def machines():
    machines = network.Machines()
    try:
        for address in REPLICAS:
            machines.add(address)
        yield machines
    finally:
        machines.remove()


@contextlib.contextmanager
def balanced(place):
    """deploy/haproxy.cfg, with the replicas where they are here."""
    ours = (DEPLOY / "haproxy.cfg").read_text()
    theirs = re.findall(r"^    server \w+ (\S+):8080$", ours, re.M)
    assert len(theirs) == len(REPLICAS)
    for there, here in zip(theirs, REPLICAS):
        ours = ours.replace(f" {there}:8080", f" {here}:8080")
    (place / "haproxy.cfg").write_text(ours)
    with started([network.program("haproxy", "usr/sbin/haproxy"), "-f", str(place / "haproxy.cfg")],
                 "http://127.0.0.1/v1"):
        yield


def newer(place):
    """The daemon with another version: the same program but for the number that it says."""
    program = pathlib.Path(DAEMON).read_bytes()
    version = subprocess.run([DAEMON, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    assert program.count(f"{version}\0".encode()) == 1
    path = place / "smestatd"
    path.write_bytes(program.replace(f"{version}\0".encode(), b"9" * len(version) + b"\0"))
    path.chmod(0o755)
    return path, "9" * len(version)


def test_a_roll_and_a_crash_are_not_seen(machines, tmp_path):
    days = ["2023-03-01", "2023-09-01"]
    for day in days:
        (tmp_path / f"{day}.json").write_text(json.dumps({**DATASET, "as_of": day}))
    old, new = (tmp_path / f"{day}.json" for day in days)
    program, version = newer(tmp_path)
    replicas = [Replica(machines, address, DAEMON, old) for address in REPLICAS]
    load = Load(80)

    def steps():
        time.sleep(0.5)
        for replica in replicas:
            replica.roll(program, new)
            assert replica.version() == version
            time.sleep(0.5)
        replicas[1].kill()
        time.sleep(1.5)
        replicas[1].start()
        replicas[2].process.send_signal(signal.SIGSTOP)  # a machine that hangs answers nothing, and refuses nothing
        time.sleep(1.5)
        replicas[2].process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        machines.cable(REPLICAS[3], plugged=False)
        time.sleep(1.5)
        machines.cable(REPLICAS[3], plugged=True)
        time.sleep(1)

    try:
        with balanced(tmp_path):
            asyncio.run(load.during(steps))
    finally:
        for replica in replicas:
            replica.kill()
    print(f"{load.statuses} {load.days}, steps back: {load.steps_back}")
    assert set(load.statuses) == {"200"}, load.statuses
    assert load.steps_back == 0
    assert all(load.days[day] > 200 for day in days), load.days


def test_a_balancer_tells_who_asks_and_not_how_it_is(machines, tmp_path):
    log = tmp_path / "access.log"
    option, _ = network.trusted("haproxy.cfg")
    replica = Replica(machines, REPLICAS[0], DAEMON, "builtin:sme", "--access-log", str(log), "--log-format", "json", option,
                      machines.HERE)
    try:
        with balanced(tmp_path):
            assert network.shown("http://127.0.0.1") == []
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
        for path in DASHBOARD:
            assert get(f"http://127.0.0.1:6081{path}", "Accept-Encoding: gzip")[0] == 200
        asked += len(DASHBOARD)
    status, _, body = get("http://127.0.0.1:6081/v1", "Accept-Encoding: gzip", f"If-None-Match: {etag}")
    asked += 1
    assert (status, body) == (304, b"")
    reached = measure("smestatd_requests_total") - before
    print(f"asked: {asked}, reached the daemon: {reached}")
    assert reached / asked < 0.01


@pytest.mark.parametrize("varnish", ["1"], indirect=True)
def test_a_cache_answers_while_the_daemon_restarts(varnish):
    def ask():
        status, fields, body = get("http://127.0.0.1:6081/v1/units", "Accept-Encoding: gzip")
        assert status == 200 and json.loads(gzip.decompress(body))["data"]
        return int(fields["age"])

    ask()
    varnish.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1.2)  # it is no longer fresh, and nobody makes another
        assert ask() >= 1
    finally:
        varnish.send_signal(signal.SIGCONT)
    varnish.terminate()
    varnish.wait(20)
    for _ in range(3):
        time.sleep(1.2)
        assert ask() >= 1
    with started(varnish.args, "http://127.0.0.1:8080/readyz", stderr=subprocess.DEVNULL):
        network.until(lambda: ask() == 0, "an answer of the daemon that came back")


def test_a_cache_gives_no_old_answer_to_who_knows_a_newer(varnish):
    assert get("http://127.0.0.1:6081/v1")[0] == 200
    assert get("http://127.0.0.1:6081/v1", "Smestat-As-Of: 9999-12-31")[0] == 503


def test_a_cache_tells_who_asks_and_not_how_it_is(varnish, tmp_path):
    assert network.shown("http://127.0.0.1:6081") == []
    assert network.logged_for(tmp_path / "access.log", "http://127.0.0.1:6081") == [network.CLIENT] * len(network.FORGED)
