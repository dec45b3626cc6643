"""What a generated client makes of answers that the service gave, beside our models: whole, in part, or not at all.

The answers are the recorded ones of `shared/conformance/recorded/`. Pages of rows are read by the generated client
alone, as ours makes a frame of them, which tests compare. An answer is read whole if the model, written as JSON again,
is equal to it.

    python benchmarks/generated_answers.py [--recorded FOLDER]
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from _generated import PACKAGE, generate
from _shared import ROOT

from eesclient.api.json import structure, to_data
from eesclient.models.answers import Page, Publication
from eesclient.models.changes import Changes
from eesclient.models.data_sets import DataSet, DataSetVersion
from eesclient.models.meta import Meta

SHARED = Path(os.environ.get("EES_SHARED", ROOT.parent / "shared"))
RECORDED = Path(os.environ.get("EES_RECORDED", SHARED / "conformance" / "recorded"))
KINDS: dict[str, tuple[str, str, Any]] = {
    "lists of publications": (r"publications", "PublicationPaginatedListViewModel", Page[Publication]),
    "publications": (r"publications/[^/]+", "PublicationSummaryViewModel", Publication),
    "lists of data sets": (r"publications/[^/]+/data-sets", "DataSetPaginatedListViewModel", Page[DataSet]),
    "data sets": (r"data-sets/[^/]+", "DataSetViewModel", DataSet),
    "metadata": (r"data-sets/[^/]+/meta", "DataSetMetaViewModel", Meta),
    "lists of versions": (r"data-sets/[^/]+/versions", "DataSetVersionPaginatedListViewModel", Page[DataSetVersion]),
    "versions": (r"data-sets/[^/]+/versions/[^/]+", "DataSetVersionViewModel", DataSetVersion),
    "changes": (r"data-sets/[^/]+/versions/[^/]+/changes", "DataSetVersionChangesViewModel", Changes),
    "pages of rows": (r"data-sets/[^/]+/query", "DataSetQueryPaginatedResultsViewModel", None),
}
"""What answers are, by their path: the generated client's model, and ours."""


def answers(folder: Path) -> Iterator[tuple[str, Any]]:
    """Each answer that is JSON and no refusal, with its kind."""
    with gzip.open(folder / "answers.jsonl.gz", "rt", encoding="utf-8") as lines:
        for answer in map(json.loads, lines):
            path = answer["path"].removeprefix("/v1/")
            kind = next((name for name, (form, _, _) in KINDS.items() if re.fullmatch(form, path)), None)
            if kind and answer["status"] == 200 and isinstance(answer.get("answer"), dict):
                yield kind, answer["answer"]


def outcome(answer: Any, again: Callable[[Any], Any]) -> str:
    """How it is read: `whole`, `in part`, or what was raised."""
    try:
        return "whole" if again(answer) == answer else "in part"
    except Exception as error:  # noqa: BLE001 - whatever it raises is what is reported
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Have the client made, read all answers by both, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--recorded", type=Path, default=RECORDED, help="folder with the recorded answers")
    chosen = options.parse_known_args()[0]
    found: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        if not generate(Path(folder)):
            return
        sys.path.insert(0, folder)
        models = importlib.import_module(f"{PACKAGE}.models")
        for kind, answer in answers(chosen.recorded):
            _, name, type_ = KINDS[kind]
            model = getattr(models, name)
            how = outcome(answer, lambda data, model=model: model.from_dict(data).to_dict())
            found[kind]["generated client", how] += 1
            if type_ is not None:
                how = outcome(answer, lambda data, type_=type_: to_data(structure(data, type_)))
                found[kind]["eesclient", how] += 1
    for kind, outcomes in found.items():
        for (side, how), number in outcomes.items():
            print(f"{kind:24} {side:20} {number:5} {how}")
    whole = {side: sum(of[side, "whole"] for of in found.values()) for side in ("generated client", "eesclient")}
    total = {side: sum(n for of in found.values() for (one, _), n in of.items() if one == side) for side in whole}
    print(
        "read whole: "
        + ", ".join(f"{side} {whole[side]:,} of {total[side]:,} answers of the service" for side in whole)
    )


if __name__ == "__main__":
    main()
