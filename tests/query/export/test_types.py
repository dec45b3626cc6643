"""A strict type checker reads what we write: questions as Python, and the modules of `ees codegen`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import eesclient
from eesclient import Client, local
from tests.doors.query import generate
from tests.hostile import BAD

from ..examples import ask
from .test_codegen import awkward, ran, source
from .test_python import ASKED, RAW

USED = """\
import demo_names as names
import eesclient as ees


def ask(client: ees.Client) -> ees.QueryResult:
    sen = client.open(names.DATA_SET_ID, version=names.VERSION)
    names.check(sen)
    return sen.query(
        indicators=names.indicators("Number of pupils", names.Indicator.PERCENTAGE_OF_PUPILS),
        filters=names.filters(
            sen_provision=["SEN support", names.SenProvisionOption.EDUCATION_HEALTH_AND_CARE_PLAN],
            social_care_group="All pupils comparison",
        ),
        others="Total",
    )


def again(sen: ees.PinnedDataSet) -> ees.QueryResult:
    support: names.SenProvisionOptionName = "SEN support"
    sen.build(filters={names.Filter.SEN_PROVISION: support})
    return sen.query(
        filters={names.Filter.SEN_PROVISION: names.SenProvisionOption.ALL_PUPILS},
        indicators=[names.Indicator.NUMBER_OF_PUPILS],
    )
"""

WRONG = """\
import demo_names as names

names.filters(sen_provision="SEN suport")
names.filters(sen_provison="SEN support")
names.indicators("Number of pupil")
names.SenProvisionOption.SEN_SUPORT
"""

CONFIG = """\
[mypy]
strict = true
follow_imports = skip
[mypy-attr.*,attrs.*]
follow_imports = silent
[mypy-eesclient.*]
follow_imports = silent
ignore_errors = true
"""
"""Other libraries' types take most of the time, and questions have none of them."""


def checked(folder: Path, modules: dict[str, str]) -> str:
    """What mypy says of modules."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (folder / "mypy.ini").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-incremental", "."]
    # the package that is tested, where it is not installed
    found = Path(eesclient.__file__).resolve().parent.parent
    environment = os.environ | ({} if found.name == "site-packages" else {"MYPYPATH": str(found)})
    done = subprocess.run(  # noqa: S603 - the checker, on what we wrote
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    assert "" == done.stderr
    return done.stdout


@pytest.mark.filterwarnings("ignore::eesclient.TotalByNameWarning")
def test_types_and_use(tmp_path: Path) -> None:
    """Every question and module is well typed, and so is a module's right use, which runs; each wrong name is found."""
    queries = [ask(**words) for words in ASKED.values()]
    queries += [attrs.evolve(ask(), criteria=leaf) for leaf in RAW]
    modules = {f"shown_{number}": query.to_python() for number, query in enumerate(queries)}
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID, version="1.0")
        text = generate(data_set_id=sen.id, title=sen.title, version=sen.version, meta=sen.meta)
        modules |= {"demo_names": text, "used": USED, "awkward": source(awkward(), BAD), "wrong": WRONG}
        said = checked(tmp_path, modules)
        found = [line.split(":")[:2] for line in said.splitlines() if ": error:" in line]
        assert [["wrong.py", line] for line in "3456"] == found, said
        assert said.endswith(f"Found 4 errors in 1 file (checked {len(modules)} source files)\n")
        module = type(sys)("demo_names")
        vars(module).update(ran(text))
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "demo_names", module)
            use = ran(USED)
        assert use["ask"](client).frame["sen_provision"].unique().sort().cast(str).to_list() == [
            "Education, health and care plan",
            "SEN support",
        ]
        assert len(use["again"](sen)) > 0
