"""Pictures of a terminal for the docs, of what commands write about the demo: `python -m scripts.site.terminal`."""

from __future__ import annotations

import html
import io
import os
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from eesclient import local
from eesclient.cli import main as ees

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH = 100

COMMANDS = {
    "search": "ees search special educational needs --demo",
    "meta": f'ees meta {local.SEN_ID} "SEN provision" --demo',
    "query": f"""ees query {local.SEN_ID}@1.0 --demo --indicator "Number of pupils" \\
    --filter "SEN provision=SEN support" --filter "SEN provision=Education, health and care plan" \\
    --filter "Social care group=All pupils comparison" --others Total --last 2""",
    "diff": f"ees diff {local.SEN_ID} 1.0 2.0 --demo",
}
"""What is shown, by the name of its picture, `terminal-NAME.svg`."""


class _Screen(io.StringIO):
    """A terminal of which nobody reads."""

    def isatty(self) -> bool:
        return True


def screen(command: str) -> Text:
    """What stands on a terminal after a command."""
    shown = _Screen()
    size = {"COLUMNS": str(WIDTH), "TERM": "xterm-256color", "NO_COLOR": ""}
    with patch.dict(os.environ, size), redirect_stdout(shown):
        if ees(shlex.split(command.replace("\\\n", ""))[1:]):
            raise RuntimeError(f"{command} did not do its work")
    return Text.assemble(("$ ", "bold"), f"{command}\n", Text.from_ansi(shown.getvalue()))


def drawn(name: str) -> str:
    """A picture, which takes no font from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(screen(COMMANDS[name]), end="")
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    # any of them, as each word is set to its width
    form = form.replace("Fira Code, monospace", "Menlo, Consolas, DejaVu Sans Mono, monospace")
    return console.export_svg(title="synthetic data", code_format=form, unique_id=name)


def words_of(svg: str) -> str:
    """What a picture says, to be compared with `words`."""
    return words("".join(re.findall(r'<text class="[\w-]+-r\d+"[^>]*>([^<]*)</text>', svg)))


def words(text: str) -> str:
    """A text without the room between its words, which another Rich may give otherwise, and without today's date."""
    return re.sub(r"(?<=Retrieved)\d+[a-z]+\d+", "", "".join(html.unescape(text).split()), flags=re.IGNORECASE)


def main() -> None:
    """Make all pictures anew."""
    for name in COMMANDS:
        path = PICTURES / f"terminal-{name}.svg"
        path.write_text(drawn(name), encoding="utf-8")
        print(f"{path.stat().st_size:>7,} bytes {path.name}")


if __name__ == "__main__":
    main()
