"""`ees download` and `ees diff`: the data file as it was published, and what differs between two versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..errors import EESError
from ..local.holdings import slug
from ..store.files import reason
from . import answers, where
from .answers import Form, formed
from .store import size
from .where import Where, located
from .where import opened as opened_as

if TYPE_CHECKING:
    from ..models.changes import FacetChange
    from .store import Commands


def add(commands: Commands) -> None:
    """Add the commands to those of `ees`."""
    about = "save the data file as it was published"
    parser = commands.add_parser("download", help=about, description=f"{about[0].upper()}{about[1:]}.")
    where.add_data_set(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to save it (default: its title and version, .csv)"
    )
    where.add(parser)
    parser.set_defaults(run=located(download))
    about = "what differs between two versions of a data set"
    parser = commands.add_parser("diff", help=about, description=f"Say {about}.")
    where.add_data_set(parser)
    parser.add_argument("before", metavar="FROM", help="version, such as 1.0")
    parser.add_argument("after", metavar="TO", help="version to compare it with, such as 2.0, or '*' for the highest")
    answers.add(parser)
    where.add(parser)
    parser.set_defaults(run=located(formed(diff)))


def download(out: TextIO, *, where: Where, data_set: str, output: Path | None) -> None:
    """Save a data file."""
    with where.asking(f"fetching {data_set}") as client:
        opened = opened_as(client, data_set)
        path = output or Path(f"{slug(opened.title)}-{opened.version}.csv")
        try:
            opened.download(path)
        except OSError as error:
            if isinstance(error, EESError):
                raise
            raise EESError(f"{path} cannot be written: {reason(error)}") from error
    out.write(f"{path}: {opened.title}, version {opened.version}, {size(path.stat().st_size)}\n")
    out.write("".join(f"{notice}\n" for notice in opened.provenance.notices))


def diff(out: TextIO, *, where: Where, form: Form, data_set: str, before: str, after: str) -> None:
    """Compare two versions."""
    with where.asking(f"comparing versions of {data_set}") as client:
        report = opened_as(client, data_set, before).compare(after)
    if form.is_json or form.is_csv:
        header = ("facet", "kind", "is_major", "before", "after", "text")
        answers.write_rows(out, header, [_row(change) for change in report.changes], form)
    else:
        out.write(f"{report}\n")


def _row(change: FacetChange) -> tuple[str | bool | None, ...]:
    return (change.facet, change.kind, change.is_major, _named(change.before), _named(change.after), str(change))


def _named(thing: object) -> str | None:
    return None if thing is None else str(getattr(thing, "label", thing))
