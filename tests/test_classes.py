"""Classes whose comparing, hashing and showing is written later do as those that attrs writes at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import attrs
import pytest

from eesclient import Version
from tests.doors.top import classes


def shape(frozen: Callable[..., Any], define: Callable[..., Any]) -> dict[str, type]:
    """Classes of each kind that the package has."""

    @frozen(kw_only=True)
    class Plain:
        a: object = 1
        b: object = attrs.field(default=2, repr=False)
        c: object = attrs.field(default=3, eq=False, repr=lambda value: f"<{value}>")

    @frozen
    class Derived(Plain):
        d: object = attrs.field(default=(), converter=tuple)

    @frozen(repr=False)
    class Unshown:
        a: object = 1

    @frozen(eq=False, repr=False)
    class Own:
        a: object = 1

        def __repr__(self) -> str:
            return "own"

    @frozen
    class Equal:
        a: object = 1

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    @frozen(kw_only=True, slots=False)
    class Roomy:
        a: object = 1

    @define
    class Changing:
        a: object = 1

    return {cls.__name__: cls for cls in (Plain, Derived, Unshown, Own, Equal, Roomy, Changing)}


AT_ONCE = shape(attrs.frozen, attrs.define)
VALUES: list[dict[str, Any]] = [{}, {"a": 2}, {"b": 5}, {"c": 5}, {"a": float("nan")}, {"a": [1]}]


def result(act: Callable[[], Any]) -> Any:
    """What an act gives, or the class of its error."""
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error)


ACTS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: (x == y, y == x, x == 1),
    lambda x, y: (x != y, x != 1),
    lambda x, y: result(lambda: x == y and hash(x) == hash(y)),
    lambda x, _: repr(x).partition(" at ")[0],
    lambda x, _: attrs.evolve(x) == x,
    lambda x, y: result(lambda: len({x, y, x})),
    lambda x, _: result(lambda: setattr(x, "a", 5)),
]


@pytest.mark.parametrize("name", AT_ONCE)
def test_as_attrs_does(name: str) -> None:
    """Equal, unequal, shown and hashed alike, whichever of them is asked for first."""
    for act in ACTS:
        made = shape(classes.frozen, classes.define)[name]
        here = {field.name for field in attrs.fields(made)}
        for values in product(VALUES, repeat=2):
            given = [{key: value for key, value in one.items() if key in here} for one in values]
            assert act(*(AT_ONCE[name](**one) for one in given)) == act(*(made(**one) for one in given))


def test_signs() -> None:
    """A class is said to have the methods that it has, and keeps their names once they are written."""
    cls = shape(classes.frozen, classes.define)["Plain"]
    names = [(getattr(cls, name).__qualname__, getattr(cls, name).__module__) for name in ("__eq__", "__repr__")]
    assert cls() == cls()
    after = [(getattr(cls, name).__qualname__, getattr(cls, name).__module__) for name in ("__eq__", "__repr__")]
    assert names == after
    assert cls.__eq__ is not AT_ONCE["Plain"].__eq__
    assert shape(classes.frozen, classes.define)["Changing"].__hash__ is None


def test_threads_and_pickles() -> None:
    """Threads that ask at a time get the same, and what is pickled is equal to what it was."""
    cls = shape(classes.frozen, classes.define)["Derived"]
    with ThreadPoolExecutor(8) as pool:
        shown = set(pool.map(lambda _: (repr(cls(d=[1])), cls() == cls(), hash(cls()) == hash(cls())), range(64)))
    assert shown == {(repr(AT_ONCE["Derived"](d=[1])), True, True)}
    assert pickle.loads(pickle.dumps(Version(1, 2))) == Version(1, 2)  # noqa: S301 - our own
