"""Questions that the service refuses, in the user's words."""

from __future__ import annotations

from typing import Any

import pytest

from eesclient import errors
from tests.test_client import Make, make
from tests.transport.scripted import ID, opened, problem

__all__ = ["make"]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (
            {"path": "criteria.filters.in[1]", "message": "Must be short.", "code": "MaximumLength"},
            "criteria.filters.in[1] (filters=: filter 'Sex', option 'Female'): Must be short. (MaximumLength)",
        ),
        (
            {"path": "indicators", "message": "Not found.", "code": "X", "detail": {"items": ["iPup0"]}},
            "indicators (indicators=: indicator 'Pupils'): Not found. (X)",
        ),
        ({"path": "pageSize", "message": "Too much."}, "pageSize: Too much."),
        ({"message": "No.", "detail": {"items": 5}}, "refuses the request: No. [400"),
    ],
)
def test_refused(make: Make, detail: dict[str, Any], expected: str) -> None:
    """The message says which argument, filter and label an error is about; the error itself stays as it came."""
    sen = make(service=opened(query=problem(400, errors=[detail]))).open(ID)
    with pytest.raises(errors.BadRequestError) as caught:
        sen.query(filters={"Sex": ["Total", "Female"]})
    assert expected in str(caught.value)
    assert caught.value.errors[0].path == detail.get("path")
