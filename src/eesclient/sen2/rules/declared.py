"""Rules as rows: what each says, how sure that is, from whom it is known, and what it cannot judge."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from ..._classes import frozen
from ..errors import SEN2Error, did_you_mean
from ..specification import rows_of, specification

if TYPE_CHECKING:
    import polars as pl

SEVERITIES = {
    "structure": "records and elements that are missing, unknown or too many",
    "code": "values that are not written as their format or code list says",
    "guide": "what the guide to the return says of values that go together",
    "sanity": "plain checks of our own, no statement of the department",
    "note": "points in which public sources differ, or that none of them settles",
}
"""Severities, in our own words, and what they stand for."""


@frozen(kw_only=True)
class Rule:
    """A rule of a year, in our own words and with our own id; none of them is one of the department's.

    Attributes:
        id: Our id: S structure, F format, K code list, G guide, O our own, N note.
        severity: One of `SEVERITIES`.
        confidence: `A` where independent sources agree, `B` where one says it or they differ in detail, `C` where that
            one is weak, `own` where it is a check of our own.
        says: What is expected.
        elements: Tags that it is about.
        source: Keys of the sources.
        untested: Why it cannot be tested from a return alone, or "".
        note: What it leaves out, or infers.
    """

    id: str
    severity: str
    confidence: str
    says: str
    elements: tuple[str, ...]
    source: tuple[str, ...]
    untested: str
    note: str


@cache
def declared(year: int) -> tuple[Rule, ...]:
    """The rules of a year, in the order of their ids; a rule without words is no longer one."""
    return tuple(
        Rule(
            id=row["rule"],
            severity=row["severity"],
            confidence=row["confidence"],
            says=row["says"],
            elements=tuple(row["elements"].split()),
            source=tuple(row["source"].split()),
            untested=row["untested"],
            note=row["note"],
        )
        for row in rows_of(year, "rules", "rule", told="says")
    )


def chosen(year: int, only: str | Iterable[str] | None) -> tuple[Rule, ...]:
    """The rules of a year, or those of them with the ids, first letters or severities that are asked for.

    Raises:
        SEN2Error: One of them is none of the year.
    """
    known = declared(year)
    if only is None:
        return known
    asked = [only] if isinstance(only, str) else list(only)
    names = {name for rule in known for name in (rule.id, rule.id[0], rule.severity)}
    for name in asked:
        if name not in names:
            raise SEN2Error(
                f"only={name!r}: no rule of {year}, first letter of one, or severity ({', '.join(SEVERITIES)})"
                f"{did_you_mean(name, names)}"
            )
    return tuple(rule for rule in known if {rule.id, rule.id[0], rule.severity} & set(asked))


def rules(year: int) -> pl.DataFrame:
    """The rules that a return of a year is checked by: our own, from public sources; the department's are not public.

    Args:
        year: Year of the return, 2023 to 2026.

    Returns:
        A row for each rule: `rule` (our id), `severity`, `confidence`, `says`, `elements` and `items` (lists of text),
        `sources` (keys of the specification's sources), `tested`, `untested` (why not) and `note`.

    Raises:
        SEN2Error: There is no specification for the year.
    """
    import polars as pl

    spec = specification(year)
    items: dict[str, list[str]] = {}
    for element in spec.elements:
        items.setdefault(element.name, []).extend(filter(None, [element.item]))
    return pl.DataFrame(
        [
            {
                "rule": rule.id,
                "severity": rule.severity,
                "confidence": rule.confidence,
                "says": rule.says,
                "elements": [name for name in rule.elements if name in items],
                "items": [item for name in rule.elements for item in items.get(name, ())],
                "sources": list(rule.source),
                "tested": not rule.untested,
                "untested": rule.untested,
                "note": rule.note,
            }
            for rule in declared(year)
        ],
        schema_overrides={"elements": pl.List(pl.String), "items": pl.List(pl.String)},
    )
