"""The folder of conformance cases: what is in it, and how its expectations are read."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Container
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import attrs
import pytest

from tests.doors.local import Numbering, VersionData, ingest

ROOT = Path(__file__).resolve().parents[2]

Case: TypeAlias = dict[str, Any]
"""A case of the pack: name, input or request, and what is expected."""

NOT_VECTORS = {
    "unverified_from_source": "in words, and asserted by nothing: no vectors, says the pack; the tests of the box hold "
    "them against the reference",
}
"""Files without cases, and why."""


@attrs.frozen(kw_only=True)
class Vector:
    """A case to be run in one way.

    Attributes:
        file: Name of its file without `.json`.
        way: How it is run, such as `over HTTP`.
        case: The case.
        folder: Where the file is, if not in that of the pack.
    """

    file: str
    way: str
    case: Case = attrs.field(repr=False)
    folder: Path | None = None


def _default_folder() -> Path:
    return Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / "conformance"


def folder() -> Path:
    """The folder that is run: `EES_CONFORMANCE`, else that of the shared test material."""
    return Path(os.environ.get("EES_CONFORMANCE", _default_folder()))


def path(name: str) -> Path:
    """What cases refer to, such as `absence_school`: a folder of other cases need not repeat it."""
    own = folder() / name
    return own if own.exists() else _default_folder() / name


def files() -> list[str]:
    """Names of the files of cases, without `.json`."""
    return sorted(found.stem for found in folder().glob("*.json"))


@cache
def cases(file: str) -> list[Case]:
    """The cases of a file."""
    content = json.loads((folder() / f"{file}.json").read_text("utf-8"), object_hook=_as_recorded)
    return list(content["cases"])


def _as_recorded(members: dict[str, Any]) -> dict[str, Any]:
    """What the service answered, where the pack reckoned otherwise: the detail of a comparison has one member more."""
    return members | {"comparisonProperty": ""} if "comparisonValue" in members else members


def vectors(way: str, known: Container[str], wanted: Callable[[Case], bool] = lambda _: True) -> list[Any]:
    """The cases wanted of those files that are known, as parameters; one that is skipped where there is no folder."""
    if not folder().is_dir():
        reason = f"no folder {folder()}; EES_CONFORMANCE or EES_SHARED can name another"
        return [pytest.param(None, id="no folder", marks=pytest.mark.skip(reason=reason))]
    return [
        pytest.param(Vector(file=file, way=way, case=case), id=f"{file}:{case['name']}")
        for file in files()
        if file in known
        for case in cases(file)
        if wanted(case)
    ]


@cache
def checker() -> ModuleType:
    """The pack's own reading of its `expect` blocks."""
    spec = importlib.util.spec_from_file_location("conformance_check", path("tools") / "check.py")
    if spec is None or spec.loader is None or not path("tools").is_dir():
        pytest.fail(f"no tools/check.py in {folder()}, nor in {_default_folder()}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def data(name: str) -> VersionData:
    """A CSV pair of the pack, imported."""
    return imported(name, Numbering())


def imported(name: str, numbering: Numbering) -> VersionData:
    """A CSV pair of the pack, imported with numbers that others have used."""
    content, meta = path(name) / "data.csv", path(name) / "metadata.csv"
    return ingest(
        data_name=content.name,
        data=content.read_bytes(),
        meta_name=meta.name,
        meta=meta.read_bytes(),
        numbering=numbering,
    )


def no_adapter(kind: str) -> None:
    """Fail a case of a kind that nothing here runs.

    Raises:
        pytest.fail.Exception: Always.
    """
    pytest.fail(f"no adapter for cases of the kind {kind!r}: write one beside the others of this file")
