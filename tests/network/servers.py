"""A service, a proxy and an authority of an office, on this machine: nginx, squid, and certificates of our own."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOGIN = "office%20user:p%40s%2Fs%23"
"""Name and password that the proxy knows, as a proxy variable has to have them."""

PAGE = "<html><title>403 Forbidden</title></html>"
"""What a gateway of the service answers by itself."""

HELPER = """#!/bin/sh
# squid hands on name and password percent-encoded where it must be
while read -r name password; do
    if [ "$name $password" = "office%20user p@s/s%23" ]; then echo OK; else echo ERR; fi
done
"""

SQUID = """
http_port 127.0.0.1:{plain} name=plain
http_port 127.0.0.1:{login} name=login
http_port 127.0.0.1:{closed} name=closed
{secure}
auth_param basic program {folder}/helper
auth_param basic children 1
auth_param basic realm Office, second floor
acl at_login myportname login
acl at_closed myportname closed
acl known proxy_auth REQUIRED
http_access deny at_closed
http_access deny at_login !known
http_access allow localhost
http_access deny all
tls_outgoing_options cafile={folder}/authority.pem
cache deny all
cache_mem 1 MB
pid_filename none
access_log none
cache_log {folder}/squid.log
coredump_dir none
pinger_enable off
shutdown_lifetime 0 seconds
dns_nameservers 127.0.0.1
dns_timeout 1 second
visible_hostname office
"""

SECURE = """
http_port 127.0.0.1:{opening} name=opening ssl-bump tls-cert={folder}/authority.pem generate-host-certificates=on
https_port 127.0.0.1:{encrypted} name=encrypted tls-cert={folder}/localhost.pem
sslcrtd_program {certgen} -s {folder}/certificates -M 4MB
sslcrtd_children 1
acl at_opening myportname opening
ssl_bump bump at_opening
ssl_bump splice all
"""

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/a; fastcgi_temp_path {folder}/b;
    uwsgi_temp_path {folder}/c; scgi_temp_path {folder}/d;
    default_type application/json;
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl;
        ssl_certificate {folder}/localhost.pem;
        ssl_certificate_key {folder}/localhost.pem;
        location / {{ return 200 '{{"answer": 42}}'; }}
        location /v1/blocked {{ default_type text/html; return 403 '{page}'; }}
    }}
    server {{
        listen 127.0.0.1:{expired} ssl;
        ssl_certificate {folder}/expired.pem;
        ssl_certificate_key {folder}/expired.pem;
        location / {{ return 200 '{{}}'; }}
    }}
}}
"""


class Authority:
    """Signs certificates, as an office does that opens what goes through its proxy."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of an office (tests)")])
        self.pem = self._signed(self._name, self._key, days=1) + _private(self._key)

    def for_host(self, host: str, *, days: int = 1) -> bytes:
        """A certificate and its key for a host, valid for so many days; for a negative number, until so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key, days=days) + _private(key)

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int) -> bytes:
        today = dt.datetime.now(dt.UTC)
        host = str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        is_own = name == self._name
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=9))
            .not_valid_after(today + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_own, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@attrs.frozen(kw_only=True)
class Office:
    """What listens on which port of this machine."""

    folder: Path
    ports: dict[str, int]
    opens: bool

    def proxy(self, name: str, login: str = "", scheme: str = "http") -> str:
        """What a proxy variable has to say."""
        return f"{scheme}://{f'{login}@' if login else ''}localhost:{self.ports[name]}"

    def service(self, name: str = "https") -> str:
        """Address of the service: `http`, `https`, or one whose certificate is `expired`; `gone` where none is."""
        return f"{'http' if name == 'http' else 'https'}://localhost:{self.ports[name]}"

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / "authority.pem"


def program(name: str) -> str | None:
    """The path of a server's program, which the PATH of a user seldom has."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


@contextmanager
def office(nginx: str, squid: str) -> Iterator[Office]:
    """Nginx and squid, running."""
    # not below pytest's folders, into which another user cannot look: squid and nginx that root starts go on as one
    with tempfile.TemporaryDirectory(prefix="office") as name:
        yield from _running(Path(name), nginx, squid)


def _running(folder: Path, nginx: str, squid: str) -> Iterator[Office]:
    names = ("http", "https", "expired", "gone", "plain", "login", "closed", "opening", "encrypted")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    authority = Authority()
    (folder / "authority.pem").write_bytes(authority.pem)
    (folder / "localhost.pem").write_bytes(authority.for_host("localhost"))
    (folder / "expired.pem").write_bytes(authority.for_host("localhost", days=-1))
    (folder / "helper").write_text(HELPER)
    (folder / "helper").chmod(0o755)
    about = subprocess.run([squid, "-v"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    certgen = Path("/usr/lib/squid/security_file_certgen")
    opens = "--with-openssl" in about and certgen.exists()
    secure = ""
    if opens:
        secure = SECURE.format(folder=folder, certgen=certgen, **ports)
        made = [str(certgen), "-c", "-s", str(folder / "certificates"), "-M", "4MB"]
        subprocess.run(made, capture_output=True, check=True)  # noqa: S603
    (folder / "squid.conf").write_text(SQUID.format(folder=folder, secure=secure, **ports))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, page=PAGE, **ports))
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o777 if path.is_dir() else 0o666))
    commands = [
        [squid, "-N", "-f", str(folder / "squid.conf")],
        [nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr"],
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(command, **quiet) for command in commands]  # type: ignore[call-overload] # noqa: S603
    try:
        for name in ("plain", "https"):
            _wait_for(ports[name], running, folder)
        yield Office(folder=folder, ports=ports, opens=opens)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_for(port: int, running: list[subprocess.Popen[bytes]], folder: Path) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if any(process.poll() is not None for process in running):
            break
        time.sleep(0.05)
    said = "\n".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
    raise RuntimeError(f"a server does not listen:\n{said}")
