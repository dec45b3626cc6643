"""`/meta` of 1,000, 10,000 and 100,000 made-up (synthetic) schools from `ees serve`: the first request, and others.

By one connection over loopback, by gzip as clients ask for it, and without. Without it most of the time is the sending
of 80 bytes a school.

    python benchmarks/box_meta.py [--schools 1000 10000 100000]
"""

from __future__ import annotations

import argparse
import http.client
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from _box import served
from _shared import machine

from eesclient.local.holdings import stable_id

NAME = "schools_synthetic"
_HEADINGS = "time_period,time_identifier,geographic_level,school_urn,school_laestab,school_name,n"


def make(folder: Path, count: int) -> None:
    """Write a CSV pair with a row for each school."""
    rows = (
        f"2023,Calendar year,School,{100_000 + number},{2_000_000 + number},School {number} (synthetic),{number % 97}"
        for number in range(count)
    )
    (folder / f"{NAME}.csv").write_text("\n".join([_HEADINGS, *rows, ""]))
    (folder / f"{NAME}.meta.csv").write_text("col_name,col_type,label\nn,Indicator,Number (synthetic)\n")


def asked(port: int, encoding: str, rounds: int) -> tuple[list[float], int]:
    """Milliseconds of each request, and bytes that came."""
    client, took, size = http.client.HTTPConnection("127.0.0.1", port), [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        client.request(
            "GET", f"/v1/data-sets/{stable_id('data-set', NAME)}/meta", headers={"accept-encoding": encoding}
        )
        answer = client.getresponse()
        size = len(answer.read())
        took.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}")
    client.close()
    return took, size


def main() -> None:
    """Start the servers, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--schools", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="how many there are")
    options.add_argument("--rounds", type=int, default=15, help="requests of each kind")
    chosen = options.parse_args()
    print(machine())
    middle = 0.0
    for count in chosen.schools:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), count)
            with served(Path(folder)) as port:
                for encoding in ("gzip", "identity"):
                    (first, *later), size = asked(port, encoding, chosen.rounds)
                    found = median(later)
                    middle = found if encoding == "gzip" else middle
                    print(
                        f"{count:>8,} schools, {encoding:8} {size / 1000:>7,.0f} kB: first {first:6.1f} ms, "
                        f"then {found:5.1f} ms, at best {min(later):5.1f} ms"
                    )
        sys.stdout.flush()
    print(f"/meta of {chosen.schools[-1]:,} schools after the first: {middle:.1f} ms (at most 5)")


if __name__ == "__main__":
    main()
