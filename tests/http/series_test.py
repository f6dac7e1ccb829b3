# SPDX-License-Identifier: MIT
"""The second built-in dataset: every figure with its page, digit for digit, and what the answers make of them."""
import json

import pytest

import contract
from daemon import Daemon, numbers
from shape_test import check_cube, check_series

DOCUMENT = json.loads((contract.ROOT / "api" / "sme-series.json").read_text("utf-8"))

OFFICIAL, PRESS, REPOST, SPOKEN = "official site", "press report", "repost", "oral statement"
CE = (PRESS, "en.ce.cn/main/latest/202202/18/t20220218_37339861.shtml")
WORKER = (PRESS, "workercn.cn/papers/grrb/2022/09/01/3/news-2.html")
MARCH = (SPOKEN, None)  # the statement of 1 March 2023, as the first dataset has it; its address was not kept
BREAKING = (REPOST, "breakinglatest.news/")
SCIO = (OFFICIAL, "english.scio.gov.cn/m/pressroom/2024-07/24/content_117331010_7.htm")
UDN = (PRESS, "udn.com/news/story/7333/8925182")
DAILY = (PRESS, "chinadaily.com.cn/a/202507/01/WS68633436a31000e9a57396a5.html")
YAEEE = (REPOST, "yaeee.com/nnews.asp?vid=43222")

# Indicator, kind, period, basis of the period, as_of, qualifier, value; what kind of page, and its address from the host on.
ROWS = [
    ("little-giant-count", "actual", "2022-08-30", "stated", None, "exact", "4762", *WORKER),
    ("little-giant-count", "actual", "2022", "inferred", "2023-03-01", "exact", "8997", *MARCH),
    ("little-giant-count", "actual", "2023-08-07", "stated", None, "exact", "12000", *BREAKING),
    ("little-giant-count", "actual", "2024-06-30", "stated", None, "exact", "12000", *SCIO),
    ("little-giant-count", "actual", "2024-12-31", "stated", None, "exact", "14600", *UDN),
    ("little-giant-count", "actual", "2025-09-25", "stated", None, "exact", "14600",
     OFFICIAL, "china.org.cn/2025-09/25/content_118096789_8.shtml"),
    ("little-giant-count", "actual", "2025", "stated", "2025-11-30", "more_than", "17600",
     PRESS, "chinadailyhk.com/article/623538"),
    ("little-giant-count", "target", "2023", "stated", None, "more_than", "10000", PRESS, "urdupoint.com/"),
    ("little-giant-count", "target", "2025", "stated", None, "exact", "10000", *CE),
    ("little-giants-new", "target", "2022", "stated", None, "exact", "3000",
     PRESS, "en.people.cn/n3/2022/0125/c90000-9949020.html"),
    ("little-giants-new", "actual", "2022-09-08", "stated", None, "exact", "4328",
     REPOST, "ordoszxqy.org.cn/article/info/1945"),
    ("specialized-sme-count", "actual", "2022-08-30", "stated", None, "more_than", "40000", *WORKER),
    ("specialized-sme-count", "actual", "2022", "inferred", "2023-03-01", "more_than", "70000", *MARCH),
    ("specialized-sme-count", "actual", "2023-06-26", "stated", None, "more_than", "80000",
     REPOST, "lingshou.nfhot.net/jujiao/2023/0626/12934.html"),
    ("specialized-sme-count", "actual", "2023-08-07", "stated", None, "exact", "98000", *BREAKING),
    ("specialized-sme-count", "actual", "2024-03-08", "stated", None, "exact", "124000",
     REPOST, "wanshengjiancai.cn/a/202406/888.html"),
    ("specialized-sme-count", "actual", "2024-06-30", "stated", None, "more_than", "140000", *SCIO),
    ("specialized-sme-count", "actual", "2024-12-31", "stated", None, "more_than", "140000", *UDN),
    ("specialized-sme-count", "actual", "2025-11-17", "stated", None, "more_than", "140000", PRESS, "hk.crntt.com/"),
    ("specialized-sme-count", "target", "2023", "inferred", None, "more_than", "80000", *MARCH),
    ("specialized-sme-count", "target", "2025", "stated", None, "exact", "100000", *CE),
    ("innovative-sme-count", "target", "2025", "stated", None, "exact", "1000000", *CE),
    ("sme-count", "actual", "2021-12-31", "stated", None, "exact", "48000000", *WORKER),
    ("sme-count", "actual", "2022-12-31", "stated", None, "more_than", "52000000",
     REPOST, "gtxh.com/guanzhu/2023/0615/201288.html"),
    ("sme-count", "actual", "2024-12-31", "stated", None, "more_than", "60000000", *DAILY),
    ("new-enterprises-per-day", "actual", "2016", "stated", None, "exact", "15100",
     OFFICIAL, "english.www.gov.cn/state_council/ministries/2017/01/20/content_281475546575963.htm"),
    ("new-enterprises-per-day", "actual", "2021", "stated", None, "exact", "24800", *WORKER),
    ("new-enterprises-per-day", "actual", "2022", "stated", None, "exact", "23800", *MARCH),
    ("new-enterprises-per-day", "actual", "2023", "stated", None, "exact", "27000",
     PRESS, "news.cnhubei.com/content/2024-11/15/content_18639399.html"),
    ("sme-characteristic-clusters", "actual", "2023", "stated", "2023-01-31", "exact", "100",
     REPOST, "ipma-canada.com/toutiao/20230112/61238.html"),
    ("sme-characteristic-clusters", "actual", "2024-07-05", "stated", None, "exact", "200", *YAEEE),
    ("sme-characteristic-clusters", "actual", "2025", "stated", "2025-10-31", "exact", "397",
     PRESS, "en.people.cn/n3/2025/1226/c90000-20407226.html"),
    ("sme-characteristic-clusters", "target", "2025", "stated", None, "about", "200",
     PRESS, "tyjgjz.com/cn/Instant/local/202301/t20230117_7346856.html"),
    ("sme-characteristic-clusters-new", "target", "2023", "inferred", None, "about", "100", *MARCH),
    ("sme-characteristic-clusters-new", "target", "2024", "stated", None, "about", "100", *YAEEE),
    ("specialized-sme-a-share-count", "actual", "2022", "inferred", "2023-03-01", "more_than", "1300", *MARCH),
    ("specialized-sme-a-share-count", "actual", "2024-12-31", "stated", None, "exact", "2028", *UDN),
    ("specialized-sme-new-listing-share", "actual", "2022", "inferred", None, "exact", "59", *MARCH),
    ("specialized-sme-new-listing-share", "actual", "2024", "stated", None, "more_than", "80", *UDN),
    ("industrial-sme-operating-revenue", "actual", "2022", "stated", None, "more_than", "80000000000000", *MARCH),
    ("industrial-sme-operating-revenue", "actual", "2024", "stated", None, "exact", "81000000000000", *DAILY),
]

# Of each target: the verdict, the actual value that decides it, and why, from the sources alone.
VERDICTS = {
    "little-giant-count.2023.target": (
        "met", "2023-08-07", "12,000 in August 2023 is more than 10,000, and a floor that was reached is met at once"),
    "little-giant-count.2025.target": (
        "met", "2025", "more than 17,600 in November 2025, and more is better, so 10,000 is a floor"),
    "little-giants-new.2022.target": (
        "met", "2022-09-08", "the fourth batch alone has 4,328, and more than the 3,000 is no miss"),
    "specialized-sme-count.2023.target": (
        "met", "2023-08-07", "98,000 is more than 80,000; the older \"more than 80,000\" would do as well"),
    "specialized-sme-count.2025.target": (
        "met", "2025-11-17", "whatever \"more than 140,000\" is, it is above 100,000"),
    "innovative-sme-count.2025.target": (
        "not_due", None, "no source says how many there are, and 2025 has five more days to go"),
    "sme-characteristic-clusters.2025.target": (
        "not_due", "2025", "\"about 200\" has no limits to be judged by, and 2025 has not ended; the 397 are news of October"),
    "sme-characteristic-clusters-new.2023.target": (
        "indeterminate", None, "no source says how many were added in 2023; the stocks of 2023 and 2024 are not subtracted"),
    "sme-characteristic-clusters-new.2024.target": (
        "indeterminate", None, "no source says how many were added in 2024"),
}


@pytest.fixture(scope="module")
def series():
    with Daemon("--dataset", "builtin:sme-series") as running:
        yield running.learn()


def test_every_row(series):
    sources = {row["id"]: row for row in series.data("/v1/sources")}
    found = []
    for row in numbers(series.ok("/v1/observations").text)["data"]:
        source = sources[row["source"]]
        found.append((row["indicator"], row["kind"], row["period"], row["period_basis"], row["as_of"], row["qualifier"],
                      row["value"], source["form"], source["url"]))
    wanted = {row[:3]: row for row in ROWS}
    assert len(wanted) == len(ROWS) == 41
    assert sorted(row[:3] for row in found) == sorted(wanted)
    for row in found:
        *figure, form, address = wanted[row[:3]]
        assert list(row[:7]) == figure
        assert form in row[7], row
        assert row[8] is None if address is None else f"//{address}" in row[8] or f"//www.{address}" in row[8], row


def test_what_the_sources_warn_of(series):
    def notes(path):
        return " ".join(series.data(path)["notes"])

    for code in ("little-giant-count", "little-giants-new"):
        assert "drop out at the review every three years" in notes(f"/v1/indicators/{code}")
    assert "300 + 100 - 3" in notes("/v1/observations/sme-characteristic-clusters.2025.actual")
    assert "three different populations" in notes("/v1")
    assert "half years" in notes("/v1/indicators/new-enterprises-per-day")
    for key in ("little-giant-count.2023-08-07", "little-giant-count.2024-06-30", "specialized-sme-count.2023-08-07"):
        assert "stands as exact" in notes(f"/v1/observations/{key}.actual")
    assert "threshold" in series.data("/v1/observations/industrial-sme-operating-revenue.2024.actual")["population"]
    assert "first three batches" in notes("/v1/observations/little-giant-count.2022-08-30.actual")


def test_it_is_not_mixed_into_the_first(daemon, series):
    """An indicator that both have means the same in both; figures of the one that are in the other are the same."""
    first = {row["code"]: row for row in daemon.data("/v1/indicators")}
    shared = [row for row in series.data("/v1/indicators") if row["code"] in first]
    assert len(shared) == 8
    for row in shared:
        for name in ("name", "category", "unit", "measure", "direction", "population", "denominator", "part_of"):
            assert row[name] == first[row["code"]][name], row["code"]
    figures = {row["id"]: row for row in daemon.data("/v1/observations")}
    spoken = series.data("/v1/observations?source=scio-2023-03-01")
    assert len(spoken) == 8
    for row in spoken:
        assert {**row, "notes": None} == {**figures[row["id"]], "notes": None}
    assert {row["id"] for row in daemon.data("/v1/sources")} == {"scio-2023-03-01"}


def test_the_day_it_speaks_of(series):
    """The newest source's day: a later one would judge by what nobody wrote."""
    head = series.data("/v1")
    assert head["as_of"] == "2025-12-26" == max(row["date"] for row in series.data("/v1/sources"))
    assert "26 December 2025" in head["notes"][0]


@pytest.mark.parametrize("key", VERDICTS)
def test_verdict(series, key):
    verdict, actual, why = VERDICTS[key]
    row = series.data(f"/v1/targets/{key}")
    assert row["verdict"] == verdict, (why, row["reason"])
    assert (row["actual"] and row["actual"]["id"]) == (actual and f"{row['indicator']}.{actual}.actual"), why


def test_every_target_has_its_verdict_here(series):
    assert {row["id"] for row in series.data("/v1/targets")} == set(VERDICTS)


LATEST = ["little-giant-count.2025.actual", "little-giants-new.2022-09-08.actual", "specialized-sme-count.2025-11-17.actual",
          "sme-count.2024-12-31.actual", "new-enterprises-per-day.2023.actual", "sme-characteristic-clusters.2025.actual",
          "specialized-sme-a-share-count.2024-12-31.actual", "specialized-sme-new-listing-share.2024.actual",
          "industrial-sme-operating-revenue.2024.actual"]


def test_latest(series):
    rows = series.data("/v1/observations?latest=true&kind=actual")
    assert sorted(row["id"] for row in rows) == sorted(LATEST)
    (row,) = series.data("/v1/observations?latest=true&kind=actual&indicator=little-giant-count&year=..2024")
    assert row["id"] == "little-giant-count.2024-12-31.actual"


@pytest.mark.parametrize("query", ["", "indicator=little-giant-count", "kind=actual&year=2022..2024", "lang=zh"])
def test_shapes(series, query):
    check_series(series, "observations", query)
    check_cube(series, "observations", query)
    if "kind" not in query:
        check_series(series, "targets", query)
        check_cube(series, "targets", query)


def test_a_series_is_in_order_of_time(series):
    (one,) = series.ok("/v1/observations?shape=series&kind=actual&indicator=little-giant-count").data
    assert one["periods"] == ["2022-08-30", "2022", "2023-08-07", "2024-06-30", "2024-12-31", "2025-09-25", "2025"]
    assert one["values"] == [4762, 8997, 12000, 12000, 14600, 14600, 17600]


def test_a_cube_of_days(series):
    cube = series.ok("/v1/observations.jsonstat?indicator=little-giant-count&kind=actual").json
    assert (cube["id"], cube["size"]) == (["indicator", "period", "kind"], [1, 7, 1])
    assert cube["dimension"]["period"]["category"]["index"] == \
        ["2022-08-30", "2022", "2023-08-07", "2024-06-30", "2024-12-31", "2025-09-25", "2025"]
    assert cube["value"] == {str(i): n for i, n in enumerate([4762, 8997, 12000, 12000, 14600, 14600, 17600])}
    assert "udn.com" in cube["source"] and "en.ce.cn" not in cube["source"]


def test_facets(series):
    values = {row["code"]: row["observations"] for row in series.data("/v1/facets/year")["values"]}
    assert values == {"undated": 0, "2016": 1, "2021": 2, "2022": 11, "2023": 8, "2024": 11, "2025": 8}
    values = {row["code"]: row["observations"] for row in series.data("/v1/facets/kind")["values"]}
    assert values == {"actual": 32, "target": 9}
    assert series.data("/v1/facets/focus_area")["values"] == []


def test_every_source_is_cited_and_has_an_address():
    cited = {row["source"] for row in DOCUMENT["observations"]}
    assert {row["code"] for row in DOCUMENT["sources"]} == cited and len(cited) == 22
    assert [row["code"] for row in DOCUMENT["sources"] if "url" not in row] == ["scio-2023-03-01"]
    dates = [row["date"] for row in DOCUMENT["sources"]]
    assert dates == sorted(dates)
