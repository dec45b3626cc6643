"""The dated report, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from eesclient.settings import BASE_URL

from .outcomes import Outcome


@attrs.frozen(kw_only=True)
class Report:
    """What was asked, and what was found.

    Attributes:
        base_url: Who was asked.
        at: When it began.
        package: Version of eesclient.
        data_set: Title, id and version of the data set.
        interval: Seconds between two requests.
        requests: How many were sent.
        unknown: Members of enumerations that this version of eesclient does not know.
        parts: Outcomes by part of the run.
    """

    base_url: str
    at: datetime
    package: str
    data_set: str
    interval: float
    requests: int
    unknown: tuple[str, ...]
    parts: dict[str, tuple[Outcome, ...]]

    @property
    def is_live(self) -> bool:
        """Whether the live service was asked."""
        return self.base_url == BASE_URL

    @property
    def counts(self) -> Counter[str]:
        """How many outcomes there are of each kind."""
        return Counter(outcome.result for part in self.parts.values() for outcome in part)

    @property
    def differences(self) -> list[Outcome]:
        """What differs."""
        return [outcome for part in self.parts.values() for outcome in part if outcome.result == "differs"]

    def to_markdown(self) -> str:
        """The report as text."""
        return "\n".join([*self._head(), *self._tables()]) + "\n"

    def _head(self) -> Iterator[str]:
        yield f"# Compared with {self.base_url}, {self.at:%Y-%m-%d}"
        yield ""
        if self.is_live:
            yield "This is the live service."
        else:
            yield "**This is not the live service**: what follows says nothing about that one."
        yield ""
        yield f"- Begun: {self.at:%Y-%m-%d %H:%M} UTC, with eesclient {self.package}"
        yield f"- Data set: {self.data_set}"
        yield f"- Requests: {self.requests:,}, at least {self.interval:g} seconds from one to the next"
        yield f"- Outcomes: {', '.join(f'{count} {result}' for result, count in sorted(self.counts.items()))}"
        yield f"- Unknown members of enumerations: {', '.join(self.unknown) or 'none'}"

    def _tables(self) -> Iterator[str]:
        for title, outcomes in self.parts.items():
            yield from (
                "",
                f"## {title}",
                "",
                "| Section | Mark | Statement | Outcome | Note |",
                "|---|---|---|---|---|",
            )
            yield from _lines(outcomes)


def _lines(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for found in outcomes:
        result = "**differs**" if found.result == "differs" else found.result
        cells = [found.section, found.mark, found.name, result, found.note]
        yield "| " + " | ".join(_cell(text) for text in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
