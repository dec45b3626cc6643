"""Lock files: reading, writing, and clients that go by them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import LockEntry, LockError, Request, Version, VersionRange, errors, local
from eesclient.local import Service
from tests.doors.api import Response, canonical_digest
from tests.doors.lock import LockFile, change_lock, read_lock, read_text, write_text
from tests.lock.written import write_lock
from tests.test_client import Make, make
from tests.transport.scripted import ID, META, OTHER, answer, data_file, data_set, listed, opened, version

__all__ = ["make"]

ENTRY = LockEntry(
    id=ID,
    title='SEN "provision"\n\\ é 😀',
    asked=VersionRange(1),
    version=Version(1, 2),
    release="Spring 2024",
    published=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
    rows=3,
    meta_sha256="0" * 64,
)
LOCK = LockFile(base_url="https://ees.test/x", entries=[ENTRY])

WITHDRAWN_ROWS = """
[data_sets.rates.versions."1.0"]
status = "Withdrawn"
withdrawn = 2026-03-01T09:30:00Z
"""

_numbers = st.integers(0, 99)
_versions = st.builds(Version, _numbers, _numbers, _numbers)
_digests = st.text("0123456789abcdef", min_size=64, max_size=64)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def entries(draw: st.DrawFn) -> LockEntry:
    """An entry of a lock file."""
    exact = draw(_versions)
    asked = [None, exact, VersionRange(), VersionRange(exact.major), VersionRange(exact.major, exact.minor)]
    has_data = draw(st.booleans())
    return LockEntry(
        id=str(draw(st.uuids())),
        title=draw(_texts),
        asked=draw(st.sampled_from(asked)),
        version=exact,
        release=draw(_texts),
        published=draw(st.none() | st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)).map(_aware)),  # noqa: DTZ001
        rows=draw(st.integers(0, 2**63 - 1)),
        meta_sha256=draw(_digests),
        data_sha256=draw(_digests) if has_data else None,
        data_size=draw(st.integers(0, 2**40)) if has_data else None,
        withdrawn=draw(st.sampled_from(["refuse", "read"])),
    )


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


_addresses = st.sampled_from(["https://ees.test/x", "local:demo", "file:///a b/é", ""])
locks = st.builds(
    LockFile, base_url=_addresses, entries=st.lists(entries(), max_size=4, unique_by=lambda entry: entry.id)
)


@pytest.mark.property
@given(locks)
def test_round_trip(lock: LockFile) -> None:
    """What is written is read again, and written again it is the same text."""
    text = write_text(lock)
    again = read_text(text.encode(), path="ees.lock")
    assert lock == again
    assert text == write_text(again)


@pytest.mark.property
@given(locks, st.data())
def test_damage(lock: LockFile, data: st.DataObject) -> None:
    """A file with bytes lost, added or changed is read, or is a LockError; nothing else."""
    content = bytearray(write_text(lock).encode())
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    content[start:end] = data.draw(st.binary(max_size=8) | st.sampled_from([b"[[", b'"', b"= 1\n", b"\n[x]\n", b"-"]))
    with suppress(LockError):
        read_text(bytes(content), path="ees.lock")


@pytest.mark.parametrize("content", [b"\xff", b"x", b"a = " + b"[" * 5000, b"lock_version = 1979-05-32", b""])
def test_no_lock_at_all(content: bytes) -> None:
    """Whatever is no lock file is a LockError that names it."""
    with pytest.raises(LockError, match=r"^other\.lock") as caught:
        read_text(content, path="other.lock")
    assert "other.lock" == caught.value.path


def test_text() -> None:
    """The file says what it is, has a line for each thing, and its tables stand by title."""
    first = LockEntry(id=OTHER, title="A", version="2", release="R", rows=0, meta_sha256="1" * 64, withdrawn="read")
    data = attrs.evolve(ENTRY, data_sha256="2" * 64, data_size=17)
    assert f"""\
lock_version = "1.0"
base_url = "https://ees.test/x"

[[data_set]]
id = "{OTHER}"
title = "A"
version = "2.0"
release = "R"
rows = 0
meta_sha256 = "{"1" * 64}"
withdrawn = "read"

[[data_set]]
id = "{ID}"
title = "SEN \\"provision\\"\\u000a\\\\ é 😀"
asked = "1.*"
version = "1.2"
release = "Spring 2024"
published = 2024-03-01T09:30:00Z
rows = 3
meta_sha256 = "{"0" * 64}"
data_sha256 = "{"2" * 64}"
data_size = 17
""" == write_text(attrs.evolve(LOCK, entries=[data, first])).partition("\n\n")[2]
    assert write_text(LOCK).startswith("# The exact versions of the data sets that this project reads")


def test_every_problem_at_once() -> None:
    """All that is wrong with a file is said, each with its place."""
    text = f"""
lock_version = "1.7"
[[data_set]]
id = "sen"
title = 3
asked = "1.x"
version = "1.*"
published = 2024-03-01T09:30:00
rows = -1
meta_sha256 = "{"0" * 63}"
data_size = true
[[data_set]]
id = "{ID}"
title = "SEN"
asked = "2.*"
version = "1.0"
release = ""
rows = 1
meta_sha256 = "{"0" * 64}"
data_sha256 = "{"0" * 64}"
withdrawn = "perhaps"
"""
    with pytest.raises(LockError, match="make it anew with ees lock") as caught:
        read_text(text.encode(), path="ees.lock")
    assert [
        "base_url",
        *(
            f"data_set[0].{name}"
            for name in (
                "id",
                "title",
                "asked",
                "version",
                "release",
                "published",
                "rows",
                "meta_sha256",
                "data_size",
            )
        ),
        *(f"data_set[1].{name}" for name in ("version", "data_sha256", "withdrawn")),
    ] == [problem.partition(": ")[0] for problem in caught.value.problems]
    assert all(problem in str(caught.value) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ("data_set = 1", "data_set: write [[data_set]] for each of them"),
        ("data_set = [1]", "data_set[0]: is not a table"),
        ("published = 9999-12-31T23:59:59-09:00", "data_set[0].published: 9999-12-31 23:59:59-09:00 is outside"),
        ("base_url = 'http://[::1'", "base_url: 'http://[::1' is not an address: "),
        (f"rows = {2**63}", "data_set[0].rows: a count cannot be so large"),
    ],
)
def test_odd_problems(member: str, problem: str) -> None:
    """Values that TOML can say and no lock has are problems like the others."""
    name = member.partition(" ")[0]
    lines = [line for line in write_text(LOCK).splitlines() if not line.startswith(f"{name} =")]
    if name == "data_set":
        lines = ["lock_version = '1.0'", "base_url = 'x'"]
    text = "\n".join([member, *lines] if name == "base_url" else [*lines, member])
    with pytest.raises(LockError) as caught:
        read_text(text.encode(), path="ees.lock")
    assert [problem] == [found[: len(problem)] for found in caught.value.problems]


def test_the_same_data_set_twice() -> None:
    """A data set that stands in a file twice is a problem."""
    text = write_text(LOCK)
    with pytest.raises(LockError, match=f"data_set: {ID} stands there twice"):
        read_text(f"{text}\n{text[text.index('[[') :]}".encode(), path="ees.lock")


def test_other_versions_of_the_format() -> None:
    """Another major version is refused before anything else; keys that are unknown are ignored."""
    text = write_text(LOCK).replace('"1.0"', '"2.0"').replace("rows = 3", "rows = 'three'")
    with pytest.raises(LockError, match=r"lock_version: '2.0' is not known here, only 1.x; update eesclient") as caught:
        read_text(text.encode(), path="ees.lock")
    assert 1 == len(caught.value.problems)
    newer = write_text(LOCK).replace('lock_version = "1.0"', 'lock_version = "1.9"\nchannel = "x"') + "colour = 3\n"
    assert LOCK == read_text(newer.encode(), path="ees.lock")


def test_half_a_character() -> None:
    """What JSON can say and UTF-8 cannot is replaced in a title, so that the file can be written."""
    assert "A?" == attrs.evolve(ENTRY, title="A\ud800").title


def test_entries_are_carried_over() -> None:
    """What a file knows of the very same version stays when it is locked again; of another version it goes."""
    known = attrs.evolve(ENTRY, data_sha256="a" * 64, data_size=1, withdrawn="read")
    lock = attrs.evolve(LOCK, entries=[known])
    again = attrs.evolve(ENTRY, asked="1.2.*", title="New")
    assert attrs.evolve(known, asked="1.2.*", title="New") == lock.with_entry(again).entry(ID.upper())
    other = attrs.evolve(ENTRY, version="1.3")
    assert (other,) == lock.with_entry(other).entries
    measured = attrs.evolve(ENTRY, data_sha256="b" * 64, data_size=2)
    assert "b" * 64 == lock.with_entry(measured).entries[0].data_sha256


def test_a_crash_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that could not be written whole is not written: the one before stays, and nothing beside it."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)

    def fail(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyboardInterrupt):
        change_lock(path, LOCK.base_url, [attrs.evolve(ENTRY, version="1.3")], LOCK.same)
    assert ([path], LOCK) == ([*tmp_path.iterdir()], read_lock(path))


def test_no_file(tmp_path: Path) -> None:
    """A lock file that is not there, or is a folder, is a LockError with the command that makes one."""
    with pytest.raises(LockError, match=r"there is no such file; ees lock ID@VERSION --lock \S+none.lock makes"):
        read_lock(tmp_path / "none.lock")
    with pytest.raises(LockError, match="a folder, pipe or device stands where a file belongs"):
        read_lock(tmp_path)


# In a client


def test_locking(make: Make, tmp_path: Path) -> None:
    """`lock` writes down what is pinned, keeps what stands there already, and with `data` notes the file's digest."""
    path = tmp_path / "ees.lock"
    client = make(service=local.demo())
    sen = client.open(local.SEN_ID, version="1.*")
    entry = sen.lock(path)
    assert (local.SEN_ID, sen.title, VersionRange(1), Version(1, 1)) == (
        entry.id,
        entry.title,
        entry.asked,
        entry.version,
    )
    assert (sen.release.title, sen.published, 3168) == (entry.release, entry.published, entry.rows)
    raw = client.request("GET", f"/data-sets/{local.SEN_ID}/meta")
    assert re.fullmatch("[0-9a-f]{64}", entry.meta_sha256)
    assert (None, None, "refuse") == (entry.data_sha256, entry.data_size, entry.withdrawn)
    assert raw.keys() >= {"filters", "indicators"}
    other = client.open(local.KS4_ID).lock(path, data=True)
    assert None is other.asked
    file = client.download(local.KS4_ID, tmp_path / "ks4.csv")
    assert file.stat().st_size == other.data_size
    assert LockFile(base_url="local:demo", entries=[entry, other]) == read_lock(path)
    before = path.stat().st_mtime_ns
    assert other == client.open(local.KS4_ID).lock(path)
    assert before == path.stat().st_mtime_ns


def test_another_service(make: Make, tmp_path: Path) -> None:
    """A file of another service is not added to, a client of another service does not go by it."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)
    sen = make(service=local.demo()).open(local.SEN_ID)
    with pytest.raises(
        LockError, match=r"is a lock of https://ees.test/x, and local:demo is asked.* other\.lock --demo\n"
    ):
        sen.lock(path)
    assert LOCK == read_lock(path)
    with pytest.raises(LockError, match=r"--lock other\.lock --demo\n"):
        make(service=local.demo(), lock=path)
    with pytest.raises(LockError, match=r"and https://ees.test/y is asked"):
        make(base_url="https://ees.test/y", lock=path)
    with pytest.raises(LockError, match="a service without origin"):
        make(service=opened(), lock=path)


def test_a_service_that_does_not_say_who_it_is(make: Make, tmp_path: Path) -> None:
    """Data sets of a service without an origin cannot be told from those of others, so they are not locked."""
    with pytest.raises(LockError, match="has no origin"):
        make(service=opened()).open(ID).lock(tmp_path / "ees.lock")
    assert [] == [*tmp_path.iterdir()]


def test_the_address_is_that_of_the_lock(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `base_url` the lock's service is asked, whatever the environment says; a local one has to be given."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)
    monkeypatch.setenv("EES_API_URL", "https://elsewhere.test")
    assert LOCK.base_url == make(lock=path).client._settings.base_url
    write_lock(path, attrs.evolve(LOCK, base_url="local:demo"))
    with pytest.raises(LockError, match="the local service 'local:demo': give that one with service="):
        make(lock=path)


class Located:
    """A scripted service that says who it is."""

    source = "service"
    origin = LOCK.base_url

    def __init__(self, **more: Any) -> None:
        self.scripted = opened(**more)

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return self.scripted.handle(request)


def newer(**more: Any) -> Located:
    """Return a service whose newest version is 2.0, and whose 1.0 is still there."""
    both = {"versions": listed([version("2.0"), version()]), "summary": answer(data_set(latest="2.0"))}
    return Located(**both | {"versions/2.0": answer(version("2.0")), "versions/1.*": answer(version())} | more)


@pytest.fixture
def path(tmp_path: Path, make: Make) -> Path:
    """Return a lock file with version 1.0 of a data set, locked as the latest one."""
    make(service=Located()).open(ID).lock(tmp_path / "ees.lock")
    return tmp_path / "ees.lock"


def test_what_the_lock_says(make: Make, path: Path) -> None:
    """No version, and each range that the locked one is in, mean the locked version."""
    assert "2.0" == str(make(service=newer()).open(ID).version)
    client = make(service=newer(), lock=path)
    for asked in (None, "*", "1.*", "1.0.*", "1.0", "v1"):
        assert Version(1) == client.open(ID.upper(), version=asked).version
    service = newer(
        csv=Response(status=200, body=data_file()), **{"versions/1.0/changes": answer({"versionNumber": "1.0"})}
    )
    client = make(service=service, lock=path)
    client.meta(ID)
    client.version(ID, "*")
    client.changes(ID, "*")
    client.download(ID, path.with_name("x.csv"))
    asked = [(request.path.rpartition(ID)[2], dict(request.params)) for request in service.scripted.requests]
    exact = {"dataSetVersion": "1.0"}
    facts = [("", {}), ("/versions/1.0", {}), ("/meta", exact)]
    assert [facts[2], facts[1], ("/versions/1.0/changes", {}), *facts, ("/csv", exact)] == asked


@pytest.mark.parametrize("method", ["open", "version", "changes", "meta", "download"])
def test_contradictions(make: Make, path: Path, method: str) -> None:
    """A data set or version that the lock does not have is an error with the command that mends it; nothing is sent."""
    service = newer()
    client = make(service=service, lock=path)

    def ask(id_: str, asked: str) -> None:
        to = (path.with_name("x.csv"),) if method == "download" else ()
        getattr(client, method)(id_, *to, version=asked)

    command = rf"ees lock '?{ID}@2\.(0|\*)'? --lock {re.escape(str(path))}"
    for asked in ("2.0", "2.*"):
        with pytest.raises(LockError, match=command) as caught:
            ask(ID, asked)
        assert str(path) == caught.value.path
    with pytest.raises(LockError, match=f"data set {OTHER} is not in .*: add it with ees lock {OTHER}@1.0 --lock"):
        ask(OTHER, "1.0")
    with pytest.raises(errors.InvalidVersionError):
        ask(ID, "one")
    with pytest.raises(errors.DataSetNotFoundError):
        ask("" if method == "open" else "sen", "1.0")  # open takes titles too
    assert [] == service.scripted.requests


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"meta": answer(META | {"note": "new"})}, "metadata: SHA-256"),
        ({"versions/1.0": answer(version(totalResults=4))}, "rows: 3 when it was locked, 4 now"),
    ],
)
def test_an_exact_version_that_changed(make: Make, path: Path, changed: dict[str, Any], problem: str) -> None:
    """What changed in an exact version since it was locked is an error: also members that no model here has."""
    client = make(service=newer(**changed), lock=path)
    with pytest.raises(LockError, match=problem) as caught:
        client.open(ID)
    assert f"ees lock {ID}@1.0 --lock {path}" in str(caught.value)


def test_the_digest_of_metadata_is_canonical() -> None:
    """White space and the order of members do not count, all else does."""
    digest = canonical_digest(b'{"b":[1,"\xc3\xa9"],"a":{}}')
    assert digest == canonical_digest(b'{ "a": {},\n "b": [1, "\\u00e9"] }')
    assert digest != canonical_digest(b'{"a":{},"b":["\xc3\xa9",1]}')


@pytest.mark.parametrize("stores", [False, True])
def test_other_data(make: Make, tmp_path: Path, *, stores: bool) -> None:
    """A data file that is not the locked one is refused, whichever way it is read, out of the store too."""
    path = tmp_path / "ees.lock"
    more: dict[str, Any] = {"store": tmp_path / "store"} if stores else {}
    make(service=local.demo()).open(local.SEN_ID).lock(path, data=True)
    sen = make(service=local.demo(), lock=path, **more).open(local.SEN_ID)
    assert 2916 == sen.read().frame.height
    (entry,) = (lock := read_lock(path)).entries
    write_lock(path, attrs.evolve(lock, entries=[attrs.evolve(entry, data_sha256="0" * 64)]))
    sen = make(service=local.demo(), lock=path, **more).open(local.SEN_ID)
    for read in (sen.read, lambda: sen.query(route="csv"), lambda: sen.lock(path, data=True)):
        with pytest.raises(LockError, match="is not the one that was locked: its SHA-256 is"):
            read()


def test_part_of_a_data_file_is_not_locked(make: Make, tmp_path: Path) -> None:
    """A data file that came in part is an error, and nothing is locked."""
    header = "time_period,time_identifier,geographic_level,country_code,country_name,sex,pupils\n"
    sen = make(service=Located(csv=Response(status=200, body=header.encode()))).open(ID)
    with pytest.raises(errors.InvalidResponseError, match="came with 0 of its 3 rows"):
        sen.lock(tmp_path / "ees.lock", data=True)
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.parametrize("status", ["Draft", "Processing", "Mapping", "Failed", "Cancelled", "New"])
def test_drafts_are_never_locked(make: Make, tmp_path: Path, status: str) -> None:
    """A version that was not published is refused, and no file is made."""
    service = Located(**{"versions/1.0": answer(version(status=status))})
    draft = make(service=service, preview_token="01234567-89ab-cdef-0123-456789abcdef").open(ID)
    for data in (False, True):
        with pytest.raises(LockError, match=f"is a draft \\(status {status}\\), and drafts are never locked"):
            draft.lock(tmp_path / "ees.lock", data=data)
    assert [] == [*tmp_path.iterdir()]


@pytest.fixture
def rates(tmp_path: Path) -> Service:
    """Return a service with one data set whose only version was withdrawn."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "rates.meta.csv").write_text("col_name,col_type,label\nrate,Indicator,Rate\n")
    header = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
    (folder / "rates.csv").write_text(f"{header}2023,Calendar year,National,E92000001,England,1.5\n")
    (folder / "service.toml").write_text(WITHDRAWN_ROWS)
    return Service.from_folder(folder)


@pytest.mark.filterwarnings("ignore:version 1.0 of 'Rates' was withdrawn:eesclient.WithdrawnVersionWarning")
def test_withdrawn(make: Make, tmp_path: Path, rates: Service) -> None:
    """A lock remembers that a withdrawn version is read all the same."""
    path = tmp_path / "ees.lock"
    (id_,) = [found.id for found in make(service=rates).data_sets()]
    refused = make(service=rates).open(id_, version="1.0")
    with pytest.raises(errors.WithdrawnError):
        refused.lock(path, data=True)
    assert "refuse" == refused.lock(path).withdrawn
    with pytest.raises(errors.WithdrawnError):
        make(service=rates, lock=path).open(id_).read()
    make(service=rates).open(id_, version="1.0", withdrawn="read").lock(path, data=True)
    assert 'withdrawn = "read"' in path.read_text()
    assert 1 == make(service=rates, lock=path).open(id_).read().frame.height


def test_corrections_are_named(make: Make, path: Path) -> None:
    """A patch of the locked version is warned of, with the command that takes it."""
    patched = newer(versions=listed([version("2.0"), version("1.0.1"), version()]))
    client = make(service=patched, lock=path)
    with pytest.warns(errors.CorrectedVersionWarning, match=rf"once ees lock '{ID}@1.0.\*' --lock") as caught:
        assert Version(1) == client.open(ID).version
    assert 1 == len(caught)


def test_a_lock_in_a_lock(make: Make, path: Path) -> None:
    """A data set that was opened by a lock is locked again as what was asked for before."""
    client = make(service=newer(), lock=path)
    assert None is client.open(ID).lock(path.with_name("a.lock")).asked
    assert VersionRange(1) == client.open(ID, version="1.*").lock(path.with_name("b.lock")).asked


def test_times_are_the_same_moments() -> None:
    """A time keeps its moment, whatever its offset was."""
    east = attrs.evolve(
        ENTRY,
        published=ENTRY.published.astimezone(timezone(timedelta(hours=5, minutes=30))) if ENTRY.published else None,
    )
    assert write_text(LOCK) == write_text(attrs.evolve(LOCK, entries=[east]))
