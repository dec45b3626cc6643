"""Tests of `ees lock`, `ees sync` and `ees outdated`, on a folder served on this machine."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import cli
from tests.doors.api import Response
from tests.doors.lock import read_lock
from tests.lock.written import write_lock
from tests.store.switched import META, Switched, switched

uvicorn = pytest.importorskip("uvicorn", reason="the extra server is not installed")
pytest.importorskip("starlette", reason="the extra server is not installed")

from tests.doors.server import application, web  # noqa: E402


@pytest.fixture
def served(tmp_path: Path) -> Switched:
    """Return a service with one data set at 1.0, and another."""
    return switched(tmp_path / "data")


@pytest.fixture
def address(served: Switched) -> Iterator[str]:
    """Return its address, served in a thread."""
    server = web.server(application(served))
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


class Ees:
    """The command, with a lock file and a store of the test."""

    def __init__(self, folder: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.lock, self.store = folder / "ees.lock", folder / "store"
        self._address, self._capsys = address, capsys

    def __call__(self, command: str, *arguments: str) -> tuple[int, str]:
        """Return exit code and output of a command."""
        service = [] if self.lock.exists() else ["--base-url", self._address]
        code = cli.main([command, *arguments, "--lock", str(self.lock), "--store", str(self.store), *service])
        out, err = self._capsys.readouterr()
        return code, out + err

    def entry(self, id_: str) -> Any:
        """Return an entry of the lock file."""
        return read_lock(self.lock).entry(id_)

    def edit(self, id_: str, **changes: object) -> None:
        """Change an entry of the lock file."""
        lock = read_lock(self.lock)
        entries = [attrs.evolve(one, **changes) if one.id == id_ else one for one in lock.entries]
        write_lock(self.lock, attrs.evolve(lock, entries=entries))


@pytest.fixture
def ees_(tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]) -> Ees:
    """Return the command."""
    return Ees(tmp_path, address, capsys)


@pytest.fixture
def locked(ees_: Ees, served: Switched) -> tuple[Ees, str]:
    """Return the command after `rates` was locked for 1.*, and its id."""
    id_ = served.ids["rates"]
    assert 0 == ees_("lock", f"{id_}@1.*")[0]
    return ees_, id_


def test_locking(ees_: Ees, served: Switched) -> None:
    """`ees lock` adds data sets, and without ids asks again for what is locked, with what became of it."""
    rates, counts = served.ids["rates"], served.ids["counts"]
    assert (0, f"+ Rates {rates}: 1.0 (for 1.*)\n+ Counts {counts}: 1.0 (the latest)\n") == ees_(
        "lock", f"{rates}@1.*", counts.upper()
    )
    assert (0, f"= Counts {counts}: 1.0 (the latest)\n= Rates {rates}: 1.0 (for 1.*)\n") == ees_("lock")
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.publish("rates.v2.0", "1.5", "z", "2.5", "3.5")
    assert (0, f"= Counts {counts}: 1.0 (the latest)\n~ Rates {rates}: 1.0 -> 1.1 (for 1.*)\n") == ees_("lock")
    assert 3 == ees_.entry(rates).rows
    assert (0, f"~ Rates {rates}: 1.1: data_sha256, data_size\n") == ees_("lock", rates, "--data")
    size = (served.folder / "rates.v1.1.csv").stat().st_size
    assert size == ees_.entry(rates).data_size
    assert (0, f"= Rates {rates}: 1.1 (for 1.*)\n") == ees_("lock", rates)
    assert (0, f"~ Rates {rates}: 1.1 -> 2.0 (for 2.0)\n") == ees_("lock", f"{rates}@2.0")
    assert None is ees_.entry(rates).data_size


def test_nothing_is_locked_by_halves(locked: tuple[Ees, str], served: Switched) -> None:
    """A data set that cannot be opened leaves the file as it was."""
    run, id_ = locked
    before = run.lock.read_bytes()
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    code, said = run("lock", id_, f"{served.ids['counts']}@7.0")
    assert (1, before) == (code, run.lock.read_bytes())
    assert "has no version '7.0'" in said


def test_nothing_to_lock(ees_: Ees) -> None:
    """Without ids and without a file there is nothing to do, and the error says what to write."""
    code, said = ees_("lock")
    assert 1 == code
    assert "name data sets, such as ees lock 'ID@1.*' --lock" in said


@pytest.mark.parametrize("command", ["lock", "sync", "outdated"])
def test_local_services(ees_: Ees, command: str) -> None:
    """A lock of a local service in Python is out of reach here."""
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID).lock(ees_.lock)
    for arguments in [["--check"], []] if command == "lock" else [[]]:
        code, said = ees_(command, *arguments)
        assert (1, True) == (code, "is a lock of the local service 'local:demo'" in said)


# ees lock --check


def test_as_locked(locked: tuple[Ees, str], served: Switched) -> None:
    """All as it was locked: exit code 0; a new minor version does not count, and nothing is written."""
    run, id_ = locked
    before = run.lock.stat().st_mtime_ns
    assert (0, f"Rates {id_} 1.0: as locked\n") == run("lock", "--check")
    run("lock", "--data")
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.asked.clear()
    assert (0, f"Rates {id_} 1.0: as locked\n") == run("lock", "--check", "--data")
    assert {"meta", "csv", "versions"} <= {path.rpartition("/")[2] for path in served.asked}
    assert before != run.lock.stat().st_mtime_ns


def test_check_asks_the_service_itself(
    locked: tuple[Ees, str], served: Switched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store remembers does not hide that an exact version changed."""
    run, id_ = locked
    monkeypatch.setenv("EES_STORE", str(run.store))
    run("lock", "--data")
    served.publish("rates", "1.5", "3")
    code, said = run("lock", "--check")
    assert (0, f"Rates {id_} 1.0: as locked\n") == (code, said)
    code, said = run("lock", "--check", "--data")
    assert (3, True) == (code, f"Rates {id_} 1.0: data: SHA-256 " in said)
    (served.folder / "rates.meta.csv").write_text(META.replace("Rate", "Speed"))
    served.publish("rates", "1.5")
    code, said = run("lock", "--check")
    assert 3 == code
    assert f"Rates {id_} 1.0: rows: 2 when it was locked, 1 now\nRates {id_} 1.0: metadata: SHA-256 " in said


def test_withdrawn(locked: tuple[Ees, str], served: Switched) -> None:
    """A withdrawal is a mismatch, unless the lock says that rows are read all the same."""
    run, id_ = locked
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.describe('[data_sets.rates.versions."1.0"]\nstatus = "Withdrawn"\nwithdrawn = 2026-03-01T09:30:00Z\n')
    code, said = run("lock", "--check")
    assert (3, True) == (code, f"Rates {id_} 1.0: withdrawn since: lock another version" in said)
    code, said = run("sync", "--yes")
    assert (3, True) == (code, "version 1.0 of 'Rates' was withdrawn on 2026-03-01" in said)
    run.edit(id_, withdrawn="read")
    assert 0 == run("lock", "--check")[0]
    assert 0 == run("sync", "--yes")[0]
    assert 0 == run("lock", "--check", "--data")[0]
    code, said = run("outdated")
    assert (0, True) == (code, said.rstrip().endswith("(the locked version is withdrawn)"))


def test_newer_patches(locked: tuple[Ees, str], served: Switched) -> None:
    """A newer patch is news, with a code of its own and the command that takes it; a mismatch comes first."""
    run, id_ = locked
    (served.folder / "rates.v1.0.1.meta.csv").write_text(META)
    served.publish("rates.v1.0.1", "1.5", "2")
    served.describe('[data_sets.rates.versions."1.0.1"]\nnotes = "Corrected."\n')
    code, said = run("lock", "--check")
    assert 4 == code
    assert f"Rates {id_} 1.0: as locked; newer patches: 1.0.1 of " in said
    assert "(Corrected.; figures changed, or a default option, of which the service lists neither); " in said
    assert f"; ees lock '{id_}@1.0.*' --lock {run.lock} takes the last\n" in said
    run.edit(id_, rows=5)
    assert 3 == run("lock", "--check")[0]


def test_no_answer(
    locked: tuple[Ees, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service that does not answer has a code of its own; so has being offline."""
    run, id_ = locked
    monkeypatch.setenv("EES_OFFLINE", "1")
    code, said = run("lock", "--check")
    assert (5, True) == (code, said.startswith(f"Rates {id_} 1.0: no answer: "))
    monkeypatch.delenv("EES_OFFLINE")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    write_lock(run.lock, attrs.evolve(read_lock(run.lock), base_url=nowhere))
    code, said = run("lock", "--check")
    assert (5, True) == (code, said.startswith(f"Rates {id_} 1.0: no answer: "))


def test_check_takes_no_ids(locked: tuple[Ees, str]) -> None:
    """The whole file is checked."""
    run, id_ = locked
    code, said = run("lock", id_, "--check")
    assert (2, "ees: ees lock --check compares the whole lock file: leave the ids out\n") == (code, said)


def test_another_service(locked: tuple[Ees, str]) -> None:
    """A check of a lock against another service is refused."""
    run, _ = locked
    code, said = run("lock", "--check", "--base-url", "https://ees.test")
    assert (1, True) == (code, "and https://ees.test is asked" in said)


# ees sync


def test_sync(locked: tuple[Ees, str], served: Switched) -> None:
    """`ees sync` says what it will download, fetches and verifies it, and the second time fetches no data."""
    run, id_ = locked
    size = (served.folder / "rates.csv").stat().st_size
    code, said = run("sync", "--yes")
    assert 0 == code
    first, second = said.splitlines()
    assert first.startswith(
        "to download: the data files of 1 of 1 locked data sets; 1 with 2 rows in all are of unknown"
    )
    assert f"Rates {id_} 1.0: {size} bytes of data in the store, verified" == second
    assert size == run.entry(id_).data_size
    served.asked.clear()
    code, said = run("sync")
    assert (0, True) == (code, said.startswith("the data files of all 1 locked data sets are in the store"))
    assert [] == [path for path in served.asked if path.endswith(("/csv", "/meta"))]
    shutil.rmtree(run.store)
    assert f"1 of them have {size} bytes unpacked" in run("sync", "--yes")[1]


def test_sync_asks(locked: tuple[Ees, str], served: Switched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes a person is asked; where there is none, or the answer is no, nothing is downloaded."""
    run, _ = locked

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    # None: a stream that was closed before the command began
    for stdin in (io.StringIO("y\n"), Terminal("n\n"), Terminal(""), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        code, said = run("sync")
        assert (1, True) == (code, "nothing was downloaded: answer y, or add --yes" in said)
    assert [] == [path for path in served.asked if path.endswith("/csv")]
    monkeypatch.setattr(sys, "stdin", Terminal("Y\n"))
    assert 0 == run("sync")[0]


def test_sync_verifies(locked: tuple[Ees, str], served: Switched) -> None:
    """What is not what was locked is said and is a mismatch; other data sets are fetched all the same."""
    run, id_ = locked
    run("lock", served.ids["counts"])
    run.edit(id_, data_sha256="0" * 64, data_size=3)
    code, said = run("sync", "--yes")
    assert 3 == code
    assert "is not the one that was locked" in said
    size = (served.folder / "counts.csv").stat().st_size
    assert f"Counts {served.ids['counts']} 1.0: {size} bytes of data in the store, verified" in said.splitlines()
    assert f"1 of 2 locked data sets in the store, verified: {size} bytes of data\n  Rates " in said


def test_reports(
    locked: tuple[Ees, str], served: Switched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports in JSON say of each data set how it ended, as the exit code does of all; words go elsewhere."""
    run, id_ = locked
    counts = served.ids["counts"]
    run("lock", counts)
    handle = served.handle

    def busy(request: ees.Request) -> Response:
        return Response(status=500) if counts in request.path else handle(request)

    served.handle = busy  # type: ignore[method-assign]
    where = ["--lock", str(run.lock), "--store", str(run.store)]
    for command, ends in ((["sync", "--yes"], "in the store"), (["lock", "--check"], "as locked")):
        assert 5 == cli.main([*command, "--json", *where])
        out, err = capsys.readouterr()
        report = json.loads(out)
        assert ("no answer", 5) == (report["outcome"], report["exit_code"])
        assert {counts: "no answer", id_: ends} == {one["id"]: one["outcome"] for one in report["entries"]}
        assert f"Rates {id_} 1.0: " in err
    assert 5 == cli.main(["outdated", "--json", *where])
    assert ["no answer", "answered"] == [one["outcome"] for one in json.loads(capsys.readouterr().out)]
    code, said = run("lock", "--check")
    assert (5, "2 checked: 1 as locked, 1 no answer") == (code, said.splitlines()[-1])
    served.handle = handle  # type: ignore[method-assign]
    assert 0 == cli.main(["sync", "--yes", "--json", *where])
    assert "in the store" == json.loads(capsys.readouterr().out)["outcome"]
    assert (2, "ees: --json is for ees lock --check: leave it out, or add --check\n") == run("lock", id_, "--json")


def test_sync_without_a_store(locked: tuple[Ees, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is stored there is nothing to fill."""
    run, _ = locked
    assert 1 == cli.main(["sync", "--lock", str(run.lock)])
    assert "name a folder with --store or EES_STORE" in capsys.readouterr().err


# ees outdated


def test_outdated(locked: tuple[Ees, str], served: Switched) -> None:
    """Newer versions are listed: the newest in the range, the latest, patches; as a table and as JSON."""
    run, id_ = locked
    assert (0, "all locked versions are the newest\n") == run("outdated")
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.publish("rates.v2.0", "1.5", "z", "2.5", "3.5")
    code, said = run("outdated")
    assert (0, ["locked  in range  latest  id", f"1.0     1.1       2.0     {id_}  Rates"]) == (
        code,
        [said.splitlines()[0].partition("  title")[0].rstrip(), said.splitlines()[1]],
    )
    _, said = run("outdated", "--json")
    assert [
        {
            "id": id_,
            "title": "Rates",
            "asked": "1.*",
            "locked": "1.0",
            "in_range": "1.1",
            "latest": "2.0",
            "patches": [],
            "outdated": True,
            "notes": [],
            "problem": None,
            "outcome": "answered",
        }
    ] == json.loads(said)
    served.describe('[data_sets.rates]\nstatus = "Deprecated"\nsuperseding_data_set = "counts"\n')
    assert run("outdated")[1].rstrip().endswith(f"Rates (data set {served.ids['counts']} replaces it)")
    served.describe("")
    run("lock", f"{id_}@2.0")
    assert (0, "all locked versions are the newest\n") == run("outdated")


# Everything together, in other processes

READS = """
import json, sys
import eesclient as ees

folder, lock, store, address, id_, offline = sys.argv[1:]
with ees.Client(lock=lock, store=store or None, offline=offline == "offline") as client:
    data = client.open(id_)
    results = {
        "read": data.read(),
        "query": data.query(indicators="Rate", periods="2021"),
        "limit": data.query(limit=1, sort="period"),
        "csv": data.query(indicators="Rate", periods=ees.latest(), route="csv"),
    }
    seen = {name: [result.digest, result.frame.rows()] for name, result in results.items()}
    seen |= {f"types of {name}": [str(t.base_type()) for t in r.frame.dtypes] for name, r in results.items()}
    seen["meta"] = data.meta.indicators.to_frame().rows()
    seen["version"] = str(data.version)
    seen["versions"] = [str(version) for version in client.versions(id_)]
    seen["data sets"] = [found.title for found in client.data_sets()]
    seen["data set"] = str(client.data_set(id_))
    seen["changes"] = str(data.changes())
    seen["exact"] = str(client.version(id_, "1.*"))
print(json.dumps(seen, sort_keys=True))
"""


def pythons() -> list[str]:
    """Return other Pythons of this machine that have the packages."""
    found = []
    for name in ("python3.12", "python3.13", "python3.14"):
        path = shutil.which(name)
        if path and sys.version_info[:2] != tuple(int(part) for part in name[6:].split(".")):
            done = subprocess.run(  # noqa: S603 - a Python of this machine
                [path, "-c", "import anyio, cattrs, httpx, platformdirs, polars, sqids, tenacity"],
                capture_output=True,
                check=False,
            )
            found += [path] if done.returncode == 0 else []
    return found


def reads(python: str, folder: Path, *arguments: str) -> str:
    """Return what a process reads."""
    folder.mkdir(exist_ok=True)
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in [Path(ees.__file__).parent.parent])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(  # noqa: S603 - our own code
        [python, "-W", "error", "-c", READS, str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
    )
    assert ("", 0) == (done.stderr, done.returncode)
    return done.stdout


def test_lock_sync_offline(locked: tuple[Ees, str], served: Switched, address: str, tmp_path: Path) -> None:
    """Locked, synced and offline, another process in another folder reads the same, although a newer version is out."""
    run, id_ = locked
    paged = reads(sys.executable, tmp_path / "here", str(run.lock), "", address, id_, "online")
    assert "1.0" == json.loads(paged)["version"]
    assert 0 == run("sync", "--yes")[0]
    online = reads(sys.executable, tmp_path / "here", str(run.lock), str(run.store), address, id_, "online")
    assert paged == online
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.asked.clear()
    moved = tmp_path / "moved"
    moved.mkdir()
    arguments = (str(run.lock.rename(moved / "ees.lock")), str(run.store.rename(moved / "store")), address, id_)
    assert online == reads(sys.executable, tmp_path / "there", *arguments, "offline")
    assert [] == served.asked


def test_with_another_python(locked: tuple[Ees, str], served: Switched, address: str, tmp_path: Path) -> None:
    """Another Python reads offline what this one read."""
    others = pythons()
    if not others:
        pytest.skip("no other Python on the path has the packages")
    run, id_ = locked
    run("sync", "--yes")
    arguments = (str(run.lock), str(run.store), address, id_)
    online = reads(sys.executable, tmp_path / "here", *arguments, "online")
    assert [online] * len(others) == [reads(other, tmp_path / "here", *arguments, "offline") for other in others]
