"""Memory of the service in a box for 1, 5 and 20 million made-up (synthetic) rows: a load in a process of its own.

The CSV has 128 MB a million rows. Memory is the high-water mark of the process minus what it was before the load; the
table then takes what the process has more in the end, which is far less.

    python benchmarks/box_growth.py [--rows 1000000 5000000 20000000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from _box import MB, load
from _made import META, NAME, blocks
from _shared import machine

COUNTS = [1_000_000, 5_000_000, 20_000_000]
MOST = {5_000_000: 2_000, 20_000_000: 8_000}
"""Megabytes that so many rows may take."""


def make(folder: Path, total: int) -> int:
    """Write a CSV pair of so many rows; gives the bytes of the data file."""
    (folder / f"{NAME}.meta.csv").write_text(META)
    with (folder / f"{NAME}.csv").open("wb") as file:
        file.writelines(blocks(total))
        return file.tell()


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=COUNTS, help="how many rows, one size after the other")
    chosen = options.parse_args()
    print(machine())
    found = {}
    for count in chosen.rows:
        with tempfile.TemporaryDirectory() as folder:
            size = make(Path(folder), count)
            done = load(Path(folder))
        if done["rows"] != count:
            raise SystemExit(f"{done['rows']:,} rows instead of {count:,}")
        found[count] = done["peak"] / MB
        print(
            f"{count:>12,} rows, {size / MB:6.0f} MB of CSV: {found[count]:6.0f} MB, {done['seconds']:6.1f} s, "
            f"of the processor {done['cpu'] / count * 1e6:.2f} s a million rows"
        )
        sys.stdout.flush()
    said = [
        f"{found[count]:.0f} MB of {count // 1_000_000} million rows (at most {MOST[count]:,})"
        for count in MOST
        if count in found
    ]
    print(", ".join(said))


if __name__ == "__main__":
    main()
