"""The box against the conformance pack: request cases in process, unit and processor cases against the rule's function.

What the box has no use for is skipped with its reason.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest

from eesclient.errors import DataFileError, InvalidVersionError
from eesclient.http.messages import Request
from eesclient.local import binding, ids, rules, text_rules
from eesclient.local.diff import Changes, next_version
from eesclient.local.holdings import (
    DEFAULT_PUBLISHED,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    stable_id,
)
from eesclient.local.ingest import VersionData, ingest
from eesclient.local.numbering import Numbering
from eesclient.local.predicates import Compare, Const, Every, Index, Negated, Parser, Some, stored_period
from eesclient.local.problems import RefusedError, issue_json, problem_response
from eesclient.local.routing import lowercase_redirect
from eesclient.local.service import Service, find_version
from eesclient.local.tokens import PreviewToken
from eesclient.models.data_sets import Release
from eesclient.models.enums import DataSetStatus, DataSetVersionStatus
from eesclient.models.meta import Filter
from eesclient.models.periods import (
    IDENTIFIER_BY_LABEL,
    TimeIdentifier,
    TimePeriod,
    format_label,
    period_from_csv,
)
from eesclient.models.publications import Publication
from eesclient.models.versions import Version, parse_version
from tests.local import changed
from tests.local.support import cases, checker, conformance, conformance_data

REQUESTS = (
    "get_query", "get_query_evaluated", "post_query", "post_query_evaluated", "publications", "data_set", "meta", "csv",
    "versions", "access_and_preview_tokens", "changes",
)  # fmt: skip


NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

# What stands before a request


def _token(spec: dict[str, Any]) -> PreviewToken:
    expires = NOW - HOUR if spec["expired"] else NOW + HOUR
    return PreviewToken(id=stable_id(spec["ref"]), activates=NOW - 2 * HOUR, expires=expires)


def _version(number: int, spec: dict[str, Any], changes: Changes | None = None) -> VersionHolding:
    text = spec["version"] if spec["version"][0].isdigit() else f"{number + 1}.0"
    about = VersionDescription(
        version=Version.parse(text),
        file_id=stable_id("file", text),
        release=Release(title="Release", slug="release"),
        status=DataSetVersionStatus(spec["status"]),
        published=None if spec["status"] == "Draft" else DEFAULT_PUBLISHED,
        withdrawn=DEFAULT_PUBLISHED if spec["status"] == "Withdrawn" else None,
        preview_tokens=tuple(_token(item) for item in spec.get("previewTokens", ())),
    )
    data = conformance_data("absence_school")
    if "filters" in spec:
        filters = [Filter(id=f"f{n}", column=label, label=label) for n, label in enumerate(spec["filters"])]
        data = attrs.evolve(data, meta=attrs.evolve(data.meta, filters=filters))
    return VersionHolding(about=about, data=data, changes=changes)


def _recorded(changes: Any, ref: str) -> Changes | None:
    """The changes of a version that are said before a request: of each version, or of those named."""
    if isinstance(changes, str):
        return changed.recorded(changes)
    return changed.recorded(changes[ref]) if changes and ref in changes else None


def _data_set(spec: dict[str, Any], name: str, publication: str = "", changes: Any = None) -> DataSetHolding:
    default = [{"version": "1.0", "status": "Published", "ref": "1.0"}] if "versions" not in spec else []
    specs = spec.get("versions", default)
    by_ref = {item["ref"]: _version(number, item, _recorded(changes, item["ref"])) for number, item in enumerate(specs)}
    about = DataSetDescription(
        id=stable_id(name), title=name, publication_id=publication, status=DataSetStatus(spec["status"])
    )
    versions = tuple(sorted(by_ref.values(), key=lambda item: item.about.version))
    if "versions" not in spec or (spec.get("latestLiveVersion") is None and not spec.get("latestDraftVersion")):
        return DataSetHolding(about=about, versions=versions)
    latest, draft = by_ref.get(spec["latestLiveVersion"]), by_ref.get(spec["latestDraftVersion"])
    return DataSetHolding(about=about, versions=versions, latest=latest, latest_draft=draft)


def _publication(name: str) -> Publication:
    return Publication(
        id=stable_id(name), title=name, slug=name, summary="A publication.", last_published=DEFAULT_PUBLISHED
    )


def _service(setup: dict[str, Any] | None) -> Service:
    given = setup or {"dataSets": [{"ref": "dataSetId", "status": "Published"}]}
    data_sets = [_data_set(spec, spec["ref"], changes=given.get("changes")) for spec in given.get("dataSets", ())]
    publications = [_publication(spec["ref"]) for spec in given.get("publications", ())]
    for spec in given.get("publications", ()):
        for number, item in enumerate(spec["dataSets"]):
            name = item.get("ref", f"{spec['ref']}-{number}")
            data_sets.append(_data_set(item, name, stable_id(spec["ref"])))
    holdings = Holdings(publications=tuple(publications), data_sets={item.about.id: item for item in data_sets})
    return Service(holdings, clock=lambda: NOW, caller_role=given.get("callerRole"))


def _filled(value: Any) -> Any:
    """Put ids in the place of `{ds1}` and the like."""
    text = json.dumps(value)
    for name in ("dataSetId", "unknownGuid", *(f"{kind}{n}" for kind in ("ds", "p", "t") for n in range(60))):
        text = text.replace(f"{{{name}}}", stable_id(name))
    return json.loads(text)


def _unsupported(case: dict[str, Any]) -> str | None:
    setup = case.get("setup") or {}
    if "contentService" in setup or "search" in json.dumps(setup):
        return "the box has no content service or search service that could fail"
    return None


def _ask(case: dict[str, Any]) -> dict[str, Any]:
    given = _filled(case["request"])
    body = None if given["method"] == "GET" else json.dumps(given["body"]).encode()
    response = _service(case.get("setup")).handle(
        Request(
            method=given["method"],
            path=given["path"].removeprefix("/v1"),
            params=tuple((name, value) for name, value in given["query"]),
            headers=tuple(given["headers"].items()),
            body=body,
        )
    )
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": json.loads(response.body) if is_json else None,
        "bytes": response.body,
    }


@pytest.mark.parametrize("case", [case for file in REQUESTS for case in cases(file)])
def test_requests(case: dict[str, Any]) -> None:
    """A request gets the answer that the service gives."""
    if reason := _unsupported(case):
        pytest.skip(reason)
    response = _ask(case)
    checker().check(_filled(case["expect"]), response)
    if case["expect"].get("csvEqualsStoredFile"):
        assert conformance_data("absence_school").csv == response["bytes"]
    if "from_source" in case:
        assert case["from_source"]["errors"] == response["body"]["errors"]


# Rules


@pytest.mark.parametrize("case", cases("units_criteria"))
def test_criteria(case: dict[str, Any]) -> None:
    """Criteria that lack something are refused at the right path."""
    errors = [issue_json(error) for error in rules.criteria_errors(case["input"]["value"], "criteria")]
    assert case["expect"]["errors"] == [{"path": e["path"], "code": e["code"]} for e in errors]


VALUE_RULES: dict[str, rules.Check] = {
    "sort_object": rules.sort_errors,
    "sort_string": text_rules.sort_text_errors,
    "location_object": rules.location_errors,
    "location_string": text_rules.location_text_errors,
    "time_period_object": rules.period_errors,
    "time_period_string": text_rules.period_text_errors,
}


@pytest.mark.parametrize("case", [*cases("units_sorts"), *cases("units_locations"), *cases("units_time_periods")])
def test_objects_and_periods(case: dict[str, Any]) -> None:
    """Sorts, locations and time periods, as objects and as texts, are checked as the service checks them."""
    kind = case["input"]["kind"]
    if kind == "period_from_csv":
        expected = None if case["expect"].get("error") else case["expect"]["result"]
        assert expected == period_from_csv(case["input"]["value"])
        return
    if kind not in VALUE_RULES:
        _check_period_text(case["input"], case["expect"])
        return
    errors = [issue_json(error) for error in VALUE_RULES[kind](case["input"]["value"], "at")]
    wanted = case["expect"]["errors"]
    assert case["expect"]["valid"] == (errors == [])
    assert len(wanted) == len(errors)
    for want, error in zip(wanted, errors, strict=True):
        at = f"at.{want['property']}" if "property" in want else "at"
        named = {"path": at} | {key: value for key, value in want.items() if key != "property"}
        assert checker().issue_matches(named, error), (want, error)


def _check_period_text(given: dict[str, Any], expect: dict[str, Any]) -> None:
    if expect.get("error"):
        pytest.skip("the import refuses such years before this rule")
    match given["kind"]:
        case "period_label":
            assert expect["result"] == format_label(given["period"], TimeIdentifier(given["code"]))
        case "period_to_csv":
            assert expect["result"] == TimePeriod(code=TimeIdentifier("AY"), period=given["value"]).csv
        case "csv_year":
            _check_csv_year(given["year"], TimeIdentifier(given["code"]), expect["result"])
        case _:
            pytest.skip(f"no adapter for {given['kind']}")


def _check_csv_year(year: int, code: TimeIdentifier, expected: str) -> None:
    period, _ = stored_period(str(year), str(code))
    assert expected == TimePeriod(code=code, period=period).csv


def _index(known: dict[str, Any]) -> Index[str]:
    return Index(
        filters={option: (column, option) for option, column in known.get("filters", {}).items()},
        levels={code: code for code in known.get("geographicLevels", ())},
        locations={
            (level, "id", option): (f"location:{level}", option) for option, level in known.get("locations", {}).items()
        },
        periods={tuple(text.split("|")): text for text in known.get("timePeriods", ())},
    )


def _as_json(predicate: Any) -> Any:
    columns = {"level": "geographicLevel", "period": "timePeriod"}
    match predicate:
        case None:
            return None
        case Const(value):
            return {"const": value}
        case Compare(column, op, places):
            return {"column": columns.get(column, column), "op": op, "ids": list(places)}
        case Every(parts):
            return {"and": [_as_json(part) for part in parts]}
        case Some(parts):
            return {"or": [_as_json(part) for part in parts]}
        case Negated(part):
            return {"not": _as_json(part)}


@pytest.mark.parametrize("case", cases("units_parser"))
def test_parser(case: dict[str, Any]) -> None:
    """Criteria become the condition that the service makes of them, with its warnings."""
    parser = Parser(index=_index(case["input"]["known"]))
    predicate = parser.parse(case["input"]["criteria"], "")
    assert case["expect"]["predicate"] == _as_json(predicate)
    assert case["expect"]["warnings"] == [issue_json(warning) for warning in parser.warnings]


@pytest.mark.parametrize("case", cases("units_versions"))
def test_versions(case: dict[str, Any]) -> None:
    """Version texts mean what they mean to the service."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "resolve_version":
            published = [{"version": text, "status": "Published"} for text in given.get("publishedVersions", ())]
            specs = [item | {"ref": item["version"]} for item in given.get("versions", published)]
            item = _data_set({"status": "Published", "versions": specs}, "ds")
            try:
                found: Version | None = find_version(item, given["value"]).about.version
            except RefusedError:
                found = None
            wanted = expect.get("version")
            assert (None if wanted is None else Version.parse(wanted)) == found
        case "parse_wildcard_version":
            with pytest.raises(InvalidVersionError):
                parse_version(given["value"])
        case "format_version":
            assert expect["result"] == str(Version(given["major"], given["minor"], given["patch"]))
        case "version_type":
            spec = {"version": f"{given['major']}.{given['minor']}.{given['patch']}", "status": "Published"}
            assert expect["result"] == str(_version(0, spec).type)
        case "parse_version":
            _check_parsed(given["value"], expect)
        case "default_next_version" | "next_patch_version":
            patch = given["kind"] == "next_patch_version"
            found = next_version(Version.parse(given["value"]), Changes(), patch=patch)
            assert Version.parse(expect["result"]) == found
        case "previous_patches":
            specs = [{"version": text, "status": "Published", "ref": text} for text in given["versions"]]
            item = _data_set({"status": "Published", "versions": specs}, "ds")
            earlier = item.patches_before(find_version(item, given["value"]))
            assert expect["versions"] == [str(one.about.version) for one in earlier]
        case _:
            pytest.skip("a rule of version numbers that the box does not need yet")


def _check_parsed(text: str, expect: dict[str, Any]) -> None:
    if expect.get("error") or expect.get("valid") is False:
        with pytest.raises(InvalidVersionError):
            parse_version(text)
        return
    parsed = parse_version(text)
    parts = [getattr(parsed, name, None) for name in ("major", "minor", "patch")]
    assert [expect["major"], expect["minor"], expect["patch"]] == parts


@pytest.mark.parametrize("case", cases("units_ids"))
def test_ids(case: dict[str, Any]) -> None:
    """Ids are the service's sqids."""
    given, expect = case["input"], case["expect"]
    if given["kind"] == "sqid_table":
        assert expect["encodings"] == {number: ids.encode(int(number)) for number in expect["encodings"]}
        return
    assert expect.get("result") == ids.decode(given["value"])
    assert expect.get("canonical", not expect.get("error")) == ids.is_canonical(given["value"])


@pytest.mark.parametrize("case", cases("units_http"))
def test_paths(case: dict[str, Any]) -> None:
    """Paths with capitals are redirected to lower case; problem documents have the service's titles."""
    expect = case["expect"]
    if case["input"]["kind"] == "problem_details" and expect["status"] < 500:
        response = problem_response(Request(method="GET", path="/"), RefusedError(expect["status"]))
        assert expect == {name: json.loads(response.body)[name] for name in expect}
        return
    if case["input"]["kind"] == "preview_token_status":
        moments = (case["input"][f"{name}SecondsFromNow"] for name in ("activates", "expires"))
        activates, expires = (NOW + timedelta(seconds=seconds) for seconds in moments)
        assert expect["status"] == PreviewToken(id="t", activates=activates, expires=expires).status(NOW)
        return
    if case["input"]["kind"] != "lowercase_path":
        pytest.skip("time-outs and deliberate failures are not supported yet")
    redirect = lowercase_redirect(case["input"]["url"])
    assert expect["redirect"] == (redirect is not None)
    if "location" in expect:
        assert expect["location"] == redirect


TOYS = {
    "TestPerson": binding.object_reader(
        {"name": binding._text, "age": binding._integer, "aliases": binding._list_of(binding._text)}, required=("name",)
    ),
}
TOYS["TestGroup"] = binding.object_reader({"owner": TOYS["TestPerson"]}, required=("owner",))


@pytest.mark.parametrize("case", cases("units_request_input"))
def test_request_input(case: dict[str, Any]) -> None:
    """Unknown, missing and mistyped input is reported as the service reports it; the rest is bound as it binds it."""
    given, expect = case["input"], case["expect"]
    if given["kind"] == "trim" and not given["value"].startswith("?"):
        pytest.skip("values in paths of models that the box does not have; its own are trimmed, see test_routing")
    if given["kind"] == "json_body" and given["value"] == "":
        pytest.skip("no endpoint of the box has a compulsory body")
    bound, errors = None, []
    try:
        bound = _bound(given)
    except RefusedError as refused:
        errors = [{"code": error.code, "path": error.path} for error in refused.errors]
    assert expect.get("errors", {}).get("contains", []) == errors
    if "bound" in expect:
        assert expect["bound"] == bound


def _bound(given: dict[str, Any]) -> Any:
    """What the box binds the input to."""
    match given["kind"]:
        case "json_body":
            return TOYS[given["model"]](binding._parse(given["value"].encode()), "")
        case "query_list":
            pairs = parse_qsl(given["query"], keep_blank_values=True)
            return binding.QueryParams(pairs).texts("items", separated=given["separator"] is not None)
        case "trim":
            [(name, value)] = parse_qsl(given["value"].removeprefix("?"))
            return binding.QueryParams([(name, value)], known=[name]).member(name)
    pairs = parse_qsl(given["value"].removeprefix("?"), keep_blank_values=True)
    return _person(pairs) if given["model"] == "TestPerson" else _group(pairs)


def _person(pairs: binding.Params, prefix: str = "") -> dict[str, Any]:
    params = binding.QueryParams(pairs, known=[f"{prefix}name", f"{prefix}age"])
    has_age = any(name.lower() == f"{prefix}age" for name, _ in pairs)
    age, aliases = params.integer(f"{prefix}age", 0), params.texts(f"{prefix}aliases") or []
    params.require(f"{prefix}name".partition(".")[0])
    params.check()
    return {"name": params.member(f"{prefix}name"), "age": age if has_age else None, "aliases": aliases}


def _group(pairs: binding.Params) -> dict[str, Any]:
    return {"owner": _person(pairs, "owner.")}


# Import


def _summary(data: VersionData) -> dict[str, Any]:
    """What the pack's `expected.json` says, of an imported pair."""
    meta = data.meta
    periods = [{"code": str(item.code), "period": item.period} for item in data.periods]
    levels = sorted(str(level.code) for level in data.levels)
    numbers = {ids.decode(option.id): (group, option) for group in meta.locations for option in group.options}
    names = {"code": "code", "oldCode": "old_code", "urn": "urn", "laEstab": "la_estab", "ukprn": "ukprn"}
    locations: dict[str, list[dict[str, Any]]] = {}
    for number, (group, option) in sorted(numbers.items()):
        codes = {wire: option.codes[name] for wire, name in names.items() if name in option.codes}
        item = {"optionId": number, "id": option.id, "label": option.label, **codes}
        locations.setdefault(str(group.level.code), []).append(item)
    return {
        "totalResults": data.table.height,
        "geographicLevels": levels,
        "timePeriods": periods,
        "locations": [{"level": level, "options": options} for level, options in locations.items()],
        "filters": [
            {
                "id": item.id,
                "column": item.column,
                "label": item.label,
                "hint": item.hint,
                "defaultOption": data.default_options[item.column],
                "options": [{"id": option.id, "label": option.label} for option in item.options],
            }
            for item in meta.filters
        ],
        "indicators": [
            {
                "id": item.id,
                "column": item.column,
                "label": item.label,
                "unit": None if item.unit is None else str(item.unit),
                "decimalPlaces": item.decimal_places,
            }
            for item in meta.indicators
        ],
        "metaSummary": {
            "filters": [item.label for item in meta.filters],
            "indicators": [item.label for item in meta.indicators],
            "geographicLevels": levels,
            "timePeriodRange": {"start": periods[0], "end": periods[-1]},
        },
    }


PAIRS = ["absence_school", "absence_school_with_amendments", "filter_default_options", "synthetic_quoted"]


@pytest.mark.parametrize("pair", PAIRS)
def test_import_of_pairs(pair: str) -> None:
    """A CSV pair becomes the metadata and ids that the service makes of it."""
    path = conformance() / "processor" / pair / "expected.json"
    if not path.is_file():
        pytest.skip(f"no {path}; EES_CONFORMANCE names another")
    assert json.loads(path.read_text("utf-8")) == _summary(conformance_data(f"processor/{pair}"))


@pytest.mark.parametrize("case", cases("processor"))
def test_processor(case: dict[str, Any]) -> None:
    """An imported pair has what the case says; versions keep ids by equal key."""
    if case["name"].startswith("processor/ids/"):
        _check_kept_ids(case)
    elif case["name"].startswith(("processor/changes/", "processor/next-version/")):
        changed.check_processor_case(case)
    elif "data" not in case["input"]:
        pytest.skip("too large a data set to be part of the pack")
    else:
        found = _summary(conformance_data(case["input"]["data"].removesuffix("/data.csv")))
        found["defaultOptions"] = {item["column"]: item["defaultOption"] for item in found["filters"]}
        found["locationIds"] = found["locations"]
        expect = dict(case["expect"])
        if "expected" in expect:
            expect = json.loads((conformance() / expect["expected"]).read_text("utf-8"))
        assert checker().subset(expect, {name: found.get(name) for name in expect})


def _import_again(case: dict[str, Any], numbering: Numbering) -> VersionData:
    folder = case["input"].get("next", "processor/absence_school")
    data, meta = conformance() / folder / "data.csv", conformance() / folder / "metadata.csv"
    return ingest(
        data_name=data.name, data=data.read_bytes(), meta_name=meta.name, meta=meta.read_bytes(), numbering=numbering
    )


def _check_kept_ids(case: dict[str, Any]) -> None:
    kind, _, mapping = case["name"].rpartition("/")[2].partition("-")
    numbering = Numbering()
    first = _ids(_import_again({"input": {"next": "processor/absence_school"}}, numbering), kind)
    if mapping.endswith("None"):
        for key in first:
            numbering.map_by_hand(KINDS[len(key) if kind == "filters" else kind], key, None)
    else:
        numbering.map_by_hand("option", ("ncyear", "Year 10 (Final)"), ("ncyear", "Year 10"))
        numbering.map_by_hand("indicator", ("enrolment_numbers",), ("enrolments",))
    second = _ids(_import_again(case, numbering), kind)
    if mapping.endswith("None") and kind != "locations":
        assert set(first) == set(second)
        assert not set(first.items()) & set(second.items())
    else:
        assert sorted(first.values()) == sorted(second.values())


KINDS: dict[Any, Any] = {1: "filter", 2: "option", "indicators": "indicator", "locations": "location"}
"""Kinds of numbers by length of key for filters and options, else by the name in the case."""


def _ids(data: VersionData, kind: str) -> dict[tuple[str, ...], str]:
    """Ids of a version by key."""
    meta = data.meta
    if kind == "indicators":
        return {(item.column,): item.id for item in meta.indicators}
    if kind == "locations":
        places = [(group.level, option) for group in meta.locations for option in group.options]
        return {(str(level.code), option.label, *option.codes.values()): option.id for level, option in places}
    filters = {(item.column,): item.id for item in meta.filters}
    return filters | {(item.column, option.label): option.id for item in meta.filters for option in item.options}


def test_identifier_labels_are_exact() -> None:
    """The import knows time identifiers by their exact text only."""
    assert "Academic year" in IDENTIFIER_BY_LABEL
    assert "academic year" not in IDENTIFIER_BY_LABEL
    assert issubclass(DataFileError, ValueError)
