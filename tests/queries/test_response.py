import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fewclicks import settings
from fewclicks.errors import InvalidInput
from fewclicks.models import GLYPHS, CalibratedLinear
from fewclicks.queries import MeanRDE, entropy, make_strategy, response_distribution_entropy


def test_bits_by_hand():
    shares = np.array(
        [
            [0, 0, 1, 0],  # certain
            [0.5, 0.5, 0, 0],
            [0.25, 0.25, 0.25, 0.25],
            [0.5, 0.25, 0.125, 0.125],  # 1/2 + 2/4 + 3/8 + 3/8
        ]
    )
    assert response_distribution_entropy(shares).tolist() == [0, 1, 2, 1.75]
    assert response_distribution_entropy(np.ones((3, 1))).tolist() == [0, 0, 0]


@given(
    arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 8)), elements=st.floats(0, 1))
)
def test_bits_lie_between_0_and_the_log_of_the_classes(parts):
    parts[:, 0] += 0.01
    shares = parts / parts.sum(1, keepdims=True)
    bits = response_distribution_entropy(shares)
    assert (bits >= 0).all()
    assert (bits <= np.log2(shares.shape[1]) + 1e-9).all()
    np.testing.assert_allclose(bits, entropy(shares) * np.log2(shares.shape[1]), atol=1e-12)


class Views:
    """Believes in class 1 by the value of an item, and as much more as its view moves it."""

    def __init__(self, spread=0.2):
        self.spread = spread
        self.seeds, self.lengths = [], []

    def predict_proba(self, X):
        return np.stack([1 - np.asarray(X)[:, 0], np.asarray(X)[:, 0]], axis=1)

    def predict_augmented(self, X, random_state=0):
        self.seeds.append(random_state)
        self.lengths.append(len(X))
        moved = np.random.default_rng(random_state).uniform(-self.spread, self.spread, len(X))
        return self.predict_proba(np.clip(np.asarray(X)[:, 0] + moved, 0, 1)[:, None])


def test_the_mean_over_views_is_that_of_a_slow_loop():
    X = np.random.default_rng(0).random((50, 1))
    model = Views()
    scores = MeanRDE(k=5).score(model, X, random_state=3)
    by_hand = [
        [sum(-u * np.log2(u) for u in row if u > 0) for row in model.predict_augmented(X, seed)]
        for seed in model.seeds[:5]
    ]
    np.testing.assert_allclose(scores, np.mean(by_hand, axis=0))


def test_views_of_every_pass_and_block_differ_and_no_block_is_longer(monkeypatch):
    monkeypatch.setattr(settings, "BLOCK_ROWS", 16)
    model = Views()
    MeanRDE(k=4).score(model, np.full((50, 1), 0.5))
    assert len(set(model.seeds)) == len(model.seeds) == 4 * 4
    assert sorted(set(model.lengths)) == [2, 16]


def test_more_views_are_steadier():
    X = np.full((400, 1), 0.2)
    few, many = (MeanRDE(k=k).score(Views(), X).std() for k in (1, 16))
    assert many < few / 3


def test_the_seed_decides():
    X = np.random.default_rng(0).random((40, 1))
    one, same, other = (MeanRDE(2).score(Views(), X, random_state=seed) for seed in (5, 5, 6))
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()


def test_it_asks_what_is_confusing_in_every_view():
    X = np.array([[0.0], [0.5], [1.0], [0.45], [0.9]])
    assert set(MeanRDE().pick(Views(0.1), X, 2)) == {1, 3}


def test_plain_shares_stand_where_there_are_no_views():
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.full(60, -1)
    y[:6] = [0, 1, 2, 0, 1, 2]
    model = CalibratedLinear().fit(X, y)
    shares = model.predict_proba(X)
    expected = response_distribution_entropy(shares)
    np.testing.assert_allclose(MeanRDE(3).score(model, X), expected)
    np.testing.assert_allclose(MeanRDE(3).score(shares, X), expected)


def test_views_that_make_no_sense_are_refused():
    class Lost(Views):
        def predict_augmented(self, X, random_state=0):
            return np.full((len(X), 2), np.nan)

    class Short(Views):
        def predict_augmented(self, X, random_state=0):
            return np.full((len(X) - 1, 2), 0.5)

    X = np.zeros((10, 1))
    with pytest.raises(InvalidInput, match="shares of views from item 0 on must be finite"):
        MeanRDE().score(Lost(), X)
    with pytest.raises(InvalidInput, match="has 9 rows but its block of X has 10"):
        MeanRDE().score(Short(), X)
    for k in (0, 2.5):
        with pytest.raises(InvalidInput, match="k must be"):
            make_strategy("mean_rde", k=k).score(Views(), X)
    with pytest.raises(InvalidInput, match="needs a model"):
        MeanRDE().score(None, X)


def test_a_network_is_asked_by_its_own_views():
    pytest.importorskip("torch", reason="needs the extra torch")
    from fewclicks.models import Network

    rng = np.random.default_rng(0)
    images = rng.integers(0, 90, (60, 28, 28), dtype=np.uint8)
    images[::2, 10:18, 4:24] += 120
    images[1::2, 4:24, 10:18] += 120
    y = np.arange(60) % 2
    network = Network(epochs=1, min_steps=1, augment=GLYPHS).fit(images, y)
    one, same = (MeanRDE(2).score(network, images, random_state=4) for _ in range(2))
    assert one.tolist() == same.tolist()
    assert ((one >= 0) & (one <= 1.001)).all()
    assert not np.allclose(one, MeanRDE(2).score(network, images, random_state=5))
