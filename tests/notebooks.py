"""Cells run by a real kernel."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

import eesclient
from tests.conftest import ROOT


def executed(*cells: str) -> list[Any]:
    """Return the cells of a notebook with these texts, and what they show; or skip the test."""
    reason = "needs the dependency group notebooks"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    v4 = pytest.importorskip("nbformat.v4", reason=reason)
    made = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    with pytest.MonkeyPatch.context() as patch:
        source = Path(eesclient.__file__).resolve().parent.parent
        patch.setenv("PYTHONPATH", os.pathsep.join([str(source), str(ROOT)]))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, about event loops and folders
            nbclient.NotebookClient(made, timeout=120, kernel_name="python3").execute()
    return list(made.cells)
