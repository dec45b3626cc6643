"""Where the published document is wrong about answers: one line each, with what the reference says.

The document is put right by these tables before it is checked against, so that no check has to be switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Literal, TypeAlias

import attrs

Operation: TypeAlias = tuple[str, str]
"""Method and path, as the document has them."""

Body: TypeAlias = Literal["ValidationProblemViewModel", "ProblemDetailsViewModel", "empty"]
"""What an answer holds: a schema of the document, or nothing."""

DATA_SET = "/v1/data-sets/{dataSetId}"
PUBLICATION = "/v1/publications/{publicationId}"
EVERY: Operation = ("*", "*")


@attrs.frozen
class Status:
    """A status that the document does not have for an operation.

    Attributes:
        operation: The operation, or `EVERY`.
        status: The status.
        body: What its answer holds.
        source: Where the reference says so.
    """

    operation: Operation
    status: int
    body: Body
    source: str


STATUSES = (
    Status(("get", DATA_SET), 400, "ValidationProblemViewModel", "section 2: unknown parameters are refused"),
    Status(("get", f"{DATA_SET}/meta"), 400, "ValidationProblemViewModel", "section 20: no 400 for /meta"),
    Status(("get", f"{DATA_SET}/csv"), 400, "ValidationProblemViewModel", "section 20: no 400 for /csv"),
    Status(("get", f"{DATA_SET}/versions"), 404, "ProblemDetailsViewModel", "section 20: no 404 for /versions"),
    Status(
        ("get", f"{DATA_SET}/versions/{{dataSetVersion}}"),
        400, "ValidationProblemViewModel", "section 20: no 400 for a version",
    ),
    Status(
        ("get", f"{DATA_SET}/versions/{{dataSetVersion}}/changes"),
        400, "ValidationProblemViewModel", "section 20: no 400 for changes",
    ),
    Status(("get", PUBLICATION), 400, "ValidationProblemViewModel", "section 2: unknown parameters are refused"),
    Status(("get", f"{PUBLICATION}/data-sets"), 404, "empty", "section 2: no GUID is a 404 by routing"),
    Status(("post", f"{DATA_SET}/query"), 415, "ProblemDetailsViewModel", "section 1: POST media type"),
    Status(EVERY, 308, "empty", "section 1: path case"),
    Status(EVERY, 406, "empty", "section 1: content negotiation"),
    Status(EVERY, 414, "empty", "section 1: a request line past 8 KB"),
)  # fmt: skip
"""Statuses that the document lacks."""

NO_BODY = {
    404: "section 3.1: routing answers with an empty body",
    308: "section 1: a redirect",
    406: "section 1: content negotiation",
    414: "section 1: a request line past 8 KB",
    415: "recorded: routing refuses what is no JSON, with an empty body",
}
"""Statuses whose answers may be empty although the document gives them a body, and why."""

_GROWN_OPTIONS = (
    "LocationCodedOptionViewModel",
    "LocationLocalAuthorityOptionViewModel",
    "LocationProviderOptionViewModel",
    "LocationRscRegionOptionViewModel",
    "LocationSchoolOptionViewModel",
)
"""Section 15: options have id, label and their codes; in the document both halves forbid the members of the other."""


def corrected(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the reference says that it should be."""
    document = deepcopy(document)
    for row in STATUSES:
        for operation in _operations(document, row.operation):
            operation["responses"].setdefault(str(row.status), {"description": row.source, **_content(row.body)})
    # recorded: the one endpoint that is not said to answer with JSON answers so where there is nothing
    missing = document["paths"][f"{DATA_SET}/csv"]["get"]["responses"]["404"]["content"]
    missing["application/problem+json"] = missing["application/json"]
    schemas = document["components"]["schemas"]
    for name in _GROWN_OPTIONS:
        schemas[name] = _joined(schemas, schemas[name])
    return without_faults(document)


def without_faults(document: dict[str, Any]) -> dict[str, Any]:
    """The document that the box serves without the faults that it has from the service's."""
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    # section 21, point 2: an indicator without a unit has no such member
    schemas["IndicatorViewModel"]["required"].remove("unit")
    # section 4: with a preview token drafts are seen too
    for name in ("DataSetStatus", "DataSetVersionStatus"):
        schemas[name]["enum"].append("Draft")
    return document


def _operations(document: dict[str, Any], wanted: Operation) -> Iterator[dict[str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if wanted in (EVERY, (method, path)):
                yield operation


def _content(body: Body) -> dict[str, Any]:
    if body == "empty":
        return {}
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}}


def _joined(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """One closed object in place of several that all have to hold."""
    required: list[str] = []
    properties: dict[str, Any] = {}
    for part in schema["allOf"]:
        whole = schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        required += whole.get("required", [])
        properties |= whole.get("properties", {})
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
