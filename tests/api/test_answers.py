"""All pages of a query, or the data file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs
import pytest

from eesclient import (
    DataSetVersionStatus,
    Indicator,
    InvalidResponseError,
    NoRowsWarning,
    Provenance,
    Query,
    QueryResult,
    Request,
    ServerTimeoutError,
    Version,
    WithdrawnError,
    reading,
    routes,
)
from tests.doors.api import RequestContext, ResolvedVersion, Response, operations
from tests.doors.query import QueryArgs, build
from tests.doors.transport import drive
from tests.transport.scripted import ID, OTHER, Answer, Scripted, answer, data_set, opened, row, rows_answer

AT = datetime(2024, 6, 1, tzinfo=UTC)
ASKED = RequestContext(source="service", at=AT)


def pin(service: Scripted) -> ResolvedVersion:
    """Open the scripted data set, and forget the requests that this took."""
    pinned = drive(operations.pin(ID), service.handle)
    service.requests.clear()
    return pinned


def question(pinned: ResolvedVersion, words: QueryArgs | None = None) -> Query:
    """Build a question to the scripted data set."""
    return build(words or QueryArgs(), meta=pinned.meta, data_set_id=ID, version=pinned.version.version)


def ask(service: Scripted, words: QueryArgs | None = None, context: RequestContext = ASKED) -> QueryResult:
    """Open the data set and ask it; rows of a scripted data set are all alike but for their value."""
    pinned = pin(service)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return drive(routes.query(pinned, question(pinned, words), context), service.handle)


def asked_pages(service: Scripted) -> list[tuple[int, int]]:
    """Return number and size of the pages that were asked for, in order of number."""
    bodies = [json.loads(request.body or b"{}") for request in service.requests]
    return sorted((body["page"], body["pageSize"]) for body in bodies)


def values(result: QueryResult) -> list[int]:
    """Return the indicator's values in ascending order."""
    return sorted(result.frame["pupils"].to_list())


NUMBERS = [str(number) for number in range(1, 24)]


@pytest.mark.parametrize(("size", "pages"), [(1, 23), (5, 5), (10, 3), (22, 2), (23, 1), (24, 1), (10_000, 1)])
def test_all_pages(size: int, pages: int) -> None:
    """Pages of any size make the same rows."""
    service = opened(query=rows_answer(NUMBERS))
    result = ask(service, QueryArgs(page_size=size))
    assert values(result) == list(range(1, 24))
    assert result.total == 23
    assert asked_pages(service) == [(page, size) for page in range(1, pages + 1)]


def test_what_is_sent() -> None:
    """A question goes by POST to the exact version."""
    service = opened(query=rows_answer(NUMBERS))
    ask(service)
    request = service.requests[0]
    assert (request.method, request.path) == ("POST", f"/data-sets/{ID}/query")
    assert request.params == (("dataSetVersion", "1.0"),)


@pytest.mark.parametrize(
    ("limit", "size", "pages", "count"),
    [
        (3, None, [(1, 3)], 3),
        (12, 5, [(1, 5), (2, 5), (3, 5)], 12),
        (10, 5, [(1, 5), (2, 5)], 10),
        (4, 10, [(1, 4)], 4),
        (100, 10, [(1, 10), (2, 10), (3, 10)], 23),
    ],
)
def test_limit(limit: int, size: int | None, pages: Sequence[tuple[int, int]], count: int) -> None:
    """With a limit no more is asked for than needed, and what is too much is cut off in the service's order."""
    service = opened(query=rows_answer(NUMBERS))
    result = ask(service, QueryArgs(limit=limit, page_size=size))
    assert values(result) == list(range(1, count + 1))
    assert asked_pages(service) == list(pages)
    assert result.total == 23


@pytest.mark.parametrize("total_pages", [0, 1])
def test_no_rows(total_pages: int) -> None:
    """No rows are an answer, with a warning, in one request."""
    paging = {"page": 1, "pageSize": 10_000, "totalResults": 0, "totalPages": total_pages}
    service = opened(query=answer({"paging": paging, "results": [], "warnings": []}))
    pinned = pin(service)
    asked = question(pinned, QueryArgs(levels="National"))
    with pytest.warns(NoRowsWarning):
        result = drive(routes.query(pinned, asked, ASKED), service.handle)
    assert (result.frame.height, len(service.requests)) == (0, 1)


def shrinking(request: Request) -> Response:
    """Answer with fewer matches on the second page."""
    second = json.loads(request.body or b"{}")["page"] > 1
    return rows_answer(NUMBERS, 22 if second else 23)(request)


def short(request: Request) -> Response:
    """Answer with fewer rows than the total says."""
    return rows_answer(NUMBERS[:12], 23)(request)


def first_again(request: Request) -> Response:
    """Answer with the first page whichever is asked for."""
    body = json.loads(request.body or b"{}") | {"page": 1}
    return rows_answer(NUMBERS)(attrs.evolve(request, body=json.dumps(body).encode()))


@pytest.mark.parametrize("answering", [shrinking, short, first_again])
def test_pages_that_do_not_fit_together(answering: Answer) -> None:
    """An answer that changed while it was read, or is not complete, is an error that says to ask again."""
    with pytest.raises(InvalidResponseError, match=r"page [23] of .* (ask|try) again") as caught:
        ask(opened(query=answering), QueryArgs(page_size=10))
    assert caught.value.method == "POST"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"results": []}'])
def test_pages_that_are_none(body: bytes) -> None:
    """A body that is no page is an error that knows where it came from."""
    reply = Response(status=200, body=body, url="https://ees.test/v1/q")
    with pytest.raises(InvalidResponseError) as caught:
        ask(opened(query=reply))
    assert (caught.value.method, caught.value.url) == ("POST", "https://ees.test/v1/q")


def slow_above(size: int) -> Answer:
    """Return what runs out of time on pages larger than this."""

    def respond(request: Request) -> Response:
        if json.loads(request.body or b"{}")["pageSize"] > size:
            return Response(status=504)
        return rows_answer(NUMBERS)(request)

    return respond


def test_pages_are_halved() -> None:
    """When the service runs out of time, smaller pages are asked for."""
    service = opened(query=slow_above(3_000))
    assert values(ask(service)) == list(range(1, 24))
    assert [size for _, size in asked_pages(service)] == [2_500, 5_000, 10_000]


def test_halving_ends() -> None:
    """Pages of a thousand rows are not made smaller."""
    service = opened(query=slow_above(10))
    with pytest.raises(ServerTimeoutError, match="page_size="):
        ask(service)
    assert min(size for _, size in asked_pages(service)) == 1_000


def test_own_page_size_stays() -> None:
    """A page size that was asked for is not changed."""
    service = opened(query=slow_above(10))
    with pytest.raises(ServerTimeoutError):
        ask(service, QueryArgs(page_size=5_000))
    assert asked_pages(service) == [(1, 5_000)]


def test_time_out_on_a_later_page() -> None:
    """Also when a later page is the slow one, all are asked for again in smaller ones."""
    late: list[int] = []

    def respond(request: Request) -> Response:
        body = json.loads(request.body or b"{}")
        if body["pageSize"] == 10_000 and body["page"] == 2:
            late.append(1)
            return Response(status=504)
        pages = -(-10_001 // body["pageSize"])
        paging = {"page": body["page"], "pageSize": body["pageSize"], "totalResults": 10_001, "totalPages": pages}
        count = min(body["pageSize"], 10_001 - (body["page"] - 1) * body["pageSize"])
        return answer({"paging": paging, "results": [row("7")] * count, "warnings": []})

    service = opened(query=respond)
    assert ask(service).frame.height == 10_001
    assert late == [1]
    assert asked_pages(service) == [(1, 5_000), (1, 10_000), (2, 5_000), (2, 10_000), (3, 5_000)]


@pytest.mark.parametrize(
    ("indicators", "words", "expected"),
    [
        (1, QueryArgs(), 10_000),
        (36, QueryArgs(), 10_000),
        (96, QueryArgs(), 4_000),
        (5_000, QueryArgs(), 1_000),
        (96, QueryArgs(page_size=10_000), 10_000),
        (96, QueryArgs(limit=50), 50),
        (1, QueryArgs(limit=50, page_size=20), 20),
    ],
)
def test_page_sizes(indicators: int, words: QueryArgs, expected: int) -> None:
    """Wide data sets come in smaller pages, unless a size was asked for."""
    wide = [Indicator(id=f"i{n}", column=f"c{n}", label=f"l{n}") for n in range(indicators)]
    meta = attrs.evolve(pin(opened()).meta, indicators=wide)
    query = build(words, meta=meta, data_set_id=ID, version=Version(1))
    assert reading.page_size(query) == expected


def test_provenance_of_pages() -> None:
    """A result says who answered, what exactly was asked, and when."""
    service = opened(summary=answer(data_set(supersedingDataSetId=OTHER)), query=rows_answer(NUMBERS))
    result = ask(service, QueryArgs(indicators="Pupils", filters={"Sex": "Female"}))
    assert result.provenance == Provenance(
        source="service",
        data_set_id=ID,
        title="SEN",
        version=Version(1),
        status=DataSetVersionStatus.PUBLISHED,
        release="Spring 2024",
        published=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
        superseded_by=OTHER,
        query=result.query.to_json(indent=None),
        route="pages",
        retrieved_at=AT,
        url="https://ees.test/v1/x",
        licence="Contains public sector information licensed under the Open Government Licence v3.0.",
    )


def test_no_licence_but_the_services() -> None:
    """Figures that are not the service's have no licence line."""
    result = ask(opened(query=rows_answer(NUMBERS)), context=RequestContext(source="synthetic", at=AT))
    assert (result.provenance.source, result.provenance.licence) == ("synthetic", None)


CSV = (
    b"time_period,time_identifier,geographic_level,country_code,country_name,sex,pupils\n"
    b"2024,Week 2,National,E92000001,England,Total,3\n"
    b"2024,Week 2,National,E92000001,England,Female,2\n"
    b"2024,Week 10,National,E92000001,England,Total,z\n"
)


def read(service: Scripted) -> QueryResult:
    """Open the data set and read all of it."""
    pinned = pin(service)
    return drive(routes.read(pinned, pinned.whole(), ASKED), service.handle)


def test_data_file() -> None:
    """The whole data set comes from its data file, of the exact version."""
    service = opened(csv=Response(status=200, body=CSV, url="https://ees.test/v1/csv"))
    result = read(service)
    assert result.frame["pupils"].to_list() == [None, 2, 3]
    assert result.frame["pupils_status"].to_list() == ["z", None, None]
    assert (result.provenance.route, result.provenance.query) == ("csv", None)
    assert result.provenance.url == "https://ees.test/v1/csv"
    assert service.requests[0].params == (("dataSetVersion", "1.0"),)


def test_data_file_that_was_cut() -> None:
    """A file with fewer rows than the version has is an error."""
    cut = CSV.rpartition(b"2024,Week 10")[0]
    with pytest.raises(InvalidResponseError, match="came with 2 of its 3 rows: try again"):
        read(opened(csv=Response(status=200, body=cut)))


def test_data_file_with_more_rows() -> None:
    """A file with more rows than the version has is an error that says both numbers."""
    row = CSV[CSV.rindex(b"2024,Week 10") :]
    with pytest.raises(InvalidResponseError, match="has 4 rows, and the version 3"):
        read(opened(csv=Response(status=200, body=CSV.rstrip() + b"\n" + row)))


def test_data_file_whose_last_row_was_cut() -> None:
    """Half a row is an error that names its line, not a row of nulls."""
    with pytest.raises(InvalidResponseError, match="line 4: this record has 4 cells"):
        read(opened(csv=Response(status=200, body=CSV[: CSV.rindex(b"2024,Week 10") + 25])))


def test_data_file_error() -> None:
    """An error of the service is typed on this route too."""
    with pytest.raises(ServerTimeoutError):
        read(opened(csv=Response(status=504)))


def test_withdrawn_versions_are_not_asked() -> None:
    """No request is made for rows of a withdrawn version."""
    service = opened()
    pinned = pin(service)
    withdrawn = attrs.evolve(pinned, version=attrs.evolve(pinned.version, status=DataSetVersionStatus.WITHDRAWN))
    for flow in (routes.query(withdrawn, question(pinned), ASKED), routes.read(withdrawn, withdrawn.whole(), ASKED)):
        with pytest.raises(WithdrawnError):
            drive(flow, service.handle)
    assert service.requests == []
