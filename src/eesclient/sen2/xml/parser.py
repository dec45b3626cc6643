"""The standard library's XML parser as it is used here: no entities, limits, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.parsers import expat

from ..errors import SEN2Error

LONGEST = 1_000_000
"""Characters that one element, or the text between two, may have."""

DEEPEST = 64
"""Elements that may stand in one another; a return has eight."""

WIDEST = 8_000_000
"""Bytes that one tag, comment or the like may have."""

_PARTS = 64
"""Pieces of text that are taken of a Year: it has four digits, and whatever else may be as long as an element."""

_PIECE = 1 << 20
_ENDS = {
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_UNREADABLE = {
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_UNKNOWN_ENCODING,
        expat.errors.XML_ERROR_INCORRECT_ENCODING,
    )
}
_AGAIN = "ask for the file again, or read(..., strict=False) for the persons before it"


class Parser:
    """Expat, fed piece by piece.

    Args:
        file: Name of the file, for errors.
        start: Called with the tag and the attributes of an element that begins.
        end: Called with the tag of one that ends.
        text: Called with text, in one or several parts.

    Attributes:
        skipped: Lines of the file that another reader took.
    """

    def __init__(
        self,
        file: str,
        start: Callable[[str, list[str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        self.file = file
        self.skipped = 0
        self.encoding: str = ""
        self._fed = 0
        self._expat = made = expat.ParserCreate()
        # attributes are kept, and written again, as they stood
        made.ordered_attributes = True
        # else a text comes in as many parts as it has lines and references
        made.buffer_text = True
        made.buffer_size = 1 << 16
        made.StartElementHandler = start
        made.EndElementHandler = end
        made.CharacterDataHandler = text
        made.StartDoctypeDeclHandler = self._refuse
        made.XmlDeclHandler = self._declared

    @property
    def line(self) -> int:
        """The line of the file at which the parser is."""
        return self._expat.CurrentLineNumber + self.skipped

    @property
    def is_utf8(self) -> bool:
        """Whether nothing says that the file has another encoding."""
        return self.encoding.lower() in ("", "utf-8")

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Read on.

        Raises:
            SEN2Error: It is not well-formed, has a DOCTYPE, or goes beyond a limit.
        """
        view = memoryview(data)
        # in pieces, between which limits are looked at; once for no data at all, as the end of a file is told so
        for at in range(0, max(1, len(data)), _PIECE):
            self._feed(view[at : at + _PIECE], final and at + _PIECE >= len(data))

    def settle(self) -> None:
        """Hand over the text that was read and waits for more."""
        # switching it off has expat hand over what it holds back
        self._expat.buffer_text = False
        self._expat.buffer_text = True

    def error(self, text: str, line: int | None = None) -> SEN2Error:
        """An error at the line at which the parser is."""
        return SEN2Error(text, file=self.file, line=self.line if line is None else line)

    def _feed(self, piece: memoryview, final: bool) -> None:
        try:
            self._expat.Parse(piece, final)
        except SEN2Error:
            # comes from our own handlers, and is a ValueError too
            raise
        except expat.ExpatError as error:
            raise self.error(self._said(error, piece), error.lineno + self.skipped) from None
        except (LookupError, ValueError):  # no codec of Python, or one of more than a byte for a character
            raise self.error(self._foreign()) from None
        self._fed += len(piece)
        # expat keeps a tag in memory until it ends, however long that takes
        if self._fed - self._expat.CurrentByteIndex > WIDEST:
            raise self.error(f"a tag or comment has more than {WIDEST:,} bytes, which no return needs")

    def _said(self, error: expat.ExpatError, piece: memoryview) -> str:
        if error.code in _ENDS:
            return f"the file ends before </Message>: {_AGAIN}"
        if error.code in _UNREADABLE:
            return self._foreign()
        # expat counts bytes from the start of what it was fed
        at = self._expat.ErrorByteIndex - self._fed
        # expat calls a wrong byte an invalid token, which helps nobody who exported from a spreadsheet
        is_foreign = 0 <= at < len(piece) and piece[at] >= 0x80
        if is_foreign and not self.is_utf8:
            return (
                f"bytes that {self.encoding!r} does not have, which is the encoding that the first line names: if the "
                f'file is UTF-8, write encoding="UTF-8" there; else {_AGAIN}'
            )
        if is_foreign:
            return (
                "bytes that are not UTF-8: if the file has another encoding, its first line has to name it, as "
                f'<?xml version="1.0" encoding="windows-1252"?> does; else {_AGAIN}'
            )
        # the text of expat alone: what stands in the file may be about a person
        what = expat.ErrorString(error.code).removeprefix("not well-formed (").removesuffix(")")
        return f"not well-formed XML ({what}): {_AGAIN}"

    def _foreign(self) -> str:
        named = repr(self.encoding) if self.encoding else "its encoding"
        return f"{named} cannot be read: save the file as UTF-8"

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = encoding or ""

    def _refuse(self, name: str, system: str | None, public: str | None, inside: int) -> None:
        # a page of an error, say, that was saved instead of the file
        if name.casefold() == "html":
            root(name, self)
        # entities are declared in a DOCTYPE alone: without one there is nothing to expand or to fetch
        raise self.error("a DOCTYPE, which no return needs and which is refused: take it out (it may define entities)")


class _Found(Exception):  # noqa: N818 - it is none
    """The year was found: there is no need to read on."""


def find_year(pieces: Iterable[bytes], file: str) -> tuple[str, int] | None:
    """The text of a return's Year and its line, or None where it has none.

    Raises:
        SEN2Error: It is not XML, or its root is another.
    """
    path: list[str] = []
    parts: list[str] = []

    def start(tag: str, attributes: list[str]) -> None:
        if not path:
            root(tag, parser)
        if len(path) >= DEEPEST:
            raise too_deep(parser)
        path.append(tag)

    def end(tag: str) -> None:
        if path == ["Message", "Header", "CollectionDetails", "Year"]:
            raise _Found
        path.pop()

    def text(text: str) -> None:
        if path == ["Message", "Header", "CollectionDetails", "Year"] and len(parts) < _PARTS:
            parts.append(text)

    parser = Parser(file, start, end, text)
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.feed(b"", final=True)
    except _Found:
        return "".join(parts), parser.line
    return None


def root(tag: str, parser: Parser) -> None:
    """Refuse a root that is no return's."""
    if tag != "Message":
        # the tag of another file is shown in part only: it might be of any length
        raise parser.error(f"its root is {tag[:40]!r}, and that of a SEN2 return is 'Message': this is another file")


def too_deep(parser: Parser) -> SEN2Error:
    """The error of elements that stand in one another without end."""
    return parser.error(f"more than {DEEPEST} elements stand in one another")


def too_long(parser: Parser) -> SEN2Error:
    """The error of an element without end."""
    return parser.error(f"an element, or the text between two, has more than {LONGEST:,} characters")
