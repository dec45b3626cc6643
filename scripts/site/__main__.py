"""Build the site, or say what is wrong: warnings, links inside it that lead nowhere, public names that it lacks.

python -m scripts.site              # into site/
python -m scripts.site --links      # ask every address outside it as well: the only part that leaves the machine
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main
from sphinx.util.inventory import InventoryFile

from scripts.site import reference
from scripts.site.pages import broken, contents, mend

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SOURCE = ROOT / "build" / "site"
"""Where the pages are laid out: those of `docs/`, those beside it, and the reference."""

BESIDE = ("CHANGELOG", "CONTRIBUTING", "SECURITY")
"""Pages of the repository's top that the site has too."""


def lay_out() -> None:
    """Put every page where Sphinx reads it: links to the repository's top lead to pages of the site."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in BESIDE:
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        (SOURCE / f"{name}.md").write_text(text.replace("](docs/", "]("), encoding="utf-8")
    for path in SOURCE.glob("*.md"):
        text = path.read_text(encoding="utf-8").replace("](../", "](")
        path.write_text(contents(text) if path.name == "index.md" else text, encoding="utf-8")
    (SOURCE / "reference").mkdir()
    for name, text in reference.pages().items():
        (SOURCE / "reference" / name).write_text(text, encoding="utf-8")


def lacking(site: Path) -> list[str]:
    """Return the public names that the built site does not explain."""
    found = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    return [name for name in reference.expected() if not any(name in found.data[kind] for kind in found.data)]


def main() -> int:
    """Build into `site/`, or ask every outside address; return the exit code."""
    lay_out()
    told = ["--fail-on-warning", "--keep-going", "--quiet", "-c", str(HERE), "-d", str(ROOT / "build" / "doctrees")]
    site = ROOT / "site"
    if "--links" in sys.argv:
        return build_main(["-b", "linkcheck", *told, str(SOURCE), str(ROOT / "build" / "links")])
    shutil.rmtree(site, ignore_errors=True)
    if code := build_main(["-b", "html", *told, str(SOURCE), str(site)]):
        return code
    mend(site)
    for what, names in (("public names without reference", lacking(site)), ("links to nowhere", broken(site))):
        if names:
            print(f"{len(names)} {what}:", *names, sep="\n  ", file=sys.stderr)
            return 1
    print(f"{len(list(site.rglob('*.html')))} pages in {site}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
