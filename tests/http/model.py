# SPDX-License-Identifier: MIT
"""A second opinion: api/sme.json read plainly and filtered row by row, without any index."""
import functools
import unicodedata
from decimal import Decimal

from contract import SME

LANGUAGES = SME["languages"]
OBSERVATION_FILTERS = ("category", "year", "indicator", "focus_area", "kind", "unit", "qualifier", "source")
MEASURED = ("indicators", "observations", "targets")  # what takes value, match and latest
FILTERS = {
    "indicators": OBSERVATION_FILTERS,
    "observations": OBSERVATION_FILTERS,
    "targets": tuple(name for name in OBSERVATION_FILTERS if name != "kind"),
    "focus-areas": ("category", "year", "indicator", "focus_area"),
    "measures": ("category", "year", "focus_area", "kind"),
    "categories": ("category",),
    "years": (),
    "units": ("unit",),
    "sources": ("source",),
}
KEY = {"observations": "id", "targets": "id", "measures": "id", "sources": "id"}

indicators = {row["code"]: row for row in SME["indicators"]}
areas = {row["code"]: row for row in SME["focus_areas"]}
units = {row["code"]: row for row in SME["units"]}
categories = {row["code"]: row for row in SME["categories"]}
instruments = {row["code"]: row for row in SME["instruments"]}


def year_of(row):
    return int(row["period"][:4]) if row.get("period") else None


def observation_id(row):
    return f"{row['indicator']}.{row['period'] or 'undated'}.{row['kind']}"


def areas_of(indicator, kind=None):
    """The focus areas linked to an indicator; a link may be to its values or its targets alone."""
    return {code for code, area in areas.items() for link in area.get("indicators", [])
            if link["indicator"] == indicator and (kind is None or link.get("kind") in (None, kind))}


def axes_of_observation(row):
    indicator = indicators[row["indicator"]]
    return {"category": {indicator["category"]}, "year": {year_of(row)}, "indicator": {row["indicator"]},
            "focus_area": areas_of(row["indicator"], row["kind"]), "kind": {row["kind"]}, "unit": {indicator["unit"]},
            "qualifier": {row["qualifier"]}, "source": {row["source"]}}


def rows_of(collection):
    """Pairs of id and what each filter compares, in the order of the dataset."""
    observations = [(observation_id(row), axes_of_observation(row)) for row in SME["observations"]]
    if collection == "observations":
        return observations
    if collection == "targets":
        return [(key, axes) for key, axes in observations if axes["kind"] == {"target"}]
    if collection == "indicators":
        return [(code, {"category": {row["category"]}, "unit": {row["unit"]}, "indicator": {code},
                        "focus_area": areas_of(code)}) for code, row in indicators.items()]
    if collection == "focus-areas":
        return [(code, {"category": set(row.get("categories", [])), "year": {year_of(row)}, "focus_area": {code},
                        "indicator": {link["indicator"] for link in row.get("indicators", [])}})
                for code, row in areas.items()]
    if collection == "measures":
        return [(measure["id"], {"category": set(row.get("categories", [])), "year": {year_of(measure)},
                                 "focus_area": {code}, "kind": {measure["kind"]}})
                for code, row in areas.items() for measure in row["measures"]]
    if collection == "years":
        years = sorted({year_of(row) for row in SME["observations"] if year_of(row)} |
                       {year_of(row) for row in areas.values() if year_of(row)})
        return [(key, {}) for key in ["undated", *map(str, years)]]
    name = {"categories": "category", "units": "unit", "sources": "source"}[collection]
    return [(row["code"], {name: {row["code"]}}) for row in SME[collection]]


@functools.cache
def has_year(text, year):
    """Whether a year, or None, is among those that a value of `year` means."""
    for piece in text.split(","):
        if piece == "undated" or year is None:
            if piece == "undated" and year is None:
                return True
            continue
        first, dots, last = piece.partition("..")
        if int(first or 1) <= year <= int((last if dots else first) or 9999):
            return True
    return False


def passes(axes, name, value):
    base, negated = name.removesuffix(".not"), name.endswith(".not")
    if base == "year":
        (year,) = axes["year"]
        # A year that is unknown may be any of those that are not wanted.
        return (year is not None and not has_year(value, year)) if negated else has_year(value, year)
    return bool(axes[base] & set(value.split(","))) != negated


def interval_of(row):
    """Both ends with whether they belong to it, as pairs; None where nothing is known."""
    unit, value = units[indicators[row["indicator"]]["unit"]], Decimal(str(row["value"]))
    least = (Decimal(str(unit["min"])), True) if "min" in unit else None
    most = (Decimal(str(unit["max"])), True) if "max" in unit else None
    return {
        "exact": ((value, True), (value, True)),
        "more_than": ((value, None), most),
        "at_least": ((value, True), most),
        "less_than": (least, (value, None)),
        "at_most": (least, (value, True)),
        "nearly": (least, (value, False)),
        "about": (None, None),
        "between": ((value, True), (Decimal(str(row.get("upper", value))), True)),
    }[row["qualifier"]]


def has_value(text, match, row):
    """Whether a row's number is in a range of numbers."""
    first, dots, last = text.partition("..")
    least = Decimal(first) if first else None
    most = Decimal(last if dots else first) if last or not dots else None
    if match == "stated":
        value = Decimal(str(row["value"]))
        return (least is None or value >= least) and (most is None or value <= most)
    lower, upper = interval_of(row)
    if match == "certain":
        return (least is None or (lower is not None and lower[0] >= least)) and \
            (most is None or (upper is not None and upper[0] <= most))
    # An end that may belong to the interval may be the value that is in the range.
    misses_below = least is not None and upper is not None and \
        (upper[0] < least or (upper[0] == least and upper[1] is False))
    misses_above = most is not None and lower is not None and \
        (lower[0] > most or (lower[0] == most and lower[1] is False))
    return not misses_below and not misses_above


def day_of(row):
    """What decides which is newer: the last day of the period, unless the figure speaks of an earlier one in it."""
    period, as_of = row.get("period"), row.get("as_of")
    if not period:
        return ""
    if as_of and as_of.startswith(period):
        return as_of
    return period if len(period) == 10 else f"{period}-12-31"


def matches(axes, query):
    return all(passes(axes, name, value) for name, value in query.items() if name.removesuffix(".not") in axes)


def observed(query, found=None):
    """The ids of observations that filters leave, and a search if its ids are given."""
    rows = [(observation_id(row), row) for row in SME["observations"] if matches(axes_of_observation(row), query)]
    if "value" in query:
        rows = [(key, row) for key, row in rows if has_value(query["value"], query.get("match", "stated"), row)]
    if found is not None:
        rows = [(key, row) for key, row in rows if key in found]
    if query.get("latest") == "true":
        newest = {}
        for key, row in rows:
            rival = newest.setdefault((row["indicator"], row["kind"]), (key, row))
            if day_of(row) >= day_of(rival[1]):
                newest[row["indicator"], row["kind"]] = (key, row)
        rows = [pair for pair in rows if pair in newest.values()]
    return [key for key, _ in rows]


def embedded(query, code):
    return [key for key in observed(query) if key.startswith(f"{code}.")]


def select(collection, query):
    """The ids that filters leave."""
    if collection in ("observations", "targets"):
        return observed({**query, "kind": "target"} if collection == "targets" else query)
    rows = [key for key, axes in rows_of(collection) if matches(axes, query)]
    if collection == "indicators" and any(name.removesuffix(".not") in ("year", "kind", "qualifier", "source", "value")
                                          for name in query):
        rows = [code for code in rows if embedded(query, code)]
    return rows


def undated_excluded(collection, query):
    """How many rows a filter by year left out only because their year is unknown."""
    if not any(name in query for name in ("year", "year.not")) or "undated" in query.get("year", "").split(","):
        if "year.not" not in query:
            return 0
    others = {name: value for name, value in query.items() if name not in ("year", "year.not")}
    return len(select(collection, {**others, "year": "undated"}))


def fold(text):
    """Without case, accents and compatibility forms."""
    text = unicodedata.normalize("NFKC", text).casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.category(c).startswith("M")))


def texts(value):
    if value is None:
        return []
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else list(value.values())


def searchable(collection):
    """What a search looks through, by id."""
    def words(row, *names):
        return [text for name in names for text in texts(row.get(name))]

    def of_indicator(row):
        return words(row, "name", "aliases", "source_name", "description", "population", "denominator", "notes") + \
            texts(categories[row["category"]]["name"])

    def of_measure(row):
        return words(row, "text") + [t for code in row.get("instruments", []) for t in texts(instruments[code]["name"])]

    if collection in ("observations", "targets"):
        rows = [row for row in SME["observations"] if collection == "observations" or row["kind"] == "target"]
        return {observation_id(row): of_indicator(indicators[row["indicator"]]) +
                words(row, "wording", "population", "notes") for row in rows}
    if collection == "indicators":
        return {code: of_indicator(row) for code, row in indicators.items()}
    if collection == "focus-areas":
        return {code: words(row, "title", "source_title", "description", "notes") +
                [text for measure in row["measures"] for text in of_measure(measure)] for code, row in areas.items()}
    if collection == "measures":
        return {row["id"]: of_measure(row) + words(row, "source_text", "notes")
                for area in areas.values() for row in area["measures"]}
    if collection in ("categories", "units"):
        return {row["code"]: words(row, "name", "description", "notes") for row in SME[collection]}
    return {row["code"]: words(row, "title", "publisher", "topic", "series", "notes") +
            texts(row.get("speaker", {}).get("name"))
            for row in SME["sources"]}


def search(collection, query):
    wanted = fold(query).split()
    return [key for key, found in searchable(collection).items()
            if all(any(word in fold(text) for text in found) for word in wanted)]
