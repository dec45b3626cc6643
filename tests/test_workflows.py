"""Tests that what checks and publishes the package is pinned, and may do no more than it has to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = {
    path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").glob("*.y*ml"))
}
LOCKS = sorted((ROOT / ".github" / "release").glob("*.txt"))

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="a source archive has no workflows")

WRITES = {
    ("release.yml", "attest"): {"attestations: write", "id-token: write"},
    ("release.yml", "publish"): {"id-token: write"},
    ("release.yml", "release"): {"contents: write"},
}
"""What jobs may do beyond reading the repository."""


def jobs(text: str) -> dict[str, str]:
    """The text of each job."""
    parts = re.split(r"^  ([a-z]+):\n", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned(name: str) -> None:
    """Every action is named by a whole commit, with its version beside it."""
    uses = [line.strip() for line in WORKFLOWS[name].splitlines() if re.match(r"\s*(- )?uses:", line)]
    pinned = re.compile(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert uses
    assert [] == [line for line in uses if not pinned.fullmatch(line)]


def test_one_commit_for_each_action() -> None:
    """The same action is the same commit everywhere."""
    pins = {found for text in WORKFLOWS.values() for found in re.findall(r"uses: (\S+)@(\S+)", text)}
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions(name: str) -> None:
    """A workflow may do nothing, and a job what stands there: no more than read, but for those of a release."""
    text = WORKFLOWS[name]
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    for job, steps in jobs(text).items():
        found = re.search(r"^    permissions:\n((?:      .*\n)+)", steps, re.MULTILINE)
        assert found is not None, job
        given = {line.strip() for line in found[1].splitlines()}
        assert given - {"contents: read"} == WRITES.get((name, job), set()), job


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_to_steal(name: str) -> None:
    """No secret is named, forks' pull requests run without rights, and what was checked out keeps no token."""
    text = WORKFLOWS[name]
    assert not re.search(r"secrets|pull_request_target|workflow_run|issue_comment", text)
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    # an expression in a script is pasted into it, whatever it holds
    assert "${{" not in "".join(re.findall(r"run: .*(?:\n {10}.*)*", text))
    assert {name} & {"release.yml"} or "github.token" not in text


def test_release_installs_by_hash() -> None:
    """What a release is built and described with is installed by hash, and built on a machine with nothing else."""
    release = jobs(WORKFLOWS["release.yml"])
    installed = [line for line in WORKFLOWS["release.yml"].splitlines() if "pip install" in line]
    assert 2 == len(installed)
    assert all("--only-binary :all: --require-hashes" in line for line in installed)
    assert "python -m build --no-isolation" in release["build"]
    assert "dev.py" not in release["build"]
    assert "dist" not in release["checks"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_locks_are_whole(path: Path) -> None:
    """Every package has one version and hashes, and what is asked for is there."""
    text = path.read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z][^ ]*) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    names = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) == len(names)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", package) for package, _ in packages)
    asked = path.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    assert {line for line in asked if not line.startswith("#")} <= {package for package, _ in packages}


def test_build_system_is_what_is_locked() -> None:
    """Whoever builds from source gets the build tools of the releases."""
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    locked = (ROOT / ".github" / "release" / "build.in").read_text(encoding="utf-8").splitlines()
    assert all("==" in requirement for requirement in requires)
    assert set(requires) <= set(locked)
