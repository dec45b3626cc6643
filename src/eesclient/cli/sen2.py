"""`ees sen2`: the SEN2 return of an authority: its specification, synthetic ones, checks, counts and figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import EESError
from ..store.files import reason
from ..transport.download import atomic_write
from . import sen2_tables as tables
from .words import UsageError

if TYPE_CHECKING:
    import polars as pl

    from ..sen2 import Return
    from .store import Commands

FOUND = 1
"""Exit code of a check that found more than notes."""

_FILE = "XML file or Blade folder of a return"
_OUT = "where to write: an XML file (NAME.xml), else a Blade folder"


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "the SEN2 return: its specification, synthetic ones, checks, counts and published figures"
    told = (
        f"{about[0].upper()}{about[1:]}. Nothing of it leaves this machine. What is known of the return comes from "
        "public sources, each named; none of the department's own validation rules is public here, and none is "
        "implemented."
    )
    command = commands.add_parser("sen2", help=about, description=told)
    actions = command.add_subparsers(required=True, metavar="ACTION")
    _add_tables(actions)
    _add_made(actions)
    _add_read(actions)


def _action(
    actions: Commands, name: str, help_: str, run: Callable[..., int | None], **more: Any
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", **more)
    action.set_defaults(run=run)
    return action


def _add_form(action: argparse.ArgumentParser) -> None:
    form = action.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_const", dest="form", const="json", default="text", help="JSON")
    form.add_argument("--csv", action="store_const", dest="form", const="csv", help="CSV")


def _add_tables(actions: Commands) -> None:
    action = _action(actions, "spec", "elements of a year's return, or all that is known of one", tables.spec)
    action.add_argument("year", type=int, metavar="YEAR", help="2023 to 2026")
    action.add_argument("item", nargs="?", metavar="ITEM", help="tag or item number, such as SENtype or 5.8a")
    _add_form(action)
    action = _action(actions, "codes", "code lists of a year's return", tables.codes)
    action.add_argument("year", type=int, metavar="YEAR", help="2023 to 2026")
    action.add_argument("name", nargs="?", metavar="LIST", help="one list, such as need")
    _add_form(action)
    action = _action(actions, "calendar", "census days and deadlines", tables.calendar)
    _add_form(action)
    action = _action(actions, "changes", "what changed from one year's return to another's", tables.changes)
    action.add_argument("before", type=int, metavar="Y1", help="earlier year")
    action.add_argument("after", type=int, metavar="Y2", help="later year")
    _add_form(action)


def _add_made(actions: Commands) -> None:
    action = _action(actions, "demo", "write a synthetic return, of any size, with faults if asked for", demo)
    action.add_argument("target", type=Path, metavar="OUT", help="file to write, or folder with --blade")
    action.add_argument("--persons", type=int, default=100, metavar="N", help="how many persons (default: %(default)s)")
    action.add_argument("--year", type=int, default=2025, metavar="Y", help="year of the return (default: %(default)s)")
    action.add_argument("--seed", type=int, default=1, metavar="S", help="another one draws others (default: 1)")
    action.add_argument("--authority", default="999", metavar="LEA", help="its three digits (default: %(default)s)")
    action.add_argument(
        "--fault", action="append", default=[], dest="faults", metavar="RULE", help="break a rule; can be repeated"
    )
    action.add_argument("--blade", action="store_true", help="the nine files of a Blade export instead of XML")
    action = _action(actions, "convert", "write a return in the other form: XML or a Blade folder", convert)
    action.add_argument("source", type=Path, metavar="IN", help=_FILE)
    action.add_argument("target", type=Path, metavar="OUT", help=_OUT)
    action = _action(actions, "upgrade", "bring a return into the form of a later year, and say what it needs", upgrade)
    action.add_argument("source", type=Path, metavar="IN", help=_FILE)
    action.add_argument("year", type=int, metavar="YEAR", help="later year, to 2026")
    action.add_argument(
        "target", type=Path, metavar="OUT", help=f"{_OUT}; beside it OUT.kept.csv, for what has no place in it"
    )


def _add_read(actions: Commands) -> None:
    ends = "Exit codes: 0 nothing but notes was found; 1 something else was, or the return cannot be read."
    action = _action(actions, "check", "test a return by our rules, from public sources", check, epilog=ends)
    action.add_argument("source", type=Path, metavar="FILE", help=_FILE)
    form = action.add_mutually_exclusive_group()
    for name, what in (("text", "words (the default)"), ("html", "a page of its own"), ("json", "JSON, all places")):
        form.add_argument(f"--{name}", action="store_const", dest="form", const=name, default="text", help=what)
    action.add_argument("--only", action="append", metavar="RULE", help="id, first letter or severity; can be repeated")
    action.add_argument("--rules", type=Path, metavar="FILE", help="your copy of the department's rules, to be listed")
    action.add_argument(
        "--map", action="append", default=[], dest="columns", type=_pair, metavar="NAME=HEADING",
        help="what a column of it is: number=…, message=…, severity=…; can be repeated",
    )  # fmt: skip
    action = _action(actions, "summary", "counts of a return, for the authority itself", summary)
    action.add_argument("source", type=Path, metavar="FILE", help=_FILE)
    _add_form(action)
    action = _action(actions, "reconcile", "hold a return against published figures of its authority", reconcile)
    action.add_argument("source", type=Path, metavar="FILE", help=_FILE)
    action.add_argument("data", nargs="+", metavar="DATA", help="published CSV file of EHC plans")
    action.add_argument("--authority", metavar="LEA", help="three digits (default: those of the return)")
    action.add_argument("--schools", type=Path, metavar="CSV", help="extract of GIAS, for types of schools")
    _add_form(action)


def _pair(text: str) -> tuple[str, str]:
    name, is_, heading = text.partition("=")
    if not (is_ and name and heading):
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=HEADING, such as number='Rule number'")
    return name, heading


def _write(return_: Return, target: Path, *, blade: bool) -> None:
    """Write a return in one of its forms."""
    try:
        if blade:
            return_.write_blade(target)
        else:
            return_.write_xml(target)
    except OSError as error:
        raise EESError(f"{target} cannot be written: {reason(error)}") from error


def _is_blade(target: Path) -> bool:
    return target.suffix.lower() != ".xml"


def demo(
    out: TextIO,
    *,
    target: Path,
    persons: int,
    year: int,
    seed: int,
    authority: str,
    faults: list[str],
    blade: bool,
) -> None:
    """Write a synthetic return."""
    from .. import sen2

    made = sen2.demo(persons, year=year, seed=seed, authority=authority, faults=faults)
    _write(made, target, blade=blade)
    out.write(f"{target}: {made!r}\n")


def convert(out: TextIO, *, source: Path, target: Path) -> None:
    """Write a return in the other form."""
    from .. import sen2

    return_ = sen2.read(source)
    _write(return_, target, blade=_is_blade(target))
    out.write(f"{target}: {return_!r}\n")


def upgrade(out: TextIO, *, source: Path, year: int, target: Path) -> None:
    """Write a return in the form of a later year, what has no place in it beside it, and say what it needs."""
    import polars as pl

    from .. import sen2
    from ..sen2.returns import SYNTHETIC

    upgraded = sen2.upgrade(sen2.read(source), year)
    _write(upgraded.return_, target, blade=_is_blade(target))
    out.write(f"{upgraded.to_text()}\n{target}: {upgraded.return_!r}\n")
    if upgraded.kept.height:
        # beside it, as in it would make it a file of no year
        kept = target.with_name(f"{target.name}.kept.csv")
        with atomic_write(kept) as file:
            said = {"softwarecode": pl.lit(SYNTHETIC)} if upgraded.return_.synthetic else {}
            file.write(upgraded.kept.with_columns(**said).write_csv().encode())
        out.write(f"{kept}: {upgraded.kept.height:,} values that have no place in {year}, with their keys\n")


def check(
    out: TextIO,
    *,
    source: Path,
    form: str,
    only: list[str] | None,
    rules: Path | None,
    columns: list[tuple[str, str]],
) -> int:
    """Test a return; exit code 1 where more than notes is found."""
    from .. import sen2

    if columns and rules is None:
        raise UsageError("--map says what the columns of a rule file are: name the file with --rules")
    if rules is not None and "number" not in dict(columns):
        raise UsageError("--rules needs to know which column has the rules' numbers: add --map number=HEADING")
    theirs = None if rules is None else sen2.load_rules(rules, columns=dict(columns))
    found = sen2.read(source).check(only=only, rules=theirs)
    written = {"text": found.to_text, "html": found.to_html, "json": found.to_json}[form]()
    out.write(written if written.endswith("\n") else f"{written}\n")
    # notes are points in which sources differ: no pipeline should stop for one
    return FOUND if set(found.by_severity()) - {"note"} else 0


def summary(out: TextIO, *, source: Path, form: str) -> None:
    """Count a return."""
    import polars as pl

    from .. import sen2

    found = sen2.read(source).summary()
    if form == "text":
        out.write(f"{found.to_text()}\n")
    else:
        tables.write(out, found.frame.with_columns(pl.lit(found.synthetic).alias("synthetic")), form)


def _extract(schools: Path) -> pl.DataFrame:
    """An extract of GIAS, all of its cells as text: a URN is a name and no number."""
    import polars as pl

    try:
        return pl.read_csv(schools.read_bytes(), infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EESError(f"{schools} cannot be read: take a CSV file of all establishments of GIAS") from error


def reconcile(
    out: TextIO, *, source: Path, data: list[str], authority: str | None, schools: Path | None, form: str
) -> None:
    """Hold a return against published files, one after the other."""
    import polars as pl

    from .. import sen2
    from ..sen2.page import MADE_UP

    return_ = sen2.read(source)
    extract = None if schools is None else _extract(schools)
    beside = [sen2.reconcile(return_, path, authority=authority, schools=extract) for path in data]
    if form != "text":
        said = [pl.lit(return_.synthetic).alias("synthetic")]
        frames = [one.frame.select(pl.lit(one.file).alias("file"), pl.all().exclude("file"), *said) for one in beside]
        tables.write(out, pl.concat(frames), form)
        return
    out.write(f"{MADE_UP}\n" if return_.synthetic else "")
    out.write("A difference is no proof of a mistake: how the department counts is not public in full.\n")
    for one in beside:
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in one.counts().items())
        out.write(f"\n{one.file} of {one.authority}: {counts}; {one.contradictions!r}\n")
        tables.write(out, one.frame.filter(pl.col("verdict") != "not published"), "text")
