"""What small answers take that a dashboard keeps, beside the same answers as models of a generated client.

Two hundred answers of some 140 rows are kept at a time, each side in a process of its own; what is told is what Python
has allocated for them, and what the frames take. The generated client is made by openapi-python-client while this runs,
of the API's description; without a package index that side is left out.

    python benchmarks/small_answers.py [--data FOLDER]
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _generated import PACKAGE, generate, with_path
from _shared import DATA, NAME, machine

from eesclient.api.messages import Request
from eesclient.client import Client
from eesclient.local.service import Service
from eesclient.query.question import Query

KEPT = 200


def measure(side: str, data: Path) -> None:
    """Print how many bytes an answer takes, and how many rows it has."""
    service = Service.from_folder(data, names=[NAME])
    with Client(service=service) as client:
        data_set = client.open(next(client.data_sets()).id)
        # several questions of one kind, turn by turn
        schools = [option.label for option in data_set.meta.filters["phase_type_grouping"].options]
        words = {"levels": ["National", "Regional"]}
        asked = [
            data_set.build(filters={"characteristic": "Total", "phase_type_grouping": school}, **words)
            for school in schools
        ]

        def ours(query: Query) -> tuple[Any, int, int]:
            found = data_set.query(query)
            # Polars allocates past Python: the frame, and the codes that it was made of, a number for each cell at most
            frames = found.frame.estimated_size() + 4 * len(found) * len(found.frame.columns)
            return found, len(found), int(frames)

        models = importlib.import_module(f"{PACKAGE}.models") if side == "generated" else None

        def generated(query: Query) -> tuple[Any, int, int]:
            path, params = f"/data-sets/{data_set.id}/query", (("dataSetVersion", "1.0"),)
            headers = (("content-type", "application/json"),)
            request = Request(method="POST", path=path, params=params, body=query.to_json().encode(), headers=headers)
            page = models.DataSetQueryPaginatedResultsViewModel.from_dict(json.loads(service.handle(request).body))
            return page, len(page.results), 0

        read: Callable[[Query], tuple[Any, int, int]] = ours if side == "ours" else generated
        for query in asked:
            read(query)
        gc.collect()
        tracemalloc.start()
        kept = [read(asked[number % len(asked)]) for number in range(KEPT)]
        gc.collect()
        size = tracemalloc.get_traced_memory()[0] + sum(frames for _, _, frames in kept)
        print(size / KEPT, sum(rows for _, rows, _ in kept) / KEPT)


def main() -> None:
    """Measure each side in a process of its own, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--measure", choices=["ours", "generated"], help=argparse.SUPPRESS)
    chosen = options.parse_known_args()[0]
    if chosen.measure:
        measure(chosen.measure, chosen.data)
        return
    print(machine())
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = generate(Path(folder))
        variables = with_path(Path(folder))
        for side in ("ours", "generated") if made else ("ours",):
            command = [sys.executable, __file__, "--data", str(chosen.data), "--measure", side]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
            size, rows = map(float, done.stdout.split())
            found[side] = size
            print(f"{side:12} {size / 1000:8.1f} kB an answer of {rows:.0f} rows")
    if made:
        ratio = found["ours"] / found["generated"]
        print(f"a small answer takes {ratio:.2f} x what the models of a generated client take (at most 1)")
    else:
        print(f"a small answer takes {found['ours'] / 1000:.1f} kB; the generated client is left out")


if __name__ == "__main__":
    main()
