"""The table of docs/interop.md: what each reader makes of a result and of a stream, as it does on this machine.

python -m tests.interop.table --write
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import eesclient as ees
from tests.interop.readers import READERS, Reader, made, versions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interop.md"
BEGIN, END = "<!-- measured: python -m tests.interop.table --write -->\n", "<!-- measured until here -->\n"

_HEAD = f"""| read by | labels | statuses | whole numbers with gaps | a gap | source in the metadata |
|{"---|" * 6}
"""

_DICTIONARY = re.compile(r"dictionary<values=(\w+), indices=\w+, ordered=0>")


def line(reader: Reader, client: ees.Client, folder: Path) -> str:
    """A row of the table."""
    data_set = client.open(next(client.data_sets()).id)
    given = data_set.read() if reader.of == "result" else data_set.stream()
    found = reader.read(given, folder)
    label, status = (_DICTIONARY.sub(r"dictionary of \1", text) for text in (found.label, found.status))
    cells = (
        reader.how,
        f"`{label}`",
        f"`{status}`",
        f"`{found.whole}`",
        f"`{found.gap}`",
        "yes" if found.source else "no",
    )
    return f"| {' | '.join(cells)} |\n"


def measured() -> str:
    """All of it, with versions."""
    with tempfile.TemporaryDirectory() as folder, ees.Client(service=made(Path(folder) / "data")) as client:
        lines = [line(reader, client, Path(folder)) for reader in READERS]
    names = ", ".join(f"{name} {number}" for name, number in versions().items())
    return f"{_HEAD}{''.join(lines)}\nMeasured with {names}.\n"


def written() -> str:
    """What the page has."""
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Print it, or put it into the page."""
    found = measured()
    if "--write" not in sys.argv:
        sys.stdout.write(found)
        return
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{found}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
