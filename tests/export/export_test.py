# SPDX-License-Identifier: MIT
"""The files of --export: the same paths, bytes and types as the daemon's, on disk and from nginx; and how it fails."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/http"))
from daemon import ENVIRONMENT, SMESTATD, WAIT_S, Daemon, run  # noqa: E402 (found by the line above)

DATA = ROOT / "tests/data"
NGINX = os.environ.get("NGINX_PROGRAM") or shutil.which("nginx")  # $NGINX has a meaning of nginx's own
EXTENSIONS = (".json", ".csv", ".ndjson", ".jsonstat")
# What a process says of itself.
LIVE = {"/healthz", "/readyz", "/metrics"}


def export(directory, *options):
    """Writes, and gives what the summary says."""
    done = run("--export", directory, *options)
    assert (done.returncode, done.stderr) == (0, ""), done
    found = re.fullmatch(r"(.*): (\d+) files, (\d+) bytes\n", done.stdout)
    assert found and found[1] == str(directory), done.stdout
    return int(found[2]), int(found[3])


def contents(directory):
    return {path.relative_to(directory).as_posix(): path.read_bytes()
            for path in directory.rglob("*") if not path.is_dir()}


def address(name):
    """The path that a file is for, and whether it is the page that browsers get there."""
    path = "/" + name
    for inside, page in (("_index.json", False), ("index.html", True)):
        if path.endswith("/" + inside):
            return path.removesuffix(inside).rstrip("/") or "/", page
    return path.removesuffix(".html"), path.endswith(".html")


def requests(files):
    """For each file the request that it answers. A page that stands alone is what anybody gets."""
    addresses = {name: address(name) for name in files}
    paths = [path for path, _ in addresses.values()]
    for name, (path, page) in addresses.items():
        yield name, path, "text/html" if page and paths.count(path) > 1 else None


def headers_of(accept, language=None):
    wishes = {"Accept": accept, "Accept-Language": language}
    return {name: value for name, value in wishes.items() if value}


def compare(directory, daemon, language=None):
    """Every file holds what the daemon answers; gives the paths."""
    files = contents(directory)
    for name, path, accept in requests(files):
        answer = daemon.request("GET", path, headers_of(accept, language))
        assert answer.status == 200 and answer.body == files[name], name
    return {address(name)[0] for name in files}


def links_in(value, base=""):
    """Whatever looks like a link of ours."""
    if isinstance(value, dict):
        for member in value.values():
            yield from links_in(member, base)
    elif isinstance(value, list):
        for item in value:
            yield from links_in(item, base)
    elif isinstance(value, str) and value.startswith(base + "/"):
        yield value.removeprefix(base)


def all_links(directory):
    """The links without a query in all data that is JSON. The API's description speaks of paths with holes."""
    found = set()
    for name, body in contents(directory).items():
        if name.endswith((".csv", ".ndjson", ".html", ".css", ".js", ".svg")) or name == "openapi.json":
            continue
        found |= {link for link in links_in(json.loads(body)) if "?" not in link}
    return found


def every_path(daemon):
    """What there must be: the paths of the description, and the rows of collections, in the formats that answer."""
    described = json.loads(daemon.ok("/openapi.json").text)["paths"]
    paths = {path for path in described if "{" not in path} - LIVE
    paths |= {problem["type"] for problem in daemon.data("/problems")}
    for collection in daemon.data("/v1")["links"]:
        rows = daemon.data(f"/v1/{collection}?limit=10000" if collection != "facets" else "/v1/facets")
        below = [f"/v1/{collection}"] + [f"/v1/{collection}/{next(iter(row.values()))}" for row in rows]
        extensions = [extension for extension in EXTENSIONS if daemon.get(below[0] + extension).status == 200]
        assert ".json" in extensions
        paths |= {path + extension for path in below for extension in ["", *extensions]}
    page = daemon.get("/", Accept="text/html").text
    folder = re.search(r'src="(dashboard/[0-9a-f]+/)main\.js"', page)
    if folder: # a build without the dashboard has none
        files = (ROOT / "src/dashboard").iterdir()
        paths |= {f"/{folder.group(1)}{path.name}" for path in files if path.suffix in (".js", ".css")}
    return paths


def document(**members):
    return {**json.loads((DATA / "valid/minimal.json").read_text("utf-8")), **members}


def many_rows(path, count):
    observations = [{"indicator": "i", "kind": kind, "period": str(year), "period_basis": "stated", "value": 1,
                     "qualifier": "exact", "source": "s"} for year in range(1000, 1000 + (count + 1) // 2)
                    for kind in ("actual", "target")]
    path.write_text(json.dumps(document(observations=observations[:count])), "utf-8")
    return path


# What is written.

@pytest.fixture(scope="module")
def site(tmp_path_factory):
    directory = tmp_path_factory.mktemp("export") / "site"
    export(directory)
    return directory


@pytest.fixture(scope="module")
def daemon():
    with Daemon(validate=False) as running:
        yield running


def test_every_path_is_there_with_the_daemon_s_bytes(site, daemon):
    assert compare(site, daemon) == every_path(daemon)


def test_links_lead_to_files(site):
    paths = {address(name)[0] for name in contents(site)}
    links = all_links(site)
    assert len(links) > 50 and links - paths <= LIVE


def test_pages_are_there(site):
    files = contents(site)
    assert files["index.html"].startswith(b"<!DOCTYPE html>")
    assert files["problems/unknown-code.html"].startswith(b"<!DOCTYPE html>")


def test_the_summary_counts(tmp_path):
    count, size = export(tmp_path / "site")
    files = contents(tmp_path / "site")
    assert (count, size) == (len(files), sum(map(len, files.values())))


def test_written_twice_it_is_the_same(site, tmp_path):
    export(tmp_path / "again", "--port", "1", "--cors-origin", "none", "--reply-cache-bytes", "0")
    assert contents(tmp_path / "again") == contents(site)


@pytest.mark.parametrize("path", sorted((DATA / "valid").glob("*.json")), ids=lambda path: path.stem)
def test_other_datasets(path, tmp_path):
    export(tmp_path / "site", "--dataset", path)
    with Daemon("--dataset", path, validate=False) as running:
        paths = compare(tmp_path / "site", running)
        assert paths == every_path(running)
    assert all_links(tmp_path / "site") - paths <= LIVE


def test_a_built_in_dataset_by_name(tmp_path):
    export(tmp_path / "site", "--dataset", "builtin:sme-series")
    with Daemon("--dataset", "builtin:sme-series", validate=False) as running:
        assert compare(tmp_path / "site", running) == every_path(running)


def test_codes_that_are_names_of_files(tmp_path):
    """No code can take the place of a directory's own answer, or of a format."""
    codes = ["index", "json", "csv", "html", "tmp", "v1"]
    indicators = [{**document()["indicators"][0], "code": code} for code in codes]
    path = tmp_path / "codes.json"
    path.write_text(json.dumps(document(indicators=indicators, observations=[])), "utf-8")
    export(tmp_path / "site", "--dataset", path)
    with Daemon("--dataset", path, validate=False) as running:
        assert compare(tmp_path / "site", running) == every_path(running)


def test_base_url(tmp_path):
    base = "https://example.org/sme"
    export(tmp_path / "site", "--base-url", base)
    with Daemon("--base-url", base, validate=False) as running:
        paths = compare(tmp_path / "site", running)
    links = set(links_in(json.loads((tmp_path / "site/v1/observations.json").read_bytes()), base))
    assert len(links) > 10 and {link for link in links if "?" not in link} <= paths


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_language(site, daemon, tmp_path, language):
    export(tmp_path / "site", "--export-lang", language)
    assert compare(tmp_path / "site", daemon, language) == {address(name)[0] for name in contents(site)}
    assert (contents(tmp_path / "site") == contents(site)) == (language == "en")


def test_a_language_is_the_one_that_was_named(tmp_path):
    """Also among those that begin alike."""
    path = DATA / "valid/eight-languages.json"
    for language in json.loads(path.read_text("utf-8"))["languages"]:
        export(tmp_path / language, "--dataset", path, "--export-lang", language)
        assert json.loads((tmp_path / language / "v1/_index.json").read_bytes())["meta"]["lang"] == language


def test_a_first_page_is_no_file(tmp_path):
    """A link to the next page would lead to the same one again."""
    path = many_rows(tmp_path / "many.json", 1001)
    done = run("--dataset", path, "--export", tmp_path / "site")
    assert done.returncode == 0 and done.stdout.startswith(f"{tmp_path}/site: ")
    (line,) = done.stderr.splitlines()
    assert line.startswith("smestatd: warning: /v1/observations is left out")
    assert line.endswith("/v1/observations.csv, /v1/observations.ndjson, /v1/observations.jsonstat")
    files = contents(tmp_path / "site")
    assert "v1/observations/_index.json" not in files and "v1/observations.json" not in files
    assert files["v1/observations.ndjson"].count(b"\n") == 1001
    assert sum(name.startswith("v1/observations/") and name.endswith(".json") for name in files) == 1001
    assert not [name for name, body in files.items() if re.search(rb'"next":"', body)]


# Where it is written to.

def test_an_empty_directory(tmp_path, site):
    (tmp_path / "site").mkdir()
    export(f"{tmp_path}/site//")
    assert contents(tmp_path / "site") == contents(site)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_everybody_may_read(tmp_path):
    before = os.umask(0o022)
    try:
        export(tmp_path / "site")
    finally:
        os.umask(before)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode))
             for path in [tmp_path / "site", *(tmp_path / "site").rglob("*")]}
    assert modes == {(True, 0o755), (False, 0o644)}


def refused(watched, directory, word, *options, **settings):
    """Fails in one line, and in the watched directory everything is as it was."""
    before = contents(watched)
    done = subprocess.run([SMESTATD, "--export", str(directory), *map(str, options)], capture_output=True, text=True,
                          timeout=WAIT_S, stdin=subprocess.DEVNULL, env=ENVIRONMENT, cwd=watched, check=False,
                          **settings)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("smestatd: error: ") and done.stderr.count("\n") == 1 and word in done.stderr
    assert contents(watched) == before and not list(watched.glob("*.tmp"))
    return done


def test_a_directory_that_is_not_empty(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/.kept").write_text("kept")
    refused(tmp_path, "site", "not empty")


def test_an_earlier_export(tmp_path):
    export(tmp_path / "site")
    refused(tmp_path, "site", "not empty")


def test_something_else_in_the_way(tmp_path):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    refused(tmp_path, "file", "Not a directory")
    refused(tmp_path, "link", "Not a directory")
    refused(tmp_path, "no/site", "No such file")
    for name in (".", "..", "empty/.", "./"):
        refused(tmp_path, name, "by its name")
    assert (tmp_path / "link").is_symlink()


def test_a_name_that_is_too_long(tmp_path):
    refused(tmp_path, "x" * 254, "File name too long")
    refused(tmp_path, "/x" * 2100, "File name too long")


def test_the_rest_of_a_killed_export(tmp_path):
    (tmp_path / "site.tmp").mkdir()
    done = run("--export", tmp_path / "site")
    assert done.returncode == 1 and "site.tmp" in done.stderr and "remove it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["site.tmp"]


def test_a_parent_that_nobody_may_write_to(tmp_path):
    refused(tmp_path, "/proc/site", "/proc/site.tmp")


def test_the_largest_file_does_not_fit(tmp_path):
    """As when the disk is full in the middle."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    refused(tmp_path, "site", "openapi.json: File too large", preexec_fn=limit)


def test_the_disk_is_full(tmp_path):
    command = ["unshare", "--user", "--map-root-user", "--mount"] if os.geteuid() else ["unshare", "--mount"]
    probe = subprocess.run([*command, "mount", "-t", "tmpfs", "none", tmp_path], capture_output=True, text=True,
                           check=False)
    if probe.returncode != 0:
        pytest.skip(f"no file system of one's own here: {probe.stderr.strip()}")
    script = 'mount -t tmpfs -o size=200k none "$1" && { "$2" --export "$1/site"; echo "$?"; ls -A "$1"; }'
    done = subprocess.run([*command, "sh", "-c", script, "sh", tmp_path, SMESTATD], capture_output=True, text=True,
                          timeout=WAIT_S, env=ENVIRONMENT, check=True)
    assert done.stdout == "1\n" and "No space left on device" in done.stderr and done.stderr.count("\n") == 1


def test_nobody_hears_the_summary(tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([SMESTATD, "--export", tmp_path / "site"], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=WAIT_S, env=ENVIRONMENT, check=False)
    assert done.returncode == 1 and done.stderr.startswith("smestatd: standard output: ")
    assert (tmp_path / "site/v1/_index.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_leaves_nothing(tmp_path, number):
    path = many_rows(tmp_path / "many.json", 1000)
    process = subprocess.Popen([SMESTATD, "--dataset", path, "--export", tmp_path / "site"], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    while not (tmp_path / "site.tmp/v1/_index.json").exists() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(number)
    out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1 and out == "" and "stopped by a signal" in err
    assert [path.name for path in tmp_path.iterdir()] == ["many.json"]


# What is asked for.

def test_a_language_that_is_not_there(tmp_path):
    done = refused(tmp_path, "site", "accepted is en, zh", "--export-lang", "fr")
    assert "'fr'" in done.stderr


def test_a_dataset_that_is_not_there(tmp_path):
    refused(tmp_path, "site", "/nonexistent", "--dataset", "/nonexistent")
    refused(tmp_path, "site", "code-too-long.json:", "--dataset", DATA / "invalid/code-too-long.json")


def test_check_and_export_exclude_each_other(tmp_path):
    done = run("--check", DATA / "valid/minimal.json", "--export", tmp_path / "site")
    assert (done.returncode, done.stdout) == (2, "") and "--check and --export" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_environment_may_ask_for_it(tmp_path):
    done = run(environment={"SMESTATD_EXPORT": str(tmp_path / "site"), "SMESTATD_EXPORT_LANG": "zh"})
    assert done.returncode == 0
    assert json.loads((tmp_path / "site/v1/_index.json").read_bytes())["meta"]["lang"] == "zh"


# From a static host.

class Site(http.client.HTTPConnection):
    """A client of nginx, which listens on a socket in a directory, so that no port needs to be free."""

    def __init__(self, place):
        super().__init__("localhost", timeout=WAIT_S)
        self.place = place

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.place)

    def ask(self, path, method="GET", **headers):
        self.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = self.getresponse()
        return response, response.read()


MAIN = """
daemon off;
master_process off;
pid {0}/pid;
error_log {0}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    include {0}/site.conf;
}}
"""


@contextlib.contextmanager
def nginx(site):
    """The configuration that users are given, with its two lines filled in."""
    with tempfile.TemporaryDirectory(prefix="nginx.") as directory:
        text = (ROOT / "deploy/static.nginx.conf").read_text("utf-8")
        for line, own in (("listen 80;", f"listen unix:{directory}/socket;"), ("root /srv/smestat;", f"root {site};")):
            assert text.count(f"    {line}\n") == 1
            text = text.replace(line, own)
        pathlib.Path(directory, "site.conf").write_text(text, "utf-8")
        pathlib.Path(directory, "main.conf").write_text(MAIN.format(directory), "utf-8")
        process = subprocess.Popen([NGINX, "-p", directory, "-c", f"{directory}/main.conf", "-e",
                                    f"{directory}/error.log"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            place, end = pathlib.Path(directory, "socket"), time.monotonic() + WAIT_S
            while not place.exists():
                assert process.poll() is None and time.monotonic() < end, process.stderr.read()
                time.sleep(0.01)
            client = Site(str(place))
            yield client
            client.close()
        finally:
            process.send_signal(signal.SIGQUIT)
            _, said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0 and said == b"", said
        log = pathlib.Path(directory, "error.log").read_text("utf-8")
        assert not re.search(r"\[(?:alert|crit|emerg)\]", log), log


@pytest.fixture(scope="module")
def static(site):
    if not NGINX:
        pytest.skip("nginx is not installed")
    with nginx(site) as client:
        yield client


def test_a_static_host_answers_like_the_daemon(site, daemon, static):
    files = contents(site)
    for name, path, accept in requests(files):
        wanted = daemon.request("GET", path, headers_of(accept))
        response, got = static.ask(path, **headers_of(accept))
        assert (response.status, got) == (200, files[name]), name
        for field in ("Content-Type", "Access-Control-Allow-Origin", "X-Content-Type-Options", "Cache-Control"):
            assert response.getheader(field) == wanted.get(field), name
        kept = (wanted.get("Content-Disposition") or "").startswith("attachment")
        assert (response.getheader("Content-Disposition") == "attachment") == kept, name


def test_a_static_host_has_every_link(site, static):
    for link in all_links(site) - LIVE:
        response, _ = static.ask(link, "HEAD")
        assert response.status == 200, link


def test_a_browser_gets_pages_of_a_static_host(static):
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    for path, kind in (("/", "text/html; charset=utf-8"), ("/problems/not-found", "text/html; charset=utf-8"),
                       ("/v1", "application/json"), ("/v1/observations", "application/json")):
        response, _ = static.ask(path, Accept=accept)
        assert (response.status, response.getheader("Content-Type")) == (200, kind), path


def test_a_static_host_is_honest_about_queries(static):
    for path in ("/v1/observations?category=cultivation", "/v1/observations.csv?limit=1", "/?x"):
        response, body = static.ask(path)
        assert (response.status, response.getheader("Content-Type")) == (400, "application/problem+json"), path
        assert json.loads(body)["type"] == "/problems/unknown-parameter"
        assert response.getheader("Access-Control-Allow-Origin") == "*"
    assert static.ask("/.query")[0].status == 404


def test_a_static_host_knows_what_is_not_there(static):
    for path in ("/v1/observatons", "/v1/indicators/sme-cuont", "/v1/observations.xml", "/healthz", "/v1/facets.csv"):
        response, body = static.ask(path)
        assert (response.status, response.getheader("Content-Type")) == (404, "application/problem+json"), path
        assert json.loads(body)["type"] == "/problems/not-found"


def test_a_static_host_redirects_and_reads_only(daemon, static):
    response, _ = static.ask("/v1/observations/")
    assert (response.status, response.getheader("Location")) == (308, daemon.get("/v1/observations/").get("Location"))
    assert static.ask("/v1", "POST")[0].status == 405
