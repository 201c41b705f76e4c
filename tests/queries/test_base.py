import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries.base import pick, spread_out, within


def path(n):
    return sp.csr_matrix(np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1))


def mask(n, *ids):
    return np.isin(np.arange(n), ids)


def test_the_highest_scores_come_first():
    scores = np.array([0.1, 0.9, 0.5, 0.7])
    assert pick(scores, 3).tolist() == [1, 3, 2]
    assert pick(scores, 2, exclude=mask(4, 1)).tolist() == [3, 2]


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(-1, 25), st.integers(0, 5))
def test_picks_are_the_best_and_repeat(scores, n, seed):
    values = np.array(scores, dtype=float)
    picked = pick(values, n, random_state=seed)
    assert picked.tolist() == pick(values, n, random_state=seed).tolist()
    assert len(set(picked.tolist())) == len(picked) == min(max(n, 0), len(values))
    assert values[picked].tolist() == sorted(scores, reverse=True)[: len(picked)]


def test_ties_fall_by_the_seed():
    assert len({tuple(pick(np.zeros(50), 5, random_state=s)) for s in range(5)}) == 5


def test_within_two_hops_on_a_path():
    assert within(path(7), 3, 2).tolist() == [1, 2, 3, 4, 5]
    assert within(path(7), 0, 1).tolist() == [0, 1]
    assert within(path(7), 4, 0).tolist() == [4]


def test_near_items_are_set_aside():
    scores = np.array([0.0, 1.0, 0.9, 0.8, 0.7, 0.6])
    assert spread_out(scores, path(6), 2).tolist() == [1, 4]
    assert spread_out(scores, path(6), 2, exclude=mask(6, 1)).tolist() == [2, 5]


def test_what_was_set_aside_opens_again():
    assert spread_out(np.array([3.0, 2.0, 1.0]), path(3), 3).tolist() == [0, 1, 2]


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(-1, 25), st.integers(0, 100))
def test_never_an_excluded_item_and_never_twice(n_items, n, seed):
    rng = np.random.default_rng(seed)
    excluded = rng.random(n_items) < 0.4
    picked = spread_out(rng.random(n_items), path(n_items), n, exclude=excluded)
    assert not excluded[picked].any()
    assert len(set(picked.tolist())) == len(picked) == max(0, min(n, (~excluded).sum()))


@pytest.mark.parametrize("exclude", [np.array([1, 2, 3]), np.array([True])])
def test_exclude_is_a_mask(exclude):
    with pytest.raises(InvalidInput, match="mask of 3 booleans"):
        pick(np.zeros(3), 1, exclude=exclude)
