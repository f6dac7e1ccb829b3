# SPDX-License-Identifier: MIT
"""/metrics as Prometheus reads it: its linter has nothing to say, and a real one scrapes it and answers queries."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from daemon import WAIT_S, Daemon

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNPACKED = ROOT / ".build/cache/prometheus/usr/bin"  # by tests/run


def program(name):
    return shutil.which(name, path=f"{os.environ['PATH']}:{UNPACKED}")


pytestmark = pytest.mark.skipif(not program("prometheus") or not program("promtool"),
                                reason="there is no Prometheus, which sh tests/run unpacks")


def exercise(running):
    for target in ("/v1/units", "/v1/units", "/v1/observations?limit=1", "/v1/observations?limit=x", "/nothing", "/docs/docs.js"):
        running.get(target)
    running.request("HEAD", "/v1/years")
    running.request("POST", "/v1")


def test_linter():
    with Daemon() as running:
        exercise(running)
        text = running.ok("/metrics").text
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_real_one_scrapes(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Daemon("--admin-port", "0") as running:
        exercise(running)
        (tmp_path / "p.yml").write_text(json.dumps({
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [{"job_name": "smestatd", "static_configs": [{"targets": [f"{running.host}:{running.port}"]}]}]}))
        prometheus = subprocess.Popen(
            [program("prometheus"), f"--config.file={tmp_path}/p.yml", f"--storage.tsdb.path={tmp_path}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            def ask(query):
                url = f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(query)}"
                try:
                    with urllib.request.urlopen(url, timeout=5) as answer:
                        return json.load(answer)["data"]["result"]
                except OSError:
                    return []

            end = time.monotonic() + WAIT_S
            while not [row for row in ask("up") if row["value"][1] == "1"]:
                assert time.monotonic() < end and prometheus.poll() is None, prometheus.stderr.read1().decode()
                time.sleep(0.1)
            assert [row["value"][1] for row in ask('smestatd_requests_total{route="/v1/units",status="200"}')] == ["2"]
            (row,) = ask("sum(smestatd_requests_total{route='/v1/observations'})")
            assert row["value"][1] == "2"
            (row,) = ask("histogram_quantile(0.5, smestatd_request_duration_seconds_bucket)")
            assert 0 < float(row["value"][1]) < 10
            (row,) = ask("smestatd_build_info")
            assert row["metric"]["version"] == running.ok("/version").json["version"]
        finally:
            prometheus.kill()
            prometheus.wait(WAIT_S)
            prometheus.stderr.close()
