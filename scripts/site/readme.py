"""The pictures of README.md: its question with the answer, from the demo, and badges of what pyproject.toml says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
LETTER = 6.6
"""How wide a letter of a badge is, in pixels."""


def badges() -> dict[str, str]:
    """Each badge of README.md by its file's name, as SVG."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    classifiers = "\n".join(project["classifiers"])
    pythons = re.findall(r"Python :: (\d\.\d+)", classifiers)
    (status,) = re.findall(r"Development Status :: \d - (\w+)", classifiers)
    return {
        "python.svg": badge("Python", f"{pythons[0]} to {pythons[-1]}"),
        "licence.svg": badge("Licence", project["license"]),
        "status.svg": badge("Status", status.lower()),
    }


def badge(what: str, how: str) -> str:
    """A small picture of two words."""
    left, right = (round(len(word) * LETTER) + 14 for word in (what, how))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" '
        f'role="img" aria-label="{what}: {how}">'
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="#0b5a8a"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="14">{what}</text><text x="{left + right / 2}" y="14">{how}</text></g></svg>\n'
    )


def example() -> str:
    """The example of README.md."""
    return re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]


def answered() -> dict[str, Any]:
    """What the names of the example stand for once it has run."""
    names: dict[str, Any] = {}
    exec(example(), names)  # noqa: S102 - our own page
    return names


def picture() -> Any:
    """The question of README.md in words, the frame that answers it, and a chart of it over all years."""
    import matplotlib.pyplot as plt
    import polars as pl

    import eesclient as ees

    names = answered()
    result = names["result"]
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(result.provenance.data_set_id, version=str(result.version))
        years = sen.query(indicators="Number of pupils", filters=names["filters"], others="Total", sort="period").frame
    figure, (words, chart) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained", width_ratios=(3, 2))
    figure.suptitle(" · ".join((*result.provenance.notices, f"{result.provenance.title}, version {result.version}")))
    words.axis("off")
    asked = ["Number and percentage of pupils", "by SEN provision, two years,", "everything else total"]
    columns = ["time_period", "sen_provision", "pupil_count", "pupil_percent", "pupil_percent_status"]
    shown = result.frame.select(pl.col(columns[:2]).cast(str), *columns[2:])
    cells = [["null" if cell is None else str(cell) for cell in row] for row in shown.rows()]
    words.text(0, 0.97, "\n".join(asked), va="top", fontsize=12, style="italic")
    widths = (0.13, 0.37, 0.15, 0.16, 0.25)
    table = words.table(cells, colLabels=columns, colWidths=widths, bbox=(0, 0, 1, 0.62), cellLoc="left")
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    for cell in table.get_celld().values():
        cell.PAD = 0.03
    for (option,), rows in years.partition_by("sen_provision", as_dict=True).items():
        chart.plot(rows["time_period"].cast(str), rows["pupil_count"] / 1e6, marker="o", label=option)
    chart.set_ylabel("Pupils, millions")
    chart.set_ylim(0)
    chart.tick_params(labelsize=8)
    chart.legend(fontsize=8)
    return figure
