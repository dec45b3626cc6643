"""Receipts of rows: their digest, and Parquet files that say it beside where the rows come from."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import struct
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from operator import mul
from pathlib import Path
from typing import Any, cast

import polars as pl

from ..api.json import structure, to_data
from ..errors import ArgumentTypeError, EESWarning, ReceiptError, warn
from ..models.answers import Warning
from ..models.provenance import Provenance
from ..table.columns import ColumnInfo
from ..texts import pattern
from ..transport.download import atomic_write
from .citation import cite

# The digest of a frame: the same on every machine, for the same columns, values and order of rows

_ROWS = 2**18
"""Rows that are turned into text at a time."""

_SCANNED = _ROWS
"""Rows of a column that are read at a time."""

_FEW = 1 << 16
"""Different values up to which each is turned into text once."""

_LARGEST = 2**62

_RUN = 16
"""Rows, on average, from which on equal ones next to each other are written together."""

_PLACES, _SAMPLE = 3, 1_000
"""Decimal places that most fractions have at most, and rows in which it is seen that they have more."""


def digest_of(frame: pl.DataFrame) -> str:
    """Digest of a frame: `ees1:` and a SHA-256 in hexadecimal digits.

    It is taken of the line `ees1 <rows> <columns>`, then of each column in order: its name, NUL, its kind (`str`,
    `i64` or `f64`), NUL, and its values, each as `<bytes>:<text>`, or `n` for null. All text is UTF-8. Categories
    and decimals count as their text, whole numbers in decimal, floats by the 16 hexadecimal digits of their 64 bits,
    with -0.0 as 0 and every NaN as `7ff8000000000000`.

    Args:
        frame: Rows; of text, categories, numbers and nulls.

    Raises:
        ReceiptError: A column is of another type, or has NUL in its name.
        ArgumentTypeError: It is no frame of Polars in memory.
    """
    if not isinstance(frame, pl.DataFrame):
        raise ArgumentTypeError(
            f"digest_of() takes a Polars DataFrame, not a {type(frame).__name__}: give result.frame, collect() a lazy "
            "frame, or read result.digest"
        )
    parts = ((series.name, series.dtype, _slices(series)) for series in frame.iter_columns())
    return _digest(frame.height, frame.width, parts)


def digest_of_scan(frame: pl.LazyFrame) -> str:
    """Digest of the rows of a lazy frame, as `digest_of` takes it, column by column and never all of one in memory."""
    rows, schema = frame.select(pl.len()).collect().item(), frame.collect_schema()
    # not by their names, which Polars may take for patterns
    columns = (frame.select(pl.nth(place)) for place in range(len(schema)))
    slices = (
        (column.slice(start, _SCANNED).collect().to_series() for start in range(0, rows, _SCANNED))
        for column in columns
    )
    parts = (
        (name, type_, chain.from_iterable(map(_slices, own)))
        for (name, type_), own in zip(schema.items(), slices, strict=True)
    )
    return _digest(rows, len(schema), parts)


def _digest(rows: int, columns: int, parts: Iterable[tuple[str, pl.DataType, Iterable[pl.Series]]]) -> str:
    digest = hashlib.sha256(f"ees1 {rows} {columns}\n".encode())
    pieces = _pieces(parts)
    # the next piece is written while one is digested
    with ThreadPoolExecutor(1, thread_name_prefix="eesclient") as pool:
        following = pool.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, pieces, None)
            digest.update(piece)
    return f"ees1:{digest.hexdigest()}"


def _pieces(parts: Iterable[tuple[str, pl.DataType, Iterable[pl.Series]]]) -> Iterator[bytes]:
    """The bytes of columns of which the digest is taken."""
    for name, type_, slices in parts:
        kind = _kind(name, type_)
        yield f"{name}\0{kind}\0".encode()
        for values in slices:
            yield _values(values, kind)


def _slices(series: pl.Series) -> Iterator[pl.Series]:
    # Polars takes some names for patterns, of a series too
    return (series.slice(start, _ROWS).alias("") for start in range(0, series.len(), _ROWS))


def _kind(name: str, type_: pl.DataType) -> str:
    if "\0" in name:
        raise ReceiptError(f"the column {name!r} has NUL in its name, and so the frame has no digest: rename it")
    if type_.is_integer():
        return "i64"
    if type_.is_float():
        return "f64"
    # categories with a name of their own, which Polars 1.32 gives those of a file, are not equal to the class
    if type_.is_decimal() or type_.base_type() in (pl.String, pl.Categorical, pl.Enum):
        return "str"
    raise ReceiptError(
        f"the column {name!r} is {type_}, and only text, categories and numbers have a digest: cast it, or "
        "leave its type to the metadata"
    )


def _values(series: pl.Series, kind: str) -> bytes:
    if kind == "f64":
        series = series.cast(pl.Float64)
    if (starts := _starts(series)) is not None:
        lengths = starts.extend_constant(series.len(), 1).diff().slice(1)
        tokens = _tokens(_text(series.gather(starts), kind)).fill_null("n")
        return b"".join(map(mul, tokens.cast(pl.Binary), lengths))
    if (found := _numbered(series, kind)) is not None:
        codes, texts = found
        # what is in one chunk is gathered several times as fast
        tokens = _tokens(texts).extend_constant("n", 1).rechunk()
        return _joined(tokens.gather(codes.fill_null(texts.len())))
    text = _text(series, kind)
    if text.null_count():
        return _joined(_tokens(text).fill_null("n"))
    target = io.BytesIO()
    sized = pl.DataFrame({"size": text.str.len_bytes(), "text": text})
    sized.write_csv(target, include_header=False, separator=":", line_terminator="", quote_style="never")
    return target.getvalue()


def _text(series: pl.Series, kind: str) -> pl.Series:
    return _bits(series) if kind == "f64" else series.cast(pl.String)


def _tokens(text: pl.Series) -> pl.Series:
    return pl.select(pl.concat_str(text.str.len_bytes().cast(pl.String), pl.lit(":"), text)).to_series()


def _joined(tokens: pl.Series) -> bytes:
    # as bytes, of which there is one copy less than of text
    joined: bytes = pl.select(tokens.str.join("").cast(pl.Binary)).item()
    return joined


def _starts(series: pl.Series) -> pl.Series | None:
    """Rows that begin values which stand in many rows one after another; None where most values stand in few."""
    values = series.to_physical()
    changed = values.head(-1).ne_missing(values.slice(1))
    if changed.sum() >= series.len() // _RUN:
        return None
    return pl.concat([pl.Series([0], dtype=pl.UInt32), changed.arg_true() + 1])


def _numbered(series: pl.Series, kind: str) -> tuple[pl.Series, pl.Series] | None:
    """Values as places among texts, of which no two are the same; None where that takes more than to write each."""
    if isinstance(series.dtype, pl.Enum):
        return series.to_physical(), series.dtype.categories
    places = 0
    if series.dtype.base_type() == pl.Categorical:
        numbers = series.to_physical()
    elif kind == "i64":
        numbers = series
    elif kind == "f64" and (exact := _without_fractions(series)) is not None:
        numbers, places = exact
    else:
        return None
    first, last = numbers.min(), numbers.max()
    if not isinstance(first, int) or not isinstance(last, int) or last - first > min(_FEW, series.len() // 4):
        return None
    # Polars counts in 64 bits with a sign
    if max(-first, last) > _LARGEST:
        return None
    codes = (numbers.cast(pl.Int64) - first).cast(pl.UInt32)
    if kind == "str":
        # any of the rows that have it says what a code stands for
        rows = pl.int_range(series.len(), dtype=pl.UInt32, eager=True).filter(codes.is_not_null())
        none = pl.Series([None], dtype=pl.UInt32).new_from_index(0, last - first + 1)
        return codes, series.gather(none.scatter(codes.drop_nulls(), rows)).cast(pl.String)
    values = pl.int_range(first, last + 1, eager=True)
    return codes, _bits(values / 10**places) if kind == "f64" else values.cast(pl.String)


def _without_fractions(series: pl.Series) -> tuple[pl.Series, int] | None:
    """Floats as whole numbers, and the decimal places by which they were moved; None where that changes any of them."""
    low, high = (cast("float | None", end) or 0.0 for end in (series.min(), series.max()))
    if not series.is_finite().all() or max(-low, high) > _FEW:
        return None
    for places in range(_PLACES + 1):
        for some in (series.head(_SAMPLE), series):
            moved = (some * 10**places).round()
            # a quotient is rounded as a number is that was written with these places
            if not (moved / 10**places == some).all():
                break
        else:
            return moved.cast(pl.Int64), places
    return None


def _bits(series: pl.Series) -> pl.Series:
    # the first byte first, as the digits of a number are read
    bits = struct.pack(f">{series.len()}d", *series.fill_null(0.0).to_list())
    digits = pl.Series([bits.hex("\n", 8)]).str.split("\n").explode()
    # machines differ in the bits of what is not a number, and -0.0 equals 0.0
    digits = digits.set(series == 0, "0" * 16).set(series.is_nan(), "7ff8000000000000")
    return digits.set(series.is_null(), None)


# Parquet files that say where their rows come from

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


_SEALED, _SHA256 = "eesclient:sealed", "eesclient:sha256"
"""Metadata about the bytes: that they have a checksum, and the SHA-256 of all of them, with 0 for its own digits.

They are the first and the last, so that no single piece of damage hides that there was a checksum.
"""

_ZEROS = b"0" * 64
# as Parquet writes a name and 64 digits (Thrift's compact protocol)
_SEAL = pattern(rb"\x18\x10" + _SHA256.encode() + rb"\x18\x40([0-9a-f]{64})")


def read(path: Path) -> dict[str, Any]:
    """The attributes of the result that was written to a file, once its rows and metadata are found to be the same."""
    data = path.read_bytes()
    if problem := _damage(data):
        raise ReceiptError(problem, file=str(path))
    try:
        facts = pl.read_parquet_metadata(io.BytesIO(data))
        if problem := _problem(facts):
            raise ReceiptError(problem, file=str(path))
        if _SEALED not in facts:
            warn(
                f"{path} has no checksum of its bytes, as an older eesclient wrote it: it is read as before, and "
                "write_parquet() of what was read writes one",
                EESWarning,
            )
        frame = pl.read_parquet(io.BytesIO(data))
    # Polars panics on some damaged files
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ReceiptError(f"{_NOT_WHOLE}: {error}", file=str(path)) from error
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


def facts_of(where: Provenance) -> dict[str, str]:
    """What metadata beside rows says of their source: provenance, citation, and what has to be said before them."""
    facts = {"ees:provenance": canonical(where), "ees:citation": cite(where)}
    return facts | ({"ees:notice": "; ".join(where.notices)} if where.notices else {})


def write(path: Path, frame: pl.DataFrame, members: Mapping[str, Any], *, digest: str) -> None:
    """Write rows, with what is known of them in the metadata of the file: whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to write, such as {str(path / 'data.parquet')!r}"
        )
    facts = {f"ees:{name}": canonical(value) for name, value in members.items()}
    facts |= {"ees:format": FORMAT, **facts_of(members["provenance"]), "ees:digest": digest}
    facts["ees:checksum"] = checksum_of(facts)
    # a text that stands nowhere else in the file
    place = secrets.token_hex(32)
    target = io.BytesIO()
    with atomic_write(path) as file:
        frame.write_parquet(target, metadata={_SEALED: "sha256", **facts, _SHA256: place})
        data = target.getbuffer()
        # Parquet ends with its footer, the length of that in four bytes, and PAR1
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        at = footer + bytes(data[footer:]).index(place.encode())
        data[at : at + len(_ZEROS)] = _digits(data, at)
        file.write(data)


def _digits(data: memoryview, at: int) -> bytes:
    """The digits of the checksum of a file that has them at a place."""
    digest = hashlib.sha256(data[:at])
    digest.update(_ZEROS)
    digest.update(data[at + len(_ZEROS) :])
    return digest.hexdigest().encode()


_NOT_WHOLE = "this is not a whole Parquet file, or it is damaged"


def _damage(data: bytes) -> str:
    """The reason for which Polars must not read a file, which may end the process; "" where there is none."""
    length = int.from_bytes(data[-8:-4], "little")
    if not (data.startswith(b"PAR1") and data.endswith(b"PAR1") and 0 < length <= len(data) - 12):
        return _NOT_WHOLE
    seals = [*_SEAL.finditer(data)]
    if not seals and _SEALED.encode() not in data:
        return _lacking([name for name in _NEEDED if name.encode() not in data])
    if not seals or seals[-1][1] != _digits(memoryview(data), seals[-1].start(1)):
        return (
            "its bytes are not those that were written: it is damaged, or another program wrote it again; copy it or "
            "ask for its rows again, or read it with polars.read_parquet() if it was changed on purpose"
        )
    return ""


def _lacking(missing: list[str]) -> str:
    how = "write it with write_parquet() of a result, or read it with polars.read_parquet()"
    return f"its metadata lacks {', '.join(missing)}, so that nothing is known of its rows: {how}" if missing else ""


def _problem(facts: Mapping[str, str]) -> str:
    """The reason for which what metadata says of the rows cannot be used; "" where it can."""
    if problem := _lacking([name for name in _NEEDED if name not in facts]):
        return problem
    if facts["ees:format"] != FORMAT:
        return (
            f"its metadata is of format {facts['ees:format']}, and this version of eesclient knows format {FORMAT}: "
            "install a newer one"
        )
    if facts["ees:checksum"] != checksum_of(facts):
        return (
            "its metadata is not as it was written, so that nothing it says of its rows can be trusted: ask for them "
            "again, or read it with polars.read_parquet()"
        )
    return ""


def checksum_of(facts: Mapping[str, str]) -> str:
    """Checksum of all texts of ours but itself."""
    # Polars adds metadata of its own
    ours = {name: value for name, value in facts.items() if name.startswith("ees:") and name != "ees:checksum"}
    return hashlib.sha256(canonical(ours).encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON text of models: members sorted, no white space."""
    return json.dumps(to_data(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
