"""Versions of a store in one file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

import eesclient as ees
from eesclient import Request, Store, StoreError, Version
from eesclient.local import Service
from tests.doors.api import Response
from tests.doors.store import Key, VersionRef, blob_path, module, origin_of, stored_versions, write_bundle
from tests.doors.top import BASE_URL, ENVIRONMENTS

META = "col_name,col_type,label\nrate,Indicator,Rate\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
ROWS = [f"{year},Calendar year,National,E92000001,England,{rate}\n" for year, rate in (("2023", "1.5"), ("2024", "z"))]


class Answering(Service):
    """The local service as the live one: under its address, which is shown with the answers."""

    def handle(self, request: Request) -> Response:
        """Answer, with the address."""
        return attrs.evolve(super().handle(request), url=f"{BASE_URL}/v1{request.path}")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Return a service with versions 1.0 and 1.1 of its data set, under the address of the live one."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in {
        "rates.meta.csv": META,
        "rates.csv": HEADER + ROWS[0],
        "rates.v1.1.csv": HEADER + "".join(ROWS),
    }.items():
        (folder / name).write_text(text)
    service = Answering.from_folder(folder)
    service.origin = BASE_URL
    return service


@pytest.fixture
def store(service: Service, tmp_path: Path) -> Store:
    """Return a store in which both versions were opened, 1.0 was asked and 1.1 was read."""
    store = Store(tmp_path / "store")
    with ees.Client(service=service, store=store) as client:
        (found,) = client.data_sets()
        client.open(found.id, version="1.0").query(periods="2023")
        client.open(found.id, version="1.1").read()
    return store


def of(store: Store, version: str) -> tuple[VersionRef, ...]:
    """Return the version of the one data set."""
    return stored_versions(store, version=Version.parse(version))


def test_what_is_held(store: Store) -> None:
    """A store says which versions it has metadata of; of a data set or a version alone, if asked so."""
    first, second = stored_versions(store)
    assert (origin_of(BASE_URL), "1.0", "1.1") == (first.origin, str(first.version), str(second.version))
    assert (first,) == of(store, "1.0") == stored_versions(store, data_set=first.data_set, version=Version(1))
    assert () == stored_versions(store, data_set="other")


TEST_URL = ENVIRONMENTS["test"]

SCRIPT = """
import sys
import eesclient as ees

with ees.Client(store=sys.argv[1], offline=True) as client:
    (listed,) = client.data_sets()
    rates = client.open(sys.argv[2], version=sys.argv[3])
    result = rates.query(periods="2023") if sys.argv[3] == "1.0" else rates.read()
    print(listed.id, rates.title, rates.version, rates.release.title, result.provenance.url)
    print(result.frame.write_json())
"""


@pytest.mark.filterwarnings("ignore:Debug")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_read_in_another_process(store: Store, service: Service, tmp_path: Path, version: str) -> None:
    """Another process, in another folder and without the store, opens, lists, asks and reads out of a bundle."""
    (wanted,) = of(store, version)
    (contents,) = write_bundle(store, tmp_path / "out.zip", [wanted])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out.zip").rename(elsewhere / "moved.zip")
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", SCRIPT, "moved.zip", wanted.data_set, version],
        cwd=elsewhere,
        env={**os.environ, "EES_STORE": "none", "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
    head, frame = done.stdout.splitlines()
    with ees.Client(service=service) as client:
        rates = client.open(wanted.data_set, version=version)
        expected = rates.query(periods="2023") if version == "1.0" else rates.read()
    assert head.startswith(f"{wanted.data_set} {rates.title} {version} {rates.release.title} {BASE_URL}/v1/")
    assert expected.frame.write_json() == frame
    assert (wanted, rates.title, version == "1.1") == (contents.wanted, contents.title, contents.is_whole)


def test_only_what_is_wanted(store: Store, tmp_path: Path) -> None:
    """Answers about another version stay out, and every blob in a bundle is led to and whole."""
    write_bundle(store, tmp_path / "out.zip", of(store, "1.1"))
    bundle = Store(tmp_path / "out.zip")
    assert of(store, "1.1") == stored_versions(bundle)
    assert {None, "1.1"} == {ref.version for ref in bundle.refs()}
    assert {blob_path(ref.blob) for ref in bundle.refs()} == set(bundle.files.list("blobs"))
    assert [] == bundle.verify()
    (wanted,) = stored_versions(bundle)
    with (
        ees.Client(store=bundle, offline=True) as client,
        pytest.raises(ees.OfflineError, match=r'version="1\.0"'),
    ):
        client.open(wanted.data_set, version="1.0")


def test_the_same_bytes(store: Store, tmp_path: Path) -> None:
    """The same answers give the same bytes, whatever the order and the name; a bundle can be bundled again."""
    both = stored_versions(store)
    extra = {"ees.lock": b"lock = 1\n"}
    write_bundle(store, tmp_path / "one.zip", both, extra)
    write_bundle(store, tmp_path / "two.zip", [*reversed(both), *both], extra)
    write_bundle(Store(tmp_path / "one.zip"), tmp_path / "three.zip", both, extra)
    one, two, three = ((tmp_path / f"{name}.zip").read_bytes() for name in ("one", "two", "three"))
    assert one == two == three
    with zipfile.ZipFile(tmp_path / "one.zip") as file:
        assert sorted(file.namelist()) == file.namelist()
        assert b"lock = 1\n" == file.read("ees.lock")
        readme = file.read("README.txt").decode()
    for wanted in both:
        data_file = "with" if str(wanted.version) == "1.1" else "without"
        assert f"- {wanted.data_set} {wanted.version} Rates ({data_file} its data file)" in readme
    assert 'Client(store="PATH OF THIS FILE", offline=True)' in readme


@pytest.mark.parametrize(
    ("origin", "url", "said"),
    [
        (BASE_URL, f"{BASE_URL}/v1/x", ("Open Government Licence v3.0", "Client(store=")),
        (
            TEST_URL,
            f"{TEST_URL}/v1/x",
            (f"Department for Education ({TEST_URL})", f'base_url="{TEST_URL}", store='),
        ),
        ("local:demo", "", ("SYNTHETIC, not statistics", "service=ees.local.demo(), store=")),
        ("file:///data", "", ("LOCAL: answers of a local service (in a box)", "service=THE LOCAL SERVICE, store=")),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/v1/x", ("LOCAL: ", 'base_url="http://127.0.0.1:1", store=')),
    ],
)
def test_licence(tmp_path: Path, origin: str, url: str, said: tuple[str, str]) -> None:
    """A bundle says whose figures it holds: no licence line goes with local or synthetic ones."""
    store = Store(tmp_path / "store")
    key = Key(origin=origin_of(origin), data_set="d", version="1.0", kind="meta", request="/meta")
    for each in (key, attrs.evolve(key, kind="version", request="v"), attrs.evolve(key, kind="data set", version=None)):
        store.write(each, b'{"title": "SEN"}', url=url, at=datetime(2026, 3, 1, tzinfo=UTC))
    write_bundle(store, tmp_path / "out.zip", stored_versions(store))
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        licence, readme = (file.read(name).decode() for name in ("LICENCE.txt", "README.txt"))
    assert said[0] in licence
    assert ("Open Government Licence" in licence) == ("education.gov.uk" in origin)
    assert said[1] in readme


@pytest.mark.parametrize("kind", ["data set", "version", "meta"])
def test_what_is_needed_to_open(store: Store, tmp_path: Path, kind: str) -> None:
    """A version that could not be opened out of the bundle is refused with what to run."""
    wanted = of(store, "1.0")
    for ref in [*store.refs()]:
        if ref.kind == kind and ref.version in (None, "1.0"):
            (store.path / ref.path).unlink()
    with pytest.raises(StoreError, match=rf'lacks the {kind} of version 1\.0.*online, run client\.open\(.*"1\.0"'):
        write_bundle(store, tmp_path / "out.zip", wanted)
    assert not (tmp_path / "out.zip").exists()


def test_damage_is_not_bundled(store: Store, tmp_path: Path) -> None:
    """A damaged blob is refused, and the bundle of before stays whole."""
    path = tmp_path / "out.zip"
    write_bundle(store, path, stored_versions(store))
    before = path.read_bytes()
    (ref,) = (ref for ref in store.refs() if ref.kind == "csv")
    (store.path / blob_path(ref.blob)).write_bytes(b"?")
    with pytest.raises(StoreError, match=r"the stored csv of .* is damaged"):
        write_bundle(store, path, stored_versions(store))
    assert before == path.read_bytes()
    assert [] == [*tmp_path.glob("*.tmp")]


def test_piece_by_piece(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blobs go into a bundle in pieces, and make the same bundle; one that is gone is refused."""
    path, again = tmp_path / "out.zip", tmp_path / "again.zip"
    write_bundle(store, path, stored_versions(store))
    monkeypatch.setattr(module, "PIECE", 7)
    (ref,) = (ref for ref in store.refs() if ref.kind == "csv")
    assert 7 == max(len(piece) for piece in store.pieces(ref)) < ref.size
    write_bundle(store, again, stored_versions(store))
    assert path.read_bytes() == again.read_bytes()
    (store.path / blob_path(ref.blob)).unlink()
    with pytest.raises(StoreError, match=r"the stored csv of .* is gone"):
        write_bundle(store, again, stored_versions(store))
    assert path.read_bytes() == again.read_bytes()


def test_names(store: Store, tmp_path: Path) -> None:
    """A bundle is a .zip with something in it, and further files have names of their own."""
    for path, wanted, extra, message in [
        ("out.tar", stored_versions(store), {}, r"ends in \.zip"),
        ("out.zip", (), {}, "nothing to bundle"),
        *[
            ("out.zip", stored_versions(store), {name: b""}, "name it otherwise")
            for name in ("store.json", "refs/x", "a\\b")
        ],
    ]:
        with pytest.raises(StoreError, match=message):
            write_bundle(store, tmp_path / path, wanted, extra)  # type: ignore[arg-type]
    assert [] == [*tmp_path.glob("out.*")]


def test_a_damaged_bundle(store: Store, tmp_path: Path) -> None:
    """Damage inside a bundle is found by verifying it, and said when it is read."""
    path = tmp_path / "out.zip"
    write_bundle(store, path, of(store, "1.1"))
    (ref,) = (ref for ref in store.refs() if ref.kind == "csv")
    data = path.read_bytes()
    blob = (store.path / blob_path(ref.blob)).read_bytes()
    place = data.index(blob) + len(blob) // 2
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    damaged = Store(path)
    assert [blob_path(ref.blob)] == [damage.path for damage in damaged.verify()]
    with pytest.raises(StoreError, match="damaged"):
        damaged.read(ref)
    assert {"format": 1} == json.loads(zipfile.ZipFile(path).read("store.json"))
