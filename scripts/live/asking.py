"""Plain requests to the service, without our client, and what they need to know of one data set."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import httpx

import eesclient as ees

from .outcomes import DiffersError, NotAskedError, expect
from .polite import Polite

TIMEOUT = 60.0


class Asking:
    """Asks about one data set at one version.

    Args:
        base_url: Address without the version segment.
        polite: What sends.
        data_set: The data set, opened.
    """

    def __init__(self, base_url: str, polite: Polite, data_set: ees.PinnedDataSet) -> None:
        self._http = httpx.Client(base_url=f"{base_url}/v1", transport=polite, timeout=TIMEOUT)
        self.data_set = data_set
        self.path = f"/data-sets/{data_set.id}"
        self.meta = data_set.meta
        self.pinned = {"dataSetVersion": str(data_set.version)}

    def get(self, path: str, params: Any = None, *, method: str = "GET", **headers: str) -> httpx.Response:
        """Send a GET request; header names are written with `_` for `-`."""
        return self._http.request(method, path, params=params, headers=_named(headers))

    def query(self, params: Any = (), **headers: str) -> httpx.Response:
        """Send a question of one small page by GET."""
        return self.get(f"{self.path}/query", [*self.pinned.items(), ("pageSize", "1"), *params], **headers)

    def post(self, body: object, params: Any = None, **headers: str) -> httpx.Response:
        """Send a question by POST: bytes and text as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body)
        named = {"content-type": "application/json"} | _named(headers)
        return self._http.post(f"{self.path}/query", params=params or self.pinned, content=content, headers=named)

    def rows(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question by POST."""
        return answered(self.post({"pageSize": 1, **body}))

    def total(self, criteria: object) -> int:
        """How many rows meet a condition."""
        return int(self.rows({"criteria": criteria})["paging"]["totalResults"])

    def headers_of_file(self, **headers: str) -> httpx.Response:
        """The answer of the data file's address, whose body is not read."""
        with self._http.stream("GET", f"{self.path}/csv", params=self.pinned, headers=_named(headers)) as response:
            return response

    @cached_property
    def option(self) -> str:
        """An option's id."""
        return next((option.id for item in self.meta.filters for option in item.options), "") or _none("filter")

    @cached_property
    def indicator(self) -> str:
        """An indicator's id."""
        return next((item.id for item in self.meta.indicators), "") or _none("indicator")

    @cached_property
    def level(self) -> str:
        """A level's code."""
        return next((str(item.code) for item in self.meta.levels), "") or _none("geographic level")

    @cached_property
    def period(self) -> dict[str, str]:
        """A time period as questions write it."""
        for item in self.meta.periods:
            if item.is_matchable:
                return {"period": item.period, "code": str(item.code)}
        return {"period": _none("time period that a question can match")}

    def close(self) -> None:
        """Close the client; the transport stays open."""
        self._http.close()


def _none(what: str) -> str:
    raise NotAskedError(f"the data set has no {what}")


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def answered(response: httpx.Response) -> Any:
    """The JSON of a good answer."""
    expect(200, response.status_code, f"status of {response.request.method} {response.url.path}")
    return response.json()


def refused(response: httpx.Response, code: str, path: str | None = None) -> dict[str, Any]:
    """The one error of a 400, which has this code and path."""
    expect(400, response.status_code, "status")
    errors: Any = response.json().get("errors")
    if not isinstance(errors, list) or len(errors) != 1:
        raise DiffersError(f"expected one error, got {errors!r}"[:500])
    expect(code, errors[0].get("code"), "code")
    if path is not None:
        expect(path, errors[0].get("path"), "path")
    found: dict[str, Any] = errors[0]
    return found


def warned(answer: dict[str, Any]) -> list[str]:
    """Codes of the warnings of an answer."""
    return [warning["code"] for warning in answer["warnings"]]
