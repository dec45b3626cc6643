"""Laws of checks, with what Hypothesis draws: order changes notes alone, and faults do not hide each other."""

from __future__ import annotations

import random
from functools import cache
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import sen2
from tests.doors.sen2 import Findings, declared

from .drafts import Draft
from .drawn import examples
from .faults import YEARS, Fault, faults

pytestmark = pytest.mark.property


def found(findings: Findings) -> list[tuple[object, ...]]:
    """Return what was found, but for lines and notes on order."""
    frame = findings.frame.filter(pl.col("rule") != "N01")
    return sorted(frame.select("rule", "table", "key", "element", "says", pl.col("code").fill_null("")).rows())


def shuffled(file: bytes, seed: int) -> bytes:
    """Return a file with the children of each element in another order; those of one name keep theirs."""
    chance, root = random.Random(seed), ET.fromstring(file)  # noqa: S311, S314 - our own file, and no secret
    for element in root.iter():
        tags = [child.tag for child in element]
        chance.shuffle(tags)
        queues = {tag: iter([child for child in element if child.tag == tag]) for tag in set(tags)}
        element[:] = [next(queues[tag]) for tag in tags]
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Draw a year's return with the fault of some rule of values."""
    year = draw(st.sampled_from(YEARS))
    rule = draw(st.sampled_from([rule for rule in declared(year) if rule.id[0] in "KGO" and not rule.untested]))
    fault = draw(st.sampled_from(list(faults(rule, year))))
    draft = Draft(year)
    fault.change(draft)
    return draft


@examples(20, 1_000)
@given(draft=drafts(), seed=st.integers(0, 1_000_000))
def test_order_of_elements_changes_notes_alone(draft: Draft, seed: int) -> None:
    """The same elements in another order have the same findings, and notes that say so."""
    file = draft.make().to_xml()
    straight, other = sen2.read(file).check(), sen2.read(shuffled(file, seed)).check()
    assert found(straight) == found(other)
    assert {"note"} >= set(other.frame.filter(pl.col("rule") == "N01")["severity"])


@cache
def wrong_codes(year: int) -> dict[tuple[object, ...], Fault]:
    """Return the faults of code lists, by their rule and place."""
    rules = [rule for rule in declared(year) if rule.id[0] == "K"]
    return {(rule.id, *fault.place): fault for rule in rules for fault in faults(rule, year)}


@examples(25, 1_000)
@given(data=st.data(), year=st.sampled_from(YEARS))
def test_code_faults_do_not_hide_each_other(data: st.DataObject, year: int) -> None:
    """Wrong codes in any number of elements are as many findings, each of its own rule."""
    places = wrong_codes(year)
    chosen = data.draw(st.sets(st.sampled_from(sorted(places))))
    draft = Draft(year)
    for place in chosen:
        places[place].change(draft)
    frame = draft.make().check(only="code").frame
    assert sorted(chosen) == sorted(frame.select("rule", "table", "key", "element").rows())
