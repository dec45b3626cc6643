"""A version that was read before: out of the store, beside Parquet itself, and beside pages over loopback.

The store holds the whole data set of 347,830 rows. `read()` is measured against `polars.read_parquet` of a file with
the very same columns; a question that keeps about 150,000 rows against the same question paged over loopback, from a
server in another process that has its pages rendered and gzipped.

    python benchmarks/warm_read.py [--data FOLDER] [--rounds 5]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import polars as pl
from _shared import DATA, ROWS, Side, machine, serving, take_turns

from eesclient.client import Client
from eesclient.data_set import PinnedDataSet
from eesclient.query.question import Query


def question(data_set: PinnedDataSet) -> Query:
    """The question that keeps about 150,000 rows: two types of school, all indicators."""
    return data_set.build(filters={"phase_type_grouping": ["State-funded primary", "State-funded secondary"]})


def measure(address: str, folder: Path, rounds: int) -> list[Side]:
    """Fill a store, and run all sides turn by turn."""
    with Client(base_url=address, store=folder / "store") as warm, Client(base_url=address, store=None) as cold:
        id_ = next(warm.data_sets()).id
        kept, paged = warm.open(id_, version="1.0"), cold.open(id_, version="1.0")
        whole = kept.read()
        whole.frame.write_parquet(folder / "beside.parquet")
        query = question(kept)
        rows = len(paged.query(query, route="pages"))  # the server renders what it is first asked for
        found = kept.query(query)
        if found.route != "store" or not found.frame.equals(paged.query(query, route="pages").frame):
            raise SystemExit("the store does not give what the pages give")
        sides = [
            Side("warm read()", rounds, lambda: len(kept.read())),
            Side("polars.read_parquet", rounds, lambda: pl.read_parquet(folder / "beside.parquet").height),
            Side(f"warm question, {rows:,} rows", rounds, lambda: len(kept.query(query)), rows),
            Side("the same by pages", rounds, lambda: len(paged.query(query, route="pages")), rows),
        ]
        take_turns(sides)
    return sides


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=5, help="runs of each side")
    chosen = options.parse_args()
    with serving(chosen.data) as address, tempfile.TemporaryDirectory() as folder:
        read, parquet, warm, paged = sides = measure(address, Path(folder), chosen.rounds)
    print(f"{ROWS:,} rows that were read before, medians")
    print(machine())
    for side in sides:
        print(side)
    print(
        f"read() {read.median / parquet.median:.2f} x the time of polars.read_parquet (at most 1.5); "
        f"the question {paged.median / warm.median:.1f} x faster than by pages (at least 10)"
    )


if __name__ == "__main__":
    main()
