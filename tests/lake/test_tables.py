"""Delta tables over time: cleaned up, cut short, damaged, of something else, used by several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import lake
from tests.doors.lake import delta, delta_write

from .support import Versions, kept

deltalake = pytest.importorskip("deltalake", reason="the extra lake is not installed")

DAY, ROOT = 86_400, Path(__file__).resolve().parents[2]


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Return a data set at 1.0, 1.1 and 1.2."""
    found = Versions(tmp_path / "data")
    for number, cells in (("1.0", "Girls,5"), ("1.1", "Girls,6"), ("1.2", "Girls,z")):
        found.write(number, "sex,count", cells)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the lake will be."""
    return tmp_path / "tables"


@pytest.fixture
def filled(versions: Versions, folder: Path) -> Path:
    """Return the table of the data set, with its versions."""
    for number in ("1.0", "1.1", "1.2"):
        lake.add(versions.open(number), folder)
    return folder / versions.open("1.0").id


def age(table: Path, days: int) -> None:
    """Have all that was done with a table be done so many days before."""
    for log in (table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            for name, member in (("remove", "deletionTimestamp"), ("commitInfo", "timestamp")):
                if name in action:
                    action[name][member] -= days * DAY * 1000
        log.write_text("".join(f"{json.dumps(action)}\n" for action in actions))
    for path in table.rglob("*"):
        os.utime(path, (time.time() - days * DAY,) * 2)


def clean_up(table: Path) -> list[str]:
    """What is taken away by the clean-ups of Delta Lake, in their usual settings, of a table that is a year old."""
    age(table, 365)
    deltalake.DeltaTable(table).create_checkpoint()
    age(table, 365)
    before = {path for path in table.rglob("*") if path.suffix in (".json", ".parquet")}
    deltalake.DeltaTable(table).vacuum(dry_run=False)
    deltalake.DeltaTable(table).vacuum(dry_run=False, full=True)
    deltalake.DeltaTable(table).create_checkpoint()
    deltalake.DeltaTable(table).cleanup_metadata()
    return sorted(path.suffix for path in before if not path.exists())


def test_clean_ups_keep_the_past(filled: Path, folder: Path) -> None:
    """Vacuum, checkpoint and clean-up of the log leave every version readable."""
    expected = {number: lake.read(folder, filled.name, version=number).digest for number in ("1.0", "1.1", "1.2")}
    assert [] == clean_up(filled)
    assert expected == {number: lake.read(folder, filled.name, version=number).digest for number in expected}
    with pytest.raises(deltalake.exceptions.DeltaError, match="retention period"):
        deltalake.DeltaTable(filled).vacuum(24, dry_run=False)


def test_without_its_properties_the_past_goes(
    versions: Versions, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same clean-ups take older versions of a table without our properties, so that the test above can fail."""
    monkeypatch.setattr(delta_write, "PROPERTIES", {})
    for number in ("1.0", "1.1"):
        lake.add(versions.open(number), folder)
    (table,) = lake.tables(folder)
    assert ".parquet" in clean_up(table.path)
    with pytest.raises((ees.LakeError, FileNotFoundError)):
        lake.read(folder, table.id, version="1.0")


KILLED = """
import os, signal, sys
sys.path.insert(0, "")
import eesclient as ees
from eesclient import lake
from tests.doors.lake import delta_write

def killed(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

delta_write._commit = killed
with ees.Client(service=ees.local.demo(), store=None) as client:
    lake.add(client.open(ees.local.SEN_ID), sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_killed_between_data_and_commit(folder: Path) -> None:
    """Nothing is there for readers; the next run writes it, and what was left over goes once it is a day old."""
    command = [sys.executable, "-c", KILLED, str(folder)]
    done = subprocess.run(command, check=False, cwd=ROOT)  # noqa: S603 - our own code
    assert -9 == done.returncode
    table = folder / ees.local.SEN_ID
    (left,) = table.glob("*.parquet")
    assert () == lake.tables(folder)
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(ees.local.SEN_ID)
        assert lake.add(sen, folder).is_new
        assert left.exists()
        os.utime(left, (time.time() - 2 * DAY,) * 2)
        assert not lake.add(sen, folder).is_new
    assert not left.exists()
    assert 2916 == len(lake.read(folder, ees.local.SEN_ID))


def test_a_failed_write_leaves_nothing(
    versions: Versions, filled: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error before the commit leaves the table and its folder as they were; rows that change on the way are one."""
    versions.write("1.3", "sex,count", "Girls,8")
    before = kept(folder)
    sink = delta_write._sink

    def other(frame: pl.LazyFrame, types: object, file: Path) -> None:
        sink(frame.reverse().with_columns(pl.lit(9).alias("count")), types, file)

    monkeypatch.setattr(delta_write, "_sink", other)
    with pytest.raises(ees.LakeError, match="were not taken in"):
        lake.add(versions.open("1.3"), folder)
    assert before == kept(folder)


def test_several_at_once(versions: Versions, folder: Path) -> None:
    """Of several that add the same version one does, and the others find it."""
    opened = [versions.open("1.0") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda one: lake.add(one, folder), opened)]
    assert [False, False, False, True] == sorted(one.is_new for one in found)
    assert {0} == {one.commit for one in found}


def test_changed_rows(filled: Path, folder: Path) -> None:
    """Rows that are not those that were written are refused, and the other versions are read."""
    (file,) = (Path(uri) for uri in deltalake.DeltaTable(filled, version=1).file_uris())
    before = f'"size":{file.stat().st_size}'
    pl.read_parquet(file).with_columns(count=pl.lit(7, pl.Int64)).write_parquet(file)
    log = filled / "_delta_log" / f"{1:020}.json"
    assert before in log.read_text()
    log.write_text(log.read_text().replace(before, f'"size":{file.stat().st_size}'))
    with pytest.raises(ees.LakeError, match=r"the rows of version 1\.1 \(commit 1\) are not those that were written"):
        lake.read(folder, filled.name, version="1.1")
    assert 1 == len(lake.read(folder, filled.name, version="1.0"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"ees:version":"1.1"', '"ees:version":"1.7"', "metadata of commit 1 is not as it was written"),
        ('"ees:format":"1"', '"ees:format":"2"', "metadata of commit 1 is of format 2, .* knows format 1: install"),
        ('"ees:digest"', '"ees:other"', "install a newer one"),
    ],
)
def test_changed_metadata(filled: Path, before: str, after: str, said: str) -> None:
    """What a commit says is believed only as it was written."""
    folder = filled.parent
    log = filled / "_delta_log" / f"{1:020}.json"
    text = log.read_text()
    assert before in text
    log.write_text(text.replace(before, after))
    with pytest.raises(ees.LakeError, match=said):
        lake.read(folder, filled.name)
    with pytest.raises(ees.LakeError, match=said):
        lake.tables(folder)


def test_tables_of_others(versions: Versions, folder: Path, tmp_path: Path) -> None:
    """A table that another program made is neither read nor written to."""
    result = versions.open("1.0").read()
    folder.mkdir()
    deltalake.write_deltalake(folder / "other", pl.DataFrame({"a": [1]}))
    before = kept(folder)
    with pytest.raises(ees.LakeError, match="was made by another program"):
        result.write_delta(folder / "other")
    with pytest.raises(ees.LakeError, match="was made by another program"):
        ees.read_delta(folder / "other")
    assert before == kept(folder)
    with pytest.raises(ees.LakeError, match="there is no Delta table here"):
        ees.read_delta(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ees.LakeError, match="this is a file: name a folder"):
        result.write_delta(tmp_path / "file")
    with pytest.raises(ees.LakeError, match="not to addresses"):
        result.write_delta("s3://bucket/table")
    with pytest.raises(ees.LakeError, match="there is no such folder"):
        lake.tables(tmp_path / "nowhere")


def test_another_question_or_data_set(versions: Versions, folder: Path) -> None:
    """A table takes the versions of one question: other rows of a version, and another data set, are refused."""
    whole = versions.open("1.0").read()
    whole.write_delta(folder)
    before = kept(folder)
    with pytest.raises(ees.LakeError, match=r"has version 1\.0 already, with other rows"):
        versions.open("1.0").query(indicators="Count", values="number").write_delta(folder)
    with (
        pytest.raises(ees.LakeError, match="these rows are of 019d431f-"),
        ees.Client(service=ees.local.demo()) as demo,
    ):
        demo.open(ees.local.SEN_ID).query(periods=ees.latest()).write_delta(folder)
    draft = attrs.evolve(whole.provenance, status=ees.DataSetVersionStatus("Draft"), version=ees.Version(2))
    rows = ees.SavedResult(frame=whole.frame, columns=whole.columns, total=1, provenance=draft)
    with pytest.raises(ees.LakeError, match=r"2\.0 is a draft"):
        rows.write_delta(folder)
    assert before == kept(folder)


def test_saved_rows(versions: Versions, folder: Path, tmp_path: Path) -> None:
    """What a table gives can be written again, to a table and to Parquet, and stays the same."""
    result = versions.open("1.0").query(dtypes={"count": pl.UInt8})
    saved = ees.read_delta(result.write_delta(folder))
    assert (pl.UInt8, result.digest, result.provenance) == (saved.frame["count"].dtype, saved.digest, saved.provenance)
    assert "int16" == str(deltalake.DeltaTable(folder).to_pyarrow_table().schema.field("count").type)
    again = ees.read_delta(saved.write_delta(tmp_path / "again"))
    assert again.frame.equals(saved.frame)
    assert again.frame.schema == saved.frame.schema
    assert saved.digest == ees.read_parquet(saved.write_parquet(tmp_path / "rows.parquet")).digest
    wide = versions.open("1.1").query(dtypes={"count": pl.UInt64})
    with pytest.raises(ees.LakeError, match="'count' is UInt64, and Delta tables have no such type"):
        wide.write_delta(tmp_path / "wide")


def test_without_the_extra(versions: Versions, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without deltalake, all of it says what to install, and leaves nothing behind."""
    opened = versions.open("1.0")
    monkeypatch.setitem(sys.modules, "deltalake", None)
    for ask in (
        lambda: lake.add(opened, folder),
        lambda: lake.sync(versions.client(), folder, lock="any"),
        lambda: opened.read().write_delta(folder),
    ):
        with pytest.raises(
            ImportError, match=r"Delta tables need deltalake and pyarrow: pip install 'eesclient\[lake\]'"
        ):
            ask()
    assert not folder.exists()


def test_many_files_are_not_listed_where_the_log_is_cut(filled: Path) -> None:
    """Where commits are gone, no file is taken for one that none names."""
    assert 3 == len(delta.named_files(filled) or ())
    (filled / "_delta_log" / f"{0:020}.json").unlink()
    assert delta.named_files(filled) is None
