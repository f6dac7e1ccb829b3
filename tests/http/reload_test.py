# SPDX-License-Identifier: MIT
"""Another dataset takes the place of the one that is served: when, what of a broken one, under load, what is told."""
import asyncio
import errno
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

import contract
import daemon
from daemon import SMESTATD, Daemon, parse_answers, run

sys.path.insert(0, str(contract.ROOT / "tests" / "bench"))
import make_csv  # noqa: E402 (found by the line above)

SME = (contract.ROOT / "api" / "sme.json").read_text("utf-8")
ANYTHING = re.compile(".*")
OUTCOMES = ("ok", "unchanged", "failed")


def variant(count):
    """The built-in dataset with another number in it: the same ids, another version."""
    text = SME.replace("8997", str(count))
    assert count == 8997 or text != SME
    return text


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "data" / "sme.json"
    file.parent.mkdir()
    file.write_text(SME, "utf-8")
    return file


def replace(path, text):
    """As editors do it."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, "utf-8")
    beside.rename(path)


def value(running):
    (row,) = running.data("/v1/observations?indicator=little-giant-count")
    return row["value"]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


# Metrics, read as strictly as the format is described.

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\d+(?:\.\d+)?)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')


def parse_metrics(text):
    found, families, current = {}, {}, None
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert name not in families and words.endswith("."), line
            current, families[name] = name, None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and families[name] is None and kind in ("gauge", "counter", "histogram"), line
            assert (kind == "counter") == name.endswith("_total"), line
            families[name] = kind
        else:
            sample = SAMPLE.fullmatch(line)
            ends = ("_bucket", "_sum", "_count") if families[current] == "histogram" else ("",)
            assert sample and sample[1] in {current + end for end in ends}, line
            labels = LABEL.findall(sample[2] or "")
            assert ",".join(f'{name}="{text}"' for name, text in labels) == (sample[2] or ""), line
            key = (sample[1], *(text for _, text in labels))
            assert key not in found, line
            found[key] = float(sample[3])
    assert all(families.values())
    return found


def metrics(running):
    answer = running.ok("/metrics")
    assert answer.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.get("Cache-Control") == "no-store"
    return parse_metrics(answer.text)


def reloads(running):
    found = metrics(running)
    return tuple(int(found["smestatd_reloads_total", outcome]) for outcome in OUTCOMES)


def test_metrics():
    with Daemon("--threads", "2") as running:
        sent = sum(len(running.get(target).body) for target in ("/v1/units", "/v1/units", "/v1/nothing", "/healthz"))
        first = metrics(running)
        assert running.get("/v1/units", If_None_Match="*").status == 304
        assert running.raw(b"GET / HTTP/1.1\r\n\r\n")[0].status == 400
        second = metrics(running)
        dataset = running.data("/v1")
        totals = {name: running.ok(f"/v1/{name}").json["meta"]["total"] for name in [*contract.COLLECTIONS, "dimensions"]}
        version = running.ok("/version").json["version"]
    assert first["smestatd_build_info", version] == 1
    assert first["smestatd_dataset_info", dataset["id"], dataset["version"]] == 1
    assert {key[1]: rows for key, rows in first.items() if key[0] == "smestatd_dataset_rows"} == totals
    asked = {key[1:]: number - first.get(key, 0) for key, number in second.items() if key[0] == "smestatd_requests_total"}
    assert {key: number for key, number in asked.items() if number} == {
        ("/metrics", "GET", "200"): 1, ("/v1/units", "GET", "304"): 1, ("none", "GET", "400"): 1}
    assert first["smestatd_requests_total", "/v1/units", "GET", "200"] == 2
    assert first["smestatd_requests_total", "/healthz", "GET", "200"] == 1
    assert first["smestatd_requests_total", "none", "GET", "404"] == 1
    assert first["smestatd_response_body_bytes_total",] == sent
    steps = [number for key, number in first.items() if key[0] == "smestatd_request_duration_seconds_bucket"]
    assert steps == sorted(steps) and steps[-1] == first["smestatd_request_duration_seconds_count",] == 4
    assert 0 < first["smestatd_request_duration_seconds_sum",] < 10
    hits, misses = (second[f"smestatd_reply_cache_{what}_total",] for what in ("hits", "misses"))
    assert hits + misses == 3 and misses <= 2 and hits >= 1
    assert [first["smestatd_reloads_total", outcome] for outcome in OUTCOMES] == [0, 0, 0]
    assert first["smestatd_last_reload_success",] == 1
    assert first["smestatd_connections",] == 1
    assert 1e6 < first["process_resident_memory_bytes",] < 1e9
    assert first["process_resident_memory_bytes",] < first["process_virtual_memory_bytes",]
    assert 5 < first["process_open_fds",] < 100 <= first["process_max_fds",]
    assert 0 < first["process_cpu_seconds_total",] < 60
    assert first["smestatd_dataset_loaded_timestamp_seconds",] >= first["process_start_time_seconds",]
    assert first["process_start_time_seconds",] == first["smestatd_last_reload_timestamp_seconds",]
    assert 0 <= time.time() - first["process_start_time_seconds",] < 60


# When it is asked for.

def test_sighup(path):
    with Daemon("--dataset", path) as running:
        ready = running.ok("/readyz").json
        assert "reload" not in ready
        tag = running.ok("/v1/observations").get("ETag")
        replace(path, variant(9001))
        assert value(running) == 8997
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (1, 0, 0))
        assert value(running) == 9001
        again = running.ok("/readyz").json
        assert again["version"] != ready["version"]
        assert again["reload"]["status"] == "ok" and set(again["reload"]) == {"status", "at"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", again["reload"]["at"])
        assert running.data("/v1")["version"] == again["version"] == running.ok("/version").json["dataset"]["version"]
        answer = running.get("/v1/observations", If_None_Match=tag)
        assert answer.status == 200 and answer.get("ETag") != tag
        # and back again: the same bytes as before, with their tag
        replace(path, SME)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (2, 0, 0))
        assert running.get("/v1/observations", If_None_Match=tag).status == 304
        assert running.ok("/readyz").json["version"] == ready["version"]
    assert len([line for line in running.lines if "reloaded: dataset miit-sme-2023, version " in line]) == 2


def test_another_dataset_with_other_codes(path):
    with Daemon("--dataset", path) as running:
        assert running.get("/v1/categories/cultivation").status == 200
        replace(path, (contract.ROOT / "tests/data/valid/minimal.json").read_text("utf-8"))
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (1, 0, 0))
        assert running.problem("/v1/categories/cultivation", 404, "not-found")
        running.learn()
        assert running.schemas.count("cultivation") == 0, "the description still has the old codes"


def test_the_same_again(path):
    with Daemon("--dataset", path, "--threads", "1") as running:
        running.ok("/v1/units")
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (0, 1, 0))
        before = metrics(running)["smestatd_reply_cache_hits_total",]
        running.ok("/v1/units")
        assert metrics(running)["smestatd_reply_cache_hits_total",] == before + 1, "what was kept is lost"
        assert running.ok("/readyz").json["reload"]["status"] == "unchanged"
    assert [line for line in running.lines if line.startswith(f"smestatd: info: {path}: unchanged, version ")]


def test_nothing_to_reload():
    with Daemon() as running:
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.lines[-1] == "smestatd: info: there is nothing to reload: built-in dataset")
        assert reloads(running) == (0, 0, 0)
        assert "reload" not in running.ok("/readyz").json


BROKEN = [
    (lambda text: text.replace('"8997"', "").replace("more_than", "more_then", 2).replace('"yuan"', '"yaun"', 1), None),
    (lambda text: text[:len(text) // 2], 1),
    (lambda text: "", 1),
    (None, 1),
]


@pytest.mark.parametrize("change, count", BROKEN, ids=["faults", "cut", "empty", "missing"])
def test_a_broken_file_changes_nothing(path, change, count):
    with Daemon("--dataset", path, expected=ANYTHING) as running:
        before = running.ok("/v1/observations")
        version = running.ok("/readyz").json["version"]
        path.unlink()
        if change:
            path.write_text(change(SME), "utf-8")
        checked = run("--check", path).stdout.splitlines()
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (0, 0, 1))
        ready = running.ok("/readyz").json
        assert ready["version"] == version
        reload = ready["reload"]
        assert reload["status"] == "failed" and reload["faults"] == len(checked) == (count or len(checked))
        assert count or len(checked) > 2
        # the file's name is told, but not where it lies
        assert reload["first"] == checked[0].replace(f"{path.parent}/", "") and str(path.parent) not in reload["first"]
        assert [line.removeprefix("smestatd: error: ") for line in running.lines if " error: " in line] == \
            [*checked, f"{path}: not reloaded; what was served before is served on"]
        assert running.ok("/v1/observations").body == before.body
        found = metrics(running)
        assert found["smestatd_last_reload_success",] == 0
        assert found["smestatd_last_reload_timestamp_seconds",] >= found["process_start_time_seconds",]
        path.unlink(missing_ok=True)
        path.write_text(variant(9001), "utf-8")
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (1, 0, 1))
        assert value(running) == 9001 and running.ok("/readyz").json["reload"]["status"] == "ok"
        assert metrics(running)["smestatd_last_reload_success",] == 1


# While a file is being read, which here takes as long as the test likes.

def make_pipe(path):
    """Puts a file in its place that gives nothing until it is told to; returns another name for it, which stays."""
    pipe = path.with_name("pipe")
    path.unlink()
    os.mkfifo(path)
    os.link(path, pipe)
    return pipe


def open_pipe(pipe):
    """Waits until the daemon reads; afterwards it waits for what is written."""
    end = time.monotonic() + 10
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            assert error.errno == errno.ENXIO and time.monotonic() < end
            time.sleep(0.01)


def test_a_storm_while_one_is_under_way_is_one_more(path):
    with Daemon("--dataset", path) as running:
        pipe = make_pipe(path)
        running.process.send_signal(signal.SIGHUP)
        end = open_pipe(pipe)
        for _ in range(100):
            running.process.send_signal(signal.SIGHUP)
            assert running.ok("/v1/units")
        replace(path, variant(9002))
        os.set_blocking(end, True)
        with os.fdopen(end, "wb") as file:
            file.write(variant(9001).encode())
        wait_until(lambda: sum(reloads(running)) == 2)
        assert value(running) == 9002
        time.sleep(0.2)
        assert reloads(running) == (2, 0, 0)


def test_it_stops_while_a_file_is_read(path):
    running = Daemon("--dataset", path)
    pipe = make_pipe(path)
    running.process.send_signal(signal.SIGHUP)
    end = open_pipe(pipe)
    assert value(running) == 8997
    begin = time.monotonic()
    running.stop()
    assert time.monotonic() - begin < 5
    os.close(end)


def test_storms(path):
    with Daemon("--dataset", path) as running:
        for i in range(500):
            running.process.send_signal(signal.SIGHUP)
            if i % 10 == 0:
                replace(path, variant(9000 + i))
                assert value(running)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: value(running) == 9490)
        assert reloads(running)[2] == 0


def test_sighup_where_it_was_ignored(path):
    """nohup has programs started with the signal ignored."""
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        running = Daemon("--dataset", path)
    finally:
        signal.signal(signal.SIGHUP, old)
    with running:
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(running) == (0, 1, 0))


# When the file changes.

def write_in_place(path, text):
    path.write_text(text, "utf-8")


def write_slowly(path, text):
    middle = len(text) // 2
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:middle])
        file.flush()
        time.sleep(0.3)
        file.write(text[middle:])


def write_anew(path, text):
    path.unlink()
    path.write_text(text, "utf-8")


def write_keeping_a_backup(path, text):
    path.rename(path.with_name(path.name + "~"))
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("write", [write_in_place, write_slowly, replace, write_anew, write_keeping_a_backup])
def test_watch(path, write):
    with Daemon("--dataset", path, "--watch", expected=ANYTHING) as running:
        descriptors = metrics(running)["process_open_fds",]
        for round in range(3):
            write(path, variant(9001 + round))
            wait_until(lambda: value(running) == 9001 + round)
        # Where for a moment there is no file, a slow machine may see that.
        wait_until(lambda: reloads(running)[0] == 3)
        before = reloads(running)
        assert before[1] == 0 and (before[2] == 0 or write in (write_anew, write_keeping_a_backup))
        assert metrics(running)["process_open_fds",] == descriptors
        # what does not concern it is passed over; what does not change it is no reload
        (path.parent / "other.json").write_text("{}")
        time.sleep(0.3)
        assert reloads(running) == before
        os.utime(path)
        wait_until(lambda: reloads(running)[1] == 1)


def test_watch_by_a_relative_name(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with Daemon("--dataset", path.name, environment={"SMESTATD_WATCH": "true"}) as running:
        replace(path, variant(9001))
        wait_until(lambda: value(running) == 9001)


def publish(mount, name, text):
    """A new version of a ConfigMap, as the kubelet writes it."""
    (mount / name).mkdir()
    (mount / name / "sme.json").write_text(text, "utf-8")
    (mount / "..data_tmp").symlink_to(name)
    (mount / "..data_tmp").rename(mount / "..data")


def test_watch_a_mounted_config_map(tmp_path):
    publish(tmp_path, "..2024_01", SME)
    (tmp_path / "sme.json").symlink_to("..data/sme.json")
    with Daemon("--dataset", tmp_path / "sme.json", "--watch") as running:
        for round in range(1, 4):
            publish(tmp_path, f"..2024_0{round + 1}", variant(9000 + round))
            shutil.rmtree(tmp_path / f"..2024_0{round}")
            wait_until(lambda: value(running) == 9000 + round)
        wait_until(lambda: reloads(running) == (3, 0, 0))


def test_watch_a_link_of_releases(tmp_path):
    """current -> releases/2, absolute, in another directory than the file."""
    for round in range(3):
        (tmp_path / "releases" / str(round)).mkdir(parents=True)
        (tmp_path / "releases" / str(round) / "sme.json").write_text(variant(9000 + round), "utf-8")
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "0")
    with Daemon("--dataset", tmp_path / "current" / "sme.json", "--watch") as running:
        for round in (1, 2):
            (tmp_path / "next").symlink_to(tmp_path / "releases" / str(round))
            (tmp_path / "next").rename(tmp_path / "current")
            wait_until(lambda: value(running) == 9000 + round)


def test_watch_a_directory_that_vanishes(path):
    # To the sandbox, where there is one, a directory that is made again is another one.
    with Daemon("--dataset", path, "--watch", "--sandbox", "off", expected=ANYTHING) as running:
        away = path.parent.with_name("away")
        path.parent.rename(away)
        wait_until(lambda: reloads(running) == (0, 0, 1))
        assert f"smestatd: error: {path}: No such file or directory; accepted is a readable JSON file" in running.lines
        assert value(running) == 8997
        replace(away / path.name, variant(9001))
        away.rename(path.parent)
        wait_until(lambda: value(running) == 9001)
        shutil.rmtree(path.parent)
        wait_until(lambda: reloads(running) == (1, 0, 2))
        path.parent.mkdir()
        path.write_text(variant(9002), "utf-8")
        wait_until(lambda: value(running) == 9002)


def test_watch_a_broken_file_and_its_repair(path):
    with Daemon("--dataset", path, "--watch", expected=ANYTHING) as running:
        replace(path, SME.replace("more_than", "more_then"))
        wait_until(lambda: reloads(running) == (0, 0, 1))
        assert value(running) == 8997
        replace(path, variant(9001))
        wait_until(lambda: value(running) == 9001)


def test_watch_where_the_system_does_not_tell(path, tmp_path, monkeypatch):
    """In a namespace of its own a process can be left without inotify."""
    alone = ["unshare", "--user", "--map-root-user", "sh", "-c",
             'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', "sh"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no user namespace can be made here: {error}")
    script = tmp_path / "alone"
    script.write_text(f"#!/bin/sh\nexec {shlex.join([*alone, daemon.SMESTATD])} \"$@\"\n")
    script.chmod(0o755)
    monkeypatch.setattr(daemon, "SMESTATD", str(script))
    with Daemon("--dataset", path, "--watch", expected=ANYTHING) as running:
        for count in (9001, 9002):
            replace(path, variant(count))
            wait_until(lambda: value(running) == count)
        warnings = [line for line in running.lines if " warning: " in line]
    assert warnings == ["smestatd: warning: --watch: inotify: Too many open files; looking at the file every second"]


# Under load.

CONNECTIONS, RELOADS, LOAD_S = 64, 200, 20
TARGETS = ["/v1", "/v1/observations", "/v1/observations?indicator=little-giant-count", "/v1/indicators?lang=zh",
           "/v1/observations.csv", "/v1/indicators/little-giant-count?pretty=true", "/v1/datapackage.json?lang=en"]


def raw_request(target):
    return f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def allowed_answers(path):
    """Target to the pairs of tag and body that it may have, each with its version."""
    allowed = {target: {} for target in TARGETS}
    for count in (8997, 9001):
        replace(path, variant(count))
        with Daemon("--dataset", path) as running:
            version = running.data("/v1")["version"]
            for target in TARGETS:
                answer = running.ok(target)
                allowed[target][answer.get("ETag"), answer.body] = version
    for target in TARGETS:
        assert len(set(allowed[target].values())) == 2, f"{target} is the same in both"
        for (_, body), version in allowed[target].items():
            other, = set(allowed[target].values()) - {version}
            assert other.encode() not in body and (b'"meta"' not in body or version.encode() in body)
    return allowed


class Load:
    """Clients that ask without end, each on a connection of its own, and check every answer."""

    def __init__(self, running, allowed):
        self.running, self.allowed = running, allowed
        self.answers, self.versions, self.stopping = 0, {}, False

    async def client(self, number):
        reader, writer = await asyncio.open_connection(self.running.host, self.running.port)
        turn = number
        while not self.stopping:
            target = TARGETS[turn % len(TARGETS)]
            turn += 1
            writer.write(raw_request(target))
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(re.search(rb"\r\nContent-Length: (\d+)\r\n", head)[1]))
            assert head.startswith(b"HTTP/1.1 200 "), parse_answers(head + body, ["GET"], target)
            tag = re.search(rb"\r\nETag: (\S+)\r\n", head)[1].decode()
            version = self.allowed[target].get((tag, body))
            assert version, f"an answer of no dataset: {target} {tag} {body[:200]!r}"
            self.versions[version] = self.versions.get(version, 0) + 1
            self.answers += 1
        writer.close()

    async def wait(self, condition):
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end, self.running.lines[-3:]
            await asyncio.sleep(0.002)

    async def reload(self, path, count):
        done = len(self.running.lines)
        os.replace(path.with_name(f"{count}.json"), path)
        path.with_name(f"{count}.json").write_text(variant(count), "utf-8")
        self.running.process.send_signal(signal.SIGHUP)
        await self.wait(lambda: len(self.running.lines) > done)

    async def run(self, path):
        clients = [asyncio.create_task(self.client(i)) for i in range(CONNECTIONS)]
        levels, made = [], 0
        begin = time.monotonic()
        while made < RELOADS:
            if made in (RELOADS // 4, RELOADS // 2):
                levels.append(self.running.memory())
            await self.reload(path, (9001, 8997)[made % 2])
            made += 1
            failed = [task for task in clients if task.done()]
            assert not failed, failed[0].result()
        took = time.monotonic() - begin
        self.stopping = True
        await asyncio.gather(*clients)
        return took, levels


def resident(running):
    text = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1])


def test_under_load(path):
    allowed = allowed_answers(path)
    replace(path, SME)
    for count in (8997, 9001):
        path.with_name(f"{count}.json").write_text(variant(count), "utf-8")
    with Daemon("--dataset", path, "--threads", "4") as running:
        running.memory = lambda: resident(running)
        load = Load(running, allowed)
        took, levels = asyncio.run(load.run(path))
        assert reloads(running) == (RELOADS, 0, 0)
        wait_until(lambda: metrics(running)["smestatd_connections",] <= 1)
        running.process.send_signal(signal.SIGHUP)  # nothing new, but memory is given back
        wait_until(lambda: reloads(running) == (RELOADS, 1, 0))
        levels.append(resident(running))
    print(f"{load.answers} answers through {RELOADS} reloads in {took:.1f} s; kB resident: {levels}")
    assert len(load.versions) == 2 and min(load.versions.values()) > 50
    assert levels[-1] < 1.1 * max(levels[:-1])


def test_memory_after_reloads(tmp_path):
    """What a reload of a large file takes comes back, whatever thread's heap it was in."""
    if "sanitize" in SMESTATD:
        pytest.skip("a sanitizer keeps what is freed")
    make_csv.write(100_000, tmp_path)
    with Daemon("--dataset", tmp_path / "dataset.json") as running:
        before = resident(running)
        for done in (1, 2):
            running.process.send_signal(signal.SIGHUP)
            wait_until(lambda: reloads(running) == (0, done, 0))
        time.sleep(0.2)  # it is given back after it was counted
        after = resident(running)
    print(f"{before} kB resident, {after} after two reloads")
    assert after < before + 5000


def test_watch_a_csv_file_beside_the_document(tmp_path):
    """What the document names is watched, also when it names something new."""
    document = json.loads((contract.ROOT / "tests" / "data" / "valid" / "minimal.json").read_text("utf-8"))
    indicator, source = document["indicators"][0]["code"], document["sources"][0]["code"]
    named = {"columns": {"period": "Year", "value": "Value"}, "constants": {
        "indicator": indicator, "kind": "actual", "period_basis": "stated", "qualifier": "exact", "source": source}}
    path, first, second = (tmp_path / name for name in ("d.json", "first.csv", "second.csv"))
    document["observations"] = []

    def name(file):
        document["observation_files"] = [{"file": file.name, **named}]
        replace(path, json.dumps(document))

    def values(running):
        return [row["value"] for row in running.data("/v1/observations")]

    first.write_text("Year,Value\n2020,1\n")
    second.write_text("Year,Value\n2020,2\n")
    name(first)
    with Daemon("--dataset", path, "--watch", expected=ANYTHING) as running:
        assert values(running) == [1]
        replace(first, "Year,Value\n2020,11\n")
        wait_until(lambda: values(running) == [11])
        name(second)
        wait_until(lambda: values(running) == [2])
        replace(second, "Year,Value\n2020,22\n2021,23\n")
        wait_until(lambda: values(running) == [22, 23])
        before = reloads(running)
        replace(second, "Year,Value\n2020,x\n")
        wait_until(lambda: reloads(running)[2] == before[2] + 1)
        assert running.ok("/readyz").json["reload"]["first"].startswith("second.csv:2:6: Value: 'x'")
        assert values(running) == [22, 23]
