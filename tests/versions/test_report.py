"""Tests of reports on what changed between two versions."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest

from eesclient import (
    ArgumentTypeError,
    Client,
    InvalidVersionError,
    MigrationError,
    PinnedDataSet,
    QueryError,
    UpgradeReport,
    VersionNotFoundError,
)
from tests.transport.scripted import ID, META, Scripted, answer, data_set, listed, problem, version
from tests.versions.chains import ID as CHAIN
from tests.versions.chains import client_of, opened, replaced, small

TABLE = small()
RENAMED = TABLE.with_cells(replaced("sex", "Girls", "Female"))
LATER = RENAMED.edited(rows=[row for row in RENAMED.rows if row["la_name"] != "York"]).with_meta(
    replaced("label", "Rate", "Share <b>")
)
VERSIONS = {"1.0": TABLE, "1.0.1": TABLE, "1.1": RENAMED, "2.0": LATER}
TOML = {
    "1.0.1": '[@]\nnotes = "Figures of York."',
    "1.1": '[@.mappings.options.sex]\nGirls = "Female"',
    "2.0": '[@]\nnotes = "York is gone."',
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> PinnedDataSet:
    """The data set at its first version."""
    return client_of(tmp_path_factory.mktemp("chain"), VERSIONS, TOML).open(CHAIN, version="1.0.1")


def test_in_words(first: PinnedDataSet) -> None:
    """A report says in words, with labels, what changed, and the notes on the versions passed."""
    report = first.compare("*")
    assert report.to_text() == str(report)
    assert str(report).splitlines() == [
        "Chain: version 1.0.1 to 2.0",
        "Major: 1 deleted, 2 updated",
        "Rows: 108 to 81",
        "- option 'Girls' of filter 'Sex' updated: label 'Girls' is now 'Female'",
        "- indicator 'Rate' updated: label 'Rate' is now 'Share <b>'",
        "- location 'York' (E06000014, 816) at level 'Local authority' deleted",
        "Note: version 2.0: York is gone.",
    ]
    assert "Share &lt;b&gt;" in report._repr_html_()
    assert "<UpgradeReport 'Chain' 1.0.1 to 2.0: 3 changes>" == repr(report)
    assert {"deleted": 1, "updated": 2, "added": 0} == report.counts
    assert report.is_major
    assert [False, False, True] == [change.is_major for change in report.changes]


def test_steps(first: PinnedDataSet) -> None:
    """The change sets of all versions on the way are there, oldest first."""
    assert ["1.1", "2.0"] == [str(step.version) for step in first.compare("2.0").steps]


def test_minor(first: PinnedDataSet) -> None:
    """A range finds its highest version; new words are minor."""
    report = first.compare("1.*")
    assert ("1.1", False, 1) == (str(report.current.version), report.is_major, len(report.changes))
    assert "Minor: 1 updated" in str(report)


def test_back(first: PinnedDataSet) -> None:
    """A report may lead back to an older version."""
    client = first._client
    report = client.open(CHAIN, version="2.0").compare("1.0")
    assert {"deleted": 0, "updated": 2, "added": 1} == report.counts
    assert not report.is_major
    assert "Note: version 1.0.1: Figures of York." in str(report)
    query = client.open(CHAIN, version="2.0").build(filters={"Sex": "Female"}, others="Total")
    assert "Girls" in [o.label for o in report.migrate(query).meta.filters[1].options]


def test_nothing_changed(first: PinnedDataSet) -> None:
    """A version compared with itself has no changes, and questions stay the same."""
    report = first.compare("1.0.1")
    assert ((), False, None) == (report.changes, report.is_major, report.figures_changed)
    assert "Nothing changed: it is the same version" in str(report)
    query = first.build(filters={"Sex": "Girls"}, others="Total")
    assert query == report.migrate(query)
    assert () == report.affects(query)


def test_unknown_version(first: PinnedDataSet) -> None:
    """A version that is not there lists those that are."""
    with pytest.raises(VersionNotFoundError, match=r"2\.0 \(Published\), 1\.1"):
        first.compare("3.0")
    with pytest.raises(InvalidVersionError):
        first.compare("next")


def test_another_question(first: PinnedDataSet) -> None:
    """A question about another version has no place in a report."""
    report = first.compare("2.0")
    query = first._client.open(CHAIN, version="1.1").build()
    for call in (report.affects, report.migrate):
        with pytest.raises(QueryError, match=r"begins at version 1\.0\.1"):
            call(query)
        with pytest.raises(
            ArgumentTypeError, match=r"of type QueryResult: give one that build\(\) made, the `query` of"
        ):
            call(first.query())  # type: ignore[arg-type]


def test_pickled(first: PinnedDataSet) -> None:
    """A report can be kept, and still answers."""
    report: UpgradeReport = pickle.loads(pickle.dumps(first.compare("2.0")))  # noqa: S301 - our own bytes
    assert str(first.compare("2.0")) == str(report)
    assert report.migrate(first.build(others="Total")).version == report.current.version


def scripted(**more: Any) -> Client:
    """A service whose second version has another option id; further answers by the end of their path."""
    sex = META["filters"][0]
    options = [{"id": "oAll0", "label": "Total"}, {"id": "oNew0", "label": "Women"}]
    later = META | {"filters": [sex | {"options": options}]}
    states = {"previousState": {"id": "oFem0", "label": "Female"}, "currentState": {"id": "oNew0", "label": "Women"}}
    entry = {"filter": {name: sex[name] for name in ("id", "column", "label", "hint")}, "options": [states]}
    changes = {
        "versionNumber": "2.0",
        "majorChanges": {"filterOptions": [entry]},
        "minorChanges": {},
        "patchHistory": [],
    }
    path = f"GET /data-sets/{ID}"
    answers: dict[str, Any] = {
        path: answer(data_set(latest="2.0")),
        f"{path}/versions": listed([version("2.0"), version()]),
        f"{path}/versions/1.0": answer(version()),
        f"{path}/versions/2.0": answer(version("2.0")),
        f"{path}/meta": lambda request: answer(later if ("dataSetVersion", "2.0") in request.params else META),
        f"{path}/versions/2.0/changes": answer(changes),
    }
    return Client(service=Scripted(answers | {f"{path}/{name}": value for name, value in more.items()}), retries=0)


def test_another_id() -> None:
    """An option whose id changes is followed where the service says so."""
    sen = scripted().open(ID, version="1.0")
    report = sen.compare("2.0")
    (change,) = report.changes
    assert "option 'Female' of filter 'Sex' updated: id 'oFem0' is now 'oNew0'; label 'Female' is now 'Women'" == str(
        change
    )
    assert change.is_major
    assert '"oNew0"' in report.migrate(sen.build(filters={"Sex": "Female"})).to_json()


def test_changes_that_may_not_be_read() -> None:
    """Without the change set of a version nothing is followed through it, and the report says so."""
    sen = scripted(**{"versions/2.0/changes": problem(403)}).open(ID, version="1.0")
    report = sen.compare("2.0")
    assert ["deleted", "added"] == [change.kind for change in report.changes]
    assert ("the changes of version 2.0 may not be read (403); new ids in it cannot be followed",) == report.notices
    with pytest.raises(MigrationError, match="option 'Female' of filter 'Sex' is gone"):
        report.migrate(sen.build(filters={"Sex": "Female"}))


def test_withdrawn_version_on_the_way(tmp_path: Path) -> None:
    """A withdrawn version's changes are followed like any other's, and the report says that it was withdrawn."""
    toml = {"1.1": '[@]\nstatus = "Withdrawn"\nwithdrawn = 2025-06-01T00:00:00Z\n' + TOML["1.1"]}
    first = opened(tmp_path, {number: VERSIONS[number] for number in ("1.0", "1.1", "2.0")}, toml)
    report = first.compare("2.0")
    assert ("version 1.1 was withdrawn on 2025-06-01",) == report.notices
    assert 3 == len(report.changes)
    with pytest.warns(match="withdrawn"):
        back = first._client.open(CHAIN, version="1.1")
    assert "version 1.1, from which this is compared, was withdrawn" in back.compare("2.0").notices


def test_reports_are_values(first: PinnedDataSet) -> None:
    """Two reports on the same versions are equal, and cannot be changed."""
    report = first.compare("2.0")
    assert report == first.compare("2.0") != first.compare("1.1")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        report.notices = ()  # type: ignore[misc]
