"""Metadata of 18,000 locations: JSON to models, and labels to locations.

The metadata is made up: schools and local authorities with names, codes and ids of no place. One side turns the parsed
JSON into models, another looks 2,000 labels up in an index that is there, a third builds the index and looks them up;
all are measured against `json.loads` of the same text.

    python benchmarks/metadata.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from _shared import Side, machine, take_turns

from eesclient.api.json import structure
from eesclient.models.meta import Meta
from eesclient.query.resolve import Resolver

AREAS, SCHOOLS, LABELS = 150, 17_850, 2_000


def synthetic() -> dict[str, Any]:
    """Metadata as the service sends it, with made-up locations."""
    areas = [
        {"id": f"a{n:05}", "label": f"Synthetic area {n}", "code": f"X{n:08}", "oldCode": f"{n}"} for n in range(AREAS)
    ]
    schools = [
        {"id": f"s{n:05}", "label": f"Synthetic school {n}", "urn": f"{900_000 + n}", "laEstab": f"{9_000_000 + n}"}
        for n in range(SCHOOLS)
    ]
    levels = [{"code": "LA", "label": "Local authority"}, {"code": "SCH", "label": "School"}]
    return {
        "filters": [
            {"id": "fSex0", "column": "sex", "label": "Sex", "hint": "", "options": [{"id": "oAll0", "label": "Total"}]}
        ],
        "indicators": [{"id": "iPup0", "column": "pupils", "label": "Pupils", "unit": "", "decimalPlaces": 0}],
        "geographicLevels": levels,
        "locations": [
            {"level": level, "options": options} for level, options in zip(levels, (areas, schools), strict=True)
        ],
        "timePeriods": [{"code": "AY", "period": "2024/2025", "label": "2024/25"}],
    }


def measure(rounds: int) -> list[Side]:
    """Run all sides turn by turn."""
    data = synthetic()
    text = json.dumps(data, separators=(",", ":"))
    labels = [f"Synthetic school {n}" for n in range(0, SCHOOLS, SCHOOLS // LABELS)][:LABELS]
    known = structure(data, Meta)
    unread = iter([structure(data, Meta) for _ in range(rounds)])

    def looked_up(meta: Callable[[], Meta]) -> Callable[[], int]:
        return lambda: len(Resolver(meta()).places(labels))

    looked_up(lambda: known)()  # builds the index
    count = AREAS + SCHOOLS
    sides = [
        Side("json.loads", rounds, lambda: _count(json.loads(text)["locations"]), count),
        Side(
            "parsed JSON to models", rounds, lambda: sum(len(g.options) for g in structure(data, Meta).locations), count
        ),
        Side(f"{LABELS:,} labels, index built", rounds, looked_up(lambda: known), LABELS),
        Side(f"{LABELS:,} labels, and the index", rounds, looked_up(lambda: next(unread)), LABELS),
    ]
    take_turns(sides)
    return sides


def _count(groups: list[dict[str, Any]]) -> int:
    return sum(len(group["options"]) for group in groups)


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15, help="runs of each side")
    loads, models, built, first = sides = measure(options.parse_known_args()[0].rounds)
    print(f"synthetic metadata of {AREAS + SCHOOLS:,} locations, medians")
    print(machine())
    for side in sides:
        print(side)
    ratios = [side.median / loads.median for side in (models, built, first)]
    print(
        f"structured in {ratios[0]:.2f} x the time of json.loads (at most 3); {LABELS:,} labels looked up in "
        f"{ratios[1]:.2f} x (at most 1), and in {ratios[2]:.2f} x with the making of the index"
    )


if __name__ == "__main__":
    main()
