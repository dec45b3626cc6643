"""What `ees doctor` finds, and that no secret stands in it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

import eesclient as ees
from tests.doors.cli import main
from tests.doors.top import doctor, examine

TOKEN = "01234567-89ab-cdef-0123-456789abcdef"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, in an empty folder."""
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("EES_", "SSL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EES_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)


def found(**options: Any) -> dict[str, tuple[bool, str]]:
    """What is found without a network, by name: whether it is well, and the text with what to do."""
    checkup = examine(**{"offline": True, **options})
    return {one.name: (one.is_ok, f"{one.text} {one.advice}".strip()) for one in checkup.findings}


def test_a_machine_that_is_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Everything is said with a line, nothing is written, and the command ends well."""
    assert main(["doctor", "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "nothing to look at"
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert [*dict.fromkeys(line.split()[1] for line in lines[:-1])] == [
        "installed",
        "set",
        "stored",
        "locked",
        "reachable",
    ]
    assert f"store: {tmp_path / 'store'}: nothing yet, the first answer makes it" in "\n".join(lines)
    assert [*tmp_path.iterdir()] == []


def test_what_is_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings, proxies and certificates are shown, and of tokens, names and passwords nothing."""
    monkeypatch.setenv("EES_PREVIEW_TOKEN", TOKEN)
    monkeypatch.setenv("EES_API_URL", "https://me:geheim@x.test/api")
    monkeypatch.setenv("EES_STORES", "a")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:geheim@proxy:8080")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    monkeypatch.setenv("SSLKEYLOGFILE", "keys")
    looked = found()
    assert looked["EES_PREVIEW_TOKEN"] == (True, "set, and not shown")
    assert looked["EES_API_URL"] == (True, "'https://x.test/api'")
    assert looked["EES_STORES"] == (False, "'a' (not read by eesclient) did you mean EES_STORE?")
    assert looked["HTTPS_PROXY"] == (True, "'http://proxy:8080'")
    assert looked["NO_PROXY"] == (True, "'10.0.0.0/8'")
    assert looked["way to the API"] == (True, "https://x.test/api through the proxy http://proxy:8080 (HTTPS_PROXY)")
    assert looked["certificates"][1].startswith("verified by ")
    assert not looked["SSLKEYLOGFILE"][0]
    assert main(["doctor", "--offline", "--json"]) == 1
    said = capsys.readouterr().out
    assert json.loads(said)["ok"] is False
    assert {"EES_STORES", "SSLKEYLOGFILE"} == {one["name"] for one in json.loads(said)["findings"] if not one["ok"]}
    assert not any(secret in said + examine(offline=True).to_text() for secret in ("geheim", "me:", TOKEN))


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("EES_OFFLINE", "perhaps", "settings"),
        ("EES_API_URL", "https://me:ge#heim@x.test", "settings"),
        ("HTTPS_PROXY", "http://me:ge#heim@proxy", "way to the API"),
        ("SSL_CERT_FILE", "/no/such.pem", "certificates"),
    ],
)
def test_settings_that_make_no_sense(name: str, value: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client would refuse is found, each by itself, and the rest is looked at all the same."""
    monkeypatch.setenv(name, value)
    looked = found(offline=False, base_url=None if where == "settings" else "https://127.0.0.1:9")
    is_ok, text = looked[where]
    assert not is_ok
    assert ("base_url" if name == "EES_API_URL" else name) in text
    assert "heim" not in str(looked)
    assert "store" in looked
    # the service cannot be asked so, and the cause is said once
    assert "API" not in looked


def test_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store is said with what it holds; one that is none, or has no room or no rights, wants attention."""
    with ees.Client(service=ees.local.demo(), store=tmp_path / "store") as client:
        client.open(ees.local.SEN_ID, version="1.0").lock("ees.lock")
    assert found()["store"][0]
    assert " answers, " in found()["store"][1]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1_000_000))  # type: ignore[attr-defined]
    assert not found()["folder"][0]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "nothing is kept" in found()["folder"][1]
    (tmp_path / "store" / "store.json").write_text("{}")
    assert not found()["store"][0]
    assert found(store=Path("ees.lock"))["store"][0] is False
    monkeypatch.setenv("EES_STORE", "none")
    assert found()["store"] == (True, "none (EES_STORE=none)")
    monkeypatch.setenv("EES_STORE", "~no-such-user/x")
    assert "EES_STORE=" in found()["store"][1]


def test_the_lock(tmp_path: Path) -> None:
    """A lock is summed up; one that cannot be read wants attention."""
    assert found()["ees.lock"] == (True, "none here")
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID, version="1.0").lock("ees.lock")
    is_ok, text = found()["ees.lock"]
    assert is_ok
    assert text.startswith("1 data sets, 0 files of the catalogue, of ")
    assert "1 without the digest of their data" in text
    Path("ees.lock").write_text("broken")
    assert not found()["ees.lock"][0]


def test_the_service(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The service is asked once, unless offline; that it does not answer is told with what to do."""
    is_ok, text = found(offline=False, base_url=NOWHERE)["API"]
    assert not is_ok
    assert "no connection to http://127.0.0.1:9/v1/publications" in text
    body = {"paging": {"page": 1, "pageSize": 40, "totalResults": 0, "totalPages": 1}, "results": []}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    monkeypatch.setattr(doctor, "Client", lambda **options: ees.Client(transport=transport, **options))
    is_ok, text = found(offline=False)["API"]
    assert is_ok
    assert text.startswith("answered in 0.")
    assert text.endswith(" s, and has no publication")
    monkeypatch.setenv("EES_OFFLINE", "1")
    assert found(offline=False)["API"] == (True, "not asked, offline")


def test_installed_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extras are said with their versions or how to install them; a library that is missing wants attention."""
    wanted = ["httpx>=0.28", "gone>=1", "tzdata>=1; sys_platform == 'win32'", 'nowhere>=1; extra == "odd"']
    monkeypatch.setattr(doctor, "requires", lambda _: wanted)
    looked = found()
    assert looked["libraries"] == (False, f"httpx {httpx.__version__} missing: gone: pip install eesclient")
    assert looked["extra odd"] == (True, "not installed (pip install 'eesclient[odd]')")


def test_explaining_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """A code as an error shows it is explained; what is no code is an error, which shows its own."""
    assert main(["doctor", "[ees-w08]"]) == 0
    assert capsys.readouterr().out.startswith("EES-W08\n**`NoRowsWarning`**")
    assert main(["doctor", "W8"]) == 1
    assert capsys.readouterr().err.endswith("to EES-W17: copy all of it\n")
    assert main(["store", "info", "--store", "/no/such"]) == 1
    assert capsys.readouterr().err == "ees: there is no store at /no/such [EES-E07]\n"
