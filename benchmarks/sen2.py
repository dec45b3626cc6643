"""A return out of its XML: nine typed frames with keys and lines, beside `lxml.iterparse` into dicts and frames.

A synthetic return of 165,000 persons, some 250 MB of XML, is made once; every time it is read by a new process, which
has imported its libraries and read a small return before. `sen2.read` gives typed frames with keys, the lines of
records and elements, and all that columns cannot hold; lxml gives dicts of each record's own elements, and
`pl.DataFrame` makes frames of them: text, without keys and lines. Memory is the high-water mark of the process minus
what it was before, and minus the frames: 16 bytes for a text and its own length where that is more than 12 bytes, 4 for
a number or a day, 2 for the line of an element, and a bit for whether it is there. Processes of their own read the
return, check it by all rules of its year, and write it as XML and as a Blade export.

    python benchmarks/sen2.py [--persons 165000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import polars as pl
from _shared import machine, peak

from eesclient import sen2

T = TypeVar("T")

MB = 1_000_000
RECORDS = {table.element: name for name, table in sen2.specification(2025).tables.items()}


def by_lxml(path: Path) -> dict[str, pl.DataFrame]:
    """The records as dicts, and frames of them."""
    from lxml import etree

    found: dict[str, list[dict[str, str]]] = {tag: [] for tag in RECORDS}
    for _, element in etree.iterparse(path, tag=tuple(RECORDS)):
        found[element.tag].append({child.tag: child.text or "" for child in element if not len(child)})
        if element.tag == "Person":
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return {name: pl.DataFrame(found[tag], infer_schema_length=None) for tag, name in RECORDS.items()}


def size(frame: pl.DataFrame) -> int:
    """What a frame takes in memory at least, in bytes."""
    total = 0
    for column in frame:
        total += len(column) // 8
        if column.dtype == pl.String:
            lengths = column.str.len_bytes()
            total += 16 * len(column) + int(lengths.filter(lengths > 12).sum())
        else:
            total += 4 * len(column)
    return total


def timed(
    read: Callable[[Path], T], frames_of: Callable[[T], Mapping[str, pl.DataFrame]], path: Path
) -> dict[str, Any]:
    """What reading takes: seconds, and memory above the frames."""
    before, start, processor = peak(), time.perf_counter(), time.process_time()
    found = read(path)
    seconds, processor, after = time.perf_counter() - start, time.process_time() - processor, peak()
    held = frames_of(found)
    frames = sum(map(size, held.values()))
    if isinstance(found, sen2.Return):
        # the line of each element
        frames += 2 * sum(found.lines(name).width * frame.height for name, frame in held.items())
    rows = {name: frame.height for name, frame in held.items()}
    return {
        "seconds": seconds,
        "processor": processor,
        "above": after - before - frames,
        "frames": frames,
        "rows": rows,
    }


def after_reading(path: Path) -> dict[str, float]:
    """Seconds that checking a return by all rules takes, and writing it, beside those that reading it takes."""
    seconds, start = {}, time.perf_counter()
    found = sen2.read(path)
    seconds["read"] = time.perf_counter() - start
    works: dict[str, Callable[[], object]] = {
        "check": found.check,
        "write_xml": lambda: found.write_xml(path.with_name("again.xml")),
        "write_blade": lambda: found.write_blade(path.with_name(f"{path.stem} blade")),
    }
    for name, work in works.items():
        start = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - start
    return seconds


def ours(path: Path) -> dict[str, Any]:
    """Read by this package."""
    return timed(sen2.read, lambda found: found.frames, path)


def theirs(path: Path) -> dict[str, Any]:
    """Read by lxml."""
    return timed(by_lxml, lambda found: found, path)


def measure(side: str, path: Path) -> None:
    """Read a small return, then the file, and print what that took."""
    small = path.with_name("small.xml")
    do = {"ours": ours, "theirs": theirs, "after": after_reading}[side]
    do(small)
    print(json.dumps(do(path)))


def measured(side: str, path: Path) -> dict[str, Any]:
    """What a process of its own took for it."""
    command = [sys.executable, __file__, "--measure", side, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def report_after(runs: list[dict[str, float]]) -> None:
    """Say what checks and writing took beside reading in the same process, run by run."""
    said = ", ".join(f"{name} {median(run[name] for run in runs):.2f} s" for name in runs[0])
    times = median(run["check"] / run["read"] for run in runs)
    print(f"in one process: {said}")
    print(f"all checks take {times:.2f} x the time of reading (at most 2)")


def main() -> None:
    """Make the file, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--persons", type=int, default=165_000, help="persons of the synthetic return")
    options.add_argument("--rounds", type=int, default=3, help="runs of each side")
    options.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        measure(chosen.measure[0], Path(chosen.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "synthetic.xml"
        sen2.demo(1_000).write_xml(path.with_name("small.xml"))
        # some findings are made too, in one of a hundred persons
        sen2.demo(chosen.persons, faults={"K27": chosen.persons // 100}).write_xml(path)
        bytes_ = path.stat().st_size
        found: dict[str, list[dict[str, Any]]] = {"ours": [], "theirs": [], "after": []}
        for _ in range(chosen.rounds):
            for side, results in found.items():
                results.append(measured(side, path))
    if found["ours"][0]["rows"] != found["theirs"][0]["rows"]:
        raise SystemExit("the two sides have other records")
    print(f"{chosen.persons:,} synthetic persons, {bytes_ / MB:.0f} MB of XML, {chosen.rounds} runs of each side")
    print(machine())
    after = found.pop("after")
    seconds = {side: median(result["seconds"] for result in results) for side, results in found.items()}
    above = {side: median(result["above"] for result in results) for side, results in found.items()}
    for side, name in (("ours", "sen2.read"), ("theirs", "lxml.iterparse + dicts + pl.DataFrame")):
        frames = found[side][0]["frames"] / MB
        runs = " ".join(f"{result['seconds']:.2f}" for result in found[side])
        processor = median(result["processor"] for result in found[side])
        print(f"{name}: {seconds[side]:.2f} s ({runs}), {processor:.2f} s of a processor")
        print(f"    frames {frames:.0f} MB, {above[side] / MB:.0f} MB above them")
    print(
        f"{seconds['theirs'] / seconds['ours']:.1f} x faster than lxml.iterparse (at least 3); peak above the frames "
        f"{above['ours'] / bytes_:.0%} of the file (at most 25 %)"
    )
    report_after(after)


if __name__ == "__main__":
    main()
