"""One question, asked of several versions of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import attrs
import polars as pl

from .. import routes
from .._classes import frozen
from ..api import operations
from ..api.messages import Flow, Keep, Operation, Work
from ..api.operations import VersionLike
from ..api.resolved import RequestContext, ResolvedVersion
from ..errors import (
    MigrationError,
    MigrationWarning,
    QueryError,
    UnknownLabelError,
    VersionNotFoundError,
    WithdrawnVersionWarning,
    printable,
    warn,
)
from ..models.data_sets import DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.html import captioned, counted
from ..models.names import as_items, listed
from ..models.versions import Version, fits, parse_version
from ..query.args import plain_mapping
from ..query.question import Query
from ..query.resolve import Resolver
from ..results.result import QueryResult
from ..results.shapes import VersionRows, concat
from ..store.table_cache import TableCache
from . import report as reports
from .migrate import Others


@frozen(kw_only=True, eq=False, repr=False)
class Revisions:
    """The answers of several versions to one question. Made by `PinnedDataSet.revisions`.

    Attributes:
        frame: The answers one below the other, oldest version first, with a column `data_set_version` before the others
            (`data_set_version__version` where the data set has a column of that name). Headings are those of the
            version that the question was made for; labels are those of each version.
        results: The answer of each version, oldest first.
        skipped: Versions that were left out, and why.
    """

    frame: pl.DataFrame
    results: tuple[QueryResult, ...]
    skipped: Mapping[Version, str] = attrs.field(factory=dict)

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        asked = ", ".join(str(result.version) for result in self.results)
        left_out = f"; left out {', '.join(map(str, self.skipped))}" if self.skipped else ""
        return printable(f"revisions {asked}{left_out}\n{self.frame}")

    def _repr_html_(self) -> str:
        asked = ", ".join(str(result.version) for result in self.results)
        left_out = "; ".join(f"left out {version}: {why}" for version, why in self.skipped.items())
        # Polars escapes what cells hold
        return captioned(f"Versions {asked}: {counted(len(self), 'row')}", hint=left_out) + self.frame._repr_html_()


def revisions(
    pinned: ResolvedVersion,
    query: Query,
    context: RequestContext,
    *,
    versions: VersionLike | Iterable[VersionLike] | None = None,
    others: Others = None,
    tables: TableCache | None = None,
) -> Flow[Revisions]:
    """Ask a question of several versions; those whose data file was stored answer from there."""
    others = None if others is None else plain_mapping(others, "others")
    chosen = _chosen(pinned, (yield from operations.all_versions(pinned.data_set.id)), versions)
    skipped = _withdrawn(pinned, chosen)
    wanted = [one for one in chosen if one.version not in skipped]
    path = yield from reports.read_path(pinned, wanted)
    results: list[QueryResult] = []
    rows: list[VersionRows] = []
    targets: list[ResolvedVersion] = []
    for version in wanted:
        targets.append((yield from _pin(pinned, version)))  # noqa: PERF401 - a comprehension cannot ask
    pins = _pins(others, pinned, targets)
    for target in targets:
        report = reports.report(pinned, target.version, target.meta, path)
        try:
            migrated = reports.migrated(report, query, pins.get(target.version.version, others))
        except MigrationError as error:
            skipped[target.version.version] = "; ".join(error.reasons)
            continue
        result = yield from routes.query(target, migrated, context, tables=tables)
        # whatever the next version answers
        yield Keep()
        results.append(result)
        rows.append((result.version, result.frame, result.columns, report.columns_before()))
    if not results:
        reasons = tuple(f"version {version}: {why}" for version, why in sorted(skipped.items()))
        text = "".join(f"\n- {reason}" for reason in reasons) or " it has none that is live"
        raise MigrationError(f"the question can be asked of no version of the data set:{text}", reasons=reasons)
    if left_out := [f"{one.version}: {skipped[one.version]}" for one in wanted if one.version in skipped]:
        warn(f"versions to which the question cannot be asked without a guess: {'; '.join(left_out)}", MigrationWarning)
    frame: pl.DataFrame = yield Work(call=partial(concat, query, rows))
    return Revisions(frame=frame, results=tuple(results), skipped=dict(sorted(skipped.items())))


def _chosen(
    pinned: ResolvedVersion, known: Sequence[DataSetVersion], versions: VersionLike | Iterable[VersionLike] | None
) -> list[DataSetVersion]:
    """The versions meant, oldest first."""
    # where a preview token is sent, the list has the draft too
    public = sorted((one for one in known if not one.status.is_draft), key=lambda one: one.version)
    if versions is None:
        return public
    items = as_items(versions)
    wanted = [*map(parse_version, cast("Iterable[Any]", (versions,) if items is None else items))]
    if not wanted:
        raise QueryError("versions= is an empty list: leave it out for all versions")
    found = {text: [one for one in public if fits(one.version, text)] for text in wanted}
    missing = [str(text) for text, those in found.items() if not those]
    if missing:
        there = ", ".join(str(one.version) for one in public) or "none"
        raise VersionNotFoundError(f"data set {pinned.data_set.id} has no version {', '.join(missing)}; it has {there}")
    return [one for one in public if any(one in those for those in found.values())]


def _withdrawn(pinned: ResolvedVersion, chosen: Sequence[DataSetVersion]) -> dict[Version, str]:
    # the service refuses to query a withdrawn version, but gives its data file
    if pinned.withdrawn == "read":
        return {}
    gone = [one for one in chosen if one.status == DataSetVersionStatus.WITHDRAWN]
    if gone:
        numbers = ", ".join(str(one.version) for one in gone)
        warn(
            f"left out because they were withdrawn: {numbers} of {pinned.data_set.title!r}; open the data set with "
            'withdrawn="read" to have their data files answer',
            WithdrawnVersionWarning,
        )
    return {one.version: attrs.evolve(pinned, version=one).withdrawal() for one in gone}


def _pin(pinned: ResolvedVersion, version: DataSetVersion) -> Operation[ResolvedVersion]:
    if version.version == pinned.version.version:
        return pinned
    meta, _ = yield from operations.metadata(pinned.data_set.id, version)
    # what opening warned of was said of another version
    return attrs.evolve(pinned, version=version, meta=meta, notices=())


def _pins(
    others: Others, pinned: ResolvedVersion, targets: Sequence[ResolvedVersion]
) -> dict[Version, Mapping[str, str]]:
    """The part of `others=` that is for each version: it pins the new filters that it has."""
    if others is None or isinstance(others, str):
        return {}
    here = Resolver(pinned.meta)
    names = [name for name in others if here.filter(name) is None]
    found: dict[Version, Mapping[str, str]] = {}
    for target in targets:
        resolver = Resolver(target.meta)
        found[target.version.version] = {name: others[name] for name in names if resolver.filter(name) is not None}
    missing = [name for name in others if not any(name in pins for pins in found.values())]
    if missing:
        raise UnknownLabelError(
            f"others= pins filters that only other versions have, and none of those asked has {listed(missing)} anew",
            unknown=missing,
        )
    return found
