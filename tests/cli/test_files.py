"""Tests of locked files of the catalogue on the command line, on a folder served on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import cli
from tests.cli import test_lock
from tests.doors.lock import read_lock
from tests.store.switched import Switched

served, address = test_lock.served, test_lock.address

OUTSIDE = """
[publication]
title = "Rates of things"
theme = "Things"

[data_sets.rates]
title = "Rates"
api = false
[data_sets.rates.versions."1.0"]
release = "Spring"
published = 2025-03-01T09:30:00Z
footnotes = ["Rates are rounded."]
"""
NEWER = '[data_sets.rates.versions."2.0"]\nrelease = "Autumn"\npublished = 2025-09-01T09:30:00Z\n'


class Ees:
    """The command, with a lock file and a store of the test."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.lock, self.store = folder / "ees.lock", folder / "store"
        self._capsys = capsys

    def __call__(self, command: str, *arguments: str) -> tuple[int, str]:
        """Return exit code and output of a command."""
        code = cli.main([command, *arguments, "--lock", str(self.lock), "--store", str(self.store)])
        out, err = self._capsys.readouterr()
        return code, out + err


@pytest.fixture
def run(served: Switched, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ees:
    """Return the command where a file of the catalogue is locked."""
    served.describe(OUTSIDE)
    made = Ees(tmp_path, capsys)
    with ees.Client(base_url=address) as client:
        client.catalogue.latest(publication="Rates of things", title="Rates").open().lock(made.lock)
    return made


def released(served: Switched) -> None:
    """Publish the next release, with a file of its own."""
    served.publish("rates.v2.0", "1.6", "z", "2.5")
    served.describe(OUTSIDE + NEWER)


def locked_rates(run: Ees) -> tuple[str, str, str]:
    """Return what a program with the lock reads: id, release and digest."""
    with ees.Client(lock=run.lock, store=run.store) as client:
        rates = client.catalogue.latest(publication="rates-of-things", title="rates").open()
        return rates.id, rates.release.title, rates.read().digest


def test_a_new_release_changes_nothing_for_who_has_locked(run: Ees, served: Switched) -> None:
    """A release that appears between two runs leaves the locked file in place, and `outdated` tells of it."""
    before = locked_rates(run)
    assert (0, "all locked versions are the newest\n") == run("outdated")
    released(served)
    assert before == locked_rates(run)
    code, said = run("outdated")
    assert (0, True) == (code, "the latest release's file is" in said)
    code, said = run("outdated", "--json")
    (news,) = json.loads(said)
    assert ("Spring", "Autumn", True) == (news["locked"], news["latest"], news["outdated"])


def test_without_a_lock_the_new_release_is_taken(run: Ees, served: Switched, address: str) -> None:
    """The handle by publication and title goes with the releases."""
    released(served)
    with ees.Client(base_url=address) as client:
        rates = client.catalogue.latest(publication="Rates of things", title="Rates").open()
    assert "Autumn" == rates.release.title


def test_a_replaced_file_is_outdated(run: Ees, served: Switched) -> None:
    """A file that was replaced inside its release is told of by its date."""
    served.describe(OUTSIDE.replace("2025-03-01", "2025-04-01"))
    assert "its file was replaced on 2025-04-01" in run("outdated")[1]


def test_a_file_that_is_gone(run: Ees, served: Switched) -> None:
    """A title that the catalogue has no more is told of."""
    served.describe(OUTSIDE.replace('title = "Rates"\n', 'title = "Other rates"\n'))
    assert "the latest release has nothing of that title" in run("outdated")[1]


def test_sync(run: Ees, served: Switched) -> None:
    """`ees sync` fetches locked files, and what the store has is read without the service's file."""
    code, said = run("sync", "--yes")
    assert (0, True, True) == (code, "1 of 1 locked data sets" in said, "in the store, verified" in said)
    code, said = run("sync")
    assert (0, True) == (code, "the data files of all 1 locked data sets are in the store" in said)
    with ees.Client(lock=run.lock, store=run.store, offline=True) as client:
        (entry,) = read_lock(run.lock).files
        assert 2 == client.catalogue.entry(entry.id).open().read().total


def test_check(run: Ees, served: Switched) -> None:
    """`ees lock --check --data` compares the bytes of files, without it whether they are there."""
    code, said = run("lock", "--check")
    assert (0, True) == (code, "still there" in said)
    code, said = run("lock", "--check", "--data")
    assert (0, True) == (code, "as locked" in said)
    served.publish("rates", "1.5", "1.6")
    code, said = run("lock", "--check", "--data")
    assert (3, True) == (code, "when it was locked" in said)
    (served.folder / "rates.csv").unlink()
    (served.folder / "rates.meta.csv").unlink()
    served.describe("")
    code, said = run("lock", "--check")
    assert (3, True) == (code, "there is no such file" in said)


def test_a_lock_of_a_replaced_file(run: Ees, served: Switched) -> None:
    """Without a store, a replaced file is an error and not silently another figure."""
    served.publish("rates", "1.5", "1.6")
    with ees.Client(lock=run.lock, store=None) as client:
        entry = client.catalogue.latest(publication="Rates of things", title="Rates")
        with pytest.raises(ees.LockError, match="is not the one that was locked"):
            entry.open()
