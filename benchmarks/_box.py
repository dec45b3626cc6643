"""What the benchmarks of the service in a box share: folders to load, loads in processes of their own, and a server."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _shared import NAME

MB = 1_000_000


def unpacked(source: Path, folder: Path) -> Path:
    """The published data set as a CSV pair in a folder; gives the data file."""
    data = folder / f"{NAME}.csv"
    with gzip.open(source / f"{NAME}.csv.gz") as packed, data.open("wb") as file:
        shutil.copyfileobj(packed, file)
    shutil.copyfile(source / f"{NAME}.meta.csv", folder / f"{NAME}.meta.csv")
    return data


_LOAD = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
sys.modules.update(dict.fromkeys(sys.argv[3:]))
from pathlib import Path
import polars as pl
from _shared import peak
from eesclient.local.pairs import load_folder
pl.read_csv(b"a,b\\n1,2\\n", infer_schema=False)
before, start, cpu = peak(), time.perf_counter(), time.process_time()
held = load_folder(Path(sys.argv[2]))
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
rows = next(iter(held.data_sets.values())).versions[0].data.rows.height
print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak() - before, "rows": rows}))
"""


def load(folder: Path, cache: Path | None = None, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """Seconds, of the processor too, bytes of memory and rows of a folder loaded in a new process, libraries loaded.

    Modules that it is to be without are there as if they were not installed.
    """
    environment = {**os.environ, "EES_STORE": "none"}
    if cache is not None:
        environment |= {"EES_STORE": str(cache / "store"), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", _LOAD, str(Path(__file__).parent), str(folder), *without]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return dict(json.loads(done.stdout))


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The port of `ees serve` with a folder, stopped in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "eesclient", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "EES_STORE": "none"}) as server:
        try:
            for _ in range(1200):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()
