"""Cases of version texts and ids."""

from __future__ import annotations

import pytest

from eesclient import InvalidVersionError, Version
from tests.conformance import setups
from tests.conformance.pack import Case, no_adapter
from tests.doors.local import RefusedError, find_version, ids
from tests.doors.models import parse_version
from tests.local.changed import next_version
from tests.local.support import number_of, numbers_of


def check(case: Case) -> None:
    """units_versions: version texts mean what they mean to the service."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "resolve_version":
            _check_resolved(case)
        case "parse_wildcard_version" | "parse_version":
            _check_parsed(case)
        case "format_version":
            assert expect["result"] == str(Version(given["major"], given["minor"], given["patch"]))
        case "version_type":
            spec = {"version": f"{given['major']}.{given['minor']}.{given['patch']}", "status": "Published"}
            assert expect["result"] == str(setups.version(0, spec).type)
        case "default_next_version" | "next_patch_version":
            patch = given["kind"] == "next_patch_version"
            found = next_version(Version.parse(given["value"]), (), patch=patch)
            assert Version.parse(expect["result"]) == found
        case "previous_patches":
            item = setups.versions([_published(text) for text in given["versions"]])
            earlier = item.patches_before(find_version(item, given["value"]))
            assert expect["versions"] == [str(one.about.version) for one in earlier]
        case kind:
            no_adapter(kind)


def _published(text: str) -> dict[str, str]:
    return {"version": text, "status": "Published", "ref": text}


def _check_resolved(case: Case) -> None:
    given = case["input"]
    published = [_published(text) for text in given.get("publishedVersions", ())]
    specs = [item | {"ref": item["version"]} for item in given.get("versions", published)]
    try:
        found: Version | None = find_version(setups.versions(specs), given["value"]).about.version
    except RefusedError:
        found = None
    wanted = case["expect"].get("version")
    assert (None if wanted is None else Version.parse(wanted)) == found
    assert case["expect"].get("notFound", False) == (found is None)


def _check_parsed(case: Case) -> None:
    given, expect = case["input"], case["expect"]
    if expect.get("error") or expect.get("valid") is False:
        with pytest.raises(InvalidVersionError):
            parse_version(given["value"])
        return
    parsed = parse_version(given["value"])
    names = ("major", "minor", "patch")
    assert [expect[name] for name in names] == [getattr(parsed, name, None) for name in names]


def check_id(case: Case) -> None:
    """units_ids: ids are the service's sqids."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "sqid_table":
            assert expect["encodings"] == {number: ids.encode(int(number)) for number in expect["encodings"]}
        case "sqid_encode":
            assert expect["result"] == ids.encode(int(given["value"]))
        case "sqid_decode":
            number = number_of(given["value"])
            assert expect.get("result") == number
            is_canonical = number is not None and ids.encode(number) == given["value"]
            assert expect.get("canonical", not expect.get("error")) == is_canonical
            assert expect.get("encodes", numbers_of(given["value"])) == numbers_of(given["value"])
        case kind:
            no_adapter(kind)
