"""Locks into lakes, from Python and on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from eesclient import lake
from eesclient.testing import FakeService
from tests.doors.cli import Where, main
from tests.store.switched import Switched, switched

from .support import kept

pytest.importorskip("deltalake", reason="the extra lake is not installed")

WITHDRAWN = '[data_sets.rates.versions."1.0"]\nstatus = "Withdrawn"\nwithdrawn = 2024-01-01T00:00:00Z\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def served(tmp_path: Path) -> Switched:
    """Return a service with two data sets at 1.0, `rates` and `counts`."""
    return switched(tmp_path / "data")


@pytest.fixture
def lock(served: Switched, tmp_path: Path) -> Path:
    """Return a lock file with both."""
    with ees.Client(service=served) as client:
        for id_ in served.ids.values():
            client.open(id_, version="1.*").lock(tmp_path / "ees.lock", data=True)
    return tmp_path / "ees.lock"


def test_sync(served: Switched, lock: Path, tmp_path: Path) -> None:
    """All that is locked is in the lake; again it is there; a newer lock adds a version."""
    folder, told = tmp_path / "tables", []
    with ees.Client(service=served, lock=lock) as client:
        report = lake.sync(client, folder, progress=told.append)
        assert (True, [*report.entries]) == (report.is_complete, told)
        assert "Counts" in report.to_text()
        assert {True} == {one.is_new for one in report.entries}
        before, asked = kept(folder), len(served.asked)
        again = lake.sync(client, folder)
    assert {False} == {one.is_new for one in again.entries}
    assert before == kept(folder)
    assert not any(path.endswith("/csv") for path in served.asked[asked:])
    served.publish("rates.v1.1", "1.5", "2.5", "3.5")
    with ees.Client(service=served) as client:
        client.open(served.ids["rates"], version="1.*").lock(lock)
        assert lake.sync(client, folder, lock=lock).is_complete
        for number in ("1.0", "1.1"):
            expected = client.open(served.ids["rates"], version=number).read()
            assert expected.digest == lake.read(folder, served.ids["rates"], version=number).digest


def test_withdrawn_since(served: Switched, lock: Path, tmp_path: Path) -> None:
    """A version that was withdrawn is a problem, also where it is there; the others are added all the same."""
    folder = tmp_path / "tables"
    served.describe(WITHDRAWN)
    for _ in range(2):
        with ees.Client(service=served, lock=lock) as client:
            report = lake.sync(client, folder)
        assert not report.is_complete
        problems = {one.title: one.problem for one in report.entries}
        assert problems.pop("Rates").startswith("version 1.0 of 'Rates' was withdrawn on 2024-01-01")
        assert {"Counts": None} == problems
    assert ["Counts"] == [one.title for one in lake.tables(folder)]


def test_not_what_was_locked(served: Switched, lock: Path, tmp_path: Path) -> None:
    """A version with other rows than the lock says is a problem, and is not taken in."""
    served.publish("rates", "1.5", "z", "7")
    with ees.Client(service=served, lock=lock) as client:
        report = lake.sync(client, tmp_path / "tables")
    (problem,) = (one.problem for one in report.entries if one.problem)
    assert "rows: 2 when it was locked, 3 now" in problem


def test_a_service_that_does_not_answer(served: Switched, lock: Path, tmp_path: Path) -> None:
    """What the service does not answer for is left to the next run, which does what is left."""
    fake = FakeService(served)
    fake.fail(500, path=f"{served.ids['rates']}/csv", times=1)
    for outcome in ("no answer", "in the lake"):
        with ees.Client(service=fake, lock=lock, retries=0) as client:
            assert outcome == lake.sync(client, tmp_path / "tables").outcome
    assert 2 == len(lake.tables(tmp_path / "tables"))


def test_a_file_outside_the_api(tmp_path: Path) -> None:
    """A file of the catalogue is version 1.0 of its table; where it is replaced, the newer one is a further commit."""
    data, folder = tmp_path / "data", tmp_path / "tables"
    served = switched(data)
    served.describe("[publication]\ntitle = 'P'\n[data_sets.rates]\napi = false\n")
    lock = tmp_path / "ees.lock"
    digests = []
    for value in ("z", "3.5"):
        served.publish("rates", "1.5", value)
        with ees.Client(service=served) as client:
            entry = client.catalogue.latest(publication="P", title="rates")
            opened = entry.open()
            opened.lock(lock)
            digests.append(opened.read().digest)
            for is_new in (True, False):
                (one,) = lake.sync(client, folder, lock=lock).entries
                assert (is_new, None) == (one.is_new, one.problem)
    (table,) = lake.tables(folder)
    assert [("1.0", 1)] == [(str(one.version), one.commit) for one in table.versions]
    assert digests[1] == lake.read(folder, entry.id).digest
    assert opened.sha256 == lake.read(folder, entry.id).provenance.file_sha256
    assert [3.5, 1.5] == pl.read_delta(str(table.path))["rate"].to_list()


# The command line


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`ees lake` adds, lists and reads, as a table, CSV, or Parquet with its receipt."""
    id_ = ees.local.SEN_ID
    assert 0 == main(["lake", "add", "tables", f"{id_}@1.0", "--demo"])
    assert f"{id_} 1.0: 2,607 rows written, commit 0\n" in capsys.readouterr().out
    assert 0 == main(["lake", "list", "tables", "--json"])
    (row,) = json.loads(capsys.readouterr().out)
    assert (id_, "1.0", 0, 2607, None) == tuple(row[name] for name in ("id", "version", "commit", "rows", "licence"))
    assert 0 == main(["lake", "list", "tables"])
    assert capsys.readouterr().out.splitlines()[1].startswith(f"{id_}  1.0           0  2,607  Reporting year 2025")
    assert 0 == main(["lake", "read", "tables", id_, "--version", "1.0"])
    out = capsys.readouterr().out
    assert "SYNTHETIC, not a statistic" in out.splitlines()[0]
    assert out.splitlines()[-1].startswith("SYNTHETIC, not a statistic: National")
    assert 0 == main(["lake", "read", "tables", id_, "--csv"])
    assert capsys.readouterr().out == lake.read("tables", id_).frame.write_csv()
    assert 0 == main(["lake", "read", "tables", id_, "--parquet", "sen.parquet"])
    assert lake.read("tables", id_).digest == ees.read_parquet("sen.parquet").digest
    assert "sen.parquet: National" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "tables"], "tables: there is no such folder"),
        (["read", ".", "sen"], "sen"),
        (["read", ".", ees.local.SEN_ID], "there is no Delta table here"),
        (["sync", "ees.lock", "tables"], "ees.lock: there is no such file"),
        (["add", "tables", f"{ees.local.SEN_ID}@7.0", "--demo"], "has no version '7.0'"),
    ],
)
def test_wrong_commands(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be done is told in a line, with exit code 1, and nothing is made."""
    assert 1 == main(["lake", *arguments])
    assert said in capsys.readouterr().err
    assert {} == kept(Path())


def test_the_command_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, the command names it."""
    monkeypatch.setitem(sys.modules, "deltalake", None)
    assert 1 == main(["lake", "list", str(tmp_path)])
    assert "pip install 'eesclient[lake]'" in capsys.readouterr().err


def test_sync_command(
    served: Switched, lock: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ees lake sync` ends with 0 where all is there, and with 3 where something was withdrawn."""

    def asked(where: Where, *, keeps: bool) -> ees.Client:
        assert keeps
        assert where.base_url is None
        return ees.Client(service=served, lock=where.lock, store=where.store)

    monkeypatch.setattr(Where, "client", asked)
    for state in ("rows written", "rows already there"):
        assert 0 == main(["lake", "sync", str(lock), "tables", "--store", "store"])
        assert 2 == capsys.readouterr().out.count(state)
    served.describe(WITHDRAWN)
    assert 3 == main(["lake", "sync", str(lock), "others", "--store", "other", "--json"])
    said = capsys.readouterr()
    assert "was withdrawn on 2024-01-01" in said.err
    report = json.loads(said.out)
    assert ("changed", 3, {"Counts": "in the lake", "Rates": "changed"}) == (
        report["outcome"],
        report["exit_code"],
        {entry["title"]: entry["outcome"] for entry in report["entries"]},
    )
