import numpy as np

from experiments import baum_synthesis


class SureOfBright:
    """Reads images that are bright enough."""

    def predict_proba(self, images):
        sure = np.where(images.reshape(len(images), -1).mean(1) > 60, 1.0, 0.5)
        return np.stack([sure, 1 - sure], axis=1)


def test_a_row_for_each_kind_of_pair_and_space(monkeypatch):
    monkeypatch.setattr(baum_synthesis, "N_ANSWERS", 20)
    monkeypatch.setattr(baum_synthesis, "N_PAIRS", 6)
    rng = np.random.default_rng(0)
    classes = np.arange(80) % 2
    images = rng.integers(0, 40, (80, 28, 28), dtype=np.uint8)
    images[classes == 1, 10:18] += 200
    rows = baum_synthesis.run_seed(images, classes, SureOfBright(), seed=0)
    assert [(row["pairs"], row["space"]) for row in rows] == [
        ("nearest", "pixels"), ("nearest", "latent"), ("random", "pixels"), ("random", "latent"),
    ]  # fmt: skip
    for row in rows:
        assert 0 < row["made"] <= 6
        assert row["tie"] > 0.9
        assert 0 <= row["unreadable %"] <= 100
        assert row["picture"]["lines"].shape == (90, 30 * row["made"])


def test_unreadable_is_a_percentage():
    images = np.stack([np.full((28, 28), level, np.uint8) for level in (0, 30, 100, 200)])
    assert baum_synthesis.unreadable(images, SureOfBright()) == 50.0
