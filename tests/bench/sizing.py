#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What one core carries, and what connections take: sizing.py [--build FOLDER], for the tables of deploy/README.md.

Processor time of the daemon's process, medians of rounds; the load comes from another core. `sh tests/bench/run` builds what
this needs.
"""
import argparse
import pathlib
import random
import statistics
import tempfile

import peers
import table

# What the dashboard asks for when it is opened or its filters change, and what it asks twice a minute.
PANELS = ["/v1", "/v1/observations?lang=en", "/v1/facets?lang=en", "/v1/targets?lang=en", "/v1/focus-areas?lang=en",
          "/v1/categories?lang=en", "/v1/sources?lang=en"]
BROWSER = ("User-Agent: Mozilla/5.0 (X11; Linux x86_64) sizing", "Accept: application/json", "Accept-Language: en",
           "Accept-Encoding: gzip, deflate, br")
ROUNDS, COUNT = 5, 20000


def costs(bench):
    """What is asked, and the processor time of an answer in nanoseconds."""
    with bench.peers.smestatd() as ours:
        etag = ours.ask("/v1", *BROWSER)[1]["etag"]
        panels = bench.requests(PANELS, fields=BROWSER)
        check = bench.requests(["/v1"], fields=(*BROWSER, f"If-None-Match: {etag}"))
        fresh = table.fresh_targets(random.Random(1))
        bench.pool(ours, panels, 1000)
        for what, requests, status, options in (
                ("a panel of the dashboard, made before", panels, 200, {}),
                ("the same over 1,000 connections", panels, 200, {"connections": 1000}),
                ("whether there is something new: 304", check, 304, {})):
            yield what, statistics.median(bench.pool(ours, requests, COUNT, status, **options)["cpu_ns"]
                                          for _ in range(ROUNDS))
        yield "a query that nobody asked before", statistics.median(
            bench.pool(ours, bench.requests(table.take(fresh, COUNT), fields=BROWSER), COUNT)["cpu_ns"]
            for _ in range(ROUNDS))
    with tempfile.NamedTemporaryFile() as log:
        with bench.peers.smestatd("--access-log", log.name, "--log-format", "json") as ours:
            bench.pool(ours, panels, 1000)
            yield "a panel, with a line in the access log", statistics.median(
                bench.pool(ours, panels, COUNT)["cpu_ns"] for _ in range(ROUNDS))


def memory(bench):
    """What there is, and resident memory in KiB."""
    panels = bench.requests(PANELS, fields=BROWSER)
    with bench.peers.smestatd() as ours:
        ours.ask("/v1", *BROWSER)
        yield "after the start", ours.resident_kib()
        bench.pool(ours, panels, 5000)
        yield "after the dashboard was asked for", ours.resident_kib()
    with bench.peers.smestatd() as ours:
        fresh = table.fresh_targets(random.Random(2))
        bench.pool(ours, bench.requests(table.take(fresh, 100000), fields=BROWSER), 100000)
        yield "after 100,000 different queries", ours.resident_kib()
    for kind, what in (("idle", "1,000 clients that asked and stay"), ("silent", "1,000 clients that never ask")):
        with bench.peers.smestatd() as ours:
            before = bench.pool(ours, panels, 5000)["resident_kib"]
            yield what, bench.pool(ours, panels, 5000, **{kind: 1000})["resident_kib"] - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=peers.ROOT / ".build/release", help="what was built")
    build = parser.parse_args().build
    with tempfile.TemporaryDirectory() as folder:
        bench = table.Bench(build, folder, quick=False)
        print(table.machine() + "\n")
        print("| An answer | takes | of these, one core gives in a second |\n|---|--:|--:|")
        for what, ns in costs(bench):
            print(f"| {what} | {table.time_text(ns)} | {round(1e9 / ns, -2):,.0f} |", flush=True)
        print("\n| Memory | resident |\n|---|--:|")
        for what, kib in memory(bench):
            print(f"| {what} | {table.memory_text(kib)} |", flush=True)


if __name__ == "__main__":
    main()
