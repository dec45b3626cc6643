"""The service in a box loads a data set of 72 MB, beside Polars, which reads the same bytes as text.

The file is read strictly, its texts are checked and numbered, and the table is packed; nothing is kept for the next
start. Polars makes text of the file's bytes, which are in memory. Time is taken turn by turn in one process; memory is
that of a process of its own, as the high-water mark minus what it was before. The same file by gzip stands beside.

    python benchmarks/box_load.py [--data FOLDER] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import polars as pl
from _box import MB, load, unpacked
from _shared import DATA, NAME, ROWS, Side, machine, take_turns

from eesclient.local.pairs import load_folder


class Counted(Side):
    """A side of which the time of the processor is taken too, which other work on the machine changes less."""

    def __init__(self, name: str, rounds: int, read: Callable[[], int]) -> None:
        super().__init__(name, rounds, read)
        self.cpu: list[float] = []

    def run(self) -> None:
        """Read once more."""
        start = time.process_time()
        super().run()
        self.cpu.append(time.process_time() - start)

    def __str__(self) -> str:
        return f"{super().__str__()}, of the processor {median(self.cpu):.3f} s"


def rows_of(folder: Path) -> int:
    """Load a folder."""
    return next(iter(load_folder(folder).data_sets.values())).versions[0].data.rows.height


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=7, help="runs of each side")
    chosen = options.parse_args()
    os.environ["EES_STORE"] = "none"
    with tempfile.TemporaryDirectory() as made:
        plain, packed = Path(made) / "plain", Path(made) / "packed"
        for folder in (plain, packed):
            folder.mkdir()
        content = unpacked(chosen.data, plain).read_bytes()
        for name in (f"{NAME}.csv.gz", f"{NAME}.meta.csv"):
            shutil.copyfile(chosen.data / name, packed / name)
        sides = [
            Counted("the box", chosen.rounds, lambda: rows_of(plain)),
            Counted("the box, of a .csv.gz", chosen.rounds, lambda: rows_of(packed)),
            Counted("Polars, as text", chosen.rounds, lambda: pl.read_csv(content, infer_schema=False).height),
        ]
        take_turns(sides)
        alone = load(plain)
    box, _, text = sides
    print(f"{ROWS:,} rows, {len(content) / MB:.0f} MB of CSV, medians")
    print(machine())
    for side in sides:
        print(side)
    ratio, cpu = box.median / text.median, median(box.cpu) / median(text.cpu)
    print(f"{cpu:.1f} x the time of the processor")
    print(f"{ratio:.1f} x the time of the text (at most 3.5), {alone['peak'] / MB:.0f} MB (at most 280)")


if __name__ == "__main__":
    main()
