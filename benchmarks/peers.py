"""What it takes to have this package and clients of other services: packages, size on the disk, time of an import.

Each is installed from the package index into a virtual environment of its own, in a temporary folder, and this package
from this checkout. Sizes are the files of the installed packages, without pip and without compiled `.pyc` files; times
are medians of whole processes that import one package, all of them taking turns, beside one that imports nothing, whose
median is taken off. It needs a network, and is run by hand:

    python benchmarks/peers.py [--rounds 11] [--only eesclient eurostat]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from _shared import ROOT, installed

MB = 1_000_000

LOOK = """
import json
import sys
from importlib.metadata import distributions
from pathlib import Path

def files(distribution):
    return [Path(distribution.locate_file(file)) for file in distribution.files or [] if file.suffix != ".pyc"]

found = [one for one in distributions() if one.name.lower() not in {"pip", "setuptools"}]
module = Path(__import__(sys.argv[1]).__file__).parent
print(json.dumps({
    "versions": {one.name: one.version for one in found},
    "sizes": {one.name: sum(file.stat().st_size for file in files(one) if file.is_file()) for one in found},
    "typed": (module / "py.typed").is_file(),
    "commands": sorted({point.name for one in found if one.name == sys.argv[2]
                        for point in one.entry_points.select(group="console_scripts")}),
}))
"""
"""Asked in an environment: what is installed, its sizes, whether the module has type hints, its commands."""


@dataclass
class Peer:
    """A package, what pip is asked for, and what is imported."""

    name: str
    wanted: str
    module: str
    first: str = ""
    """What a program needs first, where an import of the package alone loads little."""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    python: Path = Path()

    def install(self, folder: Path) -> None:
        """Make the environment."""
        self.python = installed(folder / self.name, self.wanted) / "python"

    def look(self) -> dict[str, dict[str, int]]:
        """What is in the environment."""
        said = subprocess.run([self.python, "-c", LOOK, self.module, self.name], check=True, stdout=subprocess.PIPE)
        found: dict[str, dict[str, int]] = json.loads(said.stdout)
        return found

    def time(self, statement: str) -> None:
        """Run one process with the statement."""
        start = time.perf_counter()
        subprocess.run([self.python, "-c", statement], check=True)
        self.seconds.setdefault(statement, []).append(time.perf_counter() - start)

    def above(self, statement: str) -> float:
        """Milliseconds of the statement above those of an empty process."""
        return 1000 * (median(self.seconds[statement]) - median(self.seconds["pass"]))

    @property
    def statements(self) -> list[str]:
        """What is timed."""
        return list(dict.fromkeys(["pass", f"import {self.module}", self.first or f"import {self.module}"]))


PEERS = [
    Peer("eesclient", str(ROOT), "eesclient", "from eesclient import Client, local; import polars"),
    Peer("sdmx1", "sdmx1==2.28.0", "sdmx"),
    Peer("eurostat", "eurostat==1.1.1", "eurostat"),
    Peer("pxwebpy", "pxwebpy==0.6.0", "pxweb"),
    Peer("huggingface_hub", "huggingface_hub==2.4.0", "huggingface_hub", "from huggingface_hub import HfApi"),
]


def main() -> None:
    """Install, look, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=11, help="how often each import is timed")
    options.add_argument("--only", nargs="+", choices=[peer.name for peer in PEERS], help="some of the packages alone")
    chosen = options.parse_args()
    peers = [peer for peer in PEERS if chosen.only is None or peer.name in chosen.only]
    with tempfile.TemporaryDirectory() as folder:
        for peer in peers:
            peer.install(Path(folder))
        looks = {peer.name: peer.look() for peer in peers}
        for _ in range(chosen.rounds):
            for peer in peers:
                for statement in peer.statements:
                    peer.time(statement)
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {chosen.rounds} rounds\n")
    print("| package | packages in all | MB in all | most of it | type hints | command | import | first use |")
    print("|---|---|---|---|---|---|---|---|")
    for peer in peers:
        print(row(peer, looks[peer.name]))
    print("\nfirst use: " + ", ".join(f"{peer.name} {peer.above(peer.statements[-1]):.0f} ms" for peer in peers))


def row(peer: Peer, found: dict[str, dict[str, int]]) -> str:
    """A line of the table."""
    sizes = found["sizes"]
    largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
    version = {name.lower().replace("-", "_"): text for name, text in found["versions"].items()}[peer.name]
    cells = [
        f"{peer.name} {version}",
        str(len(sizes)),
        f"{sum(sizes.values()) / MB:.0f}",
        ", ".join(f"{name} {sizes[name] / MB:.0f}" for name in largest),
        "yes" if found["typed"] else "no",
        ", ".join(f"`{name}`" for name in found["commands"]) or "none",
        *(f"{peer.above(statement):.0f} ms" for statement in (f"import {peer.module}", peer.statements[-1])),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
