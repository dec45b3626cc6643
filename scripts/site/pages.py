"""Pages of the site as text: the contents from the front page, mending, and links that lead nowhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

MENDED = (
    (r'<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    (r'<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Site">'),
    (r'<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    (r"<pre>", '<pre tabindex="0">'),
    (r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>", lambda found: f'<ul class="parameters">\n{as_items(found[1])}</ul>'),
    (r'<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    (r'<th class="head"><p></p></th>', '<td class="head"></td>'),
    (r'<div id="search-results">', '<h1>Search</h1>\n<div id="search-results">'),
)
"""What axe finds fault with in pages of Sphinx and Furo, and what stands there instead."""


def contents(index: str) -> str:
    """The front page with what it links to as the contents of the site, by its headings."""
    trees = []
    for part in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title = part.partition("\n")[0]
        linked = [re.sub(r"^\.\./|\.md$", "", name) for name in re.findall(r"\]\(([\w./-]+\.md)\)", part)]
        if title == "Reference":
            linked.insert(0, "reference/index")
        trees.append("\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *dict.fromkeys(linked), "```"]))
    return "\n\n".join([index, *trees, ""])


def as_items(text: str) -> str:
    """The parameters of a long signature as items of a list: they are no definitions of terms."""
    return re.sub(r"<(/?)dd>", r"<\1li>", text)


def mend(site: Path) -> None:
    """Have pages read well to those who do not see them."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for pattern, instead in MENDED:
            text = re.sub(pattern, instead, text)
        page.write_text(text, encoding="utf-8")


class Links(HTMLParser):
    """What a page has to lead to, and where it leads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.places: set[str] = {""}
        self.linked: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ids and addresses."""
        for name, value in attrs:
            if name == "id":
                self.places.add(value or "")
            elif name in {"href", "src"} and not re.match(r"[a-z]+:", value or ""):
                self.linked.add(value or "")


def broken(site: Path) -> list[str]:
    """Return the links inside the built site that lead nowhere."""
    pages = {page.resolve(): Links(page) for page in site.rglob("*.html")}
    found = []
    for page, links in pages.items():
        for link in links.linked:
            target, _, place = link.partition("#")
            path = (page.parent / unquote(target.partition("?")[0])).resolve() if target else page
            if not path.is_file() or (path in pages and unquote(place) not in pages[path].places):
                found.append(f"{page.relative_to(site.resolve())}: {link}")
    return sorted(found)
