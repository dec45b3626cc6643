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

from . import local
from .aio import (
    AsyncAsOf,
    AsyncCatalogue,
    AsyncCatalogueDataSet,
    AsyncCatalogueEntry,
    AsyncClient,
    AsyncPinnedDataSet,
)
from .catalogued import Catalogue, CatalogueDataSet, CatalogueEntry
from .client import AsOf, Client
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
from .frames.columns import ColumnInfo
from .frames.result import QueryResult
from .http.messages import Request
from .models.catalogue import CatalogueChange, EntryFacts, Variable
from .models.changes import Change, Changes, ChangeSet, VersionChanges
from .models.data_sets import DataSet, DataSetVersion
from .models.diff import FacetChange
from .models.enums import DataSetStatus, DataSetVersionStatus, DataSetVersionType, IndicatorUnit, MetaType
from .models.levels import GeographicLevel
from .models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, LocationOption, Meta
from .models.periods import TimeIdentifier, TimePeriod
from .models.provenance import Provenance
from .models.publications import Publication
from .models.versions import Version, VersionRange
from .pinned import PinnedDataSet
from .pinning.checking import CheckedEntry, LockCheck, OutdatedEntry, OutdatedReport
from .pinning.digest import digest_of
from .pinning.empty import EmptyClause, EmptyReport, Suggestion
from .pinning.lock import FileEntry, LockEntry
from .pinning.parquet import SavedResult, read_parquet
from .pinning.series import Revisions
from .pinning.store import Store
from .pinning.syncing import SyncedEntry, SyncPlan, SyncReport
from .pinning.upgrade import UpgradeReport
from .query import tree
from .query.facets import facets
from .query.periods import between, last, latest
from .query.query import Query
from .query.sorting import service_sort

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


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("eesclient")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
