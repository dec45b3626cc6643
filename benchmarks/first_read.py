"""The first `read()` of 72 MB into a new store, beside the same without a store.

A server in another process sends the data file of 347,830 rows over loopback, by gzip as the service does. With a store
its rows are checked, the file is kept as it came, and a table of it is made and kept, from which the answer and all
later ones come. The time is that of the processor in this process, so that packing the file is not counted.

    python benchmarks/first_read.py [--data FOLDER] [--rounds 7]
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from pathlib import Path

from _shared import DATA, ROWS, Side, decoder, machine, serving, take_turns, without_isal

from eesclient.client import Client

MOST = 2.75
"""Times of a `read()` without a store: half of what it was when the file was packed anew and cut into runs (5.5)."""


def kept(address: str) -> int:
    """Read into a new store."""
    with tempfile.TemporaryDirectory() as folder, Client(base_url=address, store=folder) as client:
        return len(client.open(next(client.data_sets()).id).read())


def passed_by(address: str) -> int:
    """Read without a store."""
    with Client(base_url=address, store=None) as client:
        return len(client.open(next(client.data_sets()).id).read())


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=7, help="runs of each side")
    chosen = options.parse_args()
    with serving(chosen.data) as address:
        ours, plain = sides = [
            Side("first read() into a store", chosen.rounds, lambda: kept(address)),
            Side("read() without a store", chosen.rounds, lambda: passed_by(address)),
        ]
        if decoder() is not zlib:
            sides.append(Side("the first without isal", chosen.rounds, lambda: without_isal(lambda: kept(address))))
        kept(address)  # imports are paid for
        take_turns(sides)
    print(f"{ROWS:,} rows, medians")
    print(machine())
    for side in sides:
        print(f"{side}; work {side.work:.2f} s")
    print(f"a first read() into a store takes {ours.work / plain.work:.2f} x one without (at most {MOST})")


if __name__ == "__main__":
    main()
