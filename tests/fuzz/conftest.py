"""What fuzzing notes of each operation."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.fuzz.report import MET


@pytest.fixture
def fuzzed(record_property: Callable[[str, object], None]) -> Iterator[dict[str, Counter[int]]]:
    """Statuses that were met, by operation; they end in the report of the run."""
    statuses: dict[str, Counter[int]] = {}
    yield statuses
    for label, counts in statuses.items():
        record_property(MET, [label, sorted(counts.items())])
