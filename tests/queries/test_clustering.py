from dataclasses import dataclass

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.queries import ByScore, Entropy, UncertainClusters
from fewclicks.queries.clustering import clustered, representatives


def mask(n, *ids):
    return np.isin(np.arange(n), ids)


def test_representatives_by_hand():
    cluster = np.array([0, 0, 1, 1, 1, 2])
    distance = np.array([0.2, 0.1, 0.5, 0.3, 0.3, 0.0], np.float32)
    assert representatives(cluster, distance, ~mask(6)).tolist() == [1, 3, 5]
    assert representatives(cluster, distance, ~mask(6, 3)).tolist() == [1, 4, 5]
    assert representatives(cluster, distance, ~mask(6, 2, 3, 4)).tolist() == [1, 5]
    assert representatives(cluster, distance, mask(6)).tolist() == []


def heaps(sizes, seed=0):
    which = np.repeat(np.arange(len(sizes)), sizes)
    X = np.random.default_rng(seed).normal(size=(len(which), 2)) * 0.1
    X[:, 0] += 10 * which
    return X.astype(np.float32), which


def test_heaps_are_found_and_measured():
    X, which = heaps([20, 30, 25])
    cluster, squared = clustered(X, 3, 1)
    assert all(len(set(cluster[which == heap])) == 1 for heap in range(3))
    means = np.array([X[cluster == one].mean(axis=0) for one in range(3)])
    np.testing.assert_allclose(squared, ((X - means[cluster]) ** 2).sum(axis=1), atol=1e-4)


def test_weights_pull_the_centroid():
    X = np.array([[0.0], [1.0]], np.float32).repeat(5, axis=0)
    X += np.linspace(0, 0.01, 10, dtype=np.float32)[:, None]
    weights = np.r_[np.full(5, 3.0), np.full(5, 1.0)]
    _, squared = clustered(X, 1, 0, weights=weights)
    assert np.sqrt(squared[0]) == pytest.approx(0.25, abs=0.02)


def test_it_learns_from_a_sample_and_shares_out_all():
    X, which = heaps([300, 300])
    cluster, _ = clustered(X, 2, 3, train_rows=20)
    assert len(cluster) == 600
    assert len(set(cluster[which == 0])) == len(set(cluster[which == 1])) == 1


def test_rows_that_are_not_finite_are_refused():
    X, _ = heaps([20, 30])
    X[4] = np.inf
    with pytest.raises(InvalidInput, match="row 4"):
        clustered(X, 2, 0)


@dataclass(frozen=True)
class Given(ByScore):
    """Scores that are known beforehand."""

    scores: tuple[float, ...]
    name = "given"

    def score(self, model, X, *, y=None, features=None, random_state=0):
        return np.array(self.scores)


def test_one_item_of_each_uncertain_heap_by_hand():
    # two tight pairs score high, a third pair low: only the first two are clustered
    X = np.array([[0, 0], [0, 1], [9, 0], [9, 1], [5, 5], [5, 6]], np.float32)
    scores = Given((0.9, 0.8, 0.7, 0.95, 0.1, 0.2))
    for seed in range(5):
        picked = UncertainClusters(scores, candidates=2).pick(None, X, 2, random_state=seed)
        # the heavier of a pair lies nearer its weighted mean; the highest score comes first
        assert picked.tolist() == [3, 0]


def test_the_scores_pull_the_centroid():
    X = np.array([[0.0], [1.0], [2.2]])
    assert UncertainClusters(Given((0.9, 0.9, 0.9)), candidates=3).pick(None, X, 1) == [1]
    assert UncertainClusters(Given((0.1, 0.1, 0.9)), candidates=3).pick(None, X, 1) == [2]


def test_scores_may_be_negative_or_all_alike():
    X = np.random.default_rng(0).normal(size=(40, 2))
    for values in (np.full(40, -3.0), np.zeros(40), np.linspace(-5, -1, 40)):
        picked = UncertainClusters(Given(tuple(values))).pick(None, X, 6)
        assert len(set(picked)) == 6


def test_duplicates_do_not_leave_it_short():
    X = np.repeat(np.eye(2), 20, axis=0)
    assert len(set(UncertainClusters(Given((1.0,) * 40)).pick(None, X, 9))) == 9


def test_with_one_candidate_each_it_takes_the_highest_scores():
    rng = np.random.default_rng(1)
    proba, X = rng.dirichlet(np.ones(4), 50), rng.normal(size=(50, 3))
    picked = UncertainClusters(Entropy(), candidates=1).pick(proba, X, 8)
    assert picked.tolist() == Entropy().pick(proba, X, 8).tolist()


def test_candidates_must_be_a_whole_number():
    with pytest.raises(InvalidInput, match="candidates must be a whole number"):
        UncertainClusters(candidates=2.5)
