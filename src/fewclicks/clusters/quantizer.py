"""Vector quantisation: a codebook by k-means, exact and in blocks."""

from __future__ import annotations

import math
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.cluster import kmeans_plusplus
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import blocks, nearest, validated

SEEDS_PER_CODEWORD = 16
"""Rows per codeword among which k-means++ chooses the first codewords: enough to gain 0.3 to 1 % in
distortion over a random start, at the price of a few iterations."""


def codewords_for(n_items: int) -> int:
    """Return how many codewords suit a collection.

    √n, rounded, kept within 16 and 1,024, but never more than a quarter of the items and at
    least 1: about √n clusters of √n items each balance clusters to name against their purity.
    """
    return max(1, min(1024, max(16, round(math.sqrt(n_items))), n_items // 4))


class VectorQuantizer(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """A codebook of the k-means codewords of the rows (vector quantisation).

    Lloyd's iteration over every row, started by k-means++ (Arthur and Vassilvitskii, SODA 2007) on
    a random sample; nearest codewords come from faiss's exhaustive search. Rows are read in blocks,
    so memory maps of any size and half precision do. Cells that become empty are refilled with the
    items farthest from their codewords. Each iteration costs n · d · n_codewords multiplications.

    Parameters
    ----------
    n_codewords : int, default 256
        At least 1 and at most the number of rows; see `codewords_for`.
    max_iter : int, default 25
        Iterations at most, at least 1.
    tol : float, default 1e-4
        Stop once an iteration lowers the distortion by less than this share of it.
    random_state : int, RandomState or None, default None
        Decides the start; the same seed and rows give the same codebook on the same machine.

    Attributes
    ----------
    codebook_ : ndarray of shape (n_codewords, d), float32
        Each codeword is the (weighted) mean of the rows whose label it is.
    labels_ : ndarray of shape (n,), int32
        The codeword of each row. Every codeword has at least one row. Where the iteration stopped
        before it converged, `predict` may give another codeword to rows near a boundary.
    distortion_ : float
        (Weighted) mean squared distance of the rows to their codewords.
    n_iter_ : int
        Iterations run.
    """

    def __init__(
        self,
        n_codewords: int = 256,
        max_iter: int = 25,
        tol: float = 1e-4,
        random_state: Any = None,
    ) -> None:
        self.n_codewords = n_codewords
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, *, report: Report = silent
    ) -> Self:
        """Learn the codebook of `X`, an array or memory map of shape (n, d).

        Parameters
        ----------
        X : array of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), optional
            Weight of each row, not negative; rows of weight 0 get a label but move no codeword.
        report : callable
            Told of every iteration.

        Raises
        ------
        ValueError
            If `X` is not a matrix of finite numbers, or has fewer rows (of weight above 0) than
            codewords.
        """
        rows = validated(self, X)
        weights = _weights(sample_weight, len(rows))
        self._check(int(np.count_nonzero(weights)))
        random = check_random_state(self.random_state)
        codebook = first_codewords(rows, weights, self.n_codewords, random)
        before = np.inf
        for iteration in range(1, self.max_iter + 1):
            found, squared = nearest(rows, codebook)
            labels, distances = found[:, 0], squared[:, 0]
            fill_empty(labels, distances, weights, self.n_codewords)
            codebook = cell_means(rows, labels, weights, self.n_codewords)
            report("clusters", iteration, self.max_iter)
            now = float(np.average(distances, weights=weights))
            if before - now <= self.tol * now:
                break
            before = now
        self.codebook_, self.labels_, self.n_iter_ = codebook, labels, iteration
        self.distortion_ = float(
            np.average(squared_distances(rows, labels, codebook), weights=weights)
        )
        return self

    def predict(self, X: Any) -> IntArray:
        """Return the nearest codeword of each row, (n,), int32."""
        check_is_fitted(self)
        return nearest(validated(self, X, reset=False), self.codebook_)[0][:, 0]

    def transform(self, X: Any) -> FloatArray:
        """Return the distance of each row to each codeword, (n, n_codewords), float32."""
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        out = np.empty((len(rows), len(self.codebook_)), dtype=np.float32)
        for where, block in blocks(rows):
            squared = faiss.pairwise_distances(block, self.codebook_)
            out[where] = np.sqrt(np.maximum(squared, 0))
        return out

    def _check(self, n_rows: int) -> None:
        checks.between(self.n_codewords, 1, 2**20, "n_codewords", integer=True)
        checks.between(self.max_iter, 1, 2**31, "max_iter", integer=True)
        checks.between(self.tol, 0, 1, "tol")
        if n_rows < self.n_codewords:
            raise InvalidInput(
                f"There must be at least as many rows (of weight above 0) as codewords, but "
                f"n_samples={n_rows} and n_codewords={self.n_codewords}.",
                f"Ask for {codewords_for(n_rows)} codewords, as codewords_for({n_rows}) does.",
            )

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that rows always come out as float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.codebook_)


def first_codewords(
    rows: FloatArray, weights: FloatArray, n_codewords: int, random: np.random.RandomState
) -> FloatArray:
    """Choose `n_codewords` rows by k-means++ from a random sample of rows of weight above 0."""
    candidates = np.flatnonzero(weights)
    size = SEEDS_PER_CODEWORD * n_codewords
    if len(candidates) > size:
        candidates = np.sort(random.choice(candidates, size=size, replace=False))
    # in double precision scikit-learn takes one product per step, not one per chunk
    sample = np.asarray(rows[candidates], dtype=np.float64)
    # each of the many small products would wait for every thread, for seconds on a busy machine
    with threadpool_limits(1):
        chosen, _ = kmeans_plusplus(
            sample, n_codewords, sample_weight=weights[candidates], random_state=random
        )
    return np.ascontiguousarray(chosen, dtype=np.float32)


def fill_empty(
    labels: IntArray, distances: FloatArray, weights: FloatArray, n_codewords: int
) -> None:
    """Give every empty cell, in place, the farthest item of a cell that can spare one."""
    counted = weights > 0
    sizes = np.bincount(labels[counted], minlength=n_codewords)
    empty = np.flatnonzero(sizes == 0)
    if not len(empty):
        return
    farthest = iter(np.argsort(-np.where(counted, distances, -1), kind="stable"))
    for cell in empty:
        item = next(i for i in farthest if sizes[labels[i]] > 1)
        sizes[labels[item]] -= 1
        sizes[cell] = 1
        labels[item], distances[item] = cell, 0


def cell_means(
    rows: FloatArray, labels: IntArray, weights: FloatArray, n_codewords: int
) -> FloatArray:
    """Return the weighted mean of the rows of each label, (n_codewords, d), float32."""
    sums = np.zeros((n_codewords, rows.shape[1]))
    for where, block in blocks(rows):
        size = len(block)
        by_cell = csr_array(
            (weights[where], (labels[where], np.arange(size))), shape=(n_codewords, size)
        )
        sums += by_cell @ block
    totals = np.bincount(labels, weights=weights, minlength=n_codewords)
    return np.ascontiguousarray(sums / totals[:, None], dtype=np.float32)


def squared_distances(rows: FloatArray, labels: IntArray, codebook: FloatArray) -> FloatArray:
    """Return the squared distance of each row to the codeword of its label, (n,), float32."""
    out = np.empty(len(rows), dtype=np.float32)
    for where, block in blocks(rows):
        offset = block - codebook[labels[where]]
        out[where] = np.einsum("ij,ij->i", offset, offset)
    return out


def _weights(sample_weight: Any, n_rows: int) -> NDArray[np.float32]:
    if sample_weight is None:
        return np.ones(n_rows, dtype=np.float32)
    weights = np.asarray(sample_weight, dtype=np.float32).reshape(-1)
    checks.same_length(weights, range(n_rows), ("sample_weight", "X"))
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise InvalidInput(
            "sample_weight must hold finite numbers, not negative and not all of them zero."
        )
    return weights
