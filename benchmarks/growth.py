"""How memory grows with the rows of a data set: 1, 5 and 20 million, each step in a process of its own.

The rows are made up (synthetic), the same ones every time, and come over loopback from another process. Each step
builds on the one before: the data file is downloaded into a store, made a table, scanned with a filter, given to Arrow
readers batch by batch, added to a Delta table, locked with its digest (with that store, and without any), and bundled.
Figures are the high-water mark of a whole process, Python and all libraries included, and the file pages that Polars
maps; and what all of it takes on the disk in the end. Of the table that is made, also the processor's time for a row,
with the most rows beside that with the second most.

    python benchmarks/growth.py [--rows 1000000 5000000 20000000] [--only download …]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from _made import serving_made
from _shared import machine, peak

from eesclient import lake
from eesclient.client import Client
from eesclient.data_set import PinnedDataSet
from eesclient.store.blobs import Store
from eesclient.store.bundle import stored_versions, write_bundle

MB = 1_000_000
MOST = 600
"""Megabytes that a step may take."""

GROWTH = 1.05
"""How much of the processor's time a row may take with more of them."""

COUNTS = (1_000_000, 5_000_000, 20_000_000)


def download(sen: PinnedDataSet, folder: Path) -> int:
    """Save the data file, and keep it in the store."""
    return sen.download(folder / "data.csv").stat().st_size


def convert(sen: PinnedDataSet, folder: Path) -> int:
    """Make the table of the stored data file."""
    return int(sen.scan().select(pl.len()).collect().item())


def scan(sen: PinnedDataSet, folder: Path) -> int:
    """Read a part of the table."""
    return sen.scan().filter(pl.col("sex") == "Sex 001", pl.col("time_period") == "2024").collect().height


def stream(sen: PinnedDataSet, folder: Path) -> int:
    """Give all rows to an Arrow reader."""
    import pyarrow as pa

    return sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(sen.stream()))


def delta(sen: PinnedDataSet, folder: Path) -> int:
    """Add the version to a Delta table, digest and check included."""
    return lake.add(sen, folder / "tables").rows


def filtered(sen: PinnedDataSet, folder: Path) -> int:
    """Give what a filter leaves, four fifths of the rows, to an Arrow reader."""
    import pyarrow as pa

    rest = sen.scan().filter(pl.col("sex") != "Sex 001")
    return sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(sen.stream(rest)))


def duckdb(sen: PinnedDataSet, folder: Path) -> int:
    """Have DuckDB count all rows by group, out of a stream."""
    import duckdb as db

    given = sen.stream()  # noqa: F841 - DuckDB finds it by its name
    return int(sum(count for _, count in db.sql("select sex, count(*) from given group by all").fetchall()))


def lock(sen: PinnedDataSet, folder: Path) -> int:
    """Lock with the digest of the data file."""
    return int(sen.lock(folder / "ees.lock", data=True).data_size or 0)


def bundle(sen: PinnedDataSet, folder: Path) -> int:
    """Put all that the store has into a bundle."""
    store = Store(folder / "store")
    write_bundle(store, folder / "out.zip", stored_versions(store))
    return (folder / "out.zip").stat().st_size


def unbundled(sen: PinnedDataSet, folder: Path) -> int:
    """Read a part of the table out of the bundle."""
    return scan(sen, folder)


STEPS: dict[str, tuple[Callable[[PinnedDataSet, Path], int], str | None]] = {
    "download": (download, "store"),
    "convert": (convert, "store"),
    "filtered scan": (scan, "store"),
    "Arrow stream": (stream, "store"),
    "Delta table": (delta, "store"),
    "filtered stream": (filtered, "store"),
    "DuckDB of stream": (duckdb, "store"),
    "lock": (lock, "store"),
    "lock, no store": (lock, None),
    "bundle": (bundle, "store"),
    "scan of bundle": (unbundled, "out.zip"),
}
"""What is done, and where the client's store is in the folder of the run."""


def measure(step: str, address: str, folder: Path) -> None:
    """Take a step, and print what it took."""
    do, store = STEPS[step]
    kept = None if store is None else folder / store
    start, spent = time.perf_counter(), time.process_time()
    with Client(base_url=address, store=kept) as client:
        told = do(client.open(next(client.data_sets()).id), folder)
    took = {"seconds": time.perf_counter() - start, "processor": time.process_time() - spent}
    print(json.dumps({"peak": peak(), "told": told} | took))


def curve(count: int, steps: list[str], spent: dict[int, float]) -> dict[str, float]:
    """Peak of each step in megabytes, for so many rows; the processor's time for a row of the table is noted."""
    found: dict[str, float] = {}
    with serving_made(count) as address, tempfile.TemporaryDirectory() as folder:
        for step in steps:
            command = [sys.executable, __file__, "--measure", step, address, folder]
            done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            found[step] = done["peak"] / MB
            if step == "convert":
                spent[count] = done["processor"] / count
            print(f"{count:>12,} rows  {step:16} {found[step]:6.0f} MB  {done['seconds']:6.1f} s  {done['told']:>15,}")
            sys.stdout.flush()
        kept = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        print(f"{count:>12,} rows  on the disk at the end: {kept / MB:,.0f} MB")
    return found


def main() -> None:
    """Start the servers, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=COUNTS, help="how many rows, one size after the other")
    options.add_argument("--only", nargs="+", choices=[*STEPS], default=[*STEPS], help="some of the steps alone")
    options.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        step, address, folder = chosen.measure
        measure(step, address, Path(folder))
        return
    print(machine())
    spent: dict[int, float] = {}
    curves = {count: curve(count, chosen.only, spent) for count in chosen.rows}
    print(f"\n{'MB':16}" + "".join(f"{count // 1_000_000:>6} M" for count in curves))
    for step in chosen.only:
        print(f"{step:16}" + "".join(f"{found[step]:>8.0f}" for found in curves.values()))
    for count, seconds in spent.items():
        print(f"the processor's time for a million rows of the table, of {count:,}: {seconds * 1e6:.2f} s")
    if len(spent) > 1:
        *_, before, last = sorted(spent)
        print(
            f"{last:,} rows beside {before:,}: {spent[last] / spent[before]:.2f} times as much a row (at most {GROWTH})"
        )
    most, step = max((found[step], step) for found in curves.values() for step in found)
    print(f"{step}: {most:.0f} MB (at most {MOST})")


if __name__ == "__main__":
    main()
