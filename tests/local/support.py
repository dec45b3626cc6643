"""Helpers of the tests of the service in a box."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import polars as pl
from sqids import Sqids

from eesclient import DataSetStatus, DataSetVersionStatus, Request, Version
from eesclient.local import Service
from tests.doors.api import Response
from tests.doors.local import (
    Caller,
    Clock,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    Rows,
    VersionData,
    VersionDescription,
    VersionHolding,
    ids,
    ingest,
    packing,
    stable_id,
)
from tests.doors.models import Release

ROOT = Path(__file__).resolve().parents[2]

META_HEADER = "col_name,col_type,label,indicator_unit,indicator_dp,filter_hint"
DATA_HEADER = "time_period,time_identifier,geographic_level,country_code,country_name"
ENGLAND = "202324,Academic year,National,E92000001,England"


def shared(name: str, variable: str) -> Path:
    """Folder of shared test material, whether it is there or not."""
    default = Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / name
    return Path(os.environ.get(variable, default))


class SignedIn(Service):
    """A box whose callers have a role in the service's own sign-in; the public has none."""

    def __init__(self, holdings: Holdings, *, clock: Clock, role: str | None = None) -> None:
        super().__init__(holdings, clock=clock)
        self._role = role

    def _caller(self, request: Request) -> Caller:
        return attrs.evolve(super()._caller(request), role=self._role)


def imported(data: str, meta: str) -> VersionData:
    """A CSV pair given as text, imported."""
    return ingest(data_name="test.csv", data=data.encode(), meta_name="test.meta.csv", meta=meta.encode())


def version_of(data: VersionData, number: str = "1.0", status: str = "Published", **about: Any) -> VersionHolding:
    """A version with this data."""
    description = VersionDescription(
        version=Version.parse(number),
        file_id=stable_id(number),
        release=Release(title="2024", slug="2024"),
        status=DataSetVersionStatus(status),
        **about,
    )
    return VersionHolding(about=description, data=data)


def data_set_of(
    *versions: VersionHolding, name: str = "ds", title: str = "Set", status: str = "Published"
) -> DataSetHolding:
    """A data set with these versions, in the publication that `p` names."""
    about = DataSetDescription(
        id=stable_id(name), title=title, publication_id=stable_id("p"), status=DataSetStatus(status)
    )
    return DataSetHolding(about=about, versions=versions)


def packed(frame: pl.DataFrame) -> Rows:
    """Rows that are kept as those of a large table are."""
    with patch.object(packing, "_LARGE", 0):
        return Rows.of(frame)


def table_of(data: VersionData) -> pl.DataFrame:
    """All rows of a version."""
    return data.rows.scan().drop(packing.ROW).collect()


def number_of(text: str) -> int | None:
    """Number of a public id, canonical or not; None for a text that stands for no single number."""
    numbers = numbers_of(text)
    return numbers[0] if len(numbers) == 1 else None


def numbers_of(text: str) -> list[int]:
    """All numbers that a public id stands for."""
    return list(Sqids(alphabet=ids.ALPHABET, min_length=ids.MIN_LENGTH).decode(text))


def get(service: Service, path: str, *params: tuple[str, str]) -> Response:
    """Answer to a GET request."""
    return service.handle(Request(method="GET", path=path, params=params))


def post(service: Service, path: str, body: Any = None, *params: tuple[str, str]) -> Response:
    """Answer to a POST request with a JSON body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return service.handle(Request(method="POST", path=path, params=params, body=content))


def read(response: Response) -> Any:
    """JSON of an answer."""
    return json.loads(response.body)
