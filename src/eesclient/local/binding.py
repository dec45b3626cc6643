"""What a request says, spelt out: query parameters and JSON bodies with exact names and types (reference, section 3.3).

Binding comes before validation. Of JSON problems only the first is reported, in document order, as the service reads
bodies as a stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from ..models.data_sets import ErrorDetail
from . import rules
from .engine import Question, SortBy
from .problems import RefusedError, input_error, join_path
from .rules import LARGEST_INT

Params: TypeAlias = Sequence[tuple[str, str]]
Members: TypeAlias = list[tuple[str, Any]]
Reader: TypeAlias = Callable[[Any, str], Any]
"""Turns a JSON value at a path into what it stands for, or raises `RefusedError`."""

MAX_DEPTH = 32
"""Deepest nesting of JSON that the service reads."""

_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,10})")  # no longer ones, which Python refuses to read
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


class _Object(list[tuple[str, Any]]):
    """Members of a JSON object in document order."""


# Query parameters


class QueryParams:
    """The query parameters of a request, by name whatever their case.

    What is wrong with them is gathered while they are read; `check` refuses it. Lists have to be read before `check`:
    which indexed names are known depends on what else was sent.
    """

    def __init__(self, params: Params, *, known: Collection[str] = ()) -> None:
        self._params = params
        self._known = {name.lower() for name in known}
        self._mistyped: list[str] = []

    def check(self, *problems: ErrorDetail) -> None:
        """Refuse what binding finds wrong, in the order of section 3.3.

        That is: every unknown parameter, problems of the body, the first value of the wrong type.

        Raises:
            RefusedError: 400, there is one of these.
        """
        spellings: dict[str, str] = {}
        for name, _ in self._params:
            spellings.setdefault(name.lower(), name)
        errors = [input_error("UnknownField", name) for key, name in spellings.items() if key not in self._known]
        errors += [*problems, *(input_error("InvalidValue", name) for name in self._mistyped[:1])]
        if errors:
            raise RefusedError(400, errors)

    def text(self, name: str) -> str | None:
        """A single text, trimmed; None when absent or blank."""
        return self.member(name) or None

    def member(self, name: str) -> str | None:
        """A single text of a group of parameters, trimmed; None when absent, "" when blank."""
        values = self._values(name)
        return values[0].strip() if values else None

    def integer(self, name: str, default: int) -> int:
        """A single whole number of 32 bit; the default too where the value is none, which `check` then refuses."""
        text = self.member(name)
        if text is None:
            return default
        digits = _INTEGER.fullmatch(text)
        number = None if digits is None else int(digits[1] + digits[2])
        if number is None or not -LARGEST_INT - 1 <= number <= LARGEST_INT:
            self._mistyped.append(name)
            return default
        return number

    def boolean(self, name: str) -> bool:
        """True for `true` in any case; `check` then refuses what is neither that nor `false`."""
        member = self.member(name)
        text = "false" if member is None else member.lower()
        if text not in ("true", "false"):
            self._mistyped.append(name)
        return text == "true"

    def texts(self, name: str, *, separated: bool = True) -> list[str | None] | None:
        """A list: repeated, separated by commas, or indexed from 0 without gaps; blank items are None (section 10).

        Args:
            name: The parameter.
            separated: Whether commas separate items.
        """
        values = self._values(name)
        self._known.add(name.lower())
        if not values:
            values = list(self._indexed(name))
        elif separated:
            values = _pieces(values)
        return [value.strip() or None for value in values] or None

    def _values(self, name: str) -> list[str]:
        return [value for key, value in self._params if key.lower() == name.lower()]

    def _indexed(self, name: str) -> Iterator[str]:
        for number in range(len(self._params)):
            values = self._values(f"{name}[{number}]")
            if not values:
                return
            self._known.add(f"{name}[{number}]".lower())
            # an indexed item keeps only its first piece
            yield _pieces(values)[0]


def _pieces(values: list[str]) -> list[str]:
    """Values split on commas if one of them has its first comma after its first character; empty pieces drop out."""
    if not any(value.find(",") > 0 for value in values):
        return values
    return [piece for value in values for piece in value.split(",") if piece]


# JSON bodies


def read_body(body: bytes | None) -> dict[str, Any]:
    """Members of the body of a POST query; null ones are left out (section 11).

    Raises:
        RefusedError: It is not JSON, or has members that are unknown, missing, null or of the wrong type.
    """
    value = _parse(body or b"null")
    return {} if value is None else object_reader(_BODY)(value, "")


def _parse(body: bytes) -> Any:
    if not body:
        # only where a body is compulsory: read_body takes none as null (section 3.3)
        raise RefusedError(400, [input_error("NotEmptyBody", None)])
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(
            _COMMENT.sub(lambda match: match[1] or " ", text),
            object_pairs_hook=_Object,
            parse_constant=_no_constant,
            parse_int=_whole_number,
        )
        is_too_deep = _depth(value) > MAX_DEPTH
    except (ValueError, RecursionError):
        raise _invalid("") from None
    if is_too_deep:
        raise _invalid("")
    return value


def _whole_number(digits: str) -> int:
    # Python refuses to read thousands of digits; the first ones are enough to be out of range
    return int(digits[:21])


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    if isinstance(value, _Object):
        return 1 + max((_depth(item) for _, item in value), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _invalid(path: str) -> RefusedError:
    return RefusedError(400, [input_error("InvalidValue", path)])


def _unknown(path: str) -> RefusedError:
    return RefusedError(400, [input_error("UnknownField", path)])


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not _is_unicode(value):
        raise _invalid(path)
    return value


def _is_unicode(text: str) -> bool:
    """Whether a text can be written: JSON can escape half of a character, which the service refuses to read."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _invalid(path)
    return value


def _integer(value: Any, path: str) -> int:
    if isinstance(value, str) and re.fullmatch("-?[0-9]{1,20}", value):
        value = int(value)  # the web defaults of System.Text.Json read quoted numbers
    if not isinstance(value, int) or isinstance(value, bool) or not -LARGEST_INT - 1 <= value <= LARGEST_INT:
        raise _invalid(path)
    return value


def _list_of(read: Reader) -> Reader:
    def read_list(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list) or isinstance(value, _Object):
            raise _invalid(path)
        return [None if item is None else read(item, f"{path}[{number}]") for number, item in enumerate(value)]

    return read_list


def object_reader(readers: Mapping[str, Reader], *, required: Collection[str] = ()) -> Reader:
    """Reader of an object with these members; names count whatever their case, null members are left out."""
    spelling = {name.lower(): name for name in readers}

    def read(value: Any, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for given, item in _members(value, path):
            name = spelling.get(given.lower())
            if name is None:
                raise _unknown(join_path(path, given))
            if item is not None:
                found[name] = readers[name](item, join_path(path, name))
            elif name in required:
                raise RefusedError(400, [input_error("RequiredValue", join_path(path, name))])
        if any(name not in found for name in required):
            raise _invalid(path)
        return found

    return read


def _members(value: Any, path: str) -> Members:
    if not isinstance(value, _Object) or not all(_is_unicode(name) for name, _ in value):
        raise _invalid(path)
    return value


def _location(value: Any, path: str) -> dict[str, Any]:
    """A location: its level, spelt in lower case, and the one member that identifies it."""
    members = _members(value, path)
    if "level" not in dict(members):
        raise _invalid(path)
    for given, _ in members:
        if given.lower() == "level" and given != "level":
            raise _unknown(join_path(path, given))
    level, names = dict(members)["level"], {given.lower() for given, _ in members}
    choices = {"LA": ("code", "oldCode"), "SCH": ("laEstab", "urn"), "PROV": ("ukprn",)}
    own = choices.get(level, ()) if isinstance(level, str) else ()
    name = next((name for name in (*own, "code") if name.lower() in names), "id")
    return dict(object_reader({"level": _text, name: _text}, required=("level", name))(value, path))


def _criteria(value: Any, path: str) -> dict[str, Any]:
    """Criteria: and, or, not, or facets, by which member is present, in this order."""
    given = {name.lower() for name, _ in _members(value, path)}
    for kind, read in (("and", _list_of(_criteria)), ("or", _list_of(_criteria)), ("not", _criteria)):
        if kind in given:
            return dict(object_reader({kind: read}, required=(kind,))(value, path))
    return dict(_FACETS(value, path))


_period = object_reader({"code": _text, "period": _text}, required=("code", "period"))
_sort = object_reader({"field": _text, "direction": _text}, required=("field", "direction"))


def _comparators(read: Reader, *extra: str) -> Reader:
    single = dict.fromkeys(("eq", "notEq", *extra), read)
    return object_reader(single | dict.fromkeys(("in", "notIn"), _list_of(read)))


_FACETS = object_reader(
    {
        "filters": _comparators(_text),
        "geographicLevels": _comparators(_text),
        "locations": _comparators(_location),
        "timePeriods": _comparators(_period, "gt", "gte", "lt", "lte"),
    }
)
_BODY: dict[str, Reader] = {
    "criteria": _criteria,
    "indicators": _list_of(_text),
    "sorts": _list_of(_sort),
    "debug": _boolean,
    "page": _integer,
    "pageSize": _integer,
}


# The GET form of a query: one facets object, whose members are texts such as `LA|code|X` and `2023|AY` (section 10)


_COMPARATORS = ("eq", "notEq", "in", "notIn")


@attrs.frozen(kw_only=True)
class _Facet:
    """A facet of the GET grammar: the rule for a text, what a valid one stands for, and its comparators."""

    check: rules.Check
    value: Callable[[str], Any] = str
    comparators: tuple[str, ...] = _COMPARATORS


_GET_FACETS = {
    "filters": _Facet(check=rules.identifier(rules.FILTER_LENGTH)),
    "geographicLevels": _Facet(check=rules.one_of(rules.LEVELS)),
    "locations": _Facet(check=rules.location_text_errors, value=rules.location_of),
    "timePeriods": _Facet(
        check=rules.period_text_errors,
        value=rules.period_of,
        comparators=(*_COMPARATORS, "gt", "gte", "lt", "lte"),
    ),
}

PARAMETERS = (
    "dataSetVersion",
    "debug",
    "page",
    "pageSize",
    *(f"{name}.{comparator}" for name, facet in _GET_FACETS.items() for comparator in facet.comparators),
    "indicators",
    "sorts",
)
"""Names of the parameters that a GET query may have."""


def read_question(params: QueryParams) -> Question:
    """The question that the parameters of a GET query ask.

    Args:
        params: The parameters, those of `PARAMETERS` known.

    Raises:
        RefusedError: 400, for what binding refuses; else for everything that breaks a rule (section 3.3).
    """
    facets = {name: found for name, facet in _GET_FACETS.items() if (found := _read_facet(params, name, facet))}
    indicators, sorts = params.texts("indicators"), params.texts("sorts")
    debug, page, page_size = params.boolean("debug"), params.integer("page", 1), params.integer("pageSize", 1000)
    params.check()
    checked = ((name, given, _GET_FACETS[name].check) for name, given in facets.items())
    errors = [error for name, given, check in checked for error in rules.facet_errors(given, name, check)]
    errors += rules.each(indicators, "indicators", rules.identifier(rules.INDICATOR_LENGTH))
    errors += rules.each(sorts, "sorts", rules.sort_text_errors)
    errors += rules.paging_errors(page, page_size, largest=rules.MAX_PAGE_SIZE)
    if errors:
        raise RefusedError(400, errors)
    return Question(
        criteria={name: _criteria_of(given, _GET_FACETS[name].value) for name, given in facets.items()} or None,
        criteria_path="",
        as_text=True,
        indicators=None if indicators is None else tuple(_present(indicators)),
        sorts=None if sorts is None else tuple(SortBy(**rules.sort_of(text)) for text in _present(sorts)),
        debug=debug,
        page=page,
        page_size=page_size,
    )


def _read_facet(params: QueryParams, name: str, facet: _Facet) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for comparator in facet.comparators:
        path = f"{name}.{comparator}"
        value = params.texts(path) if comparator in ("in", "notIn") else params.member(path)
        if value is not None:
            found[comparator] = value
    return found


def _criteria_of(given: Mapping[str, Any], value: Callable[[str], Any]) -> dict[str, Any]:
    """What comparators were given, a text or a list of texts, as a POST body has it."""
    return {
        name: value(texts) if isinstance(texts, str) else [value(text) for text in _present(texts)]
        for name, texts in given.items()
    }


def _present(texts: list[str | None]) -> list[str]:
    """The items of a list, none of them blank once its rules were checked."""
    return [text for text in texts if text is not None]
