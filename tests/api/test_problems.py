"""From a status and a body to an error that says what to do."""

from __future__ import annotations

import pickle

import pytest

from eesclient import Request, errors
from tests.doors.api import Response, error_for, raise_for
from tests.doors.models import ErrorDetail
from tests.transport.scripted import ID, PUBLICATION, answer, problem

HTML = Response(status=403, body=b"<html><h1>Forbidden</h1></html>", headers={"content-type": "text/html"})


def get(path: str, **params: str) -> Request:
    """Return a GET request."""
    return Request(method="GET", path=path, params=tuple(params.items()))


def empty(status: int, **headers: str) -> Response:
    """Return a response without a body."""
    return Response(status=status, headers=headers, url="https://ees.test/v1/x")


QUERY = Request(method="POST", path=f"/data-sets/{ID}/query", body=b"{}")


@pytest.mark.parametrize(
    ("request_", "response", "class_", "natural", "advice"),
    [
        (QUERY, problem(400, "Bad Request"), errors.BadRequestError, ValueError, "refuses the request: Bad Request"),
        (QUERY, HTML, errors.ForbiddenError, PermissionError, "a gateway blocked the request"),
        (QUERY, empty(403), errors.ForbiddenError, PermissionError, "128 KB"),
        (QUERY, problem(403), errors.ForbiddenError, PermissionError, "may not be queried: it is withdrawn"),
        (get("/data-sets/x"), problem(403), errors.ForbiddenError, PermissionError, "not published yet"),
        (get(f"/publications/{PUBLICATION}"), problem(404), errors.PublicationNotFoundError, LookupError, "search="),
        (get(f"/data-sets/{ID}"), problem(404), errors.DataSetNotFoundError, LookupError, "client.data_sets("),
        (get(f"/data-sets/{ID}/versions"), problem(404), errors.DataSetNotFoundError, LookupError, ID),
        (get(f"/data-sets/{ID}/meta"), problem(404), errors.DataSetNotFoundError, LookupError, "no live version yet"),
        (get(f"/data-sets/{ID}/versions/3.0"), problem(404), errors.VersionNotFoundError, LookupError, "'3.0'"),
        (get(f"/data-sets/{ID}/versions/3.0/changes"), problem(404), errors.VersionNotFoundError, LookupError, "'3.0'"),
        (
            get(f"/data-sets/{ID}/meta", dataSetVersion="2.*"),
            problem(404),
            errors.VersionNotFoundError,
            LookupError,
            "'2.*'",
        ),
        (get("/data-sets/not-a-guid/csv"), empty(404), errors.DataSetNotFoundError, LookupError, "not-a-guid"),
        (get("/data-sets/sen/versions/1.0"), empty(404), errors.DataSetNotFoundError, LookupError, "'sen'"),
        (get(f"/data-sets/{ID}"), empty(404), errors.NotFoundError, LookupError, "EES_API_URL"),
        (get("/elsewhere"), empty(404), errors.NotFoundError, LookupError, "nothing at this address"),
        (QUERY, empty(408), errors.StatusError, errors.RequestError, "try again"),
        (QUERY, empty(413), errors.RequestTooLargeError, ValueError, "128 KB"),
        (QUERY, empty(414), errors.RequestTooLargeError, ValueError, "by POST"),
        (QUERY, empty(415), errors.StatusError, errors.RequestError, "changes the header Content-Type"),
        (QUERY, empty(406), errors.StatusError, errors.RequestError, "changes the header Accept"),
        (QUERY, empty(409), errors.StatusError, errors.RequestError, "the service refuses the request"),
        (QUERY, empty(429), errors.TooManyRequestsError, errors.StatusError, "wait a minute"),
        (QUERY, empty(429, **{"retry-after": "7"}), errors.TooManyRequestsError, errors.StatusError, "'7'"),
        (QUERY, empty(500), errors.ServerError, errors.StatusError, "the service failed: try again later"),
        (QUERY, problem(500, "Oh dear"), errors.ServerError, errors.StatusError, "try again later: Oh dear"),
        (QUERY, empty(503), errors.ServerError, errors.StatusError, "try again later"),
        (QUERY, empty(504), errors.ServerTimeoutError, TimeoutError, "smaller pages (page_size=)"),
        (QUERY, empty(302, location="https://x.test/"), errors.StatusError, errors.RequestError, "'https://x.test/'"),
        (QUERY, empty(308), errors.StatusError, errors.RequestError, "not followed"),
    ],
)
def test_classes(  # noqa: PLR0917 - one for each column of the table
    request_: Request, response: Response, class_: type[errors.StatusError], natural: type[Exception], advice: str
) -> None:
    """Each status is an error of its own class and a natural built-in, says what to do, and survives pickling."""
    error = error_for(request_, response)
    assert type(error) is class_
    assert isinstance(error, natural)
    assert advice in str(error)
    assert f"[{response.status} for {request_.method} {response.url or request_.path}]" in str(error)
    assert (error.status, error.method, error.url) == (response.status, request_.method, response.url)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_the_services_own_errors() -> None:
    """Message, code, path and detail of each error are in the text and on the error."""
    said = {"message": "Too long.", "code": "MaximumLength", "path": "criteria.filters.eq", "detail": {"maxLength": 10}}
    error = error_for(QUERY, problem(400, "Invalid", [said, {"message": "And so on."}]))
    assert "criteria.filters.eq: Too long. (MaximumLength); And so on." in str(error)
    assert error.title == "Invalid"
    assert error.body == ""
    assert error.errors == (
        ErrorDetail(message="Too long.", code="MaximumLength", path="criteria.filters.eq", detail={"maxLength": 10}),
        ErrorDetail(message="And so on."),
    )


@pytest.mark.parametrize(
    "response",
    [
        HTML,
        answer({"errors": {"page": ["bad"]}}, 400),
        answer([1], 500),
        answer({}, 500),
        answer({"other": "document"}, 502),
    ],
)
def test_bodies_that_are_no_problem_document(response: Response) -> None:
    """The start of any other body is kept as text."""
    error = error_for(QUERY, response)
    assert error.errors == ()
    assert error.body == response.body.decode()


def test_only_the_start_of_a_body_is_kept() -> None:
    """A long page of HTML does not fill logs, nor does a cut character break it."""
    error = error_for(QUERY, Response(status=502, body="€".encode() * 10_000))
    assert error.body == "€" * 500


def test_success_raises_nothing() -> None:
    """Any 2xx is a success, anything else an error."""
    for status in (200, 204, 299):
        raise_for(QUERY, empty(status))
    with pytest.raises(errors.StatusError):
        raise_for(QUERY, empty(300))


def test_words_beside_the_path() -> None:
    """What an error is about stands behind its path, where there are words for it."""
    details = [{"path": "a", "message": "A.", "code": "C"}, {"path": "b", "message": "B."}, {"message": "D."}]
    response = problem(400, errors=details)
    request = Request(method="POST", path="/x", body=b"{}")
    found = error_for(request, response, words=lambda error: "filter 'Sex'" if error.path == "a" else "")
    assert "a (filter 'Sex'): A. (C); b: B.; D. [400" in str(found)
