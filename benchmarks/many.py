"""A lock of 40 data sets synced into a new store: side by side, as by default, beside one after another.

`ees serve` in another process has them: 40 made-up (synthetic) data files of 1 MB each. It waits 100 ms before each
answer, all of which are rendered and gzipped beforehand, and counts what it is asked. Each sync is a process of its own
that has imported all it needs, and read another data set before it begins; its memory is the high-water mark. Then each
syncs once more, with nothing new.

    python benchmarks/many.py [--rounds 3] [--latency 0.1] [--data-sets 40]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from _shared import listening, machine
from memory import MB, peak

from eesclient.client import Client
from eesclient.local import Service, web

ROWS = 9_000
"""Rows of each data file: 1 MB."""


_META = """col_name,col_type,label,indicator_unit,indicator_dp
sex,Filter,Sex,,
ethnicity,Filter,Ethnicity,,
pupils,Indicator,Pupils (synthetic),,0
percent,Indicator,Percentage (synthetic),%,1
"""
_HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,new_la_code,old_la_code,la_name,"
_HEADER += "sex,ethnicity,pupils,percent"


def _row(place: int, number: int) -> str:
    year, la, sex, ethnicity = number % 10, number // 10 % 100, number // 1000 % 3, number // 3000
    authority = f"E92000001,England,E06000{la:03},{la:03},Authority {la:03}"
    figures = f"{(number + place) * 7919 % 10_007},{(number + place) * 31 % 1000 / 10}"
    return f"{2015 + year},Calendar year,Local authority,{authority},Sex {sex},Ethnicity {ethnicity},{figures}"


def make(folder: Path, count: int) -> None:
    """Write the data sets, and one more that is read before all is measured."""
    for place in range(count + 1):
        name = "warm" if place == count else f"set{place:02}"
        (folder / f"{name}.meta.csv").write_text(_META)
        lines = [_HEADER, *(_row(place, number) for number in range(ROWS)), ""]
        (folder / f"{name}.csv").write_text("\n".join(lines))


def serve(folder: Path, latency: float, count: int) -> None:
    """Answer as `ees serve`, each time after so many seconds, until stopped; the first line printed is the port."""
    make(folder, count)
    served, asked = web.application(Service.from_folder(folder)), 0
    answers: dict[tuple[str, bytes], list[Any]] = {}

    async def late(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        if scope["type"] == "http" and scope["path"] == "/asked":
            count, asked = asked, 0
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(count).encode()})
            return
        if scope["type"] != "http":
            await served(scope, receive, send)
            return
        asked += 1
        await asyncio.sleep(latency)
        key = scope["path"], scope["query_string"]
        if key not in answers:
            said: list[Any] = []

            async def note(message: Any) -> None:
                said.append(message)

            await served(scope, receive, note)
            answers[key] = said
        for message in answers[key]:
            await send(message)

    with web.listen("127.0.0.1", 0) as listening:
        print(listening.getsockname()[1], flush=True)
        web.server(late).run(sockets=[listening])


@contextmanager
def serving(latency: float, count: int) -> Iterator[str]:
    """The address of the server, stopped in the end."""
    with (
        tempfile.TemporaryDirectory() as folder,
        listening(__file__, "--serve", folder, str(latency), str(count)) as address,
    ):
        yield address


def measure(address: str, lock: str, in_flight: int) -> dict[str, float]:
    """Sync into a new store, and once more."""
    with tempfile.TemporaryDirectory() as folder:
        store, path = Path(folder) / "store", Path(folder) / "ees.lock"
        path.write_bytes(Path(lock).read_bytes())
        with Client(base_url=address, store=Path(folder) / "other") as client:
            client.open(next(one.id for one in client.data_sets() if "warm" in one.title.lower())).scan()
        httpx.get(f"{address}/asked")
        found: dict[str, float] = {}
        for name in ("first", "second"):
            start, busy = time.perf_counter(), time.process_time()
            with Client(base_url=address, store=store, max_in_flight=in_flight) as client:
                report = client.sync(path)
            found[f"{name} s"] = time.perf_counter() - start
            found[f"{name} busy"] = time.process_time() - busy
            found[f"{name} asked"] = int(httpx.get(f"{address}/asked").text)
            if not report.is_complete:
                raise SystemExit(report.summary())
            found.setdefault("peak", peak())
        return found


def measured(*arguments: str) -> dict[str, float]:
    """What a process of its own took for it."""
    command = [sys.executable, __file__, "--measure", *arguments]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return result


def main() -> None:
    """Start the server, measure turn by turn, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3, help="runs of each side")
    options.add_argument("--latency", type=float, default=0.1, help="seconds before each answer")
    options.add_argument("--data-sets", type=int, default=40, help="how many are locked")
    options.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        folder, latency, count = chosen.serve
        serve(Path(folder), float(latency), int(count))
        return
    if chosen.measure:
        address, lock, in_flight = chosen.measure
        print(json.dumps(measure(address, lock, int(in_flight))))
        return
    with serving(chosen.latency, chosen.data_sets) as address, tempfile.TemporaryDirectory() as folder:
        lock = str(Path(folder) / "ees.lock")
        with Client(base_url=address, store=None) as client:
            ids = [one.id for one in client.data_sets() if "warm" not in one.title.lower()]
            for id_ in ids:
                client.open(id_).lock(lock)
        sides: dict[str, list[dict[str, float]]] = {"6": [], "1": []}
        measured(address, lock, "6")  # the server renders what it is first asked for
        for _ in range(chosen.rounds):
            for in_flight, found in sides.items():
                found.append(measured(address, lock, in_flight))
    report(sides, chosen.data_sets, chosen.latency)


def report(sides: dict[str, list[dict[str, float]]], count: int, latency: float) -> None:
    """Print what came out."""
    print(f"{count} data sets of 1 MB at {latency * 1000:.0f} ms latency, medians")
    print(machine())
    middle = {side: {name: median(one[name] for one in found) for name in found[0]} for side, found in sides.items()}
    for name, side in (("side by side", "6"), ("one after another", "1")):
        times = " ".join(f"{one['first s']:.2f}" for one in sides[side])
        mine = middle[side]
        print(f"{name:20} {mine['first s']:6.2f} s ({times}), of which {mine['first busy']:.1f} s of work")
        print(f"{'':20} {mine['first asked']:.0f} requests, peak {mine['peak'] / MB:.0f} MB", end="; ")
        print(f"again: {mine['second s']:.2f} s, {mine['second asked']:.0f} requests")
    many, single = middle["6"], middle["1"]
    print(
        f"{single['first s'] / many['first s']:.1f} x faster side by side than one after another (at least 5), memory "
        f"{many['peak'] / single['peak']:.2f} x (at most 1.5), requests {many['first asked']:.0f} (at most 125) and "
        f"{many['second asked']:.0f} (at most 45)"
    )


if __name__ == "__main__":
    main()
