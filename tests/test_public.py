"""What `import eesclient` offers."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import warnings
from importlib.metadata import version

import pytest

import eesclient
from eesclient import errors
from tests.doors.top import release, warn


def test_all_is_sorted_and_true() -> None:
    """`__all__` is sorted, and every name in it is there."""
    assert sorted(eesclient.__all__) == eesclient.__all__
    assert [] == [name for name in eesclient.__all__ if not hasattr(eesclient, name)]


def test_every_error_is_public() -> None:
    """The errors and warnings of the package are those of its error module."""
    classes = {name for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, Exception)}
    assert {name for name in eesclient.__all__ if name.endswith(("Error", "Warning"))} == classes


def test_version() -> None:
    """The version is looked up when asked for."""
    assert re.match(r"[0-9]+\.[0-9]+", eesclient.__version__)


def test_unknown_attribute() -> None:
    """Any other attribute is none."""
    with pytest.raises(AttributeError, match="nothing"):
        eesclient.nothing  # noqa: B018


def test_import_reads_nothing() -> None:
    """Importing the package reads no setting and prints nothing; a client reads them when it is made."""
    code = "import eesclient\ntry: eesclient.Client()\nexcept ValueError: pass\nelse: raise SystemExit(3)"
    environment = os.environ | {"EES_API_URL": "no address"}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert ("", "", 0) == (done.stdout, done.stderr, done.returncode)


def test_warnings_point_at_the_caller() -> None:
    """A warning's place is the nearest line outside the package."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn("look here", errors.NoRowsWarning)
    assert [(__file__, "look here [EES-W08]")] == [(item.filename, str(item.message)) for item in caught]


def test_release() -> None:
    """What is found past importlib.metadata is what that finds, and without it too where no folder says it."""
    assert release() == version("eesclient")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "path", [])
        assert release.__wrapped__() == "unknown"
