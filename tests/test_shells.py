"""The two shells cannot drift apart."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from eesclient.acatalogued import AsyncCatalogue, AsyncCatalogueDataSet, AsyncCatalogueEntry
from eesclient.aio import AsyncClient
from eesclient.apinned import AsyncPinnedDataSet
from eesclient.as_of import AsOf, AsyncAsOf
from eesclient.catalogued import Catalogue, CatalogueDataSet, CatalogueEntry
from eesclient.client import Client
from eesclient.pinned import PinnedDataSet

PAIRS = [
    (Client, AsyncClient),
    (PinnedDataSet, AsyncPinnedDataSet),
    (AsOf, AsyncAsOf),
    (Catalogue, AsyncCatalogue),
    (CatalogueEntry, AsyncCatalogueEntry),
    (CatalogueDataSet, AsyncCatalogueDataSet),
]
TWINS = {"__aenter__": "__enter__", "__aexit__": "__exit__"}


def methods(class_: type) -> dict[str, Any]:
    """Return the public members of a class, and how it is entered, under the plain shell's names."""
    names = [name for name in dir(class_) if not name.startswith("_")]
    found = {name: inspect.getattr_static(class_, name) for name in names}
    for awaited, plain in TWINS.items():
        for name in (awaited, plain):
            if hasattr(class_, name):
                found[plain] = inspect.getattr_static(class_, name)
    return found


def plain_type(text: str) -> str:
    """Return a type as the plain shell writes it."""
    return re.sub(r"\bAsync(?=Client|PinnedDataSet|AsOf|Catalogue|Iterator|HttpxTransport)", "", text)


def shape(method: Callable[..., Any]) -> tuple[list[tuple[str, Any, Any, str]], str]:
    """Return the parameters and the return type, in the plain shell's words."""
    signature = inspect.signature(method)
    parameters = [
        (parameter.name, parameter.kind, parameter.default, plain_type(str(parameter.annotation)))
        for parameter in signature.parameters.values()
    ]
    return parameters, plain_type(str(signature.return_annotation))


CASES = [(plain, awaited, name) for plain, awaited in PAIRS for name in methods(plain)]


@pytest.mark.parametrize(("plain", "awaited"), PAIRS)
def test_same_names(plain: type, awaited: type) -> None:
    """Both shells have the same members."""
    assert set(methods(plain)) == set(methods(awaited))


@pytest.mark.parametrize(("plain", "awaited", "name"), CASES)
def test_same_shapes(plain: type, awaited: type, name: str) -> None:
    """Each member has the same parameters, defaults and types; what may send is awaited, or an iterator or view."""
    ours, theirs = methods(plain)[name], methods(awaited)[name]
    if isinstance(ours, property) and name == "catalogue":
        ours, theirs = ours.fget, theirs.fget
        assert shape(ours) == shape(theirs)
        return
    if isinstance(ours, property) or not callable(ours):
        assert theirs is ours
        return
    assert shape(ours) == shape(theirs)
    iterates = str(inspect.signature(theirs).return_annotation).startswith(("AsyncIterator[", "AsyncAsOf"))
    assert inspect.iscoroutinefunction(theirs) is not (iterates or theirs is ours)
    assert not inspect.iscoroutinefunction(ours)


@pytest.mark.parametrize(("plain", "awaited"), PAIRS)
def test_same_constructors(plain: type, awaited: type) -> None:
    """Both shells are made with the same arguments."""
    assert shape(plain.__init__) == shape(awaited.__init__)


@pytest.mark.parametrize(("plain", "awaited", "name"), CASES)
def test_docstrings(plain: type, awaited: type, name: str) -> None:
    """The plain shell explains, the other refers to it."""
    ours, theirs = methods(plain)[name], methods(awaited)[name]
    if name.startswith("__") or ours is theirs:
        return
    assert len(ours.__doc__) > len(theirs.__doc__)
    owner = next(class_ for class_ in plain.__mro__ if name in vars(class_))
    assert theirs.__doc__.startswith(f"As `{owner.__name__}.{name}`, ")


def test_only_building_is_shared() -> None:
    """Attributes, `build` and `places` need no request, so both shells have the very same ones."""
    shared = {name for name, member in methods(PinnedDataSet).items() if methods(AsyncPinnedDataSet)[name] is member}
    assert shared == {
        "build",
        "data_set",
        "id",
        "latest_period",
        "meta",
        "notes",
        "periods",
        "places",
        "provenance",
        "published",
        "release",
        "status",
        "title",
        "understood",
        "version",
    }
