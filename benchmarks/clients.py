"""The same questions over loopback by eesclient and by what else can ask them, each in processes of its own.

Two questions: all 347,830 rows, in pages of 10,000, and 140 of them. Another process answers both, with pages that are
rendered and gzipped beforehand. Time is the lowest of all runs, by the clock and of the processor. Memory is the
high-water mark of a process minus what it was before all rows, when the small question had been asked some times.

Beside eesclient: requests with pandas, by `json_normalize`; a client that openapi-python-client makes while this runs,
which gives models; DuckDB, which reads the pages out of files; Polars with a schema, in two threads, as
`paged_query.py` has it; and the R package eesyapi, where there is R with it (`EES_R_LIBRARY` names the folder of a
library that has it). Of these, eesyapi alone gives labels too, and asks for the metadata each time. What cannot be had
is left out, by name.

    python benchmarks/clients.py [--data FOLDER] [--rounds 3] [--without eesyapi]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pandas as pd
from _generated import generate, with_path
from _shared import DATA, PAGE_SIZE, ROOT, ROWS, SMALL, machine, peak, serving
from paged_query import Script, bodies

from eesclient.client import Client
from eesclient.data_set import PinnedDataSet
from eesclient.query.question import Query

MB = 1_000_000
FEW, ASKED = 140, 30
LIBRARY = os.environ.get("EES_R_LIBRARY", "")
Ask = Callable[[], Any]
"""Asks the question that it was made for, and gives what has all its rows, and a length."""


def by_requests(address: str, query: Query) -> Callable[[], Iterable[bytes]]:
    """Pages by requests, one after another."""
    import requests

    session = requests.Session()
    url = f"{address}/v1/data-sets/{query.data_set_id}/query?dataSetVersion={query.version}"
    headers, sent = {"content-type": "application/json"}, bodies(query)
    return lambda: (session.post(url, data=body, headers=headers, timeout=60).content for body in sent)


def ours(data_set: PinnedDataSet, _: str, query: Query) -> Ask:
    """A frame with labels, types and statuses, in canonical order."""
    return lambda: data_set.query(query, route="pages").frame


def pandas(_: PinnedDataSet, address: str, query: Query) -> Ask:
    """A frame of texts and ids."""
    pages = by_requests(address, query)
    return lambda: pd.concat([pd.json_normalize(json.loads(page)["results"]) for page in pages()], ignore_index=True)


def generated(_: PinnedDataSet, address: str, query: Query) -> Ask:
    """A list of models with texts and ids."""
    from generated_client import Client as Generated
    from generated_client.api.data_sets import query_data_set_post
    from generated_client.models import DataSetQueryRequest

    client = Generated(base_url=address)
    sent = [DataSetQueryRequest.from_dict(json.loads(body)) for body in bodies(query)]
    place = {"data_set_id": query.data_set_id, "data_set_version": str(query.version)}
    return lambda: [row for body in sent for row in query_data_set_post.sync(client=client, body=body, **place).results]


def by_duckdb(_: PinnedDataSet, address: str, query: Query) -> Ask:
    """A table in memory of texts and ids."""
    pages, connection = by_requests(address, query), duckdb.connect()
    connection.execute("SET threads = 2")

    def ask() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            for number, page in enumerate(pages()):
                (Path(folder) / f"{number:03}.json").write_bytes(page)
            rows = f"SELECT unnest(results, recursive := true) FROM read_json('{folder}/*.json')"
            connection.execute(f"CREATE OR REPLACE TABLE answer AS {rows}")
        return connection.table("answer")

    return ask


def polars(_: PinnedDataSet, address: str, query: Query) -> Ask:
    """A frame of texts and ids."""
    return Script(address, query).floor


SIDES: dict[str, Callable[[PinnedDataSet, str, Query], Ask]] = {
    "eesclient": ours,
    "requests + pandas": pandas,
    "generated client": generated,
    "DuckDB": by_duckdb,
    "Polars": polars,
}
EESYAPI = "eesyapi"


def measure(name: str, address: str) -> dict[str, Any]:
    """What this process takes for the small question, some times over, and then for all rows."""
    with Client(base_url=address, store=None) as client:
        data_set = client.open(next(client.data_sets()).id)
        small, all_rows = data_set.build(**SMALL), data_set.build(page_size=PAGE_SIZE)
        few, every = (SIDES[name](data_set, address, query) for query in (small, all_rows))

        def once(ask: Ask, rows: int) -> tuple[float, float]:
            start, busy = time.perf_counter(), time.process_time()
            found = ask()
            took = time.perf_counter() - start, time.process_time() - busy
            if len(found) != rows:
                raise SystemExit(f"{name}: {len(found):,} rows instead of {rows:,}")
            return took

        once(few, FEW)
        times = [once(few, FEW) for _ in range(ASKED)]
        before = peak()
        return {"small": times, "all": once(every, ROWS), "peak": peak() - before}


def by_r(address: str) -> dict[str, Any]:
    """The same by eesyapi."""
    with Client(base_url=address, store=None) as client:
        data_set = client.open(next(client.data_sets()).id)
        small, all_rows = data_set.build(**SMALL).to_eesyapi_r(), data_set.build().to_eesyapi_r()
    questions = {str(number): small for number in range(ASKED + 1)} | {"all": all_rows}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions.json"
        file.write_text(json.dumps(questions), "utf-8")
        script = ROOT / "tests" / "query" / "export" / "asked.R"
        command = ["Rscript", str(script), LIBRARY, address, str(file), "timed"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    for question, answer in found.items():
        if answer.get("rows") != (ROWS if question == "all" else FEW):
            raise SystemExit(f"eesyapi: {answer}")
    last = found.pop("all")
    times = [(answer["seconds"], answer["busy"]) for answer in list(found.values())[1:]]
    grown = (last["peak"] - found[str(ASKED)]["peak"]) * 1024
    return {"small": times, "all": (last["seconds"], last["busy"]), "peak": grown}


def lacks_r() -> str:
    """Why eesyapi cannot be asked here; empty where it can."""
    if shutil.which("Rscript") is None:
        return "there is no Rscript"
    code = f'.libPaths(c("{LIBRARY}", .libPaths())); cat(requireNamespace("eesyapi", quietly = TRUE))'
    said = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False).stdout
    return "" if said == "TRUE" else "R has no package eesyapi; EES_R_LIBRARY names the folder of a library that has it"


def run(name: str, address: str, made: Path) -> dict[str, Any]:
    """What a process of its own takes."""
    if name == EESYAPI:
        return by_r(address)
    command = [sys.executable, __file__, "--measure", name, address]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=with_path(made))
    return dict(json.loads(done.stdout))


def lowest(runs: list[dict[str, Any]]) -> tuple[float, ...]:
    """Seconds and those of the processor for all rows, the middle of the memory, then both for the small question."""
    every = [times for one in runs for times in one["small"]]
    return (
        *(min(one["all"][at] for one in runs) for at in (0, 1)),
        median(one["peak"] for one in runs),
        *(min(times[at] for times in every) for at in (0, 1)),
    )


def main() -> None:
    """Have the client made, start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=3, help="processes of each side")
    options.add_argument("--without", nargs="+", default=[], choices=[*SIDES, EESYAPI], help="sides to leave out")
    options.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(measure(*chosen.measure)))
        return
    names = [name for name in (*SIDES, EESYAPI) if name not in chosen.without or name == "eesclient"]
    with tempfile.TemporaryDirectory() as folder, serving(chosen.data) as address:
        if "generated client" in names and not generate(Path(folder)):
            names.remove("generated client")
        if EESYAPI in names and (why := lacks_r()):
            print(f"eesyapi is left out: {why}")
            names.remove(EESYAPI)
        run("eesclient", address, Path(folder))  # the server renders what it is first asked for
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for _ in range(chosen.rounds):
            for name in names:
                found[name].append(run(name, address, Path(folder)))
    report({name: lowest(runs) for name, runs in found.items()})


def report(found: dict[str, tuple[float, ...]]) -> None:
    """A table, and a closing line."""
    print(machine())
    print(f"{ROWS:,} rows in pages of {PAGE_SIZE:,}, and {FEW} rows, over loopback; in brackets of the processor")
    for name, (seconds, busy, size, small, small_busy) in found.items():
        print(
            f"{name:20} {seconds:8.2f} s ({busy:6.2f})  {size / MB:7.0f} MB   {small * 1000:7.1f} ms "
            f"({small_busy * 1000:6.1f})"
        )
    first = found.pop("eesclient")
    ratios = [
        f"{name} {times[0] / first[0]:.1f} (processor {times[1] / first[1]:.1f}, memory {times[2] / first[2]:.1f}), "
        f"{times[3] / first[3]:.1f} ({times[4] / first[4]:.1f})"
        for name, times in found.items()
    ]
    print(f"all rows, then {FEW}, beside eesclient: {'; '.join(ratios)}")


if __name__ == "__main__":
    main()
