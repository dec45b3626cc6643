"""Citations."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from tests.doors.models import LICENCE
from tests.doors.results import cite

ID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"
ADDRESS = f"https://api.education.gov.uk/statistics/v1/data-sets/{ID}"
OFFICIAL = ees.Provenance(
    source="service",
    data_set_id=ID,
    title="SEN & needs: 50% {of} all",
    publication="Special educational needs in England",
    version=ees.Version(1, 2),
    status=ees.DataSetVersionStatus.PUBLISHED,
    release="Academic year 2024/25",
    published=datetime(2025, 6, 12, 8, 30, tzinfo=UTC),
    route="pages",
    retrieved_at=datetime(2025, 7, 1, 12, 0, tzinfo=UTC),
    url=f"{ADDRESS}/query",
    licence=LICENCE,
)
STYLES = ["text", "bibtex", "csl-json"]

TEXT = (
    "Department for Education (2025): SEN & needs: 50% {of} all. Version 1.2. Special educational needs in England, "
    f"Academic year 2024/25. Data set, published 12 June 2025. {ADDRESS}/versions/1.2 (retrieved 1 July 2025). "
    f"{LICENCE}"
)
BIBTEX = rf"""@misc{{ees-{ID}-1.2,
  author = {{{{Department for Education}}}},
  title = {{{{SEN \& needs: 50\% \textbraceleft{{}}of\textbraceright{{}} all}}}},
  howpublished = {{Data set, version 1.2}},
  publisher = {{Department for Education}},
  year = {{2025}},
  month = jun,
  date = {{2025-06-12}},
  version = {{1.2}},
  url = {{{ADDRESS}/versions/1.2}},
  urldate = {{2025-07-01}},
  note = {{Special educational needs in England, Academic year 2024/25. {LICENCE[:-1]}}}
}}
"""
CSL: dict[str, Any] = {
    "id": f"ees-{ID}-1.2",
    "type": "dataset",
    "title": "SEN & needs: 50% {of} all",
    "author": [{"literal": "Department for Education"}],
    "publisher": "Department for Education",
    "container-title": "Special educational needs in England",
    "version": "1.2",
    "issued": {"date-parts": [[2025, 6, 12]]},
    "accessed": {"date-parts": [[2025, 7, 1]]},
    "URL": f"{ADDRESS}/versions/1.2",
    "note": f"Academic year 2024/25. {LICENCE[:-1]}",
}


def changed(**members: Any) -> ees.Provenance:
    """The official provenance with other members."""
    return attrs.evolve(OFFICIAL, **members)


def test_text() -> None:
    """One line with all that finds the version again."""
    assert TEXT == cite(OFFICIAL)


def test_bibtex() -> None:
    """An entry for BibTeX and BibLaTeX, with special signs escaped."""
    assert BIBTEX == cite(OFFICIAL, "bibtex")


def test_csl_json() -> None:
    """A list with one item of the type `dataset`, in members that CSL has."""
    assert [CSL] == json.loads(cite(OFFICIAL, "csl-json"))
    withdrawn = changed(status=ees.DataSetVersionStatus.WITHDRAWN)
    more = {"status": "Withdrawn", "note": f"Withdrawn. {CSL['note']}"}
    assert [CSL | more] == json.loads(cite(withdrawn, "csl-json"))


def test_little_is_known() -> None:
    """What is not known is left out, not made up."""
    bare = changed(publication=None, release="", published=None, url="", licence=None)
    expected = "Department for Education: SEN & needs: 50% {of} all. Version 1.2. Data set. Retrieved 1 July 2025."
    assert expected == cite(bare)
    assert {"id", "type", "title", "author", "publisher", "version", "accessed"} == set(
        json.loads(cite(bare, "csl-json"))[0]
    )
    assert "note" not in cite(bare, "bibtex")
    assert "year" not in cite(bare, "bibtex")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("source", ["local", "synthetic"])
def test_not_the_services(source: Any, style: Any) -> None:
    """Figures that are not the Department's have no publisher, no address of the service and no licence line."""
    found = cite(changed(source=source), style)
    assert [] == [text for text in ("Department for Education", "https://", "licen") if text in found]
    assert f"{source.capitalize()} data set {ID}" in found


HEADLINES = {
    "text": lambda found: found,
    "bibtex": lambda found: found.partition("title = {{")[2],
    "csl-json": lambda found: json.loads(found)[0]["title"],
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("members", "start"),
    [
        ({"source": "synthetic"}, "SYNTHETIC, not a statistic: "),
        ({"status": ees.DataSetVersionStatus.DRAFT}, "DRAFT, NOT FOR PUBLICATION: "),
        ({"status": ees.DataSetVersionStatus.PROCESSING}, "DRAFT, NOT FOR PUBLICATION: "),
        ({"status": ees.DataSetVersionStatus("Unheard of")}, "DRAFT, NOT FOR PUBLICATION: "),
        (
            {"source": "synthetic", "status": ees.DataSetVersionStatus.MAPPING},
            "SYNTHETIC, not a statistic: DRAFT, NOT FOR PUBLICATION: ",
        ),
    ],
)
def test_said_first(members: dict[str, Any], start: str, style: Any) -> None:
    """What must not be taken for a published statistic says so before all else."""
    assert HEADLINES[style](cite(changed(**members), style)).startswith(start)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("status", ["Published", "Deprecated", "Withdrawn"])
def test_what_is_out_is_no_draft(status: str, style: Any) -> None:
    """A version that is or was published is no draft."""
    assert "DRAFT" not in cite(changed(status=ees.DataSetVersionStatus(status)), style)


@pytest.mark.parametrize("style", STYLES)
def test_withdrawn(style: Any) -> None:
    """A withdrawn version says so, with the date where it is known."""
    withdrawn = changed(status=ees.DataSetVersionStatus.WITHDRAWN, withdrawn=datetime(2025, 8, 2, tzinfo=UTC))
    assert "Withdrawn on 2 August 2025" in cite(withdrawn, style)
    assert re.search(r"Withdrawn\b(?! on)", cite(attrs.evolve(withdrawn, withdrawn=None), style))
    assert "ithdrawn" not in cite(OFFICIAL, style)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (datetime(2025, 6, 30, 23, 30, tzinfo=UTC), date(2025, 7, 1)),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 6, 30, 20, 0, tzinfo=timezone(timedelta(hours=-5))), date(2025, 7, 1)),
    ],
)
def test_days_are_londons(time: datetime, expected: date) -> None:
    """Dates are those of London, summer time included."""
    (item,) = json.loads(cite(changed(published=time, retrieved_at=time), "csl-json"))
    day = {"date-parts": [[expected.year, expected.month, expected.day]]}
    assert (day, day) == (item["issued"], item["accessed"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{ADDRESS}/csv?dataSetVersion=1.2", f"{ADDRESS}/versions/1.2"),
        ("https://ees.test/v1/other?x={a b}", "https://ees.test/v1/other?x=%7Ba%20b%7D"),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    """The address is that of the version, whichever way it was asked."""
    assert expected == json.loads(cite(changed(url=url), "csl-json"))[0]["URL"]


SPECIAL = r"\textbackslash{} \textbraceleft{} \textbraceright{} \& \% \_ \# \$ \textasciitilde{} \textasciicircum{} é £"


def test_every_special_sign() -> None:
    """BibTeX gets each of its special signs escaped, and other letters as they are."""
    assert f"title = {{{{{SPECIAL}}}}}" in cite(changed(title="\\ { } & % _ # $ ~ ^ é £"), "bibtex")


@pytest.mark.property
@given(st.text(), st.text(), st.text(max_size=20))
def test_any_text(title: str, publication: str, release: str) -> None:
    """Whatever a title holds, BibTeX has its braces in pairs, CSL-JSON is JSON, and the text is one line."""
    where = changed(title=title, publication=publication, release=release)
    depth = 0
    for sign in cite(where, "bibtex"):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert 0 == depth
    assert " ".join(title.split()) == json.loads(cite(where, "csl-json"))[0].get("title", "")
    assert 1 == len(cite(where).splitlines())


@pytest.mark.parametrize("style", ["APA", "", None])
def test_unknown_styles(style: Any) -> None:
    """Another style is an error that lists those there are."""
    with pytest.raises(ees.ReceiptError, match=r"write one of .*text.*bibtex.*csl-json"):
        cite(OFFICIAL, style)


def test_result() -> None:
    """A result cites its own version."""
    with ees.Client(service=ees.local.demo()) as client:
        result = client.open(ees.local.SEN_ID).query(limit=1)
    found = [result.cite(), result.cite("bibtex"), result.cite(style="csl-json")]
    assert [cite(result.provenance, style) for style in ("text", "bibtex", "csl-json")] == found
    assert found[0].startswith("SYNTHETIC, not a statistic: National")
