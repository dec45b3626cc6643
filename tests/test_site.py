"""Tests of what the documentation site is made with; `nox -s site` builds it, `nox -s look` shows it to a browser."""

from __future__ import annotations

import re
from pathlib import Path

import eesclient as ees
from scripts.site import pages, readme, reference
from tests.conftest import ROOT


def test_every_page_is_in_the_contents() -> None:
    """The front page links to each page of `docs/`, and to no other: what it links to is the site's contents."""
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([\w-]+\.md)\)", index)
    assert sorted(linked) == sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name != "index.md")


def test_contents_follow_the_headings() -> None:
    """Each heading of the front page is a part of the contents, with its links in order."""
    made = pages.contents(
        "# Top\n\n## Learn\n\n- [A](a.md): first\n- [B](../B.md)\n\n## Reference\n\n- [C](c.md#part)\n"
    )
    trees = re.findall(r":caption: (\w+)\n\n(.*?)```", made, re.DOTALL)
    assert [("Learn", "a\nB\n"), ("Reference", "reference/index\n")] == trees


def test_reference_has_every_public_name() -> None:
    """The reference is asked for every name of the package and every member of its classes, inherited ones too."""
    expected = set(reference.expected())
    assert {f"eesclient.{name}" for name in ees.__all__} - {"eesclient.local", "eesclient.tree"} <= expected
    assert {
        "eesclient.AsyncClient.open",
        "eesclient.CatalogueDataSet.query",
        "eesclient.Meta.filters",
        "eesclient.UnknownLabelError.code",
        "eesclient.query.facets.Facets.filter",
        "eesclient.query.tree.And",
        "eesclient.local.Service.from_folder",
        "eesclient.sen2.plots.ages",
    } <= expected
    parts = {"eesclient", *reference.MODULES, reference.PRINTED, "Command line"}
    assert parts == set(reference.sections())
    directives = "".join(text for name, text in reference.pages().items() if name.endswith(".rst"))
    asked = set(re.findall(r"^\.\. auto\w+:: (\S+)$", directives, re.MULTILINE))
    assert {name for name in expected if name.removeprefix("eesclient.").count(".") == 0} <= asked


def test_reference_has_every_command() -> None:
    """The page of the command line has the help of each command."""
    made = reference.pages()["command-line.md"]
    for command in ("ees", "ees lock", "ees store prune", "ees sen2"):
        assert f"\n## {command}\n\n```text\nusage: {command} " in made


def test_links_to_nowhere(tmp_path: Path) -> None:
    """Links inside the site are followed to files and to places in them; addresses outside are not."""
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there"></a><a href="b.html#not"></a><a href="#top"></a><a href="c.html"></a>'
        '<img src="none.svg"><a href="https://example.org/x">'
    )
    (tmp_path / "b.html").write_text('<p id="there"><a href="a.html?highlight=x">')
    assert ["a.html: #top", "a.html: b.html#not", "a.html: c.html", "a.html: none.svg"] == pages.broken(tmp_path)


def test_mended_pages(tmp_path: Path) -> None:
    """Code can be scrolled with the keyboard, and the parameters of a signature are no definitions."""
    (tmp_path / "a.html").write_text("<pre>x</pre><dl>\n<dd>a</dd>\n<dd>b</dd>\n</dl><dl class='py'><dd>c</dd></dl>")
    pages.mend(tmp_path)
    wanted = '<pre tabindex="0">x</pre><ul class="parameters">\n<li>a</li>\n<li>b</li>\n</ul>'
    assert f"{wanted}<dl class='py'><dd>c</dd></dl>" == (tmp_path / "a.html").read_text()


def test_gallery_has_a_picture_for_each_figure() -> None:
    """Each of the ten figures of the gallery says where it is from, and stands below its code in a small picture."""
    page = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```python\n(.*?)^```\n\n!\[([^]]+)\]\((pictures/\w+\.png)\)", page, re.MULTILINE | re.DOTALL)
    assert 10 == len(shown) == len({picture for _, _, picture in shown})
    for code, words, picture in shown:
        assert ("source" in code, "synthetic" in words) == (True, True), picture
        assert 5_000 < (ROOT / "docs" / picture).stat().st_size < 30_000


def test_badges_are_true() -> None:
    """The badges of README.md say what the package's metadata say, as the script draws them now."""
    badges = readme.badges()
    shown = re.findall(r"!\[([^]]+)\]\(docs/pictures/(\w+\.svg)\)", readme.README.read_text(encoding="utf-8"))
    assert sorted(badges) == sorted(name for _, name in shown)
    for words, name in shown:
        assert badges[name] == (ROOT / "docs/pictures" / name).read_text(encoding="utf-8")
        assert set(re.findall(r"[\w.]+", words)) <= set(re.findall(r"[\w.]+", badges[name]))


def test_readme_is_one_screen() -> None:
    """README.md has a picture, an example of at most ten lines, and no page of text."""
    text = readme.README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 55
    assert len([line for line in readme.example().splitlines() if line]) <= 10
    assert (ROOT / "docs/pictures/readme.png").stat().st_size < 40_000
    linked = re.findall(r"\]\(([^):]+)\)", text)
    assert len(linked) > 15
    assert [] == [name for name in linked if not (ROOT / name).is_file()]
