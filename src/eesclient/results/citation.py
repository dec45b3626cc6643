"""Citations of exactly the version that rows are of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeAlias, get_args

import polars as pl

from ..errors import ReceiptError
from ..models.enums import DataSetVersionStatus
from ..models.names import listed
from ..models.periods import TimeIdentifier
from ..models.provenance import Provenance

Style: TypeAlias = Literal["text", "bibtex", "csl-json"]
"""How a citation is written."""

_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # BibTeX counts braces, whether or not a backslash stands before them
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{sign: "\\" + sign for sign in "&%_#$"},
    }
)
_URL = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"})


def cite(provenance: Provenance, style: Style = "text") -> str:
    """A citation of the data set version, as `QueryResult.cite` says."""
    styles: dict[str, Callable[[_Facts], str]] = {"text": _text, "bibtex": _bibtex, "csl-json": _csl_json}
    if style not in styles:
        raise ReceiptError(f"style={style!r}: write one of {listed(get_args(Style))}")
    return styles[style](_Facts(provenance))


class _Facts:
    """What a citation says; "" or None for what is not known or not so."""

    def __init__(self, where: Provenance) -> None:
        official = where.source == "service"
        footnotes = [f"({number}) {_line(footnote)}" for number, footnote in enumerate(where.footnotes, 1)]
        # a file outside the API has no version: its bytes tell it from others
        self.version = "" if where.file_sha256 else str(where.version)
        self.file = f"File with SHA-256 {where.file_sha256}" if where.file_sha256 else ""
        self.key = f"ees-{where.data_set_id}" + (f"-{self.version}" if self.version else "")
        self.notice = "".join(f"{notice}: " for notice in where.notices)
        self.title = _line(where.title)
        self.publication = _line(where.publication or "")
        self.release = _line(where.release)
        self.series = ", ".join(part for part in (self.publication, self.release) if part)
        self.publisher = "Department for Education" if official else ""
        self.origin = "" if official else f"{where.source.capitalize()} data set {where.data_set_id}"
        self.published = _day(where.published) if where.published else None
        self.retrieved = _day(where.retrieved_at)
        self.withdrawal = ""
        if where.status == DataSetVersionStatus.WITHDRAWN:
            self.withdrawal = f"Withdrawn on {_in_words(_day(where.withdrawn))}" if where.withdrawn else "Withdrawn"
        # the version's address in the API stays; where it cannot be told, the one that was asked
        head, data_set, _ = where.url.partition(f"/data-sets/{where.data_set_id}")
        url = f"{head}{data_set}/versions/{where.version}" if data_set else where.url
        self.url = url.translate(_URL) if official else ""
        self.licence = where.licence or "" if official else ""
        self.footnotes = f"Footnotes: {' '.join(footnotes)}" if footnotes else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _day(time: datetime) -> date:
    """The day in London; asked of Polars, which brings the time zone along on every system."""
    day: date = pl.Series([time.astimezone(UTC)]).dt.convert_time_zone("Europe/London").dt.date()[0]
    return day


def _in_words(day: date) -> str:
    return f"{day.day} {_month(day)} {day.year}"


def _month(day: date) -> str:
    # not by strftime, which follows the machine's language
    return TimeIdentifier(f"M{day.month}").label


def _text(facts: _Facts) -> str:
    year = f" ({facts.published.year})" if facts.published else ""
    by = f"{facts.publisher}{year}: " if facts.publisher else ""
    retrieved = _in_words(facts.retrieved)
    parts = [
        f"{facts.notice}{by}{facts.title}",
        f"Version {facts.version}" if facts.version else facts.file,
        facts.withdrawal,
        facts.series,
        f"Data set, published {_in_words(facts.published)}" if facts.published else "Data set",
        facts.origin,
        f"{facts.url} (retrieved {retrieved})" if facts.url else f"Retrieved {retrieved}",
        facts.licence,
        facts.footnotes,
    ]
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)


def _bibtex(facts: _Facts) -> str:
    remarks = _remarks(facts.withdrawal, facts.series, facts.file, facts.origin, facts.licence, facts.footnotes)
    published = facts.published
    fields = {
        "author": _braced(facts.publisher),
        "title": _braced(facts.notice + facts.title),
        "howpublished": f"Data set, version {facts.version}" if facts.version else "Data set",
        "publisher": facts.publisher.translate(_BIBTEX),
        "year": str(published.year) if published else "",
        "month": _month(published)[:3].lower() if published else "",
        "date": published.isoformat() if published else "",
        "version": facts.version,
        "url": facts.url,
        "urldate": facts.retrieved.isoformat(),
        "note": remarks.translate(_BIBTEX),
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}" for name, value in fields.items() if value]
    return f"@misc{{{facts.key},\n" + ",\n".join(lines) + "\n}\n"


def _remarks(*remarks: str) -> str:
    return ". ".join(remark.rstrip(".") for remark in remarks if remark)


def _braced(text: str) -> str:
    """Text that no style changes the case of, or takes for a person's name."""
    return f"{{{text.translate(_BIBTEX)}}}" if text else ""


def _csl_json(facts: _Facts) -> str:
    item: Mapping[str, Any] = {
        "id": facts.key,
        "type": "dataset",
        "title": facts.notice + facts.title,
        "author": [{"literal": facts.publisher}] if facts.publisher else [],
        "publisher": facts.publisher,
        "container-title": facts.publication,
        "version": facts.version,
        "issued": _date_parts(facts.published) if facts.published else {},
        "accessed": _date_parts(facts.retrieved),
        "URL": facts.url,
        "status": facts.withdrawal,
        "note": _remarks(facts.withdrawal, facts.release, facts.file, facts.origin, facts.licence, facts.footnotes),
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2)


def _date_parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}
