"""What an older version wrote is read to the same answers."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from tests.doors.cli import main
from tests.kept.asked import KS4, QUESTIONS, SEN, opened, told
from tests.kept.older_demo import SENCO_PUBLICATION, SENCO_TITLE, older_demo

KEPT = Path(__file__).parent
ANSWERS: dict[str, dict[str, Any]] = json.loads((KEPT / "answers.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.filterwarnings("ignore::eesclient.EESWarning")


@contextmanager
def client_of(way: str, folder: Path) -> Iterator[ees.Client]:
    """A client that asks the demo of then, or has nothing but the kept store or bundle."""
    if way == "service":
        with ees.Client(service=older_demo()) as client:
            yield client
        return
    store = folder / "bundle.zip" if way == "bundle" else shutil.copytree(KEPT / "store", folder / "store")
    if way == "bundle":
        shutil.copy(KEPT / "bundle.zip", store)
    with ees.Client(service=older_demo(), store=store, offline=True) as client:
        yield client


def same(name: str, result: ees.QueryResult) -> None:
    """Compare with what was answered then."""
    assert ANSWERS[name] == json.loads(json.dumps(told(result)))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("way", ["service", "store", "bundle"])
def test_answers(way: str, name: str, tmp_path: Path) -> None:
    """Each question has the same answer, digest and request, from the service as from what was stored."""
    data_set_id, words = QUESTIONS[name]
    with client_of(way, tmp_path) as client:
        same(name, opened(client, data_set_id).query(**words))


@pytest.mark.parametrize("way", ["service", "store", "bundle"])
def test_whole_file(way: str, tmp_path: Path) -> None:
    """A whole data file is read to the same rows."""
    with client_of(way, tmp_path) as client:
        same("whole file", opened(client, SEN).read())


def test_stored_pages_alone(tmp_path: Path) -> None:
    """The store has pages and no file of one data set, and the file of the other: both answer offline."""
    with client_of("store", tmp_path) as client:
        assert opened(client, SEN).query(**QUESTIONS["everything"][1]).route == "store"
        with pytest.raises(ees.OfflineError):
            opened(client, KS4).read()


def test_lock_holds() -> None:
    """A client with the kept lock opens what is locked in it, and locking again writes the same bytes."""
    with ees.Client(service=older_demo(), lock=KEPT / "ees.lock") as client:
        assert ees.Version(1) == client.open(SEN).version == client.open(KS4).version
        same("two options, two years", client.open(SEN).query(**QUESTIONS["two options, two years"][1]))


def test_lock_written_again(tmp_path: Path) -> None:
    """The same data sets are locked with the same digests, in the same text."""
    lock = tmp_path / "ees.lock"
    with ees.Client(service=older_demo()) as client:
        opened(client, SEN).lock(lock, data=True)
        opened(client, KS4).lock(lock)
        senco(client).lock(lock)
    assert (KEPT / "ees.lock").read_bytes() == lock.read_bytes()


def test_lock_of_a_file() -> None:
    """A file of the catalogue that is locked opens to the same rows."""
    with ees.Client(service=older_demo(), lock=KEPT / "ees.lock") as client:
        same("file of the catalogue", senco(client).query())


def test_lock_broken_by_another(tmp_path: Path) -> None:
    """A digest that differs from the locked one is noticed."""
    lock = tmp_path / "ees.lock"
    text = (KEPT / "ees.lock").read_text(encoding="utf-8")
    lock.write_text(text.replace('meta_sha256 = "bcc154', 'meta_sha256 = "000000'), encoding="utf-8")
    with ees.Client(service=older_demo(), lock=lock) as client, pytest.raises(ees.LockError):
        opened(client, SEN)


def test_store_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`ees store verify` finds no damage, and `ees bundle` the same answers, beside what is new in bundles."""
    store = shutil.copytree(KEPT / "store", tmp_path / "store")
    assert main(["store", "verify", "--store", str(store)]) == 0
    versions = ["--data-set", f"{SEN}@1.0", "--data-set", f"{KS4}@1.0"]
    assert main(["bundle", *versions, "--store", str(store), str(tmp_path / "bundle.zip"), "--json"]) == 0
    assert SEN in capsys.readouterr().out
    with zipfile.ZipFile(KEPT / "bundle.zip") as kept, zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        # its words say what else is there by now
        names = {*kept.namelist()} - {"README.txt"}
        assert {name: kept.read(name) for name in names} == {name: bundle.read(name) for name in names}
        others = {*bundle.namelist()} - {*kept.namelist()}
    assert {name.partition("/")[0] for name in others} == {"data", "datapackage.json", "ro-crate-metadata.json"}


def test_parquet() -> None:
    """A written result is read with its digest, rows and receipt."""
    saved = ees.read_parquet(KEPT / "two_years.parquet")
    answered = ANSWERS["two options, two years"]
    assert (answered["digest"], answered["total"]) == (saved.digest, saved.total)
    assert answered["first rows"] == saved.frame.head(5).write_csv()
    assert (SEN, ees.Version(1), "synthetic") == (
        saved.provenance.data_set_id,
        saved.provenance.version,
        saved.provenance.source,
    )


def senco(client: ees.Client) -> ees.PinnedDataSet:
    """Open the file that is only in the catalogue."""
    return client.catalogue.latest(publication=SENCO_PUBLICATION, title=SENCO_TITLE).open()
