"""Data files on the disk: whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import AsyncClient, Client, Request, Store, errors, local
from tests.doors.api import Response
from tests.doors.transport import Unpacker, saving
from tests.transport.scripted import ID, META, answer, data_file, data_set, opened, version

TEXT = data_file(100_000)
PACKED = gzip.compress(TEXT)
GZIP = {"content-encoding": "gzip"}
FACTS = (data_set(), version(totalResults=100_000))


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, and may break off."""

    def __init__(self, pieces: Sequence[bytes], error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.error:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


BODIES = st.fixed_dictionaries(
    {
        "text": st.binary(max_size=400),
        "packed": st.booleans(),
        "sizes": st.lists(st.integers(1, 60), min_size=1),
        "most": st.integers(0, 400),
        "again": st.booleans(),
    }
)


@given(BODIES)
def test_files_stay_in_memory_up_to_a_size(tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]) -> None:
    """Those that are larger go to the disk, whole; with what came, and what came before it began anew is forgotten."""
    packed, sizes, most = body["packed"], body["sizes"], body["most"]
    folder = tmp_path_factory.mktemp("saved")
    text = body["text"].replace(b"\x1f", b"") + b"\n"
    came = gzip.compress(text) if packed else text
    with saving(folder / "data.csv", body=folder / "came", in_memory=most) as saved:
        if body["again"]:
            saved.write(came)
            saved.begin()
        left, number = came, 0
        while left:
            size = sizes[number % len(sizes)]
            saved.write(left[:size])
            left, number = left[size:], number + 1
        saved.finish(Response(status=200))
        assert came == (folder / "came").read_bytes()
        assert (folder / "came" if packed else None) == saved.packed
        found = saved.take()
        if len(text) <= most:
            assert text == found
            assert not (folder / "data.csv").exists()
        else:
            assert folder / "data.csv" == found
            assert text == (folder / "data.csv").read_bytes()
    assert {"came"} | ({"data.csv"} if len(text) > most else set()) == {path.name for path in folder.iterdir()}


def plain(path: Path, options: dict[str, Any], **more: Any) -> Path:
    """Download with the plain client."""
    with Client(**options) as client:
        return client.download(ID, path, **more)


def awaiting(path: Path, options: dict[str, Any], **more: Any) -> Path:
    """Download with the awaiting client."""

    async def main() -> Path:
        async with AsyncClient(**options) as client:
            return await client.download(ID, path, **more)

    return anyio.run(main)


Download = Callable[..., Path]


@pytest.fixture(params=[plain, awaiting])
def download(request: pytest.FixtureRequest) -> Download:
    """Return each of the two ways to download."""
    way: Download = request.param
    return way


def saying(*answers: httpx.Response, seen: list[httpx.Request] | None = None) -> dict[str, Any]:
    """Return the options of a client to which these answers are given in turn, when it asks for the data file."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith(("/csv", "/x")):
            about = META if request.url.path.endswith("/meta") else FACTS["/versions" in request.url.path]
            return httpx.Response(200, content=json.dumps(about).encode())
        if seen is not None:
            seen.append(request)
        return left.pop(0)

    return {"transport": httpx.MockTransport(handler), "retries": 1}


def body(pieces: Sequence[bytes], error: Exception | None = None, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer that comes in pieces."""
    return httpx.Response(status, stream=Stream(pieces, error), headers=GZIP | headers)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: body([PACKED[:1], PACKED[1:1000], PACKED[1000:]]),
        lambda: httpx.Response(200, stream=Stream([PACKED])),
        lambda: httpx.Response(200, stream=Stream([TEXT[:50], TEXT[50:]])),
        lambda: httpx.Response(200, content=PACKED, headers=GZIP),
        lambda: httpx.Response(200, content=TEXT),
    ],
    ids=["packed", "packed in secret", "plain", "read and packed", "read"],
)  # fmt: skip
def test_whole_files(download: Download, tmp_path: Path, answer: Callable[[], httpx.Response]) -> None:
    """The file holds the text, whether or not the body was packed, and nothing lies beside it."""
    path = tmp_path / "sen.csv"
    path.write_text("old")
    seen: list[httpx.Request] = []
    assert path == download(path, saying(answer(), seen=seen), version="1.*")
    assert path.read_bytes() == TEXT
    assert [path] == list(tmp_path.iterdir())
    assert seen[0].url.path.endswith(f"/v1/data-sets/{ID}/csv")
    assert dict(seen[0].url.params) == {"dataSetVersion": "1.0"}
    assert seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("answers", "class_"),
    [
        ([body([PACKED[:1000]])], errors.InvalidResponseError),
        ([body([])], errors.InvalidResponseError),
        ([body([PACKED[:1]])], errors.InvalidResponseError),
        ([body([PACKED[:20], b"?" * 100])], errors.InvalidResponseError),
        ([body([PACKED], **{"content-encoding": "br"})], errors.InvalidResponseError),
        ([body([PACKED[:9]], httpx.ReadError("cut")), httpx.Response(404)], errors.NotFoundError),
        ([body([b'{"title": "Forbidden"}'], status=403, **{"content-encoding": "identity"})], errors.ForbiddenError),
        ([httpx.Response(308, headers={"location": "https://elsewhere.test/"})], errors.StatusError),
        ([body([PACKED[:50]], RuntimeError("stop"))], RuntimeError),
    ],
    ids=["cut", "empty", "cut at once", "damaged", "packed otherwise", "gone", "refused", "moved", "interrupted"],
)  # fmt: skip
def test_never_half_a_file(
    download: Download, tmp_path: Path, answers: list[httpx.Response], class_: type[Exception]
) -> None:
    """When it fails, what was there before stays as it was, and nothing lies beside it."""
    path = tmp_path / "sen.csv"
    path.write_text("old")
    again = [httpx.Response(a.status_code, headers=a.headers, stream=a.stream) for a in answers]
    with pytest.raises(class_):
        download(path, saying(*again))
    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())


def test_errors_name_the_request(download: Download, tmp_path: Path) -> None:
    """A damaged file is an error with method and address."""
    with pytest.raises(errors.InvalidResponseError, match="ended in the middle: try again") as caught:
        download(tmp_path / "sen.csv", saying(body([PACKED[:1000]])))
    assert (caught.value.method, caught.value.url) == ("GET", f"/data-sets/{ID}/csv")


def test_broken_connections_start_anew(download: Download, tmp_path: Path) -> None:
    """After a break the next try begins with an empty file; busy services are asked again too."""
    broken = body([PACKED[:5000]], httpx.ReadError("cut"))
    assert download(tmp_path / "a.csv", saying(broken, body([PACKED]))).read_bytes() == TEXT
    busy = httpx.Response(503, headers={"retry-after": "0"})
    assert download(tmp_path / "a.csv", saying(busy, body([PACKED]))).read_bytes() == TEXT


def test_redirects_within_the_host(download: Download, tmp_path: Path) -> None:
    """A redirect within the host is followed."""
    moved = httpx.Response(308, headers={"location": f"/statistics/v1/data-sets/{ID}/csv?dataSetVersion=1.0"})
    assert download(tmp_path / "a.csv", saying(moved, body([PACKED]))).read_bytes() == TEXT


def test_local_service(tmp_path: Path) -> None:
    """A local service gives its files too, and its errors."""
    path = tmp_path / "sen.csv"
    with Client(service=local.demo()) as client:
        client.download(local.SEN_ID.upper(), str(path), version="1.0")
        expected = client.open(local.SEN_ID, version="1.0").read().frame.height
        with pytest.raises(errors.VersionNotFoundError):
            client.download(local.SEN_ID, path, version="9.0")
        with pytest.raises(errors.InvalidVersionError):
            client.download(local.SEN_ID, path, version="latest")
    assert len(path.read_text().splitlines()) == expected + 1
    assert [path] == list(tmp_path.iterdir())


def test_awaited_local_service(tmp_path: Path) -> None:
    """So does it when it is awaited."""
    service = opened(csv=httpx_like(TEXT), **{"versions/1.0": answer(FACTS[1])})
    assert awaiting(tmp_path / "a.csv", {"service": service}).read_bytes() == TEXT
    with pytest.raises(errors.NotFoundError):
        awaiting(tmp_path / "a.csv", {"service": opened()})


def httpx_like(text: bytes) -> Any:
    """Return a response of our own."""
    from tests.doors.api import Response

    return Response(status=200, body=text)


def test_bad_paths(download: Download, tmp_path: Path) -> None:
    """A folder is no file, and a folder that does not exist holds none; nothing is asked."""
    seen: list[httpx.Request] = []
    with pytest.raises(IsADirectoryError, match=r"name the file to save to, such as .*data\.csv"):
        download(tmp_path, saying(seen=seen))
    with pytest.raises(FileNotFoundError):
        download(tmp_path / "no" / "sen.csv", saying(seen=seen))
    assert seen == []


@pytest.mark.property
@given(st.binary(), st.lists(st.integers(0, 60)), st.booleans(), st.booleans())
def test_unpacking_in_pieces(text: bytes, cuts: list[int], packed: bool, twice: bool) -> None:
    """However a body is cut, plain or packed in one or two parts, its text comes out."""
    if not packed and (text.startswith(b"\x1f\x8b") or text == b"\x1f"):
        return
    whole = (gzip.compress(text) * (1 + twice)) if packed else text
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    unpacker = Unpacker()
    found = b"".join(unpacker.feed(whole[a:b]) for a, b in pairwise(places)) + unpacker.finish()
    assert found == (text * 2 if packed and twice else text)


@pytest.mark.property
@given(st.binary(min_size=1).map(gzip.compress), st.data())
def test_cut_bodies_are_noticed(whole: bytes, data: st.DataObject) -> None:
    """A packed body that ends anywhere before its end is an error."""
    end = data.draw(st.integers(1, len(whole) - 1))
    unpacker = Unpacker()
    unpacker.feed(whole[:end])
    with pytest.raises(errors.InvalidResponseError):
        unpacker.finish()


def test_unfinished(tmp_path: Path) -> None:
    """Without `finish` nothing is kept."""
    with saving(tmp_path / "a") as saved:
        saved.write(zlib.compress(b"x"))
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda text: gzip.compress(text, 9, mtime=1),
        lambda text: gzip.compress(text[:500]) + b"\0" * 12 + gzip.compress(text[500:], 1),
    ],
    ids=["as by default", "small", "two members"],
)
def test_packed_data_files_are_kept_as_they_came(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The store has the bytes that came, also after a connection that broke, and gives the file out of them."""
    service = local.demo()
    text = service.handle(Request(method="GET", path=f"/data-sets/{local.SEN_ID}/csv")).body
    text = gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text
    packed = pack(text)
    files = [body([packed[:700]], httpx.ReadError("cut")), body([packed[:9], packed[9:]])]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/csv"):
            return files.pop(0)
        path, params = request.url.path.removeprefix("/v1"), tuple(request.url.params.multi_items())
        return httpx.Response(200, content=service.handle(Request(method="GET", path=path, params=params)).body)

    transport, store = httpx.MockTransport(answer), Store(tmp_path / "store")
    with Client(base_url="http://ees.test", transport=transport, store=store.path) as client:
        first = client.open(local.SEN_ID).read()
    (ref,) = (ref for ref in store.refs() if ref.kind == "csv")
    assert packed == store.blob(ref)
    assert text == store.read(ref)
    assert hashlib.sha256(text).hexdigest() == ref.digest
    assert [] == store.verify()
    with Client(base_url="http://ees.test", store=store.path, offline=True) as client:
        again = client.open(local.SEN_ID)
        assert first.frame.equals(again.read().frame)
        assert text == again.download(tmp_path / "again.csv").read_bytes()


def test_closed_connections(tmp_path: Path) -> None:
    """A data set of a client that is closed says so, and leaves nothing on the disk."""
    service = local.demo()

    def answer(request: httpx.Request) -> httpx.Response:
        path, params = request.url.path.removeprefix("/v1"), tuple(request.url.params.multi_items())
        found = service.handle(Request(method="GET", path=path, params=params))
        return httpx.Response(found.status, content=found.body)

    with Client(base_url="http://ees.test", transport=httpx.MockTransport(answer), store=None) as client:
        sen = client.open(local.SEN_ID, version="1.0")
    with pytest.raises(errors.ClientClosedError, match="make another client"):
        sen.download(tmp_path / "a.csv")
    assert [] == [*tmp_path.iterdir()]
