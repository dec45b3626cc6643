"""`ees store info`, `verify` and `prune`."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import Store, cli
from tests.doors.cli import tables
from tests.doors.store import blob_path

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store in which both data sets of the demo were opened, and one was asked."""
    with ees.Client(service=ees.local.demo(), store=tmp_path / "store") as client:
        client.open(ees.local.SEN_ID, version="1.0").query(indicators="Number of pupils", limit=3, sort="period")
        client.open(ees.local.KS4_ID, version="1.0")
    return tmp_path / "store"


def run(capsys: Capture, *arguments: str | Path, code: int = 0) -> str:
    """Run `ees store`; give what it wrote."""
    assert code == cli.main(["store", *map(str, arguments)]), capsys.readouterr().err
    return capsys.readouterr().out


def test_info(path: Path, capsys: Capture) -> None:
    """What is held is a table by data set, version and kind, under the whole of it, above the titles."""
    out = run(capsys, "info", "--store", path)
    first, _, header, *_ = out.splitlines()
    size = sum(file.stat().st_size for file in (path / "blobs").iterdir())
    assert f"{path}: 9 answers, {size / 1000:.1f} kB ({size:,} bytes)" == first
    assert ["service", "data", "set", "version", "kind", "answers", "bytes"] == header.split()
    (row,) = (line.split() for line in out.splitlines() if " query " in line)
    assert ["local", ees.local.SEN_ID, "1.0", "query", "1"] == row[:-1]
    assert f"{ees.local.SEN_ID} National - Special educational needs (SEN) - API (synthetic)\n" in out


def test_info_as_json(path: Path, capsys: Capture) -> None:
    """With --json the same is JSON, sizes being bytes."""
    found = json.loads(run(capsys, "info", "--store", path, "--json"))
    assert (str(path), 9, 0) == (found["path"], found["answers"], found["temporary"])
    assert {ees.local.SEN_ID, ees.local.KS4_ID} == {row["data_set"] for row in found["held"]}
    assert {None, "1.0"} == {row["version"] for row in found["held"]}


def test_info_on_left_overs(path: Path, capsys: Capture) -> None:
    """Left-overs are said under the table, with how to free them."""
    (path / "store.json.1-0123abcd.tmp").write_bytes(b"x")
    refs = [ref for ref in Store(path).refs() if ref.kind == "meta"]
    for ref in refs:
        (path / ref.path).unlink()
    out = run(capsys, "info", "--store", path)
    assert "1 temporary file, 1 byte; ees store prune frees what is old enough\n" in out
    assert f"2 blobs that no answer leads to, {tables.size(sum(ref.size for ref in refs))}; ees store prune" in out


def test_the_store_that_is_meant(path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --store it is the one of EES_STORE; none, a path without one, and a plain file are errors."""
    monkeypatch.setenv("EES_STORE", str(path))
    assert run(capsys, "info").startswith(f"{path}: 9 answers")
    monkeypatch.setenv("EES_STORE", str(path / "new"))
    assert f"{path / 'new'}: 0 answers, 0 bytes\n" == run(capsys, "info")
    monkeypatch.setenv("EES_STORE", "none")
    for arguments, message in [
        ((), "EES_STORE=none: nothing is kept; name a store with --store"),
        (("--store", str(path / "mistyped")), "there is no store at"),
        (("--store", str(path / "store.json")), "is a file"),
    ]:
        assert 1 == cli.main(["store", "info", *arguments])
        assert message in capsys.readouterr().err


def test_verify(path: Path, capsys: Capture) -> None:
    """A whole store has exit code 0; what is damaged is said by its place, with exit code 1."""
    assert f"{path}: 9 refs and 9 blobs read, nothing is damaged\n" == run(capsys, "verify", "--store", path)
    ref = next(ref for ref in Store(path).refs() if ref.kind == "query")
    (path / blob_path(ref.blob)).write_bytes(b"?")
    assert 1 == cli.main(["store", "verify", "--store", str(path)])
    shown = capsys.readouterr()
    first, last = shown.out.splitlines()
    assert first.startswith(f"{blob_path(ref.blob)}: is damaged")
    assert f"{path}: 9 refs and 9 blobs read, 1 file damaged" == last
    assert "ees store prune removes them" in shown.err
    found = json.loads(run(capsys, "verify", "--store", path, "--json", code=1))
    assert [blob_path(ref.blob)] == [damage["path"] for damage in found["damage"]]
    assert (9, 9) == (found["refs"], found["blobs"])
    run(capsys, "prune", "--store", path, "--yes")
    assert "8 refs and 8 blobs read, nothing is damaged" in run(capsys, "verify", "--store", path)


def test_prune_says_first(path: Path, capsys: Capture) -> None:
    """What could go is said; nothing goes without --yes."""
    left = path / "blobs/x.1-0123abcd.tmp"
    left.write_bytes(b"12345")
    assert f"{path}: nothing to free\n" == run(capsys, "prune", "--store", path)
    os.utime(left, (0, 0))
    before = sorted(path.rglob("*"))
    out = run(capsys, "prune", "--store", path, "--data-set", f"{ees.local.KS4_ID}@1.0")
    assert ["chosen", "answers", "4"] == next(line for line in out.splitlines() if "chosen" in line).split()[:-1]
    assert "left by processes that were killed      1      5\n" in out
    assert out.endswith("nothing was freed: say --yes to free it\n")
    assert before == sorted(path.rglob("*"))
    out = run(capsys, "prune", "--store", path, "--data-set", f"{ees.local.KS4_ID}@1.0", "--yes")
    assert " in 5 files\n" in out.splitlines(keepends=True)[-1]
    assert len(before) - 5 == len(sorted(path.rglob("*")))
    assert {"data set", "versions"} == {r.kind for r in Store(path).refs() if r.data_set == ees.local.KS4_ID}


def test_prune_as_json(path: Path, capsys: Capture) -> None:
    """As JSON it says what can go, and what went: nothing without --yes."""
    said = json.loads(run(capsys, "prune", "--store", path, "--all", "--json"))
    assert (18, 0, [], []) == (len(said["prunable"]), said["freed"], said["gone"], said["kept"])
    done = json.loads(run(capsys, "prune", "--store", path, "--all", "--json", "--yes"))
    assert said["prunable"] == done["prunable"] == done["gone"]
    assert sum(item["size"] for item in done["gone"]) == done["freed"] > 0
    assert [] == [*Store(path).refs()]


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", "\n", "n\n"])
def test_prune_asks(path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """On a terminal it asks, and anything but yes frees nothing."""
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    out = run(capsys, "prune", "--store", path, "--all")
    assert "free it? [y/N] " in out
    is_freed = answer.lower().startswith("y")
    assert is_freed == out.splitlines()[-1].startswith("free it? [y/N] freed ") == ([] == [*Store(path).refs()])


def test_prune_by_age(path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that came longer ago go; --all goes with no other choice."""
    assert "nothing to free" in run(capsys, "prune", "--store", path, "--older-than", "1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86400)
    assert "chosen answers" in run(capsys, "prune", "--store", path, "--older-than", "1.5")
    for more in (("--older-than", "1"), ("--data-set", ees.local.SEN_ID)):
        assert 2 == cli.main(["store", "prune", "--store", str(path), "--all", *more])
        assert "--all is everything" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--older-than", "-1"], "write a number of days"),
        (["--older-than", "soon"], "write a number of days"),
        (["--older-than", "nan"], "write a number of days"),
        (["--data-set", "x@1.*"], "not an exact data set version"),
        (["--data-set", "x@"], "not an exact data set version"),
    ],
)
def test_arguments_that_make_no_sense(arguments: list[str], message: str, capsys: Capture) -> None:
    """Ages and versions that are none have exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["store", "prune", *arguments])
    assert 2 == caught.value.code
    assert message in capsys.readouterr().err


def test_sizes() -> None:
    """Sizes are said for people, and to the byte."""
    assert ["0 bytes", "1 byte", "999 bytes", "1.0 kB (1,000 bytes)"] == [*map(tables.size, (0, 1, 999, 1000))]
    exact = {999_949: "999.9 kB", 999_950: "1.0 MB", 2_500_000_000: "2.5 GB", 10**16: "10,000.0 TB", 5: "5 B"}
    assert [*exact.values()] == [*map(tables.short_size, exact)]


def test_tables() -> None:
    """Words stand on the left and numbers on the right; a table may have no rows."""
    assert "what   files\na          1\nlong  12,345\n" == tables.table(("what", "files"), [("a", 1), ("long", 12345)])
    assert "what  files\n" == tables.table(("what", "files"), [])
