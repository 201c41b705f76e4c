import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.labels import acceptance
from fewclicks.labels.acceptance import confident, most_confident, precision_thresholds


def test_the_examples_hold():
    assert doctest.testmod(acceptance).failed == 0


def test_the_bound_itself_is_confident_enough():
    proba = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert confident(proba, 0.75).tolist() == [False, True]
    assert confident(proba, 0).all()
    assert not confident(proba, 1).any()


def test_the_surest_of_those_that_count_are_taken_ties_by_id():
    proba = np.array([[0.1, 0.9], [0.2, 0.8], [0.8, 0.2], [0.5, 0.5]])
    among = np.array([False, True, True, True])
    assert np.flatnonzero(most_confident(proba, 1, among)).tolist() == [1]
    assert np.flatnonzero(most_confident(proba, 2, among)).tolist() == [1, 2]
    assert np.flatnonzero(most_confident(proba, 9, among)).tolist() == [1, 2, 3]
    assert not most_confident(proba, 0, among).any()


@given(st.integers(0, 30), st.integers(0, 2**16))
def test_nothing_left_out_is_surer_than_what_is_taken(n, seed):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(3), 20)
    among = rng.random(20) < 0.5
    taken = most_confident(proba, n, among)
    assert taken.sum() == min(n, among.sum())
    assert not (taken & ~among).any()
    best = proba.max(axis=1)
    if taken.any() and (among & ~taken).any():
        assert best[taken].min() >= best[among & ~taken].max()


def test_bad_arguments_are_refused():
    proba = np.array([[0.5, 0.5]])
    with pytest.raises(InvalidInput, match=r"between 0 and 1 but is 1\.5"):
        confident(proba, 1.5)
    with pytest.raises(InvalidInput, match="2 entries"):
        most_confident(proba, 1, np.ones(2, bool))


def thresholds(shares, codes, right, n_classes=1, precision=0.9):
    return precision_thresholds(
        np.array(shares, float), np.array(codes), np.array(right, bool), n_classes, precision
    ).tolist()


def test_thresholds_lie_where_labels_are_right_often_enough():
    # by hand, five right then one wrong: at the fifth, (5 + 5 · 6/7) / 10 = 0.93; with the wrong
    # one, (5 + 5 · 6/8) / 11 = 0.80
    shares, right = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 1, 1, 1, 0]
    assert thresholds(shares, [0] * 6, right) == [0.5]
    assert thresholds(shares, [0] * 6, right, precision=0.79) == [0.4]
    assert thresholds(shares, [0] * 6, right, precision=0.99) == [np.inf]


def test_items_of_equal_share_are_taken_together_or_not_at_all():
    assert thresholds([0.9] * 5 + [0.5, 0.5], [0] * 7, [1, 1, 1, 1, 1, 1, 0], precision=0.92) == [
        0.9
    ]


def test_a_class_with_few_of_its_own_goes_by_all():
    shares, codes = [0.9] * 20 + [0.8], [0] * 20 + [1]
    found = thresholds(shares, codes, [1] * 20 + [0], n_classes=3)
    assert found[0] == 0.8  # (20 + 5 · 21/23) / 25
    assert found[1] == 0.9  # above its own, which is wrong
    assert found[2] == 0.8  # nothing of its own: (5 · 21/23) / 5


def test_nothing_validated_is_nothing_taken():
    assert thresholds([], np.empty(0, int), [], n_classes=2) == [np.inf, np.inf]
    with pytest.raises(InvalidInput, match="precision"):
        thresholds([0.5], [0], [1], precision=2)


@given(st.integers(0, 2**16))
def test_what_lies_above_a_threshold_is_right_often_enough(seed):
    rng = np.random.default_rng(seed)
    shares, codes = rng.random(60).round(2), rng.integers(0, 3, 60)
    right = rng.random(60) < shares
    for code, bound in enumerate(precision_thresholds(shares, codes, right, 3, 0.8)):
        taken = (codes == code) & (shares >= bound)
        if taken.sum() >= 20:
            assert right[taken].mean() > 0.7  # the few that are borrowed may make up for some
