"""A client for the explore education statistics API of the Department for Education.

Open a data set at an exact version, ask in labels, get a typed Polars frame::

    import eesclient as ees

    with ees.Client() as client:
        sen = client.open("019d431f-f58f-73c2-9c1e-5e5fd3462e77", version="1.*")
        result = sen.query(indicators=["Number of pupils"], others="Total", periods=["2024/25"])
        result.frame
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .api.messages import Request
from .errors import (
    AmbiguousLabelError,
    AmbiguousRowsWarning,
    BadRequestError,
    CatalogueError,
    ClientClosedError,
    ComparatorError,
    CorrectedVersionWarning,
    DataFileError,
    DataSetNotFoundError,
    DecimalPlacesWarning,
    DeprecatedDataSetWarning,
    EESError,
    EESWarning,
    ForbiddenError,
    IncompleteListWarning,
    InvalidResponseError,
    InvalidVersionError,
    LockError,
    MigrationError,
    MigrationWarning,
    NoRowsWarning,
    NotFoundError,
    OfflineError,
    PublicationNotFoundError,
    QueryError,
    QueryTooLargeError,
    ReceiptError,
    RequestConnectionError,
    RequestError,
    RequestTimeoutError,
    RequestTooLargeError,
    ServerError,
    ServerTimeoutError,
    ServiceWarning,
    SettingsError,
    StaleEntryWarning,
    StatusError,
    StoreError,
    StoreWarning,
    SuppressedCellsWarning,
    TooManyRequestsError,
    TotalByNameWarning,
    TotalError,
    UndecidedRowsError,
    UnknownLabelError,
    VersionNotFoundError,
    WithdrawnError,
    WithdrawnVersionWarning,
)
from .models.changes import Change, Changes, ChangeSet, FacetChange, VersionChanges
from .models.data_sets import CatalogueChange, DataSet, DataSetVersion, EntryFacts, Publication, Variable
from .models.enums import (
    DataSetStatus,
    DataSetVersionStatus,
    DataSetVersionType,
    GeographicLevel,
    IndicatorUnit,
    MetaType,
)
from .models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, LocationOption, Meta
from .models.periods import TimeIdentifier, TimePeriod
from .models.provenance import Provenance
from .models.versions import Version, VersionRange
from .query import tree
from .query.args import service_sort
from .query.facets import between, facets, last, latest
from .query.question import Query

if TYPE_CHECKING:
    from . import local
    from .aio import (
        AsyncAsOf,
        AsyncCatalogue,
        AsyncCatalogueDataSet,
        AsyncCatalogueEntry,
        AsyncClient,
        AsyncPinnedDataSet,
    )
    from .catalogue.entries import Catalogue, CatalogueDataSet, CatalogueEntry
    from .client import AsOf, Client
    from .data_set import PinnedDataSet
    from .lock.check import CheckedEntry, LockCheck, OutdatedEntry, OutdatedReport
    from .lock.lockfile import FileEntry, LockEntry
    from .lock.sync import SyncedEntry, SyncPlan, SyncReport
    from .results.receipts import digest_of
    from .results.result import QueryResult, SavedResult, read_parquet
    from .store.blobs import Store
    from .table.columns import ColumnInfo
    from .versions.empty import EmptyClause, EmptyReport, Suggestion
    from .versions.report import UpgradeReport
    from .versions.series import Revisions

    __version__: str

__all__ = [
    "AmbiguousLabelError",
    "AmbiguousRowsWarning",
    "AsOf",
    "AsyncAsOf",
    "AsyncCatalogue",
    "AsyncCatalogueDataSet",
    "AsyncCatalogueEntry",
    "AsyncClient",
    "AsyncPinnedDataSet",
    "BadRequestError",
    "Catalogue",
    "CatalogueChange",
    "CatalogueDataSet",
    "CatalogueEntry",
    "CatalogueError",
    "Change",
    "ChangeSet",
    "Changes",
    "CheckedEntry",
    "Client",
    "ClientClosedError",
    "ColumnInfo",
    "ComparatorError",
    "CorrectedVersionWarning",
    "DataFileError",
    "DataSet",
    "DataSetNotFoundError",
    "DataSetStatus",
    "DataSetVersion",
    "DataSetVersionStatus",
    "DataSetVersionType",
    "DecimalPlacesWarning",
    "DeprecatedDataSetWarning",
    "EESError",
    "EESWarning",
    "EmptyClause",
    "EmptyReport",
    "EntryFacts",
    "FacetChange",
    "FileEntry",
    "Filter",
    "FilterOption",
    "ForbiddenError",
    "GeographicLevel",
    "IncompleteListWarning",
    "Indicator",
    "IndicatorUnit",
    "InvalidResponseError",
    "InvalidVersionError",
    "Level",
    "LocationGroup",
    "LocationOption",
    "LockCheck",
    "LockEntry",
    "LockError",
    "Meta",
    "MetaType",
    "MigrationError",
    "MigrationWarning",
    "NoRowsWarning",
    "NotFoundError",
    "OfflineError",
    "OutdatedEntry",
    "OutdatedReport",
    "PinnedDataSet",
    "Provenance",
    "Publication",
    "PublicationNotFoundError",
    "Query",
    "QueryError",
    "QueryResult",
    "QueryTooLargeError",
    "ReceiptError",
    "Request",
    "RequestConnectionError",
    "RequestError",
    "RequestTimeoutError",
    "RequestTooLargeError",
    "Revisions",
    "SavedResult",
    "ServerError",
    "ServerTimeoutError",
    "ServiceWarning",
    "SettingsError",
    "StaleEntryWarning",
    "StatusError",
    "Store",
    "StoreError",
    "StoreWarning",
    "Suggestion",
    "SuppressedCellsWarning",
    "SyncPlan",
    "SyncReport",
    "SyncedEntry",
    "TimeIdentifier",
    "TimePeriod",
    "TooManyRequestsError",
    "TotalByNameWarning",
    "TotalError",
    "UndecidedRowsError",
    "UnknownLabelError",
    "UpgradeReport",
    "Variable",
    "Version",
    "VersionChanges",
    "VersionNotFoundError",
    "VersionRange",
    "WithdrawnError",
    "WithdrawnVersionWarning",
    "between",
    "digest_of",
    "facets",
    "last",
    "latest",
    "local",
    "read_parquet",
    "service_sort",
    "tree",
]

logging.getLogger("eesclient").addHandler(logging.NullHandler())

_LATER = {
    "aio": "AsyncAsOf AsyncCatalogue AsyncCatalogueDataSet AsyncCatalogueEntry AsyncClient AsyncPinnedDataSet",
    "catalogue.entries": "Catalogue CatalogueDataSet CatalogueEntry",
    "client": "AsOf Client",
    "data_set": "PinnedDataSet",
    "lock.check": "CheckedEntry LockCheck OutdatedEntry OutdatedReport",
    "lock.lockfile": "FileEntry LockEntry",
    "lock.sync": "SyncedEntry SyncPlan SyncReport",
    "results.receipts": "digest_of",
    "results.result": "QueryResult SavedResult read_parquet",
    "store.blobs": "Store",
    "table.columns": "ColumnInfo",
    "versions.empty": "EmptyClause EmptyReport Suggestion",
    "versions.report": "UpgradeReport",
    "versions.series": "Revisions",
}
"""Module to its public names: they stand on Polars, httpx and more, and are imported when they are first used."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("eesclient")
        if name == "local":
            return import_module(f"{__name__}.local")
        for module, names in _LATER.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
