"""Principal components, learnt from rows of any number without holding them in memory."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks, settings
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, spans, validated


class Projection(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Rows on their first principal components, not whitened.

    The covariance is summed over blocks of rows and its leading eigenvectors are taken, which is
    exact and needs d² numbers: for d up to a few thousand. The sign of each component is such that
    its largest coefficient is positive, so the same rows give the same components.

    Parameters
    ----------
    n_components : int, default 64
        Numbers to keep, at least 1. Where the rows have fewer columns, all are kept.

    Attributes
    ----------
    mean_ : ndarray of shape (d,), float32
    components_ : ndarray of shape (min(n_components, d), d), float32
        Orthonormal, the direction of most variance first.
    explained_variance_ : ndarray of shape (n_components_,), float64
        Variance along each component (divided by n), never negative.
    explained_variance_ratio_ : ndarray of shape (n_components_,), float64
        Its share of the whole variance; 0 where the rows do not vary.
    """

    def __init__(self, n_components: int = 64) -> None:
        self.n_components = n_components

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the components of `X`, an array or memory map of shape (n, d).

        Raises
        ------
        InvalidInput
            If `X` is not a matrix of finite numbers (memory maps are not scanned).
        """
        checks.between(self.n_components, 1, 2**31, "n_components", integer=True)
        rows = validated(self, X)
        mean, covariance = mean_and_covariance(rows)
        keep = min(self.n_components, len(mean))
        variances, vectors = eigh(covariance, subset_by_index=[len(mean) - keep, len(mean) - 1])
        self.mean_ = mean.astype(np.float32)
        self.components_ = _signed(vectors.T[::-1]).astype(np.float32)
        self.explained_variance_ = np.maximum(variances[::-1], 0)
        total = np.trace(covariance)
        self.explained_variance_ratio_ = self.explained_variance_ / (total if total > 0 else 1)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the rows on the components, (n, n_components_), float32."""
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        out = np.empty((len(rows), len(self.components_)), dtype=np.float32)
        for where, block in blocks(rows):
            out[where] = (block - self.mean_) @ self.components_.T
        return out

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what was learnt, to be saved beside the rows it made."""
        check_is_fitted(self)
        learnt = ("mean_", "components_", "explained_variance_", "explained_variance_ratio_")
        return {name: getattr(self, name) for name in learnt}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Projection:
        """Return the fitted projection that `to_arrays` described."""
        projection = cls(n_components=len(arrays["components_"]))
        for name, array in arrays.items():
            setattr(projection, name, array)
        projection.n_features_in_ = len(projection.mean_)
        return projection

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that rows always come out as float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)


def mean_and_covariance(rows: FloatArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean (d,) and covariance (d, d) of rows (n, d), walked in blocks.

    Products are taken in float32 after subtracting the mean of the first block, summed in float64.
    """
    n, d = rows.shape
    near = np.asarray(rows[: settings.BLOCK_ROWS], dtype=np.float64).mean(axis=0)
    sums, products = np.zeros(d), np.zeros((d, d))
    for where in spans(n):
        block = (rows[where] - near).astype(np.float32)
        sums += block.sum(axis=0, dtype=np.float64)
        products += block.T @ block
    shift = sums / n
    return near + shift, products / n - np.outer(shift, shift)


def _signed(components: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return cast(NDArray[np.float64], components * signs[:, None])
