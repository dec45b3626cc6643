"""Rows for readers of Arrow, batch by batch; in both shells."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eesclient import ArrowStream, errors, local
from tests.doors.results import stream as streams
from tests.store.test_cache import ID, TOKEN, WITHDRAWN, Watched, quiet, serve
from tests.test_client import Make, make

__all__ = ["make", "serve"]

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make batches of a hundred rows."""
    monkeypatch.setattr(streams, "_ROWS", 100)


def test_a_stream_is_what_read_gives(make: Make, tmp_path: Path) -> None:
    """All rows come in order, in batches of one schema with text for labels, to each reader anew."""
    sen = make(service=local.demo(), store=tmp_path).open(local.SEN_ID, version="1.0")
    expected = sen.read().frame
    stream = sen.stream()
    for _ in range(2):
        batches = [*pa.RecordBatchReader.from_stream(stream)]
        assert [100] * 26 + [7] == [batch.num_rows for batch in batches]
        assert {True} == {batch.schema.equals(pa.schema(stream)) for batch in batches}
        found = pl.DataFrame(pa.Table.from_batches(batches))
        assert expected.cast({pl.Categorical: pl.String}).equals(found)
    assert {pa.string(), pa.int64(), pa.float64()} == {*pa.schema(stream).types}


def test_the_source_is_in_the_schema(make: Make, tmp_path: Path) -> None:
    """Metadata says version, citation and that the figures are made up, and so do the stream and its text."""
    sen = make(service=local.demo(), store=tmp_path).open(local.SEN_ID, version="1.0")
    stream = sen.stream()
    told = {name.decode(): text.decode() for name, text in pa.table(stream).schema.metadata.items()}
    assert {"ees:provenance", "ees:citation", "ees:notice"} == {*told}
    assert (sen.id, "1.0") == (json.loads(told["ees:provenance"])["dataSetId"], str(stream.provenance.version))
    assert "SYNTHETIC, not a statistic" == told["ees:notice"]
    assert told["ees:citation"].startswith("SYNTHETIC, not a statistic: ")
    assert "SYNTHETIC" in repr(stream)
    assert repr(stream).endswith(" 1.0>")


def test_what_filters_leave(make: Make, tmp_path: Path) -> None:
    """A lazy frame made of a scan is a stream too, with its columns and rows alone; without rows it has its columns."""
    sen = make(service=local.demo(), store=tmp_path).open(local.SEN_ID)
    support = sen.scan().filter(pl.col("sen_provision") == "SEN support").select("time_period", "pupil_count")
    expected = support.collect().cast({pl.Categorical: pl.String})
    assert expected.height > 100
    assert expected.equals(pl.DataFrame(sen.stream(support)))
    none = pa.table(sen.stream(support.filter(pl.col("pupil_count") < 0)))
    assert (0, ["time_period", "pupil_count"]) == (none.num_rows, none.column_names)


def test_rows_are_read_when_they_are_asked_for(make: Make, tmp_path: Path) -> None:
    """The first batch is there before the rest is read: without its file the second one fails."""
    sen = make(service=local.demo(), store=tmp_path / "store").open(local.SEN_ID)
    reader = pa.RecordBatchReader.from_stream(sen.stream())
    assert 100 == reader.read_next_batch().num_rows
    shutil.rmtree(tmp_path / "store" / "blobs")
    with pytest.raises(OSError, match="No such file"):
        reader.read_next_batch()


def test_before_polars_streamed(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Polars that cannot give batches of a plan gives the rows all the same."""
    sen = make(service=local.demo(), store=tmp_path).open(local.SEN_ID, version="1.0")
    monkeypatch.delattr(pl.LazyFrame, "collect_batches", raising=False)
    batches = [*pa.RecordBatchReader.from_stream(sen.stream(sen.scan().filter(pl.col("pupil_count") >= 0)))]
    assert [100] * 26 + [7] == [batch.num_rows for batch in batches]


def test_other_types(make: Make) -> None:
    """Enumerations are text as well, other types stay, and a name that is a pattern is a name."""
    where = make(service=local.demo()).open(local.SEN_ID).provenance
    frame = pl.DataFrame({"^.*$": ["a", None], "b": [True, False]}, schema_overrides={"^.*$": pl.Enum(["a", "b"])})
    table = pa.table(ArrowStream(frame.lazy(), where))
    assert [pa.string(), pa.bool_()] == table.schema.types
    assert [{"^.*$": "a", "b": True}, {"^.*$": None, "b": False}] == table.to_pylist()


def test_a_draft_says_so(make: Make, serve: Any, tmp_path: Path) -> None:
    """Rows of a draft say first of all that they are one."""
    draft = make(service=Watched(serve()), store=tmp_path, preview_token=TOKEN).open(ID, version="1.2")
    table = pa.table(draft.stream())
    assert 31.4159 in table["rate"].to_pylist()
    assert b"DRAFT, NOT FOR PUBLICATION" in table.schema.metadata[b"ees:notice"]


def test_what_is_refused(make: Make, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames in memory, withdrawn versions, and Arrow without pyarrow are errors that say what to do."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    with pytest.raises(errors.ArgumentTypeError, match=r"scan\(\).*not DataFrame.*are Arrow streams too"):
        sen.stream(sen.read().frame)
    with pytest.raises(errors.WithdrawnError, match="Wrong"):
        quiet(make(service=Watched(serve(WITHDRAWN))).open, data_set_id=ID, version="1.0").stream()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"eesclient\[arrow\]"):
        sen.stream()
