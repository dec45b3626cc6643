"""A client for the explore education statistics API of the Department for Education.

Open a data set at an exact version, ask in labels, get a typed Polars frame::

    import eesclient as ees

    with ees.Client() as client:
        sen = client.open("019d431f-f58f-73c2-9c1e-5e5fd3462e77", version="1.*")
        result = sen.query(indicators=["Number of pupils"], others="Total", periods=["2024/25"])
        result.frame
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api.messages import Request as Request
    from .errors import (
        AmbiguousLabelError as AmbiguousLabelError,
        AmbiguousRowsWarning as AmbiguousRowsWarning,
        ArgumentTypeError as ArgumentTypeError,
        BadRequestError as BadRequestError,
        CatalogueError as CatalogueError,
        CertificateError as CertificateError,
        ClientClosedError as ClientClosedError,
        ComparatorError as ComparatorError,
        CorrectedVersionWarning as CorrectedVersionWarning,
        DataFileError as DataFileError,
        DataSetNotFoundError as DataSetNotFoundError,
        DecimalPlacesWarning as DecimalPlacesWarning,
        DeprecatedDataSetWarning as DeprecatedDataSetWarning,
        EESError as EESError,
        EESWarning as EESWarning,
        ForbiddenError as ForbiddenError,
        IncompleteListWarning as IncompleteListWarning,
        InvalidResponseError as InvalidResponseError,
        InvalidVersionError as InvalidVersionError,
        LakeError as LakeError,
        LakeWarning as LakeWarning,
        LockError as LockError,
        MigrationError as MigrationError,
        MigrationWarning as MigrationWarning,
        NoRowsWarning as NoRowsWarning,
        NotFoundError as NotFoundError,
        OfflineError as OfflineError,
        PaddedNumbersWarning as PaddedNumbersWarning,
        ProxyError as ProxyError,
        PublicationNotFoundError as PublicationNotFoundError,
        QueryError as QueryError,
        QueryTooLargeError as QueryTooLargeError,
        ReceiptError as ReceiptError,
        RequestConnectionError as RequestConnectionError,
        RequestError as RequestError,
        RequestTimeoutError as RequestTimeoutError,
        RequestTooLargeError as RequestTooLargeError,
        ServerError as ServerError,
        ServerTimeoutError as ServerTimeoutError,
        ServiceWarning as ServiceWarning,
        SettingsError as SettingsError,
        StaleEntryWarning as StaleEntryWarning,
        StatusError as StatusError,
        StoreError as StoreError,
        StoreWarning as StoreWarning,
        SuppressedCellsWarning as SuppressedCellsWarning,
        TooManyRequestsError as TooManyRequestsError,
        TotalByNameWarning as TotalByNameWarning,
        TotalError as TotalError,
        UndecidedRowsError as UndecidedRowsError,
        UnknownLabelError as UnknownLabelError,
        VersionNotFoundError as VersionNotFoundError,
        WithdrawnError as WithdrawnError,
        WithdrawnVersionWarning as WithdrawnVersionWarning,
    )
    from .models.changes import (
        Change as Change,
        Changes as Changes,
        ChangeSet as ChangeSet,
        FacetChange as FacetChange,
        VersionChanges as VersionChanges,
    )
    from .models.answers import Publication as Publication
    from .models.data_sets import DataSet as DataSet, DataSetVersion as DataSetVersion
    from .models.entries import CatalogueChange as CatalogueChange, EntryFacts as EntryFacts, Variable as Variable
    from .models.enums import (
        DataSetStatus as DataSetStatus,
        DataSetVersionStatus as DataSetVersionStatus,
        DataSetVersionType as DataSetVersionType,
        GeographicLevel as GeographicLevel,
        IndicatorUnit as IndicatorUnit,
        MetaType as MetaType,
    )
    from .models.meta import (
        Filter as Filter,
        FilterOption as FilterOption,
        Indicator as Indicator,
        Level as Level,
        LocationGroup as LocationGroup,
        LocationOption as LocationOption,
        Meta as Meta,
    )
    from .models.periods import TimeIdentifier as TimeIdentifier, TimePeriod as TimePeriod
    from .models.progress import Progress as Progress
    from .models.provenance import Provenance as Provenance
    from .models.versions import Version as Version, VersionRange as VersionRange
    from .query import tree as tree
    from .query.args import service_sort as service_sort
    from .query.facets import between as between, facets as facets, last as last, latest as latest
    from .query.question import Query as Query
    from . import local as local
    from .aio import (
        AsyncAsOf as AsyncAsOf,
        AsyncCatalogue as AsyncCatalogue,
        AsyncCatalogueDataSet as AsyncCatalogueDataSet,
        AsyncCatalogueEntry as AsyncCatalogueEntry,
        AsyncClient as AsyncClient,
        AsyncPinnedDataSet as AsyncPinnedDataSet,
    )
    from .catalogue.entries import (
        Catalogue as Catalogue,
        CatalogueDataSet as CatalogueDataSet,
        CatalogueEntry as CatalogueEntry,
    )
    from .catalogue.mirrored import (
        MirroredEntry as MirroredEntry,
        MirrorPlan as MirrorPlan,
        MirrorReport as MirrorReport,
    )
    from .client import AsOf as AsOf, Client as Client
    from .data_set import PinnedDataSet as PinnedDataSet
    from .lock.check import (
        CheckedEntry as CheckedEntry,
        LockCheck as LockCheck,
        OutdatedEntry as OutdatedEntry,
        OutdatedReport as OutdatedReport,
    )
    from .lock.lockfile import FileEntry as FileEntry, LockEntry as LockEntry
    from .lock.sync import SyncedEntry as SyncedEntry, SyncPlan as SyncPlan, SyncReport as SyncReport
    from .results.answer import (
        SavedResult as SavedResult,
        read_delta as read_delta,
        read_parquet as read_parquet,
    )
    from .results.receipts import digest_of as digest_of
    from .results.result import QueryResult as QueryResult
    from .results.stream import ArrowStream as ArrowStream
    from .store.blobs import Store as Store
    from .table.columns import ColumnInfo as ColumnInfo
    from .versions.empty import EmptyClause as EmptyClause, EmptyReport as EmptyReport, Suggestion as Suggestion
    from .versions.report import UpgradeReport as UpgradeReport
    from .versions.series import Revisions as Revisions

    __version__: str

_MODULES = {
    "aio": "AsyncAsOf AsyncCatalogue AsyncCatalogueDataSet AsyncCatalogueEntry AsyncClient AsyncPinnedDataSet",
    "api.messages": "Request",
    "catalogue.entries": "Catalogue CatalogueDataSet CatalogueEntry",
    "catalogue.mirrored": "MirroredEntry MirrorPlan MirrorReport",
    "client": "AsOf Client",
    "data_set": "PinnedDataSet",
    "lock.check": "CheckedEntry LockCheck OutdatedEntry OutdatedReport",
    "lock.lockfile": "FileEntry LockEntry",
    "lock.sync": "SyncedEntry SyncPlan SyncReport",
    "models.answers": "Publication",
    "models.changes": "Change Changes ChangeSet FacetChange VersionChanges",
    "models.data_sets": "DataSet DataSetVersion",
    "models.entries": "CatalogueChange EntryFacts Variable",
    "models.enums": "DataSetStatus DataSetVersionStatus DataSetVersionType GeographicLevel IndicatorUnit MetaType",
    "models.meta": "Filter FilterOption Indicator Level LocationGroup LocationOption Meta",
    "models.periods": "TimeIdentifier TimePeriod",
    "models.progress": "Progress",
    "models.provenance": "Provenance",
    "models.versions": "Version VersionRange",
    "query.args": "service_sort",
    "query.facets": "between facets last latest",
    "query.question": "Query",
    "results.answer": "SavedResult read_delta read_parquet",
    "results.receipts": "digest_of",
    "results.result": "QueryResult",
    "results.stream": "ArrowStream",
    "store.blobs": "Store",
    "table.columns": "ColumnInfo",
    "versions.empty": "EmptyClause EmptyReport Suggestion",
    "versions.report": "UpgradeReport",
    "versions.series": "Revisions",
}
"""Module to its public names, beside those of `errors`: each is imported when one of them is first used."""

if not TYPE_CHECKING:
    # type checkers see it by the imports above: what is imported as itself is public

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("eesclient")
        if name == "__all__":
            ours = [one for names in _MODULES.values() for one in names.split()]
            return sorted([*ours, *filter(_is_error, dir(import_module(f"{__name__}.errors"))), "local", "tree"])
        if name in ("local", "tree"):
            return import_module(f"{__name__}.local" if name == "local" else f"{__name__}.query.tree")
        for module, names in {"errors": name if _is_error(name) else "", **_MODULES}.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__getattr__("__all__"), "__version__"]

    def _is_error(name: str) -> bool:
        return name.endswith(("Error", "Warning")) and name[0] != "_"
