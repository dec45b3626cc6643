"""What the reference says of lists, versions, tokens and ids, as questions (sections 2, 4, 5, 7, 8, 11, 12, 14, 16)."""

from __future__ import annotations

from sqids import Sqids

from eesclient.local.ids import ALPHABET, MIN_LENGTH

from .asking import Asking, answered, refused, warned
from .outcomes import NotAskedError, expect
from .table import statement
from .transport_statements import UNKNOWN


@statement("pages of publications have at most 40, of data sets and versions 20, of rows 10,000", section="2")
def page_sizes(ask: Asking) -> None:
    """Ask each for one more."""
    publication = answered(ask.get("/publications", {"pageSize": "40"}))["results"][0]["id"]
    sizes = {
        "/publications": 41,
        f"/publications/{publication}/data-sets": 21,
        f"{ask.path}/versions": 21,
        f"{ask.path}/query": 10_001,
    }
    for path, size in sizes.items():
        refused(ask.get(path, {"pageSize": str(size)}), "InclusiveBetween", "pageSize")


@statement("a preview token that is none is ignored", section="4")
def odd_token(ask: Asking) -> None:
    """Send a word as the token."""
    expect(200, ask.get(ask.path, preview_token="none").status_code, "status")  # noqa: S106 - no token


@statement("missing parts of a version are zero, and a range is the highest published version in it", section="5")
def version_parts(ask: Asking) -> str:
    """Ask for the major version alone, and for its range."""
    major = ask.data_set.version.major
    exact = answered(ask.get(f"{ask.path}/versions/{major}"))["version"]
    expect(f"{major}.0", exact, f"version of {major}")
    return f"{major}.* is {answered(ask.get(f'{ask.path}/versions/{major}.*'))['version']}"


@statement("a range that begins with a wildcard is 404", section="5")
def odd_range(ask: Asking) -> None:
    """Ask for *.1.0."""
    expect(404, ask.get(f"{ask.path}/versions/*.1.0").status_code, "status")


@statement("a search of fewer than 3 characters gets MinimumLength", section="7")
def short_search(ask: Asking) -> None:
    """Search for two letters."""
    error = refused(ask.get("/publications", {"search": "ab"}), "MinimumLength", "search")
    expect(3, error.get("detail", {}).get("minLength"), "detail.minLength")


@statement("a publication that does not exist has no data sets, and 200", section="7")
def no_publication(ask: Asking) -> None:
    """Ask for its data sets."""
    expect([], answered(ask.get(f"/publications/{UNKNOWN}/data-sets"))["results"], "results")


@statement("versions are listed by major and minor number, newest first", section="8")
def version_order(ask: Asking) -> None:
    """Look at the first page."""
    found = [item["version"] for item in answered(ask.get(f"{ask.path}/versions", {"pageSize": "20"}))["results"]]
    numbers = [tuple(int(part) for part in version.split(".")[:2]) for version in found]
    expect(sorted(numbers, reverse=True), numbers, "versions")


@statement("the versions of a data set that does not exist are 404", section="8 and 20")
def no_versions(ask: Asking) -> None:
    """Ask for them."""
    expect(404, ask.get(f"/data-sets/{UNKNOWN}/versions").status_code, "status")


@statement("a property that a level does not have is refused by GET, and only warned of by POST", section="11")
def odd_property(ask: Asking) -> None:
    """Ask for a school by code."""
    path = "locations.eq"
    refused(ask.query([(path, "SCH|code|123456")]), "LocationAllowedProperty", path)
    location = {"level": "SCH", "code": "123456"}
    answer = ask.rows({"criteria": {"locations": {"eq": location}}})
    expect(["LocationsNotFound", "QueryNoResults"], warned(answer), "warnings")


@statement("an unknown option in notEq warns, and its condition is true", section="12")
def unknown_not_equal(ask: Asking) -> None:
    """Count the rows."""
    answer = ask.rows({"criteria": {"filters": {"notEq": "zzzzzzzzzz"}}})
    expect(["FiltersNotFound"], warned(answer), "warnings")
    expect(ask.rows({})["paging"]["totalResults"], answer["paging"]["totalResults"], "rows")


@statement("a repeated indicator counts once", section="12")
def repeated_indicator(ask: Asking) -> None:
    """Send one twice."""
    row = ask.rows({"indicators": [ask.indicator, ask.indicator]})["results"][0]
    expect([ask.indicator], [*row["values"]], "values")


@statement("the bound of a comparison of periods must be in the data set", section="12")
def unknown_bound(ask: Asking) -> None:
    """Ask for what follows 1901."""
    answer = ask.rows({"criteria": {"timePeriods": {"gt": {"period": "1901", "code": "CY"}}}})
    expect(["TimePeriodsNotFound", "QueryNoResults"], warned(answer), "warnings")


@statement("periods are compared by period text, then by the table's order of codes", section="14")
def chronological(ask: Asking) -> str:
    """Count the rows up to a period in the middle, and those of each period up to it."""
    periods = [item for item in ask.data_set.periods if item.is_matchable]
    if len(periods) < max(2, len(ask.meta.periods)):
        raise NotAskedError("the data set has fewer than two periods, or some that no question can match")
    wire = [{"period": item.period, "code": str(item.code)} for item in periods]
    middle = len(wire) // 2
    rows = ask.total({"timePeriods": {"lte": wire[middle]}})
    expect(ask.total({"timePeriods": {"in": wire[: middle + 1]}}), rows, "rows")
    return f"{rows:,} rows up to {periods[middle].label}"


@statement("ids are numbers, written with the service's alphabet", section="16")
def ids(ask: Asking) -> str:
    """Read all ids of the metadata as numbers."""
    meta = ask.meta
    found = [item.id for item in (*meta.filters, *meta.indicators)]
    found += [option.id for item in meta.filters for option in item.options]
    found += [option.id for item in meta.locations for option in item.options]
    sqids = Sqids(alphabet=ALPHABET, min_length=MIN_LENGTH)
    expect(found, [sqids.encode(sqids.decode(id_)) for id_ in found], "ids as the service writes them")
    return f"{len(found):,} ids"
