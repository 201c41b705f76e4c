import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks import settings
from fewclicks.errors import InvalidInput
from fewclicks.features import RelevantComponents
from fewclicks.neighbours import knn_graph


@parametrize_with_checks([RelevantComponents()])
def test_scikit_learn_manners(estimator, check):
    check(estimator)


@pytest.fixture
def sequences():
    """Sixty sequences of five things of four kinds: what the kinds share varies far the most."""
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(60) % 4, 5)
    rows = random.normal(size=(300, 8)) * [20, 20, 20, 1, 1, 1, 1, 1]
    rows[:, 3:7] += 10 * np.eye(4)[kinds]
    return rows.astype(np.float32), np.repeat(np.arange(60), 5), kinds


def test_two_pairs_by_hand():
    rows = np.array([[-2, 1], [2, 1], [-2, -1], [2, -1]], dtype=np.float32)
    fitted = RelevantComponents(0.5).fit(rows, [0, 0, 1, 1])
    # the pairs scatter (4, 0), half of it spread evenly: (2 + 1, 0 + 1)
    made = fitted.transform(rows)
    assert np.allclose(np.abs(made), np.abs(rows / np.sqrt([3, 1])), atol=1e-5)


def test_like_things_become_neighbours(sequences):
    rows, groups, kinds = sequences

    def share_alike(made):
        found = knn_graph(made, k=20).indices
        return float((kinds[found] == kinds[:, None]).mean())

    before = share_alike(rows)
    after = share_alike(RelevantComponents().fit(rows, groups).transform(rows))
    assert before < 0.5
    assert after > 0.9


def test_the_scatter_is_that_of_a_loop(sequences):
    rows, groups, _ = sequences
    groups = np.where(groups % 3 == 0, -1, groups)  # a third belong to none, and tell nothing
    fitted = RelevantComponents(1e-6).fit(rows, groups)
    made = fitted.transform(rows)
    apart = [made[groups == g] - made[groups == g].mean(axis=0) for g in set(groups) - {-1}]
    apart = np.concatenate(apart)
    assert np.allclose(apart.T @ apart / len(apart), np.eye(8), atol=1e-3)


def test_blocks_do_not_change_what_is_learnt(sequences, monkeypatch):
    rows, groups, _ = sequences
    whole = RelevantComponents().fit(rows, groups).transform(rows)
    monkeypatch.setattr(settings, "BLOCK_ROWS", 7)
    parts = RelevantComponents().fit(rows, groups).transform(rows)
    assert np.allclose(np.abs(whole), np.abs(parts), atol=1e-3)


def test_copies_teach_nothing():
    rows = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0)
    with pytest.raises(InvalidInput, match="must differ but none do"):
        RelevantComponents().fit(rows, [0, 0, 1, 1, 2, 2])
    with pytest.raises(InvalidInput, match="none do"):
        RelevantComponents().fit(rows, [-1] * 6)


@pytest.mark.parametrize("shrinkage", [0, 1.5, float("nan")])
def test_a_shrinkage_out_of_its_range_is_refused(sequences, shrinkage):
    with pytest.raises(InvalidInput, match="shrinkage"):
        RelevantComponents(shrinkage).fit(sequences[0], sequences[1])
