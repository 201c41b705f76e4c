import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear
from fewclicks.queries import VarianceReduction
from fewclicks.queries.variance import greedy, information_ratio


def outer(rows, weights):
    """Σ w z zᵀ for each class, written out."""
    return np.einsum("ic,ij,ik->cjk", weights, rows, rows)


def pool(seed=0, n=30, d=3, classes=3):
    rng = np.random.default_rng(seed)
    rows = np.hstack([rng.normal(size=(n, d)), np.ones((n, 1))])
    proba = rng.dirichlet(np.ones(classes), n)
    return rows, proba * (1 - proba)


def full_ratio(rows, proba, taught, penalty=1.0):
    """tr(I_pool · I_taught⁻¹) with the whole Fisher information, no class apart from another."""
    size = proba.shape[1] * rows.shape[1]
    total, known = np.zeros((size, size)), penalty * np.eye(size)
    for item, (z, p) in enumerate(zip(rows, proba, strict=True)):
        one = np.kron(np.diag(p) - np.outer(p, p), np.outer(z, z))
        total += one / len(rows)
        known += one * np.count_nonzero(taught == item)
    return np.trace(total @ np.linalg.inv(known))


def test_one_step_by_hand():
    # one class, one column: Q = 2, M = 1; z = 1, w = ¼ takes 2 to 2/1.25, z = 2 takes it to 2/2
    wanted, known = np.array([[[2.0]]]), np.array([[[1.0]]])
    assert information_ratio(wanted, known) == 2
    assert information_ratio(wanted, known + 0.25 * 4) == 1
    rows, weights = np.array([[1.0], [2.0]]), np.full((2, 1), 0.25)
    assert greedy(rows, weights, wanted, known, 1).tolist() == [1]


@given(st.integers(0, 1000))
def test_each_step_is_the_best_one_when_all_are_tried(seed):
    rows, weights = pool(seed, n=12)
    wanted, known = outer(rows, weights) / 12, np.tile(np.eye(4), (3, 1, 1))
    picked = greedy(rows, weights, wanted, known, 5)
    taken: list[int] = []
    for item in picked:
        tried = {
            other: information_ratio(
                wanted, known + outer(rows[[*taken, other]], weights[[*taken, other]])
            )
            for other in set(range(12)) - set(taken)
        }
        assert tried[item] == pytest.approx(min(tried.values()), rel=1e-9)
        taken.append(int(item))


def test_all_are_picked_once_when_all_are_wanted():
    rows, weights = pool(n=9)
    known = np.tile(np.eye(4), (3, 1, 1))
    assert sorted(greedy(rows, weights, known, known, 9)) == list(range(9))


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_information_ratio_falls_more_than_by_chance(seed):
    rng = np.random.default_rng(seed)
    truth = np.arange(120) % 3
    X = rng.normal(size=(120, 4)) + 2 * np.eye(3, 4)[truth]
    y = np.where(np.arange(120) < 9, truth, -1)
    model = CalibratedLinear().fit(X, y)
    proba = model.predict_proba(X)
    rows = np.hstack([(X - X.mean(axis=0)) / X.std(axis=0).mean(), np.ones((120, 1))])
    start = list(range(9))
    picked = VarianceReduction().pick(model, X, 10, y=y)
    ours = full_ratio(rows, proba, np.array([*start, *picked]))
    chance = [
        full_ratio(rows, proba, np.array([*start, *rng.choice(np.arange(9, 120), 10, False)]))
        for _ in range(20)
    ]
    assert ours < min(chance)


def test_answers_count_as_known():
    X = np.array([[-3.0], [3.0], [-3.1], [3.1], [0.0]])
    proba = np.full((5, 2), 0.5)
    answered_left = np.array([0, -1, 0, -1, -1])
    strategy = VarianceReduction(scaling="none")
    assert strategy.pick(proba, X, 1, y=answered_left).tolist() == [3]


def test_where_few_compete_the_unsure_are_among_them():
    X, _ = pool(n=200)
    proba = np.full((200, 2), [0.999, 0.001])
    proba[50:60] = 0.5
    picked = VarianceReduction(candidates=20).pick(proba, X, 10)
    assert sorted(picked) == list(range(50, 60))


def test_blocks_make_no_difference(monkeypatch):
    X, _ = pool(n=60)
    proba = np.random.default_rng(1).dirichlet(np.ones(3), 60)
    y = np.where(np.arange(60) < 20, 0, -1)
    whole = VarianceReduction().pick(proba, X, 8, y=y)
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 7)
    assert VarianceReduction().pick(proba, X, 8, y=y).tolist() == whole.tolist()


@pytest.mark.parametrize(
    "wrong", [{"penalty": 0}, {"candidates": 0}, {"pool_sample": 0}, {"scaling": "rows"}]
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        VarianceReduction(**wrong)
