"""The addresses behind the data catalogue, in the box: unofficial in the service, and so no part of its rules here.

What answers is as the reference on the catalogue describes it; where that says nothing, so does the box.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

from .._classes import frozen
from ..api.json import to_json
from ..api.messages import Request, Response
from ..errors import DataFileError
from ..models.answers import Page, Publication
from ..models.meta import Filter, Indicator
from ..models.names import GUID
from ..table.text import CsvFile
from .holdings import DataSetHolding, Holdings, VersionHolding, slug, stable_id
from .packing import Content
from .views import page_of

Json: TypeAlias = dict[str, Any]

_GUID = rf"(?P<id>{GUID})"
_FILE = re.compile(rf"/data-set-files/{_GUID}(?P<download>/download)?")
_SITE = re.compile(rf"/data-catalogue/data-set/{_GUID}/csv")
_RELEASES = re.compile(r"/publications/(?P<slug>[^/]+)/releases")
_DEFAULT_PAGE, _LARGEST_PAGE, _LAST_PAGE = 10, 40, 9999
_SHORTEST = 3
_PREVIEW = 5
_PREVIEW_BYTES = 64 * 1024
_SORTS = ("Natural", "Published", "Relevance", "Title")


class _RefusedError(Exception):
    """The parameters make no sense."""


@frozen(kw_only=True, eq=False)
class CatalogueFile:
    """A file of the catalogue: one release's file of a data set, in the API or outside it."""

    data_set: DataSetHolding
    version: VersionHolding
    publication: Publication
    theme: str
    in_api: bool

    @property
    def id(self) -> str:
        """The file's id."""
        return self.version.about.file_id

    @property
    def is_latest(self) -> bool:
        """True if its release is the latest."""
        return self.version is next(one for one in reversed(self.data_set.versions) if one.about.status.is_live)

    @property
    def name(self) -> str:
        """Name of the file."""
        return f"{slug(self.data_set.about.title)}.csv"

    @property
    def release_id(self) -> str:
        """Id of the version of its release."""
        return stable_id("release", self.publication.id, self.version.about.release.slug)


def handle(holdings: Holdings, request: Request) -> Response:
    """Answer a request to the catalogue's addresses."""
    if request.method != "GET":
        return Response(status=405, headers={"allow": "GET"})
    files = {item.id: item for item in _live_files(holdings)}
    path = request.path.rstrip("/").lower()
    if request.host == "site":
        page = _SITE.fullmatch(path)
        return _download(files.get(page["id"]) if page else None)
    if found := _FILE.fullmatch(path):
        item = files.get(found["id"])
        return _download(item) if found["download"] else _answer(item and _page(item))
    try:
        return _answer(_list(holdings, list(files.values()), path, dict(request.params)))
    except _RefusedError as refused:
        return _answer({"title": "One or more validation errors occurred.", "detail": str(refused)}, status=400)


def _live_files(holdings: Holdings) -> Iterator[CatalogueFile]:
    """Files of all data sets and releases."""
    publications = {item.id: item for item in holdings.publications}
    for held, in_api in ((holdings.data_sets, True), (holdings.outside, False)):
        for data_set in held.values():
            about = data_set.about.publication_id
            theme = holdings.themes.get(about, "Local data")
            one = partial(CatalogueFile, data_set=data_set, publication=publications[about], theme=theme, in_api=in_api)
            yield from (one(version=item) for item in data_set.versions if item.about.status.is_live)


def _list(holdings: Holdings, files: list[CatalogueFile], path: str, params: Mapping[str, str]) -> Any:
    if of_publication := _RELEASES.fullmatch(path):
        return _releases(files, of_publication["slug"])
    themes = sorted({item.theme for item in files})
    lists: dict[str, Callable[[], Any]] = {
        "/data-set-files": lambda: _search(files, params),
        "/data-set-files/sitemap-items": lambda: [
            {"id": item.id, "lastModified": _time(item)} for item in files if item.is_latest
        ],
        "/publications/tree": lambda: _tree(holdings, files, params),
        "/themes": lambda: [_theme(title, slug=slug(title), summary="") for title in themes],
    }
    return lists[path]() if path in lists else None


# Lists


def _search(files: Iterable[CatalogueFile], params: Mapping[str, str]) -> Page[Json]:
    page = _number(params, "page", 1, _LAST_PAGE)
    page_size = _number(params, "pageSize", _DEFAULT_PAGE, _LARGEST_PAGE)
    found = _sorted([item for item in files if _matches(item, params)], params)
    return page_of([_summary(item) for item in found], page=page, page_size=page_size)


def _number(params: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = params.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= largest:
        raise _RefusedError(f"{name} must be between 1 and {largest}")
    return int(text)


def _matches(item: CatalogueFile, params: Mapping[str, str]) -> bool:
    words = params.get("searchTerm", "").lower()
    if 0 < len(words) < _SHORTEST:
        raise _RefusedError(f"searchTerm must have {_SHORTEST} characters or more")
    latest = params.get("latestOnly", "false" if "releaseId" in params else "true").lower()
    about = item.data_set.about
    text = f"{about.title} {about.summary} {item.publication.title}".lower()
    wanted = {
        "themeId": stable_id("theme", item.theme),
        "publicationId": item.publication.id,
        "releaseId": item.release_id,
    }
    levels = [str(level.code) for level in item.version.data.levels]
    return (
        all(params.get(name, value).lower() == value for name, value in wanted.items())
        and ("geographicLevel" not in params or params["geographicLevel"] in levels)
        and (latest == "false" or item.is_latest)
        and (params.get("dataSetType", "All") == "All" or item.in_api)
        and all(word in text for word in words.split())
    )


def _sorted(found: list[CatalogueFile], params: Mapping[str, str]) -> list[CatalogueFile]:
    by = params.get("sort", "Relevance" if "searchTerm" in params else "Published")
    needs = {"Natural": "releaseId", "Relevance": "searchTerm"}.get(by)
    if by not in _SORTS or (needs and needs not in params):
        raise _RefusedError(f"sort: {by} is not known, or needs {needs}")
    # sorting is stable: between equals, title and id decide
    found.sort(key=lambda item: (item.data_set.about.title, item.id))
    descending = params.get("sortDirection", "Asc" if by == "Title" else "Desc") == "Desc"
    if by == "Title":
        found.sort(key=lambda item: item.data_set.about.title, reverse=descending)
    if by == "Published":
        found.sort(key=lambda item: str(_time(item)), reverse=descending)
    return found


def _tree(holdings: Holdings, files: list[CatalogueFile], params: Mapping[str, str]) -> list[Json]:
    if params.get("filter") != "DataCatalogue":
        raise _RefusedError("filter is required: DataCatalogue")
    shown_here = {item.publication.id: item.theme for item in files}
    return [
        _theme(
            theme,
            publications=[
                _named(item) | {"isSuperseded": False, "latestReleaseHasData": True}
                for item in holdings.publications
                if shown_here.get(item.id) == theme
            ],
        )
        for theme in sorted({item.theme for item in files})
    ]


def _theme(title: str, **more: Any) -> Json:
    return {"id": stable_id("theme", title), "title": title, **more}


def _releases(files: Iterable[CatalogueFile], publication: str) -> list[Json] | None:
    found = {item.release_id: item for item in files if item.publication.slug == publication}
    return [
        _release(item) | {"releaseId": stable_id("series", id_), "latestRelease": item.is_latest}
        for id_, item in found.items()
    ] or None


# One file


def _summary(item: CatalogueFile) -> Json:
    about = item.data_set.about
    return _in_api(item) | {
        "id": item.id,
        "fileId": stable_id("blob", item.id),
        "filename": item.name,
        "fileSize": _size(item.version.data.csv.size),
        "fileExtension": "csv",
        "title": about.title,
        "content": about.summary,
        "theme": _theme(item.theme),
        "publication": _named(item.publication),
        "release": _named_release(item),
        "latestData": item.is_latest,
        "isSuperseded": item.data_set.about.superseding_data_set_id is not None,
        "published": _time(item),
        "lastUpdated": _time(item),
        "meta": _meta(item),
    }


def _page(item: CatalogueFile) -> Json:
    data = item.version.data
    records = _first_records(data.csv)
    columns: list[Filter | Indicator] = [*data.meta.filters, *data.meta.indicators]
    about = item.data_set.about
    return _in_api(item) | {
        "id": item.id,
        "title": about.title,
        "summary": about.summary,
        "file": {
            "id": stable_id("blob", item.id),
            "name": item.name,
            "size": _size(data.csv.size),
            "meta": _meta(item),
            "dataCsvPreview": {"headers": records[0], "rows": records[1:]},
            "variables": [{"label": one.label, "value": one.column} for one in columns],
            "subjectId": stable_id("subject", item.id),
        },
        "release": _release(item)
        | {
            "isLatestPublishedRelease": item.is_latest,
            "isSuperseded": item.data_set.about.superseding_data_set_id is not None,
            "lastUpdated": _time(item),
            "publication": _named(item.publication) | {"themeTitle": item.theme},
        },
        "footnotes": [
            {"id": stable_id("footnote", item.id, label), "label": label} for label in item.version.about.footnotes
        ],
    }


def _first_records(content: Content) -> list[list[str]]:
    """Headings and rows that a page shows."""
    size = _PREVIEW_BYTES
    while True:
        # of the second half nothing is read but that it is there, so that the last record may be cut
        file = CsvFile(io.BytesIO(content.read(2 * size)), size=size)
        try:
            frame = next(file.frames())
        except DataFileError:
            # a cell is longer than this
            if size >= content.size:
                raise
        else:
            if frame.height >= _PREVIEW or size >= content.size:
                return [[*file.headings], *map(list, frame.head(_PREVIEW).fill_null("").rows())]
        size *= 4


def _meta(item: CatalogueFile) -> Json:
    data = item.version.data
    return {
        "numDataFileRows": data.summary.rows,
        "geographicLevels": [level.label for level in data.meta.levels],
        "timePeriodRange": {"from": data.periods[0].label, "to": data.periods[-1].label},
        "filters": [one.label for one in data.meta.filters],
        "indicators": [one.label for one in data.meta.indicators],
    }


def _in_api(item: CatalogueFile) -> Json:
    about = {"id": item.data_set.about.id, "version": str(item.version.about.version)}
    return {"api": about} if item.in_api else {}


def _named(item: Publication) -> Json:
    return {"id": item.id, "slug": item.slug, "title": item.title}


def _named_release(item: CatalogueFile) -> Json:
    release = item.version.about.release
    return {"id": item.release_id, "title": release.title, "slug": release.slug}


def _release(item: CatalogueFile) -> Json:
    return _named_release(item) | {"type": "OfficialStatistics", "published": _time(item)}


def _time(item: CatalogueFile) -> str | None:
    published = item.version.about.published
    return None if published is None else published.isoformat()


def _size(count: int) -> str:
    for unit in ("B", "Kb", "Mb"):
        if count < 1024:
            return f"{count} {unit}"
        count = round(count / 1024)
    return f"{count} Gb"


# Answers


def _download(item: CatalogueFile | None) -> Response:
    if item is None:
        return Response(status=404)
    headers = {"content-type": "text/csv", "content-disposition": f'attachment; filename="{item.name}"'}
    return Response(status=200, headers=headers, body=item.version.data.csv.read)


def _answer(value: Any, *, status: int = 200) -> Response:
    if value is None:
        return Response(status=404)
    headers = {"content-type": "application/json; charset=utf-8"}
    return Response(status=status, headers=headers, body=to_json(value))
