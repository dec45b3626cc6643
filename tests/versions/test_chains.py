"""Laws of upgrades, on version chains made by seeded edits."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eesclient import Client, DataSetVersionType, GeographicLevel, MigrationError, TotalError, Version
from eesclient.local import Service
from tests.conftest import PROFILE
from tests.doors.local import DataSetHolding
from tests.local.changed import next_version
from tests.versions.chains import ID, Table, holdings, small
from tests.versions.edits import ROW, Chain, chain, said
from tests.versions.questions import answered, drawn

FIRST = Version(1)
SMALL = small()
PUBLISHED = ("small/SEN2_AGE_STOCK", "small/school_applications_and_offers", "small/exclusions_by_characteristic")
QUESTIONS = 3


@pytest.fixture(autouse=True)
def _warned_elsewhere() -> Iterator[None]:
    """Let answers without rows and dropped conditions pass: other tests are about their warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check(made: Chain, random: Random) -> None:
    """Hold a chain in the box against the model of it."""
    with TemporaryDirectory() as folder:
        held = holdings(Path(folder), made.tables, made.toml)
        check_numbers(made, held.data_sets[ID])
        with Client(service=Service(held)) as client:
            check_reports(made, client)
            check_questions(made, client, random)


def check_numbers(made: Chain, held: DataSetHolding) -> None:
    """The service's rules give each version the number, and the type, that the edits call for."""
    for before, after in pairwise(held.versions):
        number = after.about.version
        is_patch = number.patch > 0
        assert number == next_version(before.about.version, held.changes(after), patch=is_patch)
        assert made.states[number].is_major == (after.type is DataSetVersionType.MAJOR)
        assert is_patch == (after.type is DataSetVersionType.PATCH)


def check_reports(made: Chain, client: Client) -> None:
    """A report lists exactly the edits between two versions, in either direction."""
    first = client.open(ID, version=str(FIRST))
    for number in made.states:
        report = first.compare(number)
        assert made.expected(FIRST, number) == Counter(map(said, report.changes))
        passed = [state for passed, state in made.states.items() if FIRST < passed <= number]
        assert not report.is_major or any(state.is_major or state.toml for state in passed)
    last = max(made.states)
    assert made.expected(last, FIRST) == Counter(map(said, client.open(ID, version=last).compare(FIRST).changes))


def check_questions(made: Chain, client: Client, random: Random) -> None:
    """A migrated question has the old answer on the rows that both versions have; or it is refused with cause."""
    last = max(made.states)
    before, after = made.states[FIRST], made.states[last]
    first, then = client.open(ID, version=str(FIRST)), client.open(ID, version=last)
    report = first.compare(last)
    for _ in range(QUESTIONS):
        try:
            asked, query = drawn(first, before, random)
        except TotalError:
            continue
        if asked.is_lost(query, after):
            with pytest.raises(MigrationError):
                report.migrate(query)
            continue
        old = answered(first.query(query), before.table)
        new = answered(then.query(report.migrate(query)), after.table)
        tokens = [{row[ROW] for row in state.table.rows} for state in (before, after)]
        both = tokens[0] & tokens[1]
        assert old.keys() & both == new.keys() & both
        same = {row[ROW]: row for row in before.table.rows}
        rows = {row[ROW]: row for row in after.table.rows}
        unchanged = {token for token in new.keys() & both if [*same[token].values()] == [*rows[token].values()]}
        assert {token: old[token] for token in unchanged} == {token: new[token] for token in unchanged}


@pytest.mark.property
@settings(max_examples=settings().max_examples // 3)
@given(random=st.randoms(use_true_random=False), length=st.integers(1, 4))
def test_made_up_chains(random: Random, length: int) -> None:
    """On chains of a made-up data set: numbers, reports in both directions, and questions."""
    check(chain(SMALL, random, length=length), random)


@pytest.mark.parametrize("seed", range(2 if PROFILE == "fewer" else 4))
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_chains(data_folder: Path, name: str, seed: int) -> None:
    """On chains of published data sets: the same."""
    random = Random(f"{name} {seed}")  # noqa: S311 - examples, not secrets
    check(chain(table(data_folder / f"{name}.csv"), random, length=2), random)


def table(path: Path) -> Table:
    """A published pair, with one of the rows that the API cannot tell apart."""
    meta = path.with_name(path.name.replace(".csv", ".meta.csv"))
    with path.open(encoding="utf-8-sig", newline="") as file, meta.open(encoding="utf-8-sig", newline="") as about:
        lines = tuple(csv.DictReader(about))
        keys = {line["col_name"] for line in lines if line["col_type"] == "Filter"}
        keys |= {"time_period", "time_identifier", "geographic_level"}
        keys |= {name for level in GeographicLevel for name in level.columns.all}
        rows = {tuple(row[name] for name in row if name in keys): row for row in csv.DictReader(file)}
    return Table(rows=tuple(rows.values()), meta=lines)
