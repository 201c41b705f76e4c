"""Bets: the equations step by step, all orders of small collections, what must always hold."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks import betting
from fewclicks.betting import Doubt, log_wealth, paths


def wealth_step_by_step(wrong, n_items, error, p0, d):
    """K of METHODS' section on ALPHA, in its own letters."""
    k, s, wealth = 1.0, 0, []
    for t, x in enumerate(wrong, start=1):
        m = (n_items * error - s) / (n_items - t + 1)
        p = (d * p0 + s) / (d + t - 1)
        f = min(max(1 - p / m, 0.0), 0.95)
        k *= 1 + f * (m - x) / (1 - m) if m < 1 else (1 - f if x else math.inf)
        s += x
        wealth.append(k)
    return wealth


def test_the_examples_hold():
    assert doctest.testmod(betting).failed == 0


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(61, 500), st.data())
def test_the_wealth_is_that_of_the_equations(wrong, n_items, data):
    count = data.draw(st.integers(61, n_items))
    guess, weight = data.draw(st.floats(0.001, 0.3)), data.draw(st.floats(1, 300))
    found = log_wealth(wrong, n_items, count / n_items, guess=guess, weight=weight)
    expected = wealth_step_by_step(wrong, n_items, count / n_items, guess, weight)
    possible = np.arange(1, len(wrong) + 1) - np.cumsum(wrong) <= n_items - count
    assert np.exp(found[possible]) == pytest.approx(np.array(expected)[possible], rel=1e-9)
    assert (found[~possible] == np.inf).all()


def test_the_guess_is_that_of_the_published_table():
    wrong = np.random.default_rng(0).random(5000) < 0.004
    found = log_wealth(wrong, 60000, 0.01)
    assert np.exp(found) == pytest.approx(
        wealth_step_by_step(wrong, 60000, 0.01, 0.002, 300), rel=1e-9
    )


@pytest.mark.parametrize("n_items", [4, 7])
@pytest.mark.parametrize("fewer", [True, False])
def test_no_bet_wins_on_average_where_the_doubt_is_right(n_items, fewer, orders):
    for count in range(1, n_items + 1):
        true_ones = range(count, n_items + 1) if fewer else range(count)
        doubt = Doubt(np.array(float(count)), n_items, fewer)
        for n_wrong in true_ones:
            wealth = np.exp(paths(orders(n_items, n_wrong), doubt))
            assert (wealth.mean(axis=0) <= 1 + 1e-12).all()
            for alpha in (0.5, 0.2, 0.05):
                assert np.mean(wealth.max(axis=1) >= 1 / alpha) <= alpha


def test_less_than_one_wrong_item_is_none():
    assert log_wealth([False] * 9, 10, 0.01)[-1] < np.inf
    assert log_wealth([False] * 10, 10, 0.01)[-1] == np.inf
    assert log_wealth([False] * 10, 10, 0.0)[-1] == np.inf
    assert log_wealth([True], 10, 0.01)[-1] == -np.inf


def test_runs_side_by_side_are_runs_one_by_one():
    wrong = np.random.default_rng(2).random((5, 300)) < 0.01
    together = log_wealth(wrong, 5000, 0.02)
    assert together == pytest.approx(np.array([log_wealth(row, 5000, 0.02) for row in wrong]))
