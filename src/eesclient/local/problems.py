"""Error objects and problem documents, with which the box refuses (reference, sections 3.1 and 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..api.json import to_json
from ..api.messages import Request, Response
from ..models.data_sets import ErrorDetail, Problem

_TITLES = {
    400: ("Bad Request", "15.5.1"),
    403: ("Forbidden", "15.5.4"),
    404: ("Not Found", "15.5.5"),
    405: ("Method Not Allowed", "15.5.6"),
    415: ("Unsupported Media Type", "15.5.16"),
    500: ("An error occurred while processing your request.", "15.6.1"),
}

_INPUT_MESSAGES = {
    "UnknownField": "The field was not expected in the request and should be removed.",
    "InvalidValue": "Must be a valid value. Check that the type and format are correct.",
    "RequiredValue": "A value is required for this field.",
    "NotEmptyBody": "The request body must not be empty.",
}


class RefusedError(Exception):
    """The request is refused with a problem document.

    Attributes:
        status: HTTP status.
        errors: The errors of a 400; none makes a plain problem.
    """

    def __init__(self, status: int, errors: Sequence[ErrorDetail] = ()) -> None:
        super().__init__(status, *(f"{error.path}: {error.code}" for error in errors))
        self.status = status
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)


def refuse(errors: Iterable[ErrorDetail]) -> None:
    """Refuse a request that has errors, all of them together (section 3.3).

    Raises:
        RefusedError: 400, there is one.
    """
    if found := list(errors):
        raise RefusedError(400, found)


def input_error(code: str, path: str | None) -> ErrorDetail:
    """An error of binding: `UnknownField`, `InvalidValue`, `RequiredValue` or `NotEmptyBody` (section 3.3)."""
    return ErrorDetail(message=_INPUT_MESSAGES[code], code=code, path=path)


def join_path(*parts: str) -> str:
    """The path that parts of one make, each with or without the `$` of the root (section 3.3)."""
    bare = [part.strip().removeprefix("$").removeprefix(".") for part in parts]
    return ".".join(part for part in bare if part)


def error_detail(value: object, placeholders: Mapping[str, Any], state: object = None) -> dict[str, Any]:
    """The detail of a validation error (section 3.2).

    Args:
        value: What was refused.
        placeholders: What the message is made of, by name.
        state: What the rule adds: members, or a single value.
    """
    added = state if isinstance(state, Mapping) else {} if state is None else {"state": state}
    named = {**placeholders, "value": value, **added}
    return {f"{name[:1].lower()}{name[1:]}": member for name, member in named.items()}


def problem_response(request: Request, refused: RefusedError) -> Response:
    """The problem document for a refusal."""
    # the trace id is made from the request, so that the same request always gets the same answer
    digest = uuid5(NAMESPACE_URL, repr((request.method, request.path, request.params, request.body))).hex
    title, section = _TITLES[refused.status]
    problem = Problem(
        title="One or more validation errors occurred." if refused.errors else title,
        status=refused.status,
        type=f"https://tools.ietf.org/html/rfc9110#section-{section}",
        trace_id=f"00-{digest}-{digest[:16]}-00",
        errors=refused.errors,
    )
    return json_response(to_json(problem), status=refused.status)


def json_response(body: bytes, *, status: int = 200) -> Response:
    """A JSON answer."""
    headers = {"content-type": "application/json; charset=utf-8", "api-supported-versions": "1.0"}
    return Response(status=status, headers=headers, body=body)
