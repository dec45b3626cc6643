"""Texts of strangers on a terminal."""

from __future__ import annotations

import io
import json
import pickle
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import Client, errors
from tests.doors.cli import main
from tests.doors.top import Terminal, printable, warn
from tests.transport.scripted import ID, META, answer, data_set, opened, problem

BAD = "\x1b[31mred\x1b[0m\r\x07\x9b\u202e\x00"
OBEYED = {chr(code) for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))} - set(
    "\t\n"
)


def obeyed(text: str) -> bool:
    """Say whether something in a text is obeyed by a terminal."""
    return not OBEYED.isdisjoint(text) or any(0xD800 <= ord(sign) < 0xE000 for sign in text)


@given(st.text(st.characters()))
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    """What is printable stays, the rest is escaped as JSON and Python do."""
    found = printable(text)
    assert not obeyed(found)
    assert printable(found) == found
    assert "\\" in text or json.loads(json.dumps(found).replace("\\\\u", "\\u")) == text


def test_errors_and_warnings() -> None:
    """Errors and warnings are printable, and attributes are as they came."""
    error = errors.BadRequestError(f"no: {BAD}", title=BAD, status=400)
    assert not obeyed(str(error) + repr(error))
    assert error.title == BAD
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn(BAD, errors.ServiceWarning)
    assert not obeyed(str(caught[0].message))


def test_a_server_full_of_them() -> None:
    """Titles, labels and messages of a server reach no terminal as they are, and frames hold what came."""
    meta = json.loads(
        json.dumps(META).replace("Female", json.dumps(BAD)[1:-1]).replace("Pupils", json.dumps(BAD)[1:-1])
    )
    service = opened(
        summary=answer(data_set(title=BAD)), meta=answer(meta), query=problem(400, BAD, [{"message": BAD, "path": BAD}])
    )
    with Client(service=service) as client:
        sen = client.open(ID)
        shown = [repr(sen), sen._repr_html_(), repr(sen.meta), sen.meta._repr_html_(), repr(sen.meta.filters)]
        with pytest.raises(ees.BadRequestError) as caught:
            sen.query(indicators=sen.meta.indicators[0].id)
        assert not obeyed("".join(shown) + str(caught.value))
        assert caught.value.errors[0].message == BAD
        assert sen.title == BAD


def test_a_stream_for_a_terminal() -> None:
    """Signs that its encoding lacks are escaped, so that no output ends in an error."""
    under = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream = Terminal(under)
    assert stream.write("é \ud800 \x1b") == 5
    stream.flush()
    assert under.buffer.getvalue() == b"\\xe9 \\ud800 \\u001b"  # type: ignore[attr-defined]


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of an argument or an answer reaches the terminal as it is."""
    assert main(["codegen", f"{BAD}@1.0", "--demo"]) == 1
    assert main(["lock", "--check", "--lock", f"/no/such{BAD[:6]}"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("ees: ")
    assert not obeyed(said.out + said.err)


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["search", "SEN"], "searching"),
        (["show", ees.local.SEN_ID], f"opening {ees.local.SEN_ID}"),
        (["meta", ees.local.SEN_ID, "periods"], f"opening {ees.local.SEN_ID}"),
        (["query", ees.local.SEN_ID, "--last", "1"], f"asking {ees.local.SEN_ID}"),
        (["explain", ees.local.SEN_ID], f"asking {ees.local.SEN_ID}"),
        (["read", ees.local.SEN_ID, "--csv"], f"reading {ees.local.SEN_ID}"),
        (["download", ees.local.SEN_ID, "-o", "sen.csv"], f"fetching {ees.local.SEN_ID}"),
        (["diff", ees.local.SEN_ID, "1.0", "2.0"], f"comparing versions of {ees.local.SEN_ID}"),
        (["codegen", ees.local.SEN_ID], f"opening {ees.local.SEN_ID}"),
        (["lock", ees.local.SEN_ID], "locking"),
        (["lock", "--check", "--lock", "there.lock"], "comparing with the service"),
        (["sync", "--lock", "there.lock", "--store", "store", "--yes"], "fetching what is locked"),
        (["outdated", "--lock", "there.lock"], "looking for newer versions"),
        (["mirror", "mirror", "--search", "SEN", "--yes"], "mirroring"),
    ],
)
def test_whoever_waits_is_told(command: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command that asks a service says so on a terminal from the start, however long the answer takes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("EES_PROGRESS", raising=False)
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID).lock("there.lock")
    out, err = Screen(), Screen()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    assert main([*command, "--demo"]) == 0
    assert said in err.getvalue()


def test_a_question_while_something_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn over a question to a person until the answer is there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("EES_PROGRESS", raising=False)
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID).lock("ees.lock")
    err = Screen()

    class Keyboard(Screen):
        def readline(self, *_: object) -> str:
            before = err.getvalue()
            time.sleep(0.3)
            # a picture is drawn each 0.08 seconds
            assert before == err.getvalue()
            assert before.endswith("Download? [y/N] ")
            return "y\n"

    for name, stream in (("stdin", Keyboard()), ("stdout", Screen()), ("stderr", err)):
        monkeypatch.setattr(f"sys.{name}", stream)
    assert main(["sync", "--demo", "--store", "store"]) == 0
    assert (tmp_path / "store").is_dir()
