# SPDX-License-Identifier: MIT
"""What is downloaded is all there is: of the CSV files, and of the NDJSON files, the same dataset can be made again."""
import pytest

import contract
import importer
from daemon import Daemon, in_numbers, numbers, run

VALID = sorted((contract.ROOT / "tests" / "data" / "valid").glob("*.json"))
FILES = [contract.ROOT / "api" / "sme.json", contract.ROOT / "api" / "sme-series.json", *VALID]


def everything(daemon):
    """Every row of every collection in every language, digit for digit, and the dataset's own."""
    head = numbers(daemon.ok("/v1").text)["data"]
    answers = {}
    for language in [*head["languages"], "all"]:
        answers[language] = numbers(daemon.ok(f"/v1?lang={language}").text)["data"]
        assert answers[language].pop("version") == head["version"]
        for collection in [*contract.COLLECTIONS, "dimensions"]:
            page = numbers(daemon.ok(f"/v1/{collection}?lang={language}&limit=10000").text)
            assert page["meta"]["total"] == page["meta"]["count"]
            answers[language, collection] = page["data"]
    return answers


TEXTS = {"title", "description", "license", "name", "pattern", "publisher", "position", "organization", "form",
         "series", "topic", "reported_by", "source_name", "population", "denominator", "wording", "text", "source_title",
         "source_text"}
TEXT_LISTS = {"notes", "aliases"}


def canonical(value, language, name=None):
    """A document without what makes no difference: where a plain string or an empty list stands."""
    if isinstance(value, list):
        return [canonical(item, language, "text" if name in TEXT_LISTS else None) for item in value]
    if isinstance(value, str) and not isinstance(value, importer.Literal) and name in TEXTS:
        return {language: value}
    if isinstance(value, dict) and name not in TEXTS:
        return {member: canonical(item, language, member) for member, item in value.items()
                if member != "$schema" and item != []}
    return value


def without_repetition(document):
    """An observation need not say that it is of its indicator's population, or of a dimension's default."""
    common = {row["code"]: row.get("population") for row in document["indicators"]}
    defaults = {row["code"]: row["default"] for row in document.get("dimensions", []) if "default" in row}
    places = {"dimensions"} if document.get("dimensions") else set()
    return {**document, "observations": [
        {**{name: value for name, value in row.items() if name != "population" or value != common[row["indicator"]]},
         **{name: {**defaults, **row.get(name, {})} for name in places}}
        for row in document.get("observations", [])]}


def meaning_of(text):
    document = importer.parse(text)
    return without_repetition(canonical(document, document["languages"][0]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dataset_made_of_its_downloads_is_the_same(path, tmp_path):
    with Daemon("--dataset", path, validate=False) as first:
        head = importer.parse(first.ok("/v1?lang=all").text)["data"]
        of_csv = importer.rebuild(head, importer.csv_downloads(first))
        of_ndjson = importer.rebuild(head, importer.ndjson_downloads(first))
        expected = everything(first)
    assert of_csv == of_ndjson
    copies = []
    for name, document in (("csv", of_csv), ("ndjson", of_ndjson)):
        copies.append(tmp_path / f"{name}.json")
        copies[-1].write_text(importer.spell(document), "utf-8")
    assert copies[0].read_bytes() == copies[1].read_bytes()
    assert meaning_of(copies[0].read_text("utf-8")) == meaning_of(in_numbers(path).read_text("utf-8"))
    checked = run("--check", copies[0])
    assert checked.returncode == 0, checked.stderr
    with Daemon("--dataset", copies[0], validate=False) as second:
        assert everything(second) == expected


def test_rows_of_csv_are_those_of_ndjson():
    with Daemon(validate=False) as daemon:
        rows = importer.ndjson_downloads(daemon)
        for collection, table in importer.csv_downloads(daemon).items():
            for row in rows[collection]:
                del row["links"]
            assert table == rows[collection], collection
