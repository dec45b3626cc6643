"""`ees bundle`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import Store, Version, cli
from tests.doors.lock import read_lock
from tests.doors.store import VersionRef, origin_of, stored_versions

Capture = pytest.CaptureFixture[str]
SEN = f"{ees.local.SEN_ID}@1.0"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a store with both data sets of the demo, the one that is used, in a folder of its own."""
    with ees.Client(service=ees.local.demo(), store=tmp_path / "store") as client:
        client.open(ees.local.SEN_ID, version="1.0").read()
        client.open(ees.local.KS4_ID, version="1.0")
    monkeypatch.setenv("EES_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def data_sets(path: str) -> set[str]:
    """Return the data sets in a bundle."""
    return {wanted.data_set for wanted in stored_versions(Store(path))}


def test_versions(capsys: Capture) -> None:
    """Versions that are named are bundled, and the table says what of them is there."""
    assert 0 == cli.main(["bundle", "out.zip", "--data-set", SEN])
    out = capsys.readouterr().out
    assert [ees.local.SEN_ID, "1.0", "yes", "4", "National"] == out.splitlines()[1].split()[:5]
    assert f"out.zip: 1 version, {Path('out.zip').stat().st_size / 1000:.1f} kB (" in out
    assert {ees.local.SEN_ID} == data_sets("out.zip")
    with ees.Client(service=ees.local.demo(), store="out.zip", offline=True) as client:
        assert client.open(ees.local.SEN_ID, version="1.*").read().frame.height > 0


def test_everything(capsys: Capture) -> None:
    """--all bundles every version that is kept; --json says so for programs."""
    assert 0 == cli.main(["bundle", "out.zip", "--all", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("out.zip", Path("out.zip").stat().st_size) == (found["path"], found["bytes"])
    assert [(ees.local.KS4_ID, "1.0", False), (ees.local.SEN_ID, "1.0", True)] == sorted(
        (item["wanted"]["data_set"], item["wanted"]["version"], item["is_whole"]) for item in found["contents"]
    )
    assert {ees.local.SEN_ID, ees.local.KS4_ID} == data_sets("out.zip")


@pytest.fixture
def lock() -> bytes:
    """Return a lock of one version, which stands in `ees.lock`."""
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID, version="1.0").lock("ees.lock")
    return Path("ees.lock").read_bytes()


@pytest.mark.parametrize("arguments", [["--lock", "my.lock"], []])
def test_lock(arguments: list[str], lock: bytes) -> None:
    """What a lock names is bundled with the lock itself; the one in the folder is taken when nothing is said."""
    if arguments:
        Path("ees.lock").rename("my.lock")
    assert 0 == cli.main(["bundle", "out.zip", *arguments])
    assert {ees.local.SEN_ID} == data_sets("out.zip")
    with zipfile.ZipFile("out.zip") as file:
        assert lock == file.read("ees.lock")


@pytest.mark.usefixtures("lock")
def test_what_is_locked() -> None:
    """A lock names data sets with their exact versions, as its own service gave them and no other."""
    other = ees.local.demo()
    other.origin = "local:other"
    with ees.Client(service=other, store="store") as client:
        client.open(ees.local.SEN_ID, version="1.0")
    store = Store("store")
    assert 2 == len(stored_versions(store, data_set=ees.local.SEN_ID))
    wanted = VersionRef(origin=origin_of("local:demo"), data_set=ees.local.SEN_ID, version=Version(1))
    assert [wanted] == cli.store.locked(store, read_lock("ees.lock"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what to bundle: --lock ees.lock, --data-set ID@VERSION, or --all"),
        (["--data-set", f"{ees.local.SEN_ID}@2.0"], "online, run ees read 019d431f"),
        (["--lock", "none.lock"], "none.lock: there is no such file"),
        (["--lock", "bad.lock"], "bad.lock"),
        (["--all", "--store", "none"], "there is no store at none"),
    ],
)
def test_failures(arguments: list[str], message: str, capsys: Capture) -> None:
    """What cannot be bundled is said with what to do, and no file is left."""
    Path("bad.lock").write_text("[[data_set]]\ntitle = 'without an id'\n")
    assert (1 if arguments else 2) == cli.main(["bundle", "out.zip", *arguments])
    assert message in capsys.readouterr().err
    assert not Path("out.zip").exists()


def test_a_path_that_cannot_be_written(capsys: Capture) -> None:
    """A bundle into a folder that does not exist, or under another suffix, is an error in one line."""
    for path, message in (
        ("none/out.zip", "none/out.zip cannot be written: No such file"),
        ("out.tar", "ends in .zip"),
    ):
        assert 1 == cli.main(["bundle", path, "--all"])
        assert message in capsys.readouterr().err


def test_an_exact_version_is_needed(capsys: Capture) -> None:
    """A data set without an exact version has exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["bundle", "out.zip", "--data-set", ees.local.SEN_ID])
    assert 2 == caught.value.code
    assert "write the exact version too" in capsys.readouterr().err
