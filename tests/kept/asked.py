"""Questions to the demo as it was, and what answers are reduced to: in public names only, which older code has too."""

from __future__ import annotations

from typing import Any

import eesclient as ees

SEN, KS4 = ees.local.SEN_ID, ees.local.KS4_ID
ALL_PUPILS = {"Social care group": "All pupils comparison"}

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "two options, two years": (
        SEN,
        {
            "indicators": ["Number of pupils", "Percentage of pupils"],
            "filters": ALL_PUPILS | {"SEN provision": ["Education, health and care plan", "SEN support"]},
            "others": "Total",
            "periods": ["2023/24", "2024/25"],
        },
    ),
    "the last year": (SEN, {"filters": ALL_PUPILS, "others": "Total", "periods": ees.latest()}),
    "sorted, by label, as text": (
        SEN,
        {
            "indicators": "Number of pupils",
            "others": "Total",
            "sort": ["-period", ees.service_sort("Number of pupils")],
            "names": "label",
            "values": "text",
        },
    ),
    "all but one option": (
        SEN,
        {
            "indicators": "Percentage of pupils",
            "where": ~(ees.facets.filter("SEN provision") == "SEN support") & (ees.facets.period >= "2023/24"),
            "limit": 50,
        },
    ),
    "no rows": (SEN, {"where": (ees.facets.period == "2023/24") & (ees.facets.period == "2024/25")}),
    "everything": (SEN, {}),
    "places": (KS4, {"levels": "Local authority", "others": "Total", "periods": ees.last(2)}),
    "everything of KS4": (KS4, {}),
}


def opened(client: ees.Client, data_set_id: str) -> ees.PinnedDataSet:
    """Open a data set at the version that the kept files have."""
    return client.open(data_set_id, version="1.0")


def told(result: ees.QueryResult) -> dict[str, Any]:
    """Reduce a result to what has to stay the same, as JSON holds it."""
    return {
        "digest": result.digest,
        "total": result.total,
        "columns": [[column, str(dtype)] for column, dtype in result.frame.schema.items()],
        "with ids": [[column, str(dtype)] for column, dtype in result.with_ids().schema.items()],
        "first rows": result.frame.head(5).write_csv(),
        "pinned": dict(result.pinned),
        "body": result.query.to_json(),
        "file sha256": result.provenance.file_sha256,
        "footnotes": list(result.provenance.footnotes),
        "warnings": [warning.message for warning in result.warnings],
        "version": str(result.version),
    }


def answers(client: ees.Client) -> dict[str, Any]:
    """Ask every question."""
    told_of = {}
    for name, (data_set_id, words) in QUESTIONS.items():
        told_of[name] = told(opened(client, data_set_id).query(**words))
    return told_of
