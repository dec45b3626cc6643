"""Whether stored answers can be read, and are about what their refs say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..api.json import parsed
from ..api.messages import Request, Response
from ..api.reading import About, check_page, read_as
from ..errors import EESError
from ..models.changes import Changes
from ..models.data_sets import DataSet, DataSetVersion, Page
from ..models.meta import Meta
from ..models.versions import Version

if TYPE_CHECKING:
    from .blobs import Ref, Store

_TYPES: Mapping[str, Any] = {
    "data set": DataSet,
    "versions": Page[DataSetVersion],
    "version": DataSetVersion,
    "changes": Changes,
    "meta": Meta,
    "query": Page[Mapping[str, Any]],
    "listing": object,
}
"""What answers of a kind are read as; files and tables are read by others."""


def unreadable(ref: Ref, body: bytes) -> str:
    """Words for why an answer cannot be read, or is not the one that its ref says; "" where all is well."""
    about: About = {"data set": ref.data_set}.get(ref.kind)
    try:
        method, path, params, sent, *_ = json.loads(ref.request)
        sent = None if sent is None else json.dumps(sent).encode()
        request = Request(method=method, path=path, params=tuple((name, value) for name, value in params), body=sent)
    except (ValueError, TypeError):
        # what is named otherwise is not of this package
        return ""
    response = Response(status=200, body=body, url=ref.url)
    try:
        if ref.kind in ("version", "changes"):
            about = Version.parse(str(ref.version))
        found = read_as(_TYPES.get(ref.kind, object), about, request, response)
        if isinstance(found, Page):
            check_page(request, response, found.paging, len(found.results))
    except (EESError, ValueError) as error:
        return str(error)
    return ""


def disagreeing(store: Store) -> list[str]:
    """Paths of stored pages which say another number of rows than another page of the same answer."""
    totals: dict[tuple[object, ...], dict[str, int]] = {}
    for path in store.files.list("refs"):
        # what cannot be read is told by itself
        with suppress(EESError, ValueError, LookupError, TypeError):
            ref = store.ref(path)
            if ref is not None and ref.kind == "query":
                total = parsed(store.read(ref))["paging"]["totalResults"]
                answer = re.sub(r'"page":\d+|\["page","\d+"\]', "", ref.request)
                totals.setdefault((ref.origin, ref.version, answer), {})[ref.path] = total
    return [path for pages in totals.values() if len({*pages.values()}) > 1 for path in pages]
