#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What answers cost, beside others that give the same: table.py [--quick] [--build FOLDER] [SECTION...]

Measures the sections (all, unless some are named) and prints one table as text and as Markdown. A cost is the processor
time of the server's process for a request, unless it says otherwise. Servers that are compared take turns, a round each; a
ratio is the median of the rounds' ratios. Everything talks over loopback and ends by itself; nothing is kept.

What is measured is in `SECTIONS`; `peers` starts servers, `pool` makes the load.
"""
import argparse
import contextlib
import dataclasses
import json
import math
import os
import pathlib
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import callgrind
import make_csv
import peers

CONNECTIONS = 32
FIELDS = ("User-Agent: pool", "Accept: */*")
FILTERED = "/v1/observations?category=cultivation&year=2022"
MILLION = 1_000_000


@dataclasses.dataclass
class Row:
    """A line of the table. `ratio` is ours to theirs; where only that or only `ours` is known, the rest is empty."""
    what: str
    ours: str
    beside: str = ""
    theirs: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None

    def cells(self):
        return [self.what, self.ours, self.beside, self.theirs, self.ratio, self.wanted,
                {None: "", True: "yes", False: "no"}[self.met]]


HEADERS = ["What", "smestatd", "Beside it", "takes", "Ratio", "Wanted", "Met"]


def time_text(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns / size:,.0f} {unit}"
    return f"{ns:.0f} ns"


def memory_text(kib):
    return f"{kib * 1024 / 1e6:.1f} MB"


def at_most(limit, value, text):
    return {"wanted": f"≤ {text}", "met": value <= limit}


def not_available(what, beside, why):
    return Row(what, "", beside, f"not available: {why}")


class Bench:
    def __init__(self, build, folder, quick):
        self.peers = peers.Peers(build, folder)
        self.folder, self.quick = pathlib.Path(folder), quick
        self.rounds = 2 if quick else 7
        self.files = 0

    def count(self, requests):
        return max(CONNECTIONS, requests // 20) if self.quick else requests

    def new_file(self, name):
        self.files += 1
        return self.folder / f"{self.files}-{name}"

    def requests(self, targets, method="GET", fields=FIELDS):
        """A file of requests for the pool."""
        path = self.new_file("requests")
        path.write_text("".join("\t".join([method, target, *fields]) + "\n" for target in targets), "utf-8")
        return path

    def stored(self, server, target, *fields):
        """A server's answer in a file, for those that send a fixed one; and its body."""
        status, _, body, raw = server.ask(target, *FIELDS, *fields)
        assert status == 200, raw
        path = self.new_file("reply")
        path.write_bytes(raw)
        return path, body

    def start_pool(self, server, requests, count, connections=CONNECTIONS, cpus=None, **options):
        own_cpu = cpus is None and peers.LOAD_CPUS != peers.SERVER_CPUS
        options = {"port": server.port, "pid": server.pid, "count": count, "connections": connections,
                   "awake": int(own_cpu), **options}
        command = [self.peers.built("pool"), *(f"{name}={value}" for name, value in options.items()), requests]
        return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True,
                                preexec_fn=peers.in_child(cpus or peers.LOAD_CPUS))

    @staticmethod
    def result(pool, status=200):
        out, _ = pool.communicate(timeout=600)
        if pool.returncode != 0:
            raise RuntimeError("the load ended early")
        result = json.loads(out)
        if set(result["statuses"]) != {str(status)}:
            raise RuntimeError(f"answers of other kinds than {status}: {result['statuses']}")
        return result

    def pool(self, server, requests, count, status=200, **options):
        return self.result(self.start_pool(server, requests, count, **options), status)

    def take_turns(self, contestants):
        """Rounds of {name: function that gives one number}, each round beginning with another; lists of numbers by name."""
        names, found = list(contestants), {name: [] for name in contestants}
        for turn in range(self.rounds):
            for i in range(len(names)):
                name = names[(turn + i) % len(names)]
                found[name].append(contestants[name]())
        return found


def ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def compared(what, ours, beside, theirs, limit=None, text=time_text):
    """A row with a ratio, which is to be at most `limit`."""
    times = ratio(ours, theirs)
    wanted = at_most(limit, round(times, 2), f"{limit:.2f}") if limit else {}
    return Row(what, text(statistics.median(ours)), beside, text(statistics.median(theirs)), f"{times:.2f}", **wanted)


# ---- One answer, again and again --------------------------------------------------------------------------------------

def kept(bench):
    """A filtered answer that was made before, beside servers that have its bytes, and two that do the same in JavaScript."""
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(bench.peers.smestatd())
        reply, body = bench.stored(ours, FILTERED)
        bench.peers.serve_as_file(FILTERED, body)
        rows = json.loads(ours.ask("/v1/observations", *FIELDS)[2])["data"]
        count = bench.count(30000)
        what = f"a filtered answer again, {len(body):,} bytes"
        slow = {"json-server": "/observations" + FILTERED.partition("observations")[2], "fastify": FILTERED}
        starters = {
            "bare libmicrohttpd": lambda: bench.peers.bare(reply),
            "nginx, a file": bench.peers.nginx,
            "lighttpd, a file": bench.peers.lighttpd,
            "h2o, a file": bench.peers.h2o,
            "bare epoll loop": lambda: bench.peers.loop(reply),
            "fastify": lambda: bench.peers.fastify(rows, json.loads(body)),
            "json-server": lambda: bench.peers.json_server(rows),
        }
        limits = {"bare libmicrohttpd": 1.08, "nginx, a file": 0.85}

        def contestant(name, server):
            requests, size = bench.requests([slow.get(name, FILTERED)]), count // 20 if name in slow else count
            bench.pool(server, requests, CONNECTIONS * 4)
            return lambda: bench.pool(server, requests, size)

        contestants, missing = {"smestatd": contestant("smestatd", ours)}, []
        for name, start in starters.items():
            try:
                contestants[name] = contestant(name, stack.enter_context(start()))
            except peers.Unavailable as why:
                missing.append(not_available(what, name, why))
        found = bench.take_turns(contestants)
    for name, results in found.items():
        if name != "json-server" and any(result["body_bytes"] != len(body) for result in results):
            raise RuntimeError(f"{name} serves other bytes")
    costs = {name: [result["cpu_ns"] for result in results] for name, results in found.items()}
    mine = costs.pop("smestatd")
    yield from (compared(what, mine, name, theirs, limits.get(name)) for name, theirs in costs.items())
    yield from missing


def instructions(bench):
    """Instructions in user space for the same answer, and mutexes that code of ours locks for it; by callgrind."""
    what, few, many = "the same: instructions in user space", 200, 200 + bench.count(4000)
    try:
        valgrind = peers.find("valgrind")
    except peers.Unavailable as why:
        yield not_available(what, "bare libmicrohttpd", why)
        return
    requests, smestatd = bench.requests([FILTERED]), bench.peers.smestatd_path
    open_to_valgrind = ("--sandbox", "off")  # it makes system calls of its own in the daemon's name
    with bench.peers.smestatd() as server:
        reply, _ = bench.stored(server, FILTERED)

    def counted(program, start):
        """Of one request, by the difference of two runs."""
        profiles = []
        for count in (few, many):
            out = bench.new_file("callgrind")
            with start([valgrind, "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]) as server:
                bench.pool(server, requests, count)
            profiles.append(callgrind.read(out, program))
        return [(more - less) / (many - few) for less, more in zip(*profiles, strict=True)]

    ours, own_locks = counted(smestatd, lambda under: bench.peers.smestatd(*open_to_valgrind, under=under))
    two, own_locks_of_two = counted(smestatd, lambda under: bench.peers.smestatd(*open_to_valgrind, under=under,
                                                                                 threads=2))
    bare, _ = counted(bench.peers.built("bare"), lambda under: bench.peers.bare(reply, under=under))
    yield compared(what, [ours], "bare libmicrohttpd", [bare], 1.25, text="{:,.0f}".format)
    yield compared(f"{what}, two threads", [two], "one thread", [ours], text="{:,.0f}".format)
    yield Row("mutexes locked for it by code of ours, two threads", f"{own_locks_of_two:.0f}", "one thread",
              f"{own_locks:.0f}", wanted="0", met=max(own_locks, own_locks_of_two) < 0.5)


def variants(bench):
    """The same answer as a 304, to HEAD, and compressed."""
    with bench.peers.smestatd() as ours:
        etag = ours.ask(FILTERED, *FIELDS)[1]["etag"]
        kinds = {"plain": (), "HEAD": (), "304": (f"If-None-Match: {etag}",)}
        for coding in ("gzip", "br", "zstd"):
            for _ in range(3):  # compressed from the second time on
                headers = ours.ask(FILTERED, *FIELDS, f"Accept-Encoding: {coding}")[1]
            if headers.get("content-encoding") == coding:
                kinds[coding] = (f"Accept-Encoding: {coding}",)

        def contestant(kind, fields):
            requests = bench.requests([FILTERED], "HEAD" if kind == "HEAD" else "GET", FIELDS + fields)
            status, count = 304 if kind == "304" else 200, bench.count(30000)
            bench.pool(ours, requests, CONNECTIONS * 4, status)
            return lambda: bench.pool(ours, requests, count, status)["cpu_ns"]

        costs = bench.take_turns({kind: contestant(kind, fields) for kind, fields in kinds.items()})
    plain = costs.pop("plain")
    yield from (compared(f"the same: {kind}", mine, "its plain 200", plain, 1.0) for kind, mine in costs.items())


# ---- Answers that nobody asked for before -----------------------------------------------------------------------------

def fresh_targets(draw):
    """Queries on the built-in dataset, no two the same; from one row to all, in both languages."""
    categories = ("contribution", "fiscal-support", "public-service", "business-population", "industrial-operation",
                  "cultivation", "capital-market")
    members = ("id", "indicator", "name", "category", "kind", "year", "value", "qualifier", "lower", "upper", "unit",
               "display", "source", "notes", "links")
    seen = set()
    while True:
        parts = ["category=" + ",".join(draw.sample(categories, draw.randint(1, 4)))]
        if draw.random() < 0.5:
            parts.append("year=" + draw.choice(("2022", "2022,2023", "undated,2022", "2020..")))
        if draw.random() < 0.5:
            parts.append("kind=" + draw.choice(("actual", "actual,target")))
        if draw.random() < 0.5:
            parts.append("fields=" + ",".join(draw.sample(members, draw.randint(4, 12))))
        if draw.random() < 0.5:
            parts.append("sort=" + draw.choice(("value", "-value", "name", "year,-value")))
        parts += [f"value={draw.randint(0, 9)}..{draw.randint(10 ** 6, 10 ** 9)}", "lang=" + draw.choice(("en", "zh"))]
        target = "/v1/observations?" + "&".join(parts)
        if target not in seen:
            seen.add(target)
            yield target


def take(iterator, count):
    return [next(iterator) for _ in range(count)]


def middle_reply(bench, server, targets):
    """The stored answer whose body is nearest to the mean length of those of `targets`."""
    lengths = {target: len(server.ask(target, *FIELDS)[2]) for target in targets}
    mean = statistics.mean(lengths.values())
    return bench.stored(server, min(targets, key=lambda target: abs(lengths[target] - mean)))


def against_bare(bench, ours, targets, count):
    """What new answers cost, and what a bare handler takes for a body of their mean length, by round; and that length."""
    reply, body = middle_reply(bench, ours, take(targets, min(count, 400)))
    with bench.peers.bare(reply) as bare:
        again = bench.requests([FILTERED])

        def new():
            return bench.pool(ours, bench.requests(take(targets, count)), count)["cpu_ns"]

        costs = bench.take_turns({"ours": new, "bare": lambda: bench.pool(bare, again, count)["cpu_ns"]})
    return costs["ours"], costs["bare"], len(body)


def fresh(bench):
    """Every request another query, on the built-in dataset."""
    with bench.peers.smestatd() as ours:
        mine, bare, size = against_bare(bench, ours, fresh_targets(random.Random(1)), bench.count(10000))
    yield compared(f"an answer never asked before, {size:,} bytes", mine, "bare libmicrohttpd", bare, 1.5)


class Sqlite:
    """The database of `sqlite.c`, asked over pipes."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=peers.in_child(peers.SERVER_CPUS))

    def ask(self, what, lists):
        """Nanoseconds, and the JSON."""
        print(what, *(",".join(map(str, numbers)) or "-" for numbers in lists), file=self.process.stdin, flush=True)
        ns, text = self.process.stdout.readline().split("\t")
        return int(ns), text

    def cost(self, what, queries):
        return statistics.mean(self.ask(what, lists)[0] for lists in queries)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def drawn_lists(draw, most, wanted):
    """(categories, years, regions), each with at most so many codes, no two the same, that `wanted` says yes to."""
    codes = range(make_csv.CATEGORIES), range(2000, 2000 + make_csv.YEARS), range(make_csv.REGIONS)
    seen = set()
    while True:
        lists = tuple(tuple(sorted(draw.sample(each, draw.randint(0, most)))) for each in codes)
        if lists not in seen and wanted(*map(len, lists)):
            seen.add(lists)
            yield lists


def drawn_ranges(draw):
    """Nothing but years, one after another, from 8 to 20; no two the same."""
    ranges = [tuple(range(2000 + first, 2000 + first + length)) for length in range(8, 21)
              for first in range(make_csv.YEARS - length + 1)]
    draw.shuffle(ranges)
    yield from (((), years, ()) for years in ranges)


def filters(lists):
    categories, years, regions = lists
    span = len(years) > 3 and f"{years[0]}..{years[-1]}"
    named = {"category": ",".join(f"category-{number}" for number in categories),
             "year": span or ",".join(map(str, years)),
             "region": ",".join(f"region-{number}" for number in regions)}
    return [f"{name}={codes}" for name, codes in named.items() if codes]


def page_target(lists):
    return "/v1/observations?" + "&".join([*filters(lists), "limit=100"])


def facets_target(lists):
    return "/v1/facets?" + "&".join(filters(lists))


def exact(text):
    """JSON with every digit, so that 1.50 is not 1.5."""
    return json.loads(text, parse_float=lambda digits: ("number", digits), parse_int=lambda digits: ("number", digits))


def check_same_page(ours, sqlite, lists):
    """What is compared must be the same answer, digit for digit."""
    if exact(ours.ask(page_target(lists))[2])["data"] != exact(sqlite.ask("page", lists)[1]):
        raise RuntimeError(f"other rows for {page_target(lists)}")


def check_same_facets(ours, sqlite, lists):
    facets = {facet["parameter"]: facet for facet in json.loads(ours.ask(facets_target(lists))[2])["data"]}
    for name, values in zip(("category", "region"), json.loads(sqlite.ask("facets", lists)[1]), strict=True):
        counts = {value["code"]: value["observations"] for value in facets[name]["values"] if value["observations"]}
        if counts != {value["code"]: value["observations"] for value in values}:
            raise RuntimeError(f"other counts of {name} for {facets_target(lists)}")


def million(bench):
    """Answers never asked before from a million observations, beside an indexed database in memory."""
    rows = MILLION // 10 if bench.quick else MILLION
    folder = bench.folder / "million"
    make_csv.write(rows, folder)
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(bench.peers.smestatd("--dataset", folder / "dataset.json"))
        try:
            sqlite, why = stack.enter_context(Sqlite(bench.peers.built("sqlite"), folder)), None
        except peers.Unavailable as error:
            sqlite, why = None, error
        yield from million_pages(bench, ours, sqlite, rows, why)
        yield from million_facets(bench, ours, sqlite, why)
        yield from million_search(bench, ours, rows)
        yield from million_sort(bench, ours)


def million_pages(bench, ours, sqlite, rows, why):
    # A category, a year and a region have 58 rows or 59 in common, where there are a million.
    pages = drawn_lists(random.Random(2), 2, lambda *lengths: 2 <= math.prod(lengths))
    count = bench.count(2000)
    mine, bare, size = against_bare(bench, ours, map(page_target, pages), count)
    beyond = [a - b for a, b in zip(mine, bare, strict=True)]
    what = f"{rows:,} observations: a new page of 100, {size:,} bytes"
    yield Row(f"{what}, beyond the bare handler", time_text(max(statistics.median(beyond), 0)), "bare libmicrohttpd",
              time_text(statistics.median(bare)), **at_most(40e3, statistics.median(beyond), "40 µs"))
    if not sqlite:
        yield not_available(what, "SQLite in process", why)
        return
    check_same_page(ours, sqlite, take(pages, 1)[0])
    theirs = [sqlite.cost("page", take(pages, max(count // 10, 5))) for _ in mine]
    yield times_faster(what, beyond, "SQLite in process", theirs, 8)


def times_faster(what, mine, beside, theirs, limit):
    times = statistics.median(b / max(a, 1) for a, b in zip(mine, theirs, strict=True))
    return Row(what, time_text(statistics.median(mine)), beside, time_text(statistics.median(theirs)), f"1/{times:.0f}",
               wanted=f"≤ 1/{limit}", met=times >= limit)


def million_facets(bench, ours, sqlite, why):
    """Under a few codes of one or two filters, and under a range of years; no two the same."""
    each = 4 if bench.quick else 16
    draws = {"a few codes": drawn_lists(random.Random(3), 3, lambda *lengths: lengths.count(0) in (1, 2)),
             "a range of years": drawn_ranges(random.Random(4))}
    for name, draw in draws.items():
        parts = [take(draw, each) for _ in range(bench.rounds)]
        what, beside = f"all facets under {name}", "SQLite in process, two facets"
        mine = [bench.pool(ours, bench.requests(map(facets_target, part)), each, connections=1)["cpu_ns"] for part in parts]
        yield Row(what, time_text(statistics.median(mine)), **at_most(5e6, statistics.median(mine), "5 ms"))
        if not sqlite:
            yield not_available(what, beside, why)
            continue
        check_same_facets(ours, sqlite, parts[0][0])
        yield times_faster(what, mine, beside, [sqlite.cost("facets", part[:each // 4]) for part in parts], 60)


def million_search(bench, ours, rows):
    """Words that are found in names; no two questions the same."""
    each = 5 if bench.quick else 40
    numbers = random.Random(4).sample(range(rows // (make_csv.YEARS * make_csv.REGIONS)), each * bench.rounds)
    costs = [bench.pool(ours, bench.requests(f"/v1/observations?q=indicator%20{number}&limit=100" for number in part), each,
                        connections=1)["cpu_ns"] for part in (numbers[i::bench.rounds] for i in range(bench.rounds))]
    yield Row("search in names, a page of 100", time_text(statistics.median(costs)),
              **at_most(5e6, statistics.median(costs), "5 ms"))


def million_sort(bench, ours):
    """By each column that can be sorted by, both ways; a page further each round."""
    columns = json.loads(ours.ask("/v1/observations?sort=x")[2])["errors"][0]["allowed"].split(", ")
    first, later = {}, {}
    for turn in range(bench.rounds):
        for key in (way + column for column in columns for way in ("", "-")):
            requests = bench.requests([f"/v1/observations?sort={key}&limit=100&offset={100 * turn}"])
            cost = bench.pool(ours, requests, 1, connections=1)["cpu_ns"]
            if turn:
                later.setdefault(key, []).append(cost)
            else:
                first[key] = cost
    again = {key: statistics.median(costs) for key, costs in later.items()}
    for what, found in (("", again), (", its first time", first)):
        dearest = max(found, key=found.get)
        yield Row(f"sort by the dearest column{what} ({dearest}), a page of 100", time_text(found[dearest]),
                  **at_most(25e6, found[dearest], "25 ms"))


# ---- Connections, start, threads --------------------------------------------------------------------------------------

def idle(bench):
    """Many connections that are silent, after one answer or without any, and what others notice of them."""
    count = 1000 if bench.quick else 10000
    requests, size = bench.requests([FILTERED]), bench.count(30000)
    for option, what in (("idle", "asked once"), ("silent", "never asked")):
        with bench.peers.smestatd("--max-connections", count + 100) as ours:
            bench.pool(ours, requests, size)
            found = bench.take_turns({
                "without": lambda server=ours: bench.pool(server, requests, size),
                "with": lambda server=ours, option=option: bench.pool(server, requests, size, **{option: count})})
            time.sleep(1)
            after = ours.resident_kib()
        resident = statistics.median(result["resident_kib"] for result in found["with"])
        slowest = {name: [result["p99_us"] * 1000 for result in results] for name, results in found.items()}
        name = f"{count:,} idle connections, {what}"
        yield Row(f"{name}: resident memory", memory_text(resident), "after they left", memory_text(after),
                  **at_most(60e6, resident * 1024, "60 MB"))
        yield compared(f"{name}: 99th percentile of others", slowest["with"], "without them", slowest["without"], 2.0)


def start(bench):
    """From exec to the first answer's last byte."""
    times, used, memory = [], [], []
    for _ in range(bench.rounds * 3):
        with bench.peers.smestatd() as ours:
            status = ours.ask(FILTERED, *FIELDS)[0]
            times.append((time.monotonic() - ours.began) * 1e9)
            used.append(ours.processor_ns() - ours.used_before)
            memory.append(ours.resident_kib())
        assert status == 200, status
    took, resident = statistics.median(times), statistics.median(memory)
    yield Row("start to the first answer", time_text(took), "processor time of it", time_text(statistics.median(used)),
              **at_most(20e6, took, "20 ms"))
    yield Row("resident memory then", memory_text(resident), **at_most(8e6, resident * 1024, "8 MB"))


def threads(bench):
    """Processor time for an answer, while two threads answer two loads at the same time, and one thread one load."""
    everywhere = set(peers.CPUS)
    requests, count = bench.requests([FILTERED]), bench.count(30000)

    def loads(server, number):
        def together():
            before = server.processor_ns()
            for pool in [bench.start_pool(server, requests, count, cpus=everywhere) for _ in range(number)]:
                bench.result(pool)
            return (server.processor_ns() - before) / (number * count)
        return together

    with bench.peers.smestatd(threads=1, cpus=everywhere) as one, bench.peers.smestatd(threads=2, cpus=everywhere) as two:
        costs = bench.take_turns({"one": loads(one, 1), "two": loads(two, 2)})
    yield compared("processor time of an answer, two threads under two loads", costs["two"], "one thread, one load",
                   costs["one"], round(2 / 1.8, 2))


SECTIONS = {section.__name__: section for section in (kept, instructions, variants, fresh, million, idle, start, threads)}


# ---- Printing ---------------------------------------------------------------------------------------------------------

def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    return f"{cpu[1] if cpu else platform.machine()}, {len(peers.CPUS)} cores, {memory:.0f} GiB, Linux {platform.release()}"


def print_text(rows):
    cells = [HEADERS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADERS))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_markdown(rows):
    print("|", " | ".join(HEADERS), "|")
    print("|---|--:|---|--:|--:|--:|---|")
    for row in rows:
        print("|", " | ".join(cell.replace("|", "\\|") for cell in row.cells()), "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, small counts, a tenth of the rows, to see that it works")
    parser.add_argument("--build", default=peers.ROOT / ".build" / "release", help="the folder that meson built in")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    # The contexts end what was started, also when we are told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = []
    with tempfile.TemporaryDirectory(prefix="smestat-bench-") as folder:
        os.chmod(folder, 0o755)  # for servers that give up their rights
        bench = Bench(options.build, folder, options.quick)
        for name in options.sections or SECTIONS:
            print(f"bench: {name}: {SECTIONS[name].__doc__}", file=sys.stderr)
            rows += SECTIONS[name](bench)
        about = [machine(), ", ".join(f"{name} {version}" for name, version in bench.peers.versions().items()),
                 f"medians of {bench.rounds} rounds, {CONNECTIONS} connections"]
    print(*about, sep="\n", end="\n\n")
    print_text(rows)
    print()
    print(*about, sep="; ", end=".\n\n")
    print_markdown(rows)


if __name__ == "__main__":
    main()
