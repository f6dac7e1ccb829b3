# SPDX-License-Identifier: MIT
"""What a client may take of time and room, and that others do not notice when one takes more."""
import contextlib
import pathlib
import re
import resource
import select
import signal
import socket
import sys
import time

import pytest

import contract
from daemon import WAIT_S, Daemon, parse_answers, read_answer, until_closed

sys.path.insert(0, str(contract.ROOT / "tests" / "bench"))
import make_csv  # noqa: E402 (found by the line above)

GET = b"GET /v1/observations HTTP/1.1\r\nHost: x\r\n\r\n"


def others_are_served(running):
    begin = time.monotonic()
    assert running.request("GET", "/healthz", fresh=True).status == 200
    return time.monotonic() - begin < 1


@pytest.fixture(scope="module")
def hasty():
    with Daemon("--head-timeout", "1", "--answer-timeout", "1", "--threads", "1") as running:
        yield running


# A head has a second here, however it comes.

@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
def test_a_slow_head_is_answered(hasty, before):
    with hasty.connect() as client:
        client.sendall(before)
        if before:
            assert read_answer(client).status == 200
        begin = time.monotonic()
        client.sendall(b"GET /v1/years HTTP/1.1\r\nHost: x\r\n")
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(b"A: b\r\n")
            assert time.monotonic() - begin < 5 and others_are_served(hasty)
        received = until_closed(client)
    assert 0.7 < time.monotonic() - begin < 5
    (answer,), rest = parse_answers(received, ["GET"], "/v1/years")
    contract.check(answer, [])
    assert rest == b"" and (answer.status, answer.slug) == (408, "request-timeout")
    assert answer.get("Connection") == "close"


@pytest.mark.parametrize("piece", [b"\r\n", b"G"])
def test_what_is_hardly_a_head_is_slow_too(hasty, piece):
    with hasty.connect() as client:
        begin = time.monotonic()
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(piece)
            assert time.monotonic() - begin < 5
        (answer,), _ = parse_answers(until_closed(client), ["GET"])
    assert answer.status == 408


def test_time_between_requests_is_not_counted(hasty):
    with hasty.connect() as client:
        for _ in range(3):
            client.sendall(GET)
            assert read_answer(client).status == 200
            time.sleep(1.4)


def test_no_answers_are_made_ahead_of_who_reads_none():
    with Daemon() as running, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(WAIT_S)
        client.connect(("127.0.0.1", running.port))
        client.sendall(GET * 99 + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        time.sleep(1)
        counts = re.findall(r"^smestatd_requests_total\{.*\} (\d+)", running.ok("/metrics").text, re.M)
        assert 1 <= sum(map(int, counts)) <= 20
        answers, rest = parse_answers(until_closed(client), ["GET"] * 100, "/v1/observations")
    assert [answer.status for answer in answers] == [200] * 100 and rest == b""


def test_an_answer_that_nobody_takes(hasty):
    with hasty.connect() as client:
        client.sendall(GET * 2000)
        begin = time.monotonic()
        while others_are_served(hasty):
            client.setblocking(False)
            try:
                client.send(b"G")
            except BlockingIOError:
                pass
            except ConnectionError:
                break
            assert time.monotonic() - begin < 6
            time.sleep(0.05)
        assert len(re.findall(b"HTTP/1.1 200", until_closed(client))) < 2000


def test_a_client_that_goes_after_asking_is_let_go(hasty):
    """A request and the end of the connection at once: they make one event for the library."""
    for _ in range(20):
        with hasty.connect() as client:
            client.sendall(GET)
            client.shutdown(1)
            assert b"HTTP/1.1 200" in until_closed(client, 5)


# Connections.

def metric(text, name, reason):
    return int(re.search(rf'^{name}\{{reason="{reason}"\}} (\d+)$', text, re.M)[1])


def refusal(client):
    (answer,), rest = parse_answers(until_closed(client), ["GET"], None)
    contract.check(answer, [])
    assert rest == b"" and (answer.status, answer.slug) == (503, "too-many-connections")
    assert answer.get("Connection") == "close" and answer.get("Retry-After") == "1"


def turned_away(*options, reason, word):
    """The first two are served; who comes then hears so at once, until one leaves."""
    with Daemon("--admin-port", "0", "--threads", "1", *options, expected=re.compile(".*")) as running:
        (line,) = [line for line in running.lines if line.startswith("admin listening on ")]
        clients = [running.connect() for _ in range(2)]
        for client in clients:
            client.sendall(GET)
            assert read_answer(client).status == 200
        for _ in range(30):
            with running.connect() as late:
                begin = time.monotonic()
                late.sendall(GET)
                refusal(late)
                assert time.monotonic() - begin < 2
        with socket.create_connection(("127.0.0.1", int(line.rsplit(":", 1)[1])), timeout=WAIT_S) as admin:
            admin.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = until_closed(admin).decode()
        assert metric(text, "smestatd_connections_refused_total", reason) == 30
        assert len([line for line in running.lines if "turned away" in line and word in line]) == 1
        for client in clients:
            client.sendall(GET)
            assert read_answer(client).status == 200
        clients.pop().close()
        end = time.monotonic() + 5
        while True:
            with running.connect() as again:
                again.sendall(GET)
                if read_answer(again).status == 200:
                    break
            assert time.monotonic() < end
        clients.pop().close()


def test_connections_are_limited():
    turned_away("--max-connections", "2", reason="max_connections", word="--max-connections says")


@pytest.mark.parametrize("count", [127, 128, 129, 256])
def test_as_many_as_the_library_looks_at_together(count):
    """It takes 128 events at a time, and would wait for another one before it looks at just as many."""
    with Daemon("--threads", "1") as running, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(running.connect()) for _ in range(count)]
        for client in clients:
            client.sendall(GET)
            assert read_answer(client).status == 200
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        for client in clients:
            client.sendall(GET)
        running.process.send_signal(signal.SIGCONT)
        for client in clients:
            assert select.select([client], [], [], 3)[0]
            assert read_answer(client).status == 200


def test_large_answers_are_limited(tmp_path):
    """Clients that ask for large answers and do not take them leave the others room for small ones."""
    page = "/v1/observations?limit=10000&offset={}"
    make_csv.write(20_000, tmp_path)
    with Daemon("--threads", "1", "--large-answer-bytes", "4000000", "--reply-cache-bytes", "0", "--dataset",
                tmp_path / "dataset.json", validate=False, expected=re.compile(".*")) as running:
        greedy = running.connect()
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.sendall(GET.replace(b"/v1/observations", page.format(0).encode()))
        assert greedy.recv(15) == b"HTTP/1.1 200 OK"
        for offset in range(1, 6):
            refused = running.request("GET", page.format(offset), [("Accept-Encoding", "gzip")][:offset % 2])
            contract.check(refused, [])
            assert (refused.status, refused.slug) == (503, "too-many-large-answers")
            assert refused.get("Retry-After") == "1" and refused.get("Connection") is None
        assert running.request("GET", "/v1/observations?limit=20").status == 200
        # The library has a body to HEAD, too, until its head is taken.
        assert running.request("HEAD", page.format(6)).status == 503
        text = running.request("GET", "/metrics").body.decode()
        assert int(re.search(r"^smestatd_large_answer_bytes (\d+)$", text, re.M)[1]) > 4_000_000
        assert re.search(r"^smestatd_large_answers_refused_total 6$", text, re.M)
        assert len([line for line in running.lines if "large answers are refused" in line]) == 1
        greedy.close()
        end = time.monotonic() + 5
        while (status := running.request("GET", page.format(9)).status) != 200:
            assert status == 503 and time.monotonic() < end
        assert len(running.request("GET", page.format(10)).json["data"]) == 10_000


def test_the_limit_holds_while_a_thread_is_busy(tmp_path):
    """Clients that were taken, and wait for the thread that is to serve them, count, too."""
    make_csv.write(20_000, tmp_path)
    with Daemon("--threads", "1", "--max-connections", "32", "--admin-port", "0", "--dataset", tmp_path / "dataset.json",
                expected=re.compile(".*")) as running, contextlib.ExitStack() as stack:
        (line,) = [line for line in running.lines if line.startswith("admin listening")]
        busy = stack.enter_context(running.connect())
        busy.sendall(GET)
        assert read_answer(busy).status == 200
        running.process.send_signal(signal.SIGSTOP)
        busy.sendall(GET.replace(b"observations", b"observations?limit=10000"))
        for _ in range(400):
            stack.enter_context(running.connect())
        running.process.send_signal(signal.SIGCONT)
        assert read_answer(busy).status == 200
        with socket.create_connection(("127.0.0.1", int(line.rsplit(":", 1)[1])), timeout=WAIT_S) as admin:
            admin.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = until_closed(admin).decode()
    assert int(re.search(r"^smestatd_connections (\d+)", text, re.M)[1]) <= 32 + 1  # the one that asks
    assert metric(text, "smestatd_connections_refused_total", "max_connections") >= 400 - 31


def test_connections_of_an_address_are_limited():
    turned_away("--max-connections-per-address", "2", reason="max_connections_per_address", word="an address has")


def test_another_address_is_not_the_same():
    with Daemon("--address", "0.0.0.0", "--max-connections-per-address", "1", expected=re.compile(".*")) as running:
        clients = []
        for last in range(1, 30):
            clients.append(socket.create_connection((f"127.0.0.{last}", running.port), timeout=WAIT_S,
                                                    source_address=(f"127.0.0.{last}", 0)))
            clients[-1].sendall(GET)
            assert read_answer(clients[-1]).status == 200
        with socket.create_connection(("127.0.0.9", running.port), timeout=WAIT_S,
                                      source_address=("127.0.0.9", 0)) as second:
            refusal(second)
        for client in clients:
            client.close()


def test_descriptors_are_short():
    running = Daemon("--threads", "1", expected=re.compile(".*"))
    open_now = len(list(pathlib.Path(f"/proc/{running.process.pid}/fd").iterdir()))
    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (open_now + 4, open_now + 4))
    clients = [running.connect() for _ in range(4)]
    for client in clients:
        client.sendall(GET)
        assert read_answer(client).status == 200
    for _ in range(5):
        with running.connect() as late:
            refusal(late)
    clients[0].sendall(GET)
    assert read_answer(clients[0]).status == 200
    for client in clients:
        client.close()
    running.stop()


def test_content_is_not_answered_with_a_reset():
    with Daemon() as running:
        for _ in range(20):
            with running.connect() as client:
                client.sendall(b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 200000)
                time.sleep(0.02)
                client.sendall(b"x" * 200000)
                assert client.recv(12) == b"HTTP/1.1 405"


# Proxies.

def logged(options, fields):
    running = Daemon("--access-log", "-", "--access-format", "common", "--threads", "1", *options)
    for field in fields:
        assert running.request("GET", "/v1/years", field).status == 200
    return [line.split(" ", 1)[0] for line in running.stop().decode().splitlines()]


def test_trusted_proxies():
    fields = [[], [("X-Forwarded-For", "192.0.2.1")], [("X-Forwarded-For", "198.51.100.1, 192.0.2.1")],
              [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "192.0.2.1")],
              [("Forwarded", 'for="[2001:db8::1]:80";proto=https')],
              # The proxy wrote one of them, and nobody knows which.
              [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.9")],
              [("X-Forwarded-For", "<script>")]]
    assert logged(["--trusted-proxies", "127.0.0.0/8"], fields) == \
        ["127.0.0.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8::1", "127.0.0.1", "127.0.0.1"]
    assert logged(["--trusted-proxies", "10.0.0.0/8"], fields) == ["127.0.0.1"] * 7
    assert logged([], fields) == ["127.0.0.1"] * 7


def test_trusted_proxies_are_not_counted():
    with Daemon("--max-connections-per-address", "1", "--trusted-proxies", "127.0.0.1") as running:
        clients = [running.connect() for _ in range(5)]
        for client in clients:
            client.sendall(GET)
            assert read_answer(client).status == 200
            client.close()


# Heads of sizes around what fits, behind others that fill the library's memory up: each is served or told so, by us.

def filled(size, shape, fields, connection):
    """A head of so many bytes: filled up in its path, or in so many fields."""
    line = b"GET /%s HTTP/1.1\r\nHost: x\r\nConnection: " + connection + b"\r\n"
    before = line % (b"a" * (size - len(line)) if shape == "path" else b"v1/years")
    room = size - len(before) - 2
    for n in range(fields):
        name = b"F%d: " % n
        share = room // (fields - n)
        before, room = before + name + b"x" * (share - len(name) - 2) + b"\r\n", room - share
    return before + b"\r\n"


@pytest.mark.parametrize("memory", [4096, 20480, 65536])
@pytest.mark.parametrize("shape", ["path", "field", "fields"])
def test_heads_around_the_limit_are_answered(memory, shape):
    fits, served = memory // 2 - 512, 404 if shape == "path" else 200
    fields = {"path": 0, "field": 1, "fields": memory // 256 - 2}[shape]
    with Daemon("--connection-memory", str(memory), "--threads", "1") as running:
        for size in [about + more for about in (fits, memory // 2, memory) for more in (-1, 0, 1)]:
            for before in (0, 1, 5):
                with running.connect() as client:
                    client.sendall(filled(fits, shape, fields, b"keep-alive") * before +
                                   filled(size, shape, fields, b"close"))
                    answers, rest = parse_answers(until_closed(client), ["GET"] * (before + 1))
                told = {431} if shape != "path" else {414} if size > fits + 50 else {414, 431}
                assert {answer.status for answer in answers[:-1]} <= {served} and rest == b""
                assert answers[-1].status in ({served} if size <= fits else told), (size, before)
