import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.labels import acceptance
from fewclicks.labels.acceptance import confident, most_confident


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
