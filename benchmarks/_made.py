"""Rows that were made up, and a server of them in another process: as many as asked for, the same ones every time."""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import polars as pl
from _shared import Answering, listen, listening

from eesclient.local.service import Service

MADE_ROWS = 5_000_000
"""Rows, unless others are asked for: a million, or 5 or 20 of them."""

NAME = "made_rows_synthetic"
_STEP = 250_000
_STRIDE = 2_654_435_761
"""Mixes the rows: it has no divisor in common with their number."""

_SIZES = {"time_period": 10, "la": 0, "sex": 5, "phase": 20, "ethnicity": 20}
"""Options of each dimension; there are as many authorities as the rows need."""

META = """col_name,col_type,label,indicator_unit,indicator_dp
sex,Filter,Sex,,
phase,Filter,Phase,,
ethnicity,Filter,Ethnicity,,
pupils,Indicator,Pupils (synthetic),,0
percent,Indicator,Percentage (synthetic),%,1
"""


def rows(numbers: pl.Series, places: dict[str, pl.Expr]) -> pl.DataFrame:
    """Rows of the data file.

    Args:
        numbers: A number for each row, from which its figures are made.
        places: Which option a row has, by dimension.
    """
    number = pl.col("number")
    text = {name: place.cast(pl.String).str.zfill(3) for name, place in places.items()}
    percent = ((number * 31 % 1000) / 10).cast(pl.String)
    return pl.DataFrame({"number": numbers}).select(
        time_period=2015 + places["time_period"],
        time_identifier=pl.lit("Calendar year"),
        geographic_level=pl.lit("Local authority"),
        country_code=pl.lit("E92000001"),
        country_name=pl.lit("England"),
        new_la_code="E06000" + text["la"],
        old_la_code=text["la"],
        la_name="Authority " + text["la"],
        sex="Sex " + text["sex"],
        phase="Phase " + text["phase"],
        ethnicity="Ethnicity " + text["ethnicity"],
        pupils=number * 7919 % 10_007,
        percent=pl.when(number % 50 == 0).then(pl.lit("c")).otherwise(percent),
    )


def blocks(total: int) -> Iterator[bytes]:
    """The data file of so many rows, block by block."""
    sizes = _sizes(total)
    for start in range(0, total, _STEP):
        numbers = pl.int_range(start, start + _STEP, eager=True) * _STRIDE % total
        places: dict[str, pl.Expr] = {}
        left = pl.col("number")
        for name, size in sizes.items():
            places[name], left = left % size, left // size
        yield rows(numbers, places).write_csv(include_header=start == 0).encode()


def _sizes(total: int) -> dict[str, int]:
    return _SIZES | {"la": total // prod(size for size in _SIZES.values() if size)}


def make(folder: Path, total: int) -> int:
    """Write the data file, gzipped, and a small one beside it that has all options; gives how many rows that has."""
    small, number = folder / "small", pl.col("number")
    small.mkdir()
    (small / f"{NAME}.meta.csv").write_text(META)
    sizes = _sizes(total)
    count = max(sizes.values())
    each = {name: number % size for name, size in sizes.items()}
    rows(pl.int_range(count, eager=True), each).write_csv(small / f"{NAME}.csv")
    with gzip.open(folder / "data.csv.gz", "wb", compresslevel=1) as file:
        file.writelines(blocks(total))
    return count


def serve(folder: Path, total: int) -> None:
    """Answer over loopback until it is stopped; the first line printed is the port."""
    count = f'"totalResults":{make(folder, total)}'.encode()
    service = Service.from_folder(folder / "small")

    class Handler(Answering):
        def answer(self) -> None:
            if self.path.partition("?")[0].endswith("/csv"):
                self._send_file(folder / "data.csv.gz")
                return
            response = service.handle(self.asked())
            body = response.body.replace(count, f'"totalResults":{total}'.encode())
            self.head(response.status, type="application/json", length=str(len(body)))
            self.wfile.write(body)
            self.wfile.flush()

        def _send_file(self, file: Path) -> None:
            self.head(200, type="text/csv", length=str(file.stat().st_size), encoding="gzip")
            with file.open("rb") as source:
                while piece := source.read(1 << 16):
                    self.wfile.write(piece)
            self.wfile.flush()

    listen(Handler)


@contextmanager
def serving_made(total: int = MADE_ROWS) -> Iterator[str]:
    """The address of a server of so many made rows, stopped in the end."""
    with tempfile.TemporaryDirectory() as folder, listening(__file__, folder, str(total)) as address:
        yield address


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
