import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import TypiClust
from fewclicks.queries.typical import sample, turns, typical_distance


def mask(n, *ids):
    return np.isin(np.arange(n), ids)


def asked(n, *ids):
    return np.where(mask(n, *ids), 0, -1)


def naive(X, k):
    """Every distance, sorted."""
    distances = np.sort(np.linalg.norm(X[:, None] - X, axis=2), axis=1)
    return distances[:, 1 : k + 1].mean(axis=1)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_distances_are_those_of_the_definition(seed, k):
    X = np.random.default_rng(seed).normal(size=(30, 3)).astype(np.float32) + 100
    np.testing.assert_allclose(typical_distance(X, X, k), naive(X, k), rtol=1e-3)


def test_a_row_alone_is_typical():
    assert typical_distance(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), 5) == [0]


def test_the_middle_of_each_heap_largest_first():
    small = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [3, 3]])
    large = np.array([[50, 0], [51, 0], [49, 0], [50, 1], [50, -1], [52, 1], [53, 3]])
    X = np.concatenate([small, large]).astype(np.float32)
    for seed in range(5):
        assert TypiClust(n_neighbours=4).pick(None, X, 2, random_state=seed).tolist() == [6, 0]


def test_a_heap_with_an_answer_is_passed_over():
    X = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]], 10, axis=0)
    X += np.random.default_rng(0).normal(size=X.shape) * 0.1
    picked = TypiClust().pick(None, X, 2, y=asked(30, 14))
    assert set(picked // 10) == {0, 2}


def test_turns_by_hand():
    cluster = np.repeat([0, 1, 2, 3], [8, 3, 6, 7])
    everything, nothing = np.ones(24, bool), np.zeros(24, bool)
    assert turns(cluster, everything, nothing).tolist() == [0, 3, 2, 1]
    assert turns(cluster, everything, mask(24, 0, 9)).tolist() == [3, 2, 0, 1]
    assert turns(cluster, mask(24, 10, 12), nothing).tolist() == [2, 1]


def test_more_than_one_item_of_a_cluster_where_there_are_fewer_clusters():
    X = np.repeat([[0.0, 0.0], [50.0, 0.0]], 20, axis=0)
    X += np.random.default_rng(0).normal(size=X.shape)
    picked = TypiClust(max_clusters=2).pick(None, X, 7)
    assert len(set(picked)) == 7
    assert sorted(np.bincount(picked // 20)) == [3, 4]
    assert (picked[:2] // 20).tolist() != (picked[1:3] // 20).tolist()


def test_a_sample_of_a_large_cluster_finds_its_dense_part():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(900, 2)) * 5, rng.normal(size=(300, 2)) * 0.2])
    strategy = TypiClust(max_clusters=1, candidates=60, neighbourhood=400)
    for seed in range(5):
        picked = strategy.pick(None, X, 1, random_state=seed)
        assert np.linalg.norm(X[picked]) < 0.6


def test_a_sample_is_all_where_there_is_no_more():
    rng = np.random.default_rng(0)
    assert sample(np.array([4, 7]), 2, rng).tolist() == [4, 7]
    some = sample(np.arange(100), 10, rng)
    assert len(set(some)) == 10
    assert (np.diff(some) > 0).all()


def test_parameters_must_fit():
    with pytest.raises(InvalidInput, match="neighbourhood must be between 500"):
        TypiClust(neighbourhood=100)
