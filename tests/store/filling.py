"""A process that fills and reads a store until it has done its rounds, or is killed."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import polars as pl

import eesclient as ees
from eesclient import Store
from tests.doors.store import Choice, Key, free, prunable

ROUNDS = 2
ENDLESS = 1_000_000


def answers(client: ees.Client, seed: int, rounds: int = ROUNDS) -> Iterator[pl.DataFrame]:
    """Open, list, ask and read, as the seed says; in small pages of a size of one's own, which are many answers."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(rounds):
        data_set = client.open(ees.local.SEN_ID, version=draw.choice(("1.0", "1.*")))
        yield pl.DataFrame({"id": [found.id for found in client.data_sets()]})
        periods = draw.sample([period.label for period in data_set.periods], 4)
        yield data_set.query(periods=periods, page_size=draw.randrange(20, 60)).frame
        if draw.random() < 0.5:
            yield data_set.read().frame
        else:
            yield data_set.query(filters={"SEN provision": "SEN support"}, route="csv").frame


def prune(client: ees.Client, store: Store) -> None:
    """Fill with what nobody else needs and prune it, with the blobs that only it leads to."""
    for _ in range(ROUNDS):
        client.open(ees.local.KS4_ID, version="1.0").read()
        free(store, prunable(store, Choice(data_sets=((ees.local.KS4_ID, None),))))


def change(store: Store, seed: str) -> None:
    """Keep lists that change all the time, so that the process is always about to write something."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    while True:
        key = Key(origin="0123456789abcdef", kind="listing", request=f"{seed} {draw.randrange(8)}")
        store.write(key, draw.randbytes(1) * 1000, at=datetime.now(UTC))


def main(folder: str, seed: str, task: str) -> None:
    """Say that the work begins, do it, and say that it is done."""
    store = Store(Path(folder))
    with ees.Client(service=ees.local.demo(), store=store) as client:
        client.open(ees.local.SEN_ID, version="1.0").meta  # noqa: B018 - what is imported later is imported by now
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if task == "be killed":
            for part in "abcd":
                Thread(target=change, args=(store, seed + part), daemon=True).start()
        if task == "prune":
            prune(client, store)
        else:
            for frame in answers(client, int(seed), ENDLESS if task == "be killed" else ROUNDS):
                frame.height  # noqa: B018 - that it came is enough here
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
