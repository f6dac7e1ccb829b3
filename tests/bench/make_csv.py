#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a large dataset: make_csv.py ROWS FOLDER writes FOLDER/dataset.json and FOLDER/rows.csv, the same for the same ROWS.

20 categories with as many indicators as it takes, 25 years, and one dimension of 34 regions. One row in a hundred is
suppressed, one in fifty has digits that end in zeros.
"""
import json
import pathlib
import random
import sys

CATEGORIES, YEARS, REGIONS = 20, 25, 34


def write(rows, folder):
    indicators = max(CATEGORIES, -(-rows // (YEARS * REGIONS)))
    document = {
        "format": "smestat-dataset-1", "id": "bench", "title": "Bench", "languages": ["en"], "as_of": "2024-12-31",
        "units": [{"code": "enterprises", "name": "enterprises", "min": 0}],
        "sources": [{"code": "made", "title": "Made up", "date": "2024-12-31", "date_basis": "stated"}],
        "categories": [{"code": f"category-{c}", "name": f"Category {c}"} for c in range(CATEGORIES)],
        "dimensions": [{"code": "region", "name": "Region", "values_from": "files"}],
        "indicators": [{"code": f"indicator-{i}", "name": f"Indicator {i}", "category": f"category-{i % CATEGORIES}",
                        "unit": "enterprises", "measure": "stock"} for i in range(indicators)],
        "observations": [],
        "observation_files": [{
            "file": "rows.csv",
            "columns": {"indicator": "Indicator", "region": "Region", "period": "Year", "value": "Value"},
            "constants": {"kind": "actual", "period_basis": "stated", "qualifier": "exact", "source": "made"},
            "suppressed": ["C"], "period_format": "YYYY"}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(document), "utf-8")
    draw = random.Random(rows)
    with open(folder / "rows.csv", "w", encoding="utf-8", newline="") as file:
        file.write("Indicator,Region,Year,Value\r\n")
        for row in range(rows):
            indicator, place = divmod(row, YEARS * REGIONS)
            region, year = divmod(place, YEARS)
            value = "C" if row % 100 == 7 else f"{draw.randrange(10 ** 7)}.{'50' if row % 50 == 3 else draw.randrange(10)}"
            file.write(f"Indicator {indicator},Region {region},{2000 + year},{value}\r\n")


if __name__ == "__main__":
    write(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
