# SPDX-License-Identifier: MIT
"""The process: options, environment, start and end, signals, logs, other datasets."""
import json
import pathlib
import re
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import contract
from contract import COLLECTIONS, DOCUMENT
from daemon import ENVIRONMENT, SMESTATD, WAIT_S, Daemon, in_numbers, numbers, read_answer, run

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
STOPPING = re.compile(r"smestatd: info: .*|listening on http://.*|"
                      r"smestatd: warning: stopping: \d+ answers were not finished")


def ask(client, path, close=False):
    end = "Connection: close\r\n" if close else ""
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{end}\r\n".encode())
    return read_answer(client, "GET", path)


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


# Options.

def test_version():
    done = run("--version")
    assert done.returncode == 0 and re.fullmatch(r"smestatd \d+\.\d+\.\d+\n", done.stdout) and done.stderr == ""
    with Daemon() as running:
        assert running.ok("/version").json["version"] == done.stdout.split()[1]


def test_help():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for option in ("--address", "--port", "--dataset", "--base-url", "--cors-origin", "--access-log", "--log-format",
                   "--health"):
        assert option in done.stdout


@pytest.mark.parametrize("options, word", [
    (["--nonsense"], "--nonsense"), (["--prot", "0"], "--port"), (["extra"], "'extra'"), (["--port"], "--port"),
    (["--port", "x"], "0 to 65535"), (["--port", "65536"], "65536"), (["--port", "-1"], "-1"),
    (["--port", ""], "--port"),
    (["--address", "300.1.1.1"], "300.1.1.1"), (["--log-level", "loud"], "debug"), (["--log-format", "xml"], "json"),
    (["--base-url", "ftp://x"], "--base-url"), (["--base-url", "http://x/"], "--base-url"),
    (["--base-url", "http://x/?a"], "--base-url"),
    (["--cors-origin", "example.org"], "--cors-origin"), (["--cors-origin", "https://a.example/"], "--cors-origin"),
    (["--cache-max-age", "1.5"], "--cache-max-age"), (["--threads", "257"], "--threads"),
    (["--drain-grace", "-1"], "--drain-grace"),
    (["--max-connections", "0"], "--max-connections"), (["--connection-memory", "1"], "--connection-memory"),
    (["--version=1"], "--version"), (["-p", "0"], "-p")])
def test_bad_options(options, word):
    done = run(*options)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("smestatd: ") and done.stderr.count("\n") == 1 and word in done.stderr


def test_a_bad_option_is_shown_without_control_characters():
    done = run("--port", "\x1b[31m\n")
    assert done.returncode == 2 and "\x1b" not in done.stderr and done.stderr.count("\n") == 1


def test_the_port_is_in_use():
    with Daemon() as running:
        done = run("--port", running.port)
        assert done.returncode == 1 and done.stdout == ""
        errors = [line for line in done.stderr.splitlines() if "info:" not in line]
        assert len(errors) == 1 and str(running.port) in errors[0] and "in use" in errors[0]


def test_environment():
    with Daemon(environment={"SMESTATD_CACHE_MAX_AGE": "7", "SMESTATD_CORS_ORIGIN": "none"}) as running:
        answer = running.ok("/v1/years")
        assert answer.get("Cache-Control") == "public, max-age=7" and answer.get("Access-Control-Allow-Origin") is None
    with Daemon("--cache-max-age", "8", environment={"SMESTATD_CACHE_MAX_AGE": "7"}) as running:
        assert running.ok("/v1/years").get("Cache-Control") == "public, max-age=8"
    done = run(environment={"SMESTATD_PORT": "x"})
    assert done.returncode == 2 and "SMESTATD_PORT" in done.stderr


def test_an_unknown_variable_is_warned_of():
    with Daemon(environment={"SMESTATD_PROT": "1"}, expected=re.compile(r".*")) as running:
        assert [line for line in running.lines if "SMESTATD_PROT" in line and "SMESTATD_PORT" in line]


def test_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as error:
        pytest.skip(f"this machine has no ::1: {error}")
    with Daemon("--address", "::1") as running:
        assert running.url == f"http://[::1]:{running.port}"
        assert running.ok("/v1/years").data
        assert run("--health", "--address", "::1", "--port", running.port).returncode == 0
    with Daemon("--address", "::") as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as client:
            assert ask(client, "/healthz", close=True).status == 200


def test_localhost():
    with Daemon("--address", "localhost") as running:
        assert running.ok("/healthz").status == 200


def test_it_listens_where_it_is_told_only():
    with Daemon("--address", "127.0.0.1") as running, pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", running.port), timeout=2)


# Health.

def test_health():
    with Daemon() as running:
        done = run("--health", "--port", running.port)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        port = running.port
    done = run("--health", "--port", port)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and str(port) in done.stderr


def test_health_of_something_else():
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer():
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert run("--health", "--port", server.getsockname()[1]).returncode == 1
        thread.join()


# The end.

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_ends_at_once(number):
    running = Daemon()
    assert running.ok("/healthz").status == 200
    begin = time.monotonic()
    running.stop(number)
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_draining(number):
    running = Daemon("--drain-grace", "1", expected=STOPPING)
    with running.connect() as kept:
        assert ask(kept, "/readyz").status == 200
        begin = time.monotonic()
        running.process.send_signal(number)
        assert wait_until(lambda: running.get("/readyz").status == 503)
        answer = ask(kept, "/readyz")
        contract.check(answer, [])
        assert (answer.status, answer.slug) == (503, "draining")
        assert answer.get("Connection") == "close"
        with running.connect() as new:
            assert ask(new, "/readyz", close=True).status == 503
        # Alive it is, and it serves: only load balancers should look elsewhere.
        assert running.ok("/healthz").status == 200
        assert running.ok("/v1/years").get("Connection") == "close"
        assert running.request("HEAD", "/readyz").status == 503
        running.finish()
        assert 0.9 < time.monotonic() - begin < 5
    with pytest.raises(OSError):
        running.connect()


def test_draining_in_chinese():
    running = Daemon("--drain-grace", "1")
    running.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: running.get("/readyz").status == 503)
    answer = running.get("/readyz", Accept_Language="zh")
    assert answer.get("Content-Language") == "zh"
    running.finish()


def test_a_second_signal_hurries():
    running = Daemon("--drain-grace", "60")
    begin = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: running.get("/readyz").status == 503)
    time.sleep(0.2)  # the client has the answer a moment before the daemon knows
    running.process.send_signal(signal.SIGTERM)
    running.finish()
    assert time.monotonic() - begin < 10


def test_idle_connections_do_not_hold_up_the_end():
    running = Daemon()
    clients = [running.connect() for _ in range(20)]
    ask(clients[0], "/healthz")
    clients[1].sendall(b"GET /healthz HT")
    begin = time.monotonic()
    running.stop()
    assert time.monotonic() - begin < 5
    for client in clients:
        client.close()


def test_it_starts_where_it_just_ended():
    first = Daemon()
    with first.connect() as client:
        ask(client, "/healthz")
        first.stop()
    with Daemon("--port", first.port) as second:
        assert second.port == first.port and second.ok("/healthz").status == 200


def test_clients_leave_while_it_stops():
    """What ends in one thread while another stops accepting must not meet in the same place."""
    for _ in range(10):
        running = Daemon("--threads", "4")
        clients = [running.connect() for _ in range(64)]
        ask(clients[-1], "/healthz")
        leaving = threading.Thread(target=lambda: [client.close() for client in clients])
        leaving.start()
        running.stop()
        leaving.join()


def test_idle_connections_are_ended():
    with Daemon("--idle-timeout", "1") as running, running.connect() as client:
        ask(client, "/healthz")
        client.settimeout(10)
        assert client.recv(1) == b""


# Logs.

TEXT_LINE = re.compile(r'(\S+) (127\.0\.0\.1) "(\S+) (.*)" (\d{3}) (\d+) (\d+\.\d{3}) (\S+)')


def requests_for_log(running):
    """Asks for something of each kind; returns method, target as logged, and answer."""
    asked = []
    for method, target in (("GET", "/v1/years"), ("HEAD", "/v1/years"), ("GET", "/nowhere?x=%22%0a"), ("POST", "/v1")):
        asked.append((method, target, running.request(method, target)))
    (answer,) = running.raw(b"GET /a\x1b[31m\"\\\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    asked.append(("GET", None, answer))
    return asked


def test_no_access_log_by_default():
    running = Daemon()
    requests_for_log(running)
    assert running.stop() == b""
    assert not [line for line in running.lines if "/v1" in line]


@pytest.mark.parametrize("place", ["-", "file"])
def test_access_log_in_text(tmp_path, place):
    path = tmp_path / "access.log"
    running = Daemon("--access-log", place if place == "-" else path, "--threads", "1")  # in the order of asking
    asked = requests_for_log(running)
    out = running.stop()
    log = out if place == "-" else path.read_bytes()
    assert place == "-" or out == b""
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", log), log
    lines = log.decode("utf-8").splitlines()
    assert len(lines) == len(asked)
    for line, (method, target, answer) in zip(lines, asked):
        found = TEXT_LINE.fullmatch(line)
        assert found, line
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found[1])
        assert (found[3], int(found[5]), int(found[6])) == (method, answer.status, len(answer.body))
        assert found[4] == (target or "/a")  # up to the byte for which it was refused


def test_access_log_in_json(tmp_path):
    path = tmp_path / "access.log"
    running = Daemon("--access-log", path, "--log-format", "json", "--threads", "1")
    asked = requests_for_log(running)
    running.stop()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", path.read_bytes())
    lines = [contract.parse(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == len(asked)
    for line, (method, target, answer) in zip(lines, asked):
        assert list(line) == ["time", "address", "method", "target", "status", "bytes", "duration_ms", "version"]
        assert (line["address"], line["method"], line["status"], line["bytes"]) == \
            ("127.0.0.1", method, answer.status, len(answer.body))
        assert line["target"] == (target or "/a")
    messages = [contract.parse(line) for line in running.lines if not line.startswith("listening on ")]
    assert messages and all(message["level"] == "info" for message in messages)


def test_access_log_of_not_modified():
    running = Daemon("--access-log", "-")
    etag = running.ok("/v1/years").get("ETag")
    running.request("GET", "/v1/years", {"If-None-Match": etag})
    lines = running.stop().decode().splitlines()
    assert [TEXT_LINE.fullmatch(line)[5] for line in lines] == ["200", "304"]
    assert TEXT_LINE.fullmatch(lines[1])[6] == "0"


COMBINED_LINE = re.compile(
    r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(\S+ \S+ HTTP/1\.1)" (\d{3}) (\d+|-) "(.*)" "(.*)"')


def test_access_log_for_other_programs():
    running = Daemon("--access-log", "-", "--access-format", "combined", "--threads", "1")
    body = running.request("GET", "/v1/years", {"Referer": "https://a.example/", "User-Agent": 'a "b"'}).body
    running.request("HEAD", "/v1/years")
    lines = running.stop().decode().splitlines()
    assert [COMBINED_LINE.fullmatch(line).groups() for line in lines] == [
        ("GET /v1/years HTTP/1.1", "200", str(len(body)), "https://a.example/", r'a \"b\"'),
        ("HEAD /v1/years HTTP/1.1", "200", "-", "-", "-")]


# Names that requests bring along, and how long they took.

GOOD_IDS = ["a", "0f8fad5b-d9cb-469f-a165-70867728950e", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "A.b_c~d+e/f=:@",
            "x" * 128]
BAD_IDS = ["", "a b", "a,b", "x" * 129, '"a"', "a;b", "<b>", "\xe9"]


def test_a_request_id_comes_back_and_into_the_log():
    running = Daemon("--access-log", "-", "--threads", "1")
    for name in GOOD_IDS:
        for target in ("/v1/years", "/nothing"):
            assert running.request("GET", target, {"X-Request-Id": name}).get("X-Request-Id") == name
    for name in BAD_IDS:
        assert running.request("GET", "/v1/years", {"X-Request-Id": name}).get("X-Request-Id") is None
    assert running.request("GET", "/v1/years", [("X-Request-Id", "a"), ("X-Request-Id", "b")]).get("X-Request-Id") is None
    assert running.ok("/v1/years").get("X-Request-Id") is None
    names = [TEXT_LINE.fullmatch(line)[8] for line in running.stop().decode().splitlines()]
    assert names == [name for name in GOOD_IDS for _ in range(2)] + ["-"] * (len(BAD_IDS) + 2)


@pytest.mark.parametrize("prefer, applied", [
    ("server-timing", True), ("Server-Timing", True), ("respond-async, server-timing; x=1", True), (" ,server-timing", True),
    ("server-timings", False), ("x=server-timing", False), ("respond-async", False), ("", False), (None, False)])
def test_server_timing_on_request(daemon, prefer, applied):
    for target, status in (("/v1/years", 200), ("/nothing", 404), ("/v1/years", 200)):
        answer = daemon.request("GET", target, {} if prefer is None else {"Prefer": prefer})
        assert answer.status == status
        assert answer.get("Preference-Applied") == ("server-timing" if applied else None)
        timing = answer.get("Server-Timing")
        assert re.fullmatch(r"app;dur=\d+\.\d{3}", timing) if applied else timing is None
        assert not applied or float(timing.partition("dur=")[2]) < 10000
    assert daemon.request("HEAD", "/v1/years", {"Prefer": "server-timing"}).get("Server-Timing")


def test_access_log_is_appended_to(tmp_path):
    path = tmp_path / "access.log"
    for _ in range(2):
        with Daemon("--access-log", path) as running:
            running.ok("/v1/years")
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_an_access_log_that_cannot_be(tmp_path):
    done = run("--port", "0", "--access-log", tmp_path / "no" / "access.log")
    assert done.returncode == 1 and "access log" in done.stderr and done.stderr.count("\n") == 1


def test_log_level():
    running = Daemon("--log-level", "error")
    running.stop()
    assert running.lines == [f"listening on {running.url}"]


# Datasets.

@pytest.mark.parametrize("path", sorted((DATA / "valid").glob("*.json")), ids=lambda path: path.stem)
def test_other_datasets(path):
    """Every good dataset is served: each collection, each row, in each language, and each link leads somewhere."""
    document = json.loads(path.read_bytes().decode("utf-8-sig"))
    values = [row["value"] for row in numbers(in_numbers(path).read_bytes().decode("utf-8"))["observations"]]
    with Daemon("--dataset", path) as running:
        running.learn()
        assert running.data("/v1")["id"] == document["id"]
        assert running.data("/v1")["languages"] == document["languages"]
        for lang in document["languages"] + ["all"]:
            running.ok(f"/v1?lang={lang}")
            for collection in COLLECTIONS:
                running.ok(f"/v1/{collection}?lang={lang}")
        assert [row["value"] for row in numbers(running.ok("/v1/observations").text)["data"]] == values
        for collection in COLLECTIONS:
            rows = running.data(f"/v1/{collection}")
            members = list(DOCUMENT["components"]["schemas"]["Dataset"]["properties"]["counts"]["properties"])
            assert collection in members
            for row in rows[:200]:
                for link in row["links"].values():
                    assert running.get(link).status == 200, link
                assert running.data(row["links"]["self"]) == row
        assert running.data("/v1/indicators")[0]["code"] == document["indicators"][0]["code"]


def test_another_dataset_has_another_version():
    with Daemon() as one, Daemon("--dataset", DATA / "valid" / "minimal.json") as other:
        assert one.data("/v1")["version"] != other.data("/v1")["version"]
        assert one.ok("/v1/years").get("ETag") != other.ok("/v1/years").get("ETag")


def test_the_built_in_dataset_as_a_file_is_the_same():
    with Daemon() as one, Daemon("--dataset", contract.ROOT / "api" / "sme.json") as other:
        assert one.ok("/v1").body == other.ok("/v1").body
        assert one.ok("/v1/observations").get("ETag") == other.ok("/v1/observations").get("ETag")


@pytest.mark.parametrize("name", ["sme", "sme-series"])
def test_a_built_in_dataset_by_name(name):
    path = contract.ROOT / "api" / f"{name}.json"
    with Daemon("--dataset", f"builtin:{name}") as one, Daemon("--dataset", path) as other:
        assert any(f"builtin:{name}: dataset " in line for line in one.lines)
        assert one.data("/v1")["version"] == other.data("/v1")["version"]
        assert one.ok("/v1/observations").body == other.ok("/v1/observations").body
    done = run("--check", f"builtin:{name}")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"builtin:{name}: ok\n", "")


UNKNOWN_NAMES = {
    "sme-seris": "'sme-seris' is not a built-in dataset; accepted is sme, sme-series; the nearest is sme-series",
    "SME": "'SME' is not a built-in dataset; accepted is sme, sme-series; the nearest is sme",
    "sme_series": "'sme_series' is not a built-in dataset; accepted is sme, sme-series; the nearest is sme-series",
    "sme.json": "'sme.json' is not a built-in dataset; accepted is sme, sme-series",
    "": "'' is not a built-in dataset; accepted is sme, sme-series",
    "a\nb": "'a\\\\u000ab' is not a built-in dataset; accepted is sme, sme-series",
    "x" * 9000: f"'{'x' * 77}…' is not a built-in dataset; accepted is sme, sme-series",
}


@pytest.mark.parametrize("name", UNKNOWN_NAMES, ids=lambda name: ascii(name)[:12])
def test_an_unknown_built_in_dataset(name, tmp_path):
    sentence = UNKNOWN_NAMES[name]
    for options in (["--port", "0"], ["--export", tmp_path / "site"]):
        done = run(*options, "--dataset", f"builtin:{name}")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"smestatd: error: {sentence}\n"
    done = run("--check", f"builtin:{name}")
    assert (done.returncode, done.stdout, done.stderr) == (1, sentence + "\n", "")
    assert not list(tmp_path.iterdir())


def test_a_file_may_be_called_like_a_built_in_dataset(tmp_path):
    path = tmp_path / "builtin:sme"
    path.write_text((DATA / "valid" / "minimal.json").read_text("utf-8"), "utf-8")
    done = run("--check", path)
    assert (done.returncode, done.stdout) == (0, f"{path}: ok\n")


@pytest.mark.parametrize("name", [
    "missing-all-top", "duplicate-twice", "dangling-in-focus-area", "control-newline", "language-none"
])
def test_a_broken_dataset(name):
    path = DATA / "invalid" / f"{name}.json"
    wanted = path.with_suffix(".expect").read_text("utf-8").splitlines()
    done = run("--port", "0", "--dataset", path)
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == "" and len(lines) == len(wanted)
    for line, place in zip(lines, wanted):
        assert line.startswith(f"smestatd: error: {path}:{place.split(':')[0]}:"), line


@pytest.mark.parametrize("path", ["/nonexistent", "/", "/dev/zero", "/dev/null"])
def test_a_dataset_that_cannot_be_read(path):
    done = run("--port", "0", "--dataset", path)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert path in done.stderr and "listening" not in done.stderr


def test_a_value_is_printed_as_it_is_written(tmp_path):
    document = json.loads((DATA / "valid" / "minimal.json").read_text("utf-8"))
    spellings = ["0.1", "1.10", "-0.5", "12345678901234567", "1e6", "100000000000000000", "0.000001",
                 "3.14159265358979", "-0", "1E+3"]
    document["observations"] = [{"indicator": "i", "kind": "actual", "period": f"{2000 + n}", "period_basis": "stated",
                                 "value": f"@{n}@", "qualifier": "exact", "source": "s"} for n in range(len(spellings))]
    text = json.dumps(document)
    for n, spelling in enumerate(spellings):
        text = text.replace(f'"@{n}@"', spelling)
    path = tmp_path / "numbers.json"
    path.write_text(text, "utf-8")
    with Daemon("--dataset", path) as running:
        for query in ("", "?lang=all", "?pretty=true", "?sort=period"):
            rows = numbers(running.ok("/v1/observations" + query).text)["data"]
            assert [row["value"] for row in rows] == spellings
            assert [row["lower"] for row in rows] == spellings


def test_standard_descriptors_may_be_closed():
    done = subprocess.run(["sh", "-c", 'exec "$0" --version <&- 2>&-', SMESTATD], capture_output=True, timeout=20,
                          env=ENVIRONMENT)
    assert done.returncode == 0 and done.stdout.startswith(b"smestatd ")
