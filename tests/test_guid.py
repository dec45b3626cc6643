"""What is a GUID."""

from __future__ import annotations

from tests.doors.top import is_guid
from tests.transport.scripted import ID


def test_is_guid() -> None:
    """Only the service's own spelling counts."""
    assert is_guid(ID)
    assert not is_guid(ID.upper())
    assert not is_guid(ID + "0")
