# SPDX-License-Identifier: MIT
"""HTTP itself: methods, header fields, validators, codings, CORS, types, connections."""
import concurrent.futures
import json
import re

import pytest

import contract
from contract import COLLECTIONS, DOCUMENT
from daemon import Daemon, parse_answers


def example_of(template):
    """The path of the description with its parameters' examples in it."""
    path = template
    for parameter in map(contract.resolve, DOCUMENT["paths"][template].get("parameters", [])):
        path = path.replace("{" + parameter["name"] + "}", parameter["example"])
    return path


# The built-in dataset has no dimension.
PATHS = [example_of(template) for template in DOCUMENT["paths"]
         if template not in ("/v1/dimensions/{id}", "/dashboard/{build}/{file}")]
STATE = ["/healthz", "/readyz", "/metrics"]
LARGE, SMALL = "/v1/observations", "/v1/years?fields=code"
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


def without_date(answer):
    return [(name, value) for name, value in answer.headers if name != "Date"]


# Methods.

@pytest.mark.parametrize("path", PATHS + [
    "/nowhere", "/v1/years/1999", "/v1/years?x=1", "/years", "/v1/", LARGE + "?limit=2",
    "/v1/observations?year=2022&category=contribution"
])
@pytest.mark.parametrize("headers", [
    {}, {"Accept": HTML, "Accept-Encoding": "gzip", "Accept-Language": "zh"}, {"Accept": "image/png"},
    {"If-None-Match": "*"}
])
def test_head_has_the_header_fields_of_get(daemon, path, headers):
    get, head = daemon.request("GET", path, headers), daemon.request("HEAD", path, headers)
    if path == "/metrics" and get.status == 200:  # longer each time
        assert int(head.get("Content-Length")) > 0
        get.headers, head.headers = ([pair for pair in answer.headers if pair[0] != "Content-Length"] for answer in (get, head))
    assert (head.status, without_date(head)) == (get.status, without_date(get))
    assert head.body == b""
    if get.status not in (304, 308) and head.get("Content-Length"):
        assert int(head.get("Content-Length")) == len(get.body)


@pytest.mark.parametrize("path", PATHS + ["*"])
def test_options(daemon, path):
    answer = daemon.request("OPTIONS", path)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.get("Allow") == "GET, HEAD, OPTIONS"
    assert answer.get("Content-Length") is None and answer.get("Content-Type") is None


def test_options_of_what_is_not_there(daemon):
    assert daemon.request("OPTIONS", "/nowhere").status == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "Get", "X"])
def test_other_methods(daemon, path, method):
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    (answer,) = daemon.raw(request.encode(), (method,), path)
    assert (answer.status, answer.slug) == (405, "method-not-allowed")
    assert answer.get("Allow") == "GET, HEAD, OPTIONS"


def test_other_methods_with_a_body(daemon):
    answer = daemon.raw(b"POST /v1/years HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", ("POST",),
                        "/v1/years")[0]
    assert answer.status == 405 and answer.get("Connection") == "close"


def test_other_methods_on_nothing(daemon):
    assert daemon.request("DELETE", "/nowhere").status == 404


# Validators.

@pytest.mark.parametrize("path", [path for path in PATHS if path not in STATE])
def test_etag_is_strong_and_stable(daemon, path):
    first = daemon.ok(path).get("ETag")
    assert re.fullmatch(r'"[0-9a-f]{32}"', first)
    with Daemon("--threads", "3", "--reply-cache-bytes", "0") as other:
        assert other.ok(path).get("ETag") == first


def test_etag_is_the_same_in_every_thread():
    def ask(daemon):
        answer = daemon.raw(b"GET /v1/observations?year=2022 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                            ("GET",),
                            "/v1/observations?year=2022")[0]
        return answer.get("ETag"), answer.body

    with Daemon("--threads", "4") as running, concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, [running] * 64))) == 1


def test_different_bytes_have_different_etags(daemon):
    bodies = {}
    for collection in COLLECTIONS:
        for query in ("", "?lang=zh", "?lang=all", "?pretty=true", "?limit=1", "?limit=2", "?limit=0"):
            for coding in ({}, {"Accept-Encoding": "gzip"}):
                answer = daemon.request("GET", f"/v1/{collection}{query}", coding)
                assert bodies.setdefault(answer.get("ETag"), answer.body) == answer.body
    assert len(set(bodies.values())) == len(bodies)


@pytest.mark.parametrize("form, status", [
    ("{}", 304), ("W/{}", 304), ('"x", {}', 304), ('{}, "x"', 304), ('"x","y" , W/{} ,"z"', 304), ("*", 304),
    (" {} ", 304),
    ('"x"', 200), ('W/"x"', 200), ("", 200), ('""', 200), ('"x", "y"', 200), ("nonsense", 200), ('"*"', 200),
    (", {}", 304),
    ('"a,b", {}', 304)])
@pytest.mark.parametrize("path", [LARGE, "/", "/openapi.json", "/v1/years/2022", "/problems", "/version"])
def test_if_none_match(daemon, path, form, status):
    whole = daemon.ok(path)
    answer = daemon.request("GET", path, {"If-None-Match": form.replace("{}", whole.get("ETag"))})
    assert answer.status == status
    if status == 304:
        assert answer.body == b""
        for name in ("ETag", "Cache-Control", "Vary", "Content-Language", "Access-Control-Allow-Origin",
                     "X-Content-Type-Options"):
            assert answer.get(name) == whole.get(name), name
    else:
        assert answer.body == whole.body


def test_if_none_match_in_two_fields(daemon):
    etag = daemon.ok(LARGE).get("ETag")
    assert daemon.request("GET", LARGE, [("If-None-Match", '"x"'), ("If-None-Match", etag)]).status == 304


def test_if_none_match_means_nothing_where_there_is_no_200(daemon):
    for path, status in (("/nowhere", 404), ("/v1/years?x=1", 400), ("/years", 308), ("/healthz", 200)):
        assert daemon.request("GET", path, {"If-None-Match": "*"}).status == status


def test_head_may_be_304(daemon):
    assert daemon.request("HEAD", LARGE, {"If-None-Match": daemon.ok(LARGE).get("ETag")}).status == 304


@pytest.mark.parametrize("path", PATHS)
def test_cache_control(daemon, path):
    assert daemon.ok(path).get("Cache-Control") == ("no-store" if path in STATE else "public, max-age=60")


@pytest.mark.parametrize("seconds", ["0", "3600"])
def test_cache_control_by_option(seconds):
    with Daemon("--cache-max-age", seconds) as running:
        for path in ("/", LARGE, "/openapi.json"):
            assert running.ok(path).get("Cache-Control") == f"public, max-age={seconds}"
        assert running.ok("/healthz").get("Cache-Control") == "no-store"
        assert running.get("/nowhere").get("Cache-Control") == "no-store"


# Codings.

@pytest.fixture(scope="module")
def codings(daemon):
    """Those that this daemon was built with, in the order of its liking."""
    return daemon.ok("/version").json["codings"]


@pytest.mark.parametrize("accept, likes", [
    ("gzip", ["gzip"]), ("GZIP", ["gzip"]), ("deflate, gzip;q=0.5", ["gzip"]), ("identity;q=0.5, gzip", ["gzip"]),
    ("x-gzip, gzip;q=1.0", ["gzip"]), ("gzip;q=0.001", ["gzip"]), ("gzip, br", ["br", "gzip"]),
    ("gzip, deflate, br, zstd", ["br", "zstd", "gzip"]), ("zstd, gzip", ["zstd", "gzip"]),
    ("*", ["br", "zstd", "gzip"]), ("br;q=0, *", ["zstd", "gzip"]), ("br;q=0.5, gzip", ["gzip"])
])
def test_codings(daemon, codings, accept, likes):
    coding = next(like for like in likes if like in codings)
    plain, packed = daemon.ok(LARGE), daemon.ok(LARGE, Accept_Encoding=accept)
    assert plain.get("Content-Encoding") is None and packed.get("Content-Encoding") == coding
    assert packed.content() == plain.body and len(packed.body) < len(plain.body) / 2
    assert packed.get("ETag") != plain.get("ETag")
    assert "Accept-Encoding" in plain.get("Vary") and packed.get("Vary") == plain.get("Vary")
    again = daemon.request("GET", LARGE, {"Accept-Encoding": accept, "If-None-Match": packed.get("ETag")})
    assert again.status == 304 and again.get("ETag") == packed.get("ETag")
    assert daemon.request("GET", LARGE, {"Accept-Encoding": accept, "If-None-Match": plain.get("ETag")}).status == 200


@pytest.mark.parametrize("accept", [
    "", "identity", "br;q=0", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, br;q=0, zstd;q=0, *", "deflate", "gzipx",
    "gzip;q=nonsense", "gzip;q=2"
])
def test_no_coding(daemon, accept):
    answer = daemon.ok(LARGE, Accept_Encoding=accept)
    assert answer.get("Content-Encoding") is None and answer.json["data"]


def test_the_same_coding_is_the_same_each_time(daemon, codings):
    for coding in codings:
        assert len({daemon.ok("/openapi.json", Accept_Encoding=coding).body for _ in range(3)}) == 1


def test_a_query_is_compressed_from_the_second_time_on():
    """A flood of queries that differ shall not have the processor; who has an ETag asked before."""
    query = LARGE + "?limit=15"
    with Daemon("--threads", "1") as running:
        first, second = (running.ok(query, Accept_Encoding="gzip") for _ in range(2))
        assert first.get("Content-Encoding") is None and second.get("Content-Encoding") == "gzip"
        assert second.content() == first.body and second.get("Vary") == first.get("Vary")
    with Daemon("--threads", "1") as another:
        assert another.request("GET", query, {"Accept-Encoding": "gzip",
                                              "If-None-Match": second.get("ETag")}).status == 304
    with Daemon("--threads", "1", "--reply-cache-bytes", "0") as forgetful:
        assert forgetful.ok(query, Accept_Encoding="gzip").get("Content-Encoding") == "gzip"


def test_one_answer_however_it_is_asked_for():
    """Equal queries share an answer, and each spelling finds its own way to it."""
    spellings = ["?year=2022&category=cultivation", "?category=cultivation&year=2022", "?year=2022..2022&category=%63ultivation",
                 "?category=cultivation&year=2022&limit=1000", "?pretty=false&category=cultivation&year=2022",
                 "?category=cultivation&&year=2022"]
    with Daemon("--threads", "1") as running:
        def counts():
            text = running.ok("/metrics").text
            return [int(line.split()[1]) for line in text.splitlines()
                    if line.split()[0] in ("smestatd_reply_cache_replies", "smestatd_reply_cache_misses_total")]
        before = counts()
        bodies = {running.ok("/v1/observations" + spelling).body for _ in range(3) for spelling in spellings}
        assert len(bodies) == 1
        assert [after - earlier for earlier, after in zip(before, counts())] == [1, 1]
        # what an answer depends on beside its address is not mixed up
        for _ in range(3):
            assert running.ok("/v1/observations" + spellings[0], Accept_Language="zh").get("Content-Language") == "zh"
            assert running.ok("/v1/observations" + spellings[0], Accept="text/csv").body.startswith(b"id,")
            assert running.ok("/v1/observations" + spellings[0]).get("Content-Language") == "en"
        assert running.request("OPTIONS", "/v1/observations" + spellings[0]).status == 204
        assert running.request("POST", "/v1/observations" + spellings[0], {"Content-Length": "0"}).status == 405
        head = running.request("HEAD", "/v1/observations" + spellings[0])
        assert head.status == 200 and int(head.get("Content-Length")) == len(bodies.pop())


def test_origins_are_not_mixed_up():
    with Daemon("--cors-origin", "https://a.example,https://b.example") as running:
        for _ in range(3):
            for origin in ("https://a.example", "https://b.example", "https://c.example", None):
                answer = running.request("GET", LARGE, {"Origin": origin} if origin else {})
                allowed = origin if origin in ("https://a.example", "https://b.example") else None
                assert answer.get("Access-Control-Allow-Origin") == allowed


@pytest.mark.parametrize("path", [SMALL, "/healthz", "/version", "/nowhere", "/v1/years?x=1"])
def test_small_bodies_and_problems_are_not_compressed(daemon, path):
    answer = daemon.get(path, Accept_Encoding="gzip")
    assert answer.get("Content-Encoding") is None
    assert "Accept-Encoding" not in (answer.get("Vary") or "")


# What an answer depends on.

@pytest.mark.parametrize("path, headers, vary", [
    (LARGE, {}, {"Accept", "Accept-Language", "Accept-Encoding"}),
    (LARGE + "?lang=en", {}, {"Accept", "Accept-Encoding"}),
    (LARGE + "?format=json", {}, {"Accept-Language", "Accept-Encoding"}),
    (LARGE + ".json", {}, {"Accept-Language", "Accept-Encoding"}),
    (LARGE + "?format=json&lang=all", {}, {"Accept-Encoding"}),
    (SMALL, {}, {"Accept", "Accept-Language"}),
    (SMALL + "&format=json&lang=en", {}, set()),
    ("/", {}, {"Accept", "Accept-Encoding"}),
    ("/", {"Accept": HTML}, {"Accept", "Accept-Language", "Accept-Encoding"}),
    ("/openapi.json", {}, {"Accept-Encoding"}),
    ("/v1/datapackage.json", {}, {"Accept-Language", "Accept-Encoding"}),
    ("/v1/datapackage.json?lang=en", {}, {"Accept-Encoding"}),
    ("/problems", {}, {"Accept-Language", "Accept-Encoding"}),
    ("/problems/not-found", {}, {"Accept", "Accept-Language"}),
    ("/version", {}, set()),
    ("/nowhere", {}, {"Accept-Language"}),
])
def test_vary(daemon, path, headers, vary):
    value = daemon.request("GET", path, headers).get("Vary")
    assert set(filter(None, (value or "").split(", "))) == vary
    assert value != ""


def test_what_is_not_in_vary_changes_nothing(daemon):
    for path in [path for path in PATHS if path not in STATE] + [LARGE + "?lang=en", LARGE + "?format=json", SMALL]:
        plain = daemon.ok(path)
        vary = set((plain.get("Vary") or "").split(", "))
        for name, value in (("Accept-Language", "zh"), ("Accept", HTML), ("Accept-Encoding", "gzip"),
                            ("Origin", "http://a.example"),
                            ("User-Agent", "x"), ("Cookie", "a=b")):
            if name not in vary:
                assert daemon.request("GET", path, {name: value}).body == plain.body, (path, name)


# CORS.

def test_cors_is_open(daemon):
    for path in PATHS + ["/nowhere", "/v1/years?x=1", "/years"]:
        for headers in ({}, {"Origin": "https://a.example"}):
            answer = daemon.request("GET", path, headers)
            assert answer.get("Access-Control-Allow-Origin") == "*"
            exposed = set(answer.get("Access-Control-Expose-Headers").split(", "))
            assert {"ETag", "Link", "Content-Language", "Location", "Allow"} <= exposed
            assert answer.get("Access-Control-Allow-Credentials") is None
    assert daemon.request("POST", "/v1", {"Content-Length": "0"}).get("Access-Control-Allow-Origin") == "*"


def test_preflight(daemon):
    answer = daemon.request("OPTIONS", LARGE, {"Origin": "https://a.example", "Access-Control-Request-Method": "GET",
                                               "Access-Control-Request-Headers": "if-none-match"})
    assert answer.status == 204
    assert answer.get("Access-Control-Allow-Origin") == "*"
    assert answer.get("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS"
    assert answer.get("Access-Control-Allow-Headers") == "*"
    assert int(answer.get("Access-Control-Max-Age")) > 0


def cors_fields(answer):
    return {name for name, _ in answer.headers if name.startswith("Access-Control")}


def test_cors_none():
    with Daemon("--cors-origin", "none") as running:
        for method, path in (("GET", LARGE), ("OPTIONS", LARGE), ("GET", "/nowhere"), ("HEAD", "/")):
            answer = running.request(method, path, {"Origin": "https://a.example"})
            assert cors_fields(answer) == set()
            assert "Origin" not in (answer.get("Vary") or "").split(", ")


def test_cors_by_list():
    with Daemon("--cors-origin", "https://a.example,https://b.example:8443") as running:
        for path in (LARGE, "/nowhere", "/", "/v1/years?x=1", "/years", SMALL, "/version"):
            for origin in ("https://a.example", "https://b.example:8443"):
                answer = running.request("GET", path, {"Origin": origin})
                assert answer.get("Access-Control-Allow-Origin") == origin
                assert "Origin" in answer.get("Vary").split(", ")
            for origin in ("https://a.example.evil.example", "https://b.example", "http://a.example", "null", "*",
                           "https://a.exampl",
                           "https://a.example,https://b.example:8443", "", None, "HTTPS://A.EXAMPLE"):
                answer = running.request("GET", path, {"Origin": origin} if origin is not None else {})
                assert cors_fields(answer) == set(), origin
                assert "Origin" in answer.get("Vary").split(", ")
        etag = running.ok(LARGE).get("ETag")
        answer = running.request("GET", LARGE, {"Origin": "https://a.example", "If-None-Match": etag})
        assert answer.status == 304 and answer.get("Access-Control-Allow-Origin") == "https://a.example"
        answer = running.request("OPTIONS", LARGE, {"Origin": "https://c.example"})
        assert answer.status == 204 and cors_fields(answer) == set()


# Types.

@pytest.mark.parametrize("path", PATHS + ["/nowhere", "/years", "/v1/years?x=1"])
def test_security_fields(daemon, path):
    for accept in ("application/json", HTML):
        answer = daemon.get(path, Accept=accept)
        assert answer.get("X-Content-Type-Options") == "nosniff"
        assert answer.get("Server") == "smestatd"
        policy = answer.get("Content-Security-Policy")
        assert (policy is not None) == (answer.get("Content-Type") or "").startswith("text/html")
        if policy:
            assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
            scripted = {"script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"}
            assert scripted & set(policy.split("; ")) == (scripted if path in ("/", "/docs") else set())


@pytest.mark.parametrize("accept", [
    "application/json", "*/*", "application/*", "", "text/html, */*;q=0.1", "application/json;q=0.001",
    "application/json;charset=utf-8", "APPLICATION/JSON"
])
def test_accept(daemon, accept):
    assert daemon.ok(LARGE, Accept=accept).get("Content-Type") == "application/json"


@pytest.mark.parametrize("accept", [
    "image/png", "application/json;q=0", "image/*", "application/xml, text/html", "nonsense", "*/*;q=0"
])
def test_not_acceptable(daemon, accept):
    for path in [f"/v1/{collection}" for collection in COLLECTIONS] + ["/v1", "/v1/years/2022"]:
        answer = daemon.problem(path, 406, "not-acceptable", Accept=accept)
        (error,) = answer.errors
        assert (error["parameter"], error["value"]) == ("Accept", accept)
        types = ["application/json"]
        if path != "/v1":
            types += ["text/csv", "application/x-ndjson"]
        if path in ("/v1/observations", "/v1/targets"):
            types += ["application/vnd.json-stat+json"]
        assert error["allowed"] == ", ".join(types)
    assert daemon.ok("/v1/years?format=json", Accept=accept).data
    assert daemon.ok("/v1/years.json", Accept=accept).data
    assert daemon.problem("/v1/years?format=jsonstat", 406, "not-acceptable", Accept="application/json")


@pytest.mark.parametrize("accept, media", [
    ("text/csv", "text/csv; charset=utf-8; header=present"), ("text/*", "text/csv; charset=utf-8; header=present"),
    ("application/x-ndjson", "application/x-ndjson"), ("*/*, application/json;q=0", "text/csv; charset=utf-8; header=present"),
    ("application/vnd.json-stat+json, text/csv;q=0.9", "application/vnd.json-stat+json"),
    ("text/html, application/json;q=0.2, text/csv;q=0.1", "application/json"),
])
def test_accept_chooses_the_format(daemon, accept, media):
    answer = daemon.ok("/v1/observations", Accept=accept)
    assert answer.get("Content-Type") == media
    assert "Accept" in answer.get("Vary").split(", ")
    assert daemon.ok("/v1/observations?format=json", Accept=accept).get("Content-Type") == "application/json"
    assert daemon.ok("/v1/observations.json?format=csv", Accept=accept).get("Content-Type") == "application/json"


def test_a_reply_kept_for_one_question_is_not_given_to_another(daemon):
    """The same bytes, but only one of them depends on Accept."""
    for first, second in (("/v1/units?format=csv", {"Accept": "text/csv"}), ("/v1/years.ndjson", {"Accept": "*/*"})):
        asked = daemon.ok(first).get("Vary")
        chosen = daemon.ok(first.split("?")[0].split(".")[0], **second).get("Vary")
        assert "Accept" not in asked.split(", ") and "Accept" in chosen.split(", ")


def test_downloads_have_names(daemon):
    dataset = contract.SME["id"]
    for target, value in [
        ("/v1/observations.csv", f'attachment; filename="{dataset}-observations.csv"'),
        ("/v1/focus-areas.ndjson?lang=zh", f'attachment; filename="{dataset}-focus-areas.ndjson"'),
        ("/v1/targets?format=jsonstat", f'inline; filename="{dataset}-targets.jsonstat"'),
        ("/v1/indicators/sme-count.csv", f'attachment; filename="{dataset}-indicators-sme-count.csv"'),
        ("/v1/observations.json", None), ("/v1/facets", None),
    ]:
        assert daemon.ok(target).get("Content-Disposition") == value


def test_a_header_field_is_echoed_cut(daemon):
    answer = daemon.problem("/v1/years", 406, "not-acceptable", Accept="a/" + "b" * 5000)
    assert len(answer.errors[0]["value"].encode()) <= 256


def test_a_header_field_that_is_no_text(daemon):
    (answer,) = daemon.raw(b"GET /v1/years HTTP/1.1\r\nHost: x\r\nAccept: a/\xff\xfe\r\nConnection: close\r\n\r\n",
                           ("GET",), "/v1/years")
    assert (answer.status, answer.slug) == (406, "not-acceptable")


def test_accept_in_two_fields(daemon):
    assert daemon.request("GET", LARGE, [("Accept", "text/csv"), ("Accept", "application/json")]).status == 200


@pytest.mark.parametrize("accept, kind", [
    (HTML, "text/html"), ("text/html", "text/html"), ("*/*", "application/json"),
    ("application/json", "application/json"),
    ("text/html;q=0.5, application/json", "application/json"), ("application/json;q=0.5, text/html", "text/html")])
@pytest.mark.parametrize("path", ["/", "/problems/not-found"])
def test_pages(daemon, path, accept, kind):
    answer = daemon.ok(path, Accept=accept)
    assert answer.get("Content-Type").split(";")[0] == kind


@pytest.mark.parametrize("path", ["/", "/problems/not-found"])
def test_pages_in_two_languages(daemon, path):
    for language in ("en", "zh"):
        answer = daemon.ok(path, Accept=HTML, Accept_Language=language)
        assert f'<html lang="{language}">' in answer.text and answer.get("Content-Language") == language
        # Linked data is no script; package_test.py reads it. The dashboard's script is a file beside the page.
        page = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", answer.text)
        page = re.sub(r'<script type="module" src="dashboard/[0-9a-f]{16}/main\.js"></script>', "", page)
        assert not re.search(r"<script|style=|onclick|http:|https:", page)


DASHBOARD = contract.ROOT / "src" / "dashboard"
DASHBOARD_FILES = sorted(path.name for path in DASHBOARD.iterdir() if path.suffix in (".js", ".css"))


def dashboard_folder(daemon):
    return re.search(r'src="(dashboard/[0-9a-f]{16}/)main\.js"', daemon.ok("/", Accept=HTML).text).group(1)


@pytest.mark.parametrize("name", DASHBOARD_FILES)
def test_files_of_the_dashboard_are_kept_for_ever(daemon, name):
    path = f"/{dashboard_folder(daemon)}{name}"
    for coding in ("identity", "gzip"):
        answer = daemon.ok(path, Accept_Encoding=coding)
        assert answer.get("Cache-Control") == "public, max-age=31536000, immutable"
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        assert answer.get("Content-Type") == kind + "; charset=utf-8"
        again = {"Accept-Encoding": coding, "If-None-Match": answer.get("ETag")}
        assert daemon.request("GET", path, again).status == 304
    assert daemon.ok(path).body == (DASHBOARD / name).read_bytes()
    assert daemon.request("HEAD", path).status == 200
    assert daemon.request("OPTIONS", path).status == 204


def test_the_dashboard_itself_is_asked_for_again(daemon):
    answer = daemon.ok("/", Accept=HTML)
    assert answer.get("Cache-Control") == "public, max-age=60"
    assert daemon.request("GET", "/", {"Accept": HTML, "If-None-Match": answer.get("ETag")}).status == 304


def test_a_first_visit_is_light(daemon):
    """Less than 250 kB over the wire, with everything the page asks for."""
    folder = dashboard_folder(daemon)
    collections = ["facets", "observations", "targets", "focus-areas", "indicators", "units", "categories"]
    paths = ["/", *(f"/{folder}{name}" for name in DASHBOARD_FILES), "/docs/icon.svg", "/v1",
             *(f"/v1/{collection}" for collection in collections)]
    size = 0
    for path in paths:
        answer = daemon.request("GET", path, {"Accept": HTML if path == "/" else "*/*", "Accept-Encoding": "gzip"})
        assert answer.status == 200, path
        size += int(answer.get("Content-Length"))
    assert size < 120_000


def test_another_build_s_files_are_gone(daemon):
    daemon.problem("/dashboard/0123456789abcdef/main.js", 404, "not-found")


def test_the_index_names_what_it_has(daemon):
    answer = daemon.problem("/", 406, "not-acceptable", Accept="image/png")
    allowed = answer.errors[0]["allowed"]
    assert "application/json" in allowed and "text/html" in allowed


@pytest.mark.parametrize("path, kind", [
    ("/openapi.json", "application/vnd.oai.openapi+json;version=3.1"),
    ("/schemas/dataset.json", "application/schema+json"),
    ("/docs", "text/html; charset=utf-8"), ("/docs/docs.css", "text/css; charset=utf-8"),
    ("/docs/docs.js", "text/javascript; charset=utf-8"), ("/docs/icon.svg", "image/svg+xml"),
    ("/healthz", "application/json"), ("/v1", "application/json"), ("/nowhere", "application/problem+json")])
def test_media_types(daemon, path, kind):
    assert daemon.get(path).get("Content-Type") == kind


# Links behind a proxy.

def test_base_url():
    base = "https://data.example/sme"
    with Daemon("--base-url", base) as running:
        def links_in(value):
            if isinstance(value, dict):
                value = list(value.values())
            if isinstance(value, list):
                return [link for item in value for link in links_in(item)]
            return [value] if isinstance(value, str) and re.match(r"(https?:/)?/[a-z]", value) else []

        seen, left = set(), {f"{base}/", f"{base}/v1", f"{base}/v1/observations?limit=5&category=cultivation",
                             f"{base}/v1/targets",
                             f"{base}/v1/observations?category=contribution&year=2022", f"{base}/v1/focus-areas"}
        while left and len(seen) < 80:
            link = left.pop()
            seen.add(link)
            answer = running.get(link)
            assert answer.status == 200
            if "json" not in answer.get("Content-Type").split("/")[1] or "openapi" in link or "schemas" in link:
                continue
            found = links_in(answer.json)
            assert all(other.startswith(base + "/") for other in found), found
            left |= set(found) - seen
        assert running.request("GET", "/years?a=b").get("Location") == base + "/v1/years?a=b"
        answer = running.request("GET", "/v1/years?x=1")
        assert answer.json["type"].startswith(base) and answer.errors[0]["try"] == base + "/v1/years"
        assert running.request("GET", "/v1/years?limit=1").get("Link").startswith(f"<{base}/v1/years?")
        assert f'href="{base}/v1"' in running.request("GET", "/", {"Accept": HTML}).text


# Connections.

def test_keep_alive(daemon):
    with daemon.connect() as client:
        for _ in range(50):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while not received.endswith(b'{"status":"ok"}\n'):
                piece = client.recv(4096)
                assert piece, received
                received += piece


def test_pipelining(daemon):
    methods = ["GET", "HEAD", "OPTIONS", "GET", "GET", "HEAD", "GET"]
    paths = ["/v1/years", "/v1/years", "/v1", "/nowhere", "/v1/observations", "/", "/healthz"]
    request = b"".join(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for method, path in zip(methods, paths))
    answers = daemon.raw(request.replace(b"/healthz HTTP/1.1\r\nHost: x",
                                         b"/healthz HTTP/1.1\r\nHost: x\r\nConnection: close"), methods)
    assert [answer.status for answer in answers] == [200, 200, 204, 404, 200, 200, 200]
    assert answers[0].body == daemon.ok("/v1/years").body and answers[4].body == daemon.ok("/v1/observations").body


def test_a_request_in_pieces(daemon):
    with daemon.connect() as client:
        for octet in b"GET /v1/years?lang=zh HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            client.sendall(bytes([octet]))
        received = b""
        while piece := client.recv(65536):
            received += piece
    (answer,), rest = parse_answers(received, ["GET"], "/v1/years?lang=zh")
    assert answer.body == daemon.ok("/v1/years?lang=zh").body and rest == b""


def test_http_1_0(daemon):
    (answer,) = daemon.raw(b"GET /v1/years HTTP/1.0\r\n\r\n", ("GET",), "/v1/years")
    assert answer.status == 200 and answer.body == daemon.ok("/v1/years").body


def test_a_whole_uri_as_target(daemon):
    for target in ("http://x/v1/years", "HTTP://x:80/v1/years"):
        (answer,) = daemon.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), ("GET",),
                               None)
        assert answer.status == 200 and answer.body == daemon.ok("/v1/years").body
    (answer,) = daemon.raw(b"GET http://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", ("GET",), None)
    assert answer.status == 200 and answer.json["links"]["dataset"] == "/v1"


GOOD = "GET /v1/years HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("request_, status, slug", [
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: x@y\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400, "content-not-accepted"),
    ("HEAD /v1/years HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400, "content-not-accepted"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "content-not-accepted"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
     "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
     "malformed-request"),
    ("GET v1/years HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"),
    ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"),
    ("GET /v1/years HTTP/1.1\r\nHost: x\r\nA: b\x01c\r\n\r\n", 400, "malformed-request"),
])
def test_refusals(daemon, request_, status, slug):
    answer = daemon.raw(request_.encode() + GOOD.encode(), (request_.split()[0],))[0]
    # Nothing behind a refused request is read: `raw` fails if there were more than one answer.
    assert answer.status == status and answer.get("Connection") == "close"
    assert request_.startswith("HEAD") or answer.slug == slug


def test_refusals_in_chinese(daemon):
    answer = daemon.raw(b"GET /v1 HTTP/1.1\r\nHost: x\r\nHost: y\r\nAccept-Language: zh\r\n\r\n")[0]
    assert answer.get("Content-Language") == "zh" and any(ord(c) >= 0x4e00 for c in answer.json["detail"])


def test_many_clients_at_once(daemon):
    wanted = {path: daemon.ok(path).body for path in PATHS if path not in STATE}

    def ask(path):
        return daemon.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), ("GET",),
                          path)[0].body == wanted[path]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, list(wanted) * 10))


def test_bodies_are_json_as_it_is_written(daemon):
    # Characters beyond ASCII stand for themselves: no escapes that double the size of Chinese.
    text = daemon.ok("/v1/indicators?lang=zh").text
    assert "\\u" not in text and "中小企业" in text
    assert json.loads(text)["meta"]["lang"] == "zh"
