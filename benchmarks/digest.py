"""The digest of a result of 1, 2 and 5 million rows, beside the same with each value written by itself.

The rows are made up (synthetic), as `read()` gives them: in order, labels as categories, a whole number, a number with
fractions and statuses. The digest is a SHA-256 of all values written as text, so that it cannot take less than that of
the bytes, which is given too. All in time of the processor.

    python benchmarks/digest.py [--rows 1000000 2000000 5000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from functools import partial

import polars as pl
from _made import rows
from _shared import Side, machine, take_turns

from eesclient import digest_of
from eesclient.results import receipts

MOST = 0.25
"""Share of the time of writing each value by itself."""

_SIZES = {"ethnicity": 20, "phase": 20, "sex": 5, "la": 250, "time_period": 10}


def made(count: int) -> pl.DataFrame:
    """A frame of so many rows."""
    places, left = {}, pl.col("number")
    for name, size in _SIZES.items():
        places[name], left = left % size, left // size
    frame = rows(pl.int_range(count, eager=True), places)
    return frame.with_columns(
        pl.col(pl.String).exclude("percent").cast(pl.Categorical),
        pl.col("percent").cast(pl.Float64, strict=False),
        percent_status=pl.when(pl.col("percent") == "c").then(pl.col("percent")).cast(pl.Categorical),
    )


def by_itself(frame: pl.DataFrame) -> Iterator[bytes]:
    """What the digest of a frame is taken of, each value written by itself."""
    yield f"ees1 {frame.height} {frame.width}\n".encode()
    for series in frame.iter_columns():
        kind = receipts._kind(series.name, series.dtype)
        yield f"{series.name}\0{kind}\0".encode()
        for values in receipts._slices(series):
            text = receipts._text(values.cast(pl.Float64) if kind == "f64" else values, kind)
            yield receipts._joined(receipts._tokens(text).fill_null("n"))


def plainly(frame: pl.DataFrame) -> int:
    """Take the digest of each value by itself."""
    digest = hashlib.sha256()
    for piece in by_itself(frame):
        digest.update(piece)
    return frame.height


def counted(frame: pl.DataFrame) -> int:
    """Take the digest."""
    digest_of(frame)
    return frame.height


def hashed(data: bytes, count: int) -> int:
    """Take the digest of bytes."""
    hashlib.sha256(data)
    return count


def main() -> None:
    """Measure each size, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 2_000_000, 5_000_000])
    options.add_argument("--rounds", type=int, default=3, help="runs of each side")
    chosen = options.parse_args()
    print(machine())
    shares = {}
    for count in chosen.rows:
        frame = made(count)
        data = b"".join(by_itself(frame))
        if digest_of(frame) != f"ees1:{hashlib.sha256(data).hexdigest()}":
            raise SystemExit("the two digests differ")
        size = f"{len(data) / 1e6:,.0f} MB"
        data = bytes(len(data))
        ours, plain, floor = sides = [
            Side(f"digest of {count:,} rows", chosen.rounds, partial(counted, frame), count),
            Side("each value by itself", chosen.rounds, partial(plainly, frame), count),
            Side(f"SHA-256 of {size}", chosen.rounds, partial(hashed, data, count), count),
        ]
        take_turns(sides)
        for side in sides:
            print(f"{side}; work {side.work:.2f} s")
        shares[count] = (ours.work / plain.work, ours.work / floor.work)
    curve = ", ".join(
        f"{share:.2f} of it at {count / 1e6:g} million rows ({times:.1f} x SHA-256)"
        for count, (share, times) in shares.items()
    )
    print(f"beside each value by itself, the digest takes {curve} (at most {MOST})")


if __name__ == "__main__":
    main()
