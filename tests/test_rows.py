"""Walking matrices in blocks."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator

from fewclicks import rows, settings
from fewclicks.errors import InvalidInput


def test_spans_cover_everything_once():
    assert [(s.start, s.stop) for s in rows.spans(7, 3)] == [(0, 3), (3, 6), (6, 7)]
    assert list(rows.spans(0, 3)) == []


def test_blocks_are_contiguous_single_precision():
    X = np.arange(20, dtype=np.float64).reshape(5, 4)[:, ::2]
    parts = list(rows.blocks(X, 2))
    assert [(w.start, w.stop) for w, _ in parts] == [(0, 2), (2, 4), (4, 5)]
    assert all(b.dtype == np.float32 and b.flags.c_contiguous for _, b in parts)
    np.testing.assert_array_equal(np.concatenate([b for _, b in parts]), X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_nearest_agrees_with_all_distances(k, dtype, monkeypatch):
    random = np.random.default_rng(k)
    X = random.normal(size=(50, 3)).astype(dtype)
    codebook = random.normal(size=(5, 3))
    ids, squared = rows.nearest(X, codebook, k)
    every = cdist(X.astype(float), codebook) ** 2
    np.testing.assert_array_equal(ids, np.argsort(every, axis=1)[:, :k])
    np.testing.assert_allclose(squared, np.sort(every, axis=1)[:, :k], atol=1e-5)
    assert (ids.dtype, squared.dtype) == (np.int32, np.float32)


def test_a_row_on_its_codeword_is_at_no_distance_below_zero():
    X = np.full((4, 9), 1e3)
    assert (rows.nearest(X, X[:1])[1] >= 0).all()


def test_nan_in_a_row_is_named(tmp_path):
    X = np.zeros((10, 2), np.float32)
    X[7, 1] = np.nan
    with pytest.raises(InvalidInput, match="row 7"):
        rows.nearest(X, np.ones((1, 2)))


@pytest.mark.parametrize("X", [[[1.0, np.nan]], [1.0, 2.0], [["a", "b"]], np.zeros((0, 2))])
def test_what_is_no_matrix_of_finite_numbers_is_refused(X):
    with pytest.raises(InvalidInput) as caught:
        rows.validated(BaseEstimator(), X)
    assert "one row per item" in str(caught.value)


def test_rows_must_be_as_wide_as_in_fit():
    estimator = BaseEstimator()
    rows.validated(estimator, np.eye(3))
    with pytest.raises(InvalidInput, match="expecting 3 features"):
        rows.validated(estimator, np.eye(2), reset=False)


def test_means_are_those_of_each_group(monkeypatch):
    monkeypatch.setattr(settings, "BLOCK_ROWS", 7)
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    numbers = np.arange(50) % 6
    means = rows.means_of(X, numbers, 7)
    assert np.allclose(means[2], X[numbers == 2].mean(axis=0), atol=1e-5)
    assert (means[6] == 0).all()
