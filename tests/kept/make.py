"""Make the kept files anew, in an empty folder: `python -m tests.kept.make FOLDER`.

The committed files were made by the code of commit dd33a86, and are worth keeping because of that: do not replace them.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import eesclient as ees
from tests.doors.cli import main
from tests.kept.asked import KS4, QUESTIONS, SEN, answers, opened, told
from tests.kept.older_demo import SENCO_PUBLICATION, SENCO_TITLE, older_demo


def make(folder: Path) -> None:
    """Ask the demo, and write a store, a lock, a bundle, a Parquet file and what was answered."""
    folder.mkdir(parents=True)
    service, lock = older_demo(), folder / "ees.lock"
    with ees.Client(service=service) as client:
        answered = answers(client)
        answered["whole file"] = told(opened(client, SEN).read())
        whole = opened(client, SEN).query(**QUESTIONS["two options, two years"][1])
        whole.write_parquet(folder / "two_years.parquet")
    with ees.Client(service=service, store=folder / "store") as client:
        answers(client)
        opened(client, SEN).lock(lock, data=True)
        opened(client, KS4).lock(lock)
        opened(client, SEN).read()
        file = client.catalogue.latest(publication=SENCO_PUBLICATION, title=SENCO_TITLE)
        senco = file.open()
        senco.lock(lock)
        answered["file of the catalogue"] = told(senco.query())
    text = json.dumps(answered, indent=1, ensure_ascii=False)
    (folder / "answers.json").write_text(text + "\n", encoding="utf-8")
    bundle = ["bundle", "--all", "--store", str(folder / "store"), str(folder / "bundle.zip")]
    if main(bundle) != 0:
        sys.exit("the bundle was not written")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(Path(sys.argv[1]))
