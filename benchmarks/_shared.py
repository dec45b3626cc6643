"""What the benchmarks share: a server of pages in another process, timing, and what they ran on."""

from __future__ import annotations

import gzip
import os
import platform
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import httpx
import pandas as pd
import polars as pl

from eesclient import unpack
from eesclient.api.messages import Request, Response
from eesclient.local.service import Service

NAME = "spc_pupils_fsm_ethnicity_yrgp"
ROWS = 347_830
PAGE_SIZE = 10_000
SMALL: dict[str, Any] = {
    "filters": {"characteristic": "Total", "phase_type_grouping": "Total"},
    "levels": ["National", "Regional"],
}
"""What a small question asks for: 140 of the rows."""
ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("EES_DATA", ROOT.parent / "shared" / "data")) / "large"


def installed(place: Path, wanted: str) -> Path:
    """A new environment with what pip is asked for; gives where its programs are, or an OSError says why not."""
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [programs / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    done = subprocess.run([*pip, "install", wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(
            f"{wanted} could not be installed: {(done.stderr.strip().splitlines() or ['pip says nothing'])[-1]}"
        )
    return programs


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


class Answering(BaseHTTPRequestHandler):
    """Answers GET and POST by `answer`, without a word."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and the begin of the body in one packet

    def answer(self) -> None:
        """Answer a request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a request."""
        self.answer()

    do_POST = do_GET  # noqa: N815 - the names that http.server looks for

    def asked(self) -> Request:
        """The request as a local service takes it."""
        url = httpx.URL(self.path)
        return Request(
            method=self.command,
            path=url.path.removeprefix("/v1"),
            params=tuple(url.params.multi_items()),
            body=self.rfile.read(int(self.headers.get("content-length") or 0)) or None,
            headers=(("content-type", "application/json"),),
        )

    def head(self, status: int, **content: str) -> None:
        """Send the head of an answer: type, encoding and length of its content."""
        self.send_response(status)
        for name, value in content.items():
            self.send_header(f"content-{name}", value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def listen(handler: type[BaseHTTPRequestHandler]) -> None:
    """Answer over loopback until it is stopped; the first line printed is the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextmanager
def listening(*arguments: str) -> Iterator[str]:
    """The address of a server that another process of Python is, stopped in the end."""
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{_port(server)}"
        finally:
            server.terminate()


def serve(folder: Path, latency: float) -> None:
    """Answer over loopback until it is stopped, each time after so many seconds; the first line printed is the port."""
    pages = Pages(folder)

    class Handler(Answering):
        def answer(self) -> None:
            asked = self.asked()
            time.sleep(latency)
            response, body = pages.answer(asked)
            self.head(response.status, type="application/json", encoding="gzip", length=str(len(body)))
            self.wfile.write(body)
            self.wfile.flush()

    listen(Handler)


class Side:
    """One way to have the rows, and how long it took each time.

    Args:
        name: What it is called.
        rounds: How often it runs.
        read: Reads them, and says how many there were.
        rows: How many there must be.
    """

    def __init__(self, name: str, rounds: int, read: Callable[[], int], rows: int = ROWS) -> None:
        self.name = name
        self.rounds = rounds
        self.read = read
        self.rows = rows
        self.seconds: list[float] = []
        self.busy: list[float] = []

    def run(self) -> None:
        """Read once more."""
        start, busy = time.perf_counter(), time.process_time()
        rows = self.read()
        self.seconds.append(time.perf_counter() - start)
        self.busy.append(time.process_time() - busy)
        if rows != self.rows:
            raise SystemExit(f"{self.name}: {rows:,} rows instead of {self.rows:,}")

    @property
    def median(self) -> float:
        """Median in seconds."""
        return median(self.seconds)

    @property
    def work(self) -> float:
        """Median in seconds of the processor, of all threads: what else the machine does matters less."""
        return median(self.busy)

    def __str__(self) -> str:
        times = " ".join(f"{seconds:.3f}" for seconds in self.seconds)
        return f"{self.name:40} {self.median:8.3f} s   ({times})"


def take_turns(sides: list[Side]) -> None:
    """Run all sides, turn by turn."""
    for number in range(max(side.rounds for side in sides)):
        for side in sides:
            if number < side.rounds:
                side.run()


@contextmanager
def serving(folder: Path, *, latency: float = 0.0) -> Iterator[str]:
    """The address of a server in another process, stopped in the end."""
    if not (folder / f"{NAME}.csv.gz").exists():
        raise SystemExit(f"no {NAME}.csv.gz in {folder}: name its folder with --data")
    with listening(__file__, str(folder), str(latency)) as address:
        yield address


def machine() -> str:
    """What the figures hold for."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = f"Python {platform.python_version()}, Polars {pl.__version__}, pandas {pd.__version__}"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores {model}; {versions}"


def peak() -> int:
    """High-water mark of this process's memory in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _port(server: subprocess.Popen[str]) -> int:
    line = server.stdout.readline() if server.stdout else ""
    if not line.strip().isdecimal():
        raise SystemExit("the server did not start")
    return int(line)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), float(sys.argv[2]))


def decoder() -> ModuleType:
    """What undoes gzip: isal, if the extra `fast` is installed, or zlib."""
    return unpack._decoder


def without_isal(call: Callable[[], int]) -> int:
    """Call something while zlib undoes gzip."""
    before, unpack._decoder = unpack._decoder, zlib
    try:
        return call()
    finally:
        unpack._decoder = before
