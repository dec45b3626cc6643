"""The client whose answers are awaited, on asyncio and trio; all but this page is generated from the plain one."""

from .catalogue import AsyncCatalogue, AsyncCatalogueDataSet, AsyncCatalogueEntry
from .client import AsyncAsOf, AsyncClient
from .data_set import AsyncPinnedDataSet

__all__ = [
    "AsyncAsOf",
    "AsyncCatalogue",
    "AsyncCatalogueDataSet",
    "AsyncCatalogueEntry",
    "AsyncClient",
    "AsyncPinnedDataSet",
]
