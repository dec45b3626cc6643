"""Whose certificates are trusted: those that the environment names, else the system's, else those of certifi."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import certifi

from .._classes import frozen
from ..errors import SettingsError

_IN_FILES = sys.platform not in ("darwin", "win32")
"""Whether the system's store is a file or folder that OpenSSL reads."""

_ELSEWHERE = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where systems keep certificates, for a Python whose OpenSSL looks elsewhere; the list of truststore."""


@frozen
class Trust:
    """Whose certificates are trusted.

    Attributes:
        name: Where they are from, in words.
        context: What verifies by them.
    """

    name: str
    context: ssl.SSLContext = attrs.field(repr=False)


def trust() -> Trust:
    """Read what is trusted: `SSL_CERT_FILE`, else `SSL_CERT_DIR`, else the system's store, else certifi.

    Raises:
        SettingsError: The environment names something that is none.
    """
    with _named() as (said, file, folder):
        if file:
            return Trust(said, _verifying(cafile=str(file)))
        if folder:
            return Trust(said, _verifying(capath=str(folder)))
    return _from_files() if _IN_FILES else _from_system()


def nobody() -> ssl.SSLContext:
    """A context that trusts nobody, for connections none of which is encrypted: to read certificates takes 25 ms.

    Raises:
        SettingsError: The environment names something that has no certificates.
    """
    with _named() as (_, file, _):
        if file and b"-----BEGIN " not in file.read_bytes():
            raise OSError("no certificate or crl found")
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def _named() -> Iterator[tuple[str, Path | None, Path | None]]:
    """What the environment names, in words, and the file or the folder of it; errors in reading it say so."""
    _check_key_log(os.environ.get("SSLKEYLOGFILE", ""))
    file, folder = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    said = f"SSL_CERT_FILE={file!r}" if file else f"SSL_CERT_DIR={folder!r}"
    try:
        # ssl itself takes a folder that is not there for one without certificates
        if folder and not file and not Path(folder).is_dir():
            raise NotADirectoryError("there is no such folder")
        yield said, Path(file) if file else None, Path(folder) if folder else None
    except OSError as error:
        raise SettingsError(
            f"{said}: no certificates can be read there ({error.strerror or error}): name a file of certificates in "
            "PEM form, or a folder of them, or unset it"
        ) from error


def _from_system() -> Trust:
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if log := os.environ.get("SSLKEYLOGFILE"):
        context.keylog_filename = log
    return Trust("the system's store", context)


def _from_files() -> Trust:
    # truststore reads the same files for each connection anew, some 30 ms of it; a context of ssl reads them once
    context = _verifying()
    paths = ssl.get_default_verify_paths()
    place = paths.cafile if context.cert_store_stats()["x509"] else _with_certificates(paths.capath)
    if place is None:
        place = next((file for file in _ELSEWHERE if Path(file).is_file()), None)
        context = _verifying(cafile=place or certifi.where())
    return Trust(f"the system's store, {place}" if place else "certifi's, as the system has none", context)


def _verifying(*, cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
    """A context that trusts what stands there, else what OpenSSL does."""
    context = ssl.create_default_context(cafile=cafile, capath=capath)
    # Python 3.13 and later want identifiers of keys, which what proxies sign does not have, and browsers do not
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _with_certificates(folder: str | None) -> str | None:
    """A folder in which OpenSSL finds certificates, by names such as `5ed36f99.0`."""
    files = Path(folder).iterdir() if folder else ()
    return folder if any(re.fullmatch(r"[0-9a-fA-F]{8}\.\d+", file.name) for file in files) else None


def _check_key_log(name: str) -> None:
    try:
        # ssl writes there too, and does not say that it was this file that it could not open
        if name:
            with Path(name).open("ab"):
                return
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"SSLKEYLOGFILE={name!r}: keys cannot be written there ({getattr(error, 'strerror', '') or error}): name a "
            "file that can be written, or unset it"
        ) from error
