"""What the reference says of addresses, headers, errors and bodies, as questions (sections 1 to 6, 13 and 22)."""

from __future__ import annotations

import json

from .asking import Asking, answered, refused
from .outcomes import DiffersError, NotAskedError, ObservedError, expect
from .table import not_asked, statement

UNKNOWN = "00000000-0000-0000-0000-000000000001"


@statement("an upper-case path is redirected with 308; the target may be an internal host", section="1", mark="not run")
def upper_case_path(ask: Asking) -> str:
    """Ask with an upper-case GUID."""
    response = ask.get(ask.path.upper().replace("DATA-SETS", "data-sets"), {"x": "Y"})
    expect(308, response.status_code, "status")
    target = response.headers.get("location", "")
    if not target.endswith(f"{ask.path}?x=Y"):
        raise DiffersError(f"redirects to {target!r}")
    return f"location: {target}"


@statement("a request line of more than 8 KB is refused with 414", section="1", mark="framework")
def long_address(ask: Asking) -> None:
    """Ask by GET for an option many times over."""
    expect(414, ask.query([("filters.in", ask.option)] * 600).status_code, "status")


@statement("an Accept that excludes JSON gets 406", section="1", mark="framework")
def accept(ask: Asking) -> None:
    """Ask for a query's answer as CSV."""
    expect(406, ask.query(accept="text/csv").status_code, "status")


@statement("a POST query that is not application/json gets 415", section="1", mark="framework")
def media_type(ask: Asking) -> None:
    """Send JSON as text."""
    expect(415, ask.post("{}", content_type="text/plain").status_code, "status")


@statement("answers carry api-supported-versions, whose exact value is unknown", section="1 and 22")
def supported_versions(ask: Asking) -> str:
    """Look at the header."""
    found = ask.get(ask.path).headers.get("api-supported-versions")
    if not found:
        raise DiffersError("the header is missing")
    return f"its value: {found}"


@statement("JSON is compressed with gzip for those who accept it", section="1")
def compression(ask: Asking) -> None:
    """Accept gzip."""
    response = ask.get(f"{ask.path}/meta", ask.pinned, accept_encoding="gzip")
    expect("gzip", response.headers.get("content-encoding"), "content-encoding")


@statement("there is no ETag and no Last-Modified", section="1")
def caching(ask: Asking) -> None:
    """Look at the headers of metadata."""
    headers = ask.get(f"{ask.path}/meta", ask.pinned).headers
    expect([], [name for name in ("etag", "last-modified") if name in headers], "headers for caching")


@statement("whether HEAD is answered is not known", section="22")
def head(ask: Asking) -> None:
    """Ask with HEAD."""
    raise ObservedError(f"status {ask.get(ask.path, method='HEAD').status_code}")


@statement("an id that is no GUID gets 404 with an empty body", section="2")
def no_guid(ask: Asking) -> None:
    """Ask for a data set called no-guid."""
    response = ask.get("/data-sets/no-guid")
    expect((404, b""), (response.status_code, response.content), "status and body")


@statement("an unknown query parameter gets 400 UnknownField, with its name as sent", section="2")
def unknown_parameter(ask: Asking) -> None:
    """Send a parameter that nobody knows."""
    refused(ask.get(ask.path, {"myParam": "1"}), "UnknownField", "myParam")


@statement("names of query parameters are compared without case", section="2")
def parameter_case(ask: Asking) -> None:
    """Write dataSetVersion in upper case."""
    answered(ask.get(f"{ask.path}/meta", {"DATASETVERSION": ask.pinned["dataSetVersion"], "types": "TimePeriods"}))


@statement("a handler's 404 is a problem document called Not Found", section="3.1")
def not_found(ask: Asking) -> None:
    """Ask for a data set that does not exist."""
    response = ask.get(f"/data-sets/{UNKNOWN}")
    expect((404, "Not Found"), (response.status_code, response.json().get("title")), "status and title")


@statement("errors of JSON endpoints come as application/json", section="3.1")
def error_type(ask: Asking) -> None:
    """Look at the content type of a refusal."""
    response = ask.get("/publications", {"page": "0"})
    refused(response, "GreaterThanOrEqual", "page")
    expect("application/json", response.headers["content-type"].partition(";")[0], "content type")


@statement("a null inside detail stays JSON null", section="3.2", mark="framework")
def null_detail(ask: Asking) -> None:
    """Send a null condition."""
    detail = refused(ask.post({"criteria": {"and": [None]}}), "NotNull", "criteria.and[0]").get("detail", {})
    expect((True, None), ("value" in detail, detail.get("value")), "detail.value")


@statement("a wrong question to an unknown data set gets 400, not 404", section="3.3")
def order_of_checks(ask: Asking) -> None:
    """Ask an unknown data set for page 0."""
    refused(ask.get(f"/data-sets/{UNKNOWN}/query", {"page": "0"}), "GreaterThanOrEqual", "page")


@statement("an entirely empty body asks for everything", section="3.3 and 11", mark="framework")
def empty_body(ask: Asking) -> None:
    """Send no body, with its content type."""
    expect(200, ask.post(b"").status_code, "status")


@statement("the JSON literal null as a body asks for everything", section="11")
def null_body(ask: Asking) -> None:
    """Send null."""
    expect(200, ask.post("null").status_code, "status")


@statement("an empty dataSetVersion= is as good as none", section="5", mark="framework")
def empty_version(ask: Asking) -> None:
    """Send it."""
    answered(ask.get(f"{ask.path}/meta", {"dataSetVersion": "", "types": "TimePeriods"}))


@statement("a version may be written with a v, but not with a V, which is 404", section="5")
def version_forms(ask: Asking) -> None:
    """Ask for both."""
    number = ask.pinned["dataSetVersion"]
    expect(200, ask.get(f"{ask.path}/versions/v{number}").status_code, f"status for v{number}")
    expect(404, ask.get(f"{ask.path}/meta", {"dataSetVersion": f"V{number}"}).status_code, f"status for V{number}")


@statement("names of JSON members are compared without case", section="6", mark="framework")
def member_case(ask: Asking) -> None:
    """Write pageSize in upper case."""
    expect(1, answered(ask.post({"PAGESIZE": 1}))["paging"]["pageSize"], "page size")


@statement("level in a location must be in lower case", section="6 and 11")
def level_case(ask: Asking) -> None:
    """Write it in upper case."""
    location = {"LEVEL": ask.level, "id": "x"}
    expect(400, ask.post({"criteria": {"locations": {"eq": location}}}).status_code, "status")


@statement("comments in JSON are skipped", section="6")
def comments(ask: Asking) -> None:
    """Send both kinds."""
    expect(200, ask.post('{ // one\n "pageSize": /* two */ 1 }').status_code, "status")


@statement("trailing commas in JSON are refused", section="6")
def trailing_comma(ask: Asking) -> None:
    """Send one."""
    expect(400, ask.post('{"pageSize": 1,}').status_code, "status")


@statement("JSON nested deeper than 32 is refused", section="6 and 20", mark="framework")
def depth(ask: Asking) -> None:
    """Nest a condition 40 deep."""
    criteria: dict[str, object] = {"geographicLevels": {"eq": ask.level}}
    for _ in range(40):
        criteria = {"not": criteria}
    expect(400, ask.post({"criteria": criteria}).status_code, "status")


@statement("characters beyond ASCII may come escaped", section="6", mark="framework")
def escapes(ask: Asking) -> None:
    """Look at the bytes of metadata."""
    content = ask.get(f"{ask.path}/meta", ask.pinned).content
    if json.dumps(json.loads(content)).isascii() and "\\u" not in json.dumps(json.loads(content)):
        raise NotAskedError("the metadata has no character beyond ASCII")
    raise ObservedError("escaped" if content.isascii() else "not escaped")


@statement("the data file is gzip whatever is accepted, an attachment, and has no ranges", section="13")
def data_file(ask: Asking) -> None:
    """Ask for its first byte without compression; the body is not read."""
    response = ask.headers_of_file(accept_encoding="identity", range="bytes=0-0")
    headers = response.headers
    expect((200, "gzip"), (response.status_code, headers.get("content-encoding")), "status and encoding")
    expect("text/csv", headers.get("content-type", "").partition(";")[0], "content type")
    name = f"{ask.data_set.id}_v{ask.data_set.version}.csv"
    expect(
        f"attachment; filename={name}; filename*=UTF-8''{name}",
        headers.get("content-disposition"),
        "content-disposition",
    )
    expect("noindex", headers.get("x-robots-tag"), "x-robots-tag")


not_asked(
    "the firewall refuses bodies of more than 128 KB with 403 or 413",
    section="1",
    why="a firewall that blocks a caller may go on blocking it",
)
not_asked(
    "a request that takes longer than 30 seconds gets 504",
    section="1",
    why="it would hold the service up for others",
)
not_asked("a wrong method gets 405", section="3.3", why="nothing but questions is sent")
not_asked(
    "a wildcard version with a number over 2 147 483 647 gets 500",
    section="5",
    mark="not run",
    why="it makes the service fail",
)
