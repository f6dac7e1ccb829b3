# SPDX-License-Identifier: MIT
"""deploy/Caddyfile and deploy/proxy.nginx.conf before the daemon: answers come through as the daemon gave them."""
import contextlib
import os
import pathlib
import re
import subprocess

import network
import pytest
import yaml

DEPLOY = network.ROOT / "deploy"
DAEMON = os.environ["SMESTATD"]
DIRECT, PROXY = "http://127.0.0.1:8080", "https://localhost"
# What tells one proxy from another, or one moment from another.
HOP_BY_HOP = {"date", "server", "connection", "keep-alive", "alt-svc", "via", "strict-transport-security",
              "transfer-encoding", "x-request-id", "server-timing"}
REQUESTS = [
    ("/v1", []),
    ("/v1/observations", ["Accept-Encoding: identity"]),
    ("/v1/observations", ["Accept-Encoding: gzip"]),
    ("/v1/observations", ["Accept-Encoding: br;q=1, gzip;q=0.5"]),
    ("/v1/observations.csv?lang=zh", ["Accept-Encoding: gzip"]),
    ("/v1/observations?q=%E5%B0%8F%E5%B7%A8%E4%BA%BA&category=cultivation", []),
    ("/", ["Accept: text/html", "Accept-Language: zh"]),
    ("/v1/no-such", []),
    ("/v1/observations?category=cultivaton", []),
    ("/v1/years/", []),
]


def ask(url, headers=(), *options):
    """Status, protocol version, header fields and body, as curl saw them."""
    fields = [word for header in headers for word in ("--header", header)]
    done = subprocess.run(["curl", "--silent", "--show-error", "--insecure", "--max-time", "10", "--dump-header", "-",
                           "--write-out", "%{stderr}%{http_version}", *fields, *options, url],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    return int(lines[0].split()[1]), done.stderr.decode(), fields, body


def told(answer):
    status, _, fields, body = answer
    return status, {name: value for name, value in fields.items() if name not in HOP_BY_HOP}, body


@contextlib.contextmanager
def started(command, ready, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        network.until(lambda: process.poll() is not None or subprocess.run(
            ["curl", "--silent", "--insecure", "--output", "/dev/null", ready], check=False).returncode == 0, command[0])
        assert process.poll() is None, f"{command[0]} ended"
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    network.enter()
    log = tmp_path_factory.mktemp("daemon") / "access.log"
    options = network.trusted("Caddyfile")
    assert options == network.trusted("proxy.nginx.conf")
    with started([DAEMON, "--access-log", str(log), "--log-format", "json", *options], DIRECT, stderr=subprocess.DEVNULL):
        yield log


def caddy(place):
    command = [network.program("caddy", "usr/bin/caddy"), "run", "--config", str(DEPLOY / "Caddyfile"),
               "--adapter", "caddyfile"]
    return command, {"env": {"PATH": os.environ["PATH"], "HOME": str(place), "XDG_DATA_HOME": str(place),
                             "XDG_CONFIG_HOME": str(place)}}


def nginx(place):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-days", "2", "-keyout", str(place / "key.pem"),
                    "-out", str(place / "certificate.pem")], check=True, capture_output=True)
    ours = (DEPLOY / "proxy.nginx.conf").read_text()
    assert ours.count("/etc/ssl/smestat/") == 2
    (place / "smestat.conf").write_text(ours.replace("/etc/ssl/smestat/", f"{place}/"))
    paths = "".join(f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (place / "nginx.conf").write_text(f"daemon off;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{ }}\nhttp {{\n"
                                      f"access_log off;\n{paths}include {place}/smestat.conf;\n}}\n")
    return [network.program("nginx", "usr/sbin/nginx"), "-p", str(place), "-e", str(place / "error.log"),
            "-c", str(place / "nginx.conf")], {}


@pytest.fixture(scope="module", params=[caddy, nginx], ids=["caddy", "nginx"])
def proxy(request, daemon, tmp_path_factory):
    command, options = request.param(tmp_path_factory.mktemp(request.param.__name__))
    with started(command, PROXY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options):
        yield request.param.__name__


@pytest.mark.parametrize("path, headers", REQUESTS, ids=[f"{path} {' '.join(headers)}" for path, headers in REQUESTS])
def test_answers_come_through_unchanged(proxy, path, headers):
    assert told(ask(PROXY + path, headers)) == told(ask(DIRECT + path, headers))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_etags_hold_through_it(proxy, encoding):
    headers = [f"Accept-Encoding: {encoding}"]
    _, _, fields, _ = ask(f"{PROXY}/v1/observations", headers)
    assert fields.get("content-encoding", "identity") == encoding
    status, _, _, body = ask(f"{PROXY}/v1/observations", [*headers, f"If-None-Match: {fields['etag']}"])
    assert (status, body) == (304, b"")


def test_speaks_http_2_with_tls_only(proxy):
    status, version, fields, _ = ask(f"{PROXY}/v1", [], "--http2")
    assert (status, version) == (200, "2")
    assert fields["strict-transport-security"]
    assert ask(f"{PROXY}/v1", [], "--http1.1")[:2] == (200, "1.1")
    status, _, fields, _ = ask("http://localhost/v1?year=2022")
    assert (status, fields["location"]) == (308, "https://localhost/v1?year=2022")


def test_keeps_to_itself_what_is_for_inside(proxy):
    assert network.shown(PROXY) == []
    assert ask(f"{PROXY}/healthz")[0] == 200


def test_the_log_has_the_client_s_address(proxy, daemon):
    assert network.logged_for(daemon, PROXY) == [network.CLIENT] * len(network.FORGED)


def test_the_log_believes_nobody_else(daemon):
    assert network.logged_for(daemon, DIRECT) == [network.CLIENT] * len(network.FORGED)


def test_offers_http_3(proxy):
    if proxy != "caddy":
        pytest.skip("this nginx has no HTTP/3")
    assert re.search(r'h3=":443"', ask(f"{PROXY}/v1")[2]["alt-svc"])
    assert re.search(r":01BB\b", pathlib.Path("/proc/thread-self/net/udp6").read_text()), "nobody listens on UDP port 443"


def test_compose_names_what_there_is(daemon):
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = document["services"]["smestatd"]
    # What a variable is without one of that name outside.
    given = {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in service["environment"].items()}
    checked = subprocess.run([DAEMON, "--check", given["SMESTATD_DATASET"]], env=given, capture_output=True, check=False)
    assert checked.returncode == 0, checked
    with started([DAEMON, "--port", "8089"], "http://127.0.0.1:8089", env=given, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL):
        pass
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    for volume in document["services"]["caddy"]["volumes"]:
        source = volume.split(":")[0]
        assert (DEPLOY / source).exists() if source.startswith("./") else source in document["volumes"], volume
    variables = set(re.findall(r"\{\$(\w+)", (DEPLOY / "Caddyfile").read_text()))
    assert variables == set(document["services"]["caddy"]["environment"])
