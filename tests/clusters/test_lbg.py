import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from fewclicks.clusters import VectorQuantizer
from fewclicks.clusters.lbg import split
from fewclicks.clusters.lloyd import Partition, Weighted


@pytest.fixture
def rows():
    random = np.random.default_rng(2)
    return (
        random.normal(size=(8, 4))[np.arange(400) % 8] * 9 + random.normal(size=(400, 4))
    ).astype(np.float32)


def splitting(rows, **settings):
    return VectorQuantizer(method="lbg", **settings).fit(rows)


def test_four_points_on_a_line_two_codewords():
    fitted = splitting([[0.0], [2.0], [10.0], [14.0]], n_codewords=2)
    # the mean 6.5 becomes 6.5 ∓ 0.01 σ; the lower half goes down, the upper up
    assert fitted.codebook_.ravel().tolist() == [1, 12]
    assert fitted.labels_.tolist() == [0, 0, 1, 1]
    assert fitted.distortion_ == pytest.approx((1 + 1 + 4 + 4) / 4)


def test_a_third_codeword_splits_the_cell_with_most_distortion():
    fitted = splitting([[0.0], [2.0], [10.0], [14.0]], n_codewords=3)
    assert fitted.codebook_.ravel().tolist() == [1, 10, 14]
    assert fitted.labels_.tolist() == [0, 0, 1, 2]


def test_one_codeword_is_the_mean(rows):
    fitted = splitting(rows, n_codewords=1)
    assert np.allclose(fitted.codebook_[0], rows.mean(axis=0), atol=1e-5)
    assert fitted.distortion_ == pytest.approx(rows.var(axis=0).sum(), rel=1e-5)


def test_splitting_by_hand():
    rows = np.array([[0.0], [4.0], [9.0], [11.0], [20.0]])
    found = Partition(
        np.array([[2.0], [10.0], [20.0]], np.float32), np.array([0, 0, 1, 1, 2], np.int32), 0
    )
    nudge = np.array([0.5], np.float32)
    data = Weighted(rows, np.array([1, 1, 5, 5, 1], np.float32))
    # weighted sums of squares: 8, 10 and 0
    assert split(data, found, 4, nudge).ravel().tolist() == [2, 9.5, 20, 10.5]
    assert split(data, found, 5, nudge).ravel().tolist() == [1.5, 9.5, 20, 2.5, 10.5]
    assert split(data, found, 99, nudge).ravel().tolist() == [1.5, 9.5, 19.5, 2.5, 10.5, 20.5]
    assert found.codebook.ravel().tolist() == [2, 10, 20]


def test_nothing_is_random(rows):
    first, other = (splitting(rows, n_codewords=11, random_state=seed) for seed in (1, 2))
    assert np.array_equal(first.codebook_, other.codebook_)


def test_weights_count_as_repetitions(rows):
    times = np.random.default_rng(3).integers(0, 4, len(rows))
    weighted = VectorQuantizer(13, method="lbg").fit(rows, sample_weight=times)
    repeated = splitting(np.repeat(rows, times, axis=0), n_codewords=13)
    assert np.allclose(weighted.codebook_, repeated.codebook_, rtol=1e-6, atol=1e-6)
    assert np.array_equal(np.repeat(weighted.labels_, times), repeated.labels_)
    assert weighted.distortion_ == pytest.approx(repeated.distortion_, rel=1e-5)


def test_it_agrees_with_the_slow_obvious_version(rows):
    nudge = 0.01 * rows.std(axis=0)
    codebook = rows.mean(axis=0)[None]
    while len(codebook) < 8:
        codebook = np.concatenate([codebook - nudge, codebook + nudge])
        before = np.inf
        for _ in range(10):
            squared = cdist(rows, codebook, "sqeuclidean")
            codebook = np.array(
                [rows[squared.argmin(1) == c].mean(0) for c in range(len(codebook))]
            )
            if before - squared.min(1).mean() <= 1e-4 * squared.min(1).mean():
                break
            before = squared.min(1).mean()
    fitted = splitting(rows, n_codewords=8, max_iter=10)
    assert np.allclose(fitted.codebook_, codebook, atol=1e-4)


@settings(max_examples=30)
@given(n_codewords=st.integers(1, 12), seed=st.integers(0, 1000))
def test_never_worse_than_the_mean_of_the_data(n_codewords, seed):
    rows = np.random.default_rng(seed).normal(size=(40, 3)).astype(np.float32)
    assert splitting(rows, n_codewords=n_codewords).distortion_ <= rows.var(axis=0).sum() + 1e-5


def test_progress_counts_only_the_last_stage(rows):
    heard = []
    fitted = VectorQuantizer(5, method="lbg").fit(rows, report=lambda *words: heard.append(words))
    done = [done for _, done, _ in heard]
    assert done == [0] * (len(done) - fitted.n_iter_) + list(range(1, fitted.n_iter_ + 1))
    assert done[0] == 0
