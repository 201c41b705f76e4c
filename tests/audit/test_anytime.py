"""Bounds at every look: all orders of small collections, what must always hold, simulations."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.audit import anytime
from fewclicks.audit.anytime import error_grid, error_interval, error_lower, error_upper
from fewclicks.betting import Doubt, log_wealth, paths
from fewclicks.errors import InvalidInput

AUDITS = st.lists(st.booleans(), max_size=40)


def test_the_examples_hold():
    assert doctest.testmod(anytime).failed == 0


@pytest.mark.parametrize("n_items", [5, 8])
@pytest.mark.parametrize("alpha", [0.3, 0.1])
def test_bounds_of_all_orders_miss_at_any_look_as_seldom_as_they_promise(n_items, alpha, orders):
    for n_wrong in range(n_items + 1):
        drawn = orders(n_items, n_wrong)
        share = n_wrong / n_items
        too_low = [
            any(error_upper(row[:n], n_items, alpha) < share - 1e-12 for n in range(n_items + 1))
            for row in drawn
        ]
        too_high = [
            any(error_lower(row[:n], n_items, alpha) > share + 1e-12 for n in range(n_items + 1))
            for row in drawn
        ]
        assert np.mean(too_low) <= alpha
        assert np.mean(too_high) <= alpha


def test_endless_items_are_a_collection_too_large_to_notice():
    wrong = np.random.default_rng(1).random(800) < 0.03
    grid = [0.05, 0.06, 0.07]
    for error in grid:
        endless = log_wealth(wrong, np.inf, error)
        assert endless == pytest.approx(log_wealth(wrong, 10**12, error), abs=1e-3)
    assert error_upper(wrong, np.inf) == pytest.approx(error_upper(wrong, 10**9), rel=0.05)
    assert error_lower(wrong, np.inf) == pytest.approx(error_lower(wrong, 10**9), rel=0.05)


@settings(max_examples=60)
@given(AUDITS, st.integers(40, 3000), st.sampled_from([0.3, 0.1, 0.05]))
def test_bounds_tighten_with_audits_and_with_a_larger_alpha(wrong, n_items, alpha):
    upper, lower = error_upper(wrong, n_items, alpha), error_lower(wrong, n_items, alpha)
    assert 0 <= lower <= 1
    assert 0 <= upper <= 1
    assert error_upper(wrong, n_items, alpha / 2) >= upper
    assert error_lower(wrong, n_items, alpha / 2) <= lower
    if len(wrong) < n_items:
        assert error_upper([*wrong, False], n_items, alpha) <= upper
        assert error_lower([*wrong, True], n_items, alpha) >= lower
        known = (sum(wrong) + 1) / n_items
        assert error_upper([*wrong, True], n_items, alpha) <= max(upper, known)


@settings(max_examples=60)
@given(AUDITS, st.integers(41, 3000))
def test_a_wrong_item_never_shows_less_error_than_a_right_one(wrong, n_items):
    for bound in (error_upper, error_lower):
        assert bound([*wrong, True], n_items) >= bound([*wrong, False], n_items)
    count = np.array([1, n_items // 2, n_items]) / n_items
    for error in count:
        right, not_right = (log_wealth([*wrong, x], n_items, error)[-1] for x in (False, True))
        assert not_right <= right


def test_the_interval_is_both_sides_with_half_of_alpha():
    wrong = [False] * 30 + [True] + [False] * 30
    low, high = error_interval(wrong, 1000, 0.1)
    assert low == error_lower(wrong, 1000, 0.05)
    assert high == error_upper(wrong, 1000, 0.05)


def test_everything_audited_is_simply_known():
    wrong = [True, False, False, True]
    assert error_interval(wrong, 4) == (0.5, 0.5)
    assert error_upper(wrong[:3], 4) <= 0.5
    assert log_wealth(wrong, 4, 0.75)[-1] == np.inf
    assert log_wealth(wrong, 4, 0.5)[-1] == -np.inf
    assert (log_wealth([True, True], 2, 0.5) == -np.inf).all()


def test_nothing_audited_shows_nothing_and_no_items_have_no_error():
    assert error_interval([], 100) == (0.0, 1.0)
    assert error_interval([], np.inf) == (0.0, 1.0)
    assert error_interval([], 0) == (0.0, 0.0)
    assert log_wealth([], 0, 0.01).shape == (0,)


def test_the_grid_has_every_share_of_few_items_and_those_asked_for():
    assert error_grid(4).tolist() == [0.25, 0.5, 0.75, 1.0]
    grid = error_grid(10**6, [0.0123456])
    assert len(grid) <= anytime.POINTS + 1
    assert np.isclose(grid, 0.012346).any()
    assert np.diff(np.log(grid)).max() < np.log(2) + 1e-9
    assert np.diff(np.log(grid[grid > 0.001])).max() < 0.02


def test_answers_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match="3 audits of 2 items"):
        log_wealth([True, False, True], 2, 0.1)
    with pytest.raises(InvalidInput, match="true or false"):
        log_wealth([0.5], 2, 0.1)
    with pytest.raises(InvalidInput, match="alpha"):
        error_upper([False], 2, 0.0)
    with pytest.raises(InvalidInput, match="shape"):
        error_upper([[False]], 2)


@pytest.mark.parametrize("share", [0.004, 0.05, 0.4])
def test_bounds_looked_at_after_every_audit_cover(share):
    rng = np.random.default_rng(3)
    n_items, repeats, alpha = 2000, 300, 0.1
    count = np.array(share * n_items)
    population = np.arange(n_items) < share * n_items
    drawn = np.array([rng.permutation(population)[:600] for _ in range(repeats)])
    # the bound is too low at some look only if the truth was bet against with success
    for fewer, doubted in ((True, count), (False, count + 1)):
        reached = paths(drawn, Doubt(doubted, n_items, fewer)).max(axis=1) >= -np.log(alpha)
        assert reached.mean() <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / repeats)
    for row in drawn[:25]:
        assert error_upper(row, n_items, alpha) < 3 * share + 0.02  # and says something
