"""The pictures of `docs/gallery.md` and README.md, made from their code: `python -m scripts.site.gallery BROWSER`.

A picture shows what its block calls `figure`. A browser draws what Plotly and great-tables make, which is HTML.
`made-of.json` beside the pictures has a digest of what each was made of, so that one that shows no longer what its code
does is noticed.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from scripts.site import readme, terminal

if TYPE_CHECKING:
    from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "pictures"
MADE_OF = PICTURES / "made-of.json"
COLOURS = 64
"""As many as a picture has, so that it takes some ten kB."""


def blocks(text: str) -> list[tuple[str, str]]:
    """Each block of code with the name of the picture below it, which the first has not."""
    picture = r"(?:\n\n!\[[^]]+\]\(pictures/(\w+)\.png\))?"
    return re.findall(rf"^```python\n(.*?)^```{picture}", text, re.MULTILINE | re.DOTALL)


def drawn(figure: Any, browser: str) -> Image.Image:
    """A figure of any of the libraries as an image."""
    from PIL import Image

    kind = type(figure).__module__.partition(".")[0]
    if kind == "altair":
        import vl_convert

        return Image.open(BytesIO(vl_convert.vegalite_to_png(figure.to_dict(), scale=1.5)))
    if kind == "matplotlib":
        figure.savefig(image := BytesIO(), dpi=120)
        return Image.open(image)
    html = figure.to_html(config={"displayModeBar": False}) if kind == "plotly" else figure.as_raw_html(make_page=True)
    return photographed(html, browser)


def photographed(html: str, browser: str) -> Image.Image:
    """What a browser shows of a page, without the paper around it."""
    from PIL import Image, ImageChops

    with TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(html, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/me"]
        camera = [f"--screenshot={folder}/page.png", "--window-size=1000,700", "--virtual-time-budget=4000"]
        page = (Path(folder) / "page.html").as_uri()
        subprocess.run([browser, *options, *camera, page], check=True, capture_output=True, timeout=120)  # noqa: S603
        image = Image.open(f"{folder}/page.png").convert("RGB")
    paper = Image.new("RGB", image.size, image.getpixel((0, 0)))
    left, top, right, bottom = ImageChops.difference(image, paper).getbbox() or (0, 0, *image.size)
    return image.crop((max(left - 8, 0), max(top - 8, 0), right + 8, bottom + 8))


def small(image: Image.Image) -> Image.Image:
    """An image of few colours."""
    return image.convert("RGB").quantize(COLOURS)


def digest(code: str, names: Mapping[str, Any]) -> str:
    """Digest of a block's code and of the frames that it names."""
    named = sorted({node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)})
    found = hashlib.sha256(code.encode())
    for value in map(names.get, named):
        frame = getattr(value, "frame", value)
        if isinstance(frame, pl.DataFrame):
            found.update(frame.write_csv().encode())
    return found.hexdigest()[:16]


def figures() -> Iterator[tuple[str, Any, str]]:
    """Run the page from top to bottom; the name, the figure and the digest of each picture."""
    names: dict[str, Any] = {}
    for code, name in blocks(PAGE.read_text(encoding="utf-8")):
        exec(compile(code, f"{PAGE}: {name}", "exec"), names)  # noqa: S102 - our own page
        if name:
            yield name, names["figure"], digest(code, names)


def main() -> int:
    """Write what each block of the page shows, and the other pictures."""
    (browser,) = sys.argv[1:]
    PICTURES.mkdir(exist_ok=True)
    made_of = {}
    for name, figure, made_of[name] in figures():
        path = PICTURES / f"{name}.png"
        small(drawn(figure, browser)).save(path, optimize=True)
        print(f"{path.stat().st_size:>7,} bytes {path.name}")
    made_of["readme"] = digest(readme.example(), readme.answered())
    small(drawn(readme.picture(), browser)).save(PICTURES / "readme.png", optimize=True)
    MADE_OF.write_text(f"{json.dumps(made_of, indent=2)}\n", encoding="utf-8")
    for name, svg in readme.badges().items():
        (PICTURES / name).write_text(svg, encoding="utf-8")
    terminal.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
