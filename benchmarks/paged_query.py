"""347,830 rows by pages of 10,000: eesclient, beside the obvious script, beside the least that could be done.

Another process sends the pages over loopback, rendered and gzipped beforehand; all three sides ask it. Ours ends with
a frame of labels, typed numbers and statuses in canonical order; the others do not.

    python benchmarks/paged_query.py [--data FOLDER] [--rounds 5]
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import httpx
import pandas as pd
import polars as pl

from eesclient.client import Client
from eesclient.http.messages import Request, Response
from eesclient.local.service import Service
from eesclient.query.query import Query
from eesclient.query.render import render_body

NAME = "spc_pupils_fsm_ethnicity_yrgp"
ROWS = 347_830
PAGE_SIZE = 10_000
ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EES_DATA", ROOT.parent / "shared" / "data")) / "large"


class Pages:
    """A local service whose pages of one question are rendered and gzipped once."""

    def __init__(self, folder: Path) -> None:
        self._service = Service.from_folder(folder, names=[NAME])
        self._pages: dict[bytes, bytes] = {}

    def answer(self, request: Request) -> tuple[Response, bytes]:
        """Answer a request, with the body gzipped."""
        if request.body is None:
            response = self._service.handle(request)
            return response, gzip.compress(response.body, 1)
        key = request.body
        if key not in self._pages:
            self._pages[key] = gzip.compress(self._service.handle(request).body, 6)
        return Response(status=200, headers={"content-type": "application/json"}), self._pages[key]


def serve(folder: Path) -> None:
    """Answer over loopback until it is stopped; the first line printed is the port."""
    pages = Pages(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def _answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            url = httpx.URL(self.path)
            request = Request(
                method=self.command,
                path=url.path.removeprefix("/v1"),
                params=tuple(url.params.multi_items()),
                body=self.rfile.read(size) if size else None,
                headers=(("content-type", "application/json"),),
            )
            response, body = pages.answer(request)
            self.send_response(response.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-encoding", "gzip")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()


class Side:
    """One way to read all pages, and how long it took each time."""

    def __init__(self, name: str, rounds: int, read: Callable[[], int]) -> None:
        self.name = name
        self.rounds = rounds
        self.read = read
        self.seconds: list[float] = []

    def run(self) -> None:
        """Read once more."""
        start = time.perf_counter()
        rows = self.read()
        self.seconds.append(time.perf_counter() - start)
        if rows != ROWS:
            raise SystemExit(f"{self.name}: {rows:,} rows instead of {ROWS:,}")

    @property
    def median(self) -> float:
        """Median in seconds."""
        return median(self.seconds)

    def __str__(self) -> str:
        times = " ".join(f"{seconds:.2f}" for seconds in self.seconds)
        return f"{self.name:30} {self.median:8.3f} s   ({times})"


class Script:
    """What reads pages without eesclient."""

    def __init__(self, base_url: str, query: Query) -> None:
        self._client = httpx.Client(base_url=f"{base_url}/v1", timeout=60)
        self._path = f"/data-sets/{query.data_set_id}/query"
        self._params = {"dataSetVersion": str(query.version)}
        count = -(-ROWS // PAGE_SIZE)
        self._bodies = [render_body(query, page=page, page_size=PAGE_SIZE) for page in range(1, count + 1)]
        self._schema = _schema(query)

    def _fetch(self, body: str) -> bytes:
        headers = {"content-type": "application/json"}
        return self._client.post(self._path, params=self._params, content=body, headers=headers).content

    def slow(self) -> int:
        """One page after another, by json.loads and pandas.json_normalize."""
        pages = [pd.json_normalize(json.loads(self._fetch(body))["results"]) for body in self._bodies]
        return len(pd.concat(pages, ignore_index=True))

    def floor(self) -> int:
        """Two threads, pl.read_json with a schema, unnested; no labels, no types, no order."""
        with ThreadPoolExecutor(2) as threads:
            return pl.concat(list(threads.map(self._floor_page, self._bodies))).height

    def _floor_page(self, body: str) -> pl.DataFrame:
        page = pl.read_json(io.BytesIO(self._fetch(body)), schema=self._schema)
        rows = page["results"].explode().struct.unnest()
        return rows.unnest("timePeriod", "locations", "filters", "values", separator=".")


def _schema(query: Query) -> dict[str, pl.DataType]:
    def struct(*names: str) -> pl.Struct:
        return pl.Struct(dict.fromkeys(names, pl.String))

    row = {
        "timePeriod": struct("code", "period"),
        "geographicLevel": pl.String(),
        "locations": struct(*(str(group.level.code) for group in query.meta.locations)),
        "filters": struct(*(item.id for item in query.meta.filters)),
        "values": struct(*(item.id for item in query.indicators)),
    }
    return {"results": pl.List(pl.Struct(row))}


def measure(base_url: str, rounds: int) -> list[Side]:
    """Run all sides, turn by turn; ours first, then the slow one, then the floor."""
    with Client(base_url=base_url) as client:
        publication = next(client.publications())
        data_set = client.open(next(client.data_sets(publication.id)).id)
        query = data_set.build(page_size=PAGE_SIZE)
        script = Script(base_url, query)
        sides = [
            Side("eesclient", rounds, lambda: len(data_set.query(query))),
            Side("json.loads + json_normalize", min(rounds, 2), script.slow),
            Side("floor", rounds, script.floor),
        ]
        script.floor()  # the server renders what it is first asked for, and imports are paid for
        data_set.query(query)
        for number in range(rounds):
            for side in sides:
                if number < side.rounds:
                    side.run()
    return sides


def machine() -> str:
    """What the figures hold for."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = f"Python {platform.python_version()}, Polars {pl.__version__}, pandas {pd.__version__}"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores {model}; {versions}"


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=5, help="runs of each side; of the slow one two")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve(chosen.data)
        return
    if not (chosen.data / f"{NAME}.csv.gz").exists():
        raise SystemExit(f"no {NAME}.csv.gz in {chosen.data}: name its folder with --data")
    command = [sys.executable, __file__, "--serve", "--data", str(chosen.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            ours, slow, floor = sides = measure(f"http://127.0.0.1:{_port(server)}", chosen.rounds)
        finally:
            server.terminate()
    print(f"{ROWS:,} rows in pages of {PAGE_SIZE:,} over loopback, medians")
    print(machine())
    for side in sides:
        print(side)
    print(
        f"{slow.median / ours.median:.1f} x faster than json.loads + json_normalize (at least 6); "
        f"{ours.median / floor.median:.2f} x the floor's time (at most 1.6)"
    )


def _port(server: subprocess.Popen[str]) -> int:
    line = server.stdout.readline() if server.stdout else ""
    if not line.strip().isdecimal():
        raise SystemExit("the server did not start")
    return int(line)


if __name__ == "__main__":
    main()
