"""The two commands for a new checkout; they need nothing but Python 3.11 or later.

python dev.py demo     a question answered by the built-in service, in .venv/
python dev.py test     every check, in .venv-dev/; further arguments go to nox
"""

import sys

if sys.version_info < (3, 11):  # before anything that an older Python cannot read
    sys.exit("eesclient needs Python 3.11 or later; this is {}.{}.".format(*sys.version_info))

import hashlib
import os
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYPROJECT = ROOT / "pyproject.toml"
BESIDE = ("lint", "typing", "docs", "site")
"""Checks that use one core for long stretches, and leave the other to the tests."""


def environment(folder: Path, *requirements: str) -> Path:
    """Return the Python of a virtual environment with the requirements in it, made or renewed when needed."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"Making {folder.name}/ ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
    stamp = folder / "installed-from"
    wanted = hashlib.sha256(PYPROJECT.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing into {folder.name}/ ...", flush=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *requirements], cwd=ROOT, check=True)
        stamp.write_text(wanted)
    return python


def demo(*arguments: str) -> int:
    """Install the package and run its demo."""
    python = environment(ROOT / ".venv", "--editable", ".")
    return subprocess.run([python, "-m", "eesclient", "demo", *arguments], check=False).returncode


def test(*arguments: str) -> int:
    """Install nox and run its default sessions, every check: those in BESIDE at the same time as the others."""
    groups = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    nox = [environment(ROOT / ".venv-dev", *groups["nox"]), "-m", "nox"]
    if arguments:
        return subprocess.run([*nox, *arguments], cwd=ROOT, check=False).returncode
    with tempfile.TemporaryFile() as told:
        beside = subprocess.Popen([*nox, "-s", *BESIDE], cwd=ROOT, stdout=told, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run([*nox, "-s", "tests", "coverage"], cwd=ROOT, check=False).returncode
            code = beside.wait() or code
        finally:
            beside.kill()
        told.seek(0)
        sys.stdout.write(told.read().decode(errors="replace"))
    return code


def main() -> int:
    """Run the command that was named."""
    commands = {"demo": demo, "test": test}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"This step failed, see above: {subprocess.list2cmdline(map(str, error.cmd))}")
