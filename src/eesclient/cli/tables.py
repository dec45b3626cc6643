"""What commands print: sizes, plain tables, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import attrs

from ..models.versions import Version

if TYPE_CHECKING:
    from attrs import AttrsInstance

_UNITS = ("kB", "MB", "GB", "TB")


def size(number: int) -> str:
    """A number of bytes for people, with the bytes themselves: `1.5 kB (1,536 bytes)`."""
    exact = f"{number:,} byte" if number == 1 else f"{number:,} bytes"
    return exact if number < 1000 else f"{short_size(number)} ({exact})"


def short_size(number: int) -> str:
    """A number of bytes for people: `1.5 kB`."""
    if number < 1000:
        return f"{number} B"
    scaled, unit = number / 1000, 0
    while scaled >= 999.95 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    return f"{scaled:,.1f} {_UNITS[unit]}"


def count(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def table(header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """A plain table; numbers stand on the right."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(header, *texts, strict=True)]
    numeric = [isinstance(cell, int) for cell in rows[0]] if rows else [False] * len(header)
    lines = []
    for row in (header, *texts):
        cells = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)


def as_json(value: object) -> str:
    """JSON text, of attrs classes too."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    if attrs.has(type(value)) and not isinstance(value, Version):
        return attrs.asdict(cast("AttrsInstance", value), recurse=False)
    return str(value)
