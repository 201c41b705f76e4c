import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.queries import DensityWeighted, entropy, margin
from fewclicks.queries.density import density


def test_by_hand():
    # the sample's farthest of three is at 2, 1 and 2: h = 2, so exp(−d²)
    sample = np.array([[-1.0], [0.0], [1.0]])
    found = density(np.array([[0.0], [5.0]]), sample)
    assert found == pytest.approx([(1 + 2 / np.e) / 3, np.exp(-16) / 3], rel=1e-3)


def test_as_it_is_defined(monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.normal(1000, 1, (300, 6))
    sample = rows[::6]
    gaps = np.linalg.norm(sample[:, None] - sample, axis=2)
    reach = np.median(np.sort(gaps, axis=1)[:, 10])
    squared = ((rows[:, None] - sample) ** 2).sum(axis=2)
    slow = np.exp(-4 * squared / reach**2).mean(axis=1)
    monkeypatch.setattr("fewclicks.queries.density.BLOCK", 64)
    np.testing.assert_allclose(density(rows, sample), slow, rtol=1e-2, atol=1e-5)


def test_duplicates_far_from_everything_are_no_denser_than_1():
    rows = np.repeat([[1e5, 0.0], [-1e5, 0.1], [-1e5, 0.2]], [2, 20, 20], axis=0)
    found = density(rows, rows)
    assert (found <= 1).all()
    assert found[0] < found[10]
    assert (density(rows, rows[:1]) <= 1).all()


def test_an_outlier_is_asked_last_and_beta_0_is_the_score_alone():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    X[7] = 50
    proba = rng.dirichlet(np.ones(3), 200)
    proba[7] = 1 / 3
    assert entropy(proba).argmax() == 7
    assert DensityWeighted().score(proba, X)[7] < 0.01
    alone = DensityWeighted("margin", beta=0).score(proba, X)
    np.testing.assert_allclose(alone, margin(proba))
    one, two = (DensityWeighted(beta=beta).score(proba, X) for beta in (1, 2))
    np.testing.assert_allclose(two * entropy(proba), one**2, rtol=1e-6)


def test_the_unsure_of_a_dense_area_come_before_those_of_a_thin_one():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (180, 2)), rng.normal(30, 6, (20, 2))])
    proba = np.full((200, 2), 0.5)
    assert (DensityWeighted(sample=100).pick(proba, X, 50) < 180).all()


def test_rows_on_disk_that_are_not_finite_are_refused(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[17] = np.nan
    np.save(tmp_path / "rows.npy", X)
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    for sample in (3, 30):
        with pytest.raises(InvalidInput, match="finite"):
            DensityWeighted(sample=sample).score(np.full((30, 2), 0.5), rows)


@pytest.mark.parametrize("wrong", [{"uncertainty": "doubt"}, {"beta": -1}, {"sample": 0}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        DensityWeighted(**wrong)
