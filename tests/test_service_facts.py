"""What a client must know of the service, against the box: the facts of `docs/service-facts.md`."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import Client, PinnedDataSet, Request
from eesclient.testing import FakeService
from tests.doors.api import Response
from tests.doors.query import Not

F = ees.facets
HEAD = "time_period,time_identifier,geographic_level,country_code,country_name"
ENGLAND = "2024,Calendar year,National,E92000001,England"
META = "col_name,col_type,label"
SEX = f"{META}\nsex,Filter,Sex\nn,Indicator,Number\n"


def table(head: str, *rows: str) -> str:
    """Return the text of a data file with these further columns."""
    return "\n".join([f"{HEAD},{head}", *rows]) + "\n"


def served(folder: Path, files: Mapping[str, str]) -> FakeService:
    """Return the box of these files, which keeps what it is asked."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return FakeService(ees.local.Service.from_folder(folder))


@pytest.fixture
def serving(tmp_path: Path) -> Callable[[Mapping[str, str]], FakeService]:
    """Return what makes a box of files."""
    return lambda files: served(tmp_path, files)


Serving = Callable[[Mapping[str, str]], FakeService]


def opened(service: Any, version: str | None = None, **options: Any) -> PinnedDataSet:
    """Return the data set `a`."""
    return Client(service=service, **options).open("A", version=version)


def both_say(service: Any, ask: Callable[[Any], Any], version: str | None = None) -> Any:
    """Return what the plain client gives, which the awaited one gives too."""

    async def awaited() -> Any:
        async with ees.AsyncClient(service=service) as client:
            return await ask(await client.open("A", version=version))

    with Client(service=service) as client:
        found = ask(client.open("A", version=version))
    assert str(found) == str(asyncio.run(awaited()))
    return found


# Versions

PATCHED = {
    "a.csv": table("sex,n", f"{ENGLAND},F,1", f"{ENGLAND},M,2"),
    "a.meta.csv": SEX,
    "a.v1.0.1.csv": table("sex,n", f"{ENGLAND},F,1", f"{ENGLAND},M,3"),
    "service.toml": '[data_sets.a.versions."1.0.1"]\nnotes = "Corrects boys."\n',
}


@pytest.mark.parametrize(("version", "expected"), [("1", "1.0"), ("1.0", "1.0"), ("1.0.*", "1.0.1"), ("1.*", "1.0.1")])
def test_pins_and_patches(serving: Serving, version: str, expected: str) -> None:
    """A pin keeps its figures after a correction, and opening it says what the patch's notes say; `1` is `1.0`."""
    service = serving(PATCHED)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        a = opened(service, version)
    assert expected == str(a.version)
    assert [3.0 if expected == "1.0.1" else 2.0] == a.query(filters={"Sex": "M"}).frame["n"].to_list()
    told = [] if expected == "1.0.1" else ["version 1.0 of 'A' was corrected by 1.0.1 on 2025-01-01: Corrects boys."]
    assert told == [str(warning.message).partition(";")[0] for warning in said]


@pytest.mark.filterwarnings("ignore::eesclient.CorrectedVersionWarning")
def test_locks_of_a_pin_that_was_corrected(serving: Serving, tmp_path: Path) -> None:
    """Checks of locks and lists of what is newer say what the patch's notes say, and that figures changed."""
    service, path = serving(PATCHED), tmp_path / "ees.lock"
    opened(service, "1.0").lock(path)
    with Client(service=service) as client:
        (checked,) = client.check_lock(path).entries
        (news,) = client.outdated(path).entries
    assert "newer patches" == checked.outcome
    assert "1.0.1 of 2025-01-01 (Corrects boys.; figures changed, or a default option" in checked.to_text()
    assert (("1.0.1",), ("patch 1.0.1: Corrects boys.",)) == (news.patches, news.notes)


@pytest.mark.filterwarnings("ignore::eesclient.CorrectedVersionWarning")
def test_changed_figures_leave_no_trace(serving: Serving, tmp_path: Path) -> None:
    """A version with other figures alone lists no changes; reports and migrations say what that means."""
    service = serving(PATCHED)
    a = opened(service, "1.0", store=tmp_path / "store")
    changes = a._client.changes(a.id, "1.0.1")
    assert not changes.has_changes
    report = a.compare("1.0.1")
    assert report.figures_changed
    assert "Figures changed, or a default option: the metadata is the same" in report.to_text()
    query = a.build(filters={"Sex": "M"})
    with pytest.warns(ees.MigrationWarning, match="for version 1.0.1 of the data set: figures changed"):
        assert report.migrate(query).version == report.current.version
    # a question asked of all versions is not warned of each
    assert [2.0, 3.0] == a.revisions(query).frame["n"].to_list()


def test_the_same_file_again(serving: Serving, tmp_path: Path) -> None:
    """Where the store has both data files, and they are the same, a report says that no figure changed."""
    service = serving({"a.csv": PATCHED["a.csv"], "a.meta.csv": SEX, "a.v1.1.csv": PATCHED["a.csv"]})
    first, second = (opened(service, version, store=tmp_path / "store") for version in ("1.0", "1.1"))
    assert first.compare("1.1").figures_changed
    first.read()
    second.read()
    report = first.compare("1.1")
    assert report.figures_changed is False
    assert "No figure changed: the data file is the same" in report.to_text()


def test_a_new_filter_divides_the_rows(serving: Serving, tmp_path: Path) -> None:
    """To the service a new filter is a minor change; reports, migrations and checks of locks say what it does."""
    wide = table("sex,age,n", *(f"{ENGLAND},{sex},{age},1" for sex in "FM" for age in ("Total", "5", "6")))
    files = {
        "a.csv": PATCHED["a.csv"],
        "a.meta.csv": SEX,
        "a.v1.0.1.csv": wide,
        "a.v1.0.1.meta.csv": SEX.replace("n,Ind", "age,Filter,Age\nn,Ind"),
    }
    service, path = serving(files), tmp_path / "ees.lock"
    with pytest.warns(ees.CorrectedVersionWarning):
        a = opened(service, "1.0")
    report = a.compare("1.0.1")
    assert not report.is_major
    assert ["Age"] == [filter_.label for filter_ in report.new_filters]
    assert 'A new filter divides the rows, and earlier questions add over it: \'Age\' ("5", "6", "Total")' in str(
        report
    )
    query = a.build(filters={"Sex": "F"})
    with pytest.raises(ees.MigrationError, match="filter 'Age' is new and divides the rows"):
        report.migrate(query)
    with pytest.warns(ees.MigrationWarning, match="new filter 'Age' pinned to 'Total'"):
        report.migrate(query, others="Total")
    a.lock(path)
    with Client(service=service) as client:
        assert 'a new filter divides the rows: "Age"' in client.check_lock(path).to_text()


def test_what_went_and_came_back(serving: Serving) -> None:
    """It has a new id; words mean it in all versions; reports pair it, and what was renamed, as probably the same."""
    head = "region_code,region_name,sex,n"
    place = "2024,Calendar year,Regional,E92000001,England"
    files = {
        "a.meta.csv": SEX,
        "a.csv": table(head, *(f"{place},E1,North,{sex},1" for sex in "FM")),
        "a.v2.0.csv": table(head, f"{place},E1,North,F,1"),
        "a.v3.0.csv": table(head.replace("sex", "gender"), *(f"{place},E1,The North,{sex},1" for sex in "FM")),
        "a.v3.0.meta.csv": SEX.replace("sex,", "gender,"),
        "a.v2.1.csv": table(head, *(f"{place},E1,North,{sex},1" for sex in "FM")),
    }
    service = serving(files)
    first, back, renamed = (opened(service, version) for version in ("1.0", "2.1", "3.0"))
    ids = [data_set.meta.filters["Sex"]["M"].id for data_set in (first, back)]
    assert ids[0] != ids[1]
    for data_set in (first, back, renamed):
        assert 1 == data_set.query(filters={"Sex": "M"}).frame.height
    with pytest.raises(ees.MigrationError, match="'M' is new there, and the service does not say that it is the same"):
        first.compare("2.1").migrate(first.build(filters={"Sex": "M"}))
    assert [("option 'M' of filter 'Sex' deleted", "option 'M' of filter 'Sex' added")] == [
        (str(gone), str(new)) for gone, new in first.compare("2.1").probably_same
    ]
    report = back.compare("3.0")
    assert ["filter", "location"] == [gone.facet for gone, _ in report.probably_same]
    assert (
        "Probably the same, with a new id: location 'North' (E1) at level 'Regional' deleted, "
        "location 'The North' (E1) at level 'Regional' added"
    ) in report.to_text()


def test_histories_of_patches(serving: Serving) -> None:
    """The service fails where a history is asked of what is no patch, and is never asked for one."""
    service = serving(PATCHED)
    with Client(service=service) as client:
        id_ = next(client.data_sets()).id
        assert () == client.changes(id_, "1.0", include_patches=True).patch_history
        client.changes(id_, "1.0.1", include_patches=True)
    asked = [request for request in service.requests if request.path.endswith("/changes")]
    assert [(), (("includePatchHistory", "true"),)] == [request.params for request in asked]
    with Client(service=service) as client, pytest.raises(ees.ServerError):
        client.request("GET", f"/data-sets/{id_}/versions/1.0/changes", params={"includePatchHistory": "true"})


# Questions

PLAIN = {"a.csv": PATCHED["a.csv"], "a.meta.csv": SEX}


def sent(service: FakeService) -> list[Request]:
    """Return the questions that were asked."""
    return [request for request in service.requests if request.path.endswith("/query")]


def nested(depth: int) -> Any:
    """Return a condition of so many `and` and `or` by turns, one in another."""
    where: Any = F.filter("Sex") == "M"
    for place in range(depth):
        where = (where | (F.level == "NAT")) if place % 2 else (where & (F.period == "2024"))
    return where


def test_not_of_nothing(serving: Serving) -> None:
    """The service fails on a `not` of nothing, and refuses empty lists: neither is ever sent, nor any `not`."""
    service = serving(PLAIN)
    a = opened(service)
    with pytest.raises(ees.ServerError):
        a._client.request("POST", f"/data-sets/{a.id}/query", body={"criteria": {"not": {}}})
    service.requests.clear()
    with pytest.raises(ees.QueryError, match="empty list"):
        a.query(filters={"Sex": []})
    with pytest.raises(ees.ComparatorError, match="at least one value"):
        F.filter("Sex").is_in([])
    assert ["F"] == a.query(where=~((F.filter("Sex") == "M") & (F.period == "2024"))).frame["sex"].to_list()
    (asked,) = sent(service)
    assert b'"not"' not in (asked.body or b"")


def test_how_deep_questions_nest(serving: Serving) -> None:
    """The service reads 14 of `and` and `or`; more are refused before they are sent, and `not` is rewritten flat."""
    service = serving(PLAIN)
    a = opened(service)
    assert 2 == a.query(where=nested(14)).frame.height
    where: Any = F.filter("Sex") == "M"
    for _ in range(41):
        where = Not(clause=where)
    assert ["F"] == a.query(where=where).frame["sex"].to_list()
    service.requests.clear()
    with pytest.raises(ees.QueryTooLargeError, match="the service reads 32 levels"):
        a.query(where=nested(15))
    assert [] == sent(service)


def test_long_get_requests_go_by_post(serving: Serving) -> None:
    """A GET whose request line is longer than the service reads goes by POST; the answer is the same."""
    rows = [f"{ENGLAND},Option {n},{n}" for n in range(1_200)]
    service = serving({"a.csv": table("sex,n", *rows), "a.meta.csv": SEX})
    a = opened(service)
    few, many = ([f"Option {n}" for n in range(count)] for count in (100, 1_199))
    for options, method in ((few, "GET"), (many, "POST")):
        service.requests.clear()
        frame = a.query(filters={"Sex": options}, method="GET").frame
        assert [method] == [request.method for request in sent(service)]
        assert frame.equals(a.query(filters={"Sex": options}).frame)


def test_sorts_by_words_of_sql(serving: Serving) -> None:
    """The service fails on a sort by a column that is a word of SQL; with a limit too it is done here."""
    rows = [f"{ENGLAND},{letter},{n}" for n, letter in enumerate("cab")]
    service = serving({"a.csv": table("order,n", *rows), "a.meta.csv": SEX.replace("sex,", "order,")})
    a = opened(service)
    filter_ = a.meta.filters["Sex"].id
    with pytest.raises(ees.ServerError):
        a._client.request(
            "POST", f"/data-sets/{a.id}/query", body={"sorts": [{"field": f"filter|{filter_}", "direction": "Asc"}]}
        )
    service.requests.clear()

    def ask(data_set: PinnedDataSet) -> Any:
        return data_set.query(sort="-Sex", limit=2)

    assert ["c", "b"] == ask(a).frame["order"].to_list()
    assert [] == sent(service)
    assert ["a", "b", "c"] == a.query(sort="Sex").frame["order"].to_list()
    with pytest.raises(ees.QueryError, match="fails on a sort by the column 'order', which is a word of SQL"):
        a.query(sort="Sex", limit=2, route="pages")


# Rows and metadata


@attrs.frozen
class Doubling:
    """The box of a folder, which serves national rows again with a place of another level, as the service may."""

    service: FakeService
    source: str = "local"

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        answer = self.service.handle(request)
        if not request.path.endswith("/query"):
            return answer
        body = json.loads(answer.body)
        again = [row | {"locations": row["locations"] | {"REG": "zzzzz"}} for row in body["results"]]
        more = [row for row in again if row["geographicLevel"] == "NAT"]
        body["results"] += more
        body["paging"]["totalResults"] += len(more)
        return attrs.evolve(answer, body=json.dumps(body).encode())


def test_rows_that_the_service_doubles(serving: Serving) -> None:
    """A row that is served twice, where two levels list one place, counts once; both numbers are said."""
    north = f"{ENGLAND.replace('National', 'Regional')},E12000001,North East,4"
    files = {
        "a.meta.csv": f"{META}\nn,Indicator,Number\n",
        "a.csv": table("region_code,region_name,n", f"{ENGLAND}, , ,9", north),
    }
    service = Doubling(serving(files))
    said = "the service sent 3 rows for 2 of the data file: 1 of them again, with a place of another level"
    with pytest.warns(ees.ServiceWarning, match=said):
        by_pages = both_say(service, lambda a: a.query(route="pages"))
    assert 2 == by_pages.total
    by_file = both_say(service, lambda a: a.query(route="csv"))
    assert by_file.frame.equals(by_pages.frame)
    assert [9.0, 4.0] == by_file.frame["n"].to_list()


def test_periods_of_six_digits(serving: Serving) -> None:
    """`202122` with `Calendar year` is `2021/2022`, labelled `2021`, which no query of the service matches."""
    rows = ["202122,Calendar year,National,E92000001,England,F,1", f"{ENGLAND},F,2"]
    service = serving({"a.csv": table("sex,n", *rows), "a.meta.csv": SEX})
    a = opened(service)
    odd, plain = a.periods
    assert (("2021/2022", "2021"), ("2024", "2024")) == ((odd.period, odd.label), (plain.period, plain.label))
    assert not odd.is_matchable
    assert [1.0] == a.query(periods="2021").frame["n"].to_list()
    assert [] == sent(service)


def test_codes_that_two_places_share(serving: Serving) -> None:
    """The service finds one of two places by a code that they share: places are asked for by id, and both are found."""
    place = "2024,Calendar year,Local authority,E92000001,England"
    rows = [f"{place},E06000060,825,Buckinghamshire,F,1", f"{place},E10000002,825,Buckinghamshire CC,F,2"]
    service = serving({"a.csv": table("new_la_code,old_la_code,la_name,sex,n", *rows), "a.meta.csv": SEX})
    a = opened(service)
    assert [1.0, 2.0] == sorted(a.query(places=["Buckinghamshire", "Buckinghamshire CC"], route="pages").frame["n"])
    (asked,) = sent(service)
    assert b'"oldCode"' not in (asked.body or b"")
    assert [1.0, 2.0] == sorted(a.query(places="825", route="pages").frame["n"])


def test_odd_metadata(serving: Serving) -> None:
    """Periods come by code; a filter may have no options, a row no filter and no place, a level no places."""
    months = ("2024,March", "2024,October", "2025,February")
    rows = [f"{month},National,,,,{n}" for n, month in enumerate(months)]
    service = serving({"a.csv": table("sex,n", *rows), "a.meta.csv": SEX})
    a = opened(service)
    assert ["M10", "M2", "M3"] == [str(period.code) for period in a.meta.periods]
    assert ["2024 March", "2024 October", "2025 February"] == [period.label for period in a.periods]
    assert [] == list(a.meta.filters["Sex"])
    assert [] == list(a.meta.locations["National"])
    for route in ("pages", "csv"):
        frame = a.query(route=route).frame
        assert [0.0, 1.0, 2.0] == sorted(frame["n"])
        assert frame["sex"].null_count() == 3
    assert [2.0] == a.query(periods=ees.latest()).frame["n"].to_list()


def test_levels_that_stand_twice(serving: Serving) -> None:
    """A level that a file writes in two ways stands in the metadata twice, and is one."""
    a = opened(
        serving({**PLAIN, "a.csv": table("sex,n", f"{ENGLAND},F,1", f"{ENGLAND.replace('National', 'NATIONAL')},M,2")})
    )
    answer = a._client.request("GET", f"/data-sets/{a.id}/meta")
    assert ["NAT", "NAT"] == [level["code"] for level in answer["geographicLevels"]]
    assert ["NAT"] == [str(level.code) for level in a.meta.levels]
    assert a.meta.levels["National"] is a.meta.levels[0]


# Answers


def test_metadata_that_takes_the_service_too_long(serving: Serving, tmp_path: Path) -> None:
    """Metadata is asked once: not again at once after the service gave up, and not at all where it is in the store."""
    service = serving(PLAIN)
    service.fail(504, path="/meta")
    with pytest.raises(ees.ServerTimeoutError, match="gave up on the metadata after 30 seconds"):
        opened(service, store=tmp_path / "store")
    opened(service, store=tmp_path / "store")
    opened(service, "1.0", store=tmp_path / "store")
    assert 2 == [request.path.endswith("/meta") for request in service.requests].count(True)


@pytest.mark.parametrize(
    ("status", "headers", "advice"),
    [
        (404, {}, "no API answered at this address"),
        (405, {"allow": "GET, POST"}, "this address takes GET, POST, not POST"),
        (406, {}, "see whether something in between"),
        (414, {}, "the address is too long"),
        (415, {}, "does not read a body of this form"),
        (
            308,
            {"location": "https://elsewhere.test/v1/x"},
            "a redirect to 'https://elsewhere.test/v1/x', which was not",
        ),
    ],
)
def test_answers_without_a_body(serving: Serving, status: int, headers: dict[str, str], advice: str) -> None:
    """Answers without a body are understood by their status and headers."""
    service = serving(PLAIN)
    a = opened(service)
    service.fail(status, path="/query", headers=headers)
    with pytest.raises(ees.StatusError, match=advice) as caught:
        a.query(route="pages")
    assert status == caught.value.status


def test_rows_that_the_service_loses(serving: Serving) -> None:
    """Rows with a time identifier in another case are lost to the service: both numbers are said, the file answers."""
    rows = [f"{ENGLAND},F,1", f"{ENGLAND.replace('2024,Calendar', '2023,calendar')},M,2"]
    a = opened(serving({"a.csv": table("sex,n", *rows), "a.meta.csv": SEX}))
    with pytest.warns(ees.ServiceWarning, match="the service has 1 of the 2 rows of the data file of 'A' 1.0"):
        assert 1 == a.query(route="pages").frame.height
    with pytest.warns(ees.ServiceWarning) as said:
        result = a.query()
    assert "are lost to it; the data file answers instead" in str(said[0].message)
    assert ("csv", [1.0, 2.0]) == (result.provenance.route, sorted(result.frame["n"]))
