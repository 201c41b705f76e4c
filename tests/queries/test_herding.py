import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear
from fewclicks.queries import Herding, Margin
from fewclicks.queries.herding import Herd, coverage, drawn, spacing


@pytest.fixture
def blobs():
    """Centres of three blobs of 60, 40 and 20 rows, and the rows."""
    rng = np.random.default_rng(3)
    centres = np.array([[0, 0], [30, 0], [0, 30]], float)
    return centres, np.repeat(centres, [60, 40, 20], axis=0) + rng.normal(0, 1, (120, 2))


class Doubts:
    """A model that gives the first class the shares it was made with."""

    def __init__(self, shares):
        self.shares = np.asarray(shares, float)

    def predict_proba(self, X):
        return np.column_stack([self.shares, 1 - self.shares])


def by_the_book(rows, weights, covered, radius, n):
    """Every gain anew for every pick, as the paper writes it."""
    alike = np.exp(-((rows[:, None] - rows) ** 2).sum(2) / radius**2)
    picked = []
    for _ in range(n):
        gains = np.maximum(alike - covered, 0) @ weights
        gains[picked] = -1
        picked.append(int(gains.argmax()))
        covered = np.maximum(covered, alike[picked[-1]])
    return picked


@pytest.mark.parametrize("radius", [0.3, 2.0, 40.0])
def test_picks_are_those_of_the_paper(radius, monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4)).astype(np.float32)
    weights = rng.random(300).astype(np.float32)
    covered = coverage(rows, rows[:5], radius)
    wanted = by_the_book(rows, weights, covered, radius, 25)
    monkeypatch.setattr("fewclicks.queries.herding.BLOCK", 70)
    assert Herd(rows, weights, covered, radius).pick(25).tolist() == wanted


def test_coverage_alone_goes_to_the_largest_blob_that_has_no_answer(blobs):
    centres, X = blobs
    alone = Herding(score=None, radius=3)
    picked = alone.pick(None, X, 3, random_state=1)
    assert [int(i) for i in np.searchsorted([60, 100, 120], picked, side="right")] == [0, 1, 2]
    assert np.abs(X[picked] - centres).max() < 1  # near the middle of each
    y = np.full(120, -1)
    y[picked[0]] = 0
    assert 60 <= alone.pick(None, X, 1, y=y)[0] < 100


def test_doubt_outweighs_size(blobs):
    _, X = blobs
    shares = np.where(np.arange(120) < 100, 0.999, 0.55)  # only the smallest blob is in doubt
    picked = Herding(radius=3).pick(Doubts(shares), X, 2, y=np.full(120, -1))
    assert picked[0] >= 100


def test_with_a_small_radius_it_asks_by_score(blobs):
    _, X = blobs
    shares = np.random.default_rng(0).uniform(0.5, 1, 120)
    model, y = Doubts(shares), np.full(120, -1)
    picked = Herding(radius=1e-6).pick(model, X, 30, y=y)
    assert picked.tolist() == Margin().pick(model, X, 30, y=y).tolist()


def test_the_radius_shrinks_as_answers_become_dense():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 8)).astype(np.float32)
    found = [spacing(rows[:n], rows, rng) for n in (0, 100, 1000, 5000)]
    assert found[0] == pytest.approx(found[1], rel=0.2)
    assert found[1] > 1.2 * found[2] > 1.2**2 * found[3] > 0


def test_equal_rows_do_no_harm():
    twice = np.repeat(np.random.default_rng(0).normal(size=(60, 3)), 2, axis=0)
    assert spacing(twice.astype(np.float32), twice[:0], np.random.default_rng(0)) > 0
    picked = Herding(score=None).pick(None, twice, 40)
    assert len(np.unique(picked // 2)) == 40  # never the same image again
    assert len(set(Herding(score=None).pick(None, np.ones((30, 2)), 5))) == 5


def test_no_doubt_at_all_is_coverage_alone(blobs):
    _, X = blobs
    certain = Herding(radius=3).pick(Doubts(np.ones(120)), X, 3, y=np.full(120, -1))
    assert sorted(np.searchsorted([60, 100, 120], certain, side="right")) == [0, 1, 2]


def test_of_a_large_pool_the_doubtful_are_drawn():
    rng = np.random.default_rng(0)
    scores = np.r_[np.zeros(500), np.full(500, 0.1), np.full(500, 0.4)]
    counts = np.zeros(3)
    for _ in range(200):
        ids, weights = drawn(scores, np.ones(1500, bool), 60, rng)
        assert len(np.unique(ids)) == 60
        assert (weights == 1).all()
        counts += np.bincount(ids // 500, minlength=3)
    assert counts[0] == 0
    assert counts[2] / counts[1] == pytest.approx(4, rel=0.15)
    ids, weights = drawn(scores, scores < 0.2, 600, rng)
    assert sorted(ids[weights > 0]) == list(range(500, 1000))  # what has no doubt counts nothing
    ids, weights = drawn(scores, scores > 0.2, 600, rng)
    assert sorted(ids) == list(range(1000, 1500))
    assert (weights == np.float32(0.4)).all()


def test_a_sample_stands_for_the_pool(blobs):
    _, X = blobs
    y = np.full(120, -1)
    y[[0, 60]] = [0, 1]
    model = CalibratedLinear().fit(X, y)
    picked = Herding(sample=24).pick(model, X, 6, y=y)
    assert len(set(picked.tolist())) == 6


def test_of_many_answers_some_stand_for_the_rest(blobs, monkeypatch):
    monkeypatch.setattr("fewclicks.queries.herding.MOST_ANSWERS", 30)
    _, X = blobs
    y = np.where(np.arange(120) < 100, 0, -1)
    assert Herding(score=None, radius=3).pick(None, X, 1, y=y)[0] >= 100


def test_the_kernel_is_one_of_equals_and_a_third_at_the_radius():
    rows = np.array([[0, 0], [3, 4]], np.float32)
    one = np.ones(2, np.float32)
    alike = Herd(rows, one, one, 5).alike(np.array([0, 1]))
    np.testing.assert_allclose(alike, [[1, np.exp(-1)], [np.exp(-1), 1]], rtol=1e-6)
    np.testing.assert_allclose(coverage(rows, rows[:1], 5), [1, np.exp(-1)], rtol=1e-6)
    assert coverage(rows, rows[:0], 5).tolist() == [0, 0]


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InvalidInput, match="sample"):
        Herding(sample=0)
    with pytest.raises(InvalidInput, match="radius"):
        Herding(radius=0.0)
