"""The nearest of 18,000 labels to one with a typing error, beside reading the metadata that holds them.

The labels are made up: names of schools, as options of one filter. What is measured is what a wrong word costs above
the look-up itself; it should be less than `json.loads` of the metadata, which has to be read before anything is asked.

    python benchmarks/suggestions.py [--labels 18000] [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
from random import Random

from _shared import Side, machine, take_turns

from eesclient.models.names import Entry, NameIndex

SAINTS = "Aidan Andrew Anne Bede Clare Columba Cuthbert Edmund George Helen James John Luke Mark Mary Oswald Paul Peter"
PLACES = "Abbey Ash Birch Brook Castle Church Dale Elm Field Green Grove Hill Lane Mill Moor Oak Park Ridge Spring Wood"
TOWNS = "Barford Calder Denby Eaton Fenwick Garston Holme Kirkby Linton Marsden Norton Ormsby Preston Ripley Selby"
KINDS = "Primary School|Church of England Primary School|Catholic Voluntary Academy|High School|Nursery|Infant School"


def made_up(count: int) -> list[str]:
    """So many different names of schools."""
    random = Random(18_000)
    names: dict[str, None] = {}
    saints, places, towns, kinds = SAINTS.split(), PLACES.split(), TOWNS.split(), KINDS.split("|")
    while len(names) < count:
        first = random.choice([f"St {random.choice(saints)}'s", f"{random.choice(places)} {random.choice(places)}"])
        number = random.randint(1, 40)
        names[f"{first} {random.choice(kinds)}, {random.choice(towns)} {number}"] = None
    return list(names)


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--labels", type=int, default=18_000, help="how many labels")
    options.add_argument("--rounds", type=int, default=15, help="runs of each side")
    chosen = options.parse_args()
    labels = made_up(chosen.labels)
    members = [{"id": f"{place:05}", "label": label} for place, label in enumerate(labels)]
    body = json.dumps({"filters": [{"id": "gIyO9", "column": "school", "label": "School", "options": members}]})
    index = NameIndex(Entry(thing=item, labels=(item["label"],), ids=(item["id"],)) for item in members)
    meant = labels[len(labels) // 2]
    wrong = meant.replace("School", "Scool").replace("Academy", "Acadmy")[1:]
    if index.find(wrong) or index.nearest(wrong)[0] != meant:
        raise SystemExit(f"{wrong!r} should not be found, and {meant!r} be the first suggestion")
    ours, reading = sides = [
        Side("suggestions", chosen.rounds, lambda: len(index.nearest(wrong)), 5),
        Side("json.loads of the metadata", chosen.rounds, lambda: len(json.loads(body)["filters"]), 1),
    ]
    take_turns(sides)
    print(f"{len(labels):,} labels, {len(body):,} bytes of metadata, medians")
    print(machine())
    for side in sides:
        print(side)
    print(f"suggestions {ours.median / reading.median:.2f} x the time of json.loads (less than 1)")


if __name__ == "__main__":
    main()
