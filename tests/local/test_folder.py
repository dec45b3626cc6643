"""Tests of loading folders of CSV pairs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from eesclient import DataFileError
from tests.doors.local import Holdings, load_folder, slug, stable_id
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER

META = f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,0,\n"


def data(*sexes: str) -> str:
    """A data file with a row for each sex."""
    return f"{DATA_HEADER},sex,n\n" + "".join(f"{ENGLAND},{sex},1\n" for sex in sexes)


def folder(path: Path, **files: str) -> Path:
    """A folder with these files; double underscores in names stand for dots."""
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content, "utf-8")
    return path


def ids(holdings: Holdings) -> dict[str, str]:
    """Data set ids by title."""
    return {item.about.title: item.about.id for item in holdings.data_sets.values()}


def test_pairs_become_data_sets(tmp_path: Path) -> None:
    """Every pair is a data set in one publication named after the folder; other files are not looked at."""
    path = tmp_path / "my_data sets"
    path.mkdir()
    folder(path, absence_by_term__csv=data("A"), absence_by_term__meta__csv=META, notes__txt="x", __hidden__csv="x")
    (path / "sub.csv").mkdir()
    (path / "b.csv.gz").write_bytes(gzip.compress(data("A", "B").encode()))
    folder(path, b__meta__csv=META)
    holdings = load_folder(path)
    (publication,) = holdings.publications
    assert ("My data sets", "my-data-sets") == (publication.title, publication.slug)
    assert {"Absence by term": stable_id("data-set", "absence_by_term"), "B": stable_id("data-set", "b")} == ids(
        holdings
    )
    first = holdings.data_sets[stable_id("data-set", "b")]
    assert publication.id == first.about.publication_id
    assert ["1.0"] == [str(version.about.version) for version in first.versions]
    assert (2, "2023/24") == (first.versions[0].data.rows.height, first.versions[0].about.release.title)


def test_versions_of_a_data_set(tmp_path: Path) -> None:
    """Further versions have their own metadata file or share the first one's, and keep ids by equal key."""
    path = folder(
        tmp_path,
        a__csv=data("Total", "Girls"),
        a__meta__csv=META,
        a__v1__1__csv=data("Total", "Boys"),
        a__v2__0__csv=data("Total"),
        a__v2__0__meta__csv=META.replace("Sex", "Gender"),
        a__v1__0__1__csv=data("Girls"),
    )
    (item,) = load_folder(path).data_sets.values()
    assert ["1.0", "1.0.1", "1.1", "2.0"] == [str(version.about.version) for version in item.versions]
    filters = [version.data.meta.filters[0] for version in item.versions]
    assert ["Sex", "Sex", "Sex", "Gender"] == [one.label for one in filters]
    assert [
        {"Girls": "dP0Zw", "Total": "O7CLF"},
        {"Girls": "dP0Zw"},
        {"Boys": "7zXob", "Total": "pTSoj"},
        {"Total": "pTSoj"},
    ] == [{option.label: option.id for option in one.options} for one in filters]
    assert item.latest is item.versions[-1]
    assert 4 == len({version.about.file_id for version in item.versions})


def test_a_first_version_may_say_its_number(tmp_path: Path) -> None:
    """`NAME.v1.0.csv` is as good as `NAME.csv`."""
    (item,) = load_folder(folder(tmp_path, a__v1__0__csv=data("A"), a__meta__csv=META)).data_sets.values()
    assert ["1.0"] == [str(version.about.version) for version in item.versions]


def test_adding_a_file_changes_no_id(tmp_path: Path) -> None:
    """Every data set is numbered as into an empty database."""
    before = load_folder(folder(tmp_path, b__csv=data("A", "B"), b__meta__csv=META))
    after = load_folder(folder(tmp_path, a__csv=data("C"), a__meta__csv=META))
    name = stable_id("data-set", "b")
    assert before.data_sets[name].versions[0].data.meta == after.data_sets[name].versions[0].data.meta


def test_names_choose(tmp_path: Path) -> None:
    """Only the data sets named are loaded, and the others are not even read."""
    path = folder(tmp_path, a__csv=data("A"), a__meta__csv=META, b__csv="broken", b__meta__csv="broken")
    assert ["A"] == list(ids(load_folder(path, names=["a"]))) == list(ids(load_folder(path, names="a")))
    with pytest.raises(DataFileError, match=r"c\.csv: is not in the folder"):
        load_folder(path, names=["c"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no data files"),
        ({"a__csv": "x"}, r"a\.csv: its metadata file a\.meta\.csv is missing"),
        ({"a__csv": "x", "a__v1__0__csv": "x", "a__meta__csv": "x"}, r"a\.v1\.0\.csv: a\.csv is version 1\.0 already"),
        ({"a__csv": "x", "a__meta__csv": "x", "b__meta__csv": "x"}, r"b\.meta\.csv: its data file b\.csv is missing"),
        ({"a__csv": "x", "a__meta__csv": "x", "a__v1__1__meta__csv": "x"}, r"its data file a\.v1\.1\.csv is missing"),
        ({"a__v99999999999__0__csv": "x"}, r"a\.v99999999999\.0\.csv: .* number above 2147483647"),
        ({"a__csv": "x", "a__v1__99999999999__meta__csv": "x"}, r"a\.v1\.99999999999\.meta\.csv: .* number above"),
        ({"a__csv": "x", "a__meta__csv__gz": "x"}, "metadata files are not compressed"),
    ],
)
def test_incomplete_folders_are_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """A file without its partner is an error, not a gap."""
    with pytest.raises(DataFileError, match=message):
        load_folder(folder(tmp_path, **files))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """The error says what a folder should hold."""
    with pytest.raises(DataFileError, match="is not a folder: give one"):
        load_folder(tmp_path / "none")


def test_nothing_half_loaded_is_served(tmp_path: Path) -> None:
    """One bad file among good ones refuses the folder."""
    path = folder(
        tmp_path, a__csv=data("A"), a__meta__csv=META, b__csv=data("A").replace(",1\n", ",\n"), b__meta__csv=META
    )
    with pytest.raises(DataFileError, match=r"b\.csv, line 2, column n: an indicator cell is empty"):
        load_folder(path)


def test_slugs() -> None:
    """Titles become parts of addresses."""
    assert "pupils-2023-24" == slug(" Pupils: 2023/24! ")
