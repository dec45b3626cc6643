"""Several writers of one lock file: nothing of what one of them wrote is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import LockEntry, LockError, cli
from tests.doors.lock import LockFile, Locking, change_lock, disk, read_lock, write_text
from tests.lock.written import write_lock

ADDRESS = "https://x.test"
ENTRY = LockEntry(
    id="00000000-0000-0000-0000-000000000000",
    title="Rates",
    version="1.0",
    release="2024",
    rows=3,
    meta_sha256="a" * 64,
)
LOCKING = Locking(address=ADDRESS)


def entry(number: int) -> LockEntry:
    """Return the entry of another data set."""
    return attrs.evolve(ENTRY, id=f"{number:08}-0000-0000-0000-000000000000", title=f"Rates {number}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the lock file is."""
    return tmp_path / "ees.lock"


@pytest.fixture(params=["folder", "file beside it"])
def _how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep others out as on POSIX, or as on Windows."""
    if request.param == "file beside it":
        monkeypatch.setattr(disk, "fcntl", None)


@pytest.mark.usefixtures("_how")
def test_threads(path: Path) -> None:
    """Threads that add at the same time all find their entries in the file, and nothing is left beside it."""
    with ThreadPoolExecutor(16) as pool:
        added = [*pool.map(lambda number: LOCKING.add_entry(path, entry(number)), range(48))]
    assert [entry(number) for number in range(48)] == added
    assert {*added} == {*read_lock(path).entries}
    assert [path] == [*path.parent.iterdir()]


SCRIPT = """
import sys
from pathlib import Path
from tests.lock.test_writers import LOCKING, entry

sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for number in range(int(sys.argv[1]), 40, 2):
    LOCKING.add_entry(Path(sys.argv[2]), entry(number))
"""


def test_processes(path: Path) -> None:
    """Processes that add at the same time, and one that began with no file, lose nothing."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", SCRIPT]
    started = [
        subprocess.Popen([*command, number, str(path)], stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - our own
        for number in "01"
    ]
    for process in started:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
    for process in started:
        process.communicate("go\n", timeout=60)
    assert [0, 0] == [process.returncode for process in started]
    assert 40 == len(read_lock(path).entries)


@pytest.mark.usefixtures("_how")
def test_a_writer_that_takes_too_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for another writer says so; the file stays as it was."""
    monkeypatch.setattr(disk, "PATIENCE", 0.05)
    with disk.alone(path), pytest.raises(LockError, match="is being written by another process"):
        LOCKING.add_entry(path, ENTRY)
    assert not path.exists()
    assert ENTRY == LOCKING.add_entry(path, ENTRY)


def test_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a drive without locks of files an entry is added all the same."""

    def flock(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(disk.fcntl, "flock", flock)
    assert ENTRY == LOCKING.add_entry(path, ENTRY)


def test_an_editor(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an editor saves while an entry is written stays: the entry is added to it."""
    write_lock(path, LockFile(base_url=ADDRESS))
    edits = [entry(1), entry(2)]
    fsync = os.fsync

    def edit(descriptor: int) -> None:
        fsync(descriptor)
        if edits:
            path.write_bytes(write_text(read_lock(path).with_entry(edits.pop())).encode())

    monkeypatch.setattr(os, "fsync", edit)
    assert entry(3) == LOCKING.add_entry(path, entry(3))
    assert [entry(number) for number in (1, 2, 3)] == [*read_lock(path).entries]
    assert [path] == [*path.parent.iterdir()]


@pytest.mark.parametrize("now", [None, attrs.evolve(ENTRY, version="2.0"), attrs.evolve(ENTRY, asked="1.*")])
def test_the_same_entry(path: Path, now: LockEntry | None) -> None:
    """An entry that somebody else changed since it was read is not replaced, nor are others written beside it."""
    before = LockFile(base_url=ADDRESS, entries=[ENTRY])
    write_lock(path, attrs.evolve(before, entries=[now] if now else []))
    text = path.read_bytes()
    wanted = attrs.evolve(ENTRY, version="1.1")
    says = f"it says {now.version} now" if now else "it is not there any more"
    with pytest.raises(LockError, match=f"was changed meanwhile: 'Rates' .*locked at 1.1, and {says}; nothing was"):
        change_lock(path, ADDRESS, [entry(7), wanted], before.same)
    assert text == path.read_bytes()
    assert wanted == LOCKING.add_entry(path, wanted)


def test_the_same_change(path: Path) -> None:
    """Two writers who write the same about a data set do not disturb each other."""
    before = LockFile(base_url=ADDRESS, entries=[ENTRY])
    measured = attrs.evolve(ENTRY, data_sha256="b" * 64, data_size=1)
    write_lock(path, attrs.evolve(before, entries=[measured]))
    assert measured == change_lock(path, ADDRESS, [measured], before.same).same(ENTRY)
    # and what one knows besides stays
    assert measured == change_lock(path, ADDRESS, [ENTRY], before.same).same(ENTRY)


def test_a_client_with_the_lock(path: Path) -> None:
    """A client that goes by a lock does not undo what was locked since; one without goes by what is asked of it."""
    demo = ees.local.demo()
    with ees.Client(service=demo) as client:
        client.open(ees.local.SEN_ID, version="1.0").lock(path)
        with ees.Client(service=demo, lock=path) as other:
            opened = other.open(ees.local.SEN_ID)
            opened.lock(path, data=True)
            assert opened.lock(path).data_size
            lock = read_lock(path)
            newer = attrs.evolve(lock.entries[0], asked=None, version="1.1", data_sha256="c" * 64)
            write_lock(path, attrs.evolve(lock, entries=[newer]))
            with pytest.raises(LockError, match=r"it says 1\.1 now"):
                opened.lock(path)
            assert (newer,) == read_lock(path).entries
        assert "1.0" == str(client.open(ees.local.SEN_ID, version="1.0").lock(path).version)


def test_sync_beside_another_writer(path: Path, tmp_path: Path) -> None:
    """What was locked anew while a sync was on its way stays, and the sync says so."""
    demo = ees.local.demo()
    with ees.Client(service=demo, store=tmp_path / "store") as client:
        client.open(ees.local.SEN_ID, version="1.0").lock(path)
        lock = read_lock(path)
        newer = attrs.evolve(lock.entries[0], asked=None, version="1.1", meta_sha256="c" * 64)

        def change(_: Any) -> None:
            write_lock(path, attrs.evolve(lock, entries=[newer]))

        report = client.sync(path, announce=change)
    assert not report.is_complete
    assert "was changed meanwhile" in str(report.entries[0].problem)
    assert (newer,) == read_lock(path).entries


def test_the_command_beside_another_writer(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`ees lock` that is refused because somebody else locked the same meanwhile says so in a line."""
    entries = cli.lock.policy.entry

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        found = yield from entries(*arguments, **more)
        write_lock(path, LockFile(base_url="local:demo", entries=[attrs.evolve(found, asked=None, version="1.1")]))
        return found

    monkeypatch.setattr(cli.lock.policy, "entry", meanwhile)
    assert 1 == cli.main(["lock", f"{ees.local.SEN_ID}@1.0", "--lock", str(path), "--demo"])
    assert re.fullmatch(r"ees: \S+ was changed meanwhile: [^\n]+\n", capsys.readouterr().err)
    assert "1.1" == str(read_lock(path).entries[0].version)
