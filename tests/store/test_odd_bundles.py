"""Bundles that are damaged or strange: a `StoreError` that says what is wrong and what to do, and nothing else."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import Store, StoreError, cli
from tests.doors.store import Key, stored_versions, write_bundle

SEN = ees.local.SEN_ID
HINT = r".*(copy it anew, or make it again with|;) ees bundle( makes one)?"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a bundle with a whole version of the demo."""
    folder = tmp_path_factory.mktemp("whole")
    with ees.Client(service=ees.local.demo(), store=folder / "store") as client:
        client.open(SEN, version="1.0").read()
    write_bundle(store := Store(folder / "store"), folder / "out.zip", stored_versions(store))
    return (folder / "out.zip").read_bytes()


def again(whole: bytes, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]) -> bytes:
    """Return a bundle of the same files, each put into it by a function."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            change(new, zipfile.ZipInfo(name), old.read(name))
    return target.getvalue()


def renamed(name: str) -> Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]:
    """Return what gives the first ref another name."""

    def change(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
        if info.filename == "README.txt":
            info.filename = name
        new.writestr(info, data)

    return change


def packed(method: int) -> Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]:
    """Return what packs files in a way."""
    return lambda new, info, data: new.writestr(info, data, compress_type=method)


def link(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
    """Put a file in as a link."""
    info.external_attr = 0o120777 << 16
    new.writestr(info, data)


def as_folder(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
    """Put a folder where a file belongs."""
    new.writestr(f"{info.filename}/", b"") if info.filename == "store.json" else new.writestr(info, data)


def bomb(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
    """Put a file in that says that it unpacks to far more than it takes."""
    new.writestr(info, data)
    # no more than a few bytes are there: only what is said of them is large
    info.file_size = 200_000_000


def patched(whole: bytes, field: int, form: str, value: int) -> bytes:
    """Return a bundle with another value in each entry of its central directory, and in each local header."""
    data = bytearray(whole)
    for start, shift in ((b"PK\x01\x02", 0), (b"PK\x03\x04", -2)):
        place = data.find(start)
        while place >= 0:
            struct.pack_into(form, data, place + field + shift, value)
            place = data.find(start, place + 4)
    return bytes(data)


STRANGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "File is not a zip file"),
    "text": (lambda _: b"not a bundle" * 100, "File is not a zip file"),
    "page": (lambda _: b"<!DOCTYPE html><html></html>", "File is not a zip file"),
    "cut": (lambda whole: whole[: len(whole) // 2], "File is not a zip file"),
    "encrypted": (lambda whole: patched(whole, 8, "<H", 1), "is encrypted"),
    "deflate64": (lambda whole: patched(whole, 10, "<H", 9), "is packed in an unusual way"),
    "zstandard": (lambda whole: patched(whole, 10, "<H", 93), "is packed in an unusual way"),
    "bzip2": (lambda whole: again(whole, packed(zipfile.ZIP_BZIP2)), "is packed in an unusual way"),
    "lzma": (lambda whole: again(whole, packed(zipfile.ZIP_LZMA)), "is packed in an unusual way"),
    "absolute": (lambda whole: again(whole, renamed("/etc/motd")), "'/etc/motd' leads outside of it"),
    "above": (lambda whole: again(whole, renamed("refs/../../x")), "leads outside of it"),
    "drive": (lambda whole: again(whole, renamed("C:/x")), "leads outside of it"),
    "backslash": (lambda whole: again(whole, renamed("..\\x")), "leads outside of it"),
    "link": (lambda whole: again(whole, link), "is a link"),
    "folder": (lambda whole: again(whole, as_folder), "it has no store.json"),
    "inside a folder": (lambda whole: again(whole, nested), "it has no store.json"),
    "bomb": (lambda whole: again(whole, bomb), "unpacks to 200,000,000 bytes"),
    "future": (lambda whole: patched(whole, 6, "<H", 99), "zip file version 9.9"),
}


def nested(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
    """Put a file into a folder, as who packs a folder does."""
    info.filename = f"out/{info.filename}"
    new.writestr(info, data)


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_bundles(whole: bytes, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A bundle that is none of ours is refused when it is opened, by a client and by each command, in a line."""
    make, problem = STRANGE[kind]
    path = tmp_path / "x.zip"
    path.write_bytes(make(whole))
    for open_ in (Store, lambda path: ees.Client(service=ees.local.demo(), store=path, offline=True)):
        with pytest.raises(StoreError, match=f"x.zip.*{problem}{HINT}"):
            open_(path)
    for command in (["store", "info"], ["store", "verify"], ["store", "prune"], ["bundle", "y.zip", "--all"]):
        assert 1 == cli.main([*command, "--store", str(path)])
        assert re.fullmatch(r"ees: [^\n]+\n", capsys.readouterr().err)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_twice(whole: bytes, tmp_path: Path) -> None:
    """Of two files of one name nobody knows which is meant."""
    target = io.BytesIO(whole)
    with zipfile.ZipFile(target, "a") as file:
        file.writestr("store.json", b"{}")
    (tmp_path / "x.zip").write_bytes(target.getvalue())
    with pytest.raises(StoreError, match=r"'store.json' is in it twice"):
        Store(tmp_path / "x.zip")


def test_no_such_bundle(tmp_path: Path) -> None:
    """A bundle that is not there is not taken for an empty store."""
    with pytest.raises(StoreError, match=r"there is no bundle at .*x\.zip: see its name"):
        ees.Client(service=ees.local.demo(), store=tmp_path / "x.zip")
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(StoreError, match="there is no bundle at"):
        Store(tmp_path / "x.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_packed_again(whole: bytes, tmp_path: Path, method: int) -> None:
    """A bundle that was unpacked and packed again is read as before; zip64 too."""
    path = tmp_path / "x.ZIP"

    def change(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
        with new.open(zipfile.ZipInfo(f"{info.filename}"), "w", force_zip64=True) as file:
            file.write(data)

    path.write_bytes(again(whole, change if method == zipfile.ZIP_STORED else packed(method)))
    with ees.Client(service=ees.local.demo(), store=path, offline=True) as client:
        assert 2607 == client.open(SEN, version="1.0").read().frame.height
    assert [] == Store(path).verify()


def test_damaged_anywhere(whole: bytes, tmp_path: Path) -> None:
    """Whatever is damaged, the answer is right or an error of ours; online, it is right."""
    draw = random.Random(7)  # noqa: S311 - no secret
    path = tmp_path / "x.zip"
    with ees.Client(service=ees.local.demo(), store=None) as client:
        right = client.open(SEN, version="1.0").read().frame
    for _ in range(60):
        place, bits = draw.randrange(len(whole)), draw.randrange(1, 256)
        # the headers are few bytes among many
        if draw.random() < 0.5:
            place = draw.choice([found.start() for found in re.finditer(b"PK", whole)]) + draw.randrange(46)
        place %= len(whole)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
        try:
            with ees.Client(service=ees.local.demo(), store=path, offline=True) as client:
                assert right.equals(client.open(SEN, version="1.0").read().frame)
            Store(path).verify()
        except ees.EESError:
            continue


def test_a_ref_that_unpacks_without_end(tmp_path: Path) -> None:
    """An answer that unpacks to more than its ref says is damaged, and not unpacked to the end."""
    store = Store(tmp_path / "store")
    key = Key(origin="0123456789abcdef", data_set="d", version="1.0", kind="meta", request="/meta")
    ref = store.write(key, bytes(50_000_000), at=datetime(2026, 3, 1, tzinfo=UTC))
    path = store.path / ref.path
    path.write_text(path.read_text().replace("50000000", "1000"))
    found = store.find(key)
    assert found is not None
    with pytest.raises(StoreError, match="is damaged"):
        store.read(found)
