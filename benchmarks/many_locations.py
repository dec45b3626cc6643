"""A stored data set of 1,000, 20,000 and 100,000 locations: opened, asked a first time, and asked for one row.

The data set is made up (synthetic): schools of no place, a row each. Everything is told in time of the processor, and
beside `json.loads` of the metadata's text. The first question names a school; the time that a small question takes
later must not grow with the locations.

    python benchmarks/many_locations.py [--rounds 7]
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import polars as pl
from _shared import machine

from eesclient.api.messages import Request, Response
from eesclient.client import Client
from eesclient.models.provenance import Source

SIZES = (1_000, 20_000, 100_000)
# questions that are asked again
AGAIN = 50
ID = "00000000-0000-4000-8000-000000000001"


class Schools:
    """A service with one data set, whose answers are made beforehand."""

    origin = "local:schools"
    source: Source = "synthetic"

    def __init__(self, count: int) -> None:
        number = pl.int_range(count, eager=True)
        rows = pl.DataFrame({"n": number}).select(
            time_period=pl.lit("202425"),
            time_identifier=pl.lit("Academic year"),
            geographic_level=pl.lit("School"),
            country_code=pl.lit("E92000001"),
            country_name=pl.lit("England"),
            school_urn=(900_000 + pl.col("n")).cast(pl.String),
            school_laestab=(9_000_000 + pl.col("n")).cast(pl.String),
            school_name="Synthetic school " + pl.col("n").cast(pl.String),
            sex=pl.lit("Total"),
            pupils=pl.col("n") % 997,
        )
        self.csv = rows.write_csv().encode()
        school = {"code": "SCH", "label": "School"}
        country = {"code": "NAT", "label": "National"}
        options = [
            {"id": f"s{n:06}", "label": f"Synthetic school {n}", "urn": f"{900_000 + n}", "laEstab": f"{9_000_000 + n}"}
            for n in range(count)
        ]
        sex = {"id": "fSex0", "column": "sex", "label": "Sex", "hint": ""}
        self.meta = _json(
            {
                "filters": [sex | {"options": [{"id": "oAll0", "label": "Total"}]}],
                "indicators": [
                    {"id": "iPup0", "column": "pupils", "label": "Pupils (synthetic)", "unit": "", "decimalPlaces": 0}
                ],
                "geographicLevels": [school],
                "locations": [
                    {"level": country, "options": [{"id": "e0000", "label": "England", "code": "E92000001"}]},
                    {"level": school, "options": options},
                ],
                "timePeriods": [{"code": "AY", "period": "2024/2025", "label": "2024/25"}],
            }
        )
        version = {
            "version": "1.0",
            "type": "Major",
            "status": "Published",
            "published": "2026-01-01T09:30:00+00:00",
            "notes": "",
            "totalResults": count,
            "file": {"id": ID},
            "release": {"title": "Synthetic", "slug": "synthetic"},
            "timePeriods": {"start": "2024/25", "end": "2024/25"},
            "geographicLevels": ["School"],
            "filters": ["Sex"],
            "indicators": ["Pupils (synthetic)"],
        }
        data_set = {"id": ID, "title": "Schools (synthetic)", "summary": "", "status": "Published"}
        paging = {"page": 1, "pageSize": 20, "totalResults": 1, "totalPages": 1}
        self.answers = {
            f"/data-sets/{ID}": _json(data_set | {"latestVersion": version}),
            f"/data-sets/{ID}/versions": _json({"paging": paging, "results": [version]}),
            f"/data-sets/{ID}/versions/1.0": _json(version),
            f"/data-sets/{ID}/meta": self.meta,
            f"/data-sets/{ID}/csv": self.csv,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        body = self.answers.get(request.path)
        return Response(status=404, body=b"{}") if body is None else Response(status=200, body=body)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def taken(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came."""
    gc.collect()
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def measure(count: int, rounds: int) -> dict[str, float]:
    """Median seconds of each step."""
    service = Schools(count)
    seconds: dict[str, list[float]] = {"json.loads": [], "open": [], "first": [], "then": []}
    with tempfile.TemporaryDirectory() as folder:
        with Client(service=service, store=folder) as client:
            client.open(ID, version="1.0").read()
        for number in range(rounds + 1):
            with Client(service=service, store=folder, offline=True) as client:
                # of what is kept, collecting garbage would take its time from the next step
                loads, _ = taken(lambda: len(json.loads(service.meta)))
                opened, data_set = taken(lambda client=client: client.open(ID, version="1.0"))
                name = f"Synthetic school {number + count // 2}"
                first, result = taken(lambda it=data_set, name=name: it.query(places=name))
                if result.frame["school_name"].to_list() != [name] or result.route != "store":
                    raise SystemExit(f"{name} is not what came: {result}")
                for _ in range(3):
                    data_set.query(result.query)
                again, _ = taken(lambda it=data_set, asked=result.query: [it.query(asked) for _ in range(AGAIN)])
                then = again / AGAIN
            # the first round reads the libraries too
            for step, spent in zip(seconds, (loads, opened, first, then), strict=True):
                seconds[step] += [spent] * (number > 0)
    return {step: median(times) for step, times in seconds.items()}


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7, help="runs of each step")
    chosen = options.parse_known_args()[0]
    print(machine())
    curve = {count: measure(count, chosen.rounds) for count in SIZES}
    for count, found in curve.items():
        steps = ", ".join(f"{step} {seconds * 1000:.1f} ms" for step, seconds in found.items())
        print(f"{count:>7,} locations: {steps}")
    most = curve[SIZES[-1]]
    then = " / ".join(f"{found['then'] * 1000:.1f}" for found in curve.values())
    print(
        f"one row beside {' / '.join(f'{count:,}' for count in SIZES)} locations in {then} ms (at most 3 and 4 for the "
        f"last two); {SIZES[-1]:,} opened in {most['open'] / most['json.loads']:.1f} x json.loads (at most 2.5), first "
        f"question in {most['first'] / most['json.loads']:.1f} x (at most 2)"
    )


if __name__ == "__main__":
    main()
