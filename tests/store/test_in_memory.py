"""Tables in memory: what they answer is what their files say, within the limit, and from whichever thread."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import Store, errors
from eesclient.local import Service
from tests.doors.store import Choice, Ref, free, prunable, stored_versions, write_bundle
from tests.test_client import Make, make

__all__ = ["make"]

META = "col_name,col_type,label,indicator_dp\nsex,Filter,Sex,\nn,Indicator,Number,0\nrate,Indicator,Rate,1\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,sex,n,rate\n"
SEXES = ("Boys", "Girls", "Total")


def served(folder: Path, figure: int) -> Service:
    """One data set of one service, the figures of which are a number of six digits."""
    folder = folder / "files"
    folder.mkdir(parents=True)
    (folder / "one.meta.csv").write_text(META)
    row = "{},Calendar year,National,E92000001,England,{},{},{}\n"
    rows = [row.format(year, sex, figure, "z") for year in (2022, 2023) for sex in SEXES]
    (folder / "one.csv").write_text(HEADER + "".join(rows))
    service = Service.from_folder(folder)
    service.origin = "local:one"
    return service


def held(client: ees.Client | ees.AsyncClient) -> int:
    """Bytes of tables that a client has in memory."""
    assert client._tables is not None
    return client._tables.memory.size


def refs(store: Path, kind: str) -> list[Ref]:
    """What a store has of a kind."""
    return [ref for ref in Store(store).refs() if ref.kind == kind]


def test_from_the_second_question_on(make: Make, tmp_path: Path) -> None:
    """The file answers the first question, memory the next ones, and both say the same; with a limit of 0 the file."""
    service = ees.local.demo()
    make(service=service, store=tmp_path).open(ees.local.SEN_ID).read()
    client = make(service=service, store=tmp_path)
    never = make(service=service, store=tmp_path, max_in_memory=0)
    sen, other = client.open(ees.local.SEN_ID), never.open(ees.local.SEN_ID)
    for asked in (
        {"filters": {"SEN provision": "SEN support"}, "levels": "National"},
        {"indicators": "Number of pupils"},
        {"periods": "2024/25", "names": "label", "values": "number"},
        {"places": "England", "values": "text"},
        {},
    ):
        question = sen.build(**asked)
        found = [sen.query(question) for _ in range(3)]
        expected = other.query(question)
        for result in found:
            assert "store" == result.route
            assert expected.frame.equals(result.frame)
            assert expected.frame.schema == result.frame.schema
            assert (expected.total, expected.warnings, expected.digest) == (
                result.total,
                result.warnings,
                result.digest,
            )
            assert expected.with_ids().equals(result.with_ids())
    assert held(client) > 0
    assert 0 == held(never)


def test_the_limit(tmp_path: Path) -> None:
    """No more than it stays in memory: what was asked longest ago goes, and what is larger never comes."""
    versions = [(ees.local.SEN_ID, "1.0"), (ees.local.SEN_ID, "2.0"), (ees.local.KS4_ID, "1.0")]
    with ees.Client(service=ees.local.demo(), store=tmp_path) as free_:
        opened = [free_.open(id_, version=version) for id_, version in versions]
        sizes = []
        for data_set in opened:
            before = held(free_)
            expected = [data_set.read() for _ in range(3)]
            sizes.append(held(free_) - before)
        everything = [data_set.read().frame for data_set in opened]
    assert "store" == expected[-1].route
    assert all(size > 1_000 for size in sizes)
    for limit in (sum(sizes), sum(sizes) - 1, max(sizes), min(sizes), min(sizes) - 1, 0):
        with ees.Client(service=ees.local.demo(), store=tmp_path, max_in_memory=limit) as client:
            opened = [client.open(id_, version=version) for id_, version in versions]
            for place in (0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 0):
                assert everything[place].equals(opened[place].read().frame)
                assert held(client) <= limit
            # the one that was asked last is there, wherever it fits
            assert (held(client) >= sizes[0]) == (limit >= sizes[0])
        assert 0 == held(client)


def overwritten(store: Path, other: Path) -> None:
    """The same files with other bytes, and with the times that they had."""
    for kind in ("csv", "table"):
        (ours,), (theirs,) = refs(store, kind), refs(other, kind)
        for path in (ours.path, f"blobs/{ours.blob}"):
            was = (store / path).stat()
            source = other / (theirs.path if path == ours.path else f"blobs/{theirs.blob}")
            (store / path).unlink()
            shutil.copyfile(source, store / path)
            os.utime(store / path, ns=(was.st_atime_ns, was.st_mtime_ns))
    shutil.copytree(other / "blobs", store / "blobs", dirs_exist_ok=True)
    shutil.copytree(other / "refs", store / "refs", dirs_exist_ok=True)


def added(store: Path, other: Path) -> None:
    """Another data file in its place, as another process writes it."""
    shutil.copytree(other, store, dirs_exist_ok=True)


@pytest.mark.parametrize("change", [added, overwritten])
def test_another_file_in_its_place(make: Make, tmp_path: Path, change: Callable[[Path, Path], None]) -> None:
    """Once the files of a table change, also in nothing but their bytes, the answer is what they say now."""
    services = [served(tmp_path / name, figure) for name, figure in (("a", 111_111), ("b", 222_222))]
    for name, service in zip("AB", services, strict=True):
        with ees.Client(service=service, store=tmp_path / name) as filling:
            filling.open(next(filling.data_sets()).id).read()
    with ees.Client(service=services[0]) as client:
        id_ = next(client.data_sets()).id
    one = make(service=services[0], store=tmp_path / "A", offline=True).open(id_)
    question = one.build(filters={"Sex": "Girls"})
    assert [[111_111] * 2] * 3 == [one.query(question).frame["n"].to_list() for _ in range(3)]
    change(tmp_path / "A", tmp_path / "B")
    assert [[222_222] * 2] * 3 == [one.query(question).frame["n"].to_list() for _ in range(3)]


def test_a_damaged_file(make: Make, tmp_path: Path) -> None:
    """A table that is damaged while it is in memory is not answered from: it is made anew."""
    client = make(service=served(tmp_path / "a", 111_111), store=tmp_path / "A")
    one = client.open(next(iter(client.data_sets())).id)
    expected = [one.read().frame for _ in range(3)]
    (table,) = refs(tmp_path / "A", "table")
    blob = tmp_path / "A" / "blobs" / table.blob
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    assert expected[0].equals(one.read().frame)
    assert [] == Store(tmp_path / "A").verify()


def test_a_pruned_file(make: Make, tmp_path: Path) -> None:
    """What was pruned is not answered out of memory."""
    client = make(service=served(tmp_path / "a", 111_111), store=tmp_path / "A")
    one = client.open(next(iter(client.data_sets())).id)
    for _ in range(3):
        assert 6 == len(one.read())
    store = Store(tmp_path / "A")
    free(store, prunable(store, Choice(everything=True)))
    with pytest.raises(errors.QueryError, match="lacks the data file"):
        one.query(route="store")


def test_out_of_a_bundle(make: Make, tmp_path: Path) -> None:
    """A bundle's tables stay in memory too, and are dropped when another bundle stands in its place."""
    for name, figure in (("a", 111_111), ("b", 222_222)):
        with ees.Client(service=served(tmp_path / name, figure), store=tmp_path / name.upper()) as filling:
            id_ = next(filling.data_sets()).id
            filling.open(id_).read()
        store = Store(tmp_path / name.upper())
        write_bundle(store, tmp_path / f"{name}.zip", stored_versions(store))
    client = make(service=served(tmp_path / "c", 111_111), store=tmp_path / "a.zip", offline=True)
    one = client.open(id_)
    question = one.build(filters={"Sex": "Girls"})
    assert [[111_111] * 2] * 3 == [one.query(question).frame["n"].to_list() for _ in range(3)]
    assert held(client) > 0
    os.utime(tmp_path / "a.zip")
    before = held(client)
    one.query(question)
    assert held(client) < before


@pytest.mark.parametrize("limit", [None, 100_000, 0])
def test_many_threads(tmp_path: Path, limit: int | None) -> None:
    """Threads that ask at once get what one thread gets, wherever tables come and go."""
    with ees.Client(service=ees.local.demo(), store=tmp_path, max_in_memory=limit) as client:
        opened = [client.open(ees.local.SEN_ID, version="1.0"), client.open(ees.local.KS4_ID)]
        asked = [
            (data_set, data_set.build(filters={filter_.label: option.label}, values=values, indicators=indicator))
            for data_set in opened
            for filter_ in data_set.meta.filters
            for option in filter_.options[:3]
            for values, indicator in (("typed", None), ("number", data_set.meta.indicators[0].label))
        ]
        for data_set in opened:
            data_set.read()
        with ees.Client(service=ees.local.demo(), store=tmp_path, max_in_memory=0) as plain:
            alone = {data_set.id: plain.open(data_set.id, version=str(data_set.version)) for data_set in opened}
            expected = [alone[data_set.id].query(question).frame for data_set, question in asked]
        places = [*range(len(asked))] * 4
        random.Random(7).shuffle(places)  # noqa: S311 - no secret
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda place: asked[place][0].query(asked[place][1]).frame, places)
            for place, frame in zip(places, found, strict=True):
                assert expected[place].equals(frame)
        if limit is not None:
            assert held(client) <= limit
