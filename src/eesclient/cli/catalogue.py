"""`ees search`, `ees show` and `ees meta`: which data sets there are, what one is, and the labels that it has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from ..errors import CatalogueError, OfflineError
from ..models.entries import EntryFacts
from ..models.meta import MetaItems
from . import answers, completion, where
from .answers import Form, exactly, formed
from .store import as_json
from .terminal import Cell, write_table
from .where import Where, located
from .where import opened as opened_as
from .words import UsageError

if TYPE_CHECKING:
    from ..data_set import PinnedDataSet
    from ..models.data_sets import DataSet, DataSetVersion
    from ..models.meta import Meta
    from .store import Commands

_FOUND = ("id", "in_api", "title", "publication", "release", "first_period", "last_period", "rows")


def add(commands: Commands) -> None:
    """Add the commands to those of `ees`."""
    about = "find data sets by words, in the API and outside it"
    parser = commands.add_parser(
        "search",
        help=about,
        description=f"{about[0].upper()}{about[1:]}; most relevant first, or without words newest first. "
        "An id that is found can stand wherever an ID is asked for.",
    )
    parser.add_argument("words", nargs="*", metavar="TEXT", help="words to search for, at least 3 characters")
    parser.add_argument("--theme", metavar="NAME", help="of a theme: its title, slug or id")
    parser.add_argument("--publication", metavar="NAME", help="of a publication: its title, slug or id")
    parser.add_argument("--level", metavar="LEVEL", help="with a geographic level, such as 'Local authority'")
    where.add_kind(parser)
    parser.add_argument(
        "--limit", type=answers.at_least_one, default=20, metavar="N", help="how many at most (default: %(default)s)"
    )
    answers.add(parser)
    where.add(parser)
    parser.set_defaults(run=located(formed(search)))
    about = "what a data set is: versions, periods, levels, filters and indicators"
    parser = commands.add_parser("show", help=about, description=f"Say {about}.")
    where.add_data_set(parser)
    parser.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    where.add(parser)
    parser.set_defaults(run=located(show))
    about = "the labels of a data set, with which it is asked"
    parser = commands.add_parser("meta", help=about, description=f"List {about}.")
    where.add_data_set(parser)
    part = parser.add_argument(
        "part",
        nargs="?",
        metavar="PART",
        help=f"{', '.join(completion.PARTS)}, or a filter, for its options (default: all parts)",
    )
    completion.completes(part, completion.parts)
    answers.add(parser)
    where.add(parser)
    parser.set_defaults(run=located(formed(meta)))


def search(
    out: TextIO,
    *,
    where: Where,
    form: Form,
    words: Sequence[str],
    theme: str | None,
    publication: str | None,
    level: str | None,
    in_api: bool | None,
    limit: int,
) -> None:
    """Find data sets."""
    text = " ".join(words) or None
    with where.asking("searching") as client:
        try:
            found = client.catalogue.search(
                text,
                theme=theme,
                publication=publication,
                level=level,
                in_api=in_api,
            )
            entries: list[EntryFacts] = [*islice(found, limit + 1)]
        except CatalogueError as error:
            if theme or publication or level or in_api is False:
                raise
            # its addresses are unofficial, and the API knows its own data sets
            sys.stderr.write(f"ees: {error}\nees: so only titles and summaries of the API's data sets are searched\n")
            entries = [_facts_of(one) for one in islice(client.data_sets(search=text), limit + 1)]
    shown = entries[:limit]
    if form.is_json or form.is_csv:
        answers.write_rows(out, _FOUND, [_row(one) for one in shown], form)
    elif shown:
        rows = [
            (one.api_id or one.id, one.title, "API" if one.in_api else "file", _periods(one), one.rows, one.publication)
            for one in shown
        ]
        write_table(out, ("id", "title", "where", "periods", "rows", "publication"), rows)
    else:
        out.write("nothing was found: try fewer words, or other ones\n")
    if len(entries) > limit:
        sys.stderr.write(f"ees: there are more: --limit {limit * 5} shows more of them\n")


def _facts_of(one: DataSet) -> EntryFacts:
    """What the API says of a data set, as the catalogue would."""
    latest = one.latest_version
    return EntryFacts(
        id=one.id,
        api_id=one.id,
        title=one.title,
        periods=latest.time_periods if latest else None,
        rows=latest.total_results if latest else None,
    )


def _row(one: EntryFacts) -> tuple[Cell, ...]:
    first, last = (one.periods.start, one.periods.end) if one.periods else (None, None)
    return one.api_id or one.id, one.in_api, one.title, one.publication, one.release, first, last, one.rows


def _periods(one: EntryFacts) -> str | None:
    if one.periods is None:
        return None
    first, last = one.periods.start, one.periods.end
    return first if first == last else f"{first} to {last}"


def show(out: TextIO, *, where: Where, data_set: str, is_json: bool) -> None:
    """Say what a data set is."""
    with where.asking(f"opening {data_set}") as client:
        opened = opened_as(client, data_set)
        try:
            # a file outside the API has a service of its own
            versions = [*opened._client.versions(opened.id)]
        except OfflineError:
            # what is opened is here, and the list of versions need not be
            versions = []
    facts = _facts(opened)
    if is_json:
        said = [_version(one) for one in versions]
        exactly(out, as_json({name.lower().replace(" ", "_"): value for name, value in facts} | {"versions": said}))
        return
    for name, value in facts:
        text = ", ".join(value) if isinstance(value, tuple) else f"{value:,}" if isinstance(value, int) else value
        if text:
            out.write(f"{name + ':':<17}{text}\n")
    if versions:
        out.write("\n")
        write_table(out, ("version", "status", "published", "rows", "release"), [
            (str(one.version), str(one.status), _day(one), one.total_results, one.release.title) for one in versions
        ])  # fmt: skip


def _day(version: DataSetVersion) -> str | None:
    return None if version.published is None else str(version.published.date())


def _version(version: DataSetVersion) -> dict[str, Cell]:
    return {
        "version": str(version.version),
        "status": str(version.status),
        "published": _day(version),
        "rows": version.total_results,
        "release": version.release.title,
        "notes": version.notes,
    }


def _facts(opened: PinnedDataSet) -> list[tuple[str, str | int | tuple[str, ...] | None]]:
    version = opened._pinned.version
    periods = opened.periods
    return [
        ("Title", opened.title),
        ("Notices", opened.provenance.notices),
        ("Id", opened.id),
        ("Summary", opened.data_set.summary),
        ("Version", str(opened.version)),
        ("Status", str(opened.status)),
        ("Release", opened.release.title),
        ("Published", _day(version)),
        ("Rows", version.total_results),
        ("Periods", f"{periods[0].label} to {periods[-1].label}" if periods else None),
        ("Levels", tuple(item.label for item in opened.meta.levels)),
        ("Filters", tuple(item.label for item in opened.meta.filters)),
        ("Indicators", tuple(item.label for item in opened.meta.indicators)),
        ("Superseded by", opened.data_set.superseding_data_set_id),
    ]


def meta(out: TextIO, *, where: Where, form: Form, data_set: str, part: str | None) -> None:
    """List the labels of a data set."""
    if part is None and form.is_csv:
        raise UsageError(f"--csv writes one table: name a part, one of {', '.join(completion.PARTS)}, or a filter")
    with where.asking(f"opening {data_set}") as client:
        opened = opened_as(client, data_set)
    parts = _parts(opened.meta) if part is None else [_part(opened.meta, part)]
    frames = [(name, items.to_frame()) for name, items in parts if items]
    if form.is_json and part is None:
        exactly(out, as_json({name: frame.to_dicts() for name, frame in frames}))
        return
    if part is None:
        notices = "".join(f" · {notice}" for notice in opened.provenance.notices)
        out.write(f"{opened.title} · version {opened.version}{notices}\n")
    for name, frame in frames:
        if form.is_json or form.is_csv:
            answers.write_rows(out, frame.columns, frame.rows(), form)
            continue
        out.write(f"\n{name}\n" if part is None else "")
        # people read labels; ids are for programs
        shown = [name for name in frame.columns if not name.endswith("id") and any(frame[name])]
        write_table(out, shown, frame.select(shown).rows())


def _parts(meta: Meta) -> list[tuple[str, MetaItems[object]]]:
    return [(name, getattr(meta, name)) for name in completion.PARTS]


def _part(meta: Meta, name: str) -> tuple[str, MetaItems[object]]:
    if name in completion.PARTS:
        return name, getattr(meta, name)
    return name, MetaItems([meta.filters[name]])
