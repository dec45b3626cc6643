"""Delta tables: rows written as a commit, whose metadata says of which data set version they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl

from .._classes import frozen
from ..errors import LakeError, LakeWarning, warn
from . import delta, receipts
from .delta import Commit
from .delta_columns import EXACT, Types, case_clashes, completed, merged, name_of, odd_names, stored
from .stream import narrow, slices

if TYPE_CHECKING:
    from ..models.provenance import Provenance

PROPERTIES = dict.fromkeys(("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"), "interval 36500 days")
"""Properties that keep the past of a table, which clean-ups take away after 30 and 7 days else."""


@frozen(kw_only=True)
class Written:
    """The commit that has the rows that were to be written, and whether it was made now."""

    commit: Commit
    is_new: bool


def write(
    path: Path,
    frame: pl.LazyFrame,
    members: Mapping[str, Any],
    *,
    digest: str,
    labels: Mapping[str, Sequence[str]],
    more: Mapping[str, str] | None = None,
) -> Written:
    """Write rows as a commit of a table, which is made if need be; a version that it has already stays as it is.

    Args:
        path: Folder of the table.
        frame: The rows, which are read piece by piece.
        members: What is known of them, as for Parquet files.
        digest: Their digest.
        labels: Labels of columns, in the order that metadata gives them.
        more: Further texts for the commit.

    Raises:
        LakeError: The rows are a draft's, the table is of something else or has another content of that version, or
            cannot have such columns.
    """
    where: Provenance = members["provenance"]
    known: list[Commit] = []
    delta.library()
    if delta.is_table(path):
        known = delta.commits(path)
        same = _same(path, known, where, digest)
        if same is not None:
            bring_forward(path, known)
            return Written(commit=same, is_new=False)
    elif path.exists() and not path.is_dir():
        raise LakeError("this is a file: name a folder for the table", path=str(path))
    if where.is_draft:
        raise LakeError(
            f"version {where.version} is a draft, and a Delta table keeps what was ever in it: write_parquet() writes "
            "a file that can be deleted",
            path=str(path),
        )
    types = _types(path, frame, has_table=bool(known))
    facts = _facts(frame, members, digest=digest, labels=labels)
    facts |= {f"ees:{name}": text for name, text in (more or {}).items()}
    facts["ees:checksum"] = receipts.checksum_of(facts)
    path.mkdir(parents=True, exist_ok=True)
    file = path / f"part-00000-{uuid4()}-c000.zstd.parquet"
    try:
        with delta.told(path):
            _sink(frame, types, file)
            _require_same(file, facts)
            _commit(path, file, types, facts=facts, where=where)
    except BaseException:
        # what fails after the commit takes nothing back
        if file.name not in (delta.named_files(path) or ()):
            file.unlink(missing_ok=True)
        raise
    after = delta.commits(path)
    bring_forward(path, after)
    return Written(commit=after[-1], is_new=True)


def _sink(frame: pl.LazyFrame, types: Types, file: Path) -> None:
    """Write rows to a Parquet file, piece by piece, in the types and columns of the table."""
    # not by deltalake, which puts the batches that it is given in any order (findings/deltalake_row_order.sh), nor by
    # Polars, whose memory would grow with the rows
    parquet = import_module("pyarrow.parquet")
    schema = narrow(_arrow(pl.DataFrame(schema=types)).schema)
    with parquet.ParquetWriter(str(file), schema, compression="zstd") as writer:
        for piece in slices(frame):
            writer.write_table(_arrow(_stored(piece, types)).cast(schema))


def _stored(piece: pl.DataFrame, types: Types) -> pl.DataFrame:
    own = dict(zip(piece.columns, piece.iter_columns(), strict=True))
    return pl.DataFrame(
        [
            own[name].cast(type_) if name in own else pl.repeat(None, piece.height, dtype=type_, eager=True).alias(name)
            for name, type_ in types.items()
        ]
    )


def _arrow(frame: pl.DataFrame) -> Any:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _require_same(file: Path, facts: Mapping[str, str]) -> None:
    found = receipts.digest_of_scan(delta.own(pl.scan_parquet(file), facts))
    if found != facts["ees:digest"]:
        raise LakeError(
            f"the rows that were written have the digest {found} instead of {facts['ees:digest']}, so that they were "
            "not taken in: try again",
            path=str(file.parent),
        )


def _commit(path: Path, file: Path, types: Types, *, facts: Mapping[str, str], where: Provenance) -> None:
    """Have a file be all that the table has now."""
    lake = delta.library()
    made = file.stat()
    rows = pl.scan_parquet(file).select(pl.len()).collect().item()
    added = lake.transaction.AddAction(
        path=file.name,
        size=made.st_size,
        partition_values={},
        modification_time=int(made.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": rows}),
    )
    fields = [lake.Field(name, lake.schema.PrimitiveType(name_of(type_))) for name, type_ in types.items()]
    said = lake.CommitProperties(custom_metadata=dict(facts))
    if delta.is_table(path):
        delta.table(path).create_write_transaction(
            [added], "overwrite", lake.Schema(fields), [], commit_properties=said
        )
        return
    lake.transaction.create_table_with_add_actions(
        str(path),
        lake.Schema(fields),
        [added],
        mode="error",
        name=where.title,
        description=_description(where),
        configuration=PROPERTIES,
        commit_properties=said,
    )


def _same(path: Path, known: Sequence[Commit], where: Provenance, digest: str) -> Commit | None:
    """The commit that has the same rows of the same version already."""
    of = known[0].provenance
    if of.data_set_id != where.data_set_id:
        raise LakeError(
            f"the table is of data set {of.data_set_id} ({of.title!r}), and these rows are of {where.data_set_id}: "
            "name a folder of their own",
            path=str(path),
        )
    own = [commit for commit in known if commit.version == where.version]
    if not own or own[-1].digest == digest:
        return own[-1] if own else None
    # files outside the API are replaced under the version that stands for theirs
    if where.file_sha256 is None or own[-1].provenance.file_sha256 == where.file_sha256:
        raise LakeError(
            f"the table has version {where.version} already, with other rows ({own[-1].digest}, and {digest} now): a "
            "table takes one question or a whole data set, so write another question to a folder of its own; nothing "
            "in an exact version changes",
            path=str(path),
        )
    return None


def _types(path: Path, frame: pl.LazyFrame, *, has_table: bool) -> Types:
    """The columns of the table with the new version in it; says what is odd in them before anything is written."""
    own = stored(frame.collect_schema())
    before: Types = {}
    if has_table:
        with delta.told(path):
            before = dict(pl.scan_delta(str(path)).collect_schema())
    types = merged(before, own, path=str(path))
    _require_exact(path, frame, own, types)
    if clash := case_clashes([*types]):
        raise LakeError(f"no Delta table has two columns whose names differ in case only: {clash}", path=str(path))
    if odd := odd_names([*types]):
        warn(
            f"Spark takes no column of a Delta table with blanks, line ends, tabs or ,;{{}}()= in its name, so that it "
            f"may not read {path}: {odd}",
            LakeWarning,
        )
    if gone := [name for name in types if name not in own]:
        shown = ", ".join(map(repr, gone))
        warn(f"columns of the table {path} that this version has not are null in it: {shown}", LakeWarning)
    return types


def _require_exact(path: Path, frame: pl.LazyFrame, own: Types, types: Types) -> None:
    for place, name in enumerate(own):
        if own[name].is_integer() and types[name].is_float():
            # not by its name, which Polars may take for a pattern
            values = frame.select(pl.nth(place)).select(low=pl.first().min(), high=pl.first().max()).collect()
            if any(abs(bound or 0) > EXACT for bound in values.row(0)):
                raise LakeError(
                    f"{name!r} has whole numbers above 2**53, which would not stay exact as decimals, and these the "
                    "table has there: write this version to another folder",
                    path=str(path),
                )


def _facts(
    frame: pl.LazyFrame, members: Mapping[str, Any], *, digest: str, labels: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    where: Provenance = members["provenance"]
    schema = frame.collect_schema()
    facts = {f"ees:{name}": receipts.canonical(value) for name, value in members.items()}
    facts |= {
        "ees:format": delta.FORMAT,
        "ees:version": str(where.version),
        "ees:digest": digest,
        **receipts.facts_of(where),
        "ees:types": receipts.canonical([[name, type_.base_type().__name__] for name, type_ in schema.items()]),
        "ees:labels": receipts.canonical(completed(frame, labels)),
    }
    if where.licence:
        facts["ees:licence"] = where.licence
    # what Spark shows of a commit in DESCRIBE HISTORY
    said = [*where.notices, f"data set version {where.version}", digest, *filter(None, [where.licence])]
    return facts | {"userMetadata": "; ".join(said)}


def _description(where: Provenance) -> str:
    notice = "".join(f"{notice}: " for notice in where.notices)
    licence = f" {where.licence}" if where.licence else ""
    return (
        f"{notice}data set {where.data_set_id} ({where.title}); each commit of eesclient has a version of it, which "
        f"the commit's metadata names.{licence}"
    )


def bring_forward(path: Path, known: Sequence[Commit]) -> None:
    """Have the table's newest state be its highest version, for programs that know nothing of versions."""
    highest = delta.highest(known)
    number, facts = delta.history(path)[-1]
    if str(highest.number) in (str(number), facts.get(delta.NEWEST)):
        return
    lake = delta.library()
    with delta.told(path):
        delta.table(path).restore(
            highest.number,
            commit_properties=lake.CommitProperties(
                custom_metadata={
                    delta.NEWEST: str(highest.number),
                    "userMetadata": f"data set version {highest.version} again, the highest in the table",
                }
            ),
        )
