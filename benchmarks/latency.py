"""35 pages at 100 ms latency: side by side, as by default, beside one after another.

A server in another process waits 100 ms before each answer; its pages are rendered and gzipped beforehand.

    python benchmarks/latency.py [--data FOLDER] [--rounds 5] [--latency 0.1]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _shared import DATA, PAGE_SIZE, ROWS, Side, machine, serving, take_turns

from eesclient.client import Client


def measure(address: str, rounds: int) -> list[Side]:
    """Run both sides turn by turn."""
    with Client(base_url=address, store=None) as usual, Client(base_url=address, store=None, max_in_flight=1) as single:
        id_ = next(usual.data_sets()).id
        sides = []
        for name, client in (("default settings", usual), ("one after another", single)):
            data_set = client.open(id_, version="1.0")
            query = data_set.build(page_size=PAGE_SIZE)
            data_set.query(query)  # the server renders what it is first asked for
            sides.append(Side(name, rounds, lambda d=data_set, q=query: len(d.query(q))))  # type: ignore[misc]
        take_turns(sides)
    return sides


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=5, help="runs of each side")
    options.add_argument("--latency", type=float, default=0.1, help="seconds before each answer")
    chosen = options.parse_args()
    with serving(chosen.data, latency=chosen.latency) as address:
        usual, single = sides = measure(address, chosen.rounds)
    print(f"{ROWS:,} rows in pages of {PAGE_SIZE:,} at {chosen.latency * 1000:.0f} ms latency, medians")
    print(machine())
    for side in sides:
        print(side)
    print(f"{single.median / usual.median:.1f} x faster side by side than one after another (at least 3)")


if __name__ == "__main__":
    main()
