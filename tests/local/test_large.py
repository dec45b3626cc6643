"""Tests of large CSV pairs: read block by block as they are read whole, and kept for the next start."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import eesclient as ees
from eesclient import DataFileError
from tests.doors.local import Numbering, VersionData, cache, ingest, ingest_files, large
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, ROOT, get, post, read, table_of

META = f"{META_HEADER}\nsex,Filter,Sex,,,\nage,Filter,Age,,,\nn,Indicator,Number,,0,\n"
HEADER = f"{DATA_HEADER},region_code,region_name,sex,note,n,age"
ROW = f"{ENGLAND},E12000001,North East,Total,,1,Year 9"


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(large, "_LARGE", 1)
    monkeypatch.setattr(large, "_BLOCK", 500)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to serve, by a user who keeps things."""
    monkeypatch.delenv("EES_STORE")
    made = tmp_path / "box"
    made.mkdir()
    write(made, [ROW] * 50)
    return made


def write(folder: Path, rows: list[str], meta: str = META) -> None:
    """Put a pair there."""
    (folder / "pupils.csv").write_text("\n".join([HEADER, *rows, ""]))
    (folder / "pupils.meta.csv").write_text(meta)


def data_of(folder: Path) -> VersionData:
    """What the box makes of the pair."""
    return ingest_files(folder / "pupils.csv", folder / "pupils.meta.csv", Numbering())


def entries(tmp_path: Path) -> list[Path]:
    """What is kept."""
    return sorted((tmp_path / "cache").glob("eesclient/box/*"))


def same(one: VersionData, other: VersionData) -> None:
    """Check that two are the same in all that answers are made of."""
    assert one.meta == other.meta
    assert (one.periods, one.levels, one.rows.columns) == (other.periods, other.levels, other.rows.columns)
    assert (one.others, one.summary) == (other.others, other.summary)
    assert_frame_equal(table_of(one), table_of(other))
    assert (one.csv.read(), one.csv.size, one.csv.read(90)) == (other.csv.read(), other.csv.size, other.csv.read(90))


CELLS = st.sampled_from(["", "Total", " Total", "Gïrls", '"a, b"', '"say ""x"""', '""', "'"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([*[ENGLAND] * 3, "202223,Academic year,Regional,E92000001,England", "2023,Week 9,National,,"]),
        # one is a place of another level as well, whose rows are served twice
        st.sampled_from(["E1,A", "E2,B", ",B", "E1,", ",", "E2,A", "E92000001,England"]),
        CELLS,
        CELLS,
        st.sampled_from(["1", "0.5", "z", '"1,000"']),
        CELLS,
    ),
    min_size=1,
    max_size=40,
)


ODD = [
    *["#a,b", "x", f"{ROW},", f'{ROW}"', ROW.replace("Total", 'T"x'), "\x00", "é"],
    *[
        ROW.replace(*one)
        for one in (("A", "a"), ("National", "NATIONAL"), (",1,", ",,"), ("2023", "x"), ("Total", "T" * 121))
    ],
]
FILES = st.fixed_dictionaries(
    {
        "rows": ROWS,
        "end": st.sampled_from(["\n", "\r\n"]),
        "mark": st.sampled_from(["", "\ufeff"]),
        "last": st.booleans(),
        "odd": st.sampled_from(["", "", *ODD]),
        "where": st.integers(0, 40),
    }
)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@given(file=FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_files_are_the_same_read_whole_and_block_by_block(suffix: str, file: dict[str, Any], tmp_path: Path) -> None:
    """Whatever is odd, the same version comes out, or the same error; what is plain is read block by block."""
    lines = [HEADER, *(",".join(row) for row in file["rows"])]
    if file["odd"]:
        lines.insert(1 + file["where"] % len(lines), file["odd"])
    content = (file["mark"] + file["end"].join(lines) + file["end"] * file["last"]).encode()
    data, meta = tmp_path / f"pupils{suffix}", tmp_path / "pupils.meta.csv"
    data.write_bytes(gzip.compress(content) if suffix == ".csv.gz" else content)
    meta.write_text(META)
    expected, problem = None, ""
    try:
        expected = ingest(data_name=data.name, data=content, meta_name=meta.name, meta=META.encode())
    except DataFileError as error:
        problem = str(error)

    if expected is None:
        with pytest.raises(DataFileError) as caught:
            ingest_files(data, meta, Numbering())
        assert problem == str(caught.value)
        return
    same(expected, ingest_files(data, meta, Numbering()))
    # an empty cell at the very end of a file is odd
    if not file["odd"] and not content.endswith(b","):
        found = large._found(data, meta, in_api=True)
        assert found is not None
        assert len(file["rows"]) == found[1].rows


def test_places_are_found_among_any_number_of_texts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are looked up by position or by value, whichever the number of combinations allows."""
    write(
        folder, [ROW.replace("E12000001", f"E{number}").replace("Total", f"S{number % 300}") for number in range(600)]
    )
    expected = data_of(folder)
    monkeypatch.setenv("EES_STORE", "none")
    monkeypatch.setattr("eesclient.local.places._DENSE", 0)
    same(expected, data_of(folder))
    assert 600 == len(expected.meta.locations[1].options)
    assert 300 == table_of(expected)["filter:O7CLF"].max()


# The next start


def test_the_next_start_has_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start reads nothing of the file but its digest, and answers the same."""
    first = data_of(folder)
    assert 1 == len(entries(tmp_path))

    def fail(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(large, "_read_strictly", fail)
    same(first, data_of(folder))


@pytest.mark.parametrize("name", ["pupils.csv", "pupils.meta.csv"])
def test_a_file_that_changed_by_one_byte_is_read_anew(folder: Path, name: str) -> None:
    """Size and time of the file may be as they were."""
    data_of(folder)
    changed, content = folder / name, (folder / name).read_bytes()
    was = changed.stat()
    at = content.rindex(b"Total" if name == "pupils.csv" else b"Number")
    changed.write_bytes(content[:at] + b"X" + content[at + 1 :])
    os.utime(changed, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (was.st_size, was.st_mtime_ns) == (changed.stat().st_size, changed.stat().st_mtime_ns)

    meta = data_of(folder).meta
    labels = [option.label for option in meta.filters[1].options]
    assert (["Total", "Xotal"] if name == "pupils.csv" else ["Total"]) == labels
    assert ("Number" if name == "pupils.csv" else "Xumber") == meta.indicators[0].label


def test_the_entry_of_a_file_is_found_among_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of files of one size each has its own, in whichever order they were kept; of one that was kept, none is read."""
    names = ["Total", "Boys!", "Girls"]
    found = []
    for name in names:
        write(folder, [ROW.replace("Total", name)] * 50)
        found.append(data_of(folder))
    assert 3 == len(entries(tmp_path))

    def fail(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(large, "_read_strictly", fail)
    for name, first in zip(names, found, strict=True):
        write(folder, [ROW.replace("Total", name)] * 50)
        assert [name] == [option.label for option in data_of(folder).meta.filters[1].options]
        same(first, data_of(folder))
    assert 3 == len(entries(tmp_path))


def test_a_damaged_entry_of_another_file_is_no_matter(folder: Path, tmp_path: Path) -> None:
    """Where the last that was kept is damaged, or is of another file, the right one answers."""
    first = data_of(folder)
    write(folder, [ROW.replace("Total", "Girls")] * 50)
    data_of(folder)
    last = max(entries(tmp_path), key=lambda path: path.stat().st_mtime_ns)
    last.write_bytes(last.read_bytes()[:-1])
    write(folder, [ROW] * 50)
    same(first, data_of(folder))
    assert last not in entries(tmp_path)
    assert 1 == len(entries(tmp_path))


def test_ids_follow_the_versions_before(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries have no ids: those of a version that is kept depend on the versions before, as ever."""
    (folder / "pupils.v1.1.csv").write_text(f"{HEADER}\n{ROW.replace('Total', 'All')}\n{ROW}\n")

    def ids() -> list[object]:
        service = ees.local.Service.from_folder(folder)
        path = f"/data-sets/{next(iter(service._holdings.data_sets))}/meta"
        return [read(get(service, path, ("dataSetVersion", number)))["filters"][1] for number in ("1.0", "1.1")]

    first, again = ids(), ids()
    assert 2 == len(entries(tmp_path))
    monkeypatch.setenv("EES_STORE", "none")
    assert first == again == ids()
    assert {"id": "O7CLF", "label": "Total"} in first[0]["options"]  # type: ignore[index]
    assert {"id": "O7CLF", "label": "Total"} in first[1]["options"]  # type: ignore[index]


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry[:-1],
        lambda entry: entry[:99] + b"?" + entry[100:],
        lambda _: b"",
        # the length of its first part, which stands after 16 bytes of format and 32 of digest, is a very large number
        *(lambda entry, at=at: entry[:at] + b"\xff" + entry[at + 1 :] for at in (48, 50, 53, 55)),
    ],
)
def test_a_damaged_entry_is_made_anew(folder: Path, tmp_path: Path, damage: object) -> None:
    """What does not fit its digest is not used."""
    first = data_of(folder)
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))  # type: ignore[operator]
    same(first, data_of(folder))
    assert [whole] == [path.read_bytes() for path in entries(tmp_path)]


def test_nothing_is_kept_where_nothing_can_or_shall_be(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the cache would be, or the user keeps nothing: the box answers all the same."""
    (tmp_path / "cache").write_text("no folder")
    first = data_of(folder)
    (tmp_path / "cache").unlink()
    monkeypatch.setenv("EES_STORE", "none")
    same(first, data_of(folder))
    assert not (tmp_path / "cache").exists()
    assert ["pupils.csv", "pupils.meta.csv"] == sorted(path.name for path in folder.iterdir())


def test_entries_have_a_limit(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were not used for the longest time make room."""
    data_of(folder)
    (first,) = entries(tmp_path)
    os.utime(first, (1, 1))
    monkeypatch.setattr(cache, "_MOST", int(2.5 * first.stat().st_size))
    for number in range(2):
        write(folder, [ROW.replace("Total", f"Sex {number}")] * 50)
        data_of(folder)
    assert 2 == len(entries(tmp_path))
    assert first not in entries(tmp_path)
    monkeypatch.setattr(cache, "_MOST", 10)
    write(folder, [ROW] * 9)
    assert 9 == data_of(folder).rows.height
    assert 2 == len(entries(tmp_path))


# The file itself


def test_a_file_that_changes_meanwhile_is_not_handed_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table answers as before; the file itself is an error rather than another one."""
    service = ees.local.Service.from_folder(folder)
    path = f"/data-sets/{next(iter(service._holdings.data_sets))}"
    content = (folder / "pupils.csv").read_bytes()
    monkeypatch.setattr(large, "_HEAD", 0)
    assert content == get(service, f"{path}/csv").body

    (folder / "pupils.csv").write_bytes(content.replace(b"Total", b"Other"))
    with pytest.raises(DataFileError, match="has changed since it was loaded"):
        _ = get(service, f"{path}/csv").body
    (folder / "pupils.csv").unlink()
    with pytest.raises(DataFileError, match="is gone since it was loaded"):
        _ = get(service, f"{path}/csv").body
    assert 50 == read(post(service, f"{path}/query"))["paging"]["totalResults"]
    (folder / "pupils.csv").write_bytes(content)
    assert content == get(service, f"{path}/csv").body


_MEASURE = """
import sys
from pathlib import Path
from tests.doors.local import Numbering, ingest_files
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
folder = Path(sys.argv[1])
ingest_files(folder / "few.csv", folder / "pupils.meta.csv", Numbering())
before = peak()
rows = ingest_files(folder / "pupils.csv", folder / "pupils.meta.csv", Numbering()).rows.height
print(rows, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's peak")
def test_memory(tmp_path: Path) -> None:
    """Loading takes less than three times the size of a file of 60 MB, which was ten times."""
    rows, block = 600_000, "\n".join(f"{ROW[:-1]}{number % 10}" for number in range(1000))
    write(tmp_path, [block] * (rows // 1000))
    (tmp_path / "few.csv").write_text(f"{HEADER}\n{ROW}\n")
    size = (tmp_path / "pupils.csv").stat().st_size
    command = [sys.executable, "-c", _MEASURE, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - it is ours
    found, peak = map(int, done.stdout.split())
    assert rows == found
    assert peak < 3 * size


def pieces(content: bytes) -> Iterator[bytes]:
    """The content in pieces of growing size."""
    at, size = 0, 1
    while at < len(content):
        yield content[at : at + size]
        at, size = at + size, size * 3


@pytest.fixture(params=["hashlib", "blake3"])
def hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests are SHA-256, and BLAKE3 as with the extra `fast`."""
    found = pytest.importorskip(request.param)
    monkeypatch.setattr(cache, "_new", getattr(found, "blake3", hashlib.sha256))


@pytest.mark.usefixtures("hashes")
@pytest.mark.parametrize("size", [0, 1, 29, 30, 99, 100, 101, 200, 1000, 1001])
def test_digests_do_not_depend_on_pieces(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, its bytes, and the bytes piece by piece have one digest; any byte changed, added or left has another."""
    monkeypatch.setattr(cache, "_CHUNK", 100)
    monkeypatch.setattr(cache, "_PIECE", 30)
    content = bytes(number % 251 for number in range(size))
    digest = cache.Digest()
    for piece in pieces(content):
        digest.update(piece)

    def of_file(content: bytes) -> str:
        (tmp_path / "file").write_bytes(content)
        with cache.FileDigest(tmp_path / "file") as found:
            return found.hexdigest()

    found = {of_file(content), cache.digest_of_bytes(content), digest.hexdigest()}
    assert 1 == len(found)
    others = [content + b"x", content + bytes(100), content[:-1] + b"xx"]
    if size:
        others += [content[:-1], content[1:], content[: size // 100 * 100 - 1]]
        places = {0, size - 1, size // 2, *(at for at in (29, 30, 99, 100, 199, 200) if at < size)}
        others += [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in places]
    if size > 100:
        others += [content[100:] + content[:100]]
    assert found.isdisjoint(map(of_file, others))
    assert found.isdisjoint(map(cache.digest_of_bytes, others))
    assert [*map(of_file, others)] == [*map(cache.digest_of_bytes, others)]


def test_a_file_that_is_gone_has_no_digest(tmp_path: Path) -> None:
    """What cannot be read is an error, and not the digest of nothing."""
    (tmp_path / "file").write_bytes(b"1" * 9)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError), cache.FileDigest(tmp_path / "folder") as found:  # noqa: PT011 - by system
        found.hexdigest()
    with pytest.raises(FileNotFoundError):
        cache.FileDigest(tmp_path / "gone")


def test_an_entry_by_one_digest_is_none_by_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installs the extra `fast`, or takes it away, reads large files once anew, and finds both entries later."""
    blake3 = pytest.importorskip("blake3").blake3
    data, kept = tmp_path / "data.csv", cache.Cache(folder=tmp_path / "kept")
    data.write_bytes(b"a,b\n1,2\n")
    for new in (hashlib.sha256, blake3):
        monkeypatch.setattr(cache, "_new", new)
        assert kept.find(data, b"meta", lambda entry: entry.table) is None
        digest = cache.digest_of_bytes(data.read_bytes())
        kept.keep(data.stat().st_size, b"meta", cache.Entry(digest=digest, about=b"{}", table=new().name.encode()))
    for new in (hashlib.sha256, blake3):
        monkeypatch.setattr(cache, "_new", new)
        assert kept.find(data, b"meta", lambda entry: entry.table) == new().name.encode()
