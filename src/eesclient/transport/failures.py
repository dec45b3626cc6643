"""From a connection that failed to an error that says why, and what to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping

from ..api.between import by, proxy_error
from ..api.messages import Proxy
from ..errors import CertificateError, RequestConnectionError

_UNKNOWN = (
    "it is signed by nobody whom this machine trusts: an office that signs traffic itself has its own certificate in "
    "the system's store (ask whoever runs the network), or in a file that SSL_CERT_FILE names, in PEM form, with all "
    "others that are needed"
)
_CAUSES: Mapping[int, str] = {
    # numbers of OpenSSL's x509_vfy.h
    2: _UNKNOWN,
    9: "it is not valid yet: see this machine's clock",
    10: "it has expired: see this machine's clock, or tell whoever runs the server",
    18: _UNKNOWN,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: "it is for another host: something answers in the server's place, or the address is wrong",
    64: "it is for another host: something answers in the server's place, or the address is wrong",
}


def connection_error(
    error: Exception, why: str, *, method: str, url: str, proxy: Proxy | None, heard: Mapping[str, str]
) -> RequestConnectionError:
    """The error that says why there was no connection.

    Args:
        error: What failed.
        why: Its text, without secrets.
        method: HTTP method.
        url: Address asked.
        proxy: The proxy by which it is asked.
        heard: Headers of the last answer, that of a proxy to the wish for a tunnel.
    """
    # httpx has a class of its own for what a proxy refuses, whose text then begins with the status
    if type(error).__name__ == "ProxyError":
        status, _, reason = why.partition(" ")
        if status.isdecimal():
            return proxy_error(int(status), heard, proxy, reason=reason, method=method, url=url)
    refused = next((one for one in _chain(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
    if refused is not None or "CERTIFICATE_VERIFY_FAILED" in why:
        cause = _CAUSES.get(getattr(refused, "verify_code", 0), "ees doctor says which certificates are trusted")
        return CertificateError(
            f"the certificate that answers for {url}{by(proxy)} is not trusted ({_reason(refused) or why}): {cause}",
            method=method,
            url=url,
        )
    places = "the proxy settings"
    if proxy is not None:
        places = f"{proxy.variable} (NO_PROXY names hosts to reach without it)"
        if proxy.url.startswith("https:") and "SSL" in why:
            places = f"{proxy.variable} (most proxies are http://, also for addresses that are https://)"
    return RequestConnectionError(
        f"no connection to {url}{by(proxy)} ({why}): see the network, {places} and the base URL (EES_API_URL)",
        method=method,
        url=url,
    )


def _reason(refused: ssl.SSLCertVerificationError | None) -> str:
    return str(getattr(refused, "verify_message", "") or "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
