"""How much memory it takes: an answer by pages, and 5 million rows from the service to a filtered scan.

Each is measured in processes of its own, as the high-water mark of its memory minus what it was before the call. The
pages are those of 347,830 rows over loopback; beside the frame that is kept, reading them may take twice its size. A
question of 50 rows comes before, as what Polars loads at its first use (some 20 MB of code) is no part of an answer;
with that included, it is given too. The 5 million rows are made up (synthetic), the same ones every time: their data
file is fetched into a new store, converted, and scanned with a filter.

    python benchmarks/memory.py [--data FOLDER] [--only pages|scan] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import polars as pl
from _made import MADE_ROWS, serving_made
from _shared import DATA, ROWS, machine, peak, serving

from eesclient.client import Client

MB = 1_000_000


def pages(address: str) -> dict[str, float]:
    """Read an answer by pages."""
    with Client(base_url=address, store=None) as client:
        data_set = client.open(next(client.data_sets()).id)
        cold = peak()
        data_set.query(route="pages", limit=50)
        before = peak()
        frame = data_set.query(route="pages").frame
        after, size = peak(), frame.estimated_size()
        return {
            "peak": after - before,
            "frame": size,
            "above": (after - before - size) / size,
            "all_above": (after - cold - size) / size,
        }


def scan(address: str) -> dict[str, float]:
    """Fetch a data file into a new store, convert it, and read a part of it."""
    with tempfile.TemporaryDirectory() as store, Client(base_url=address, store=store) as client:
        data_set = client.open(next(client.data_sets()).id)
        before, start = peak(), time.perf_counter()
        frame = data_set.scan()
        made = time.perf_counter() - start
        found = frame.filter(pl.col("sex") == "Sex 001", pl.col("time_period") == "2024").collect()
        blobs = sum(blob.stat().st_size for blob in (Path(store) / "blobs").iterdir())
        total = frame.select(pl.len()).collect().item()
        if total != MADE_ROWS:
            raise SystemExit(f"{total:,} rows instead of {MADE_ROWS:,}")
        return {"peak": peak() - before, "rows": found.height, "seconds": made, "store": blobs}


def measured(what: str, address: str) -> dict[str, float]:
    """What a process of its own took for it."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", what, address], check=True, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def by_pages(data: Path, rounds: int) -> str:
    """Measure pages, and say what came out."""
    with serving(data) as address:
        measured("pages", address)  # the server renders what it is first asked for
        found = [measured("pages", address) for _ in range(rounds)]
    middle = {name: median(item[name] for item in found) for name in found[0]}
    peaks = " ".join(f"{item['peak'] / MB:.0f}" for item in found)
    print(
        f"{ROWS:,} rows by pages: peak {middle['peak'] / MB:.0f} MB ({peaks}), "
        f"of which the frame {middle['frame'] / MB:.0f} MB"
    )
    return (
        f"pages: {middle['above']:.1f} x the frame's size above the frame (at most 2), "
        f"{middle['all_above']:.1f} x with what Polars loads at its first use"
    )


def by_scan() -> str:
    """Measure a scan of the made rows, and say what came out."""
    with serving_made() as address:
        found = measured("scan", address)
    print(
        f"{MADE_ROWS:,} synthetic rows into a store of {found['store'] / MB:.0f} MB in {found['seconds']:.0f} s; "
        f"{found['rows']:,.0f} read: peak {found['peak'] / MB:.0f} MB"
    )
    return f"5 million rows: {found['peak'] / MB:.0f} MB (at most 600)"


def main() -> None:
    """Start the servers, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--only", choices=["pages", "scan"], help="one of the two alone")
    options.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--rounds", type=int, default=5, help="processes that read pages")
    chosen = options.parse_args()
    if chosen.measure:
        what, address = chosen.measure
        print(json.dumps({"pages": pages, "scan": scan}[what](address)))
        return
    print(machine())
    closing = [by_pages(chosen.data, chosen.rounds)] if chosen.only != "scan" else []
    closing += [by_scan()] if chosen.only != "pages" else []
    print("; ".join(closing))


if __name__ == "__main__":
    main()
