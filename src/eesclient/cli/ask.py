"""`ees query`, `ees explain` and `ees read`: rows out of a data set, questions in other languages and in words."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from ..catalogue.entries import CatalogueDataSet
from ..errors import EESError
from ..models.names import fold
from ..settings import ENVIRONMENTS
from . import answers, completion, where
from .answers import Form, formed
from .where import SERVED, Where, located
from .where import opened as opened_as
from .words import UsageError, in_options

if TYPE_CHECKING:
    from ..data_set import PinnedDataSet
    from ..query.args import PeriodLike
    from ..query.question import Query
    from .store import Commands

_RANGE = re.compile(r"(.*?)\s*\.\.\s*(.*)")

_QUESTION = (
    "indicators", "filters", "periods", "last", "levels", "places", "within", "include_self", "others", "sort", "limit",
)  # fmt: skip
"""Options that are the question."""


def add(commands: Commands) -> None:
    """Add the commands to those of `ees`."""
    about = "ask a data set in its own labels"
    parser = commands.add_parser(
        "query",
        help=about,
        description=f"{about[0].upper()}{about[1:]}; ees meta ID has them.",
        epilog="Example: ees query ID --indicator 'Number of pupils' --filter 'SEN provision=SEN support' "
        "--others Total --period 2023/24 --csv",
    )
    where.add_data_set(parser)
    _add_question(parser)
    parser.add_argument(
        "--values",
        choices=("typed", "text", "number"),
        default="typed",
        help="figures as numbers with their symbols (typed), as sent (text), or numbers alone",
    )
    parser.add_argument(
        "--names",
        choices=("column", "label"),
        default="column",
        help="headings: columns of the data file, or labels in words",
    )
    parser.add_argument(
        "--show", choices=("python", "r", "curl", "json"), help="show the question as a program instead of asking it"
    )
    answers.add(parser, files=True)
    where.add(parser)
    parser.set_defaults(run=located(formed(query)))
    about = "say a question in words, and why it gets no rows, if so"
    parser = commands.add_parser("explain", help=about, description=f"{about[0].upper()}{about[1:]}.")
    where.add_data_set(parser)
    _add_question(parser)
    where.add(parser)
    parser.set_defaults(run=located(explain))
    about = "all rows of a data set, typed and labelled"
    parser = commands.add_parser("read", help=about, description=f"Write {about}.")
    where.add_data_set(parser)
    answers.add(parser, files=True)
    where.add(parser)
    parser.set_defaults(run=located(formed(read)))


def _add_question(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the question")

    def add(*flags: str, by: completion.Completer | None = None, **more: Any) -> None:
        action = group.add_argument(*flags, **more)
        if by is not None:
            completion.completes(action, by)

    several: dict[str, Any] = {"action": "append"}
    add(
        "--indicator",
        dest="indicators",
        metavar="NAME",
        help="figure wanted; can be repeated (default: all)",
        by=completion.indicators,
        **several,
    )
    add(
        "--filter",
        dest="filters",
        type=_pair,
        default=[],
        metavar="NAME=OPTION",
        help="option wanted; repeated for one filter, any of them will do",
        by=completion.pairs,
        **several,
    )
    add(
        "--others",
        type=str,
        metavar="Total",
        help="pin filters that are not named to their total; or NAME=OPTION, can be repeated",
        by=completion.pairs,
        **several,
    )
    add(
        "--period",
        dest="periods",
        metavar="PERIOD",
        help="such as 2023/24, latest, or 2019/20..2023/24; can be repeated",
        by=completion.periods,
        **several,
    )
    add("--last", type=answers.at_least_one, metavar="N", help="the last N periods")
    add(
        "--level",
        dest="levels",
        metavar="LEVEL",
        help="geographic level of the rows, such as Regional; can be repeated",
        by=completion.levels,
        **several,
    )
    add(
        "--place",
        dest="places",
        metavar="PLACE",
        help="place whose own rows are wanted, by name or code; can be repeated",
        by=completion.places,
        **several,
    )
    add(
        "--within",
        metavar="PLACE",
        help="place inside which the rows lie; can be repeated",
        by=completion.places,
        **several,
    )
    add("--include-self", action="store_true", help="with --within, its own rows too")
    add(
        "--sort",
        metavar="NAME",
        help="filter, indicator, level or period to sort by; --sort=-NAME for the largest first; can be repeated",
        by=completion.sorts,
        **several,
    )
    add("--limit", type=answers.at_least_one, metavar="N", help="how many rows at most")


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, option = text.partition("=")
    if not (is_pair and name.strip() and option.strip()):
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=OPTION, such as 'SEN provision=SEN support'")
    return name.strip(), option.strip()


def _words(said: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `PinnedDataSet.build`, taken out of those of a command."""
    asked = {name: said.pop(name) for name in _QUESTION}
    periods, last = asked["periods"], asked.pop("last")
    if periods and last is not None:
        raise UsageError("--last is the last N periods: leave --period out, or leave out --last")
    filters: dict[str, list[str]] = {}
    for name, option in asked["filters"]:
        filters.setdefault(name, []).append(option)
    return asked | {
        "filters": filters or None,
        "periods": [_period(text) for text in periods] if periods else None if last is None else _last(last),
        "others": _others(asked["others"]),
    }


def _period(text: str) -> PeriodLike:
    from ..query import facets

    if text.strip().lower() == "latest":
        return facets.latest()
    found = _RANGE.fullmatch(text.strip())
    return text if found is None else facets.between(found[1] or None, found[2] or None)


def _last(number: int) -> PeriodLike:
    from ..query import facets

    return facets.last(number)


def _others(texts: Sequence[str] | None) -> str | dict[str, str] | None:
    if not texts:
        return None
    if len(texts) == 1 and fold(texts[0]) == "total":
        return texts[0]
    try:
        return dict(map(_pair, texts))
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--others {error}; or --others Total alone") from None


def _shown(how: str, query: Query, opened: PinnedDataSet, where: Where) -> str:
    """A question as a program; what its reader has to know besides is told on the error stream."""
    is_file = isinstance(opened, CatalogueDataSet)
    if how == "python":
        file = f"client.catalogue.entry({opened.id!r}).open()" if is_file else None
        return f"{query.to_python(client=where.to_python(), data_set=file)}\nprint(result.frame)"
    if is_file:
        raise EESError("this data set is a file outside the API, which no program asks but ours: --show python")
    if how == "json":
        return query.to_json()
    address, is_local = opened._client._settings.base_url, where.demo or where.folder is not None
    asked = "the demo" if where.demo else where.folder if is_local else address
    if how == "r":
        if is_local or address not in ENVIRONMENTS.values():
            sys.stderr.write(f"ees: this asks the live service, as eesyapi can ask no other, and not {asked}\n")
        return query.to_eesyapi_r()
    if is_local:
        served = "ees serve" if where.demo else f"ees serve {shlex.quote(str(where.folder))}"
        sys.stderr.write(
            f"ees: {asked} has no address: first run {served} in another terminal, to answer at {SERVED}\n"
        )
    return query.to_curl(base_url=SERVED if is_local else address)


def query(
    out: TextIO,
    *,
    where: Where,
    form: Form,
    data_set: str,
    values: Any,
    names: Any,
    show: str | None,
    **said: Any,
) -> None:
    """Ask a question, or show it."""
    words = _words(said)
    with where.asking(f"asking {data_set}") as client:
        opened = opened_as(client, data_set)
        question = opened.build(**words, values=values, names=names)
        if show is not None:
            answers.exactly(out, f"{_shown(show, question, opened, where).rstrip()}\n")
            return
        result = opened.query(question)
    answers.write_result(out, result, form)


def explain(out: TextIO, *, where: Where, data_set: str, **said: Any) -> None:
    """Say a question in words, and how many rows match it or why none does."""
    words = _words(said)
    with where.asking(f"asking {data_set}") as client:
        opened = opened_as(client, data_set)
        question = opened.build(**words)
        out.write(f"{opened.title}\n{in_options(question.explain())}\n")
        out.flush()
        report = opened.explain_empty(question)
    out.write(f"{in_options(str(report))}\n")


def read(out: TextIO, *, where: Where, form: Form, data_set: str) -> None:
    """Write all rows of a data set."""
    with where.asking(f"reading {data_set}") as client:
        result = opened_as(client, data_set).read()
    answers.write_result(out, result, form)
