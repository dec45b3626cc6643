"""Pages of 10,000 rows whose cells hold quotes, backslashes or accents, beside the same pages without.

One page is the first of 347,830 rows; the other is made up (synthetic), with 48 indicators. Each is read to codes and
texts: as it is, with an escaped quote in one cell, and with a quote, a backslash, an accent or an escaped accent in
every cell of an indicator. All in time of the processor.

    python benchmarks/odd_pages.py [--data FOLDER] [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import re
from functools import partial
from pathlib import Path

from _shared import DATA, NAME, PAGE_SIZE, Side, machine, take_turns

from eesclient.api.messages import Request
from eesclient.client import Client
from eesclient.local.service import Service
from eesclient.models.meta import Indicator, Meta
from eesclient.models.versions import Version
from eesclient.query.question import Query
from eesclient.query.request import render_body
from eesclient.table.page import read_page

_VALUES = re.compile(rb'"values":\{[^}]*\}')
_ODD = {"quotes": b'\\"', "backslashes": b"\\\\", "accents": "é".encode(), "escaped accents": b"\\u00e9"}


def published(folder: Path) -> tuple[Query, bytes]:
    """A question for all rows, and the first page of its answer."""
    service = Service.from_folder(folder, names=[NAME])
    with Client(service=service, store=None) as client:
        query = client.open(next(client.data_sets()).id).build(page_size=PAGE_SIZE)
    request = Request(
        method="POST",
        path=f"/data-sets/{query.data_set_id}/query",
        params=(("dataSetVersion", str(query.version)),),
        body=render_body(query, page=1, page_size=PAGE_SIZE).encode(),
        headers=(("content-type", "application/json"),),
    )
    return query, service.handle(request).body


def made() -> tuple[Query, bytes]:
    """A wide page that is made up."""
    indicators = tuple(Indicator(id=f"i{n:04}", column=f"c{n}", label=f"Indicator {n} (synthetic)") for n in range(48))
    query = Query(data_set_id="synthetic", version=Version(1), meta=Meta(indicators=indicators))
    row = {
        "timePeriod": {"code": "AY", "period": "2023/2024"},
        "geographicLevel": "NAT",
        "locations": {},
        "filters": {},
    }
    results = [
        row | {"values": {item.id: str((number * 7919 + n) % 10_007) for n, item in enumerate(indicators)}}
        for number in range(PAGE_SIZE)
    ]
    paging = {"page": 1, "pageSize": PAGE_SIZE, "totalResults": PAGE_SIZE, "totalPages": 1}
    document = {"paging": paging, "results": results, "warnings": []}
    return query, json.dumps(document, separators=(",", ":")).encode()


def one_odd(page: bytes) -> bytes:
    """The page with a quote in one cell, in its middle."""
    cell = page.index(b'":"', page.index(b'"values":{', len(page) // 2)) + 3
    return page[:cell] + b'\\"' + page[cell:]


def all_odd(page: bytes, sign: bytes) -> bytes:
    """The page with a sign in each cell of an indicator."""
    return _VALUES.sub(lambda values: values[0].replace(b'":"', b'":"' + sign), page)


def measure(name: str, query: Query, page: bytes, rounds: int) -> tuple[float, float]:
    """Read a page and its odd ones turn by turn; the ratio of one odd cell, and the largest of the others."""
    pages = {"plain": page, "a quote in one cell": one_odd(page)}
    pages |= {f"{what} in all cells": all_odd(page, sign) for what, sign in _ODD.items()}
    sides = [
        Side(f"{name}, {what}", rounds, partial(lambda body: read_page(query, body).frame.height, body), PAGE_SIZE)
        for what, body in pages.items()
    ]
    read_page(query, page)  # imports are paid for
    take_turns(sides)
    for side in sides:
        print(f"{side}; work {side.work:.3f} s")
    plain, one, *others = (side.work for side in sides)
    return one / plain, max(others) / plain


def main() -> None:
    """Make the pages, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=9, help="runs of each side")
    chosen = options.parse_args()
    print(f"pages of {PAGE_SIZE:,} rows to codes and texts, medians")
    print(machine())
    narrow = measure("3 indicators", *published(chosen.data), chosen.rounds)
    wide = measure("48 indicators", *made(), chosen.rounds)
    print(
        f"one odd cell takes {narrow[0]:.2f} x the plain page's time, on a wide page {wide[0]:.2f} x (at most 1.3); "
        f"odd signs in all cells at most {narrow[1]:.2f} and {wide[1]:.2f} x (at most 2)"
    )


if __name__ == "__main__":
    main()
