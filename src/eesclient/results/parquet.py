"""Parquet files that say where their rows come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from .._atomic import atomic_write
from ..api.json import structure, to_data
from ..errors import ReceiptError
from ..models.data_sets import Warning
from ..models.provenance import Provenance
from ..table.headings import ColumnInfo
from .digest import digest_of

FORMAT = "1"
"""Version of what the metadata of a file says."""

MEMBERS: dict[str, Any] = {
    "provenance": Provenance,
    "columns": tuple[ColumnInfo, ...],
    "warnings": tuple[Warning, ...],
    "total": int,
}
"""What is known of rows beside themselves: names and types of the result's attributes, each of which is JSON text."""

_NEEDED = [f"ees:{name}" for name in ("format", "digest", *MEMBERS, "checksum")]


def read(path: Path) -> dict[str, Any]:
    """The attributes of the result that was written to a file, once its rows and metadata are found to be the same."""
    with path.open("rb") as file:
        try:
            facts = pl.read_parquet_metadata(file)
            if problem := _problem(facts):
                raise ReceiptError(problem, file=str(path))
            file.seek(0)
            frame = pl.read_parquet(file)
        # Polars panics on some damaged files
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise ReceiptError(
                f"this is not a whole Parquet file, or it is damaged: {error}", file=str(path)
            ) from error
    found = digest_of(frame)
    if found != facts["ees:digest"]:
        raise ReceiptError(
            f"its rows are not those that were written: their digest is {found}, and the file says "
            f"{facts['ees:digest']}; ask for them again, or read it with polars.read_parquet() if they were changed "
            "on purpose",
            file=str(path),
        )
    members: dict[str, Any] = {"frame": frame}
    for name, type_ in MEMBERS.items():
        try:
            members[name] = structure(json.loads(facts[f"ees:{name}"]), type_)
        except (ValueError, RecursionError) as error:
            raise ReceiptError(
                f"its metadata ees:{name} is not understood: {error}; a newer eesclient may have written it",
                file=str(path),
            ) from error
    return members


def write(path: Path, frame: pl.DataFrame, members: Mapping[str, Any], *, digest: str, citation: str) -> None:
    """Write rows, with what is known of them in the metadata of the file: whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to write, such as {str(path / 'data.parquet')!r}"
        )
    facts = {f"ees:{name}": _canonical(value) for name, value in members.items()}
    facts |= {"ees:format": FORMAT, "ees:citation": citation, "ees:digest": digest}
    if notices := members["provenance"].notices:
        facts["ees:notice"] = "; ".join(notices)
    facts["ees:checksum"] = _checksum(facts)
    with atomic_write(path) as file:
        frame.write_parquet(file, metadata=facts)


def _problem(facts: Mapping[str, str]) -> str:
    """The reason for which what metadata says of the rows cannot be used; "" where it can."""
    if missing := [name for name in _NEEDED if name not in facts]:
        return (
            f"its metadata lacks {', '.join(missing)}, so that nothing is known of its rows: write it with "
            "write_parquet() of a result, or read it with polars.read_parquet()"
        )
    if facts["ees:format"] != FORMAT:
        return (
            f"its metadata is of format {facts['ees:format']}, and this version of eesclient knows format {FORMAT}: "
            "install a newer one"
        )
    if facts["ees:checksum"] != _checksum(facts):
        return (
            "its metadata is not as it was written, so that nothing it says of its rows can be trusted: ask for them "
            "again, or read it with polars.read_parquet()"
        )
    return ""


def _checksum(facts: Mapping[str, str]) -> str:
    # Polars adds metadata of its own
    ours = {name: value for name, value in facts.items() if name.startswith("ees:") and name != "ees:checksum"}
    return hashlib.sha256(_canonical(ours).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(to_data(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
