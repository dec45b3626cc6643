"""Cases of what a request says and what is wrong with it: binding, errors, problem documents."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from eesclient import Request
from eesclient.local import Service
from tests.conformance.pack import Case, checker, no_adapter
from tests.conformance.setups import NOW
from tests.doors.api import Response
from tests.doors.local import (
    Holdings,
    PreviewToken,
    RefusedError,
    binding,
    error_detail,
    find_route,
    input_error,
    join_path,
    lowercase_redirect,
    problem_response,
    stable_id,
)
from tests.doors.models import ErrorDetail

TOYS = {
    "TestPerson": binding.object_reader(
        {"name": binding.read_text, "age": binding.read_integer, "aliases": binding.list_of(binding.read_text)},
        required=("name",),
    ),
}
TOYS["TestGroup"] = binding.object_reader({"owner": TOYS["TestPerson"]}, required=("owner",))


def check(case: Case) -> None:
    """units_request_input: what is unknown, missing or mistyped is reported, the rest bound, as by the service."""
    given, expect = case["input"], case["expect"]
    bound, errors = None, []
    try:
        bound = _bound(given)
    except RefusedError as refused:
        errors = _document(refused)["errors"]
    wanted = expect.get("errors", {})
    assert expect.get("status", 200) == (400 if errors else 200)
    assert wanted.get("count", 0) == len(errors)
    for want in wanted.get("contains", []):
        assert any(checker().issue_matches(want, error) for error in errors), (want, errors)
    if "bound" in expect:
        assert expect["bound"] == bound


def _bound(given: dict[str, Any]) -> Any:
    """What the box binds the input to."""
    match given["kind"]:
        case "json_body":
            return TOYS[given["model"]](binding.parse_json(given["value"].encode()), "")
        case "query_list":
            pairs = parse_qsl(given["query"], keep_blank_values=True)
            return binding.QueryParams(pairs).texts("items", separated=given["separator"] is not None)
        case "trim" if given["value"].startswith("?"):
            [(name, value)] = parse_qsl(given["value"].removeprefix("?"))
            return binding.QueryParams([(name, value)], known=[name]).member(name)
        case "trim":
            # as `path "  path  "`: the value in quotes, here that of a path which the box has
            quoted = given["value"].split('"')[1]
            route = find_route(f"/data-sets/{stable_id('ds')}/versions/{quoted}")
            return None if route is None else route.version
        case "query":
            pairs = parse_qsl(given["value"].removeprefix("?"), keep_blank_values=True)
            return _person(pairs) if given["model"] == "TestPerson" else _group(pairs)
    no_adapter(given["kind"])
    return None


def _person(pairs: binding.Params, prefix: str = "") -> dict[str, Any]:
    params = binding.QueryParams(pairs, known=[f"{prefix}name", f"{prefix}age"])
    has_age = any(name.lower() == f"{prefix}age" for name, _ in pairs)
    age, aliases = params.integer(f"{prefix}age", 0), params.texts(f"{prefix}aliases") or []
    required = f"{prefix}name".partition(".")[0]
    is_there = any(name.lower() == required or name.lower().startswith(f"{required}.") for name, _ in pairs)
    params.check(*([] if is_there else [input_error("RequiredValue", required)]))
    return {"name": params.member(f"{prefix}name"), "age": age if has_age else None, "aliases": aliases}


def _group(pairs: binding.Params) -> dict[str, Any]:
    return {"owner": _person(pairs, "owner.")}


def check_error(case: Case) -> None:
    """units_errors: paths are joined, and details made, as the service does."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "json_path_concat":
            assert expect["result"] == join_path(*given["parts"])
        case "error_detail":
            placeholders = given.get("placeholders", {})
            assert expect["detail"] == error_detail(given["attemptedValue"], placeholders, given.get("customState"))
        case kind:
            no_adapter(kind)


def check_http(case: Case) -> None:
    """units_http: redirects, problem documents, time-outs, and when a preview token counts."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "lowercase_path":
            redirect = lowercase_redirect(given["url"])
            assert expect["redirect"] == (redirect is not None)
            assert expect.get("location", redirect) == redirect
        case "problem_details":
            document = _document(RefusedError(expect["status"]))
            assert expect == {name: document[name] for name in expect}
        case "validation_problem":
            _check_global_error(expect)
        case "preview_token_status":
            moments = (given[f"{name}SecondsFromNow"] for name in ("activates", "expires"))
            activates, expires = (NOW + timedelta(seconds=seconds) for seconds in moments)
            assert expect["status"] == PreviewToken(id="t", activates=activates, expires=expires).status(NOW)
        case "request_timeout":
            answer = _SlowBox(Holdings()).handle(Request(method="GET", path="/publications"))
            assert (expect["status"], b"") == (answer.status, answer.body)
        case kind:
            no_adapter(kind)


def _document(refused: RefusedError) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(problem_response(Request(method="GET", path="/"), refused).body)
    return document


def _check_global_error(expect: dict[str, Any]) -> None:
    """An error of the whole request has no path, one of a member has it."""
    both = [ErrorDetail(message="Whole", code="Whole"), ErrorDetail(message="Part", code="Part", path="part")]
    document = _document(RefusedError(400, both))
    members = {name: value for name, value in expect.items() if name != "globalErrorHasNoPath"}
    assert members == {name: document[name] for name in members}
    assert expect["globalErrorHasNoPath"] == ("path" not in document["errors"][0])
    assert document["errors"][1]["path"] == "part"


class _SlowBox(Service):
    """A box that runs out of the time that it was given, without a wait."""

    def _dispatch(self, *_: object) -> Response:
        raise TimeoutError
