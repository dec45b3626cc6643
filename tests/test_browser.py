"""The displays of notebooks in a real browser engine, where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import LABELS, RAN, SCRIPT, demo_displays, displays, elements, page, words
from tests.notebooks import executed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser() -> str:
    """Return the command of a browser, or skip the test: its twin among the display tests parses HTML5 instead."""
    found = os.environ.get("EES_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser among {', '.join(NAMES)}; EES_BROWSER can name one")
    return found


@pytest.fixture(scope="module")
def notebook() -> list[tuple[str, str]]:
    """Return what an executed notebook shows: for each of its cells the HTML, or skip the test."""
    made = executed(*CELLS)
    shown = [output["data"] for cell in made for output in cell["outputs"] if "data" in output]
    return [(cell, str(data.get("text/html", ""))) for cell, data in zip(CELLS[1:], shown, strict=True)]


CELLS = (
    """
import warnings
import eesclient as ees
from tests import hostile
warnings.simplefilter("ignore")
client = ees.Client(service=ees.local.demo())
sen = client.open(ees.local.SEN_ID)
wild = hostile.hostile_client().open(hostile.ID)
""",
    "sen",
    "sen.meta",
    "sen.meta.filters.sen_provision",
    "sen.query(indicators='Number of pupils', others={'SEN provision': 'All pupils'})",
    "wild",
    "wild.meta",
    "wild.meta.filters[0]",
    "wild.meta.locations",
)


def read(browser: str, text: str, folder: Path) -> str:
    """What a page becomes when a browser has read it and run what runs in it."""
    (folder / "page.html").write_text(text, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/me"]
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND"
    work = ["--virtual-time-budget=2000", "--dump-dom"]
    address = (folder / "page.html").as_uri()
    done = subprocess.run(  # noqa: S603 - a browser, on a page of ours, without a network
        [browser, *options, nowhere, *work, address],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"HOME": str(folder)},
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    return done.stdout


def title(dom: str) -> str:
    """The title that a page has."""
    match = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    return match[1] if match else ""


def test_the_browser_runs_scripts(browser: str, tmp_path: Path) -> None:
    """Each of the labels that should run by itself does so where it is not escaped: the other test can fail."""

    def raw(label: str) -> Iterator[tuple[str, str]]:
        yield "raw", f"<p>{label}</p>"

    assert RAN == title(read(browser, page(raw(SCRIPT)), tmp_path))
    assert RAN == title(read(browser, page(raw(LABELS[1])), tmp_path))


def test_hostile_labels_are_inert(browser: str, tmp_path: Path) -> None:
    """A page of every display, made of hostile labels, runs none of them, makes no element of them, and shows them."""
    dom = read(browser, page(displays()), tmp_path)
    assert "safe" == title(dom)
    body = dom.partition("<body>")[2]
    assert [] == re.findall(r"<(?:script|img|svg|a|b)\b", body)
    assert "&lt;script&gt;document.title=" in body


def test_displays_of_the_demo(browser: str, tmp_path: Path) -> None:
    """The demo's data set, metadata and answer are shown as tables."""
    dom = read(browser, page(demo_displays()), tmp_path)
    assert "safe" == title(dom)
    assert dom.count("<table") >= 6
    assert "SYNTHETIC, not a statistic" in dom
    assert "Education, health and care plan" in dom


def test_executed_notebook(notebook: list[tuple[str, str]]) -> None:
    """An executed notebook shows all of it as HTML, and no label of it is an element."""
    for cell, text in notebook:
        tags = {tag for tag, _ in elements(text)}
        assert (cell, True, set()) == (cell, "table" in tags, tags & {"script", "img", "svg", "a", "b"})
    assert "document.title=" in words(dict(notebook)["wild.meta"])


def test_executed_notebook_in_a_browser(browser: str, notebook: list[tuple[str, str]], tmp_path: Path) -> None:
    """A browser shows an executed notebook, and nothing in it runs."""
    dom = read(browser, page(iter(notebook)), tmp_path)
    assert "safe" == title(dom)
    assert "SYNTHETIC, not a statistic" in dom
    assert [] == re.findall(r"<(?:script|img|svg|a|b)\b", dom.partition("<body>")[2])
