"""Bounds of samples of fixed size: published tables, sums over all outcomes, properties."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, hypergeom

from fewclicks import bounds
from fewclicks.bounds import (
    accuracy_bound,
    accuracy_interval,
    error_bound,
    sample_size,
    wilson_interval,
)
from fewclicks.errors import InvalidInput


def test_the_examples_hold():
    assert doctest.testmod(bounds).failed == 0


@given(st.integers(1, 400), st.data())
def test_the_bound_is_where_so_many_right_become_unlikely(n, data):
    right = data.draw(st.integers(1, n))
    bound = accuracy_bound(right, n)
    assert bound < right / n
    assert binom.sf(right - 1, n, bound) == pytest.approx(0.05, rel=1e-6)


def test_the_bound_at_its_ends():
    assert accuracy_bound(0, 10) == 0
    assert accuracy_bound(0, 0) == 0
    with pytest.raises(InvalidInput, match="right"):
        accuracy_bound(4, 3)


@given(st.integers(1, 500), st.data())
def test_the_interval_is_where_more_or_fewer_right_become_unlikely(n, data):
    right = data.draw(st.integers(0, n))
    low, high = accuracy_interval(right, n)
    assert 0 <= low <= right / n <= high <= 1
    if right:
        assert binom.sf(right - 1, n, low) == pytest.approx(0.025, rel=1e-6)
    if right < n:
        assert binom.cdf(right, n, high) == pytest.approx(0.025, rel=1e-6)
    assert accuracy_interval(n - right, n) == pytest.approx((1 - high, 1 - low))


def test_the_interval_at_its_ends():
    assert accuracy_interval(0, 0) == (0, 1)
    assert accuracy_interval(10, 10) == (pytest.approx(0.025 ** (1 / 10)), 1)
    with pytest.raises(InvalidInput, match="right"):
        accuracy_interval(4, 3)


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_error_bound_is_the_accuracy_bound_turned_around(wrong, n, confidence):
    wrong = min(wrong, n)
    bound = error_bound(wrong, n, confidence)
    assert bound == pytest.approx(1 - accuracy_bound(n - wrong, n, confidence))
    assert bound >= wrong / n


@given(st.integers(1, 60), st.data())
def test_the_bound_of_a_finite_collection_is_the_last_that_is_not_unlikely(n_items, data):
    n = data.draw(st.integers(0, n_items))
    wrong = data.draw(st.integers(0, n))
    possible = np.arange(wrong, n_items - n + wrong + 1)
    likely = hypergeom.cdf(wrong, n_items, possible, n) > 0.05
    found = error_bound(wrong, n, n_items=n_items)
    assert found == possible[likely].max() / n_items


@given(st.integers(1, 200), st.integers(0, 200), st.sampled_from([0.8, 0.9, 0.95]))
def test_more_wrong_loosens_and_more_items_and_less_confidence_tighten(n, wrong, confidence):
    wrong = min(wrong, n)
    for finite in ({}, {"n_items": 500}):
        bound = error_bound(wrong, n, confidence, **finite)
        assert error_bound(wrong, n + 1, confidence, **finite) <= bound
        assert error_bound(wrong + 1, n + 1, confidence, **finite) >= bound
        assert error_bound(wrong, n, confidence + 0.04, **finite) >= bound


@pytest.mark.parametrize(("n_items", "n"), [(40, 12), (200, 60)])
def test_the_bound_of_a_finite_collection_covers_by_summing_over_all_outcomes(n_items, n):
    held = np.array([error_bound(wrong, n, n_items=n_items) for wrong in range(n + 1)])
    for n_wrong in range(n_items + 1):
        chances = hypergeom.pmf(np.arange(n + 1), n_items, n_wrong, n)
        assert chances[held * n_items + 1e-9 < n_wrong].sum() <= 0.05 + 1e-12


def test_everything_looked_at_leaves_no_doubt():
    assert error_bound(3, 10, n_items=10) == 0.3
    assert error_bound(0, 0, n_items=10) == 1.0


def test_the_published_sample_sizes():
    assert [sample_size(0.01, wrong) for wrong in range(7)] == [
        *(299, 473, 628, 773, 913, 1049, 1182)
    ]
    assert sample_size(0.01, confidence=0.99) == 459
    assert sample_size(0.05) == 59
    assert sample_size(1.0) == 1


@given(st.floats(0.005, 0.9), st.integers(0, 8), st.sampled_from([0.8, 0.95]))
def test_one_item_fewer_would_not_do(error, wrong, confidence):
    n = sample_size(error, wrong, confidence)
    assert error_bound(wrong, n, confidence) <= error
    assert n == 1 or wrong > n - 1 or error_bound(wrong, n - 1, confidence) > error


@given(st.integers(1, 500), st.data())
def test_the_interval_for_display_is_that_of_scipy(n, data):
    right = data.draw(st.integers(0, n))
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_what_cannot_be_is_refused():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(InvalidInput, match="wrong"):
        error_bound(4, 3)
    with pytest.raises(InvalidInput, match="n_items"):
        error_bound(1, 3, n_items=2)
    with pytest.raises(InvalidInput, match="error"):
        sample_size(0.0)
