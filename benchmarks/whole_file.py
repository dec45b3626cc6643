"""A whole data set out of its CSV file: labels, types and statuses, beside reading the same bytes as text.

A service in this process gives the data file of 347,830 rows as bytes, decompressed, so that only reading is measured.
`read()` makes its frame of them: rows in order, labels as categories, numbers, statuses. Beside it `polars.read_csv`
makes text of the same bytes, without types; and `pandas.read_csv(dtype=str)` with `to_numeric(errors="coerce")` and a
column of statuses for each indicator makes what is most like our frame, without order and categories.

    python benchmarks/whole_file.py [--data FOLDER] [--rounds 5]
"""

from __future__ import annotations

import argparse
import gzip
import io
from pathlib import Path

import pandas as pd
import polars as pl
from _shared import DATA, NAME, ROWS, Side, machine, take_turns

from eesclient.api.messages import Request, Response
from eesclient.client import Client
from eesclient.local.service import Service


class Ready:
    """A local service that has its data file as bytes."""

    def __init__(self, folder: Path) -> None:
        self._service = Service.from_folder(folder, names=[NAME])
        self.source = self._service.source
        self.data = gzip.decompress((folder / f"{NAME}.csv.gz").read_bytes())

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.endswith("/csv"):
            return Response(status=200, body=self.data)
        return self._service.handle(request)


def by_polars(data: bytes) -> int:
    """The file as text."""
    return pl.read_csv(io.BytesIO(data), infer_schema=False).height


def by_pandas(data: bytes, indicators: list[str]) -> int:
    """The file with numbers and statuses."""
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    for name in indicators:
        text = frame[name]
        frame[name] = pd.to_numeric(text, errors="coerce")
        frame[f"{name}_status"] = text.where(frame[name].isna())
    return len(frame)


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=5, help="runs of each side; of pandas two")
    chosen = options.parse_args()
    service = Ready(chosen.data)
    with Client(service=service, store=None) as client:
        data_set = client.open(next(client.data_sets()).id)
        indicators = [item.column for item in data_set.meta.indicators]
        ours, text, slow = sides = [
            Side("eesclient read()", chosen.rounds, lambda: len(data_set.read())),
            Side("polars.read_csv as text", chosen.rounds, lambda: by_polars(service.data)),
            Side("pandas.read_csv + to_numeric + status", 2, lambda: by_pandas(service.data, indicators)),
        ]
        take_turns(sides)
    print(f"{ROWS:,} rows out of {len(service.data) / 1e6:.0f} MB of CSV, medians")
    print(machine())
    for side in sides:
        print(side)
    print(
        f"{ours.median / text.median:.2f} x the time of polars.read_csv (at most 2); "
        f"{slow.median / ours.median:.1f} x faster than pandas (at least 4)"
    )


if __name__ == "__main__":
    main()
