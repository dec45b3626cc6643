"""What stands between us and the service: whose an error is, the proxy's or the service's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import ProxyError
from ..models.names import bare
from .messages import Proxy, Response

_FORM = "http://USER:PASSWORD@HOST:PORT, with '#' in them as %23 and '@' as %40"

_OWN_STATUSES = frozenset({407, 511})
"""Statuses that only what is in between answers with: name and password wanted, log in first (RFC 9110, RFC 6585)."""


def by(proxy: Proxy | None) -> str:
    """The part of a sentence that names the proxy, if there is one."""
    return f" through the proxy {proxy.url}" if proxy else ""


def is_of_proxy(response: Response) -> bool:
    """Say whether an unsuccessful answer is surely not the service's, but that of something in between."""
    return response.status in _OWN_STATUSES or any(
        # RFC 9209: only an answer that the proxy made itself says what failed there
        name in response.headers and (name == "x-squid-error" or "error=" in response.headers[name])
        for name in ("x-squid-error", "proxy-status")
    )


def may_be_of_proxy(response: Response) -> str:
    """What to say where an answer may be one of a proxy: a page that came through one; "" where nothing hints at it."""
    is_page = "html" in response.headers.get("content-type", "")
    # through a tunnel a proxy says nothing, unless it opens what goes through, and then it says `Via`
    is_open = response.proxy is not None and response.url.startswith("http:")
    via = response.headers.get("via", "")
    if not is_page or not (via or is_open):
        return ""
    named = f"the proxy {response.proxy.url}" if response.proxy else "something in between"
    return f"; it came through {named}{f' (Via: {bare(via)})' if via else ''}, which may have answered in its place"


def proxy_error(
    status: int, headers: Mapping[str, str], proxy: Proxy | None, *, reason: str = "", method: str, url: str
) -> ProxyError:
    """The error of a proxy that answers in the service's place, or makes no way to it."""
    named = f"the proxy {proxy.url}" if proxy else "a proxy between here and the service"
    if status == 407:
        message = _login(named, headers, proxy)
    elif status == 511:
        message = f"{named} wants you to log in to this network first: open any page in a browser, and try again"
    else:
        said = bare(headers.get("x-squid-error") or headers.get("proxy-status") or reason or "no reason")
        host = re.sub("^[a-z]+://|[/?].*", "", url)
        do = "see that it may go there" if status in (403, 405) else "try again, and see that it reaches that host"
        told = f"{do}: whoever runs it knows, or NO_PROXY={host.partition(':')[0]} goes past it, where that is possible"
        message = f"{named} answered in place of {host} ({said}), not the service: {told}"
    return ProxyError(
        f"{message} [{status} for {method} {url}]",
        proxy=proxy.url if proxy else "",
        status=status,
        method=method,
        url=url,
    )


def _login(named: str, headers: Mapping[str, str], proxy: Proxy | None) -> str:
    offered = re.findall(r"(?:^|,)\s*([\w-]+)(?=\s|,|$)", headers.get("proxy-authenticate", ""))
    if offered and "basic" not in [scheme.lower() for scheme in offered]:
        return (
            f"{named} takes {' or '.join(dict.fromkeys(offered))} alone, which needs a program that speaks it for us: "
            "run px or cntlm on this machine and name that in HTTPS_PROXY, or ask whoever runs the proxy"
        )
    variable = proxy.variable if proxy and proxy.variable.isupper() else "HTTPS_PROXY"
    if proxy and proxy.login:
        return f"{named} does not take the name and password in {variable}: see that they are right, and as {_FORM}"
    return f"{named} wants a name and password: write them into {variable}, as {_FORM}"
