"""What a client can be told: arguments beat the environment, which beats the defaults. Nothing is read at import."""

from __future__ import annotations

import math
import os
from typing import Any
from urllib.parse import urlsplit

import attrs

BASE_URL = "https://api.education.gov.uk/statistics"
"""Address of the live service, without the version segment."""


def _base_url(value: str) -> str:
    return value.strip().rstrip("/").removesuffix("/v1")


def _is_address(_: object, __: attrs.Attribute[str], value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"base_url={value!r}: write an address such as {BASE_URL!r}")


def _is_duration(_: object, field: attrs.Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{field.name}={value!r}: write a number of seconds above 0")


def _is_count(least: int) -> Any:
    def check(_: object, field: attrs.Attribute[int], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{field.name}={value!r}: write a whole number of at least {least}")

    return check


@attrs.frozen(kw_only=True)
class Settings:
    """How a client reaches the service.

    Attributes:
        base_url: Address without the version segment.
        connect_timeout: Seconds to wait for a connection.
        read_timeout: Seconds to wait for an answer; the service itself gives up at 30.
        retries: Tries after the first.
        total_retry_time: Seconds after the first try in which another may begin.
        max_in_flight: Requests sent side by side at most.
    """

    base_url: str = attrs.field(default=BASE_URL, converter=_base_url, validator=_is_address)
    connect_timeout: float = attrs.field(default=10.0, validator=_is_duration)
    read_timeout: float = attrs.field(default=60.0, validator=_is_duration)
    retries: int = attrs.field(default=2, validator=_is_count(0))
    total_retry_time: float = attrs.field(default=60.0, validator=_is_duration)
    max_in_flight: int = attrs.field(default=6, validator=_is_count(1))


def settings(*, base_url: str | None, timeout: float | None, retries: int, max_in_flight: int) -> Settings:
    """Settings of a client, from its arguments and the environment.

    Args:
        base_url: Address; else `EES_API_URL`, else that of the live service.
        timeout: Seconds to wait for an answer, and for a connection if fewer than 10; None for the defaults.
        retries: Tries after the first.
        max_in_flight: Requests sent side by side at most.

    Raises:
        ValueError: A setting makes no sense.
    """
    given: dict[str, Any] = {"retries": retries, "max_in_flight": max_in_flight}
    address = os.environ.get("EES_API_URL") if base_url is None else base_url
    if address is not None and (base_url is not None or address.strip()):
        given["base_url"] = address
    if timeout is not None:
        given["read_timeout"] = timeout
        base = Settings(**given)
        given["connect_timeout"] = min(base.connect_timeout, timeout)
    return Settings(**given)
