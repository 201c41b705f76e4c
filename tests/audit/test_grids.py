"""Audits on pages: what is missed is allowed for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from fewclicks.audit.anytime import error_lower, error_upper
from fewclicks.audit.certificate import Claim
from fewclicks.audit.grids import SPLIT, _most_wrong, certify_grids, grid_error_upper
from fewclicks.errors import InvalidInput


@given(st.integers(0, 60), st.floats(0.05, 1), st.integers(60, 200), st.floats(0.001, 0.2))
def test_the_most_that_can_be_wrong_by_trying_each(noticeable, noticed, n_items, luck):
    possible = [
        w for w in range(n_items + 1) if w <= noticeable or binom.cdf(noticeable, w, noticed) > luck
    ]
    assert _most_wrong(noticeable, noticed, n_items, luck) == max(possible)


def test_the_shares_of_alpha_are_alpha():
    assert sum(SPLIT) == pytest.approx(1)


def test_nobody_misses_anything_and_all_is_nearly_as_without_pages():
    flagged = [False] * 500
    plain = error_upper(flagged, 60000, 0.05)
    assert plain < grid_error_upper(flagged, 60000, [False] * 2000) < 1.2 * plain
    assert grid_error_upper(flagged, 60000, []) == 1.0
    assert grid_error_upper([], 0, []) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.lists(st.booleans(), max_size=40))
def test_what_is_missed_loosens_and_what_is_looked_at_tightens(flagged, missed):
    upper = grid_error_upper(flagged, 300, missed)
    assert sum(flagged) / 300 <= upper <= 1
    assert grid_error_upper(flagged, 300, [*missed, False]) <= upper
    assert grid_error_upper(flagged, 300, [*missed, True]) >= grid_error_upper(
        flagged, 300, [*missed, False]
    )
    assert grid_error_upper([*flagged, False], 300, missed) <= upper
    assert grid_error_upper(flagged, 300, missed, 0.01) >= upper


@pytest.mark.parametrize("share_single", [0.0, 0.5])
def test_the_bound_is_as_seldom_too_low_as_promised(share_single):
    rng = np.random.default_rng(7)
    n_items, n_wrong, miss, alpha, repeats = 600, 60, 0.3, 0.3, 80
    too_low = without = 0
    for _ in range(repeats):
        wrong = rng.permutation(np.arange(n_items) < n_wrong)[:300]
        single = rng.random(300) < share_single
        flagged = wrong & (single | (rng.random(300) >= miss))
        missed = rng.random(120) < miss
        looks = range(100, 301, 100)
        too_low += any(
            grid_error_upper(flagged[:n], n_items, missed[: n // 2], alpha) < n_wrong / n_items
            for n in looks
        )
        without += any(error_upper(flagged[:n], n_items, alpha) < n_wrong / n_items for n in looks)
    assert too_low / repeats <= alpha
    if not share_single:
        assert without > too_low  # who forgets what was missed is too hopeful


def test_what_a_certificate_of_pages_says():
    made = certify_grids([False] * 450, 60000, [True] * 4 + [False] * 196, Claim(0.01))
    assert made.holds
    assert made.certified_at == 450
    assert (made.planted, made.missed) == (200, 4)
    assert any(said.startswith("4 of 200 wrong labels planted") for said in made.sentences)
    flagged = [True] + [False] * 449
    lacks = certify_grids(flagged, 60000, [True] * 40 + [False] * 160, Claim(0.01))
    assert lacks.estimate == pytest.approx(1 / 450 / 0.8)
    assert lacks.lower == error_lower(flagged, 60000)
    assert 0 < lacks.to_go < 5000
    blind = certify_grids([False] * 450, 60000, [True] * 3, Claim(0.01))
    assert not blind.holds
    assert blind.to_go == math.inf
    assert math.isnan(blind.estimate)


def test_the_outlook_of_pages_is_what_it_takes():
    missed = [True] * 4 + [False] * 196
    to_go = certify_grids([False] * 200, 60000, missed, Claim(0.01)).to_go
    took = next(
        n
        for n in range(200, 1000, 5)
        if certify_grids([False] * n, 60000, missed, Claim(0.01)).holds
    )
    assert 0.5 < to_go / (took - 200) < 2.5


def test_answers_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match="items"):
        grid_error_upper([False] * 3, 2, [])
