"""Tests of the modules that `ees codegen` writes: they run, and type checkers read them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import eesclient
from eesclient import Client, Filter, Indicator, Meta, UnknownLabelError, Version, local
from tests.doors.query import MOST, generate
from tests.hostile import BAD, LABELS
from tests.query.examples import META, options

AWKWARD = (
    *LABELS,
    'quotes " and \' and """ and \\',
    "two\nlines\r\tand \x00 \u202e bidi",
    "\\N{BULLET} \\x41 {braces} %s",
    "A",
    "A*",
    "5",
    "<5",
    "-0.5",
    "0.5",
    "Level 3",
    "Level 3+",
    "Year 1-2",
    "Year 1 2",
    "year 1 2",
    "class",
    "None",
    "",
    "   ",
    "日本語",
    "Ysgol Gynradd Cân",
    "__class__",
    "mro",
)


def awkward() -> Meta:
    """Metadata with names that no Python name looks like, and with names that look alike."""
    labels = options(*((f"o{n}", label) for n, label in enumerate(AWKWARD)), ("twin", "A"))
    columns = ("a_1", "a1", "class", "asked", "name", "filter", "1st", "é", "A_1")
    filters = [Filter(id=f"f{n}", column=column, label="Same", options=labels) for n, column in enumerate(columns)]
    filters.append(Filter(id="bad\"'", column=BAD, label=BAD, hint=BAD, options=options(("x\n", BAD))))
    filters.append(Filter(id="none", column="none", label="None", options=()))
    many = options(*((f"m{n}", f"School {n}") for n in range(MOST + 1)))
    filters.append(Filter(id="many", column="school", label="School", options=many))
    indicators = [Indicator(id=f"i{n}", column=f"c{n}", label=label) for n, label in enumerate((*AWKWARD, "A"))]
    return Meta(filters=filters, indicators=indicators)


def source(meta: Meta, title: str = "T") -> str:
    """The module of a data set."""
    return generate(data_set_id="0000", title=title, version=Version(1), meta=meta)


def ran(text: str) -> Any:
    """Run a module, and return its names."""
    scope: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), scope)  # noqa: S102 - what we wrote
    return scope


class Opened:
    """As much of an opened data set as is checked."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta


def checked(folder: Path, **modules: str) -> subprocess.CompletedProcess[str]:
    """Type-check modules, strictly."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    files = [f"{name}.py" for name in modules]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", *files]
    # the package that is tested, where it is not installed
    source = Path(eesclient.__file__).resolve().parent.parent
    environment = os.environ | ({} if source.name == "site-packages" else {"PYTHONPATH": str(source)})
    return subprocess.run(  # noqa: S603 - the checker, on what we wrote
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def test_every_name_finds_one_thing() -> None:
    """Each member of each enumeration stands for one thing of the metadata, in its order; none is lost."""
    for meta in (META, awkward()):
        names = ran(source(meta, BAD))
        names["check"](Opened(meta))
        assert len(meta.indicators) == len(names["Indicator"]) == len(set(names["INDICATORS"]))
        assert [filter_.column for filter_ in meta.filters] == [meta.filters[name].column for name in names["Filter"]]
        for filter_, (name, found) in zip(meta.filters, names["FILTERS"].items(), strict=True):
            assert filter_ is meta.filters[name]
            expected = list(filter_.options) if len(filter_.options) <= MOST else []
            assert expected == [filter_[option] for option in found]


def test_members() -> None:
    """Members say what their labels say, signs too; where two would be the same, each has its id."""
    meta = Meta(filters=[Filter(id="f", column="grade", label="Grade", options=awkward().filters[0].options)])
    members = ran(source(meta))["GradeOption"].__members__
    expected = {"A_STAR", "N_5", "UNDER_5", "MINUS_0_5", "N_0_5", "LEVEL_3", "LEVEL_3_PLUS", "A_twin"}
    assert expected <= set(members)
    assert "A" not in members
    assert "twin" == members["A_twin"]


def test_deterministic() -> None:
    """The same metadata gives the same text, which names data set and version and nothing of the day."""
    text = source(awkward())
    assert text == source(awkward())
    assert text.startswith('"""Names of a data set, version 1.0: T.\n\nData set 0000.\n')


def test_hostile_labels_stay_texts() -> None:
    """No label ends a string or docstring: a module of hostile ones has the statements of any other."""
    tame = Meta(filters=[Filter(id="f", column="x", label="X", options=options(("o", "O")))])
    ends = '"""\nimport os\n'
    wild = Meta(filters=[Filter(id="f", column=f"x{ends}", label=BAD, options=options(("o", ends)))])
    kinds = [type(node) for node in ast.parse(source(tame)).body]
    assert kinds == [type(node) for node in ast.parse(source(wild, ends + "\\")).body]


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
        filters={names.Filter.SEN_PROVISION: names.SenProvisionOption.TOTAL},
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


@pytest.mark.filterwarnings("ignore::eesclient.TotalByNameWarning")
def test_types_and_use(tmp_path: Path) -> None:
    """A strict type checker passes the module and its right use, and finds each wrong name; the right use runs."""
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID, version="1.0")
        text = generate(data_set_id=sen.id, title=sen.title, version=sen.version, meta=sen.meta)
        done = checked(tmp_path, demo_names=text, used=USED, awkward=source(awkward(), BAD), wrong=WRONG)
        found = [line.split(":")[:2] for line in done.stdout.splitlines() if ": error:" in line]
        assert (found, done.stderr) == ([["wrong.py", line] for line in "3456"], ""), done.stdout
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


def test_another_version() -> None:
    """A later version is refused only where a name is missing; the error lists all of them, with the nearest."""
    names = ran(source(META))
    more = Meta(
        filters=(*META.filters, Filter(id="new", column="new", label="New")),
        indicators=META.indicators[:1],
    )
    with pytest.raises(UnknownLabelError, match="Percentage of pupils") as caught:
        names["check"](Opened(more))
    assert ("Percentage of pupils",) == caught.value.unknown
    fewer = Meta(filters=(META.filters[0], *META.filters[2:]), indicators=META.indicators)
    with pytest.raises(UnknownLabelError, match="no filter 'Sex'"):
        names["check"](Opened(fewer))
    names["check"](Opened(Meta(filters=more.filters, indicators=META.indicators)))


def test_nothing_to_name() -> None:
    """A data set without filters and indicators has a module too."""
    names = ran(source(Meta()))
    assert ({}, []) == (names["filters"](), names["indicators"]())
