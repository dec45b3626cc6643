"""The second start of the service in a box with a data set of 72 MB, which it kept at the first.

Each start is a process of its own with its libraries loaded; where blake3 is installed, which the extra `fast` brings,
others do without it. Then a byte of the file is changed and its time set back:
the next start reads it anew, and serves what it says.

    python benchmarks/box_start.py [--data FOLDER] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from _box import MB, load, unpacked
from _shared import DATA, ROWS, machine


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=7, help="second starts")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, cache = Path(made) / "box", Path(made) / "cache"
        folder.mkdir()
        data = unpacked(chosen.data, folder)
        first = load(folder, cache)
        later = [load(folder, cache) for _ in range(chosen.rounds)]
        plain = []
        if find_spec("blake3"):
            load(folder, cache, without=["blake3"])
            plain = [load(folder, cache, without=["blake3"]) for _ in range(chosen.rounds)]
        entries = [*cache.glob("eesclient/box/*")]
        was, content = data.stat(), bytearray(data.read_bytes())
        content[-2] = ord("1") if content[-2] != ord("1") else ord("2")
        data.write_bytes(content)
        os.utime(data, ns=(was.st_atime_ns, was.st_mtime_ns))
        load(folder, cache)
        if len([*cache.glob("eesclient/box/*")]) != len(entries) + 1:
            raise SystemExit("the changed file was not read anew")
        size = entries[0].stat().st_size
    if {one["rows"] for one in [*later, *plain]} != {ROWS}:
        raise SystemExit("a start has other rows")
    print(f"{ROWS:,} rows, {len(content) / MB:.0f} MB of CSV, of which {size / MB:.1f} MB are kept")
    print(machine())
    print(f"first start   {first['seconds']:.3f} s, processor {first['cpu']:.3f} s, {first['peak'] / MB:.0f} MB")
    for one in [*later, *plain]:
        print(f"second start  {one['seconds']:.3f} s, processor {one['cpu']:.3f} s, {one['peak'] / MB:.0f} MB")
    told = [_told("with blake3", later), _told("without", plain)] if plain else [_told("without blake3", later)]
    print(f"second start {', '.join(told)} (at most 0.05); a byte changed is read anew")


def _told(how: str, starts: list[dict[str, Any]]) -> str:
    seconds = [start["seconds"] for start in starts]
    return f"{how} {median(seconds):.3f} s, at best {min(seconds):.3f} s"


if __name__ == "__main__":
    main()
