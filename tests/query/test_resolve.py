"""Tests of resolution that the builder's tests do not reach."""

from __future__ import annotations

import pytest

from eesclient import QueryError
from eesclient import facets as f
from tests.doors.query import Comparator, FilterIds, Leaf, LevelCodes, Node, Resolver, leaves

from .examples import META


def test_resolved_leaves_stay() -> None:
    """Machine ids can stand among names."""
    leaf = FilterIds(comparator=Comparator.EQ, ids=("ofem",), filter_id="fsex")
    resolved = Resolver(META).condition(leaf & (f.level == "LA"))
    assert leaf & LevelCodes(comparator=Comparator.EQ, codes=("LA",)) == resolved


def test_foreign_nodes() -> None:
    """Anything that is no condition is refused."""
    with pytest.raises(QueryError, match="Node"):
        Resolver(META).condition(Node())


def test_no_findings() -> None:
    """Without findings nothing is raised."""
    resolver = Resolver(META)
    assert META.filters[1] == resolver.filter("Sex")
    resolver.findings.raise_any()


def test_filters_in() -> None:
    """The filters that a tree names are found at any depth."""
    resolver = Resolver(META)
    tree = resolver.condition((f.filter("Sex") == "Male") | ~((f.filter("fprov") == "Total") & (f.level == "LA")))
    named = [leaf.owner for leaf in leaves(tree) if isinstance(leaf, Leaf) and leaf.facet == "filters"]
    assert {"fsex", "fprov"} == {*named}
    assert [] == [*leaves(None)]
