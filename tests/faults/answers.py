"""The right answers of a tiny service, and the forms in which a fault hands on an answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeAlias

import attrs

from eesclient import Request
from eesclient.local import Service
from tests.doors.local import Holdings, load_folder, stable_id

DATA = """\
time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,sex,pupils,rate
202324,Academic year,National,E92000001,England,,,Total,120,10.5
202324,Academic year,National,E92000001,England,,,Female,61,c
202324,Academic year,Regional,E92000001,England,E12000001,North East,Total,40,9.25
202324,Academic year,Regional,E92000001,England,E12000001,North East,Female,21,z
202324,Academic year,Regional,E92000001,England,E12000007,London,Total,80,11.75
202425,Academic year,National,E92000001,England,,,Total,130,12.5
202425,Academic year,National,E92000001,England,,,Female,66,12.25
202425,Academic year,Regional,E92000001,England,E12000001,North East,Total,43,9.5
202425,Academic year,Regional,E92000001,England,E12000001,North East,Female,23,9.75
202425,Academic year,Regional,E92000001,England,E12000007,London,Total,87,13.5
"""
META = """\
col_name,col_type,label,indicator_unit,indicator_dp
sex,Filter,Sex,,
pupils,Indicator,Number of pupils,,0
rate,Indicator,Rate,%,2
"""
PAGE_SIZE = 4
"""Rows asked for at a time, so that the answer has three pages."""

Headers: TypeAlias = tuple[tuple[str, str], ...]


@cache
def service() -> Service:
    """A service with 25 tiny data sets, made up, of one publication: two pages of a list."""
    with TemporaryDirectory() as parent:
        folder = Path(parent, "tiny")
        folder.mkdir()
        (folder / "tiny.csv").write_text(DATA)
        (folder / "tiny.v1.1.csv").write_text(DATA.replace("120,10.5", "121,10.25"))
        (folder / "tiny.meta.csv").write_text(META)
        held = load_folder(folder)
    (first,) = held.data_sets.values()
    more = [attrs.evolve(first.about, id=stable_id(f"tiny {n}"), title=f"Tiny {n}") for n in range(24)]
    copies = {about.id: attrs.evolve(first, about=about) for about in more}
    return Service(Holdings(publications=held.publications, data_sets=held.data_sets | copies))


@cache
def ids() -> tuple[str, str, str]:
    """Ids of the data set that is asked, of another one, and of their publication."""
    held = service()._holdings.data_sets
    first, other, *_ = held
    return first, other, held[first].about.publication_id


@attrs.frozen(kw_only=True, slots=False)
class Reply:
    """An answer as it goes over the wire.

    Attributes:
        status: HTTP status.
        headers: Headers, of which names may repeat.
        body: Body, packed where the headers say so.
        asked: The request.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    asked: Request

    @property
    def text(self) -> bytes:
        """Body without compression."""
        return gzip.decompress(self.body) if self.body.startswith(b"\x1f\x8b") else self.body

    @cached_property
    def data(self) -> Any:
        """Parsed body."""
        return json.loads(self.text)

    @property
    def page(self) -> int:
        """Page that is asked for, from 1."""
        body = json.loads(self.asked.body or b"{}")
        return int(body.get("page") or dict(self.asked.params).get("page", 1))

    @property
    def is_file(self) -> bool:
        """Whether a data file is asked for."""
        return self.asked.path.endswith("/csv")

    def saying(self, body: bytes | object, *, kind: str | None = None) -> Self:
        """The same with another body, packed or not as this one is."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        packed = gzip.compress(raw, mtime=0) if self.body.startswith(b"\x1f\x8b") else raw
        other = attrs.evolve(self, body=packed)
        return other if kind is None else other.with_headers(("content-type", kind))

    def with_headers(self, *headers: tuple[str, str]) -> Self:
        """The same with other headers in the place of those of these names; "" for none."""
        names = {name for name, _ in headers}
        kept = [pair for pair in self.headers if pair[0] not in names]
        return attrs.evolve(self, headers=(*kept, *(pair for pair in headers if pair[1])))

    def head(self, *, version: str = "1.1", length: int | None = None) -> bytes:
        """First line and headers, with the length of the body or another one; none below 0."""
        size = len(self.body) if length is None else length
        counted = () if size < 0 else (("content-length", str(size)),)
        lines = "".join(f"{name}: {value}\r\n" for name, value in (*self.headers, *counted))
        return f"HTTP/{version} {self.status} X\r\n{lines}\r\n".encode("latin-1")


SECURE = "TLS"
Script: TypeAlias = Iterable["bytes | float | str | None"]
"""What a server does on a connection: sends bytes, waits for seconds, shakes hands for TLS, resets it (None); then it
hangs up."""

Change: TypeAlias = Callable[[Reply], Reply | Script]
"""What a fault makes of the right answer."""


@cache
def right(request: Request) -> Reply:
    """The right answer."""
    answer = service().handle(request)
    packed = "content-encoding" in answer.headers
    return Reply(
        status=answer.status,
        headers=tuple(answer.headers.items()),
        body=gzip.compress(answer.body, mtime=0) if packed else answer.body,
        asked=request,
    )
