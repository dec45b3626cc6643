"""The OpenAPI document of the API: its operations, their parameters, and what they answer.

It has the paths and parameters of the document that the service makes of itself, which says too little of statuses: all
of them are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, TypeAlias

from .._classes import frozen
from ..models.answers import Page, Publication
from ..models.changes import Changes
from ..models.data_sets import DataSet, DataSetVersion
from ..models.meta import Meta
from . import rules
from .binding import FACETS
from .schemas import GUID, SCALARS, VALUES, Json, answers, array, questions, ref, schema_of

_Place: TypeAlias = Literal["path", "query"]
_VERSION = ("dataSetVersion", SCALARS[str])


@frozen(kw_only=True)
class _Operation:
    """An operation: where it answers, with what, and which parameters its query string may have."""

    name: str
    summary: str
    endpoint: str
    answer: Json
    parameters: tuple[tuple[str, Json], ...] = ()
    method: Literal["get", "post"] = "get"
    media_type: str = "application/json"
    problems: tuple[int, ...] = (403, 404)


def _paging(size: int) -> tuple[tuple[str, Json], ...]:
    return ("page", SCALARS[int] | {"default": 1}), ("pageSize", SCALARS[int] | {"default": size})


def _asked() -> Iterator[tuple[str, Json]]:
    """Parameters of a GET query."""
    for name, facet in FACETS.items():
        # places and periods are written as texts there, such as `LA|code|E09000007`
        value = VALUES[name] if name == "geographicLevels" else SCALARS[str]
        for comparator in facet.comparators:
            yield f"{name}.{comparator}", array(value) if comparator in {"in", "notIn"} else value
    yield from ((name, array(SCALARS[str])) for name in ("indicators", "sorts"))
    yield "debug", SCALARS[bool]


_TYPES = array({"enum": rules.META_TYPES, "type": "string"})
_RESULTS = ref("DataSetQueryPaginatedResultsViewModel")
_OPERATIONS = (
    _Operation(
        name="ListPublications", summary="List publications, or find them by words", endpoint="publications",
        answer=schema_of(Page[Publication]), parameters=(("search", SCALARS[str]), *_paging(20)), problems=(),
    ),
    _Operation(
        name="GetPublication", summary="Get a publication", endpoint="publication",
        answer=schema_of(Publication), problems=(404,),
    ),
    _Operation(
        name="ListPublicationDataSets", summary="List the data sets of a publication",
        endpoint="publication-data-sets", answer=schema_of(Page[DataSet]), parameters=_paging(10), problems=(),
    ),
    _Operation(name="GetDataSet", summary="Get a data set", endpoint="data-set", answer=schema_of(DataSet)),
    _Operation(
        name="GetDataSetMeta", summary="Get filters, indicators, locations and time periods", endpoint="meta",
        answer=schema_of(Meta), parameters=(("types", _TYPES), _VERSION),
    ),
    _Operation(
        name="QueryDataSetGet", summary="Query a data set by its address", endpoint="query", answer=_RESULTS,
        parameters=(_VERSION, *_asked(), *_paging(1000)),
    ),
    _Operation(
        name="QueryDataSetPost", summary="Query a data set", endpoint="query", method="post", answer=_RESULTS,
        parameters=(_VERSION,),
    ),
    _Operation(
        name="DownloadDataSetCsv", summary="Download the data file", endpoint="csv", answer=SCALARS[str],
        media_type="text/csv", parameters=(_VERSION,),
    ),
    _Operation(
        name="ListDataSetVersions", summary="List versions", endpoint="versions",
        answer=schema_of(Page[DataSetVersion]), parameters=_paging(10),
    ),
    _Operation(name="GetDataSetVersion", summary="Get a version", endpoint="version", answer=schema_of(DataSetVersion)),
    _Operation(
        name="GetDataSetVersionChanges", summary="Get what changed in a version", endpoint="changes",
        answer=schema_of(Changes), parameters=(("includePatchHistory", SCALARS[bool] | {"default": False}),),
    ),
)  # fmt: skip

_BODILESS = {
    308: "The path has capitals: the address without them",
    405: "The path has no such method",
    406: "JSON is not acceptable to the client",
    414: "The request line is longer than 8 KB",
    500: "A known fault of the service",
    504: "The answer took too long",
}
_PROBLEMS = {400: "The request is malformed", 403: "Not public", 404: "Not there", 415: "The body is not JSON"}


@cache
def document(paths: tuple[tuple[str, str], ...]) -> Json:
    """The document, where endpoints answer at these paths, each with names of its parameters in braces."""
    by_endpoint = dict(paths)
    described: dict[str, Json] = {}
    for one in _OPERATIONS:
        path = f"/v1{by_endpoint[one.endpoint]}"
        described.setdefault(path, {})[one.method] = _described(one, path)
    return {
        "openapi": "3.0.4",
        "info": {
            "title": "Explore education statistics - Public Data API",
            "version": "1",
            "description": "As `ees serve` answers it from local files, in the place of the department's service.",
        },
        "servers": [],
        "paths": described,
        "components": {"schemas": dict(sorted([*answers(), *questions()]))},
    }


def _described(one: _Operation, path: str) -> Json:
    found: Json = {"200": {"description": "OK", "content": {one.media_type: {"schema": one.answer}}}}
    for status in sorted({400, *one.problems, *((415,) if one.method == "post" else ())}):
        kind = "ValidationProblemViewModel" if status == 400 else "ProblemDetailsViewModel"
        types = ("application/json", "application/problem+json") if one.endpoint == "csv" else ("application/json",)
        content = {media_type: {"schema": ref(kind)} for media_type in types}
        found[str(status)] = {"description": _PROBLEMS[status], "content": content}
    for status, text in _BODILESS.items():
        found[str(status)] = {"description": text}
    in_path = re.findall(r"{(\w+)}", path)
    places: list[tuple[str, _Place, Json]] = [
        *((name, "path", GUID if name.endswith("Id") else SCALARS[str]) for name in in_path),
        *((name, "query", schema) for name, schema in one.parameters),
    ]
    body = {"content": {"application/json": {"schema": ref("DataSetQueryRequest")}}}
    return {
        "tags": ["Publications" if "publication" in one.endpoint else "Data sets"],
        "summary": one.summary,
        "operationId": one.name,
        "parameters": [
            {"name": name, "in": place, "schema": schema} | ({"required": True} if place == "path" else {})
            for name, place, schema in places
        ],
        **({"requestBody": body} if one.method == "post" else {}),
        "responses": dict(sorted(found.items())),
    }
