"""A dashboard's small question to a stored data set, beside DuckDB and Polars: alone, and fifty at a time.

The data set has 347,830 rows, of which the question keeps 140. DuckDB (two threads) reads a Parquet file with the very
same columns and gives tuples; Polars filters the same frame in memory, and scans the file. Then fifty threads, and
fifty tasks of one `AsyncClient`, ask at the same time; how late a timer of the event loop wakes meanwhile is told too.

    python benchmarks/small_question.py [--data FOLDER] [--rounds 300]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median

import duckdb
import polars as pl
from _shared import DATA, NAME, SMALL, machine

from eesclient.aio.client import AsyncClient
from eesclient.client import Client
from eesclient.local.service import Service

AT_ONCE = 50
# questions of one side before the next has its turn: one alone finds in the processor's caches what others left there
IN_TURN = 20
SQL = (
    "SELECT * FROM '{}' WHERE characteristic = 'Total' AND phase_type_grouping = 'Total' "
    "AND geographic_level IN ('National', 'Regional')"
)
SAME = (
    (pl.col("characteristic") == "Total")
    & (pl.col("phase_type_grouping") == "Total")
    & (pl.col("geographic_level").is_in(["National", "Regional"]))
)


def alone(sides: dict[str, Callable[[], int]], rounds: int, rows: int) -> dict[str, tuple[float, float]]:
    """Median seconds of each side, by the clock and of the processor, some questions of each turn by turn."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(max(1, rounds // IN_TURN)):
        for name, ask in sides.items():
            for _ in range(min(rounds, IN_TURN)):
                start = time.perf_counter(), time.process_time()
                found = ask()
                seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
                if found != rows:
                    raise SystemExit(f"{name}: {found} rows instead of {rows}")
    return {name: (median(t for t, _ in times), median(t for _, t in times)) for name, times in seconds.items()}


def by_threads(ask: Callable[[], object], each: int) -> tuple[float, float]:
    """Questions a second when fifty threads ask, and the seconds after which 99 of 100 are answered."""
    seconds: list[float] = []

    def work() -> None:
        for _ in range(each):
            start = time.perf_counter()
            ask()
            seconds.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(seconds) / (time.perf_counter() - start), late(seconds)


async def by_tasks(ask: Callable[[], Awaitable[object]], each: int) -> tuple[float, float, float]:
    """The same by fifty tasks, and how late the event loop is in 99 of 100 cases."""
    seconds: list[float] = []
    waits: list[float] = []

    async def work() -> None:
        for _ in range(each):
            start = time.perf_counter()
            await ask()
            seconds.append(time.perf_counter() - start)

    async def tick() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - start - 0.001)

    ticking = asyncio.create_task(tick())
    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    total = time.perf_counter() - start
    ticking.cancel()
    return len(seconds) / total, late(seconds), late(waits)


def late(seconds: Sequence[float]) -> float:
    """What 99 of 100 are below."""
    return sorted(seconds)[len(seconds) * 99 // 100]


def main() -> None:
    """Fill a store, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=300, help="questions of each side")
    chosen = options.parse_args()
    service = Service.from_folder(chosen.data, names=[NAME])
    print(machine())
    with tempfile.TemporaryDirectory() as folder, Client(service=service, store=Path(folder) / "store") as client:
        id_ = next(client.data_sets()).id
        data_set = client.open(id_)
        file = Path(folder) / "beside.parquet"
        frame = data_set.read().frame
        frame.write_parquet(file)
        connection, sql = duckdb.connect(), SQL.format(file)
        connection.execute("SET threads = 2")
        question = data_set.build(**SMALL)
        expected = frame.filter(SAME)
        for _ in range(3):
            if not data_set.query(question).frame.equals(expected):
                raise SystemExit("the store gives other rows than a filter of all of them")
        sides: dict[str, Callable[[], int]] = {
            "a question that was built": lambda: len(data_set.query(question)),
            "the same in words": lambda: len(data_set.query(**SMALL)),
            "DuckDB on Parquet": lambda: len(connection.execute(sql).fetchall()),
            "Polars in memory": lambda: frame.filter(SAME).height,
            "Polars on Parquet": lambda: pl.scan_parquet(file).filter(SAME).collect().height,
        }
        found = alone(sides, chosen.rounds, expected.height)
        for name, (seconds, cpu) in found.items():
            print(f"{name:32} {seconds * 1000:7.2f} ms, {cpu * 1000:6.2f} of the processor   {1 / seconds:6.0f}/s")
        local = threading.local()

        def by_duckdb() -> int:
            if not hasattr(local, "cursor"):
                local.cursor = connection.cursor()
            return len(local.cursor.execute(sql).fetchall())

        each = max(1, chosen.rounds // 10)
        ours = by_threads(lambda: data_set.query(question), each)
        duck = by_threads(by_duckdb, max(1, each // 4))

        async def awaited() -> tuple[float, float, float]:
            async with AsyncClient(service=service, store=Path(folder) / "store") as other:
                opened = await other.open(id_)
                asked = opened.build(**SMALL)
                for _ in range(2):
                    await opened.query(asked)
                return await by_tasks(lambda: opened.query(asked), each)

        tasks = asyncio.run(awaited())
        connection.close()
    for name, (rate, slow) in {"50 threads": ours, "50 tasks": tasks[:2], "DuckDB, 50 threads": duck}.items():
        print(f"{name:32} {rate:6.0f}/s, 99 of 100 in {slow * 1000:.0f} ms")
    print(f"the event loop meanwhile: 99 of 100 timers at most {tasks[2] * 1000:.0f} ms late")
    (first, _), (words, _), (beside, _), (memory, _), _ = found.values()
    print(
        f"{first * 1000:.2f} ms (at most 1.2), {1 / first:.0f}/s (at least 800), {first / beside:.2f} x DuckDB (at "
        f"most 0.35; in words {words / beside:.2f}), {first / memory:.1f} x Polars in memory; 50 threads "
        f"{ours[0] / duck[0]:.1f} x DuckDB, 50 tasks "
        f"{tasks[0] / duck[0]:.1f} x (at least 1.5), 99 of 100 in {max(ours[1], tasks[1]) * 1000:.0f} ms (at most 100)"
    )


if __name__ == "__main__":
    main()
