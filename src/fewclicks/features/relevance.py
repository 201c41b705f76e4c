"""Rows rid of what varies among images of the same thing, learnt from groups of them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import blocks, means_of, validated


class RelevantComponents(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Rows in which all directions vary as much within groups; no classes need be known.

    The frames of a sequence show the same thing nearer and farther, darker and lighter, sharper
    and blurred. How their rows scatter about their mean tells which directions such changes take;
    scaling every direction to the same scatter makes them count little, and what tells one thing
    from another much (Bar-Hillel, Hertz, Shental and Weinshall, "Learning a Mahalanobis metric from
    equivalence constraints", JMLR 6, 2005, section 3: relevant component analysis).

    Parameters
    ----------
    shrinkage : float, default 0.1
        Share, in (0, 1], of the scatter that is spread evenly over all directions before they are
        scaled, so that none counts more than about ``(1 / shrinkage) ** 0.5`` times the average. 1
        leaves the rows as they are but for one factor.

    Attributes
    ----------
    mean_ : ndarray of shape (d,), float32
    components_ : ndarray of shape (d, d), float32
        Rows times these columns have the scatter 1 in every direction, the widest first.
    """

    def __init__(self, shrinkage: float = 0.1) -> None:
        self.shrinkage = shrinkage

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from the rows `X`, (n, d), and the group of each, −1 where it belongs to none.

        Raises
        ------
        InvalidInput
            `X` is not a matrix of finite numbers (memory maps are not scanned), `y` not as long,
            `shrinkage` out of its range, or no two rows of a group differ.
        """
        checks.between(self.shrinkage, 1e-9, 1, "shrinkage")
        rows = validated(self, X)
        if y is None:
            raise InvalidInput(
                "RelevantComponents requires y to be passed, but the target y is None.",
                "Give the group of every row, −1 where it belongs to none.",
            )
        groups = np.asarray(y)
        checks.same_length(rows, groups, ("X", "y"))
        scatter = _scatter_within(rows, groups)
        d = len(scatter)
        even = np.trace(scatter) / d
        if not even > 0:
            raise InvalidInput(
                f"Two rows of the same group must differ but none do (n_samples = {len(rows)}).",
                "Give groups of at least two images that are not copies.",
            )
        spread, directions = eigh(
            (1 - self.shrinkage) * scatter + self.shrinkage * even * np.eye(d)
        )
        self.components_ = (directions / np.sqrt(spread))[:, ::-1].astype(np.float32)
        self.mean_ = means_of(rows, np.zeros(len(rows), np.int64), 1)[0]
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the scaled rows, (n, d), float32."""
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        out = np.empty(rows.shape, dtype=np.float32)
        for where, block in blocks(rows):
            out[where] = (block - self.mean_) @ self.components_
        return out

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that groups are needed, and that rows come out as float32."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)


def _scatter_within(rows: FloatArray, groups: IntArray) -> FloatArray:
    """Return the covariance (d, d) of grouped rows about the means of their groups."""
    known, numbers = np.unique(groups, return_inverse=True)
    means = means_of(rows, numbers, len(known))
    scatter, n = np.zeros((rows.shape[1],) * 2), 0
    for where, block in blocks(rows):
        grouped = groups[where] >= 0
        apart = (block - means[numbers[where]])[grouped]
        scatter += apart.T @ apart
        n += int(np.count_nonzero(grouped))
    return scatter / max(1, n)
