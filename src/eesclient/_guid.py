"""Ids as the service writes them: GUIDs, in lower case, with dashes."""

from __future__ import annotations

import re

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""Pattern of a GUID in lower case."""

ANY_GUID = re.compile(GUID, re.IGNORECASE)
"""A GUID as people may write it."""

_GUID = re.compile(GUID)


def is_guid(text: str) -> bool:
    """Say whether a text is a GUID as the service writes it: lower case, with dashes."""
    return _GUID.fullmatch(text) is not None
