"""Delta tables that say where their rows come from: commits of data set versions, found again by these and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from .._classes import frozen
from ..api.json import structure
from ..api.operations import VersionLike
from ..errors import CorrectedVersionWarning, LakeError, warn
from ..models.versions import Version, fits, parse_version
from . import receipts

if TYPE_CHECKING:
    from ..models.provenance import Provenance

FORMAT = "1"
"""Version of what the metadata of a commit says."""

_NEEDED = (*(f"ees:{name}" for name in ("format", "version", "digest", *receipts.MEMBERS, "types", "labels")),)

_NUMBERS = {f"{kind}{bits}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)} | {"Float32", "Float64"}
"""Types that a table may have wider ones for."""

NEWEST = "ees:newest"
"""What a commit says that puts the highest version in front again: the number of the commit that made it."""


@frozen(kw_only=True)
class Commit:
    """A commit of a table that has the rows of a data set version: its number there, and the texts that it has."""

    number: int
    facts: Mapping[str, str]

    @property
    def version(self) -> Version:
        """The data set version."""
        return Version.parse(self.facts["ees:version"])

    @property
    def digest(self) -> str:
        """Digest of its rows."""
        return self.facts["ees:digest"]

    @property
    def provenance(self) -> Provenance:
        """Where its rows come from."""
        found: Provenance = self.member("provenance")
        return found

    @property
    def labelled(self) -> frozenset[str]:
        """Columns whose values were labels."""
        return frozenset(
            name for name, type_ in json.loads(self.facts["ees:types"]) if type_ in ("Categorical", "Enum")
        )

    def member(self, name: str) -> Any:
        """A member of the result that was written."""
        return structure(json.loads(self.facts[f"ees:{name}"]), receipts.MEMBERS[name])


def library() -> Any:
    """The library for Delta tables; an ImportError says what to install."""
    try:
        # which writes the rows
        import_module("pyarrow.parquet")
        return import_module("deltalake")
    except ImportError as error:
        message = "Delta tables need deltalake and pyarrow: pip install 'eesclient[lake]'"
        raise ImportError(message, name=error.name) from error


def folder(path: str | PathLike[str]) -> Path:
    """The folder that a path names.

    Raises:
        LakeError: It is an address.
    """
    if "://" in str(path):
        raise LakeError("tables are written to folders, not to addresses: copy the folder there", path=str(path))
    return Path(path)


def table(path: Path, *, number: int | None = None) -> Any:
    """The `deltalake.DeltaTable` in a folder, at a commit if one is given.

    Raises:
        LakeError: There is none.
    """
    lake = library()
    if not is_table(path):
        raise LakeError(
            "there is no Delta table here: name a folder that write_delta() or ees lake wrote", path=str(path)
        )
    with told(path):
        return lake.DeltaTable(str(path), version=number)


def is_table(path: Path) -> bool:
    """Say whether a folder has a Delta table."""
    return any((path / "_delta_log").glob("*.json"))


def named_files(path: Path) -> set[str] | None:
    """The data files that any commit of a table has; None where the beginning of its log is gone."""
    logs = sorted((path / "_delta_log").glob("*.json"))
    if logs and logs[0].stem.strip("0"):
        return None
    lines = (line for log in logs for line in log.read_text(encoding="utf-8").splitlines() if line.strip())
    return {unquote(action["add"]["path"]) for action in map(json.loads, lines) if "add" in action}


def commits(path: Path) -> list[Commit]:
    """The commits of a table that have data set versions, oldest first.

    Raises:
        LakeError: The table is not one of eesclient, or what it says is not as it was written.
    """
    found = [Commit(number=number, facts=facts) for number, facts in history(path) if NEWEST not in facts]
    if not found:
        raise LakeError(
            "no commit of this Delta table says of which data set version it is: it was made by another program, or "
            "its log was cleaned up; read it with polars.read_delta()",
            path=str(path),
        )
    return found


def history(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Numbers and texts of the commits of ours, oldest first."""
    with told(path):
        history = table(path).history()
    found = []
    for entry in reversed(history):
        facts = {name: str(text) for name, text in entry.items() if name.startswith("ees:")}
        if facts:
            _check(facts, path, entry["version"])
            found.append((int(entry["version"]), facts))
    return found


def _check(facts: Mapping[str, str], path: Path, number: int) -> None:
    if NEWEST in facts:
        return
    if facts.get("ees:format") != FORMAT or any(name not in facts for name in _NEEDED):
        raise LakeError(
            f"the metadata of commit {number} is of format {facts.get('ees:format')}, and this version of eesclient "
            f"knows format {FORMAT}: install a newer one",
            path=str(path),
        )
    if facts.get("ees:checksum") != receipts.checksum_of(facts):
        raise LakeError(
            f"the metadata of commit {number} is not as it was written, so that nothing it says of its rows can be "
            "trusted; polars.read_delta() reads them",
            path=str(path),
        )


def chosen(path: Path, version: VersionLike | None) -> Commit:
    """The commit of a version, or of the highest in a range or at all.

    Warns:
        CorrectedVersionWarning: The table has a later patch of the exact version.

    Raises:
        InvalidVersionError: The text is neither a version nor a range.
        LakeError: There is no such table or version.
    """
    wanted = None if version is None else parse_version(version)
    known = commits(path)
    found = [commit for commit in known if wanted is None or fits(commit.version, wanted)]
    if not found:
        there = ", ".join(str(one) for one in sorted({commit.version for commit in known}))
        raise LakeError(f"the table has no version {str(wanted)!r}, but {there}", path=str(path))
    commit = highest(found)
    patches = {one.version for one in known if _is_patch(one.version, commit.version)}
    if isinstance(wanted, Version) and patches:
        text = f"version {wanted} has a later patch in the table {path}: {max(patches)}"
        warn(f'{text}; "{wanted.major}.{wanted.minor}.*" follows corrections', CorrectedVersionWarning)
    return commit


def _is_patch(one: Version, of: Version) -> bool:
    return (one.major, one.minor) == (of.major, of.minor) and one.patch > of.patch


def highest(found: Sequence[Commit]) -> Commit:
    """The commit of the highest version."""
    # a file outside the API is always version 1.0: of those the last counts
    return max(found, key=lambda commit: (commit.version, commit.number))


def scan(path: Path, commit: Commit) -> pl.LazyFrame:
    """The rows of a commit as a lazy frame: the columns that were written, numbers in their types, labels as text."""
    with told(path):
        return own(pl.scan_delta(str(path), version=commit.number), commit.facts)


def own(rows: pl.LazyFrame, facts: Mapping[str, str]) -> pl.LazyFrame:
    """The columns of a version out of those of the table, which come behind, in their own types but for labels."""
    there = [*rows.collect_schema().values()]
    types = [getattr(pl, type_)() if type_ in _NUMBERS else None for _, type_ in json.loads(facts["ees:types"])]
    # not by their names, which Polars may take for patterns; what is cast hides from the files what is asked of it
    return rows.select(
        pl.nth(place) if type_ in (None, there[place]) else pl.nth(place).cast(type_)
        for place, type_ in enumerate(types)
    )


def labelled(frame: pl.DataFrame, commit: Commit) -> pl.DataFrame:
    """Rows of a commit with their labels as these were: in order where the commit has that, else as categories."""
    labels = json.loads(commit.facts["ees:labels"])
    return pl.DataFrame(
        [
            cells.cast(pl.Enum(labels[name]) if name in labels else pl.Categorical)
            if name in commit.labelled
            else cells
            for name, cells in zip(frame.columns, frame.iter_columns(), strict=True)
        ]
    )


def read(path: Path, version: VersionLike | None) -> dict[str, Any]:
    """The attributes of the result that a commit has, once its rows are found to be the same."""
    commit = chosen(path, version)
    with told(path):
        frame = labelled(scan(path, commit).collect(), commit)
    digest = receipts.digest_of(frame)
    if digest != commit.digest:
        raise LakeError(
            f"the rows of version {commit.version} (commit {commit.number}) are not those that were written: their "
            f"digest is {digest}, and the commit says {commit.digest}; remove the table and write it again, or read "
            "it with polars.read_delta() if they were changed on purpose",
            path=str(path),
        )
    try:
        return {"frame": frame, **{name: commit.member(name) for name in receipts.MEMBERS}}
    except (ValueError, RecursionError) as error:
        raise LakeError(
            f"the metadata of commit {commit.number} is not understood: {error}; a newer eesclient may have written it",
            path=str(path),
        ) from error


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Have errors of the libraries say which table they are about."""
    try:
        yield
    except (import_module("deltalake.exceptions").DeltaError, pl.exceptions.PolarsError) as error:
        raise LakeError(f"the table cannot be read or written: {error}", path=str(path)) from error
