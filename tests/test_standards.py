"""The rule profiles: every number has a source, and only what somebody read binds."""

from __future__ import annotations

import pytest

from kgspatial.errors import InputError
from kgspatial.standards import Rule, profile_names, read_profile


@pytest.mark.parametrize("name", profile_names())
def test_every_rule_has_a_source_and_an_evidence_mark(name: str) -> None:
    for rule in read_profile(name).rules:
        assert rule.source
        assert rule.evidence in ("seen", "sec", "mem", "calc")


def test_the_ladder_is_30_places_a_class() -> None:
    profile = read_profile()
    assert [(s.classes, s.places) for s in profile.ladder] == [
        *((3, 90), (6, 180), (9, 270), (12, 360)),
    ]
    assert all(profile.places(s.classes) == s.places for s in profile.ladder)
    assert profile.ladder[-1].places == profile.max_places


def test_what_is_only_remembered_does_not_bind() -> None:
    assert not Rule("x", 1.0, "source", "mem").binds
    assert Rule("x", 1.0, "source", "seen").binds


def test_a_rule_is_found_by_its_id() -> None:
    assert read_profile().rule("targets.public_share").value == 0.5
    with pytest.raises(InputError, match=r"no rule 'targets\.nothing'"):
        read_profile().rule("targets.nothing")


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"Known: .*national"):
        read_profile("utopia")
