"""What estimators with a codebook share."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, validated


class CodebookEstimator(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """An estimator that learns `codebook_`, of shape (n_codewords, d), float32."""

    codebook_: FloatArray

    def transform(self, X: Any) -> FloatArray:
        """Return the distance of each row to each codeword, (n, n_codewords), float32."""
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        centre = self.codebook_.mean(axis=0)  # differences of large numbers lose digits
        out = np.empty((len(rows), len(self.codebook_)), dtype=np.float32)
        for where, block in blocks(rows):
            squared = faiss.pairwise_distances(block - centre, self.codebook_ - centre)
            if not np.isfinite(squared).all():
                checks.finite(block, f"X from row {where.start} on")
            out[where] = np.sqrt(np.maximum(squared, 0))
        return out

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that rows always come out as float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.codebook_)


def row_weights(sample_weight: Any, n_rows: int) -> FloatArray:
    """Return the weight of each row, (n_rows,), float32: 1 where none are given.

    Raises
    ------
    InvalidInput
        If there is not one finite number per row, not negative and not all of them zero.
    """
    if sample_weight is None:
        return np.ones(n_rows, dtype=np.float32)
    weights: FloatArray = np.asarray(sample_weight, dtype=np.float32).reshape(-1)
    checks.same_length(weights, range(n_rows), ("sample_weight", "X"))
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise InvalidInput(
            "sample_weight must hold finite numbers, not negative and not all of them zero."
        )
    return weights
