"""A return out of whatever holds it: what it is, its content says."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import warn
from .blade.read import read_blade
from .errors import PartialReturnWarning, SEN2Error
from .returns import Return
from .specification import known_years, years_in_words
from .xml.exact import Exact
from .xml.gathered import Gathered
from .xml.parser import find_year
from .xml.plain import read_plain

_PIECE = 1 << 20


def read(source: str | os.PathLike[str] | bytes, *, year: int | None = None, strict: bool = True) -> Return:
    """Read a return, whole and with nothing left out: see `Return` for where everything goes.

    XML may have any size: it is read as a stream. Nothing is fetched, no entity but XML's own five is replaced, and a
    DOCTYPE is refused; an element may have 1,000,000 characters, and 64 may stand in one another.

    A folder or a zip is read as a Blade export, whose nine CSV files are known by their headings. CSV cannot tell an
    empty element from an absent one: a cell without text is absent. Days are read as `2022-Sep-28 00:00:00`,
    `2022-09-28` or `28/09/2022`; what may be two days (`03/04/2022`) is kept as `unreadable`.

    Args:
        source: Path of the file, folder or zip, or the bytes of a file or zip.
        year: Year whose form it has (2023 to 2026), where its header has none or another; else the header says it.
        strict: Whether a file that is damaged or breaks off is an error; with False, the persons that were complete
            before that place are returned, with a `PartialReturnWarning`.

    Raises:
        SEN2Error: It is no return, of a year that is not known, or damaged. Its text has the file, the line and what to
            do; its `partial` is what was read before.
        OSError: The file cannot be read.
    """
    file = "" if isinstance(source, bytes) else Path(source).name
    if _is_blade(source):
        return read_blade(source, year=year)
    with _opened(source) as stream:
        _check_xml(stream, file)
        # the year decides how every record is read: it is looked for first, wherever the header stands
        year = _year(stream, file, year)
        stream.seek(0)
        # two readers, one place for what they read: the fast one hands over where it is not sure
        gathered = Gathered(year)
        reader = Exact(gathered, file)
        try:
            read_plain(stream, reader, gathered)
        except SEN2Error as error:
            # what came before is read: a file that breaks off at its end is nearly whole
            error.partial = reader.finish()
            if strict:
                raise
            warn(f"a part of the return alone was read: {error}", PartialReturnWarning)
            return error.partial
    return reader.finish()


def _is_blade(source: str | os.PathLike[str] | bytes) -> bool:
    """Whether it is a folder or a zip: what is in it has to be a Blade export."""
    if not isinstance(source, bytes) and Path(source).is_dir():
        return True
    with _opened(source) as stream:
        # how a zip begins, and one without any file
        return stream.read(4) in (b"PK\3\4", b"PK\5\6")


def _opened(source: str | os.PathLike[str] | bytes) -> IO[bytes]:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return Path(source).open("rb")


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _check_xml(stream: IO[bytes], file: str) -> None:
    """Refuse what does not begin as XML does."""
    begin = stream.read(1000)
    if not begin:
        raise SEN2Error("the file is empty", file=file)
    # the longer mark stands first, as that of UTF-16 is the beginning of it
    marks = {b"\xff\xfe\0\0": "utf-32", b"\0\0": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encoding = next((name for mark, name in marks.items() if begin.startswith(mark)), "utf-8-sig")
    text = begin.decode(encoding, "replace").lstrip()
    # expat does not know UTF-32
    if encoding == "utf-32" or "\0" in text[:4]:
        raise SEN2Error("its encoding cannot be read: save the file as UTF-8", file=file)
    if not text.startswith("<"):
        raise SEN2Error(
            "it does not begin as XML does: read takes a return's XML, or the folder or zip of a Blade export",
            file=file,
        )


def _year(stream: IO[bytes], file: str, year: int | None) -> int:
    """The year that is asked for or that the header says, if it is one whose form is known."""
    can, names = known_years(), years_in_words()
    if year is not None:
        if year not in can:
            raise SEN2Error(f"no form of a return is known for year={year!r}: there are {names}", file=file)
        return year
    stream.seek(0)
    said, line = find_year(_pieces(stream), file) or ("", None)
    if not said.strip():
        raise SEN2Error(
            f"it has no Year in Header/CollectionDetails: say which form it has by year= ({names})",
            file=file,
            line=line,
        )
    if said not in map(str, can):
        # a long text is no year, and might be anything
        shown = repr(said) if len(said) <= 12 else "a text"
        raise SEN2Error(
            f"its Year is {shown}, and the forms of {names} are known: if it has one of these, say so by year=",
            file=file,
            line=line,
        )
    return int(said)
