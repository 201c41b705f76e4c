import numpy as np
import pytest

from benchmarks import peers
from benchmarks.contenders import CONTENDERS, OURS, QUICK, START, absent, draw

GLYPHS = {"kind": "glyphs", "grouped": False}
PHOTOS = {"kind": "photos", "grouped": True}


def test_every_contender_is_a_workflow_of_ours_or_a_learner_of_theirs():
    for name, contender in CONTENDERS.items():
        assert (contender.workflow is None) == (contender.package != OURS), name
        assert (contender.learner is None) == (contender.package == OURS), name
        assert contender.package == OURS or contender.package in peers.PACKAGES, name


def test_workflows_fit_small_and_large_collections():
    for contender in CONTENDERS.values():
        if contender.workflow is not None:
            assert contender.workflow(20).name
            assert contender.workflow(1_000_000).name
    assert CONTENDERS["threshold"].workflow(1000).initial == START / 1000


def test_who_takes_no_part_is_told_why(monkeypatch):
    monkeypatch.setattr(peers, "installed", lambda package: package != "modAL")
    assert absent("modal-margin", GLYPHS) == "not installed"
    assert absent("activeml-margin", PHOTOS) == ""
    assert absent("guided-network", PHOTOS) == "for glyphs only"
    assert absent("guided-network", GLYPHS) == ""
    assert absent("fewclicks-apart", GLYPHS) == "for groups only"
    assert absent("fewclicks-apart", PHOTOS) == ""
    assert [name for name in QUICK if absent(name, GLYPHS)] == []


def test_the_draw_depends_on_the_seed_alone():
    assert draw(50, 3).tolist() == draw(50, 3).tolist()
    assert draw(50, 3).tolist() != draw(50, 4).tolist()
    assert np.sort(draw(50, 3)).tolist() == list(range(50))


def test_probcover_needs_the_square_of_the_items():
    needs = CONTENDERS["activeml-probcover"].gigabytes
    assert needs(60_000) == pytest.approx(40.2, abs=0.1)
