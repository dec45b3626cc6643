"""Pictures of the docs show what the demo answers now; `nox -s docs`, which has the libraries of plots, runs these."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest

from scripts.site import gallery, readme, terminal
from tests.conftest import ROOT

PAGES = tuple(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))


KEPT = json.loads(gallery.MADE_OF.read_text(encoding="utf-8"))


def test_gallery_shows_what_its_code_does() -> None:
    """The pictures were made of the code and the figures that are there now; else `nox -s gallery` makes them anew."""
    for library in ("altair", "great_tables", "matplotlib", "plotly"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    made_of = {name: found for name, _, found in gallery.figures()}
    assert 10 == len(made_of)
    assert made_of == {name: found for name, found in KEPT.items() if name != "readme"}


def test_readme_shows_what_its_example_does() -> None:
    """So was the picture of README.md."""
    assert KEPT["readme"] == gallery.digest(readme.example(), readme.answered())


def test_digest_of_a_picture() -> None:
    """Another code, or another frame that it names, is another digest; what it does not name is not in it."""
    code, names = "figure = plot(frame)", {"frame": pl.DataFrame({"a": [1]}), "other": pl.DataFrame({"a": [1]})}
    found = gallery.digest(code, names)
    assert found == gallery.digest(code, names | {"other": pl.DataFrame({"a": [2]})})
    assert 3 == len({
        found, gallery.digest(code, names | {"frame": pl.DataFrame({"a": [2]})}), gallery.digest("frame", names),
    })  # fmt: skip


@pytest.mark.parametrize("name", terminal.COMMANDS)
def test_pictures_of_a_terminal(name: str) -> None:
    """They say what their commands write now, take nothing from elsewhere, and stand in the docs with the command."""
    svg = (terminal.PICTURES / f"terminal-{name}.svg").read_text(encoding="utf-8")
    assert terminal.words(terminal.screen(terminal.COMMANDS[name]).plain) == terminal.words_of(svg), (
        "stale: python -m scripts.site.terminal makes them anew"
    )
    assert {"http://www.w3.org/2000/svg", "https://www.textualize.io"} == {*re.findall(r"https?://[^\s\"]+", svg)}
    assert "font-face" not in svg
    shown = re.findall(rf"!\[([^]]*)\]\(pictures/terminal-{name}.svg\)", "".join(PAGES))
    assert shown
    assert all(f"ees {name}" in words and "synthetic" in words for words in shown)
