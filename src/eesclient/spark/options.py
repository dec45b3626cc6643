"""What is asked of the source `ees`: the options of a read, judged before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from .._classes import frozen
from ..api.resolved import Withdrawn
from ..errors import SettingsError
from ..models.names import bare, listed
from ..query.args import PeriodLike, QueryArgs
from ..query.facets import between, last
from ..transport.driver import IN_FLIGHT

Type: TypeAlias = Literal["long", "double", "string"]
"""Types of indicators, as Spark calls them."""

PLACE = ("dataSet", "version", "withdrawn", "lock", "store", "baseUrl", "folder", "demo", "offline")
PARTS = ("indicators", "filters", "periods", "levels", "places", "within", "others")
SHAPE = ("columns", "dtypes", "pageSize", "maxInFlight")
"""Options by what they say: where rows are, which ones, and how they come."""

NAMES = {name.lower(): name for name in (*PLACE, *PARTS, "question", *SHAPE)}
"""How options are written, by how Spark compares them."""

_EXAMPLES = {
    "filters": '{"SEN provision": "SEN support"}',
    "dtypes": '{"pupil_count": "double"}',
    "question": '{"filters": {"SEN provision": "SEN support"}, "others": "Total"}',
}
_MEMBERS = (*PARTS, "include_self", "numbers")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
_SECRET = ("token", "password", "secret", "credential", "apikey")


@frozen(kw_only=True)
class Place:
    """Where rows come from; goes to executors, and holds no secret.

    Attributes:
        base_url: Address of the service, or None for the one that lock or environment say.
        folder: Folder of CSV pairs that a service in a box answers from.
        demo: Whether the demo answers.
        store: Folder or bundle through which everything is read; None for none.
        offline: Whether only the store answers.
        lock: Lock file, which the driver alone reads.
        max_in_flight: Requests that are sent side by side at most.
    """

    base_url: str | None = None
    folder: str | None = None
    demo: bool = False
    store: str | None = None
    offline: bool | None = None
    lock: str | None = None
    max_in_flight: int = IN_FLIGHT


@frozen(kw_only=True)
class Asked:
    """All that the options of a read say.

    Attributes:
        place: Where rows come from.
        data_set: Which data set, as `Client.open` takes it; "" for the list of those in the lock.
        version: Version or range, or None.
        withdrawn: Whether rows of a withdrawn version are read.
        words: The question.
        columns: Headings wanted, in this order; None for all.
        types: Types that indicators shall have, by name.
    """

    place: Place
    data_set: str
    version: str | None = None
    withdrawn: Withdrawn = "refuse"
    words: QueryArgs = attrs.field(factory=QueryArgs)
    columns: tuple[str, ...] | None = None
    types: Mapping[str, Type] = attrs.field(factory=dict)


def read_options(options: Mapping[str, str]) -> Asked:
    """What options say.

    Raises:
        SettingsError: One of them is not known, is a secret, or makes no sense.
    """
    given = {name.lower(): text for name, text in options.items()}
    _check_names(given)
    said = {NAMES[name]: text for name, text in given.items()}
    data_set = said.get("dataSet", "").strip()
    if not data_set and "lock" not in said:
        raise SettingsError(
            'which data set? Write .option("dataSet", "…") with its id, or .option("lock", "ees.lock") alone for the '
            "list of those in a lock"
        )
    if not data_set and (more := [name for name in said if name not in ("lock", "store", "baseUrl")]):
        raise SettingsError(
            f"{listed(more)} without a data set: the rows of several have no columns in common, so write "
            'option("dataSet", …) too, or read all in a lock with eesclient.spark.read_all(spark, lock=…)'
        )
    withdrawn = said.get("withdrawn", "refuse")
    if withdrawn not in ("refuse", "read"):
        raise SettingsError(f'option("withdrawn", {withdrawn!r}): write "refuse" or "read"')
    return Asked(
        place=_place(said),
        data_set=data_set,
        version=said.get("version", "").strip() or None,
        withdrawn="read" if withdrawn == "read" else "refuse",
        words=_words(said),
        columns=_columns(said),
        types=_types(said),
    )


def _check_names(given: Mapping[str, str]) -> None:
    for name in given:
        # what it says is never shown
        if name not in NAMES and any(word in name.replace("_", "") for word in _SECRET):
            raise SettingsError(
                f"option({name!r}, …) would stand in plans and logs, and so is refused: the source sends no token, and "
                "reads no drafts; leave it out"
            )
    if "path" in given:
        raise SettingsError('load() takes no path: write .option("dataSet", "…").load()')
    unknown = [name for name in given if name not in NAMES]
    if unknown:
        raise SettingsError(f"there is no option {listed(unknown)}: write some of {', '.join(NAMES.values())}")


def _place(said: Mapping[str, str]) -> Place:
    sources = [name for name in ("baseUrl", "folder", "demo") if name in said]
    is_demo = bool(_flag(said, "demo"))
    if len(sources) > 1:
        raise SettingsError(f"{listed(sources)} name different services: write one of them")
    address = said.get("baseUrl")
    if address is not None and bare(address) != address:
        raise SettingsError(
            'option("baseUrl", …) holds a name and password, which would stand in plans and logs: leave it out, and '
            "put the address into EES_API_URL in the environment of driver and executors"
        )
    return Place(
        base_url=address,
        folder=_path(said, "folder"),
        demo=is_demo,
        store=_path(said, "store"),
        offline=_flag(said, "offline"),
        lock=_path(said, "lock"),
        max_in_flight=_count(said, "maxInFlight") or IN_FLIGHT,
    )


def _path(said: Mapping[str, str], name: str) -> str | None:
    text = said.get(name)
    if text is None:
        return None
    scheme = text.partition(":")[0]
    if not text.strip() or (len(scheme) > 1 and text.startswith(f"{scheme}:/")):
        raise SettingsError(
            f"option({name!r}, {text!r}) is not a path that Python opens: name a folder or file that driver and "
            "executors see under the same path, such as /Volumes/main/default/ees on Databricks"
        )
    # executors have working folders of their own
    return str(Path(text).expanduser().absolute())


def _flag(said: Mapping[str, str], name: str) -> bool | None:
    if name not in said:
        return None
    text = said[name].strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise SettingsError(f'option({name!r}, {text!r}): write "true" or "false"')
    return text in _TRUE


def _count(said: Mapping[str, str], name: str) -> int | None:
    text = said.get(name, "").strip()
    if name in said and not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise SettingsError(f"option({name!r}, {text!r}): write a whole number of at least 1")
    return int(text[:9]) if text else None


def _words(said: Mapping[str, str]) -> QueryArgs:
    parts: dict[str, Any] = {name: _value(said, name) for name in PARTS if name in said}
    if "question" in said:
        if parts:
            raise SettingsError(f'option("question", …) says all that is asked: leave {listed([*parts])} out')
        parts = _object(said, "question")
        if unknown := [name for name in parts if name not in _MEMBERS]:
            raise SettingsError(
                f'option("question", …) has {listed(unknown)}: it takes {", ".join(_MEMBERS)}; order, limits and other '
                "conditions are Spark's work"
            )
    elif "filters" in said:
        parts["filters"] = _object(said, "filters")
    if (periods := parts.get("periods")) is not None:
        several = periods if isinstance(periods, list) else [periods]
        parts["periods"] = tuple(_period(one) for one in several)
    return QueryArgs(**parts, page_size=_count(said, "pageSize"))


def _period(value: Any) -> PeriodLike:
    """A period, or the range that an object says."""
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return] # whoever resolves it says what it may be
    if value.keys() <= {"last", "kind"} and "last" in value:
        return last(value["last"], kind=value.get("kind"))
    if value.keys() <= {"from", "to", "kind"} and value.keys() & {"from", "to"}:
        return between(value.get("from"), value.get("to"), kind=value.get("kind"))
    raise SettingsError(
        f"periods: {json.dumps(value)} says no range: write "
        '{"from": "2019/20", "to": "2023/24"} or {"last": 2}, perhaps with "kind"'
    )


def _columns(said: Mapping[str, str]) -> tuple[str, ...] | None:
    if "columns" not in said:
        return None
    value = _value(said, "columns")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise SettingsError("""option("columns", …): write a JSON list of headings, such as '["time_period"]'""")
    return tuple(dict.fromkeys(names))


def _types(said: Mapping[str, str]) -> Mapping[str, Type]:
    found = _object(said, "dtypes") if "dtypes" in said else {}
    for name, type_ in found.items():
        if type_ not in ("long", "double", "string"):
            raise SettingsError(f'option("dtypes", …): {name!r} is {type_!r}: write "long", "double" or "string"')
    return found


def _object(said: Mapping[str, str], name: str) -> dict[str, Any]:
    value = _value(said, name)
    if not isinstance(value, dict):
        raise SettingsError(f"option({name!r}, …) is no JSON object: write json.dumps of one such as {_EXAMPLES[name]}")
    return value


def _value(said: Mapping[str, str], name: str) -> Any:
    """A text that begins like JSON read as such, any other text as a name."""
    text = said[name].strip()
    if text[:1] not in ("[", "{", '"'):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"option({name!r}, …) begins like JSON, and is none ({error}): write json.dumps([...]) or json.dumps("
            "{...}); a name that begins so is written as JSON too"
        ) from error
