"""Schemas of the API's answers and questions, made of what the box answers with and reads, in the service's own names.

They have the members, the compulsory ones and the words of lists of the document that the service makes of itself. In
that, places fit two of its shapes, which are told apart here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from ..api.plain import wire_name
from ..models.answers import ErrorDetail, Page, Paging, Publication, Warning
from ..models.changes import (
    Change,
    Changes,
    ChangeSet,
    FilterOptionChanges,
    FilterState,
    LocationGroupState,
    LocationOptionChanges,
    VersionChanges,
)
from ..models.data_sets import DataSet, DataSetVersion, File, LatestVersion, Release, TimePeriodRange
from ..models.enums import DataSetStatus, DataSetVersionStatus, DataSetVersionType, GeographicLevel, IndicatorUnit
from ..models.meta import (
    Filter,
    FilterOption,
    Indicator,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    MetaItems,
)
from ..models.periods import TimeIdentifier, TimePeriod
from ..models.versions import Version
from . import rules
from .binding import FACETS

Json: TypeAlias = dict[str, Any]
"""A JSON object."""

_PUBLISHED = ["Published", "Deprecated", "Withdrawn"]
_NAMES: Mapping[Any, str] = {
    Change[FilterOption]: "FilterOptionChangeViewModel",
    Change[FilterState]: "FilterChangeViewModel",
    Change[Indicator]: "IndicatorChangeViewModel",
    Change[Level]: "GeographicLevelChangeViewModel",
    Change[LocationGroupState]: "LocationGroupChangeViewModel",
    Change[LocationOption]: "LocationOptionChangeViewModel",
    Change[TimePeriod]: "TimePeriodOptionChangeViewModel",
    ChangeSet: "ChangeSetViewModel",
    Changes: "DataSetVersionChangesViewModel",
    DataSet: "DataSetViewModel",
    DataSetVersion: "DataSetVersionViewModel",
    ErrorDetail: "ErrorViewModel",
    File: "DataSetVersionFileViewModel",
    Filter: "FilterOptionsViewModel",
    FilterOption: "FilterOptionViewModel",
    FilterOptionChanges: "FilterOptionChangesViewModel",
    FilterState: "FilterViewModel",
    Indicator: "IndicatorViewModel",
    LatestVersion: "DataSetLatestVersionViewModel",
    Level: "GeographicLevelViewModel",
    LocationGroup: "LocationGroupOptionsViewModel",
    LocationGroupState: "LocationGroupViewModel",
    LocationOptionChanges: "LocationOptionChangesViewModel",
    Meta: "DataSetMetaViewModel",
    Page[DataSet]: "DataSetPaginatedListViewModel",
    Page[DataSetVersion]: "DataSetVersionPaginatedListViewModel",
    Page[Publication]: "PublicationPaginatedListViewModel",
    Paging: "PagingViewModel",
    Publication: "PublicationSummaryViewModel",
    Release: "DataSetVersionReleaseViewModel",
    TimePeriod: "TimePeriodOptionViewModel",
    TimePeriodRange: "TimePeriodRangeViewModel",
    VersionChanges: "DataSetVersionChangeSet",
    Warning: "WarningViewModel",
}
"""The service's names of what it answers with."""

_ENUMS: Mapping[type, tuple[str, list[str]]] = {
    DataSetStatus: ("DataSetStatus", _PUBLISHED),
    DataSetVersionStatus: ("DataSetVersionStatus", _PUBLISHED),
    DataSetVersionType: ("DataSetVersionType", [one.value for one in DataSetVersionType]),
    GeographicLevel: ("GeographicLevelCode", rules.LEVELS),
    IndicatorUnit: ("IndicatorUnit", [one.value for one in IndicatorUnit]),
    TimeIdentifier: ("TimePeriodCode", [one.value for one in TimeIdentifier]),
}

_ALWAYS = {DataSetVersion: {"file", "timePeriods"}, ErrorDetail: {"code"}, Indicator: {"unit"}}
"""Members that the service's document says to be there always, though some answers lack them or we need none."""

_SOMETIMES = {
    ChangeSet: {wire_name(field) for field in attrs.fields(ChangeSet)},
    Changes: {"notes", "patchHistory"},
    Filter: {"hint"},
    FilterState: {"hint"},
    Level: {"label"},
    VersionChanges: {"notes"},
}
"""Members that it does not say so of, though they are always there."""

_PLACES: Mapping[str, tuple[str, ...]] = {
    "LocationLocalAuthorityOptionViewModel": ("code", "oldCode"),
    "LocationSchoolOptionViewModel": ("urn", "laEstab"),
    "LocationCodedOptionViewModel": ("code",),
    "LocationProviderOptionViewModel": ("ukprn",),
    "LocationRscRegionOptionViewModel": (),
}
"""Members of locations besides id and label; all of them are there, and no other.

Those with most come first: generated clients take the first whose members are there, and drop what it lacks.
"""

SCALARS: Mapping[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int32"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Version: {"type": "string"},
}
GUID: Json = {"type": "string", "format": "uuid"}
_WITH_GUID = {DataSet, File, Publication}


def ref(name: str) -> Json:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, required: Collection[str] = ()) -> Json:
    needed = {"required": sorted(required)} if required else {}
    return {"type": "object", **needed, "properties": properties, "additionalProperties": False}


def _nullable(schema: Json) -> Json:
    return {"allOf": [schema], "nullable": True} if "$ref" in schema else schema | {"nullable": True}


def array(items: Json) -> Json:
    """A list of such values."""
    return {"type": "array", "items": items}


# Answers


def schema_of(type_: Any) -> Json:
    """The schema of a type, by reference where the service has a name for it."""
    arguments = get_args(type_)
    if get_origin(type_) in {Union, UnionType}:
        return _nullable(schema_of(arguments[0]))
    if get_origin(type_) in {tuple, MetaItems}:
        return array(schema_of(arguments[0]))
    if type_ is LocationOption:
        return {"oneOf": [ref(name) for name in _PLACES]}
    if type_ in _ENUMS:
        return ref(_ENUMS[type_][0])
    if type_ in _NAMES:
        return ref(_NAMES[type_])
    # anything, such as the detail of an error
    return SCALARS.get(type_, {})


def _model(type_: Any) -> Json:
    """The schema of a class of ours, or of one with its parameter filled in."""
    class_: type[Any] = get_origin(type_) or type_
    filled = get_args(type_)[0] if get_args(type_) else None
    hints = get_type_hints(class_)
    properties: Json = {}
    required = set(_ALWAYS.get(class_, ()))
    for field in attrs.fields(class_):
        # what a model has besides is not of the service
        if field.metadata.get("rest") or field.name.startswith("_"):
            continue
        name, hint = wire_name(field), hints[field.name]
        if filled is not None and name != "paging":
            hint = tuple[filled, ...] if class_ is Page else filled | None  # type: ignore[valid-type]
        properties[name] = _member(class_, name, hint)
        if type(None) not in get_args(hint):
            required.add(name)
    return _object(properties, required - _SOMETIMES.get(class_, set()))


def _member(class_: type[Any], name: str, hint: Any) -> Json:
    if name == "geographicLevels" and hint == tuple[str, ...]:
        return array({"enum": [level.columns.label for level in GeographicLevel], "type": "string"})
    if name == "supersedingDataSetId":
        return _nullable(GUID)
    return GUID if name == "id" and class_ in _WITH_GUID else schema_of(hint)


def answers() -> Iterator[tuple[str, Json]]:
    """Schemas of all that is answered, by name."""
    for type_, name in _NAMES.items():
        yield name, _model(type_)
    for name, values in _ENUMS.values():
        yield name, {"enum": values, "type": "string"}
    for name, members in _PLACES.items():
        place = dict.fromkeys(("id", "label", *members), SCALARS[str])
        yield name, _object(place, place)
    texts: Json = {"type": "object", "additionalProperties": SCALARS[str]}
    period = {"code": ref("TimePeriodCode"), "period": SCALARS[str]}
    yield "TimePeriodViewModel", _object(period, period)
    row = {
        "timePeriod": ref("TimePeriodViewModel"),
        "geographicLevel": ref("GeographicLevelCode"),
        **dict.fromkeys(("locations", "filters", "values"), texts),
    }
    yield "DataSetQueryResultViewModel", _object(row, row)
    page = {
        "warnings": array(ref("WarningViewModel")),
        "paging": ref("PagingViewModel"),
        "results": array(ref("DataSetQueryResultViewModel")),
    }
    yield "DataSetQueryPaginatedResultsViewModel", _object(page, page)
    said = {"type": SCALARS[str], "title": SCALARS[str], "status": SCALARS[int]}
    problem = {"type": "object", "required": ["status", "title", "type"], "properties": said}
    yield "ProblemDetailsViewModel", problem
    more = {"properties": said | {"errors": array(ref("ErrorViewModel"))}, "required": ["title", "type"]}
    yield "ValidationProblemViewModel", problem | more


# Questions

_KEYS = {
    "DataSetQueryLocationCode": "code",
    "DataSetQueryLocationId": "id",
    "DataSetQueryLocationLocalAuthorityCode": "code",
    "DataSetQueryLocationLocalAuthorityOldCode": "oldCode",
    "DataSetQueryLocationProviderUkprn": "ukprn",
    "DataSetQueryLocationSchoolLaEstab": "laEstab",
    "DataSetQueryLocationSchoolUrn": "urn",
}
"""What each shape of a location in a question identifies it by."""

_CRITERIA = {"anyOf": [ref(f"DataSetQueryCriteria{kind}") for kind in ("And", "Or", "Not", "Facets")]}
VALUES: Mapping[str, Json] = {
    "filters": SCALARS[str],
    "geographicLevels": ref("GeographicLevelCode"),
    "locations": {"anyOf": [ref(name) for name in _KEYS]},
    "timePeriods": ref("DataSetQueryTimePeriod"),
}


def questions() -> Iterator[tuple[str, Json]]:
    """Schemas of what is asked by POST, by name."""
    for kind in ("and", "or"):
        yield f"DataSetQueryCriteria{kind.title()}", _object({kind: array(_CRITERIA)}, [kind])
    yield "DataSetQueryCriteriaNot", _object({"not": _CRITERIA}, ["not"])
    facets = {}
    for name, facet in FACETS.items():
        kind = f"DataSetQueryCriteria{name[0].upper()}{name[1:]}"
        facets[name] = _nullable(ref(kind))
        value = VALUES[name]
        lists = {comparator: comparator in {"in", "notIn"} for comparator in facet.comparators}
        yield kind, _object({one: _nullable(array(value) if is_list else value) for one, is_list in lists.items()})
    yield "DataSetQueryCriteriaFacets", _object(facets)
    for name, key in _KEYS.items():
        # the one of which the service's document does not say that it has a level
        needed = [key] if key == "oldCode" else [key, "level"]
        yield name, _object({key: SCALARS[str], "level": ref("GeographicLevelCode")}, needed)
    period = {"period": SCALARS[str], "code": ref("TimePeriodCode")}
    yield "DataSetQueryTimePeriod", _object(period, period)
    sort = {"field": SCALARS[str], "direction": {"enum": ["Asc", "Desc"], "type": "string"}}
    yield "DataSetQuerySort", _object(sort, sort)
    question = {
        "criteria": _CRITERIA | {"nullable": True},
        "indicators": _nullable(array(SCALARS[str])),
        "sorts": _nullable(array(ref("DataSetQuerySort"))),
        "debug": SCALARS[bool],
        "page": SCALARS[int] | {"default": 1},
        "pageSize": SCALARS[int] | {"default": 1000},
    }
    yield "DataSetQueryRequest", _object(question)
