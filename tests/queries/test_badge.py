import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import Badge
from fewclicks.queries.badge import Gradients, drawn
from fewclicks.queries.batch import Pool


def pool_of(proba, X):
    return Pool(proba, X, X, np.full(len(X), -1), np.ones(len(X), bool))


def random_pool(seed, n=60, n_classes=3, d=4):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(n_classes), n)
    return proba, rng.normal(size=(n, d)).astype(np.float32)


def formed(proba, X):
    """The gradients, each written out in full."""
    slopes = proba - np.eye(proba.shape[1])[proba.argmax(axis=1)]
    return np.einsum("ic,id->icd", slopes, X).reshape(len(X), -1)


def test_a_gradient_by_hand():
    gradients = Gradients.of(pool_of(np.array([[0.75, 0.25]]), np.array([[2.0, 1.0]])))
    assert gradients.slopes.tolist() == [[-0.25, 0.25]]
    assert gradients.squared.tolist() == [0.125 * 5]


@given(st.integers(0, 10_000))
def test_distances_are_those_of_gradients_written_out(seed):
    proba, X = random_pool(seed)
    whole = formed(proba, X)
    gradients = Gradients.of(pool_of(proba, X))
    np.testing.assert_allclose(gradients.squared, (whole**2).sum(axis=1), rtol=1e-5, atol=1e-6)
    expected = ((whole[:, None] - whole[:7]) ** 2).sum(axis=2)
    found = gradients.take(np.arange(60)).to(gradients.take(np.arange(7)))
    np.testing.assert_allclose(found, expected, atol=1e-5 * gradients.squared.max())


def test_gaps_shrink_to_the_nearest(monkeypatch):
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 16)
    proba, X = random_pool(1)
    whole = formed(proba, X)
    gaps = np.full(60, np.inf)
    Gradients.of(pool_of(proba, X)).shrink(gaps, np.array([5, 40]))
    expected = ((whole[:, None] - whole[[5, 40]]) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(gaps, expected, atol=1e-4)


def test_the_longest_gradient_comes_first():
    X = np.ones((5, 2))
    X[3] = 10
    proba = np.array([[0.5, 0.5], [1, 0], [1, 0], [0.6, 0.4], [0.5, 0.5]])
    assert Badge().pick(proba, X, 1).tolist() == [3]
    assert sorted(Badge().pick(proba, X, 5)) == [0, 1, 2, 3, 4]


def test_items_with_the_same_gradient_are_not_both_drawn():
    X = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
    proba = np.tile([0.5, 0.5], (30, 1))
    for seed in range(20):
        assert sorted(Badge().pick(proba, X, 3, random_state=seed) // 10) == [0, 1, 2]


def test_batches_are_drawn_by_the_law_of_k_means_plus_plus(monkeypatch):
    """Against the law itself: the chances of each second and third item after a first."""
    monkeypatch.setattr("fewclicks.queries.badge.DRAWS", 4)  # several passes per batch
    proba, X = random_pool(2, n=6)
    whole = formed(proba, X)
    squared = ((whole[:, None] - whole) ** 2).sum(axis=2)
    first = int((whole**2).sum(axis=1).argmax())
    chances = np.zeros((6, 6))
    for second in range(6):
        gaps = np.minimum(squared[first], squared[second])
        before = squared[first, second] / squared[first].sum()
        if second != first:
            chances[second] = before * gaps / gaps.sum()
    counts = np.zeros((6, 6))
    runs = 4000
    for seed in range(runs):
        picked = Badge().pick(proba, X, 3, random_state=seed)
        assert picked[0] == first
        counts[picked[1], picked[2]] += 1
    deviation = np.sqrt(chances * (1 - chances) / runs)
    assert (np.abs(counts / runs - chances) <= 4.5 * deviation + 1e-12).all()


def test_nothing_is_drawn_where_every_gap_is_closed():
    proba, X = random_pool(3)
    gradients = Gradients.of(pool_of(proba, X))
    assert drawn(gradients, np.zeros(60), 5, np.random.default_rng(0)) == []
    only = np.where(np.arange(60) == 17, 1.0, 0.0)
    assert drawn(gradients, only, 5, np.random.default_rng(0)) == [17]


def test_a_certain_model_gives_items_at_random():
    proba = np.tile([1.0, 0.0], (30, 1))
    X = np.random.default_rng(0).normal(size=(30, 3))
    batches = {tuple(Badge().pick(proba, X, 5, random_state=seed)) for seed in range(5)}
    assert len(batches) == 5
    assert all(len(set(batch)) == 5 for batch in batches)


def test_it_needs_a_model_and_finite_rows(tmp_path):
    proba, X = random_pool(4)
    with pytest.raises(InvalidInput, match="needs a model"):
        Badge().pick(None, X, 3)
    X[20, 2] = np.inf
    np.save(tmp_path / "rows.npy", X)
    with pytest.raises(InvalidInput, match="NaN or infinity"):
        Badge().pick(proba, np.load(tmp_path / "rows.npy", mmap_mode="r"), 3)
