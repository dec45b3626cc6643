"""347,830 rows by pages of 10,000: eesclient, beside the obvious script, beside the least that could be done.

Another process sends the pages over loopback, rendered and gzipped beforehand; all three sides ask it. Ours ends with
a frame of labels, typed numbers and statuses in canonical order; the others do not.

    python benchmarks/paged_query.py [--data FOLDER] [--rounds 5]
"""

from __future__ import annotations

import argparse
import io
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pandas as pd
import polars as pl
from _shared import DATA, PAGE_SIZE, ROWS, Side, decoder, machine, serving, take_turns, without_isal

from eesclient.client import Client
from eesclient.query.question import Query
from eesclient.query.request import render_body


def bodies(query: Query) -> list[str]:
    """What is sent for each page: all pages of all rows, or the one of a question that has conditions."""
    count = 1 if query.criteria is not None else -(-ROWS // PAGE_SIZE)
    return [render_body(query, page=page, page_size=PAGE_SIZE) for page in range(1, count + 1)]


class Script:
    """What reads pages without eesclient."""

    def __init__(self, base_url: str, query: Query) -> None:
        self._client = httpx.Client(base_url=f"{base_url}/v1", timeout=60)
        self._path = f"/data-sets/{query.data_set_id}/query"
        self._params = {"dataSetVersion": str(query.version)}
        self._bodies = bodies(query)
        self._schema = _schema(query)

    def _fetch(self, body: str) -> bytes:
        headers = {"content-type": "application/json"}
        return self._client.post(self._path, params=self._params, content=body, headers=headers).content

    def slow(self) -> int:
        """One page after another, by json.loads and pandas.json_normalize."""
        pages = [pd.json_normalize(json.loads(self._fetch(body))["results"]) for body in self._bodies]
        return len(pd.concat(pages, ignore_index=True))

    def floor(self) -> pl.DataFrame:
        """Two threads, pl.read_json with a schema, unnested; no labels, no types, no order."""
        with ThreadPoolExecutor(2) as threads:
            return pl.concat(list(threads.map(self._floor_page, self._bodies)))

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
    """Run all sides, turn by turn; ours first, then the slow one, the floor, and ours without the extra `fast`."""
    with Client(base_url=base_url, store=None) as client:
        publication = next(client.publications())
        data_set = client.open(next(client.data_sets(publication.id)).id)
        query = data_set.build(page_size=PAGE_SIZE)
        script = Script(base_url, query)
        sides = [
            Side("eesclient", rounds, lambda: len(data_set.query(query))),
            Side("json.loads + json_normalize", min(rounds, 2), script.slow),
            Side("floor", rounds, lambda: script.floor().height),
        ]
        if decoder() is not zlib:
            sides.append(
                Side("eesclient without isal", rounds, lambda: without_isal(lambda: len(data_set.query(query))))
            )
        script.floor()  # the server renders what it is first asked for, and imports are paid for
        data_set.query(query)
        take_turns(sides)
    return sides


def main() -> None:
    """Start the server, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=5, help="runs of each side; of the slow one two")
    chosen = options.parse_args()
    with serving(chosen.data) as address:
        ours, slow, floor, *plain = sides = measure(address, chosen.rounds)
    print(f"{ROWS:,} rows in pages of {PAGE_SIZE:,} over loopback, medians")
    print(machine())
    for side in sides:
        print(f"{side}; work {side.work:.2f} s")
    others = "".join(f", {side.median / floor.median:.2f} x without isal" for side in plain)
    print(
        f"{slow.median / ours.median:.1f} x faster than json.loads + json_normalize (at least 8); "
        f"{ours.median / floor.median:.2f} x the floor's time{others} (at most "
        f"1.6), {ours.work / floor.work:.2f} x its time of the processor{others and ' with isal'}"
    )


if __name__ == "__main__":
    main()
