"""The table at the end of a run: what passed, failed or does not apply, by file and way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

OUTCOMES = ("passed", "failed", "not applicable")
_HEADINGS = (*OUTCOMES, "total")


@attrs.define
class Table:
    """Outcomes so far.

    Attributes:
        outcomes: By file, way and test.
        reasons: Why cases do not apply, counted by file and way.
    """

    outcomes: dict[tuple[str, str], dict[str, str]] = attrs.field(factory=dict)
    reasons: dict[tuple[str, str], Counter[str]] = attrs.field(factory=dict)

    def add(self, file: str, way: str, test: str, outcome: str, *, reason: str = "") -> None:
        """Note an outcome of a phase of a test; once failed it stays so."""
        tests = self.outcomes.setdefault((file, way), {})
        if tests.get(test) == "failed":
            return
        if outcome != "passed" or test not in tests:
            tests[test] = outcome
        if outcome == "not applicable":
            self.reasons.setdefault((file, way), Counter())[reason] += 1

    def lines(self) -> Iterator[str]:
        """The table, then the reasons."""
        width = max((len(f"{file}, {way}") for file, way in self.outcomes), default=0)
        yield f"{'':{width}}{''.join(f'{name:>16}' for name in _HEADINGS)}"
        totals: Counter[str] = Counter()
        for (file, way), tests in sorted(self.outcomes.items()):
            counts = Counter(tests.values())
            totals += counts
            yield f"{f'{file}, {way}':{width}}{_numbers(counts)}"
        yield f"{'total':{width}}{_numbers(totals)}"
        if self.reasons:
            yield "not applicable:"
        for (file, way), found in sorted(self.reasons.items()):
            for reason, count in sorted(found.items()):
                yield f"{count:>5}  {file}, {way}: {reason}"


def _numbers(counts: Counter[str]) -> str:
    return "".join(f"{number:>16}" for number in [*(counts[name] for name in OUTCOMES), counts.total()])
