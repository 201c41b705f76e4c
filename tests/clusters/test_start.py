import numpy as np
import pytest

from fewclicks.clusters import VectorQuantizer, start
from fewclicks.clusters.lloyd import Weighted


@pytest.fixture(scope="module")
def wide():
    """Rows of 260 columns in eight heaps that lie in a plane of 20 dimensions, and noise."""
    random = np.random.default_rng(5)
    heaps = random.normal(size=(8, 20)) @ random.normal(size=(20, 260))
    return (heaps[np.arange(5000) % 8] + random.normal(size=(5000, 260))).astype(np.float32)


def weighted(rows):
    return Weighted(rows, np.ones(len(rows), np.float32))


def test_a_sketch_keeps_what_varies_most(wide):
    narrow = start.sketch(weighted(wide), 16, np.random.RandomState(0))
    assert narrow.shape == (5000, 16)
    singular = np.linalg.svd(wide - wide.mean(axis=0), compute_uv=False)
    assert narrow.var(axis=0).sum() * 5000 == pytest.approx((singular[:16] ** 2).sum(), rel=0.02)
    apart = np.linalg.norm(narrow[0] - narrow[1])
    assert apart <= np.linalg.norm(wide[0] - wide[1])  # a projection never lengthens


def test_wide_rows_start_from_a_sketch_and_end_as_well(wide, monkeypatch):
    heard = []
    sketched = VectorQuantizer(40, random_state=0)
    sketched.fit(wide, report=lambda step, done, total: heard.append(done))
    monkeypatch.setattr(start, "WIDE", 1000)
    plain = VectorQuantizer(40, random_state=0).fit(wide)
    assert heard.count(0) > 1
    assert sketched.n_iter_ < plain.n_iter_
    assert sketched.distortion_ <= 1.002 * plain.distortion_


def test_a_sketch_of_every_third_row_does(wide, monkeypatch):
    monkeypatch.setattr(start, "BASIS_ROWS", 500)
    monkeypatch.setattr(start, "SKETCH_BYTES", 5000 * 65 * 4 // 3 + 1)
    seen = []
    monkeypatch.setattr(start, "sketch", lambda data, *_: seen.append(len(data.rows)) or data.rows)
    fitted = VectorQuantizer(8, random_state=0).fit(wide)
    assert seen == [1667]
    assert fitted.distortion_ == pytest.approx(wide[:8].shape[1], rel=0.01)  # the noise is left


def test_rows_without_weight_are_not_sketched(wide):
    weights = np.zeros(5000, np.float32)
    weights[:30] = 1
    fitted = VectorQuantizer(30, random_state=0).fit(wide, sample_weight=weights)
    assert fitted.distortion_ == pytest.approx(0, abs=1e-3)


def test_first_codewords_are_different_rows(wide):
    chosen = start.first_codewords(wide, np.ones(5000, np.float32), 20, np.random.RandomState(0))
    assert len(np.unique(chosen, axis=0)) == 20
    assert all((wide == codeword).all(axis=1).any() for codeword in chosen)
