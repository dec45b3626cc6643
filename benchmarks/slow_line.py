"""All rows by `auto` on a slow line, beside each route by itself: 10,000 to 347,830 rows.

A server in another process answers as the service does, from the first rows of a published data file and all of them.
It thinks 300 ms before each answer, of which each comes 50 ms later over a line of 20 Mbit/s that all of them share.
What it answers is rendered and gzipped beforehand.

    python benchmarks/slow_line.py [--data FOLDER] [--rounds 3] [--rows 10000 100000 165000 347830]
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Literal

from _shared import DATA, NAME, ROWS, Answering, Side, listen, listening, machine, take_turns

from eesclient.client import Client
from eesclient.local.service import Service

SIZES = (10_000, 100_000, 165_000, ROWS)
MOST = 1.05
"""Times of the quicker route by itself that `auto` may take."""

_LATENCY, _THINKING, _BYTES = 0.05, 0.3, 20_000_000 / 8
_PIECE = 1 << 14


class Line:
    """What all answers share: so many bytes a second."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = 0.0

    def wait(self, size: int) -> None:
        """Wait until so many bytes have gone."""
        with self._lock:
            self._free = max(self._free, time.monotonic()) + size / _BYTES
            until = self._free
        time.sleep(max(0.0, until - time.monotonic()))


def serve(folder: Path) -> None:
    """Answer over loopback until it is stopped; the first line printed is the port."""
    service, line, answers = Service.from_folder(folder), Line(), dict[tuple[str, bytes], tuple[int, bytes]]()

    class Handler(Answering):
        def answer(self) -> None:
            asked = self.asked()
            key = (self.path, asked.body or b"")
            if key not in answers:
                response = service.handle(asked)
                answers[key] = response.status, gzip.compress(response.body, 6)
            else:
                time.sleep(_THINKING + _LATENCY)
            status, body = answers[key]
            kind = "text/csv" if "/csv" in self.path else "application/json"
            self.head(status, type=kind, encoding="gzip", length=str(len(body)))
            for start in range(0, len(body), _PIECE):
                piece = body[start : start + _PIECE]
                line.wait(len(piece))
                self.wfile.write(piece)
                self.wfile.flush()

    listen(Handler)


@contextmanager
def serving(data: Path, rows: int) -> Iterator[str]:
    """The address of a server of so many rows, stopped in the end."""
    with tempfile.TemporaryDirectory() as folder:
        lines = gzip.decompress((data / f"{NAME}.csv.gz").read_bytes()).splitlines(keepends=True)
        (Path(folder) / f"{NAME}.csv").write_bytes(b"".join(lines[: rows + 1]))
        (Path(folder) / f"{NAME}.meta.csv").write_bytes((data / f"{NAME}.meta.csv").read_bytes())
        with listening(__file__, "--serve", folder) as address:
            yield address


def measure(address: str, rows: int, rounds: int) -> list[Side]:
    """Run all sides, turn by turn; `auto` first."""

    def ask(route: Literal["auto", "csv", "pages"]) -> int:
        return len(data_set.query(route=route))

    with Client(base_url=address, store=None) as client:
        data_set = client.open(next(client.data_sets()).id)
        names: tuple[Literal["auto", "csv", "pages"], ...] = ("auto", "csv", "pages")
        sides = [Side(f"{rows:,} rows by {name}", rounds, partial(ask, name), rows) for name in names]
        for name in names:
            ask(name)  # the server renders what it is first asked for
        take_turns(sides)
    return sides


def main() -> None:
    """Start the servers, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=3, help="runs of each side")
    options.add_argument("--rows", type=int, nargs="+", default=SIZES, help="how many rows, one size after the other")
    options.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve(Path(chosen.serve))
        return
    print("all rows over a line of 20 Mbit/s, 50 ms latency, 300 ms of thought, medians")
    print(machine())
    ratios = []
    for rows in chosen.rows:
        with serving(chosen.data, rows) as address:
            auto, *others = sides = measure(address, rows, chosen.rounds)
        for side in sides:
            print(side)
        ratios.append(f"{auto.median / min(side.median for side in others):.2f} of {rows:,} rows")
    print(f"auto beside the quicker route by itself: {', '.join(ratios)} (at most {MOST})")


if __name__ == "__main__":
    main()
