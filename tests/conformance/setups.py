"""What stands before a request: a case's `setup` as a box."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from eesclient import DataSetStatus, DataSetVersionStatus, FacetChange, Filter, Publication, Version
from eesclient.local import Service
from tests.conformance.pack import Case, data
from tests.doors.local import (
    DEFAULT_PUBLISHED,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    PreviewToken,
    VersionDescription,
    VersionHolding,
    stable_id,
)
from tests.doors.models import Release
from tests.local import changed
from tests.local.support import SignedIn

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
FIXTURE = "absence_school"
_HOUR = timedelta(hours=1)
_KNOWN = ("dataSets", "publications", "callerRole", "changes", "contentService")
_ALWAYS = ("dataSetId", "unknownGuid")


def box(case: Case) -> Service:
    """The box that a case asks."""
    given = _setup(case)
    _check_known(given)
    data_sets = [_data_set(spec, spec["ref"], changes=given.get("changes")) for spec in given.get("dataSets", ())]
    publications = [
        _publication(spec["ref"]) for spec in given.get("publications", ()) if not _is_missing(spec["ref"], given)
    ]
    for spec in given.get("publications", ()):
        for number, item in enumerate(spec["dataSets"]):
            name = item.get("ref", f"{spec['ref']}-{number}")
            data_sets.append(_data_set(item, name, stable_id(spec["ref"])))
    holdings = Holdings(publications=tuple(publications), data_sets={item.about.id: item for item in data_sets})
    return SignedIn(holdings, clock=lambda: NOW, role=given.get("callerRole"))


def filled(case: Case, value: Any) -> Any:
    """Put ids in the place of `{ds1}` and the like."""
    text = json.dumps(value)
    for name in {*_ALWAYS, *_refs(_setup(case))}:
        text = text.replace(f"{{{name}}}", stable_id(name))
    return json.loads(text)


def request_of(case: Case) -> dict[str, Any]:
    """The request of a case, ids filled in; what it does not say is empty."""
    given: dict[str, Any] = {"query": [], "headers": {}, "body": None} | filled(case, case["request"])
    return given


def _setup(case: Case) -> dict[str, Any]:
    # absent means one data set
    return case.get("setup") or {"dataSets": [{"ref": "dataSetId", "status": "Published"}]}


def _check_known(given: dict[str, Any]) -> None:
    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        pytest.fail(f"no adapter for what the setup says of {', '.join(unknown)}")
    said = given.get("contentService", "")
    if said and not said.startswith("answers 404 for "):
        pytest.skip(f"the box holds its publications itself, so no content service behind it {said}")


def _is_missing(publication: str, given: dict[str, Any]) -> bool:
    """Whether data sets name the publication, but the service behind does not have it."""
    return bool(given.get("contentService", "") == f"answers 404 for {publication}")


def _refs(value: Any) -> set[str]:
    if isinstance(value, list):
        return {ref for item in value for ref in _refs(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["ref"]} if isinstance(value.get("ref"), str) else set()
    return own | {ref for item in value.values() for ref in _refs(item)}


def _token(spec: dict[str, Any]) -> PreviewToken:
    expires = NOW - _HOUR if spec["expired"] else NOW + _HOUR
    return PreviewToken(id=stable_id(spec["ref"]), activates=NOW - 2 * _HOUR, expires=expires)


def version(number: int, spec: dict[str, Any], changes: tuple[FacetChange, ...] | None = None) -> VersionHolding:
    """A version as a setup describes it; one in parentheses is left to chance."""
    text = spec["version"] if spec["version"][0].isdigit() else f"{number + 1}.0"
    about = VersionDescription(
        version=Version.parse(text),
        file_id=stable_id("file", text),
        release=Release(title="Release", slug="release"),
        status=DataSetVersionStatus(spec["status"]),
        published=None if spec["status"] == "Draft" else DEFAULT_PUBLISHED,
        withdrawn=DEFAULT_PUBLISHED if spec["status"] == "Withdrawn" else None,
        preview_tokens=tuple(_token(item) for item in spec.get("previewTokens", ())),
    )
    held = data(FIXTURE)
    if "filters" in spec:
        filters = [Filter(id=f"f{n}", column=label, label=label) for n, label in enumerate(spec["filters"])]
        held = attrs.evolve(held, meta=attrs.evolve(held.meta, filters=filters))
    return VersionHolding(about=about, data=held, changes=changes)


def versions(specs: list[dict[str, Any]]) -> DataSetHolding:
    """A data set with these versions."""
    return _data_set({"status": "Published", "versions": specs}, "ds")


def _recorded(changes: Any, ref: str) -> tuple[FacetChange, ...] | None:
    """The changes of a version that are said before a request: of each version, or of those named."""
    if isinstance(changes, str):
        return changed.recorded(changes)
    return changed.recorded(changes[ref]) if changes and ref in changes else None


def _data_set(spec: dict[str, Any], name: str, publication: str = "", changes: Any = None) -> DataSetHolding:
    default = [{"version": "1.0", "status": "Published", "ref": "1.0"}] if "versions" not in spec else []
    specs = spec.get("versions", default)
    by_ref = {item["ref"]: version(number, item, _recorded(changes, item["ref"])) for number, item in enumerate(specs)}
    about = DataSetDescription(
        id=stable_id(name), title=name, publication_id=publication, status=DataSetStatus(spec["status"])
    )
    held = tuple(sorted(by_ref.values(), key=lambda item: item.about.version))
    if "versions" not in spec or (spec.get("latestLiveVersion") is None and not spec.get("latestDraftVersion")):
        return DataSetHolding(about=about, versions=held)
    latest, draft = by_ref.get(spec["latestLiveVersion"]), by_ref.get(spec["latestDraftVersion"])
    return DataSetHolding(about=about, versions=held, latest=latest, latest_draft=draft)


def _publication(name: str) -> Publication:
    return Publication(
        id=stable_id(name), title=name, slug=name, summary="A publication.", last_published=DEFAULT_PUBLISHED
    )
