"""`eesclient.spark` where PySpark is not installed."""

from __future__ import annotations

import sys

import pytest

from eesclient import spark


@pytest.mark.parametrize("lacking", ["pyarrow", "pyspark.sql.datasource"])
def test_the_extra_is_named(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported, and what needs PySpark says what to install."""
    monkeypatch.setitem(sys.modules, lacking, None)
    with pytest.raises(ImportError, match=r"pip install 'eesclient\[spark\]'"):
        spark.data_source()
