"""Every check of the project; `nox -l` lists them, `python dev.py test` runs the default ones."""

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typing", "docs", "site", "tests", "coverage"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
MAIN = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = sorted({MAIN, *nox.project.python_versions(PYPROJECT)}, key=lambda text: int(text.split(".")[1]))

SIDE_BY_SIDE = ("-n", str(min(1 + (os.cpu_count() or 1), 8)), "--dist", "worksteal")
"""Tests in one process more than there are cores: some wait for sockets, time-outs and other processes."""

TESTS = ("tests", "docs/spark.md")
"""What the main Python tries: its environment alone has what the examples of that page need."""

PAGE_BY_PAGE = (*SIDE_BY_SIDE[:-1], "loadfile")
"""The same where what stands in a file builds on what stands above it."""


def group(*names: str) -> tuple[str, ...]:
    """Return the requirements of dependency groups."""
    return nox.project.dependency_groups(PYPROJECT, *names)


def add_pyenv_to_path() -> None:
    """Let nox find Pythons that pyenv keeps but that are not on PATH; those on PATH come first."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for python in PYTHONS:
        found = [*Path(sys.base_prefix).parent.glob(f"{python}.*"), *pyenv.glob(f"{python}.*")]
        finals = {int(folder.suffix[1:]): folder for folder in found if folder.suffix[1:].isdecimal()}
        if finals:
            path.append(str(finals[max(finals)] / "bin"))
    os.environ["PATH"] = os.pathsep.join(path)


add_pyenv_to_path()
# Python compiles what it imports, a fraction of what is installed, and keeps it, tests with their assertions too.
os.environ.setdefault("PIP_COMPILE", "0")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format, and who may import whom."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "scripts/unasync.py", "--check")
    session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def typing(session: nox.Session) -> None:
    """Types of the source and of every public name, by two checkers."""
    session.install(".[arrow,excel,sen2,server]", *group("typing"))
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "eesclient", "--ignoreexternal")


@nox.session
def docs(session: nox.Session) -> None:
    """The examples in README and docs, and whether their pictures show what they show."""
    session.install(".[arrow,duckdb,excel,lake,pandas,sen2,server]", *group("docs"))
    # docs/spark.md needs PySpark, a large source archive: the tests of the main Python install and run it
    session.run(
        "pytest", "README.md", "CHANGELOG.md", "docs", "tests/test_pictures.py", *PAGE_BY_PAGE, *session.posargs
    )


@nox.session
def site(session: nox.Session) -> None:
    """The documentation site, into `site/`: no warning, no link inside it to nowhere, no public name left out."""
    session.install(".[sen2,server]", *group("site"))
    session.run("python", "-m", "scripts.site", *session.posargs)


@nox.session
def linkcheck(session: nox.Session) -> None:
    """The addresses outside that the site links to: it asks each of them."""
    session.install(".[sen2,server]", *group("site"))
    session.run("python", "-m", "scripts.site", "--links")


def browser_of(session: nox.Session) -> str:
    """Return the command of a browser, or skip the session."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = os.environ.get("EES_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    return found or session.skip(f"needs a browser: {', '.join(names)}, or what EES_BROWSER names")


@nox.session
def gallery(session: nox.Session) -> None:
    """The pictures of README.md and `docs/gallery.md`, from their code, and those of a terminal."""
    browser = browser_of(session)
    session.install(".", *group("pictures"))
    session.run("python", "-m", "scripts.site.gallery", browser)


@nox.session
def look(session: nox.Session) -> None:
    """The built site in a browser, as a person sees it: wide and narrow, light and dark, and what axe finds."""
    browser = browser_of(session)
    if shutil.which("npm") is None:
        session.skip("needs npm")
    session.install(".[sen2,server]", *group("site"))
    session.run("python", "-m", "scripts.site")
    session.run("npm", "install", "--silent", "--prefix", "build/look", "axe-core", "playwright-core", external=True)
    session.run("node", "scripts/site/look.mjs", browser, *session.posargs, external=True)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests: everything, with the extras, on nox's own Python; fewer drawn examples and cases on the others."""
    if session.python == MAIN:
        groups = group("tests", "fuzz", "interop", "notebooks", "coverage")
        session.install(".[arrow,duckdb,excel,fast,lake,pandas,progress,sen2,server,spark,swagger,tables]", *groups)
        # what laws and long tables go through, other tests reach one by one: only the latter pay for being watched
        session.run("coverage", "erase")
        session.run("coverage", "run", "-m", "pytest", *TESTS, "-m", "not unwatched", *SIDE_BY_SIDE, *session.posargs)
        session.run("pytest", "tests", "-m", "unwatched", *SIDE_BY_SIDE, *session.posargs)
    else:
        session.install(".", *group("tests"))
        session.run("pytest", "tests", *SIDE_BY_SIDE, *session.posargs, env={"EES_PROFILE": "fewer"})


@nox.session
def coverage(session: nox.Session) -> None:
    """What the tests before this reached."""
    session.install(*group("coverage"))
    session.run("coverage", "combine", "--keep")
    session.run("coverage", "report")


@nox.session
def property(session: nox.Session) -> None:
    """Many more drawn examples than every day."""
    session.install(".[arrow,duckdb,excel,pandas,sen2,server]", *group("tests", "fuzz"))
    session.run("pytest", "tests", "-m", "property", *SIDE_BY_SIDE, *session.posargs, env={"EES_PROFILE": "long"})


@nox.session
def live(session: nox.Session) -> None:
    """What the live service does, compared with what we take it to do: read-only, one request a second."""
    session.install(".", *group("tests"))
    ask = ("python", "-m", "scripts.live", *session.posargs)
    # 3 is its way to say that there is nobody to ask
    seen = str(session.run(*ask, "--reachable", silent=True, success_codes=[0, 3])).strip()
    if "skipped: " in seen:
        session.skip(seen.partition("skipped: ")[2])
    session.run(*ask)


@nox.session
def crate(session: nox.Session) -> None:
    """Whether a bundle is what RO-Crate's and Frictionless's own tools take for one; or the bundle that is named."""
    # 90 MB of libraries, so that everyday tests hold the same files to their rules without them
    session.install(".", "frictionless>=5.21", "roc-validator>=0.13", "rocrate>=0.16")
    session.run("python", "scripts/check_crate.py", *session.posargs)


@nox.session
def r(session: nox.Session) -> None:
    """Every kind of question that is written in R, asked by real R of `ees serve`."""
    if shutil.which("Rscript") is None:
        session.skip("needs R, and the packages that CONTRIBUTING.md names")
    env = {}
    if source := os.environ.get("EES_EESYAPI"):
        env["EES_R_LIBRARY"] = session.create_tmp()
        install = ("R", "CMD", "INSTALL", "--no-docs", f"--library={env['EES_R_LIBRARY']}", source)
        session.run(*install, external=True)
    elif not session.run("Rscript", "-e", "cat(system.file(package = 'eesyapi'))", silent=True, external=True):
        session.skip("needs the R package eesyapi: EES_EESYAPI names a folder with its source")
    session.install(".[server]", *group("tests"))
    session.run("pytest", "tests/query/export/test_r_runs.py", *session.posargs, env=env)


@nox.session
def minimums(session: nox.Session) -> None:
    """The tests with the lowest versions that pyproject.toml allows, extras too."""
    project = PYPROJECT["project"]
    asked = sum(project["optional-dependencies"].values(), project["dependencies"]) + list(group("tests"))
    lowest: dict[str, str] = {}
    for requirement in asked:
        # where tests need more than the package does, that is the lowest that is tested
        name, _, version = requirement.partition(">=")
        lowest[name] = f"{name}=={version}"
    session.install(f".[{','.join(project['optional-dependencies'])}]", *lowest.values())
    session.run("pytest", "tests", *SIDE_BY_SIDE, *session.posargs, env={"EES_PROFILE": "fewer"})


@nox.session
def newest(session: nox.Session) -> None:
    """The tests with the newest versions that there are, those before a release too."""
    extras = ",".join(PYPROJECT["project"]["optional-dependencies"])
    session.install("--pre", "--upgrade", "--upgrade-strategy", "eager", f".[{extras}]", *group("tests"))
    session.run("pytest", "tests", *SIDE_BY_SIDE, *session.posargs, env={"EES_PROFILE": "fewer"})


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Each benchmark's own report, then a table of their closing lines."""
    session.install(".[fast,spark]", *group("benchmarks"))
    closing = {}
    for script in sorted(Path("benchmarks").glob("[!_]*.py")):
        report = str(session.run("python", str(script), *session.posargs, silent=True)).strip()
        print(report)
        closing[script.stem] = report.splitlines()[-1]
    for name, line in closing.items():
        print(f"{name:24} {line}")
