"""Parquet files that say where their rows come from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import attrs
import polars as pl

from .._atomic import atomic_write
from ..api.json import structure, to_data
from ..errors import ReceiptError
from ..models.data_sets import Warning
from ..models.provenance import Provenance
from ..table.headings import ColumnInfo
from .digest import digest_of
from .result import Answer

T = TypeVar("T")

FORMAT = "1"
"""Version of what the metadata of a file says."""

_FORMAT = "ees:format"
_NOTICE = "ees:notice"
_PROVENANCE = "ees:provenance"
_COLUMNS = "ees:columns"
_WARNINGS = "ees:warnings"
_TOTAL = "ees:total"
_DIGEST = "ees:digest"
_CITATION = "ees:citation"
_CHECKSUM = "ees:checksum"
_NEEDED = (_FORMAT, _DIGEST, _PROVENANCE, _COLUMNS, _WARNINGS, _TOTAL, _CHECKSUM)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SavedResult(Answer):
    """Rows that were written before, with what was known of them; what `read_parquet` gives.

    Attributes:
        frame: The rows, a `polars.DataFrame`.
        columns: What each of its columns holds, in order.
        warnings: Warnings that the service sent with them.
        total: How many rows matched; more than the frame has where the question had a limit.
        provenance: Where they came from, and when.
    """


def read_parquet(path: str | os.PathLike[str]) -> SavedResult:
    """Read rows that `write_parquet` of a result wrote, and check that they are still the same.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file.
        ReceiptError: It is no Parquet file of eesclient, or its rows are not those that were written.
    """
    path = Path(path)
    with path.open("rb") as file:
        try:
            facts = pl.read_parquet_metadata(file)
            _check_ours(facts, path)
            file.seek(0)
            frame = pl.read_parquet(file)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise ReceiptError(f"this is no whole Parquet file, or it is damaged: {error}", file=str(path)) from error
    _check_rows(frame, facts[_DIGEST], path)
    return SavedResult(
        frame=frame,
        columns=_read(facts, _COLUMNS, tuple[ColumnInfo, ...], path),
        warnings=_read(facts, _WARNINGS, tuple[Warning, ...], path),
        total=_read(facts, _TOTAL, int, path),
        provenance=_read(facts, _PROVENANCE, Provenance, path),
    )


def write_parquet(answer: Answer, path: str | os.PathLike[str]) -> Path:
    """Write rows, with what is known of them in the metadata of the file: whole or not at all.

    Raises:
        IsADirectoryError: The path is a folder.
        FileNotFoundError: Its folder does not exist.
        ReceiptError: The frame has no digest.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to write, such as {str(path / 'data.parquet')!r}"
        )
    facts = _facts(answer)
    with atomic_write(path) as file:
        answer.frame.write_parquet(file, metadata=facts)
    return path


def _facts(answer: Answer) -> dict[str, str]:
    notice = {_NOTICE: "; ".join(answer.provenance.notices)} if answer.provenance.notices else {}
    facts = notice | {
        _FORMAT: FORMAT,
        _CITATION: answer.cite(),
        _DIGEST: answer.digest,
        _PROVENANCE: _canonical(answer.provenance),
        _COLUMNS: _canonical(answer.columns),
        _WARNINGS: _canonical(answer.warnings),
        _TOTAL: _canonical(answer.total),
    }
    return facts | {_CHECKSUM: _checksum(facts)}


def _checksum(facts: Mapping[str, str]) -> str:
    ours = {name: value for name, value in facts.items() if name.startswith("ees:") and name != _CHECKSUM}
    return hashlib.sha256(_canonical(ours).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(to_data(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _check_ours(facts: Mapping[str, str], path: Path) -> None:
    missing = [name for name in _NEEDED if name not in facts]
    if missing:
        raise ReceiptError(
            f"its metadata lacks {', '.join(missing)}, so that nothing is known of its rows: write it with "
            "write_parquet() of a result, or read it with polars.read_parquet()",
            file=str(path),
        )
    if facts[_FORMAT] != FORMAT:
        raise ReceiptError(
            f"its metadata is of format {facts[_FORMAT]}, and this version of eesclient knows format {FORMAT}: "
            "install a newer one",
            file=str(path),
        )
    if facts[_CHECKSUM] != _checksum(facts):
        raise ReceiptError(
            "its metadata is not as it was written, so that nothing it says of its rows can be trusted: ask for them "
            "again, or read it with polars.read_parquet()",
            file=str(path),
        )


def _check_rows(frame: pl.DataFrame, recorded: str, path: Path) -> None:
    found = digest_of(frame)
    if found != recorded:
        raise ReceiptError(
            f"its rows are not those that were written: their digest is {found}, and the file says {recorded}; ask "
            "for them again, or read it with polars.read_parquet() if they were changed on purpose",
            file=str(path),
        )


def _read(facts: Mapping[str, str], name: str, type_: type[T], path: Path) -> T:
    try:
        return structure(json.loads(facts[name]), type_)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(
            f"its metadata {name} is not understood: {error}; a newer eesclient may have written it", file=str(path)
        ) from error
