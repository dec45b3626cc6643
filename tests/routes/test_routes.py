"""Questions by each route, in both shells."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import Request, errors, local, routes
from eesclient.local import Service
from eesclient.testing import FakeService
from tests.doors.api import Response
from tests.test_client import Make, make
from tests.transport.scripted import ID, opened

__all__ = ["make"]

META = "col_name,col_type,label\nrate,Indicator,Rate\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
OLD, NEW = "2023,Calendar year,National,E92000001,England,1.5\n", "2024,Calendar year,National,E92000001,England,z\n"
WITHDRAWN = """
[data_sets.rates.versions."1.0"]
status = "Withdrawn"
withdrawn = 2026-03-01T09:30:00Z
notes = "Rates were doubled."
"""
KEYS = ["period", "-SEN provision", "Primary type of need", "Social care group"]
HOWS: list[dict[str, Any]] = [
    {},
    {"route": "pages"},
    {"route": "csv"},
    {"method": "GET"},
    {"debug": True},
    {"debug": True, "method": "GET"},
    {"debug": True, "route": "csv"},
]


@pytest.fixture
def withdrawn(tmp_path: Path) -> Service:
    """Return a service whose version 1.0 was withdrawn and replaced by 1.1."""
    for name, text in {
        "rates.meta.csv": META,
        "rates.csv": HEADER + OLD,
        "rates.v1.1.csv": HEADER + OLD + NEW,
        "service.toml": WITHDRAWN,
    }.items():
        (tmp_path / name).write_text(text)
    return Service.from_folder(tmp_path)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.filterwarnings("ignore:Debug mode is enabled:eesclient.ServiceWarning")
def test_one_frame(make: Make, how: dict[str, Any]) -> None:
    """The frame is the same by whichever route, method and mode; so is the number of rows."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    words = {"filters": {"SEN provision": ["SEN support", "All pupils"]}, "periods": ["2022/23", "2024/25"]}
    expected, found = sen.query(**words), sen.query(**words, **how)
    assert found.frame.equals(expected.frame)
    assert (found.total, found.columns) == (expected.total, expected.columns)
    assert found.route == how.get("route", "pages")


@pytest.mark.parametrize("how", [how for how in HOWS if "debug" in how])
def test_debug_is_warned_of(make: Make, how: dict[str, Any]) -> None:
    """Debug mode reaches the service, which warns of it, typed and once."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    with pytest.warns(errors.ServiceWarning, match="Debug mode is enabled") as caught:
        result = sen.query(
            limit=5, sort=["period", "SEN provision", "Primary type of need", "Social care group"], **how
        )
    assert ["DebugEnabled"] == [warning.code for warning in result.warnings]
    assert 1 == len(caught)


def test_what_a_get_query_sends(make: Make) -> None:
    """A question by GET has no body, and its parameters are those that the question shows."""
    sent: list[Request] = []

    def listen(request: Request) -> Response:
        sent.append(request)
        return demo.handle(request)

    demo = local.demo()
    service = opened()
    service.handle = listen  # type: ignore[method-assign]
    sen = make(service=service).open(local.SEN_ID)
    query = sen.build(indicators="Number of pupils", filters={"SEN provision": "SEN support"}, page_size=10)
    sen.query(query, method="GET")
    pages = [request for request in sent if request.path.endswith("/query")]
    assert {("GET", None)} == {(request.method, request.body) for request in pages}
    assert query.to_params() == pages[0].params


def test_what_get_cannot_say(make: Make) -> None:
    """A question that GET cannot say is refused, and nothing is sent."""
    service = opened()
    sen = make(service=service).open(ID)
    sent = len(service.requests)
    with pytest.raises(errors.QueryError, match="GET"):
        sen.query(indicators=["Pupils"], where=(_f("Sex") == "Total") | (_level() == "National"), method="GET")
    assert sent == len(service.requests)


def _f(name: str) -> Any:
    from eesclient import facets

    return facets.filter(name)


def _level() -> Any:
    from eesclient import facets

    return facets.level


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"route": "cvs"}, "route='cvs': write one of .auto"),
        ({"method": "get"}, "method='get': write one of"),
        ({"method": "GET", "route": "csv"}, "method='GET' is for pages"),
    ],
)
def test_ways_that_do_not_exist(make: Make, how: dict[str, Any], message: str) -> None:
    """A route or method that there is not is refused with those there are."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    with pytest.raises(errors.QueryError, match=message):
        sen.query(**how)


def test_limit_that_the_file_cannot_decide(make: Make) -> None:
    """A limit that cuts between equal rows is the service's choice; sorted by enough, the file gives the same rows."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    with pytest.raises(errors.UndecidedRowsError, match="limit=5 cuts between rows"):
        sen.query(limit=5, route="csv")
    by_pages, by_file = (sen.query(limit=5, sort=KEYS, route=route) for route in ("pages", "csv"))
    assert by_pages.frame.equals(by_file.frame)
    assert (by_pages.total, 5) == (by_file.total, len(by_file))
    assert by_file.frame.equals(sen.query(sort=KEYS).frame.head(5))
    everything = sen.query(limit=100_000, route="csv")
    assert everything.frame.equals(sen.read().frame)


def test_limit_that_the_file_cannot_decide_offline(make: Make, tmp_path: Path) -> None:
    """Where only the service could decide and there is no network, that is said, and not that the file is missing."""
    make(service=local.demo(), store=tmp_path / "store").open(local.SEN_ID).read()
    sen = make(service=local.demo(), store=tmp_path / "store", offline=True).open(local.SEN_ID)
    with pytest.raises(errors.UndecidedRowsError, match=r"limit=1 cuts between .*, or ask by pages, which takes a net"):
        sen.query(limit=1)
    hows: list[dict[str, Any]] = [{"route": "pages"}, {"method": "GET"}]
    for how in hows:
        with pytest.raises(errors.OfflineError, match=r"the store has the data file .* leave route= and method= out"):
            sen.query(filters={"SEN provision": "SEN support"}, **how)
    assert len(sen.query(limit=1, sort=KEYS)) == 1


def test_no_rows_out_of_the_file(make: Make) -> None:
    """The file says that nothing matches as the service does."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    where = (_f("SEN provision") == "All pupils") & (_f("SEN provision") == "SEN support")
    results = []
    for route in ("pages", "csv"):
        with pytest.warns(errors.NoRowsWarning):
            results.append(sen.query(where=where, route=route))
    assert results[0].warnings == results[1].warnings
    assert results[0].frame.equals(results[1].frame)
    assert 0 == results[1].total == len(results[1])


@pytest.mark.filterwarnings("ignore::eesclient.WithdrawnVersionWarning")
def test_withdrawn_is_refused(make: Make, withdrawn: Service) -> None:
    """Rows of a withdrawn version are refused with its notes, the current version, and the way to read them."""
    client = make(service=withdrawn)
    (found,) = client.data_sets()
    rates = client.open(found.id, version="1.0")
    for ask in (rates.query, rates.read):
        with pytest.raises(errors.WithdrawnError, match=r"doubled.*current version is 1\.1.*withdrawn=.read."):
            ask()


def test_withdrawn_is_read(make: Make, withdrawn: Service) -> None:
    """When asked for, rows come from the data file, with a warning each time."""
    client = make(service=withdrawn)
    (found,) = client.data_sets()
    with pytest.warns(errors.WithdrawnVersionWarning):
        rates = client.open(found.id, version="1.0", withdrawn="read")
    for ask in (rates.query, rates.read, lambda: rates.query(periods="2023", route="csv")):
        with pytest.warns(errors.WithdrawnVersionWarning, match="doubled.*data file") as caught:
            result = ask()
        assert (1, [1.5]) == (len(caught), result.frame["rate"].to_list())
        assert ("csv", "Withdrawn") == (result.route, str(result.provenance.status))
    with pytest.raises(errors.QueryError, match="leave route= out"):
        rates.query(route="pages")
    with pytest.raises(errors.QueryError, match='write "refuse" or "read"'):
        client.open(found.id, withdrawn="ignore")


def test_file_and_changes_of_a_version(make: Make, withdrawn: Service, tmp_path: Path) -> None:
    """A pinned data set gives its own file and its own changes."""
    client = make(service=withdrawn)
    (found,) = client.data_sets()
    rates = client.open(found.id)
    saved = rates.download(tmp_path / "saved.csv")
    assert HEADER + OLD + NEW == saved.read_text()
    added = rates.changes(include_patches=True).minor_changes.periods
    assert ["2024"] == [change.current.label for change in added]


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ({}, ["/query", "/csv"]),
        (
            {"filters": {"SEN provision": ["SEN support", "All pupils", "Education, health and care plan"]}},
            ["/query", "/csv"],
        ),
        ({"filters": {"SEN provision": "SEN support"}, "periods": "2024/25"}, ["/query"]),
        ({"page_size": 10_000}, ["/query"]),
        ({"limit": 10_000}, ["/query"]),
        ({"method": "GET"}, ["/query"]),
        ({"route": "pages"}, ["/query"]),
        ({"route": "csv"}, ["/csv"]),
    ],
)
def test_large_questions_take_the_cheaper_route(
    make: Make, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], paths: list[str]
) -> None:
    """Where the first page says that much of a large data set matches, the data file answers; the same rows."""
    monkeypatch.setattr(routes, "FEW_ROWS", 10)
    service = FakeService()
    sen = make(service=service).open(local.SEN_ID)
    service.requests.clear()
    found = sen.query(**words)
    assert ("csv" if "/csv" in paths else "pages") == found.route
    assert paths == [request.path.removeprefix(f"/data-sets/{local.SEN_ID}") for request in service.requests]
    assert found.frame.equals(sen.query(**words | {"route": "pages"}).frame)


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ({}, ["/csv"]),
        ({"indicators": "Number of pupils", "sort": "-period", "names": "label"}, ["/csv"]),
        ({"filters": {"SEN provision": "SEN support"}, "periods": "2024/25"}, ["/query"]),
        ({"limit": 80}, ["/query"]),
        ({"debug": True}, ["/query"] * 2),
        ({"route": "pages"}, ["/query"] * 2),
    ],
)
@pytest.mark.filterwarnings("ignore:Debug mode is enabled:eesclient.ServiceWarning")
def test_all_rows_of_more_than_a_page_take_the_data_file(
    make: Make, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], paths: list[str]
) -> None:
    """Where all rows are asked for and a page cannot hold them, the data file answers without a page before."""
    service = FakeService()
    sen = make(service=service).open(local.SEN_ID)
    half = -(-sen.query(limit=1).total // 2)
    monkeypatch.setattr(routes, "page_size", lambda query: min(half, query.limit or half))
    service.requests.clear()
    found = sen.query(**words)
    assert paths == [request.path.removeprefix(f"/data-sets/{local.SEN_ID}") for request in service.requests]
    assert found.frame.equals(sen.query(**words | {"route": "pages"}).frame)


def test_few_rows_are_always_read_by_pages(make: Make) -> None:
    """Of a small data set the data file is never asked for by itself."""
    service = FakeService()
    assert "pages" == make(service=service).open(local.SEN_ID).query().route


@pytest.fixture
def years(tmp_path: Path) -> Service:
    """Return a service whose academic years were written with four digits, but one."""
    lines = "".join(f"{year},Academic year,National,E92000001,England,{year}\n" for year in (2018, 2019, 201920))
    (tmp_path / "rates.meta.csv").write_text(META)
    (tmp_path / "rates.csv").write_text(HEADER + lines)
    return Service.from_folder(tmp_path)


@pytest.mark.parametrize("route", ["auto", "csv"])
@pytest.mark.parametrize("where", [{"periods": "2018/19"}, {"periods": 2019}, {"periods": ees.between(2018, 2019)}])
def test_years_of_four_digits(make: Make, years: Service, route: Any, where: dict[str, Any]) -> None:
    """The service cannot match an academic year of four digits, so the data file answers, and with what was meant."""
    result = make(service=years).open(only_id(years)).query(**where, route=route)
    expected = {"2018/19": [2018.0], 2019: [2019.0]}.get(where["periods"], [2019.0, 2018.0])
    assert (expected, "csv") == (result.frame["rate"].to_list(), result.route)


def test_years_of_four_digits_by_pages(make: Make, years: Service) -> None:
    """Pages of such a year are refused; other years come by pages as ever."""
    rates = make(service=years).open(only_id(years))
    with pytest.raises(errors.QueryError, match=r"2018/19 .*stored as 2018.*data file"):
        rates.query(periods="2018/19", route="pages")
    result = rates.query(periods=rates.periods[-1])
    assert ([201920.0], "pages") == (result.frame["rate"].to_list(), result.route)


KINDS = ("Calendar year", "Calendar year Q2", "Reporting year", "Week 3", "January")
"""Kinds of one year, which a producer wrote with two."""


@pytest.fixture
def two_years(tmp_path: Path) -> Service:
    """Return a service whose periods of one year were written with two, but a calendar year."""
    pairs = [("2024", "Calendar year"), *(("202425", kind) for kind in KINDS)]
    lines = "".join(f"{year},{kind},National,E92000001,England,{n}\n" for n, (year, kind) in enumerate(pairs))
    (tmp_path / "rates.meta.csv").write_text(META)
    (tmp_path / "rates.csv").write_text(HEADER + lines)
    return Service.from_folder(tmp_path)


@pytest.mark.parametrize("how", [{}, {"route": "csv"}, {"method": "GET"}, {"sort": "period"}, {"page_size": 1}])
def test_one_year_written_as_two(make: Make, two_years: Service, how: dict[str, Any]) -> None:
    """The service refuses such a period in every spelling, its own label too, so the data file answers."""
    rates = make(service=two_years).open(only_id(two_years))
    for place, kind in enumerate(KINDS, 1):
        period = next(p for p in rates.periods if p.code.label == kind and not p.is_matchable)
        label = f"2024 ({kind}, stored as 2024/2025)" if period.label == "2024" else period.label
        for written in (period, label, f"{kind} 2024/25", f"202425 {kind}", f"2024/2025|{period.code}"):
            result = rates.query(periods=written, **how)
            assert ([place], "csv") == (result.frame["rate"].to_list(), result.route)


def test_one_year_written_as_two_by_pages(make: Make, two_years: Service) -> None:
    """Nothing that only the service can answer is sent; other periods, comparisons and negations come as ever."""
    rates = make(service=two_years).open(only_id(two_years))
    query = rates.build(periods="2024 January")
    asks = [query.to_json, query.to_params, query.to_curl, query.to_eesyapi_r, lambda: query.to_curl(method="GET")]
    for ask in [*asks, *(partial(rates.query, query, route="pages", method=m) for m in ("POST", "GET"))]:
        with pytest.raises(errors.QueryError, match=r"2024 January \(stored as 2024/2025\): .*data file"):
            ask()
    assert "pages" == rates.query(periods="2024|CY").route
    others = rates.query(where=~(ees.facets.period == "2024 January"), sort="period")
    assert (["csv"], [0, 1, 2, 3, 4]) == ([others.route], others.frame["rate"].to_list())
    with pytest.raises(errors.AmbiguousLabelError, match=r"2024 \(Calendar year\)\W+2024 \(Calendar year, stored as"):
        rates.query(periods="Calendar year 2024")


def test_one_year_written_as_two_elsewhere(make: Make, two_years: Service, tmp_path: Path) -> None:
    """Its rows are read, scanned, stored, explained, written as Python and left without dates that nobody said."""
    rates = make(service=two_years, store=tmp_path / "kept").open(only_id(two_years))
    week = ees.last(1, kind="Week 03")
    assert "The question is not empty: 1 rows match it." == str(rates.explain_empty(rates.build(periods=week)))
    assert rates.read().frame.equals(rates.scan().collect())
    result = rates.query(periods=week, route="store")
    assert [(4.0, None, None)] == result.with_dates().select("rate", "period_start", "period_end").rows()
    assert 'periods=ees.last(1, kind="Week 03")' in result.query.to_python()
    assert ["202425"] == result.frame["time_period"].to_list()
    assert result.frame.equals(rates.query(periods=rates.meta.period("2024/2025", "W3")).frame)


def only_id(service: Service) -> str:
    """Id of the only data set."""
    with ees.Client(service=service) as client:
        return next(client.data_sets()).id
