"""What the rules found in a return: a frame of places, and the same in words, as a page, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from .._classes import frozen
from ..errors import printable
from .errors import SEN2Error
from .page import MADE_UP, STYLE, escaped, row_html, table_html
from .returns import Return, marked
from .rule_file import RuleFile
from .rules.declared import SEVERITIES, Rule, chosen
from .rules.run import find

NONE_OF_THEIRS = (
    "0 of DfE's own validation rules are implemented: they are not public. These rules are our own, from public "
    "sources; that they find nothing does not say that a return will be accepted."
)
"""What every form of findings says."""

_SHOWN = 20
"""Places of a rule that are shown at most, where no other number is asked for."""


@frozen(kw_only=True, repr=False, eq=False)
class Findings:
    """What rules found in a return; no value of a person stands in it.

    Attributes:
        frame: A row for each finding: `rule` (our id), `severity`, `confidence`, `says` (what is expected), `table`,
            `key` (number of the record in that table), `person` (number of the person it belongs to), `element`,
            `item`, `path`, `line` (null where the return came from no file), and `code`: what stood where a code of a
            list is expected, if it cannot be a value of a person.
        year: Year of the return.
        synthetic: Whether the return says that it is synthetic.
        source: Name of the file that the return was read from, or "".
        rules: The rules that were asked for, those that cannot be tested too.
        rule_file: The user's copy of the department's rule file, or None.
    """

    frame: pl.DataFrame
    year: int
    synthetic: bool
    source: str
    rules: tuple[Rule, ...]
    rule_file: RuleFile | None = None

    def __len__(self) -> int:
        return self.frame.height

    def counts(self) -> pl.DataFrame:
        """How many findings each rule has.

        Returns:
            A row for each rule that was asked for: `rule`, `severity`, `confidence`, `says`, and `findings`, which is
            null where the rule cannot be tested from a return.
        """
        found = self.frame.group_by("rule").len("findings")
        asked = pl.DataFrame(
            [(r.id, r.severity, r.confidence, r.says, not r.untested) for r in self.rules],
            schema=["rule", "severity", "confidence", "says", "tested"],
            orient="row",
        )
        count = pl.when("tested").then(pl.col("findings").fill_null(0).cast(pl.Int64))
        joined = asked.join(found, on="rule", how="left", maintain_order="left")
        return joined.select("rule", "severity", "confidence", "says", findings=count)

    def by_severity(self) -> dict[str, int]:
        """How many findings there are of each severity that has any, the gravest first."""
        found = dict(self.frame["severity"].value_counts().iter_rows())
        return {severity: found[severity] for severity in SEVERITIES if severity in found}

    def to_text(self, *, limit: int | None = _SHOWN) -> str:
        """The findings in words, rule by rule.

        Args:
            limit: How many places of a rule are shown at most; the rest is counted. None for all.
        """
        return printable("\n".join(self._lines(limit)))

    def to_html(self, *, limit: int | None = _SHOWN) -> str:
        """The findings as a page of their own that needs nothing else.

        Args:
            limit: As for `to_text`.
        """
        title = escaped(self._title())
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{STYLE}</style></head><body><main>{self._inside(limit)}</main></body></html>\n"
        )

    def to_json(self) -> str:
        """All findings as JSON: an object with what was checked, `rules` with their counts, and `findings`."""
        rules = self.counts().to_dicts()
        for row, rule in zip(rules, self.rules, strict=True):
            row |= {"sources": list(rule.source), "untested": rule.untested, "note": rule.note}
        said: dict[str, Any] = {
            "title": self._title(),
            "notices": list(self._notices()),
            "year": self.year,
            "synthetic": self.synthetic,
            "source": self.source,
            "dfe_rules_implemented": 0,
            "severities": SEVERITIES,
            "rules": rules,
            "rule_file": None if self.rule_file is None else self.rule_file.to_dict(),
        }
        # there may be as many findings as records, and they are written faster by what has them in columns
        head = json.dumps(said, ensure_ascii=False, indent=1).removesuffix("\n}")
        return f'{head},\n "findings": {self.frame.write_json()}\n}}\n'

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {severity}" for severity, count in self.by_severity().items())
        said = f"Findings {self.year}: {counts or 'none'}; 0 of DfE's own validation rules are implemented"
        return f"<{marked(self.synthetic)}{said}>"

    def _repr_html_(self) -> str:
        return self._inside(_SHOWN)

    def __str__(self) -> str:
        return self.to_text()

    def _title(self) -> str:
        of = f" {self.source}" if self.source else ""
        return f"SEN2 return of {self.year}{of}: {_counted(len(self), 'finding')}"

    def _notices(self) -> Iterator[str]:
        if self.synthetic:
            yield MADE_UP
        yield NONE_OF_THEIRS
        tested = sum(not rule.untested for rule in self.rules)
        yield f"{_counted(tested, 'rule')} tested"
        for rule in self.rules:
            if rule.untested:
                yield f"{rule.id} was not tested ({rule.says}): {rule.untested}"
        if self.rule_file is not None:
            yield from self.rule_file.declared(self.rules)

    def _groups(self) -> Iterator[tuple[Rule, pl.DataFrame]]:
        order = list(SEVERITIES)
        parts = {str(rule): part for (rule,), part in self.frame.group_by("rule", maintain_order=True)}
        # the gravest first; within a severity by id, as the rules are sorted and Python's sort keeps that
        for rule in sorted(self.rules, key=lambda rule: order.index(rule.severity)):
            if rule.id in parts:
                yield rule, parts[rule.id]

    def _lines(self, limit: int | None) -> Iterator[str]:
        yield self._title()
        yield from self._notices()
        for severity, count in self.by_severity().items():
            yield f"{severity}: {count:,} ({SEVERITIES[severity]})"
        for rule, part in self._groups():
            yield ""
            yield f"{rule.id} {rule.says}"
            yield f"  {_about(rule)}: {_counted(part.height, 'finding')}"
            yield from (f"  - {_place(row)}: {_said(row)}" for row in _first(part, limit).to_dicts())
            if limit is not None and part.height > limit:
                yield f"  … {part.height - limit:,} more, in `frame`"

    def _inside(self, limit: int | None) -> str:
        notices = "".join(f"<p>{escaped(notice)}</p>" for notice in self._notices())
        counts = "".join(
            row_html(severity, f"{count:,}", SEVERITIES[severity]) for severity, count in self.by_severity().items()
        )
        counted = table_html("Findings by severity", ("Severity", "Findings", "What it is"), counts) if counts else ""
        found = "".join(self._section(rule, part, limit) for rule, part in self._groups())
        return f"<h1>{escaped(self._title())}</h1>{notices}{counted}{found}"

    def _section(self, rule: Rule, part: pl.DataFrame, limit: int | None) -> str:
        shown = _first(part, limit).to_dicts()
        rows = "".join(
            row_html(*(_cell(row[name]) for name in ("table", "key", "person", "line", "element", "item")), _said(row))
            for row in shown
        )
        heads = ("Table", "Record", "Person", "Line", "Element", "Item", "Expected")
        left = part.height - len(shown)
        more = f"<p>… {left:,} more</p>" if left else ""
        note = f"<p>{escaped(rule.note)}</p>" if rule.note else ""
        caption = f"{_about(rule)}: {_counted(part.height, 'finding')}"
        return f"<h2>{escaped(f'{rule.id} {rule.says}')}</h2>{note}{table_html(caption, heads, rows)}{more}"


def _first(part: pl.DataFrame, limit: int | None) -> pl.DataFrame:
    return part if limit is None else part.head(limit)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def _about(rule: Rule) -> str:
    return f"{rule.severity}, confidence {rule.confidence}, from {' '.join(rule.source)}"


def _place(row: dict[str, Any]) -> str:
    parts = [
        f"line {row['line']}" if row["line"] is not None else "",
        f"person {row['person']}" if row["person"] is not None else "",
        f"{row['table']} {row['key']}" if row["table"] not in ("", "persons") else "",
        f"{row['element']} ({row['item']})" if row["item"] else row["element"],
    ]
    return ", ".join(filter(None, parts))


def _said(row: dict[str, Any]) -> str:
    return f"{row['says']}; there is {row['code']}" if row["code"] is not None else row["says"]


def check(return_: Return, *, only: str | Iterable[str] | None = None, rules: RuleFile | None = None) -> Findings:
    """Test a return by the rules of its year; see `Return.check`."""
    if not isinstance(rules, RuleFile | None):
        raise SEN2Error(f"rules={rules!r}: load the file first, with eesclient.sen2.load_rules(...)")
    asked = chosen(return_.year, only)
    return Findings(
        frame=find(return_, asked),
        year=return_.year,
        synthetic=return_.synthetic,
        source=return_.source,
        rules=asked,
        rule_file=rules,
    )
