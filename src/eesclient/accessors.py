"""Building blocks of the modules that `ees codegen` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from .models.meta import Meta
from .query.resolve import Resolver

Options: TypeAlias = Mapping[str, Sequence[str]]
"""Options by filter; both as questions name them."""


class HasMeta(Protocol):
    """An opened data set."""

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        ...


def check(data_set: HasMeta, *, indicators: Sequence[str], filters: Options) -> None:
    """Check that an opened data set has every name; nothing is sent.

    Args:
        data_set: A data set at any version.
        indicators: Names of indicators.
        filters: Names of options, by filter.

    Raises:
        UnknownLabelError: Names are missing; the message lists all of them, each with the nearest.
        AmbiguousLabelError: A name fits several things.
    """
    resolver = Resolver(data_set.meta)
    for name in indicators:
        resolver.indicator(name)
    for name, options in filters.items():
        filter_ = resolver.filter(name)
        if filter_ is not None:
            for option in options:
                resolver.option(filter_, option)
    resolver.findings.raise_any()


def additions(meta: Meta, *, indicators: Sequence[str], filters: Options) -> tuple[str, ...]:
    """Names that metadata has beside those given, in words.

    Args:
        meta: Metadata of a version that has every name.
        indicators: Names of indicators.
        filters: Names of options, by filter; of a filter with none, its options are not looked at.
    """
    resolver = Resolver(meta)
    found = {known.id for name in indicators if (known := resolver.indicator(name))}
    lines = [f"indicator {item.label!r} ({item.column})" for item in meta.indicators if item.id not in found]
    named = {filter_.id: options for name, options in filters.items() if (filter_ := resolver.filter(name))}
    for each in meta.filters:
        if each.id not in named:
            lines.append(f"filter {each.label!r} ({each.column}), {len(each.options):,} options")
        elif named[each.id]:
            have = {option.id for name in named[each.id] if (option := resolver.option(each, name))}
            lines += [f"option {o.label!r} of filter {each.label!r}" for o in each.options if o.id not in have]
    return tuple(lines)
