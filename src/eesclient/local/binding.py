"""Query parameters and JSON bodies of requests, read with exact names and types (reference, section 3.3).

Binding comes before validation. Of JSON problems only the first is reported, in document order, as the service reads
bodies as a stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from .._classes import frozen
from ..api.messages import Request
from ..models.answers import ErrorDetail
from ..models.versions import LARGEST_INT
from ..query.request import LARGEST_PAGE, MAX_DEPTH
from . import rules
from .engine import Question
from .rules import RefusedError, input_error, join_path, refuse

Params: TypeAlias = Sequence[tuple[str, str]]
Reader: TypeAlias = Callable[[Any, str], Any]
"""Turns a JSON value at a path into what it stands for, or raises `RefusedError`."""

_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,10})")  # no longer ones, which Python refuses to read
_JSON_TYPE, _CHARSET = re.compile(r"application/([^/]+\+)?json"), re.compile(r"""\bcharset\s*=\s*["']?([^"';\s]*)""")
# comments are skipped (reference, section 6); a text is matched first, so that // in one stays
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


class _Object(list[tuple[str, Any]]):
    """Members of a JSON object in document order."""


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
        """Refuse every unknown parameter, problems of the body, the first value of the wrong type (section 3.3)."""
        spellings: dict[str, str] = {}
        for name, _ in self._params:
            spellings.setdefault(name.lower(), name)
        unknown = [input_error("UnknownField", name) for key, name in spellings.items() if key not in self._known]
        refuse([*unknown, *problems, *(input_error("InvalidValue", name) for name in self._mistyped[:1])])

    def text(self, name: str) -> str | None:
        """A single text, trimmed; None when absent or blank."""
        # a blank text counts as none
        return self.member(name) or None

    def member(self, name: str) -> str | None:
        """A single text of a group of parameters, trimmed; None when absent, "" when blank."""
        values = self._values(name)
        return values[0].strip() if values else None

    def integer(self, name: str, default: int) -> int:
        """A single whole number of 32 bit; the default too for any other text, which `check` then refuses."""
        text = self.text(name)
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
        text = (self.text(name) or "false").lower()
        if text not in ("true", "false"):
            self._mistyped.append(name)
        return text == "true"

    def texts(self, name: str, *, separated: bool = True) -> list[str | None] | None:
        """A list: repeated, separated by commas, or indexed from 0 without gaps; blank items are None (section 10)."""
        values = self._values(name)
        self._known.add(name.lower())
        if not values:
            values = list(self._indexed(name))
        elif separated:
            values = _pieces(values)
        return [value.strip() or None for value in values] or None

    def _values(self, name: str) -> list[str]:
        # names of parameters count whatever their case, and may repeat (section 2)
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
    """Members of the body of a POST query; null ones are left out (section 11)."""
    # no body and the literal null both stand for the defaults
    value = parse_json(body or b"null")
    return {} if value is None else object_reader(_BODY, nullable=("debug", "page", "pageSize"))(value, "")


def parse_json(body: bytes) -> Any:
    """The value of a JSON text with comments, objects as members in document order."""
    if not body:
        # only where a body is compulsory: read_body takes none as null (section 3.3)
        raise _refused("NotEmptyBody", None)
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(
            _COMMENT.sub(lambda match: match[1] or " ", text),
            object_pairs_hook=_Object,
            # no value of a request may be NaN, so that each reader refuses this
            parse_constant=lambda _: ...,
            # Python refuses to read thousands of digits; the first ones are enough to be out of range
            parse_int=lambda digits: int(digits[:21]),
        )
    except (ValueError, RecursionError):
        raise _refused("InvalidValue", "") from None
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a value has more levels of objects and lists than so many."""
    if not isinstance(value, list):
        return False
    items: Iterable[Any] = (item for _, item in value) if isinstance(value, _Object) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)


def _refused(code: str, path: str | None) -> RefusedError:
    return RefusedError(400, [input_error(code, path)])


def _is_unicode(text: str) -> bool:
    # JSON can escape half of a character, which the service refuses to read
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _reader(is_valid: Callable[[Any], bool]) -> Reader:
    """Reader of values that are taken as they are."""

    def read(value: Any, path: str) -> Any:
        if not is_valid(value):
            raise _refused("InvalidValue", path)
        return value

    return read


read_text: Reader = _reader(lambda value: isinstance(value, str) and _is_unicode(value))
"""Reads a text."""

_read_integer = _reader(lambda value: type(value) is int and -LARGEST_INT - 1 <= value <= LARGEST_INT)
_read_members = _reader(lambda value: isinstance(value, _Object) and all(_is_unicode(name) for name, _ in value))


def read_integer(value: Any, path: str) -> int:
    """Reads a whole number of 32 bit, which may be quoted: the web defaults of System.Text.Json take that."""
    is_quoted = isinstance(value, str) and re.fullmatch("-?[0-9]{1,20}", value)
    return int(_read_integer(int(value) if is_quoted else value, path))


def list_of(read: Reader) -> Reader:
    """Reader of a list of such values, or null."""

    def read_list(value: Any, path: str) -> list[Any]:
        # an object is a list here too: of its members
        if not isinstance(value, list) or isinstance(value, _Object):
            raise _refused("InvalidValue", path)
        return [None if item is None else read(item, f"{path}[{number}]") for number, item in enumerate(value)]

    return read_list


def object_reader(
    readers: Mapping[str, Reader], *, required: Collection[str] = (), nullable: Collection[str] = ()
) -> Reader:
    """Reader of an object with these members; names count whatever their case.

    Null members are left out, but for those whose reader is asked whether they may be null.
    """
    spelling = {name.lower(): name for name in readers}

    def read(value: Any, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for given, item in _read_members(value, path):
            name = spelling.get(given.lower())
            if name is None:
                raise _refused("UnknownField", join_path(path, given))
            if item is not None or name in nullable:
                found[name] = readers[name](item, join_path(path, name))
            elif name in required:
                raise _refused("RequiredValue", join_path(path, name))
        # a compulsory member that is missing is said of the object, at its path (section 3.3)
        if any(name not in found for name in required):
            raise _refused("InvalidValue", path)
        return found

    return read


def _location(value: Any, path: str) -> dict[str, Any]:
    """A location: its level, spelt in lower case, and the one member that identifies it."""
    members = _read_members(value, path)
    if "level" not in dict(members):
        raise _refused("InvalidValue", path)
    # the one name of which the case counts (section 11)
    for given, _ in members:
        if given.lower() == "level" and given != "level":
            raise _refused("UnknownField", join_path(path, given))
    level, names = dict(members)["level"], {given.lower() for given, _ in members}
    # the first of these counts, and a second is an unknown member (section 11)
    choices = {"LA": ("code", "oldCode"), "SCH": ("laEstab", "urn"), "PROV": ("ukprn",)}
    own = choices.get(level, ()) if isinstance(level, str) else ()
    name = next((name for name in (*own, "code") if name.lower() in names), "id")
    return dict(object_reader({"level": read_text, name: read_text}, required=("level", name))(value, path))


def _criteria(value: Any, path: str) -> dict[str, Any]:
    """Criteria: and, or, not, or facets, by which member is present, in this order."""
    given = {name.lower() for name, _ in _read_members(value, path)}
    for kind, read in (("and", list_of(_criteria)), ("or", list_of(_criteria)), ("not", _criteria)):
        if kind in given:
            # a null one gets through, for the rules to refuse
            return dict(object_reader({kind: _or_null(read)}, required=(kind,), nullable=(kind,))(value, path))
    return dict(_FACETS_OBJECT(value, path))


def _shallow_criteria(value: Any, path: str) -> dict[str, Any]:
    """Criteria no deeper than the service reads, the body around them counting too."""
    if _is_deeper(value, MAX_DEPTH - 1):
        raise _refused("InvalidValue", path)
    return _criteria(value, path)


def _or_null(read: Reader) -> Reader:
    return lambda value, path: None if value is None else read(value, path)


def _texts_object(*names: str) -> Reader:
    return object_reader(dict.fromkeys(names, read_text), required=names)


# Both forms of a query. That of GET is one facets object, whose members are texts such as `LA|code|X` (section 10)


@frozen
class _Facet:
    """A facet: the reader of a JSON value, the rule for a text, and what a valid text stands for."""

    read: Reader
    check: rules.Check
    value: Callable[[str], Any] = str
    more_comparators: tuple[str, ...] = ()

    @property
    def comparators(self) -> dict[str, Reader]:
        single = dict.fromkeys(("eq", "notEq"), self.read)
        lists = dict.fromkeys(("in", "notIn"), list_of(self.read))
        return single | lists | dict.fromkeys(self.more_comparators, self.read)


FACETS = {
    "filters": _Facet(read_text, rules.identifier(rules.FILTER_LENGTH)),
    "geographicLevels": _Facet(read_text, rules.one_of(rules.LEVELS)),
    "locations": _Facet(_location, rules.location_text_errors, rules.location_of),
    "timePeriods": _Facet(
        _texts_object("code", "period"), rules.period_text_errors, rules.period_of, ("gt", "gte", "lt", "lte")
    ),
}
"""Facets of criteria."""

_FACETS_OBJECT = object_reader({name: object_reader(facet.comparators) for name, facet in FACETS.items()})
_BODY: dict[str, Reader] = {
    "criteria": _shallow_criteria,
    "indicators": list_of(read_text),
    "sorts": list_of(_texts_object("field", "direction")),
    "debug": _reader(lambda value: isinstance(value, bool)),
    "page": read_integer,
    "pageSize": read_integer,
}

PARAMETERS = (
    "dataSetVersion",
    "debug",
    "page",
    "pageSize",
    *(f"{name}.{comparator}" for name, facet in FACETS.items() for comparator in facet.comparators),
    "indicators",
    "sorts",
)
"""Names of the parameters that a GET query may have."""


def find_media_type(request: Request) -> Literal["json", "unreadable", "other"]:
    """What a request says that its body is: JSON, JSON of which nothing can be read, or another thing.

    In this process none means JSON; over HTTP, where it is an empty text, it has to be said of a body (section 1).
    """
    types = [value.lower() for name, value in request.headers if name.lower() == "content-type"]
    if not types:
        return "json"
    kind, _, parameters = types[0].partition(";")
    if not kind.strip():
        return "unreadable"
    charset = _CHARSET.search(parameters)
    if _JSON_TYPE.fullmatch(kind.strip()) is None:
        return "other"
    return "json" if charset is None or charset[1] == "utf-8" else "unreadable"


def read_posted_question(request: Request) -> Question:
    """The question that a POST query asks; else a refusal for binding, or for everything that breaks a rule."""
    if request.body and find_media_type(request) != "json":
        raise RefusedError(415)
    members: dict[str, Any] = {}
    problems: tuple[ErrorDetail, ...] = ()
    try:
        members = read_body(request.body)
    except RefusedError as refused:
        # unknown parameters come before them in the same answer
        problems = refused.errors
    QueryParams(request.params, known=("dataSetVersion",)).check(*problems)
    refuse(rules.query_errors(members))
    return _question(members)


def read_question(params: QueryParams) -> Question:
    """The question that the parameters of a GET query ask, those of `PARAMETERS` known (section 3.3)."""
    facets = {name: found for name, facet in FACETS.items() if (found := _read_facet(params, name, facet))}
    indicators, sorts = params.texts("indicators"), params.texts("sorts")
    members: dict[str, Any] = {
        "debug": params.boolean("debug"),
        "page": params.integer("page", 1),
        "pageSize": params.integer("pageSize", 1000),
    }
    params.check()
    refuse(
        [
            *(error for name in facets for error in rules.facet_errors(facets[name], name, FACETS[name].check)),
            *rules.each(indicators, "indicators", rules.identifier(rules.INDICATOR_LENGTH)),
            *rules.each(sorts, "sorts", rules.sort_text_errors),
            *rules.paging_errors(members["page"], members["pageSize"], largest=LARGEST_PAGE),
        ]
    )
    members |= {
        "criteria": {name: _criteria_of(given, FACETS[name].value) for name, given in facets.items()} or None,
        "indicators": indicators,
        "sorts": None if sorts is None else [rules.sort_of(text) for text in sorts if text],
    }
    return _question(members, criteria_path="", as_text=True)


def _question(members: Mapping[str, Any], **more: Any) -> Question:
    names = {"pageSize": "page_size"}
    return Question(**{names.get(name, name): value for name, value in members.items()}, **more)


def _read_facet(params: QueryParams, name: str, facet: _Facet) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for comparator in facet.comparators:
        path = f"{name}.{comparator}"
        value = params.texts(path) if comparator in ("in", "notIn") else params.member(path)
        if value is not None:
            found[comparator] = value
    return found


def _criteria_of(given: Mapping[str, Any], value: Callable[[str], Any]) -> dict[str, Any]:
    """Comparators, each with a text or a list of texts, as a POST body has them."""
    return {name: value(texts) if isinstance(texts, str) else list(map(value, texts)) for name, texts in given.items()}
