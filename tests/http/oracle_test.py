# SPDX-License-Identifier: MIT
"""Honest numbers, held against an oracle that shares nothing with the program but the meaning of the words.

Datasets and queries are drawn at random from a seed. The oracle never compares ends with ends. It asks of single
numbers, as exact fractions, whether the words of a row allow them to be the true value; and it asks this of every number
at which the answer can change, of one between each two of them, and of one beyond at both sides. So it misses no case.
Words that may be read in two ways are read in both. A failing case prints its seed and row, which are enough to draw it
again.
"""
import datetime
import functools
import json
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from daemon import Daemon, numbers

SEEDS = range(8)
QUERIES = 30
QUALIFIERS = ["exact", "more_than", "at_least", "less_than", "at_most", "nearly", "about", "between"]
MATCHES = ["stated", "certain", "possible"]
DIGITS = 18  # as many as the program keeps
AS_OF = "2021-06-30"
DIRECTIONS = [None, "up", "down"]
# Whether "more than 60" and "less than 60" take 60 in, nobody knows.
READINGS = (True, False)


@functools.cache
def exact(text):
    return Fraction(Decimal(text))


def spell(number, draw):
    """A decimal number in one of the ways in which JSON lets it be written."""
    sign, digits, exponent = number.normalize().as_tuple()
    text = format(number.normalize(), "f") if number else "0"
    way = draw.randrange(4)
    if way == 1 and number:
        return ("-" if sign else "") + "".join(map(str, digits)) + f"e{exponent}"
    if way == 2:
        return text + ("0" if "." in text else ".0")
    if way == 3 and number:
        return f"{Decimal((sign, digits, 0)) / 10}E{exponent + 1}"
    return text


def fits(number):
    _, digits, exponent = number.normalize().as_tuple()
    return len(digits) <= DIGITS and abs(exponent) <= 12


def draw_number(draw):
    """Small ones, which meet often; fractions; and integers that a double cannot tell from their neighbours."""
    kind = draw.randrange(6)
    if kind < 3:
        return Decimal(draw.randint(-12, 12))
    if kind == 3:
        return Decimal(draw.randint(-1200, 1200)).scaleb(-draw.choice([1, 2]))
    if kind == 4:
        return draw.choice([-1, 1]) * Decimal(2 ** 53 + draw.randint(-2, 2))
    return Decimal(draw.randint(-999, 999)).scaleb(draw.choice([-12, -6, 6, 12]))


def draw_units(draw):
    units = [{"code": "free"}, {"code": "natural", "min": "0"}, {"code": "percent", "min": "0", "max": "100"},
             {"code": "debt", "max": "0"}, {"code": "point", "min": "7", "max": "7.0"}]
    for i in range(4):
        ends = sorted([draw_number(draw), draw_number(draw)])
        unit = {"code": f"drawn-{i}"}
        if draw.random() < 0.7:
            unit["min"] = spell(ends[0], draw)
        if draw.random() < 0.7:
            unit["max"] = spell(ends[1], draw)
        units.append(unit)
    return units


def in_domain(number, unit):
    return ("min" not in unit or exact(unit["min"]) <= number) and ("max" not in unit or number <= exact(unit["max"]))


def draw_value(draw, unit):
    """A number of the unit's domain, rather often one of its ends."""
    ends = [Decimal(unit[name]) for name in ("min", "max") if name in unit]
    for _ in range(50):
        number = draw.choice(ends) if ends and draw.random() < 0.3 else draw_number(draw)
        if in_domain(Fraction(number), unit):
            return number
    return ends[0]


def draw_period(draw):
    kind = draw.randrange(8)
    if kind == 0:
        return None
    year = draw.randint(2018, 2022)
    if kind < 5:
        return str(year)
    return f"{year}-{draw.choice(['01-01', '06-30', '09-30', '12-30', '12-31'])}"


def draw_row(draw, indicator, unit, taken):
    """One observation, or None where what came up is taken, or is refused because the words contradict the domain."""
    qualifier = draw.choice(QUALIFIERS)
    value = draw_value(draw, unit)
    row = {"indicator": indicator, "kind": draw.choice(["actual", "actual", "target"]), "period": draw_period(draw),
           "value": spell(value, draw), "qualifier": qualifier, "unit": unit}
    if qualifier == "between":
        # The narrowest ones are a last digit wide.
        step = Decimal(1).scaleb(-6 if abs(value) < 10 ** 9 else 0)
        upper = value + step if draw.random() < 0.3 else draw_value(draw, unit)
        if upper <= value or not fits(upper) or not in_domain(Fraction(upper), unit):
            return None
        row["upper"] = spell(upper, draw)
    if qualifier == "nearly" and "min" in unit and exact(unit["min"]) == Fraction(value):
        return None
    if draw.random() < 0.2:
        row["as_of"] = f"{draw.randint(2018, 2022)}-{draw.choice(['03-31', '12-30', '12-31'])}"
    row["id"] = f"{indicator}.{row['period'] or 'undated'}.{row['kind']}"
    if row["id"] in taken:
        return None
    taken.add(row["id"])
    return row


def draw_rows(draw, units):
    rows, taken = [], set()
    for number in range(170):
        unit = units[number % len(units)]
        row = draw_row(draw, f"i{number % (2 * len(units))}", unit, taken)
        rows += [row] if row else []
    draw.shuffle(rows)
    return rows


def document(units, rows):
    """The dataset file. Numbers are put in as they are spelt, which no JSON library would do."""
    def text_of(row, members, literals):
        parts = [json.dumps({name: row[name]})[1:-1] for name in members if name in row]
        return "{" + ", ".join(parts + [f'"{name}": {row[name]}' for name in literals if name in row]) + "}"

    indicators = [{"code": f"i{n}", "name": f"I{n}", "category": "c", "unit": units[n % len(units)]["code"],
                   "measure": "stock", **({"direction": DIRECTIONS[n % 3]} if n % 3 else {})}
                  for n in range(2 * len(units))]
    observations = [{**row, "period_basis": "stated" if row["period"] else "none", "source": "s"} for row in rows]
    return """{"format": "smestat-dataset-1", "id": "drawn", "title": "Drawn", "languages": ["en"], "as_of": "%s",
"units": [%s],
"sources": [{"code": "s", "title": "S", "date": "2023-01-01", "date_basis": "stated"}],
"categories": [{"code": "c", "name": "C"}],
"indicators": %s,
"observations": [%s]}
""" % (AS_OF, ",\n".join(text_of({**unit, "name": unit["code"]}, ["code", "name"], ["min", "max"]) for unit in units),
       json.dumps(indicators),
       ",\n".join(text_of(row, ["indicator", "kind", "period", "period_basis", "qualifier", "source", "as_of"],
                          ["value", "upper"]) for row in observations))


# The oracle.

def allows(row, number, reading):
    """Whether the true value may be this number, where the end in doubt belongs to the range (True) or not (False)."""
    value, qualifier = exact(row["value"]), row["qualifier"]
    if qualifier == "about":
        return True  # nobody said how near, so nothing is ruled out
    said = {
        "exact": number == value,
        "more_than": number > value or (reading and number == value),
        "at_least": number >= value,
        "less_than": number < value or (reading and number == value),
        "at_most": number <= value,
        "nearly": number < value,
        "between": value <= number <= exact(row.get("upper", row["value"])),
    }[qualifier]
    return said and in_domain(number, row["unit"])


def probes(row, *more):
    """Numbers of which one stands for every number there is: in between of them, no answer changes."""
    unit = row["unit"]
    marks = {exact(text) for text in (row["value"], row.get("upper"), unit.get("min"), unit.get("max")) if text}
    marks = sorted(marks | {mark for mark in more if mark is not None})
    between = [(a + b) / 2 for a, b in zip(marks, marks[1:])]
    return sorted(marks + between + [marks[0] - 1, marks[-1] + 1])


def readings_of(row, numbers_):
    """The numbers that each reading allows. A reading that leaves nothing cannot have been meant."""
    sets = [{number for number in numbers_ if allows(row, number, reading)} for reading in READINGS]
    assert any(sets), row
    return [allowed for allowed in sets if allowed]


def found_by(row, low, high):
    """In which ways the row matches a range."""
    def asked(number):
        return (low is None or low <= number) and (high is None or number <= high)

    allowed = {number for numbers_ in readings_of(row, probes(row, low, high)) for number in numbers_}
    answers = {asked(number) for number in allowed}
    return {"stated": asked(exact(row["value"])), "certain": answers == {True}, "possible": True in answers}


def matching(rows, low, high):
    """The rows that match a range, for each way to match."""
    answers = [(row, found_by(row, low, high)) for row in rows]
    return {match: [row for row, answer in answers if answer[match]] for match in MATCHES}


def end_of(row, highest):
    """An end of what the words allow, and whether it belongs: yes, no, or None for not known."""
    every = probes(row)[::-1 if highest else 1]
    sets = readings_of(row, every)
    first = next(number for number in every if any(number in allowed for allowed in sets))
    if first == every[0]:
        return None, None  # beyond everything: no end
    place = every.index(first)
    marks = {exact(text) for text in (row["value"], row.get("upper"), row["unit"].get("min"), row["unit"].get("max"))
             if text}
    if first not in marks:  # begins right behind a mark that does not belong
        return every[place - 1], False
    return first, True if all(first in allowed for allowed in sets) else None


def last_day(period):
    return datetime.date.fromisoformat(period + "-12-31" if len(period) == 4 else period)


def day(row):
    """The day that a row speaks of, at the latest."""
    if row["period"] is None:
        return datetime.date.min
    last = last_day(row["period"])
    known = datetime.date.fromisoformat(row["as_of"]) if "as_of" in row else None
    return known if known and len(row["period"]) == 4 and known.year == last.year else last


def newest(rows):
    """The last of those that speak of the latest day, for each indicator and kind."""
    best = {}
    for row in rows:
        key = row["indicator"], row["kind"]
        if key not in best or day(row) >= day(best[key]):
            best[key] = row
    return [row["id"] for row in rows if best[row["indicator"], row["kind"]] is row]


# The oracle on targets.

def newest_of(rows):
    found = None
    for row in rows:
        found = row if found is None or day(row) >= day(found) else found
    return found


def history_of(target, rows):
    """The newest actual value before the period, inside it, and of all."""
    actuals = [row for row in rows
               if row["kind"] == "actual" and row["indicator"] == target["indicator"] and row["period"]]
    period = target["period"]
    if period is None:
        return newest_of(actuals), None, newest_of(actuals)
    inside = [row for row in actuals if row["period"] == period or
              (len(period) == 4 and row["period"].startswith(period + "-"))]
    before = [row for row in actuals if row not in inside and last_day(row["period"]) < last_day(period)]
    return newest_of(before), newest_of(inside), newest_of(actuals)


def direction_of(row):
    return DIRECTIONS[int(row["indicator"][1:]) % 3]


def meets(target, number, reading):
    """Whether a true value of this number would meet the target; None where nobody can say."""
    value, toward = exact(target["value"]), direction_of(target)
    if target["qualifier"] == "about":
        return None
    if target["qualifier"] == "nearly":
        return None if number < value else toward == "up"
    if target["qualifier"] == "exact" and toward:
        return number >= value if toward == "up" else number <= value
    return allows(target, number, reading)


def compared(target, actual):
    """What the words decide, whatever the day: True, False, or None."""
    more = [exact(text) for text in (target["value"], target.get("upper")) if text]
    if actual is None or actual["qualifier"] == "about":
        return None
    every = probes(actual, *more)
    readings = [reading for reading in READINGS
                if target["qualifier"] == "about" or any(allows(target, number, reading) for number in every)]
    answers = {meets(target, number, reading)
               for allowed in readings_of(actual, every) for number in allowed for reading in readings}
    return answers.pop() if len(answers) == 1 else None


def is_floor(target):
    return target["qualifier"] in ("more_than", "at_least") or \
        (target["qualifier"] in ("exact", "nearly") and direction_of(target) == "up")


def verdict_of(target, actual, decided):
    if target["period"] is None:
        return "indeterminate"
    if decided and is_floor(target):
        return "met"
    end = last_day(target["period"])
    if datetime.date.fromisoformat(AS_OF) < end:
        return "not_due"
    if decided is None or day(actual) < end:
        return "indeterminate"
    return "met" if decided else "not_met"


def distance_of(target, latest):
    """Both ends of what is missing, and whether they belong."""
    nothing = (None, None), (None, None)
    if latest is None or "about" in (target["qualifier"], latest["qualifier"]):
        return nothing
    names = exact(target["value"]), exact(target.get("upper", target["value"]))

    def end(name, highest):
        value, closed = end_of(latest, highest)
        return (None, None) if value is None else (name - value, closed)

    return end(names[0], True), end(names[1], False)


def is_point(row):
    (low, _), (high, _) = end_of(row, False), end_of(row, True)
    return row["qualifier"] not in ("exact", "about") and low is not None and low == high


def digits(number):
    """How many digits a decimal needs without the zeros at its end."""
    while number.denominator != 1:
        number *= 10
    return len(str(abs(number.numerator)).rstrip("0"))


# Questions.

def draw_end(draw, rows):
    """A number of some row or its unit, or one that is right beside it."""
    row = draw.choice(rows)
    mark = Decimal(draw.choice([text for text in (row["value"], row.get("upper"), row["unit"].get("min"),
                                                  row["unit"].get("max")) if text]))
    beside = mark + draw.choice([-1, 0, 0, 1]) * Decimal(1).scaleb(draw.choice([0, -1, -3, -8]))
    return beside if fits(beside) else mark


def draw_range(draw, rows):
    low, high = sorted([draw_end(draw, rows), draw_end(draw, rows)])
    shape = draw.randrange(5)
    if shape == 0:
        return spell(low, draw), Fraction(low), Fraction(low)
    if shape == 1:
        return spell(low, draw) + "..", Fraction(low), None
    if shape == 2:
        return ".." + spell(high, draw), None, Fraction(high)
    if shape == 3:
        return f"{spell(low, draw)}..{spell(low, draw)}", Fraction(low), Fraction(low)
    return f"{spell(low, draw)}..{spell(high, draw)}", Fraction(low), Fraction(high)


def ids(daemon, target):
    answer = daemon.ok(target)
    return [row["id"] for row in answer.data]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed-{seed}")
def drawn(request, tmp_path_factory):
    draw = random.Random(request.param)
    units = draw_units(draw)
    rows = draw_rows(draw, units)
    path = tmp_path_factory.mktemp("oracle") / "drawn.json"
    path.write_text(document(units, rows), "utf-8")
    assert len(rows) > 80 and {row["qualifier"] for row in rows} == set(QUALIFIERS)
    with Daemon("--dataset", path, validate=False) as daemon:
        yield request.param, draw, rows, daemon


def test_intervals(drawn):
    seed, _, rows, daemon = drawn
    served = numbers(daemon.ok("/v1/observations?limit=10000").text)["data"]
    assert [row["id"] for row in served] == [row["id"] for row in rows]
    for row, got in zip(rows, served):
        about = (seed, row, got)
        assert got["value"] == row["value"], about
        for side, highest in (("lower", False), ("upper", True)):
            end, closed = end_of(row, highest)
            assert (got[side] and exact(got[side])) == end, about
            # Where both ends are one number, it belongs, or there would be none. To call that not known is no lie.
            point = got["lower"] and got["upper"] and exact(got["lower"]) == exact(got["upper"])
            assert got[f"{side}_closed"] in ([closed, None] if point else [closed]), about
        for number in probes(row):
            if any(allows(row, number, reading) for reading in READINGS):
                below = got["lower"] and (number < exact(got["lower"]) or
                                          (number == exact(got["lower"]) and got["lower_closed"] is False))
                above = got["upper"] and (number > exact(got["upper"]) or
                                          (number == exact(got["upper"]) and got["upper_closed"] is False))
                assert not below and not above, ("narrower than the words", number, about)


def test_matches(drawn):
    seed, draw, rows, daemon = drawn
    split = 0
    for _ in range(QUERIES):
        text, low, high = draw_range(draw, rows)
        found = {match: ids(daemon, f"/v1/observations?value={text}&match={match}&fields=id") for match in MATCHES}
        asked = matching(rows, low, high)
        for match in MATCHES:
            wanted = [row["id"] for row in asked[match]]
            wrong = set(wanted) ^ set(found[match])
            assert found[match] == wanted, (seed, text, match, [row for row in rows if row["id"] in wrong])
        assert set(found["certain"]) <= set(found["possible"]), (seed, text)
        split += found["certain"] != found["possible"]
        wanted = [row["id"] for row in asked["certain"] if row["kind"] == "target"]
        assert ids(daemon, f"/v1/targets?value={text}&match=certain&fields=id") == wanted, (seed, text)
        embedded = {o["id"] for row in daemon.ok(f"/v1/indicators?value={text}&match=possible").data
                    for o in row["observations"]}
        assert embedded == set(found["possible"]), (seed, text)
    assert split > QUERIES / 2, "hardly a query that tells the two apart"


def test_latest(drawn):
    seed, draw, rows, daemon = drawn
    assert ids(daemon, "/v1/observations?latest=true&fields=id") == newest(rows), seed
    for _ in range(QUERIES):
        text, low, high = draw_range(draw, rows)
        year, match = draw.randint(2017, 2023), draw.choice(MATCHES)
        left = [row for row in matching(rows, low, high)[match] if row["period"] and int(row["period"][:4]) <= year]
        query = f"year=..{year:04}&value={text}&match={match}&latest=true"
        assert ids(daemon, f"/v1/observations?{query}&fields=id") == newest(left), (seed, query)
        embedded = {o["id"] for row in daemon.ok(f"/v1/indicators?{query}").data for o in row["observations"]}
        assert embedded == set(newest(left)), (seed, query)
        targets = [row for row in left if row["kind"] == "target"]
        assert ids(daemon, f"/v1/targets?{query}&fields=id") == newest(targets), (seed, query)


def test_targets(drawn):
    seed, _, rows, daemon = drawn
    targets = [row for row in rows if row["kind"] == "target"]
    served = numbers(daemon.ok("/v1/targets?limit=10000").text)["data"]
    assert [row["id"] for row in served] == [row["id"] for row in targets]
    for target, got in zip(targets, served):
        about = (seed, target, {name: got[name] for name in ("verdict", "reason", "distance")})
        baseline, actual, latest = history_of(target, rows)
        for name, wanted in (("baseline", baseline), ("actual", actual), ("latest", latest)):
            assert (got[name] and got[name]["id"]) == (wanted and wanted["id"]), (name, wanted, about)
        decided = compared(target, actual)
        wanted = verdict_of(target, actual, decided)
        if got["verdict"] != wanted:
            # An interval of one number, of which the words do not say whether it belongs: to leave that open is no lie.
            assert is_point(target) or (actual and is_point(actual)), (wanted, actual, about)
            assert got["verdict"] == verdict_of(target, actual, None), (wanted, actual, about)
        assert got["reason"] and "{" not in got["reason"], about
        for side, (end, closed) in zip(("lower", "upper"), distance_of(target, latest)):
            if end is not None and digits(end) > DIGITS:
                end = closed = None
            assert (got["distance"][side] and exact(got["distance"][side])) == end, (side, end, latest, about)
            assert got["distance"][f"{side}_closed"] in ([closed, None] if latest and is_point(latest) else [closed]), \
                (side, closed, latest, about)
        unknown = None in (got["distance"]["lower"], got["distance"]["upper"])
        assert bool(got["distance"]["reason"]) == unknown, about
