"""The tables of a lake: what is in them, and data set versions out of them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._classes import frozen
from ..api import requests
from ..api.operations import VersionLike
from ..errors import LakeError
from ..models.versions import Version
from ..results import delta
from ..results.answer import SavedResult, read_delta

if TYPE_CHECKING:
    import polars as pl

    from ..models.provenance import Provenance


@frozen(kw_only=True)
class LakeVersion:
    """A data set version in a table.

    Attributes:
        version: The version.
        commit: Number of the commit that has it, which other programs travel to (`VERSION AS OF` in Spark).
        rows: How many rows it has.
        digest: Their digest.
        provenance: Where they come from.
    """

    version: Version
    commit: int
    rows: int
    digest: str
    provenance: Provenance


@frozen(kw_only=True)
class LakeTable:
    """A table of a lake.

    Attributes:
        id: GUID of its data set.
        title: Title of the data set, as its last commit has it.
        path: Folder of the table.
        versions: Its data set versions, the lowest first.
    """

    id: str
    title: str
    path: Path
    versions: tuple[LakeVersion, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each version, ready for JSON."""
        return [
            {
                "id": self.id,
                "title": self.title,
                "version": str(one.version),
                "commit": one.commit,
                "rows": one.rows,
                "digest": one.digest,
                "release": one.provenance.release,
                "licence": one.provenance.licence,
                "path": str(self.path),
            }
            for one in self.versions
        ]


def folder_of(folder: str | PathLike[str], data_set_id: str) -> Path:
    """The folder of a data set's table in a lake."""
    return delta.folder(folder) / requests.guid(data_set_id)


def tables(folder: str | PathLike[str]) -> tuple[LakeTable, ...]:
    """The tables of a lake by title; what else is in its folder is left out.

    Args:
        folder: The lake.

    Raises:
        ImportError: The extra `lake` is not installed.
        LakeError: There is no such folder, or a table says what is not understood.
    """
    lake = delta.folder(folder)
    if not lake.is_dir():
        raise LakeError("there is no such folder: ees lake sync makes one", path=str(lake))
    found = [_table(path) for path in lake.iterdir() if delta.is_table(path)]
    return tuple(sorted(found, key=lambda one: (one.title, one.id)))


def _table(path: Path) -> LakeTable:
    # of commits with the same version, as a file outside the API has them, the last counts
    commits = {commit.version: commit for commit in delta.commits(path)}
    where = [*commits.values()][-1].provenance
    return LakeTable(
        id=where.data_set_id,
        title=where.title,
        path=path,
        versions=tuple(
            LakeVersion(
                version=version,
                commit=commit.number,
                rows=commit.member("total"),
                digest=commit.digest,
                provenance=commit.provenance,
            )
            for version, commit in sorted(commits.items())
        ),
    )


def read(folder: str | PathLike[str], data_set_id: str, *, version: VersionLike | None = None) -> SavedResult:
    """Read a data set version out of a lake, and check that its rows are those that were written.

    Args:
        folder: The lake.
        data_set_id: GUID of the data set.
        version: Version such as `"1.0"`, or a range such as `"1.*"` for the highest in it; None for the highest.

    Returns:
        The rows, with the columns, order and digest of `PinnedDataSet.read`, and what was known of them. Columns of
        labels are `polars.Enum` in the order of metadata, where the table knows that.

    Warns:
        CorrectedVersionWarning: The lake has a later patch of the exact version.

    Raises:
        ImportError: The extra `lake` is not installed.
        InvalidVersionError: The text is neither a version nor a range.
        LakeError: The lake lacks the data set or the version, or its rows are not those that were written.
    """
    return read_delta(folder_of(folder, data_set_id), version=version)


def scan(folder: str | PathLike[str], data_set_id: str, *, version: VersionLike | None = None) -> pl.LazyFrame:
    """The rows of a data set version as a lazy frame: the columns of `read` with labels as text, without its check.

    Filters and choices of columns reach the files of the table.

    Args:
        folder: The lake.
        data_set_id: GUID of the data set.
        version: Version or range, as for `read`.

    Returns:
        The lazy frame.

    Raises:
        ImportError: The extra `lake` is not installed.
        LakeError: The lake lacks the data set or the version.
    """
    path = folder_of(folder, data_set_id)
    return delta.scan(path, delta.chosen(path, version))


def table(folder: str | PathLike[str], data_set_id: str, *, version: VersionLike | None = None) -> Any:
    """The `deltalake.DeltaTable` at a data set version, for programs that read Delta tables or Arrow data sets.

    Columns that the table has of other versions are null in it, and labels are text.

    Args:
        folder: The lake.
        data_set_id: GUID of the data set.
        version: Version or range, as for `read`.

    Returns:
        The table; `to_pyarrow_dataset()` of it is what DuckDB reads.

    Raises:
        ImportError: The extra `lake` is not installed.
        LakeError: The lake lacks the data set or the version.
    """
    path = folder_of(folder, data_set_id)
    return delta.table(path, number=delta.chosen(path, version).number)
