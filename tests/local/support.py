"""Helpers of the tests of the service in a box."""

from __future__ import annotations

import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from eesclient.http.messages import Request, Response
from eesclient.local.ingest import VersionData, ingest
from eesclient.local.service import Service

ROOT = Path(__file__).resolve().parents[2]

META_HEADER = "col_name,col_type,label,indicator_unit,indicator_dp,filter_hint"
DATA_HEADER = "time_period,time_identifier,geographic_level,country_code,country_name"
ENGLAND = "202324,Academic year,National,E92000001,England"


def shared(name: str, variable: str) -> Path:
    """Folder of shared test material, whether it is there or not."""
    default = Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / name
    return Path(os.environ.get(variable, default))


def conformance() -> Path:
    """Folder of the conformance cases."""
    return shared("conformance", "EES_CONFORMANCE")


def cases(file: str) -> list[Any]:
    """The cases of a file as parameters; one skipped parameter where the file is not there."""
    path = conformance() / f"{file}.json"
    if not path.is_file():
        return [pytest.param(None, id=file, marks=pytest.mark.skip(reason=f"no {path}; EES_CONFORMANCE names another"))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(path.read_text("utf-8"))["cases"]]


@cache
def checker() -> ModuleType:
    """The conformance pack's own reading of its `expect` blocks."""
    spec = importlib.util.spec_from_file_location("conformance_check", conformance() / "tools" / "check.py")
    if spec is None or spec.loader is None:
        pytest.skip("the conformance pack has no tools/check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def conformance_data(folder: str) -> VersionData:
    """A CSV pair of the conformance pack, imported."""
    data, meta = conformance() / folder / "data.csv", conformance() / folder / "metadata.csv"
    return ingest(data_name=data.name, data=data.read_bytes(), meta_name=meta.name, meta=meta.read_bytes())


def imported(data: str, meta: str) -> VersionData:
    """A CSV pair given as text, imported."""
    return ingest(data_name="test.csv", data=data.encode(), meta_name="test.meta.csv", meta=meta.encode())


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
