"""The return's calendar, and what changed from one year's specification to another's: both from the tables alone."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import polars as pl

from .errors import SEN2Error
from .specification import CodeList, Element, Specification, specification, years

CHANGES = pl.Schema(dict.fromkeys(("what", "element", "item", "path", "before", "after", "note"), pl.String))
"""Columns of `changes`."""


def calendar() -> pl.DataFrame:
    """Census day and deadline of every year that something is known of.

    Returns:
        A row for each year, oldest first: `year`, `census_day`, `deadline` (null where no public source says),
        `scope` (`return` where the structure is known, `dates` where dates are all), `confidence` in the structure
        (`A` to `C`, "" where there is none), `source` (keys of the specification's sources) and `note`.
    """
    return pl.DataFrame(
        [
            {
                "year": known.year,
                "census_day": known.census_day,
                "deadline": known.deadline,
                "scope": known.scope,
                "confidence": known.confidence,
                "source": " ".join(known.source),
                "note": known.note,
            }
            for known in years().values()
        ],
        schema_overrides={"census_day": pl.Date, "deadline": pl.Date},
    )


def changes(before: int, after: int) -> pl.DataFrame:
    """What changed between the specifications of two years.

    Args:
        before: The earlier year, 2023 to 2025.
        after: The later year, to 2026.

    Returns:
        A row for each change, in the order of the later year's file: `what`, `element` (its tag), `item`, `path`,
        `before`, `after` and `note`. `what` is `new`, `gone`, `moved` (to another parent), `renumbered` (its item in
        the guide), `need` (voluntary or mandatory), `count` (how many its parent has), `order` (its place among those
        beside it), `code new`, `code gone` or `code label`.

    Raises:
        SEN2Error: There is no specification for one of them, or the first is not the earlier one.
    """
    if before >= after:
        raise SEN2Error(f"changes({before}, {after}): write the earlier year first, such as changes(2024, 2025)")
    found = list(_changes(specification(before), specification(after)))
    return pl.DataFrame(found, schema=CHANGES, orient="row")


Change = tuple[str, str, str, str, str, str, str]


def moved(before: Specification, after: Specification) -> dict[str, str]:
    """Paths of elements that stand in another parent in the later year, and the paths that they have there."""
    old, new = by_path(before), by_path(after)
    # the tag is all that tells: it stays when an element moves, and an element that is renamed is another
    gone = {e.name: path for path, e in old.items() if path not in new}
    return {gone[e.name]: path for path, e in new.items() if path not in old and e.name in gone}


def by_path(spec: Specification) -> dict[str, Element]:
    """The elements of a year by their paths."""
    return {element.path: element for element in spec.elements}


def _changes(before: Specification, after: Specification) -> Iterator[Change]:
    old, new = by_path(before), by_path(after)
    came = {there: here for here, there in moved(before, after).items()}
    reordered = set(_reordered(before, after))
    for path, element in new.items():
        if path in old:
            yield from _altered(old[path], element)
            if path in reordered:
                yield _row("order", element, *(_place(element, spec) for spec in (before, after)), note=element.note)
        elif path in came:
            yield _row("moved", element, came[path], path)
            yield from _altered(old[came[path]], element)
        else:
            yield _row("new", element, "", _kind(element), note=_same_item(element, old, new))
    for path, element in old.items():
        # what moved was told where it is now
        if path not in new and path not in came.values():
            yield _row("gone", element, _kind(element), "", note=_same_item(element, new, old))
    yield from _codes(before, after)


def _row(what: str, element: Element, before: str, after: str, *, note: str = "") -> Change:
    return (what, element.name, element.item, element.path, before, after, note)


def _kind(element: Element) -> str:
    kind = f"{element.type} {element.values}".strip()
    return f"{kind}, {element.need}" if element.need else kind


def namesakes(element: Element, there: dict[str, Element], here: dict[str, Element]) -> list[str]:
    """Who else has the item number in the other year alone: perhaps one for the other, which the tables do not say."""
    return [
        e.name
        for path, e in there.items()
        if e.item == element.item != "" and e.parent == element.parent and path not in here
    ]


def _same_item(element: Element, there: dict[str, Element], here: dict[str, Element]) -> str:
    beside = namesakes(element, there, here)
    return f"has the item number that {beside[0]} has in the other year; values differ" if beside else ""


def _altered(old: Element, new: Element) -> Iterator[Change]:
    if old.item != new.item:
        yield _row("renumbered", new, old.item, new.item)
    if old.need != new.need:
        yield _row("need", new, old.need, new.need)
    if (old.least, old.most) != (new.least, new.most):
        yield _row("count", new, *(f"{e.least} to {'any number' if e.most is None else e.most}" for e in (old, new)))


def _reordered(before: Specification, after: Specification) -> Iterator[str]:
    """Paths of the fewest elements that must move so that those beside each other in both years stand alike."""
    for parent, held in after.children.items():
        new = [e.name for e in held]
        old = [e.name for e in before.children.get(parent, ())]
        first, second = [n for n in old if n in new], [n for n in new if n in old]
        # autojunk is meant for prose: it passes over what stands often
        matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
        kept = {name for block in matcher.get_matching_blocks() for name in second[block.b : block.b + block.size]}
        yield from (e.path for e in held if e.name in second and e.name not in kept)


def _place(element: Element, spec: Specification) -> str:
    names = [e.name for e in spec.children[element.parent]]
    at = names.index(element.name)
    return f"after {names[at - 1]}" if at else "first"


def _codes(before: Specification, after: Specification) -> Iterator[Change]:
    for name, list_ in after.lists.items():
        # a list may be that of several elements, and each is a change to whoever fills it in
        users = [e for e in after.elements if e.values == name and e.type == "code"]
        if name in before.lists and users:
            yield from _listed(users, before.lists[name], list_)


def _listed(users: list[Element], old: CodeList, new: CodeList) -> Iterator[Change]:
    for element in users:
        # in the order of the later year's list; what has gone stands behind it
        for code in [*new.codes, *(c for c in old.codes if c not in new.codes)]:
            labels = [list_.codes[code].label if code in list_.codes else "" for list_ in (old, new)]
            what = "code gone" if code not in new.codes else "code new" if code not in old.codes else "code label"
            if labels[0] != labels[1]:
                yield _row(what, element, *(f"{code}: {label}" if label else "" for label in labels))
