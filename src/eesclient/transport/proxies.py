"""Which proxy is between us and an address, as the environment says, or the settings of the system."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ..api.messages import Proxy
from ..errors import SettingsError
from ..models.names import bare
from ..texts import pattern

_FORM = pattern(
    r"""\s* (?:(?P<scheme>https?|socks5h?)://)? (?:(?P<login>[^/?\#@\\]*)@)?
    (?P<host>\[[0-9a-f:.%]+\]|[^/?\#@:\\\s\[\]]+) (?P<port>:[0-9]{1,5})? /? \s*""",
    re.IGNORECASE | re.VERBOSE,
)

SYSTEM = "the proxy settings of the system"
"""Where a proxy was said that no variable says, on Windows and macOS."""


def proxy_for(address: str) -> Proxy | None:
    """The proxy by which an address is asked; None where it is asked directly.

    Raises:
        SettingsError: What is said is no address of a proxy.
    """
    parts = urlsplit(address)
    said = getproxies()
    kind = parts.scheme if said.get(parts.scheme) else "all"
    text = said.get(kind, "")
    if not text or _is_passed_by(parts.hostname or "", parts.port, said.get("no", "")):
        return None
    variable = f"{kind.upper()}_PROXY"
    # a variable in either spelling, or else it was the system that said it
    is_variable = os.environ.get(variable) or os.environ.get(variable.lower())
    return _read(text, variable if is_variable else SYSTEM)


def _is_passed_by(host: str, port: int | None, exceptions: str) -> bool:
    named = f"[{host}]" if ":" in host else host
    # on Windows and macOS also what the system's settings except
    return bool(proxy_bypass(named if port is None else f"{named}:{port}")) or any(
        _has(network.strip(), host) for network in exceptions.split(",")
    )


def _has(network: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _read(text: str, variable: str) -> Proxy:
    found = _FORM.fullmatch(text)
    if found is None or int((found["port"] or ":1")[1:]) not in range(1, 65536):
        signs = ", with '#' in them as %23, '@' as %40, '/' as %2F, '?' as %3F and '%' as %25"
        raise SettingsError(
            f"{variable}={bare(text)!r}: this is no address of a proxy: write it as http://HOST:PORT, or as "
            f"http://USER:PASSWORD@HOST:PORT{signs if '@' in text else ''}"
        )
    login = found["login"]
    name, _, password = (login or "").partition(":")
    return Proxy(
        url=f"{(found['scheme'] or 'http').lower()}://{found['host']}{found['port'] or ''}",
        variable=variable,
        login=(unquote(name), unquote(password)) if login else None,
    )
