"""A question about one version, rewritten for another: by what the service says is the same, or not at all.

What is followed: a thing whose id is the same, or whose id before and after stands in an `updated` entry; a level or
time period of the same code. Nothing is followed by its label or code alone: where something new looks like what is
gone, the reason says so, and the decision is the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ..errors import MigrationError, MigrationWarning, QueryError, TotalError, warn
from ..models.changes import Lineage
from ..models.meta import Filter, FilterOption, Meta
from ..models.names import fold, listed
from ..models.versions import Version
from ..query.args import Sort, total_of
from ..query.question import Query
from ..query.request import render_body
from ..query.resolve import Resolver, filter_ids
from ..query.tree import conjunction, normalise
from .rewrite import Rewriter

Others = str | Mapping[str, str] | None
"""What filters are pinned to that the other version has and the question's does not."""


def migrate(query: Query, *, current: Meta, version: Version, lineage: Lineage, others: Others = None) -> Query:
    """Rewrite a question for another version of its data set.

    Args:
        query: The question.
        current: Metadata of the other version.
        version: Its number.
        lineage: Ids that changed on the way to it.
        others: What filters are pinned to that only the other version has: `"Total"`, or filter to option; None pins
            them to their total where the question itself was made so.

    Raises:
        MigrationError: The question would need a guess; the error has every reason.
    """
    rewriter = Rewriter(previous=query.meta, current=current, lineage=lineage, version=version)
    criteria = rewriter.rewrite(None if query.criteria is None else normalise(query.criteria))
    parts = [(name, node) for name, part in query.parts if (node := rewriter.rewrite(normalise(part))) is not None]
    indicators = _present(rewriter.indicator(item.id) for item in query.indicators)
    sort = _present(_sort(item, rewriter) for item in query.sort)
    columns = {item.column: item.id for item in query.meta.indicators}
    dtypes = {
        found.column: type_
        for column, type_ in query.dtypes.items()
        if (found := rewriter.indicator(columns.get(column, column))) is not None
    }
    pinned = _pinned_before(query, rewriter)
    chosen = _new_filters(query, rewriter, others)
    _gone_filters(query, rewriter)
    _raise_any(rewriter)
    parts += [("others", filter_ids(filter_, [option])) for filter_, option in chosen]
    whole = conjunction([*([] if criteria is None else [criteria]), *(filter_ids(f, [o]) for f, o in chosen)])
    migrated = attrs.evolve(
        query,
        version=version,
        meta=current,
        criteria=None if whole is None else normalise(whole),
        indicators=indicators,
        sort=sort,
        parts=tuple(parts),
        pinned=pinned | {filter_.label: option.label for filter_, option in chosen},
        dtypes=dtypes,
    )
    render_body(migrated)  # a question that the service would refuse is refused here
    notices = tuple(dict.fromkeys(rewriter.notices))
    if notices:
        warn(f"for version {version} of the data set: " + "; ".join(notices), MigrationWarning)
    return migrated


def _raise_any(rewriter: Rewriter) -> None:
    reasons = tuple(dict.fromkeys(rewriter.reasons))
    if not reasons:
        return
    head = f"the question cannot be asked of version {rewriter.version} without a guess"
    text = f"{head}: {reasons[0]}" if len(reasons) == 1 else "\n".join([f"{head}:", *(f"- {one}" for one in reasons)])
    raise MigrationError(f"{text}; build the question anew for that version", reasons=reasons)


def _present(found: Iterator[Any]) -> tuple[Any, ...]:
    return tuple(item for item in found if item is not None)


def _sort(sort: Sort, rewriter: Rewriter) -> Sort | None:
    kind, _, name = sort.field.partition("|")
    followers: Mapping[str, Callable[[str], str | None]] = {
        "filter": lambda id_: getattr(rewriter.filter(id_), "id", None),
        "indicator": lambda id_: getattr(rewriter.indicator(id_), "id", None),
        "location": rewriter.location_level,
    }
    if kind not in followers:
        return sort
    found = followers[kind](name)
    return None if found is None else attrs.evolve(sort, field=f"{kind}|{found}")


def _pinned_before(query: Query, rewriter: Rewriter) -> dict[str, str]:
    """The choices of `others=`, by the labels of the other version."""
    pinned = {}
    for filter_, option in _chosen_before(query):
        after, option_after = rewriter.filter(filter_.id), rewriter.option(filter_.id, option.id)
        if after is not None and option_after is not None:
            pinned[after.label] = option_after.label
    return pinned


def _chosen_before(query: Query) -> Iterator[tuple[Filter, FilterOption]]:
    for label, option_label in query.pinned.items():
        for filter_ in query.meta.filters:
            options = [option for option in filter_.options if option.label == option_label]
            if filter_.label == label and options:
                yield filter_, options[0]


# Filters that came or went divide the rows otherwise


def _new_filters(query: Query, rewriter: Rewriter, others: Others) -> list[tuple[Filter, FilterOption]]:
    new = [item for item in rewriter.new("filter", query.meta.filters, rewriter.current.filters) if item.options]
    asked = others if others is not None else ("Total" if _is_by_totals(query) else None)
    named = _named(asked, new, rewriter.current)
    chosen: list[tuple[Filter, FilterOption]] = []
    for filter_ in new:
        option = _choice(filter_, named.get(filter_.id), rewriter)
        if option is not None:
            chosen.append((filter_, option))
            rewriter.notices.append(f"new filter {filter_.label!r} pinned to {option.label!r}")
    return chosen


def _is_by_totals(query: Query) -> bool:
    """True if `others="Total"` made the question: it pinned something, and only to totals."""
    pairs = list(_chosen_before(query))
    return bool(pairs) and all(_total(filter_) == option for filter_, option in pairs)


def _total(filter_: Filter) -> FilterOption | None:
    try:
        return total_of(filter_)
    except TotalError:
        return None


def _named(asked: Others, new: list[Filter], current: Meta) -> dict[str, str]:
    """Names of the options asked for, by id of the new filter."""
    if asked is None:
        return {}
    if isinstance(asked, str):
        if fold(asked) != "total":
            raise QueryError(f'others={asked!r}: write "Total", or a mapping of filter to option')
        return {filter_.id: asked for filter_ in new}
    resolver = Resolver(current)
    found = {filter_.id: option for name, option in asked.items() if (filter_ := resolver.filter(name))}
    resolver.findings.raise_any()
    old = [item.label for item in current.filters if item.id in found and item not in new]
    if old:
        raise QueryError(f"others= pins filters that only the other version has, and {listed(old)} the question's has")
    return found


def _choice(filter_: Filter, name: str | None, rewriter: Rewriter) -> FilterOption | None:
    if name is not None and fold(name) != "total":
        resolver = Resolver(rewriter.current)
        option = resolver.option(filter_, name)
        resolver.findings.raise_any()
        return option
    if name is not None and (total := _total(filter_)) is not None:
        return total
    if len(filter_.options) == 1:
        rewriter.notices.append(f"new filter {filter_.label!r} has one option only, and is left open")
        return None
    choices = listed([option.label for option in filter_.options])
    without = "it has not exactly one total" if name is not None else "the question does not say which it means"
    rewriter.reasons.append(
        f"filter {filter_.label!r} is new and divides the rows, and {without}: "
        f"others={{{filter_.label!r}: ...}} with one of {choices} says it"
    )
    return None


def _gone_filters(query: Query, rewriter: Rewriter) -> None:
    for filter_ in query.meta.filters:
        if rewriter.has_filter(filter_.id) or filter_.id in rewriter.gone_filters:
            continue
        if len(filter_.options) > 1:
            rewriter.reasons.append(f"filter {filter_.label!r} is gone, which divided the rows")
        elif filter_.options:
            rewriter.notices.append(f"filter {filter_.label!r} is gone, which had one option only")
