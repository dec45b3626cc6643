"""Parquet files that say where their rows come from."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import eesclient as ees
from eesclient import digest_of
from tests.doors.models import Warning
from tests.doors.results import parquet

from .receipts import TEXT, frames
from .test_citation import OFFICIAL

DRAFT = "DRAFT, NOT FOR PUBLICATION"


@pytest.fixture(scope="module")
def result() -> ees.QueryResult:
    """Return some rows of the demo."""
    with ees.Client(service=ees.local.demo()) as client:
        return client.open(ees.local.SEN_ID, version="1.0").query(indicators=["pupil_percent", "pupil_count"])


def facts(path: Path) -> dict[str, str]:
    """What the metadata of a file says."""
    return {name: text for name, text in pl.read_parquet_metadata(path).items() if name.startswith("ees:")}


OLDER = pytest.mark.filterwarnings("ignore:.*has no checksum of its bytes:eesclient.EESWarning")
"""Files that Polars wrote again have none."""


def rewritten(path: Path, **changes: str | None) -> Path:
    """The file with other metadata, and the checksum that belongs to it."""
    found = facts(path) | {f"ees:{name}": text for name, text in changes.items() if text is not None}
    found = {name: text for name, text in found.items() if changes.get(name.removeprefix("ees:"), "") is not None}
    if "checksum" not in changes:
        found["ees:checksum"] = parquet.checksum_of(found)
    pl.read_parquet(path).write_parquet(path, metadata=found)
    return path


def test_round_trip(result: ees.QueryResult, tmp_path: Path) -> None:
    """Everything comes back: rows with their types, columns, provenance, digest, citation."""
    path = result.write_parquet(tmp_path / "sen.parquet")
    saved = ees.read_parquet(str(path))
    assert_frame_equal(result.frame, saved.frame, check_exact=True)
    for name in ("columns", "warnings", "total", "provenance", "digest", "version", "route"):
        assert getattr(result, name) == getattr(saved, name)
    assert result.cite("bibtex") == saved.cite("bibtex")
    assert (repr(result), result._repr_html_(), len(result)) == (repr(saved), saved._repr_html_(), len(saved))
    assert_frame_equal(result.frame, pl.DataFrame(saved))
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("route", ["pages", "csv"])
def test_what_was_pinned_comes_back(route: Literal["pages", "csv"], tmp_path: Path) -> None:
    """What `others=` chose is in the provenance, in the heading, and in the file."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        sen = client.open(ees.local.SEN_ID)
        with pytest.warns(ees.TotalByNameWarning, match="All pupils comparison"):
            result = sen.query(filters={"SEN provision": "All pupils"}, others="Total", route=route)
    chosen = {"Primary type of need": "Total", "Social care group": "All pupils comparison"}
    saved = ees.read_parquet(result.write_parquet(tmp_path / "sen.parquet"))
    assert (chosen,) * 4 == (result.pinned, result.provenance.pinned, saved.pinned, saved.provenance.pinned)
    heading = repr(saved).splitlines()[0]
    assert heading.endswith("pinned: Primary type of need = Total, Social care group = All pupils comparison")
    assert heading == repr(result).splitlines()[0]


@st.composite
def saved_results(draw: Any) -> ees.SavedResult:
    """A saved result with any rows, and any texts in what is known of them."""
    frame = draw(frames())
    times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    provenance = attrs.evolve(
        OFFICIAL,
        source=draw(st.sampled_from(["service", "local", "synthetic"])),
        title=draw(TEXT),
        publication=draw(st.none() | TEXT),
        status=ees.DataSetVersionStatus(draw(st.sampled_from(["Draft", "Published", "Withdrawn", "Other"]))),
        withdrawn=draw(st.none() | times),
        retrieved_at=draw(times),
        query=draw(st.none() | TEXT),
    )
    details = st.none() | st.dictionaries(TEXT, st.none() | st.integers(-9, 9) | st.lists(TEXT))
    return ees.SavedResult(
        frame=frame,
        columns=tuple(
            ees.ColumnInfo(
                name=name,
                column=draw(TEXT),
                label=name,
                kind="indicator",
                unit=draw(st.none() | st.sampled_from(["", "%", "bushel"]).map(ees.IndicatorUnit)),
                decimal_places=draw(st.none() | st.integers(0, 9)),
            )
            for name in frame.columns
        ),
        warnings=tuple(Warning(message=text, code=text, detail=draw(details)) for text in draw(st.lists(TEXT))),
        total=draw(st.integers(0, 2**60)),
        provenance=provenance,
    )


@pytest.mark.property
@given(saved_results())
def test_anything_round_trips(tmp_path_factory: pytest.TempPathFactory, saved: ees.SavedResult) -> None:
    """Whatever is written comes back equal, and can be written again."""
    path = tmp_path_factory.getbasetemp() / "drawn.parquet"
    again = ees.read_parquet(saved.write_parquet(path))
    assert_frame_equal(saved.frame, again.frame, check_exact=True)
    assert saved.frame.schema == again.frame.schema
    for name in ("columns", "warnings", "total", "provenance", "digest"):
        assert getattr(saved, name) == getattr(again, name)
    assert (DRAFT in facts(path).get("ees:notice", "")) is saved.provenance.is_draft


def test_metadata(result: ees.QueryResult, tmp_path: Path) -> None:
    """The metadata is canonical JSON, and text that a person can read."""
    found = facts(result.write_parquet(tmp_path / "x.parquet"))
    assert (found["ees:format"], found["ees:digest"], found["ees:citation"]) == ("1", result.digest, result.cite())
    assert "SYNTHETIC, not a statistic" == found["ees:notice"]
    provenance = json.loads(found["ees:provenance"])
    assert (result.provenance.title, "1.0") == (provenance["title"], provenance["version"])
    canonical = json.dumps(provenance, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical == found["ees:provenance"]


def test_drafts_say_so(result: ees.QueryResult, tmp_path: Path) -> None:
    """The file of a draft says that it is one, and so does what is read from it."""
    status = ees.DataSetVersionStatus.DRAFT
    draft = attrs.evolve(result, provenance=attrs.evolve(OFFICIAL, status=status))
    path = draft.write_parquet(tmp_path / "x.parquet")
    assert DRAFT == facts(path)["ees:notice"]
    assert DRAFT.encode() in path.read_bytes()
    saved = ees.read_parquet(path)
    assert saved.cite().startswith(DRAFT)
    assert repr(saved).startswith(DRAFT)
    assert saved._repr_html_().startswith(f"<p>{DRAFT}")


def test_published_ones_have_no_notice(result: ees.QueryResult, tmp_path: Path) -> None:
    """Published figures of the service need none."""
    published = attrs.evolve(result, provenance=OFFICIAL)
    assert "ees:notice" not in facts(published.write_parquet(tmp_path / "x.parquet"))
    assert repr(published).startswith(OFFICIAL.title)


def test_pyarrow(result: ees.QueryResult, tmp_path: Path) -> None:
    """Arrow tools read the same rows and see the metadata."""
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    path = result.write_parquet(tmp_path / "x.parquet")
    assert result.digest == pq.read_metadata(path).metadata[b"ees:digest"].decode()
    table = pq.read_table(path)
    assert result.frame["pupil_count"].to_list() == table["pupil_count"].to_pylist()
    assert result.digest == digest_of(pl.DataFrame(pl.from_arrow(table)))


def test_duckdb(result: ees.QueryResult, tmp_path: Path) -> None:
    """So does DuckDB."""
    duckdb = pytest.importorskip("duckdb", reason="the extra duckdb is not installed")
    path = str(result.write_parquet(tmp_path / "x.parquet"))
    with duckdb.connect() as connection:
        found = dict(connection.execute("select key, value from parquet_kv_metadata(?)", [path]).fetchall())
        rows = connection.execute("select sum(pupil_count) from read_parquet(?)", [path]).fetchone()
    assert result.digest == found[b"ees:digest"].decode()
    assert (result.frame["pupil_count"].sum(),) == rows


class FullDiskError(Exception):
    """Stands for anything that goes wrong."""


@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.replace", "polars.DataFrame.write_parquet"])
def test_whole_or_not_at_all(
    result: ees.QueryResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """When writing fails, nothing is left beside it and what was there stays."""
    path = tmp_path / "x.parquet"
    path.write_bytes(b"before")

    def fail(*_: object, **__: object) -> None:
        raise FullDiskError

    monkeypatch.setattr(function, fail)
    with pytest.raises(FullDiskError):
        result.write_parquet(path)
    assert [(path, b"before")] == [(file, file.read_bytes()) for file in tmp_path.iterdir()]


def test_replaces(result: ees.QueryResult, tmp_path: Path) -> None:
    """A file that is there is replaced."""
    path = tmp_path / "x.parquet"
    path.write_bytes(b"before")
    assert path == result.write_parquet(path)
    assert result.digest == ees.read_parquet(path).digest


def test_odd_names(result: ees.QueryResult, tmp_path: Path) -> None:
    """A path is a name, not a pattern, and says nothing of the rows."""
    folder = tmp_path / "year=2020"
    folder.mkdir()
    path = result.write_parquet(folder / "a[b].parquet")
    assert_frame_equal(result.frame, ees.read_parquet(path).frame)


def test_places_that_are_no_files(result: ees.QueryResult, tmp_path: Path) -> None:
    """A folder, and a file in a folder that is not there, are errors of the system."""
    with pytest.raises(IsADirectoryError, match="name the file to write"):
        result.write_parquet(tmp_path)
    with pytest.raises(FileNotFoundError):
        result.write_parquet(tmp_path / "none" / "x.parquet")
    with pytest.raises(FileNotFoundError):
        ees.read_parquet(tmp_path / "x.parquet")


def test_frames_without_digest(result: ees.QueryResult, tmp_path: Path) -> None:
    """A frame that has no digest is not written."""
    odd = attrs.evolve(result, frame=result.frame.select(a=True))
    with pytest.raises(ees.ReceiptError, match="the column 'a' is Boolean"):
        odd.write_parquet(tmp_path / "x.parquet")
    assert [] == list(tmp_path.iterdir())


def refused(path: Path) -> str:
    """What is said of a file that is not read; it begins with its name."""
    with pytest.raises(ees.ReceiptError) as caught:
        ees.read_parquet(path)
    assert str(path) == caught.value.file
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def test_foreign_files(tmp_path: Path) -> None:
    """A Parquet file of another program says nothing of its rows."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    assert "its metadata lacks ees:format, ees:digest, ees:provenance" in refused(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_no_parquet(tmp_path: Path, content: bytes) -> None:
    """Nor does anything else."""
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    assert "this is not a whole Parquet file, or it is damaged" in refused(path)


def test_cut_files(result: ees.QueryResult, tmp_path: Path) -> None:
    """A file that was cut off is refused."""
    path = result.write_parquet(tmp_path / "x.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    assert "not a whole Parquet file" in refused(path)


@OLDER
def test_other_rows(result: ees.QueryResult, tmp_path: Path) -> None:
    """A file whose rows were changed is refused."""
    path = result.write_parquet(tmp_path / "x.parquet")
    saved = facts(path)
    changed = result.frame.with_columns(pl.col("pupil_count") + 1)
    changed.write_parquet(path, metadata=saved)
    assert f"the file says {result.digest}" in refused(path)
    assert digest_of(changed) in refused(path)


def test_other_metadata(result: ees.QueryResult, tmp_path: Path) -> None:
    """So is one that says something else of them than was written."""
    path = result.write_parquet(tmp_path / "x.parquet")
    found = facts(path)
    provenance = found["ees:provenance"].replace('"1.0"', '"1.1"')
    assert provenance != found["ees:provenance"]
    assert "its metadata is not as it was written" in refused(
        rewritten(path, provenance=provenance, checksum=found["ees:checksum"])
    )


def test_newer_formats(result: ees.QueryResult, tmp_path: Path) -> None:
    """A file of a later format says which program reads it."""
    path = result.write_parquet(tmp_path / "x.parquet")
    assert "format 2, and this version of eesclient knows format 1: install a newer" in refused(
        rewritten(path, format="2")
    )


@OLDER
@pytest.mark.parametrize("name", ["provenance", "columns", "warnings", "total"])
@pytest.mark.parametrize("text", ["{", '"x"'])
def test_metadata_that_is_not_understood(result: ees.QueryResult, tmp_path: Path, name: str, text: str) -> None:
    """Metadata of another shape is named."""
    path = result.write_parquet(tmp_path / "x.parquet")
    assert f"its metadata ees:{name} is not understood" in refused(rewritten(path, **{name: text}))


@pytest.mark.parametrize("name", ["digest", "checksum", "total"])
def test_metadata_that_lacks(result: ees.QueryResult, tmp_path: Path, name: str) -> None:
    """So is metadata that is not there."""
    path = result.write_parquet(tmp_path / "x.parquet")
    assert f"its metadata lacks ees:{name}" in refused(rewritten(path, **{name: None}))


@OLDER
def test_unknown_members_are_ignored(result: ees.QueryResult, tmp_path: Path) -> None:
    """What a later version says besides is no hindrance."""
    path = result.write_parquet(tmp_path / "x.parquet")
    more = json.dumps(json.loads(facts(path)["ees:provenance"]) | {"weather": "fine"})
    assert result.provenance == ees.read_parquet(rewritten(path, provenance=more, mood="good")).provenance


def test_panics(result: ees.QueryResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Polars fails on without an error of its own is still an error that names the file."""
    path = result.write_parquet(tmp_path / "x.parquet")

    def panic(_: object) -> None:
        raise pl.exceptions.PanicException("unreachable")

    monkeypatch.setattr(pl, "read_parquet", panic)
    assert "it is damaged: unreachable" in refused(path)


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Polars fail where it is asked to read: a damaged file may end the process there."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("Polars was asked to read it")

    for name in ("read_parquet", "read_parquet_metadata", "scan_parquet"):
        monkeypatch.setattr(pl, name, fail)


def test_each_byte_counts(result: ees.QueryResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte that is changed, taken out or put in, and a cut anywhere, are found before Polars reads the file."""
    small = attrs.evolve(result, frame=result.frame.head(3).select("time_period", "pupil_count"))
    whole = small.write_parquet(tmp_path / "x.parquet").read_bytes()
    assert 3 == len(ees.read_parquet(tmp_path / "x.parquet"))
    unread(monkeypatch)
    path = tmp_path / "y.parquet"
    for at in range(0, len(whole), 37):
        for damaged in (
            whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :],
            whole[:at] + whole[at + 1 :],
            whole[:at] + b"\0" + whole[at:],
            whole[:at],
            whole[at + 1 :],
            whole[:at] + bytes(len(whole[at : at + 512])) + whole[at + 512 :],
        ):
            path.write_bytes(damaged)
            assert "damaged" in (said := refused(path)) or "its metadata lacks" in said


def test_the_bytes_of_the_marks(result: ees.QueryResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is each byte of the footer, where the checksum itself stands."""
    whole = result.write_parquet(tmp_path / "x.parquet").read_bytes()
    unread(monkeypatch)
    for mark in (b"eesclient:sealed", b"eesclient:sha256"):
        start = whole.index(mark) - 2
        for at in range(start, start + 90):
            (tmp_path / "y.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            assert "its bytes are not those that were written" in refused(tmp_path / "y.parquet")


def test_copies_and_other_names(result: ees.QueryResult, tmp_path: Path) -> None:
    """The checksum goes with the file, is of the file's own bytes, and the same rows are the same bytes."""
    path = result.write_parquet(tmp_path / "x.parquet")
    data = path.read_bytes()
    assert data == result.write_parquet(tmp_path / "again.parquet").read_bytes()
    sealed = pl.read_parquet_metadata(path)["eesclient:sha256"]
    assert 1 == data.count(sealed.encode())
    assert sealed == hashlib.sha256(data.replace(sealed.encode(), b"0" * 64)).hexdigest()
    assert result.digest == ees.read_parquet(path.rename(tmp_path / "other name")).digest


def test_files_without_a_checksum(result: ees.QueryResult, tmp_path: Path) -> None:
    """One of an older release is read as before, with a warning."""
    path = rewritten(result.write_parquet(tmp_path / "x.parquet"))
    with pytest.warns(ees.EESWarning, match="no checksum of its bytes, as an older eesclient wrote it"):
        assert result.digest == ees.read_parquet(path).digest


def test_pipes(result: ees.QueryResult, tmp_path: Path) -> None:
    """A pipe, in which nobody can go back, gets the same bytes."""
    pipe, data = tmp_path / "pipe", b""
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(pipe.read_bytes)
        result.write_parquet(pipe)
        data = reading.result(timeout=20)
    assert result.write_parquet(tmp_path / "x.parquet").read_bytes() == data
