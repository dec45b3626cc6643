"""The service in a box: requests answered from CSV pairs as the service answers them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import quote, unquote, urlencode

import attrs

from .._classes import frozen
from ..api.json import to_json
from ..api.messages import PREVIEW_HEADER, Request, Response
from ..models.answers import ErrorDetail
from ..models.changes import Changes
from ..models.enums import DataSetStatus
from ..table.match import KnownFailureError
from . import catalogue, rules, views
from .binding import PARAMETERS, QueryParams, find_media_type, read_posted_question, read_question
from .holdings import Caller, DataSetHolding, Holdings, VersionHolding, find_version, parse_guid
from .infer import load_lone
from .kinds import Kind
from .pairs import load_folder
from .rules import RefusedError, json_response, problem_response, refuse
from .synthetic import load_demo

Source: TypeAlias = Literal["local", "synthetic"]
"""Where answers come from; goes into their provenance."""

Clock: TypeAlias = Callable[[], datetime]
"""Tells the time, with its time zone."""

_log = logging.getLogger("eesclient.local")

_PUBLICATIONS_PAGE, _LIST_PAGE = (20, 40), (10, 20)  # default and largest page size, section 2
_DATA_SET, _PUBLICATION = (f"/{name}/(?P<guid>[^/]+)" for name in ("data-sets", "publications"))
_VERSION = f"{_DATA_SET}/versions/(?P<version>[^/]+)"
_ROUTES = {
    "publications": "/publications",
    "publication": _PUBLICATION,
    "publication-data-sets": f"{_PUBLICATION}/data-sets",
    "data-set": _DATA_SET,
    "meta": f"{_DATA_SET}/meta",
    "query": f"{_DATA_SET}/query",
    "csv": f"{_DATA_SET}/csv",
    "versions": f"{_DATA_SET}/versions",
    "version": _VERSION,
    "changes": f"{_VERSION}/changes",
}
# first parts of paths that the service does not lower (section 1)
_EXEMPT = {"_configuration", "identity", "static"}


@frozen(kw_only=True)
class Route:
    """Where a path leads: what answers there, and the path's GUID (lower case, dashes) and trimmed version text."""

    endpoint: str
    id: str = ""
    version: str = ""


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    # it takes as long to make as to load a small file, and few ask for it
    from .openapi import document

    names = {"data-sets": "dataSetId", "publications": "publicationId"}
    templates = {
        endpoint: re.sub(
            r"/([a-z-]+)/\(\?P<guid>[^)]*\)", lambda found: f"/{found[1]}/{{{names[found[1]]}}}", pattern
        ).replace("(?P<version>[^/]+)", "{dataSetVersion}")
        for endpoint, pattern in _ROUTES.items()
    }
    return document(tuple(templates.items()))


def find_route(path: str) -> Route | None:
    """The route of a path below the version segment; None where routing answers 404 with an empty body."""
    for endpoint, pattern in _ROUTES.items():
        # one slash at the end is as good as none, two are not
        match = re.fullmatch(pattern, path.removesuffix("/"))
        if match is not None:
            parts = {"guid": "", "version": ""} | match.groupdict()
            guid = parts["guid"] and parse_guid(parts["guid"])
            # a malformed GUID leads nowhere: routing answers, not a handler with its problem document (section 3.1)
            return None if guid is None else Route(endpoint=endpoint, id=guid, version=parts["version"].strip())
    return None


def lowercase_redirect(url: str) -> str | None:
    """Address that the service redirects to (308) when the path has capitals; both are percent-encoded."""
    encoded, mark, query = url.partition("?")
    path = unquote(encoded)
    if path == path.lower() or _EXEMPT.intersection(path.lower().split("/")):
        return None
    # the query string is kept as it is (section 1)
    return quote(path.lower(), safe="/:") + mark + query


class Service:
    """Answers the requests of API version 1 from local data, with the service's rules; may be shared by threads.

    Attributes:
        source: `local`, or `synthetic` for the demo.
        origin: What tells its answers from those of other services in a store, such as `local:demo`; "" for nothing.
        notes: What was inferred and what cannot be known, where a file was read without its metadata file; what the
            API would not take, where a data set of a folder is outside it.
    """

    def __init__(
        self,
        holdings: Holdings,
        *,
        source: Source = "local",
        origin: str = "",
        clock: Clock = lambda: datetime.now(UTC),
        notes: tuple[str, ...] = (),
    ) -> None:
        """Serve holdings; the clock decides on preview tokens."""
        self.source: Source = source
        self.origin = origin
        self._holdings = holdings
        self._clock = clock
        # of 100,000 locations it takes a third of a second to write, and what a version has never changes
        self._meta_text = lru_cache(maxsize=8)(_meta_text)
        self.notes = notes

    @classmethod
    def from_folder(cls, path: str | Path, *, names: str | Iterable[str] | None = None) -> Self:
        """Load every CSV pair of a folder; nothing is served unless all of it loads.

        Args:
            path: The folder. Each `NAME.csv` or `NAME.csv.gz` with `NAME.meta.csv` becomes a data set at version 1.0;
                `NAME.v1.1.csv` (with `NAME.v1.1.meta.csv`, else `NAME.meta.csv`) adds version 1.1, and so on. What
                files cannot say stands in its `service.toml`, if there is one.
            names: Load only this NAME or these; None for all.

        Raises:
            DataFileError: A file is missing or would not be imported by the service, or `service.toml` is wrong. What
                the API alone would not take is read in data sets outside it, and said in `notes`.
        """
        holdings = load_folder(Path(path), names=names)
        return cls(holdings, origin=Path(path).resolve().as_uri(), notes=holdings.notes)

    @classmethod
    def from_csv(
        cls, path: str | Path, *, labels: Mapping[str, str] | None = None, kinds: Mapping[str, Kind] | None = None
    ) -> Self:
        """Load one data file without its metadata file; `notes` say what was inferred.

        Args:
            path: The file, `NAME.csv` or `NAME.csv.gz`; it may be UTF-8, UTF-16 or Windows-1252.
            labels: Names in words of filters and indicators, by column; others are called by their columns.
            kinds: `filter`, `indicator` or `ignored` by column, where the inference is not wanted.

        Raises:
            DataFileError: It cannot be read without guessing, `kinds` names a column that is not there, or a label is
                not text.
        """
        holdings, origin, notes = load_lone(Path(path), labels=labels, kinds=kinds)
        return cls(holdings, origin=origin, notes=notes)

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Args:
            request: Its path begins below the version segment, `/data-sets/…` for one; for the unofficial addresses of
                the data catalogue, which `host` says, below theirs.
        """
        if request.host != "api":
            return catalogue.handle(self._holdings, request)
        query = f"?{urlencode(request.params)}" if request.params else ""
        redirect = lowercase_redirect(f"{quote(request.path)}{query}")
        if redirect is not None:
            return Response(status=308, headers={"location": f"/v1{redirect}"})
        route = find_route(request.path)
        if route is None:
            return Response(status=404)
        try:
            return self._dispatch(route, request)
        except RefusedError as refused:
            # an endpoint that declares no JSON says so of what it does not find, and of nothing else
            is_undeclared = route.endpoint == "csv" and refused.status == 404
            return problem_response(request, refused, media_type=rules.PROBLEM if is_undeclared else rules.JSON)
        except KnownFailureError as error:
            _log.warning("500, as the service answers to %s %s: %s", request.method, request.path, error)
            return Response(status=500)
        except TimeoutError:
            # the box has no limit of its own; what runs into another's is answered as the service's (section 1)
            return Response(status=504)

    def _dispatch(self, route: Route, request: Request) -> Response:
        # routing comes first, then the method, then all else (section 3.3)
        methods = ["GET", "POST"] if route.endpoint == "query" else ["GET"]
        if request.method not in methods:
            return Response(status=405, headers={"allow": ", ".join(methods)})
        if request.method == "POST" and find_media_type(request) == "other":
            return Response(status=415)
        # each endpoint has a method of its name
        handler: Callable[[Route, Request], Response] = getattr(self, f"_{route.endpoint.replace('-', '_')}")
        return handler(route, request)

    # Publications

    def _publications(self, _: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("page", "pageSize", "search"))
        search = params.member("search")
        paging = _paging(params, _PUBLICATIONS_PAGE, extra=rules.search_errors(search))
        found = [item for item in self._holdings.publications if self._is_published(item.id)]
        # the service orders them by relevance, and without words promises no order (section 7): the box keeps its own
        if words := _words(search or ""):
            ranks = {one.id: (len(words & _words(one.title)), len(words & _words(one.summary))) for one in found}
            found = sorted((one for one in found if any(ranks[one.id])), key=lambda one: ranks[one.id], reverse=True)
        return _json(views.page_of(found, **paging))

    def _publication(self, route: Route, request: Request) -> Response:
        QueryParams(request.params).check()
        for item in self._holdings.publications:
            if item.id == route.id and self._is_published(item.id):
                return _json(item)
        raise RefusedError(404)

    def _publication_data_sets(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("page", "pageSize"))
        paging = _paging(params, _LIST_PAGE)
        # an unknown publication has none, which is not an error (section 7)
        listed = [item for item in self._holdings.of_publication(route.id) if item.is_listed]
        # newest first, then by title and id (section 7)
        listed.sort(key=lambda item: (-_published(item), item.about.title, item.about.id))
        return _json(views.page_of([views.data_set(item) for item in listed], **paging))

    def _is_published(self, publication_id: str) -> bool:
        # a deprecated data set does not count, section 7
        held = self._holdings.of_publication(publication_id)
        return any(item.about.status is DataSetStatus.PUBLISHED for item in held)

    # Data sets

    def _data_set(self, route: Route, request: Request) -> Response:
        QueryParams(request.params).check()
        item = self._find(route.id)
        self._caller(request).check_data_set(item)
        return _json(views.data_set(item))

    def _meta(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("dataSetVersion", "types"))
        types = params.texts("types")
        params.check()
        # before the look-up: a wrong type is a 400 also where there is no such data set (section 3.3)
        refuse(rules.each(types, "types", rules.one_of(rules.META_TYPES)))
        version = self._requested_version(route.id, params)
        self._caller(request).check_version(version)
        return json_response(self._meta_text(version, frozenset(rules.META_TYPES if types is None else types)))

    def _query(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=PARAMETERS)
        question = read_question(params) if request.method == "GET" else read_posted_question(request)
        version = self._requested_version(route.id, params)
        self._caller(request).check_query(version)
        return json_response(views.answer(question, version.engine.answer(question)))

    def _csv(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("dataSetVersion",))
        params.check()
        version = self._requested_version(route.id, params)
        self._caller(request).check_version(version)
        name = f"{route.id}_v{version.about.version}.csv"
        headers = {
            "content-type": "text/csv",
            "content-encoding": "gzip",  # as the service says it; bodies here have their encoding undone
            "content-disposition": f"attachment; filename={name}; filename*=UTF-8''{name}",
            "x-robots-tag": "noindex",
            **rules.SUPPORTED,
        }
        return Response(status=200, headers=headers, body=version.data.csv.read)

    def _versions(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("page", "pageSize"))
        paging = _paging(params, _LIST_PAGE)
        item = self._find(route.id)
        caller = self._caller(request)
        caller.check_data_set(item)
        visible = [
            one
            for one in item.versions
            if not one.about.status.is_draft or (one is item.latest_draft and caller.previews(one))
        ]
        # the service leaves patches out of its order (section 8), so that this one is one of its own
        visible.sort(key=lambda version: version.about.version, reverse=True)
        return _json(views.page_of([views.version(one) for one in visible], **paging))

    def _version(self, route: Route, request: Request) -> Response:
        QueryParams(request.params).check()
        version = find_version(self._find(route.id), route.version)
        self._caller(request).check_version(version)
        return _json(views.version(version))

    def _changes(self, route: Route, request: Request) -> Response:
        params = QueryParams(request.params, known=("includePatchHistory",))
        # an empty value is bound as an absent one
        has_history = params.text("includePatchHistory") is not None and params.boolean("includePatchHistory")
        params.check()
        item = self._find(route.id)
        version = find_version(item, route.version)
        caller = self._caller(request)
        caller.check_version(version)
        # only a patch has a history, and the service fails on others (section 8)
        if has_history and version.about.version.patch == 0:
            raise KnownFailureError("patch-history")
        earlier = item.patches_before(version) if has_history else []
        # one that may not be viewed closes the whole history (section 8)
        for one in earlier:
            caller.check_version(one)
        this, *history = (views.changes(one, item.changes(one)) for one in (version, *earlier))
        return _json(Changes(**attrs.asdict(this, recurse=False), patch_history=tuple(history)))

    def _caller(self, request: Request) -> Caller:
        tokens = [value for name, value in request.headers if name.lower() == PREVIEW_HEADER]
        # other text than a GUID counts as no token (section 4)
        return Caller(now=self._clock(), token=parse_guid(tokens[0]) if tokens else None)

    def _find(self, data_set_id: str) -> DataSetHolding:
        item = self._holdings.data_sets.get(data_set_id)
        if item is None:
            raise RefusedError(404)
        return item

    def _requested_version(self, data_set_id: str, params: QueryParams) -> VersionHolding:
        """The version that `dataSetVersion` names; the latest live one for none or `*`, whatever its status."""
        text = params.text("dataSetVersion")
        # a bare `*` here means the latest live version, unlike `v*` and the one in a path (section 5)
        item = self._find(data_set_id)
        if text is not None and text != "*":
            return find_version(item, text)
        if item.latest is None:
            raise RefusedError(404)
        return item.latest


def _paging(params: QueryParams, sizes: tuple[int, int], *, extra: Iterable[ErrorDetail] = ()) -> dict[str, int]:
    default, largest = sizes
    page, page_size = params.integer("page", 1), params.integer("pageSize", default)
    params.check()
    refuse([*rules.paging_errors(page, page_size, largest=largest), *extra])
    return {"page": page, "page_size": page_size}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _published(item: DataSetHolding) -> float:
    moment = item.latest and item.latest.about.published
    return moment.timestamp() if moment else 0.0


def _meta_text(version: VersionHolding, types: frozenset[str | None]) -> bytes:
    return to_json(views.meta(version.data.meta, types))


def _json(value: Any) -> Response:
    return json_response(to_json(value))


def demo() -> Service:
    """A service that holds two small synthetic data sets, and one outside the API, without files or network.

    They have the ids, columns, options, periods and places of published data sets; their titles end in "(synthetic)",
    and the figures are made up. The SEN set has three versions: 1.0 is what the published page shows, 1.1 adds a year,
    2.0 renames an option and drops one. Its `source` is `synthetic`.
    """
    return Service(load_demo(), source="synthetic", origin="local:demo")
