# SPDX-License-Identifier: MIT
"""Everything that may be wrong with a request: it is named, what is accepted is said, and the way out works."""
import urllib.parse

import pytest

import contract
from contract import COLLECTIONS, DOCUMENT

FIXED = ["/", "/openapi.json", "/schemas/dataset.json", "/problems", "/problems/not-found", "/healthz", "/readyz",
         "/metrics", "/version", "/docs", "/docs/docs.css", "/docs/docs.js", "/docs/icon.svg"]


def faults_of(answer):
    return [(error["type"].rsplit("/", 1)[1], error["parameter"], error["value"]) for error in answer.errors]


def follow(daemon, answer):
    """Each way out works, and the same one is given for every fault."""
    links = {error["try"] for error in answer.errors}
    assert len(links) == 1, links
    (link,) = links
    assert daemon.get(link).status == 200, f"{answer.target} offers {link}"
    return link


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_unknown_parameter(daemon, collection):
    answer = daemon.problem(f"/v1/{collection}?langg=zh&nonsense=1", 400, "unknown-parameter")
    assert faults_of(answer) == [("unknown-parameter", "langg", "langg"), ("unknown-parameter", "nonsense", "nonsense")]
    assert answer.errors[0]["did_you_mean"][0] == "lang"
    assert answer.errors[0]["allowed"] == "/openapi.json"
    assert follow(daemon, answer) == f"/v1/{collection}?lang=zh"


@pytest.mark.parametrize("path", FIXED)
def test_no_parameter_is_ignored_where_there_are_none(daemon, path):
    answer = daemon.problem(f"{path}?lang=zh&x=", 400, "unknown-parameter")
    assert [error["parameter"] for error in answer.errors] == ["lang", "x"]
    assert follow(daemon, answer) == path


@pytest.mark.parametrize("name", ["category", "indicator", "focus_area", "kind", "unit", "qualifier", "source"])
@pytest.mark.parametrize("suffix", ["", ".not"])
def test_unknown_code(daemon, name, suffix):
    right = {"category": "cultivation", "indicator": "little-giant-count", "focus_area": "cultivation",
             "kind": "target",
             "unit": "percent", "qualifier": "exact", "source": "scio-2023-03-01"}[name]
    wrong = right[:3] + right[4:]
    answer = daemon.problem(f"/v1/observations?{name}{suffix}={wrong}", 400, "unknown-code")
    (error,) = answer.errors
    assert (error["parameter"], error["value"], error["did_you_mean"][0]) == (name + suffix, wrong, right)
    assert wrong in error["detail"] and wrong in answer.json["detail"]
    assert follow(daemon, answer) == f"/v1/observations?{name}{suffix}={right}"
    if error["allowed"].startswith("/"):
        daemon.ok(error["allowed"])
    else:
        assert right in error["allowed"].split(", ")


@pytest.mark.parametrize("parameter, value, slug, suggestion, way_out", [
    ("fields", "valu,id", "unknown-code", "value", "?fields=value,id"),
    ("sort", "-valeu", "unknown-code", "value", "?sort=-value"),
    ("sort", "notes", "unknown-code", None, ""),
    ("sort", "-", "unknown-code", None, ""),
    ("lang", "zhh", "unknown-code", "zh", "?lang=zh"),
    ("lang", "", "unknown-code", None, ""),
    ("lang", "EN", "unknown-code", "en", "?lang=en"),
    ("category", "", "unknown-code", None, ""),
    ("category", "cultivation,", "unknown-code", None, ""),
    ("category", "cultivaton,cultivation,captal-market", "unknown-code", "cultivation",
     "?category=cultivation,capital-market"),
    ("category", "Cultivation", "unknown-code", "cultivation", "?category=cultivation"),
    ("fields", "id,id", "invalid-value", None, ""),
    ("fields", "", "unknown-code", None, ""),
    ("sort", ",".join(["id", "value", "unit", "kind", "year", "name", "period", "source", "category"]), "invalid-value",
     None, ""),
    ("limit", "10001", "invalid-value", None, ""),
    ("limit", "-1", "invalid-value", None, ""),
    ("limit", "1.5", "invalid-value", None, ""),
    ("limit", "1e3", "invalid-value", None, ""),
    ("limit", "+1", "invalid-value", None, ""),
    ("limit", " 1", "invalid-value", None, ""),
    ("limit", "01", "invalid-value", None, ""),
    ("limit", "0x10", "invalid-value", None, ""),
    ("limit", "", "invalid-value", None, ""),
    ("limit", "18446744073709551616", "invalid-value", None, ""),
    ("limit", "4294967297", "invalid-value", None, ""),
    ("limit", "٣", "invalid-value", None, ""),
    ("offset", "1000000001", "invalid-value", None, ""),
    ("offset", "all", "invalid-value", None, ""),
    ("pretty", "yes", "invalid-value", None, ""),
    ("pretty", "", "invalid-value", None, ""),
    ("pretty", "TRUE", "invalid-value", None, ""),
    ("q", "", "invalid-value", None, ""),
    ("q", "   ", "invalid-value", None, ""),
    ("q", " ".join("abcdefghijklmnopq"), "invalid-value", None, ""),
    ("q", "x" * 257, "invalid-value", None, ""),
    ("latest", "yes", "invalid-value", None, ""),
    ("latest", "", "invalid-value", None, ""),
    ("match", "certian", "unknown-code", "certain", ""),
    ("match", "certain,possible", "unknown-code", None, ""),
    ("match", "", "unknown-code", None, ""),
    ("value", "", "invalid-value", None, ""),
    ("value", "..", "invalid-value", None, ""),
    ("value", "1...5", "invalid-value", None, ""),
    ("value", "20..10", "invalid-value", None, ""),
    ("value", "10,20", "invalid-value", None, ""),
    ("value", "60%", "invalid-value", None, ""),
    ("value", "+60", "invalid-value", None, ""),
    ("value", "1234567890123456789", "invalid-value", None, ""),
    ("year", "", "invalid-value", None, ""),
    ("year", "22", "invalid-value", None, ""),
    ("year", "0000", "invalid-value", None, ""),
    ("year", "..", "invalid-value", None, ""),
    ("year", "2023..2022", "invalid-value", None, ""),
    ("year", "2022.2023", "invalid-value", None, ""),
    ("year", "2022...2023", "invalid-value", None, ""),
    ("year", "2022..2023..2024", "invalid-value", None, ""),
    ("year", "2022-2023", "invalid-value", None, ""),
    ("year", "2022,", "invalid-value", None, ""),
    ("year", "Undated", "invalid-value", None, ""),
    ("year", "2022-03-01", "invalid-value", None, ""),
    ("year.not", "20222", "invalid-value", None, ""),
])
def test_bad_value(daemon, parameter, value, slug, suggestion, way_out):
    target = f"/v1/observations?{parameter}={urllib.parse.quote(value, safe=',')}"
    answer = daemon.problem(target, 400, slug)
    error = answer.errors[0]
    assert error["parameter"] == parameter and error["allowed"]
    assert error["did_you_mean"][:1] == ([suggestion] if suggestion else error["did_you_mean"][:1])
    instance = answer.json["instance"]
    assert instance == target or (len(target) > 200 and instance.endswith("...") and target.startswith(instance[:-3]))
    link = follow(daemon, answer)
    if suggestion or not error["did_you_mean"]:
        assert link == f"/v1/observations{way_out}"


def test_good_values_at_the_edges(daemon):
    for query in ("limit=0", "limit=10000", "offset=0", "offset=1000000000", "pretty=false", f"q={'x' * 256}",
                  "q=" + "+".join("abcdefghijklmnop"), "year=0001", "year=9999", "year=2022..2022",
                  "sort=id,value,unit,kind,year,name,period,source"):
        daemon.ok(f"/v1/observations?{query}")


@pytest.mark.parametrize("query", [
    "year=2022&year=2023", "lang=en&lang=en", "limit=1&limit=2", "category=x&category=cultivation", "q=a&q=b",
    "year.not=2022&year.not=2021", "fields=id&fields=id", "pretty=true&pretty=true"
])
def test_repeated_parameter(daemon, query):
    answer = daemon.get(f"/v1/observations?{query}")
    assert answer.status == 400
    name = query.split("=")[0]
    if not query.startswith("category"):
        assert answer.slug == "repeated-parameter"
        assert faults_of(answer) == [("repeated-parameter", name, query.rsplit("=", 1)[1])]
    follow(daemon, answer)


def test_a_parameter_and_its_negation_are_two(daemon):
    assert daemon.data("/v1/observations?kind=actual&kind.not=actual") == []


def test_all_faults_in_one_answer(daemon):
    answer = daemon.problem("/v1/observations?categry=cultivation&kind=actul&limit=many&sort=-valu&year=20x,2022,21y",
                            400, "unknown-parameter")
    assert faults_of(answer) == [
        ("unknown-parameter", "categry", "categry"), ("unknown-code", "kind", "actul"),
        ("invalid-value", "limit", "many"),
        ("unknown-code", "sort", "-valu"), ("invalid-value", "year", "20x"), ("invalid-value", "year", "21y")]
    link = follow(daemon, answer)
    assert link == "/v1/observations?category=cultivation&kind=actual&sort=-value"


def test_the_way_out_of_a_misspelt_name_with_a_wrong_value(daemon):
    follow(daemon, daemon.problem("/v1/observations?categry=x", 400, "unknown-parameter"))


def test_the_way_out_of_a_misspelt_name_beside_the_right_one(daemon):
    follow(daemon, daemon.problem("/v1/observations?category=cultivation&categry=contribution", 400,
                                  "unknown-parameter"))


def test_the_way_out_keeps_what_was_right(daemon):
    answer = daemon.problem("/v1/observations?q=a%26b+%2B&year=2022..&limt=3", 400, "unknown-parameter")
    link = follow(daemon, answer)
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(link).query) == {"q": ["a&b +"], "year": ["2022.."],
                                                                        "limit": ["3"]}


def test_a_single_row_takes_no_filter(daemon):
    for collection in COLLECTIONS:
        example = DOCUMENT["paths"][f"/v1/{collection}/{{id}}"]["parameters"][0]["example"]
        for name in ("category", "q", "sort", "limit", "offset"):
            answer = daemon.problem(f"/v1/{collection}/{example}?{name}=1", 400, "unknown-parameter")
            assert daemon.get(answer.errors[0]["try"]).status == 200


def test_formats(daemon):
    answer = daemon.problem("/v1/facets?format=csv", 406, "not-acceptable")
    assert answer.errors[0]["allowed"] == "json"
    follow(daemon, answer)
    answer = daemon.problem("/v1/units.jsonstat", 406, "not-acceptable")
    assert answer.errors[0]["allowed"] == "json, csv, ndjson"
    follow(daemon, answer)
    answer = daemon.problem("/v1/observations?format=jsn", 406, "not-acceptable")
    assert follow(daemon, answer) == "/v1/observations?format=json"
    daemon.problem("/v1/facets?format=csv&limit=x", 400, "unknown-code")


@pytest.mark.parametrize("target, parameters", [
    ("/v1/observations.csv?shape=columns", ["shape"]),
    ("/v1/observations?format=ndjson&shape=rows&pretty=false", ["shape", "pretty"]),
    ("/v1/observations?bom=true", ["bom"]),
    ("/v1/observations.ndjson?formulas=escape", ["formulas"]),
    ("/v1/observations.jsonstat?fields=id&sort=id&limit=1&offset=1&bom=true", ["fields", "sort", "limit", "offset", "bom"]),
    ("/v1/observations?shape=series&fields=id&sort=id&limit=1&offset=1", ["fields", "sort", "limit", "offset"]),
    ("/v1/indicators/sme-count.csv?pretty=true", ["pretty"]),
])
def test_parameters_that_do_not_go_together(daemon, target, parameters):
    answer = daemon.problem(target, 400, "conflicting-parameters")
    assert [error["parameter"] for error in answer.errors] == parameters
    follow(daemon, answer)


def test_what_accept_chooses_goes_together_too(daemon):
    assert daemon.problem("/v1/units?shape=keyed", 400, "conflicting-parameters", Accept="text/csv").errors
    daemon.ok("/v1/units?bom=true", Accept="text/csv")
    answer = daemon.problem("/v1/units?bom=true&limt=1", 400, "unknown-parameter", Accept="text/csv")
    assert [error["parameter"] for error in answer.errors] == ["limt"]
    answer = daemon.problem("/v1/units?shape=series", 400, "invalid-value")
    assert answer.errors[0]["allowed"].startswith("rows, columns, keyed")


# What is echoed.

def test_echo_is_cut(daemon):
    answer = daemon.problem("/v1/observations?category=" + "x" * 3000, 400, "unknown-code")
    assert len(answer.body) < 4000
    assert len(answer.errors[0]["value"].encode()) <= 256 and answer.errors[0]["value"].endswith(("...", "…"))
    assert 100 <= len(answer.json["instance"]) <= 403
    answer = daemon.problem(f"/v1/observations?{'x' * 3000}=1", 400, "unknown-parameter")
    assert len(answer.errors[0]["parameter"]) <= 256 and len(answer.body) < 4000


def test_echo_is_escaped(daemon):
    nasty = "<script>alert(1)</script>\r\nSet-Cookie: a=b\x1b[31m\"\\"
    answer = daemon.problem("/v1/observations?category=" + urllib.parse.quote(nasty), 400, "unknown-code")
    value = answer.errors[0]["value"]
    assert value == nasty.replace("\r", "\\u000d").replace("\n", "\\u000a").replace("\x1b", "\\u001b")
    assert not any(ord(c) < 0x20 for c in answer.json["detail"] + value)
    assert answer.get("Set-Cookie") is None and answer.get("X-Content-Type-Options") == "nosniff"
    answer = daemon.problem("/v1/observations?a%0d%0ab%1b=c", 400, "unknown-parameter")
    assert not any(ord(c) < 0x20 for c in answer.errors[0]["parameter"] + answer.json["detail"])


def test_echo_is_cut_between_characters(daemon):
    for shift in range(4):
        answer = daemon.problem("/v1/observations?category=" + "x" * shift + urllib.parse.quote("中" * 300), 400,
                                "unknown-code")
        assert "\ufffd" not in answer.errors[0]["value"]


def test_many_faults_have_an_end(daemon):
    answer = daemon.problem("/v1/observations?category=" + ",".join(["x"] * 2000), 400, "unknown-code")
    assert 1 <= len(answer.errors) <= 2000 and len(answer.body) < 1000000
    # Not even where each of them comes with a long way out.
    sources = ",".join(["scio-2023-03-01"] * 150)
    answer = daemon.problem(f"/v1/observations?source={sources}&source.not={sources}&category=" +
                            ",".join(["cultivaton"] * 300), 400, "unknown-code")
    assert len(answer.body) < 1000000


def test_sixty_five_parameters(daemon):
    daemon.problem("/v1/observations?" + "&".join(f"p{i}=1" for i in range(64)), 400, "unknown-parameter")
    daemon.problem("/v1/observations?" + "&".join(f"p{i}=1" for i in range(65)), 400, "too-many-parameters")
    daemon.problem("/a" * 9, 400, "too-many-parameters")
    daemon.problem("/a" * 8, 404, "not-found")


# Languages.

@pytest.mark.parametrize("target, status", [
    ("/v1/observations?categry=x", 400), ("/v1/observations?category=x", 400), ("/v1/observations?limit=x", 400),
    ("/v1/observations?year=2022&year=2022", 400), ("/v1/indicators/x", 404), ("/nowhere", 404), ("/problems/x", 404),
    ("/v1/years?format=x", 406)])
def test_chinese(daemon, target, status):
    english, chinese = daemon.get(target), daemon.get(target, Accept_Language="zh-CN")
    assert english.status == chinese.status == status
    assert english.get("Content-Language") == "en" and chinese.get("Content-Language") == "zh"
    for name in ("title", "detail"):
        assert all(ord(c) < 128 for c in english.json[name])
        assert any(ord(c) >= 0x4e00 for c in chinese.json[name]), chinese
    assert "Accept-Language" in chinese.get("Vary")
    assert english.json["type"] == chinese.json["type"]
    for one, other in zip(english.json.get("errors", []), chinese.json.get("errors", [])):
        assert one["value"] == other["value"] and one["did_you_mean"] == other["did_you_mean"]


def test_the_language_of_a_problem_by_parameter(daemon):
    assert daemon.get("/v1/observations?lang=zh&limit=x").get("Content-Language") == "zh"
    assert daemon.get("/v1/observations?lang=en&limit=x", Accept_Language="zh").get("Content-Language") == "en"
    assert daemon.get("/v1/observations?lang=all&limit=x").get("Content-Language") == "en"


# Addresses.

@pytest.mark.parametrize("target, suggestion", [
    ("/v1/observation", "/v1/observations"), ("/v1/Observations", "/v1/observations"),
    ("/V1/observations", "/v1/observations"),
    ("/V1", "/v1"), ("/OPENAPI.JSON", "/openapi.json"), ("/opnapi.json", "/openapi.json"), ("/health", "/healthz"),
    ("/Readyz", "/readyz"), ("/v1/focus_areas", "/v1/focus-areas"), ("/v1/dataset", None), ("/v2", "/v1"),
    ("/schemas/dataset", "/schemas/dataset.json"), ("/problem", "/problems"), ("/versions", "/version"),
    ("/doc", "/docs"), ("/docs/doc.css", "/docs/docs.css"),
    ("/xyzzy", None)])
def test_unknown_address(daemon, target, suggestion):
    answer = daemon.problem(target, 404, "not-found")
    found = answer.errors[0]["did_you_mean"]
    if suggestion:
        assert found[0] == suggestion, found
    for link in found:
        daemon.ok(link)
    daemon.ok(answer.errors[0]["allowed"])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_unknown_row(daemon, collection):
    for row in daemon.data(f"/v1/{collection}"):
        right = row.get("id") or row["code"]
        for wrong in (right[:-1] + "~", right.upper() + "X"):
            answer = daemon.problem(f"/v1/{collection}/{urllib.parse.quote(wrong)}", 404, "not-found")
            (error,) = answer.errors
            assert error["value"] == wrong and error["allowed"] == f"/v1/{collection}"
            if len(right) > 3:
                assert right in error["did_you_mean"], (wrong, error)


@pytest.mark.parametrize("path", sorted(path for path in DOCUMENT["paths"] if "{" not in path and path != "/"))
def test_a_slash_too_many(daemon, path):
    for target, location in ((path + "/", path), (path + "/?a=b&c=%26", path + "?a=b&c=%26")):
        answer = daemon.get(target)
        assert (answer.status, answer.get("Location")) == (308, location)
        assert answer.body == b""


def test_a_slash_behind_a_row(daemon):
    answer = daemon.get("/v1/years/2022/?lang=zh")
    assert (answer.status, answer.get("Location")) == (308, "/v1/years/2022?lang=zh")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_without_version(daemon, collection):
    example = DOCUMENT["paths"][f"/v1/{collection}/{{id}}"]["parameters"][0]["example"]
    for target in (f"/{collection}", f"/{collection}?lang=zh&x=%20", f"/{collection}/{example}",
                   f"/{collection}/{example}?a=b"):
        answer = daemon.get(target)
        assert (answer.status, answer.get("Location")) == (308, f"/v1{target}")
    assert daemon.request("HEAD", f"/{collection}").get("Location") == f"/v1/{collection}"


@pytest.mark.parametrize("target", [
    "//evil.example/v1/", "//evil.example/", "/%2fevil.example/", "/\\evil.example/", "//v1//", "/v1//",
    "/v1//observations", "/./v1", "/v1/../v1", "/indicators/../../x", "//indicators", "/indicators//evil.example/"
])
def test_redirections_stay_here(daemon, target):
    answers = daemon.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), target=target)
    answer = answers[0]
    assert answer.status in (308, 400, 404)
    if answer.status == 308:
        assert urllib.parse.urlsplit(answer.get("Location")).netloc == ""
        assert answer.get("Location").startswith("/v1/")


# Percent-encoding.

@pytest.mark.parametrize("target, slug", [
    ("/v1/%zz", "malformed-request"), ("/v1/observations?q=%zz", "malformed-request"),
    ("/v1/observations?q=%2", "malformed-request"),
    ("/v1/observations?q=%", "malformed-request"), ("/v1/observations?q=a%00b", "malformed-request"),
    ("/v1/%00", "malformed-request"),
    ("/v1/observations?q=%c0%80", "bad-encoding"), ("/v1/observations?q=%c1%bf", "bad-encoding"),
    ("/v1/observations?q=%e0%80%af", "bad-encoding"), ("/v1/observations?q=%ed%a0%80", "bad-encoding"),
    ("/v1/observations?q=%f4%90%80%80", "bad-encoding"), ("/v1/observations?q=%ff", "bad-encoding"),
    ("/v1/observations?q=%e4%b8", "bad-encoding"), ("/v1/%ff", "bad-encoding"),
    ("/v1/observations?%ff=1", "bad-encoding"),
    ("/v1/indicators/%c0%ae", "bad-encoding"),
])
def test_bad_encoding(daemon, target, slug):
    (answer,) = daemon.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), target=target)
    assert (answer.status, answer.slug) == (400, slug)


@pytest.mark.parametrize("raw", [
    "中".encode(), b"\xff", b" ", b"\"", b"<", b"\\", b"^", b"`", b"{", b"|", b"[", b"\x7f", b"\x01"
])
def test_raw_octets_that_no_uri_has(daemon, raw):
    answers = daemon.raw(b"GET /v1/observations?q=" + raw + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [answer.status for answer in answers] == [400]


def test_plus_is_a_space_in_a_query_only(daemon):
    spaced, plus = daemon.ok("/v1/observations?q=little+giant"), daemon.ok("/v1/observations?q=little%2Bgiant")
    assert spaced.json["meta"]["total"] == 1 and plus.json["meta"]["total"] == 0
    assert plus.json["links"]["self"] == "/v1/observations?q=little%2Bgiant"
    daemon.problem("/v1/indicators/little+giant", 404, "not-found")


def test_an_encoded_slash_stays_in_its_segment(daemon):
    answer = daemon.problem("/v1/indicators/a%2Fb", 404, "not-found")
    assert answer.errors[0]["value"] == "a/b"
    daemon.problem("/v1%2Findicators", 404, "not-found")


def test_encoded_letters_are_letters(daemon):
    assert daemon.ok("/%76%31/y%65ars").body == daemon.ok("/v1/years").body
    assert daemon.data("/v1/years/%32022")["year"] == 2022


def test_encoded_separators_separate_nothing(daemon):
    answer = daemon.problem("/v1/observations?kind%3Dactual", 400, "unknown-parameter")
    assert answer.errors[0]["value"] == "kind=actual"
    answer = daemon.problem("/v1/observations?kind=actual%26year=2022", 400, "unknown-code")
    assert answer.errors[0]["value"] == "actual&year=2022"


def test_a_parameter_without_value(daemon):
    answer = daemon.problem("/v1/observations?category", 400, "unknown-code")
    assert answer.errors[0]["value"] == ""


# The document itself.

def test_every_problem_refers_to_its_page(daemon):
    for target in ("/nowhere", "/v1/years?x=1", "/v1/years?format=xml", "/v1/years?lang=x"):
        answer = daemon.get(target)
        page = daemon.ok(answer.json["type"]).json
        assert page["status"] == answer.status and page["slug"] == answer.slug
        for error in answer.errors:
            if "type" in error:
                daemon.ok(error["type"])


def test_problems_are_not_kept(daemon):
    for target in ("/nowhere", "/v1/years?x=1"):
        answer = daemon.get(target)
        assert answer.get("Cache-Control") == "no-store" and answer.get("ETag") is None


def test_slugs_of_the_table_are_those_described(daemon):
    assert [row["slug"] for row in daemon.data("/problems")] == [row["value"] for row in contract.SLUGS]
