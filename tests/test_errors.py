"""The tree of errors and warnings."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from eesclient import EESError, EESWarning, errors, sen2
from tests.doors.models import ErrorDetail
from tests.doors.top import explain

DETAIL = ErrorDetail(message="m", code="c", path="p", detail={"items": ["a"]})

ARGUMENTS: dict[str, object] = {
    "file": "a.csv",
    "line": 3,
    "column": "sex",
    "unknown": ("a", "b"),
    "candidates": ("a",),
    "choices": ("a",),
    "reasons": ("a",),
    "status": 400,
    "title": "Bad Request",
    "errors": (DETAIL,),
    "body": "<html>",
    "method": "GET",
    "url": "https://ees.test",
    "path": "blobs/x",
    "proxy": "http://proxy:8080",
    "problems": ("rows: is missing",),
}
"""A value for each keyword that some error takes."""

NATURAL: dict[str, tuple[type[Exception], ...]] = {
    "ClientClosedError": (RuntimeError,),
    "SettingsError": (ValueError,),
    "InvalidVersionError": (ValueError,),
    "DataFileError": (ValueError,),
    "QueryError": (ValueError,),
    "ReceiptError": (ValueError,),
    "UnknownLabelError": (LookupError, ValueError),
    "AmbiguousLabelError": (LookupError, ValueError),
    "StoreError": (OSError,),
    "LakeError": (ValueError,),
    "LockError": (ValueError,),
    "OfflineError": (ConnectionError,),
    "CatalogueError": (RuntimeError,),
    "TotalError": (LookupError, ValueError),
    "UndecidedRowsError": (LookupError, ValueError),
    "MigrationError": (LookupError, ValueError),
    "ArgumentTypeError": (TypeError, ValueError),
    "ComparatorError": (TypeError, ValueError),
    "QueryTooLargeError": (ValueError,),
    "WithdrawnError": (PermissionError,),
    "RequestTimeoutError": (TimeoutError,),
    "RequestConnectionError": (ConnectionError,),
    "CertificateError": (ConnectionError,),
    "ProxyError": (ConnectionError,),
    "InvalidResponseError": (ValueError,),
    "BadRequestError": (ValueError,),
    "ForbiddenError": (PermissionError,),
    "NotFoundError": (LookupError,),
    "PublicationNotFoundError": (LookupError,),
    "DataSetNotFoundError": (LookupError,),
    "VersionNotFoundError": (LookupError,),
    "RequestTooLargeError": (ValueError,),
    "ServerTimeoutError": (TimeoutError,),
}
"""The built-in that each error also is."""

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, EESError | EESWarning)
]


def made(class_: type[Exception]) -> Exception:
    """Return an error with all the attributes that its class takes."""
    if issubclass(class_, EESWarning):
        return class_("what to do")
    names = inspect.signature(class_.__init__).parameters if "__init__" in dir(class_) else {}
    return class_("what to do", **{name: ARGUMENTS[name] for name in names if name in ARGUMENTS})


CODES = """
E01 EESError                  E02 ClientClosedError         E03 SettingsError            E04 InvalidVersionError
E05 DataFileError             E06 ReceiptError              E07 StoreError               E08 LockError
E09 QueryError                E10 UnknownLabelError         E11 AmbiguousLabelError      E12 TotalError
E13 ArgumentTypeError         E14 ComparatorError           E15 QueryTooLargeError       E16 UndecidedRowsError
E17 MigrationError            E18 WithdrawnError            E19 RequestError             E20 RequestTimeoutError
E21 RequestConnectionError    E22 CertificateError          E23 ProxyError               E24 OfflineError
E25 InvalidResponseError      E26 CatalogueError            E27 StatusError              E28 BadRequestError
E29 ForbiddenError            E30 NotFoundError             E31 PublicationNotFoundError E32 DataSetNotFoundError
E33 VersionNotFoundError      E34 RequestTooLargeError      E35 TooManyRequestsError     E36 ServerError
E37 ServerTimeoutError        E38 SEN2Error                 E39 LakeError
W01 EESWarning                W02 AmbiguousRowsWarning      W03 CorrectedVersionWarning  W04 DecimalPlacesWarning
W05 DeprecatedDataSetWarning  W06 IncompleteListWarning     W07 MigrationWarning         W08 NoRowsWarning
W09 PaddedNumbersWarning      W10 ServiceWarning            W11 StaleEntryWarning        W12 SuppressedCellsWarning
W13 TotalByNameWarning        W14 WithdrawnVersionWarning   W15 StoreWarning             W16 PartialReturnWarning
W17 LakeWarning
"""
"""Each class with its code: new ones come at the end, and none is ever another's."""

CODED = [*CLASSES, sen2.SEN2Error, sen2.PartialReturnWarning]


def test_codes_stay() -> None:
    """The code of a class is what users searched for, and wrote down."""
    expected = {name: f"EES-{code}" for code, name in re.findall(r"(\w\d\d) (\w+)", CODES)}
    assert {class_.__name__: class_.code for class_ in CODED} == expected


@pytest.mark.parametrize("class_", CODED)
def test_every_code_is_explained(class_: type[EESError | EESWarning]) -> None:
    """The page has a part about each class, with its cause and what to do."""
    part = explain(class_.code.lower())
    first, text = part.split("\n", 1)
    assert first == class_.code
    assert re.match(rf"\*\*`(sen2\.)?{class_.__name__}`\*\*", text)
    assert "**Do**" in text


def test_no_code_is_explained_that_there_is_not() -> None:
    """A part about a code that no class has, and a code without a part, are errors."""
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
    assert sorted(class_.code for class_ in CODED) == sorted(re.findall("^### (.*)$", page, re.MULTILINE))
    with pytest.raises(EESError, match=r"'EES-E99' is no code .* EES-E01 to EES-W17"):
        explain("EES-E99")


def test_codes_are_shown_below_a_traceback() -> None:
    """The message is as it was, and a note has the code; classes of users have that of ours."""

    class OwnError(errors.TotalError):
        pass

    told = traceback.format_exception_only(copy.copy(OwnError("no total", choices=["a"])))
    assert [line.rpartition(".")[2] for line in told] == [
        "OwnError: no total\n",
        "EES-E12: `ees doctor EES-E12` says more\n",
    ]


@pytest.mark.parametrize("class_", CLASSES)
def test_pickling(class_: type[Exception]) -> None:
    """Every error survives pickling and copying, with text and attributes."""
    error = made(class_)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes
        assert (type(again), str(again), again.args, vars(again)) == (class_, str(error), error.args, vars(error))
    assert vars(copy.copy(error)) == vars(error)


@pytest.mark.parametrize("class_", CLASSES)
def test_text(class_: type[Exception]) -> None:
    """The text of every error is its message; that of a file error begins with the place."""
    assert str(made(class_)).endswith("what to do")


def test_keywords_have_examples() -> None:
    """The test above makes each error with all that it can carry."""
    keywords = {
        name
        for class_ in CLASSES
        for name, parameter in inspect.signature(class_.__init__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert keywords == set(ARGUMENTS)


@pytest.mark.parametrize("name", sorted(NATURAL))
def test_natural_built_ins(name: str) -> None:
    """Each error is an EESError, and the built-in that its cause is most like."""
    class_ = getattr(errors, name)
    assert issubclass(class_, EESError)
    assert [natural for natural in NATURAL[name] if not issubclass(class_, natural)] == []


def test_every_error_but_the_branches_is_a_built_in() -> None:
    """Only the classes that gather others, or have no like, are no built-in."""
    others = {class_.__name__ for class_ in CLASSES if issubclass(class_, EESError)} - set(NATURAL)
    assert others == {"EESError", "RequestError", "StatusError", "TooManyRequestsError", "ServerError"}


def test_warnings_are_user_warnings() -> None:
    """Our warnings are shown by default."""
    assert issubclass(EESWarning, UserWarning)


def test_the_tree_is_drawn_whole() -> None:
    """The docstring names every class, and no other."""
    drawn = set(re.findall(r"\b[A-Z]\w+(?:Error|Warning)\b", errors.__doc__ or ""))
    built_in = {"LookupError", "RuntimeError", "ValueError", "TypeError", "PermissionError", "TimeoutError"}
    assert drawn - built_in - {"ConnectionError", "OSError", "UserWarning"} == {class_.__name__ for class_ in CLASSES}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, "a.csv: broken"),
        ({"line": 3}, "a.csv, line 3: broken"),
        ({"line": 3, "column": "sex"}, "a.csv, line 3, column sex: broken"),
        ({"column": "sex"}, "a.csv, column sex: broken"),
    ],
)
def test_places_in_files(place: dict[str, Any], expected: str) -> None:
    """An error of a data file begins with file, line and column, as far as they are known."""
    assert str(errors.DataFileError("broken", file="a.csv", **place)) == expected
