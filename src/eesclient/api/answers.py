"""Answers of a data set version: its data file, checked, and where an answer comes from."""

from __future__ import annotations

import hashlib
from datetime import datetime

import attrs

from ..errors import InvalidResponseError, LockError
from ..models.provenance import Source
from ..query.args import QueryArgs
from ..query.question import Query, build
from . import requests
from .messages import Flow, Response, Work
from .operations import ResolvedVersion
from .problems import raise_for

LARGEST_PAGE = 10_000
"""Rows on the service's largest page."""


@attrs.frozen(kw_only=True)
class RequestContext:
    """Who is asked, and when; the shells say so, as flows have no clock."""

    source: Source
    at: datetime


def whole(pinned: ResolvedVersion) -> Query:
    """The question for all rows and all indicators."""
    return build(QueryArgs(), meta=pinned.meta, data_set_id=pinned.data_set.id, version=pinned.version.version)


def data_file(pinned: ResolvedVersion) -> Flow[Response]:
    """The data file of a version, which is the one that was locked if one was."""
    request = requests.csv(pinned.data_set.id, pinned.version.version)
    response: Response = yield request
    raise_for(request, response)
    if pinned.data_sha256 is not None:
        yield Work(call=lambda: check_digest(pinned, hashlib.sha256(response.body).hexdigest()))
    return response


def check_digest(pinned: ResolvedVersion, digest: str) -> None:
    """Refuse a data file that is not the one that was locked."""
    if pinned.data_sha256 not in (None, digest):
        raise LockError(
            f"the data file of version {pinned.version.version} of {pinned.data_set.title!r} is not the one that was "
            f"locked: its SHA-256 is {digest}, and the lock says {pinned.data_sha256}; nothing in an exact version "
            "should change, so ask the producer, or lock the version again if you trust the file that is there now"
        )


def check_rows(pinned: ResolvedVersion, height: int, url: str) -> None:
    """Refuse a data file that did not come whole: it has fewer rows than the version."""
    expected = pinned.version.total_results
    if height < expected:
        raise InvalidResponseError(
            f"the data file came with {height:,} of its {expected:,} rows: try again", method="GET", url=url
        )
