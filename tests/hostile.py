"""Labels that would run where they are not escaped, and pages of them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import html5lib

from eesclient import Client, Meta, local
from tests.transport.scripted import ID, META, answer, data_set, listed, opened, publication, rows_answer, version

RAN = "it ran"
SCRIPT = f"<script>document.title='{RAN}'</script>"
LABELS = (
    SCRIPT,
    f"<img src=x onerror=\"document.title='{RAN}'\">",
    f"\"><svg onload=document.title='{RAN}'>",
    f"' autofocus onfocus='document.title=`{RAN}`",
    f"</td></table></title></textarea>{SCRIPT}",
    f"&lt;script&gt;document.title='{RAN}'&lt;/script&gt;",
    f"<a href=\"javascript:document.title='{RAN}'\">",
)
"""Labels; where one of them runs, the page's title changes."""

BAD = "".join(LABELS)


def hostile_meta() -> dict[str, Any]:
    """Metadata with hostile text in every place, as the service would send it."""
    options = [{"id": f"o{n}\"'><b>", "label": label} for n, label in enumerate(LABELS)]
    level = {"code": "NAT", "label": BAD}
    period = {"code": BAD, "period": BAD, "label": BAD}
    return META | {
        "filters": [{"id": f"f{SCRIPT}", "column": BAD, "label": BAD, "hint": BAD, "options": options}],
        "indicators": [{"id": f"i\"'{SCRIPT}", "column": BAD, "label": BAD, "unit": BAD, "decimalPlaces": 0}],
        "geographicLevels": [level],
        "locations": [{"level": level, "options": [{"id": "l\"'>", "label": BAD, "code": BAD}]}],
        "timePeriods": [period],
    }


def hostile_client() -> Client:
    """A client of a service with hostile text in every place."""
    summary = data_set(title=BAD, summary=BAD)
    summary["latestVersion"] |= {"filters": list(LABELS), "indicators": list(LABELS), "geographicLevels": [BAD]}
    service = opened(
        summary=answer(summary),
        meta=answer(hostile_meta()),
        **{"versions/1.0": answer(version(notes=BAD, release={"title": BAD, "slug": "x"}))},
    )
    service.answers["GET /publications"] = [listed([publication(title=BAD, summary=BAD)])]
    return Client(service=service)


def displays() -> Iterator[tuple[str, str]]:
    """Everything that notebooks show, made of hostile labels: name and HTML."""
    with hostile_client() as client:
        pinned = client.open(ID)
        yield "publication", shown(next(client.publications()))
        yield "data set", shown(pinned.data_set)
        yield "version", shown(client.version(ID, "1.0"))
    yield "pinned", shown(pinned)
    yield from _of(pinned.meta)
    yield "result", _result()


def _of(meta: Meta) -> Iterator[tuple[str, str]]:
    yield "meta", shown(meta)
    for name in ("filters", "indicators", "levels", "locations", "periods"):
        yield name, shown(getattr(meta, name))
    yield "filter", shown(meta.filters[0])
    yield "location group", shown(meta.locations[0])


def _result() -> str:
    """An answer with hostile headings, labels and cells."""
    option = {"options": [{"id": "oAll0", "label": SCRIPT}]}
    meta = META | {
        "filters": [META["filters"][0] | option | {"label": LABELS[1]}],
        "indicators": [META["indicators"][0] | {"label": LABELS[2]}],
    }
    service = opened(summary=answer(data_set(title=BAD)), meta=answer(meta), query=rows_answer([LABELS[4]]))
    with Client(service=service) as client:
        return shown(client.open(ID).query(others={"sex": SCRIPT}, names="label"))


def demo_displays() -> Iterator[tuple[str, str]]:
    """What notebooks show of the demo: name and HTML."""
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID)
        yield "pinned", shown(sen)
        yield "filter", shown(sen.meta.filters["SEN provision"])
        yield "locations", shown(client.open(local.KS4_ID).meta.locations)
        yield "result", shown(sen.query(indicators="Number of pupils", others={"SEN provision": "SEN support"}))


def shown(item: Any) -> str:
    """What a notebook shows of something."""
    return str(item._repr_html_())


def page(displays: Iterator[tuple[str, str]]) -> str:
    """A page of displays, as a notebook puts them into its own."""
    parts = "".join(f"<section><h2>{html.escape(name)}</h2>{shown}</section>" for name, shown in displays)
    return f"<!doctype html><html><head><meta charset=utf-8><title>safe</title></head><body>{parts}</body></html>"


def elements(text: str) -> list[tuple[str, dict[str, str]]]:
    """Elements of a piece of HTML with their attributes, as a browser reads it."""
    tree = html5lib.parseFragment(text, treebuilder="etree", namespaceHTMLElements=False)
    return [(str(element.tag), dict(element.attrib)) for element in tree.iter()]


def words(text: str) -> str:
    """The text of a piece of HTML, as a browser reads it."""
    return "".join(html5lib.parseFragment(text, treebuilder="etree", namespaceHTMLElements=False).itertext())
