"""How long Spark takes to count made-up rows by group through the source `ees`, beside the same rows as Parquet.

The rows are fetched from a server in another process, twice into an empty store: once by the client alone, and once by
Spark's first action, which counts them too. Then Spark counts them by group out of the store (with all columns, as it
cannot say which it needs; and with the two that it needs, named by an option), and out of a Parquet file of the same
rows. A line for each number of rows gives the curve, with the peak memory of the largest of the executors' Pythons.

Needs the extra `spark` and Java. `python benchmarks/spark.py --rows 20000000` takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from _made import serving_made
from _shared import machine

import eesclient as ees
import eesclient.spark

GROUP = ["time_period", "sex"]
MB = 1e6


def session(cores: int) -> Any:
    """A session on this machine."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.driver.memory", "2g")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    eesclient.spark.register(spark)
    # what each JVM and Python does at its first use is no part of a count
    spark.read.format("ees").option("demo", "true").option("dataSet", ees.local.SEN_ID).load().groupBy(
        "time_period"
    ).count().collect()
    return spark


def peak() -> float:
    """Peak memory in MB of the largest Python that Spark started."""
    peaks = [0.0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes()
            lines = status.read_text().splitlines()
        except OSError:
            continue
        if b"pyspark.daemon" in command or b"pyspark/daemon" in command:
            peaks += [int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("VmHWM:")]
    return max(peaks)


def seconds(call: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measured(spark: Any, total: int, rounds: int) -> dict[str, float]:
    """Fetch and count so many rows, in all ways."""
    with serving_made(total) as address, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with ees.Client(base_url=address, store=folder / "alone") as client:
            (about,) = client.data_sets()
            opened = client.open(about.id)
            fetch = seconds(opened.scan)
            opened.scan().sink_parquet(folder / "rows.parquet")
        reader = spark.read.format("ees").option("baseUrl", address).option("dataSet", about.id)

        def count(frame: Any) -> None:
            counts = [row["count"] for row in frame.groupBy(*GROUP).count().collect()]
            if sum(counts) != total or len(counts) != 50:
                raise SystemExit(f"{sum(counts):,} rows in {len(counts)} groups instead of {total:,} in 50")

        first = seconds(lambda: count(reader.option("store", str(folder / "spark")).load()))
        source = reader.load()
        chosen = reader.option("columns", json.dumps(GROUP)).load()
        parquet = spark.read.parquet(str(folder / "rows.parquet"))
        ways = {"source": source, "chosen": chosen, "parquet": parquet}
        times: dict[str, list[float]] = {name: [] for name in ways}
        # turn by turn: what else the machine does meets all of them
        for _ in range(rounds):
            for name, frame in ways.items():
                times[name].append(seconds(lambda frame=frame: count(frame)))  # type: ignore[misc]
    return {"fetch": fetch, "first": first, "peak": peak(), **{name: median(took) for name, took in times.items()}}


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="1000000, 5000000, 20000000")
    options.add_argument("--rounds", type=int, default=3, help="counts of each way")
    options.add_argument("--cores", type=int, default=2, help="tasks side by side")
    chosen = options.parse_args()
    if shutil.which("java") is None:
        print("not measured: there is no java, which Spark runs on")
        return
    print(machine())
    spark = session(chosen.cores)
    print(f"Spark {spark.version}, local[{chosen.cores}]; load {os.getloadavg()[0]:.1f}; seconds:")
    print(f"{'rows':>12} {'fetch':>8} {'first':>8} {'source':>8} {'columns':>8} {'Parquet':>8} {'Python MB':>10}")
    closing = ""
    for total in chosen.rows:
        found = measured(spark, total, chosen.rounds)
        figures = [found[name] for name in ("fetch", "first", "source", "chosen", "parquet")]
        print(
            f"{total:>12,} " + " ".join(f"{figure:8.2f}" for figure in figures) + f" {found['peak']:10.0f}", flush=True
        )
        fetched = found["fetch"] + found["parquet"]
        alone = found["fetch"] + found["chosen"]
        closing = (
            f"{total:,} rows, fetched and counted, beside the fetch and the count of Parquet (at most 1.3): "
            f"{alone / fetched:.2f} x with the columns named, {found['first'] / fetched:.2f} x with all; the counts "
            f"alone {found['chosen'] / found['parquet']:.1f} x and {found['source'] / found['parquet']:.1f} x"
        )
    spark.stop()
    print(closing)


if __name__ == "__main__":
    main()
