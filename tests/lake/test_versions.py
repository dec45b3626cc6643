"""Versions of a data set as commits of one Delta table: what is in each, and what becomes of columns."""

from __future__ import annotations

import warnings
from pathlib import Path

import attrs
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import eesclient as ees
from eesclient import lake
from tests.doors.lake import delta_write

from .support import Versions, kept, texts

deltalake = pytest.importorskip("deltalake", reason="the extra lake is not installed")
duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
pytest.importorskip("pyarrow", reason="the extra lake is not installed")


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Return a data set at 1.0 and 1.1, whose rows differ."""
    found = Versions(tmp_path / "data")
    found.write("1.0", "sex,count", "Girls,5", "Boys,z", "Girls,7")
    found.write("1.1", "sex,count", "Girls,5", "Boys,6", "Girls,x", "Boys,9")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the lake will be."""
    return tmp_path / "tables"


@pytest.mark.parametrize(
    "name", ["SEN2_AGE_STOCK", "absence_by_term", "exclusions_by_characteristic", "school_applications_and_offers"]
)
@pytest.mark.filterwarnings("ignore::eesclient.EESWarning")
def test_published_data_in_two_versions(name: str, data_folder: Path, tmp_path: Path, folder: Path) -> None:
    """Each version comes back with its digest, and Polars and DuckDB have its rows."""
    source, data = data_folder / "small", tmp_path / "data"
    data.mkdir()
    text = (source / f"{name}.csv").read_text()
    (data / f"{name}.csv").write_text(text)
    (data / f"{name}.meta.csv").write_text((source / f"{name}.meta.csv").read_text())
    lines = text.splitlines(keepends=True)
    (data / f"{name}.v1.1.csv").write_text("".join(lines[: len(lines) - 40]))
    expected = {}
    with ees.Client(service=ees.local.Service.from_folder(data)) as client:
        (found,) = client.data_sets()
        for number in ("1.0", "1.1"):
            data_set = client.open(found.id, version=number)
            assert lake.add(data_set, folder).is_new
            expected[number] = data_set.read()
    (table,) = lake.tables(folder)
    assert [("1.0", 0), ("1.1", 1)] == [(str(one.version), one.commit) for one in table.versions]
    for one in table.versions:
        result = expected[str(one.version)]
        assert one.digest == result.digest == lake.read(folder, found.id, version=one.version).digest
        plain = texts(result.frame)
        assert_frame_equal(plain, pl.read_delta(str(table.path), version=one.commit), check_exact=True)
        assert_frame_equal(plain, lake.scan(folder, found.id, version=one.version).collect(), check_exact=True)
        rows = duckdb.from_arrow(lake.table(folder, found.id, version=str(one.version)).to_pyarrow_dataset())
        assert_frame_equal(plain, rows.pl(), check_exact=True)


def test_what_a_commit_says(folder: Path) -> None:
    """Version, digest and notice are in the commit; the table says that it is synthetic, and keeps its past."""
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(ees.local.SEN_ID, version="1.0")
        added = lake.add(sen, folder)
        expected = sen.read()
    table = lake.table(folder, ees.local.SEN_ID)
    about = table.metadata()
    assert about.description.startswith("SYNTHETIC, not a statistic: data set 019d431f-")
    assert about.name == expected.provenance.title
    assert dict.fromkeys(
        ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"), "interval 36500 days"
    ) == (about.configuration)
    (commit,) = table.history()
    assert ("1.0", expected.digest, "SYNTHETIC, not a statistic") == tuple(
        commit[f"ees:{name}"] for name in ("version", "digest", "notice")
    )
    assert commit["userMetadata"].startswith("SYNTHETIC, not a statistic; data set version 1.0; ees1:")
    saved = lake.read(folder, ees.local.SEN_ID.upper())
    assert (added.digest, added.rows, saved.columns) == (saved.digest, len(saved), expected.columns)
    assert "SYNTHETIC, not a statistic" in repr(saved)
    # in the order of metadata, not of letters, and with all that metadata has
    options = {item.column: [option.label for option in item.options] for item in sen.meta.filters}
    assert options == {name: saved.frame[name].dtype.categories.to_list() for name in options}
    assert saved.frame["time_period"].dtype == pl.Enum([period.csv for period in sen.periods])


def test_licence(folder: Path) -> None:
    """The licence line of the service's figures is in the commit's metadata and in the table's description."""
    from tests.results.test_citation import OFFICIAL

    frame = pl.DataFrame({"a": [1]})
    column = ees.ColumnInfo(name="a", column="a", label="A", kind="indicator")
    ees.SavedResult(frame=frame, columns=(column,), total=1, provenance=OFFICIAL).write_delta(folder)
    table = deltalake.DeltaTable(folder)
    assert OFFICIAL.licence == table.history()[0]["ees:licence"]
    assert OFFICIAL.licence in table.metadata().description
    assert OFFICIAL == ees.read_delta(folder).provenance


def test_a_second_run_does_nothing(versions: Versions, folder: Path) -> None:
    """A version that is there is not written again, by none of the ways."""
    first = lake.add(versions.open("1.0"), folder)
    before = kept(folder)
    again = lake.add(versions.open("1.0"), folder)
    assert (True, False) == (first.is_new, again.is_new)
    versions.open("1.0").read().write_delta(folder / first.id)
    assert before == kept(folder)


def test_statuses_stay(versions: Versions, folder: Path) -> None:
    """Symbols are in the table, each in its version."""
    for number in ("1.0", "1.1"):
        lake.add(versions.open(number), folder)
    id_ = versions.open("1.0").id
    found = {number: lake.scan(folder, id_, version=number).collect() for number in ("1.0", "1.1")}
    assert [None, "z", None] == found["1.0"]["count_status"].to_list()
    assert [None, "x", None, None] == found["1.1"]["count_status"].to_list()
    assert [7, None, 5] == found["1.0"]["count"].to_list()


def test_numbers_widen(versions: Versions, folder: Path) -> None:
    """Whole numbers become decimals where a version has them, stay so in the table, and come back as they were."""
    decimals = "sex,Filter,Sex,,\ncount,Indicator,Count,,1"
    versions.write("1.1", "sex,count", "Girls,5.5", meta=decimals)
    versions.write("1.2", "sex,count", "Girls,9007199254740992")
    versions.write("1.3", "sex,count", "Girls,9007199254740993")
    for number in ("1.0", "1.1", "1.2"):
        lake.add(versions.open(number), folder)
    id_ = versions.open("1.0").id
    held = {n: lake.table(folder, id_, version=n).to_pyarrow_table().schema.field("count").type for n in ("1.0", "1.2")}
    assert {"1.0": "int64", "1.2": "double"} == {name: str(type_) for name, type_ in held.items()}
    for number, type_ in (("1.0", pl.Int64), ("1.1", pl.Float64), ("1.2", pl.Int64)):
        saved = lake.read(folder, id_, version=number)
        assert (saved.frame["count"].dtype, saved.digest) == (type_, versions.open(number).read().digest)
        assert lake.scan(folder, id_, version=number).collect_schema()["count"] == type_
    before = kept(folder)
    with pytest.raises(ees.LakeError, match=r"'count' has whole numbers above 2\*\*53"):
        lake.add(versions.open("1.3"), folder)
    assert before == kept(folder)


def test_types_without_one_in_common(versions: Versions, folder: Path) -> None:
    """Text where there were numbers is refused with both schemas, before anything is written."""
    versions.write("2.0", "sex,count", "Girls,many", meta="sex,Filter,Sex,,\ncount,Indicator,Count,numberstring,")
    lake.add(versions.open("1.0"), folder)
    before = kept(folder)
    with pytest.raises(ees.LakeError) as caught:
        lake.add(versions.open("2.0"), folder)
    said = str(caught.value)
    assert "count: Int64 in the table, String now" in said
    assert "the table:   time_period String, " in said
    assert "sex String, count Int64, count_status String\nthis version: " in said
    assert before == kept(folder)


def test_columns_come_and_go(versions: Versions, folder: Path) -> None:
    """A new column is added, one that is gone is null in the table, and each version comes back with its own."""
    meta = "age,Filter,Age,,\ncount,Indicator,Count,,0\nrate,Indicator,Rate,%,1"
    versions.write("2.0", "age,count,rate", "4,5,1.5", "5,6,z", meta=meta)
    lake.add(versions.open("1.0"), folder)
    with pytest.warns(ees.LakeWarning, match=r"that this version has not are null in it: 'sex' \[EES-W17\]$"):
        lake.add(versions.open("2.0"), folder)
    id_ = versions.open("1.0").id
    newest = pl.read_delta(str(folder / id_))
    assert [*versions.open("2.0").read().frame.columns, "sex"] == newest.columns
    assert [None, None] == newest["sex"].to_list()
    for number in ("1.0", "2.0"):
        expected = versions.open(number).read()
        saved = lake.read(folder, id_, version=number)
        assert (expected.frame.columns, expected.digest) == (saved.frame.columns, saved.digest)


def test_versions_out_of_order(versions: Versions, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower version that is added later is found by its number, and others go on to see the highest."""
    lake.add(versions.open("1.1"), folder)
    id_ = versions.open("1.1").id

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # after the commit, before the highest version is in front again
        patch.setattr(delta_write, "bring_forward", killed)
        with pytest.raises(KeyboardInterrupt):
            lake.add(versions.open("1.0"), folder)
    path = str(folder / id_)
    assert 3 == pl.read_delta(path).height
    assert not lake.add(versions.open("1.0"), folder).is_new
    assert 4 == pl.read_delta(path).height
    assert [("1.0", 1), ("1.1", 0)] == [(str(one.version), one.commit) for one in lake.tables(folder)[0].versions]
    assert {"1.0": 3, "1.1": 4} == {n: len(lake.read(folder, id_, version=n)) for n in ("1.0", "1.1")}
    before = kept(folder)
    for number in ("1.1", "1.0"):
        lake.add(versions.open(number), folder)
    assert before == kept(folder)


def test_patches(versions: Versions, folder: Path) -> None:
    """An exact version means itself, with a warning of its patch; a range follows corrections."""
    versions.write("1.0.1", "sex,count", "Girls,8")
    for number in ("1.0.1", "1.1", "1.0"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ees.CorrectedVersionWarning)
            lake.add(versions.open(number), folder)
    id_ = versions.open("1.1").id
    with pytest.warns(ees.CorrectedVersionWarning, match=r'later patch in the table .*: 1\.0\.1; "1\.0\.\*" follows'):
        assert 3 == len(lake.read(folder, id_, version="1.0"))
    assert "1.0.1" == str(lake.read(folder, id_, version="1.0.*").version)
    assert "1.1" == str(lake.read(folder, id_).version)
    with pytest.raises(ees.LakeError, match=r"has no version '2\.\*', but 1\.0, 1\.0\.1, 1\.1"):
        lake.read(folder, id_, version="2.*")
    with pytest.raises(ees.InvalidVersionError):
        lake.read(folder, id_, version="newest")


def test_withdrawn_and_drafts(versions: Versions, folder: Path) -> None:
    """A withdrawn version is refused unless it was opened to be read; a draft always is."""
    versions.describe('[data_sets.rates.versions."1.0"]\nstatus = "Withdrawn"\nwithdrawn = 2024-01-01T00:00:00Z\n')
    with pytest.warns(ees.WithdrawnVersionWarning):
        refused = versions.open("1.0")
    with pytest.raises(ees.WithdrawnError, match="was withdrawn on 2024-01-01"):
        lake.add(refused, folder)
    assert not folder.exists()
    with versions.client() as client, pytest.warns(ees.WithdrawnVersionWarning):
        lake.add(client.open(refused.id, version="1.0", withdrawn="read"), folder)
    assert "Withdrawn" == lake.read(folder, refused.id).provenance.status


def test_names_that_others_refuse(versions: Versions, tmp_path: Path) -> None:
    """Blanks are warned of with the names, names that differ in case only are refused, and then nothing is there."""
    result = versions.open("1.0").query(names="label")
    with pytest.warns(ees.LakeWarning, match=r"may not read .*: 'Time period', 'Time identifier', "):
        path = result.write_delta(tmp_path / "words")
    assert "Time period" in pl.read_delta(str(path)).columns
    frame = pl.DataFrame({"sex": ["Girls"], "Sex": [5]})
    columns = tuple(attrs.evolve(result.columns[0], name=name) for name in frame.columns)
    saved = ees.SavedResult(frame=frame, columns=columns, total=1, provenance=result.provenance)
    with pytest.raises(ees.LakeError, match=r"names differ in case only: 'sex', 'Sex'"):
        saved.write_delta(tmp_path / "cased")
    assert not (tmp_path / "cased").exists()
