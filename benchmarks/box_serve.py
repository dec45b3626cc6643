"""Small questions to `ees serve`: by one connection beside DuckDB on the same Parquet, and by 50 connections.

Each question is for the newest period and another authority of 347,830 rows, some 290 rows as JSON over loopback. The
server has a process of its own and so have the clients, by `http.client` without compression. DuckDB answers the same
questions in this process with SQL, as tuples, out of a Parquet file in the system's cache, one after another.

    python benchmarks/box_serve.py [--data FOLDER] [--questions 300] [--connections 50]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from _box import served, unpacked
from _shared import DATA, machine

from eesclient.local.pairs import load_folder

_CLIENT = """
import http.client, json, socket, sys, threading, time
port, connections, bodies, path = json.load(sys.stdin)
took, failed = [], []
def ask(bodies):
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for body in bodies:
        start = time.perf_counter()
        client.request("POST", path, body, {"content-type": "application/json"})
        answer = client.getresponse()
        answer.read()
        took.append(time.perf_counter() - start)
        if answer.status != 200:
            failed.append(answer.status)
threads = [threading.Thread(target=ask, args=(bodies[place::connections],)) for place in range(connections)]
start = time.perf_counter()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([time.perf_counter() - start, took, failed]))
"""


def asked(port: int, path: str, bodies: list[str], connections: int) -> tuple[float, list[float]]:
    """Seconds for all questions, and for each."""
    given = json.dumps([port, connections, bodies, path])
    done = subprocess.run([sys.executable, "-c", _CLIENT], input=given, check=True, stdout=subprocess.PIPE, text=True)
    whole, took, failed = json.loads(done.stdout)
    if failed:
        raise SystemExit(f"the server answered {failed[0]}")
    return whole, took


def questions(data: Any, file: Path, count: int) -> tuple[list[str], list[str]]:
    """The same questions as JSON and as SQL."""
    period, group = data.periods[-1], next(group for group in data.meta.locations if str(group.level.code) == "LA")
    columns = ", ".join(f'"{name}"' for name in data.rows.columns)
    bodies, queries = [], []
    for number in range(count):
        place = number % len(group.options)
        here = {"locations": {"eq": {"level": "LA", "id": group.options[place].id}}}
        now = {"timePeriods": {"eq": {"code": str(period.code), "period": period.period}}}
        bodies.append(json.dumps({"criteria": {"and": [here, now]}, "pageSize": 1000}))
        queries.append(
            f"SELECT {columns} FROM read_parquet('{file}') WHERE \"location:LA\" = {place + 1} "
            f"AND period = {len(data.periods)} ORDER BY period DESC, row LIMIT 1000"
        )
    return bodies, queries


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--questions", type=int, default=300, help="questions by one connection")
    options.add_argument("--connections", type=int, default=50, help="connections at a time, 20 questions each")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "box"
        folder.mkdir()
        unpacked(chosen.data, folder)
        held = next(iter(load_folder(folder).data_sets.values()))
        data, file = held.versions[0].data, Path(made) / "rows.parquet"
        data.rows.scan().collect().write_parquet(file)
        bodies, queries = questions(data, file, max(chosen.questions, 20 * chosen.connections))
        path = f"/v1/data-sets/{held.about.id}/query"
        beside = []
        with served(folder) as port, duckdb.connect() as connection:
            asked(port, path, bodies[:50], 1)
            one = []
            for start in range(0, chosen.questions, 50):
                one += asked(port, path, bodies[start : start + 50], 1)[1]
                for sql in queries[start : start + 50]:
                    begin = time.perf_counter()
                    connection.execute(sql).fetchall()
                    beside.append(time.perf_counter() - begin)
            whole, many = asked(port, path, bodies[: 20 * chosen.connections], chosen.connections)
    print(machine())
    alone, sql = median(one) * 1000, median(beside) * 1000
    print(f"one connection: {alone:.1f} ms, at best {min(one) * 1000:.1f} ms")
    print(f"DuckDB:         {sql:.1f} ms, at best {min(beside) * 1000:.1f} ms")
    worst = sorted(many)[int(len(many) * 0.99)] * 1000
    print(
        f"{alone / sql:.2f} x DuckDB (at most 1.2); {chosen.connections} connections: {len(many) / whole:.0f} a second "
        f"(at least 400), 99 of 100 within {worst:.0f} ms (at most 200)"
    )


if __name__ == "__main__":
    main()
