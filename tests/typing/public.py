"""Every public name in use. Never run: the type checkers read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import httpx
import polars as pl

import eesclient as ees
from eesclient.models.data_sets import Release
from eesclient.models.meta import MetaItems
from eesclient.query.tree import Condition, Node


def clients(transport: httpx.BaseTransport, awaited: httpx.AsyncBaseTransport) -> None:
    ees.Client()
    ees.Client(base_url="https://x.test", timeout=5, retries=0, max_in_flight=1, transport=transport)
    ees.Client(time_limit=600, max_unpacked=10**10, max_in_memory=0, store=None)
    ees.Client(service=ees.local.Service.from_folder(Path("data")))
    lone = ees.local.Service.from_csv("a.csv", kinds={"a": "filter", "b": "ignored"}, labels={"a": "A"})
    assert_type(lone.notes, tuple[str, ...])
    ees.AsyncClient(service=ees.local.demo(), timeout=0.5)
    ees.AsyncClient(transport=awaited, preview_token="")
    with ees.Client() as client:
        assert_type(client, ees.Client)
    assert_type(client.with_options(timeout=120, retries=0, time_limit=600.5), ees.Client)
    assert_type(client.close(), None)


def finding(client: ees.Client, id_: str) -> None:
    assert_type(client.publications(), Iterator[ees.Publication])
    assert_type(client.publications(search="sen"), Iterator[ees.Publication])
    assert_type(client.publication(id_), ees.Publication)
    assert_type(client.data_sets(id_), Iterator[ees.DataSet])
    assert_type(client.data_sets(search="sen"), Iterator[ees.DataSet])
    assert_type(client.data_set(id_), ees.DataSet)
    assert_type(client.versions(id_), Iterator[ees.DataSetVersion])
    assert_type(client.version(id_, ees.Version(1, 0)), ees.DataSetVersion)
    assert_type(client.changes(id_, "1.*", include_patches=True), ees.Changes)
    assert_type(client.download(id_, Path("sen.csv"), version="1.*", progress=True), Path)
    assert_type(client.meta(id_, version="1.*", types=["Filters", ees.MetaType.LOCATIONS]), ees.Meta)
    assert_type(client.request("GET", "/publications", params={"search": "sen"}), Any)
    assert_type(client.open(id_, version=ees.VersionRange(1), withdrawn="read"), ees.PinnedDataSet)


def catalogue(client: ees.Client) -> None:
    assert_type(client.catalogue, ees.Catalogue)
    found = client.catalogue.search("SENCO", theme="Early years", publication="x", level="LA", in_api=False)
    assert_type(found, Iterator[ees.CatalogueEntry])
    entry = client.catalogue.latest(publication="x", title="y")
    assert_type(entry, ees.CatalogueEntry)
    facts: ees.EntryFacts = client.catalogue.entry(entry.id)
    assert_type(facts.published, datetime | None)
    assert_type(client.catalogue.changed_since("2026-01-01"), Iterator[ees.CatalogueChange])
    opened = entry.open(kinds={"status": "filter"})
    assert_type(opened, ees.PinnedDataSet)
    assert_type(opened.footnotes(), tuple[str, ...])
    assert_type(opened.variables(), tuple[ees.Variable, ...])
    assert_type(opened.notes, tuple[str, ...])
    stale: type[Warning] = ees.StaleEntryWarning
    assert stale
    if isinstance(opened, ees.CatalogueDataSet):
        assert_type(opened.sha256, str)
        assert_type(opened.lock(), ees.FileEntry)


async def catalogue_awaited(client: ees.AsyncClient) -> None:
    assert_type(client.catalogue, ees.AsyncCatalogue)
    assert_type(client.catalogue.search(), AsyncIterator[ees.AsyncCatalogueEntry])
    try:
        opened = await (await client.catalogue.entry("x")).open()
    except (ees.CertificateError, ees.ProxyError) as error:
        assert_type(error.code, str)
        return
    except ees.CatalogueError as error:
        assert_type(error.url, str)
        return
    if isinstance(opened, ees.AsyncCatalogueDataSet):
        assert_type(opened.entry, ees.EntryFacts)


def attributes(sen: ees.PinnedDataSet | ees.AsyncPinnedDataSet) -> None:
    assert_type(sen.id, str)
    assert_type(sen.title, str)
    assert_type(sen.version, ees.Version)
    assert_type(sen.status, ees.DataSetVersionStatus)
    assert_type(sen.status.is_live, bool)
    assert_type(sen.release, Release)
    assert_type(sen.published, datetime | None)
    assert_type(sen.meta, ees.Meta)
    assert_type(sen.meta.filters, MetaItems[ees.Filter])
    assert_type(sen.meta.filters.to_frame(), pl.DataFrame)
    assert_type(sen.meta.filters["SEN provision"], ees.Filter)
    assert_type(sen.meta.filters[0]["SEN support"], ees.FilterOption)
    assert_type(sen.meta.filters[1:], tuple[ees.Filter, ...])
    assert_type(sen.meta.locations["LA"]["Camden"], ees.LocationOption)
    assert_type(sen.meta.filter("nTEws"), ees.Filter | None)
    assert_type(sen.meta.option("dP0Zw"), ees.FilterOption | None)
    assert_type(sen.meta.filter_of("dP0Zw"), ees.Filter | None)
    assert_type(sen.meta.indicator("4S2HA"), ees.Indicator | None)
    assert_type(sen.meta.level("LA"), ees.Level | None)
    assert_type(sen.meta.group("LA"), ees.LocationGroup | None)
    assert_type(sen.meta.location("LA", "ufp2K"), ees.LocationOption | None)
    assert_type(sen.meta.period("2023/2024", "AY"), ees.TimePeriod | None)
    assert_type(sen.understood, str)
    assert_type(sen.periods, MetaItems[ees.TimePeriod])
    assert_type(sen.latest_period, ees.TimePeriod | None)
    assert_type(sen.data_set, ees.DataSet)
    assert_type(sen.places(["Camden", "urn:100000"]), pl.DataFrame)


def announced(plan: ees.SyncPlan) -> None:
    assert_type(plan.lacking, tuple[ees.LockEntry, ...])


def mirroring(plan: ees.MirrorPlan) -> None:
    assert_type(plan.lacking, tuple[str, ...])


def lock(sen: ees.PinnedDataSet) -> None:
    entry = sen.lock("pins.lock", data=True)
    assert_type(entry, ees.LockEntry)
    assert_type(entry.asked, ees.Version | ees.VersionRange | None)
    assert_type(entry.data_sha256, str | None)
    with ees.Client() as client:
        checked = client.check_lock("pins.lock", data=True, progress=lambda one: one.to_text())
        assert_type(checked, ees.LockCheck)
        assert_type(checked.entries, tuple[ees.CheckedEntry, ...])
        synced = client.sync(announce=announced, progress=lambda one: one.notes)
        assert_type(synced, ees.SyncReport)
        assert_type(synced.entries, tuple[ees.SyncedEntry, ...])
        news = client.outdated(Path("pins.lock"))
        assert_type(news, ees.OutdatedReport)
        assert_type(news.entries, tuple[ees.OutdatedEntry, ...])
        mirrored = client.mirror("mirror", in_api=True, announce=mirroring, progress=lambda one: one.notes)
        assert_type(mirrored, ees.MirrorReport)
        assert_type(mirrored.entries, tuple[ees.MirroredEntry, ...])
    try:
        ees.Client(lock=Path("pins.lock"), offline=True)
    except ees.LockError as error:
        assert_type(error.problems, tuple[str, ...])


def asking(sen: ees.PinnedDataSet) -> None:
    f = ees.facets
    where = (f.filter("SEN provision") == "SEN support") & (
        (f.period >= "2022/23") | f.location("REG").is_in(["North East", "E12000002"])
    ) & ~(f.level == "School")  # fmt: skip
    assert_type(f.level != "School", Condition)
    node: Node = where
    leaf = ees.tree.Leaf(facet="filters", comparator=ees.tree.Comparator.IN, values=("dP0Zw",), owner="nTEws")
    assert_type(leaf & ees.tree.Not(clause=node), ees.tree.And)
    query = sen.build(
        indicators=["Number of pupils"],
        filters={"SEN provision": ["SEN support"], "Sex": "Total"},
        periods=ees.between("2019/20", "2023/24"),
        levels=["Local authority", ees.GeographicLevel.REG],
        places="Bath",
        within=["London"],
        include_self=True,
        where=node,
        others="Total",
        sort=["-period", ees.service_sort("Number of pupils")],
        limit=100,
        page_size=50,
        values="typed",
        numbers="trimmed",
        names="label",
        dtypes={"pupil_count": pl.Float64},
    )
    assert_type(query, ees.Query)
    assert_type(query.to_json(), str)
    assert_type(query.to_params(page=2), tuple[tuple[str, str], ...])
    assert_type(query.explain(), str)
    assert_type(query.to_curl(base_url="https://x.test", method="GET", page=2), str)
    assert_type(query.to_python(client="client"), str)
    assert_type(query.to_eesyapi_r(), str)
    report = sen.explain_empty(query)
    assert_type(report, ees.EmptyReport)
    assert_type(report.text, str)
    assert_type(report.clauses, tuple[ees.EmptyClause, ...])
    assert_type(report.suggestions, tuple[ees.Suggestion, ...])
    assert_type(sen.query(query), ees.QueryResult)
    assert_type(sen.query(periods=ees.latest()), ees.QueryResult)
    assert_type(sen.query(periods=[ees.last(3), "2019/20", 2018]), ees.QueryResult)
    assert_type(sen.read(), ees.QueryResult)
    assert_type(sen.scan(), pl.LazyFrame)
    assert_type(sen.stream(), ees.ArrowStream)
    assert_type(sen.stream(sen.scan()).provenance, ees.Provenance)
    assert_type(sen.provenance, ees.Provenance)
    assert_type(sen.download("sen.csv", progress=lambda now: assert_type(now, ees.Progress)), Path)


def upgrading(client: ees.Client, sen: ees.PinnedDataSet, query: ees.Query) -> None:
    report = sen.compare("2.0")
    assert_type(report, ees.UpgradeReport)
    assert_type(report.is_major, bool)
    assert_type(report.changes, tuple[ees.FacetChange, ...])
    assert_type(report.affects(query)[0].kind, Literal["added", "deleted", "updated"])
    assert_type(report.migrate(query, others="Total"), ees.Query)
    assert_type(report.to_text(), str)
    stacked = sen.revisions(query, versions=["1.*", ees.Version(2)], others={"Sex": "Total"})
    assert_type(stacked, ees.Revisions)
    assert_type(stacked.frame, pl.DataFrame)
    assert_type(stacked.results, tuple[ees.QueryResult, ...])
    assert_type(stacked.skipped, Mapping[ees.Version, str])
    past = client.as_of(date(2025, 3, 1))
    assert_type(past, ees.AsOf)
    assert_type(past.moment, datetime)
    assert_type(client.as_of("2025-03-01").open(sen.id, version="1.*"), ees.PinnedDataSet)


def results(result: ees.QueryResult) -> None:
    assert_type(result.frame, pl.DataFrame)
    assert_type(result.total, int)
    assert_type(result.route, Literal["pages", "csv", "store"])
    assert_type(result.version, ees.Version)
    assert_type(result.pinned, Mapping[str, str])
    assert_type(result.provenance, ees.Provenance)
    assert_type(result.provenance.source, Literal["service", "local", "synthetic"])
    assert_type(result.with_ids(), pl.DataFrame)
    assert_type(result.to_long(), pl.DataFrame)
    assert_type(result.with_dates(), pl.DataFrame)
    assert_type(result.add_up("Number of pupils", by=["Sex"], suppressed="range", additive=True), pl.DataFrame)
    assert_type(result.provenance.pinned, Mapping[str, str])
    pl.DataFrame(result)


def doors(service: ees.local.Service, result: ees.QueryResult) -> None:
    request = ees.Request(method="GET", path="/publications", params=(("search", "sen"),), headers=(("a", "b"),))
    assert_type(service.handle(request).status, int)
    assert_type(ees.digest_of(result.frame), str)
    store = ees.Store("store")
    ees.Client(service=service, store=store)


def receipts(result: ees.QueryResult) -> None:
    assert_type(result.digest, str)
    assert_type(result.cite(), str)
    assert_type(result.cite(style="csl-json"), str)
    assert_type(result.write_parquet("sen.parquet"), Path)
    assert_type(result.write_delta("sen"), Path)
    try:
        assert_type(ees.read_delta(Path("sen"), version="1.*"), ees.SavedResult)
    except ees.LakeError as error:
        assert_type(error.path, str)
    saved = ees.read_parquet(Path("sen.parquet"))
    assert_type(saved, ees.SavedResult)
    assert_type(saved.frame, pl.DataFrame)
    assert_type(saved.columns, tuple[ees.ColumnInfo, ...])
    assert_type(saved.provenance, ees.Provenance)
    assert_type(saved.provenance.publication, str | None)
    assert_type(saved.provenance.is_draft, bool)
    assert_type(saved.digest, str)
    assert_type(saved.cite("bibtex"), str)
    try:
        result.cite()
    except ees.ReceiptError as error:
        assert_type(error.file, str)


async def awaiting(id_: str) -> None:
    async with ees.AsyncClient(service=ees.local.demo()) as client:
        assert_type(client, ees.AsyncClient)
        assert_type(client.publications("sen"), AsyncIterator[ees.Publication])
        assert_type(client.data_sets(id_), AsyncIterator[ees.DataSet])
        assert_type(client.versions(id_), AsyncIterator[ees.DataSetVersion])
        async for publication in client.publications():
            assert_type(publication, ees.Publication)
        assert_type(await client.publication(id_), ees.Publication)
        assert_type(await client.data_set(id_), ees.DataSet)
        assert_type(await client.version(id_, "1.*"), ees.DataSetVersion)
        assert_type(await client.changes(id_, ees.Version(1, 0, 1)), ees.Changes)
        assert_type(await client.download(id_, "sen.csv"), Path)
        assert_type(await client.meta(id_), ees.Meta)
        assert_type(await client.request("POST", "/x", body={"page": 1}), Any)
        sen = await client.open(id_)
        assert_type(sen, ees.AsyncPinnedDataSet)
        assert_type(sen.build(others="Total"), ees.Query)
        assert_type(await sen.query(others={"Sex": "Total"}), ees.QueryResult)
        assert_type(await sen.query(sen.build()), ees.QueryResult)
        assert_type(await sen.read(), ees.QueryResult)
        assert_type(await sen.scan(), pl.LazyFrame)
        assert_type(await sen.stream(), ees.ArrowStream)
        assert_type(await sen.explain_empty(sen.build()), ees.EmptyReport)
        assert_type(await sen.compare("*"), ees.UpgradeReport)
        assert_type(await sen.revisions(sen.build()), ees.Revisions)
        assert_type(client.as_of(date(2025, 3, 1)), ees.AsyncAsOf)
        assert_type(await client.as_of("2025-03-01").open(id_), ees.AsyncPinnedDataSet)
    assert_type(client.with_options(timeout=None).with_options(retries=1), ees.AsyncClient)
    assert_type(await client.close(), None)


def versions() -> None:
    assert_type(ees.Version.parse("1.0") < ees.Version(2), bool)
    assert_type(ees.VersionRange.parse("1.*").latest([ees.Version(1)]), ees.Version | None)
    assert_type(ees.__version__, str)


def models(data_set: ees.DataSet, version: ees.DataSetVersion, meta: ees.Meta, result: ees.QueryResult) -> None:
    assert_type(data_set.status, ees.DataSetStatus)
    assert_type(version.type, ees.DataSetVersionType)
    assert_type([option for item in meta.filters for option in item.options], list[ees.FilterOption])
    assert_type([item.unit for item in meta.indicators], list[ees.IndicatorUnit | None])
    assert_type(list(meta.indicators), list[ees.Indicator])
    assert_type(list(meta.levels), list[ees.Level])
    assert_type(list(meta.locations), list[ees.LocationGroup])
    assert_type([option for group in meta.locations for option in group.options], list[ees.LocationOption])
    assert_type([item.code for item in meta.periods], list[ees.TimeIdentifier])
    assert_type(result.columns, tuple[ees.ColumnInfo, ...])


def changes(found: ees.Changes) -> None:
    sets: list[ees.ChangeSet] = [found.major_changes, found.minor_changes]
    history: tuple[ees.VersionChanges, ...] = found.patch_history
    assert_type(sets[0].indicators[0].kind, Literal["added", "deleted", "updated"])
    assert_type([change.current for change in sets[0].indicators], list[ees.Indicator | None])
    one: ees.Change[ees.Level] = sets[1].levels[0]
    assert_type(one.previous, ees.Level | None)
    assert_type(history[0].version, ees.Version)


def errors(client: ees.Client) -> None:
    try:
        client.open("sen")
    except (ees.ClientClosedError, ees.InvalidVersionError, ees.SettingsError):
        pass
    except ees.DataFileError as error:
        assert_type(error.line, int | None)
    except ees.UnknownLabelError as error:
        assert_type(error.unknown, tuple[str, ...])
    except ees.AmbiguousLabelError as error:
        assert_type(error.candidates, tuple[str, ...])
    except ees.UndecidedRowsError:
        pass
    except ees.TotalError as error:
        assert_type(error.choices, tuple[str, ...])
    except (ees.ArgumentTypeError, ees.ComparatorError, ees.QueryTooLargeError, ees.QueryError, ees.WithdrawnError):
        pass
    except ees.EESError:
        raise


def pinning_errors(client: ees.Client) -> None:
    try:
        client.open("sen")
    except ees.StoreError as error:
        assert_type(error.path, str)
    except ees.MigrationError as error:
        assert_type(error.reasons, tuple[str, ...])


def requests(client: ees.Client) -> None:
    try:
        client.open("sen")
    except (ees.RequestTimeoutError, ees.RequestConnectionError, ees.OfflineError, ees.InvalidResponseError) as error:
        assert_type(error.url, str)
    except (ees.PublicationNotFoundError, ees.DataSetNotFoundError, ees.VersionNotFoundError, ees.NotFoundError):
        pass
    except (ees.BadRequestError, ees.ForbiddenError, ees.RequestTooLargeError, ees.TooManyRequestsError) as error:
        assert_type([detail.path for detail in error.errors], list[str | None])
    except (ees.ServerTimeoutError, ees.ServerError, ees.StatusError) as error:
        assert_type(error.status, int)
    except ees.RequestError as error:
        assert_type(error.method, str)


WARNINGS: list[type[ees.EESWarning]] = [
    ees.AmbiguousRowsWarning,
    ees.CorrectedVersionWarning,
    ees.DecimalPlacesWarning,
    ees.DeprecatedDataSetWarning,
    ees.IncompleteListWarning,
    ees.MigrationWarning,
    ees.NoRowsWarning,
    ees.PaddedNumbersWarning,
    ees.ServiceWarning,
    ees.LakeWarning,
    ees.StoreWarning,
    ees.SuppressedCellsWarning,
    ees.TotalByNameWarning,
    ees.WithdrawnVersionWarning,
]
